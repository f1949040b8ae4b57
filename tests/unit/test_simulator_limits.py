"""The simulator counts calls as Meta does, tells usage in four headers, and refuses one call too many."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from metaads_cli.graph.simulator import Limits, Tier
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.limits import UseCase
from simulated import ACCOUNT, NOW, Api, StoppedClock, codes, error, simulator, small_plan

CAMPAIGN = {
    "name": "x",
    "objective": "OUTCOME_TRAFFIC",
    "special_ad_categories": [],
    "is_adset_budget_sharing_enabled": False,
}


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def api(clock: StoppedClock) -> Api:
    return Api(simulator(clock, limits=Limits(Tier.DEVELOPMENT)))


def usage(answer: httpx.Response, name: str) -> Any:
    return json.loads(answer.headers[name])


def test_reads_cost_one_point_and_writes_three(api: Api) -> None:
    shares = [
        usage(call, "X-Ad-Account-Usage")["acc_id_util_pct"]
        for call in (api.get(f"{ACCOUNT}/ads"), api.post(f"{ACCOUNT}/campaigns", **CAMPAIGN))
    ]
    assert shares == [1.67, 6.67]


def test_the_61st_point_blocks_for_300_seconds(api: Api, clock: StoppedClock) -> None:
    assert {api.get(f"{ACCOUNT}/ads").status_code for _ in range(60)} == {200}
    refused = api.get(f"{ACCOUNT}/ads")
    assert refused.status_code == 400
    assert codes(refused) == (17, 2446079)
    assert usage(refused, "X-Ad-Account-Usage") == {
        "acc_id_util_pct": 100.0,
        "reset_time_duration": 300,
        "ads_api_access_tier": "development_access",
    }
    clock.advance(seconds=299)
    assert codes(api.get(f"{ACCOUNT}/ads")) == (17, 2446079)
    clock.advance(seconds=10)
    assert api.get(f"{ACCOUNT}/ads").status_code == 200


def test_calls_while_blocked_make_the_block_longer(api: Api, clock: StoppedClock) -> None:
    for _ in range(64):
        answer = api.get(f"{ACCOUNT}/ads")
    assert usage(answer, "X-Ad-Account-Usage")["reset_time_duration"] == 315


def test_the_score_decays(api: Api, clock: StoppedClock) -> None:
    for _ in range(200):
        assert api.get(f"{ACCOUNT}/ads").status_code == 200
        clock.advance(seconds=5)


def test_one_accounts_limit_is_not_anothers(api: Api) -> None:
    for _ in range(61):
        api.get(f"{ACCOUNT}/ads")
    assert api.get("act_1000000000000002/ads").status_code == 200
    assert api.get("me").status_code == 200


def test_the_standard_tier_has_9000_points_and_blocks_for_60_seconds(clock: StoppedClock) -> None:
    limits = Limits(Tier.STANDARD)
    for _ in range(9000):
        limits.charge("1", UseCase.MANAGEMENT, clock(), write=False, active_ads=0)
    with pytest.raises(Exception, match="17/2446079"):
        limits.charge("1", UseCase.MANAGEMENT, clock(), write=False, active_ads=0)
    headers = limits.headers("1", UseCase.MANAGEMENT, clock(), 0)
    assert json.loads(headers["x-ad-account-usage"])["reset_time_duration"] == 60


@pytest.mark.parametrize(("use_case", "code", "base"), [("ads_management", 80004, 300), ("ads_insights", 80000, 600)])
def test_business_use_cases_count_by_the_hour(use_case: str, code: int, base: int) -> None:
    limits, now = Limits(Tier.DEVELOPMENT), NOW
    for _ in range(base):
        limits.charge("1", UseCase(use_case), now, write=False, active_ads=0)
        now += timedelta(seconds=5)
    with pytest.raises(Exception, match=f"{code}/2446079"):
        limits.charge("1", UseCase(use_case), now, write=False, active_ads=0)
    entry = json.loads(limits.headers("1", UseCase(use_case), now, 0)["x-business-use-case-usage"])["1"][0]
    assert (entry["type"], entry["call_count"]) == (use_case, 101)
    assert 1 <= entry["estimated_time_to_regain_access"] <= 60
    now += timedelta(minutes=entry["estimated_time_to_regain_access"])
    limits.charge("1", UseCase(use_case), now, write=False, active_ads=0)


def test_active_ads_widen_the_hour(api: Api) -> None:
    headers = api.simulator.limits.headers
    for _ in range(30):
        api.simulator.limits.charge("1", UseCase.MANAGEMENT, NOW, write=False, active_ads=0)
    shares = [
        json.loads(headers("1", UseCase.MANAGEMENT, NOW, ads)["x-business-use-case-usage"])["1"][0]["call_count"]
        for ads in (0, 10)
    ]
    assert shares == [10, 5]


def test_more_than_100_writes_a_second_are_613_5044001() -> None:
    limits = Limits(Tier.STANDARD)
    for _ in range(100):
        limits.charge("1", UseCase.MANAGEMENT, NOW, write=True, active_ads=0)
    with pytest.raises(Exception, match="613/5044001"):
        limits.charge("1", UseCase.MANAGEMENT, NOW, write=True, active_ads=0)
    limits.charge("1", UseCase.MANAGEMENT, NOW + timedelta(seconds=1), write=True, active_ads=0)


def test_an_ad_sets_budget_changes_four_times_an_hour(clock: StoppedClock) -> None:
    api = Api(simulator(clock, plan=small_plan()))
    ad_set = next(node.id for node in api.simulator.world.all_of(Kind.AD_SET) if node.values["daily_budget"])
    for number in range(4):
        assert api.post(ad_set, daily_budget=2_000_000 + number).status_code == 200
    assert codes(api.post(ad_set, daily_budget=3_000_000)) == (613, 1487632)
    assert api.post(ad_set, name="Otra").status_code == 200
    clock.advance(hours=1)
    assert api.post(ad_set, daily_budget=3_000_000).status_code == 200


def test_all_four_headers_are_there(api: Api) -> None:
    answer = api.get(f"{ACCOUNT}/insights")
    assert set(usage(answer, "X-App-Usage")) == {"call_count", "total_time", "total_cputime"}
    assert set(usage(answer, "X-Ad-Account-Usage")) == {
        "acc_id_util_pct",
        "reset_time_duration",
        "ads_api_access_tier",
    }
    assert usage(answer, "X-Business-Use-Case-Usage") == {
        "1000000000000001": [
            {
                "type": "ads_insights",
                "call_count": 1,
                "total_cputime": 0,
                "total_time": 0,
                "estimated_time_to_regain_access": 0,
                "ads_api_access_tier": "development_access",
            }
        ]
    }
    assert set(usage(answer, "X-FB-Ads-Insights-Throttle")) == {
        "app_id_util_pct",
        "acc_id_util_pct",
        "ads_api_access_tier",
    }


def test_a_refusal_of_another_kind_carries_the_headers_too(api: Api) -> None:
    answer = api.get(f"{ACCOUNT}/ads", fields="nothing")
    assert "x-ad-account-usage" in answer.headers
    assert error(answer)["code"] == 100


def test_limits_can_be_switched_off() -> None:
    api = Api(simulator(limits=Limits(None)))
    assert {api.get(f"{ACCOUNT}/ads", limit=1).status_code for _ in range(70)} == {200}
    assert "x-app-usage" not in api.get(f"{ACCOUNT}/ads").headers


def test_async_jobs_cost_a_read(api: Api) -> None:
    answer = api.post(f"{ACCOUNT}/insights")
    assert usage(answer, "X-Ad-Account-Usage")["acc_id_util_pct"] == 1.67


def test_the_app_as_a_whole_has_200_calls_an_hour_for_each_user(clock: StoppedClock) -> None:
    api = Api(simulator(clock, limits=Limits(app_users=1)))
    paths = [f"{ACCOUNT}/ads", "act_1000000000000002/ads", "me", "act_1000000000000002/insights"]
    answers = [api.get(paths[number % 4], limit=1) for number in range(200)]
    assert {answer.status_code for answer in answers} == {200}
    assert [usage(answers[number], "X-App-Usage")["call_count"] for number in (1, 99, 199)] == [1, 50, 100]
    refused = api.get("me")
    assert (refused.status_code, codes(refused)) == (400, (4, None))
    assert usage(refused, "X-App-Usage") == {"call_count": 100, "total_time": 100, "total_cputime": 100}
    assert codes(api.get(f"{ACCOUNT}/insights")) == (4, None)
    clock.advance(minutes=59)
    assert codes(api.get("me")) == (4, None)
    clock.advance(minutes=1)
    assert api.get("me").status_code == 200


def test_the_apps_limit_counts_each_call_of_a_batch() -> None:
    api = Api(simulator(limits=Limits(app_users=1)))
    batch = [{"method": "GET", "relative_url": "me"}] * 50
    for _ in range(4):
        assert {item["code"] for item in api.post("", batch=batch).json()} == {200}
    refused = api.post("", batch=batch).json()
    assert {item["code"] for item in refused} == {400}
    assert '"code":4,' in refused[0]["body"]


def test_the_insights_header_tells_the_apps_share() -> None:
    api = Api(simulator(limits=Limits(app_users=1)))
    for _ in range(20):
        answer = api.get(f"{ACCOUNT}/insights", limit=1)
    assert usage(answer, "X-FB-Ads-Insights-Throttle")["app_id_util_pct"] == 10.0


def test_a_spending_limit_changes_ten_times_a_day(clock: StoppedClock) -> None:
    api = Api(simulator(clock))
    for number in range(1, 11):
        assert api.post(ACCOUNT, spend_cap=f"{number}.50").json() == {"success": True}
    assert api.read(ACCOUNT, fields="spend_cap")["spend_cap"] == "1050"
    refused = api.post(ACCOUNT, spend_cap="99")
    assert codes(refused) == (17, 1885172)
    assert codes(api.post(ACCOUNT, spend_cap_action="delete")) == (17, 1885172)
    assert api.read(ACCOUNT, fields="spend_cap")["spend_cap"] == "1050"
    assert api.post(ACCOUNT, name="Otra").status_code == 200
    assert api.post("act_1000000000000002", spend_cap="99").status_code == 200
    assert api.read("act_1000000000000002", fields="spend_cap")["spend_cap"] == "99"
    clock.advance(days=1)
    assert api.post(ACCOUNT, spend_cap_action="delete").status_code == 200
    assert api.read(ACCOUNT, fields="spend_cap,name") == {"spend_cap": "0", "name": "Otra", "id": ACCOUNT}


@pytest.mark.parametrize(
    "params", [{"spend_cap": "much"}, {"spend_cap": "-1"}, {"spend_cap": "NaN"}, {"spend_cap": "1.005"},
               {"spend_cap_action": "double"}],
)  # fmt: skip
def test_a_wrong_spending_limit_is_refused(api: Api, params: dict[str, str]) -> None:
    assert codes(api.post(ACCOUNT, **params)) == (100, None)


def test_the_ads_of_a_day_are_limited(clock: StoppedClock) -> None:
    api = Api(simulator(clock, limits=Limits(ads_per_day=2)))
    template = api.simulator.world.all_of(Kind.AD)[0]
    ad = {
        "name": "x",
        "adset_id": template.values["adset_id"],
        "creative": {"creative_id": template.values["creative_id"]},
    }
    for _ in range(2):
        assert api.post(f"{ACCOUNT}/ads", **ad, execution_options=["validate_only"]).status_code == 200
        api.made(f"{ACCOUNT}/ads", **ad)
    assert codes(api.post(f"{ACCOUNT}/ads", **ad)) == (613, 1487225)
    assert api.post(f"{ACCOUNT}/campaigns", **CAMPAIGN).status_code == 200
    clock.advance(days=1)
    api.made(f"{ACCOUNT}/ads", **ad)


def test_limits_can_be_changed_over_http(api: Api) -> None:
    path = "/_simulator/limits"
    assert api.send("GET", path).json() == {"tier": "development", "app_users": 1000, "ads_per_day": None}
    assert api.send("POST", path, json={"app_users": 0, "ads_per_day": 3}).json() == {
        "tier": "development",
        "app_users": 0,
        "ads_per_day": 3,
    }
    assert codes(api.get("me")) == (4, None)
    assert api.send("POST", path, json={"tier": None}).json()["tier"] is None
    assert api.get("me").status_code == 200
    for wrong in ({"tier": "gold"}, {"app_users": -1}, {"points": 1}):
        assert api.send("POST", path, json=wrong).status_code == 400


def test_a_reset_forgets_what_was_used(clock: StoppedClock) -> None:
    api = Api(simulator(clock, limits=Limits(app_users=1)))
    for _ in range(201):
        answer = api.get("me")
    assert codes(answer) == (4, None)
    api.send("POST", "/_simulator/reset")
    assert api.get("me").status_code == 200
