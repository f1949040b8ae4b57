"""Sync insights against a real database and the simulated Meta: complete, exact, in few calls."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from metaads_cli.graph.simulator import AccountPlan
from metaads_cli.models.insight import Days, Level
from syncing import ACCOUNT, NUMBER, ZONE, SyncBench, plan

TODAY = date(2026, 11, 20)
WEEK = Days(TODAY - timedelta(days=6), TODAY)


@pytest.fixture
def bench(database_url: str) -> SyncBench:
    return SyncBench.of(database_url)


def test_a_week_of_every_level_is_exact(bench: SyncBench) -> None:
    report = bench.run(1)
    assert report.success
    assert report.date_range is not None
    assert (report.date_range.start, report.date_range.end) == (WEEK.since, WEEK.until)
    assert (report.campaigns.processed, report.adsets.processed, report.ads.processed) == (2, 4, 8)
    assert report.rows.inserted == 7 * (2 + 4 + 8)
    assert report.reconciliation == []
    bench.assert_true(WEEK)


def test_a_large_account_takes_few_calls(database_url: str) -> None:
    bench = SyncBench.of(database_url, plan(campaigns=100, ad_sets=5, ads=3))
    report = bench.run(1)
    assert report.rows.inserted == 7 * (100 + 500 + 1500)
    assert bench.calls == report.api_calls <= 25


def test_the_second_run_changes_nothing(bench: SyncBench) -> None:
    first = bench.run(1)
    bench.time.advance(minutes=1)
    second = bench.run(1)
    assert (second.rows.inserted, second.rows.updated, second.rows.removed) == (0, 0, 0)
    assert second.rows.unchanged == first.rows.inserted


def test_what_is_fresh_is_not_read_again(bench: SyncBench) -> None:
    bench.run(1, fresh_minutes=15)
    calls = bench.calls
    bench.time.advance(minutes=14)
    report = bench.run(1, fresh_minutes=15)
    assert report.accounts[0].status == "fresh"
    assert report.success
    assert bench.calls == calls
    assert bench.run(1, fresh_minutes=15, force=True).rows.unchanged > 0


def test_numbers_are_exact_and_named_by_their_action_type(bench: SyncBench) -> None:
    bench.run(1)
    derived = bench.query(
        "SELECT spend, conversions, conversion_action, revenue, revenue_action, roas, cost_per_conversion"
        " FROM metaads.insights WHERE conversions IS NOT NULL"
    )
    assert derived
    for spend, conversions, action, revenue, revenue_action, roas, cost in derived:
        assert action
        assert abs(cost - spend / conversions) <= Decimal("0.000001")
        if revenue is not None:
            assert revenue_action == "omni_purchase"
            assert abs(roas - revenue / spend) <= Decimal("0.000001")


def test_conversions_of_ads_add_up_to_those_of_their_campaign(database_url: str) -> None:
    bench = SyncBench.of(database_url, plan(campaigns=8))
    bench.run(1)
    sums = {
        level: bench.query(
            "SELECT campaign_id, day, sum(conversions), sum(revenue) FROM metaads.insights"
            f" WHERE entity_type = '{level}' GROUP BY 1, 2 ORDER BY 1, 2"
        )
        for level in Level
    }
    assert any(row[2] for row in sums[Level.CAMPAIGN])
    assert sums[Level.CAMPAIGN] == sums[Level.AD_SET] == sums[Level.AD]


def test_the_catalogue_is_filled(bench: SyncBench) -> None:
    bench.run(1)
    counts = bench.query(
        "SELECT (SELECT count(*) FROM metaads.campaigns), (SELECT count(*) FROM metaads.adsets"
        " WHERE targeting IS NOT NULL AND optimization_goal IS NOT NULL),"
        " (SELECT count(*) FROM metaads.ads JOIN metaads.creatives USING (creative_id))"
    )
    assert counts == [(2, 4, 8)]


def test_only_what_changed_is_listed_within_the_day(bench: SyncBench) -> None:
    bench.run(1)
    bench.time.advance(hours=1)
    bench.simulator.log.entries.clear()
    bench.run(1)
    listed = [entry for entry in bench.simulator.log.entries if entry.path.endswith("/ads")]
    assert listed
    assert all("updated_since" in entry.query for entry in listed)


def test_today_is_the_accounts_today(database_url: str) -> None:
    """At 01:00 UTC it is still yesterday in Buenos Aires."""
    bench = SyncBench.of(database_url)
    bench.time.now = bench.time.now.replace(day=20, hour=1)
    report = bench.run(1, days_back=1)
    assert report.date_range is not None
    assert report.date_range.start == report.date_range.end == date(2026, 11, 19)
    assert report.accounts[0].timezone == ZONE


def test_two_accounts_with_different_currencies_stay_apart(database_url: str) -> None:
    other = "1000000000000009"
    bench = SyncBench.of(
        database_url,
        plan(
            AccountPlan(NUMBER, "Norte", campaigns=1, ad_sets=1, ads=1, varied=False, idle_percent=0),
            AccountPlan(
                other, "Sur", campaigns=1, ad_sets=1, ads=1, varied=False, idle_percent=0, currency="COP",
                timezone_name="America/Bogota",
            ),
        ),
    )  # fmt: skip
    bench.run(1)
    assert bench.query("SELECT DISTINCT account_id, currency FROM metaads.insights ORDER BY 1") == [
        (ACCOUNT, "ARS"),
        (f"act_{other}", "COP"),
    ]
