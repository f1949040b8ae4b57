"""Insights of the simulator hold together: sums, ratios, reach, days, late conversions, the same in every process."""

import itertools
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaads_cli.graph.simulator import AccountPlan, Behaviour, Simulator, World, WorldPlan
from metaads_cli.graph.simulator.delivery import AdDelivery, Deliveries, account_day, reach
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.insights import Insights
from metaads_cli.graph.simulator.params import Params
from metaads_cli.graph.simulator.windows import Period, periods
from simulated import ACCOUNT, NOW, Api, StoppedClock, codes, error, simulator, small_plan

ADDITIVE = ("impressions", "clicks", "spend", "inline_link_clicks", "inline_post_engagement")
MEASURES = f"{','.join(ADDITIVE)},unique_clicks,reach,frequency,ctr,cpc,cpm,cpp,actions,action_values,purchase_roas"
CAMPAIGN = {
    "name": "x",
    "objective": "OUTCOME_TRAFFIC",
    "special_ad_categories": [],
    "is_adset_budget_sharing_enabled": False,
}
DAYS = st.dates(date(2025, 1, 1), date(2026, 11, 20))


@pytest.fixture
def api() -> Api:
    return Api(simulator())


def insights(api: Api, path: str = f"{ACCOUNT}/insights", **params: Any) -> list[dict[str, Any]]:
    return api.all(path, **{"limit": 500, "fields": MEASURES} | params)


def total(rows: list[dict[str, Any]], name: str) -> Decimal:
    return sum((Decimal(row.get(name, 0)) for row in rows), Decimal())


def by_type(rows: list[dict[str, Any]], name: str) -> Counter[str]:
    counted: Counter[str] = Counter()
    for row in rows:
        for stat in row.get(name, []):
            counted[stat["action_type"]] += Decimal(stat["value"])  # type: ignore[assignment]
    return counted


ONE_API = Api(simulator(plan=small_plan(campaigns=6, idle_percent=10), limits=None))
ONE_API.simulator.limits.tier = None


@settings(max_examples=25, deadline=None)
@given(DAYS, st.integers(0, 20), st.sampled_from(["1", "7", "monthly", "all_days"]))
def test_ads_add_up_to_ad_sets_to_campaigns_to_the_account(since: date, length: int, increment: str) -> None:
    window = {"since": str(since), "until": str(since + timedelta(days=length))}
    levels = {
        level: insights(ONE_API, level=level, time_range=window, time_increment=increment)
        for level in ("ad", "adset", "campaign", "account")
    }
    for rows in levels.values():
        for name in ADDITIVE:
            assert total(rows, name) == total(levels["account"], name)
        for name in ("actions", "action_values"):
            assert by_type(rows, name) == by_type(levels["account"], name)
    reaches = [total(rows, "reach") for rows in levels.values()]
    assert reaches == sorted(reaches, reverse=True)


@settings(max_examples=25, deadline=None)
@given(DAYS, st.integers(1, 10))
def test_days_add_up_to_the_window_except_for_reach(since: date, length: int) -> None:
    window = {"since": str(since), "until": str(since + timedelta(days=length))}
    days = insights(ONE_API, level="account", time_range=window, time_increment=1)
    whole = insights(ONE_API, level="account", time_range=window)
    for name in ADDITIVE:
        assert total(days, name) == total(whole, name)
    assert total(whole, "reach") <= total(days, "reach")
    assert len(whole) == min(1, len(days))


@settings(max_examples=25, deadline=None)
@given(DAYS)
def test_ratios_follow_from_their_parts(day: date) -> None:
    window = {"since": str(day), "until": str(day)}
    for row in insights(ONE_API, level="ad", time_range=window):
        impressions, clicks, spend = (Decimal(row[name]) for name in ("impressions", "clicks", "spend"))
        assert Decimal(row["reach"]) <= impressions
        assert abs(Decimal(row["frequency"]) - impressions / Decimal(row["reach"])) < Decimal("1e-6")
        assert abs(Decimal(row["ctr"]) - clicks / impressions * 100) < Decimal("1e-6")
        assert abs(Decimal(row["cpm"]) - spend / impressions * 1000) < Decimal("1e-6")
        assert ("cpc" in row) == bool(clicks)
        assert Decimal(row["unique_clicks"]) <= min(clicks, Decimal(row["reach"]))
        if clicks:
            assert abs(Decimal(row["cpc"]) - spend / clicks) < Decimal("1e-6")


