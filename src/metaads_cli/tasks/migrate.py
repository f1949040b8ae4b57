"""Migrate: bring a database to the newest patch, or say what that would do."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from metaads_cli.db.connection import translated_errors
from metaads_cli.db.patching import runner
from metaads_cli.db.patching.files import Patch, load_patches, sql_directory
from metaads_cli.db.patching.inventory import exists, take_inventory
from metaads_cli.db.patching.lock import Say, only_runner
from metaads_cli.errors import UsageError
from metaads_cli.models.reports import AppliedPatch, MigrateReport, MigrateStatus


@dataclass(frozen=True)
class MigrateOptions:
    up_to: str | None
    """The last patch to apply: its name or its number."""
    foundation: bool
    """Create the host's tables where there is no patients table."""
    wait_seconds: float
    lock_attempts: int


def migrate(connection: psycopg.Connection, options: MigrateOptions, say: Say) -> MigrateReport:
    """Apply what is pending, one patch after the other; what is done before a failure stays done."""
    patches = load_patches()
    _require_known(patches, options.up_to)
    applied: list[AppliedPatch] = []
    with translated_errors(), only_runner(connection, options.wait_seconds, say):
        if options.foundation and lay_foundation(connection):
            say("created the host tables of a new installation")
        run_id = uuid.uuid4()
        # Looked at anew after each patch: what it created may be what another one waits for.
        while pending := _chosen(take_inventory(connection, patches).pending, options.up_to):
            say(f"applying {pending[0].name}")
            applied.append(runner.apply(connection, pending[0], run_id, lock_attempts=options.lock_attempts, say=say))
        return _report(connection, patches, applied)


def plan(connection: psycopg.Connection, up_to: str | None) -> MigrateReport:
    """What `migrate` would do, without doing it."""
    patches = load_patches()
    _require_known(patches, up_to)
    with translated_errors():
        return _report(connection, patches, [], up_to)


def status(connection: psycopg.Connection) -> MigrateStatus:
    with translated_errors():
        inventory = take_inventory(connection, load_patches())
        return MigrateStatus(patches=list(inventory.states()), server_version=_server_version(connection))


def pending_sql(connection: psycopg.Connection, up_to: str | None) -> str:
    """The pending patches as one script for `psql -v ON_ERROR_STOP=1 -f`. It writes no history: the next `migrate`
    finds everything there already and records it."""
    patches = load_patches()
    _require_known(patches, up_to)
    with translated_errors():
        pending = _chosen(take_inventory(connection, patches).pending, up_to)
    return "\n".join(_script(patch) for patch in pending)


def lacks_people(connection: psycopg.Connection) -> bool:
    """Whether there is neither a clinic's table of patients nor a CRM's of leads."""
    with translated_errors():
        return not (exists(connection, "public.patients") or exists(connection, "public.leads"))


def lay_foundation(connection: psycopg.Connection) -> bool:
    """Create the host's tables, all or none; False when there is a patients table already."""
    if exists(connection, "public.patients"):
        return False
    with connection.transaction():
        connection.execute((sql_directory() / "foundation.sql").read_bytes())
    return True


def _report(
    connection: psycopg.Connection,
    patches: Sequence[Patch],
    applied: list[AppliedPatch],
    up_to: str | None = None,
) -> MigrateReport:
    inventory = take_inventory(connection, list(patches))
    return MigrateReport(
        applied=applied,
        pending=[patch.name for patch in _chosen(inventory.pending, up_to)],
        not_applicable=[patch.name for patch in inventory.not_applicable],
        drift=inventory.drift,
        blocked_by=[],
        server_version=_server_version(connection),
    )


def _server_version(connection: psycopg.Connection) -> str:
    return str(connection.info.parameter_status("server_version")).partition(" ")[0]


def _require_known(patches: Sequence[Patch], up_to: str | None) -> None:
    if up_to is not None and not any(_is(patch, up_to) for patch in patches):
        raise UsageError(
            f"There is no patch {up_to}",
            hint=f"The patches are {', '.join(patch.name for patch in patches)}",
        )


def _chosen(pending: Sequence[Patch], up_to: str | None) -> list[Patch]:
    return [patch for patch in pending if up_to is None or patch.name[:4] <= up_to[:4]]


def _is(patch: Patch, name: str) -> bool:
    return name in {patch.name, patch.name[:4]}


def _script(patch: Patch) -> str:
    if patch.header.mode == "concurrent":
        return f"SET lock_timeout = 0;\nSET statement_timeout = 0;\n{patch.text}RESET ALL;\n"
    timeouts = (
        f"SET LOCAL lock_timeout = {patch.header.lock_timeout_ms};\n"
        f"SET LOCAL statement_timeout = {patch.header.statement_timeout_ms};\n"
    )
    return f"BEGIN;\n{timeouts}{patch.text}COMMIT;\n"
