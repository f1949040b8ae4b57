"""gzip and zstd, recognised by their first bytes: what can be read of a packed stream is read."""

import io
import sys
from io import BufferedIOBase
from typing import Protocol

GZIP = "gzip"
ZSTD = "zstd"
_BUFFER = 2**18


class _File(Protocol):
    def read1(self, size: int, /) -> bytes: ...


def packing(first: bytes) -> str | None:
    """How the stream that begins with these bytes is packed."""
    if first.startswith(b"\x1f\x8b"):
        return GZIP
    # A frame of zstd, or one that holds no data, with which parallel packers begin.
    skippable = len(first) > 3 and first[0] >> 4 == 5 and first[1:4] == b"\x2a\x4d\x18"
    return ZSTD if skippable or first.startswith(b"\x28\xb5\x2f\xfd") else None


def unpacked(kind: str, first: bytes, rest: BufferedIOBase) -> tuple[io.BufferedReader, "Unpacked"]:
    """The content of a stream of which the first bytes are read already."""
    content = Unpacked(kind, first, rest)
    return io.BufferedReader(content, _BUFFER), content


class Unpacked(io.RawIOBase):
    """Where the packed data are cut off or damaged the content ends, and `failure` says why.

    It is unpacked as it is read: what little bytes unfold into takes time but no memory.
    """

    def __init__(self, kind: str, first: bytes, rest: BufferedIOBase):
        self.failure: str | None = None
        self._kind = kind
        self._file, self._errors = (_gzip if kind == GZIP else _zstd)(_Joined(first, rest))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if self.failure:
            return 0
        try:
            content = self._file.read1(len(buffer))
        except EOFError:
            self.failure = f"the {self._kind} data end too early (truncated)"
            return 0
        except self._errors as error:
            self.failure = f"the {self._kind} data are damaged ({str(error).rpartition(': ')[2]})"
            return 0
        buffer[: len(content)] = content
        return len(content)


class _Joined(io.BufferedIOBase):
    """A stream with bytes before it that were taken from it."""

    def __init__(self, first: bytes, rest: BufferedIOBase):
        self._first, self._rest = first, rest

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        if not self._first:
            return self._rest.read1(_BUFFER if size is None else size)
        count = len(self._first) if size is None or size < 0 else size
        taken, self._first = self._first[:count], self._first[count:]
        return taken


def _gzip(stream: BufferedIOBase) -> tuple[_File, tuple[type[Exception], ...]]:
    import gzip
    import zlib

    return gzip.GzipFile(fileobj=stream), (zlib.error, gzip.BadGzipFile)


def _zstd(stream: BufferedIOBase) -> tuple[_File, tuple[type[Exception], ...]]:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd

    return zstd.ZstdFile(stream), (zstd.ZstdError,)
