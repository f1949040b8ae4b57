"""Documents about generated insights equal a slow computation in plain Python."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from freezegun import freeze_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from metaads_cli.db.session import Database
from metaads_cli.models.insight import Level
from metaads_cli.models.performance import About, AdDocument, Metrics
from metaads_cli.tasks import performance
from metaads_cli.tasks.performance import AskedDays, Question

Row = dict[str, Any]
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
ZONES = {"act_1": "America/Argentina/Buenos_Aires", "act_2": "Pacific/Kiritimati"}
PARENTS = {  # campaign, ad set, account
    "c1": ("c1", None, "act_1"), "c2": ("c2", None, "act_1"), "c3": ("c3", None, "act_2"),
    "s1": ("c1", "s1", "act_1"), "s2": ("c1", "s2", "act_1"), "s3": ("c3", "s3", "act_2"),
    "a1": ("c1", "s1", "act_1"), "a2": ("c1", "s1", "act_1"), "a3": ("c1", "s1", "act_1"), "a4": ("c1", "s2", "act_1"),
    "a5": ("c3", "s3", "act_2"),
}  # fmt: skip
LEVELS = {"c": Level.CAMPAIGN, "s": Level.AD_SET, "a": Level.AD}
TABLES = {"c": "campaigns", "s": "adsets", "a": "ads"}
ADDED = ("spend", "impressions", "clicks", "conversions", "revenue")

days = st.integers(17, 22).map(lambda number: date(2026, 11, number))
amounts = st.none() | st.just(Decimal(0)) | st.decimals(0, 100, places=2)
counts = st.none() | st.integers(0, 40)
tenants = st.sampled_from([1, 1, 1, 2])
windows = st.tuples(days, days).map(sorted)


def worlds(entities: Sequence[str], rows: int) -> st.SearchStrategy[Row]:
    """At least so many rows of these objects; the catalogue and the days that were read know what they know."""
    insights = st.fixed_dictionaries(
        {
            "tenant_id": tenants,
            "entity_id": st.sampled_from(entities),
            "day": days,
            "currency": st.sampled_from(["ARS", "ARS", "ARS", "USD"]),
            "spend": amounts,
            "impressions": st.none() | st.integers(0, 3000),
            "clicks": counts,
            "conversions": counts,
            "revenue": amounts,
        }
    )
    statuses = st.sampled_from(["ACTIVE", "PAUSED", "DELETED", None])
    read = st.tuples(tenants, st.sampled_from(list(ZONES)), st.sampled_from(list(Level)), days)
    return st.fixed_dictionaries(
        {
            "insights": st.lists(
                insights,
                min_size=rows,
                max_size=30,
                unique_by=lambda one: (one["tenant_id"], one["entity_id"], one["day"]),
            ),
            "statuses": st.dictionaries(st.sampled_from(entities), statuses),
            "read": st.sets(read, max_size=20),
        }
    )


@pytest.mark.parametrize("kind", list(LEVELS))
def test_documents_equal_a_slow_computation(kind: str, connection: psycopg.Connection, database: Database) -> None:
    entities = [entity for entity in PARENTS if entity[0] == kind]

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(world=worlds(entities, 6), window=windows, entity=st.sampled_from(entities))
    def compare(world: Row, window: list[date], entity: str) -> None:
        with connection.transaction(force_rollback=True), freeze_time(NOW):
            store(connection, world)
            slow = Slow(connection, *window)
            question = Question(database.tenant(1), AskedDays(None, *window), "UTC", ("completed",))
            if window[0] <= slow.today(PARENTS[entity][2]) and slow.knows(entity):
                check_object(slow, question, entity)

    compare()


def test_the_overview_equals_a_slow_computation(connection: psycopg.Connection, database: Database) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(world=worlds(list(PARENTS), 0), window=windows)
    def compare(world: Row, window: list[date]) -> None:
        with connection.transaction(force_rollback=True), freeze_time(NOW):
            store(connection, world)
            slow = Slow(connection, *window)
            if window[0] <= min(slow.today(account) for account in ZONES):
                check_overview(slow, Question(database.tenant(1), AskedDays(None, *window), "UTC", ("completed",)))

    compare()


def check_overview(slow: "Slow", question: Question) -> None:
    found = performance.overview(question, 2)
    rows = [row for row in slow.rows() if row["entity_type"] == "campaign"]
    assert measured(found.global_metrics) == slow.total(rows, any(slow.read(account, "campaign") for account in ZONES))
    assert {name: measured(one) for name, one in found.metrics_by_currency.items()} == slow.by_currency(rows)
    seen = {row["entity_id"] for row in rows}
    assert found.total_campaigns == sum(slow.statuses.get(one, "") != "DELETED" for one in seen | slow.known("c"))
    assert found.active_campaigns == sum(slow.statuses[one] == "ACTIVE" for one in slow.known("c"))
    grouped = group(rows, lambda row: (row["currency"], row["entity_id"]))
    largest = sorted(grouped, key=lambda key: (key[0], -(added(grouped[key], "spend") or 0), key[1]))
    ranked = [key for key in largest if [one for one in largest if one[0] == key[0]].index(key) < 2]
    assert [(one.currency, one.campaign_id) for one in found.top_campaigns] == ranked
    assert [measured(one) for one in found.top_campaigns] == [rates(grouped[key]) for key in ranked]


def check_object(slow: "Slow", question: Question, entity: str) -> None:
    level = LEVELS[entity[0]]
    make = {Level.CAMPAIGN: performance.campaign, Level.AD_SET: performance.adset, Level.AD: performance.ad}[level]
    found = make(question, entity)
    timeline = performance.timeline(question, entity, None)
    account = PARENTS[entity][2]
    rows = slow.of(entity)
    read = slow.read(account, str(level))
    window = slow.window(account)
    for document in (found, timeline):
        assert isinstance(document, About)
        assert (document.account_id, document.timezone) == (account, ZONES[account])
        assert (document.date_range.start, document.date_range.end) == (window[0], window[-1])
        assert measured(document.metrics) == slow.total(rows, bool(read))
        assert {name: measured(one) for name, one in document.metrics_by_currency.items()} == slow.by_currency(rows)
    assert [(row.date_start, row.spend, row.clicks) for row in found.insights] == [
        (row["day"], row["spend"], row["clicks"]) for row in rows
    ]
    stored = {row["day"]: row for row in rows}
    assert [one.date_start for one in timeline.insights] == window
    for one in timeline.insights:
        if row := stored.get(one.date_start):
            expected = ("delivered", row["spend"], row["impressions"])
        else:
            expected = ("no delivery", 0, 0) if one.date_start in read else ("not read", None, None)
        assert (one.state, one.spend, one.impressions) == expected
    if isinstance(found, AdDocument):
        check_peers(slow, found, entity)


def check_peers(slow: "Slow", found: AdDocument, entity: str) -> None:
    own = slow.of(entity)
    currency = own[-1]["currency"] if own else "ARS" if PARENTS[entity][2] == "act_1" else "USD"
    own = [row for row in own if row["currency"] == currency]
    others = {
        other: [row for row in slow.of(other) if row["currency"] == currency]
        for other in PARENTS
        if other[0] == "a" and other != entity and PARENTS[other][1] == PARENTS[entity][1]
    }
    peers = {other: rows for other, rows in others.items() if added(rows, "impressions") or added(rows, "spend")}
    assert {peer.ad_id: measured(peer.metrics) for peer in found.peer_comparison.ads} == {
        other: rates(rows) for other, rows in peers.items()
    }
    together = rates([row for rows in peers.values() for row in rows])
    for name, best in (("ctr", max), ("cpc", min), ("cost_per_conversion", min)):
        told, value = getattr(found.peer_comparison, name), rates(own)[name]
        theirs = [one for rows in peers.values() if (one := rates(rows)[name]) is not None]
        assert (told.value, told.peers) == (value, together[name])
        assert told.of == len(theirs) + (value is not None)
        if value is not None:
            assert told.rank == 1 + sum(best(one, value) != value for one in theirs)


class Slow:
    """What tenant 1 has stored, row by row."""

    def __init__(self, connection: psycopg.Connection, since: date, until: date):
        self.since, self.until = since, until
        connection.execute("SELECT metaads.set_tenant(1)")
        with connection.cursor(row_factory=dict_row) as cursor:
            self.insights = cursor.execute("SELECT * FROM metaads.insights WHERE tenant_id = 1 ORDER BY day").fetchall()
            self.days = cursor.execute("SELECT * FROM metaads.sync_days WHERE tenant_id = 1").fetchall()
            self.statuses: dict[str, str | None] = {}
            for kind, table in TABLES.items():
                for row in cursor.execute(f"SELECT * FROM metaads.{table} WHERE tenant_id = 1".encode()):
                    self.statuses[row[f"{LEVELS[kind]}_id"]] = row["effective_status"]

    def today(self, account: str) -> date:
        return NOW.astimezone(ZoneInfo(ZONES[account])).date()

    def window(self, account: str) -> list[date]:
        last = min(self.until, self.today(account))
        return [self.since + timedelta(days=number) for number in range((last - self.since).days + 1)]

    def rows(self) -> list[Row]:
        return [row for row in self.insights if row["day"] in self.window(row["account_id"])]

    def of(self, entity: str) -> list[Row]:
        return [row for row in self.rows() if row["entity_id"] == entity]

    def read(self, account: str, level: str) -> set[date]:
        window = self.window(account)
        return {
            row["day"]
            for row in self.days
            if (row["account_id"], row["entity_type"]) == (account, level) and row["day"] in window
        }

    def known(self, kind: str) -> set[str]:
        return {entity for entity in self.statuses if entity[0] == kind}

    def knows(self, entity: str) -> bool:
        return entity in self.statuses or any(row["entity_id"] == entity for row in self.insights)

    def by_currency(self, rows: list[Row]) -> Row:
        found = group(rows, lambda row: row["currency"])
        return {currency: rates(some) for currency, some in found.items()} if len(found) > 1 else {}

    def total(self, rows: list[Row], read: bool) -> Row:
        if not rows:
            zero = {"spend": 0, "impressions": 0, "clicks": 0} if read else {}
            return dict.fromkeys(rates([])) | zero
        found = rates(rows)
        if len({row["currency"] for row in rows}) > 1:
            found |= dict.fromkeys(("spend", "revenue", "cpc", "roas", "cost_per_conversion"))
        return found


def group(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def added(rows: Iterable[Row], name: str) -> Any:
    known = [row[name] for row in rows if row[name] is not None]
    return sum(known) if known else None


def rates(rows: list[Row]) -> Row:
    sums = {name: added(rows, name) for name in ADDED}
    return sums | {
        "ctr": ratio(sums["clicks"], sums["impressions"], 100),
        "cpc": ratio(sums["spend"], sums["clicks"]),
        "roas": ratio(sums["revenue"], sums["spend"]),
        "cost_per_conversion": ratio(sums["spend"], sums["conversions"]),
    }


def ratio(part: Any, whole: Any, factor: int = 1) -> Decimal | None:
    if part is None or not whole:
        return None
    exact = factor * Fraction(part) / Fraction(whole) * 10_000
    whole_part, rest = divmod(exact.numerator, exact.denominator)
    rounded = whole_part + (2 * rest >= exact.denominator)
    return (Decimal(rounded) / 10_000).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def measured(metrics: Metrics) -> Row:
    return {name: getattr(metrics, name) for name in rates([])}


def store(connection: psycopg.Connection, world: Row) -> None:
    for tenant_id in (1, 2):
        connection.execute("SELECT metaads.set_tenant(%s)", [tenant_id])
        own = [row for row in world["insights"] if row["tenant_id"] == tenant_id]
        insert(connection, "insights", [insight(row) for row in own])
        read = [one[1:] for one in world["read"] if one[0] == tenant_id]
        insert(
            connection,
            "sync_days",
            [
                {"tenant_id": tenant_id, "account_id": account, "entity_type": str(level), "day": day, "row_count": 0,
                 "read_at": datetime.combine(day, time(12), UTC)}
                for account, level, day in read
            ],
        )  # fmt: skip
        for account, zone in ZONES.items():
            currency = "ARS" if account == "act_1" else "USD"
            row = {"tenant_id": tenant_id, "account_id": account, "timezone_name": zone, "currency": currency}
            insert(connection, "accounts", [row])
        for entity, status in world["statuses"].items():
            insert(connection, TABLES[entity[0]], [catalogued(tenant_id, entity, status)])


def insight(row: Row) -> Row:
    campaign, adset, account = PARENTS[row["entity_id"]]
    level = LEVELS[row["entity_id"][0]]
    more = {"entity_type": str(level), "account_id": account, "campaign_id": campaign, "adset_id": adset}
    return row | more | {"fetched_at": NOW}


def catalogued(tenant_id: int, entity: str, status: str | None) -> Row:
    campaign, adset, account = PARENTS[entity]
    level = LEVELS[entity[0]]
    parents = {"campaign_id": campaign, "adset_id": adset}
    above = {name: parents[name] for name in list(parents)[: level.rank]}
    return {
        "tenant_id": tenant_id, "account_id": account, f"{level}_id": entity, "name": entity,
        "effective_status": status, "fetched_at": NOW, **above,
    }  # fmt: skip


def insert(connection: psycopg.Connection, table: str, rows: list[Row]) -> None:
    if not rows:
        return
    connection.execute(
        f"INSERT INTO metaads.{table} ({', '.join(rows[0])})"
        f" SELECT {', '.join(rows[0])} FROM jsonb_populate_recordset(NULL::metaads.{table}, %s)".encode(),
        [json.dumps(rows, default=str)],
    )
