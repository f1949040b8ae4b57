"""The database's side of an ingest: batches of referrals, stored tenant by tenant."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from metaads_cli.db.queries.touches import FIRST, Key, Prepared, Touches
from metaads_cli.db.session import TenantSession
from metaads_cli.errors import InputError
from metaads_cli.models.referral import Referral
from metaads_cli.tasks.halving import store_apart
from metaads_cli.tasks.ingest.bookmarks import Bookmarks, Reached
from metaads_cli.tasks.ingest.counts import Counts


@dataclass(frozen=True, slots=True)
class Placed:
    """A referral and where it was read, for the case that the database refuses it."""

    referral: Referral
    source: str
    line: int
    raw: bytes


@dataclass(frozen=True)
class Batch:
    """What was gathered, by tenant and in portions of a transaction, and ready for the database; what was counted and
    how far the files were read up to its end."""

    placed: Mapping[TenantSession, Sequence[tuple[Sequence[Placed], Prepared]]]
    read: Counts
    reached: Sequence[Reached]


@dataclass
class Storing:
    """`refuse` is told of each referral that the database does not take, and why. `batch_size` touches of a tenant are
    a transaction at most."""

    refuse: Callable[[Placed, str], None]
    create_contacts: bool
    batch_size: int
    dry_run: bool
    counts: Counts = field(default_factory=Counts)
    """What became of what was read."""
    _touches: dict[TenantSession, Touches] = field(default_factory=dict)
    _retried: set[TenantSession] = field(default_factory=set)

    def store(self, batch: Batch, bookmarks: Bookmarks, rejects_file: Callable[[], Path | None]) -> None:
        """Killed before how far the files are read is kept as well, the next run reads them again, and finds that it
        knows them."""
        for session, portions in batch.placed.items():
            self.retry_held(session)
            for placed, prepared in portions:
                self._store(session, placed, prepared)
        if not self.dry_run:
            bookmarks.keep(batch.reached, batch.read + self.counts, rejects_file())

    def retry_held(self, session: TenantSession) -> None:
        """Match what earlier runs held again, once a run: before anything is held by this one."""
        after = None if session in self._retried else FIRST
        self._retried.add(session)
        while after is not None:
            after = self._retry_portion(self._open(session), after, self.batch_size)

    def _retry_portion(self, touches: Touches, after: Key, limit: int) -> Key | None:
        """Where the next portion begins. What the database refuses is found by halving, and stays held."""
        try:
            outcome, last = touches.retry_held(after, limit)
        except InputError:
            return touches.next_held(after) if limit == 1 else self._retry_portion(touches, after, limit // 2)
        self.counts.add_matched(outcome)
        return last

    def _open(self, session: TenantSession) -> Touches:
        if session not in self._touches:
            self._touches[session] = Touches(session, create_contacts=self.create_contacts, dry_run=self.dry_run)
        return self._touches[session]

    def prepare(
        self, pending: Mapping[TenantSession, Sequence[Placed]]
    ) -> dict[TenantSession, list[tuple[Sequence[Placed], Prepared]]]:
        """Done while the database is busy with something else."""
        return {
            session: [
                self._prepared(session, placed[start : start + self.batch_size])
                for start in range(0, len(placed), self.batch_size)
            ]
            for session, placed in pending.items()
        }

    def _prepared(self, session: TenantSession, placed: Sequence[Placed]) -> tuple[Sequence[Placed], Prepared]:
        return placed, self._open(session).prepare([one.referral for one in placed])

    def _store(self, session: TenantSession, placed: Sequence[Placed], prepared: Prepared) -> None:
        """One transaction, or more where the database refuses something."""
        touches = self._open(session)

        def store(part: Sequence[Placed]) -> None:
            self.counts.add(touches.store(prepared if part is placed else [one.referral for one in part]))

        store_apart(placed, store, self._reject)

    def _reject(self, placed: Placed, reason: str) -> None:
        self.counts.referrals -= 1
        self.counts.rejected += 1
        self.refuse(placed, reason)
