"""Apply patches to a live database: one runner at a time, never waiting long for a lock, proven before each commit.

The reasons for every setting here are measured facts: see docs/explanation/patches.md.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg
from psycopg import errors as pg
from psycopg import sql
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_base, wait_exponential, wait_random

from metaads_cli.db.connection import explain
from metaads_cli.db.patching import history
from metaads_cli.db.patching.files import IndexStatement, Patch
from metaads_cli.db.patching.history import Entry, Record
from metaads_cli.errors import AccessDenied, ConfigError, LockNotAvailable, MetaAdsError, PatchFailed
from metaads_cli.models.reports import AppliedPatch, Drift, PatchState

# "metaads" in ASCII: one number for every runner of this program, in whichever database.
ADVISORY_LOCK = 0x6D657461616473
POLL_SECONDS = 0.2
INDEX_BUILDS = 3
LOCK_ERRORS = (pg.LockNotAvailable, pg.DeadlockDetected, pg.SerializationFailure)

Say = Callable[[str], None]


@dataclass
class _Attempts:
    """How often a patch was tried and how long it waited for locks."""

    started: float = field(default_factory=time.monotonic)
    count: int = 0
    lock_wait: float = 0.0

    def record(self, action: str, *, sqlstate: str | None = None, notices: tuple[str, ...] = ()) -> Record:
        return Record(
            action=action,
            duration_ms=round((time.monotonic() - self.started) * 1000),
            attempts=self.count,
            lock_wait_ms=round(self.lock_wait * 1000),
            sqlstate=sqlstate,
            notices=notices,
        )


@dataclass(frozen=True)
class Inventory:
    """The patch files against the history of a database."""

    patches: list[Patch]
    entries: dict[str, Entry]
    not_applicable: list[Patch]

    @property
    def pending(self) -> list[Patch]:
        return [patch for patch in self.patches if not self._in_force(patch) and patch not in self.not_applicable]

    @property
    def drift(self) -> list[Drift]:
        """Applied patches whose file was edited or is gone, and pending ones older than the newest applied."""
        known = {patch.name for patch in self.patches}
        newest = max((name for name, entry in self.entries.items() if entry.in_force), default="")
        found = [Drift(name=patch.name, problem="edited") for patch in self.patches if self._edited(patch)]
        found += [Drift(name=name, problem="missing") for name in sorted(self.entries.keys() - known)]
        found += [Drift(name=patch.name, problem="out of order") for patch in self.pending if patch.name < newest]
        return found

    def states(self) -> Iterator[PatchState]:
        for patch in self.patches:
            entry = self.entries.get(patch.name)
            yield PatchState(
                name=patch.name,
                state=self._state(patch),
                mode=patch.header.mode,
                applied_at=entry.logged_at if entry and entry.in_force else None,
                note=f"needs {patch.header.when}" if patch in self.not_applicable else "",
            )
        for name in sorted(self.entries.keys() - {patch.name for patch in self.patches}):
            yield PatchState(
                name=name,
                state="missing",
                mode="",
                applied_at=self.entries[name].logged_at,
                note="no such file",
            )

    def _state(self, patch: Patch) -> str:
        if self._edited(patch):
            return "edited"
        if self._in_force(patch):
            return "applied"
        return "not applicable" if patch in self.not_applicable else "pending"

    def _in_force(self, patch: Patch) -> bool:
        entry = self.entries.get(patch.name)
        return entry is not None and entry.in_force

    def _edited(self, patch: Patch) -> bool:
        entry = self.entries.get(patch.name)
        return entry is not None and entry.in_force and entry.checksum != patch.checksum


def take_inventory(connection: psycopg.Connection, patches: list[Patch]) -> Inventory:
    """Compare files and history without taking a lock on any table of the host."""
    entries = history.read(connection)
    absent = [patch for patch in patches if patch.header.when and not exists(connection, patch.header.when)]
    settled = {name for name, entry in entries.items() if entry.in_force}
    return Inventory(patches, entries, [patch for patch in absent if patch.name not in settled])


def exists(connection: psycopg.Connection, name: str) -> bool:
    """Whether there is such a table or schema; asking takes no lock."""
    # Servers before 16 raise an error when a qualified name is looked up as a schema.
    row = connection.execute(
        """
        SELECT coalesce(to_regclass(%(name)s)::oid,
                        CASE WHEN strpos(%(name)s, '.') = 0 THEN to_regnamespace(%(name)s)::oid END)
        """,
        {"name": name},
    ).fetchone()
    return row is not None and row[0] is not None


@contextmanager
def only_runner(connection: psycopg.Connection, wait_seconds: float, say: Say) -> Iterator[None]:
    """Hold the runners' lock. It is polled: a blocking wait would deadlock with a concurrent index build.

    Raises LockNotAvailable, naming the holder, when another runner has it for longer than `wait_seconds`.
    """
    deadline = time.monotonic() + wait_seconds
    told = False
    while not _try_lock(connection):
        holder = _lock_holder(connection)
        if time.monotonic() >= deadline:
            raise LockNotAvailable(
                f"Another runner is applying patches{f' ({holder})' if holder else ''}",
                hint="Wait for it, or give it longer with --wait 5m",
            )
        if not told:
            say(f"waiting for another runner{f': {holder}' if holder else ''}")
            told = True
        time.sleep(POLL_SECONDS)
    try:
        yield
    finally:
        if not connection.closed and not connection.broken:
            connection.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])


def _try_lock(connection: psycopg.Connection) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK]).fetchone()
    return row is not None and bool(row[0])


def _lock_holder(connection: psycopg.Connection) -> str | None:
    row = connection.execute(
        """
        SELECT format('process %%s, application %%s, user %%s, since %%s', a.pid,
                      coalesce(nullif(a.application_name, ''), 'unknown'), a.usename,
                      to_char(a.backend_start, 'HH24:MI:SS'))
        FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_stat_activity AS a USING (pid)
        WHERE l.locktype = 'advisory' AND l.granted
          AND l.classid = (%(key)s::bigint >> 32)::oid AND l.objid = (%(key)s::bigint & 4294967295)::oid
          AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
        """,
        {"key": ADVISORY_LOCK},
    ).fetchone()
    return None if row is None else str(row[0])


def apply(
    connection: psycopg.Connection, patch: Patch, run_id: uuid.UUID, *, lock_attempts: int, say: Say
) -> AppliedPatch:
    """Apply one patch and write its history. Nothing of it stays when it fails.

    Raises PatchFailed for a statement or verification that fails, LockNotAvailable when the table stays locked,
    AccessDenied when the role may not.
    """
    _require_version(connection, patch)
    attempts = _Attempts()
    try:
        if patch.header.mode == "concurrent":
            _build_indexes(connection, patch, run_id, attempts, say)
        else:
            _apply_in_transaction(connection, patch, run_id, attempts, lock_attempts, say)
    except psycopg.Error as error:
        _note_failure(connection, patch, run_id, attempts, error.sqlstate)
        raise _explain_failure(connection, patch, attempts, error) from error
    except MetaAdsError:
        _note_failure(connection, patch, run_id, attempts, None)
        raise
    record = attempts.record("applied")
    return AppliedPatch(
        name=patch.name,
        duration_ms=record.duration_ms,
        attempts=record.attempts,
        lock_wait_ms=record.lock_wait_ms,
    )


def _require_version(connection: psycopg.Connection, patch: Patch) -> None:
    if connection.info.server_version < patch.header.min_pg * 10_000:
        raise ConfigError(
            f"The patch {patch.name} needs PostgreSQL {patch.header.min_pg} or newer; "
            f"this server is {connection.info.server_version // 10_000}"
        )


def _apply_in_transaction(
    connection: psycopg.Connection,
    patch: Patch,
    run_id: uuid.UUID,
    attempts: _Attempts,
    lock_attempts: int,
    say: Say,
) -> None:
    def before_sleep(state: RetryCallState) -> None:
        attempts.lock_wait += state.next_action.sleep if state.next_action else 0.0
        if state.attempt_number == 3:
            say(f"{patch.name} waits for a lock; {_blockers_text(connection, patch)}")

    for attempt in Retrying(
        retry=retry_if_exception_type(LOCK_ERRORS),
        stop=stop_after_attempt(lock_attempts),
        wait=_lock_wait(),
        before_sleep=before_sleep,
        reraise=True,
    ):
        with attempt:
            attempts.count += 1
            started = time.monotonic()
            try:
                _one_transaction(connection, patch, run_id, attempts)
            except LOCK_ERRORS:
                attempts.lock_wait += time.monotonic() - started
                raise


def _lock_wait() -> wait_base:
    """0.3 s × 1.3ⁿ up to 3 s, and up to 30 % more at random, so that readers get through in between."""
    return wait_exponential(multiplier=0.3, exp_base=1.3, max=2.3) + wait_random(0, 0.7)


def _one_transaction(connection: psycopg.Connection, patch: Patch, run_id: uuid.UUID, attempts: _Attempts) -> None:
    with connection.transaction():
        for name, value in (
            ("lock_timeout", patch.header.lock_timeout_ms),
            ("statement_timeout", patch.header.statement_timeout_ms),
            ("citus.multi_shard_modify_mode", "sequential"),
        ):
            connection.execute("SELECT set_config(%s, %s, true)", [name, str(value)])
        connection.execute(patch.text.encode())  # without parameters: sent as a whole, as psql would
        _verify(connection, patch)
        history.write(connection, run_id, patch, attempts.record("applied"))


def _verify(connection: psycopg.Connection, patch: Patch) -> None:
    """A definition that only has the right name is refused, and with it the whole patch."""
    if patch.verify is None:
        return
    checks = connection.execute(patch.verify.encode()).fetchall()
    wrong = [f"{check}: {detail}" for check, ok, detail in checks if not ok]
    if wrong or not checks:
        raise PatchFailed(
            f"The patch {patch.name} does not lead to what it promises: {'; '.join(wrong) or 'nothing was checked'}",
            hint="Something of that name is there already in another form; rename or correct it, then migrate again",
            details={"patch": patch.name, "checks": wrong},
        )


def _build_indexes(
    connection: psycopg.Connection, patch: Patch, run_id: uuid.UUID, attempts: _Attempts, say: Say
) -> None:
    # Any timeout during a concurrent build leaves an INVALID index behind.
    connection.execute("SET lock_timeout = 0")
    connection.execute("SET statement_timeout = 0")
    try:
        for statement in patch.index_statements:
            _build_index(connection, statement, attempts, say)
        _verify(connection, patch)
        history.write(connection, run_id, patch, attempts.record("applied"))
    finally:
        if not connection.closed and not connection.broken:
            connection.execute("RESET lock_timeout")
            connection.execute("RESET statement_timeout")


def _build_index(connection: psycopg.Connection, statement: IndexStatement, attempts: _Attempts, say: Say) -> None:
    """Build the index unless a valid one of its name is there; an INVALID one is dropped first."""
    while True:
        attempts.count += 1
        valid = _index_is_valid(connection, statement)
        if valid:
            return
        if valid is False:
            _drop_invalid(connection, statement, say)
        try:
            connection.execute(statement.text.encode())
        except pg.DeadlockDetected:
            if attempts.count >= INDEX_BUILDS:
                raise
        else:
            return


def _index_is_valid(connection: psycopg.Connection, statement: IndexStatement) -> bool | None:
    """None when there is no such index."""
    row = connection.execute(
        "SELECT indisvalid FROM pg_catalog.pg_index WHERE indexrelid = to_regclass(%s)", [statement.qualified]
    ).fetchone()
    return None if row is None else bool(row[0])


def _drop_invalid(connection: psycopg.Connection, statement: IndexStatement, say: Say) -> None:
    building = connection.execute(
        "SELECT pid FROM pg_catalog.pg_stat_progress_create_index WHERE index_relid = to_regclass(%s)",
        [statement.qualified],
    ).fetchone()
    if building is not None:
        raise LockNotAvailable(
            f"The index {statement.qualified} is being built by process {building[0]}",
            hint="Run it again later",
        )
    say(f"{statement.qualified} is INVALID, left by an interrupted build: it is built anew")
    connection.execute(sql.SQL("DROP INDEX CONCURRENTLY {}").format(sql.Identifier(statement.schema, statement.index)))


def _note_failure(
    connection: psycopg.Connection, patch: Patch, run_id: uuid.UUID, attempts: _Attempts, sqlstate: str | None
) -> None:
    """Write the failure down where that is still possible; it never blocks a later run."""
    if connection.closed or connection.broken or not history.exists(connection):
        return
    history.write(connection, run_id, patch, attempts.record("failed", sqlstate=sqlstate))


def _explain_failure(
    connection: psycopg.Connection, patch: Patch, attempts: _Attempts, error: psycopg.Error
) -> MetaAdsError:
    if isinstance(error, LOCK_ERRORS):
        blockers = blockers_of(connection, patch)
        return LockNotAvailable(
            f"The patch {patch.name} could not get its lock in {attempts.count} tries; "
            + (f"held by {'; '.join(blockers)}" if blockers else "who held it is gone"),
            hint="Nothing was changed. Run it again when they are done",
            details={"patch": patch.name, "blocked_by": blockers},
        )
    if isinstance(error, pg.InsufficientPrivilege):
        return _explain_missing_privilege(connection, patch, error)
    translated = explain(error)
    if translated is not None and not isinstance(translated, ConfigError):
        return translated
    return PatchFailed(
        f"The patch {patch.name} was refused by the server: {error.diag.message_primary or error}",
        hint=error.diag.message_hint or error.diag.message_detail or "Nothing of it was applied",
        details={"patch": patch.name, "sqlstate": error.sqlstate, "context": error.diag.context},
    )


def _explain_missing_privilege(connection: psycopg.Connection, patch: Patch, error: psycopg.Error) -> AccessDenied:
    role = connection.info.user
    owner = _owner(connection, patch.header.when) if patch.header.when else None
    grant = (
        f'GRANT "{owner}" TO "{role}"' if owner else f'GRANT CREATE ON DATABASE "{connection.info.dbname}" TO "{role}"'
    )
    return AccessDenied(
        f"The role {role} may not apply the patch {patch.name}: {error.diag.message_primary}",
        hint=f"Ask the database's owner for: {grant};",
        details={"patch": patch.name, "grant": grant},
    )


def _owner(connection: psycopg.Connection, table: str) -> str | None:
    row = connection.execute(
        "SELECT pg_get_userbyid(relowner) FROM pg_catalog.pg_class WHERE oid = to_regclass(%s)", [table]
    ).fetchone()
    return None if row is None else str(row[0])


def _blockers_text(connection: psycopg.Connection, patch: Patch) -> str:
    return "; ".join(blockers_of(connection, patch)) or "no session holds it now"


def blockers_of(connection: psycopg.Connection, patch: Patch) -> list[str]:
    """The sessions that hold a lock on the patch's table: application, user, state and age, no query text."""
    if patch.header.when is None:
        return []
    rows = connection.execute(
        """
        SELECT DISTINCT format('process %%s (%%s, user %%s, %%s for %%s s)', a.pid,
                      coalesce(nullif(a.application_name, ''), a.backend_type), coalesce(a.usename, '-'),
                      coalesce(a.state, 'working'), extract(epoch FROM now() - coalesce(a.xact_start, now()))::int)
        FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_stat_activity AS a USING (pid)
        WHERE l.relation = to_regclass(%s)::oid AND l.granted AND l.pid <> pg_backend_pid()
        """,
        [patch.header.when],
    ).fetchall()
    return [str(row[0]) for row in rows]
