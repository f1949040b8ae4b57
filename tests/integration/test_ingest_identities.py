"""Whom touches are of does not depend on the order in which ids, phones and answers of forms arrive."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from metaads_cli.db.queries.touches import FIRST, Touches
from metaads_cli.db.session import Database
from metaads_cli.models.referral import Receiver, Referral

NOON = datetime(2026, 10, 10, 12, tzinfo=UTC)
PHONES = ("5491155550001", "5491155550002", "5491155550003", "13055550100")
IDS = ("x", "y", "z")
KINDS = {"contact_user_id": "bsuid", "contact_psid": "psid"}
PEOPLE = """
    SELECT phone_number, acquisition_source, meta_ad_id FROM patients WHERE tenant_id = 1 ORDER BY phone_number
"""
EVENTS = """
    SELECT event_id, phone_number, held_reason FROM metaads.referral_events AS event
    LEFT JOIN patients ON patients.id = event.patient_id
    ORDER BY event_id
"""


class Person(NamedTuple):
    """One of the host's."""

    phone: str
    ids: dict[str, str]


def touch(
    number: int, minute: int = 0, phone: str | None = None, ad: str | None = "1", at: str = "whatsapp", **more: Any
) -> Referral:
    values = {
        "channel": at,
        "event_id": f"e{number}",
        "occurred_at": NOON + timedelta(minutes=minute),
        "receiver": Receiver(),
        "contact_phone": phone,
        "from_ad": ad is not None,
        "ad_id": ad,
        "raw": {},
    }
    return Referral(**values | more)


def store(database: Database, touches: Sequence[Referral], size: int = 100, *, create: bool = True) -> None:
    kept = Touches(Database(database.connection).tenant(1), create_contacts=create)
    for start in range(0, len(touches), size):
        kept.store(touches[start : start + size])


def begin(connection: psycopg.Connection, people: Sequence[Person] = ()) -> None:
    connection.execute("TRUNCATE patients, metaads.attributions, metaads.identities, metaads.referral_events CASCADE")
    for person in people:
        connection.execute(
            "INSERT INTO patients (tenant_id, phone_number, first_name, external_ids) VALUES (1, %s, 'Known', %s)",
            [person.phone, Jsonb(person.ids)],
        )


def state(connection: psycopg.Connection) -> tuple[list[Any], list[Any]]:
    """People with their ads, and touches with the phone of their person or the reason why they have none."""
    with connection.transaction():
        connection.execute("SELECT metaads.set_tenant(1)")
        return connection.execute(PEOPLE).fetchall(), connection.execute(EVENTS).fetchall()


def ids_of(one: Referral) -> set[tuple[str, str]]:
    found = {(kind, getattr(one, field)) for field, kind in KINDS.items()}
    return {(kind, identifier) for kind, identifier in found if identifier}


def oracle(people: Sequence[Person], touches: Sequence[Referral]) -> tuple[list[Any], list[Any]]:
    """The same by hand, from all touches at once."""
    by_phone = {person.phone: person.phone for person in people}
    phones_of_id = {
        pair: {one.contact_phone for one in touches if one.contact_phone and pair in ids_of(one)}
        for one in touches
        for pair in ids_of(one)
    }

    def host_has(one: Referral) -> set[str]:
        return {person.phone for person in people if ids_of(one) & set(person.ids.items())}

    guests = {
        one.contact_phone
        for one in touches
        if one.contact_phone and one.contact_phone not in by_phone and not host_has(one)
    }

    def candidates(one: Referral) -> set[str]:
        if one.contact_phone:
            return (
                {one.contact_phone} if one.contact_phone in by_phone or one.contact_phone in guests else host_has(one)
            )
        seen = set().union(*(phones_of_id[pair] for pair in ids_of(one)))
        return host_has(one) | {phone for phone in seen if phone in by_phone or phone in guests}

    linked, held = {}, {}
    for one in touches:
        found = candidates(one)
        if len(found) == 1:
            linked[one.event_id] = min(found)
        else:
            held[one.event_id] = "several_contacts" if found else "no_phone"
    attributed = []
    for phone in sorted([*by_phone, *guests]):
        ads = sorted(
            (one.occurred_at, one.event_id, one.ad_id)
            for one in touches
            if one.from_ad and linked.get(one.event_id) == phone
        )
        attributed.append((phone, "META_ADS" if ads else "ORGANIC", ads[0][2] if ads else None))
    events = sorted(one.event_id for one in touches)
    return attributed, [(event, linked.get(event), held.get(event)) for event in events]


hosts = st.lists(
    st.builds(
        Person,
        st.sampled_from(PHONES[:2]),
        st.dictionaries(st.sampled_from(list(KINDS.values())), st.sampled_from(IDS), max_size=1),
    ),
    max_size=2,
    unique_by=lambda person: person.phone,
)
histories = st.lists(
    st.builds(
        lambda number, minute, phone, ad, bsuid, psid: touch(
            number, minute, phone, ad, contact_user_id=bsuid, contact_psid=psid
        ),
        st.integers(0, 99),
        st.integers(0, 5),
        st.none() | st.sampled_from(PHONES),
        st.sampled_from(["1", "2", None]),
        st.none() | st.sampled_from(IDS),
        st.none() | st.none() | st.sampled_from(IDS[:1]),
    ),
    max_size=7,
    unique_by=lambda one: one.event_id,
)


