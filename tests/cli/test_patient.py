"""`metaads patient` as reception runs it."""

import csv
import io
import json

import psycopg
import pytest
from syrupy.assertion import SnapshotAssertion

from builders import NOON, OTHER_AD, body, lines, message
from harness import Program

PHONE = "5491155550001"
FORMATS = ["table", "json", "jsonl", "csv", "tsv", "md"]


@pytest.fixture
def loaded(metaads: Program, connection: psycopg.Connection) -> Program:
    """Somebody who clicked on two ads, and came once."""
    connection.execute(
        """
        INSERT INTO patients (tenant_id, phone_number, first_name, last_name, urgency_level, preferred_schedule)
        VALUES (1, %s, 'Persona', E'de\\u001b[31m prueba', 'high', 'mañana')
        """,
        [f"+{PHONE}"],
    )
    touches = message(PHONE, NOON), message(PHONE, NOON + 86_400, OTHER_AD)
    assert metaads("ingest", "-", "--tenant", "1", stdin=lines(body(*touches))).code == 0
    connection.execute("""
        INSERT INTO appointments (tenant_id, patient_id, appointment_datetime, appointment_type, status)
        SELECT 1, id, '2025-10-20 12:00Z', 'x', 'completed' FROM patients WHERE tenant_id = 1
    """)
    return metaads


@pytest.mark.parametrize("output", FORMATS)
def test_every_format(loaded: Program, output: str, snapshot: SnapshotAssertion) -> None:
    told = loaded("patient", "--tenant", "1", "--phone", "+54 9 11 5555-0001", "--format", output)
    assert (told.code, told.stderr) == (0, "")
    assert "\x1b" not in told.stdout or output in {"csv", "tsv"}  # exact values
    assert told.stdout == snapshot


def test_two_people_are_a_table_of_two(loaded: Program, connection: psycopg.Connection) -> None:
    connection.execute("INSERT INTO patients (tenant_id, phone_number, first_name) VALUES (1, %s, 'Otra')", [PHONE])
    table = loaded("patient", "--tenant", "1", "--phone", PHONE).stdout.splitlines()
    assert len(table) == 4
    assert ("Persona" in table[2], "Otra" in table[3]) == (True, True)
    document = json.loads(loaded("patient", "--tenant", "1", "--phone", PHONE, "--json").stdout)
    assert [one["first_name"] for one in document["patients"]] == ["Persona", "Otra"]
    rows = list(
        csv.DictReader(io.StringIO(loaded("patient", "--tenant", "1", "--phone", PHONE, "--format", "csv").stdout))
    )
    assert [row["id"] for row in rows] == [one["id"] for one in document["patients"]]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--tenant", "1", "--phone", "999888777"], 3, "Nobody of tenant 1 has this phone number"),
        (["--tenant", "2", "--phone", PHONE], 3, "Nobody of tenant 2 has this phone number"),
        (["--tenant", "9", "--phone", PHONE], 3, "There is no tenant 9 in this database"),
        (["--tenant", "1", "--phone", "555-CALL"], 2, "--phone is no phone number"),
        (["--tenant", "1", "--phone", ""], 2, "--phone is no phone number"),
        (["--tenant", "1"], 2, "Missing option '--phone'"),
        (["--phone", PHONE], 2, "Missing option '--tenant'"),
    ],
)
def test_wrong_use_gets_one_sentence_without_the_number(
    loaded: Program, arguments: list[str], code: int, sentence: str
) -> None:
    told = loaded("patient", *arguments, "-vv")
    assert (told.code, told.stdout) == (code, "")
    assert sentence in told.stderr
    assert len(told.stderr.splitlines()) <= 2
    assert not any(text in told.stderr for text in ("999888777", PHONE, "CALL"))
    as_json = loaded("patient", *arguments, "--json")
    assert json.loads(as_json.stderr)["error"]["exit_code"] == code
    assert "999888777" not in as_json.stderr
