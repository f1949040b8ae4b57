"""Store a batch of touches and attribute people to ads, in one transaction of a handful of statements."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

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
_LOCK_SPACE = zlib.crc32(b"metaads.ingest") - 2**31


@dataclass(frozen=True)
class BatchOutcome:
    duplicates: int
    created_contacts: int = 0
    held: int = 0
    attributed: int = 0


@retry(
    retry=retry_if_exception_type(LockNotAvailable),
    stop=stop_after_attempt(5),
    wait=wait_random_exponential(multiplier=0.1, max=2),
    reraise=True,
)
def store_touches(
    session: TenantSession, referrals: Sequence[Referral], *, create_contacts: bool, dry_run: bool = False
) -> BatchOutcome:
    """Keep each touch once, link it to its person, write first touches: all of the batch or nothing.

    The order in which touches arrive does not matter, nor how often. A deadlock with the host is tried again.
    """
    with session.transaction(rollback=dry_run) as cursor:
        # One batch per tenant at a time: two runs could otherwise each miss the other's earlier touch.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, session.tenant_id])
        if cursor.execute(_NEVER_ANALYZED).fetchone() == (True,):
            # Planned for empty tables, thousands of rows would be joined by loops over each other.
            cursor.execute("SET LOCAL enable_nestloop = off")
        cursor.execute("SET LOCAL jit = off")
        cursor.execute(statement("touches/stage").encode())
        staged = copy_rows(cursor, ("pg_temp", "staged_touches"), _COLUMNS, map(_row, _once_each(referrals)))

        def run(name: str) -> int:
            return session.run(cursor, statement(f"touches/{name}")).rowcount

        settled = run("settle")
        if settled == staged:
            return BatchOutcome(duplicates=len(referrals))
        cursor.execute("ANALYZE pg_temp.staged_touches")
        known = run("mark_known")
        run("resolve")
        created_any = create_contacts and run("create_attributed") + run("create_others") > 0
        if create_contacts:
            run("resolve")  # those whom the host created meanwhile
        recorded = run("record")
        if known:
            run("link")
        if created_any:
            run("remember_created")
        run("lock_people")
        run("name_guests")
        attributed = run("attribute")
        created, first_touches, held = cursor.execute(_COUNTS).fetchall()[0]
        return BatchOutcome(
            duplicates=len(referrals) - recorded,
            created_contacts=created,
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
