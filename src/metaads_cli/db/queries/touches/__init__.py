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
from metaads_cli.models.phones import canonical, contact_key, plain_pattern
from metaads_cli.models.referral import Referral

# The columns of staged_touches, in the order in which `_row` gives them.
_COLUMNS = (
    "channel", "event_id", "occurred_at", "contact_phone", "contact_key", "contact_user_id", "contact_ids",
    "contact_email", "contact_name", "phone_number_id", "page_id", "instagram_id", "source_type", "from_ad", "ad_id",
    "source_id", "source_url", "headline", "body", "media_type", "media_url", "ctwa_clid", "greeting", "ref",
    "form_id", "leadgen_id", "referral",
)  # fmt: skip
_ODD_COLUMNS = ("tenant_id", "patient_id", "phone_number", "contact_key")
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
_ANY_IDS = "SELECT bool_or(contact_ids IS NOT NULL) FROM pg_temp.staged_touches"
_ANY_UNKNOWN = "SELECT bool_or(held_reason = 'unknown_contact' AND contact_key IS NOT NULL) FROM pg_temp.staged_touches"
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


class Touches:
    """The touches of one tenant, and the people whom they are of. The order in which touches arrive does not matter,
    nor how often they do.

    `dry_run` does all of it and keeps nothing.
    """

    def __init__(self, session: TenantSession, *, create_contacts: bool, dry_run: bool = False):
        self._session, self._create_contacts, self._dry_run = session, create_contacts, dry_run
        _read_odd_phones(session)

    @_again
    def store(self, referrals: Sequence[Referral]) -> BatchOutcome:
        """Keep each touch once, link it to its person, write first touches: all of the batch or nothing."""
        region = self._session.tenant.country_code
        with self._batch() as batch:
            rows = (_row(touch, region) for touch in _once_each(referrals))
            staged = copy_rows(batch.cursor, ("pg_temp", "staged_touches"), _COLUMNS, rows)
            if batch.run("settle") == staged:
                return BatchOutcome(duplicates=len(referrals))
            return batch.merge(len(referrals), create_contacts=self._create_contacts)

    @_again
    def retry_held(self, after: Key, limit: int) -> tuple[BatchOutcome, Key | None]:
        """Match touches that have no person yet again, in the order of their keys; where the next ones begin, if
        there are any. `duplicates` are all that were looked at."""
        with self._batch() as batch:
            values = {"channel": after[0], "event_id": after[1], "limit": limit}
            count = batch.run("stage_held", values)
            if not count:
                return BatchOutcome(duplicates=0), None
            last = batch.cursor.execute(_LAST).fetchone()
            outcome = batch.merge(count, create_contacts=self._create_contacts)
            return outcome, last if count == limit else None

    @contextmanager
    def _batch(self) -> Iterator["_Batch"]:
        with self._session.transaction(rollback=self._dry_run) as cursor:
            # One batch per tenant at a time: two runs could otherwise each miss the other's earlier touch.
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, self._session.tenant_id])
            if cursor.execute(_NEVER_ANALYZED).fetchone() == (True,):
                # Planned for empty tables, thousands of rows would be joined by loops over each other.
                cursor.execute("SET LOCAL enable_nestloop = off")
            cursor.execute("SET LOCAL jit = off")
            cursor.execute(statement("touches/stage").encode())
            yield _Batch(self._session, cursor)


def _read_odd_phones(session: TenantSession) -> None:
    """Put the numbers that are not stored as digits with their country beside the form that they are compared in, as
    they are at the beginning of a run."""
    region = session.tenant.country_code
    with session.transaction() as cursor:
        cursor.execute(statement("touches/stage_phones").encode())
        session.run(cursor, "DELETE FROM pg_temp.odd_phones WHERE tenant_id = %(tenant_id)s")
        found = session.run(cursor, statement("touches/read_odd_phones"), {"plain": plain_pattern(region)}).fetchall()
        keys = ((person, phone, contact_key(phone, region)) for person, phone in found)
        rows = [(session.tenant_id, person, phone, key) for person, phone, key in keys if key]
        if rows:
            copy_rows(
                cursor, ("pg_temp", "odd_phones"), ("tenant_id", "patient_id", "phone_number", "contact_key"), rows
            )


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
        identified = self.cursor.execute(_ANY_IDS).fetchone() == (True,)
        if identified:
            self.run("resolve_by_ids")
        created = create_contacts and self.run("create_attributed") + self.run("create_others") > 0
        if create_contacts and self.cursor.execute(_ANY_UNKNOWN).fetchone() == (True,):
            self.run("resolve")  # those whom the host created meanwhile
        recorded = self.run("record")
        if known:
            self.run("link")
        if created:
            self.run("remember_created")
        self.run("lock_people")
        self.run("name_guests")
        if identified:
            self.run("learn_ids")
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


def _row(touch: Referral, region: str | None) -> tuple[Any, ...]:
    ids = _contact_ids(touch)
    return (
        touch.channel, touch.event_id, touch.occurred_at, touch.contact_phone, _contact_key(touch, region),
        touch.contact_user_id, Jsonb(ids) if ids else None, touch.contact_email, touch.contact_name,
        touch.receiver.phone_number_id, touch.receiver.page_id, touch.receiver.instagram_id, touch.source_type,
        touch.from_ad, touch.ad_id, touch.source_id, touch.source_url, touch.headline, touch.body, touch.media_type,
        touch.media_url, touch.ctwa_clid, touch.greeting, touch.ref, touch.form_id, touch.leadgen_id, Jsonb(touch.raw),
    )  # fmt: skip


def _contact_key(touch: Referral, region: str | None) -> str | None:
    """WhatsApp's numbers have their country; a form's or a table's may be as people write them."""
    if touch.contact_phone is None:
        return None
    return canonical(touch.contact_phone) if touch.channel == "whatsapp" else contact_key(touch.contact_phone, region)


def _contact_ids(touch: Referral) -> dict[str, str]:
    """By the keys of patients.external_ids."""
    ids = {
        "bsuid": touch.contact_user_id,
        "lid": touch.contact_lid,
        "psid": touch.contact_psid,
        "igsid": touch.contact_igsid,
    }
    return {kind: identifier for kind, identifier in ids.items() if identifier}
