"""The days that statistics are about."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from metaads_cli.errors import ConfigError, UsageError
from metaads_cli.models.reports import Window


@dataclass(frozen=True)
class Days:
    """What was asked for: whole days of the tenant, both ends included."""

    since: date | None = None
    until: date | None = None
    last: int | None = None
    """The given number of days up to and including today."""


def zone_of(name: str) -> ZoneInfo:
    """Raises ConfigError for a time zone that does not exist."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            f"The time zone {name!r} does not exist",
            hint="Write an IANA name such as America/Bogota in tenants.timezone, or in [stats] timezone",
        ) from None


def window_of(days: Days, timezone: str, today: date) -> Window:
    """Raises UsageError for an empty window, and for two in one."""
    since, until = days.since, days.until
    if days.last is not None:
        if since or until:
            raise UsageError("--last excludes --since and --until", hint="Give one or the other")
        since, until = today - timedelta(days=days.last - 1), today
    if since and until and since > until:
        raise UsageError(f"The window ends before it begins: {since} to {until}")
    return Window(since=since, until=until, timezone=timezone)


def day_after(day: date | None) -> date | None:
    """None, no bound, after the last day that there is."""
    return day + timedelta(days=1) if day and day < date.max else None


def start_of(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time.min, zone) if day else None
