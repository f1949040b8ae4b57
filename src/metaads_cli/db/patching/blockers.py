"""Who is in the way: the sessions that hold what a patch waits for. Looking takes no lock on any table."""

from collections.abc import Iterable
from dataclasses import dataclass

import psycopg

from metaads_cli.models.migrations import Blocker

# What of a session the server hides from roles that are not its own (but pg_read_all_stats) is NULL.
_SESSION = """
    coalesce(a.pid, 0),
    CASE WHEN a.pid IS NULL THEN 'a prepared transaction'
         ELSE nullif(coalesce(nullif(a.application_name, ''), a.backend_type), '') END,
    a.usename, a.state, greatest(0, extract(epoch FROM now() - a.xact_start))::int,
    a.pid IS NOT NULL AND a.usesysid IS NULL AND coalesce(a.backend_type, 'autovacuum worker') = 'autovacuum worker',
    a.query
"""
_OF_A_WAITING_PROCESS = f"""
    SELECT DISTINCT {_SESSION}
    FROM pg_catalog.pg_stat_activity AS me
    CROSS JOIN LATERAL unnest(CASE WHEN me.wait_event_type = 'Lock' THEN pg_blocking_pids(me.pid) END) AS b (pid)
    LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = b.pid
    WHERE me.pid = %s
    ORDER BY 1
"""  # noqa: S608  # no part of it is anybody's input
_OF_A_TABLE = f"""
    SELECT DISTINCT {_SESSION}
    FROM pg_catalog.pg_locks AS l LEFT JOIN pg_catalog.pg_stat_activity AS a USING (pid)
    WHERE l.relation = to_regclass(%s)::oid AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()
    ORDER BY 1
"""  # noqa: S608


@dataclass(frozen=True)
class Session:
    """A blocker, and what is not written down about it."""

    blocker: Blocker
    is_autovacuum: bool
    query: str | None


def blocking(connection: psycopg.Connection, pid: int) -> list[Session]:
    """The sessions that the process waits for just now."""
    return [_session(row) for row in connection.execute(_OF_A_WAITING_PROCESS, [pid])]


def holding(connection: psycopg.Connection, table: str | None) -> list[Session]:
    """The other sessions that hold a lock on the table."""
    if table is None:
        return []
    return [_session(row) for row in connection.execute(_OF_A_TABLE, [table])]


def _session(row: tuple[object, ...]) -> Session:
    pid, application, user, state, age, is_autovacuum, query = row
    blocker = Blocker(
        pid=int(str(pid)),
        application="autovacuum" if is_autovacuum else _text(application),
        user=_text(user),
        state=_text(state) or ("active" if is_autovacuum else None),
        age_seconds=None if age is None else int(str(age)),
    )
    return Session(blocker, bool(is_autovacuum), _text(query))


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def described(blockers: Iterable[Blocker]) -> str:
    """In words: application, user, state and age; no query text."""
    return "; ".join(map(_described, blockers)) or "no session holds it now"


def _described(blocker: Blocker) -> str:
    age = "" if blocker.age_seconds is None else f" for {blocker.age_seconds} s"
    parts = [
        blocker.application or "application unknown",
        f"user {blocker.user or '-'}",
        f"{blocker.state or 'state not shown to this role'}{age}",
    ]
    return f"process {blocker.pid} ({', '.join(parts)})"
