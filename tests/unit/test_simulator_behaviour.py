"""The simulator's behaviour can be changed while it runs, also over HTTP; its latency does not hold up other calls."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from metaads_cli.graph.simulator import Behaviour, Simulator
from simulated import ACCOUNT, Api, codes, simulator

PATH = "/_simulator/behaviour"
DEFAULTS = {
    "strict_combinations": False,
    "live_app": True,
    "report_duration": 2.0,
    "most_product": 3_000_000,
    "most_points": 250_000,
    "most_report_points": 3_000_000,
    "latency_ms": 0.0,
}


@pytest.fixture
def api() -> Api:
    return Api(simulator())


def test_it_is_shown_changed_and_set(api: Api) -> None:
    assert api.send("GET", PATH).json() == DEFAULTS
    changed = DEFAULTS | {"most_points": 10, "report_duration": 0.5}
    assert api.send("POST", PATH, json={"most_points": 10, "report_duration": 0.5}).json() == changed
    assert api.send("POST", PATH, json={"live_app": False}).json() == changed | {"live_app": False}
    assert api.send("PUT", PATH, json={"live_app": False}).json() == DEFAULTS | {"live_app": False}
    assert api.send("PUT", PATH).json() == DEFAULTS
    assert api.send("GET", PATH).json() == DEFAULTS


def test_texts_are_read_as_what_they_are(api: Api) -> None:
    assert api.send("POST", PATH, data={"most_product": "7", "live_app": "false"}).json()["most_product"] == 7
    assert api.send("POST", PATH, params={"latency_ms": "0.5"}).json()["latency_ms"] == 0.5


@pytest.mark.parametrize(
    "values", [{"speed": 1}, {"most_points": "many"}, {"most_points": -1}, {"latency_ms": -1}, {"live_app": "perhaps"}]
)
def test_what_cannot_be_is_refused_and_nothing_changes(api: Api, values: dict[str, Any]) -> None:
    answer = api.send("POST", PATH, json={"most_product": 9} | values)
    assert answer.status_code == 400
    assert next(iter(values)) in answer.text
    assert api.send("GET", PATH).json() == DEFAULTS


def test_a_change_holds_for_the_next_call(api: Api) -> None:
    assert api.get(f"{ACCOUNT}/insights").status_code == 200
    api.send("POST", PATH, json={"most_points": 36})
    assert codes(api.get(f"{ACCOUNT}/insights")) == (100, 1487534)
    api.send("POST", PATH, json={"most_points": 10**6, "most_product": 25})
    assert codes(api.get(f"{ACCOUNT}/insights")) == (1, None)


def test_calls_wait_side_by_side(api: Api) -> None:
    slow = Simulator(api.simulator.world, behaviour=Behaviour(latency_ms=150))

    async def twenty() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=slow)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://simulator", headers=api.headers) as client:
            return list(await asyncio.gather(*(client.get("/me") for _ in range(20))))

    started = time.monotonic()
    assert {answer.status_code for answer in asyncio.run(twenty())} == {200}
    assert 0.15 <= time.monotonic() - started < 20 * 0.15


def test_its_own_paths_do_not_wait(api: Api) -> None:
    api.send("POST", PATH, json={"latency_ms": 60_000})
    assert api.send("POST", PATH, json={"latency_ms": 0}).status_code == 200
    assert api.get("me").status_code == 200
