"""What the statistics are asked for, as the statements take it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Date, DateTime, Integer, Interval, bindparam, cast, func, literal, literal_column
from sqlalchemy.sql.elements import ColumnElement

TENANT = bindparam("tenant_id", None, type_=Integer)  # the session binds its own
META_ADS = "META_ADS"
NO_AD = "Unknown"
_LAST_MOMENT = timedelta(days=1) - timedelta.resolution


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Days with both ends included, None being unbounded; `start` and `end` are their moments, the end excluded."""

    fields: tuple[str, ...]
    """What a row is about, of: period, source, campaign_id, campaign_name, adset_id, adset_name, ad_id, ad_name,
    ad_headline."""
    timezone: str
    valid_statuses: tuple[str, ...]
    """Of appointments that count."""
    last_touch_hours: int | None = None
    """For the last touch: for how long after it an appointment is its doing. None: the first touch is asked for."""
    grain: str | None = None
    """day, week or month, where `period` is a field: its first day."""
    since: date | None = None
    until: date | None = None
    start: datetime | None = None
    end: datetime | None = None

    @property
    def everybody(self) -> bool:
        """Whether people who came without an ad are counted as well."""
        return "source" in self.fields

    def day_of(self, moment: ColumnElement[Any]) -> ColumnElement[Any]:
        """The day in the tenant's time zone."""
        return cast(func.timezone(self.timezone, moment), Date)

    def end_of(self, day: ColumnElement[Any]) -> ColumnElement[Any]:
        """The last moment of the day in the tenant's time zone."""
        return func.timezone(self.timezone, cast(day, DateTime) + literal(_LAST_MOMENT, Interval))

    def period_of(self, day: ColumnElement[Any]) -> ColumnElement[Any]:
        if self.grain not in {"day", "week", "month"}:
            raise AssertionError(f"no grain: {self.grain}")
        return cast(func.date_trunc(literal_column(f"'{self.grain}'"), cast(day, DateTime)), Date)

    def days(self, day: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        """The conditions that a day is within the window."""
        first = [day >= self.since] if self.since else []
        return first + ([day <= self.until] if self.until else [])
