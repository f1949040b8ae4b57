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


def compared(window: Window, compare: str) -> Window:
    """The days to compare with: those just `previous`, the same a year before (`yoy`), or `A..B`.

    Before whole calendar months come as many whole months. Raises UsageError for a window without bounds and for
    anything else.
    """
    if window.since is None or window.until is None:
        raise UsageError("--compare needs a window", hint="Give --last, --preset, or both --since and --until")
    if ".." in compare:
        since, until = _named_days(compare)
    elif compare in _RULES:
        since, until = _days_before(window.since, window.until, _RULES[compare])
    else:
        raise UsageError(f"--compare is {compare!r}; expected previous, yoy or DAY..DAY")
    return Window(since=since, until=until, timezone=window.timezone)


def _named_days(text: str) -> tuple[date, date]:
    try:
        since, until = map(date.fromisoformat, text.split(".."))
    except ValueError:
        raise UsageError(f"--compare is {text!r}; expected two days such as 2026-10-01..2026-10-31") from None
    if since > until:
        raise UsageError(f"--compare ends before it begins: {text}")
    return since, until


def _days_before(since: date, until: date, rule: Callable[[date, date], tuple[date, date]]) -> tuple[date, date]:
    try:
        return rule(since, until)
    except (OverflowError, ValueError):
        raise UsageError(f"There are no days to compare {since} to {until} with") from None


def _previous(since: date, until: date) -> tuple[date, date]:
    if since.day == 1 and _is_last_of_month(until):
        months = _month_number(until) - _month_number(since) + 1
        return _months_before(since, months), _back(since, 1)
    return _back(since, (until - since).days + 1), _back(since, 1)


def _year_before(since: date, until: date) -> tuple[date, date]:
    first, last = _same_day_a_year_before(since), _same_day_a_year_before(until)
    whole_months = since.day == 1 and _is_last_of_month(until)
    return first, _back(_months_before(last.replace(day=1), -1), 1) if whole_months else last


_RULES = {"previous": _previous, "yoy": _year_before}


def _same_day_a_year_before(day: date) -> date:
    leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if leap_day else day.day)


def _is_last_of_month(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _months_before(first: date, months: int) -> date:
    number = _month_number(first) - months
    return date(number // 12, number % 12 + 1, 1)


def _preset(name: str) -> Callable[[date], tuple[date, date]]:
    if name not in PRESETS:
        raise UsageError(f"--preset is {name!r}; expected one of {', '.join(PRESETS)}")
    return PRESETS[name]


def day_after(day: date | None) -> date | None:
    """None, no bound, after the last day that there is."""
    return day + timedelta(days=1) if day and day < date.max else None


def start_of(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time.min, zone) if day else None
