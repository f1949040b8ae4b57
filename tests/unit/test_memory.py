"""Memory does not grow with the input."""

import io
import itertools
import json
import tracemalloc
from collections.abc import Iterator

from builders import body, message
from metaads_cli.referrals.documents import read_documents
from metaads_cli.referrals.shapes import is_payload


class Endless(io.RawIOBase):
    """So many webhook bodies, made as they are read."""

    def __init__(self, count: int, separator: bytes):
        line = json.dumps(body(message())).encode() + separator
        self._parts: Iterator[bytes] = itertools.repeat(line, count)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while len(self._rest) < len(buffer) and (part := next(self._parts, b"")):
            self._rest += part
        chunk, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(chunk)] = chunk
        return len(chunk)


def peak(count: int, separator: bytes) -> int:
    stream = io.BufferedReader(Endless(count, separator))
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_documents(stream, max_bytes=2**16, is_payload=is_payload)) == count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_reading_eight_times_as_many_lines_takes_no_more_memory() -> None:
    assert peak(8_000, b"\n") < 1.2 * peak(1_000, b"\n")


def test_reading_eight_times_as_much_on_one_line_takes_no_more_memory() -> None:
    assert peak(4_000, b"") < 1.2 * peak(500, b"")
