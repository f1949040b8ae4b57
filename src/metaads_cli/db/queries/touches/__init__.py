"""Store a batch of touches and attribute people to ads, in one transaction of a handful of statements."""

import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import psycopg
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from metaads_cli.db.bulk import copy_rows, copy_text
from metaads_cli.db.queries.planning import analyse_outgrown
from metaads_cli.db.queries.touches import columns
from metaads_cli.db.queries.touches.people import People, read_people
from metaads_cli.db.session import TenantSession
from metaads_cli.errors import LockNotAvailable
from metaads_cli.models.phones import contact_key, plain_pattern
from metaads_cli.models.referral import Referral

_LOCK_SPACE = zlib.crc32(b"metaads.ingest") - 2**31
LOOK_AGAIN_SECONDS = 60
"""How old what was read of the host may be, in a run that goes on and on."""
WORTH_A_LOOK = 100
"""Touches: of fewer the planner may think what it likes."""
_OVERVIEW = """
SELECT count(*),
       count(*) FILTER (WHERE is_known),
       coalesce(bool_or(is_changed), false),
       coalesce(bool_or(contact_ids IS NOT NULL), false),
       coalesce(bool_or(held_reason = 'unknown_contact' AND from_ad), false),
       coalesce(bool_or(held_reason = 'unknown_contact' AND NOT from_ad), false),
       coalesce(bool_or(person_id IS NOT NULL OR was_person IS NOT NULL), false),
       coalesce(bool_or(was_person IS DISTINCT FROM person_id AND was_person IS NOT NULL), false)
FROM pg_temp.matched_touches
"""
_OUTCOME = """
SELECT count(DISTINCT person_id) FILTER (WHERE is_created),
       count(DISTINCT person_id) FILTER (WHERE is_created AND from_ad),
       count(*) FILTER (WHERE person_id IS NULL AND n <= %s)
FROM pg_temp.matched_touches
"""
_CHOOSE_CHANGED = """
WITH changed AS (
    DELETE FROM pg_temp.matched_touches WHERE is_changed RETURNING channel, event_id
)
INSERT INTO pg_temp.chosen_touches (channel, event_id)
SELECT channel, event_id FROM changed
"""
_HAS_GROWN = "SELECT pg_catalog.pg_relation_size('pg_temp.staged_touches') > 1000000"
_TRUNCATE = "TRUNCATE pg_temp.staged_touches, pg_temp.matched_touches, pg_temp.chosen_touches, pg_temp.new_identities"
_DELETE = """
DELETE FROM pg_temp.staged_touches;
DELETE FROM pg_temp.matched_touches;
DELETE FROM pg_temp.chosen_touches;
DELETE FROM pg_temp.new_identities;
"""
_LAST_STAGED = "SELECT coalesce(max(n), 0) FROM pg_temp.staged_touches"
_LAST_CHOSEN = "SELECT channel, event_id FROM pg_temp.chosen_touches ORDER BY channel DESC, event_id DESC LIMIT 1"

Key = tuple[str, str]
"""Channel and event id."""
FIRST: Key = ("", "")


@dataclass(frozen=True)
class BatchOutcome:
    duplicates: int
    created_contacts: int = 0
    held: int = 0
    attributed: int = 0

    def __add__(self, other: "BatchOutcome") -> "BatchOutcome":
        return BatchOutcome(
            self.duplicates + other.duplicates,
            self.created_contacts + other.created_contacts,
            self.held + other.held,
            self.attributed + other.attributed,
        )


