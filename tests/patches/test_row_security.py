"""A tenant's session reaches that tenant's rows only: PostgreSQL sees to it, whatever the statement says."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb
from sqlalchemy import Column, Table
from sqlalchemy.dialects import postgresql

from metaads_cli.db import tables
from metaads_cli.db.session import render

TENANT_TABLES = [table for table in tables.own.sorted_tables if "tenant_id" in table.columns]
tenant_tables = pytest.mark.parametrize("table", TENANT_TABLES, ids=str)
# What a type alone does not tell. A person must be there: an event without one needs a reason.
VALUES = {
    "entity_type": "ad",
    "sync_type": "manual",
    "mode": "stub",
    "channel": "whatsapp",
    "data_source": "live",
    "run_state": "done",
    "kind": "campaign",
    "action": "create",
    "state": "intended",
    "media_kind": "image",
}


def value_of(column: Column[Any], tenant: int, key: str) -> object:
    """A value of the column's type; rows of one tenant differ by their key."""
    if column.name == "tenant_id":
        return tenant
    if column.name in VALUES:
        return VALUES[column.name]
    if isinstance(column.type, postgresql.JSONB):
        return Jsonb({})
    kind = column.type.python_type
    if kind is uuid.UUID:
        return uuid.uuid5(uuid.NAMESPACE_OID, key)
    samples: dict[type, object] = {
        str: key,
        int: ord(key),
        bool: True,
        date: date(2026, 11, 20),
        datetime: datetime(2026, 11, 20, tzinfo=UTC),
        list: [],
        Decimal: Decimal("1.5"),
    }
    return samples[kind]


def row(table: Table, tenant: int, key: str) -> dict[str, object]:
    """The columns that the table requires, and the person."""
    required = [c for c in table.columns if not c.nullable or c.name == "patient_id"]
    return {column.name: value_of(column, tenant, key) for column in required}


@contextmanager
def as_tenant(connection: psycopg.Connection, tenant: int) -> Iterator[None]:
    """One transaction of this tenant."""
    with connection.transaction():
        connection.execute("SELECT metaads.set_tenant(%s)", [tenant])
        yield


def insert(connection: psycopg.Connection, table: Table, tenant: int, key: str) -> None:
    """A row, and first the event it may refer to."""
    if table is tables.attributions:
        insert(connection, tables.referral_events, tenant, key)
    insert_alone(connection, table, tenant, key)


def insert_alone(connection: psycopg.Connection, table: Table, tenant: int, key: str) -> None:
    statement, values = render(postgresql.insert(table).values(row(table, tenant, key)).on_conflict_do_nothing())
    connection.execute(statement.encode(), values)


def read(connection: psycopg.Connection, table: Table) -> list[tuple[object, ...]]:
    return connection.execute(f"SELECT tenant_id, t::text FROM {table} AS t ORDER BY 2".encode()).fetchall()


@pytest.fixture
def filled(connection: psycopg.Connection, table: Table) -> psycopg.Connection:
    """The table holds one row of tenant 1 and two of tenant 2."""
    for tenant, key in ((1, "a"), (2, "a"), (2, "b")):
        with as_tenant(connection, tenant):
            insert(connection, table, tenant, key)
    return connection


def rows_of(connection: psycopg.Connection, table: Table, tenant: int) -> list[tuple[object, ...]]:
    with as_tenant(connection, tenant):
        return read(connection, table)


def test_the_sessions_of_these_tests_are_held_to_row_level_security(connection: psycopg.Connection) -> None:
    query = "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    assert connection.execute(query).fetchone() == (False, False)


def test_every_table_of_the_schema_has_row_level_security_enabled_and_forced(connection: psycopg.Connection) -> None:
    there = connection.execute("""
        SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class
        WHERE relnamespace = 'metaads'::regnamespace AND relkind IN ('r', 'p')
    """).fetchall()
    assert dict(there) == {table.name: True for table in tables.own.tables.values()}


