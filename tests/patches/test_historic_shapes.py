"""Whatever a host did to its tables before, the patches end in the same place."""

from dataclasses import dataclass, field

import psycopg
import pytest
from tests.patches.conftest import (
    ATTRIBUTION,
    PATIENTS,
    PEOPLE,
    Column,
    Shape,
    applicable,
    applicable_here,
    applied,
    history,
    run,
    shape_of,
)

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


@dataclass(frozen=True)
class Host:
    """A historic shape, and the only differences that stay after the patches."""

    statements: str
    kept: dict[str, Column] = field(default_factory=dict)


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
    "foundation": Host((sql_directory() / "foundation.sql").read_text()),
}


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
    assert first.indexes == complete.indexes


@pytest.mark.parametrize("host", HOSTS.values(), ids=list(HOSTS))
def test_no_row_of_any_historic_shape_changes(empty_url: str, host: Host) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(host.statements.encode())
        columns = ", ".join(shape_of(connection).columns)
        read = f"SELECT {columns} FROM patients ORDER BY id".encode()
        before = connection.execute(read).fetchall()
        run(connection)
        assert connection.execute(read).fetchall() == before


def test_a_database_without_patients_gets_the_schema_and_is_looked_at_again(empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        first = run(connection)
        assert applied(first) == INDEPENDENT
        assert [name[:4] for name in first.not_applicable] == [
            patch.name[:4] for patch in load_patches() if patch.header.when
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