@dataclass(frozen=True)
class Prepared:
    """Touches for COPY, each event once; `repeated` came again in the same words, `others` in other ones."""

    encoded: bytes
    count: int
    repeated: int
    others: list[Referral]


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
        self._looked_at = float("-inf")

    def prepare(self, referrals: Sequence[Referral]) -> Prepared:
        """All that can be done without the database."""
        firsts, others = _apart(referrals)
        encoded = columns.encoded(firsts, self._session.tenant.country_code)
        return Prepared(encoded, len(firsts), len(referrals) - len(firsts) - len(others), others)

    def store(self, told: Sequence[Referral] | Prepared) -> BatchOutcome:
        """Keep each touch once, link it to its person, write first touches: all of the batch or nothing."""
        prepared = told if isinstance(told, Prepared) else self.prepare(told)
        outcome = self._store(prepared) + BatchOutcome(duplicates=prepared.repeated)
        return outcome + self.store(prepared.others) if prepared.others else outcome

    @_again
    def _store(self, prepared: Prepared) -> BatchOutcome:
        with self._batch() as batch:
            copy_text(batch.cursor, ("pg_temp", "staged_touches"), ("n", *columns.COLUMNS), prepared.encoded)
            batch.match(after=0)
            return batch.merge(prepared.count, create_contacts=self._create_contacts)

    def next_held(self, after: Key) -> Key | None:
        """The first touch behind this one that has no person yet, and may have one now."""
        with self._batch() as batch:
            return batch.choose_held(after, 1, create_contacts=self._create_contacts)

    @_again
    def retry_held(self, after: Key, limit: int) -> tuple[BatchOutcome, Key | None]:
        """Match touches that have no person yet, and may have one now, in the order of their keys; where the next ones
        begin, if there are any. `duplicates` are all that were looked at."""
        with self._batch() as batch:
            last = batch.ask("any_held") and batch.choose_held(after, limit, create_contacts=self._create_contacts)
            if not last:
                return BatchOutcome(0), None
            count = batch.match_chosen()
            outcome = batch.merge(count, create_contacts=self._create_contacts)
            return outcome, last if count == limit else None

    def _look_around(self) -> People:
        """Whom touches are of, and what the host says of them: as at the beginning of the run, or a while ago."""
        people = _prepared_for(self._session)
        if time.monotonic() - self._looked_at > LOOK_AGAIN_SECONDS:
            with self._session.transaction() as cursor:
                _read_host(self._session, cursor, people)
            self._looked_at = time.monotonic()
        return people

    @contextmanager
    def _batch(self) -> Iterator["_Batch"]:
        people = self._look_around()
        with self._session.transaction(rollback=self._dry_run) as cursor:
            # One batch per tenant at a time: two runs could otherwise each miss the other's earlier touch.
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, self._session.tenant_id])
            batch = _Batch(self._session, cursor, people)
            batch.clear()
            yield batch


_prepared: WeakKeyDictionary[psycopg.Connection, tuple[float, People]] = WeakKeyDictionary()


def _prepared_for(session: TenantSession) -> People:
    """Once in a while for each connection: whose touches there can be, tables for a batch, and fresh statistics."""
    known = _prepared.get(session.connection)
    if known and time.monotonic() - known[0] <= LOOK_AGAIN_SECONDS:
        return known[1]
    with session.transaction() as cursor:
        people = read_people(cursor.connection)
        analyse_outgrown(cursor, people.tables)
        cursor.execute("SET jit = off")
        cursor.execute(people.statement("stage").encode())
        cursor.execute(people.statement("stage_host").encode())
    _prepared[session.connection] = time.monotonic(), people
    return people


def _read_host(session: TenantSession, cursor: psycopg.Cursor, people: People) -> None:
    """Put the numbers that are not stored as digits with their country beside the form that they are compared in, and
    people's ids where they are found."""
    region = session.tenant.country_code
    session.run(cursor, "DELETE FROM pg_temp.odd_phones WHERE tenant_id = %(tenant_id)s")
    session.run(cursor, "DELETE FROM pg_temp.host_ids WHERE tenant_id = %(tenant_id)s")
    found = session.run(cursor, people.statement("read_odd_phones"), {"plain": plain_pattern(region)}).fetchall()
    rows = [(session.tenant_id, key, phone) for (phone,) in found if (key := contact_key(phone, region))]
    if rows:
        copy_rows(cursor, ("pg_temp", "odd_phones"), ("tenant_id", "contact_key", "phone_number"), rows)
    session.run(cursor, people.statement("read_host_ids"), {"kinds": list(columns.ID_KINDS)})


class _Overview(NamedTuple):
    """What is among the touches of a batch that are not done with."""

    touches: int
    known: int
    changed: bool
    ids: bool
    unknown_by_ads: bool
    unknown_by_others: bool
    people: bool
    moved: bool


