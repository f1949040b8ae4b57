"""The objects of an ad account, edge by edge: campaigns, ad sets, ads with their creatives, archived ones too.

Deleted objects are on no edge (Meta's "Manage object status"): they are read by their id.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

import msgspec

from metaads_cli.graph.ads import LISTED_STATUSES
from metaads_cli.graph.cleaning import clean_or_none, json_text, moment
from metaads_cli.graph.client import GraphClient
from metaads_cli.graph.failures import GraphFailure
from metaads_cli.graph.paging import Page, PageSize, page_of
from metaads_cli.models.campaign import unmarked
from metaads_cli.models.catalogue import Ad, AdSet, Campaign, Creative
from metaads_cli.models.money import from_minor_units
from metaads_cli.models.text import clean

PAGE_SIZE = 500
_CREATIVE = "creative{id,name,title,body,call_to_action_type,image_hash,video_id,thumbnail_url,object_story_spec}"
_CAMPAIGN_STATUSES = ("ACTIVE", "PAUSED", "ARCHIVED", "IN_PROCESS", "WITH_ISSUES")
_AD_SET_STATUSES = (*_CAMPAIGN_STATUSES, "CAMPAIGN_PAUSED")

Read = TypeVar("Read", bound=msgspec.Struct)
Found = TypeVar("Found")


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str | None = None
    status: str | None = None
    effective_status: str | None = None
    created_time: str | None = None
    updated_time: str | None = None


class _CampaignRow(_Row, frozen=True, kw_only=True):
    objective: str | None = None
    buying_type: str | None = None
    special_ad_categories: list[str] | None = None
    daily_budget: str | int | None = None
    lifetime_budget: str | int | None = None
    start_time: str | None = None
    stop_time: str | None = None


class _AdSetRow(_Row, frozen=True, kw_only=True):
    campaign_id: str
    optimization_goal: str | None = None
    billing_event: str | None = None
    destination_type: str | None = None
    daily_budget: str | int | None = None
    lifetime_budget: str | int | None = None
    targeting: msgspec.Raw = msgspec.Raw()
    start_time: str | None = None
    end_time: str | None = None


class _CreativeRow(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str | None = None
    title: str | None = None
    body: str | None = None
    call_to_action_type: str | None = None
    image_hash: str | None = None
    video_id: str | None = None
    thumbnail_url: str | None = None
    object_story_spec: msgspec.Raw = msgspec.Raw()


class _AdRow(_Row, frozen=True, kw_only=True):
    campaign_id: str
    adset_id: str
    creative: _CreativeRow | None = None


def _name(row: _Row) -> str:
    """As people write it; the id where there is none."""
    return clean(unmarked(row.name or row.id))


def _fields(row: type[msgspec.Struct], *expansions: str) -> str:
    return ",".join([name for name in row.__struct_fields__ if name != "creative"] + list(expansions))


_read_campaigns, _read_ad_sets, _read_ads = page_of(_CampaignRow), page_of(_AdSetRow), page_of(_AdRow)


@dataclass(frozen=True)
class AdWithCreative:
    ad: Ad
    creative: Creative | None


@dataclass(frozen=True)
class AccountObjects:
    """The edges of one account. `changed_since` leaves out older ad sets and ads; campaigns cannot be asked for so.

    Each listing yields pages (of an edge's rows), and raises GraphFailure as `GraphClient.get`.
    """

    client: GraphClient
    account_id: str
    currency: str
    changed_since: datetime | None = None

    def campaigns(self) -> AsyncIterator[Page[Campaign]]:
        return self._edge("campaigns", _fields(_CampaignRow), _CAMPAIGN_STATUSES, _read_campaigns, self._campaign)

    def ad_sets(self) -> AsyncIterator[Page[AdSet]]:
        return self._edge("adsets", _fields(_AdSetRow), _AD_SET_STATUSES, _read_ad_sets, self._ad_set)

    def ads(self) -> AsyncIterator[Page[AdWithCreative]]:
        return self._edge("ads", _fields(_AdRow, _CREATIVE), LISTED_STATUSES, _read_ads, self._ad)

    def campaigns_by_id(self, ids: Sequence[str]) -> AsyncIterator[Campaign]:
        return self._by_id(ids, _fields(_CampaignRow), _CampaignRow, self._campaign)

    def ad_sets_by_id(self, ids: Sequence[str]) -> AsyncIterator[AdSet]:
        return self._by_id(ids, _fields(_AdSetRow), _AdSetRow, self._ad_set)

    def ads_by_id(self, ids: Sequence[str]) -> AsyncIterator[AdWithCreative]:
        return self._by_id(ids, _fields(_AdRow, _CREATIVE), _AdRow, self._ad)

    async def _by_id(
        self, ids: Sequence[str], fields: str, row: type[Read], converted: Callable[[Read], Found]
    ) -> AsyncIterator[Found]:
        """Single objects, fifty a call, deleted ones too. Raises GraphFailure for the first that cannot be read."""
        answers = await self.client.batch([(one, {"fields": fields}) for one in ids], account=self.account_id)
        for object_id, answer in zip(ids, answers, strict=True):
            if answer.failure is not None:
                raise GraphFailure(answer.failure, f"GET {object_id}")
            yield converted(msgspec.json.decode(msgspec.json.encode(answer.document), type=row))

    async def _edge(
        self,
        edge: str,
        fields: str,
        statuses: tuple[str, ...],
        read: Callable[[bytes], Page[Read]],
        converted: Callable[[Read], Found],
    ) -> AsyncIterator[Page[Found]]:
        params = {"fields": fields, "effective_status": list(statuses)}
        if self.changed_since is not None and edge != "campaigns":
            params["updated_since"] = str(int(self.changed_since.timestamp()))
        path = f"{self.account_id}/{edge}"
        async for page in self.client.pages(path, params, read, PageSize(PAGE_SIZE), account=self.account_id):
            yield Page([converted(row) for row in page.data], page.paging, page.unreadable)

    def _campaign(self, row: _CampaignRow) -> Campaign:
        return Campaign(
            campaign_id=row.id,
            account_id=self.account_id,
            name=_name(row),
            objective=row.objective,
            buying_type=row.buying_type,
            special_ad_categories=row.special_ad_categories,
            status=row.status,
            effective_status=row.effective_status,
            daily_budget=self._budget(row.daily_budget),
            lifetime_budget=self._budget(row.lifetime_budget),
            start_time=moment(row.start_time),
            stop_time=moment(row.stop_time),
            created_time=moment(row.created_time),
            updated_time=moment(row.updated_time),
        )

    def _ad_set(self, row: _AdSetRow) -> AdSet:
        return AdSet(
            adset_id=row.id,
            account_id=self.account_id,
            campaign_id=row.campaign_id,
            name=_name(row),
            status=row.status,
            effective_status=row.effective_status,
            optimization_goal=row.optimization_goal,
            billing_event=row.billing_event,
            destination_type=row.destination_type,
            daily_budget=self._budget(row.daily_budget),
            lifetime_budget=self._budget(row.lifetime_budget),
            targeting=json_text(row.targeting),
            start_time=moment(row.start_time),
            end_time=moment(row.end_time),
            created_time=moment(row.created_time),
            updated_time=moment(row.updated_time),
        )

    def _ad(self, row: _AdRow) -> AdWithCreative:
        ad = Ad(
            ad_id=row.id,
            account_id=self.account_id,
            campaign_id=row.campaign_id,
            adset_id=row.adset_id,
            creative_id=row.creative.id if row.creative else None,
            name=_name(row),
            status=row.status,
            effective_status=row.effective_status,
            created_time=moment(row.created_time),
            updated_time=moment(row.updated_time),
        )
        return AdWithCreative(ad, self._creative(row.creative) if row.creative else None)

    def _creative(self, row: _CreativeRow) -> Creative:
        return Creative(
            creative_id=row.id,
            account_id=self.account_id,
            name=clean_or_none(unmarked(row.name)) if row.name else None,
            title=clean_or_none(row.title),
            body=clean_or_none(row.body),
            call_to_action_type=row.call_to_action_type,
            image_hash=row.image_hash,
            video_id=row.video_id,
            thumbnail_url=row.thumbnail_url,
            object_story_spec=json_text(row.object_story_spec),
        )

    def _budget(self, minor_units: str | int | None) -> Decimal | None:
        """Zero is Meta's way to say that the budget is of the other kind, or the parent's."""
        try:
            amount = int(minor_units or 0)
        except ValueError:
            return None
        return from_minor_units(amount, self.currency) if amount else None
