"""Sync insights case by case: figures that move late, objects that go, accounts that change, answers that are odd."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metaads_cli.errors import PartlyDone, SafetyRefusal, UsageError
from metaads_cli.graph.insights import Only
from metaads_cli.graph.simulator import AccountPlan, Effect, Fault
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.world import Node
from metaads_cli.models.insight import Days, Level
from metaads_cli.models.reports import RowReport, SyncReport
from metaads_cli.tasks.insights import reconcile
from syncing import ACCOUNT, NUMBER, ZONE, Row, SyncBench, plan

TODAY = date(2026, 11, 20)
WEEK = Days(TODAY - timedelta(days=6), TODAY)
OTHER = "1000000000000009"
Json = dict[str, Any]
Change = Callable[[dict[str, str], Json], Json | bytes | None]


@pytest.fixture
def bench(database_url: str) -> SyncBench:
    return SyncBench.of(database_url)


@pytest.fixture
def tiny(database_url: str) -> SyncBench:
    """One ad."""
    return SyncBench.of(database_url, plan(campaigns=1, ad_sets=1, ads=1))


class Rewritten(httpx.AsyncBaseTransport):
    """The simulator's answers, changed on their way: for what it would never say itself.

    `change` is given the parameters of a call, with its `path`, and the answer; None leaves it as it is.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, change: Change):
        self._inner, self._change = inner, change

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._inner.handle_async_request(request)
        body = await answer.aread()
        asked = {key: values[0] for key, values in parse_qs(request.url.query.decode()).items()}
        changed = self._change(asked | {"path": request.url.path}, json.loads(body))
        if changed is not None:
            body = changed if isinstance(changed, bytes) else json.dumps(changed).encode()
        return httpx.Response(answer.status_code, headers={"content-type": "application/json"}, content=body)


def rewriting(change: Change) -> Any:
    return lambda inner: Rewritten(inner, change)


def rows_changed(level: Level, change: Callable[[list[Row]], Iterable[Row]]) -> Any:
    """A transport that changes the rows of each page of a level."""

    def changed(asked: dict[str, str], answer: Json) -> Json | None:
        if asked["path"].endswith("/insights") and asked.get("level") == level and "data" in answer:
            return answer | {"data": list(change(answer["data"]))}
        return None

    return rewriting(changed)


def asked_ranges(bench: SyncBench, level: Level = Level.CAMPAIGN) -> list[Days]:
    """The ranges of days that a level was asked for, and forget all calls."""
    found = [
        json.loads(entry.query["time_range"])
        for entry in bench.simulator.log.entries
        if entry.path.endswith("/insights") and entry.query.get("level") == level and "after" not in entry.query
    ]
    bench.simulator.log.entries.clear()
    return [Days(date.fromisoformat(one["since"]), date.fromisoformat(one["until"])) for one in found]


def days_read(bench: SyncBench, tenant_id: int = 1) -> set[tuple[str, str]]:
    return {
        (level, str(day)) for level, day in bench.query("SELECT entity_type, day FROM metaads.sync_days", tenant_id)
    }


def counted(report: SyncReport) -> tuple[int, int, int, int]:
    rows = report.rows
    return rows.inserted, rows.updated, rows.unchanged, rows.removed


def nodes(bench: SyncBench, kind: Kind, account: str = ACCOUNT) -> list[Node]:
    return bench.world.children(account, kind)


def later(bench: SyncBench, *tenants: int, **options: Any) -> SyncReport:
    """A run a minute later: what was read in the very same moment counts as fresh."""
    bench.time.advance(minutes=1)
    return bench.run(*tenants, **options)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


# Figures that move


def test_conversions_that_come_late_are_stored_until_they_have_settled(tiny: SyncBench) -> None:
    tiny.run(1)
    conversions = "SELECT (action->>'value')::numeric FROM metaads.insights, jsonb_array_elements(actions) AS action"
    first = tiny.query(f"{conversions} WHERE day = '{TODAY}' AND entity_type = 'ad'")
    for age in range(1, 30):
        tiny.time.advance(days=1)
        tiny.run(1)
        tiny.assert_true(Days(TODAY, TODAY + timedelta(days=age)))
    assert tiny.query(f"{conversions} WHERE day = '{TODAY}' AND entity_type = 'ad'") > first
    tiny.time.advance(days=1)
    asked_ranges(tiny)
    tiny.run(1)
    assert all(TODAY not in days for days in asked_ranges(tiny))


def test_the_near_days_are_read_every_run_those_that_move_daily_older_ones_never(tiny: SyncBench) -> None:
    tiny.run(1, days=Days(ago(59), TODAY))
    asked_ranges(tiny)
    for _ in range(2):
        tiny.time.advance(hours=1)
        tiny.run(1)
        assert asked_ranges(tiny) == [WEEK]
    tiny.time.advance(days=1)
    tiny.run(1)
    assert asked_ranges(tiny) == [Days(ago(28), ago(-1))]
    tiny.time.advance(hours=1)
    tiny.run(1)
    assert asked_ranges(tiny) == [Days(ago(5), ago(-1))]


def test_old_days_are_read_again_when_asked_for_unless_they_had_settled(tiny: SyncBench) -> None:
    """Day 40 was read after its figures had stopped; day 20 before."""
    tiny.run(1, days=Days(ago(40), ago(40)))
    tiny.run(1, days=Days(ago(20), ago(20)))
    tiny.time.advance(days=20)
    asked_ranges(tiny)
    tiny.run(1, days=Days(ago(40), ago(20)))
    assert asked_ranges(tiny) == [Days(ago(39), ago(20))]
    tiny.run(1, days=Days(ago(40), ago(40)), force=True)
    assert asked_ranges(tiny) == [Days(ago(40), ago(40))]


