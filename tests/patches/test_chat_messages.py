"""Patches 0018 to 0020: messages are linked to their patient, by the number, within the tenant."""

from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.patches.conftest import CHAT, PATIENTS, counts, execute_file, other_session, patch_file, run, shape_of

from metaads_cli.models.phones import canonical

# Number of the patient, number of the message, whether they are the same person's.
SPELLINGS = [
    ("+54 9 11 5555-0001", "5491155550001", True),
    ("541155550001", "+5491155550001", True),
    ("5491155550001", "54 11 5555 0001", True),
    ("525555550001", "5215555550001", True),
    ("+52 1 55 5555 0001", "525555550001", True),
    ("551187654321", "5511987654321", True),
    ("551137654321", "5511937654321", False),  # a landline has no ninth digit
    ("34600000001", "34 600 000 001", True),
    ("541155550001", "1155550001", False),
    ("---", "+++", False),
]


@pytest.fixture
def clinic(empty_url: str) -> Iterator[psycopg.Connection]:
    """Two tenants without people, with the column for the link and without any link."""
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute((PATIENTS + CHAT).encode())
        connection.execute("INSERT INTO tenants (clinic_name, bot_phone_number) VALUES ('Norte', '1'), ('Sur', '2')")
        execute_file(connection, "0018")
        yield connection


def patient(connection: psycopg.Connection, phone: str, tenant: int = 1, status: str | None = "active") -> int:
    row = connection.execute(
        "INSERT INTO patients (tenant_id, phone_number, first_name, status) VALUES (%s, %s, 'P', %s) RETURNING id",
        [tenant, phone, status],
    ).fetchone()
    assert row is not None
    return int(row[0])


def message(connection: psycopg.Connection, phone: str, tenant: int | None = 1) -> int:
    row = connection.execute(
        "INSERT INTO chat_messages (from_number, role, content, tenant_id) VALUES (%s, 'user', '', %s) RETURNING id",
        [phone, tenant],
    ).fetchone()
    assert row is not None
    return int(row[0])


def links(connection: psycopg.Connection) -> dict[int, int | None]:
    return dict(connection.execute("SELECT id, patient_id FROM chat_messages").fetchall())


def test_numbers_are_compared_in_the_form_that_whatsapp_writes(clinic: psycopg.Connection) -> None:
    expected: dict[int, int | None] = {}
    for number, (stored, written, same) in enumerate(SPELLINGS, start=1):
        clinic.execute("INSERT INTO tenants (clinic_name, bot_phone_number) VALUES ('T', %s)", [f"t{number}"])
        person = patient(clinic, stored, tenant=number)
        expected[message(clinic, written, tenant=number)] = person if same else None
    preview = counts(clinic, "0019", "preview")
    execute_file(clinic, "0019")
    assert links(clinic) == expected
    assert list(preview.values()) == [sum(same for *_, same in SPELLINGS)]


def test_what_is_not_certain_has_no_link(clinic: psycopg.Connection) -> None:
    patient(clinic, "+5491155550001")
    patient(clinic, "541155550001")  # the same number twice
    patient(clinic, "5491155550002", status="deleted")
    other = patient(clinic, "5491155550003", tenant=2)
    unknown_status = patient(clinic, "5491155550004", status=None)
    patient(clinic, "5491155550005", status="deleted")
    returned = patient(clinic, "+5491155550005")
    linked = patient(clinic, "5491155550006")
    expected = {message(clinic, f"549115555000{number}"): None for number in (1, 2, 3)}
    expected |= {message(clinic, "5491155550003", tenant=2): other, message(clinic, "5491155550003", tenant=None): None}
    expected |= {message(clinic, "5491155550004"): unknown_status, message(clinic, "5491155550005"): returned}
    by_host = message(clinic, "5491155550006")
    clinic.execute("UPDATE chat_messages SET patient_id = %s WHERE id = %s", [returned, by_host])
    assert linked != returned
    for _ in range(2):
        execute_file(clinic, "0019")
        assert links(clinic) == expected | {by_host: returned}
    assert counts(clinic, "0019", "loss") == {"messages linked to their patient": 4}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(["54", "549", "52", "521", "55", "34", "1", "9", "15", "11", "5555000", "6"]), max_size=7)
)
def test_the_patch_and_the_program_compare_numbers_alike(connection: psycopg.Connection, parts: list[str]) -> None:
    _, _, rest = patch_file("0019").read_text().partition("owner.phone_key = ")
    expression = rest.partition(";")[0].replace("message.from_number", "%s::text")
    assert connection.execute(f"SELECT {expression}".encode(), ["+" + "".join(parts)]).fetchone() == (
        canonical("".join(parts)),
    )


