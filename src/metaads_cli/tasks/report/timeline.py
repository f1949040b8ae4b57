"""Leads and spend over time: every period of the window, also those in which nothing happened."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from typing import Any, TypeVar

from metaads_cli.models.report import Money, MoneyPeriod, Period
from metaads_cli.models.statistics import Measures, StatsReport, StatsRow, Window
from metaads_cli.tasks.report.ranking import ranking
from metaads_cli.tasks.stats.assembly import EXACT

T = TypeVar("T")
MOST_DAYS, MOST_WEEKS = 120, 120
"""Of more, a chart is not read any more."""


@dataclass(frozen=True)
class Calendar:
    """The periods of a window: by day while there are few, then by week, then by month."""

    grain: str
    periods: tuple[tuple[date, date, date], ...]
    """Each with the day that names it, and its first and last day within the window."""

    @classmethod
    def of(cls, window: Window, today: date, first_month: Callable[[], date | None]) -> "Calendar":
        """`first_month` is asked where the window has no beginning."""
        until = window.until or today
        since = window.since or first_month() or until
        days = (until - since).days + 1
        grain = "day" if days <= MOST_DAYS else "week" if days <= MOST_WEEKS * 7 else "month"
        return cls(grain, tuple(_periods(grain, since, until)))


def _periods(grain: str, since: date, until: date) -> Iterable[tuple[date, date, date]]:
    name = {"day": since, "week": since - timedelta(days=since.weekday()), "month": since.replace(day=1)}[grain]
    while name <= until:
        following = _following(grain, name)
        yield name, max(name, since), min(following - timedelta(days=1), until)
        name = following


def _following(grain: str, name: date) -> date:
    if grain == "month":
        return (name + timedelta(days=31)).replace(day=1)
    return name + timedelta(days=7 if grain == "week" else 1)


def timeline_of(report: StatsReport, calendar: Calendar) -> list[Period]:
    rows = _by_period(report.rows)
    compared = report.comparison is not None
    return [
        Period(
            since=since,
            until=until,
            leads=sum(row.leads for row in rows[name]),
            converted=sum(row.converted for row in rows[name]),
            previous_leads=sum(row.leads for row in _previous(rows[name])) if compared else None,
        )
        for name, since, until in calendar.periods
    ]


def money_of(campaigns: StatsReport, periods: StatsReport, calendar: Calendar) -> list[Money]:
    """What there is in each currency."""
    comparison = campaigns.comparison
    totals = _by_currency(campaigns, campaigns.totals_by_currency, campaigns.total)
    previous = _by_currency(campaigns, comparison.totals_by_currency, comparison.total) if comparison else {}
    changes = _by_currency(campaigns, comparison.changes_by_currency, comparison.change) if comparison else {}
    return [
        Money(
            currency=currency,
            total=total,
            previous=previous.get(currency),
            change=changes.get(currency, {}),
            timeline=_amounts(periods, calendar, currency, total, previous.get(currency)),
            by_spend=ranking(campaigns.rows, lambda row: row.spend, currency),
        )
        for currency, total in totals.items()
    ]


def _by_currency(report: StatsReport, several: dict[str, T], only: T) -> dict[str, T]:
    return several or ({report.currency: only} if report.currency else {})


def _amounts(
    report: StatsReport, calendar: Calendar, currency: str, total: Measures, previous: Measures | None
) -> list[MoneyPeriod]:
    rows = _by_period(row for row in report.rows if row.currency == currency)
    return [
        MoneyPeriod(
            since=since,
            until=until,
            spend=_sum((row.spend for row in rows[name]), total.spend),
            revenue=_sum((row.revenue for row in rows[name]), total.revenue),
            previous_spend=_sum((row.spend for row in _previous(rows[name])), previous.spend) if previous else None,
        )
        for name, since, until in calendar.periods
    ]


def _by_period(rows: Iterable[StatsRow]) -> dict[Any, list[StatsRow]]:
    found: dict[Any, list[StatsRow]] = defaultdict(list)
    for row in rows:
        found[row.period].append(row)
    return found


def _previous(rows: Sequence[StatsRow]) -> list[Measures]:
    return [row.previous for row in rows if isinstance(row.previous, Measures)]


def _sum(amounts: Iterable[Decimal | None], whole: Decimal | None) -> Decimal | None:
    """What is known of them: zero where there is none of what is known elsewhere."""
    if whole is None:
        return None
    with localcontext(EXACT):
        return sum((amount for amount in amounts if amount is not None), Decimal(0))
