"""Where a run that was killed goes on: behind the last batch that it stored.

Only the same command goes on, and only in files that are as they were. Whatever else happens, nothing is lost and
nothing happens twice: a touch that is read again is known.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from metaads_cli.db.connection import translated_errors
from metaads_cli.db.queries import ingest_progress
from metaads_cli.db.queries.ingest_progress import JobProgress, SourceProgress
from metaads_cli.db.session import Database
from metaads_cli.referrals.decoding import Place
from metaads_cli.tasks.ingest.counts import Counts
from metaads_cli.tasks.sources import Source

_COMPARED = 2**16
"""Bytes of a growing file, at its beginning and before the place, that must be as they were."""


class Reached(NamedTuple):
    """Everything in the file before the place is in a batch."""

    source: Source
    place: Place
    is_finished: bool


def job_of(inputs: Sequence[Source], *options: object) -> str | None:
    """What the same command is recognised by: its files and what else matters. None where there are no files."""
    names = sorted(_name(one) for one in inputs if one.is_file)
    return hashlib.sha256(json.dumps([names, *map(str, options)]).encode()).hexdigest() if names else None


@dataclass
class Bookmarks:
    """How far each file is read; `before` is how far it was when the same command was interrupted."""

    database: Database
    job: str | None
    before: JobProgress | None = None
    _reached: dict[str, Reached] = field(default_factory=dict)

    def start_of(self, source: Source) -> Place | None:
        """Where the file goes on; None where it begins."""
        known = self._known(source)
        return Place(known.read_to, known.line) if known else None

    def has_finished(self, source: Source) -> bool:
        known = self._known(source)
        return known is not None and known.is_finished

    def reach(self, reached: Reached) -> None:
        if self.job is not None and reached.source.is_file:
            self._reached[_name(reached.source)] = reached

    def cut(self) -> list[Reached]:
        """What was reached since the last time."""
        reached, self._reached = self._reached, {}
        return list(reached.values())

    def keep(self, reached: Sequence[Reached], counts: Counts, rejects_file: Path | None) -> None:
        """For the next run, if this one does not come to its end."""
        if self.job is None or not reached:
            return
        files = [_as_it_is(one) for one in reached]
        with translated_errors(), self.database.connection.transaction(), self.database.connection.cursor() as cursor:
            ingest_progress.save(cursor, self.job, files, counts.as_dict(), str(rejects_file) if rejects_file else None)

    def forget(self) -> None:
        """The run came to its end."""
        if self.job is not None:
            with translated_errors():
                ingest_progress.forget(self.database.connection, self.job)

    def _known(self, source: Source) -> SourceProgress | None:
        return self.before.sources.get(_name(source)) if self.before and source.is_file else None


def open_bookmarks(database: Database, job: str | None, inputs: Sequence[Source], *, from_start: bool) -> Bookmarks:
    """`from_start` forgets what an interrupted run has read; so does a file that is not as it was."""
    bookmarks = Bookmarks(database, job)
    if job is None:
        return bookmarks
    with translated_errors():
        before = None if from_start else ingest_progress.read(database.connection, job)
    if before is not None and _are_as_they_were(inputs, before):
        bookmarks.before = before
    else:
        bookmarks.forget()
    return bookmarks


def _are_as_they_were(inputs: Sequence[Source], before: JobProgress) -> bool:
    found = {_name(one): one for one in inputs if one.is_file}
    return all(
        name in found and _fingerprint(found[name], known.read_to) == known.fingerprint
        for name, known in before.sources.items()
    )


def _name(source: Source) -> str:
    return os.path.realpath(source.name)


def _as_it_is(reached: Reached) -> SourceProgress:
    return SourceProgress(
        source=_name(reached.source),
        fingerprint=_fingerprint(reached.source, reached.place.offset),
        read_to=reached.place.offset,
        line=reached.place.line,
        is_finished=reached.is_finished,
    )


def _fingerprint(source: Source, offset: int) -> str:
    """Changes when the file is another one: it was written to, or, of one that grows, what was read is another."""
    try:
        if not source.grows:
            found = Path(source.name).stat()
            return f"{found.st_size} {found.st_mtime_ns}"
        with Path(source.name).open("rb") as file:
            head = file.read(min(offset, _COMPARED))
            file.seek(max(0, offset - _COMPARED))
            return hashlib.sha256(head + file.read(min(offset, _COMPARED))).hexdigest()
    except OSError:
        return "gone"
