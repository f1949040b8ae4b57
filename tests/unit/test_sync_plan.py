"""Which days a sync reads: each that is not fresh exactly once, the latest first, never a settled one again."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from metaads_cli.db.queries.syncs import DayRead
from metaads_cli.errors import UsageError
from metaads_cli.models.insight import Days, Level
from metaads_cli.settings import SyncSettings
from metaads_cli.tasks.insights import plan
from metaads_cli.tasks.insights.options import SyncOptions, days_between

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
TODAY = date(2026, 11, 20)
BUENOS_AIRES = ZoneInfo("America/Argentina/Buenos_Aires")
ZONES = ("America/Argentina/Buenos_Aires", "America/Santiago", "Europe/Madrid", "Pacific/Kiritimati", "Etc/GMT+12")


def rhythm(
    now: datetime = NOW,
    *,
    fresh_minutes: int = 15,
    began: datetime | None = None,
    restate_days: int = 28,
    force: bool = False,
    zone: ZoneInfo = BUENOS_AIRES,
) -> plan.Rhythm:
    """As a run makes it: `began` is when an interrupted one began."""
    fresh_after = min(now - timedelta(minutes=fresh_minutes), began or now)
    return plan.Rhythm(now, zone, fresh_after, began or now, restate_days, force)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def back(first: int, last: int = 0) -> Days:
    return Days(ago(first), ago(last))


def read_at(moment: datetime, days: Iterable[date]) -> dict[date, DayRead]:
    return {day: DayRead(moment, 1) for day in days}


def every(parts: list[Days]) -> list[date]:
    return [day for part in parts for day in part]


def at(hours_ago: float) -> datetime:
    return NOW - timedelta(hours=hours_ago)


lengths = st.integers(0, 70)
windows = st.builds(lambda length, end: back(end + length, end), lengths, st.integers(0, 60))
reads = st.dictionaries(
    st.integers(0, 100).map(ago),
    st.builds(DayRead, st.integers(0, 60 * 24 * 60).map(lambda minutes: NOW - timedelta(minutes=minutes)), st.just(1)),
    max_size=60,
)
rhythms = st.builds(
    rhythm,
    st.just(NOW),
    fresh_minutes=st.sampled_from((0, 15, 600)),
    began=st.none() | st.integers(1, 720).map(lambda minutes: NOW - timedelta(minutes=minutes)),
    restate_days=st.sampled_from((0, 1, 28, 90)),
    force=st.booleans(),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
)


@given(windows, reads, rhythms)
def test_every_day_of_the_window_that_is_not_fresh_is_read_exactly_once(
    window: Days, known: Mapping[date, DayRead], how: plan.Rhythm
) -> None:
    found = every(plan.days_to_read(window, known, how))
    assert len(found) == len(set(found))
    stale = [day for day in window if day not in known or not how.is_fresh(day, known[day])]
    assert sorted(day for day in found if day in window) == stale


@given(windows, reads, rhythms)
def test_beyond_the_window_only_known_days_that_moved_since_are_read(
    window: Days, known: Mapping[date, DayRead], how: plan.Rhythm
) -> None:
    beyond = {day for day in every(plan.days_to_read(window, known, how)) if day not in window}
    moving = {day for day in known if (how.today - day).days <= how.restate_days and day not in window}
    unsettled = {
        day for day, read in known.items() if (read.read_at.astimezone(how.zone).date() - day).days <= plan.MOVING_DAYS
    }
    assert beyond <= moving | unsettled
    if how.force and how.restate_days:
        assert moving <= beyond
    if not how.restate_days:
        assert not beyond


@given(windows, reads, rhythms)
def test_the_parts_come_latest_first_and_are_as_long_as_can_be(
    window: Days, known: Mapping[date, DayRead], how: plan.Rhythm
) -> None:
    parts = plan.days_to_read(window, known, how)
    for later, earlier in pairwise(parts):
        assert later.since - earlier.until > timedelta(days=1)


@given(windows, reads, rhythms)
def test_what_was_read_just_now_leaves_nothing_to_do(
    window: Days, known: Mapping[date, DayRead], how: plan.Rhythm
) -> None:
    done = dict(known) | read_at(how.now, every(plan.days_to_read(window, known, how)))
    assert plan.days_to_read(window, done, replace(how, force=False)) == []


@given(windows, st.integers(1, 100))
def test_cuts_cover_a_range_exactly_without_overlap(days: Days, length: int) -> None:
    parts = days.cut(length)
    assert sorted(every(parts)) == list(days)
    assert [part.until for part in parts] == sorted((part.until for part in parts), reverse=True)
    assert all(len(part) == length for part in parts[:-1])
    assert 1 <= len(parts[-1]) <= length


@given(st.sets(st.integers(0, 60).map(ago)))
def test_ranges_hold_their_days_and_no_others(days: set[date]) -> None:
    assert sorted(every(plan.ranges(days))) == sorted(days)


def test_a_window_that_was_never_read_is_one_range() -> None:
    assert plan.days_to_read(back(6), {}, rhythm()) == [back(6)]


@pytest.mark.parametrize(("minutes", "again"), [(0, False), (15, False), (16, True), (24 * 60, True)])
def test_a_day_is_fresh_for_some_minutes(minutes: int, again: bool) -> None:
    known = read_at(at(minutes / 60), back(6))
    assert bool(plan.days_to_read(back(6), known, rhythm())) is again


def test_force_reads_what_is_fresh() -> None:
    known = read_at(NOW, back(6))
    assert plan.days_to_read(back(6), known, rhythm(force=True)) == [back(6)]


@pytest.mark.parametrize(
    ("age_when_read", "again"), [(0, True), (27, True), (28, True), (29, False), (200, False)]
)  # fmt: skip
def test_a_settled_day_is_not_read_again(age_when_read: int, again: bool) -> None:
    """It was read when its figures had stopped moving: 28 whole days after it."""
    day = ago(300)
    known = read_at(datetime(2026, 1, 24, 15, tzinfo=UTC) + timedelta(days=age_when_read), [day])
    assert day == date(2026, 1, 24)
    assert bool(plan.days_to_read(Days(day, day), known, rhythm())) is again
    assert plan.days_to_read(Days(day, day), known, rhythm(force=True)) == [Days(day, day)]


def test_settled_is_told_by_the_accounts_day() -> None:
    """01:00 UTC on the 29th day is the 28th in Buenos Aires, and the 29th in Madrid."""
    day = date(2026, 9, 1)
    known = read_at(datetime(2026, 9, 30, 1, tzinfo=UTC), [day])
    assert plan.days_to_read(Days(day, day), known, rhythm()) == [Days(day, day)]
    assert plan.days_to_read(Days(day, day), known, rhythm(zone=ZoneInfo("Europe/Madrid"))) == []


def test_days_that_still_move_are_read_once_a_day_of_the_account() -> None:
    """03:00 UTC is midnight in Buenos Aires."""
    yesterday, today = datetime(2026, 11, 20, 2, 59, tzinfo=UTC), datetime(2026, 11, 20, 3, tzinfo=UTC)
    fresh = read_at(NOW, back(6))
    assert plan.days_to_read(back(6), fresh | read_at(yesterday, back(28, 7)), rhythm()) == [back(28, 7)]
    assert plan.days_to_read(back(6), fresh | read_at(today, back(30, 7)), rhythm()) == []


def test_a_day_is_read_a_last_time_when_it_has_settled_however_late() -> None:
    fresh = read_at(NOW, back(6))
    settled = read_at(at(-1), [ago(60)])
    unsettled = {ago(60): DayRead(NOW - timedelta(days=40), 1)}
    assert plan.days_to_read(back(6), fresh | unsettled, rhythm()) == [Days(ago(60), ago(60))]
    assert plan.days_to_read(back(6), fresh | settled, rhythm()) == []


def test_days_that_were_never_read_are_not_restated() -> None:
    known = read_at(at(30), [ago(10), ago(20)])
    assert plan.days_to_read(back(6), known, rhythm()) == [back(6), back(10, 10), back(20, 20)]


def test_nothing_is_restated_when_days_were_asked_for() -> None:
    known = read_at(at(30), back(28))
    assert plan.days_to_read(back(3), known, rhythm(restate_days=0)) == [back(3)]


def test_an_interrupted_run_goes_on_with_what_it_had_not_read() -> None:
    began = at(6)
    known = read_at(at(5), back(3)) | read_at(at(7), back(28, 4))
    assert plan.days_to_read(back(6), known, rhythm(began=began)) == [back(6, 4)]


def test_an_interruption_over_midnight_does_not_restate_twice() -> None:
    """What the run restated before the account's midnight is not restated after it by the run that goes on with it."""
    began = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
    after = datetime(2026, 11, 20, 3, 30, tzinfo=UTC)
    known = read_at(datetime(2026, 11, 20, 2, 45, tzinfo=UTC), back(28, 7))
    assert plan.days_to_read(back(6), known, rhythm(after, began=began)) == [back(6)]


