"""The simulated API inside the test's process: a clock that stands still, and calls without a network."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from metaads_cli.graph.simulator import AccountPlan, Simulator, World, WorldPlan

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
ACCOUNT = "act_1000000000000001"
Json = dict[str, Any]


class StoppedClock:
    """A time that moves when told to."""

    def __init__(self, now: datetime = NOW):
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


class Api:
    """One client of one simulator. Values that are no text travel as JSON, as every client sends them."""

    def __init__(self, simulator: Simulator, token: str = "token"):
        self.simulator = simulator
        self.headers = {"authorization": f"Bearer {token}"} if token else {}

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = self.headers | options.pop("headers", {})

        async def exchange() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.simulator)
            async with httpx.AsyncClient(transport=transport, base_url="http://simulator") as client:
                return await client.request(method, path, headers=headers, **options)

        return asyncio.run(exchange())

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.send("GET", f"/v26.0/{path}", params=encoded(params))

    def post(self, path: str, **params: Any) -> httpx.Response:
        return self.send("POST", f"/v26.0/{path}", data=encoded(params))

    def read(self, path: str, **params: Any) -> Json:
        return document(self.get(path, **params))

    def made(self, path: str, **params: Any) -> str:
        return str(document(self.post(path, **params))["id"])

    def pages(self, path: str, **params: Any) -> Iterator[list[Json]]:
        """Every page of a listing; the end is a missing `next`."""
        while True:
            answer = self.read(path, **params)
            yield answer["data"]
            if "next" not in answer.get("paging", {}):
                return
            params["after"] = answer["paging"]["cursors"]["after"]

    def all(self, path: str, **params: Any) -> list[Json]:
        return [row for page in self.pages(path, **params) for row in page]


def encoded(params: Json) -> dict[str, str]:
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in params.items()}


def document(response: httpx.Response) -> Json:
    assert response.status_code == 200, response.text
    result: Json = response.json()
    return result


def error(response: httpx.Response) -> Json:
    """The error of an answer that must be one."""
    assert response.status_code >= 400, response.text
    result: Json = response.json()["error"]
    return result


def codes(response: httpx.Response) -> tuple[int, int | None]:
    found = error(response)
    return found["code"], found.get("error_subcode")


def blamed(response: httpx.Response) -> list[list[str]]:
    data = error(response).get("error_data")
    return json.loads(data)["blame_field_specs"] if data else []


def simulator(clock: StoppedClock | None = None, *, plan: WorldPlan | None = None, **options: Any) -> Simulator:
    return Simulator(World.seeded(clock=clock or StoppedClock(), plan=plan), **options)


def small_plan(**changes: Any) -> WorldPlan:
    """One account, everything active, delivering every day."""
    plan = {"campaigns": 2, "ad_sets": 2, "ads": 2, "varied": False, "idle_percent": 0} | changes
    return WorldPlan((AccountPlan("1000000000000001", "Clínica Norte", **plan),))
