"""Rollback: take one patch back, knowing what that loses."""

from dataclasses import dataclass

import msgspec
import psycopg

from metaads_cli.console import Console
from metaads_cli.db.connection import translated_errors
from metaads_cli.db.patching import runner
from metaads_cli.db.patching.counting import losses
from metaads_cli.db.patching.files import Down, Patch, load_patches
from metaads_cli.db.patching.inventory import Inventory, take_inventory
from metaads_cli.db.patching.lock import only_runner
from metaads_cli.db.patching.preflight import require_fitting_server
from metaads_cli.db.patching.rights import require_rights
from metaads_cli.db.patching.run import Run
from metaads_cli.errors import SafetyRefusal, UsageError
from metaads_cli.models.migrations import Counted, RollbackReport
from metaads_cli.tasks.migrate import named, server_version


@dataclass(frozen=True)
class RollbackOptions:
    patch: str
    drop_data: bool
    """Whether data may be lost."""
    wait_seconds: float
    lock_attempts: int


def rollback(connection: psycopg.Connection, options: RollbackOptions, console: Console) -> RollbackReport:
    """Take the patch back by its sidecar. It is pending again afterwards.

    Raises UsageError where that cannot be, SafetyRefusal where it would lose data.
    """
    patches = load_patches()
    patch = named(patches, options.patch)
    down = _require_down(patches, patch)
    with translated_errors():
        require_fitting_server(connection)
        with only_runner(connection, options.wait_seconds, console):
            inventory = take_inventory(connection, patches)
            if not inventory.in_force(patch):
                return _report(connection, patch)
            _require_free(inventory, patch)
            require_rights(connection, [patch])
            lost = losses(connection, patch)
            _require_consent(patch, down, lost, drop_data=options.drop_data)
            console.step(f"rolling back {patch.name}")
            run = Run(connection, console, options.lock_attempts)
            reverted = runner.revert(run, patch, down)
            return msgspec.structs.replace(_report(connection, patch), reverted=reverted, losses=lost)


def _report(connection: psycopg.Connection, patch: Patch) -> RollbackReport:
    return RollbackReport(patch=patch.name, reverted=None, losses=[], server_version=server_version(connection))


def _require_down(patches: list[Patch], patch: Patch) -> Down:
    if patch.down is None:
        possible = ", ".join(each.name for each in patches if each.down)
        raise UsageError(
            f"The patch {patch.name} cannot be rolled back: it has no {patch.name}.down.sql",
            hint=f"These can be: {possible}" if possible else "No patch can be",
        )
    return patch.down


def _require_free(inventory: Inventory, patch: Patch) -> None:
    if dependants := inventory.dependants(patch):
        raise UsageError(
            f"The patch {patch.name} cannot be rolled back while {', '.join(dependants)} is applied, which requires it",
            hint=f"First: metaads migrate rollback {dependants[-1]}",
        )


def _require_consent(patch: Patch, down: Down, lost: list[Counted], *, drop_data: bool) -> None:
    if not lost or not down.header.destructive or drop_data:
        return
    raise SafetyRefusal(
        f"The rollback of {patch.name} would lose {'; '.join(map(_in_words, lost))}",
        hint=f"Save them first, then confirm it with: metaads migrate rollback {patch.name} --yes-drop-data",
        details={"patch": patch.name, "losses": msgspec.to_builtins(lost)},
    )


def _in_words(lost: Counted) -> str:
    return f"{lost.what}: {lost.count:,}" if lost.count is not None else lost.what