def test_many_batches_link_every_message(clinic: psycopg.Connection) -> None:
    clinic.execute("""
        INSERT INTO patients (tenant_id, phone_number, first_name)
        SELECT 1 + n % 2, (5491100000000 + n)::text, 'P' FROM generate_series(1, 100) AS n
    """)
    clinic.execute("""
        INSERT INTO chat_messages (id, from_number, role, content, tenant_id)
        SELECT n * 3, '+' || (5491100000001 + n % 100)::text, 'user', '', 1 + (n + 1) % 2
        FROM generate_series(1, 12000) AS n
    """)
    execute_file(clinic, "0019")
    wrong = clinic.execute("""
        SELECT count(*) FROM chat_messages AS m JOIN patients AS p ON p.id = m.patient_id
        WHERE p.tenant_id <> m.tenant_id OR '+' || p.phone_number <> m.from_number
    """).fetchone()
    assert (set(links(clinic).values()) - {None}, wrong) == (set(range(1, 101)), (0,))
    assert None not in links(clinic).values()


def test_an_interrupted_run_keeps_its_batches_and_the_next_one_goes_on(
    clinic: psycopg.Connection, empty_url: str
) -> None:
    person = patient(clinic, "5491155550001")
    clinic.execute("""
        INSERT INTO chat_messages (id, from_number, role, content, tenant_id)
        SELECT n, '5491155550001', 'user', '', 1 FROM generate_series(1, 5001) AS n
    """)
    clinic.execute("SET lock_timeout = 50")
    hold = "SELECT FROM chat_messages WHERE id = 5001 FOR UPDATE"
    with other_session(empty_url, hold), pytest.raises(psycopg.errors.LockNotAvailable):
        execute_file(clinic, "0019")
    assert {number for number, linked in links(clinic).items() if linked is None} == {5001}
    execute_file(clinic, "0019")
    assert set(links(clinic).values()) == {person}


def test_rows_that_row_level_security_would_hide_are_an_error(clinic: psycopg.Connection) -> None:
    patient(clinic, "5491155550001")
    message(clinic, "5491155550001")
    clinic.execute("ALTER TABLE patients ENABLE ROW LEVEL SECURITY")
    clinic.execute("ALTER TABLE patients FORCE ROW LEVEL SECURITY")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        execute_file(clinic, "0019")
    assert list(links(clinic).values()) == [None]


def test_migrate_adds_the_column_the_links_and_the_index(empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute((PATIENTS + CHAT).encode())
        connection.execute("INSERT INTO tenants (clinic_name, bot_phone_number) VALUES ('Norte', '1')")
        person, sent = patient(connection, "+5491155550001"), message(connection, "541155550001")
        run(connection)
        assert links(connection) == {sent: person}
        shape = shape_of(connection, "chat_messages")
    assert shape.columns["patient_id"] == ("integer", False, None)
    assert shape.indexes["idx_chat_messages_patient"][1]


def test_messages_of_a_database_without_patients_are_left_alone(empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(CHAT)
        before = shape_of(connection, "chat_messages")
        run(connection)
        assert shape_of(connection, "chat_messages") == before
