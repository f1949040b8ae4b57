"""Sessions: one tenant each, and the driver's errors in our words."""

import traceback

import psycopg
import pytest
from psycopg import errors as pg
from sqlalchemy import bindparam, select

from metaads_cli.db.connection import connect, explain, translated_errors
from metaads_cli.db.session import Database
from metaads_cli.db.tables import patients
from metaads_cli.errors import AccessDenied, ConfigError, InputError, LockNotAvailable, MetaAdsError, Temporary


def test_a_statement_that_does_not_bind_the_tenant_is_refused(database: Database) -> None:
    session = database.tenant(1)
    with session.transaction() as cursor, pytest.raises(AssertionError, match="does not bind tenant_id"):
        session.run(cursor, "SELECT * FROM patients")


def test_a_query_is_bound_to_the_sessions_tenant(database: Database) -> None:
    query = select(bindparam("tenant_id", None))
    assert database.tenant(2).fetch(query) == [(2,)]


def test_a_parameter_cannot_name_another_tenant(database: Database) -> None:
    session = database.tenant(1)
    with session.transaction() as cursor:
        row = session.run(cursor, "SELECT %(tenant_id)s", {"tenant_id": 2}).fetchone()
    assert row == (1,)


def test_a_failed_transaction_leaves_nothing(database: Database, connection: psycopg.Connection) -> None:
    session = database.tenant(1)

    def fail_half_way() -> None:
        with session.transaction() as cursor:
            cursor.execute("INSERT INTO patients (tenant_id, phone_number, first_name) VALUES (1, '1', 'x')")
            cursor.execute("SELECT 1 / 0")

    with pytest.raises(InputError, match="division by zero"):
        fail_half_way()
    assert connection.execute("SELECT count(*) FROM patients").fetchone() == (0,)


def test_an_unknown_tenant_has_no_session(database: Database) -> None:
    with pytest.raises(InputError, match="There is no tenant 3"):
        database.tenant(3)


def test_a_database_without_tenants_table_is_explained(empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection, pytest.raises(ConfigError, match="tenants"):
        _ = Database(connection).tenants


def test_a_database_that_was_never_migrated_is_explained(empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE tenants (id serial, clinic_name text, bot_phone_number text)")
        connection.execute("INSERT INTO tenants (clinic_name, bot_phone_number) VALUES ('x', '1')")
        with pytest.raises(ConfigError, match="has not been migrated") as caught:
            Database(connection).tenant(1)
    assert caught.value.hint == "Run: metaads migrate"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT * FROM nowhere", ConfigError),
        ("SELECT nothing FROM patients", ConfigError),
        ("SELECT pg_read_file('/etc/passwd')", AccessDenied),
        ("SET TRANSACTION READ ONLY; DELETE FROM patients", ConfigError),
        ("SET statement_timeout = 1; SELECT pg_sleep(1)", Temporary),
    ],
)
def test_the_servers_refusals_are_explained(
    connection: psycopg.Connection, statement: str, expected: type[MetaAdsError]
) -> None:
    with pytest.raises(expected), translated_errors(), connection.transaction():
        connection.execute(statement.encode())


def test_a_lock_that_is_held_is_temporary(connection: psycopg.Connection, database_url: str) -> None:
    with psycopg.connect(database_url) as other:
        other.execute("LOCK TABLE patients")
        connection.execute("SET lock_timeout = 10")
        with pytest.raises(LockNotAvailable), translated_errors():
            connection.execute("SELECT * FROM patients")


def test_a_connection_that_is_lost_is_temporary(connection: psycopg.Connection, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])
    with pytest.raises(Temporary, match="connection"), translated_errors():
        connection.execute("SELECT 1")


def raising(state: str) -> bytes:
    return f"""
        DO $$ BEGIN RAISE EXCEPTION 'no more' USING ERRCODE = '{state}', DETAIL = 'Row: (Ana, diabetes)'; END $$
    """.encode()


def test_what_is_not_expected_stays_a_bug_and_tells_no_row(connection: psycopg.Connection) -> None:
    with pytest.raises(pg.InternalError_) as caught, translated_errors():
        connection.execute(raising("XX000"))
    assert explain(caught.value) is None
    printed = "".join(traceback.format_exception(caught.value))
    assert ("no more" in printed, "diabetes" in printed) == (True, False)
    assert "connection.execute" in printed


PRIVATE = "INSERT INTO patients (tenant_id, phone_number, first_name, last_name) VALUES (1, '1', 'diabetes', %s)"


@pytest.mark.parametrize(
    ("prepare", "names"),
    [
        ("ALTER TABLE patients ADD CONSTRAINT never CHECK (last_name <> 'x')", "constraint never"),
        ("ALTER TABLE patients ADD COLUMN needed int NOT NULL", "column needed"),
        ("CREATE UNIQUE INDEX only_one ON patients (first_name)", "constraint only_one"),
        ("ALTER TABLE patients ALTER last_name TYPE date USING NULL", ""),
        (
            """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE 'refused by the host' USING DETAIL = NEW::text; END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON patients FOR EACH ROW EXECUTE FUNCTION refuse()
            """,
            "refused by the host",
        ),
    ],
    ids=["check", "not null", "unique", "type", "trigger"],
)
def test_data_that_the_database_refuses_are_named_by_table_and_column_only(
    database: Database, connection: psycopg.Connection, prepare: str, names: str
) -> None:
    connection.execute(prepare.encode())

    def insert() -> None:
        with database.tenant(1).transaction() as cursor:
            for phone in "12":
                cursor.execute(PRIVATE.replace("'1'", f"'{phone}'").encode(), ["x"])

    with pytest.raises(InputError, match=r"^The database refuses the data: ") as caught:
        insert()
    assert names in caught.value.message
    assert "diabetes" not in "".join(traceback.format_exception(caught.value))
    assert "diabetes" not in f"{caught.value.hint}{caught.value.details}"


def test_the_connection_says_who_it_is(database_url: str) -> None:
    with connect(database_url, 5) as connection:
        assert connection.execute("SHOW application_name").fetchone() == ("metaads",)


def test_the_persons_table_is_queried_through_core(database: Database, connection: psycopg.Connection) -> None:
    connection.execute("INSERT INTO patients (tenant_id, phone_number, first_name) VALUES (1, '1', 'a'), (2, '2', 'b')")
    query = select(patients.c.phone_number).where(patients.c.tenant_id == bindparam("tenant_id", None))
    assert database.tenant(2).fetch(query) == [("2",)]
