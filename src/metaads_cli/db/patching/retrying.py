"""Short waits for locks, many times: readers get through in between, and nobody is queued behind a patch."""

import random
import time
from collections.abc import Callable

from psycopg import errors as pg
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from metaads_cli.db.patching.blockers import Session, described, holding
from metaads_cli.db.patching.run import Attempts, Run
from metaads_cli.db.patching.watching import Watcher

LOCK_ERRORS = (pg.LockNotAvailable, pg.DeadlockDetected, pg.SerializationFailure)
FIRST_PAUSE, GROWTH, LONGEST_PAUSE, SPREAD = 0.3, 1.3, 3.0, 0.3
# Autovacuum gives way when somebody has waited for deadlock_timeout; a shorter wait never ends it.
BEYOND_DEADLOCK_TIMEOUT_MS = 200
DETAILS = 2

Try = Callable[[int], None]
"""Works, waiting at most so many milliseconds for each lock."""


def until_locks_are_free(run: Run, attempts: Attempts, table: str | None, lock_timeout_ms: int, try_once: Try) -> None:
    """Try again while others hold the locks, as often as the run may. Who they are is told and remembered.

    Raises the last lock error.
    """
    patience = _Patience(run, attempts, table, lock_timeout_ms)
    retrying = Retrying(
        retry=retry_if_exception_type(LOCK_ERRORS),
        stop=stop_after_attempt(run.lock_attempts),
        wait=lambda state: pause_seconds(state.attempt_number, random.uniform(-SPREAD, SPREAD)),  # noqa: S311
        before_sleep=patience.tell,
        reraise=True,
    )
    try:
        for attempt in retrying:
            with attempt:
                patience.attempt(try_once)
    finally:
        patience.close()


def pause_seconds(attempt: int, spread: float) -> float:
    """0.3 s × 1.3ⁿ up to 3 s, and up to 30 % more or less at random."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * GROWTH ** min(attempt - 1, 100)) * (1 + spread)


class _Patience:
    def __init__(self, run: Run, attempts: Attempts, table: str | None, lock_timeout_ms: int):
        self._run, self._attempts, self._table = run, attempts, table
        self._usual_timeout = self._timeout = lock_timeout_ms
        self._told: set[int] = set()
        self._sessions: list[Session] = []
        self._watcher = Watcher(run.connection)

    def attempt(self, try_once: Try) -> None:
        self._attempts.count += 1
        started = time.monotonic()
        with self._watcher.watching() as watch:
            try:
                try_once(self._timeout)
            except LOCK_ERRORS:
                self._attempts.lock_wait += time.monotonic() - started
                self._sessions = watch.blockers or holding(self._run.connection, self._table)
                self._remember()
                raise

    def close(self) -> None:
        self._watcher.close()

    def tell(self, state: RetryCallState) -> None:
        """Name who is in the way, once each; their queries only with -vv."""
        self._attempts.lock_wait += state.next_action.sleep if state.next_action else 0.0
        self._timeout = self._next_timeout()
        found = {session.blocker.pid for session in self._sessions}
        if found - self._told:
            self._told |= found
            self._run.console.note(f"Waiting for a lock: {described(each.blocker for each in self._sessions)}")
            tell_queries(self._run, self._sessions)

    def _next_timeout(self) -> int:
        if not any(session.is_autovacuum for session in self._sessions):
            return self._usual_timeout
        return deadlock_timeout_ms(self._run) + BEYOND_DEADLOCK_TIMEOUT_MS

    def _remember(self) -> None:
        self._attempts.blockers = [session.blocker for session in self._sessions]
        self._run.blocked_by.update({blocker.pid: blocker for blocker in self._attempts.blockers})


def tell_queries(run: Run, sessions: list[Session]) -> None:
    if run.console.verbosity >= DETAILS:
        for session in sessions:
            run.console.step(f"process {session.blocker.pid}: {session.query or 'its query is not shown to this role'}")


def deadlock_timeout_ms(run: Run) -> int:
    row = run.connection.execute(
        "SELECT setting::int FROM pg_catalog.pg_settings WHERE name = 'deadlock_timeout'"
    ).fetchone()
    return int(row[0]) if row else 1000
