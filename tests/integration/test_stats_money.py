"""Spend and revenue beside the people: small cases, each with the figures worked out by hand."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from builders import add_up_days
from metaads_cli.db.session import Database
from metaads_cli.models.statistics import StatsReport, StatsRow
from metaads_cli.tasks.stats import Days, statistics

DAY = date(2026, 10, 10)
NOON = "2026-10-10 12:00-03"
CHATS = "onsite_conversion.messaging_conversation_started_7d"
Make = Callable[..., Any]


@pytest.fixture
def spent(database: Database) -> Make:
    """An ad's insight of one day."""

    def create(ad: str, spend: str | None, *, day: date = DAY, tenant_id: int = 1, **more: Any) -> None:
        values = {"currency": "ARS", "impressions": 100, "clicks": 10, "revenue": None, "actions": None} | more
        with database.tenant(tenant_id).transaction() as cursor:
            cursor.execute(
                """
                INSERT INTO metaads.insights
                    (tenant_id, account_id, entity_type, entity_id, day, campaign_id, adset_id, ad_id, currency, spend,
                     impressions, clicks, revenue, actions, fetched_at)
                VALUES (%(tenant)s, 'act_1', 'ad', %(ad)s, %(day)s, 'c1', 's1', %(ad)s, %(currency)s, %(spend)s,
                        %(impressions)s, %(clicks)s, %(revenue)s, %(actions)s, now())
                """,
                {"tenant": tenant_id, "ad": ad, "day": day, "spend": spend, **values},
            )
        add_up_days(database.connection, tenant_id)

    return create


@pytest.fixture
def came(connection: psycopg.Connection) -> Make:
    """A person whom the host attributed, with so many appointments."""
    number = iter(range(1, 1000))

    def create(ad: str | None, headline: str | None = "Hola", *, visits: int = 0, at: str = NOON) -> int:
        row = connection.execute(
            """
            INSERT INTO patients (tenant_id, phone_number, first_name, created_at, acquisition_source, meta_ad_id,
                                  meta_ad_headline)
            VALUES (1, %s, 'P', %s, 'META_ADS', %s, %s) RETURNING id
            """,
            [str(next(number)), at, ad, headline],
        ).fetchone()
        assert row is not None
        for _ in range(visits):
            connection.execute(
                """
                INSERT INTO appointments (tenant_id, patient_id, appointment_datetime, appointment_type, status)
                VALUES (1, %s, now(), 'x', 'completed')
                """,
                [row[0]],
            )
        return int(row[0])

    return create


@pytest.fixture
def paid(connection: psycopg.Connection) -> Make:
    def create(patient: int | None, amount: str, currency: str | None = "ARS", **more: Any) -> None:
        values = {"day": DAY, "status": "completed", "tenant": 1} | more
        connection.execute(
            """
            INSERT INTO accounting_transactions
                (tenant_id, patient_id, transaction_type, transaction_date, amount, currency, status)
            VALUES (%(tenant)s, %(patient)s, 'payment', %(day)s, %(amount)s, %(currency)s, %(status)s)
            """,
            {"patient": patient, "amount": amount, "currency": currency, **values},
        )

    return create


def stats(database: Database, **days: Any) -> StatsReport:
    return statistics(
        database.tenant(1), Days(**days), fallback_timezone="UTC", valid_statuses=("scheduled", "completed")
    )


def by_ad(report: StatsReport) -> dict[str, StatsRow]:
    return {str(row.ad_id): row for row in report.rows}


def test_spend_stands_beside_the_people_of_the_ad(database: Database, spent: Make, came: Make) -> None:
    spent("1", "60.10", actions=json.dumps([{"action_type": CHATS, "value": "7"}]))
    spent("1", "39.90", day=date(2026, 10, 11), impressions=200, clicks=None)
    came("1", visits=3)
    came("1")
    report = stats(database)
    (row,) = report.rows
    assert (row.campaign_id, row.spend, row.impressions, row.clicks) == ("c1", Decimal("100.00"), 300, 10)
    assert (row.cost_per_lead, row.cost_per_conversion) == (50, 100)
    assert (row.ctr, row.cpc, row.conversations) == (Decimal("0.0333"), 10, 7)
    assert (report.currency, row.currency) == ("ARS", "ARS")
    assert report.total.spend == 100


