"""A file that grows: what is there is read, then what comes, through rotation and truncation."""

import io
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import BinaryIO

from metaads_cli.errors import UsageError
from metaads_cli.referrals.unpacking import packing
from metaads_cli.tasks.sources import STANDARD_INPUT, Source, sources

POLL_SECONDS = 0.25
QUIET_POLLS = 4
"""After a second at the end of the file, what was read is stored; a file that was replaced is finished."""


@dataclass(frozen=True)
class FollowedFile(Source):
    """`stop` is asked before each line; `wait` is the pause between two looks."""

    stop: Callable[[], bool]
    wait: Callable[[float], None] = time.sleep

    @property
    def grows(self) -> bool:
        return True

    @property
    def size(self) -> None:
        """It has no end."""

    def streams(self, on_quiet: Callable[[int], None]) -> Iterator[BufferedIOBase]:
        """One for each file that bears the name, until `stop`."""
        while not self.stop():
            try:
                with Path(self.name).open("rb") as file:
                    yield _GrowingFile(self, file, on_quiet)
            except FileNotFoundError:  # between two files of that name
                self.wait(POLL_SECONDS)


def followed(names: Sequence[str], rejects: Path | None, stop: Callable[[], bool]) -> FollowedFile:
    """The one file to follow. Raises UsageError for anything else."""
    if list(names) == [STANDARD_INPUT]:
        raise UsageError("--follow is for a file", hint="Standard input is read until it ends, however long that takes")
    found = sources(names, rejects)
    if len(names) != 1 or len(found) != 1 or not Path(found[0].name).is_file():
        raise UsageError("--follow is for one file", hint="Follow each file with a metaads of its own")
    name = found[0].name
    with Path(name).open("rb") as file:
        if kind := packing(file.read(4)):
            raise UsageError(f"{name} is packed with {kind}; --follow is for a file that grows")
    return FollowedFile(name, stop)


class _GrowingFile(io.BufferedIOBase):
    """A line is given once it is whole. The end comes when the file was replaced or shortened, or is left."""

    def __init__(self, source: FollowedFile, file: BinaryIO, on_quiet: Callable[[int], None]):
        self.failure: str | None = None
        self.left = False
        self._source, self._file, self._on_quiet = source, file, on_quiet
        self._part = b""
        self._is_over = False
        self._idle = 0
        """Pauses since something came."""
        self._is_stored = True
        self._waiting = 0
        """Pauses since a line was given that is not stored."""

    def readline(self, size: int | None = -1, /) -> bytes:
        limit = -1 if size is None else size
        while not self._is_over:
            if self._source.stop():
                self.left = True
                return b""
            if self._read_on(limit):
                return self._taken()
            self._look_around()
        return self._taken()

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        self._part = b""
        return self._file.seek(offset, whence)

    def _read_on(self, limit: int) -> bool:
        """Whether there is a whole line now, or as much of one as is asked for."""
        came = self._file.readline(limit - len(self._part) if limit >= 0 else -1)
        self._part += came
        if came:
            self._idle = 0
        return self._part.endswith(b"\n") or len(self._part) == limit

    def _look_around(self) -> None:
        """At the end of what is there: find that nothing more can come, or wait."""
        if os.fstat(self._file.fileno()).st_size < self._file.tell():
            self._is_over = True
            self.failure = "the file was shortened while it was read" if self._part else None
        # Whoever wrote it may write on for a moment after the file was moved away.
        elif self._idle >= QUIET_POLLS and self._was_replaced():
            self._is_over = True
        else:
            self._wait()

    def _was_replaced(self) -> bool:
        try:
            return not os.path.samestat(os.fstat(self._file.fileno()), Path(self._source.name).stat())
        except FileNotFoundError:
            return False

    def _wait(self) -> None:
        if self._waiting >= QUIET_POLLS:
            self._is_stored, self._waiting = True, 0
            self._on_quiet(self.tell())
        self._source.wait(POLL_SECONDS)
        self._idle += 1
        self._waiting += not self._is_stored

    def _taken(self) -> bytes:
        part, self._part = self._part, b""
        self._is_stored = self._is_stored and not part
        return part