def test_any_order_any_batches_and_any_repetition_end_in_the_state_of_the_oracle(
    database: Database, connection: psycopg.Connection
) -> None:
    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    @given(people=hosts, touches=histories, order=st.randoms(use_true_random=False), size=st.integers(1, 8))
    def compare(people: list[Person], touches: list[Referral], order: Any, size: int) -> None:
        begin(connection, people)
        again = order.sample(touches, order.randint(0, len(touches)))
        store(database, order.sample([*touches, *again], len(touches) + len(again)), size)
        assert state(connection) == oracle(people, touches)

    compare()


def test_a_phone_that_is_seen_with_an_id_takes_the_touch_from_nobody_and_gives_it_back_when_it_is_doubtful(
    database: Database, connection: psycopg.Connection
) -> None:
    begin(connection)
    store(database, [touch(1, 0, PHONES[0], ad=None, contact_user_id="x"), touch(2, 5, ad="7", contact_user_id="x")])
    assert state(connection)[0] == [(PHONES[0], "META_ADS", "7")]
    store(database, [touch(3, 9, PHONES[1], ad=None, contact_user_id="x")])
    people, events = state(connection)
    assert people == [(PHONES[0], "ORGANIC", None), (PHONES[1], "ORGANIC", None)]
    assert ("e2", None, "several_contacts") in events


def test_what_the_host_wrote_since_is_not_taken_back(database: Database, connection: psycopg.Connection) -> None:
    begin(connection)
    store(database, [touch(1, 0, PHONES[0], ad=None, contact_user_id="x"), touch(2, 5, ad="7", contact_user_id="x")])
    connection.execute("UPDATE patients SET meta_ad_id = 'host'")
    store(database, [touch(3, 9, PHONES[1], ad=None, contact_user_id="x")])
    assert state(connection)[0][0] == (PHONES[0], "META_ADS", "host")


WEBHOOK = touch(1, 5, None, "7", "leadgen", leadgen_id="9", form_id="4")
ANSWERS = touch(
    1,
    5,
    PHONES[0],
    "7",
    "leadgen",
    leadgen_id="9",
    contact_name="Ana",
    contact_email="a@b.example",
    raw={"full_name": "Ana"},
)


@pytest.mark.parametrize("order", [[WEBHOOK, ANSWERS], [ANSWERS, WEBHOOK], [WEBHOOK, ANSWERS, WEBHOOK]])
@pytest.mark.parametrize("size", [1, 3])
def test_a_leads_webhook_and_its_answers_are_one_touch(
    database: Database, connection: psycopg.Connection, order: list[Referral], size: int
) -> None:
    begin(connection)
    store(database, order, size)
    assert state(connection) == ([(PHONES[0], "META_ADS", "7")], [("e1", PHONES[0], None)])
    with connection.transaction():
        connection.execute("SELECT metaads.set_tenant(1)")
        told = connection.execute("SELECT contact_email, form_id, referral FROM metaads.referral_events").fetchall()
    assert told == [("a@b.example", "4", {"full_name": "Ana"})]
    assert connection.execute("SELECT first_name FROM patients").fetchall() == [("Ana",)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("size", [1, 2])
def test_two_tellings_that_differ_end_in_the_same_attribution(
    database: Database, connection: psycopg.Connection, order: tuple[int, int], size: int
) -> None:
    begin(connection, [Person(PHONES[0], {})])
    tellings = [
        touch(1, 7, PHONES[0], "8", headline="Later", contact_name="B"),
        touch(1, 6, PHONES[0], "7", headline="Sooner", contact_name="A", body="Text"),
    ]
    store(database, [tellings[place] for place in order], size)
    row = connection.execute("SELECT meta_ad_id, meta_ad_headline, meta_ad_body FROM patients").fetchone()
    assert row == ("7", "Later", "Text")


def test_a_known_touch_that_turns_out_to_be_by_an_ad_attributes_its_person(
    database: Database, connection: psycopg.Connection
) -> None:
    begin(connection)
    store(database, [touch(1, 5, PHONES[0], None, source_type="post")])
    store(database, [touch(1, 5, PHONES[0], "7", source_type="post")])
    assert state(connection)[0] == [(PHONES[0], "META_ADS", "7")]


def test_who_is_held_is_found_once_somebody_has_the_phone_that_the_id_was_seen_with(
    database: Database, connection: psycopg.Connection
) -> None:
    begin(connection)
    store(database, [touch(1, 0, PHONES[0], contact_user_id="x"), touch(2, 1, contact_user_id="x")], create=False)
    assert [reason for _, _, reason in state(connection)[1]] == ["unknown_contact", "no_phone"]
    connection.execute("INSERT INTO patients (tenant_id, phone_number, first_name) VALUES (1, %s, 'New')", [PHONES[0]])
    Touches(database.tenant(1), create_contacts=False).retry_held(FIRST, 100)
    assert state(connection)[1] == [("e1", PHONES[0], None), ("e2", PHONES[0], None)]


def test_another_tenants_ids_say_nothing(database: Database, connection: psycopg.Connection) -> None:
    begin(connection)
    other = Touches(Database(database.connection).tenant(2), create_contacts=True)
    other.store([touch(1, 0, PHONES[0], contact_user_id="x")])
    store(database, [touch(2, 1, contact_user_id="x")])
    assert state(connection) == ([], [("e2", None, "no_phone")])