def test_an_ad_that_brought_nobody_is_a_row_of_its_own(database: Database, spent: Make, came: Make) -> None:
    spent("1", "30")
    spent("2", "70")
    came("1")
    came(None)
    rows = by_ad(report := stats(database))
    assert (rows["2"].ad_headline, rows["2"].leads, rows["2"].spend, rows["2"].cost_per_lead) == ("", 0, 70, None)
    assert (rows["Unknown"].leads, rows["Unknown"].spend) == (1, 0)
    assert (report.total.spend, report.total.leads, report.total.cost_per_lead) == (100, 2, 50)


def test_spend_of_several_headlines_is_on_the_one_with_most_people(database: Database, spent: Make, came: Make) -> None:
    spent("1", "30")
    for headline in ("A", "B", "B"):
        came("1", headline)
    report = stats(database)
    assert [(row.ad_headline, row.spend) for row in report.rows] == [("B", 30), ("A", 0)]
    assert report.total.spend == 30


def test_without_any_insights_spend_is_unknown(database: Database, spent: Make, came: Make) -> None:
    came("1")
    spent("1", "30", tenant_id=2)
    (row,) = (report := stats(database)).rows
    assert (row.spend, row.impressions, row.cost_per_lead, report.total.spend) == (None, None, None, None)


def test_what_no_insight_says_is_unknown(database: Database, spent: Make) -> None:
    spent("1", None, impressions=None, clicks=None)
    (row,) = stats(database).rows
    assert (row.spend, row.impressions, row.clicks, row.cpc) == (None, None, None, None)


def test_spend_is_of_the_days_of_the_window(database: Database, spent: Make, came: Make) -> None:
    for day in range(9, 13):
        spent("1", str(day), day=date(2026, 10, day))
    came("2")
    report = stats(database, since=DAY, until=date(2026, 10, 11))
    assert report.total.spend == 21
    assert stats(database, since=date(2027, 1, 1)).total.spend == 0


def test_amounts_in_several_currencies_are_never_added(database: Database, spent: Make, came: Make) -> None:
    spent("1", "30", currency="ARS", impressions=5)
    spent("2", "70", currency="USD", impressions=6)
    came("1")
    came("2")
    came("2")
    came(None)
    report = stats(database)
    assert (report.currency, report.total.spend, report.total.cost_per_lead) == (None, None, None)
    assert (report.total.leads, report.total.impressions) == (4, 11)
    totals = report.totals_by_currency
    assert {currency: (one.spend, one.leads, one.cost_per_lead) for currency, one in totals.items()} == {
        "ARS": (30, 1, 30),
        "USD": (70, 2, 35),
    }
    assert [(row.currency, row.leads, row.spend) for row in report.rows] == [
        ("USD", 2, 70),
        ("ARS", 1, 30),
        (None, 1, 0),
    ]
    assert "several currencies (ARS, USD)" in report.warnings[0]


def test_revenue_in_another_currency_than_spend_is_a_row_of_its_own(
    database: Database, spent: Make, came: Make, paid: Make
) -> None:
    spent("1", "30", currency="USD")
    paid(came("1"), "5000", "ARS")
    rows = [(row.currency, row.leads, row.spend, row.revenue, row.roas) for row in stats(database).rows]
    assert rows == [("USD", 1, 30, None, None), ("ARS", 0, None, 5000, None)]


def test_revenue_is_what_attributed_people_paid(database: Database, spent: Make, came: Make, paid: Make) -> None:
    spent("1", "40", revenue="999")
    person = came("1", visits=3)
    paid(person, "60.50")
    paid(person, "40.00", day=date(2026, 10, 12))
    paid(person, "7", status="pending")
    paid(None, "7")
    paid(person, "7", tenant=2)
    came("2")
    rows = by_ad(report := stats(database))
    assert (rows["1"].revenue, rows["1"].roas, rows["2"].revenue) == (Decimal("100.50"), Decimal("2.5125"), 0)
    assert (report.total.revenue, report.revenue_source) == (Decimal("100.50"), "accounting_transactions")
    assert stats(database, since=DAY, until=DAY).total.revenue == Decimal("60.50")


