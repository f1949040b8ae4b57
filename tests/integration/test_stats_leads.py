"""Statistics of a CRM, whose people are leads: a sale converts them."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from tests.patches.conftest import PATIENTS, TENANTS, run

from metaads_cli.db.queries.statistics.host import read_host
from metaads_cli.db.queries.statistics.people import people_by_group
from metaads_cli.db.queries.statistics.scope import Scope
from metaads_cli.db.queries.steering import people_of_ad_sets
from metaads_cli.db.session import Database, render
from metaads_cli.models.statistics import StatsReport
from metaads_cli.tasks.stats import Days, statistics

Lead = Callable[..., Any]


@pytest.fixture
def lead(crm: psycopg.Connection) -> Lead:
    numbers = iter(range(1000))

    def create(ad: str | None, *sales: tuple[str, str], tenant: int = 1, status: str = "new") -> None:
        row = crm.execute(
            "INSERT INTO leads (tenant_id, phone_number, status, acquisition_source, meta_ad_id, meta_ad_headline,"
            " created_at) VALUES (%s, %s, %s, %s, %s, 'Hola', '2026-10-10 12:00+00') RETURNING id",
            [tenant, str(next(numbers)), status, "META_ADS" if ad else "ORGANIC", ad],
        ).fetchone()
        assert row is not None
        for amount, state in sales:
            crm.execute(
                "INSERT INTO sales_transactions (tenant_id, lead_id, amount, currency, status, created_at)"
                " VALUES (%s, %s, %s, 'ARS', %s, '2026-10-12 12:00+00')",
                [tenant, row[0], amount, state],
            )

    return create


@pytest.fixture
def touched(crm: psycopg.Connection) -> Lead:
    """A lead of ad 1 with touches (moment, ad), and sales at moments; created long before."""
    numbers = iter(range(1000, 2000))

    def create(*touches: tuple[str, str | None], sales: tuple[str, ...] = (), tenant: int = 1) -> UUID:
        row = crm.execute(
            "INSERT INTO leads (tenant_id, phone_number, acquisition_source, meta_ad_id, meta_ad_headline, created_at)"
            " VALUES (%s, %s, 'META_ADS', '1', 'Hola', '2026-01-01 12:00+00') RETURNING id",
            [tenant, str(next(numbers))],
        ).fetchone()
        assert row is not None
        with Database(crm).tenant(tenant).transaction() as cursor:
            cursor.executemany(
                """
                INSERT INTO metaads.referral_events
                    (tenant_id, channel, event_id, occurred_at, lead_id, from_ad, ad_id, headline, referral)
                VALUES (%s, 'whatsapp', %s, %s, %s, %s, %s, 'Touched', '{}')
                """,
                [(tenant, f"{row[0]} {at}", at, row[0], ad is not None, ad) for at, ad in touches],
            )
        for at in sales:
            crm.execute(
                "INSERT INTO sales_transactions (tenant_id, lead_id, amount, currency, status, created_at)"
                " VALUES (%s, %s, 10, 'ARS', 'paid', %s)",
                [tenant, row[0], at],
            )
        return UUID(str(row[0]))

    return create


def stats(connection: psycopg.Connection, **options: Any) -> StatsReport:
    days = Days(**options.pop("days", {}))
    return statistics(
        Database(connection).tenant(1), days, fallback_timezone="UTC", valid_statuses=("scheduled",), **options
    )


@pytest.mark.parametrize("attribution", ["first", "last"])
def test_leads_are_counted_and_a_sale_converts_them(crm: psycopg.Connection, lead: Lead, attribution: str) -> None:
    lead("1", ("100.50", "paid"), ("10", "paid"), ("7", "pending"))
    lead("1")
    lead("2", ("7", "pending"))
    lead(None, ("5", "paid"))
    lead("1", ("9", "paid"), status="deleted")
    lead("1", ("9", "paid"), tenant=2)
    report = stats(crm, by="ad", attribution=attribution)
    rows = {row.ad_id: (row.leads, row.converted, row.appointments, row.revenue) for row in report.rows}
    assert rows == {"1": (2, 1, 0, Decimal("110.50")), "2": (1, 0, 0, 0)}
    assert (report.revenue_source, report.currency, report.warnings) == ("sales_transactions", "ARS", [])
    assert (report.total.conversion_rate, report.total.revenue) == (Decimal("0.3333"), Decimal("110.50"))


def test_a_lead_belongs_to_the_day_of_its_creation_and_revenue_to_that_of_the_sale(
    crm: psycopg.Connection, lead: Lead
) -> None:
    lead("1", ("100", "paid"))
    days = [(str(row.period), row.leads, row.converted, row.revenue) for row in stats(crm, by="day").rows]
    assert days == [("2026-10-10", 1, 1, 0), ("2026-10-12", 0, 0, 100)]


def test_by_source_every_lead_counts(crm: psycopg.Connection, lead: Lead) -> None:
    lead("1")
    lead(None)
    lead(None)
    assert [(row.source, row.leads) for row in stats(crm, by="source").rows] == [("ORGANIC", 2), ("META_ADS", 1)]


def test_a_crm_without_sales_has_no_revenue_and_nobody_converted(crm: psycopg.Connection, lead: Lead) -> None:
    crm.execute("DROP TABLE sales_transactions")
    crm.execute("INSERT INTO leads (tenant_id, phone_number, acquisition_source) VALUES (1, 'x', 'META_ADS')")
    total = stats(crm).total
    assert (total.leads, total.converted, total.revenue) == (1, 0, None)


def test_sales_of_leads_are_named_where_the_people_are_patients(crm: psycopg.Connection) -> None:
    crm.execute(PATIENTS.removeprefix(TENANTS).encode())
    crm.execute(
        "CREATE TABLE appointments (tenant_id int, patient_id int, status text, appointment_datetime timestamptz,"
        " created_at timestamptz)"
    )
    run(crm)
    [warning] = stats(crm).warnings
    assert warning == (
        "The payments in sales_transactions are not counted: they do not say whose they are, in patient_id"
    )


def counted(report: StatsReport) -> list[tuple[str | None, int, int, Decimal | None]]:
    return [(row.ad_id, row.leads, row.converted, row.revenue) for row in report.rows]


def test_a_lead_belongs_to_the_moment_of_its_first_touch(crm: psycopg.Connection, touched: Lead) -> None:
    touched(("2026-10-12 23:00+00", "1"), ("2026-10-15 12:00+00", "1"), ("2026-10-11 12:00+00", None))
    assert [(str(row.period), row.leads) for row in stats(crm, by="day").rows] == [("2026-10-12", 1)]
    crm.execute("ALTER TABLE tenants ADD timezone text")
    crm.execute("UPDATE tenants SET timezone = 'Europe/Madrid'")
    assert [(str(row.period), row.leads) for row in stats(crm, by="day").rows] == [("2026-10-13", 1)]


@pytest.mark.parametrize("attribution", ["first", "last"])
def test_a_sale_before_the_touch_neither_converts_nor_is_revenue(
    crm: psycopg.Connection, touched: Lead, attribution: str
) -> None:
    touched(("2026-10-12 12:00+00", "1"), sales=("2026-10-12 11:59:59+00", "2026-02-01 12:00+00"))
    assert counted(stats(crm, by="ad", attribution=attribution)) == [("1", 1, 0, 0)]
    touched(("2026-10-12 12:00+00", "1"), sales=("2026-10-12 12:00:00+00",))
    assert counted(stats(crm, by="ad", attribution=attribution)) == [("1", 2, 1, 10)]


@pytest.mark.parametrize("attribution", ["first", "last"])
def test_a_sale_of_which_only_the_day_is_known_was_made_at_its_end(
    crm: psycopg.Connection, touched: Lead, attribution: str
) -> None:
    crm.execute("ALTER TABLE sales_transactions ADD transaction_date date")
    for day in (11, 12, 18, 19):
        touched(("2026-10-12 12:00+00", "1"), sales=("2026-10-12 12:00+00",))
        crm.execute(
            "UPDATE sales_transactions SET transaction_date = make_date(2026, 10, %s) WHERE transaction_date IS NULL",
            [day],
        )
    converted = {"first": 3, "last": 2}[attribution]
    assert counted(stats(crm, by="ad", attribution=attribution)) == [("1", 4, converted, 30)]


def test_the_last_touch_before_the_first_sale_within_the_window_is_credited(
    crm: psycopg.Connection, touched: Lead
) -> None:
    touches = (("2026-10-01 12:00+00", "1"), ("2026-10-05 12:00+00", "2"), ("2026-10-09 12:00+00", "3"))
    touched(*touches, sales=("2026-10-06 12:00+00", "2026-10-10 12:00+00"))
    touched(*touches)
    touched(*touches, sales=("2026-10-16 12:00+00",))
    assert counted(stats(crm, by="ad")) == [("1", 3, 2, 30)]
    last = stats(crm, by="ad", attribution="last")
    assert counted(last) == [("3", 2, 0, 10), ("2", 1, 1, 20)]
    assert counted(stats(crm, by="ad", attribution="last", attribution_window_days=8))[0] == ("3", 2, 1, 10)


def test_a_click_after_the_window_does_not_change_its_figures(crm: psycopg.Connection, touched: Lead) -> None:
    days = {"since": datetime(2026, 10, 1, tzinfo=UTC).date(), "until": datetime(2026, 10, 31, tzinfo=UTC).date()}
    touched(("2026-10-05 12:00+00", "2"))
    before = counted(stats(crm, by="ad", attribution="last", days=days))
    touched(("2026-11-01 00:00+00", "3"))
    assert counted(stats(crm, by="ad", attribution="last", days=days)) == before == [("2", 1, 0, None)]


def test_ad_sets_are_credited_with_leads_by_their_first_touch(crm: psycopg.Connection, touched: Lead) -> None:
    touched(("2026-10-05 12:00+00", "1"), ("2026-12-05 12:00+00", "1"))
    touched(("2026-11-05 12:00+00", "1"))
    touched()
    session = Database(crm).tenant(1)
    with session.transaction() as cursor:
        cursor.execute(
            "INSERT INTO metaads.ads (tenant_id, ad_id, account_id, campaign_id, adset_id, name, fetched_at)"
            " VALUES (1, '1', 'act_1', 'c', 's', 'Ad', now())"
        )
    october, november = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
    assert people_of_ad_sets(session, ["s", "t"], october, november) == {"s": 1}
    assert people_of_ad_sets(session, ["s", "t"], datetime(2026, 1, 1, tzinfo=UTC), november) == {"s": 2}


@pytest.mark.parametrize("hours", [None, 168])
def test_touches_of_leads_are_found_by_an_index(crm: psycopg.Connection, hours: int | None) -> None:
    crm.execute("INSERT INTO leads (tenant_id, phone_number) SELECT 1 + n % 2, n FROM generate_series(1, 2000) AS n")
    session = Database(crm).tenant(1)
    scope = Scope(fields=("ad_id",), timezone="UTC", valid_statuses=(), last_touch_hours=hours, end=datetime.now(UTC))
    with session.snapshot() as reader:
        text, values = render(people_by_group(scope, read_host(reader)))
        reader.cursor.execute("SET LOCAL enable_seqscan = off")
        plan = "\n".join(line for (line,) in session.run(reader.cursor, f"EXPLAIN {text}", values))
    assert "Seq Scan on referral_events" not in plan
    assert "referral_events_lead" in plan
