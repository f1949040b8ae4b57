"""Many rows at once: COPY into a staging table, then one merge."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from metaads_cli.db.session import TenantSession


def copy_rows(
    cursor: psycopg.Cursor, table: Sequence[str], columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """COPY the rows into the table (given as its name's parts); how many there were."""
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(*table), _names(columns))
    count = 0
    with cursor.copy(query) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def copy_text(cursor: psycopg.Cursor, table: Sequence[str], columns: Sequence[str], text: bytes) -> None:
    """COPY rows that are encoded already, as COPY reads them as text."""
    with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(*table), _names(columns))) as copy:
        copy.write(text)


@dataclass(frozen=True)
class Merged:
    """What became of staged rows; the other ones were known as they are."""

    staged: int
    inserted: int
    updated: int

    @property
    def unchanged(self) -> int:
        return self.staged - self.inserted - self.updated


@dataclass(frozen=True)
class MergeTable:
    """A table of schema `metaads` that is filled by staging rows and merging them.

    `columns` are all that are written, `key` those of its primary key; both hold `tenant_id`. `fetched_at` alone does
    not make a row a changed one. Each `lane` of a connection has a staging table of its own, which outlives the
    transaction; of staged rows with the same key the last one counts.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]

    def staging(self, lane: str) -> sql.Identifier:
        return sql.Identifier("pg_temp", self._staging_name(lane))

    def stage(self, session: "TenantSession", lane: str, rows: Iterable[Sequence[Any]]) -> int:
        """Add rows, in the order of `columns`."""
        with session.transaction() as cursor:
            self.prepare(cursor, lane)
            return copy_rows(cursor, ("pg_temp", self._staging_name(lane)), self.columns, rows)

    def merge(self, session: "TenantSession", cursor: psycopg.Cursor, lane: str) -> Merged:
        """Insert what is new, update what differs, and leave the rest alone: a repeated run writes nothing."""
        self.prepare(cursor, lane)
        # The columns that are joined on: statistics of the others are never looked at.
        cursor.execute(sql.SQL("ANALYZE {} ({})").format(self.staging(lane), _names(self.key)))
        row = session.run(cursor, self._statement(lane)).fetchone()
        assert row is not None
        return Merged(*row)

    def discard(self, session: "TenantSession", lane: str) -> None:
        with session.transaction() as cursor:
            self.prepare(cursor, lane)
            cursor.execute(sql.SQL("TRUNCATE {}").format(self.staging(lane)))

    def prepare(self, cursor: psycopg.Cursor, lane: str) -> None:
        cursor.execute(
            sql.SQL("CREATE TEMPORARY TABLE IF NOT EXISTS {} (LIKE metaads.{}, position bigserial)").format(
                sql.Identifier(self._staging_name(lane)), sql.Identifier(self.name)
            )
        )

    def _staging_name(self, lane: str) -> str:
        return f"staged_{self.name}_{lane}"

    def _statement(self, lane: str) -> str:
        changing = [name for name in self.columns if name not in self.key]
        compared = [name for name in changing if name != "fetched_at"]
        text = sql.SQL("""
            WITH latest AS (
                SELECT DISTINCT ON ({key}) {columns} FROM {staging}
                WHERE tenant_id = %(tenant_id)s
                ORDER BY {key}, position DESC
            ), merged AS (
                INSERT INTO metaads.{table} AS known ({columns})
                SELECT {columns} FROM latest
                ON CONFLICT ({key}) DO UPDATE SET {changes}
                WHERE ({known}) IS DISTINCT FROM ({excluded})
                RETURNING xmax = 0 AS inserted
            )
            SELECT (SELECT count(*) FROM latest),
                   count(*) FILTER (WHERE inserted), count(*) FILTER (WHERE NOT inserted)
            FROM merged
        """).format(
            key=_names(self.key),
            columns=_names(self.columns),
            staging=self.staging(lane),
            table=sql.Identifier(self.name),
            changes=sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in changing),
            known=_names(compared, "known"),
            excluded=_names(compared, "excluded"),
        )
        return text.as_string(None)


def _names(columns: Iterable[str], table: str | None = None) -> sql.Composed:
    parts = [(table, name) if table else (name,) for name in columns]
    return sql.SQL(", ").join(sql.Identifier(*part) for part in parts)
