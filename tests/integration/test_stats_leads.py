"""Statistics of a CRM, whose people are leads: a sale converts them."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from tests.patches.conftest import LEADS, PATIENTS, TENANTS, run

from metaads_cli.db.session import Database
from metaads_cli.models.statistics import StatsReport
from metaads_cli.tasks.stats import Days, statistics

Lead = Callable[..., Any]
SALES = """
    CREATE TABLE sales_transactions (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id integer NOT NULL,
        lead_id uuid, amount numeric NOT NULL, currency text, status text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now());
"""


@pytest.fixture
def crm(empty_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(f"{TENANTS} {LEADS} {SALES}".encode())
        connection.execute("INSERT INTO tenants (clinic_name, bot_phone_number) VALUES ('Norte', '1'), ('Sur', '2')")
        run(connection)
        yield connection


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