# Rows that go


def first_day_dropped(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["date_start"] != str(WEEK.since)]


def test_a_row_that_meta_no_longer_returns_is_removed(bench: SyncBench) -> None:
    bench.run(1)
    report = later(bench, 1, transport=rows_changed(Level.AD, first_day_dropped))
    assert counted(report)[2:] == (7 * 14 - 8, 8)
    assert {day for _, day in bench.stored(Level.AD)} == {str(day) for day in WEEK} - {str(WEEK.since)}
    assert len(bench.stored(Level.AD_SET)) == 7 * 4


def test_a_slice_that_failed_removes_nothing(bench: SyncBench) -> None:
    bench.run(1)
    before = bench.stored(Level.AD)
    bench.time.advance(minutes=1)
    bench.simulator.faults.add(Fault(Effect.ERROR, path="insights", code=100, nth=1, times=100))
    report, failure = bench.attempt(1, page_size=25)
    assert failure is not None
    assert not report.success
    assert report.rows.removed == 0
    assert bench.stored(Level.AD) == before


def test_a_level_that_fails_at_its_second_page_keeps_its_rows(bench: SyncBench) -> None:
    bench.run(1)
    before = bench.stored(Level.AD)

    def fail(asked: dict[str, str], answer: Json) -> Json | None:
        if asked.get("level") == "ad":
            if "after" in asked:
                return {"error": {"message": "no", "code": 100, "type": "OAuthException"}}
            answer["data"] = answer["data"][:1]
            return answer
        return None

    bench.time.advance(minutes=1)
    report, failure = bench.attempt(1, page_size=25, transport=rewriting(fail))
    assert isinstance(failure, PartlyDone)
    assert report.rows.removed == 0
    assert bench.stored(Level.AD) == before


def unreadable_first_row(rows: list[Row], odd: Row = {"spend": "much"}) -> list[Row]:  # noqa: B006
    """One row is unreadable, another one missing."""
    return [rows[0] | odd, *rows[2:]] if rows else rows


@pytest.mark.parametrize(
    "odd",
    [
        {"spend": "much"},
        {"spend": "NaN"},
        {"impressions": "NaN"},
        {"clicks": "1e999999"},
        {"reach": "9" * 30},
        {"date_start": "20/11/2026"},
        {"campaign_id": 7},
        {"account_currency": None},
    ],
    ids=str,
)
def test_an_unreadable_row_is_told_of_and_removes_nothing(bench: SyncBench, odd: Row) -> None:
    bench.run(1)
    bench.time.advance(days=1)
    known, before = days_read(bench), bench.stored(Level.CAMPAIGN)
    transport = rows_changed(Level.CAMPAIGN, lambda rows: unreadable_first_row(rows, odd))
    report, failure = bench.attempt(1, transport=transport)
    assert isinstance(failure, PartlyDone)
    assert report.rows.removed == 0
    assert "unreadable row" in report.errors[0]
    assert "campaign_id" in report.errors[0]
    assert report.campaigns.errors == 1
    assert before.keys() <= bench.stored(Level.CAMPAIGN).keys()
    assert {level for level, _ in days_read(bench) - known} == {"adset", "ad"}


@pytest.mark.parametrize("odd", [[{"value": "1"}], "none", [{"action_type": "lead", "value": "NaN"}]])
def test_unreadable_actions_make_a_row_unreadable(bench: SyncBench, odd: object) -> None:
    report, failure = bench.attempt(
        1, transport=rows_changed(Level.AD, lambda rows: [rows[0] | {"actions": odd}, *rows[1:]])
    )
    assert isinstance(failure, PartlyDone)
    assert report.rows.inserted == 7 * 14 - 1
    assert "unreadable actions" in report.errors[0]


def test_a_row_that_stays_unreadable_keeps_no_other_level_from_being_renewed(bench: SyncBench) -> None:
    bad = rows_changed(Level.AD, unreadable_first_row)
    bench.attempt(1, transport=bad)
    bench.time.advance(minutes=30)
    asked_ranges(bench)
    report, _ = bench.attempt(1, transport=bad, fresh_minutes=15)
    assert asked_ranges(bench) == [WEEK]
    assert not report.accounts[0].resumed


# The catalogue


def test_days_are_not_done_while_nobody_knows_what_counts_as_a_result(database_url: str) -> None:
    """Which campaigns lead into a conversation is told by their ad sets."""
    bench = SyncBench.of(database_url, plan(campaigns=3, ad_sets=1, ads=1))
    settled = Days(ago(60), ago(50))
    bench.simulator.faults.add(Fault(Effect.ERROR, path="adsets", code=100))
    _, failure = bench.attempt(1, days=settled)
    assert isinstance(failure, PartlyDone)
    assert days_read(bench) == set()
    assert later(bench, 1, days=settled).rows.updated > 0
    types = "SELECT objective, conversion_action FROM metaads.insights JOIN metaads.campaigns USING (campaign_id)"
    assert set(bench.query(f"{types} WHERE conversions IS NOT NULL")) == {
        ("OUTCOME_ENGAGEMENT", "onsite_conversion.messaging_conversation_started_7d"),
        ("OUTCOME_LEADS", "lead"),
        ("OUTCOME_SALES", "onsite_conversion.messaging_conversation_started_7d"),
    }


def test_a_catalogue_known_from_before_will_do(bench: SyncBench) -> None:
    bench.run(1)
    bench.time.advance(days=1)
    bench.simulator.faults.add(Fault(Effect.ERROR, path="adsets", code=100))
    _, failure = bench.attempt(1)
    assert failure is not None
    assert len(days_read(bench)) == 24


