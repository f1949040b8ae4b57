"""Whatever a host did to its tables before, the patches end in the same place."""

from dataclasses import dataclass, field

import psycopg
import pytest
from psycopg import sql
from tests.patches.conftest import (
    ATTRIBUTION,
    EVENTS_BY_SEVERITY,
    EVENTS_BY_TENANT,
    LEADS,
    LEADS_OF_PEOPLE,
    LEADS_ONCE,
    PATIENTS,
    PEOPLE,
    TENANTS,
    TOKENS,
    USERS,
    Column,
    Shape,
    applicable,
    applicable_here,
    applied,
    execute_file,
    history,
    run,
    shape_of,
)

from harness import ROLE, Server, with_database
from metaads_cli.db.patching.files import load_patches, sql_directory
from metaads_cli.tasks.migrate import lay_foundation

INDEPENDENT = applicable()
CLINIC = applicable("public.patients")
ADDED = (*ATTRIBUTION, "external_ids")

# The host's own parche 19 and 20, as its database document has them.
PARCHE_19 = """
    ALTER TABLE patients ADD COLUMN acquisition_source VARCHAR(50) DEFAULT 'ORGANIC';
    ALTER TABLE patients ADD COLUMN meta_campaign_id VARCHAR(255);
    ALTER TABLE patients ADD COLUMN meta_ad_id VARCHAR(255);
    ALTER TABLE patients ADD COLUMN meta_ad_headline TEXT;
    ALTER TABLE patients ADD COLUMN meta_ad_body TEXT;
    CREATE INDEX IF NOT EXISTS idx_patients_acquisition_source ON patients(acquisition_source);
"""
PARCHE_20 = """
    ALTER TABLE patients ADD COLUMN IF NOT EXISTS external_ids JSONB DEFAULT '{}';
    CREATE INDEX IF NOT EXISTS idx_patients_external_ids ON patients USING GIN (external_ids);
"""
SPECIFICATION_01 = """
    ALTER TABLE patients
    ADD COLUMN IF NOT EXISTS acquisition_source VARCHAR DEFAULT 'ORGANIC',
    ADD COLUMN IF NOT EXISTS meta_campaign_id VARCHAR,
    ADD COLUMN IF NOT EXISTS meta_ad_id VARCHAR,
    ADD COLUMN IF NOT EXISTS meta_ad_headline TEXT,
    ADD COLUMN IF NOT EXISTS meta_ad_body TEXT;
"""
ORGANIC = "'ORGANIC'::character varying"
NULLABLE_SOURCE: dict[str, Column] = {"acquisition_source": ("character varying(50)", False, ORGANIC)}
WITHOUT_LENGTHS: dict[str, Column] = {
    "acquisition_source": ("character varying", False, ORGANIC),
    "meta_campaign_id": ("character varying", False, None),
    "meta_ad_id": ("character varying", False, None),
}


UNIQUE = "UNIQUE (tenant_id, phone_number),\n        UNIQUE (tenant_id, dni)\n"
NOT_UNIQUE = PATIENTS.replace(UNIQUE, "CHECK (id > 0)\n")
TWICE = "INSERT INTO patients (tenant_id, phone_number, dni, first_name) VALUES (1, '+5491155550001', '30111222', 'A');"
# Index of a unique constraint → the one that takes its place.
PLAIN_INDEXES = {
    "patients_tenant_id_phone_number_key": "idx_patients_phone_number",
    "patients_tenant_id_dni_key": "idx_patients_dni",
}


@dataclass(frozen=True)
class Host:
    """A historic shape, and the only differences that stay after the patches."""

    statements: str
    kept: dict[str, Column] = field(default_factory=dict)
    indexes: dict[str, str] = field(default_factory=dict)
    """Index of a new installation → the one that stands in its place."""


