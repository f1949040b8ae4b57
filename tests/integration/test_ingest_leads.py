"""Ingest for a CRM, whose people are leads: found, created and attributed as a clinic's patients are."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from tests.patches.conftest import LEADS, LEADS_ONCE, PATIENTS, TENANTS, run

from metaads_cli.db.queries.touches import FIRST, BatchOutcome, Touches
from metaads_cli.db.session import Database
from metaads_cli.models.referral import Receiver, Referral

NOON = datetime(2026, 10, 10, 12, tzinfo=UTC)
PHONE, OTHER_PHONE = "5491155550001", "5491155550002"
TWO_TENANTS = """
    INSERT INTO tenants (clinic_name, bot_phone_number) VALUES ('Norte', '15550001111'), ('Sur', '15550002222');
"""
PEOPLE = """
    SELECT phone_number, first_name, status, source, acquisition_source, meta_ad_id FROM leads
    WHERE tenant_id = %s ORDER BY phone_number
"""
LAST_CLICKS = """
    SELECT leads.phone_number, first_ad_id, last_ad_id, touches FROM metaads.person_touches AS touched
    JOIN leads ON leads.id = touched.lead_id AND leads.tenant_id = touched.tenant_id
    ORDER BY leads.phone_number
"""


def touch(number: int, phone: str | None = PHONE, ad: str | None = "1", **fields: Any) -> Referral:
    values = {
        "channel": "whatsapp",
        "event_id": f"e{number}",
        "occurred_at": NOON + timedelta(minutes=number),
        "receiver": Receiver(),
        "contact_phone": phone,
        "contact_name": f"Name {number}",
        "from_ad": ad is not None,
        "ad_id": ad,
        "raw": {},
    }
    return Referral(**values | fields)


@pytest.fixture(params=["", LEADS_ONCE], ids=["any leads", "unique leads"])
def crm(request: pytest.FixtureRequest, empty_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute((TENANTS + TWO_TENANTS + LEADS + request.param).encode())
        run(connection)
        yield connection


def store(crm: psycopg.Connection, *touches: Referral, tenant: int = 1, create: bool = True) -> BatchOutcome:
    return Touches(Database(crm).tenant(tenant), create_contacts=create).store(touches)


def add_lead(crm: psycopg.Connection, phone: str, *, tenant: int = 1, source: str | None = None) -> None:
    crm.execute(
        "INSERT INTO leads (tenant_id, first_name, phone_number, acquisition_source)"
        " VALUES (%s, 'Known', %s, coalesce(%s, 'ORGANIC'))",
        [tenant, phone, source],
    )


def people(crm: psycopg.Connection, tenant: int = 1) -> list[tuple[Any, ...]]:
    return crm.execute(PEOPLE, [tenant]).fetchall()


def test_who_is_not_known_becomes_a_lead_by_the_earliest_touch(crm: psycopg.Connection) -> None:
    outcome = store(crm, touch(2, ad="2"), touch(1), touch(3, OTHER_PHONE, None))
    assert (outcome.created_contacts, outcome.attributed) == (2, 1)
    assert people(crm) == [
        (PHONE, "Name 1", "new", "whatsapp_inbound", "META_ADS", "1"),
        (OTHER_PHONE, "Name 3", "new", "whatsapp_inbound", "ORGANIC", None),
    ]


def test_a_lead_form_names_itself_as_the_source(crm: psycopg.Connection) -> None:
    store(crm, touch(1, channel="leadgen"))
    assert people(crm)[0][3] == "meta_lead_form"


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_a_known_lead_keeps_its_first_touch_and_the_last_click_stands_beside_it(
    crm: psycopg.Connection, order: tuple[int, ...]
) -> None:
    add_lead(crm, f"+{PHONE}")
    add_lead(crm, PHONE, tenant=2)
    for number in order:
        store(crm, touch(number, ad=str(number)))
    assert people(crm) == [(f"+{PHONE}", "Known", "new", None, "META_ADS", "1")]
    assert people(crm, 2)[0][4:] == ("ORGANIC", None)
    with crm.transaction():
        crm.execute("SELECT metaads.set_tenant(1)")
        assert crm.execute(LAST_CLICKS).fetchall() == [(f"+{PHONE}", "1", "2", 2)]


def test_what_the_host_attributed_stays(crm: psycopg.Connection) -> None:
    add_lead(crm, PHONE, source="GOOGLE")
    assert store(crm, touch(1)).attributed == 0
    assert people(crm)[0][4:] == ("GOOGLE", None)


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_a_created_lead_bears_the_name_of_the_earliest_touch_until_somebody_changes_it(
    crm: psycopg.Connection, order: tuple[int, ...]
) -> None:
    for number in order:
        store(crm, touch(number))
    assert people(crm)[0][1] == "Name 1"
    crm.execute("UPDATE leads SET first_name = 'Changed'")
    store(crm, touch(0))
    assert people(crm)[0][1] == "Changed"


def test_held_touches_of_leads_are_matched_again(crm: psycopg.Connection) -> None:
    assert store(crm, touch(1), create=False).held == 1
    add_lead(crm, PHONE)
    again = Touches(Database(crm).tenant(1), create_contacts=False).retry_held(FIRST, 100)
    assert again == (BatchOutcome(duplicates=1, attributed=1), None)


def test_a_repetition_changes_nothing(crm: psycopg.Connection) -> None:
    touches = [touch(1), touch(2, OTHER_PHONE, contact_user_id="x"), touch(3, None, contact_user_id="x")]
    store(crm, *touches)
    before = people(crm)
    assert store(crm, *touches) == BatchOutcome(duplicates=3)
    assert people(crm) == before


def test_a_clinic_with_leads_attributes_its_patients(empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute((PATIENTS + TWO_TENANTS + LEADS).encode())
        run(connection)
        add_lead(connection, PHONE)
        store(connection, touch(1))
        assert people(connection)[0][4:] == ("ORGANIC", None)
        patients = connection.execute("SELECT phone_number, status, meta_ad_id FROM patients").fetchall()
    assert patients == [(PHONE, "guest", "1")]
