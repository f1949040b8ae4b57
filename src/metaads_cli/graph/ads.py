"""Ads with their ad sets and campaigns, read in few calls."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from metaads_cli.graph.cleaning import moment
from metaads_cli.graph.client import GraphClient, Json
from metaads_cli.graph.failures import Failure
from metaads_cli.graph.paging import IDS_PER_URL, PageSize, batches, page_of
from metaads_cli.models.campaign import unmarked
from metaads_cli.models.catalogue import Ad, AdSet, Campaign, ResolvedAd
from metaads_cli.models.text import clean

PAGE_SIZE = 500
FIELDS = (
    "id,name,account_id,status,effective_status,creative{id},created_time,updated_time,"
    "adset{id,name,status,effective_status},campaign{id,name,objective,status,effective_status}"
)
_read_page = page_of(dict[str, Any])
# Every status that an edge may be asked for: DELETED cannot be listed, deleted ads are read by their id.
LISTED_STATUSES = (
    "ACTIVE", "PAUSED", "ARCHIVED", "ADSET_PAUSED", "CAMPAIGN_PAUSED", "DISAPPROVED", "IN_PROCESS",
    "PENDING_BILLING_INFO", "PENDING_REVIEW", "PREAPPROVED", "WITH_ISSUES",
)  # fmt: skip


async def list_ads(client: GraphClient, account_id: str, ad_ids: Sequence[str]) -> AsyncIterator[list[ResolvedAd]]:
    """Those of the ads that are in the account, archived ones too, page by page."""
    for wanted in batches(ad_ids, IDS_PER_URL):
        params = {
            "fields": FIELDS,
            "filtering": [{"field": "ad.id", "operator": "IN", "value": wanted}],
            "effective_status": list(LISTED_STATUSES),
        }
        size = PageSize(PAGE_SIZE)
        async for page in client.pages(f"{account_id}/ads", params, _read_page, size, account=account_id):
            yield [ad for row in page.data if (ad := read_ad(row)) is not None]


async def read_ads(
    client: GraphClient, ad_ids: Sequence[str], account_id: str | None
) -> dict[str, ResolvedAd | Failure]:
    """Each ad by its id, deleted ones too, fifty a call. A failure stands for the ad it belongs to."""
    items = await client.batch([(ad_id, {"fields": FIELDS}) for ad_id in ad_ids], account=account_id)
    found: dict[str, ResolvedAd | Failure] = {}
    for ad_id, item in zip(ad_ids, items, strict=True):
        ad = read_ad(item.document) if item.document else None
        if ad is not None:
            found[ad_id] = ad
        elif item.failure is not None:
            found[ad_id] = item.failure
    return found


def read_ad(row: Json) -> ResolvedAd | None:
    """None when the node is no ad, or lacks its ad set or campaign."""
    adset, campaign = row.get("adset"), row.get("campaign")
    if not isinstance(adset, dict) or not isinstance(campaign, dict) or not row.get("id"):
        return None
    account_id = f"act_{str(row.get('account_id') or '').removeprefix('act_')}"
    campaign_id, adset_id = str(campaign.get("id")), str(adset.get("id"))
    creative = row.get("creative")
    return ResolvedAd(
        ad=Ad(
            ad_id=str(row["id"]),
            account_id=account_id,
            campaign_id=campaign_id,
            adset_id=adset_id,
            creative_id=str(creative["id"]) if isinstance(creative, dict) and creative.get("id") else None,
            name=_name(row),
            status=row.get("status"),
            effective_status=row.get("effective_status"),
            created_time=moment(row.get("created_time")),
            updated_time=moment(row.get("updated_time")),
        ),
        adset=AdSet(
            adset_id=adset_id,
            account_id=account_id,
            campaign_id=campaign_id,
            name=_name(adset),
            status=adset.get("status"),
            effective_status=adset.get("effective_status"),
        ),
        campaign=Campaign(
            campaign_id=campaign_id,
            account_id=account_id,
            name=_name(campaign),
            objective=campaign.get("objective"),
            status=campaign.get("status"),
            effective_status=campaign.get("effective_status"),
        ),
    )


def _name(row: Json) -> str:
    """The object's name as people write it; its id where it has none."""
    return clean(unmarked(str(row.get("name") or row.get("id"))))
