"""Keeps within Meta's limits: slows down before one is reached, waits as long as it lasts, and never longer than the
user allows.

An account's limit stops that account alone; an application's limit stops all. Calls while blocked make a block longer
(Meta's guide), so a blocked scope sends nothing.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from metaads_cli.errors import Temporary
from metaads_cli.graph.failures import Failure
from metaads_cli.graph.usage import Usage

APP = "app"
SLOW_FROM_PERCENT = 75.0
LONGEST_PAUSE = 30.0
BACKOFF_CAP = 900.0


class Clock(Protocol):
    def now(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class RealClock:
    def now(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class RateLimited(Temporary):
    """A limit lasts longer than the user wants to wait."""

    code = "rate_limited"


@dataclass
class _Scope:
    """One account, or the application."""

    blocked_until: float = 0.0
    reason: str = ""
    percent: float = 0.0
    refusals: int = 0
    """In a row; each doubles the wait that is chosen without a hint."""


@dataclass
class _Waits:
    """Seconds spent waiting, where calls that wait side by side spend them once."""

    seconds: float = 0.0
    until: float = 0.0

    def added_by(self, start: float, seconds: float) -> float:
        return max(0.0, start + seconds - max(start, self.until))

    def add(self, start: float, seconds: float) -> None:
        self.seconds += self.added_by(start, seconds)
        self.until = max(self.until, start + seconds)


OnWait = Callable[[float, str], None]


@dataclass
class Governor:
    """Shared by all calls of a run. `budget_seconds` is the longest total wait of a scope (`--max-wait`)."""

    budget_seconds: float = 900.0
    first_wait_seconds: float | None = None
    """`META_API_RATE_LIMIT_RETRY_DELAY`: the first wait without a hint; None: the documented block."""
    clock: Clock = field(default_factory=RealClock)
    on_wait: OnWait = lambda _seconds, _reason: None
    jitter: Callable[[float, float], float] = random.uniform
    _hits: Counter[str] = field(default_factory=Counter)
    _scopes: dict[str, _Scope] = field(default_factory=dict)
    _waits: dict[str, _Waits] = field(default_factory=dict)
    _all_waits: _Waits = field(default_factory=_Waits)

    @property
    def rate_limit_hits(self) -> int:
        """Calls that were refused for a limit."""
        return self._hits.total()

    def hits_of(self, account: str) -> int:
        """Those of them that were calls for this account."""
        return self._hits[account]

    @property
    def waited_seconds(self) -> float:
        """For how long some call or other waited."""
        return self._all_waits.seconds

    @property
    def highest_percent(self) -> float:
        """How much of a limit is used, of the one that is used most."""
        return max((scope.percent for scope in self._scopes.values()), default=0.0)

    async def admit(self, account: str | None) -> None:
        """Return when a call for the account may be sent. Raises RateLimited when that would take too long."""
        names = [APP, account] if account else [APP]
        while (wait := self._wait_of(names)) is not None:
            await self._wait(account or APP, *wait)
        await self._pause(account or APP, max(self._scope(name).percent for name in names))

    def observe(self, account: str | None, usage: Usage) -> None:
        """Learn from the headers of an answer."""
        self._scope(APP).percent = usage.app_percent
        if account:
            self._scope(account).percent = usage.account_percent
            self._scope(account).refusals = 0
        self._scope(APP).refusals = 0

    def refused(self, account: str | None, failure: Failure, usage: Usage) -> None:
        """A call was refused for a limit: block its scope as long as the server says, else as documented."""
        self._hits[account or APP] += 1
        name = APP if failure.is_app_wide or not account else account
        scope = self._scope(name)
        if scope.refusals == 0 or self.clock.now() >= scope.blocked_until:
            scope.refusals += 1  # not once for each of the calls that were under way
        seconds = usage.regain_seconds or self._without_hint(failure, scope.refusals)
        scope.blocked_until = max(scope.blocked_until, self.clock.now() + seconds)
        scope.reason = f"rate limit of {'the app' if name == APP else name} (error {failure.name})"

    def _without_hint(self, failure: Failure, refusals: int) -> float:
        """The documented block of the error, doubled each time; full jitter keeps many hosts apart."""
        base = self.first_wait_seconds or documented_block(failure)
        longest = min(BACKOFF_CAP, base * 2 ** (refusals - 1))
        return longest if refusals == 1 else max(base, self.jitter(0, longest))

    def _wait_of(self, names: list[str]) -> tuple[float, str] | None:
        blocked = max((self._scope(name) for name in names), key=lambda scope: scope.blocked_until)
        left = blocked.blocked_until - self.clock.now()
        return (left, blocked.reason) if left > 0 else None

    async def _pause(self, spender: str, percent: float) -> None:
        """From 75 % on, the closer to the limit the longer: at 100 % as long as a pause may be."""
        if percent >= SLOW_FROM_PERCENT:
            share = min(1.0, (percent - SLOW_FROM_PERCENT) / (100 - SLOW_FROM_PERCENT))
            pause = 1.0 + (LONGEST_PAUSE - 1.0) * share**2
            await self._wait(spender, pause, f"{percent:.0f} % of the rate limit used")

    async def _wait(self, spender: str, seconds: float, reason: str) -> None:
        start, waits = self.clock.now(), self._waits.setdefault(spender, _Waits())
        added = waits.added_by(start, seconds)
        if waits.seconds + added > self.budget_seconds:
            raise RateLimited(
                f"Waiting for the {reason} would take {seconds:.0f} s, longer than allowed",
                hint="Run it again later: it goes on where it was. Or allow more with --max-wait",
                details={"wait_seconds": round(seconds), "max_wait_seconds": self.budget_seconds},
            )
        waits.add(start, seconds)
        self._all_waits.add(start, seconds)
        if added > seconds / 2:  # else another call of the account is told of as waiting already
            self.on_wait(seconds, reason)
        await self.clock.sleep(seconds)

    def _scope(self, name: str) -> _Scope:
        return self._scopes.setdefault(name, _Scope())


_BLOCKS: dict[tuple[int, int | None], float] = {
    (17, 2446079): 300.0,
    (613, 1487742): 300.0,
    (613, 5044001): 2.0,
    (613, 1996): 600.0,
}


def documented_block(failure: Failure) -> float:
    """Seconds that a limit's block lasts when the answer does not say: Meta's rate-limiting guide."""
    if failure.code is None:
        return 60.0
    return _BLOCKS.get((failure.code, failure.subcode), 300.0 if failure.code == 613 else 60.0)
