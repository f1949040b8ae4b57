"""A run that was interrupted goes on by the same command: nothing is read again, nothing is counted twice."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedIOBase, BytesIO
from pathlib import Path
from typing import Any

import psycopg
import pytest

from builders import NOON, body, lines, message
from metaads_cli.console import Console
from metaads_cli.db.session import Database
from metaads_cli.errors import InputError
from metaads_cli.models.reports import IngestReport
from metaads_cli.tasks.following import FollowedFile
from metaads_cli.tasks.ingest import IngestOptions, IngestRun, ingest
from metaads_cli.tasks.rejects import RejectsFile
from metaads_cli.tasks.sources import Source

BATCH = 10
KEPT = "SELECT count(*) FROM metaads.ingest_progress"


class Watched(BytesIO):
    """Content that notes from where it was read, and breaks off behind so many bytes."""

    def __init__(self, content: bytes, breaks_at: int | None):
        super().__init__(content)
        self.breaks_at = breaks_at
        self.first_read: int | None = None

    def readline(self, size: int | None = -1, /) -> bytes:
        place = self.tell()
        if self.breaks_at is not None and place >= self.breaks_at:
            raise KeyboardInterrupt
        line = super().readline(size)
        self.first_read = place or self.first_read
        return line


@dataclass(frozen=True)
class Breaking(Source):
    """A file in which the user presses Ctrl-C when its `breaks_at` is reached; None: never."""

    breaks_at: int | None = None
    seen: tuple[list[int], ...] = ([],)

    def streams(self, on_quiet: Callable[[int], None]) -> Iterator[BufferedIOBase]:  # noqa: ARG002  # a growing file does
        stream = Watched(Path(self.name).read_bytes(), self.breaks_at)
        yield stream
        self.seen[0].append(stream.first_read or 0)


@dataclass
class Bench:
    database: Database
    folder: Path

    def write(self, name: str, count: int, first: int = 0, *, extra: str = "") -> Path:
        path = self.folder / name
        touches = (message(f"54911{number:08}", NOON + number) for number in range(first, first + count))
        path.write_text(extra + lines(*(body(touch) for touch in touches)))
        return path

    def run(self, *sources: Source, rejects: Path | None = None, **options: Any) -> IngestRun:
        values: dict[str, Any] = {
            "tenant_id": None,
            "create_contacts": True,
            "batch_size": BATCH,
            "max_document_bytes": 2**20,
            "max_rejects": None,
            "dry_run": False,
        }
        file = RejectsFile(rejects or self.folder / f"rejects-{os.urandom(4).hex()}", is_chosen=rejects is not None)
        with file, Console(verbosity=-1).progress("", None) as progress:
            return ingest(self.database, list(sources), IngestOptions(**values | options), file, progress)

    def break_off(self, path: Path, at_part: float, *others: Source, **options: Any) -> None:
        with pytest.raises(KeyboardInterrupt):
            self.run(*others, Breaking(str(path), int(path.stat().st_size * at_part)), **options)

    def kept(self) -> int:
        row = self.database.connection.execute(KEPT).fetchone()
        assert row is not None
        return int(row[0])


@pytest.fixture
def bench(database: Database, tmp_path: Path) -> Bench:
    return Bench(database, tmp_path)


def figures(report: IngestReport) -> tuple[int, int, int, bool]:
    return report.received, report.created_contacts, report.rejected, report.resumed


def test_it_goes_on_behind_the_last_batch_and_counts_the_whole(bench: Bench, connection: psycopg.Connection) -> None:
    path = bench.write("log.jsonl", 100)
    bench.break_off(path, 0.6)
    seen: list[int] = []
    report = bench.run(Breaking(str(path), None, (seen,))).report
    assert figures(report) == (100, 100, 0, True)
    assert report.duplicates <= 2 * BATCH
    assert seen[0] >= path.stat().st_size * 0.3
    assert connection.execute("SELECT count(*) FROM patients").fetchone() == (100,)
    assert bench.kept() == 0


def test_a_run_that_ends_as_it_should_leaves_nothing_and_is_read_anew(bench: Bench) -> None:
    path = bench.write("log.jsonl", 25)
    assert figures(bench.run(Source(str(path))).report) == (25, 25, 0, False)
    assert bench.kept() == 0
    again = bench.run(Source(str(path))).report
    assert (again.received, again.duplicates, again.resumed) == (25, 25, False)


def test_files_that_were_read_to_their_end_are_not_opened_again(bench: Bench) -> None:
    first, second = bench.write("1.jsonl", 30), bench.write("2.jsonl", 40, 30)
    bench.break_off(second, 0.7, Source(str(first)))
    seen: list[int] = []
    report = bench.run(Breaking(str(first), 0, (seen,)), Source(str(second))).report
    assert figures(report) == (70, 70, 0, True)
    assert seen == []


def changed(bench: Bench, path: Path) -> dict[str, Any]:
    path.write_text(path.read_text().replace("Texto", "Otro texto"))
    return {}


def as_another_tenant(_bench: Bench, _path: Path) -> dict[str, Any]:
    return {"tenant_id": 1}


def from_the_start(_bench: Bench, _path: Path) -> dict[str, Any]:
    return {"from_start": True}


@pytest.mark.parametrize("prepare", [changed, as_another_tenant, from_the_start])
def test_it_begins_anew_where_something_else_is_asked(
    bench: Bench, prepare: Callable[[Bench, Path], dict[str, Any]]
) -> None:
    path = bench.write("log.jsonl", 100)
    bench.break_off(path, 0.6)
    report = bench.run(Source(str(path)), **prepare(bench, path)).report
    assert report.received == 100
    assert report.duplicates >= 30


def test_rejects_of_before_stay_with_those_that_come_and_are_told(bench: Bench) -> None:
    path = bench.write("log.jsonl", 60, extra="nonsense\n")
    path.write_text(path.read_text() + "more nonsense\n")
    first = bench.folder / "first-rejects"
    bench.break_off(path, 0.6, rejects=first)
    done = bench.run(Source(str(path)), rejects=first)
    assert figures(done.report) == (62, 60, 2, True)
    assert done.report.rejects_file == str(first)
    assert len(first.read_text().splitlines()) == 2
    assert done.reasons[0] == "before the interruption 1 messages were rejected"


def test_rejects_of_before_are_told_also_when_nothing_more_is_rejected(bench: Bench) -> None:
    path = bench.write("log.jsonl", 60, extra="nonsense\n")
    bench.break_off(path, 0.6)
    done = bench.run(Source(str(path)))
    assert figures(done.report) == (61, 60, 1, True)
    assert done.report.rejects_file is not None
    assert Path(done.report.rejects_file).is_file()


def test_a_run_that_gives_up_for_its_input_begins_anew(bench: Bench) -> None:
    path = bench.write("log.jsonl", 30, extra="nonsense\n")
    path.write_text(path.read_text() + "more nonsense\n")
    with pytest.raises(InputError, match="More than 1"):
        bench.run(Source(str(path)), max_rejects=1)
    assert bench.kept() == 0


def test_a_dry_run_keeps_no_place(bench: Bench) -> None:
    bench.break_off(bench.write("log.jsonl", 100), 0.6, dry_run=True)
    assert bench.kept() == 0


def test_a_file_that_grows_goes_on_where_it_was_left(bench: Bench) -> None:
    path = bench.write("log.jsonl", 30)
    stops = iter([False] * 20 + [True] * 10)
    first = bench.run(FollowedFile(str(path), lambda: next(stops), lambda _: None)).report
    assert 0 < first.received < 30
    path.write_text(path.read_text() + bench.write("more", 10, 30).read_text())
    ends = iter([False] * 200 + [True] * 10)
    second = bench.run(FollowedFile(str(path), lambda: next(ends), lambda _: None)).report
    assert first.received + second.received == 40
    assert second.duplicates == 0
