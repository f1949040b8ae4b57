"""Pages of an edge: typed rows, a cursor, and a size that gives way when Meta finds it too large."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from metaads_cli.graph.cleaning import without_halves
from metaads_cli.graph.failures import TIMED_OUT, Failure, FailureClass, UnexpectedShape

SMALLEST_PAGE = 25
# What fits well into a URL: an id takes about 25 characters of it.
IDS_PER_URL = 150
# Where one answer was too large: "The API has a data-per-call limit", which lowering the limit does not help.
DATA_PER_CALL = (100, 1487534)
ASYNC_TOO_LARGE = (-3, 1504045)

Row = TypeVar("Row")


class Cursors(msgspec.Struct, frozen=True):
    after: str | None = None


class Paging(msgspec.Struct, frozen=True):
    """`next` is a URL that holds the token: it tells that there is more, and is never followed."""

    cursors: Cursors | None = None
    next: str | None = None


class Page(msgspec.Struct, Generic[Row], frozen=True):
    """One page. `unreadable` are reasons for rows that are left out of `data`, one each."""

    data: list[Row]
    paging: Paging | None = None
    unreadable: list[str] = []

    @property
    def cursor(self) -> str | None:
        """Where the next page begins, None on the last one. An empty page is not the end: a missing `next` is.

        Raises UnexpectedShape for a `next` without a cursor.
        """
        if self.paging is None or not self.paging.next:
            return None
        if self.paging.cursors is None or not self.paging.cursors.after:
            raise UnexpectedShape("a page that is not the last, but names no cursor for the next")
        return self.paging.cursors.after


@dataclass
class PageSize:
    """The limit of the next request; halved where that may help, and kept by whoever asks again."""

    rows: int

    def give_way(self, failure: Failure) -> bool:
        """Halve it. False where a smaller page does not help, or is as small as makes sense."""
        if not is_too_much(failure) or self.rows <= SMALLEST_PAGE:
            return False
        if (failure.code, failure.subcode) in {DATA_PER_CALL, ASYNC_TOO_LARGE}:
            return False
        self.rows = max(SMALLEST_PAGE, self.rows // 2)
        return True


def is_too_much(failure: Failure) -> bool:
    """Whether Meta may give an answer to a smaller question: the documented codes, "please reduce" (1), 1/99, and what
    does not come in time."""
    if failure.failure_class is FailureClass.SHRINK:
        return True
    return failure.code == 1 or (failure.code is None and failure.http_status in {TIMED_OUT, 504})


def worthwhile_retries(failure: Failure) -> int:
    """How often the same question is worth repeating: "reduce" stays so, 1/99 and a late answer may pass."""
    if not is_too_much(failure):
        return 1_000
    return 0 if failure.code == 1 and failure.subcode is None else 1


def batches(ids: Sequence[str], size: int) -> list[tuple[str, ...]]:
    """The ids in parts of at most `size`."""
    return [tuple(ids[start : start + size]) for start in range(0, len(ids), size)]


def page_of(row: type[Row]) -> Callable[[bytes], Page[Row]]:
    """A reader of pages of such rows. A row that does not fit is told of, not a reason to lose the others."""
    strict = msgspec.json.Decoder(Page[row])  # type: ignore[valid-type]
    loose = msgspec.json.Decoder(Page[msgspec.Raw])

    def read_whole(body: bytes) -> Page[Row]:
        try:
            return strict.decode(body)
        except msgspec.ValidationError:
            return _row_by_row(loose, row, body)

    def read(body: bytes) -> Page[Row]:
        try:
            return read_whole(body)
        except msgspec.DecodeError:
            return read_whole(without_halves(body))

    return read


def _row_by_row(loose: "msgspec.json.Decoder[Page[msgspec.Raw]]", row: type[Row], body: bytes) -> Page[Row]:
    try:
        page = loose.decode(body)
    except msgspec.ValidationError as error:
        raise UnexpectedShape(f"the answer is no page: {error}") from None
    rows: list[Row] = []
    unreadable: list[str] = []
    for raw in page.data:
        try:
            rows.append(msgspec.json.decode(raw, type=row))
        except msgspec.ValidationError as error:
            unreadable.append(f"{_named(raw)}: {error}")
    return Page(rows, page.paging, unreadable)


def _named(raw: msgspec.Raw) -> str:
    """The ids in an unreadable row, so that somebody can look for it."""
    row: Any = json.loads(bytes(raw))
    named = (
        {key: row.get(key) for key in ("id", "ad_id", "adset_id", "campaign_id", "date_start") if key in row}
        if (isinstance(row, dict))
        else {}
    )
    return ", ".join(f"{key} {value}" for key, value in named.items()) or "a row without ids"
