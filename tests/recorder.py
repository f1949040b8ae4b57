"""Writes down what our own Graph client sends, and holds each request to the published specs of v26.

`recorded(lambda meta: task(…, meta, …))` runs a task against the simulator and gives its requests; `offences` tells
what of a request is in no spec. What the specs leave out, and Meta documents elsewhere, is named here with the section
of the API notes that says so.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from fake_clock import Clock
from metaads_cli.graph.governor import Governor
from metaads_cli.graph.simulator import Simulator, World
from metaads_cli.graph.simulator.http import Message, Receive, Send
from metaads_cli.graph.simulator.selection import Field, parse
from metaads_cli.settings import GraphSettings
from metaads_cli.tasks.meta import Meta

VERSION = "v26.0"
BATCH = "POST batch"
DEBUG_TOKEN = "GET debug_token"

# Parameters that no spec lists, and where the API notes have them. Elsewhere each of them is an offence.
OF_EVERY_CALL = {"appsecret_proof": "3, appsecret_proof"}
OF_EVERY_READ = {"fields": "3, Default fields"}
OF_EVERY_LISTING = {"limit": "3, Other params", "after": "3, Paging"}
OF_ONE_CALL = {
    BATCH: {"batch": "3, Batch", "include_headers": "3, Batch"},
    DEBUG_TOKEN: {"input_token": "none: Facebook Login's debug_token belongs to no node of the specs"},
    "AdAccount GET campaigns": {"filtering": "3, Other params"},
    "AdAccount GET adsets": {"filtering": "3, Other params"},
    "AdAccount GET ads": {"filtering": "3, Other params"},
}
# A parameter that the specs type as text, though it takes an enum's values only (3, effective_status).
TEXTS_OF_ENUMS = {"ads": {"effective_status": "Ad.EffectiveStatus"}}
# Section 1.2, filter operators.
OPERATORS = {
    "EQUAL", "NOT_EQUAL", "GREATER_THAN", "GREATER_THAN_OR_EQUAL", "LESS_THAN", "LESS_THAN_OR_EQUAL", "IN_RANGE",
    "NOT_IN_RANGE", "CONTAIN", "NOT_CONTAIN", "CONTAINS_ANY", "CONTAINS_ALL", "NOT_CONTAINS_ANY", "STEM_MATCH", "IN",
    "NOT_IN", "STARTS_WITH", "ENDS_WITH", "ANY", "ALL", "AFTER", "BEFORE", "ON_OR_AFTER", "ON_OR_BEFORE", "NONE", "TOP",
}  # fmt: skip
# What an edge is about, where its answer is of another class: a write's, a report run's.
OBJECTS = {
    "campaigns": "Campaign",
    "adsets": "AdSet",
    "ads": "Ad",
    "adcreatives": "AdCreative",
    "insights": "AdsInsights",
}
FILTERED = {"campaign": "Campaign", "adset": "AdSet", "ad": "Ad"}


@dataclass(frozen=True)
class Request:
    """One call: `node` is the class of the object it is for, None where nobody knows the object."""

    method: str
    path: str
    """Without the version."""
    node: str | None
    params: dict[str, str] = field(default_factory=dict)

    @property
    def edge(self) -> str:
        return self.path.partition("/")[2]

    @property
    def call(self) -> str:
        """As the specs' file names calls: `AdAccount GET ads`."""
        if not self.path:
            return BATCH
        if self.path == "debug_token":
            return DEBUG_TOKEN
        return f"{self.node} {self.method} {self.edge}".strip()


@dataclass
class Recorder:
    """An ASGI application in front of the simulator."""

    simulator: Simulator
    requests: list[Request] = field(default_factory=list)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        messages = [await receive()]
        while messages[-1].get("more_body"):
            messages.append(await receive())
        body = b"".join(message.get("body", b"") for message in messages).decode()
        self._note(scope["method"], scope["path"], scope["query_string"].decode(), body)
        left = iter(messages)

        async def again() -> Message:
            return next(left, None) or await receive()

        await self.simulator(scope, again, send)

    def _note(self, method: str, path: str, query: str, body: str) -> None:
        """The call, and behind a batch the calls in it."""
        path = path.strip("/").removeprefix(VERSION).strip("/")
        params = dict(parse_qsl(query, keep_blank_values=True)) | dict(parse_qsl(body, keep_blank_values=True))
        self.requests.append(Request(method, path, self._class_of(path), params))
        for item in json.loads(params.get("batch", "[]")):
            inner, _, inner_query = item["relative_url"].partition("?")
            self._note(item["method"], inner, inner_query, item.get("body", ""))

    def _class_of(self, path: str) -> str | None:
        node_id = path.partition("/")[0]
        if node_id == "me":
            return "User"
        world = self.simulator.world
        node = world.nodes.get(node_id) or world.leads.get(node_id)
        return str(node.kind) if node else None


