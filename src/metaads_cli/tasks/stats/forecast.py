"""What the next days are expected to bring: leads, and spend by currency."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from metaads_cli.db.session import TenantSession
from metaads_cli.errors import UsageError
from metaads_cli.models.forecast import Backtest, Expected, ExpectedDay, ForecastReport, ForecastSeries, History
from metaads_cli.models.insight import Days as Span
from metaads_cli.models.money import minor_units_per_major
from metaads_cli.tasks.stats import Days, rate, statistics
from metaads_cli.tasks.stats.forecasting import (
    ARITHMETIC,
    METHOD,
    MOST_DAYS,
    Bounds,
    Outlook,
    days_needed,
    outlook,
)
from metaads_cli.tasks.stats.past import LEADS, SPEND, Past, days_known, leads_of, spends_of
from metaads_cli.tasks.stats.windows import zone_of

FURTHEST = 60
INTERVALS = range(50, 96)
STALE_DAYS = 7
"""After so many days without a figure there is nothing to go by."""
SYNC = "metaads sync-insights"
A_TENTH, A_HUNDREDTH, ONE = Decimal("0.1"), Decimal("0.01"), Decimal(1)


def forecast(session: TenantSession, days: int = 14, *, interval: int = 80, fallback_timezone: str) -> ForecastReport:
    """Leads and spend of the next `days` days, today being the first; `interval` is in percent.

    A series that has too little history says so in its `reason`. Raises UsageError for days or an interval out of
    range, ConfigError for a time zone that does not exist.
    """
    wish = _Wish(days, Decimal(interval) / 100)
    name = session.tenant.timezone or fallback_timezone
    today = datetime.now(zone_of(name)).date()
    span = Span(today - timedelta(days=MOST_DAYS), today - timedelta(days=1))
    with session.snapshot():
        stats = statistics(
            session,
            Days(since=span.since, until=span.until),
            by="day",
            fallback_timezone=fallback_timezone,
            valid_statuses=(),  # of appointments, which play no part
        )
        known = days_known(session, span, name)
    series = [wish.series(past) for past in (leads_of(stats, span), *spends_of(stats, span, known))]
    methods = {one.method for one in series if one.method}
    return ForecastReport(
        tenant_id=session.tenant_id,
        timezone=name,
        history=_span_of([one.history for one in series]),
        method=methods.pop() if len(methods) == 1 else None,
        interval=wish.level,
        series=series,
    )


@dataclass(frozen=True)
class _Wish:
    days: int
    level: Decimal

    def __post_init__(self) -> None:
        if not 1 <= self.days <= FURTHEST:
            raise UsageError(f"--days is {self.days}; expected 1 to {FURTHEST}")
        if self.level * 100 not in INTERVALS:
            raise UsageError(
                f"--interval is {self.level * 100:.0f}; expected {INTERVALS[0]} to {INTERVALS[-1]}, in percent"
            )
        if self.needed > MOST_DAYS:
            raise UsageError(
                f"{self.what} would take {self.needed} days of history; the last {MOST_DAYS} are looked at",
                hint="Ask for fewer days, or for a lower --interval",
            )

    @property
    def what(self) -> str:
        return f"A forecast of {self.days} days at {self.level * 100:.0f} %"

    @property
    def needed(self) -> int:
        return days_needed(self.days, self.level)

    def series(self, past: Past) -> ForecastSeries:
        found = self._reason(past) or self._outlook(past)
        reason = found if isinstance(found, str) else None
        made = found if isinstance(found, Outlook) else None
        unit = A_TENTH if past.metric == LEADS else _unit(past.currency or "")
        return ForecastSeries(
            metric=past.metric,
            currency=past.currency,
            method=made.method if made else None,
            history=past.history,
            days=_days(made.days, past.span.until, unit) if made else [],
            total=_rounded(made.total, unit) if made else None,
            backtest=_backtest(made, min(unit, A_HUNDREDTH)) if made else None,
            reason=reason,
        )

    def _outlook(self, past: Past) -> Outlook | str:
        days = past.days
        figures = [past.figures.get(day) for day in days]
        made = outlook(figures, days.since.weekday(), self.days, self.level)
        gaps = f"Too many days are missing between {days.since} and {days.until}"
        return made or f"{gaps}. {SYNC} --since {days.since} reads them"

    def _reason(self, past: Past) -> str | None:
        """Why there is no forecast."""
        history = past.history
        if past.metric == SPEND and not past.figures:
            return f"No day's spend is known. {SYNC} reads it"
        if history.until is None:
            what = "Nobody came from a Meta ad" if past.metric == LEADS else "Nothing was spent"
            return f"{what} between {past.span.since} and {past.span.until}"
        if (past.span.until - history.until).days >= STALE_DAYS:
            return f"The last day that was read to its end is {history.until}. {SYNC} reads the days since"
        if history.days < self.needed:
            there = f"there are {history.days}, from {history.since} to {history.until}"
            older = f". {SYNC} --since DAY reads older ones" if past.metric == SPEND else ""
            return f"{self.what} takes {self.needed} days of history; {there}{older}"
        return None


def _unit(currency: str) -> Decimal:
    return ONE / minor_units_per_major(currency)


def _days(bounds: Iterable[Bounds], last: date, unit: Decimal) -> list[ExpectedDay]:
    return [
        ExpectedDay(
            day=last + timedelta(days=number),
            expected=_to(unit, one.expected),
            low=_to(unit, one.low),
            high=_to(unit, one.high),
        )
        for number, one in enumerate(bounds, 1)
    ]


def _rounded(bounds: Bounds, unit: Decimal) -> Expected:
    return Expected(expected=_to(unit, bounds.expected), low=_to(unit, bounds.low), high=_to(unit, bounds.high))


def _backtest(made: Outlook, unit: Decimal) -> Backtest:
    check = made.check
    return Backtest(
        origins=check.origins,
        mae=_to(unit, check.mae),
        naive_mae=_to(unit, check.naive_mae),
        coverage=rate(check.coverage, 1),
        total_coverage=rate(check.total_coverage, 1),
    )


def _to(unit: Decimal, amount: Decimal) -> Decimal:
    return amount.quantize(unit, ROUND_HALF_UP, ARITHMETIC)


def _span_of(histories: Sequence[History]) -> History:
    first = min((one.since for one in histories if one.since), default=None)
    last = max((one.until for one in histories if one.until), default=None)
    return History(since=first, until=last, days=len(Span(first, last)) if first and last else 0)


# --- in words


def sentences(report: ForecastReport) -> list[str]:
    """How each series was made and how far it can be trusted, or why there is none."""
    return [f"{_name(series)}: {series.reason or _quality(series, report)}." for series in report.series]


def _name(series: ForecastSeries) -> str:
    return " ".join(filter(None, [series.metric.capitalize(), series.currency]))


def _quality(series: ForecastSeries, report: ForecastReport) -> str:
    check = series.backtest
    assert check is not None
    used = "by level and weekday" if series.method == METHOD else "as a week before, which does better here"
    held = [
        f"{share * 100:.0f} % of the past {what}"
        for share, what in ((check.coverage, "days"), (check.total_coverage, "totals"))
        if share is not None
    ]
    told = " and ".join(held) + " were" if held else "too few past days to tell how many were"
    return (
        f"{used}, from {series.history.days} days; on average it misses a day by {check.mae:,}, and the same as a week"
        f" before by {check.naive_mae:,}; {told} within their {report.interval * 100:.0f} % intervals"
    )
