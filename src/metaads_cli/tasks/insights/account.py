"""The sync of one ad account: its catalogue, its figures level by level, and whether they add up.

Levels are read side by side, each slice of days stored as a whole when its last page has come. What was stored stays: a
run that is stopped goes on where it was.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from metaads_cli.db.queries import insights as rows
from metaads_cli.db.queries import objects, syncs
from metaads_cli.db.queries.accounts import save_account
from metaads_cli.db.session import TenantSession
from metaads_cli.errors import ConfigError, MetaAdsError, SafetyRefusal, Temporary
from metaads_cli.graph.client import GraphClient, Json
from metaads_cli.graph.failures import GraphFailure, explain
from metaads_cli.models.account import Account
from metaads_cli.models.insight import Days, Level, RowCounts
from metaads_cli.models.reports import AccountReport, RowReport
from metaads_cli.tasks.accounts import account_facts
from metaads_cli.tasks.insights import plan
from metaads_cli.tasks.insights.catalogue import CatalogueRefresh
from metaads_cli.tasks.insights.figures import FiguresReader, Tell
from metaads_cli.tasks.insights.options import SyncOptions
from metaads_cli.tasks.insights.outcome import AccountOutcome
from metaads_cli.tasks.insights.reconcile import reconcile
from metaads_cli.tasks.insights.results import MESSAGING_GOALS, Results
from metaads_cli.tasks.insights.together import all_of

T = TypeVar("T")
# An older interrupted run is not gone on with: its figures have moved.
RESUME_WITHIN = timedelta(hours=12)


@dataclass
class AccountSync:
    """One run over one account, on a connection of its own. `tell` is given a few words now and then."""

    session: TenantSession
    client: GraphClient
    account: Account
    options: SyncOptions
    tell: Tell
    _database: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self.outcome = AccountOutcome(self.account)

    async def run(self) -> AccountOutcome:
        """Do what there is to do. Raises MetaAdsError for what concerns the account as a whole."""
        if not syncs.try_lock(self.session, self.account.account_id):
            self.outcome.status = "busy"
            return self.outcome
        try:
            await self._run()
        except GraphFailure as error:
            raise explain(error) from error
        finally:
            self.outcome.close()
            syncs.unlock(self.session, self.account.account_id)
        return self.outcome

    async def _run(self) -> None:
        if self.account.timezone_name and self.account.currency and not self._has_work():
            return  # without a single call
        facts = await self._facts()
        self._claim()
        self._renew(facts)
        if self._has_work():  # by the zone and the source as they are now
            await self._run_journalled()

    async def _facts(self) -> Json:
        try:
            return await account_facts(self.client, self.account.account_id)
        except MetaAdsError as error:
            self._journal_failure(error)
            raise

    def _journal_failure(self, error: MetaAdsError) -> None:
        """Of a run that fails before its first page: whoever counts failures must find it. What it was to go on with
        is left to the next one."""
        if self.outcome.window is None:  # of an account without a time zone nothing is planned before
            self._has_work()
        if self.outcome.window is None:
            return
        failed = replace(self.outcome, errors=list(self.outcome.errors))
        failed.fail(self.account.account_id, error)
        failed.close()
        report = self._journal(failed) | {"to_be_continued": self.outcome.resumed}
        syncs.finish_run(self.session, self._start(), success=False, report=report)

    async def _run_journalled(self) -> None:
        run, to_the_end = self._start(), False
        try:
            await self._read_all()
            to_the_end = True
        finally:  # also of a run that is stopped: the next one goes on with it
            self.outcome.close()
            success = to_the_end and self.outcome.status == "ok"
            # What Meta refuses or sends unreadable stays so: to go on there would keep the rest from being renewed.
            going_on = not to_the_end or isinstance(self.outcome.failure, Temporary)
            report = self._journal(self.outcome) | {"to_be_continued": going_on}
            syncs.finish_run(self.session, run, success=success, report=report)

    def _journal(self, outcome: AccountOutcome) -> dict[str, Any]:
        """What metaads.sync_runs keeps of a run."""
        return {
            "account": msgspec.to_builtins(account_report(outcome)),
            "entities": {str(level): count for level, count in outcome.entities.items()},
            "problems": {str(level): count for level, count in outcome.problems.items()},
            "rate_limit_hits": self.client.governor.hits_of(self.account.account_id),
            "errors": outcome.errors,
            "warnings": outcome.warnings,
            "reconciliation": msgspec.to_builtins(outcome.reconciliation),
        }

    def _has_work(self) -> bool:
        """Whether any day is to be read; the plan of each level is made here."""
        now, account_id = datetime.now(UTC), self.account.account_id
        zone = _zone(self.account)
        window = self.options.window(now, zone)
        self.outcome.window = window or None
        began = syncs.interrupted_since(self.session, account_id, window, now - RESUME_WITHIN)
        self.outcome.resumed = began is not None
        rhythm = plan.Rhythm(
            now=now,
            zone=zone,
            fresh_after=min(now - timedelta(minutes=self.options.settings.fresh_minutes), began or now),
            began_at=began or now,
            restate_days=0 if self.options.days else self.options.settings.restate_days,
            force=self.options.force,
        )
        self._began_at = rhythm.began_at
        reach = min(window.since, rhythm.today - timedelta(days=plan.LAST_READ_WITHIN_DAYS))
        self._known_days = syncs.read_days(self.session, account_id, reach, self.options.data_source)
        self._plan = {level: self._days_of(level, window, rhythm) for level in self._levels()}
        # A run that was ended after its last slice is brought to its end, or it would be gone on with for ever.
        if not any(self._plan.values()) and began is None:
            self.outcome.status = "fresh"
            return False
        return True

    def _levels(self) -> list[Level]:
        return plan.levels_below(self.options.levels, self.options.only.level if self.options.only else None)

    def _days_of(self, level: Level, window: Days, rhythm: plan.Rhythm) -> list[Days]:
        """A narrowed sync reads the whole window: what is noted of a day is about all of its objects."""
        if self.options.only:
            return [window] if window else []
        return plan.days_to_read(window, self._known_days[level], rhythm)

    def _renew(self, facts: Json) -> None:
        """Currency and time zone as Meta has them now; that they changed is said."""
        known, now = self.account, {key: facts.get(key) for key in ("name", "currency", "timezone_name")}
        renewed = msgspec.structs.replace(known, **{key: value for key, value in now.items() if value})
        if known.timezone_name and not _is_known(renewed.timezone_name):
            self.outcome.warnings.append(
                f"{known.account_id}: nobody here knows its time zone {renewed.timezone_name!r};"
                f" its days are still those of {known.timezone_name}"
            )
            renewed = msgspec.structs.replace(renewed, timezone_name=known.timezone_name)
        for what, before, after in (
            ("currency", known.currency, renewed.currency),
            ("time zone", known.timezone_name, renewed.timezone_name),
        ):
            if before and before != after:
                self.outcome.warnings.append(
                    f"{known.account_id}: its {what} was {before} and is {after} now; older rows stay as they were read"
                )
        if renewed != known:
            save_account(self.session, renewed)
        self.account = self.outcome.account = renewed

    def _claim(self) -> None:
        """Real and simulated figures never mix. Raises SafetyRefusal."""
        account_id, source = self.account.account_id, self.options.data_source
        claimed = syncs.claim_source(self.session, account_id, source)
        if claimed == source:
            return
        if source == "stub":
            raise SafetyRefusal(
                f"The account {account_id} holds real figures; simulated ones would spoil them",
                hint="Say --mode live, or try stub mode on a database of its own",
            )
        removed = syncs.drop_simulated(self.session, account_id)
        self.outcome.warnings.append(f"{account_id}: {removed:,} simulated rows were removed before the real ones")

    def _start(self) -> syncs.Run:
        assert self.outcome.window is not None
        run = syncs.Run(
            run_id=self.options.sync_id,
            account_id=self.account.account_id,
            sync_type="automatic" if self.options.automatic else "manual",
            mode=self.options.settings.mode,
            days=self.outcome.window,
            started_at=datetime.now(UTC),
            began_at=self._began_at,
        )
        syncs.start_run(self.session, run)
        return run

    async def _read_all(self) -> None:
        account_id = self.account.account_id
        catalogue = CatalogueRefresh(self.session, self.client, self.account, self._in_database, self.outcome)
        await catalogue.read_parents()
        messaging = await self._in_database(objects.messaging_campaigns, self.session, account_id, MESSAGING_GOALS)
        figures = FiguresReader(
            session=self.session,
            client=self.client,
            account_id=account_id,
            options=self.options,
            outcome=self.outcome,
            in_database=self._in_database,
            tell=self.tell,
            days_of=self._plan,
            known_days=self._known_days,
            results=Results(self.options.settings, messaging),
            objects=await self._in_database(objects.count_objects, self.session, account_id),
            certain=catalogue.knows_parents,
        )
        await all_of(catalogue.read_ads(), *(figures.read(level) for level in self._plan))
        if span := self.outcome.span:
            await self._in_database(self._count, span)
            await catalogue.read_deleted_ads(span)
            if self.options.only is None:
                self.outcome.reconciliation += await reconcile(
                    self.session, self.client, account_id, self.outcome, self._in_database
                )

    def _count(self, span: Days) -> None:
        self.outcome.entities = rows.count_entities(self.session, self.account.account_id, span)

    async def _in_database(self, function: Callable[..., T], *arguments: Any) -> T:
        """Database work in a thread, one piece at a time: meanwhile the other levels' answers come in."""
        async with self._database:
            work = asyncio.get_running_loop().run_in_executor(None, partial(function, *arguments))
            try:
                return await asyncio.shield(work)
            except asyncio.CancelledError:
                await asyncio.wait([work])  # a thread cannot be stopped, and the connection is its own till then
                raise


def account_report(outcome: AccountOutcome) -> AccountReport:
    account = outcome.account
    return AccountReport(
        tenant_id=account.tenant_id,
        account_id=account.account_id,
        status=outcome.status,
        currency=account.currency,
        timezone=account.timezone_name,
        resumed=outcome.resumed,
        rows=row_report(outcome.rows),
        reason=outcome.errors[0] if outcome.errors else None,
    )


def row_report(rows: RowCounts) -> RowReport:
    return RowReport(**msgspec.structs.asdict(rows))


def _is_known(zone: str | None) -> bool:
    try:
        return bool(ZoneInfo(zone or "UTC"))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _zone(account: Account) -> ZoneInfo:
    if not _is_known(account.timezone_name):
        raise ConfigError(
            f"The time zone {account.timezone_name!r} of {account.account_id} does not exist",
            hint="metaads accounts add --timezone AREA/CITY",
        )
    return ZoneInfo(account.timezone_name or "UTC")
