"""A rhythm for those without cron: aligned to the clock, a little apart from other hosts, one run at a time."""

import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from metaads_cli.graph.governor import Clock

Now = Callable[[], datetime]
# Hosts that wake together would ask Meta together.
LARGEST_JITTER = timedelta(seconds=30)
MIDNIGHT = datetime(2000, 1, 1, tzinfo=UTC)


def utc_now() -> datetime:
    return datetime.now(UTC)


def next_start(now: datetime, every: timedelta) -> datetime:
    """The next multiple of the interval since midnight UTC: every 30 minutes is at :00 and :30."""
    return now + every - (now - MIDNIGHT) % every


async def repeat(
    work: Callable[[], Awaitable[None]],
    every: timedelta,
    *,
    clock: Clock,
    now: Now = utc_now,
    jitter: Callable[[float, float], float] = random.uniform,
    tell: Callable[[datetime], None] = lambda _when: None,
) -> None:
    """Work at once, then at each start that is not missed, until cancelled. A run that takes longer than the interval
    costs starts; it is never overtaken. `tell` is given the time of the next start."""
    apart = min(LARGEST_JITTER, every / 10).total_seconds()
    while True:
        await work()
        start = next_start(now(), every)
        tell(start)
        await clock.sleep((start - now()).total_seconds() + jitter(0, apart))