@pytest.mark.parametrize(("edge", "table"), [("campaigns", "campaigns"), ("adsets", "adsets"), ("ads", "ads")])
def test_an_unreadable_object_is_told_of_and_marks_none_as_deleted(bench: SyncBench, edge: str, table: str) -> None:
    bench.run(1)
    bench.time.advance(days=1)

    def nameless(asked: dict[str, str], answer: Json) -> Json | None:
        if not asked["path"].endswith(f"/{edge}"):
            return None
        return answer | {"data": [row | {"id": 7} for row in answer["data"]]}

    report = bench.run(1, transport=rewriting(nameless))
    assert any("unreadable: id 7" in warning for warning in report.warnings)
    assert bench.query(f"SELECT DISTINCT effective_status FROM metaads.{table}") == [("ACTIVE",)]


# Accounts that change


def test_an_account_that_changes_its_currency_keeps_what_older_rows_are_in(tiny: SyncBench) -> None:
    tiny.run(1, days=Days(ago(40), TODAY))
    tiny.world.changed(tiny.world.get(ACCOUNT), {"currency": "USD"})
    tiny.time.advance(days=1)
    report = tiny.run(1)
    assert any("currency was ARS and is USD now" in warning for warning in report.warnings)
    assert report.accounts[0].currency == "USD"
    found = tiny.query("SELECT currency, min(day), max(day) FROM metaads.insights GROUP BY 1 ORDER BY 1")
    assert found == [("ARS", ago(40), ago(29)), ("USD", ago(28), ago(-1))]
    again = later(tiny, 1)
    assert (again.accounts[0].status, again.warnings) == ("ok", [])


def test_an_account_that_changes_its_zone_has_another_today(tiny: SyncBench) -> None:
    tiny.run(1)
    tiny.world.changed(tiny.world.get(ACCOUNT), {"timezone_name": "Europe/Madrid"})
    tiny.time.now = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    report = tiny.run(1)
    assert any(f"time zone was {ZONE} and is Europe/Madrid now" in warning for warning in report.warnings)
    assert report.date_range is not None
    assert report.date_range.end == ago(-1)
    tiny.assert_true(Days(ago(5), ago(-1)))


def test_a_zone_that_this_machine_does_not_know_leaves_the_account_in_its_old_one(tiny: SyncBench) -> None:
    tiny.run(1)

    def on_mars(_asked: dict[str, str], answer: Any) -> Json | None:
        return answer | {"timezone_name": "Mars/Olympus"} if "currency" in answer else None

    report = later(tiny, 1, transport=rewriting(on_mars))
    assert any("'Mars/Olympus'" in warning for warning in report.warnings)
    assert report.accounts[0].timezone == ZONE
    assert tiny.query("SELECT timezone_name FROM metaads.accounts") == [(ZONE,)]


CHANGES = {
    ("America/Santiago", date(2026, 4, 4)): 25,
    ("America/Santiago", date(2026, 9, 6)): 23,
    ("Europe/Madrid", date(2026, 3, 29)): 23,
    ("Europe/Madrid", date(2026, 10, 25)): 25,
}


@pytest.mark.parametrize(("zone", "day"), CHANGES)
def test_days_on_which_clocks_change_are_whole_days(database_url: str, zone: str, day: date) -> None:
    from metaads_cli.graph.simulator.delivery import account_day

    bench = SyncBench.of(database_url, plan(campaigns=6, ad_sets=1, ads=1, timezone_name=zone))
    change = account_day(day, bench.world.zone(NUMBER))
    assert (change.end - change.start) == timedelta(hours=CHANGES[zone, day])
    for moment, today in (
        (change.start, day),
        (change.end - timedelta(minutes=1), day),
        (change.end, day + timedelta(days=1)),
    ):
        bench.time.now = moment
        report = bench.run(1, days_back=3)
        assert report.date_range is not None
        assert (report.date_range.start, report.date_range.end) == (today - timedelta(days=2), today)
    bench.time.now = change.end + timedelta(days=2)
    bench.run(1, days_back=5)
    bench.assert_true(Days(day - timedelta(days=2), day + timedelta(days=2)))
    assert any(stored_day == str(day) for _, stored_day in bench.stored(Level.AD))


# Objects that go


@pytest.mark.parametrize("status", ["ARCHIVED", "DELETED"])
@pytest.mark.parametrize("kind", [Kind.AD, Kind.AD_SET, Kind.CAMPAIGN])
def test_what_was_archived_or_deleted_keeps_its_figures(bench: SyncBench, kind: Kind, status: str) -> None:
    bench.run(1)
    bench.time.advance(days=1)
    gone = nodes(bench, kind)[0]
    bench.world.changed(gone, {"status": status})
    bench.time.advance(hours=1)
    report = bench.run(1)
    assert report.reconciliation == []
    bench.assert_true(Days(WEEK.since, ago(-1)))
    table, key = {Kind.AD: ("ads", "ad_id"), Kind.AD_SET: ("adsets", "adset_id")}.get(
        kind, ("campaigns", "campaign_id")
    )
    assert bench.query(f"SELECT effective_status FROM metaads.{table} WHERE {key} = '{gone.id}'") == [(status,)]
    sums = {
        level: bench.query(
            "SELECT campaign_id, day, sum(spend), sum(impressions) FROM metaads.insights"
            f" WHERE entity_type = '{level}' GROUP BY 1, 2 ORDER BY 1, 2"
        )
        for level in Level
    }
    assert sums[Level.CAMPAIGN] == sums[Level.AD_SET] == sums[Level.AD]


