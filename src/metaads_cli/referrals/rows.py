"""CSV with a header, as RFC 4180 has it: each row becomes an object with the header's names as keys."""

import csv
import re
from collections.abc import Iterable

from metaads_cli.referrals.decoding import TRUNCATED, UTF8_MARK, BrokenDocument, Document, Parsed, Place
from metaads_cli.referrals.splitting import too_large

DELIMITERS = ",;\t"
LARGEST_ROW = 2**18
"""Bytes. Twice what the csv module takes for one field: more is a quote without an end."""
_NO_NAME = re.compile(r"\+?[\d .:/()-]{5,}")  # a phone number, an id, a time


class _Unusable(ValueError):
    """A header or a row that cannot be used; the message says why."""


class RowSplitter:
    """Cuts lines into rows; one that goes on over lines, inside quotes, is a document of several lines."""

    def __init__(self, max_bytes: int, *, places: bool):
        self._max_bytes = max_bytes
        self._places = places
        self._offset = 0
        self._line = 1
        self._pending = bytearray()
        self._pending_line = 1
        self._in_quotes = False
        self._line_ended = True
        self._header: _Header | None = None
        self._discarding = False
        """The rest of a line that is too large."""
        self._refused = False
        """All rows, for want of a header."""

    @property
    def wants_header(self) -> bool:
        return self._header is None and not self._refused

    def go_to(self, place: Place) -> None:
        """What is fed next stands there."""
        self._offset, self._line = place.offset, place.line

    def feed(self, line: bytes) -> Iterable[Parsed]:
        """The row that ends on this line, or on this part of a line of more bytes than a document may have."""
        self._offset += len(line)
        if not self._pending:
            self._pending_line = self._line
        self._line_ended = line.endswith(b"\n")
        self._line += self._line_ended
        if self._refused or self._discarding:
            self._discarding = self._discarding and not self._line_ended
            return ()
        self._pending += line
        if not self._line_ended and len(line) >= self._max_bytes:
            self._discarding = True
            return self._broken(too_large(self._max_bytes))
        self._in_quotes = _ends_in_quotes(line, self._in_quotes, self._header.opening if self._header else _ANY_OPENING)
        if not self._in_quotes:
            return self._whole()
        if len(self._pending) > LARGEST_ROW:
            return self._broken(f"larger than {LARGEST_ROW // 2**10} KB: is a closing quote missing?")
        return ()

    def finish(self) -> Iterable[BrokenDocument]:
        """At the end of the stream."""
        self._line_ended = False
        return self._broken(TRUNCATED) if self._pending else ()

    def cut_off(self, rest: bytes, reason: str) -> Iterable[BrokenDocument]:
        """The stream broke off in a line of which there is only the beginning."""
        self._pending_line = self._pending_line if self._pending else self._line
        self._pending += rest
        self._line_ended = False
        return self._broken(reason)

    def _whole(self) -> Iterable[Parsed]:
        """The pending bytes are a row, or the header."""
        if not self._pending.strip():
            self._pending.clear()
            return ()
        try:
            if self._header is None:
                self._header = _Header(bytes(self._pending).removeprefix(UTF8_MARK).rstrip(b"\r\n"))
                self._pending.clear()
                return ()
            value = self._header.value(bytes(self._pending))
        except _Unusable as error:
            return self._broken(str(error))
        raw = self._taken()
        return (Document(self._pending_line, raw, value, self._place()),) if value else ()

    def _broken(self, reason: str) -> Iterable[BrokenDocument]:
        self._refused = self._header is None
        self._in_quotes = False
        return (BrokenDocument(self._pending_line, self._taken(), reason, self._place()),)

    def _taken(self) -> bytes:
        """What was pending, with the header before it: so the row can be read by itself."""
        raw = bytes(self._pending).rstrip(b"\r\n")
        self._pending.clear()
        return self._header.raw + raw if self._header else raw

    def _place(self) -> Place | None:
        """None for a row that may be written on, and for want of a header."""
        return Place(self._offset, self._line) if self._places and self._line_ended and self._header else None


class _Header:
    """The names of the columns, in order. Raises _Unusable."""

    def __init__(self, raw: bytes):
        self.raw = raw + b"\n"
        text = _text(raw)
        self._delimiter = max(DELIMITERS, key=lambda delimiter: _count(text, delimiter))
        self.opening = _opening(re.escape(self._delimiter))
        self._names = [name.strip() for name in _cells(text, self._delimiter)]
        self._require_names()

    def value(self, raw: bytes) -> dict[str, str]:
        """The row by names; nothing for a repeated header and for a row that says nothing. Raises _Unusable."""
        cells = _cells(_text(raw), self._delimiter)
        while len(cells) > len(self._names) and not cells[-1].strip():
            cells.pop()
        if len(cells) > len(self._names):
            raise _Unusable(f"the row has {len(cells)} cells, and the header {len(self._names)} names")
        if [cell.strip() for cell in cells] == self._names:  # files with a header, one after the other
            return {}
        if not any(cell.strip() for cell in cells):
            return {}
        found: dict[str, str] = {}
        for name, cell in zip(self._names, cells, strict=False):
            if name and not found.get(name):  # of columns of one name the first that says something
                found[name] = cell
        return found

    def _require_names(self) -> None:
        value = next((name for name in self._names if _NO_NAME.fullmatch(name)), None)
        if value is not None:
            raise _Unusable(f"the first line has no names of columns but values, such as {value[:40]!r}")


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise _Unusable("not valid UTF-8") from None


def _cells(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise _Unusable(f"not CSV: {error}") from None


def _count(text: str, delimiter: str) -> int:
    try:
        return len(_cells(text, delimiter))
    except _Unusable:  # a quote that ends before what is no delimiter
        return 0


def _opening(delimiters: str) -> re.Pattern[bytes]:
    return re.compile(rb"(?:\A(?:\xef\xbb\xbf)?|" + delimiters.encode() + rb')"')


_ANY_OPENING = _opening(f"[{DELIMITERS}]")


def _ends_in_quotes(line: bytes, within: bool, opening: re.Pattern[bytes]) -> bool:
    """Whether a quoted field goes on after this line; `within`: it began on a line before."""
    at = 0
    while True:
        if not within:
            found = opening.search(line, at)
            if found is None:
                return False
            at = found.end()
        at = line.find(b'"', at)
        if at < 0:
            return True
        within = line[at + 1 : at + 2] == b'"'  # a quote in the field is written twice
        at += 1 + within
