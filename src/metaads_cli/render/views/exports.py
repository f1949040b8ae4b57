"""What an export wrote."""

from metaads_cli.models.export import ExportReport
from metaads_cli.render.table import Cell, Column, Table
from metaads_cli.render.views.parts import Views

_COLUMNS = (
    Column("tenant_id", "Tenant", "id"),
    Column("rows", "Rows", "count"),
    Column("since", "From", "id"),
    Column("until", "To", "id"),
    Column("timezone", "Time zone"),
)


def _export(result: ExportReport) -> Table:
    rows: list[list[Cell]] = [
        [tenant.tenant_id, tenant.rows, window.since, window.until, window.timezone]
        for tenant in result.tenants
        for window in (tenant.window,)
    ]
    size = "" if result.bytes is None else f", {result.bytes:,} bytes"
    return Table(
        _COLUMNS,
        rows,
        total=["Total", result.rows, None, None, None] if len(rows) > 1 else None,
        title=f"{result.file}: {result.what} as {result.format}, {result.rows:,} rows{size}",
        optional=frozenset({"since", "until"}),
    )


VIEWS: Views = {ExportReport: _export}
