"""Days, weeks and months by their place in a window."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from metaads_cli.models.statistics import Window
from metaads_cli.tasks.stats.assembly import Part


def in_place_of(grain: str | None, window: Window, previous: Window) -> Callable[[Part], Part]:
    """Gives a part of the previous window the period in the same place of the window, where parts have periods."""
    if grain is None or grain not in _FIRST_DAY or window.since is None or previous.since is None:
        return lambda part: part
    first, first_before = _FIRST_DAY[grain](window.since), _FIRST_DAY[grain](previous.since)

    def moved(part: Part) -> Part:
        [period] = part.key
        return replace(part, key=(_later(grain, first, _between(grain, first_before, period)),))

    return moved


_FIRST_DAY: dict[str, Callable[[date], date]] = {
    "day": lambda day: day,
    "week": lambda day: day - timedelta(days=day.weekday()),
    "month": lambda day: day.replace(day=1),
}
_DAYS = {"day": 1, "week": 7}


def _between(grain: str, first: date, period: date) -> int:
    if grain == "month":
        return (period.year - first.year) * 12 + period.month - first.month
    return (period - first).days // _DAYS[grain]


def _later(grain: str, first: date, count: int) -> date:
    if grain == "month":
        number = first.year * 12 + first.month - 1 + count
        return date(number // 12, number % 12 + 1, 1)
    return first + timedelta(days=_DAYS[grain] * count)
