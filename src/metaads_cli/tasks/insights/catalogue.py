"""The catalogue of an account, renewed before and beside its figures.

Once a day it is read in full, in between only what changed: Meta lists ad sets and ads by the time of their update.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from metaads_cli.db.queries import objects, syncs
from metaads_cli.db.queries.catalogue import save_resolved, save_unresolved
from metaads_cli.db.session import TenantSession
from metaads_cli.errors import MetaAdsError
from metaads_cli.graph.ads import read_ads
from metaads_cli.graph.catalogue import AccountObjects, AdWithCreative
from metaads_cli.graph.client import GraphClient
from metaads_cli.graph.failures import Failure, FailureClass, GraphFailure, explain, said
from metaads_cli.graph.paging import Page
from metaads_cli.models.account import Account
from metaads_cli.models.catalogue import Ad, AdSet, Campaign, Creative, ResolvedAd
from metaads_cli.models.insight import Days
from metaads_cli.tasks.insights.outcome import AccountOutcome
from metaads_cli.tasks.insights.together import InDatabase, all_of

T = TypeVar("T")
FULL_EVERY = timedelta(hours=20)
# Clocks differ, and edges lag a little.
OVERLAP = timedelta(minutes=10)
ASK_DELETED_AGAIN = timedelta(days=7)


@dataclass
class CatalogueRefresh:
    """A failed edge is told of in `outcome`; figures are read all the same."""

    session: TenantSession
    client: GraphClient
    account: Account
    in_database: InDatabase
    outcome: AccountOutcome

    def __post_init__(self) -> None:
        self.read_at = datetime.now(UTC)
        self.state = syncs.catalogue_state(self.session, self.account.account_id)
        self.full = self.state.complete_at is None or self.read_at - self.state.complete_at > FULL_EVERY
        self.edges = AccountObjects(
            self.client,
            self.account.account_id,
            self.account.currency or "USD",
            None if self.full or self.state.read_at is None else self.state.read_at - OVERLAP,
        )
        self.failed = False

    @property
    def knows_parents(self) -> bool:
        """Whether campaigns and ad sets are known, by this reading of them or by one before."""
        return not self.failed or self.state.complete_at is not None

    async def read_parents(self) -> None:
        """Campaigns, which Meta lists only in full, and ad sets: what counts as a result depends on them."""
        await all_of(
            self._refresh(Campaign, self.edges.campaigns(), whole=True),
            self._refresh(AdSet, self.edges.ad_sets(), whole=self.full),
        )

    async def read_ads(self) -> None:
        """Ads with their creatives; then the catalogue is as of now."""
        try:
            whole = True
            async for page in self.edges.ads():
                ads, creatives = _split(page.data)
                whole = self._is_whole(page, "ads") and whole
                await self.in_database(objects.stage_objects, self.session, Ad, ads, self.read_at)
                await self.in_database(objects.stage_objects, self.session, Creative, creatives, self.read_at)
            await self.in_database(self._store, Ad, self.full and whole)
            await self.in_database(self._store, Creative, False)
        except (GraphFailure, MetaAdsError) as error:
            await self._give_up("ads", error, (Ad, Creative))
        if not self.failed:
            await self.in_database(self._note)

    async def read_deleted_ads(self, days: Days) -> None:
        """Ads that spent in these days and are on no edge: by their ids."""
        account_id = self.account.account_id
        missing = await self.in_database(objects.unknown_ads, self.session, account_id, days)
        if not missing:
            return
        try:
            answers = await read_ads(self.client, missing, account_id)
        except (GraphFailure, MetaAdsError) as error:
            self.outcome.warnings.append(f"{account_id}: {len(missing)} deleted ads were not named: {said(error)}")
            return
        found = [answer for answer in answers.values() if isinstance(answer, ResolvedAd)]
        unknown = [ad_id for ad_id, answer in answers.items() if isinstance(answer, Failure) and not _passes(answer)]
        if found:
            await self.in_database(save_resolved, self.session, found)
        if unknown:
            await self.in_database(save_unresolved, self.session, unknown, "not found", ASK_DELETED_AGAIN)

    async def _refresh(
        self, kind: type[Campaign] | type[AdSet], pages: AsyncIterator[Page[Any]], *, whole: bool
    ) -> None:
        edge = "campaigns" if kind is Campaign else "ad sets"
        try:
            async for page in pages:
                whole = self._is_whole(page, edge) and whole
                await self.in_database(objects.stage_objects, self.session, kind, page.data, self.read_at)
            await self.in_database(self._store, kind, whole)
        except (GraphFailure, MetaAdsError) as error:
            await self._give_up(edge, error, (kind,))

    def _is_whole(self, page: Page[Any], edge: str) -> bool:
        """Whether every row of the page could be read; those that could not are told of."""
        self.outcome.warnings += [f"{self.account.account_id}, {edge}, unreadable: {text}" for text in page.unreadable]
        return not page.unreadable

    def _store(self, kind: objects.Kind, whole: bool) -> None:
        objects.store_objects(self.session, kind, self.account.account_id, whole=whole)

    def _note(self) -> None:
        syncs.note_catalogue(self.session, self.account.account_id, self.read_at, complete=self.full)

    async def _give_up(self, edge: str, error: GraphFailure | MetaAdsError, kinds: tuple[objects.Kind, ...]) -> None:
        self.failed = True
        await self.in_database(objects.discard_objects, self.session, kinds)
        self.outcome.fail(
            f"{self.account.account_id}, {edge}", explain(error) if isinstance(error, GraphFailure) else error
        )


def _split(page: list[AdWithCreative]) -> tuple[list[msgspec.Struct], list[msgspec.Struct]]:
    return [item.ad for item in page], [item.creative for item in page if item.creative is not None]


def _passes(failure: Failure) -> bool:
    return failure.failure_class in {FailureClass.TRANSIENT, FailureClass.RATE_LIMIT}
