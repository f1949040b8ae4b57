"""Indexes as they are and as a patch wants them, compared by what the server itself says of both."""

import re
from dataclasses import dataclass

import psycopg
from psycopg import sql

from metaads_cli.db.patching.statements import IndexStatement

_DEFINITION = """
    SELECT pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisunique, i.indrelid::regclass::text,
           format('%%I.%%I', n.nspname, t.relname)
    FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_class AS t ON t.oid = i.indrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
    WHERE i.indexrelid = to_regclass(%s)
"""
_PARTS = re.compile(r"(?s)(?P<method>\w+) (?P<columns>\(.*?\))(?: WHERE (?P<predicate>.*))?")


@dataclass(frozen=True)
class Index:
    definition: str
    valid: bool
    unique: bool
    table: str

    @property
    def body(self) -> str:
        """What it is, without its names: method, columns, options, predicate."""
        return self.definition.partition(" USING ")[2]


def find(connection: psycopg.Connection, name: str) -> Index | None:
    row = connection.execute(_DEFINITION, [name]).fetchone()
    return None if row is None else Index(str(row[0]), bool(row[1]), bool(row[2]), str(row[4]))


def differences(connection: psycopg.Connection, found: Index, statement: IndexStatement, wait_ms: int) -> list[str]:
    """How the index differs from what the statement would make, in words; empty where it does not, or where that
    cannot be found out: then the patch's verification decides."""
    wanted = _as_wanted(connection, statement, wait_ms)
    return [] if wanted is None else list(_words(found, wanted, f"{statement.schema}.{statement.table}"))


def _as_wanted(connection: psycopg.Connection, statement: IndexStatement, wait_ms: int) -> Index | None:
    """The index that the statement makes, on an empty table of the same columns that nobody else sees."""
    body = re.split(r"(?is)\son\s+\w+\.\w+\s", statement.text, maxsplit=1)[1]
    unique = "UNIQUE " if re.match(r"(?i)create\s+unique", statement.text) else ""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("SELECT set_config('lock_timeout', %s, true)", [str(wait_ms)])
            connection.execute(
                sql.SQL("CREATE TEMPORARY TABLE metaads_wanted (LIKE {})").format(
                    sql.Identifier(statement.schema, statement.table)
                )
            )
            connection.execute(f"CREATE {unique}INDEX metaads_wanted_index ON metaads_wanted {body}".encode())
            return find(connection, "pg_temp.metaads_wanted_index")
    except psycopg.Error:
        return None


def _words(found: Index, wanted: Index, table: str) -> list[str]:
    pairs = [
        ("it is on", found.table, table),
        ("it is", _uniqueness(found), _uniqueness(wanted)),
        *_parts(found.body, wanted.body),
    ]
    return [f"{what} {is_}, expected {expected}" for what, is_, expected in pairs if is_ != expected]


def _uniqueness(index: Index) -> str:
    return "unique" if index.unique else "not unique"


def _parts(found: str, wanted: str) -> list[tuple[str, str, str]]:
    """The parts of both where they can be told apart as such, else both as a whole."""
    one, other = _PARTS.fullmatch(found), _PARTS.fullmatch(wanted)
    if one is None or other is None:
        return [("it is", found, wanted)]
    return [
        ("its method is", one["method"], other["method"]),
        ("its columns are", one["columns"], other["columns"]),
        ("its predicate is", one["predicate"] or "none", other["predicate"] or "none"),
    ]
