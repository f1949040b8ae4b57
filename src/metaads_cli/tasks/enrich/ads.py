"""The ads that people came from: asked for account by account, many in one call; what no account lists (deleted ads,
ads of others) by id, fifty a call."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from metaads_cli.db.queries.catalogue import count_unnamed, name_people, pending_ads, save_resolved, save_unresolved
from metaads_cli.graph.ads import list_ads, read_ads
from metaads_cli.graph.client import GraphClient
from metaads_cli.graph.failures import Failure, FailureClass, GraphFailure, explain
from metaads_cli.graph.governor import RateLimited
from metaads_cli.models.account import Account
from metaads_cli.models.catalogue import ResolvedAd
from metaads_cli.tasks.enrich.asking import NOT_ALLOWED, NOT_FOUND, NOT_FOUND_AGAIN_IN, Asking

BATCH_OF_IDS = 500
ASK_AGAIN = {NOT_FOUND: NOT_FOUND_AGAIN_IN, NOT_ALLOWED: timedelta(days=1)}


@dataclass
class PendingAds:
    """The ads of one tenant whose names are missing, and what became of them."""

    asking: Asking
    pending: int = 0
    resolved: set[str] = field(default_factory=set)
    unresolved: set[str] = field(default_factory=set)
    failed: int = 0
    patients_updated: int = 0

    async def resolve(self) -> None:
        """Ask for them, and name the people."""
        options = self.asking.options
        wanted = pending_ads(self.asking.session, refresh=options.refresh, limit=options.limit)
        self.pending = len(wanted)
        for account in self.asking.accounts:
            await self._ask_account(account, self._left(wanted))
        await self._ask_one_by_one(self._left(wanted))
        self.failed = len(self._left(wanted))
        self.patients_updated = self._name_people()

    def _left(self, wanted: Sequence[str]) -> list[str]:
        return [ad_id for ad_id in wanted if ad_id not in self.resolved and ad_id not in self.unresolved]

    async def _ask_account(self, account: Account, wanted: Sequence[str]) -> None:
        """An account that does not answer stops itself alone; its ads are asked for by id then."""
        if not wanted:
            return
        try:
            client = self.asking.meta.client(account.token_ref)
            async for ads in list_ads(client, account.account_id, wanted):
                self._keep(ads)
        except (GraphFailure, RateLimited) as error:
            self.asking.note(account.account_id, error)

    async def _ask_one_by_one(self, wanted: Sequence[str]) -> None:
        """With each token in turn, until one of them is shown the ad."""
        denied: dict[str, str] = {}
        for client, account_id in self.asking.clients() if wanted else ():
            left = [ad_id for ad_id in wanted if ad_id not in self.resolved]
            for start in range(0, len(left), BATCH_OF_IDS):
                await self._ask_batch(client, account_id, left[start : start + BATCH_OF_IDS], denied)
        for reason in (NOT_FOUND, NOT_ALLOWED):
            self._give_up([ad for ad, why in denied.items() if why == reason and ad not in self.resolved], reason)

    async def _ask_batch(
        self, client: GraphClient, account_id: str | None, ad_ids: Sequence[str], denied: dict[str, str]
    ) -> None:
        try:
            answers = await read_ads(client, ad_ids, account_id)
        except (GraphFailure, RateLimited) as error:
            self.asking.note(account_id or "the token of the settings", error)
            return
        self._keep([answer for answer in answers.values() if isinstance(answer, ResolvedAd)])
        for ad_id, answer in answers.items():
            if isinstance(answer, Failure) and (reason := self._reason(ad_id, answer)):
                denied[ad_id] = reason

    def _reason(self, ad_id: str, failure: Failure) -> str | None:
        """Why the ad cannot be had, or None when it is worth another run."""
        match failure.failure_class:
            case FailureClass.NOT_FOUND | FailureClass.VALIDATION:
                return NOT_FOUND
            case FailureClass.PERMISSION:
                return NOT_ALLOWED
            case FailureClass.AUTH:
                raise explain(GraphFailure(failure, f"GET {ad_id}"))
        self.asking.errors.append(f"Ad {ad_id}: {failure}")
        return None

    def _keep(self, ads: Sequence[ResolvedAd]) -> None:
        if ads and not self.asking.options.dry_run:
            save_resolved(self.asking.session, ads)
        self.resolved.update(item.ad.ad_id for item in ads)
        self.asking.progress.update(len(self.resolved) + len(self.unresolved), f"{len(self.resolved):,} ads resolved")

    def _give_up(self, ad_ids: Sequence[str], reason: str) -> None:
        if ad_ids and not self.asking.options.dry_run:
            save_unresolved(self.asking.session, ad_ids, reason, ASK_AGAIN[reason])
        self.unresolved.update(ad_ids)

    def _name_people(self) -> int:
        options = self.asking.options
        if options.dry_run:
            return count_unnamed(self.asking.session, sorted(self.resolved))
        return name_people(self.asking.session, rename=options.rename)
