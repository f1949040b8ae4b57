"""JSON documents out of a byte stream: JSON lines, one document, an array, or documents one after the other.

Nothing but the document in hand is kept in memory. A broken one is reported with its bytes, and reading goes on with
the next.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from typing import Any

import msgspec

_STRUCTURE = re.compile(rb'["\\{}\[\]]')
_BLANK = b" \t\r\n"
_UTF8_MARK = b"\xef\xbb\xbf"
_MAGIC = {
    b"\x1f\x8b": "gzip data; unpack it first: zcat FILE | metaads ingest -",
    b"\x28\xb5\x2f\xfd": "zstd data; unpack it first: zstdcat FILE | metaads ingest -",
    b"\xff\xfe": "UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "UTF-16 text; save it as UTF-8",
}


@dataclass(frozen=True, slots=True)
class Document:
    """`line` is where it begins, from 1; `raw` are its bytes."""

    line: int
    raw: bytes
    value: Any


@dataclass(frozen=True, slots=True)
class BrokenDocument:
    line: int
    raw: bytes
    reason: str


class NotJson(ValueError):
    """The bytes are no JSON document; the message says why."""


def decode(raw: bytes) -> Any:
    """The value of one JSON document. Raises NotJson."""
    try:
        return msgspec.json.decode(raw)
    except UnicodeDecodeError:
        raise NotJson("not valid UTF-8") from None
    except RecursionError:
        raise NotJson("nested too deeply") from None
    except msgspec.MsgspecError as error:
        # An emoji cut in half (a lone surrogate) is common in the wild; only the standard library lets it pass.
        if b"\\u" in raw:
            return _decode_leniently(raw)
        said = str(error).removeprefix("JSON is malformed: ").partition(" - at `")[0]
        raise NotJson(_lower(said)) from None


def _decode_leniently(raw: bytes) -> Any:
    try:
        return json.loads(raw, parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise NotJson("not valid UTF-8") from None
    except RecursionError:
        raise NotJson("nested too deeply") from None
    except ValueError as error:
        raise NotJson(_lower(str(error))) from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"the constant {name} is no JSON value")


def _lower(text: str) -> str:
    """Without the capital of a sentence; a name such as JSON keeps its own."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def read_documents(
    stream: BufferedIOBase, *, max_bytes: int, is_payload: Callable[[Any], bool]
) -> Iterator[Document | BrokenDocument]:
    """All documents of the stream; an array counts as its items.

    `is_payload` recognises a whole document by its value: a line that is one ends a broken document before it.
    """
    head = stream.peek(4096)[:4096] if hasattr(stream, "peek") else b""
    if reason := _binary(head):
        yield BrokenDocument(1, b"", reason)
        return
    if head.startswith(_UTF8_MARK):
        stream.read(len(_UTF8_MARK))
    splitter = _Splitter(max_bytes, is_payload)
    while line := stream.readline(max_bytes):
        yield from splitter.feed(line)
    yield from splitter.finish()


def _binary(head: bytes) -> str | None:
    for magic, reason in _MAGIC.items():
        if head.startswith(magic):
            return f"not JSON text but {reason}"
    # A log that lost power may hold NULs: a text that begins as JSON is read, and only its bad lines are rejected.
    start = head.removeprefix(_UTF8_MARK).lstrip(_BLANK)[:2]
    begins_as_json = start[:1] in {b"{", b"["} and start[1:] != b"\0"  # else UTF-16 without a mark
    return "not JSON text but binary data" if b"\0" in head and not begins_as_json else None


class _Splitter:
    """Cuts lines into documents. Most lines are one; the rest goes through a scan for matching brackets."""

    def __init__(self, max_bytes: int, is_payload: Callable[[Any], bool]):
        self._max_bytes = max_bytes
        self._too_large = f"larger than {max_bytes // 2**20} MB; only its beginning is kept"
        self._is_payload = is_payload
        self._line = 1
        self._pending = bytearray()
        self._pending_line = 1
        self._depth = 0
        self._in_string = False
        self._escaped = 0
        self._in_array = False
        self._skipping = False

    def feed(self, line: bytes) -> Iterator[Document | BrokenDocument]:
        """The documents that end on this line."""
        line = line.removeprefix(_UTF8_MARK)  # files with a mark, one after the other
        if not self._pending and not self._in_array and not self._skipping:
            yield from self._line_on_its_own(line)
        else:
            yield from self._line_within(line)
        self._line += line.endswith(b"\n")

    def finish(self) -> Iterator[BrokenDocument]:
        if self._pending:
            yield self._broken("ends in the middle of a document (truncated)")

    def _line_on_its_own(self, line: bytes) -> Iterator[Document | BrokenDocument]:
        text = line.strip(_BLANK)
        if not text:
            return
        try:
            value = decode(text)
        except NotJson:
            yield from self._scan(line)
            return
        if isinstance(value, list):
            yield from _items(self._line, text, value)
        else:
            yield Document(self._line, text, value)

    def _line_within(self, line: bytes) -> Iterator[Document | BrokenDocument]:
        """Inside a document of several lines, unless the line turns out to be a whole one of its own."""
        if line.startswith(b"{") and (self._pending or self._skipping) and self._is_whole(line):
            if self._pending:
                yield self._broken("ends in the middle of a document (truncated)")
            self._reset()
            self._skipping = self._in_array = False
            yield from self._line_on_its_own(line)
        else:
            yield from self._scan(line)

    def _is_whole(self, line: bytes) -> bool:
        try:
            return self._is_payload(decode(line.strip(_BLANK)))
        except NotJson:
            return False

    def _scan(self, chunk: bytes) -> Iterator[Document | BrokenDocument]:
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
            yield BrokenDocument(self._pending_line, bytes(self._pending), self._too_large)
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
            elif char not in _BLANK + (b"," if self._in_array else b""):
                rest = chunk[start:].strip(_BLANK)
                return len(chunk), [BrokenDocument(self._line, rest, "not a JSON object")]
            start += 1
        return start, []

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

    def _complete(self) -> Document | BrokenDocument:
        raw, line = bytes(self._pending), self._pending_line
        self._reset()
        if len(raw) > self._max_bytes:
            return BrokenDocument(line, raw, self._too_large)
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


def _items(line: int, text: bytes, values: list[Any]) -> Iterator[Document]:
    """The items of an array that stands on one line, each with its own bytes."""
    try:
        parts = [bytes(part) for part in msgspec.json.decode(text, type=list[msgspec.Raw])]
    except (msgspec.MsgspecError, RecursionError):
        parts = [json.dumps(value).encode() for value in values]
    for part, value in zip(parts, values, strict=True):
        yield Document(line, part, value)
