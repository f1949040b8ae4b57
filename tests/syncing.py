"""A sync inside the test's process: a real database, a simulated Meta, and two clocks that stand still.

The world's clock decides what Meta reports and what today is; the other one is slept on, so waits take no time.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import httpx
import psycopg
from freezegun import freeze_time

from fake_clock import Clock
from metaads_cli.cli.asynchronous import run_to_its_end
from metaads_cli.console import Console
from metaads_cli.db.queries.accounts import save_account
from metaads_cli.db.session import Database
from metaads_cli.errors import MetaAdsError
from metaads_cli.graph.governor import Governor
from metaads_cli.graph.simulator import AccountPlan, Simulator, World, WorldPlan
from metaads_cli.graph.simulator.faults import Faults
from metaads_cli.models.account import Account
from metaads_cli.models.insight import Days, Level
from metaads_cli.models.reports import SyncReport
from metaads_cli.settings import GraphSettings, SyncSettings
from metaads_cli.tasks.insights import accounts_of, sync_insights
from metaads_cli.tasks.insights.options import SyncOptions
from metaads_cli.tasks.meta import Meta
from simulated import Api, StoppedClock

NUMBER = "1000000000000001"
ACCOUNT = f"act_{NUMBER}"
ZONE = "America/Argentina/Buenos_Aires"
COMPARED = (
    "spend", "impressions", "clicks", "reach", "frequency", "unique_clicks", "ctr", "cpc",
)  # fmt: skip
Row = dict[str, Any]
DAILY_TOTALS = """
    SELECT account_id, day, currency, insights, spend, impressions, clicks, conversations, revenue
    FROM metaads.daily_totals ORDER BY account_id, day, currency
"""
SUMS_OF_ADS = """
    SELECT account_id, day, currency, count(*), sum(spend), sum(impressions), sum(clicks), sum(started), sum(revenue)
    FROM metaads.insights
    LEFT JOIN LATERAL (
        SELECT sum((action ->> 'value')::numeric) AS started FROM jsonb_array_elements(actions) AS action
        WHERE action ->> 'action_type' = 'onsite_conversion.messaging_conversation_started_7d'
    ) AS chats ON true
    WHERE entity_type = 'ad' GROUP BY account_id, day, currency ORDER BY account_id, day, currency
