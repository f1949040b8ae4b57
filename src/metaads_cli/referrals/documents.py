"""Documents out of a byte stream: JSON lines, one JSON document, an array, documents one after the other, forms, CSV.

Nothing but the document in hand is kept in memory. A broken one is reported with its bytes, and reading goes on with
the next.
"""

from collections.abc import Callable, Iterable, Iterator
from io import BufferedIOBase
from itertools import chain
from typing import Any

from metaads_cli.referrals.decoding import BLANK, UTF8_MARK, BrokenDocument, Parsed, Place
from metaads_cli.referrals.rows import RowSplitter
from metaads_cli.referrals.splitting import Splitter
from metaads_cli.referrals.unpacking import packing, unpacked

_MAGIC = {
    b"\x1f\x8b": "gzip data within packed data; unpack it first",
    b"\x28\xb5\x2f\xfd": "zstd data within packed data; unpack it first",
    b"PK\x03\x04": "a zip archive; unpack it first: unzip -p FILE | metaads ingest -",
    b"BZh": "bzip2 data; unpack it first: bzcat FILE | metaads ingest -",
    b"\xfd7zXZ\0": "xz data; unpack it first: xzcat FILE | metaads ingest -",
    b"\xff\xfe": "UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "UTF-16 text; save it as UTF-8",
}
_HEAD = 4096


def read_documents(
    stream: BufferedIOBase,
    *,
    max_bytes: int,
    is_payload: Callable[[Any], bool],
    rows: bool = False,
    start: Place | None = None,
) -> Iterator[Parsed]:
    """All documents of the stream, which may be packed; an array counts as its items.

    `is_payload` recognises a whole document by its value: a line that is one ends a broken document before it. With
    `rows`, text that does not begin as JSON is CSV. With `start`, it goes on at the place of an earlier document.

    A stream may have a `failure`, once it has ended: why the beginning of a line that it gave last has no end. It may
    have been `left`: what is in hand then is neither whole nor broken.
    """
    origin: object = stream
    head, first = _peeked(stream), stream.readline(max_bytes)
    if kind := packing(first):
        stream, origin = unpacked(kind, first, stream)
        head, first = _peeked(stream), stream.readline(max_bytes)
        start = None
    if reason := _binary(first if rows else head or first):
        yield BrokenDocument(1, b"", f"not JSON text but {reason}")
        return
    splitter = _splitter(head or first, max_bytes, is_payload, rows=rows, places=origin is stream)
    if start is not None:
        first = _go_to(start, stream, splitter, first, max_bytes)
    lines = chain([first], iter(lambda: stream.readline(max_bytes), b"")) if first else ()
    yield from _split(splitter, lines, origin)


def _split(splitter: Splitter | RowSplitter, lines: Iterable[bytes], origin: object) -> Iterator[Parsed]:
    rest = b""
    for line in lines:
        if line[-1:] != b"\n" and _failure(origin):
            rest = line
        else:
            yield from splitter.feed(line)
    if reason := _failure(origin):
        yield from splitter.cut_off(rest, reason)
    elif not getattr(origin, "left", False):
        yield from splitter.finish()


def _failure(origin: object) -> str | None:
    return getattr(origin, "failure", None)


def _splitter(
    head: bytes, max_bytes: int, is_payload: Callable[[Any], bool], *, rows: bool, places: bool
) -> Splitter | RowSplitter:
    if rows and not _begins_as_json(head):
        return RowSplitter(max_bytes, places=places)
    return Splitter(max_bytes, is_payload, places=places)


def _go_to(
    start: Place, stream: BufferedIOBase, splitter: Splitter | RowSplitter, first: bytes, max_bytes: int
) -> bytes:
    """The first line from there. The header of rows is read all the same."""
    while isinstance(splitter, RowSplitter) and splitter.wants_header and first:
        for _ in splitter.feed(first):
            pass
        first = stream.readline(max_bytes)
    stream.seek(start.offset)
    splitter.go_to(start)
    return stream.readline(max_bytes)


def _peeked(stream: BufferedIOBase) -> bytes:
    """The first bytes of a stream that can show them."""
    return bytes(stream.peek(_HEAD)[:_HEAD]) if hasattr(stream, "peek") else b""


def _binary(head: bytes) -> str | None:
    for magic, what in _MAGIC.items():
        if head.startswith(magic):
            return what
    # A log that lost power may hold NULs: a text that begins as JSON is read, and only its bad lines are rejected.
    utf16 = head.lstrip(BLANK)[1:2] == b"\0"
    return "binary data" if b"\0" in head and (utf16 or not _begins_as_json(head)) else None


def _begins_as_json(head: bytes) -> bool:
    return head.removeprefix(UTF8_MARK).lstrip(BLANK)[:1] in {b"{", b"["}
