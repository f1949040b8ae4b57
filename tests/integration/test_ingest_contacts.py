"""Who wrote: one person under several ways of writing a number, and under ids instead of one."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metaads_cli.db.queries.touches import FIRST, BatchOutcome, Touches
from metaads_cli.db.session import Database
from metaads_cli.models.referral import Receiver, Referral

NOON = datetime(2026, 10, 10, 12, tzinfo=UTC)
Patient = Callable[..., int]
PEOPLE = """
    SELECT phone_number, first_name, status, acquisition_source, meta_ad_id, external_ids
    FROM patients WHERE tenant_id = 1 ORDER BY phone_number
"""


def touch(number: int = 1, **fields: Any) -> Referral:
    values = {
        "channel": "whatsapp",
        "event_id": f"e{number}",
        "occurred_at": NOON + timedelta(minutes=number),
        "receiver": Receiver(),
        "from_ad": True,
        "ad_id": "1",
        "raw": {},
    }
    return Referral(**values | fields)


@pytest.fixture
def patient(connection: psycopg.Connection) -> Patient:
    def create(phone: str, *, tenant: int = 1, status: str = "active", **ids: str) -> int:
        row = connection.execute(
            "INSERT INTO patients (tenant_id, phone_number, first_name, status, external_ids)"
            " VALUES (%s, %s, 'Known', %s, %s) RETURNING id",
            [tenant, phone, status, json.dumps(ids)],
        ).fetchone()
        assert row is not None
        return int(row[0])

    return create


def argentine(database: Database) -> None:
    """The tenant's country, which only newer hosts keep."""
    database.connection.execute("ALTER TABLE tenants ADD COLUMN IF NOT EXISTS country_code text")
    database.connection.execute("UPDATE tenants SET country_code = 'ar'")


def store(database: Database, *touches: Referral, create: bool = True) -> BatchOutcome:
    return Touches(Database(database.connection).tenant(1), create_contacts=create).store(touches)