def test_without_a_table_of_payments_revenue_is_metas(
    connection: psycopg.Connection, database: Database, spent: Make, came: Make
) -> None:
    connection.execute("DROP TABLE accounting_transactions")
    spent("1", "40", revenue="100")
    came("2")
    rows = by_ad(report := stats(database))
    assert (report.revenue_source, rows["1"].revenue, rows["2"].revenue) == ("insights", 100, 0)


@pytest.mark.parametrize("kind", ["date", "timestamptz"])
def test_sales_are_revenue_where_nothing_else_is_kept(
    connection: psycopg.Connection, database: Database, came: Make, kind: str
) -> None:
    connection.execute("DROP TABLE accounting_transactions")
    connection.execute(
        f"""
        CREATE TABLE sales_transactions (tenant_id int, patient_id int, amount numeric, currency text, status text,
                                         transaction_date {kind})
        """.encode()
    )
    person = came("1")
    for status in ("paid", "pending", "completed"):
        connection.execute(
            "INSERT INTO sales_transactions VALUES (1, %s, 12.5, 'ars ', %s, '2026-10-11 01:00+00')", [person, status]
        )
    report = stats(database)
    assert (report.revenue_source, report.total.revenue, report.currency) == (
        "sales_transactions",
        Decimal("12.5"),
        "ARS",
    )
    # One in the morning in UTC is the evening before in Buenos Aires.
    assert stats(database, since=DAY, until=DAY).total.revenue == (Decimal("12.5") if kind == "timestamptz" else 0)


def test_a_host_without_payments_of_this_tenant_says_nothing_of_revenue(database: Database, came: Make) -> None:
    came("1")
    assert stats(database).total.revenue is None


def test_every_grouping_has_the_same_total(database: Database, spent: Make, came: Make, paid: Make) -> None:
    spent("1", "60", day=date(2026, 9, 28))
    spent("2", "40")
    paid(came("1", visits=1), "5")
    came(None)
    totals = [grouped(database, by).total for by in (None, "campaign", "adset", "ad", "source", "day", "week", "month")]
    assert totals == [totals[0]] * 8
    assert (totals[0].spend, totals[0].leads, totals[0].revenue) == (100, 2, 5)


def test_by_week_and_month_a_row_is_named_by_its_first_day(database: Database, spent: Make, came: Make) -> None:
    spent("1", "60", day=date(2026, 9, 28))
    spent("1", "20", day=date(2026, 10, 4))
    came("1", at="2026-10-05 02:59+00")  # a minute before midnight of Sunday the 4th in Buenos Aires
    came("1", at="2026-10-05 03:00+00")
    weeks = [(row.period, row.leads, row.spend) for row in grouped(database, "week").rows]
    assert weeks == [(date(2026, 9, 28), 1, 80), (date(2026, 10, 5), 1, 0)]
    months = [(row.period, row.leads, row.spend) for row in grouped(database, "month").rows]
    assert months == [(date(2026, 9, 1), 0, 60), (date(2026, 10, 1), 2, 20)]


def test_by_source_everybody_counts(connection: psycopg.Connection, database: Database, came: Make) -> None:
    came("1")
    connection.execute(
        "INSERT INTO patients (tenant_id, phone_number, first_name, status) VALUES (1, 'x', 'O', 'active'),"
        " (1, 'y', 'O', 'deleted'), (2, 'z', 'O', 'active'), (1, 'w', 'O', 'active')"
    )
    assert [(row.source, row.leads) for row in grouped(database, "source").rows] == [("ORGANIC", 2), ("META_ADS", 1)]


def grouped(database: Database, by: str | None) -> StatsReport:
    return statistics(
        database.tenant(1), Days(), by=by, fallback_timezone="UTC", valid_statuses=("scheduled", "completed")
    )
