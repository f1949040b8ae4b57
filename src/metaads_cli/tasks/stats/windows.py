"""The days that statistics are about."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from metaads_cli.errors import ConfigError, UsageError
from metaads_cli.models.statistics import Window


@dataclass(frozen=True)
class Days:
    """What was asked for: whole days of the tenant, both ends included."""

    since: date | None = None
    until: date | None = None
    last: int | None = None
    """The given number of days up to and including today."""
    preset: str | None = None
    """One of PRESETS."""


PRESETS: dict[str, Callable[[date], tuple[date, date]]] = {
    "today": lambda today: (today, today),
    "yesterday": lambda today: (_back(today, 1), _back(today, 1)),
    "last_7d": lambda today: (_back(today, 7), _back(today, 1)),
    "last_14d": lambda today: (_back(today, 14), _back(today, 1)),
    "last_30d": lambda today: (_back(today, 30), _back(today, 1)),
    "last_90d": lambda today: (_back(today, 90), _back(today, 1)),
    "this_week": lambda today: (_monday(today), today),
    "last_week": lambda today: (_back(_monday(today), 7), _back(_monday(today), 1)),
    "this_month": lambda today: (today.replace(day=1), today),
    "last_month": lambda today: (_back(today.replace(day=1), 1).replace(day=1), _back(today.replace(day=1), 1)),
    "this_quarter": lambda today: (today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1), today),
    "this_year": lambda today: (today.replace(month=1, day=1), today),
}
"""First and last day by today's date. As in Ads Manager the last days are whole ones, without today; weeks begin on
Monday."""


def _back(day: date, days: int) -> date:
    return day - timedelta(days=days)


def _monday(day: date) -> date:
    return _back(day, day.weekday())


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
    named = [option for option, value in (("--last", days.last), ("--preset", days.preset)) if value is not None]
    if named and (since or until):
        raise UsageError(f"{named[0]} excludes --since and --until", hint="Give one or the other")
    if len(named) > 1:
        raise UsageError("--last excludes --preset", hint="Give one or the other")
    if days.last is not None:
        since, until = _back(today, days.last - 1), today
    if days.preset is not None:
        since, until = _preset(days.preset)(today)
    if since and until and since > until:
        raise UsageError(f"The window ends before it begins: {since} to {until}")
    return Window(since=since, until=until, timezone=timezone)


def _preset(name: str) -> Callable[[date], tuple[date, date]]:
    if name not in PRESETS:
        raise UsageError(f"--preset is {name!r}; expected one of {', '.join(PRESETS)}")
    return PRESETS[name]


def day_after(day: date | None) -> date | None:
    """None, no bound, after the last day that there is."""
    return day + timedelta(days=1) if day and day < date.max else None


def start_of(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time.min, zone) if day else None
