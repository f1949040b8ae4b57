"""Patches 0015 to 0017 and 0023: people are found by tenant and number with one index, and not with two."""

import psycopg
import pytest
from tests.patches.conftest import LEADS, LEADS_ONCE, PATIENTS, PEOPLE, TENANTS, applied, counts, run, shape_of

UNIQUE = "UNIQUE (tenant_id, phone_number),\n        UNIQUE (tenant_id, dni)\n"
assert UNIQUE in PATIENTS
BARE = PATIENTS.replace(UNIQUE, "CHECK (id > 0)\n")
TWICE = "INSERT INTO patients (tenant_id, phone_number, first_name) VALUES (1, '+5491155550001', 'Leo');"
LEADS_TWICE = f"""{TENANTS}{LEADS}
    INSERT INTO tenants (clinic_name, bot_phone_number) VALUES ('Norte', '1'), ('Sur', '2');
    INSERT INTO leads (tenant_id, phone_number) VALUES (1, '1'), (1, '1'), (2, '1'), (2, '2');
"""
BOTH = {"0016", "0017"}
# What a host has → which of the two indexes it gets.
HOSTS = {
    "unique constraints": (PATIENTS, set()),
    "nothing": (BARE, BOTH),
    "indexes of its own": (
        f"{BARE} CREATE INDEX mine ON patients (tenant_id, phone_number, id); CREATE INDEX ours ON patients (dni);",
        set(),
    ),
    "indexes that do not serve": (
        f"""{BARE}
        CREATE INDEX mine ON patients (tenant_id, email, phone_number);
        CREATE INDEX partial ON patients (tenant_id, dni) WHERE status = 'active';
        CREATE INDEX expression ON patients (tenant_id, lower(phone_number));
        """,
        BOTH,
    ),
    "one constraint": (BARE + "ALTER TABLE patients ADD UNIQUE (tenant_id, dni);", {"0016"}),
}


@pytest.mark.parametrize(("host", "expected"), HOSTS.values(), ids=list(HOSTS))
def test_patients_get_an_index_only_where_none_serves(empty_url: str, host: str, expected: set[str]) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute((host + PEOPLE).encode())
        assert BOTH.intersection(applied(run(connection))) == expected
        first = shape_of(connection)
        made = {"0016": "idx_patients_phone_number", "0017": "idx_patients_dni"}
        assert {name for name in made.values() if name in first.indexes} == {made[number] for number in expected}
        assert "idx_patients_meta_ads" in first.indexes
        connection.execute("DROP TABLE metaads.patch_log")
        assert BOTH.intersection(applied(run(connection))) == expected
        assert shape_of(connection) == first


def test_an_invalid_index_of_the_host_does_not_serve(empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute((BARE + PEOPLE + TWICE).encode())
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("CREATE UNIQUE INDEX CONCURRENTLY mine ON patients (tenant_id, phone_number)")
        assert "0016" in applied(run(connection))


@pytest.mark.parametrize(
    ("table", "number", "host"), [("patients", "0016", BARE + PEOPLE + TWICE), ("leads", "0023", LEADS_TWICE)]
)
def test_numbers_that_are_there_twice_are_counted_and_stay(empty_url: str, table: str, number: str, host: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(host.encode())
        everybody = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
        assert counts(connection, number, "preview") == {
            f"values of phone_number that a tenant has more than once in {table}": 1
        }
        assert number in applied(run(connection))
        assert connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == everybody


def test_leads_that_are_unique_by_number_need_no_index(empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute((TENANTS + LEADS + LEADS_ONCE).encode())
        assert "0023" not in applied(run(connection))