def test_ads_deleted_before_the_first_run_are_named_by_their_ids(bench: SyncBench) -> None:
    deleted = nodes(bench, Kind.AD)[:3]
    for ad in deleted:
        bench.world.changed(ad, {"status": "DELETED"})
    bench.time.advance(hours=2)
    bench.run(1)
    named = bench.query("SELECT ad_id, name, effective_status, adset_id FROM metaads.ads ORDER BY 1")
    assert len(named) == 8
    assert [row for row in named if row[2] == "DELETED"] == sorted(
        (ad.id, ad.values["name"], "DELETED", ad.values["adset_id"]) for ad in deleted
    )
    bench.simulator.log.entries.clear()
    assert later(bench, 1).rows.unchanged
    assert not any(entry.batch_items for entry in bench.simulator.log.entries)


def test_deleted_ads_that_nobody_finds_are_not_asked_for_every_run(bench: SyncBench) -> None:
    bench.world.changed(nodes(bench, Kind.AD)[0], {"status": "DELETED"})
    bench.time.advance(hours=2)

    def not_found(asked: dict[str, str], answer: Any) -> bytes | None:
        if not isinstance(answer, list):
            return None
        error = {"error": {"message": "gone", "code": 100, "error_subcode": 33, "type": "GraphMethodException"}}
        return json.dumps([{"code": 400, "headers": [], "body": json.dumps(error)} for _ in answer]).encode()

    assert bench.run(1, transport=rewriting(not_found)).success
    assert bench.query("SELECT reason FROM metaads.unresolved_ads") == [("not found",)]
    bench.simulator.log.entries.clear()
    assert later(bench, 1).rows.unchanged
    assert not any(entry.batch_items for entry in bench.simulator.log.entries)


def test_deleted_ads_that_meta_did_not_answer_for_are_asked_for_again(bench: SyncBench) -> None:
    bench.world.changed(nodes(bench, Kind.AD)[0], {"status": "DELETED"})
    bench.time.advance(hours=2)
    assert bench.run(1, transport=rewriting(lambda _asked, answer: b"[null]" if isinstance(answer, list) else None))
    assert bench.query("SELECT FROM metaads.unresolved_ads") == []
    assert bench.query("SELECT count(*) FROM metaads.ads") == [(7,)]
    later(bench, 1)
    assert bench.query("SELECT count(*) FROM metaads.ads") == [(8,)]


def test_an_account_without_any_delivery_is_read_and_done(database_url: str) -> None:
    bench = SyncBench.of(database_url, plan(campaigns=0))
    report = bench.run(1)
    assert report.success
    assert (counted(report), report.reconciliation) == ((0, 0, 0, 0), [])
    assert len(days_read(bench)) == 21
    assert bench.query("SELECT DISTINCT row_count FROM metaads.sync_days") == [(0,)]
    assert bench.run(1, fresh_minutes=15).accounts[0].status == "fresh"


# Pages


def test_an_empty_page_in_the_middle_is_not_the_end(bench: SyncBench) -> None:
    bench.simulator.faults.add(Fault(Effect.EMPTY_PAGE, path="insights", nth=2, times=2))
    bench.run(1, page_size=25)
    bench.assert_true(WEEK)


def test_a_row_on_two_pages_is_stored_once_as_it_was_last(bench: SyncBench) -> None:
    """Rows move between pages while somebody delivers."""
    seen: list[Row] = []

    def repeat(rows: list[Row]) -> list[Row]:
        repeated = [row | {"spend": "0.07"} for row in seen[:1]]
        seen.extend(rows)
        return repeated + rows

    report = bench.run(1, page_size=25, levels=(Level.AD,), transport=rows_changed(Level.AD, repeat))
    assert counted(report) == (56, 0, 0, 0)
    first = seen[0]["ad_id"], seen[0]["date_start"]
    assert bench.stored(Level.AD)[first]["spend"] == Decimal("0.07")
    assert set(bench.query("SELECT row_count FROM metaads.sync_days")) == {(8,)}


@pytest.mark.parametrize(
    "dates",
    [
        {"date_start": str(ago(7)), "date_stop": str(ago(7))},
        {"date_start": str(ago(-1)), "date_stop": str(ago(-1))},
        {"date_start": str(ago(6)), "date_stop": str(ago(0))},
    ],
    ids=["before", "after", "several"],
)
def test_rows_of_days_that_were_not_asked_for_are_left_out(bench: SyncBench, dates: Row) -> None:
    report, failure = bench.attempt(
        1, transport=rows_changed(Level.AD_SET, lambda rows: [*rows, *(row | dates for row in rows[:2])])
    )
    assert isinstance(failure, PartlyDone)
    assert report.adsets.errors == 2
    assert report.rows.inserted == 7 * 14
    bench.assert_true(WEEK)
    assert not bench.query(f"SELECT FROM metaads.insights WHERE day NOT BETWEEN '{WEEK.since}' AND '{WEEK.until}'")
    assert {level for level, _ in days_read(bench)} == {"campaign", "ad"}


@pytest.mark.parametrize("without", ["campaign_id", "adset_id", "ad_id"])
def test_rows_of_no_object_are_left_out(bench: SyncBench, without: str) -> None:
    def nameless(rows: list[Row]) -> list[Row]:
        return [{key: value for key, value in rows[0].items() if key != without}, *rows[1:]]

    level = {"campaign_id": Level.CAMPAIGN, "adset_id": Level.AD_SET}.get(without, Level.AD)
    report, failure = bench.attempt(1, transport=rows_changed(level, nameless))
    assert isinstance(failure, PartlyDone)
    assert report.rows.inserted == 7 * 14 - 1


