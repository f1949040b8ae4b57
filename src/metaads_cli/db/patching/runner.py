"""Apply patches to a live database: never waiting long for a lock, proven before each commit.

The reasons for every setting here are measured facts: see docs/explanation/patches.md.
"""

import time
import uuid
from dataclasses import dataclass, field

import psycopg
from psycopg import errors as pg
from psycopg import sql
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_base, wait_exponential, wait_random

from metaads_cli.db.connection import cleaned_error
from metaads_cli.db.patching import history
from metaads_cli.db.patching.explanations import LOCK_ERRORS, blockers_text, explain_failure
from metaads_cli.db.patching.files import IndexStatement, Patch
from metaads_cli.db.patching.history import Record
from metaads_cli.db.patching.lock import Say
from metaads_cli.errors import ConfigError, LockNotAvailable, MetaAdsError, PatchFailed
from metaads_cli.models.reports import AppliedPatch

INDEX_BUILDS = 3


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
        raise explain_failure(connection, patch, attempts.count, error) from cleaned_error(error)
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
            say(f"{patch.name} waits for a lock; {blockers_text(connection, patch)}")

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
