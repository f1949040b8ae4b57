"""One run of the runner, and what is learnt about each patch while it is tried."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from metaads_cli.console import Console
from metaads_cli.db.patching.history import Record
from metaads_cli.models.migrations import AppliedPatch, Blocker

MAX_NOTICES = 100


@dataclass(frozen=True)
class Run:
    connection: psycopg.Connection
    console: Console
    lock_attempts: int
    run_id: uuid.UUID = field(default_factory=uuid.uuid4)
    blocked_by: dict[int, Blocker] = field(default_factory=dict)
    """Every session that was waited for, by its process."""


@dataclass
class Attempts:
    """How often a patch was tried, what it waited for, what the server said meanwhile."""

    started: float = field(default_factory=time.monotonic)
    count: int = 0
    lock_wait: float = 0.0
    blockers: list[Blocker] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    statement_start: int = 0
    """Where in the file the statement begins that was sent."""

    def record(self, action: str, *, sqlstate: str | None = None) -> Record:
        return Record(
            action=action,
            duration_ms=round((time.monotonic() - self.started) * 1000),
            attempts=self.count,
            lock_wait_ms=round(self.lock_wait * 1000),
            sqlstate=sqlstate,
            notices=tuple(self.notices),
            blockers=tuple(self.blockers),
        )

    def applied(self, name: str) -> AppliedPatch:
        record = self.record("applied")
        return AppliedPatch(
            name=name,
            duration_ms=record.duration_ms,
            attempts=record.attempts,
            lock_wait_ms=record.lock_wait_ms,
        )


@contextmanager
def heard_notices(run: Run, attempts: Attempts) -> Iterator[None]:
    """Keep what the server says beside its answers; tell what the patch itself raises, and all of it with -v. DETAIL
    may quote rows: it is left out."""

    def hear(said: psycopg.errors.Diagnostic) -> None:
        text = f"{said.severity}: {said.message_primary}"
        if len(attempts.notices) < MAX_NOTICES:
            attempts.notices.append(text)
        if said.source_function != "exec_stmt_raise":
            run.console.step(text)
        elif said.severity_nonlocalized == "WARNING":
            run.console.warn(str(said.message_primary))
        else:
            run.console.note(str(said.message_primary))

    run.connection.add_notice_handler(hear)
    try:
        yield
    finally:
        run.connection.remove_notice_handler(hear)


@contextmanager
def session_settings(connection: psycopg.Connection, **values: str) -> Iterator[None]:
    """Settings that outlast transactions; they do not outlast this block."""
    for name, value in values.items():
        connection.execute("SELECT set_config(%s, %s, false)", [name, value])
    try:
        yield
    finally:
        if is_usable(connection):
            for name in values:
                connection.execute(sql.SQL("RESET {}").format(_dotted(name)))


def _dotted(name: str) -> sql.Composed:
    return sql.SQL(".").join(map(sql.Identifier, name.split(".")))


def is_usable(connection: psycopg.Connection) -> bool:
    """Whether another statement can be sent: not after the connection was lost, nor while one could not be ended."""
    return connection.info.transaction_status is TransactionStatus.IDLE
