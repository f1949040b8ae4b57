"""Runs that are ended on the way, and what of them a later run reads again: for tests of resuming a sync."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime

import httpx
import msgspec

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
