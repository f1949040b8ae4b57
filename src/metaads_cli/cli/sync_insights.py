"""`metaads sync-insights`."""

import shlex
import sys
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from metaads_cli.cli.invocation import Invocation, with_global_options
from metaads_cli.cli.meta import open_meta
from metaads_cli.cli.values import day, duration_seconds, level_of
from metaads_cli.console import Format
from metaads_cli.errors import InputError, MetaAdsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metaads_cli.db.session import TenantSession
    from metaads_cli.graph.insights import Only
    from metaads_cli.graph.simulator.world import World
    from metaads_cli.models.account import Account
    from metaads_cli.models.insight import Level
    from metaads_cli.settings import LoadedSettings
    from metaads_cli.tasks.insights.options import SyncOptions

TenantOption = Annotated[int | None, typer.Option("--tenant", metavar="N", help="Only this tenant.")]
AllOption = Annotated[bool, typer.Option("--all-tenants", metavar="", help="Every tenant.")]
AccountOption = Annotated[
    list[str] | None, typer.Option("--account", metavar="act_N", help="Only this ad account; repeatable.")
]
LevelOption = Annotated[str, typer.Option("--level", metavar="LEVELS", help="What rows are about, with commas.")]
EntityOption = Annotated[
    list[str] | None, typer.Option("--entity-id", metavar="ID", help="Only this object and what is in it; repeatable.")
]
TypeOption = Annotated[
    str | None, typer.Option("--entity-type", metavar="TYPE", help="What --entity-id names: campaign, adset or ad.")
]
DaysBackOption = Annotated[
    int | None, typer.Option("--days-back", metavar="N", min=1, help="So many days up to today.  [default: 7]")
]
SinceOption = Annotated[str | None, typer.Option("--since", metavar="DAY", help="First day, such as 2026-11-01.")]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="DAY", help="Last day; today without it.")]
ForceOption = Annotated[bool, typer.Option("--force", metavar="", help="Read again what is known to be fresh.")]
EveryOption = Annotated[
    str | None, typer.Option("--every", metavar="TIME", help="Stay and repeat, such as 30m; 'default': as configured.")
]
MaxWaitOption = Annotated[
    str, typer.Option("--max-wait", metavar="TIME", help="Longest wait for an account's rate limit, such as 15m.")
]
ModeOption = Annotated[str | None, typer.Option("--mode", metavar="MODE", help="stub, live or hybrid.")]


@with_global_options()
def sync_insights(
    run: Invocation,
    tenant: TenantOption = None,
    all_tenants: AllOption = False,
    account: AccountOption = None,
    level: LevelOption = "campaign,adset,ad",
    entity_id: EntityOption = None,
    entity_type: TypeOption = None,
    days_back: DaysBackOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    force: ForceOption = False,
    every: EveryOption = None,
    max_wait: MaxWaitOption = "15m",
    mode: ModeOption = None,
) -> None:
    """Load spend and results from Meta, day by day.

    Campaigns, ad sets and ads of each account with their figures, in the account's time zone and currency. What is
    fresh is not read again, figures that still move are, and a run that was stopped goes on where it was.

    \b
    Examples:
      metaads sync-insights --tenant 1
      metaads sync-insights --all-tenants --max-wait 1h
      metaads sync-insights --tenant 1 --since 2026-10-01 --until 2026-10-31
      metaads sync-insights --all-tenants --every 30m
    """
    from metaads_cli.tasks.insights.options import SyncOptions, days_between

    if tenant is not None and all_tenants:
        raise UsageError("--tenant and --all-tenants exclude each other")
    if days_back is not None and (since or until):
        raise UsageError("--days-back excludes --since and --until", hint="Give one or the other")
    loaded = run.load_settings({("sync", "mode"): ("--mode", mode)})
    only = _only(entity_type, entity_id or [])
    options = SyncOptions(
        settings=loaded.values.sync,
        levels=_levels(level, entity_type, entity_id or []),
        days_back=days_back or 7,
        days=days_between(_day(since, "--since"), _day(until, "--until")),
        only=only,
        force=force,
        automatic=every is not None,
        share=all_tenants,
        resume_line=f"metaads {shlex.join(sys.argv[1:])}",
    )
    command = _Command(run, loaded, options, tenant, all_tenants, account or [], duration_seconds(max_wait))
    if every is None:
        command.once()
    else:
        command.forever(every)


