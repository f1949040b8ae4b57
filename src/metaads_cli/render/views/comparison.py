"""Statistics beside those of other days: after each measure what it was, and how it differs."""

from collections.abc import Sequence
from dataclasses import replace

from metaads_cli.models.statistics import Changes, Comparison, Measures, StatsRow
from metaads_cli.render.table import Cell, Column, Table

ON_SCREEN = frozenset(
    {"leads", "converted", "conversion_rate", "spend", "ctr", "cost_per_lead", "cost_per_conversion", "revenue", "roas"}
)
"""What people are shown; programs get every measure."""
MEASURED = frozenset(Measures.__dataclass_fields__)


def with_changes(table: Table, rows: Sequence[StatsRow], comparison: Comparison) -> Table:
    """The table of these rows, and its total, with the changes."""
    columns = [column for measure in table.columns for column in _with_change(measure)]
    hidden = {key for column in table.columns if column.key in MEASURED for key in _hidden(column.key)}
    window = comparison.window
    found = [
        _cells(table.columns, cells, row.previous, row.change)
        for cells, row in zip(table.rows, rows, strict=True)
        if isinstance(row.previous, Measures) and isinstance(row.change, dict)
    ]
    total = _cells(table.columns, table.total, comparison.total, comparison.change) if table.total else None
    return replace(
        table,
        columns=columns,
        rows=found,
        total=total,
        title=f"{table.title}; ± against {window.since} to {window.until}",
        optional=table.optional | {_relative(key) for key in table.optional & MEASURED},
        hidden=table.hidden | hidden,
    )


def _with_change(column: Column) -> list[Column]:
    if column.key not in MEASURED:
        return [column]
    return [
        column,
        Column(_relative(column.key), f"± {column.label}", "change"),
        Column(f"previous_{column.key}", f"{column.label} before", column.kind),
        Column(f"{column.key}_change", f"{column.label} more", column.kind),
    ]


def _relative(key: str) -> str:
    return f"{key}_change_relative"


def _hidden(key: str) -> list[str]:
    always = [f"previous_{key}", f"{key}_change"]
    return always if key in ON_SCREEN else [key, _relative(key), *always]


def _cells(columns: Sequence[Column], cells: Sequence[Cell], previous: Measures, change: Changes) -> list[Cell]:
    found: list[Cell] = []
    for column, cell in zip(columns, cells, strict=True):
        found.append(cell)
        if column.key in MEASURED:
            differs = change[column.key]
            found += [differs.relative, getattr(previous, column.key), differs.absolute]
    return found