"""


def plan(*accounts: AccountPlan, **changes: Any) -> WorldPlan:
    """Accounts whose ads all deliver every day; one of 2 campaigns × 2 ad sets × 2 ads without other words."""
    small = {"campaigns": 2, "ad_sets": 2, "ads": 2, "varied": False, "idle_percent": 0} | changes
    return WorldPlan(accounts or (AccountPlan(NUMBER, "Clínica Norte", **small),))


@dataclass
class SyncBench:
    """One database and one simulated Meta. `run` is one call of `sync-insights`."""

    url: str
    world: World
    simulator: Simulator
    time: StoppedClock
    clock: Clock = field(default_factory=Clock)
    settings: SyncSettings = field(default_factory=lambda: SyncSettings(mode="live", fresh_minutes=0))

    @classmethod
    def of(cls, url: str, world_plan: WorldPlan | None = None, **options: Any) -> "SyncBench":
        time = StoppedClock()
        world = World.seeded(clock=time, plan=world_plan or plan())
        bench = cls(url, world, Simulator(world, faults=Faults(), **options), time)
        for account in (world_plan or plan()).accounts:
            bench.register(account.number)
        return bench

    def register(self, number: str = NUMBER, tenant_id: int = 1) -> None:
        with self.database() as database:
            save_account(database.tenant(tenant_id), Account(tenant_id=tenant_id, account_id=f"act_{number}"))

    @contextmanager
    def database(self) -> Iterator[Database]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            yield Database(connection)

    def run(self, *tenants: int, **options: Any) -> SyncReport:
        """The report of a run in which nothing went wrong."""
        report, failure = self.attempt(*tenants, **options)
        assert failure is None, failure.message
        return report

    def attempt(
        self,
        *tenants: int,
        budget: float = 100_000,
        accounts: tuple[str, ...] = (),
        transport: Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport] = lambda inner: inner,
        **options: Any,
    ) -> tuple[SyncReport, MetaAdsError | None]:
        """One run, and how it ended. Options are those of SyncOptions, or of the settings."""
        chosen = self.options(options)

        async def inside() -> tuple[SyncReport, MetaAdsError | None]:
            governor = Governor(budget_seconds=budget, clock=self.clock, jitter=lambda low, _high: low)
            inner = transport(httpx.ASGITransport(app=self.simulator))  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=inner, base_url="https://graph.example") as http:
                meta = Meta(http, GraphSettings(), governor, simulated=True)
                with self.database() as database, Console(verbosity=-1).progress("", None) as progress:
                    found = accounts_of(database, tenants or None, accounts)
                    return await sync_insights(self.database, found, meta, chosen, progress)

        with freeze_time(self.time.now, tick=True, real_asyncio=True):
            return run_to_its_end(inside())

    def options(self, changes: dict[str, Any]) -> SyncOptions:
        names = set(SyncSettings.model_fields)
        settings = self.settings.model_copy(update={key: changes.pop(key) for key in list(changes) if key in names})
        return replace(SyncOptions(settings), **changes)

    @property
    def calls(self) -> int:
        return len(self.simulator.log.entries)

    def paths(self) -> list[str]:
        return [entry.path for entry in self.simulator.log.entries]

    def stored(self, level: Level, tenant_id: int = 1, account: str = ACCOUNT) -> dict[tuple[str, str], Row]:
        """The table's rows by (object, day)."""
        names = ("entity_id", "day", *COMPARED, "currency", "attribution_setting", "actions", "action_values")
        with self.database() as database, database.tenant(tenant_id).transaction() as cursor:
            cursor.execute(
                f"SELECT {', '.join(names)} FROM metaads.insights"
                " WHERE tenant_id = %s AND account_id = %s AND entity_type = %s",
                [tenant_id, account, str(level)],
            )
            found = [dict(zip(names, row, strict=True)) for row in cursor]
        return {(row.pop("entity_id"), str(row.pop("day"))): row for row in found}

    def truth(self, level: Level, days: Days, account: str = ACCOUNT) -> dict[tuple[str, str], Row]:
        """The same from the server, asked row by row as no sync would: archived and deleted objects are named."""
        fields = [f"{level}_id", *COMPARED, "account_currency", "attribution_setting", "actions", "action_values"]
        statuses = ["ACTIVE", "PAUSED", "ARCHIVED", "DELETED", "CAMPAIGN_PAUSED", "ADSET_PAUSED", "IN_PROCESS"]
        if level is Level.CAMPAIGN:
            statuses = statuses[:4]
        elif level is Level.AD_SET:
            statuses.remove("ADSET_PAUSED")
        asked = Api(self.simulator).all(
            f"{account}/insights",
            level=str(level),
            fields=",".join(fields),
            time_range={"since": str(days.since), "until": str(days.until)},
            time_increment="1",
            filtering=[{"field": f"{level}.effective_status", "operator": "IN", "value": statuses}],
            limit=500,
        )
        return {(row[f"{level}_id"], row["date_start"]): _as_stored(row) for row in asked}

    def assert_true(self, days: Days, account: str = ACCOUNT, tenant_id: int = 1) -> None:
        """The table holds what the server says about these days, no more and no less."""
        for level in Level:
            stored = {
                key: row
                for key, row in self.stored(level, tenant_id, account).items()
                if str(days.since) <= key[1] <= str(days.until)
            }
            assert stored == self.truth(level, days, account), level
        self.assert_totals_add_up(tenant_id)

    def assert_totals_add_up(self, tenant_id: int = 1) -> None:
        """The daily totals are the sums of the ads' insights, of all accounts and days."""
        assert self.query(DAILY_TOTALS, tenant_id) == self.query(SUMS_OF_ADS, tenant_id)

    def query(self, text: str, tenant_id: int = 1) -> list[tuple[Any, ...]]:
        with self.database() as database, database.tenant(tenant_id).transaction() as cursor:
            return cursor.execute(text.encode()).fetchall()


def _as_stored(row: Row) -> Row:
    numbers = {name: Decimal(row[name]) if name in row else None for name in COMPARED}
    return numbers | {
        "currency": row["account_currency"],
        "attribution_setting": row.get("attribution_setting"),
        "actions": _in_order(row.get("actions")),
        "action_values": _in_order(row.get("action_values")),
    }


def _in_order(actions: list[Row] | None) -> list[Row] | None:
    return sorted(actions, key=lambda action: str(action["action_type"])) if actions else actions
