"""What can go wrong on the way, on request: drops, HTML, errors of each class, slow and broken answers."""

import json
import time
from typing import Any

import httpx
import pytest

from metaads_cli.graph.simulator import ConnectionDropped, Effect, Fault, Limits
from metaads_cli.graph.simulator.facts import errors
from metaads_cli.graph.simulator.serve import running
from simulated import ACCOUNT, Api, StoppedClock, codes, error, simulator

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
    return Api(simulator(clock))


def campaigns(api: Api) -> int:
    return int(api.read(f"{ACCOUNT}/campaigns", summary="true")["summary"]["total_count"])


@pytest.mark.parametrize(("effect", "made"), [(Effect.DROP_BEFORE, 0), (Effect.DROP_AFTER, 1)])
def test_a_dropped_connection_before_and_after_the_effect(api: Api, effect: Effect, made: int) -> None:
    before = campaigns(api)
    api.simulator.faults.add(Fault(effect, method="POST", path="/campaigns$"))
    with pytest.raises(ConnectionDropped):
        api.post(f"{ACCOUNT}/campaigns", **CAMPAIGN)
    assert campaigns(api) == before + made
    assert [entry.status for entry in api.simulator.log.entries] == [200, None, 200]


@pytest.mark.parametrize("effect", [Effect.DROP_BEFORE, Effect.DROP_AFTER])
def test_over_http_a_drop_is_a_broken_connection(api: Api, effect: Effect) -> None:
    with running(api.simulator) as url, httpx.Client(base_url=url, headers=api.headers, trust_env=False) as client:
        assert client.get("/me").status_code == 200
        api.simulator.faults.add(Fault(effect, path="/me"))
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            client.get("/me")
        assert client.get("/me").status_code == 200


def test_html_with_500(api: Api) -> None:
    api.simulator.faults.add(Fault(Effect.HTML))
    answer = api.get("me")
    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith("text/html")
    assert "Service Unavailable" in answer.text


def test_reduce_with_500(api: Api) -> None:
    api.simulator.faults.add(Fault(Effect.REDUCE))
    answer = api.get(f"{ACCOUNT}/insights")
    assert answer.status_code == 500
    assert codes(answer) == (1, None)


@pytest.mark.parametrize("pair", sorted(errors(), key=str), ids=str)
def test_every_documented_error_can_be_asked_for(api: Api, pair: tuple[int, int | None]) -> None:
    api.simulator.faults.add(Fault(Effect.ERROR, code=pair[0], subcode=pair[1]))
    answer = api.get("me")
    assert codes(answer) == pair
    assert error(answer)["fbtrace_id"]


def test_an_errors_status_headers_and_text_can_be_chosen(api: Api) -> None:
    usage = json.dumps({"1": [{"type": "ads_insights", "call_count": 100, "estimated_time_to_regain_access": 7}]})
    api.simulator.faults.add(
        Fault(Effect.ERROR, code=80000, subcode=2446079, headers={"X-Business-Use-Case-Usage": usage}),
        Fault(Effect.ERROR, code=190, subcode=463, http_status=401, message="Session expired", transient=False),
        Fault(Effect.ERROR, code=4, subcode=1504022),
        Fault(Effect.ERROR, code=12345, subcode=6),
    )
    first, second, third, fourth = (api.get(f"{ACCOUNT}/insights") for _ in range(4))
    assert first.headers["x-business-use-case-usage"] == usage
    assert (second.status_code, error(second)["message"], error(second)["is_transient"]) == (
        401,
        "Session expired",
        False,
    )
    assert (third.status_code, error(third)["is_transient"]) == (403, True)
    assert codes(fourth) == (12345, 6)


def test_a_normal_answer_with_other_headers(api: Api) -> None:
    app = '{"call_count":96,"total_time":1,"total_cputime":1}'
    api.simulator.faults.add(Fault(Effect.HEADERS, headers={"X-App-Usage": app}))
    assert api.get("me").headers["x-app-usage"] == app


def test_a_broken_answer(api: Api) -> None:
    api.simulator.faults.add(Fault(Effect.BROKEN_JSON))
    with pytest.raises(json.JSONDecodeError):
        api.get("me").json()


def test_a_slow_answer_is_late(api: Api) -> None:
    api.simulator.faults.add(Fault(Effect.SLOW, seconds=0.05))
    start = time.monotonic()
    assert api.get("me").status_code == 200
    assert time.monotonic() - start >= 0.05


def test_faults_strike_the_nth_matching_call_and_as_many_as_told(api: Api) -> None:
    api.simulator.faults.add(Fault(Effect.HTML, method="GET", path="/ads$", nth=2, times=2))
    ads = f"{ACCOUNT}/ads"
    found = [api.get(path).status_code for path in ("me", ads, "me", ads, ads, ads)]
    assert found == [200, 200, 200, 500, 500, 200]


def test_a_storm_is_worked_off_in_its_order(api: Api) -> None:
    api.simulator.faults.add(
        Fault(Effect.ERROR, code=17, subcode=2446079),
        Fault(Effect.HTML),
        Fault(Effect.ERROR, code=4, subcode=1504022),
    )
    assert [api.get("me").status_code for _ in range(4)] == [400, 500, 403, 200]


def control(api: Api, path: str, value: Any) -> httpx.Response:
    return api.send("POST", f"/_simulator/{path}", json=value)


def test_faults_can_be_asked_for_over_http(api: Api) -> None:
    fault = {"effect": "error", "code": 613, "subcode": 5044001, "path": "/campaigns$"}
    assert control(api, "faults", {"faults": [fault, {"effect": "html"}]}).json() == {"added": 2}
    assert codes(api.get(f"{ACCOUNT}/campaigns")) == (613, 5044001)
    assert control(api, "reset", {}).json() == {"success": True}
    assert api.get(f"{ACCOUNT}/campaigns").status_code == 200


@pytest.mark.parametrize(
    "faults", [[{"effect": "earthquake"}], [{"effect": "html", "when": "now"}], "html", [{"path": "x"}]]
)
def test_faults_that_are_none_are_refused(api: Api, faults: Any) -> None:
    assert control(api, "faults", {"faults": faults}).status_code == 400


def test_time_can_be_advanced_over_http(api: Api) -> None:
    assert control(api, "clock", {"advance_seconds": 90}).json() == {"now": "2026-11-20T15:01:30+00:00"}
    assert control(api, "clock", {"advance_seconds": "soon"}).status_code == 400


def test_the_controls_are_listed_when_one_is_unknown(api: Api) -> None:
    answer = control(api, "weather", {})
    assert answer.status_code == 404
    assert "POST clock" in answer.json()["error"]


def test_reset_forgets_limits_and_the_log_but_no_object(clock: StoppedClock) -> None:
    api = Api(simulator(clock, limits=Limits()))
    made = api.made(f"{ACCOUNT}/campaigns", **CAMPAIGN)
    control(api, "reset", {})
    answer = api.get(made)
    assert json.loads(answer.headers["x-ad-account-usage"])["acc_id_util_pct"] == 0.01
    assert len(api.simulator.log.entries) == 1
