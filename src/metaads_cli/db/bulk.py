"""COPY: rows into a table, streamed."""

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from psycopg import sql


def copy_rows(
    cursor: psycopg.Cursor, table: Sequence[str], columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """COPY the rows into the table (given as its name's parts); how many there were."""
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(*table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    count = 0
    with cursor.copy(query) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count
