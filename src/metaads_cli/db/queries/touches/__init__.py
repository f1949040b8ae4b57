"""Store a batch of touches and attribute people to ads, in one transaction of a handful of statements."""

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from metaads_cli.db.bulk import copy_rows
from metaads_cli.db.queries import statement
from metaads_cli.db.session import TenantSession
from metaads_cli.errors import LockNotAvailable
from metaads_cli.models.referral import Referral

# The columns of staged_touches, in the order in which `_row` gives them.
_COLUMNS = (
    "channel", "event_id", "occurred_at", "contact_phone", "contact_user_id", "contact_name", "phone_number_id",
    "source_type", "from_ad", "ad_id", "source_id", "source_url", "headline", "body", "media_type", "media_url",
    "ctwa_clid", "referral",
)  # fmt: skip
_NEVER_ANALYZED = """
SELECT bool_or(reltuples < 0) FROM pg_catalog.pg_class
WHERE oid IN ('public.patients'::regclass, 'metaads.referral_events'::regclass, 'metaads.attributions'::regclass)
"""
_COUNTS = """
SELECT count(DISTINCT patient_id) FILTER (WHERE is_created),
       count(DISTINCT patient_id) FILTER (WHERE is_created AND from_ad),
       count(*) FILTER (WHERE patient_id IS NULL)
FROM pg_temp.staged_touches
"""
_LAST = "SELECT channel, event_id FROM pg_temp.staged_touches ORDER BY channel DESC, event_id DESC LIMIT 1"
_LOCK_SPACE = zlib.crc32(b"metaads.ingest") - 2**31


Key = tuple[str, str]
"""Channel and event id."""
FIRST: Key = ("", "")


@dataclass(frozen=True)
class BatchOutcome:
    duplicates: int
    created_contacts: int = 0
    held: int = 0
    attributed: int = 0


_again = retry(
    retry=retry_if_exception_type(LockNotAvailable),
    stop=stop_after_attempt(5),
    wait=wait_random_exponential(multiplier=0.1, max=2),
    reraise=True,
)
"""A deadlock with the host is tried again."""


@_again
def store_touches(
    session: TenantSession, referrals: Sequence[Referral], *, create_contacts: bool, dry_run: bool = False
) -> BatchOutcome:
    """Keep each touch once, link it to its person, write first touches: all of the batch or nothing.

    The order in which touches arrive does not matter, nor how often.
    """
    with _batch(session, dry_run=dry_run) as batch:
        rows = map(_row, _once_each(referrals))
        staged = copy_rows(batch.cursor, ("pg_temp", "staged_touches"), _COLUMNS, rows)
        if batch.run("settle") == staged:
            return BatchOutcome(duplicates=len(referrals))
        return batch.merge(len(referrals), create_contacts=create_contacts)


@_again
def retry_held(
    session: TenantSession, after: Key, limit: int, *, create_contacts: bool, dry_run: bool = False
) -> tuple[BatchOutcome, Key | None]:
    """Match touches that have no person yet again, in the order of their keys; where the next ones begin, if there
    are any. `duplicates` are all that were looked at."""
    with _batch(session, dry_run=dry_run) as batch:
        values = {"channel": after[0], "event_id": after[1], "limit": limit}
        count = batch.run("stage_held", values)
        if not count:
            return BatchOutcome(duplicates=0), None
        last = batch.cursor.execute(_LAST).fetchone()
        outcome = batch.merge(count, create_contacts=create_contacts)
        return outcome, last if count == limit else None


@contextmanager
def _batch(session: TenantSession, *, dry_run: bool) -> Iterator["_Batch"]:
    with session.transaction(rollback=dry_run) as cursor:
        # One batch per tenant at a time: two runs could otherwise each miss the other's earlier touch.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, session.tenant_id])
        if cursor.execute(_NEVER_ANALYZED).fetchone() == (True,):
            # Planned for empty tables, thousands of rows would be joined by loops over each other.
            cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute("SET LOCAL jit = off")
        cursor.execute(statement("touches/stage").encode())
        yield _Batch(session, cursor)


@dataclass(frozen=True)
class _Batch:
    """Touches in `staged_touches`, in the transaction that merges them."""

    session: TenantSession
    cursor: psycopg.Cursor

    def run(self, name: str, values: Mapping[str, Any] | None = None) -> int:
        return self.session.run(self.cursor, statement(f"touches/{name}"), values).rowcount

    def merge(self, received: int, *, create_contacts: bool) -> BatchOutcome:
        """Find or create the people, keep what is new, attribute."""
        self.cursor.execute("ANALYZE pg_temp.staged_touches")
        known = self.run("mark_known")
        self.run("resolve")
        created = create_contacts and self.run("create_attributed") + self.run("create_others") > 0
        if create_contacts:
            self.run("resolve")  # those whom the host created meanwhile
        recorded = self.run("record")
        if known:
            self.run("link")
        if created:
            self.run("remember_created")
        self.run("lock_people")
        self.run("name_guests")
        attributed = self.run("attribute")
        created_contacts, first_touches, held = self.cursor.execute(_COUNTS).fetchall()[0]
        return BatchOutcome(
            duplicates=received - recorded,
            created_contacts=created_contacts,
            attributed=attributed + first_touches,
            held=held,
        )


def _once_each(referrals: Sequence[Referral]) -> Iterable[Referral]:
    """Each event once; of two that claim the same id, the earlier, whichever came first."""
    found: dict[tuple[str, str], Referral] = {}
    for touch in referrals:
        known = found.setdefault((touch.channel, touch.event_id), touch)
        if touch.occurred_at < known.occurred_at:
            found[touch.channel, touch.event_id] = touch
    return found.values()


def _row(touch: Referral) -> tuple[Any, ...]:
    return (
        touch.channel, touch.event_id, touch.occurred_at, touch.contact_phone, touch.contact_user_id,
        touch.contact_name, touch.receiver.phone_number_id, touch.source_type, touch.from_ad, touch.ad_id,
        touch.source_id, touch.source_url, touch.headline, touch.body, touch.media_type, touch.media_url,
        touch.ctwa_clid, Jsonb(touch.raw),
    )  # fmt: skip
