"""Patches: what was applied, how they stand, what was taken back."""

from metaads_cli.models import migrations
from metaads_cli.render.table import Cell, Column, Table
from metaads_cli.render.views.parts import Items, Views

_WORK = (
    Column("duration_ms", "ms", "count"),
    Column("attempts", "Tries", "count"),
    Column("lock_wait_ms", "Lock wait ms", "count"),
)
_NO_WORK: tuple[Cell, ...] = (None, None, None)
_CHANGES = (Column("change", "Changes"), Column("rows", "Rows", "count"))
_OPTIONAL = frozenset({"duration_ms", "attempts", "lock_wait_ms", "change", "rows"})


def _migrate(result: migrations.MigrateReport) -> Table:
    rows: list[list[Cell]] = [[*_applied(patch, "applied"), None, None] for patch in result.applied]
    rows += [[name, "adopted", *_NO_WORK, None, None] for name in result.adopted]
    for name in result.pending:
        rows += _pending(name, [counted for counted in result.preview if counted.patch == name])
    if rows or result.drift:  # else there is nothing to tell of them
        rows += [[name, "not applicable", *_NO_WORK, None, None] for name in result.not_applicable]
    rows += [[drift.name, f"drift: {drift.problem}", *_NO_WORK, None, None] for drift in result.drift]
    return Table(
        (Column("name", "Patch"), Column("state", "State"), *_WORK, *_CHANGES),
        rows,
        empty="Nothing to do: every patch is applied.",
        optional=_OPTIONAL,
    )


def _pending(name: str, preview: list[migrations.Counted]) -> list[list[Cell]]:
    """A line for each thing that it would change; one where none is known."""
    changes: list[tuple[Cell, Cell]] = [(each.what, each.count) for each in preview]
    return [[name, "pending", *_NO_WORK, *change] for change in changes or [(None, None)]]


def _applied(patch: migrations.AppliedPatch, state: str) -> list[Cell]:
    return [patch.name, state, patch.duration_ms, patch.attempts, patch.lock_wait_ms]


def _status(result: migrations.MigrateStatus) -> Table:
    columns = (
        Column("name", "Patch", "id"),
        Column("state", "State"),
        Column("mode", "Mode"),
        Column("applied_at", "Applied at"),
        Column("note", "Note"),
    )
    rows = [
        [
            p.name,
            p.state,
            p.mode,
            p.applied_at.isoformat(timespec="seconds") if p.applied_at else None,
            p.note or None,
        ]
        for p in result.patches
    ]
    return Table(columns, rows, optional=frozenset({"applied_at", "note"}))


def _rollback(result: migrations.RollbackReport) -> Table:
    rows: list[list[Cell]] = []
    if result.reverted:
        lost: list[tuple[Cell, Cell]] = [(each.what, each.count) for each in result.losses]
        rows = [[*_applied(result.reverted, "reverted"), *first] for first in lost[:1] or [(None, None)]]
        rows += [[result.patch, "reverted", *_NO_WORK, *more] for more in lost[1:]]
    return Table(
        (
            Column("name", "Patch"),
            Column("state", "State"),
            *_WORK,
            Column("change", "Lost"),
            Column("rows", "Values", "count"),
        ),
        rows,
        empty=f"Nothing to do: {result.patch} is not applied.",
        optional=_OPTIONAL,
    )


VIEWS: Views = {
    migrations.MigrateReport: _migrate,
    migrations.MigrateStatus: _status,
    migrations.RollbackReport: _rollback,
}
ITEMS: Items = {migrations.MigrateStatus: "patches"}
