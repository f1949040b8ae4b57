"""Indexes of tables that are in use: built and dropped concurrently, never left INVALID."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import psycopg
from psycopg import errors as pg
from psycopg import sql

from metaads_cli.console import Progress
from metaads_cli.db.patching import history, indexes
from metaads_cli.db.patching.blockers import described
from metaads_cli.db.patching.files import Down, Patch
from metaads_cli.db.patching.retrying import tell_queries, until_locks_are_free
from metaads_cli.db.patching.run import Attempts, Run, is_usable, session_settings
from metaads_cli.db.patching.statements import IndexStatement
from metaads_cli.db.patching.verification import require_verified
from metaads_cli.db.patching.watching import Build, Sight, Watcher
from metaads_cli.errors import LockNotAvailable, PatchFailed

T = TypeVar("T")
INDEX_BUILDS = 3
# Any timeout during a concurrent build leaves an INVALID index behind, and so does a server that looks for its client.
NO_TIMEOUTS = {"lock_timeout": "0", "statement_timeout": "0", "client_connection_check_interval": "0"}
CLEANING_WAIT_MS, CLEANING_TRIES = 100, 5

# Phase → the share of the whole that is done at its beginning and at its end, in percent.
PHASES = {
    "waiting for writers before build": (0, 2),
    "building index: scanning table": (2, 40),
    "building index: sorting live tuples": (40, 50),
    "building index: loading tuples in tree": (50, 65),
    "building index": (2, 65),
    "waiting for writers before validation": (65, 67),
    "index validation: scanning index": (67, 75),
    "index validation: sorting tuples": (75, 78),
    "index validation: scanning table": (78, 95),
    "waiting for old snapshots": (95, 99),
}


def apply_concurrently(run: Run, patch: Patch, attempts: Attempts) -> None:
    with session_settings(run.connection, **NO_TIMEOUTS):
        history.write(run.connection, run.run_id, patch, attempts.record("started"))
        for statement in patch.index_statements:
            _build_index(run, patch, statement, attempts)
        _patiently(run, patch, attempts, lambda: require_verified(run.connection, patch))
        history.write(run.connection, run.run_id, patch, attempts.record("applied"))


def revert_concurrently(run: Run, patch: Patch, down: Down, attempts: Attempts) -> None:
    with session_settings(run.connection, **NO_TIMEOUTS):
        attempts.count = 1
        for statement in down.index_statements:
            attempts.statement_start = statement.start
            with _watched(run, attempts, f"Dropping {statement.qualified}"):
                run.connection.execute(statement.text.encode())
        history.write(run.connection, run.run_id, patch, attempts.record("reverted"))


def _build_index(run: Run, patch: Patch, statement: IndexStatement, attempts: Attempts) -> None:
    """Build the index unless it is there as it should be; an INVALID one is dropped first."""
    attempts.count = max(attempts.count, 1)
    for build in range(1, INDEX_BUILDS + 1):
        found = _patiently(run, patch, attempts, lambda: indexes.find(run.connection, statement.qualified))
        if found is not None and found.valid:
            _require_same(run.connection, patch, statement, found)
            return
        if found is not None:
            _drop_invalid(run, statement)
        _patiently(run, patch, attempts, lambda: _touch(run.connection, statement))
        attempts.count, attempts.statement_start = max(attempts.count, build), statement.start
        try:
            with _watched(run, attempts, f"Building {statement.qualified}"), _leaving_nothing(run, statement):
                run.connection.execute(statement.text.encode())
        except pg.DeadlockDetected:
            if build == INDEX_BUILDS:
                raise


def _patiently(run: Run, patch: Patch, attempts: Attempts, look: Callable[[], T]) -> T:
    """What a look at the catalogue finds. The server opens the table to describe an index: where somebody has locked
    it altogether, that waits shortly and is tried again, as a patch is."""
    looks, found = Attempts(), list[T]()

    def try_once(lock_timeout_ms: int) -> None:
        with run.connection.transaction():
            run.connection.execute("SELECT set_config('lock_timeout', %s, true)", [str(lock_timeout_ms)])
            found.append(look())

    try:
        until_locks_are_free(run, looks, patch.header.when, patch.header.lock_timeout_ms, try_once)
    finally:
        attempts.count = max(attempts.count, looks.count)
        attempts.lock_wait += looks.lock_wait
        attempts.blockers = looks.blockers or attempts.blockers
    return found[0]


def _touch(connection: psycopg.Connection, statement: IndexStatement) -> None:
    """Have the lock of a build for a moment: the build itself would wait for it without an end."""
    table = sql.Identifier(statement.schema, statement.table)
    connection.execute(sql.SQL("LOCK TABLE {} IN SHARE UPDATE EXCLUSIVE MODE").format(table))


def _require_same(
    connection: psycopg.Connection, patch: Patch, statement: IndexStatement, found: indexes.Index
) -> None:
    differences = indexes.differences(connection, found, statement, patch.header.lock_timeout_ms)
    if differences:
        raise PatchFailed(
            f"The patch {patch.name} does not lead to what it promises: there is an index {statement.qualified} "
            f"already, but {'; '.join(differences)} ({found.definition})",
            hint="Rename it or drop it, then migrate again",
            details={"patch": patch.name, "checks": differences, "definition": found.definition},
        )


def _drop_invalid(run: Run, statement: IndexStatement) -> None:
    building = run.connection.execute(
        "SELECT pid FROM pg_catalog.pg_stat_progress_create_index WHERE index_relid = to_regclass(%s)",
        [statement.qualified],
    ).fetchone()
    if building is not None:
        raise LockNotAvailable(
            f"The index {statement.qualified} is being built by process {building[0]}",
            hint="Run it again later",
        )
    run.console.note(f"{statement.qualified} is INVALID, left by an interrupted build: it is built anew")
    run.connection.execute(
        sql.SQL("DROP INDEX CONCURRENTLY {}").format(sql.Identifier(statement.schema, statement.index))
    )


@contextmanager
def _leaving_nothing(run: Run, statement: IndexStatement) -> Iterator[None]:
    """A build that fails or is interrupted leaves an INVALID index, which every writer has to maintain."""
    try:
        yield
    except (psycopg.Error, KeyboardInterrupt):
        if is_usable(run.connection):
            _clean_up(run.connection, statement)
        raise


def _clean_up(connection: psycopg.Connection, statement: IndexStatement) -> None:
    """Drop it if that takes a moment only; else the next run does."""
    name = sql.Identifier(statement.schema, statement.index)
    for _ in range(CLEANING_TRIES):
        found = indexes.find(connection, statement.qualified)
        if found is None or found.valid:
            return
        try:
            with connection.transaction():
                connection.execute("SELECT set_config('lock_timeout', %s, true)", [str(CLEANING_WAIT_MS)])
                connection.execute(sql.SQL("DROP INDEX {}").format(name))
        except pg.LockNotAvailable:
            continue


@contextmanager
def _watched(run: Run, attempts: Attempts, what: str) -> Iterator[None]:
    """Show how far it is, and who it waits for."""
    watcher = Watcher(run.connection)
    try:
        with run.console.progress(what, 100) as progress, watcher.watching(_shown(run, attempts, what, progress)):
            yield
    finally:
        watcher.close()


def _shown(run: Run, attempts: Attempts, what: str, progress: Progress) -> Callable[[Sight], None]:
    told: set[int] = set()

    def show(sight: Sight) -> None:
        if sight.build:
            progress.update(percent(sight.build), _noted(sight.build))
        blockers = {session.blocker.pid: session.blocker for session in sight.blockers}
        if blockers.keys() - told:
            told.update(blockers)
            attempts.blockers = [*blockers.values()]
            run.blocked_by.update(blockers)
            run.console.note(f"{what} waits for {described(blockers.values())}")
            tell_queries(run, sight.blockers)

    return show


def percent(build: Build) -> int:
    begin, end = PHASES.get(build.phase) or PHASES.get(build.phase.partition(":")[0]) or (0, 0)
    return begin + (end - begin) * build.done // build.total if build.total else begin


def _noted(build: Build) -> str:
    return f"{build.phase}: {build.done:,} of {build.total:,} {build.unit}" if build.total else build.phase