# Values


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ('"0.1"', "0.1"),
        ("0.1", "0.1"),
        ('"1e3"', "1000"),
        ("1e3", "1000"),
        ('"12345678901234567890.123456"', "12345678901234567890.123456"),
        ("12345678901234567890.123456", "12345678901234567890.123456"),
        ('"0.30000000000000004"', "0.30000000000000004"),
        ("7", "7"),
    ],
)
def test_amounts_end_in_the_table_exactly(tiny: SyncBench, written: str, stored: str) -> None:
    def change(asked: dict[str, str], answer: Json) -> bytes | None:
        if asked.get("level") != "campaign":
            return None
        rows = [row | {"spend": "SPEND", "action_values": [{"action_type": "purchase", "value": "SPEND"}]}
                for row in answer["data"]]  # fmt: skip
        return json.dumps(answer | {"data": rows}).replace('"SPEND"', written).encode()

    tiny.run(1, days_back=1, levels=(Level.CAMPAIGN,), transport=rewriting(change))
    assert tiny.query("SELECT spend::text, revenue::text, roas FROM metaads.insights") == [(stored, stored, 1)]
    assert tiny.query("SELECT (action_values->0->>'value')::numeric::text FROM metaads.insights") == [(stored,)]


def test_a_metric_that_is_absent_is_null_and_zero_is_zero(tiny: SyncBench) -> None:
    gone = ("reach", "frequency", "actions", "action_values", "cpc")

    def change(rows: list[Row]) -> list[Row]:
        return [{key: value for key, value in row.items() if key not in gone} | {"clicks": "0"} for row in rows]

    tiny.run(1, days_back=1, levels=(Level.AD,), transport=rows_changed(Level.AD, change))
    columns = "reach, frequency, actions, action_values, cpc, conversions, revenue, roas, cost_per_conversion, clicks"
    assert tiny.query(f"SELECT {columns} FROM metaads.insights") == [(*[None] * 9, 0)]


def test_budgets_are_in_major_units_whatever_the_currency(database_url: str) -> None:
    currencies = {NUMBER: "ARS", OTHER: "COP", "1000000000000008": "CLP", "1000000000000007": "USD"}
    accounts = [
        AccountPlan(number, currency, currency=currency, campaigns=2, ad_sets=1, ads=1, varied=False, idle_percent=0)
        for number, currency in currencies.items()
    ]
    bench = SyncBench.of(database_url, plan(*accounts))
    for number in currencies:
        bench.world.changed(nodes(bench, Kind.CAMPAIGN, f"act_{number}")[1], {"daily_budget": 1234567})
    bench.run(1, days_back=1)
    assert dict(bench.query("SELECT account_id, daily_budget::text FROM metaads.campaigns WHERE daily_budget > 0")) == {
        f"act_{NUMBER}": "12345.67",
        f"act_{OTHER}": "1234567",
        "act_1000000000000008": "1234567",
        "act_1000000000000007": "12345.67",
    }
    for number, currency in currencies.items():
        ad_set = nodes(bench, Kind.AD_SET, f"act_{number}")[0]
        of = f"SELECT daily_budget FROM metaads.adsets WHERE adset_id = '{ad_set.id}'"
        assert bench.query(of) == [
            (Decimal(ad_set.values["daily_budget"]) / (1 if currency in {"COP", "CLP"} else 100),)
        ]
    assert bench.query("SELECT count(*) FROM metaads.campaigns WHERE daily_budget IS NULL") == [(4,)]
    assert bench.query("SELECT count(*) FROM metaads.campaigns WHERE lifetime_budget IS NOT NULL") == [(0,)]


ODD_NAMES = {
    "NUL": ("Orto\0doncia", "Ortodoncia"),
    "emoji": ("Sonrisa 😀👩🏽‍⚕️ ñ", "Sonrisa 😀👩🏽‍⚕️ ñ"),
    "long": ("ñ" * 500, "ñ" * 500),
    "quotes": ("a'b\"c`d;--", "a'b\"c`d;--"),
    "backslashes": ("\\N \\. \\t \\\\ \\u0000", "\\N \\. \\t \\\\ \\u0000"),
    "whitespace": ("tab\tline\nreturn\rend", "tab\tline\nreturn\rend"),
    "markup": ("<b>%s {0} $1</b>", "<b>%s {0} $1</b>"),
    "half": ("cut \ud83d", "cut ?"),
}


@pytest.mark.parametrize(("name", "stored"), ODD_NAMES.values(), ids=ODD_NAMES)
def test_objects_may_have_any_name(tiny: SyncBench, name: str, stored: str) -> None:
    def change(asked: dict[str, str], answer: Json) -> Json | None:
        if not asked["path"].endswith(("/campaigns", "/adsets", "/ads")):
            return None
        for row in answer["data"]:
            row["name"] = name
            row["targeting"] = {"name": name, name: [name]}
            if "creative" in row:
                row["creative"] |= {"name": name, "title": name, "body": name, "object_story_spec": {"x": name}}
        return answer

    tiny.run(1, transport=rewriting(change))
    for table in ("campaigns", "adsets", "ads"):
        assert tiny.query(f"SELECT name FROM metaads.{table}") == [(stored,)]
    assert tiny.query("SELECT targeting FROM metaads.adsets") == [({"name": stored, stored: [stored]},)]
    assert tiny.query("SELECT name, title, body, object_story_spec FROM metaads.creatives") == [
        (stored, stored, stored, {"x": stored})
    ]
    changed = tiny.query("SELECT max(fetched_at) FROM metaads.ads")
    assert later(tiny, 1, transport=rewriting(change)).success
    assert tiny.query("SELECT max(fetched_at) FROM metaads.ads") == changed


@pytest.mark.parametrize(("name", "stored"), ODD_NAMES.values(), ids=ODD_NAMES)
def test_an_account_may_have_any_name(tiny: SyncBench, name: str, stored: str) -> None:
    tiny.run(1, transport=rewriting(lambda _asked, answer: answer | {"name": name} if "currency" in answer else None))
    assert tiny.query("SELECT name FROM metaads.accounts") == [(stored,)]


