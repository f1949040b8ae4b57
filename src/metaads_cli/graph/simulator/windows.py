"""The days an insights call asks for, in the account's time zone, cut into rows (README 1.2, 1.5)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from metaads_cli.graph.simulator import facts
from metaads_cli.graph.simulator.params import Params
from metaads_cli.graph.simulator.refusals import known, not_one_of, refused

LOOK_BACK_MONTHS = 37
DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Period:
    """The days of one row, both ends included."""

    start: date
    stop: date

    def days(self) -> Iterator[date]:
        return (self.start + DAY * number for number in range((self.stop - self.start).days + 1))


def periods(params: Params, today: date, first_day: Callable[[], date]) -> list[Period]:
    """The rows' periods; `first_day` is where "maximum" begins.

    Raises Refusal 3018 before the look-back, 100 for dates that are none.
    """
    split = _increment(params)
    return [part for whole in _ranges(params, today, first_day) for part in split(whole)]


def _ranges(params: Params, today: date, first_day: Callable[[], date]) -> list[Period]:
    given = params.json("time_ranges")
    if given is None and params.get("time_range") is not None:
        given = [params.json("time_range")]
    if given is None or given == []:
        return [_preset(params.text("date_preset") or "last_30d", today, first_day)]
    if not isinstance(given, list):
        raise refused("time_ranges", "Param time_ranges must be an array")
    return [_range(one, today) for one in given]


def _range(given: Any, today: date) -> Period:
    if not isinstance(given, dict) or not {"since", "until"} <= given.keys():
        raise refused("time_range", "Must specify both since and until in time_range")
    try:
        since, until = date.fromisoformat(str(given["since"])), date.fromisoformat(str(given["until"]))
    except ValueError:
        raise refused("time_range", "time_range must hold dates such as 2026-11-20") from None
    if since > until:
        raise refused("time_range", "Start date should not be after end date")
    if since < months_before(today, LOOK_BACK_MONTHS):
        raise known(3018)
    return Period(since, until)


def months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, 28))


def _preset(name: str, today: date, first_day: Callable[[], date]) -> Period:
    if name not in facts.enum("AdsInsights.DatePreset"):
        raise not_one_of("date_preset", facts.enum("AdsInsights.DatePreset"))
    if name in {"maximum", "data_maximum"}:
        return Period(min(today, max(first_day(), months_before(today, LOOK_BACK_MONTHS))), today)
    if name.startswith("last_") and name.endswith("d"):
        # The last n days end yesterday.
        return Period(today - DAY * int(name[5:-1]), today - DAY)
    return _CALENDAR[name](today)


def _week(day: date, first_weekday: int) -> date:
    """The day its week began; Monday is 0."""
    return day - DAY * ((day.weekday() - first_weekday) % 7)


def _month(day: date, back: int = 0) -> date:
    return months_before(day.replace(day=1), back)


def _quarter(day: date, back: int = 0) -> date:
    return months_before(day.replace(day=1), (day.month - 1) % 3 + 3 * back)


_CALENDAR: dict[str, Callable[[date], Period]] = {
    "today": lambda day: Period(day, day),
    "yesterday": lambda day: Period(day - DAY, day - DAY),
    "this_week_mon_today": lambda day: Period(_week(day, 0), day),
    "this_week_sun_today": lambda day: Period(_week(day, 6), day),
    "last_week_mon_sun": lambda day: Period(_week(day, 0) - DAY * 7, _week(day, 0) - DAY),
    "last_week_sun_sat": lambda day: Period(_week(day, 6) - DAY * 7, _week(day, 6) - DAY),
    "this_month": lambda day: Period(_month(day), day),
    "last_month": lambda day: Period(_month(day, 1), _month(day) - DAY),
    "this_quarter": lambda day: Period(_quarter(day), day),
    "last_quarter": lambda day: Period(_quarter(day, 1), _quarter(day) - DAY),
    "this_year": lambda day: Period(date(day.year, 1, 1), day),
    "last_year": lambda day: Period(date(day.year - 1, 1, 1), date(day.year - 1, 12, 31)),
}


def _increment(params: Params) -> Callable[[Period], list[Period]]:
    value = params.text("time_increment") or "all_days"
    if value == "all_days":
        return lambda whole: [whole]
    if value == "monthly":
        return _by_month
    if not value.isdecimal() or not 1 <= int(value) <= 90:
        raise refused("time_increment", "Param time_increment must be monthly, all_days or a number from 1 to 90")
    return lambda whole: _by_days(whole, int(value))


def _by_days(whole: Period, count: int) -> list[Period]:
    starts = range(0, (whole.stop - whole.start).days + 1, count)
    return [
        Period(whole.start + DAY * start, min(whole.start + DAY * (start + count - 1), whole.stop)) for start in starts
    ]


def _by_month(whole: Period) -> list[Period]:
    parts, start = [], whole.start
    while start <= whole.stop:
        following = months_before(start.replace(day=1), -1)
        parts.append(Period(start, min(following - DAY, whole.stop)))
        start = following
    return parts