@given(st.lists(st.integers(0, 10**6), max_size=8))
def test_reach_of_a_whole_is_never_above_the_sum_of_its_parts(parts: list[int]) -> None:
    assert reach(sum(parts)) <= sum(reach(part) for part in parts)
    assert all(reach(part) <= reach(sum(parts)) for part in parts)


@given(st.integers(0, 10**6))
def test_reach_is_counted_in_steps(viewers: int) -> None:
    total, rest = 0, viewers
    for width, percent in ((100, 100), (900, 90), (9_000, 80), (90_000, 70)):
        total += min(rest, width) * percent
        rest = max(0, rest - width)
    assert reach(viewers) == -(-(total + rest * 60) // 100)


def test_what_was_computed_for_one_level_serves_the_others(api: Api) -> None:
    kept = api.simulator._router._insights._deliveries
    insights(api, level="account", date_preset="last_7d")
    computed = dict(kept._days)
    for level in ("ad", "campaign"):
        insights(api, level=level, date_preset="last_7d")
    assert kept._days == computed
    assert all(kept._days[key] is sums for key, sums in computed.items())
    api.post(f"{ACCOUNT}/campaigns", **CAMPAIGN)
    insights(api, level="ad", date_preset="today")
    assert not kept._days.keys() & computed.keys()


def test_rows_and_days_are_kept_in_bounded_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Deliveries, "most_kept", 10)
    monkeypatch.setattr(Insights, "kept_rows", 5)
    api = Api(simulator())
    for days in range(1, 20):
        window = {"since": f"2026-11-{days:02}", "until": "2026-11-20"}
        insights(api, level="ad", time_range=window)
    kept = api.simulator._router._insights
    assert len(kept._deliveries._days) <= 10
    assert len(kept._kept) == 1


def test_reach_is_really_below_the_sum() -> None:
    ads, account = (insights(ONE_API, level=level, date_preset="last_7d") for level in ("ad", "account"))
    assert total(account, "reach") < total(ads, "reach")


def test_roas_is_value_by_spend(api: Api) -> None:
    rows = [row for row in insights(api, level="campaign", date_preset="last_90d") if "purchase_roas" in row]
    assert rows
    for row in rows:
        values = {stat["action_type"]: Decimal(stat["value"]) for stat in row["action_values"]}
        roas = row["purchase_roas"][0]
        assert roas["action_type"] == "omni_purchase"
        assert abs(Decimal(roas["value"]) - values["omni_purchase"] / Decimal(row["spend"])) < Decimal("1e-6")


WORLD = World.seeded(clock=StoppedClock(), plan=small_plan(campaigns=6))
ADS = WORLD.all_of(Kind.AD)


@settings(deadline=None)
@given(st.integers(0, len(ADS) - 1), DAYS, st.lists(st.integers(0, 40 * 24), min_size=2, max_size=6))
def test_a_day_only_grows_and_rests_after_28_days(index: int, day: date, hours: list[int]) -> None:
    delivery = AdDelivery(WORLD, ADS[index])
    window = account_day(day, ZoneInfo("America/Argentina/Buenos_Aires"))
    known = [delivery.on(window, window.start + timedelta(hours=hour)) for hour in sorted(hours)]
    for earlier, later in itertools.pairwise(known):
        if earlier is None:
            continue
        assert later is not None
        for name in ("impressions", "viewers", "clicks", "link_clicks", "spend", "engagements"):
            assert getattr(earlier, name) <= getattr(later, name)
        assert all(count <= later.conversions.get(key, 0) for key, count in earlier.conversions.items())
    settled = delivery.on(window, window.end + timedelta(days=28))
    assert settled == delivery.on(window, window.end + timedelta(days=400))


def test_conversions_arrive_late(api: Api) -> None:
    window = {"since": "2026-11-10", "until": "2026-11-19"}
    counted = []
    for days in (0, 5, 10, 30):
        later = StoppedClock()
        later.advance(days=days)
        rows = insights(Api(simulator(later)), level="account", time_range=window)
        counted.append(sum(by_type(rows, "actions").values()))
    assert counted == sorted(counted)
    assert counted[0] < counted[1] < counted[3]


def test_today_is_partial_and_grows() -> None:
    seen = []
    for hour in (6, 12, 20):
        clock = StoppedClock(NOW.replace(hour=hour))
        seen.append(total(insights(Api(simulator(clock)), date_preset="today", level="account"), "impressions"))
    assert 0 < seen[0] < seen[1] < seen[2]