def test_a_value_that_the_database_refuses_fails_its_level_alone(bench: SyncBench) -> None:
    def odd(rows: list[Row]) -> list[Row]:
        return [row | {"attribution_setting": "\0"} for row in rows]

    report, failure = bench.attempt(1, transport=rows_changed(Level.AD, odd))
    assert isinstance(failure, PartlyDone)
    assert "refuses the data" in report.errors[0]
    assert report.rows.inserted == 7 * 6


# Tenants


def test_two_tenants_with_the_same_account_both_get_it(bench: SyncBench) -> None:
    bench.register(tenant_id=2)
    report = bench.run(1, 2)
    assert [account.status for account in report.accounts] == ["ok", "ok"]
    assert report.rows.inserted == 2 * 7 * 14
    bench.assert_true(WEEK)
    bench.assert_true(WEEK, tenant_id=2)
    fetched = bench.query("SELECT max(fetched_at) FROM metaads.insights")
    bench.time.advance(hours=3)
    bench.run(2)
    assert bench.query("SELECT max(fetched_at) FROM metaads.insights") == fetched
    assert bench.query("SELECT max(fetched_at) FROM metaads.insights", tenant_id=2) > fetched
    later(bench, 2, transport=rows_changed(Level.AD, lambda _rows: []))
    assert bench.stored(Level.AD, tenant_id=2) == {}
    assert len(bench.stored(Level.AD)) == 56


TABLES = (
    "insights",
    "sync_accounts",
    "sync_days",
    "sync_shapes",
    "sync_runs",
    "campaigns",
    "adsets",
    "ads",
    "creatives",
)


@pytest.mark.parametrize("table", TABLES)
def test_no_tenant_sees_what_another_ones_sync_left(bench: SyncBench, table: str) -> None:
    bench.simulator.faults.add(Fault(Effect.REDUCE, path="insights"))
    bench.run(1)
    assert {tenant for (tenant,) in bench.query(f"SELECT tenant_id FROM metaads.{table}")} == {1}
    assert bench.query(f"SELECT FROM metaads.{table}", tenant_id=2) == []
    assert bench.query(f"WITH gone AS (DELETE FROM metaads.{table} RETURNING 1) SELECT * FROM gone", tenant_id=2) == []
    assert bench.query(f"SELECT count(*) > 0 FROM metaads.{table}") == [(True,)]


# Narrowed syncs


@pytest.mark.parametrize("level", Level)
def test_a_narrowed_sync_leaves_everything_else_alone(bench: SyncBench, level: Level) -> None:
    bench.run(1)
    bench.time.advance(days=1)
    before, known = {one: bench.stored(one) for one in Level}, days_read(bench)
    chosen = nodes(bench, {Level.CAMPAIGN: Kind.CAMPAIGN, Level.AD_SET: Kind.AD_SET}.get(level, Kind.AD))[0]
    report = bench.run(1, only=Only(level, (chosen.id,)))
    assert report.rows.removed == 0
    assert report.rows.updated
    assert report.reconciliation == []
    assert days_read(bench) == known
    for one in Level:
        stored = bench.stored(one)
        kin = {node.id for node in family(bench, chosen, one)} if one.rank >= level.rank else set()
        assert {key: row for key, row in stored.items() if key[0] not in kin} == {
            key: row for key, row in before[one].items() if key[0] not in kin
        }
        truth = bench.truth(one, Days(WEEK.since + timedelta(days=1), ago(-1)))
        assert all(stored[key] == row for key, row in truth.items() if key[0] in kin)


def family(bench: SyncBench, chosen: Node, level: Level) -> list[Node]:
    """The object and what is in it, of one level."""
    kind = {Level.CAMPAIGN: Kind.CAMPAIGN, Level.AD_SET: Kind.AD_SET}.get(level, Kind.AD)
    return [chosen] if chosen.kind is kind else list(bench.world.children(chosen.id, kind))


def test_a_narrowed_sync_removes_rows_of_its_objects_only(bench: SyncBench) -> None:
    bench.run(1)
    ad_set = nodes(bench, Kind.AD_SET)[0]
    report = bench.run(
        1, only=Only(Level.AD_SET, (ad_set.id,)), transport=rows_changed(Level.AD, lambda _rows: [])
    )  # fmt: skip
    assert report.rows.removed == 2 * 7
    assert len(bench.stored(Level.AD)) == 6 * 7
    assert len(bench.stored(Level.AD_SET)) == 4 * 7


def test_an_object_that_does_not_exist_gives_no_rows(bench: SyncBench) -> None:
    report = bench.run(1, only=Only(Level.AD, ("120200000000009999",)))
    assert (report.success, counted(report)) == (True, (0, 0, 0, 0))


@pytest.mark.parametrize("level", Level)
def test_one_level_alone(bench: SyncBench, level: Level) -> None:
    report = bench.run(1, levels=(level,))
    assert bench.query("SELECT DISTINCT entity_type FROM metaads.insights") == [(str(level),)]
    assert {one for one, _ in days_read(bench)} == {str(level)}
    assert report.reconciliation == []
    assert bench.run(1, fresh_minutes=15).rows.unchanged == 0
    bench.assert_true(WEEK)


# Windows


def test_days_to_come_are_not_asked_for(bench: SyncBench) -> None:
    report = bench.run(1, days=Days(ago(2), ago(-5)))
    assert report.date_range is not None
    assert (report.date_range.start, report.date_range.end) == (ago(2), TODAY)
    assert set(asked_ranges(bench)) == {Days(ago(2), TODAY)}
    assert max(day for _, day in days_read(bench)) == str(TODAY)


def test_a_window_that_has_not_come_is_refused(bench: SyncBench) -> None:
    with pytest.raises(UsageError, match="not come yet"):
        bench.attempt(1, days=Days(ago(-2), ago(-5)))
    assert asked_ranges(bench) == []