def test_every_key_and_unique_index_of_a_tenant_table_begins_with_the_tenant(connection: psycopg.Connection) -> None:
    leading = connection.execute("""
        SELECT indexrelid::regclass::text, attname FROM pg_index
        JOIN pg_class ON pg_class.oid = indrelid
        LEFT JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
        WHERE relnamespace = 'metaads'::regnamespace AND indisunique AND relname NOT IN ('patch_log', 'ingest_progress')
    """).fetchall()
    assert len(leading) >= len(TENANT_TABLES)
    assert {column for _, column in leading} == {"tenant_id"}


@tenant_tables
def test_a_session_sees_the_rows_of_its_tenant_only(filled: psycopg.Connection, table: Table) -> None:
    assert [row[0] for row in rows_of(filled, table, 1)] == [1]
    assert [row[0] for row in rows_of(filled, table, 2)] == [2, 2]


@tenant_tables
@pytest.mark.parametrize("statement", ["UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}"])
def test_a_session_cannot_change_the_rows_of_another_tenant(
    filled: psycopg.Connection, table: Table, statement: str
) -> None:
    theirs = rows_of(filled, table, 2)
    with as_tenant(filled, 1):
        assert filled.execute(f"{statement.format(table)} WHERE tenant_id = 2".encode()).rowcount == 0
        assert filled.execute(statement.format(table).encode()).rowcount == 1
    assert rows_of(filled, table, 2) == theirs


@tenant_tables
def test_a_session_cannot_insert_a_row_for_another_tenant(filled: psycopg.Connection, table: Table) -> None:
    theirs = rows_of(filled, table, 2)
    with pytest.raises(psycopg.errors.InsufficientPrivilege), as_tenant(filled, 1):
        insert_alone(filled, table, 2, "c")
    assert rows_of(filled, table, 2) == theirs


@tenant_tables
def test_a_session_does_not_learn_from_a_conflict_which_rows_another_tenant_has(
    filled: psycopg.Connection, table: Table
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), as_tenant(filled, 1):
        insert_alone(filled, table, 2, "a")


@tenant_tables
def test_a_session_cannot_give_its_rows_to_another_tenant(filled: psycopg.Connection, table: Table) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), as_tenant(filled, 1):
        filled.execute(f"UPDATE {table} SET tenant_id = 2".encode())
    assert [row[0] for row in rows_of(filled, table, 1)] == [1]


@tenant_tables
@pytest.mark.parametrize("setting", ["RESET metaads.tenant_id", "SET metaads.tenant_id = ''"])
def test_without_a_tenant_nothing_is_visible_and_nothing_can_be_written(
    filled: psycopg.Connection, table: Table, setting: str
) -> None:
    filled.execute(setting.encode())
    assert read(filled, table) == []
    assert filled.execute(f"DELETE FROM {table}".encode()).rowcount == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        insert_alone(filled, table, 1, "c")


def test_a_session_that_never_had_a_tenant_sees_nothing(database_url: str, connection: psycopg.Connection) -> None:
    with as_tenant(connection, 1):
        insert(connection, tables.ads, 1, "a")
    with psycopg.connect(database_url) as fresh:
        assert read(fresh, tables.ads) == []


@pytest.mark.parametrize("rolled_back", [False, True], ids=["committed", "rolled back"])
def test_the_tenant_of_a_session_lasts_for_one_transaction(connection: psycopg.Connection, rolled_back: bool) -> None:
    current = "SELECT nullif(current_setting('metaads.tenant_id', true), '')"
    with connection.transaction(force_rollback=rolled_back):
        connection.execute("SELECT metaads.set_tenant(2)")
        assert connection.execute(current).fetchone() == ("2",)
    assert connection.execute(current).fetchone() == (None,)


def test_setting_the_tenant_outside_a_transaction_has_no_effect(connection: psycopg.Connection) -> None:
    connection.execute("SELECT metaads.set_tenant(1)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        insert(connection, tables.ads, 1, "a")


def test_there_is_no_tenant_null(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error):
        connection.execute("SELECT metaads.set_tenant(NULL)")
