"""Patches and rollbacks in one transaction: applied, proven and recorded together, or not at all."""

from collections.abc import Callable

import psycopg

from metaads_cli.db.patching import history
from metaads_cli.db.patching.files import Down, Patch
from metaads_cli.db.patching.header import Header
from metaads_cli.db.patching.retrying import until_locks_are_free
from metaads_cli.db.patching.run import Attempts, Run, session_settings
from metaads_cli.db.patching.verification import require_verified

# How soon the server notices that we are gone: nobody would commit what it still waits for.
CONNECTION_CHECK_MS = 2000


def apply_in_transaction(run: Run, patch: Patch, attempts: Attempts) -> None:
    def finish() -> None:
        require_verified(run.connection, patch)
        history.write(run.connection, run.run_id, patch, attempts.record("applied"))

    _transaction(run, patch, patch.header, attempts, patch.text, finish)


def revert_in_transaction(run: Run, patch: Patch, down: Down, attempts: Attempts) -> None:
    def finish() -> None:
        history.write(run.connection, run.run_id, patch, attempts.record("reverted"))

    _transaction(run, patch, down.header, attempts, down.text, finish)


def _transaction(
    run: Run, patch: Patch, header: Header, attempts: Attempts, text: str, finish: Callable[[], None]
) -> None:
    connection = run.connection

    def try_once(lock_timeout_ms: int) -> None:
        attempts.notices.clear()
        with connection.transaction():
            for name, value in (
                ("lock_timeout", lock_timeout_ms),
                ("statement_timeout", header.statement_timeout_ms),
                ("client_connection_check_interval", CONNECTION_CHECK_MS),
                ("citus.multi_shard_modify_mode", "sequential"),
            ):
                connection.execute("SELECT set_config(%s, %s, true)", [name, str(value)])
            filters = filtered(connection, patch.header.when)
            if filters:
                _set_row_security(connection, "off")
            connection.execute(text.encode())  # without parameters: sent as a whole, as psql would
            if filters:  # the history is read and written under its own policies
                _set_row_security(connection, "on")
            finish()

    until_locks_are_free(run, attempts, patch.header.when, header.lock_timeout_ms, try_once)


def apply_in_batches(run: Run, patch: Patch, attempts: Attempts) -> None:
    """Its one statement commits on the way: what is done stays done, and another try goes on from there."""
    connection = run.connection
    history.write(connection, run.run_id, patch, attempts.record("started"))

    def try_once(lock_timeout_ms: int) -> None:
        settings = {
            "lock_timeout": str(lock_timeout_ms),
            "statement_timeout": "0",
            "client_connection_check_interval": str(CONNECTION_CHECK_MS),
            "citus.multi_shard_modify_mode": "sequential",
        }
        if filtered(connection, patch.header.when):
            settings["row_security"] = "off"
        with session_settings(connection, **settings):
            connection.execute(patch.text.encode())  # alone, or it could not commit

    until_locks_are_free(run, attempts, patch.header.when, patch.header.lock_timeout_ms, try_once)
    with connection.transaction():
        require_verified(connection, patch)
        history.write(connection, run.run_id, patch, attempts.record("applied"))


def _set_row_security(connection: psycopg.Connection, value: str) -> None:
    """Off: where policies would hide rows from us, an error. An UPDATE of none of them would be a success."""
    connection.execute("SELECT set_config('row_security', %s, true)", [value])


def filtered(connection: psycopg.Connection, table: str | None) -> bool:
    """Whether row level security of this table of the host is in force for our role. Asking takes no lock on it."""
    if table is None or table.startswith("metaads."):
        return False
    row = connection.execute("SELECT row_security_active(to_regclass(%s)::oid)", [table]).fetchone()
    return row is not None and row[0] is True
