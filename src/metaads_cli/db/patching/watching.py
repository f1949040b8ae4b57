"""A second connection that sees what the first one waits for, and how far an index build is."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

from metaads_cli.db.patching.blockers import Session, blocking

# Short of the shortest lock_timeout that is in use, so that a try is seen while it waits.
LOOK_SECONDS = 0.04


@dataclass(frozen=True)
class Build:
    """A concurrent index build: which phase, and how much of what of it."""

    phase: str
    done: int
    total: int
    unit: str


@dataclass(frozen=True)
class Sight:
    blockers: list[Session]
    build: Build | None


@dataclass
class Watch:
    """What was seen last while somebody was in the way."""

    blockers: list[Session] = field(default_factory=list)


class Watcher:
    """Watches one connection from a thread. It connects when there is something to look at: most patches are done
    before. Where it cannot connect, nothing is seen and nothing else is different."""

    def __init__(self, connection: psycopg.Connection):
        self._watched = connection
        self._own: psycopg.Connection | None = None

    @contextmanager
    def watching(self, show: Callable[[Sight], None] | None = None) -> Iterator[Watch]:
        """While the block runs: look, remember, and `show` each sight, in the thread that looks."""
        watch, ended = Watch(), threading.Event()
        pid = self._watched.info.backend_pid
        thread = threading.Thread(target=self._look, args=(pid, watch, ended, show), daemon=True)
        thread.start()
        try:
            yield watch
        finally:
            ended.set()
            thread.join()

    def close(self) -> None:
        if self._own is not None:
            self._own.close()

    def _look(self, pid: int, watch: Watch, ended: threading.Event, show: Callable[[Sight], None] | None) -> None:
        try:
            while not ended.wait(LOOK_SECONDS):
                sight = self._sight(pid, with_build=show is not None)
                watch.blockers = sight.blockers or watch.blockers
                if show:
                    show(sight)
        except psycopg.Error:
            self.close()
            self._own = None

    def _sight(self, pid: int, *, with_build: bool) -> Sight:
        if self._own is None:
            self._own = _beside(self._watched)
        return Sight(blocking(self._own, pid), _build(self._own, pid) if with_build else None)


def _beside(connection: psycopg.Connection) -> psycopg.Connection:
    """Another connection of the same user to the same database."""
    parameters = connection.info.get_parameters() | {"application_name": "metaads (watching)", "connect_timeout": "5"}
    own = psycopg.connect(
        psycopg.conninfo.make_conninfo(**parameters),
        password=connection.info.password or None,
        autocommit=True,
    )
    own.execute("SET statement_timeout = 2000")
    return own


def _build(connection: psycopg.Connection, pid: int) -> Build | None:
    row = connection.execute(
        """
        SELECT phase, lockers_done, lockers_total, tuples_done, tuples_total, blocks_done, blocks_total
        FROM pg_catalog.pg_stat_progress_create_index WHERE pid = %s
        """,
        [pid],
    ).fetchone()
    if row is None:
        return None
    phase, *counts = row
    for unit, done, total in zip(("sessions", "rows", "blocks"), counts[::2], counts[1::2], strict=True):
        if total:
            return Build(phase, done or 0, total, unit)
    return Build(phase, 0, 0, "")