HOSTS = {
    "bare clinic": Host(PATIENTS + PEOPLE),
    "bare clinic without people": Host(PATIENTS),
    "parche 19": Host(PATIENTS + PEOPLE + PARCHE_19, NULLABLE_SOURCE),
    "parche 19 and 20": Host(PATIENTS + PEOPLE + PARCHE_19 + PARCHE_20, NULLABLE_SOURCE),
    "parche 20 only": Host(PATIENTS + PEOPLE + PARCHE_20),
    "external_ids without its index": Host(
        PATIENTS + PEOPLE + PARCHE_19 + PARCHE_20 + "DROP INDEX idx_patients_external_ids", NULLABLE_SOURCE
    ),
    "external_ids that is required": Host(
        PATIENTS + "ALTER TABLE patients ADD external_ids jsonb NOT NULL DEFAULT '{}'",
        {"external_ids": ("jsonb", True, "'{}'::jsonb")},
    ),
    "specification 01": Host(PATIENTS + PEOPLE + SPECIFICATION_01, WITHOUT_LENGTHS),
    "half of parche 19": Host(PATIENTS + PEOPLE + "ALTER TABLE patients ADD meta_ad_id varchar(255)"),
    "parche 19 rolled back": Host(
        PATIENTS + PEOPLE + PARCHE_19 + "".join(f"ALTER TABLE patients DROP COLUMN {name};" for name in ATTRIBUTION)
    ),
    "nothing unique": Host(NOT_UNIQUE + PEOPLE, indexes=PLAIN_INDEXES),
    "duplicates": Host(NOT_UNIQUE + PEOPLE + TWICE, indexes=PLAIN_INDEXES),
    "foundation": Host((sql_directory() / "foundation.sql").read_text()),
}


CRM_TABLES = ("leads", "system_events", "meta_tokens")
CRM_BASE = TENANTS + LEADS + LEADS_OF_PEOPLE
# A host of the older shape keeps its own columns of events beside those of the newer one.
OLDER_EVENTS: dict[str, Column] = {
    "severity": ("character varying(20)", False, None),
    "message": ("text", False, None),
    "payload": ("jsonb", False, None),
    "occurred_at": ("timestamp with time zone", False, "now()"),
}
CRMS = {
    "a lead per enquiry": Host(CRM_BASE + EVENTS_BY_TENANT + TOKENS),
    "a lead per number": Host(CRM_BASE + LEADS_ONCE + EVENTS_BY_TENANT + TOKENS),
    "a number twice": Host(
        CRM_BASE + "INSERT INTO leads (tenant_id, phone_number) SELECT tenant_id, phone_number FROM leads;"
        + EVENTS_BY_TENANT + TOKENS
    ),
    "events by severity": Host(CRM_BASE + USERS + EVENTS_BY_SEVERITY + TOKENS, OLDER_EVENTS),
    "tokens with a page": Host(
        CRM_BASE + EVENTS_BY_TENANT + TOKENS + "ALTER TABLE meta_tokens ADD page_id varchar(255);"
    ),
    "attribution of its own": Host(
        CRM_BASE + "ALTER TABLE leads ADD acquisition_source varchar(50) DEFAULT 'ORGANIC';"
        + "ALTER TABLE leads ADD meta_ad_id varchar(255);" + EVENTS_BY_TENANT + TOKENS,
        NULLABLE_SOURCE,
    ),
    "half of parche 16": Host(
        CRM_BASE + "ALTER TABLE leads DROP email, DROP source, DROP updated_at;" + EVENTS_BY_TENANT + TOKENS
    ),
}  # fmt: skip


@pytest.fixture
def complete(template: str, connection: psycopg.Connection) -> Shape:
    """The patients of a new installation."""
    return shape_of(connection)


@pytest.mark.parametrize("host", HOSTS.values(), ids=list(HOSTS))
def test_every_historic_shape_ends_as_a_new_installation(complete: Shape, empty_url: str, host: Host) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(host.statements.encode())
        numbers = applicable_here(connection)
        assert set(CLINIC) <= set(numbers)
        assert applied(run(connection)) == numbers
        first = shape_of(connection)
        second = run(connection)
        assert (second.applied, second.pending, second.drift) == ([], [], [])
        assert not [name for name in second.not_applicable if name[:4] in CLINIC]
        assert shape_of(connection) == first
    assert {name: first.columns[name] for name in ADDED} == {
        name: host.kept.get(name, complete.columns[name]) for name in ADDED
    }
    assert first.columns.keys() == complete.columns.keys()
    assert first.indexes.keys() == {host.indexes.get(name, name) for name in complete.indexes}
    same = complete.indexes.keys() - host.indexes.keys()
    assert {name: first.indexes[name] for name in same} == {name: complete.indexes[name] for name in same}
    assert all(valid for _, valid in first.indexes.values())


