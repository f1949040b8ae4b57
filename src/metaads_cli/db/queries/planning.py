"""What the planner believes about tables, where it may be wrong: a table that was restored, or filled in one go, and
never analysed since, is taken for a small one."""

from collections.abc import Sequence

import psycopg
from psycopg import sql

# Twice as large as when it was analysed; few pages are read in no time.
_OUTGROWN = """
SELECT n.nspname, c.relname
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid IN (SELECT to_regclass(name) FROM unnest(%s::text[]) AS name)
  AND pg_catalog.pg_relation_size(c.oid) > (16 + 2 * c.relpages) * current_setting('block_size')::bigint
"""


def analyse_outgrown(cursor: psycopg.Cursor, tables: Sequence[str]) -> None:
    """Let the server look at those of the tables that have outgrown what it knows of them: a look-up
    of a key might read all rows of the tenant otherwise. It skips those that another session has locked, and those that
    the role may not analyse."""
    for name in cursor.execute(_OUTGROWN, [list(tables)]).fetchall():
        cursor.execute(sql.SQL("ANALYZE (SKIP_LOCKED) {}").format(sql.Identifier(*name)))


def join_in_passes(cursor: psycopg.Cursor) -> None:
    """For the rest of the transaction: read joined tables once each, never one of them for each row of another. For
    statements about all rows of a tenant."""
    cursor.execute("SET LOCAL enable_nestloop = off")
