"""What statements read."""

from collections.abc import Iterable

import psycopg


def rows_read(connection: psycopg.Connection, tables: Iterable[str]) -> dict[str, int]:
    """Of each table, since the database was made: by scans and by indexes."""
    connection.execute("SELECT pg_stat_force_next_flush()")
    query = """
        SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables WHERE relid = %s::regclass
    """
    return {table: connection.execute(query, [table]).fetchall()[0][0] for table in tables}
