"""Migrate: bring a database to the newest patch, or say what that would do."""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from metaads_cli.console import Console
from metaads_cli.db.connection import translated_errors
from metaads_cli.db.patching import adoption, runner
from metaads_cli.db.patching.counting import preview
from metaads_cli.db.patching.files import Patch, load_patches, sql_directory
from metaads_cli.db.patching.inventory import exists, take_inventory
from metaads_cli.db.patching.lock import only_runner
from metaads_cli.db.patching.preflight import require_fitting_server, require_rights_and_warn
from metaads_cli.db.patching.run import Run
from metaads_cli.db.patching.script import script
from metaads_cli.db.patching.verification import verify_drift
from metaads_cli.errors import UsageError
from metaads_cli.models.migrations import AppliedPatch, MigrateReport, MigrateStatus


@dataclass(frozen=True)
class MigrateOptions:
    up_to: str | None
    """The last patch to apply: its name or its number."""
    foundation: bool
    """Create the host's tables where there is no patients table."""
    wait_seconds: float
    lock_attempts: int


def migrate(connection: psycopg.Connection, options: MigrateOptions, console: Console) -> MigrateReport:
    """Apply what is pending, one patch after the other; what is done before a failure stays done."""
    patches = load_patches()
    _require_known(patches, options.up_to)
    with translated_errors():
        require_fitting_server(connection)
        with only_runner(connection, options.wait_seconds, console):
            if options.foundation and lay_foundation(connection):
                console.step("created the host tables of a new installation")
            _warn(connection, _chosen(take_inventory(connection, patches).pending, options.up_to), console)
            run = Run(connection, console, options.lock_attempts)
            return _report(connection, patches, run, applied=_apply_pending(run, patches, options.up_to))


def _warn(connection: psycopg.Connection, pending: Sequence[Patch], console: Console) -> None:
    for warning in require_rights_and_warn(connection, pending) if pending else ():
        console.warn(warning)


def _apply_pending(run: Run, patches: list[Patch], up_to: str | None) -> list[AppliedPatch]:
    applied: list[AppliedPatch] = []
    # Looked at anew after each patch: what it created may be what another one waits for.
    while pending := _chosen(take_inventory(run.connection, patches).pending, up_to):
        run.console.step(f"applying {pending[0].name}")
        applied.append(runner.apply(run, pending[0]))
    return applied


def adopt(connection: psycopg.Connection, options: MigrateOptions, console: Console) -> MigrateReport:
    """Record the pending patches whose work is done already, as their verification proves; apply nothing, but the
    history that it is recorded in."""
    patches = load_patches()
    _require_known(patches, options.up_to)
    with translated_errors():
        require_fitting_server(connection)
        with only_runner(connection, options.wait_seconds, console):
            run = Run(connection, console, options.lock_attempts)
            pending = _chosen(take_inventory(connection, patches).pending, options.up_to)
            adopted = adoption.adopt(run, pending)
            return _report(connection, patches, run, adopted=adopted)


def plan(connection: psycopg.Connection, up_to: str | None, *, verify: bool = False) -> MigrateReport:
    """What `migrate` would do, without doing it; `verify` proves what is applied as well."""
    patches = load_patches()
    _require_known(patches, up_to)
    with translated_errors():
        inventory = take_inventory(connection, patches)
        pending = _chosen(inventory.pending, up_to)
        return MigrateReport(
            applied=[],
            pending=[patch.name for patch in pending],
            not_applicable=[patch.name for patch in inventory.not_applicable],
            drift=[*inventory.drift, *(verify_drift(connection, inventory.applied) if verify else ())],
            blocked_by=[],
            server_version=server_version(connection),
            preview=[counted for patch in pending for counted in preview(connection, patch)],
        )


def status(connection: psycopg.Connection) -> MigrateStatus:
    with translated_errors():
        inventory = take_inventory(connection, load_patches())
        return MigrateStatus(patches=list(inventory.states()), server_version=server_version(connection))


def pending_sql(connection: psycopg.Connection, up_to: str | None) -> str:
    """The pending patches as one script for `psql -v ON_ERROR_STOP=1 -f`. It writes no history: the next `migrate`
    finds everything there already and records it."""
    patches = load_patches()
    _require_known(patches, up_to)
    with translated_errors():
        pending = _chosen(take_inventory(connection, patches).pending, up_to)
    return "\n".join(script(patch) for patch in pending)


def lacks_people(connection: psycopg.Connection) -> bool:
    """Whether there is neither a clinic's table of patients nor a CRM's of leads."""
    with translated_errors():
        return not (exists(connection, "public.patients") or exists(connection, "public.leads"))


def lay_foundation(connection: psycopg.Connection) -> bool:
    """Create the host's tables, all or none; False when there are people already: patients, or a CRM's leads."""
    if not lacks_people(connection):
        return False
    with connection.transaction():
        connection.execute((sql_directory() / "foundation.sql").read_bytes())
    return True


def server_version(connection: psycopg.Connection) -> str:
    return str(connection.info.parameter_status("server_version")).partition(" ")[0]


def named(patches: Sequence[Patch], name: str) -> Patch:
    """The patch of this name or number. Raises UsageError where there is none."""
    for patch in patches:
        if name in {patch.name, patch.name[:4]}:
            return patch
    raise UsageError(
        f"There is no patch {name}",
        hint=f"The patches are {', '.join(patch.name for patch in patches)}",
    )


def _report(
    connection: psycopg.Connection,
    patches: list[Patch],
    run: Run,
    *,
    applied: Sequence[AppliedPatch] = (),
    adopted: Sequence[str] = (),
) -> MigrateReport:
    inventory = take_inventory(connection, patches)
    return MigrateReport(
        applied=[*applied],
        pending=[patch.name for patch in inventory.pending],
        not_applicable=[patch.name for patch in inventory.not_applicable],
        drift=inventory.drift,
        blocked_by=[*run.blocked_by.values()],
        server_version=server_version(connection),
        adopted=[*adopted],
    )


def _require_known(patches: Sequence[Patch], up_to: str | None) -> None:
    if up_to is not None:
        named(patches, up_to)


def _chosen(pending: Sequence[Patch], up_to: str | None) -> list[Patch]:
    return [patch for patch in pending if up_to is None or patch.name[:4] <= up_to[:4]]
