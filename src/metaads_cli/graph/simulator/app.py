"""The simulator as an ASGI application: stub mode, `metaads stub serve`, and what the tests speak to."""

import asyncio
import hashlib
import re

from metaads_cli.graph.simulator.auth import Auth
from metaads_cli.graph.simulator.batch import Batch
from metaads_cli.graph.simulator.behaviour import Behaviour
from metaads_cli.graph.simulator.control import PREFIX, Control, Parts, RequestLog
from metaads_cli.graph.simulator.faults import Effect, Fault, Faults
from metaads_cli.graph.simulator.http import (
    Message,
    Receive,
    Request,
    Response,
    Send,
    json_response,
    read_request,
    send_response,
)
from metaads_cli.graph.simulator.insights import Insights
from metaads_cli.graph.simulator.limits import Limits
from metaads_cli.graph.simulator.refusals import Refusal
from metaads_cli.graph.simulator.reports import Reports
from metaads_cli.graph.simulator.routes import Router, split_path
from metaads_cli.graph.simulator.signatures import DEFAULT_KEY
from metaads_cli.graph.simulator.world import World
from metaads_cli.graph.simulator.writes import Writer

# The server's way to break a connection (see serve.py); a transport inside the process has none.
DROP_EXTENSION = "metaads.drop"
_BATCH_PATH = re.compile(r"/(v\d+\.\d+/?)?")


class ConnectionDropped(ConnectionError):
    """The simulated connection broke: without a server around it, this is how the caller learns of it."""


class Simulator:
    """The Graph and Marketing API over one world. It waits only where a fault or its latency says so."""

    def __init__(
        self,
        world: World,
        *,
        auth: Auth | None = None,
        limits: Limits | None = None,
        faults: Faults | None = None,
        behaviour: Behaviour | None = None,
    ):
        self.world = world
        self.limits = limits or Limits()
        self.faults = faults or Faults()
        self.log = RequestLog()
        self.behaviour = behaviour or Behaviour()
        insights = Insights(world, self.behaviour)
        self.reports = Reports(world, insights, self.behaviour)
        self._auth = auth or Auth()
        writer = Writer(world, self.limits, self.behaviour)
        self._router = Router(world, self._auth, self.limits, insights, self.reports, writer)
        key = self._auth.app_secret or DEFAULT_KEY
        self._control = Control(Parts(world, self.faults, self.limits, self.reports, self.log, self.behaviour, key))
        self._answered = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """ASGI 3, HTTP only. Raises ConnectionDropped for a drop where the server cannot break a connection."""
        request = await read_request(scope, receive)
        if request.path.startswith(PREFIX):
            await send_response(self._control.answer(request), send)
            return
        fault = self.faults.take(request)
        await self._wait(fault)
        response = None
        if not (fault and fault.effect is Effect.DROP_BEFORE):
            response = self.answer(request, fault)
        dropped = response is None or (fault is not None and fault.effect is Effect.DROP_AFTER)
        self.log.note(request, None if dropped else response)
        if dropped or response is None:
            await _drop(scope, receive)
        else:
            await send_response(response, send)

    async def _wait(self, fault: Fault | None) -> None:
        """Latency, and what a fault adds to it; other calls go on meanwhile."""
        slow = fault.seconds if fault and fault.effect is Effect.SLOW else 0.0
        seconds = slow + self.behaviour.latency_ms / 1000
        if seconds:
            await asyncio.sleep(seconds)

    def answer(self, request: Request, fault: Fault | None = None) -> Response:
        """The answer to one request, under a fault or not; nothing is raised."""
        self._answered += 1
        trace = f"A{hashlib.sha256(f'{self.world.seed}|{self._answered}'.encode()).hexdigest()[:22]}"
        request.quirk = fault.effect.value if fault else None
        response = self._respond(request, fault, trace)
        response.headers |= {"facebook-api-version": "v26.0", "x-fb-trace-id": trace, "x-fb-request-id": trace[1:]}
        if fault:
            response.headers |= {name.lower(): value for name, value in fault.headers.items()}
            if fault.effect is Effect.BROKEN_JSON:
                response.body = response.body[: len(response.body) // 2]
        return response

    def _respond(self, request: Request, fault: Fault | None, trace: str) -> Response:
        try:
            failure = fault.failure() if fault else None
            if isinstance(failure, Refusal):
                raise failure
            if failure is not None:
                return failure
            if request.method == "POST" and _BATCH_PATH.fullmatch(request.path) and "batch" in request.params:
                return self._batch(request)
            document, headers = self._router.answer(request)
            return json_response(document, headers=headers)
        except Refusal as refusal:
            return json_response(refusal.envelope(trace), refusal.status, refusal.headers)

    def _batch(self, request: Request) -> Response:
        """Each item is a call of its own, with its own faults; the batch as a whole needs a good token."""
        split_path(request.path)  # refuses a version that has ended
        self._auth.check(request, self.world.now().timestamp())
        return Batch(request, self._batch_item).run()

    def _batch_item(self, request: Request) -> Response | None:
        fault = self.faults.take(request)
        timed_out = fault is not None and fault.effect in {Effect.NULL, Effect.DROP_BEFORE}
        response = None if timed_out else self.answer(request, fault)
        return None if fault is not None and fault.effect is Effect.DROP_AFTER else response


async def _drop(scope: Message, receive: Receive) -> None:
    """Break the connection without an answer."""
    drop = (scope.get("extensions") or {}).get(DROP_EXTENSION)
    if drop is None:
        raise ConnectionDropped("the simulated connection was dropped")
    drop()
    while (await receive())["type"] != "http.disconnect":
        pass
