"""The context of a person against a real database: found by either form of the number, and by nobody else's tenant."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from freezegun import freeze_time

from metaads_cli.db.queries.kinds import LEADS, PATIENTS, Kind
from metaads_cli.db.session import Database
from metaads_cli.errors import ConfigError, InputError, UsageError
from metaads_cli.models.patient import PatientContext, PatientReport
from metaads_cli.tasks.patient import normal_phone, patient_context

PHONE = "5491155550001"
AD, OTHER_AD = "120200000000000001", "120200000000000002"
NOW = "2026-10-12 15:00:00"
Make = Callable[..., Any]


@pytest.fixture
def person(connection: psycopg.Connection) -> Make:
    def create(phone: str = PHONE, *, tenant_id: int = 1, status: str | None = "active", **more: Any) -> int:
        values = {"tenant_id": tenant_id, "phone_number": phone, "first_name": "Persona", "status": status} | more
        names = ", ".join(values)
        places = ", ".join(f"%({name})s" for name in values)
        row = connection.execute(
            f"INSERT INTO patients ({names}) VALUES ({places}) RETURNING id".encode(), values
        ).fetchone()
        assert row is not None
        return int(row[0])

    return create


@pytest.fixture
def touch(database: Database) -> Make:
    def create(patient_id: int | None, at: str, ad: str | None = AD, *, tenant_id: int = 1, **more: Any) -> None:
        values = {
            "tenant_id": tenant_id,
            "channel": "whatsapp",
            "event_id": f"wamid.{patient_id}.{at}",
            "occurred_at": at,
            "patient_id": patient_id,
            "held_reason": None if patient_id else "unknown_contact",
            "from_ad": ad is not None,
            "ad_id": ad,
            "headline": f"Headline {ad}",
            "referral": "{}",
        } | more
        names, places = ", ".join(values), ", ".join(f"%({name})s" for name in values)
        with database.tenant(tenant_id).transaction() as cursor:
            cursor.execute(f"INSERT INTO metaads.referral_events ({names}) VALUES ({places})".encode(), values)

    return create


@pytest.fixture
def visit(connection: psycopg.Connection) -> Make:
    def create(patient_id: int, at: str, status: str = "scheduled", tenant_id: int = 1) -> None:
        connection.execute(
            """
            INSERT INTO appointments (tenant_id, patient_id, appointment_datetime, appointment_type, status)
            VALUES (%s, %s, %s, 'x', %s)
            """,
            [tenant_id, patient_id, at, status],
        )

    return create


def context(database: Database, phone: str = PHONE, tenant_id: int = 1) -> PatientReport:
    return patient_context(
        database.tenant(tenant_id), phone, fallback_timezone="UTC", valid_statuses=("scheduled", "completed")
    )


def only(report: PatientReport) -> PatientContext:
    (found,) = report.patients
    return found


@pytest.mark.parametrize("stored", [PHONE, f"+{PHONE}"])
@pytest.mark.parametrize(
    "asked", [PHONE, f"+{PHONE}", "+54 9 (11) 5555-0001", "54.9.11.5555.0001", f"\u202a+{PHONE}\u202c"]
)
def test_either_form_finds_either_form_and_what_is_stored_stays(
    database: Database, person: Make, rows: Make, stored: str, asked: str
) -> None:
    person(stored)
    assert only(context(database, asked)).phone_number == stored
    assert rows("SELECT phone_number FROM patients") == [(stored,)]


def test_both_forms_as_two_people_are_both_shown(database: Database, person: Make) -> None:
    first, second = person(PHONE), person(f"+{PHONE}")
    assert [one.id for one in context(database).patients] == [str(first), str(second)]


def test_the_columns_of_the_host_are_shown(database: Database, person: Make) -> None:
    person(
        last_name="Pérez",
        urgency_level="high",
        urgency_reason="dolor",
        preferred_schedule="mañana",
        acquisition_source="META_ADS",
        meta_campaign_id="Implantes",
        meta_ad_id=AD,
        meta_ad_headline="Hola",
        meta_ad_body="Texto",
    )
    found = only(context(database))
    assert (found.kind, found.first_name, found.last_name, found.status) == ("patient", "Persona", "Pérez", "active")
    assert (found.urgency_level, found.urgency_reason, found.preferred_schedule) == ("high", "dolor", "mañana")
    assert (found.acquisition_source, found.meta_campaign, found.meta_ad_id) == ("META_ADS", "Implantes", AD)
    assert (found.meta_ad_headline, found.meta_ad_body) == ("Hola", "Texto")
    assert (found.touches, found.first_touch, found.last_touch) == (0, None, None)


def test_columns_that_the_host_lacks_are_unknown(
    connection: psycopg.Connection, database: Database, person: Make
) -> None:
    for column in ("urgency_level", "urgency_reason", "preferred_schedule"):
        connection.execute(f"ALTER TABLE patients DROP COLUMN {column}".encode())
    person()
    found = only(context(database))
    assert (found.urgency_level, found.urgency_reason, found.preferred_schedule) == (None, None, None)


def test_a_host_without_appointments_is_served(
    connection: psycopg.Connection, database: Database, person: Make
) -> None:
    connection.execute("DROP TABLE appointments CASCADE")
    person()
    assert only(context(database)).appointments is None


def test_deleted_people_are_not_shown(database: Database, person: Make) -> None:
    person(status="deleted")
    with pytest.raises(InputError, match="Nobody of tenant 1 has this phone number"):
        context(database)
    person(f"+{PHONE}", status=None)
    assert only(context(database)).phone_number == f"+{PHONE}"


def test_another_tenants_people_touches_and_appointments_do_not_show(
    database: Database, person: Make, touch: Make, visit: Make
) -> None:
    theirs = person(tenant_id=2)
    with pytest.raises(InputError):
        context(database)
    mine = person()
    touch(mine, "2026-10-10 12:00Z", tenant_id=2)
    touch(theirs, "2026-10-10 12:00Z", tenant_id=2)
    visit(mine, "2026-10-10 12:00Z", tenant_id=2)
    found = only(context(database))
    assert (found.touches, found.appointments and found.appointments.total) == (0, 0)
    assert only(context(database, tenant_id=2)).touches == 1


def test_the_first_and_the_last_touch_by_ads_with_their_present_names(
    database: Database, person: Make, touch: Make
) -> None:
    who = person()
    touch(who, "2026-10-08 12:00Z", OTHER_AD)
    touch(who, "2026-10-06 12:00Z", AD)
    touch(who, "2026-10-07 12:00Z", AD)
    touch(who, "2026-10-05 12:00Z", None)  # a post
    with database.tenant(1).transaction() as cursor:
        cursor.execute(
            """
            INSERT INTO metaads.campaigns (tenant_id, campaign_id, account_id, name, fetched_at)
            VALUES (1, 'c', 'act_1', 'Campaign', now());
            INSERT INTO metaads.adsets (tenant_id, adset_id, account_id, campaign_id, name, fetched_at)
            VALUES (1, 's', 'act_1', 'c', 'Ad set', now());
            INSERT INTO metaads.ads (tenant_id, ad_id, account_id, campaign_id, adset_id, name, fetched_at)
            VALUES (1, '120200000000000001', 'act_1', 'c', 's', 'Ad', now())
            """
        )
    found = only(context(database))
    assert found.touches == 4
    assert found.first_touch is not None
    assert found.last_touch is not None
    assert found.first_touch.occurred_at == datetime(2026, 10, 6, 12, tzinfo=UTC)
    assert found.first_touch.occurred_at.isoformat() == "2026-10-06T09:00:00-03:00"
    assert (found.first_touch.ad_id, found.first_touch.headline) == (AD, f"Headline {AD}")
    assert (found.first_touch.campaign_name, found.first_touch.adset_name) == ("Campaign", "Ad set")
    assert (found.last_touch.ad_id, found.last_touch.campaign_name) == (OTHER_AD, None)


@freeze_time(NOW)
def test_appointments_are_summed_up(database: Database, person: Make, visit: Make) -> None:
    who = person()
    visit(who, "2026-10-01 12:00Z", "completed")
    visit(who, "2026-10-05 12:00Z", "completed")
    visit(who, "2026-10-10 12:00Z", "cancelled")
    visit(who, "2026-10-12 15:00Z")
    visit(who, "2026-11-01 12:00Z")
    visits = only(context(database)).appointments
    assert visits is not None
    assert (visits.total, visits.valid) == (5, 4)
    assert visits.last == datetime(2026, 10, 5, 12, tzinfo=UTC)
    assert visits.next == datetime(2026, 10, 12, 15, tzinfo=UTC)


@pytest.mark.parametrize("phone", ["", "+", "abc", "54x", "++54", "54+9", "5" * 21, "٥٤٩", "' OR 1=1"])
def test_what_is_no_number_is_refused_without_being_repeated(phone: str) -> None:
    with pytest.raises(UsageError, match="--phone is no phone number") as refusal:
        normal_phone(phone)
    assert len(phone) < 3 or phone not in refusal.value.message


def test_a_database_whose_people_are_not_patched_is_named(connection: psycopg.Connection, database: Database) -> None:
    connection.execute("ALTER TABLE patients DROP COLUMN meta_ad_id")
    with pytest.raises(ConfigError, match="no people with an attribution"):
        context(database)


# --- CRM


def test_in_a_crm_the_people_are_leads(crm: psycopg.Connection) -> None:
    crm.execute("""
        INSERT INTO leads (tenant_id, first_name, phone_number, status, acquisition_source, meta_ad_id)
        VALUES (1, 'Lead', '+5491155550001', 'new', 'META_ADS', '7'), (1, NULL, '5491155550001', NULL, 'ORGANIC', NULL),
               (1, 'Gone', '5491155550001', 'deleted', 'ORGANIC', NULL), (2, 'Other', '5491155550001', 'new', 'X', NULL)
    """)
    report = context(Database(crm))
    assert {(one.kind, one.first_name, one.status, one.meta_ad_id) for one in report.patients} == {
        ("lead", "Lead", "new", "7"),
        ("lead", None, None, None),
    }
    assert [one.appointments for one in report.patients] == [None, None]
    assert report.timezone == "UTC"


def test_touches_of_a_lead_are_its_own_whatever_number_they_came_from(crm: psycopg.Connection) -> None:
    crm.execute("INSERT INTO leads (tenant_id, phone_number) VALUES (1, '+5491155550001'), (2, '5491155550001')")
    leads = dict(crm.execute("SELECT tenant_id, id FROM leads").fetchall())
    touches = [
        (1, leads[1], "2026-10-05 12:00Z", OTHER_AD),
        (1, leads[1], "2026-10-06 12:00Z", AD),
        (1, leads[1], "2026-10-07 12:00Z", None),
        (1, None, "2026-10-04 12:00Z", AD),
        (2, leads[1], "2026-10-04 12:00Z", AD),
    ]
    for number, (tenant_id, lead, at, ad) in enumerate(touches):
        with Database(crm).tenant(tenant_id).transaction() as cursor:
            cursor.execute(
                """
                INSERT INTO metaads.referral_events (tenant_id, channel, event_id, occurred_at, lead_id, held_reason,
                                                     contact_phone, from_ad, ad_id, referral)
                VALUES (%s, 'whatsapp', %s, %s, %s, %s, %s, %s, %s, '{}')
                """,
                [tenant_id, number, at, lead, None if lead else "x", None if lead else PHONE, ad is not None, ad],
            )
    found = only(context(Database(crm)))
    assert (found.kind, found.touches, found.appointments) == ("lead", 3, None)
    assert found.first_touch is not None
    assert found.last_touch is not None
    assert (found.first_touch.ad_id, found.last_touch.ad_id) == (OTHER_AD, AD)


# --- access by index

VALUES = {"phone": PHONE, "phone_with_plus": f"+{PHONE}", "valid_statuses": ["x"], "now": NOW}
LEAD = "6b1f0f5e-0000-4000-8000-000000000007"


@pytest.mark.parametrize(
    ("kind", "name", "person", "index"),
    [
        (PATIENTS, "by_phone", None, "patients_tenant_id_phone_number_key"),
        (PATIENTS, "touches", "7", "referral_events_patient"),
        (LEADS, "touches", LEAD, "referral_events_lead"),
        (PATIENTS, "visits", "7", "idx_appointments_patient"),
    ],
)
def test_no_table_of_people_is_scanned(
    connection: psycopg.Connection, database: Database, kind: Kind, name: str, person: str | None, index: str
) -> None:
    connection.execute("""
        INSERT INTO patients (tenant_id, phone_number, first_name)
        SELECT 1 + n % 2, n::text, 'P' FROM generate_series(1, 5000) AS n
    """)
    connection.execute("""
        INSERT INTO appointments (tenant_id, patient_id, appointment_datetime, appointment_type)
        SELECT tenant_id, id, now(), 'x' FROM patients
    """)
    session = database.tenant(1)
    with session.transaction() as cursor:
        cursor.execute("""
            INSERT INTO metaads.referral_events (tenant_id, channel, event_id, occurred_at, patient_id, lead_id,
                                                 from_ad, referral)
            SELECT 1, 'whatsapp', n::text, now(), CASE WHEN n % 2 = 0 THEN n END,
                   CASE WHEN n % 2 = 1 THEN gen_random_uuid() END, true, '{}'
            FROM generate_series(1, 5000) AS n
        """)
    connection.execute("ANALYZE")
    with session.transaction() as cursor:
        plan = session.run(
            cursor, f"EXPLAIN {kind.statement(f'people/{name}')}", VALUES | {"person": person}
        ).fetchall()
    text = "\n".join(line for (line,) in plan)
    assert index in text
    people = ("patients", "appointments", "referral_events")
    assert not [line for (line,) in plan if "Seq Scan" in line and any(f" on {table}" in line for table in people)], (
        text
    )