def test_figures_are_renewed_every_15_minutes() -> None:
    clock = StoppedClock(NOW.replace(minute=1))
    api = Api(simulator(clock))
    first = insights(api, date_preset="today")
    clock.advance(minutes=13)
    assert insights(api, date_preset="today") == first
    clock.advance(minutes=1)
    assert insights(api, date_preset="today") != first


def test_another_process_has_the_same_world_and_the_same_figures(api: Api) -> None:
    script = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "import json; from simulated import *\n"
        "api = Api(simulator())\n"
        "print(json.dumps(api.all(f'{ACCOUNT}/insights', level='ad', date_preset='last_3d', limit=100,"
        " fields='ad_id,ad_name,spend,actions')))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, check=True, text=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    own = insights(api, level="ad", date_preset="last_3d", limit=100, fields="ad_id,ad_name,spend,actions")
    assert {json.dumps(json.loads(output)) for output in outputs} == {json.dumps(own)}


def test_another_seed_is_another_world() -> None:
    one, other = (World.seeded(seed, clock=StoppedClock()) for seed in ("a", "b"))
    assert set(one.nodes) & set(other.nodes) == {
        "122100000000000001",
        "act_1000000000000001",
        "act_1000000000000002",
    }


def test_days_are_the_accounts_days() -> None:
    """At 03:30 UTC it is still the day before in Buenos Aires."""
    clock = StoppedClock(datetime.fromisoformat("2026-11-21T02:30:00+00:00"))
    row = insights(Api(simulator(clock)), date_preset="today")[0]
    assert (row["date_start"], row["date_stop"]) == ("2026-11-20", "2026-11-20")


def test_a_day_is_as_long_as_the_clocks_make_it() -> None:
    zone = ZoneInfo("America/Santiago")
    lengths = {
        (account_day(day, zone).end - account_day(day, zone).start) for day in (date(2026, 4, 4), date(2026, 9, 6))
    }
    assert lengths == {timedelta(hours=25), timedelta(hours=23)}


def test_no_row_without_delivery(api: Api) -> None:
    window = {"since": "2024-01-01", "until": "2024-01-31"}
    assert api.read(f"{ACCOUNT}/insights", time_range=window) == {"data": []}
    idle = Api(simulator(plan=small_plan(idle_percent=50)))
    days = insights(idle, level="ad", date_preset="last_30d", time_increment=1)
    ads = len(idle.simulator.world.all_of(Kind.AD))
    assert 0.3 * 30 * ads < len(days) < 0.7 * 30 * ads
    assert all(int(row["impressions"]) > 0 for row in days)


def test_numbers_are_texts_and_what_has_no_data_is_absent(api: Api) -> None:
    rows = insights(api, level="ad", time_increment=1, date_preset="last_7d", fields=f"{MEASURES},video_play_actions")
    for row in rows:
        assert all(isinstance(value, str | list) for value in row.values())
        assert "video_play_actions" not in row
        assert None not in row.values()
    assert any("action_values" not in row for row in rows)


def test_spend_is_in_major_units_of_the_accounts_currency(api: Api) -> None:
    colombian = insights(api, path="act_1000000000000002/insights", fields="spend,account_currency")[0]
    assert colombian["account_currency"] == "COP"
    assert "." not in colombian["spend"]
    argentine = insights(api, level="ad", fields="spend,account_currency")
    assert any("." in row["spend"] for row in argentine)


def test_default_fields_and_level(api: Api) -> None:
    account = api.read(f"{ACCOUNT}/insights")["data"]
    assert set(account[0]) == {"account_id", "impressions", "spend", "date_start", "date_stop"}
    assert (account[0]["date_start"], account[0]["date_stop"]) == ("2026-10-21", "2026-11-19")
    campaign = api.read(f"{ACCOUNT}/campaigns", limit=1)["data"][0]["id"]
    assert len(api.read(f"{campaign}/insights", date_preset="maximum")["data"]) == 1


