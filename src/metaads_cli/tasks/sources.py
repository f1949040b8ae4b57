"""What `ingest` reads: files, folders, patterns, standard input."""

import glob
import io
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import cast

from metaads_cli.errors import UsageError

STANDARD_INPUT = "-"
_ROWS = re.compile(r"\.(csv|tsv)(\.(gz|gzip|zst|zstd))?$", re.IGNORECASE)
_PATTERN = re.compile(r"[*?\[]")
_BUFFER = 2**18


@dataclass(frozen=True)
class Source:
    """A file, or standard input under the name `-`. A folder is one that was found empty."""

    name: str

    @property
    def shown_name(self) -> str:
        return "standard input" if self.name == STANDARD_INPUT else self.name

    @property
    def is_file(self) -> bool:
        return self.name != STANDARD_INPUT and Path(self.name).is_file()

    @property
    def grows(self) -> bool:
        """Whether it is read on as it is written."""
        return False

    @property
    def size(self) -> int | None:
        """In bytes; None where the end is not known."""
        if self.name == STANDARD_INPUT:
            return None
        path = Path(self.name)
        if path.is_dir():
            return 0
        return path.stat().st_size if path.is_file() else None

    @property
    def has_rows(self) -> bool:
        """Whether its name says that it is CSV."""
        return _ROWS.search(self.name) is not None

    def streams(self, on_quiet: Callable[[int], None]) -> Iterator[BufferedIOBase]:  # noqa: ARG002  # a growing file does
        """What there is to read, one after the other; `on_quiet` is told the position while nothing comes."""
        with self.open() as stream:
            yield stream

    def open(self) -> BufferedIOBase:
        if self.name == STANDARD_INPUT:
            return cast("BufferedIOBase", sys.stdin.buffer)
        path = Path(self.name)
        return io.BytesIO() if path.is_dir() else io.BufferedReader(io.FileIO(path), _BUFFER)


def sources(names: Sequence[str], rejects: Path | None) -> list[Source]:
    """The inputs, each once, checked before anything is read.

    A pattern that the shell has left alone stands for the files that match it, a folder for all files below it that
    are not hidden. Raises UsageError naming the one that cannot be used.
    """
    if names.count(STANDARD_INPUT) > 1:
        raise UsageError("Standard input (-) is named twice; it can be read once")
    found = [Source(name) for given in names for name in _expanded(given)]
    for source in found:
        if source.name == STANDARD_INPUT:
            _require_another_file(rejects)
        else:
            _require_usable(Path(source.name), rejects)
    return _once_each(found)


def _expanded(name: str) -> list[str]:
    """The names of the files that one name stands for."""
    path = Path(name)
    if name == STANDARD_INPUT:
        return [name]
    if not name or not path.exists():
        return _matching(name)
    return (_below(name) or [name]) if path.is_dir() else [name]


def _matching(pattern: str) -> list[str]:
    if not _PATTERN.search(pattern):
        raise UsageError(f"The file {pattern or '(no name)'} does not exist", hint="- reads standard input")
    # Path.glob refuses absolute patterns and shows hidden files.
    found = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207
    names = [one for name in found for one in _expanded(name)]
    if not names:
        raise UsageError(f"No file matches {pattern}")
    return names


def _below(folder: str) -> list[str]:
    """Sorted by folder, then by name."""
    found = []
    for place, folders, files in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = (Path(place, name) for name in sorted(files) if not name.startswith("."))
        found += [str(path) for path in paths if path.is_file()]
    return found


def _refuse(error: OSError) -> None:
    raise UsageError(f"The folder {error.filename} cannot be read: {error.strerror}") from None


def _once_each(found: Sequence[Source]) -> list[Source]:
    """A file that is named twice, or matched and named, is read once."""
    unique: dict[str, Source] = {}
    for one in found:
        unique.setdefault(one.name if one.name == STANDARD_INPUT else os.path.realpath(one.name), one)
    return list(unique.values())


def _require_usable(path: Path, rejects: Path | None) -> None:
    if rejects is not None and rejects.exists() and rejects.samefile(path):
        raise _same_file(str(path))
    if path.is_file():  # opening and closing a pipe would end its writer
        try:
            path.open("rb").close()
        except OSError as error:
            raise UsageError(f"The file {path} cannot be read: {error.strerror}") from None


def _require_another_file(rejects: Path | None) -> None:
    """Rejects that are appended to what is being read would be read and rejected for ever."""
    if rejects is None or not rejects.exists():
        return
    try:
        same = os.path.samestat(os.fstat(sys.stdin.fileno()), rejects.stat())
    except (OSError, ValueError):  # standard input that is no file at all
        return
    if same:
        raise _same_file("standard input")


def _same_file(name: str) -> UsageError:
    return UsageError(f"{name} is read and written in the same run", hint="Name another file with --rejects")
