"""Patch 0021: what admins, managers and analysts may do, cell by cell. Roles are the whole server's, so that each test
makes them in a transaction that is undone."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Table
from tests.patches.conftest import execute_file, patch_file
from tests.patches.test_row_security import TENANT_TABLES, insert_alone

from harness import ROLE, Server, with_database
from metaads_cli.db import tables
from metaads_cli.db.session import Database
from metaads_cli.tasks.stats import Days, statistics

ROLES = ("metaads_admin", "metaads_manager", "metaads_analyst")
CONTACT_DATA = {
    "referral_events": {
        "contact_phone", "contact_user_id", "contact_name", "contact_key", "contact_ids", "contact_email", "referral",
    },
    "identities": {"identifier", "contact_key"},
    "touch_ids": {"identifier"},
    "accounts": {"token_ref"},
}  # fmt: skip
STATEMENTS = {
    "read": "SELECT count(tenant_id) FROM {table} WHERE tenant_id = {tenant}",
    "update": "UPDATE {table} SET tenant_id = tenant_id WHERE tenant_id = {tenant}",
    "delete": "DELETE FROM {table} WHERE tenant_id = {tenant}",
}


@pytest.fixture
def admin(server: Server, database_url: str) -> Iterator[psycopg.Connection]:
    """A superuser in the test's database, whose transaction is undone."""
    name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    with psycopg.connect(with_database(server.admin_url, str(name))) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def filled(admin: psycopg.Connection) -> psycopg.Connection:
    """The roles, and in each table a row of either tenant."""
    execute_file(admin, "0021")
    for tenant in (1, 2):
        for table in TENANT_TABLES:
            insert_alone(admin, table, tenant, "a")
    return admin


@contextmanager
def acting_as(connection: psycopg.Connection, role: str) -> Iterator[None]:
    """For tenant 1. What happens in it is undone."""
    with connection.transaction(force_rollback=True):
        connection.execute("SELECT metaads.set_tenant(1)")
        connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
        yield


def attempt(connection: psycopg.Connection, role: str, table: Table, verb: str, tenant: int) -> str:
    """How many rows it was, or that it is refused."""
    try:
        with acting_as(connection, role):
            if verb == "insert":
                insert_alone(connection, table, tenant, "b")
                return "1"
            text = STATEMENTS[verb].format(table=table, tenant=tenant)
            done = connection.execute(text.encode())
            row = done.fetchone() if verb == "read" else (done.rowcount,)
            return "" if row is None else str(row[0])
    except psycopg.errors.InsufficientPrivilege:
        return "refused"


def expected(role: str, table: Table, verb: str, tenant: int) -> str:
    if verb == "read":
        return "1" if tenant == 1 else "0"
    if role == "metaads_analyst" or (role == "metaads_manager" and table is tables.accounts):
        return "refused"
    if verb == "insert":
        return "1" if tenant == 1 else "refused"
    return "1" if tenant == 1 else "0"


@pytest.mark.parametrize("role", ROLES)
def test_each_role_does_what_it_may_with_each_table_of_each_tenant(filled: psycopg.Connection, role: str) -> None:
    cells = [(table, verb, tenant) for table in TENANT_TABLES for verb in (*STATEMENTS, "insert") for tenant in (1, 2)]
    told = {(table.name, verb, tenant): attempt(filled, role, table, verb, tenant) for table, verb, tenant in cells}
    assert told == {(table.name, verb, tenant): expected(role, table, verb, tenant) for table, verb, tenant in cells}


def test_analysts_read_every_column_but_contact_data_and_where_tokens_are(filled: psycopg.Connection) -> None:
    readable: dict[str, dict[str, bool]] = {}
    for table, column, may in filled.execute("""
        SELECT c.relname, a.attname, has_column_privilege('metaads_analyst', c.oid, a.attnum, 'SELECT')
        FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'metaads'::regnamespace AND c.relkind IN ('r', 'p', 'v')
          AND a.attnum > 0 AND NOT a.attisdropped
    """):
        readable.setdefault(table, {})[column] = may
    hidden = {table: {name for name, may in columns.items() if not may} for table, columns in readable.items()}
    assert {table: names for table, names in hidden.items() if names} == CONTACT_DATA
    with acting_as(filled, "metaads_manager"):
        filled.execute("SELECT contact_phone, referral FROM metaads.referral_events")


