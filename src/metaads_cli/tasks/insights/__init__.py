"""Sync insights: spend and results of every ad account, complete, exact, resumable."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from metaads_cli.console import Progress
from metaads_cli.db.queries.accounts import read_accounts
from metaads_cli.db.session import Database
from metaads_cli.errors import ConfigError, InputError, LockNotAvailable, MetaAdsError, PartlyDone, UsageError
from metaads_cli.models.account import Account
from metaads_cli.models.insight import Level, RowCounts
from metaads_cli.models.reports import DateRange, LevelCounts, SyncReport
from metaads_cli.tasks.insights.account import AccountSync, account_report, row_report
from metaads_cli.tasks.insights.options import SyncOptions
from metaads_cli.tasks.insights.outcome import AccountOutcome
from metaads_cli.tasks.insights.together import all_of
from metaads_cli.tasks.meta import Meta

OpenDatabase = Callable[[], AbstractContextManager[Database]]
FINE = frozenset({"ok", "fresh"})


def accounts_of(database: Database, tenant_ids: Sequence[int] | None, wanted: Sequence[str]) -> list[Account]:
    """The ad accounts of the tenants, or those of them that are wanted.

    Raises InputError for one that is not registered, ConfigError when there is none at all.
    """
    found = [account for session in database.sessions(tenant_ids) for account in read_accounts(session)]
    missing = sorted(set(wanted) - {account.account_id for account in found})
    if missing:
        raise InputError(f"The ad account {missing[0]} is not registered", hint="metaads accounts list shows them")
    chosen = [account for account in found if not wanted or account.account_id in wanted]
    if not chosen:
        raise ConfigError(
            "No ad account is registered", hint="metaads accounts add --tenant N --account act_N --token-ref env:NAME"
        )
    return chosen


async def sync_insights(
    open_database: OpenDatabase, accounts: Sequence[Account], meta: Meta, options: SyncOptions, progress: Progress
) -> tuple[SyncReport, MetaAdsError | None]:
    """Read the accounts, some side by side, each on a connection of its own; one's trouble never stops the rest.

    The report, and how the run ends when not everything was read.
    """
    started, now = time.monotonic(), datetime.now(UTC)
    seats = asyncio.Semaphore(options.settings.batch_size)
    done = _Telling(progress, meta, len(accounts))

    async def one(account: Account) -> AccountOutcome:
        async with seats:
            outcome = await _sync_account(open_database, account, meta, options, done)
            done.finished(outcome)
            return outcome

    outcomes = await all_of(*(one(account) for account in accounts))
    return _report(options, outcomes, meta, now, time.monotonic() - started), failure_of(options, outcomes)


async def _sync_account(
    open_database: OpenDatabase, account: Account, meta: Meta, options: SyncOptions, done: "_Telling"
) -> AccountOutcome:
    outcome = AccountOutcome(account)
    try:
        client = meta.client(account.token_ref)
        with open_database() as database:
            run = AccountSync(database.tenant(account.tenant_id), client, account, options, done.tell)
            outcome = run.outcome
            return await run.run()
    except UsageError as error:
        if not isinstance(error, ConfigError):
            raise  # it is about what was asked for, the same for all accounts
        outcome.fail(account.account_id, error)
    except MetaAdsError as error:
        outcome.fail(account.account_id, error)
    outcome.close()
    return outcome


class _Telling:
    """Progress: accounts done, what is read, calls, the share of the limit in use."""

    def __init__(self, progress: Progress, meta: Meta, accounts: int):
        self._progress, self._meta, self._accounts, self._done = progress, meta, accounts, 0

    def tell(self, text: str) -> None:
        used = self._meta.governor.highest_percent
        limit = f", {used:.0f} % of the limit" if used else ""
        place = f"account {self._done + 1} of {self._accounts}, " if self._accounts > 1 else ""
        self._progress.update(self._done, f"{place}{text}, {self._meta.calls} calls{limit}")

    def finished(self, outcome: AccountOutcome) -> None:
        self._done += 1
        self.tell(f"{outcome.account.account_id} {outcome.status}")


def _report(
    options: SyncOptions, outcomes: Sequence[AccountOutcome], meta: Meta, now: datetime, seconds: float
) -> SyncReport:
    rows = sum((outcome.rows for outcome in outcomes), RowCounts())
    windows = [outcome.window for outcome in outcomes if outcome.window is not None]
    busy = [f"{one.account.account_id}: another sync is at work on it" for one in outcomes if one.status == "busy"]
    return SyncReport(
        sync_id=options.sync_id,
        sync_timestamp=now,
        sync_type="automatic" if options.automatic else "manual",
        mode=options.settings.mode,
        date_range=DateRange(start=min(w.since for w in windows), end=max(w.until for w in windows))
        if windows
        else None,
        campaigns=_counts(Level.CAMPAIGN, outcomes),
        adsets=_counts(Level.AD_SET, outcomes),
        ads=_counts(Level.AD, outcomes),
        rows=row_report(rows),
        api_calls=meta.calls,
        rate_limit_hits=meta.governor.rate_limit_hits,
        waited_seconds=round(meta.governor.waited_seconds, 3),
        accounts=[account_report(outcome) for outcome in outcomes],
        reconciliation=[difference for outcome in outcomes for difference in outcome.reconciliation],
        total_duration_seconds=round(seconds, 3),
        success=all(outcome.status in FINE for outcome in outcomes),
        errors=[error for outcome in outcomes for error in outcome.errors],
        warnings=[warning for outcome in outcomes for warning in outcome.warnings] + busy,
    )


def _counts(level: Level, outcomes: Sequence[AccountOutcome]) -> LevelCounts:
    success = sum(outcome.entities.get(level, 0) for outcome in outcomes)
    errors = sum(outcome.problems[level] for outcome in outcomes)
    return LevelCounts(processed=success + errors, success=success, errors=errors)


def failure_of(options: SyncOptions, outcomes: Sequence[AccountOutcome]) -> MetaAdsError | None:
    """How a run ends: with the accounts' own error where nothing was done, as partly done where something was.

    An account that another sync has is no failure where hosts share the work.
    """
    troubled = [outcome for outcome in outcomes if outcome.status in {"partial", "failed"}]
    busy = [outcome for outcome in outcomes if outcome.status == "busy"]
    if not troubled:
        if busy and not options.share and len(busy) == len(outcomes):
            return LockNotAvailable(
                f"Another sync is at work on {busy[0].account.account_id}", hint="Wait for it to end; nothing was done"
            )
        return None
    first = troubled[0]
    if all(outcome.status == "failed" for outcome in outcomes) and first.failure is not None:
        return first.failure
    of = f"{len(troubled)} of {len(outcomes)} accounts" if len(outcomes) > 1 else first.account.account_id
    return PartlyDone(
        f"Not everything of {of} was read: {first.errors[0]}",
        hint=f"Run it again, it goes on where it was: {options.resume_line}",
        details={"accounts": [outcome.account.account_id for outcome in troubled]},
    )
