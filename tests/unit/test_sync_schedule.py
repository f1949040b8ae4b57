"""The rhythm of `sync-insights --every`: on the clock, a little apart, one run at a time, until it is ended."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from fake_clock import Clock
from metaads_cli.tasks.insights.schedule import LARGEST_JITTER, next_start, repeat

BEGIN = datetime(2026, 11, 20, 14, 7, 12, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


class Stage:
    """A clock for `repeat`, and work that takes as long as it is told; it ends after its last round."""

    def __init__(self, *minutes: float, jitter: Callable[[float, float], float] = lambda low, _high: low):
        self.clock, self.left, self.jitter = Clock(time=0.0), list(minutes), jitter
        self.starts: list[datetime] = []
        self.told: list[datetime] = []
        self.at_work = 0

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self.clock.now())

    async def work(self) -> None:
        if not self.left:
            raise asyncio.CancelledError
        self.at_work += 1
        assert self.at_work == 1
        self.starts.append(self.now())
        await self.clock.sleep(60 * self.left.pop(0))
        self.at_work -= 1

    def run(self, every: timedelta = HALF_HOUR, work: Callable[[], Awaitable[None]] | None = None) -> list[str]:
        """When each round began."""
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(
                repeat(
                    work or self.work,
                    every,
                    clock=self.clock,
                    now=self.now,
                    jitter=self.jitter,
                    tell=self.told.append,
                )
            )
        return [f"{start:%H:%M:%S}" for start in self.starts]


def test_the_first_round_is_at_once_and_the_others_on_the_clock() -> None:
    stage = Stage(1, 1, 1)
    assert stage.run() == ["14:07:12", "14:30:00", "15:00:00"]
    assert [f"{when:%H:%M}" for when in stage.told] == ["14:30", "15:00", "15:30"]


def test_a_round_that_takes_too_long_costs_starts_and_is_never_overtaken() -> None:
    assert Stage(1, 75, 1).run() == ["14:07:12", "14:30:00", "16:00:00"]


def test_a_round_that_ends_on_the_dot_is_followed_by_the_next_but_one() -> None:
    stage = Stage(22 + 48 / 60, 1)
    assert stage.run() == ["14:07:12", "15:00:00"]


def test_hosts_start_a_little_apart() -> None:
    assert Stage(1, 1, jitter=lambda _low, high: high).run() == ["14:07:12", "14:30:30"]


def test_a_late_start_does_not_move_the_rhythm() -> None:
    late = Stage(1, 1, 1, 1, jitter=lambda _low, high: high)
    assert late.run() == ["14:07:12", "14:30:30", "15:00:30", "15:30:30"]


@pytest.mark.parametrize(("every", "most"), [(timedelta(minutes=1), 6.0), (timedelta(hours=6), 30.0)])
def test_a_jitter_is_small_beside_the_interval(every: timedelta, most: float) -> None:
    asked: list[tuple[float, float]] = []

    def jitter(low: float, high: float) -> float:
        asked.append((low, high))
        return low

    Stage(0.1, 0.1, jitter=jitter).run(every)
    assert asked[0] == (0, most)
    assert most <= LARGEST_JITTER.total_seconds()


@pytest.mark.parametrize(
    ("every", "start"),
    [
        (timedelta(minutes=1), "14:08"),
        (timedelta(minutes=15), "14:15"),
        (timedelta(minutes=45), "14:15"),
        (timedelta(hours=1), "15:00"),
        (timedelta(hours=24), "00:00"),
    ],
)
def test_starts_are_multiples_since_midnight(every: timedelta, start: str) -> None:
    assert f"{next_start(BEGIN, every):%H:%M}" == start


@pytest.mark.parametrize("minutes", [1, 7, 25, 30, 45, 7 * 60])
def test_starts_are_the_same_for_every_host_and_evenly_apart_over_midnight(minutes: int) -> None:
    every = timedelta(minutes=minutes)
    first = next_start(BEGIN, every)
    assert BEGIN < first <= BEGIN + every
    assert next_start(first - timedelta(seconds=1), every) == first
    for number in range(400):
        start = first + number * every
        assert next_start(start, every) == start + every


def test_what_is_raised_ends_it() -> None:
    stage = Stage()

    async def broken() -> None:
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        asyncio.run(repeat(broken, HALF_HOUR, clock=stage.clock, now=stage.now))
    assert stage.clock.sleeps == []


class Asleep(Clock):
    """Whoever sleeps on it sleeps for ever, and can be seen doing so."""

    def __init__(self) -> None:
        super().__init__()
        self.fell_asleep = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.fell_asleep.set()
        await asyncio.Event().wait()


def test_it_is_ended_at_once_while_it_waits() -> None:
    rounds = []

    async def work() -> None:
        rounds.append(1)

    async def outside() -> None:
        clock = Asleep()
        task = asyncio.create_task(repeat(work, HALF_HOUR, clock=clock))
        await clock.fell_asleep.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert 0 < clock.sleeps[0] <= HALF_HOUR.total_seconds() + LARGEST_JITTER.total_seconds()

    asyncio.run(outside())
    assert rounds == [1]