def test_nobody_but_the_owner_writes_the_history(filled: psycopg.Connection) -> None:
    for role in ROLES:
        with acting_as(filled, role):
            assert filled.execute("SELECT count(*) > 0 FROM metaads.patch_log").fetchone() == (True,)
        for statement in ("DELETE FROM metaads.patch_log", "UPDATE metaads.patch_log SET action = 'failed'"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), acting_as(filled, role):
                filled.execute(statement.encode())


def test_an_analyst_reads_statistics_with_the_grants_that_the_documentation_names(
    admin: psycopg.Connection,
) -> None:
    execute_file(admin, "0021")
    page = (patch_file("0021").parents[2] / "docs" / "explanation" / "tenants.md").read_text()
    admin.execute(page.partition("<!-- analysts -->\n```sql\n")[2].partition("```")[0].encode())
    admin.execute("INSERT INTO patients (tenant_id, phone_number, first_name, acquisition_source, meta_ad_id)"
                  " VALUES (1, '1', 'Ana', 'META_ADS', '7')")  # fmt: skip
    with acting_as(admin, "metaads_analyst"):
        session = Database(admin).tenant(1)
        report = statistics(session, Days(), fallback_timezone="UTC", valid_statuses=("completed",))
        assert [row.leads for row in report.rows] == [1]
        with pytest.raises(psycopg.errors.InsufficientPrivilege), admin.transaction():
            admin.execute("SELECT first_name FROM patients")


def migrating(admin: psycopg.Connection, *abilities: str) -> list[str]:
    """Run the patch as the owner of the tables, with these abilities; what it said."""
    heard: list[str] = []
    admin.add_notice_handler(lambda notice: heard.append(notice.message_primary or ""))
    admin.execute(f"ALTER ROLE {ROLE} {' '.join(abilities)}".encode())
    with admin.transaction():
        admin.execute(f"SET LOCAL ROLE {ROLE}".encode())
        execute_file(admin, "0021")
        verify(admin)
        admin.execute("RESET ROLE")
    return heard


def verify(connection: psycopg.Connection) -> None:
    checks = connection.execute(patch_file("0021", "verify").read_bytes()).fetchall()
    assert len(checks) == 3
    assert [check for check, ok, _ in checks if not ok] == []


def roles(connection: psycopg.Connection) -> dict[str, bool]:
    """Those that are there → whether the tests' role is a member."""
    found = connection.execute(
        "SELECT rolname, pg_has_role(%s, oid, 'MEMBER') FROM pg_roles WHERE rolname = ANY (%s)", [ROLE, list(ROLES)]
    )
    return dict(found.fetchall())


def test_an_owner_who_may_not_create_roles_is_told_and_goes_on(admin: psycopg.Connection) -> None:
    admin.execute("CREATE ROLE a_colleague LOGIN; GRANT SELECT ON patients TO a_colleague")
    assert migrating(admin, "NOCREATEROLE") == [
        f"The roles metaads_admin, metaads_manager and metaads_analyst were not made: {ROLE} may not create roles"
    ]
    assert roles(admin) == {}


def test_where_nobody_else_may_use_the_tables_nothing_is_told(admin: psycopg.Connection) -> None:
    assert migrating(admin, "NOCREATEROLE") == []
    assert roles(admin) == {}


def test_an_owner_who_may_create_roles_makes_them_and_stays_an_admin(admin: psycopg.Connection) -> None:
    assert migrating(admin, "CREATEROLE") == []
    assert roles(admin).keys() == set(ROLES)
    assert roles(admin)["metaads_admin"]
    assert migrating(admin, "NOCREATEROLE") == []  # again, and with what is there


def test_roles_that_another_database_made_are_used(admin: psycopg.Connection) -> None:
    for role in ROLES:
        admin.execute(f"CREATE ROLE {role}".encode())
    said = migrating(admin, "NOCREATEROLE")
    assert said == [f"To work with campaigns, {ROLE} needs: GRANT metaads_admin TO {ROLE}"]
    with acting_as(admin, "metaads_manager"):
        admin.execute("SELECT count(*) FROM metaads.referral_events")


def test_the_rollback_leaves_nothing_of_the_roles(admin: psycopg.Connection) -> None:
    execute_file(admin, "0021")
    verify(admin)
    execute_file(admin, "0021", "down")
    assert roles(admin) == {}
    execute_file(admin, "0021", "down")
    execute_file(admin, "0021")
    verify(admin)
