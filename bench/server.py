"""A Graph API for benchmarks, in a process of its own: the simulator or the lean server, with latency and counters.

`POST /_bench/reset?latency_ms=50` begins a new measurement, `GET /_bench/counters` ends it.
"""

import argparse
import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

ACCOUNT = "1000000000000001"
QUARTER = timedelta(minutes=15)
# Answers that are the same each time; a report's own id is new in every run.
REPEATABLE = re.compile(r"/v\d+\.\d+/(act_\d+|\d{15,})/(insights|campaigns|adsets|ads|adcreatives)")
TOKEN = re.compile(rb"(^|&)access_token=[^&]*")


@dataclass
class Counters:
    """Of one measurement. `peak_parallel` are the most calls that were under way at once."""

    calls: int = 0
    peak_parallel: int = 0
    bytes_sent: int = 0
    cpu_seconds: float = 0.0


class SteadyClock:
    """Runs from the same moment in every measurement, so that today's figures, renewed each quarter, stay the same."""

    def __init__(self) -> None:
        now = datetime.now(UTC)
        self._start = now - (now - datetime.min.replace(tzinfo=UTC)) % QUARTER
        self.rewind()

    def rewind(self) -> None:
        self._since = time.monotonic()

    def __call__(self) -> datetime:
        return self._start + timedelta(seconds=time.monotonic() - self._since)


class Measured:
    """An ASGI application with a latency before each answer, and counters. `reset` is called at each beginning.

    `remember` keeps answers: what the simulator needs to compute them is no matter of the contestant's.
    """

    def __init__(self, app: App, reset: Callable[[], None], *, remember: bool):
        self._app, self._reset, self._remember = app, reset, remember
        self._answers: dict[bytes, list[Scope]] = {}
        self._latency = 0.0
        self._under_way = 0
        self._begin()

    def _begin(self) -> None:
        self._counters, self._cpu_before = Counters(), time.process_time()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith("/_bench/"):
            await self._control(scope, send)
            return
        self._counters.calls += 1
        self._under_way += 1
        self._counters.peak_parallel = max(self._counters.peak_parallel, self._under_way)
        try:
            if self._latency:
                await asyncio.sleep(self._latency)
            await self._answer(scope, receive, send)
        finally:
            self._under_way -= 1

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        key = self._key(scope)
        messages = self._answers.get(key, []) if key else []

        async def passed_on(message: Scope) -> None:
            self._counters.bytes_sent += len(message.get("body", b""))
            if key:
                messages.append(message)
            await send(message)

        if messages:
            for message in messages:
                self._counters.bytes_sent += len(message.get("body", b""))
                await send(message)
            return
        await self._app(scope, receive, passed_on)
        if key and messages[0]["status"] == 200:
            self._answers[key] = messages

    def _key(self, scope: Scope) -> bytes | None:
        if not self._remember or scope["method"] != "GET" or not REPEATABLE.fullmatch(scope["path"]):
            return None
        return bytes(scope["path"].encode() + b"?" + TOKEN.sub(b"", scope["query_string"]))

    async def _control(self, scope: Scope, send: Send) -> None:
        if scope["path"] == "/_bench/reset":
            asked = parse_qs(scope["query_string"].decode())
            self._latency = float(asked.get("latency_ms", ["0"])[0]) / 1000
            self._reset()
            self._begin()
        self._counters.cpu_seconds = time.process_time() - self._cpu_before
        body = json.dumps(asdict(self._counters)).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def simulator(campaigns: int, ad_sets: int, ads: int) -> Measured:
    """The simulator with one account; reports are ready at once, which favours those who poll with long sleeps."""
    from metaads_cli.graph.simulator import AccountPlan, Behaviour, Simulator, World, WorldPlan

    plan = AccountPlan(
        ACCOUNT,
        timezone_name="Etc/UTC",  # several contestants take the machine's date for the account's
        campaigns=campaigns,
        ad_sets=ad_sets,
        ads=ads,
        varied=False,
        idle_percent=0,
    )
    clock = SteadyClock()
    world = World.seeded(plan=WorldPlan((plan,)), clock=clock)
    app = Simulator(world, behaviour=Behaviour(report_duration=timedelta()))
    submit = app.reports.submit
    # A number in Meta's documentation; Airbyte's connector, which works with Meta, takes a text only.
    app.reports.submit = lambda *given: {"report_run_id": str(submit(*given)["report_run_id"])}  # type: ignore[method-assign]

    def reset() -> None:
        clock.rewind()
        app.limits.reset()

    return Measured(app, reset, remember=True)


def lean(campaigns: int, ad_sets: int, ads: int) -> Measured:
    from lean_server import LeanServer

    return Measured(LeanServer(ACCOUNT, campaigns, ad_sets, ads), lambda: None, remember=False)


def main() -> None:
    import socket

    import uvicorn

    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["simulator", "lean"])
    for name in ("campaigns", "ad-sets", "ads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    asked = parser.parse_args()
    make = simulator if asked.kind == "simulator" else lean
    app = make(asked.campaigns, asked.ad_sets, asked.ads)
    listener = socket.create_server(("127.0.0.1", 0))
    # asyncio sets it on sockets whose protocol is named, which these are not: small answers would wait for an ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(app, lifespan="off", log_level="warning", access_log=False, ws="none", server_header=False)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