def test_names_and_ids_of_the_level_and_those_above(api: Api) -> None:
    names = "account_id,account_name,campaign_id,campaign_name,adset_id,adset_name,ad_id,ad_name,objective,buying_type"
    row = insights(api, level="ad", fields=f"{names},optimization_goal,attribution_setting")[0]
    ad = api.read(row["ad_id"], fields="name,adset{id,name,optimization_goal},campaign{id,name,objective}")
    assert row["account_id"] == "1000000000000001"
    assert (row["ad_name"], row["adset_name"], row["campaign_name"]) == (
        ad["name"],
        ad["adset"]["name"],
        ad["campaign"]["name"],
    )
    assert (row["objective"], row["optimization_goal"]) == (
        ad["campaign"]["objective"],
        ad["adset"]["optimization_goal"],
    )
    assert row["attribution_setting"] == "7d_click_1d_view"
    above = insights(api, level="campaign", fields=names)[0]
    assert "ad_id" not in above
    assert "adset_name" not in above


def test_windows_are_keys_of_each_action_and_a_view_of_7_days_has_no_data(api: Api) -> None:
    rows = insights(
        api,
        level="campaign",
        date_preset="last_90d",
        fields="actions",
        action_attribution_windows=["1d_click", "7d_click", "28d_click", "1d_view", "7d_view", "default"],
    )
    stats = [stat for row in rows for stat in row["actions"] if "conversation_started" in stat["action_type"]]
    assert stats
    for stat in stats:
        assert set(stat) <= {"action_type", "value", "1d_click", "7d_click", "28d_click", "1d_view"}
        clicks = [int(stat.get(window, 0)) for window in ("1d_click", "7d_click", "28d_click")]
        assert clicks == sorted(clicks)
        assert int(stat["value"]) == clicks[1] + int(stat.get("1d_view", 0))


def test_archived_and_deleted_ads_count_above_but_have_rows_only_when_asked_for(api: Api) -> None:
    window: dict[str, Any] = {"date_preset": "maximum", "limit": 500}
    listed = insights(api, level="ad", fields="ad_id,impressions", **window)
    account = insights(api, level="account", fields="impressions", **window)
    assert total(listed, "impressions") < total(account, "impressions")
    every = ["ACTIVE", "PAUSED", "ARCHIVED", "DELETED", "CAMPAIGN_PAUSED", "ADSET_PAUSED"]
    asked = [{"field": "ad.effective_status", "operator": "IN", "value": every}]
    complete = insights(api, level="ad", fields="ad_id,impressions", filtering=asked, **window)
    assert total(complete, "impressions") == total(account, "impressions")
    gone = {row["ad_id"] for row in complete} - {row["ad_id"] for row in listed}
    assert {api.read(ad, fields="effective_status")["effective_status"] for ad in gone} == {"ARCHIVED", "DELETED"}
    deleted = next(ad for ad in gone if api.read(ad, fields="status")["status"] == "DELETED")
    assert insights(api, path=f"{deleted}/insights", fields="ad_id", **window) == [
        row | {"ad_id": deleted} for row in insights(api, path=f"{deleted}/insights", fields="ad_id", **window)
    ]


def filtered(field: str, operator: str, value: Any) -> list[dict[str, Any]]:
    return [{"field": field, "operator": operator, "value": value}]


@pytest.mark.parametrize(
    ("filtering", "keeps"),
    [
        (filtered("ad.impressions", "GREATER_THAN", 9000), lambda row: int(row["impressions"]) > 9000),
        (filtered("spend", "LESS_THAN", 12000), lambda row: Decimal(row["spend"]) < 12000),
        (filtered("campaign.name", "CONTAIN", "WhatsApp"), lambda row: "WhatsApp" in row["campaign_name"]),
        (filtered("impressions", "IN_RANGE", [0, 9000]), lambda row: int(row["impressions"]) <= 9000),
    ],
)
def test_rows_are_filtered(api: Api, filtering: Any, keeps: Callable[[dict[str, Any]], bool]) -> None:
    fields = "ad_id,campaign_name,impressions,spend"
    every = insights(api, level="ad", date_preset="last_7d", fields=fields)
    found = insights(api, level="ad", date_preset="last_7d", fields=fields, filtering=filtering)
    assert found == [row for row in every if keeps(row)]
    assert 0 < len(found) < len(every)


def test_actions_are_filtered_by_type(api: Api) -> None:
    rows = insights(api, filtering=filtered("action_type", "IN", ["link_click"]), fields="actions")
    assert [stat["action_type"] for stat in rows[0]["actions"]] == ["link_click"]


def test_rows_are_sorted_on_request(api: Api) -> None:
    spent = [Decimal(row["spend"]) for row in insights(api, level="ad", sort=["spend_descending"], fields="spend")]
    assert spent == sorted(spent, reverse=True)
    assert codes(api.get(f"{ACCOUNT}/insights", sort=["beauty_ascending"])) == (100, None)