def test_a_run_that_began_a_moment_ago_keeps_the_freshness_that_was_asked_for() -> None:
    known = read_at(at(0.2), back(6))
    assert plan.days_to_read(back(6), known, rhythm(began=at(0.1))) == []


@pytest.mark.parametrize(
    ("level", "known", "objects", "days"),
    [
        (Level.CAMPAIGN, [], {}, plan.MAX_SLICE_ROWS),
        (Level.CAMPAIGN, [], {Level.CAMPAIGN: 50}, 2_000),
        (Level.AD, [], {Level.AD_SET: 1_000}, 10),
        (Level.AD, [20_000, 50_000], {Level.AD_SET: 1}, 2),
        (Level.AD, [500_000], {}, 1),
        (Level.AD, [0], {Level.AD_SET: 1_000}, plan.MAX_SLICE_ROWS),
    ],
)
def test_a_slice_is_of_a_bounded_size(level: Level, known: list[int], objects: dict[Level, int], days: int) -> None:
    read = {ago(number): DayRead(NOW, count) for number, count in enumerate(known)}
    assert plan.days_per_slice(level, read, objects) == days


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        (None, list(Level)),
        (Level.CAMPAIGN, list(Level)),
        (Level.AD_SET, [Level.AD_SET, Level.AD]),
        (Level.AD, [Level.AD]),
    ],
)
def test_levels_above_what_a_sync_is_narrowed_to_are_left_alone(only: Level | None, expected: list[Level]) -> None:
    assert plan.levels_below(list(Level), only) == expected


