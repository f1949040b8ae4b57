"""Faults on request: what goes wrong between a client and Meta, scripted call by call."""

import re
from enum import StrEnum
from typing import Any

import msgspec

from metaads_cli.graph.simulator import facts
from metaads_cli.graph.simulator.facts import ErrorFact
from metaads_cli.graph.simulator.http import Request, Response, html_response
from metaads_cli.graph.simulator.refusals import Refusal, reduce_the_data

_VERSION = re.compile(r"^/v\d+\.\d+(?=/|$)")


class Effect(StrEnum):
    """What happens to the call."""

    DROP_BEFORE = "drop_before"
    """The connection breaks; nothing was done."""
    DROP_AFTER = "drop_after"
    """The connection breaks after the work was done."""
    ERROR = "error"
    """An error of `code` and `subcode`; nothing was done."""
    HTML = "html"
    """A page of HTML with HTTP 500 (or `http_status`)."""
    REDUCE = "reduce"
    """Code 1 "Please reduce the amount of data" with HTTP 500."""
    SLOW = "slow"
    """The answer comes after `seconds`."""
    HEADERS = "headers"
    """A normal answer with `headers` of its own: usage at 95 %, say."""
    NULL = "null"
    """Inside a batch: the item timed out and is null."""
    EMPTY_PAGE = "empty_page"
    """A listing shows an empty page that has a `next`."""
    STUCK_CURSOR = "stuck_cursor"
    """A listing's `next` has the cursor it was asked with."""
    BROKEN_JSON = "broken_json"
    """The answer ends in the middle."""


class Fault(msgspec.Struct, forbid_unknown_fields=True):
    """`effect` strikes calls whose method and path match: the `nth` of them, and `times - 1` after it.

    `path` is a regular expression searched in the path without its version; a batch is the path "/", its items
    match by their own. `code`, `subcode`, `message`, `http_status`, `transient` and `headers` shape an error.
    """

    effect: Effect
    method: str | None = None
    path: str | None = None
    nth: int = 1
    times: int = 1
    code: int = 2
    subcode: int | None = None
    message: str | None = None
    http_status: int | None = None
    transient: bool | None = None
    headers: dict[str, str] = {}
    seconds: float = 0.0
    seen: int = 0

    def strikes(self, request: Request) -> bool:
        """Counts a matching call, and tells whether it is hit."""
        path = _VERSION.sub("", request.path) or "/"
        if self.method not in {None, request.method} or not re.search(self.path or "", path):
            return False
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times

    @property
    def spent(self) -> bool:
        return self.seen >= self.nth + self.times - 1

    def failure(self) -> Refusal | Response | None:
        """What is answered in place of the real thing, if anything."""
        if self.effect is Effect.HTML:
            return html_response(self.http_status or 500, "Service Unavailable")
        if self.effect is Effect.REDUCE:
            return reduce_the_data()
        return self._error() if self.effect is Effect.ERROR else None

    def _error(self) -> Refusal:
        known = facts.errors().get((self.code, self.subcode)) or ErrorFact(self.code, self.subcode, 400, "An error")
        fact = msgspec.structs.replace(
            known,
            http=self.http_status or known.http,
            transient=known.transient if self.transient is None else self.transient,
        )
        return Refusal(fact, message=self.message, headers=self.headers)


class Faults:
    """The script, in its order."""

    def __init__(self, *script: Fault):
        self._script = list(script)

    def add(self, *script: Fault) -> None:
        self._script += script

    def clear(self) -> None:
        self._script.clear()

    def take(self, request: Request) -> Fault | None:
        """The fault that hits this call; those after it do not count it, so they strike the calls that follow."""
        struck = next((fault for fault in self._script if fault.strikes(request)), None)
        self._script = [fault for fault in self._script if not fault.spent]
        return struck


def read_faults(value: Any) -> list[Fault]:
    """Faults out of JSON: one object or a list. Raises msgspec.ValidationError."""
    return msgspec.convert(value if isinstance(value, list) else [value], list[Fault])