def test_a_summary_of_named_fields_covers_all_rows() -> None:
    api = ONE_API
    answer = api.read(f"{ACCOUNT}/insights", level="ad", limit=1, fields="spend", summary=["spend", "reach"])
    account = insights(api, fields="spend,reach")[0]
    assert answer["summary"] | {"date_start": "", "date_stop": ""} == account | {"date_start": "", "date_stop": ""}
    assert "summary" not in api.read(f"{ACCOUNT}/insights", summary="true")


@pytest.mark.parametrize("limit", [1, 7, 40])
def test_pages_of_rows_hold_each_once(api: Api, limit: int) -> None:
    params = {"level": "ad", "time_increment": 1, "date_preset": "last_3d", "fields": "ad_id"}
    whole = insights(api, **params)
    assert insights(api, **params, limit=limit) == whole
    assert len({(row["ad_id"], row["date_start"]) for row in whole}) == len(whole)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"time_range": {"since": "2023-09-01", "until": "2023-10-01"}}, (3018, None)),
        ({"time_range": {"since": "2026-11-02", "until": "2026-11-01"}}, (100, None)),
        ({"time_range": {"since": "today", "until": "2026-11-01"}}, (100, None)),
        ({"time_range": {"since": "2026-11-01"}}, (100, None)),
        ({"time_ranges": {"since": "2026-11-01", "until": "2026-11-01"}}, (100, None)),
        ({"date_preset": "lifetime"}, (100, None)),
        ({"time_increment": "91"}, (100, None)),
        ({"time_increment": "weekly"}, (100, None)),
        ({"level": "pixel"}, (100, None)),
        ({"fields": "spend,happiness"}, (100, None)),
        ({"action_attribution_windows": ["2d_click"]}, (100, None)),
        ({"breakdowns": ["impression_device"]}, (2, 1504041)),
        ({"breakdowns": ["hourly_stats_aggregated_by_advertiser_time_zone"]}, (2, 1504041)),
        ({"breakdowns": ["mood"]}, (100, None)),
    ],
)
def test_what_insights_refuse(api: Api, params: dict[str, Any], expected: tuple[int, int | None]) -> None:
    assert codes(api.get(f"{ACCOUNT}/insights", **params)) == expected


def test_a_level_above_the_object_is_1_99(api: Api) -> None:
    ad = api.read(f"{ACCOUNT}/ads", limit=1)["data"][0]["id"]
    answer = api.get(f"{ad}/insights", level="campaign")
    assert answer.status_code == 500
    assert codes(answer) == (1, 99)


def test_too_much_at_once_is_to_be_reduced() -> None:
    api = Api(simulator(behaviour=Behaviour(most_product=500 * 2 * 7)))
    params = {"level": "ad", "fields": "spend,clicks", "date_preset": "last_7d"}
    assert api.get(f"{ACCOUNT}/insights", **params, limit=500).status_code == 200
    answer = api.get(f"{ACCOUNT}/insights", **params, limit=501)
    assert answer.status_code == 500
    assert error(answer)["message"].startswith("Please reduce the amount of data")
    assert api.post(f"{ACCOUNT}/insights", **params, limit=501).status_code == 200


def test_too_many_points_are_1487534_whatever_the_limit() -> None:
    api = Api(simulator(behaviour=Behaviour(most_points=36 * 7)))
    assert api.get(f"{ACCOUNT}/insights", date_preset="last_7d", limit=1).status_code == 200
    assert codes(api.get(f"{ACCOUNT}/insights", date_preset="last_14d", limit=1)) == (100, 1487534)


TODAY = date(2026, 11, 20)  # a Friday


@pytest.mark.parametrize(
    ("preset", "since", "until"),
    [
        ("today", "2026-11-20", "2026-11-20"),
        ("yesterday", "2026-11-19", "2026-11-19"),
        ("last_7d", "2026-11-13", "2026-11-19"),
        ("this_week_mon_today", "2026-11-16", "2026-11-20"),
        ("this_week_sun_today", "2026-11-15", "2026-11-20"),
        ("last_week_mon_sun", "2026-11-09", "2026-11-15"),
        ("last_week_sun_sat", "2026-11-08", "2026-11-14"),
        ("this_month", "2026-11-01", "2026-11-20"),
        ("last_month", "2026-10-01", "2026-10-31"),
        ("this_quarter", "2026-10-01", "2026-11-20"),
        ("last_quarter", "2026-07-01", "2026-09-30"),
        ("this_year", "2026-01-01", "2026-11-20"),
        ("last_year", "2025-01-01", "2025-12-31"),
        ("maximum", "2025-06-01", "2026-11-20"),
    ],
)
def test_date_presets(preset: str, since: str, until: str) -> None:
    found = periods(Params({"date_preset": preset}), TODAY, lambda: date(2025, 6, 1))
    assert found == [Period(date.fromisoformat(since), date.fromisoformat(until))]