def options(**changes: object) -> SyncOptions:
    return replace(SyncOptions(SyncSettings(mode="live", max_days_back=60)), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("zone", ZONES)
def test_the_window_ends_today_in_the_accounts_zone(zone: str) -> None:
    today = NOW.astimezone(ZoneInfo(zone)).date()
    assert options(days_back=1).window(NOW, ZoneInfo(zone)) == Days(today, today)
    assert options(days_back=7).window(NOW, ZoneInfo(zone)) == Days(today - timedelta(days=6), today)


def test_days_to_come_are_left_out() -> None:
    asked = options(days=days_between(ago(3), ago(-10)))
    assert asked.window(NOW, BUENOS_AIRES) == back(3)
    assert options(days=days_between(ago(3), None)).window(NOW, BUENOS_AIRES) == back(3)


def test_a_window_may_not_reach_further_than_the_settings_allow() -> None:
    assert len(options(days=Days(ago(59), TODAY)).window(NOW, BUENOS_AIRES)) == 60
    with pytest.raises(UsageError, match="60 days back"):
        options(days=Days(ago(60), TODAY)).window(NOW, BUENOS_AIRES)


def test_a_window_needs_its_beginning_and_the_right_order() -> None:
    assert days_between(None, None) is None
    with pytest.raises(UsageError, match="--since"):
        days_between(None, TODAY)
    with pytest.raises(UsageError, match="ends before"):
        days_between(TODAY, ago(1))


def test_days_that_have_begun_nowhere_are_refused() -> None:
    with pytest.raises(UsageError, match="not come yet"):
        options(days=days_between(ago(-2), None)).window(NOW, BUENOS_AIRES)


def test_a_day_that_has_begun_elsewhere_only_is_no_work() -> None:
    tomorrow = days_between(ago(-1), None)
    assert not options(days=tomorrow).window(NOW, BUENOS_AIRES)
    assert options(days=tomorrow).window(NOW, ZoneInfo("Pacific/Kiritimati")) == Days(ago(-1), ago(-1))


@given(st.integers(-1, 40), st.integers(0, 80), st.sampled_from(ZONES).map(ZoneInfo))
@example(-1, 0, ZoneInfo("Etc/GMT+12"))
def test_whatever_days_are_asked_for_none_is_read_that_has_not_come(offset: int, length: int, zone: ZoneInfo) -> None:
    first, today = ago(offset), NOW.astimezone(zone).date()
    asked = [first + timedelta(days=number) for number in range(length + 1)]
    window = options(days=Days(first, asked[-1])).window(NOW, zone)
    found = every(plan.days_to_read(window, {}, rhythm(restate_days=0, zone=zone)))
    assert sorted(found) == [day for day in asked if day <= today]
