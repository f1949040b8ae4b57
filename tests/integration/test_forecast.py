"""A forecast against a real database: which days are history, and what they say."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from freezegun import freeze_time

from builders import add_up_days
from metaads_cli.db.queries.accounts import save_account
from metaads_cli.db.session import Database
from metaads_cli.errors import UsageError
from metaads_cli.models.account import Account
from metaads_cli.models.forecast import ForecastReport, ForecastSeries
from metaads_cli.tasks.stats import Days, statistics
from metaads_cli.tasks.stats.forecast import forecast, sentences
from metaads_cli.tasks.stats.forecasting import MOST_DAYS

TODAY = date(2026, 11, 21)
YESTERDAY = TODAY - timedelta(days=1)
ZONE = "America/Argentina/Buenos_Aires"
Make = Callable[..., Any]


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """Noon in Buenos Aires."""
    with freeze_time(datetime(2026, 11, 21, 15, tzinfo=UTC)):
        yield


@pytest.fixture
def spent(connection: psycopg.Connection, database: Database) -> Make:
    """An account that was read, each day the night after it: so much on each of the days up to `until`."""

    def create(
        *amounts: str | None,
        until: date = YESTERDAY,
        account: str = "act_1",
        currency: str = "ARS",
        tenant_id: int = 1,
        read: timedelta = timedelta(hours=28),
        zone: str | None = ZONE,
    ) -> None:
        """None: nothing was delivered, so there is no row."""
        session = database.tenant(tenant_id)
        if zone:
            save_account(session, Account(tenant_id=tenant_id, account_id=account, timezone_name=zone))
        for back, amount in enumerate(reversed(amounts)):
            day = until - timedelta(days=back)
            values = {"tenant": tenant_id, "account": account, "day": day, "spend": amount, "currency": currency}
            read_at = datetime(day.year, day.month, day.day, tzinfo=UTC) + read
            with session.transaction() as cursor:
                if amount is not None:
                    cursor.execute(
                        """
                        INSERT INTO metaads.insights
                            (tenant_id, account_id, entity_type, entity_id, day, campaign_id, currency, spend,
                             fetched_at)
                        VALUES (%(tenant)s, %(account)s, 'ad', %(account)s, %(day)s, 'c', %(currency)s, %(spend)s,
                                now())
                        """,
                        values,
                    )
                cursor.execute(
                    """
                    INSERT INTO metaads.sync_days (tenant_id, account_id, entity_type, day, read_at, row_count)
                    VALUES (%(tenant)s, %(account)s, 'ad', %(day)s, %(read_at)s, 1)
                    """,
                    values | {"read_at": read_at},
                )
        add_up_days(connection, tenant_id)

    return create


@pytest.fixture
def came(connection: psycopg.Connection) -> Make:
    """So many people on each of the days up to `until`, whom the host attributed."""
    number = iter(range(1, 10_000))

    def create(*counts: int, until: date = YESTERDAY, tenant_id: int = 1, source: str = "META_ADS") -> None:
        rows = [
            (tenant_id, str(next(number)), f"{until - timedelta(days=back)} 12:00-03", source)
            for back, count in enumerate(reversed(counts))
            for _ in range(count)
        ]
        with connection.cursor() as cursor:
            cursor.executemany(
                """
                INSERT INTO patients (tenant_id, phone_number, first_name, created_at, acquisition_source)
                VALUES (%s, %s, 'P', %s, %s)
                """,
                rows,
            )

    return create


def amounts(days: int, seed: int = 1, level: int = 100) -> list[str]:
    chance = random.Random(seed)
    return [f"{level * (1 + chance.random()):.2f}" for _ in range(days)]


def counts(days: int, seed: int = 1) -> list[int]:
    chance = random.Random(seed)
    return [chance.randint(0, 4) or (day == 0) for day in range(days)]


def ask(database: Database, days: int = 14, tenant_id: int = 1, interval: int = 80) -> ForecastReport:
    return forecast(database.tenant(tenant_id), days, interval=interval, fallback_timezone="UTC")


def spend_of(report: ForecastReport, currency: str | None = "ARS") -> ForecastSeries:
    (found,) = [one for one in report.series if (one.metric, one.currency) == ("spend", currency)]
    return found


def leads_of(report: ForecastReport) -> ForecastSeries:
    assert (report.series[0].metric, report.series[0].currency) == ("leads", None)
    return report.series[0]


def test_the_days_begin_with_today_and_the_history_ends_with_yesterday(
    database: Database, spent: Make, came: Make
) -> None:
    spent(*amounts(100))
    came(*counts(120))
    came(50, until=TODAY)  # not over, so it says nothing
    report = ask(database)
    assert (report.tenant_id, report.timezone, report.interval) == (1, ZONE, Decimal("0.8"))
    assert (report.history.since, report.history.until) == (TODAY - timedelta(days=120), YESTERDAY)
    for series, days in ((leads_of(report), 120), (spend_of(report), 100)):
        assert [one.day for one in series.days] == [TODAY + timedelta(days=number) for number in range(14)]
        assert (series.history.until, series.history.days) == (YESTERDAY, days)
        assert series.reason is None
        assert series.total is not None
        assert series.backtest is not None
        assert series.total.low <= series.total.expected <= series.total.high
    assert report.method == leads_of(report).method == spend_of(report).method == "weekday_level"


def test_leads_are_in_tenths_and_amounts_in_the_currencys_minor_units(
    database: Database, spent: Make, came: Make
) -> None:
    spent(*amounts(90), account="act_1", currency="ARS")
    spent(*amounts(90, level=5000), account="act_2", currency="CLP")
    came(*counts(90))
    report = ask(database)
    places = [(leads_of(report), -1), (spend_of(report, "ARS"), -2), (spend_of(report, "CLP"), 0)]
    for series, exponent in places:
        for one in (*series.days, series.total):
            assert one is not None
            assert {value.as_tuple().exponent for value in (one.expected, one.low, one.high)} == {exponent}


def test_the_history_is_that_of_the_statistics(database: Database, spent: Make, came: Make) -> None:
    spent(*["12.50"] * 120)
    came(*[2] * 120)
    stats = statistics(
        database.tenant(1), Days(until=YESTERDAY), by="day", fallback_timezone="UTC", valid_statuses=("completed",)
    )
    report = ask(database)
    for series, total in ((leads_of(report), stats.total.leads), (spend_of(report), stats.total.spend)):
        assert series.total is not None
        assert series.total.expected / 14 == (total or 0) / Decimal(120)


def test_currencies_are_never_added(database: Database, spent: Make) -> None:
    spent(*amounts(90), account="act_1", currency="ARS")
    spent(*amounts(90, level=10_000), account="act_2", currency="USD")
    report = ask(database)
    assert [one.currency for one in report.series] == [None, "ARS", "USD"]
    ars, usd = spend_of(report, "ARS").total, spend_of(report, "USD").total
    assert ars is not None
    assert usd is not None
    assert 14 * 100 < ars.expected < 14 * 200
    assert 14 * 10_000 < usd.expected < 14 * 20_000


def test_accounts_in_one_currency_are_added(database: Database, spent: Make) -> None:
    spent(*amounts(90), account="act_1")
    spent(*amounts(90, level=1000), account="act_2")
    total = spend_of(ask(database)).total
    assert total is not None
    assert 14 * 1100 < total.expected < 14 * 2200


def test_a_day_that_was_read_without_a_row_is_zero_and_one_that_was_not_read_is_unknown(
    database: Database, spent: Make
) -> None:
    spent(*["100"] * 84, *[None, "100"] * 10)
    found = spend_of(ask(database))
    assert found.history.days == 104
    assert found.total is not None
    assert found.total.expected < 14 * 90
    with database.tenant(1).transaction() as cursor:
        cursor.execute(
            "DELETE FROM metaads.sync_days WHERE tenant_id = 1 AND day NOT IN"
            " (SELECT day FROM metaads.insights WHERE tenant_id = 1)"
        )
    found = spend_of(ask(database))
    assert found.history.days == 94
    assert {day.expected for day in found.days} == {100}


def test_where_no_stretch_of_days_is_known_there_is_no_forecast(database: Database, spent: Make) -> None:
    spent(*amounts(200))
    with database.tenant(1).transaction() as cursor:
        cursor.execute("DELETE FROM metaads.sync_days WHERE tenant_id = 1 AND extract(day FROM day) IN (5, 15, 25)")
    assert spend_of(ask(database)).reason == (
        "Too many days are missing between 2026-05-06 and 2026-11-20."
        " metaads sync-insights --since 2026-05-06 reads them"
    )


def test_a_day_that_was_read_before_it_was_over_is_unknown(database: Database, spent: Make) -> None:
    spent(*amounts(99), until=YESTERDAY - timedelta(days=1))
    spent("1", read=timedelta(hours=26))  # an hour before midnight in Buenos Aires
    found = spend_of(ask(database))
    assert found.history.until == YESTERDAY - timedelta(days=1)
    assert found.days[0].day == TODAY
    assert found.days[0].low > 50


def test_the_end_of_a_day_is_that_of_the_account(database: Database, spent: Make) -> None:
    spent(*amounts(90), zone="Europe/Madrid", read=timedelta(hours=23))
    assert spend_of(ask(database)).history.until == YESTERDAY
    spent(*amounts(90), account="act_2", tenant_id=2, zone="America/Lima", read=timedelta(hours=28))
    assert spend_of(ask(database, tenant_id=2)).reason is not None


def test_where_one_account_was_not_read_the_spend_is_unknown(database: Database, spent: Make) -> None:
    spent(*amounts(100), account="act_1")
    spent(*amounts(20), account="act_2")
    found = spend_of(ask(database))
    assert (found.days, found.total, found.method, found.backtest) == ([], None, None, None)
    assert found.reason == (
        "A forecast of 14 days at 80 % takes 84 days of history; there are 20, from 2026-11-01 to 2026-11-20."
        " metaads sync-insights --since DAY reads older ones"
    )


def test_an_account_that_was_removed_has_spent_nothing_since(database: Database, spent: Make) -> None:
    spent(*amounts(100), account="act_1")
    spent(*amounts(60, level=5000), account="act_2", until=YESTERDAY - timedelta(days=40), zone=None)
    found = spend_of(ask(database))
    assert (found.reason, found.history.days) == (None, 60 + 40)
    assert found.days[0].expected < 1000


def test_days_without_people_are_zero(database: Database, came: Make) -> None:
    came(*[1, 0, 0, 0, 0] * 20)
    found = leads_of(ask(database))
    assert found.history.days == 100
    assert found.total is not None
    assert found.total.expected < 6


def test_history_begins_with_the_first_day_on_which_there_was_something(database: Database, came: Make) -> None:
    came(1, *[0] * 29, *counts(90))
    assert leads_of(ask(database)).history.since == TODAY - timedelta(days=120)
    came(5, until=TODAY - timedelta(days=MOST_DAYS + 1))  # longer ago than is looked at
    assert leads_of(ask(database)).history.since == TODAY - timedelta(days=120)


def test_people_of_other_sources_and_of_other_tenants_do_not_count(database: Database, came: Make, spent: Make) -> None:
    came(*counts(100), source="ORGANIC")
    came(*counts(100), tenant_id=2)
    spent(*amounts(100), tenant_id=2)
    report = ask(database)
    assert [one.reason for one in report.series] == [
        "Nobody came from a Meta ad between 2025-11-22 and 2026-11-20",
        "No day's spend is known. metaads sync-insights reads it",
    ]
    assert (report.history.since, report.history.until, report.history.days, report.method) == (None, None, 0, None)
    other = ask(database, tenant_id=2)
    assert all(one.reason is None for one in other.series)
    assert other.timezone == "UTC"


def test_figures_that_stopped_coming_are_no_history(database: Database, spent: Make) -> None:
    spent(*amounts(100), until=TODAY - timedelta(days=8))
    assert (
        spend_of(ask(database)).reason
        == "The last day that was read to its end is 2026-11-13. metaads sync-insights reads the days since"
    )


def test_spend_that_never_was_is_said(database: Database, spent: Make) -> None:
    spent(*["0"] * 100)
    assert spend_of(ask(database)).reason == "Nothing was spent between 2025-11-22 and 2026-11-20"


@pytest.mark.parametrize("days", [0, 61, -1])
def test_days_are_within_bounds(database: Database, days: int) -> None:
    with pytest.raises(UsageError, match=f"--days is {days}; expected 1 to 60"):
        ask(database, days)


@pytest.mark.parametrize("interval", [0, 49, 96, 100])
def test_the_interval_is_within_bounds(database: Database, interval: int) -> None:
    with pytest.raises(UsageError, match=f"--interval is {interval}; expected 50 to 95, in percent"):
        ask(database, interval=interval)


def test_what_no_history_would_do_for_is_refused(database: Database) -> None:
    with pytest.raises(UsageError, match="A forecast of 60 days at 95 % would take 867 days of history; the last 364"):
        ask(database, 60, interval=95)


def test_it_is_said_how_far_the_forecast_can_be_trusted(database: Database, spent: Make, came: Make) -> None:
    spent(*amounts(200))
    came(*counts(30))
    leads, spend = sentences(ask(database))
    assert leads == (
        "Leads: A forecast of 14 days at 80 % takes 84 days of history; there are 30, from 2026-10-22 to 2026-11-20."
    )
    assert spend.startswith("Spend ARS: by level and weekday, from 200 days; on average it misses a day by ")
    assert spend.endswith(" were within their 80 % intervals.")
