"""A page with one table: nothing is loaded, nothing runs, light or dark as the reader has it."""

from collections.abc import Iterable, Sequence
from html import escape

from metaads_cli.render.table import Cell, Column, Table

_STYLE = """\
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem; }
div { overflow-x: auto; }
table { border-collapse: collapse; }
caption { font-weight: 600; padding: 0 0 .75rem; text-align: start; }
caption span { display: inline-block; left: 0; max-width: calc(100vw - 4rem); position: sticky; }
th, td { padding: .3rem .75rem; text-align: start; vertical-align: top; white-space: pre-wrap; }
thead th { border-bottom: 2px solid; vertical-align: bottom; }
tbody th { font-weight: 400; }
tbody th:not([class]) { min-width: 10rem; }
tbody tr + tr > * { border-top: 1px solid color-mix(in srgb, currentcolor 20%, transparent); }
tfoot > tr > * { border-top: 2px solid; font-weight: 600; }
.figure { font-variant-numeric: tabular-nums; text-align: end; white-space: nowrap; }
.id { font-variant-numeric: tabular-nums; white-space: nowrap; }
@media print { body { margin: 0; } }
"""
_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def write(table: Table, name: str) -> str:
    """`name` is what the page is called when the table has no title."""
    table = table.for_people()
    title = escape(table.title or name)
    return _PAGE.format(title=title, style=_STYLE, body=_table(table, title) if table.rows else _nothing(table))


def _nothing(table: Table) -> str:
    heading = [f"<h1>{escape(table.title)}</h1>"] if table.title else []
    return "\n".join([*heading, f"<p>{escape(table.empty)}</p>"])


def _table(table: Table, title: str) -> str:
    """It can be scrolled with the keyboard where the window is too narrow for it."""
    head = [f"<thead>\n{_header(table.columns)}\n</thead>"] if any(column.label for column in table.columns) else []
    foot = [f"<tfoot>\n{_row(table.columns, table.for_total())}\n</tfoot>"] if table.total else []
    parts = [
        f'<div role="region" aria-label="{title}" tabindex="0">',
        "<table>",
        f"<caption><span>{title}</span></caption>",
        *head,
        "<tbody>",
        *(_row(table.columns, row) for row in table.rows),
        "</tbody>",
        *foot,
        "</table>",
        "</div>",
    ]
    return "\n".join(parts)


def _header(columns: Sequence[Column]) -> str:
    return _line(f'<th scope="col"{_class(column)}>{escape(column.label)}</th>' for column in columns)


def _row(columns: Sequence[Column], row: Sequence[Cell]) -> str:
    """What a row is about is its heading: the first cell."""
    first, *rest = ((_class(column), escape(column.shown(value))) for column, value in zip(columns, row, strict=True))
    cells = [f'<th scope="row"{first[0]}>{first[1]}</th>', *(f"<td{kind}>{text}</td>" for kind, text in rest)]
    return _line(cells)


def _line(cells: Iterable[str]) -> str:
    return f"<tr>{''.join(cells)}</tr>"


def _class(column: Column) -> str:
    return ' class="figure"' if column.is_number else ' class="id"' if column.kind == "id" else ""