@pytest.mark.parametrize("only", [None, Only(Level.CAMPAIGN, ("1",))])
def test_a_day_that_has_not_come_in_the_accounts_zone_is_no_work(bench: SyncBench, only: Only | None) -> None:
    report = bench.run(1, days=Days(ago(-1), ago(-1)), only=only)
    assert report.accounts[0].status == "fresh"
    assert report.date_range is None


def test_one_day_back_is_today(bench: SyncBench) -> None:
    bench.run(1, days_back=1)
    assert asked_ranges(bench)[0] == Days(TODAY, TODAY)
    assert days_read(bench) == {(str(level), str(TODAY)) for level in Level}
    bench.assert_true(Days(TODAY, TODAY))


# Simulated and real figures


def source(bench: SyncBench) -> list[tuple[Any, ...]]:
    return bench.query("SELECT data_source FROM metaads.sync_accounts")


@pytest.mark.parametrize("fresh_minutes", [0, 15])
def test_simulated_rows_never_enter_an_account_with_real_ones(bench: SyncBench, fresh_minutes: int) -> None:
    bench.run(1)
    before = bench.stored(Level.AD)
    bench.world.changed(bench.world.get(ACCOUNT), {"currency": "USD", "timezone_name": "Asia/Tokyo"})
    report, failure = bench.attempt(1, mode="stub", fresh_minutes=fresh_minutes)
    assert isinstance(failure, SafetyRefusal)
    assert report.accounts[0].status == "failed"
    assert bench.stored(Level.AD) == before
    assert source(bench) == [("live",)]
    assert bench.query("SELECT currency, timezone_name FROM metaads.accounts") == [("ARS", ZONE)]
    assert bench.query("SELECT count(*) FROM metaads.sync_runs") == [(1,)]


@pytest.mark.parametrize("fresh_minutes", [0, 15])
@pytest.mark.parametrize("mode", ["live", "hybrid"])
def test_real_rows_replace_simulated_ones(bench: SyncBench, mode: str, fresh_minutes: int) -> None:
    bench.run(1, mode="stub", days=Days(ago(40), TODAY))
    assert source(bench) == [("stub",)]
    bench.world.changed(nodes(bench, Kind.CAMPAIGN)[0], {"status": "DELETED"})
    report = bench.run(1, mode=mode, fresh_minutes=fresh_minutes)
    assert any("574 simulated rows were removed" in warning for warning in report.warnings)
    assert source(bench) == [("live",)]
    assert counted(report) == (7 * 14, 0, 0, 0)
    assert len(days_read(bench)) == 21
    bench.assert_true(WEEK)


def test_settled_simulated_days_are_not_taken_for_real_ones(tiny: SyncBench) -> None:
    window = Days(ago(50), ago(40))
    tiny.run(1, mode="stub", days=window)
    report = tiny.run(1, mode="live", days=window)
    assert report.accounts[0].status == "ok"
    assert report.rows.inserted == 33


@pytest.mark.parametrize(("mode", "other"), [("stub", "live"), ("live", "stub")])
def test_a_source_that_changes_meanwhile_refuses_the_rows(bench: SyncBench, mode: str, other: str) -> None:
    """Somebody else, with a program of another version or by hand, without the account's lock."""

    def interfere(asked: dict[str, str], _answer: Json) -> None:
        if asked.get("level") == "campaign":
            with psycopg.connect(bench.url) as connection:
                connection.execute("SELECT metaads.set_tenant(1)")
                connection.execute("UPDATE metaads.sync_accounts SET data_source = %s WHERE tenant_id = 1", [other])

    report, failure = bench.attempt(1, mode=mode, levels=(Level.CAMPAIGN,), transport=rewriting(interfere))
    assert isinstance(failure, SafetyRefusal)
    assert not report.success
    assert bench.stored(Level.CAMPAIGN) == {}
    assert days_read(bench) == set()


# Whether it adds up


def test_a_campaign_that_meta_lists_no_longer_is_a_difference_with_its_reason(bench: SyncBench) -> None:
    gone = nodes(bench, Kind.CAMPAIGN)[0].id
    report = bench.run(
        1, transport=rows_changed(Level.CAMPAIGN, lambda rows: [row for row in rows if row["campaign_id"] != gone])
    )
    assert [(one.level, one.metric, one.reason) for one in report.reconciliation] == [
        ("campaign", metric, reconcile.NOT_LISTED) for metric in reconcile.METRICS
    ]
    spend = report.reconciliation[0]
    missing = sum(row["spend"] for key, row in bench.truth(Level.CAMPAIGN, WEEK).items() if key[0] == gone)
    assert spend.account_total - spend.stored_total == -spend.difference == missing > 0
    assert report.success


def test_more_rows_than_the_account_counts_are_a_difference(bench: SyncBench) -> None:
    report = bench.run(1, transport=rows_changed(Level.AD, lambda rows: [row | {"spend": "999999"} for row in rows]))
    assert [(one.level, one.metric, one.reason) for one in report.reconciliation] == [
        ("ad", "spend", reconcile.LISTED_MORE)
    ]


def test_a_last_day_that_moved_is_called_so(bench: SyncBench) -> None:
    def later(rows: list[Row]) -> list[Row]:
        return [row | ({"clicks": "9999"} if row["date_start"] == str(TODAY) else {}) for row in rows]

    report = bench.run(1, transport=rows_changed(Level.AD, later))
    assert [one.reason for one in report.reconciliation] == [reconcile.STILL_MOVING]


def test_an_old_day_did_not_move_while_it_was_read(bench: SyncBench) -> None:
    report = bench.run(1, days=Days(ago(9), ago(9)), transport=rows_changed(Level.AD, lambda rows: rows[1:]))
    assert {one.reason for one in report.reconciliation} == {reconcile.NOT_LISTED}