@dataclass(frozen=True)
class _Batch:
    """Touches in `staged_touches` and `matched_touches`, in the transaction that merges them."""

    session: TenantSession
    cursor: psycopg.Cursor
    people: People

    def clear(self) -> None:
        """Begin with empty tables. Few rows are quicker deleted; what they leave behind is truncated in the end."""
        has_grown = self.cursor.execute(_HAS_GROWN).fetchone() == (True,)
        self.cursor.execute(_TRUNCATE if has_grown else _DELETE)

    def run(self, name: str, values: Mapping[str, Any] | None = None) -> int:
        """How many rows the statement was about."""
        return self._execute(name, values).rowcount

    def ask(self, name: str) -> bool:
        return self._execute(name, None).fetchone() == (True,)

    def _execute(self, name: str, values: Mapping[str, Any] | None) -> psycopg.Cursor:
        """Each is planned anew: the tables it joins grow meanwhile."""
        return self.session.run(self.cursor, self.people.statement(name), values, prepare=False)

    def merge(self, received: int, *, create_contacts: bool) -> BatchOutcome:
        """Find or create the people, keep what is new, attribute."""
        found = self._overview()
        if not found.touches:
            return BatchOutcome(duplicates=received)
        if found.changed:
            self._tell_more()
            found = self._overview()
        last = self._last_staged()
        self._find_people(found, create_contacts=create_contacts)
        found = self._overview()
        recorded = self.run("record")
        if found.known:
            self.run("link")
        attributed = self._attribute(found) if found.people else 0
        created, created_by_ads, held = self.cursor.execute(_OUTCOME, [last]).fetchall()[0]
        return BatchOutcome(
            duplicates=received - recorded,
            created_contacts=created,
            attributed=attributed + created_by_ads,
            held=held,
        )

    def match(self, after: int) -> None:
        """Look for the people of staged touches, of those behind a number."""
        if self.run("match", {"after": after}) > WORTH_A_LOOK:
            self.cursor.execute("ANALYZE pg_temp.matched_touches")

    def choose_held(self, after: Key, limit: int, *, create_contacts: bool) -> Key | None:
        """Those behind this key that may have a person now, in order; the last of them."""
        channel, event_id = after
        values = {"channel": channel, "event_id": event_id, "limit": limit, "create": create_contacts}
        self.run("choose_held", values)
        return self.cursor.execute(_LAST_CHOSEN).fetchone()

    def match_chosen(self) -> int:
        """Take in touches that are kept already; how many."""
        after = self._last_staged()
        count = self.run("stage_chosen")
        self.cursor.execute("DELETE FROM pg_temp.chosen_touches")
        self.match(after)
        return count

    def _tell_more(self) -> None:
        """Of known touches of which something new was said; they are matched anew, with all that is known of them."""
        self.run("carry_over")
        self.run("tell_more")
        self.cursor.execute(_CHOOSE_CHANGED)
        self.match_chosen()

    def _find_people(self, found: "_Overview", *, create_contacts: bool) -> None:
        """Of those whose phone alone did not tell. Who has one is settled first: others are found by theirs."""
        learned = 0
        if found.ids:
            self.run("note_touch_ids")
            learned = self.run("note_identities")
            self.run("match_by_id", {"with_phone": True})
        created = self._create(found) if create_contacts else 0
        affected = (learned or created) and self.run("choose_affected")
        if affected:
            self.match_chosen()
            self.run("match_by_id", {"with_phone": True})
        if found.ids or affected:
            self.run("match_by_id", {"with_phone": False})

    def _create(self, found: _Overview) -> int:
        """How many touches are of people who were created for them."""
        created = self.run("create_attributed") if found.unknown_by_ads else 0
        if found.unknown_by_others:
            created += self.run("create_others")
        if created:
            self.run("remember_created")
        if found.unknown_by_ads or found.unknown_by_others:
            self.run("match_again")
        return created

    def _attribute(self, found: _Overview) -> int:
        """How many people got another first touch."""
        if self.ask("lock_people"):
            self.run("name_created")
        attributed = self.run("attribute")
        if found.moved:
            self.run("withdraw")
        return attributed

    def _overview(self) -> _Overview:
        return _Overview(*self.cursor.execute(_OVERVIEW).fetchall()[0])

    def _last_staged(self) -> int:
        return int(self.cursor.execute(_LAST_STAGED).fetchall()[0][0])


def _apart(referrals: Sequence[Referral]) -> tuple[list[Referral], list[Referral]]:
    """Each event once, and what is told of events otherwise than the first time."""
    firsts: dict[Key, Referral] = {}
    others = [
        touch
        for touch in referrals
        if (first := firsts.setdefault((touch.channel, touch.event_id), touch)) is not touch and first != touch
    ]
    return list(firsts.values()), others
