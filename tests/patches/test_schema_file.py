"""The files that describe the database agree with the patches: schema.sql, foundation.sql, the mapped tables."""

import re
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Column, Engine, Inspector, Table, create_engine, inspect
from sqlalchemy.dialects import postgresql
from sqlalchemy.pool import NullPool
from tests.patches.conftest import LEADS, TENANTS, run, shape_of
from tools.dump_schema import dump

from metaads_cli.db import embedded, tables
from metaads_cli.db.patching.files import sql_directory
from metaads_cli.tasks.migrate import lay_foundation

# A new installation is a clinic: it has no leads.
CLINIC_TABLES = [table for table in tables.host.tables.values() if table is not tables.leads]
OWN_TABLES = list(tables.own.tables.values())
OWN_VIEWS = {"metaads.person_touches"}
RELATIONS = """
    SELECT quote_ident(nspname) || '.' || quote_ident(relname)
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = %s AND relkind IN ('r', 'p', 'v', 'm') ORDER BY relname
"""


def schema(url: str) -> str:
    return spelled_alike(dump(url, embedded.program("pg_dump")))


def spelled_alike(text: str) -> str:
    """Servers before 16 name the table at each column of a view."""
    return re.sub(r"(?<!metaads\.)\breferral_events\.(?=\w)", "", text)


def relations(connection: psycopg.Connection, namespace: str) -> list[str]:
    return [row[0] for row in connection.execute(RELATIONS, [namespace])]


# schema.sql


def test_the_schema_file_is_the_dump_of_a_patched_database(database_url: str) -> None:
    assert (sql_directory() / "schema.sql").read_text() == schema(database_url)


def test_the_schema_file_loads_and_leaves_nothing_for_migrate_to_change(empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute((sql_directory() / "schema.sql").read_bytes())
        before = schema(empty_url)
        run(connection)
        assert run(connection).applied == []
    assert schema(empty_url) == before == (sql_directory() / "schema.sql").read_text()


# foundation.sql


def test_a_crm_gets_no_foundation_of_a_clinic(empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute((TENANTS + LEADS).encode())
        assert not lay_foundation(connection)
        assert relations(connection, "public") == ["public.leads", "public.tenants"]


def test_the_foundation_has_already_what_the_patches_add_to_the_host(empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        assert lay_foundation(connection)
        names = relations(connection, "public")
        before = {name: shape_of(connection, name) for name in names}
        run(connection)
        assert relations(connection, "public") == names
        assert {name: shape_of(connection, name) for name in names} == before


# The tables as SQLAlchemy sees them


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(database_url), poolclass=NullPool)
    yield engine
    engine.dispose()


def spelled(column: Column[object]) -> str:
    return column.type.compile(dialect=postgresql.dialect())


def live(inspector: Inspector, table: Table) -> dict[str, tuple[str, bool]]:
    """Type and nullability of every column in the database."""
    return {
        column["name"]: (column["type"].compile(dialect=postgresql.dialect()), column["nullable"])
        for column in inspector.get_columns(table.name, table.schema)
    }


def test_every_table_of_the_schema_metaads_is_mapped(connection: psycopg.Connection) -> None:
    found = [name for name in relations(connection, "metaads") if name not in OWN_VIEWS]
    assert found == sorted(table.fullname for table in OWN_TABLES)


@pytest.mark.parametrize("table", OWN_TABLES, ids=str)
def test_a_mapped_table_of_metaads_is_the_one_in_the_database(engine: Engine, table: Table) -> None:
    inspector = inspect(engine)
    assert live(inspector, table) == {c.name: (spelled(c), bool(c.nullable)) for c in table.columns}
    assert list(live(inspector, table)) == [column.name for column in table.columns]
    key = inspector.get_pk_constraint(table.name, table.schema)["constrained_columns"]
    assert key == [column.name for column in table.primary_key.columns]


def assert_compatible(inspector: Inspector, table: Table) -> None:
    """What is mapped is there, with the nullability, the key, and the type or one that is narrower."""
    there = live(inspector, table)
    for column in table.columns:
        kind, nullable = there[column.name]
        assert kind == spelled(column) or kind.startswith(f"{spelled(column)}(")
        assert nullable == column.nullable
    key = inspector.get_pk_constraint(table.name, table.schema)["constrained_columns"]
    assert key == [column.name for column in table.primary_key.columns]


@pytest.mark.parametrize("table", CLINIC_TABLES, ids=str)
def test_a_mapped_column_of_the_host_is_in_a_new_installation_with_a_compatible_type(
    engine: Engine, table: Table
) -> None:
    assert_compatible(inspect(engine), table)


def test_a_mapped_column_of_leads_is_in_a_patched_crm_with_a_compatible_type(
    connection: psycopg.Connection, engine: Engine
) -> None:
    connection.execute(LEADS)
    run(connection)
    assert_compatible(inspect(engine), tables.leads)
