"""One runner at a time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from metaads_cli.console import Console
from metaads_cli.db.patching.run import is_usable
from metaads_cli.errors import LockNotAvailable

# "metaads" in ASCII: one number for every runner of this program, in whichever database.
ADVISORY_LOCK = 0x6D657461616473
POLL_SECONDS = 0.2


@contextmanager
def only_runner(connection: psycopg.Connection, wait_seconds: float, console: Console) -> Iterator[None]:
    """Hold the runners' lock. It is polled: a blocking wait would deadlock with a concurrent index build.

    Raises LockNotAvailable, naming the holder, when another runner has it for longer than `wait_seconds`.
    """
    deadline = time.monotonic() + wait_seconds
    told = False
    while not _try_lock(connection):
        holder = _lock_holder(connection)
        if time.monotonic() >= deadline:
            raise LockNotAvailable(
                f"Another runner is applying patches{f' ({holder})' if holder else ''}",
                hint="Wait for it, or give it longer with --wait 5m",
            )
        if not told:
            console.note(f"Waiting for another runner{f': {holder}' if holder else ''}")
            told = True
        time.sleep(POLL_SECONDS)
    try:
        yield
    finally:
        if is_usable(connection):  # else it ends with the connection
            connection.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])


def _try_lock(connection: psycopg.Connection) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK]).fetchone()
    return row is not None and bool(row[0])


def _lock_holder(connection: psycopg.Connection) -> str | None:
    row = connection.execute(
        """
        SELECT concat_ws(', ', 'process ' || a.pid,
                         'application ' || coalesce(nullif(a.application_name, ''), 'unknown'),
                         'user ' || a.usename,
                         'since ' || to_char(a.backend_start, 'HH24:MI:SS'))  -- hidden from other roles
        FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_stat_activity AS a USING (pid)
        WHERE l.locktype = 'advisory' AND l.granted
          AND l.classid = (%(key)s::bigint >> 32)::oid AND l.objid = (%(key)s::bigint & 4294967295)::oid
          AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
        """,
        {"key": ADVISORY_LOCK},
    ).fetchone()
    return None if row is None else str(row[0])
