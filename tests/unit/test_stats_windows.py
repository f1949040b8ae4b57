"""Presets: their first and last days, worked out by hand."""

from datetime import date

import pytest

from metaads_cli.errors import UsageError
from metaads_cli.tasks.stats.windows import PRESETS, Days, window_of

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
