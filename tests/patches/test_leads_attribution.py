"""Patch 0008 and the databases of a CRM: leads instead of patients, or beside them."""

from dataclasses import dataclass, field, replace

import psycopg
import pytest
from tests.patches.conftest import (
    ATTRIBUTION,
    LEADS,
    LEADS_OF_PEOPLE,
    PATIENTS,
    SILENT,
    TENANTS,
    Column,
    applicable,
    applied,
    history,
    other_session,
    run,
    shape_of,
    wait_until,
)

from harness import Program
from metaads_cli.db.patching import runner
from metaads_cli.db.patching.files import load_patches
from metaads_cli.db.patching.inventory import take_inventory
from metaads_cli.db.patching.run import Run
from metaads_cli.errors import LockNotAvailable, PatchFailed

# Leads are completed, and found by their number: see test_crm and test_lookup_indexes.
CRM = sorted([*applicable("public.leads"), "0022", "0023"])
OTHERS = [patch.name[:4] for patch in load_patches() if patch.name[:4] not in CRM]
ON_PATIENTS = [number for number in applicable("public.patients") if number not in CRM]
EVERY = sorted({*CRM, *ON_PATIENTS})
TWICE = "INSERT INTO leads (tenant_id, phone_number) VALUES (1, '+5491155550001');"
UNIQUE = "ALTER TABLE leads ADD UNIQUE (tenant_id, phone_number);"
ORGANIC = "'ORGANIC'::character varying"
COLUMNS: dict[str, Column] = {
    "acquisition_source": ("character varying(50)", True, ORGANIC),
    "meta_campaign_id": ("character varying(255)", False, None),
    "meta_ad_id": ("character varying(255)", False, None),
    "meta_ad_headline": ("text", False, None),
    "meta_ad_body": ("text", False, None),
}


def adding(**types: str) -> str:
    return "".join(f"ALTER TABLE leads ADD COLUMN {name} {kind};" for name, kind in types.items())


@dataclass(frozen=True)
class Host:
    """A historic shape, and the only differences that stay after the patch."""

    statements: str
    kept: dict[str, Column] = field(default_factory=dict)


HOSTS = {
    "leads without people": Host(TENANTS + LEADS),
    "a phone number once": Host(TENANTS + LEADS + UNIQUE + LEADS_OF_PEOPLE),
    "a phone number twice": Host(TENANTS + LEADS + LEADS_OF_PEOPLE + TWICE),
    "nullable source": Host(
        TENANTS + LEADS + LEADS_OF_PEOPLE + adding(acquisition_source="varchar(50) DEFAULT 'ORGANIC'"),
        {"acquisition_source": ("character varying(50)", False, ORGANIC)},
    ),
    "source without a default": Host(
        TENANTS + LEADS + LEADS_OF_PEOPLE + adding(acquisition_source="varchar(50)"),
        {"acquisition_source": ("character varying(50)", False, None)},
    ),
    "without lengths": Host(
        TENANTS
        + LEADS
        + UNIQUE
        + LEADS_OF_PEOPLE
        + adding(acquisition_source="varchar DEFAULT 'ORGANIC'", meta_campaign_id="varchar", meta_ad_id="varchar"),
        {
            "acquisition_source": ("character varying", False, ORGANIC),
            "meta_campaign_id": ("character varying", False, None),
            "meta_ad_id": ("character varying", False, None),
        },
    ),
    "text": Host(
        TENANTS
        + LEADS
        + LEADS_OF_PEOPLE
        + adding(acquisition_source="text NOT NULL DEFAULT 'ORGANIC'", meta_campaign_id="text", meta_ad_id="text"),
        {
            "acquisition_source": ("text", True, "'ORGANIC'::text"),
            "meta_campaign_id": ("text", False, None),
            "meta_ad_id": ("text", False, None),
        },
    ),
    "dropped before": Host(
        TENANTS + LEADS + LEADS_OF_PEOPLE + adding(meta_ad_id="text") + "ALTER TABLE leads DROP COLUMN meta_ad_id"
    ),
    "leads beside patients": Host(PATIENTS + LEADS + LEADS_OF_PEOPLE),
}
shapes = pytest.mark.parametrize("host", HOSTS.values(), ids=list(HOSTS))


@shapes
def test_every_shape_of_leads_ends_with_the_columns_of_patients(empty_url: str, host: Host) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(host.statements.encode())
        before = shape_of(connection, "leads")
        run(connection)
        after = shape_of(connection, "leads")
        assert after.columns == before.columns | COLUMNS | host.kept
        assert after.indexes.keys() - before.indexes.keys() <= {"idx_leads_phone_number"}
        second = run(connection)
        assert (second.applied, second.pending, second.drift) == ([], [], [])
        connection.execute("DROP TABLE metaads.patch_log")
        assert "0008" in applied(run(connection))
        assert shape_of(connection, "leads") == after


@shapes
def test_no_row_of_any_shape_changes(empty_url: str, host: Host) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(host.statements.encode())
        names = ", ".join(shape_of(connection, "leads").columns)
        read = f"SELECT {names}, ctid::text, pg_relation_filenode('leads') FROM leads ORDER BY id".encode()
        before = connection.execute(read).fetchall()
        run(connection)
        assert connection.execute(read).fetchall() == before


