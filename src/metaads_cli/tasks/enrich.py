"""Enrich: the names of the campaigns that people came from.

Ads are asked for account by account, many in one call; what no account lists (deleted ads, ads of others) by id, fifty
a call. Each answer is stored as it comes, so a run that is stopped goes on where it was.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from metaads_cli.console import Progress
from metaads_cli.db.queries.accounts import read_accounts
from metaads_cli.db.queries.catalogue import (
    count_unnamed,
    name_people,
    pending_ads,
    save_resolved,
    save_unresolved,
)
from metaads_cli.db.session import TenantSession
from metaads_cli.errors import MetaAdsError, PartlyDone, Temporary
from metaads_cli.graph.ads import list_ads, read_ads
from metaads_cli.graph.client import GraphClient
from metaads_cli.graph.failures import Failure, FailureClass, GraphFailure, explain
from metaads_cli.graph.governor import RateLimited
from metaads_cli.models.account import Account
from metaads_cli.models.catalogue import ResolvedAd
from metaads_cli.models.reports import EnrichReport
from metaads_cli.tasks.meta import Meta

BATCH_OF_IDS = 500
NOT_FOUND = "not found, or not visible to the token"
NOT_ALLOWED = "not allowed"
# A permission that was just granted can lag (Meta answers "not found" for a while), so the first is short.
ASK_AGAIN = {NOT_FOUND: timedelta(days=7), NOT_ALLOWED: timedelta(days=1)}


@dataclass(frozen=True)
class EnrichOptions:
    refresh: bool = False
    """Ask for the names of all ads again, and renew the catalogue."""
    rename: bool = False
    """With refresh: bring the names in patients and leads in step as well."""
    limit: int | None = None
    dry_run: bool = False


async def enrich(
    sessions: Sequence[TenantSession], meta: Meta, options: EnrichOptions, progress: Progress
) -> EnrichReport:
    """Resolve the pending ads of each tenant and name the campaigns of its people.

    Raises AccessDenied when Meta does not accept a token: no other call would fare better.
    """
    started = time.monotonic()
    runs = [_TenantRun(session, meta, options, progress) for session in sessions]
    for run in runs:
        await run.run()
    return EnrichReport(
        ads_pending=sum(run.pending for run in runs),
        ads_resolved=sum(len(run.resolved) for run in runs),
        ads_not_found=sum(len(run.unresolved) for run in runs),
        ads_failed=sum(run.failed for run in runs),
        patients_updated=sum(run.patients_updated for run in runs),
        api_calls=meta.calls,
        duration_seconds=round(time.monotonic() - started, 3),
        errors=[error for run in runs for error in run.errors],
    )


@dataclass
class _TenantRun:
    session: TenantSession
    meta: Meta
    options: EnrichOptions
    progress: Progress
    pending: int = 0
    resolved: set[str] = field(default_factory=set)
    unresolved: set[str] = field(default_factory=set)
    failed: int = 0
    patients_updated: int = 0
    errors: list[str] = field(default_factory=list)

    async def run(self) -> None:
        wanted = pending_ads(self.session, refresh=self.options.refresh, limit=self.options.limit)
        self.pending = len(wanted)
        accounts = read_accounts(self.session)
        for account in accounts:
            await self._ask_account(account, self._left(wanted))
        await self._ask_one_by_one(accounts, self._left(wanted))
        self.failed = len(self._left(wanted))
        self.patients_updated = self._name_people()

    def _left(self, wanted: Sequence[str]) -> list[str]:
        return [ad_id for ad_id in wanted if ad_id not in self.resolved and ad_id not in self.unresolved]

    async def _ask_account(self, account: Account, wanted: Sequence[str]) -> None:
        """An account that does not answer stops itself alone; its ads are asked for by id then."""
        if not wanted:
            return
        try:
            client = self.meta.client(account.token_ref)
            async for ads in list_ads(client, account.account_id, wanted):
                self._keep(ads)
        except (GraphFailure, RateLimited) as error:
            self._note(account.account_id, error)

    async def _ask_one_by_one(self, accounts: Sequence[Account], wanted: Sequence[str]) -> None:
        """With each token in turn, until one of them is shown the ad."""
        denied: dict[str, str] = {}
        for client, account_id in self._clients(accounts) if wanted else ():
            left = [ad_id for ad_id in wanted if ad_id not in self.resolved]
            for start in range(0, len(left), BATCH_OF_IDS):
                await self._ask_batch(client, account_id, left[start : start + BATCH_OF_IDS], denied)
        for reason in (NOT_FOUND, NOT_ALLOWED):
            self._give_up([ad for ad, why in denied.items() if why == reason and ad not in self.resolved], reason)

    def _clients(self, accounts: Sequence[Account]) -> list[tuple[GraphClient, str | None]]:
        """One per token: the accounts' own, or the one of the settings."""
        if not accounts:
            return [(self.meta.client(None), None)]
        found = {account.token_ref: account.account_id for account in reversed(accounts)}
        return [(self.meta.client(token_ref), account_id) for token_ref, account_id in found.items()]

    async def _ask_batch(
        self, client: GraphClient, account_id: str | None, ad_ids: Sequence[str], denied: dict[str, str]
    ) -> None:
        try:
            answers = await read_ads(client, ad_ids, account_id)
        except (GraphFailure, RateLimited) as error:
            self._note(account_id or "the token of the settings", error)
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
        self.errors.append(f"Ad {ad_id}: {failure}")
        return None

    def _note(self, subject: str, error: GraphFailure | RateLimited) -> None:
        """Go on with the others, unless the token itself is of no use."""
        if isinstance(error, RateLimited):
            self.errors.append(f"{subject}: {error.message}")
            return
        if error.failure.failure_class is FailureClass.AUTH:
            raise explain(error) from error
        self.errors.append(f"{subject}: {error.failure}")

    def _keep(self, ads: Sequence[ResolvedAd]) -> None:
        if ads and not self.options.dry_run:
            save_resolved(self.session, ads)
        self.resolved.update(item.ad.ad_id for item in ads)
        self.progress.update(len(self.resolved) + len(self.unresolved), f"{len(self.resolved):,} ads resolved")

    def _give_up(self, ad_ids: Sequence[str], reason: str) -> None:
        if ad_ids and not self.options.dry_run:
            save_unresolved(self.session, ad_ids, reason, ASK_AGAIN[reason])
        self.unresolved.update(ad_ids)

    def _name_people(self) -> int:
        if self.options.dry_run:
            return count_unnamed(self.session, sorted(self.resolved))
        return name_people(self.session, rename=self.options.rename)


def failure_of(report: EnrichReport) -> MetaAdsError | None:
    """How a run with ads that were not answered ends."""
    if not report.ads_failed:
        return None
    kind = PartlyDone if report.ads_resolved else Temporary
    first = report.errors[0] if report.errors else "Meta gave no answer"
    return kind(f"{report.ads_failed} ads were not answered: {first}", hint="Run it again: it goes on where it was")
