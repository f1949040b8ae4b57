"""Cuts lines into JSON documents, and finds its way back after broken ones."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from msgspec.structs import replace

from metaads_cli.referrals.decoding import (
    BLANK,
    TRUNCATED,
    UTF8_MARK,
    BrokenDocument,
    Document,
    NotJson,
    Parsed,
    Place,
    decode,
    decode_form,
    items,
)

_STRUCTURE = re.compile(rb'["\\{}\[\]]')
NO_OBJECT = "not a JSON object"


class Splitter:
    """Most lines are one document; the rest goes through a scan for matching brackets.

    `is_payload` recognises a whole document by its value: a line that is one ends a broken document before it.
    """

    def __init__(self, max_bytes: int, is_payload: Callable[[Any], bool], *, places: bool):
        self._max_bytes = max_bytes
        self._is_payload = is_payload
        self._places = places
        self._offset = 0
        self._line = 1
        self._pending = bytearray()
        self._pending_line = 1
        self._depth = 0
        self._in_string = False
        self._escaped = 0
        self._in_array = False
        self._skipping = False
        """The rest of a document that is too large."""
        self._discarding = False
        """The rest of a line that is too large and is no document."""

    def go_to(self, place: Place) -> None:
        """What is fed next stands there."""
        self._offset, self._line = place.offset, place.line

    def feed(self, line: bytes) -> Iterable[Parsed]:
        """The documents that end on this line, or on this part of a line of more bytes than a document may have."""
        self._offset += len(line)
        line = line.removeprefix(UTF8_MARK)  # files with a mark, one after the other
        if self._pending or self._in_array or self._skipping or self._discarding:
            return self._placed(self._within(line), line)
        text = line.strip(BLANK)
        if not text:
            self._line += line.endswith(b"\n")
            return ()
        try:
            value = decode(text)
        except NotJson:
            return self._placed(self._unclear(line, text), line)
        if isinstance(value, list):
            return self._placed(self._items(text, value), line)
        number = self._line
        self._line += line.endswith(b"\n")
        return (Document(number, text, value, Place(self._offset, self._line) if self._places else None),)

    def finish(self) -> Iterator[BrokenDocument]:
        """At the end of the stream."""
        if self._pending:
            yield self._broken(TRUNCATED)

    def cut_off(self, rest: bytes, reason: str) -> Iterator[BrokenDocument]:
        """The stream broke off in a line of which there is only the beginning."""
        number = self._pending_line if self._pending else self._line
        yield BrokenDocument(number, bytes(self._pending) + rest, reason)

    def _placed(self, found: Iterator[Parsed], line: bytes) -> Iterator[Parsed]:
        """The last one bears the place after the line."""
        last = None
        for one in found:
            if last is not None:
                yield last
            last = one
        ended = line.endswith(b"\n")
        self._line += ended
        if last is None:
            return
        at_rest = not (self._pending or self._in_array or self._skipping or self._discarding)
        if self._places and at_rest and (ended or isinstance(last, Document)):
            last = replace(last, place=Place(self._offset, self._line))
        yield last

    def _alone(self, line: bytes) -> Iterator[Parsed]:
        """Of a line that begins where no document does."""
        text = line.strip(BLANK)
        try:
            value = decode(text)
        except NotJson:
            yield from self._unclear(line, text)
            return
        if isinstance(value, list):
            yield from self._items(text, value)
        else:
            yield Document(self._line, text, value)

    def _unclear(self, line: bytes, text: bytes) -> Iterator[Parsed]:
        """Of a line that is not one JSON document."""
        if (form := decode_form(text)) is not None:
            yield Document(self._line, text, form)
        else:
            yield from self._scan(line)

    def _items(self, text: bytes, values: list[Any]) -> Iterator[Document]:
        """The items of an array that stands on one line, each with its own bytes."""
        for part, value in zip(items(text, values), values, strict=True):
            yield Document(self._line, part, value)

    def _within(self, line: bytes) -> Iterator[Parsed]:
        """Inside a document of several lines, unless the line turns out to be a whole one of its own."""
        if self._discarding:
            self._discarding = not line.endswith(b"\n")
        elif (self._pending or self._skipping) and self._is_whole(line):
            if self._pending:
                yield self._broken(TRUNCATED)
            self._reset()
            self._skipping = self._in_array = False
            yield from self._alone(line)
        else:
            yield from self._scan(line)

    def _is_whole(self, line: bytes) -> bool:
        if not line.startswith(b"{"):
            return decode_form(line.strip(BLANK)) is not None
        try:
            return self._is_payload(decode(line.strip(BLANK)))
        except NotJson:
            return False

    def _scan(self, chunk: bytes) -> Iterator[Parsed]:
        """Follow brackets and strings; a document ends where its first bracket is closed."""
        start = self._skip(chunk) if self._skipping else 0
        while start < len(chunk):
            if not self._pending:
                start, finished = self._before_document(chunk, start)
                if finished:
                    yield from finished
                    continue
                if start == len(chunk):
                    return
            end = self._end_of_document(chunk, start)
            self._pending += chunk[start : end if end is not None else len(chunk)]
            if end is None:
                break
            yield self._complete()
            start = end
        if len(self._pending) > self._max_bytes:
            self._skipping = True
            yield BrokenDocument(self._pending_line, bytes(self._pending), too_large(self._max_bytes))
            self._pending = bytearray()

    def _skip(self, chunk: bytes) -> int:
        """The position after the document that is too large; the end of the chunk when it goes on."""
        end = self._end_of_document(chunk, 0)
        if end is None:
            return len(chunk)
        self._reset()
        self._skipping = False
        return end

    def _before_document(self, chunk: bytes, start: int) -> tuple[int, list[BrokenDocument]]:
        """Step over what stands between documents; anything else there is broken up to the end of the line."""
        while start < len(chunk):
            char = chunk[start : start + 1]
            if char == b"{":
                self._pending_line = self._line
                return start, []
            if char == b"[" and not self._in_array:
                self._in_array = True
            elif char == b"]" and self._in_array:
                self._in_array = False
            elif char not in BLANK + (b"," if self._in_array else b""):
                return len(chunk), [self._no_object(chunk, start)]
            start += 1
        return start, []

    def _no_object(self, chunk: bytes, start: int) -> BrokenDocument:
        """The rest of a line that is too large is passed over: it may be as large as a disk."""
        self._discarding = not chunk.endswith(b"\n") and len(chunk) + len(UTF8_MARK) >= self._max_bytes
        reason = f"{NO_OBJECT}, on a line {too_large(self._max_bytes)}" if self._discarding else NO_OBJECT
        return BrokenDocument(self._line, chunk[start:].strip(BLANK), reason)

    def _end_of_document(self, chunk: bytes, start: int) -> int | None:
        """The position after the bracket that closes the document, or None when it is not in this chunk."""
        position = start + self._escaped  # the backslash was the last byte of the chunk before
        self._escaped = 0
        while match := _STRUCTURE.search(chunk, position):
            position = match.end()
            char = match.group()
            if char == b"\\":
                position += self._in_string
            elif char == b'"':
                self._in_string = not self._in_string
            elif not self._in_string:
                self._depth += 1 if char in b"{[" else -1
                if self._depth == 0:
                    return position
        self._escaped = max(0, position - len(chunk))
        return None

    def _complete(self) -> Parsed:
        raw, line = bytes(self._pending), self._pending_line
        self._reset()
        if len(raw) > self._max_bytes:
            return BrokenDocument(line, raw, too_large(self._max_bytes))
        try:
            return Document(line, raw, decode(raw))
        except NotJson as error:
            return BrokenDocument(line, raw, f"not JSON: {error}")

    def _broken(self, reason: str) -> BrokenDocument:
        broken = BrokenDocument(self._pending_line, bytes(self._pending), reason)
        self._reset()
        return broken

    def _reset(self) -> None:
        self._pending = bytearray()
        self._depth = 0
        self._in_string = False
        self._escaped = 0


def too_large(max_bytes: int) -> str:
    return f"larger than {max_bytes // 2**20} MB; only its beginning is kept"
