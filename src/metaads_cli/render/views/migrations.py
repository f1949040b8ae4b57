"""Patches: what was applied, and how they stand."""

from metaads_cli.models import reports
from metaads_cli.render.table import Cell, Column, Table
from metaads_cli.render.views.parts import Items, Views


def _migrate(result: reports.MigrateReport) -> Table:
    columns = (
        Column("name", "Patch"),
        Column("state", "State"),
        Column("duration_ms", "ms", "count"),
        Column("attempts", "Tries", "count"),
        Column("lock_wait_ms", "Lock wait ms", "count"),
    )
    rows: list[list[Cell]] = [
        [patch.name, "applied", patch.duration_ms, patch.attempts, patch.lock_wait_ms] for patch in result.applied
    ]
    rows += [[name, "pending", None, None, None] for name in result.pending]
    if rows or result.drift:  # else there is nothing to tell of them
        rows += [[name, "not applicable", None, None, None] for name in result.not_applicable]
    rows += [[drift.name, f"drift: {drift.problem}", None, None, None] for drift in result.drift]
    return Table(
        columns,
        rows,
        empty="Nothing to do: every patch is applied.",
        optional=frozenset({"duration_ms", "attempts", "lock_wait_ms"}),
    )


def _status(result: reports.MigrateStatus) -> Table:
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


VIEWS: Views = {
    reports.MigrateReport: _migrate,
    reports.MigrateStatus: _status,
}
ITEMS: Items = {reports.MigrateStatus: "patches"}