def linked(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    with connection.transaction():
        connection.execute("SELECT metaads.set_tenant(1)")
        return connection.execute(
            "SELECT event_id, patient_id, held_reason FROM metaads.referral_events ORDER BY event_id"
        ).fetchall()


@pytest.mark.parametrize(
    ("stored", "sent"),
    [
        ("5491155550001", "541155550001"),
        ("+541155550001", "5491155550001"),
        ("5215512345678", "525512345678"),
        ("+525512345678", "5215512345678"),
        ("5511987654321", "551187654321"),
        ("+551187654321", "5511987654321"),
        ("+54 9 11 5555-0001", "5491155550001"),
        ("011 15 5555-0001", "5491155550001"),
        ("1155550001", "541155550001"),
        ("+1 (305) 555-0100", "13055550100"),
    ],
)
def test_a_stored_number_is_found_however_it_is_written_and_stays_so(
    database: Database, connection: psycopg.Connection, patient: Patient, stored: str, sent: str
) -> None:
    argentine(database)
    known = patient(stored)
    other = patient(stored, tenant=2)
    outcome = store(database, touch(contact_phone=sent))
    assert (outcome.attributed, outcome.created_contacts) == (1, 0)
    assert linked(connection) == [("e1", known, None)]
    assert connection.execute("SELECT id, phone_number FROM patients ORDER BY id").fetchall() == [
        (known, stored),
        (other, stored),
    ]
    assert connection.execute("SELECT meta_ad_id FROM patients WHERE id = %s", [other]).fetchone() == (None,)


@pytest.mark.parametrize("stored", [("5491155550001", "541155550001"), ("+5491155550001", "011 15 5555-0001")])
def test_two_people_under_ways_of_writing_one_number_hold_the_touch(
    database: Database, connection: psycopg.Connection, patient: Patient, stored: tuple[str, str]
) -> None:
    argentine(database)
    for number in stored:
        patient(number)
    assert store(database, touch(contact_phone="5491155550001")).held == 1
    assert linked(connection) == [("e1", None, "several_contacts")]


def test_a_number_of_a_form_is_read_in_the_tenants_country(
    database: Database, connection: psycopg.Connection, patient: Patient
) -> None:
    argentine(database)
    known = patient("5491155550001")
    store(database, touch(channel="leadgen", contact_phone="01115 5555 0001"))
    assert linked(connection) == [("e1", known, None)]


def test_a_deleted_person_under_an_odd_number_is_not_written_to(
    database: Database, connection: psycopg.Connection, patient: Patient
) -> None:
    argentine(database)
    patient("011 15 5555-0001", status="deleted")
    store(database, touch(contact_phone="5491155550001"))
    assert linked(connection) == [("e1", None, "contact_deleted")]


@pytest.mark.parametrize(
    ("field", "kind"),
    [("contact_user_id", "bsuid"), ("contact_psid", "psid"), ("contact_igsid", "igsid"), ("contact_lid", "lid")],
)
def test_who_has_no_number_is_found_by_an_id_of_the_host(
    database: Database, connection: psycopg.Connection, patient: Patient, field: str, kind: str
) -> None:
    known = patient("1", **{kind: "77"})
    patient("2", **{kind: "78"})
    patient("1", tenant=2, **{kind: "77"})
    assert store(database, touch(**{field: "77"})).attributed == 1
    assert linked(connection) == [("e1", known, None)]


def test_an_id_that_several_people_have_holds_the_touch(
    database: Database, connection: psycopg.Connection, patient: Patient
) -> None:
    patient("1", psid="77")
    patient("2", psid="77")
    store(database, touch(contact_psid="77"))
    assert linked(connection) == [("e1", None, "several_contacts")]


def test_nobody_is_created_without_a_number(database: Database, connection: psycopg.Connection) -> None:
    outcome = store(database, touch(contact_psid="77"))
    assert (outcome.created_contacts, outcome.held) == (0, 1)
    assert linked(connection) == [("e1", None, "no_phone")]
    assert connection.execute(PEOPLE).fetchall() == []


def test_an_id_that_came_with_a_number_finds_the_person_later_without_it(
    database: Database, connection: psycopg.Connection
) -> None:
    store(database, touch(1, contact_user_id="77"))
    store(database, touch(2, contact_phone="5491155550001", contact_user_id="77"))
    store(database, touch(3, contact_user_id="77", ad_id="3"))
    [(phone, _, _, _, ad, ids)] = connection.execute(PEOPLE).fetchall()
    assert (phone, ad, ids) == ("5491155550001", "1", {})
    assert [held for _, _, held in linked(connection)] == [None, None, None]


def test_the_hosts_own_ids_are_read_and_never_written(
    database: Database, connection: psycopg.Connection, patient: Patient
) -> None:
    patient("5491155550001", bsuid="host", crm="9")
    store(database, touch(contact_phone="5491155550001", contact_user_id="77", contact_lid="5"))
    assert connection.execute("SELECT external_ids FROM patients").fetchall() == [({"bsuid": "host", "crm": "9"},)]


@pytest.mark.parametrize(("create", "looked_at"), [(False, 3), (True, 7)])
def test_held_touches_that_may_have_a_person_now_are_matched_again_in_portions(
    database: Database, connection: psycopg.Connection, patient: Patient, *, create: bool, looked_at: int
) -> None:
    numbers = [f"54911555500{number:02}" for number in range(7)]
    store(database, *(touch(n, contact_phone=number) for n, number in enumerate(numbers)), create=False)
    assert {reason for _, _, reason in linked(connection)} == {"unknown_contact"}
    known = [patient(number) for number in numbers[:3]]
    touches, after, seen = Touches(database.tenant(1), create_contacts=create), FIRST, 0
    while after is not None:
        outcome, after = touches.retry_held(after, 2)
        seen += outcome.duplicates
    assert seen == looked_at
    people = [person for _, person, _ in linked(connection)]
    assert people[:3] == known
    assert [person is not None for person in people[3:]] == [create] * 4


def test_a_held_touch_is_matched_again_once_its_id_is_known(
    database: Database, connection: psycopg.Connection, patient: Patient
) -> None:
    store(database, touch(1, contact_psid="ps-1"), touch(2, contact_psid="ps-2"), create=False)
    known = patient("5491155550001", psid="ps-1")
    outcome, _ = Touches(database.tenant(1), create_contacts=False).retry_held(FIRST, 10)
    assert outcome.duplicates == 1
    assert linked(connection) == [("e1", known, None), ("e2", None, "no_phone")]


def test_the_reason_of_a_held_touch_follows_the_host(
    database: Database, connection: psycopg.Connection, patient: Patient
) -> None:
    twin, other = patient("5491155550001"), patient("+5491155550001")
    store(database, touch(contact_phone="5491155550001"), create=False)
    connection.execute("DELETE FROM patients WHERE id = ANY (%s)", [[twin, other]])
    Touches(database.tenant(1), create_contacts=False).retry_held(FIRST, 10)
    assert linked(connection) == [("e1", None, "unknown_contact")]


ways = st.sampled_from(["5491155550001", "541155550001", "5491155550002", "541155550002", "13055550100"])
touches = st.lists(
    st.builds(
        lambda number, phone, ad, name: touch(
            number, contact_phone=phone, from_ad=ad is not None, ad_id=ad, contact_name=name
        ),
        st.integers(0, 9),
        ways,
        st.sampled_from(["1", "2", None]),
        st.sampled_from([None, "Ana", "Íñigo"]),
    ),
    max_size=8,
    unique_by=lambda one: one.event_id,
)


def test_any_order_of_any_ways_of_writing_ends_in_the_same_people(
    database: Database, connection: psycopg.Connection
) -> None:
    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(touches=touches, order=st.randoms(use_true_random=False), cut=st.integers(1, 8), stored=st.none() | ways)
    def compare(touches: list[Referral], order: Any, cut: int, stored: str | None) -> None:
        shuffled = order.sample(touches, len(touches))
        batches = [shuffled[start : start + cut] for start in range(0, len(shuffled), cut)]
        states = []
        for run in ([touches], batches, [*batches, touches]):
            connection.execute("TRUNCATE patients, metaads.attributions, metaads.referral_events CASCADE")
            if stored:
                connection.execute(
                    "INSERT INTO patients (tenant_id, phone_number, first_name) VALUES (1, %s, 'Known')", [stored]
                )
            for batch in run:
                store(database, *batch)
            states.append(connection.execute(PEOPLE).fetchall())
        assert states[0] == states[1] == states[2]

    compare()


@pytest.mark.parametrize("text", ["a\\tb", "tab\there", "two\nlines\r\n", "\\N", "\\.", 'quote"', "ñ 😀", ""])
def test_a_text_is_kept_whatever_characters_it_has(
    database: Database, connection: psycopg.Connection, text: str
) -> None:
    store(database, touch(contact_phone="5491155550001", headline=text, raw={"headline": text}))
    with connection.transaction():
        connection.execute("SELECT metaads.set_tenant(1)")
        kept = connection.execute("SELECT headline, referral ->> 'headline' FROM metaads.referral_events").fetchone()
    assert kept == (text, text)


def test_a_run_that_goes_on_looks_again_at_what_the_host_says(
    database: Database, connection: psycopg.Connection, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    argentine(database)
    following = Touches(Database(database.connection).tenant(1), create_contacts=False)
    following.store([touch(1, contact_phone="5491155550001"), touch(2, contact_psid="ps-1")])
    odd, named = patient("011 15 5555-0001"), patient("5491155550002", psid="ps-1")
    again = [touch(3, contact_phone="5491155550001"), touch(4, contact_psid="ps-1")]
    assert following.store(again).held == 2
    monkeypatch.setattr("metaads_cli.db.queries.touches.LOOK_AGAIN_SECONDS", 0)
    following.retry_held(FIRST, 10)
    assert [row[1] for row in linked(connection)] == [odd, named, odd, named]


@pytest.mark.parametrize("ids", ['"psid"', '["psid"]', "null", '{"psid": null}', '{"psid": {"psid": "ps-1"}}'])
def test_ids_of_the_host_that_are_no_ids_name_nobody(
    database: Database, connection: psycopg.Connection, patient: Patient, ids: str
) -> None:
    known = patient("5491155550001")
    connection.execute("UPDATE patients SET external_ids = %s WHERE id = %s", [ids, known])
    assert store(database, touch(contact_psid="ps-1")).held == 1


def test_an_id_that_the_host_keeps_as_a_number_is_the_same_id(
    database: Database, connection: psycopg.Connection, patient: Patient
) -> None:
    known = patient("5491155550001")
    connection.execute("UPDATE patients SET external_ids = '{\"psid\": 7000123}' WHERE id = %s", [known])
    store(database, touch(contact_psid="7000123"))
    assert linked(connection) == [("e1", known, None)]