@pytest.mark.parametrize("host", HOSTS.values(), ids=list(HOSTS))
def test_no_row_of_any_historic_shape_changes(empty_url: str, host: Host) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(host.statements.encode())
        columns = ", ".join(shape_of(connection).columns)
        read = f"SELECT {columns} FROM patients ORDER BY id".encode()
        before = connection.execute(read).fetchall()
        run(connection)
        assert connection.execute(read).fetchall() == before


def comparable(connection: psycopg.Connection) -> dict[str, dict[str, Column]]:
    """What users of a CRM's tables rely on."""
    return {name: shape_of(connection, name).columns for name in CRM_TABLES}


@pytest.mark.parametrize("host", CRMS.values(), ids=list(CRMS))
def test_every_historic_shape_of_a_crm_ends_as_one_that_had_nothing(empty_url: str, host: Host) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        with connection.transaction(force_rollback=True):
            connection.execute((TENANTS + EVENTS_BY_TENANT + TOKENS).encode())
            for number in ("0022", "0008", "0024", "0028"):
                execute_file(connection, number)
            expected = comparable(connection)
        connection.execute(host.statements.encode())
        people = connection.execute("SELECT count(*) FROM leads").fetchone()
        run(connection)
        first = comparable(connection)
        assert (run(connection).applied, comparable(connection)) == ([], first)
        assert connection.execute("SELECT count(*) FROM leads").fetchone() == people
    for name in CRM_TABLES:
        assert first[name] | host.kept == expected[name] | host.kept


def test_a_host_whose_role_owns_the_tables_is_migrated_by_its_member(
    server: Server, worker: str, bare: psycopg.Connection, complete: Shape
) -> None:
    owner = sql.Identifier(f"host_of_{worker}")
    url = with_database(server.admin_url, bare.info.dbname)
    server.admin(sql.SQL("CREATE ROLE {}").format(owner), sql.SQL("GRANT {} TO {}").format(owner, sql.Identifier(ROLE)))
    try:
        with psycopg.connect(url, autocommit=True) as admin:
            for table in ("patients", "tenants"):
                admin.execute(sql.SQL("ALTER TABLE {} OWNER TO {}").format(sql.Identifier(table), owner))
        run(bare)
        assert shape_of(bare).columns.keys() == complete.columns.keys()
        assert shape_of(bare).indexes == complete.indexes
    finally:
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(owner))
        server.admin(sql.SQL("DROP ROLE {}").format(owner))


def test_a_database_without_patients_gets_the_schema_and_is_looked_at_again(empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        first = run(connection)
        assert applied(first) == INDEPENDENT
        assert [name[:4] for name in first.not_applicable] == [
            patch.name[:4] for patch in load_patches() if patch.name[:4] not in INDEPENDENT
        ]
        assert history(connection, "applied") == INDEPENDENT
        assert connection.execute("SELECT to_regclass('metaads.referral_events')").fetchone() != (None,)
        assert run(connection).applied == []
        connection.execute(PATIENTS)
        assert applied(run(connection)) == [number for number in CLINIC if number not in INDEPENDENT]
        assert run(connection).applied == []


def test_the_foundation_is_laid_once_and_never_over_a_host(empty_url: str, complete: Shape) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        assert lay_foundation(connection)
        connection.execute("INSERT INTO tenants (clinic_name, bot_phone_number) VALUES ('Norte', '1')")
        connection.execute("INSERT INTO patients (tenant_id, phone_number, first_name) VALUES (1, '1', 'Ana')")
        assert not lay_foundation(connection)
        assert applied(run(connection, foundation=True)) == applicable_here(connection)
        assert shape_of(connection) == complete
        assert connection.execute("SELECT count(*) FROM patients").fetchone() == (1,)


def test_the_foundation_comes_whole_or_not_at_all(empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE tenants (id text)")  # not what the foundation's foreign keys need
        with pytest.raises(psycopg.Error):
            lay_foundation(connection)
        tables = connection.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")
        assert tables.fetchall() == [("tenants",)]