class _Command:
    """One call of the command; `forever` makes many runs of it."""

    def __init__(
        self,
        run: Invocation,
        loaded: "LoadedSettings",
        options: "SyncOptions",
        tenant: int | None,
        all_tenants: bool,
        accounts: list[str],
        wait_seconds: float,
    ):
        self.run, self.loaded, self.options, self.wait_seconds = run, loaded, options, wait_seconds
        self.tenant, self.all_tenants, self.accounts = tenant, all_tenants, accounts

    def once(self) -> None:
        """Raises what the run failed with, after its report."""
        if failure := self.run.complete(self._work()):
            raise failure

    def forever(self, every: str) -> None:
        """Repeat until somebody ends it. A run that fails is told of, and the next one comes all the same."""
        from metaads_cli.graph.governor import RealClock
        from metaads_cli.tasks.insights.schedule import repeat

        settings = self.loaded.values.sync
        if not settings.enabled:
            self.run.console.note("Nothing to do: INSIGHTS_SYNC_ENABLED is false")
            return
        minutes = settings.interval_minutes
        interval = timedelta(seconds=duration_seconds(f"{minutes}m" if every == "default" else every))
        if interval < timedelta(minutes=1):
            raise UsageError("--every is shorter than a minute", hint="Meta renews its figures every 15 minutes")
        if self.run.console.output in {Format.HTML, Format.XLSX}:
            raise UsageError(
                f"--every writes a result each time, and --format {self.run.console.output} is one document",
                hint="Choose another format, such as jsonl",
            )
        note = self.run.console.note
        self.run.complete(
            repeat(
                self._tolerant,
                interval,
                clock=RealClock(),
                tell=lambda start: note(f"next run at {start.astimezone():%H:%M}"),
            )
        )

    async def _tolerant(self) -> None:
        try:
            failure = await self._work()
        except (UsageError, InputError):
            raise  # it will not be better next time
        except MetaAdsError as error:
            failure = error
        if failure is not None:
            self.run.console.error(failure)

    async def _work(self) -> MetaAdsError | None:
        from dataclasses import replace
        from uuid import uuid4

        from metaads_cli.tasks import insights

        run, options = self.run, replace(self.options, sync_id=uuid4())
        with run.database(self.loaded) as database:
            tenant_ids = self._tenants(list(database.tenants))
            accounts = insights.accounts_of(database, tenant_ids, [_account(text) for text in self.accounts])
            sessions = database.sessions(tenant_ids)
            with run.console.progress("Syncing", len(accounts)) as progress:
                async with open_meta(
                    run, self.loaded, self.wait_seconds, lambda world: _furnish(world, sessions, accounts)
                ) as meta:
                    report, failure = await insights.sync_insights(
                        lambda: run.database(self.loaded), accounts, meta, options, progress
                    )
        run.finish(report)
        if run.console.output is not Format.JSON:
            for difference in report.reconciliation:
                run.console.warn(
                    f"{difference.account_id}: {difference.metric} of all {difference.level} rows differs from the"
                    f" account's own by {difference.difference:f}: {difference.reason}"
                )
            for warning in [*report.warnings, *report.errors]:
                run.console.warn(warning)
        return failure

    def _tenants(self, there: list[int]) -> "Sequence[int] | None":
        if self.tenant is not None:
            return [self.tenant]
        if not self.all_tenants and len(there) != 1:
            raise UsageError(f"There are {len(there)} tenants", hint="Name one with --tenant, or say --all-tenants")
        return None


def _furnish(world: "World", sessions: "Sequence[TenantSession]", accounts: "Sequence[Account]") -> None:
    from metaads_cli.tasks.insights.furnish import furnish

    furnish(world, sessions, accounts)


def _day(text: str | None, option: str) -> date | None:
    return day(text, option) if text else None


def _account(text: str) -> str:
    from metaads_cli.tasks.accounts import normal_account_id

    return normal_account_id(text)


def _levels(text: str, entity_type: str | None, entity_ids: "Sequence[str]") -> "list[Level]":
    """The levels asked for; --entity-type without any id means that level alone."""
    if entity_type and not entity_ids:
        return [level_of(entity_type, "--entity-type")]
    return list(dict.fromkeys(level_of(part, "--level") for part in text.split(",")))


def _only(entity_type: str | None, entity_ids: "Sequence[str]") -> "Only | None":
    from metaads_cli.graph.insights import Only

    if not entity_ids:
        return None
    if entity_type is None:
        raise UsageError("--entity-id needs --entity-type", hint="Say what the ids name: campaign, adset or ad")
    wrong = [text for text in entity_ids if not (text.isascii() and text.isdecimal())]
    if wrong:
        raise UsageError(f"--entity-id is {wrong[0]!r}; expected the digits of an id")
    return Only(level_of(entity_type, "--entity-type"), tuple(dict.fromkeys(entity_ids)))
