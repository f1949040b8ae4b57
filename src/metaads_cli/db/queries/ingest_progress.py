"""How far an ingest that is not finished has come: files, which belong to no tenant."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

_READ = """
SELECT source, fingerprint, read_to, line, is_finished, counts, rejects_file
FROM metaads.ingest_progress WHERE job = %s ORDER BY updated_at
"""
_SAVE = """
INSERT INTO metaads.ingest_progress
    (job, source, fingerprint, read_to, line, is_finished, counts, rejects_file, updated_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp())
ON CONFLICT (job, source) DO UPDATE SET
    fingerprint = excluded.fingerprint, read_to = excluded.read_to, line = excluded.line,
    is_finished = excluded.is_finished, counts = excluded.counts, rejects_file = excluded.rejects_file,
    updated_at = excluded.updated_at
"""
_FORGET = "DELETE FROM metaads.ingest_progress WHERE job = %s OR updated_at < now() - interval '30 days'"


@dataclass(frozen=True)
class SourceProgress:
    """One file: the bytes up to which it is stored, and the number of the line there."""

    source: str
    fingerprint: str
    read_to: int
    line: int
    is_finished: bool


@dataclass(frozen=True)
class JobProgress:
    """A whole run: its files, by name, what was counted, and where its rejects are."""

    sources: Mapping[str, SourceProgress]
    counts: Mapping[str, int]
    rejects_file: str | None


def read(connection: psycopg.Connection, job: str) -> JobProgress | None:
    rows = connection.execute(_READ, [job]).fetchall()
    if not rows:
        return None
    return JobProgress({row[0]: SourceProgress(*row[:5]) for row in rows}, *rows[-1][5:])


def save(
    cursor: psycopg.Cursor,
    job: str,
    sources: Iterable[SourceProgress],
    counts: Mapping[str, Any],
    rejects_file: str | None,
) -> None:
    """After the batches that came this far. Whether it outlives the server's crash does not matter: what is read again
    is known."""
    cursor.execute("SET LOCAL synchronous_commit = off")
    cursor.executemany(
        _SAVE,
        [
            (job, one.source, one.fingerprint, one.read_to, one.line, one.is_finished, Jsonb(counts), rejects_file)
            for one in sources
        ],
    )


def forget(connection: psycopg.Connection, job: str) -> None:
    """What a run leaves that came to its end, and what nobody came back for."""
    connection.execute(_FORGET, [job])
