"""Apply patches to a live database, and take them back: never waiting long for a lock, proven before each commit.

The reasons for every setting here are measured facts: see docs/explanation/patches.md.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from metaads_cli.db.connection import cleaned_error
from metaads_cli.db.patching import history
from metaads_cli.db.patching.concurrent import apply_concurrently, revert_concurrently
from metaads_cli.db.patching.explanations import explain_failure
from metaads_cli.db.patching.files import Down, Patch
from metaads_cli.db.patching.header import Mode
from metaads_cli.db.patching.run import Attempts, Run, heard_notices, is_usable
from metaads_cli.db.patching.transactional import apply_in_batches, apply_in_transaction, revert_in_transaction
from metaads_cli.errors import ConfigError, MetaAdsError
from metaads_cli.models.migrations import AppliedPatch

MODES: dict[Mode, Callable[[Run, Patch, Attempts], None]] = {
    "tx": apply_in_transaction,
    "concurrent": apply_concurrently,
    "batched": apply_in_batches,
}


def apply(run: Run, patch: Patch) -> AppliedPatch:
    """Apply one patch and write its history. Nothing of it stays when it fails, but batches that were committed.

    Raises PatchFailed for a statement or verification that fails, LockNotAvailable when the table stays locked,
    AccessDenied when the role may not.
    """
    _require_version(run.connection, patch)
    attempts = Attempts()
    with _failures_noted(run, patch, patch, attempts):
        MODES[patch.header.mode](run, patch, attempts)
    return attempts.applied(patch.name)


def revert(run: Run, patch: Patch, down: Down) -> AppliedPatch:
    """Take one patch back and write that down. Raises as `apply` does."""
    attempts = Attempts()
    with _failures_noted(run, patch, down, attempts):
        if down.header.mode == "concurrent":
            revert_concurrently(run, patch, down, attempts)
        else:
            revert_in_transaction(run, patch, down, attempts)
    return attempts.applied(patch.name)


def _require_version(connection: psycopg.Connection, patch: Patch) -> None:
    if connection.info.server_version < patch.header.min_pg * 10_000:
        raise ConfigError(
            f"The patch {patch.name} needs PostgreSQL {patch.header.min_pg} or newer; "
            f"this server is {connection.info.server_version // 10_000}"
        )


@contextmanager
def _failures_noted(run: Run, patch: Patch, script: Patch | Down, attempts: Attempts) -> Iterator[None]:
    try:
        with heard_notices(run, attempts):
            yield
    except psycopg.Error as error:
        _note_failure(run, patch, attempts, error.sqlstate)
        raise explain_failure(run.connection, patch, script, attempts, error) from cleaned_error(error)
    except MetaAdsError:
        _note_failure(run, patch, attempts, None)
        raise


def _note_failure(run: Run, patch: Patch, attempts: Attempts, sqlstate: str | None) -> None:
    """Write the failure down where that is still possible; it never blocks a later run."""
    if is_usable(run.connection) and history.exists(run.connection):
        history.write(run.connection, run.run_id, patch, attempts.record("failed", sqlstate=sqlstate))