def test_an_unfinished_level_is_a_difference_with_its_reason(bench: SyncBench) -> None:
    report, failure = bench.attempt(1, transport=rows_changed(Level.AD_SET, unreadable_first_row))
    assert isinstance(failure, PartlyDone)
    assert {(one.level, one.reason) for one in report.reconciliation} == {("adset", reconcile.UNFINISHED)}


def test_without_the_accounts_sums_nothing_is_claimed(bench: SyncBench) -> None:
    def refuse(asked: dict[str, str], _answer: Json) -> Json | None:
        return {"error": {"message": "no", "code": 100}} if asked.get("level") == "account" else None

    report = bench.run(1, transport=rewriting(refuse))
    assert report.success
    assert report.reconciliation == []
    assert any("not compared" in warning for warning in report.warnings)


# The journal


def runs(bench: SyncBench) -> list[tuple[Any, ...]]:
    columns = "account_id, sync_type, mode, since, until, success, finished_at IS NOT NULL, report"
    return bench.query(f"SELECT {columns} FROM metaads.sync_runs ORDER BY started_at")


def test_each_run_over_an_account_is_written_down(bench: SyncBench) -> None:
    report = bench.run(1, automatic=True)
    assert bench.query("SELECT run_id FROM metaads.sync_runs") == [(report.sync_id,)]
    (account, sync_type, mode, since, until, success, finished, document) = runs(bench)[0]
    assert (account, sync_type, mode, success, finished) == (ACCOUNT, "automatic", "live", True, True)
    assert (since, until) == (WEEK.since, WEEK.until)
    assert document["account"]["rows"] == {"inserted": 98, "updated": 0, "unchanged": 0, "removed": 0}
    assert document["account"]["status"] == "ok"
    assert document["entities"] == {"campaign": 2, "adset": 4, "ad": 8}
    assert (document["errors"], document["warnings"], document["reconciliation"]) == ([], [], [])
    assert bench.query("SELECT began_at <= started_at AND started_at <= finished_at FROM metaads.sync_runs") == [
        (True,)
    ]


def test_two_accounts_have_a_row_each(database_url: str) -> None:
    few = {"campaigns": 1, "ad_sets": 1, "ads": 1, "varied": False}
    bench = SyncBench.of(database_url, plan(AccountPlan(NUMBER, **few), AccountPlan(OTHER, **few)))
    report = bench.run(1)
    found = bench.query("SELECT run_id, account_id FROM metaads.sync_runs ORDER BY 2")
    assert found == [(report.sync_id, ACCOUNT), (report.sync_id, f"act_{OTHER}")]


def test_a_run_over_fresh_figures_is_not_written_down(bench: SyncBench) -> None:
    bench.run(1)
    assert bench.run(1, fresh_minutes=15).accounts[0].status == "fresh"
    assert len(runs(bench)) == 1


def test_a_run_that_was_not_complete_is_no_success(bench: SyncBench) -> None:
    _, failure = bench.attempt(1, transport=rows_changed(Level.AD, unreadable_first_row))
    assert failure is not None
    (*_, success, finished, document) = runs(bench)[0]
    assert (success, finished, document["account"]["status"]) == (False, True, "partial")
    assert "unreadable row" in document["errors"][0]


def test_a_run_without_a_single_answer_is_no_success(bench: SyncBench) -> None:
    bench.simulator.faults.add(Fault(Effect.ERROR, path="insights|campaigns|ads|adsets", code=100, times=100))
    _, failure = bench.attempt(1)
    assert failure is not None
    (*_, success, finished, document) = runs(bench)[0]
    assert (success, finished, document["account"]["status"]) == (False, True, "failed")


# Counts

states = st.dictionaries(
    st.tuples(st.integers(1, 4), st.integers(0, 6)),
    st.tuples(st.sampled_from(["0", "1.50", "1.5", "20"]), st.sampled_from([None, "1", "2"])),
    max_size=14,
)
State = dict[tuple[int, int], tuple[str, str | None]]


def answering(state: State) -> Any:
    """Meta in that state: spend and leads by campaign and day."""

    def rows(_rows: list[Row]) -> list[Row]:
        return [
            {"campaign_id": str(campaign), "account_currency": "ARS", "spend": spend, "objective": "OUTCOME_LEADS"}
            | {"date_start": str(ago(day)), "date_stop": str(ago(day))}
            | ({"actions": [{"action_type": "lead", "value": leads}]} if leads else {})
            for (campaign, day), (spend, leads) in state.items()
        ]

    return rows_changed(Level.CAMPAIGN, rows)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(states, states)
def test_what_is_counted_is_what_happened(tiny: SyncBench, before: State, after: State) -> None:
    """From any state of Meta to any other."""
    only = {"levels": (Level.CAMPAIGN,)}
    later(tiny, 1, **only, transport=answering({}))
    assert counted(later(tiny, 1, **only, transport=answering(before))) == (len(before), 0, 0, 0)
    report = later(tiny, 1, **only, transport=answering(after))
    both = before.keys() & after.keys()
    same = sum(as_stored(before[key]) == as_stored(after[key]) for key in both)
    assert report.rows == RowReport(
        inserted=len(after.keys() - both), updated=len(both) - same, unchanged=same, removed=len(before.keys() - both)
    )
    stored = tiny.query("SELECT entity_id, day, spend, conversions FROM metaads.insights")
    assert {(int(campaign), (TODAY - day).days): values for campaign, day, *values in stored} == {
        key: list(as_stored(value)) for key, value in after.items()
    }


def as_stored(value: tuple[str, str | None]) -> tuple[Decimal, Decimal | None]:
    return Decimal(value[0]), Decimal(value[1]) if value[1] else None
