"""What the next days are expected to bring, as a document."""

from datetime import date
from decimal import Decimal

import msgspec


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Whole days, from the first on which there was something, and on how many of them the figure is known."""

    since: date | None
    until: date | None
    days: int


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """low <= expected <= high, none below zero."""

    expected: Decimal
    low: Decimal
    high: Decimal


class ExpectedDay(msgspec.Struct, frozen=True, kw_only=True):
    """The same of one day."""

    day: date
    expected: Decimal
    low: Decimal
    high: Decimal


class Backtest(msgspec.Struct, frozen=True, kw_only=True):
    """How the same forecast would have done on past days, each time from the days before alone.

    `mae` is the mean absolute error of a day by the weekday method, `naive_mae` that of "as on the same weekday last
    week", over the same days. `coverage` is the share of days within the interval as it would have been given then,
    `total_coverage` the same of the totals; None where the history is too short to tell.
    """

    origins: int
    """How many past days a whole forecast was made from."""
    mae: Decimal
    naive_mae: Decimal
    coverage: Decimal | None
    total_coverage: Decimal | None


class ForecastSeries(msgspec.Struct, frozen=True, kw_only=True):
    """One figure. With a `reason` there is no forecast: no days, no total, no back-test."""

    metric: str
    """leads (people by their first touch) or spend (of the ads)."""
    currency: str | None
    """Of spend; None where no spend is known at all."""
    method: str | None
    """weekday_level, or seasonal_naive where that did better in the back-test."""
    history: History
    days: list[ExpectedDay]
    total: Expected | None
    """Of all the days together; its bounds are closer than the sums of theirs."""
    backtest: Backtest | None
    reason: str | None


class ForecastReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.forecast/1"):
    """Leads, then spend by currency: amounts in different currencies are never added.

    The days begin with today, which is not over and therefore no history. `interval` is the level that the intervals
    aim at, a fraction. `method` is that of all series with a forecast, None where they differ; `history` spans those
    of the series.
    """

    tenant_id: int
    timezone: str
    history: History
    method: str | None
    interval: Decimal
    series: list[ForecastSeries]
