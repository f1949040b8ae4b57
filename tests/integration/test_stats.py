"""Statistics against a real database: people once, the right appointments, the tenant's own days."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from freezegun import freeze_time

from metaads_cli.db.session import Database
from metaads_cli.errors import ConfigError, UsageError
from metaads_cli.models.statistics import StatsReport
from metaads_cli.tasks.stats import Days, rate, statistics

VALID = ("scheduled", "confirmed", "completed")
AD = "120200000000000001"
TOUCHED = datetime(2026, 10, 10, 12, tzinfo=UTC)
Person = Callable[..., int]
Visit = Callable[..., None]


@pytest.fixture
def person(database: Database) -> Person:
    """A patient; with `touched`, metaads knows when the first touch was."""
    count = iter(range(1, 1000))

    def create(
        touched: datetime | None = None,
        *,
        tenant_id: int = 1,
        source: str = "META_ADS",
        campaign: str | None = None,
        ad: str | None = AD,
        headline: str | None = "Hola",
        status: str = "active",
        created: datetime = TOUCHED,
    ) -> int:
        number = next(count)
        with database.tenant(tenant_id).transaction() as cursor:
            row = cursor.execute(
                """
                INSERT INTO patients (tenant_id, phone_number, first_name, status, created_at, acquisition_source,
                                      meta_campaign_id, meta_ad_id, meta_ad_headline)
                VALUES (%s, %s, 'P', %s, %s, %s, %s, %s, %s) RETURNING id
                """,
                [tenant_id, f"{number}", status, created, source, campaign, ad, headline],
            ).fetchone()
            assert row is not None
            if touched:
                cursor.execute(
                    """
                    INSERT INTO metaads.referral_events
                        (tenant_id, channel, event_id, occurred_at, patient_id, from_ad, ad_id, referral)
                    VALUES (%s, 'whatsapp', %s, %s, %s, true, %s, '{}')
                    """,
                    [tenant_id, f"wamid.{number}", touched, row[0], ad],
                )
        return int(row[0])

    return create


@pytest.fixture
def visit(connection: psycopg.Connection) -> Visit:
    """An appointment."""

    def create(patient_id: int, status: str = "scheduled", created: datetime = TOUCHED, tenant_id: int = 1) -> None:
        connection.execute(
            """
            INSERT INTO appointments
                (tenant_id, patient_id, appointment_datetime, appointment_type, status, created_at)
            VALUES (%s, %s, %s, 'x', %s, %s)
            """,
            [tenant_id, patient_id, created, status, created],
        )

    return create


def stats(database: Database, tenant_id: int = 1, statuses: tuple[str, ...] = VALID, **days: Any) -> StatsReport:
    return statistics(database.tenant(tenant_id), Days(**days), fallback_timezone="UTC", valid_statuses=statuses)


def test_a_person_with_three_appointments_is_one_lead_and_one_conversion(
    database: Database, person: Person, visit: Visit
) -> None:
    many, none = person(TOUCHED), person(TOUCHED)
    for _ in range(3):
        visit(many)
    row = stats(database).rows[0]
    assert (row.leads, row.converted, row.appointments, row.conversion_rate) == (2, 1, 3, Decimal("0.5000"))
    assert none != many


@pytest.mark.parametrize("status", ["cancelled", "no-show", "CONFIRMED", ""])
def test_an_appointment_without_a_valid_status_does_not_count(
    database: Database, person: Person, visit: Visit, status: str
) -> None:
    visit(person(TOUCHED), status)
    assert stats(database).total.appointments == 0


def test_the_valid_statuses_can_be_configured(database: Database, person: Person, visit: Visit) -> None:
    visit(person(TOUCHED), "attended")
    assert stats(database, statuses=("attended",)).total.converted == 1


def test_an_appointment_made_before_the_touch_does_not_count(database: Database, person: Person, visit: Visit) -> None:
    old = person(TOUCHED)
    visit(old, "completed", datetime(2026, 10, 10, 11, 59, 59, tzinfo=UTC))
    assert stats(database).total.converted == 0
    visit(old, "scheduled", TOUCHED)
    assert stats(database).total.appointments == 1


def test_where_the_touch_is_unknown_every_valid_appointment_counts(
    database: Database, person: Person, visit: Visit
) -> None:
    visit(person(None), "completed", datetime(2020, 1, 1, tzinfo=UTC))
    assert stats(database).total.converted == 1


def test_only_people_of_meta_who_are_not_deleted_are_leads(database: Database, person: Person) -> None:
    person(TOUCHED)
    person(TOUCHED, status="deleted")
    person(TOUCHED, source="ORGANIC")
    person(TOUCHED, source="GOOGLE")
    assert stats(database).total.leads == 1


def test_another_tenants_people_and_appointments_do_not_show(database: Database, person: Person, visit: Visit) -> None:
    mine, theirs = person(TOUCHED), person(TOUCHED, tenant_id=2)
    visit(theirs, tenant_id=2)
    visit(mine, tenant_id=2)  # a row of another tenant that points at our patient
    assert (stats(database).total.leads, stats(database).total.appointments) == (1, 0)
    assert (stats(database, 2).total.leads, stats(database, 2).total.appointments) == (1, 1)


def test_missing_names_have_the_documented_labels(database: Database, person: Person) -> None:
    person(TOUCHED, campaign=None, ad=None, headline=None)
    row = stats(database).rows[0]
    assert (row.campaign_id, row.campaign_name, row.ad_id, row.ad_headline) == (None, "Sin Campaña", "Unknown", "")


def test_rows_are_grouped_by_campaign_ad_and_headline_most_leads_first(database: Database, person: Person) -> None:
    person(campaign="B", ad="2", headline="x")
    for headline in ("x", "y", "x"):
        person(campaign="A", ad="1", headline=headline)
    report = stats(database)
    assert [(r.campaign_name, r.ad_id, r.ad_headline, r.leads) for r in report.rows] == [
        ("A", "1", "x", 2),
        ("A", "1", "y", 1),
        ("B", "2", "x", 1),
    ]
    assert report.total.leads == 4


def test_a_renamed_campaign_stays_one_row_under_its_present_name(database: Database, person: Person) -> None:
    person(campaign="Old name")
    person(campaign="Older name")
    with database.tenant(1).transaction() as cursor:
        cursor.execute("""
            INSERT INTO metaads.campaigns (tenant_id, campaign_id, account_id, name, fetched_at)
            VALUES (1, '9', 'act_1', 'New name', now())
        """)
        cursor.execute(
            """
            INSERT INTO metaads.ads (tenant_id, ad_id, account_id, campaign_id, adset_id, name, fetched_at)
            VALUES (1, %s, 'act_1', '9', '8', 'Ad', now())
            """,
            [AD],
        )
    assert [(r.campaign_id, r.campaign_name, r.leads) for r in stats(database).rows] == [("9", "New name", 2)]


def test_the_total_rate_is_computed_from_the_sums(database: Database, person: Person, visit: Visit) -> None:
    visit(person(TOUCHED, ad="1"))
    for _ in range(3):
        person(TOUCHED, ad="2")
    report = stats(database)
    assert sorted(row.conversion_rate for row in report.rows if row.conversion_rate is not None) == [0, 1]
    assert report.total.conversion_rate == Decimal("0.2500")


def test_without_anybody_the_rate_is_unknown(database: Database) -> None:
    report = stats(database)
    assert (report.rows, report.total.leads, report.total.conversion_rate) == ([], 0, None)


@pytest.mark.parametrize(
    ("touched", "inside"),
    [
        (datetime(2026, 10, 10, 2, 59, 59, tzinfo=UTC), False),  # 23:59:59 of the 9th in Buenos Aires
        (datetime(2026, 10, 10, 3, 0, tzinfo=UTC), True),
        (datetime(2026, 10, 12, 2, 59, 59, 999_999, tzinfo=UTC), True),  # the last moment of the 11th
        (datetime(2026, 10, 12, 3, 0, tzinfo=UTC), False),
    ],
)
def test_a_window_is_whole_days_of_the_tenant(
    database: Database, person: Person, touched: datetime, inside: bool
) -> None:
    person(touched)
    report = stats(database, since=date(2026, 10, 10), until=date(2026, 10, 11))
    assert report.total.leads == int(inside)
    assert report.window.timezone == "America/Argentina/Buenos_Aires"


def test_a_tenant_without_a_time_zone_has_the_configured_one(database: Database, person: Person) -> None:
    person(datetime(2026, 10, 10, 0, 0, tzinfo=UTC), tenant_id=2)
    report = stats(database, 2, since=date(2026, 10, 10))
    assert (report.window.timezone, report.total.leads) == ("UTC", 1)


def test_a_host_without_the_column_timezone_is_served(
    connection: psycopg.Connection, database: Database, person: Person
) -> None:
    connection.execute("ALTER TABLE tenants DROP COLUMN timezone")
    person(TOUCHED)
    assert stats(database).window.timezone == "UTC"


def test_a_day_of_23_hours_is_a_whole_day(connection: psycopg.Connection, database: Database, person: Person) -> None:
    connection.execute("UPDATE tenants SET timezone = 'America/Santiago' WHERE id = 1")
    # On 2026-09-06 the clocks of Santiago jump from 00:00 (UTC-4) to 01:00 (UTC-3).
    person(datetime(2026, 9, 6, 3, 59, 59, tzinfo=UTC), ad="before")
    person(datetime(2026, 9, 6, 4, 0, tzinfo=UTC), ad="first")
    person(datetime(2026, 9, 7, 2, 59, 59, tzinfo=UTC), ad="last")
    person(datetime(2026, 9, 7, 3, 0, tzinfo=UTC), ad="after")
    report = stats(database, since=date(2026, 9, 6), until=date(2026, 9, 6))
    assert sorted(row.ad_id for row in report.rows) == ["first", "last"]


def test_people_the_host_attributed_belong_to_the_day_they_were_created(database: Database, person: Person) -> None:
    person(None, created=datetime(2026, 10, 1, 12, tzinfo=UTC))
    assert stats(database, until=date(2026, 10, 1)).total.leads == 1
    assert stats(database, since=date(2026, 10, 2)).total.leads == 0


def test_a_touch_by_another_ad_than_the_attributed_one_does_not_date_the_person(
    database: Database, person: Person
) -> None:
    patient = person(None, created=datetime(2026, 1, 1, 12, tzinfo=UTC))
    with database.tenant(1).transaction() as cursor:
        cursor.execute(
            """
            INSERT INTO metaads.referral_events
                (tenant_id, channel, event_id, occurred_at, patient_id, from_ad, ad_id, referral)
            VALUES (1, 'whatsapp', 'wamid.other', %s, %s, true, 'another', '{}')
            """,
            [TOUCHED, patient],
        )
    assert stats(database, until=date(2026, 1, 31)).total.leads == 1


@freeze_time("2026-10-12 02:00:00")  # still the 11th in Buenos Aires
def test_the_last_days_end_with_the_tenants_today(database: Database) -> None:
    window = stats(database, last=7).window
    assert (window.since, window.until) == (date(2026, 10, 5), date(2026, 10, 11))


def test_a_window_that_ends_before_it_begins_is_refused(database: Database) -> None:
    with pytest.raises(UsageError, match="ends before it begins"):
        stats(database, since=date(2026, 10, 2), until=date(2026, 10, 1))


def test_last_excludes_since(database: Database) -> None:
    with pytest.raises(UsageError, match="--last excludes"):
        stats(database, last=7, since=date(2026, 10, 2))


@pytest.mark.parametrize("name", ["America/Nowhere", "../etc/passwd", ""])
def test_a_time_zone_that_does_not_exist_is_named(
    connection: psycopg.Connection, database: Database, name: str
) -> None:
    connection.execute("UPDATE tenants SET timezone = %s WHERE id = 1", [name])
    if name:
        with pytest.raises(ConfigError, match="does not exist"):
            stats(database)
    else:
        assert stats(database).window.timezone == "UTC"


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(1, 3, "0.3333"), (2, 3, "0.6667"), (1, 8, "0.1250"), (1, 20_000, "0.0001"), (0, 5, "0.0000"), (5, 5, "1.0000")],
)
def test_a_rate_has_four_places_rounded_half_up(part: int, whole: int, expected: str) -> None:
    assert rate(part, whole) == Decimal(expected)
