"""Runs that are ended on the way, and what of them a later run reads again: for tests of resuming a sync."""

import asyncio
import os
import select
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from datetime import datetime
from typing import Any

import httpx
import msgspec
import psycopg

from metaads_cli.graph.simulator import Simulator
from metaads_cli.graph.simulator.control import LoggedRequest
from metaads_cli.models.insight import Days, Level
from syncing import ACCOUNT, SyncBench

Piece = tuple[str, str]
"""A level and a day of it."""


class At(httpx.AsyncBaseTransport):
    """Does something before the request of that number goes out, or, `after`, when its answer is there."""

    def __init__(self, number: int, act: Callable[[], object], *, after: bool = False):
        self.number, self.act, self.after, self.count = number, act, after, 0

    def __call__(self, inner: httpx.AsyncBaseTransport) -> "At":
        self.inner = inner
        return self

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        reached = self.count == self.number
        if reached and not self.after:
            self.act()
        answer = await self.inner.handle_async_request(request)
        if reached and self.after:
            self.act()
        return answer


def cut_small(bench: SyncBench, learned_at: datetime, *, days: int = 3, page_size: int = 8) -> None:
    """Let the account be known for small answers: several slices a level, of several pages each."""
    with bench.database() as database, database.tenant(1).transaction() as cursor:
        for level in Level:
            cursor.execute(
                "INSERT INTO metaads.sync_shapes VALUES (1, %s, %s, %s, %s, false, NULL, %s)",
                [ACCOUNT, str(level), page_size, days, learned_at],
            )


def stored_pieces(bench: SyncBench, account: str = ACCOUNT, tenant_id: int = 1) -> set[Piece]:
    """What is noted as read to its end."""
    query = f"SELECT entity_type, day::text FROM metaads.sync_days WHERE account_id = '{account}'"
    return {(str(level), str(day)) for level, day in bench.query(query, tenant_id)}


def asked_pieces(entries: Iterable[LoggedRequest]) -> Counter[Piece]:
    """How often a first page was asked for, by level and day; the account's own sums are of no level."""
    found: Counter[Piece] = Counter()
    for entry in entries:
        query = entry.query
        if entry.path.endswith("/insights") and query.get("level") in set(Level) and "after" not in query:
            window = msgspec.json.decode(query["time_range"], type=Days)
            found.update((query["level"], str(day)) for day in window)
    return found


def do_nothing(_number: int) -> None:
    """Let the request pass."""


class Watched:
    """The simulator as a server's application that does something when a program's request arrives: `act` is called
    with the number of the request, before it is answered, or `after` it was."""

    def __init__(self, simulator: Simulator, *, after: bool = False):
        self.simulator, self.after = simulator, after
        self.begin()

    def begin(self, act: Callable[[int], object] = do_nothing) -> "Watched":
        """Count from one again."""
        self.act, self.count = act, 0
        return self

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.count += 1
        act, number = self.act, self.count
        if not self.after:
            await asyncio.to_thread(act, number)
        await self.simulator(scope, receive, send)
        if self.after:
            await asyncio.to_thread(act, number)


class Victim:
    """A program that gets a signal at one of its requests; for SIGKILL it is dead when the request is answered."""

    def __init__(self, number: int, with_signal: signal.Signals = signal.SIGKILL):
        self.number, self.signal = number, with_signal
        self._process: Future[subprocess.Popen[bytes]] = Future()

    def is_(self, process: subprocess.Popen[bytes]) -> None:
        self._process.set_result(process)

    def __call__(self, number: int) -> None:
        if number != self.number:
            return
        process = os.pidfd_open(self._process.result(timeout=30).pid)
        signal.pidfd_send_signal(process, self.signal)
        if self.signal is signal.SIGKILL:
            select.select([process], [], [])
        os.close(process)


def wait_for_its_locks(bench: SyncBench) -> None:
    """Return when PostgreSQL has noticed that a program is gone that held accounts."""
    with psycopg.connect(bench.url, autocommit=True) as connection:
        connection.execute("SET lock_timeout = '30s'")
        held = connection.execute(
            "SELECT (lock.classid::bigint << 32) | lock.objid::bigint FROM pg_locks AS lock JOIN pg_database AS here"
            " ON here.oid = lock.database AND here.datname = current_database()"
            " WHERE lock.locktype = 'advisory' AND lock.objsubid = 1"
        )
        for (key,) in held.fetchall():
            # Given back here: the server would do so only some time after this connection is closed.
            connection.execute("SELECT pg_advisory_lock(%s), pg_advisory_unlock(%s)", [key, key])


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
