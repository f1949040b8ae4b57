"""The history of patches, `metaads.patch_log`: append-only rows, read as the state of each patch."""

import uuid
from dataclasses import dataclass
from datetime import datetime

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from metaads_cli import __version__
from metaads_cli.db.patching.files import Patch
from metaads_cli.models.migrations import Blocker

LOG = "metaads.patch_log"


@dataclass(frozen=True)
class Entry:
    """The newest word on a patch."""

    checksum: str
    action: str
    logged_at: datetime

    @property
    def in_force(self) -> bool:
        return self.action in {"applied", "adopted"}


@dataclass(frozen=True)
class Record:
    """What is written down about one attempt."""

    action: str
    duration_ms: int
    attempts: int
    lock_wait_ms: int
    sqlstate: str | None = None
    notices: tuple[str, ...] = ()
    blockers: tuple[Blocker, ...] = ()


def exists(connection: psycopg.Connection) -> bool:
    row = connection.execute("SELECT to_regclass(%s)", [LOG]).fetchone()
    return row is not None and row[0] is not None


def read(connection: psycopg.Connection) -> dict[str, Entry]:
    """The newest applied, adopted or reverted entry of each patch; failures do not change a patch's state."""
    if not exists(connection):
        return {}
    rows = connection.execute("""
        SELECT DISTINCT ON (patch) patch, checksum, action, logged_at
        FROM metaads.patch_log
        WHERE action IN ('applied', 'adopted', 'reverted')
        ORDER BY patch, log_id DESC
    """).fetchall()
    return {row[0]: Entry(*row[1:]) for row in rows}


def write(connection: psycopg.Connection, run_id: uuid.UUID, patch: Patch, record: Record) -> None:
    connection.execute(
        """
        INSERT INTO metaads.patch_log
            (run_id, patch, checksum, action, duration_ms, attempts, lock_wait_ms, sqlstate, notices,
             blockers, tool_version, server_version)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, current_setting('server_version'))
        """,
        [
            run_id,
            patch.name,
            patch.checksum,
            record.action,
            record.duration_ms,
            record.attempts,
            record.lock_wait_ms,
            record.sqlstate,
            list(record.notices),
            Jsonb(msgspec.to_builtins(record.blockers)) if record.blockers else None,
            __version__,
        ],
    )
