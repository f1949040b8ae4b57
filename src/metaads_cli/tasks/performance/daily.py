"""The days of a window: those with figures, those that are known to have none, those that nobody read. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from metaads_cli.db.queries.performance import StoredRow
from metaads_cli.models.insight import Days
from metaads_cli.models.performance import Coverage, InsightRow, TimelineDay

DELIVERED, NO_DELIVERY, NOT_READ = "delivered", "no delivery", "not read"
UNKNOWN: dict[str, Any] = dict.fromkeys(
    (
        "spend", "impressions", "clicks", "conversions", "revenue", "ctr", "cpc", "roas", "cost_per_conversion",
        "reach", "frequency", "unique_clicks",
    )
)  # fmt: skip


def insight_row(row: StoredRow) -> InsightRow:
    return InsightRow(**_figures(row))


def coverage(days: Days, rows: Sequence[StoredRow], read: Mapping[date, datetime]) -> Coverage:
    delivered = {row.day for row in rows}
    without = sum(day not in delivered for day in read)
    return Coverage(
        days=len(days),
        delivered=len(delivered),
        without_delivery=without,
        not_read=len(days) - len(delivered) - without,
    )


def timeline(days: Days, rows: Sequence[StoredRow], read: Mapping[date, datetime], zone: ZoneInfo) -> list[TimelineDay]:
    """One entry for each day. What the object has on other days is zero on one without delivery, else unknown."""
    stored = {row.day: row for row in rows}
    counted = {name for name in ("conversions", "revenue") if any(getattr(row, name) is not None for row in rows)}
    nothing = UNKNOWN | dict.fromkeys(("impressions", "clicks", "reach", "unique_clicks"), 0)
    nothing |= dict.fromkeys(("spend", *counted), Decimal(0))
    currency = rows[-1].currency if rows else None

    def entry(day: date) -> TimelineDay:
        if row := stored.get(day):
            seen = max(row.fetched_at, read.get(day, row.fetched_at))
            return TimelineDay(**_figures(row), state=DELIVERED, is_final=seen >= _end_of(day, zone))
        same: dict[str, Any] = {"date_start": day, "date_end": day, "currency": currency}
        if day in read:
            return TimelineDay(**same, **nothing, state=NO_DELIVERY, is_final=read[day] >= _end_of(day, zone))
        return TimelineDay(**same, **UNKNOWN, state=NOT_READ, is_final=None)

    return [entry(day) for day in days]


def _figures(row: StoredRow) -> dict[str, Any]:
    return {
        "date_start": row.day,
        "date_end": row.day,
        "currency": row.currency,
        **{name: getattr(row, name) for name in UNKNOWN},
    }


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, zone)
