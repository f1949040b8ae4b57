"""Cursors: opaque to the client, a position to us (README 1.3, 3)."""

import base64
import binascii
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from metaads_cli.graph.simulator.http import Request
from metaads_cli.graph.simulator.params import Params
from metaads_cli.graph.simulator.refusals import known, refused

DEFAULT_LIMIT = 25
HIGHEST_LIMIT = 5000

T = TypeVar("T")


@dataclass(frozen=True)
class Page:
    """A part of a list: the items with their positions, and whether more follow and precede."""

    items: list[Any]
    before: str
    after: str
    has_next: bool
    has_previous: bool


def limit_of(params: Params) -> int:
    limit = params.whole("limit")
    if limit is not None and limit < 1:
        raise refused("limit", "Param limit must be a positive integer")
    return min(limit or DEFAULT_LIMIT, HIGHEST_LIMIT)


def turn(items: Sequence[T], keys: Sequence[int], params: Params, quirk: str | None = None) -> Page:
    """The page asked for. `keys` rise with the items; a cursor names a key, so new items do not shift a listing."""
    limit, after, before = limit_of(params), params.text("after"), params.text("before")
    start, end = 0, len(items)
    if after:
        start = _first(keys, above=_position(after))
    elif before:
        end = _first(keys, above=_position(before) - 1)
        start = max(0, end - limit)
    if quirk == "empty_page":
        return _empty_page(keys, start, has_next=start < len(items))
    chosen = list(items[start : min(start + limit, end)])
    stop = start + len(chosen)
    last = _cursor(keys[stop - 1]) if chosen else (after or "")
    if quirk == "stuck_cursor" and after:
        return Page(chosen, _cursor(keys[start]) if chosen else "", after, has_next=True, has_previous=True)
    first = _cursor(keys[start]) if chosen else ""
    return Page(chosen, first, last, has_next=stop < len(items), has_previous=start > 0)


def _empty_page(keys: Sequence[int], start: int, *, has_next: bool) -> Page:
    """Nothing on it, but a `next` with a cursor of its own: the end is a missing `next` alone (README 1.3)."""
    position = keys[start - 1] if start else -1
    return Page([], "", _cursor(position, mark="e"), has_next=has_next, has_previous=start > 0)


def _first(keys: Sequence[int], *, above: int) -> int:
    return bisect_right(keys, above)


def _cursor(key: int, mark: str = "") -> str:
    return base64.urlsafe_b64encode(f"{key}{mark}".encode()).decode().rstrip("=") + "ZD"


def _position(cursor: str) -> int:
    """Raises Refusal 2642 for a cursor that is none of ours."""
    text = cursor.removesuffix("ZD")
    try:
        return int(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().removesuffix("e"))
    except (ValueError, binascii.Error):
        raise known(2642) from None


def paging(page: Page, request: Request) -> dict[str, Any]:
    """`cursors`, and `next` and `previous` where there are such pages. As Meta's, those URLs hold the token."""
    if not page.items and not page.has_next and not page.has_previous:
        return {}
    answer: dict[str, Any] = {"cursors": {"before": page.before, "after": page.after}}
    if page.has_next:
        answer["next"] = _url(request, {"after": page.after})
    if page.has_previous and page.items:
        answer["previous"] = _url(request, {"before": page.before})
    return {"paging": answer}


def _url(request: Request, cursor: dict[str, str]) -> str:
    kept = {name: _text(value) for name, value in request.params.items() if name not in {"after", "before"}}
    bearer = request.headers.get("authorization", "").partition(" ")[2]
    token = {"access_token": bearer} if bearer and "access_token" not in kept else {}
    return f"{request.base_url}{request.path}?{urlencode(kept | token | cursor)}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