@given(DAYS, st.integers(0, 120), st.sampled_from(["1", "7", "90", "monthly", "all_days"]))
def test_increments_cut_a_range_without_gaps_or_overlaps(since: date, length: int, increment: str) -> None:
    whole = Period(since, since + timedelta(days=length))
    params = Params({"time_range": {"since": str(since), "until": str(whole.stop)}, "time_increment": increment})
    parts = periods(params, TODAY, lambda: since)
    assert [day for part in parts for day in part.days()] == list(whole.days())


def test_several_ranges_are_several_results(api: Api) -> None:
    ranges = [{"since": "2026-11-01", "until": "2026-11-02"}, {"since": "2026-10-01", "until": "2026-10-02"}]
    rows = insights(api, time_ranges=ranges)
    assert [(row["date_start"], row["date_stop"]) for row in rows] == [
        ("2026-11-01", "2026-11-02"),
        ("2026-10-01", "2026-10-02"),
    ]


def test_what_is_created_delivers_from_then_on_and_stops_when_paused() -> None:
    clock = StoppedClock()
    api = Api(simulator(clock, plan=small_plan(campaigns=1, ad_sets=1, ads=1)))
    world = api.simulator.world
    template = world.all_of(Kind.AD)[0]
    creative = {"creative_id": template.values["creative_id"]}
    made = api.made(f"{ACCOUNT}/ads", name="Nuevo", adset_id=template.values["adset_id"], creative=creative)
    clock.advance(days=2)
    api.post(made, status="PAUSED")
    clock.advance(days=3)
    rows = insights(api, path=f"{made}/insights", date_preset="last_14d", time_increment=1)
    assert [row["date_start"] for row in rows] == ["2026-11-20", "2026-11-21", "2026-11-22"]


def test_a_large_account_has_a_row_for_each_ad_and_day() -> None:
    plan = AccountPlan("5", campaigns=20, ad_sets=5, ads=3, varied=False, idle_percent=0)
    api = Api(Simulator(World.seeded(clock=StoppedClock(), plan=WorldPlan((plan,)))))
    counts = [
        len(insights(api, path="act_5/insights", level=level, time_increment=1, date_preset="last_7d", fields="spend"))
        for level in ("campaign", "adset", "ad")
    ]
    assert counts == [20 * 7, 100 * 7, 300 * 7]


VALUES = st.recursive(
    st.none() | st.integers(-5, 10**6) | st.text(max_size=6) | st.sampled_from(["ad", "today", "IN", "EQUAL", "1"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["since", "until", "field", "operator", "value"]), inner)
    ),
    max_leaves=6,
)
PARAMETERS = ("level", "fields", "time_range", "time_ranges", "time_increment", "date_preset", "filtering", "limit",
              "sort", "summary", "action_attribution_windows", "breakdowns", "after", "before")  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(PARAMETERS), VALUES, max_size=3), st.sampled_from(["insights", "ads"]))
def test_no_parameter_breaks_a_reading_call(params: dict[str, Any], edge: str) -> None:
    answer = ONE_API.get(f"{ACCOUNT}/{edge}", **params)
    assert answer.status_code == 200 or error(answer)["code"] in {100, 2642, 2500, 3018, 1, 2}


def test_ads_left_out_by_an_id_cost_no_points() -> None:
    api = Api(simulator(behaviour=Behaviour(most_points=6 * 30)))
    campaign = api.read(f"{ACCOUNT}/campaigns", limit=1)["data"][0]["id"]
    assert codes(api.get(f"{ACCOUNT}/insights", date_preset="last_30d")) == (100, 1487534)
    by_id = [{"field": "campaign.id", "operator": "IN", "value": [campaign]}]
    assert api.get(f"{ACCOUNT}/insights", date_preset="last_30d", filtering=by_id).status_code == 200
    assert codes(api.get(f"{ACCOUNT}/insights", date_preset="last_90d", filtering=by_id)) == (100, 1487534)
