"""Documents about campaigns, ad sets and ads: after a real sync, and small cases worked out by hand."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import psycopg
import pytest
from freezegun import freeze_time

from metaads_cli.db.session import Database
from metaads_cli.errors import InputError, UsageError
from metaads_cli.graph.simulator.faults import Effect, Fault
from metaads_cli.models.insight import Level
from metaads_cli.models.performance import OverviewDocument
from metaads_cli.tasks import performance
from metaads_cli.tasks.performance import AskedDays, Question
from syncing import ACCOUNT, SyncBench, plan

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
TODAY = date(2026, 11, 20)
Make = Callable[..., None]


@pytest.fixture
def bench(database_url: str) -> SyncBench:
    return SyncBench.of(database_url)


def asking(database: Database, tenant_id: int = 1, **asked: Any) -> Question:
    return Question(database.tenant(tenant_id), AskedDays(**asked), "UTC", ("scheduled", "completed"))


def one_id(bench: SyncBench, table: str, level: str) -> str:
    return str(bench.query(f"SELECT min({level}_id) FROM metaads.{table}")[0][0])


# --- after a sync


def test_documents_say_what_a_sync_has_stored(bench: SyncBench) -> None:
    bench.run(1)
    campaign_id = one_id(bench, "campaigns", "campaign")
    stored = bench.query(
        "SELECT sum(spend), sum(impressions), sum(clicks), sum(conversions), sum(revenue) FROM metaads.insights"
        f" WHERE entity_type = 'campaign' AND entity_id = '{campaign_id}'"
    )[0]
    with bench.database() as database, freeze_time(bench.time.now):
        document = performance.campaign(asking(database, days=7), campaign_id)
        overview = performance.overview(asking(database, days=7), 10)
    metrics = document.metrics
    assert (metrics.spend, metrics.impressions, metrics.clicks, metrics.conversions, metrics.revenue) == stored
    assert document.campaign_insights.total_spend == stored[0]
    assert (document.account_id, document.currency, document.data_source) == (ACCOUNT, "ARS", "live")
    assert (document.status, document.adsets_count, document.ads_count) == ("ACTIVE", 2, 4)
    assert [row.date_start for row in document.insights] == [
        TODAY - timedelta(days=number) for number in range(6, -1, -1)
    ]
    assert (document.coverage.days, document.coverage.delivered, document.coverage.not_read) == (7, 7, 0)
    assert document.warnings == []
    assert (overview.total_campaigns, overview.active_campaigns) == (2, 2)
    assert overview.global_metrics.spend == sum(one.spend or 0 for one in overview.top_campaigns)
    assert {one.campaign_id: one.spend for one in overview.top_campaigns}[campaign_id] == stored[0]
    assert overview.alerts == []


def test_the_last_sync_is_told_with_its_accounts(bench: SyncBench) -> None:
    report = bench.run(1)
    with bench.database() as database, freeze_time(bench.time.now + timedelta(hours=2)):
        last = performance.overview(asking(database, days=7), 10).last_sync
    assert (last.sync_id, last.sync_type, last.mode, last.success) == (report.sync_id, "manual", "live", True)
    (account,) = last.accounts
    assert (account.account_id, account.status, account.days_missing) == (ACCOUNT, "ok", 0)
    assert (account.read_until, account.timezone) == (TODAY, "America/Argentina/Buenos_Aires")
    assert account.last_success_at is not None


def test_an_ad_set_tells_its_targeting_goal_and_budget(bench: SyncBench) -> None:
    bench.run(1)
    with bench.database() as database, freeze_time(bench.time.now):
        document = performance.adset(asking(database, days=7), one_id(bench, "adsets", "adset"))
    assert document.targeting.summary == ["Places: AR", "Advantage+ audience: off"]
    assert document.targeting.raw is not None
    assert document.targeting.raw["geo_locations"] == {"countries": ["AR"]}
    assert (document.optimization_goal, document.ads_count) == ("CONVERSATIONS", 2)
    assert document.campaign_name


def test_an_ad_tells_its_creative_and_its_peers(bench: SyncBench) -> None:
    bench.run(1)
    ad_id = one_id(bench, "ads", "ad")
    with bench.database() as database, freeze_time(bench.time.now):
        document = performance.ad(asking(database, days=7), ad_id)
    assert document.creative is not None
    assert document.creative.title
    assert document.creative.body
    peers = {peer.ad_id for peer in document.peer_comparison.ads}
    assert peers == {
        str(row[0])
        for row in bench.query(f"SELECT ad_id FROM metaads.ads WHERE adset_id = '{document.adset_id}'")
        if row[0] != ad_id
    }
    assert document.peer_comparison.spend.of == 2


def test_a_day_that_was_read_and_brought_nothing_is_zero_and_another_unknown(database_url: str) -> None:
    bench = SyncBench.of(database_url, plan(idle_percent=60))
    bench.run(1)
    ((ad_id,),) = bench.query(
        "SELECT entity_id FROM metaads.insights WHERE entity_type = 'ad'"
        " GROUP BY entity_id HAVING count(*) BETWEEN 1 AND 6 ORDER BY entity_id LIMIT 1"
    )
    rows = {row[0] for row in bench.query(f"SELECT day FROM metaads.insights WHERE entity_id = '{ad_id}'")}
    with bench.database() as database, freeze_time(bench.time.now):
        document = performance.timeline(asking(database, days=9), str(ad_id), None)
    states = {one.date_start: one.state for one in document.insights}
    assert len(states) == 9
    assert [day for day, state in states.items() if state == "not read"] == [
        TODAY - timedelta(days=8),
        TODAY - timedelta(days=7),
    ]
    assert {day for day, state in states.items() if state == "delivered"} == rows
    assert {one.spend for one in document.insights if one.state == "no delivery"} == {0}
    assert {one.spend for one in document.insights if one.state == "not read"} == {None}
    assert (document.entity_type, document.insights[-1].is_final) == ("ad", False)
    assert "2 of 9 days not read: metaads sync-insights --tenant 1 --account" in document.warnings[0]


def overview_after(bench: SyncBench) -> OverviewDocument:
    with bench.database() as database, freeze_time(bench.time.now):
        return performance.overview(asking(database, days=7), 10)


def test_a_token_that_expired_is_an_alert_after_three_runs(bench: SyncBench) -> None:
    """Such a run ends before it has read anything."""
    bench.run(1)
    bench.simulator.faults.add(Fault(Effect.ERROR, code=190, subcode=463, times=1000))
    for number in range(3):
        assert overview_after(bench).alerts == [], number
        bench.time.advance(minutes=30)
        assert bench.attempt(1)[1] is not None
    overview = overview_after(bench)
    (alert,) = overview.alerts
    assert (alert.code, alert.severity, alert.account_id) == ("sync_failing", "critical", ACCOUNT)
    assert (overview.last_sync.success, overview.last_sync.accounts[0].status) == (False, "failed")
    bench.simulator.faults.clear()
    bench.time.advance(minutes=30)
    bench.run(1)
    assert overview_after(bench).alerts == []


def test_a_first_sync_that_is_refused_is_a_run(bench: SyncBench) -> None:
    bench.simulator.faults.add(Fault(Effect.ERROR, code=190, subcode=463))
    bench.attempt(1)
    overview = overview_after(bench)
    assert [alert.code for alert in overview.alerts] == ["never_synced", "days_missing"]
    assert overview.last_sync.accounts[0].status == "failed"


def test_refusals_for_limits_are_counted_per_account(bench: SyncBench) -> None:
    fault = Fault(Effect.ERROR, path="/insights$", code=80000, subcode=2446079, times=11)
    bench.simulator.faults.add(fault)
    assert bench.run(1).rate_limit_hits == 11
    (alert,) = overview_after(bench).alerts
    assert (alert.code, alert.severity) == ("rate_limits", "warning")
    assert alert.message.startswith("Meta refused 11 calls for its rate limits in the hour until 2026-11-20")


def test_a_level_that_cannot_be_read_is_an_error_of_the_run(bench: SyncBench) -> None:
    # Of two campaigns, four ad sets and no ad at all.
    bench.simulator.faults.add(Fault(Effect.ERROR, path="/insights$", code=100, times=1))
    assert bench.attempt(1)[1] is not None
    assert "sync_errors" in [alert.code for alert in overview_after(bench).alerts]


def test_simulated_figures_are_called_so(bench: SyncBench) -> None:
    bench.run(1, mode="stub")
    with bench.database() as database, freeze_time(bench.time.now):
        document = performance.campaign(asking(database, days=7), one_id(bench, "campaigns", "campaign"))
        overview = performance.overview(asking(database, days=7), 10)
    assert document.data_source == "stub"
    assert document.warnings == overview.warnings == [f"The figures of {ACCOUNT} are simulated"]


# --- small cases


@pytest.fixture
def figures(connection: psycopg.Connection) -> Make:
    """A row of insights."""

    def create(
        entity: str,
        level: str = "campaign",
        *,
        tenant_id: int = 1,
        account: str = "act_1",
        day: date = TODAY,
        currency: str = "ARS",
        **metrics: Any,
    ) -> None:
        known = {"spend": 10, "impressions": 1000, "clicks": 10, "campaign_id": "c1", "adset_id": None} | metrics
        with connection.transaction():
            connection.execute("SELECT metaads.set_tenant(%s)", [tenant_id])
            names = ", ".join(known)
            connection.execute(
                f"INSERT INTO metaads.insights (tenant_id, account_id, entity_type, entity_id, day, currency,"
                f" fetched_at, {names}) VALUES (%s, %s, %s, %s, %s, %s, %s, {', '.join(['%s'] * len(known))})".encode(),
                [tenant_id, account, level, entity, day, currency, NOW, *known.values()],
            )

    return create


@pytest.fixture(autouse=True)
def _now(request: pytest.FixtureRequest) -> Any:
    """Small cases are asked about at one moment; a sync has its own clock."""
    if "figures" not in request.fixturenames:
        yield
        return
    with freeze_time(NOW):
        yield


def test_rates_are_ratios_of_sums(database: Database, figures: Make) -> None:
    figures("c1", spend=Decimal("10.10"), impressions=100, clicks=1, revenue=50)
    figures("c1", day=TODAY - timedelta(days=1), spend=Decimal("89.90"), impressions=900, clicks=39, conversions=4)
    document = performance.campaign(asking(database), "c1")
    metrics = document.metrics
    assert (metrics.ctr, metrics.cpc, metrics.roas) == (4, Decimal("2.5"), Decimal("0.5"))
    assert (metrics.cost_per_conversion, document.campaign_insights.avg_roas) == (25, Decimal("0.5"))


def test_levels_are_never_mixed(database: Database, figures: Make) -> None:
    figures("c1", spend=10)
    figures("s1", "adset", spend=10, adset_id="s1")
    figures("a1", "ad", spend=10, adset_id="s1", ad_id="a1")
    assert performance.overview(asking(database), 10).global_metrics.spend == 10
    assert performance.campaign(asking(database), "c1").metrics.spend == 10
    assert performance.adset(asking(database), "s1").metrics.spend == 10


def test_an_account_whose_currency_changed_has_amounts_in_each(database: Database, figures: Make) -> None:
    figures("c1", spend=1000, day=TODAY - timedelta(days=1))
    figures("c1", spend=1, currency="USD")
    document = performance.campaign(asking(database), "c1")
    assert (document.currency, document.metrics.spend, document.campaign_insights.total_spend) == (None, None, None)
    assert {name: each.spend for name, each in document.metrics_by_currency.items()} == {"ARS": 1000, "USD": 1}
    assert [row.currency for row in document.insights] == ["ARS", "USD"]
    assert "Amounts are in several currencies (ARS, USD) and are not added" in document.warnings


def test_the_largest_campaigns_are_ranked_within_their_currency(database: Database, figures: Make) -> None:
    for number, spend in enumerate((5, 20, 10)):
        figures(f"c{number}", spend=spend, campaign_id=f"c{number}")
    figures("d", spend=1, currency="USD", account="act_2", campaign_id="d")
    overview = performance.overview(asking(database), 2)
    assert [(one.campaign_id, one.currency) for one in overview.top_campaigns] == [
        ("c1", "ARS"),
        ("c2", "ARS"),
        ("d", "USD"),
    ]
    assert (overview.currency, overview.global_metrics.spend, overview.global_metrics.clicks) == (None, None, 40)
    assert performance.overview(asking(database), 0).top_campaigns == []


def test_a_tenant_without_anything_knows_nothing(database: Database, figures: Make) -> None:
    figures("c1", tenant_id=2)
    overview = performance.overview(asking(database), 10)
    assert (overview.total_campaigns, overview.global_metrics.spend, overview.alerts) == (0, None, [])
    assert overview.warnings == ["There is no ad account yet: metaads accounts add"]
    assert overview.last_sync.accounts == []


def test_an_account_that_was_never_synced_is_an_alert(
    connection: psycopg.Connection, database: Database, figures: Make
) -> None:
    register(connection, "act_1")
    codes = [alert.code for alert in performance.overview(asking(database), 10).alerts]
    assert codes == ["never_synced", "days_missing"]


def test_days_are_the_accounts_own(connection: psycopg.Connection, database: Database, figures: Make) -> None:
    """In Kiritimati it is the 21st already."""
    register(connection, "act_1", zone="Pacific/Kiritimati")
    register(connection, "act_2", zone="America/Lima")
    for account, campaign in (("act_1", "c1"), ("act_2", "c2")):
        for day in (19, 20, 21):
            figures(campaign, account=account, campaign_id=campaign, day=date(2026, 11, day), spend=day)
    overview = performance.overview(asking(database, days=1), 10)
    assert {one.campaign_id: one.spend for one in overview.top_campaigns} == {"c1": 21, "c2": 20}
    assert (overview.date_range.start, overview.date_range.end) == (date(2026, 11, 20), date(2026, 11, 21))
    assert performance.campaign(asking(database, days=1), "c1").metrics.spend == 21
    assert performance.campaign(asking(database, days=1), "c2").timezone == "America/Lima"


def test_deleted_campaigns_count_in_the_figures_alone(
    connection: psycopg.Connection, database: Database, figures: Make
) -> None:
    for campaign, status in (("c1", "ACTIVE"), ("c2", "DELETED"), ("c3", "PAUSED")):
        catalogue(connection, "campaigns", campaign_id=campaign, account_id="act_1", name="N", effective_status=status)
    figures("c1")
    figures("c2", campaign_id="c2")
    figures("c4", campaign_id="c4")  # not in the catalogue yet
    overview = performance.overview(asking(database), 10)
    assert (overview.total_campaigns, overview.active_campaigns, overview.global_metrics.spend) == (3, 1, 30)
    assert performance.campaign(asking(database), "c2").status == "DELETED"


def test_children_are_counted_by_the_catalogue_and_the_figures_without_deleted_ones(
    connection: psycopg.Connection, database: Database, figures: Make
) -> None:
    figures("c1")
    for adset, status in (("s1", "ACTIVE"), ("s2", "DELETED")):
        catalogue(
            connection,
            "adsets",
            adset_id=adset,
            account_id="act_1",
            campaign_id="c1",
            name="N",
            effective_status=status,
        )
    catalogue(connection, "ads", ad_id="a1", account_id="act_1", campaign_id="c1", adset_id="s1", name="N")
    for tenant_id in (1, 2):
        figures("s3", "adset", adset_id="s3", tenant_id=tenant_id)
        figures("a2", "ad", adset_id="s3", ad_id="a2", tenant_id=tenant_id)
    figures("a3", "ad", adset_id="s4", ad_id="a3", tenant_id=2)
    document = performance.campaign(asking(database), "c1")
    assert (document.adsets_count, document.ads_count) == (2, 2)
    assert performance.adset(asking(database), "s3").ads_count == 1


def test_peers_deliver_in_the_window_in_the_same_ad_set_and_currency(database: Database, figures: Make) -> None:
    ads = {"adset_id": "s1", "spend": 10, "impressions": 100, "clicks": 5}
    figures("a1", "ad", **ads)
    figures("a2", "ad", **ads | {"clicks": 10})
    figures("a3", "ad", **ads | {"spend": 0, "impressions": 0})
    figures("a4", "ad", **ads, day=TODAY - timedelta(days=40))
    figures("a5", "ad", **ads | {"adset_id": "s2"})
    figures("a6", "ad", **ads, currency="USD")
    figures("a7", "ad", **ads, tenant_id=2)
    peers = performance.ad(asking(database), "a1").peer_comparison
    assert [peer.ad_id for peer in peers.ads] == ["a2"]
    assert (peers.ctr.value, peers.ctr.peers, peers.ctr.rank, peers.ctr.of) == (5, 10, 2, 2)


def test_leads_are_people_of_the_object_on_these_days(
    connection: psycopg.Connection, database: Database, figures: Make
) -> None:
    figures("c1", spend=30)
    figures("a1", "ad", ad_id="a1", adset_id="s1", spend=30)
    for number, (tenant_id, ad, at) in enumerate(
        [(1, "a1", NOW), (1, "a1", NOW), (1, "other", NOW), (2, "a1", NOW), (1, "a1", NOW - timedelta(days=60))]
    ):
        connection.execute(
            "INSERT INTO patients (tenant_id, phone_number, first_name, created_at, acquisition_source, meta_ad_id)"
            " VALUES (%s, %s, 'P', %s, 'META_ADS', %s)",
            [tenant_id, str(number), at, ad],
        )
    for document in (performance.ad(asking(database), "a1"), performance.campaign(asking(database), "c1")):
        assert (document.metrics.leads, document.metrics.cost_per_lead) == (2, 15)
    overview = performance.overview(asking(database), 10)
    assert (overview.global_metrics.leads, overview.top_campaigns[0].leads) == (3, 2)


def test_what_the_story_says_stands_in_for_a_creatives_title_and_body(
    connection: psycopg.Connection, database: Database, figures: Make
) -> None:
    figures("a1", "ad", adset_id="s1", ad_id="a1")
    catalogue(
        connection, "ads", ad_id="a1", account_id="act_1", campaign_id="c1", adset_id="s1", name="N", creative_id="k"
    )
    story = {"page_id": "1", "video_data": {"title": "Sonrisa", "message": "Escribinos"}}
    catalogue(connection, "creatives", creative_id="k", account_id="act_1", object_story_spec=json.dumps(story))
    creative = performance.ad(asking(database), "a1").creative
    assert creative is not None
    assert (creative.title, creative.body) == ("Sonrisa", "Escribinos")


@pytest.mark.parametrize("level", list(Level))
def test_an_unknown_id_is_invalid_input(database: Database, figures: Make, level: Level) -> None:
    figures("c1")
    figures("x", str(level), tenant_id=2)
    document = {Level.CAMPAIGN: performance.campaign, Level.AD_SET: performance.adset, Level.AD: performance.ad}[level]
    for unknown in ("x", "", "c1'; --"):
        with pytest.raises(InputError, match="Tenant 1 has no"):
            document(asking(database), unknown)
    with pytest.raises(InputError, match="Tenant 1 has no campaign, ad set or ad x"):
        performance.timeline(asking(database), "x", None)


def test_an_id_of_another_level_says_which(database: Database, figures: Make) -> None:
    figures("s1", "adset", adset_id="s1")
    with pytest.raises(InputError) as refused:
        performance.campaign(asking(database), "s1")
    assert refused.value.message == "s1 is no campaign but an ad set"
    assert refused.value.hint == "metaads stats adset s1 --tenant 1"


def test_an_id_of_two_levels_needs_its_type(database: Database, figures: Make) -> None:
    figures("1", spend=1)
    figures("1", "ad", ad_id="1", adset_id="s1", spend=2)
    with pytest.raises(UsageError, match="more than one object") as refused:
        performance.timeline(asking(database), "1", None)
    assert refused.value.hint == "Say --entity-type ad or campaign"
    assert performance.timeline(asking(database), "1", Level.AD).total_spend == 2


def test_other_tenants_rows_with_the_same_ids_are_not_seen(database: Database, figures: Make) -> None:
    figures("c1", spend=1)
    figures("c1", spend=100, tenant_id=2)
    assert performance.campaign(asking(database), "c1").metrics.spend == 1
    assert performance.campaign(asking(database, 2), "c1").metrics.spend == 100
    assert performance.overview(asking(database), 10).global_metrics.spend == 1


def test_the_documents_have_the_keys_that_are_promised(database: Database, figures: Make) -> None:
    """Those of the source document, and ours."""
    figures("c1")
    overview = keys(performance.overview(asking(database), 10))
    assert {
        "timestamp", "date_range", "total_campaigns", "active_campaigns", "global_metrics", "top_campaigns",
        "last_sync", "alerts",
    } < overview.keys()  # fmt: skip
    assert overview["schema"] == "metaads.overview/1"
    assert overview["date_range"].keys() == {"start", "end"}
    promised = {"spend", "impressions", "clicks", "conversions", "revenue", "ctr", "cpc", "roas"}
    assert overview["global_metrics"].keys() == promised | {"cost_per_conversion", "leads", "cost_per_lead"}
    campaign = keys(performance.campaign(asking(database), "c1"))
    assert {
        "campaign_id", "campaign_name", "status", "campaign_insights", "adsets_count", "ads_count",
        "performance_summary",
    } < campaign.keys()  # fmt: skip
    assert campaign["campaign_insights"].keys() == {
        "entity_id", "entity_type", "insights", "total_spend", "avg_roas",
    }  # fmt: skip
    assert campaign["performance_summary"].keys() == {"efficiency_score", "reason", "compared_with", "parts"}


def keys(document: msgspec.Struct) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(document, enc_hook=str)  # freezegun's datetime is of its own
    return found


def register(connection: psycopg.Connection, account: str, zone: str | None = None) -> None:
    catalogue(connection, "accounts", account_id=account, timezone_name=zone)


def catalogue(connection: psycopg.Connection, table: str, **values: Any) -> None:
    """A row of the catalogue of tenant 1."""
    known = {"tenant_id": 1} | ({} if table == "accounts" else {"fetched_at": NOW}) | values
    with connection.transaction():
        connection.execute("SELECT metaads.set_tenant(1)")
        connection.execute(
            f"INSERT INTO metaads.{table} ({', '.join(known)}) VALUES ({', '.join(['%s'] * len(known))})".encode(),
            list(known.values()),
        )


def test_alerts_and_overview_agree_on_an_empty_database(database: Database) -> None:
    document = performance.overview(asking(database), 10)
    assert isinstance(document, OverviewDocument)
    assert document.last_sync.sync_id is None