def test_the_columns_are_those_of_patients(empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute((PATIENTS + LEADS).encode())
        assert applied(run(connection)) == EVERY
        patients, leads = shape_of(connection).columns, shape_of(connection, "leads").columns
    assert {name: leads[name] for name in ATTRIBUTION} == {name: patients[name] for name in ATTRIBUTION}


def test_a_crm_without_patients_is_migrated_completely(crm: psycopg.Connection) -> None:
    report = run(crm)
    assert applied(report) == CRM
    assert (report.pending, report.drift) == ([], [])
    assert [name[:4] for name in report.not_applicable] == OTHERS
    assert history(crm, "failed") == []


def test_patients_that_a_crm_gets_later_are_patched_then(crm: psycopg.Connection) -> None:
    run(crm)
    crm.execute(PATIENTS.removeprefix(TENANTS).encode())
    report = run(crm)
    assert applied(report) == ON_PATIENTS
    assert (report.pending, report.drift) == ([], [])
    assert [name[:4] for name in report.not_applicable] == [number for number in OTHERS if number not in ON_PATIENTS]


def test_leads_that_a_clinic_gets_later_are_patched_then(connection: psycopg.Connection) -> None:
    on_leads = [number for number in CRM if number not in applicable()]
    assert set(on_leads) <= {name[:4] for name in run(connection).not_applicable}
    connection.execute(LEADS.encode())
    assert applied(run(connection)) == on_leads


def test_a_number_that_was_left_free_is_filled_later(crm: psycopg.Connection) -> None:
    early = [patch for patch in load_patches() if patch.name[:4] not in {"0006", "0007"}]
    for patch in take_inventory(crm, early).pending:
        runner.apply(Run(crm, SILENT, lock_attempts=2), patch)
    assert take_inventory(crm, early).drift == []
    assert applied(run(crm)) == [number for number in CRM if number in {"0006", "0007"}]
    assert take_inventory(crm, load_patches()).drift == []


def test_the_table_in_the_header_is_part_of_the_checksum(crm: psycopg.Connection) -> None:
    run(crm)
    patches = load_patches()
    last = next(patch for patch in patches if patch.name.startswith("0008"))
    edited = replace(last, text=last.text.replace("when=public.leads ", "", 1))
    inventory = take_inventory(crm, [edited if patch is last else patch for patch in patches])
    assert [(drift.name, drift.problem) for drift in inventory.drift] == [(last.name, "edited")]


@pytest.mark.parametrize("missing", ATTRIBUTION)
def test_only_the_column_that_is_missing_is_added(crm: psycopg.Connection, missing: str) -> None:
    run(crm)
    whole = shape_of(crm, "leads").columns
    crm.execute(f"ALTER TABLE leads DROP COLUMN {missing}".encode())
    crm.execute("DROP TABLE metaads.patch_log")
    run(crm)
    assert shape_of(crm, "leads").columns == whole


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("acquisition_source", "integer"),
        ("acquisition_source", "varchar(50) DEFAULT 'WEB'"),
        ("acquisition_source", "varchar(50) DEFAULT 'ORGANICO'"),
        ("meta_campaign_id", "bigint"),
        ("meta_ad_id", "varchar(10)"),
        ("meta_ad_body", "jsonb"),
    ],
)
def test_a_column_that_only_has_the_right_name_is_refused_and_nothing_stays(
    crm: psycopg.Connection, name: str, kind: str
) -> None:
    crm.execute(adding(**{name: kind}).encode())
    before = shape_of(crm, "leads")
    with pytest.raises(PatchFailed, match=rf"0008_leads_attribution .*public\.leads\.{name}"):
        run(crm)
    assert shape_of(crm, "leads") == before


def test_leads_from_before_and_leads_without_an_ad_are_organic(crm: psycopg.Connection) -> None:
    run(crm)
    crm.execute("INSERT INTO leads (tenant_id, phone_number) VALUES (1, '1')")
    found = crm.execute(f"SELECT DISTINCT {', '.join(ATTRIBUTION)} FROM leads".encode()).fetchall()
    assert found == [("ORGANIC", None, None, None, None)]


def test_who_holds_leads_is_named_and_nothing_changes(crm_url: str, crm: psycopg.Connection) -> None:
    before = shape_of(crm, "leads")
    with other_session(crm_url, "SELECT count(*) FROM leads"), pytest.raises(LockNotAvailable) as caught:
        run(crm, lock_attempts=1)
    assert "reception desk, user metaads_test, idle in transaction" in str(caught.value)
    assert shape_of(crm, "leads") == before
    assert applied(run(crm))[0] == "0008"


def test_a_run_after_kill_9_converges(crm_url: str, crm: psycopg.Connection, metaads: Program) -> None:
    before = shape_of(crm, "leads").columns

    def reached() -> bool:
        there = shape_of(crm, "metaads.patch_log").columns
        return bool(there) and history(crm, "applied") == CRM[: CRM.index("0008")]

    with other_session(crm_url, "SELECT count(*) FROM leads"):
        process = metaads.start("migrate", DATABASE_URL=crm_url)
        wait_until(reached)
        process.kill()
        process.communicate()
        assert shape_of(crm, "leads").columns == before
    run(crm)
    assert shape_of(crm, "leads").columns == before | COLUMNS
    assert history(crm, "applied") == CRM