def recorded(work: Callable[[Meta], Awaitable[object]], simulator: Simulator | None = None) -> list[Request]:
    """What `work` sends when it is handed the way to Meta; the items of a batch stand behind it, one by one."""
    recorder = Recorder(simulator or Simulator(World.seeded()))
    settings = GraphSettings(access_token="env:RECORDED_TOKEN", app_secret="env:RECORDED_SECRET", api_version=VERSION)

    async def inside() -> None:
        transport = httpx.ASGITransport(app=recorder)
        async with httpx.AsyncClient(transport=transport, base_url="https://graph.example") as http:
            await work(Meta(http, settings, Governor(clock=Clock()), simulated=False))

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECORDED_TOKEN", "EAA" + "r" * 30)
        patch.setenv("RECORDED_SECRET", "5" * 32)
        asyncio.run(inside())
    return recorder.requests


@cache
def spec() -> dict[str, Any]:
    path = Path(__file__).parent / "cases" / "spec-v26.json"
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def offences(request: Request) -> list[str]:
    """What of the request is neither in the specs nor one of the exceptions above; nothing for a good one."""
    call = request.call
    if call not in spec()["params"] and call not in {BATCH, DEBUG_TOKEN}:
        return [f"{call} ({request.path}): no such call"]
    return [f"{call}: {found}" for found in _offences(request)]


def _offences(request: Request) -> Iterator[str]:
    known = _unlisted(request) | set(_published(request.call))
    for name, value in request.params.items():
        if name not in known:
            yield f"no parameter {name}"
        elif name == "fields":
            yield from _field_offences(_object_of(request), _selection(value))
        elif name == "filtering":
            yield from _filter_offences(_object_of(request), json.loads(value))
        else:
            yield from _value_offences(request, name, value)


def _unlisted(request: Request) -> set[str]:
    """The parameters that the call may have without a spec that says so."""
    found = OF_EVERY_CALL | OF_ONE_CALL.get(request.call, {})
    if request.method == "GET" and request.node:
        found = found | OF_EVERY_READ | (OF_EVERY_LISTING if request.edge else {})
    return set(found)


def _published(call: str) -> dict[str, str]:
    found: dict[str, str] = spec()["params"].get(call, {})
    return found


def _object_of(request: Request) -> str:
    """The class whose fields the call speaks about."""
    return OBJECTS.get(request.edge) or str(spec()["returns"][request.call])


def _selection(text: str) -> Sequence[Field]:
    """`a,b{c}`, or a JSON list of such texts, as the notes allow it (1.2)."""
    return parse(",".join(json.loads(text)) if text.startswith("[") else text)


def _field_offences(owner: str, wanted: Sequence[Field]) -> Iterator[str]:
    for one in wanted:
        if one.name in spec()["fields"].get(owner, ()):
            of = spec()["types"].get(owner, {}).get(one.name, "")
            nested = one.nested or ()
            if nested and of not in spec()["fields"]:
                yield f"{owner}.{one.name} is no object whose fields are known"
            else:
                yield from _field_offences(of, nested)
        elif f"{owner} GET {one.name}" in spec()["params"]:
            inner = Request("GET", f"-/{one.name}", owner, _texts(one.modifiers))
            yield from offences(inner)
            yield from _field_offences(_object_of(inner), one.nested or ())
        else:
            yield f"no field {owner}.{one.name}"


def _texts(modifiers: Mapping[str, Any]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in modifiers.items()}


def _filter_offences(owner: str, filters: Any) -> Iterator[str]:
    """`[{"field": "ad.effective_status", "operator": "IN", "value": […]}]` (1.2, filtering)."""
    for one in filters:
        level, _, name = one["field"].rpartition(".")
        # Metrics have the level's name in front as well: ad.impressions.
        owners = [FILTERED[level], owner] if level in FILTERED else [owner]
        if (level and level not in FILTERED) or not any(name in spec()["fields"][each] for each in owners):
            yield f"no field {one['field']} to filter by"
        if one["operator"] not in OPERATORS:
            yield f"no operator {one['operator']}"
        if name == "effective_status":
            yield from _strangers(f"{owners[0]}.EffectiveStatus", one["value"], one["field"])


def _value_offences(request: Request, name: str, value: str) -> Iterator[str]:
    enum = TEXTS_OF_ENUMS.get(request.edge, {}).get(name) or _enum_of(request, name)
    if enum is not None:
        values = json.loads(value) if value.startswith("[") else value.split(",")
        yield from _strangers(enum, values, name)


def _enum_of(request: Request, name: str) -> str | None:
    """The enum of a parameter that the specs type `level_enum` or `list<level_enum>`."""
    found = re.fullmatch(r"(?:list<)?(\w+)_enum>?", _published(request.call).get(name, ""))
    if not found:
        return None
    short = "".join(part.capitalize() for part in found[1].split("_"))
    owners = [_object_of(request), request.node]
    return next((enum for owner in owners if (enum := f"{owner}.{short}") in spec()["enums"]), f"{owners[0]}.{short}")


def _strangers(enum: str, values: Sequence[str], where: str) -> Iterator[str]:
    if enum not in spec()["enums"]:
        yield f"{where}: the enum {enum} is not known"
        return
    yield from (f"{where}: {value} is not in {enum}" for value in values if value not in spec()["enums"][enum])
