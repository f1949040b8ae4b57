"""Presets: their first and last days, worked out by hand."""

from datetime import date

import pytest

from metaads_cli.errors import UsageError
from metaads_cli.models.statistics import Window
from metaads_cli.tasks.stats.windows import PRESETS, Days, compared, window_of

SUNDAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("preset", "today", "since", "until"),
    [
        ("today", SUNDAY, "2026-11-22", "2026-11-22"),
        ("yesterday", date(2026, 3, 1), "2026-02-28", "2026-02-28"),
        ("last_7d", SUNDAY, "2026-11-15", "2026-11-21"),
        ("last_14d", SUNDAY, "2026-11-08", "2026-11-21"),
        ("last_30d", SUNDAY, "2026-10-23", "2026-11-21"),
        ("last_90d", SUNDAY, "2026-08-24", "2026-11-21"),
        ("this_week", SUNDAY, "2026-11-16", "2026-11-22"),
        ("this_week", date(2026, 11, 23), "2026-11-23", "2026-11-23"),
        ("last_week", SUNDAY, "2026-11-09", "2026-11-15"),
        ("this_month", SUNDAY, "2026-11-01", "2026-11-22"),
        ("last_month", date(2026, 1, 31), "2025-12-01", "2025-12-31"),
        ("last_month", date(2028, 3, 31), "2028-02-01", "2028-02-29"),
        ("this_quarter", SUNDAY, "2026-10-01", "2026-11-22"),
        ("this_quarter", date(2026, 9, 30), "2026-07-01", "2026-09-30"),
        ("this_year", SUNDAY, "2026-01-01", "2026-11-22"),
    ],
)
def test_a_preset_is_whole_days(preset: str, today: date, since: str, until: str) -> None:
    window = window_of(Days(preset=preset), "UTC", today)
    assert (str(window.since), str(window.until)) == (since, until)


def test_no_preset_reaches_beyond_today() -> None:
    assert all(since <= until <= SUNDAY for since, until in (preset(SUNDAY) for preset in PRESETS.values()))


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        (Days(preset="last_9d"), "--preset is 'last_9d'; expected one of today, yesterday, last_7d"),
        (Days(preset="today", last=3), "--last excludes --preset"),
        (Days(preset="today", since=SUNDAY), "--preset excludes --since"),
    ],
)
def test_a_window_has_one_name(days: Days, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        window_of(days, "UTC", SUNDAY)


def between(since: str, until: str) -> Window:
    return Window(since=date.fromisoformat(since), until=date.fromisoformat(until), timezone="UTC")


@pytest.mark.parametrize(
    ("since", "until", "compare", "first", "last"),
    [
        ("2026-11-15", "2026-11-21", "previous", "2026-11-08", "2026-11-14"),
        ("2026-11-21", "2026-11-21", "previous", "2026-11-20", "2026-11-20"),
        ("2026-11-01", "2026-11-22", "previous", "2026-10-10", "2026-10-31"),
        # Whole months are compared with whole months.
        ("2026-03-01", "2026-03-31", "previous", "2026-02-01", "2026-02-28"),
        ("2026-01-01", "2026-03-31", "previous", "2025-10-01", "2025-12-31"),
        ("2026-11-15", "2026-11-21", "yoy", "2025-11-15", "2025-11-21"),
        ("2028-02-29", "2028-03-02", "yoy", "2027-02-28", "2027-03-02"),
        ("2028-02-20", "2028-02-29", "yoy", "2027-02-20", "2027-02-28"),
        ("2029-02-01", "2029-02-28", "yoy", "2028-02-01", "2028-02-29"),
        ("2026-12-01", "2026-12-31", "yoy", "2025-12-01", "2025-12-31"),
        ("2026-11-15", "2026-11-21", "2026-01-01..2026-03-31", "2026-01-01", "2026-03-31"),
    ],
)
def test_the_days_compared_with(since: str, until: str, compare: str, first: str, last: str) -> None:
    assert compared(between(since, until), compare) == between(first, last)


@pytest.mark.parametrize(
    ("window", "compare", "sentence"),
    [
        (between("2026-11-15", "2026-11-21"), "last", "--compare is 'last'; expected previous, yoy or DAY..DAY"),
        (between("2026-11-15", "2026-11-21"), "2026-10-01..", "expected two days such as"),
        (between("2026-11-15", "2026-11-21"), "2026-10-01..2026-10-02..2026-10-03", "expected two days such as"),
        (between("2026-11-15", "2026-11-21"), "2026-10-02..2026-10-01", "--compare ends before it begins"),
        (between("0001-01-01", "0001-01-02"), "previous", "There are no days to compare 0001-01-01 to"),
        (between("0001-01-01", "0001-01-31"), "previous", "There are no days to compare"),
        (between("0001-01-01", "0001-01-31"), "yoy", "There are no days to compare"),
        (Window(since=None, until=SUNDAY, timezone="UTC"), "previous", "--compare needs a window"),
        (Window(since=None, until=None, timezone="UTC"), "2026-10-01..2026-10-02", "--compare needs a window"),
    ],
)
def test_there_must_be_days_to_compare_with(window: Window, compare: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        compared(window, compare)
