"""A table for people: lines and colour on a terminal, plain aligned columns anywhere else.

A figure or an id is never cut, however narrow the terminal is: texts wrap first, then each row becomes lines.
"""

import re
from collections.abc import Iterator, Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from metaads_cli.render.table import Column, Table

Row = Sequence[str]
GAP = 2
"""Cells between two columns."""
NARROW = 10
"""A text is not wrapped into a narrower column."""
FIGURE = re.compile(r"\S*\d\S*")
"""A word of a text that may be a number, a day or an id."""
LONGEST_FIGURE = 32


def write(table: Table, console: Console) -> None:
    """Print the table; off a terminal every line is as long as its cells need."""
    table = table.for_people()
    if table.title:
        console.print(Text(table.title, style="bold"), soft_wrap=True)
    if not table.rows:
        console.print(table.empty, soft_wrap=True)
        return
    header = [column.label for column in table.columns]
    rows = [_shown(table, row) for row in table.rows]
    total = _shown(table, table.for_total()) if table.total else None
    every = [header, *rows, *([total] if total else [])]
    if not console.is_terminal:
        console.file.writelines(_aligned(table.columns, every if any(header) else every[1:]))
    elif widths := _widths(table.columns, every, console.width):
        console.print(_grid(table.columns, widths, rows, total))
    else:
        _print_as_lines(header, every[1:], console)


def _shown(table: Table, row: Sequence[str | int | object]) -> Row:
    return [column.shown(value) for column, value in zip(table.columns, row, strict=True)]  # type: ignore[arg-type]


def _aligned(columns: Sequence[Column], lines: Sequence[Row]) -> Iterator[str]:
    widths = _full_widths(lines)
    for line in lines:
        cells = (_padded(*cell) for cell in zip(columns, line, widths, strict=True))
        yield (" " * GAP).join(cells).rstrip() + "\n"


def _padded(column: Column, text: str, width: int) -> str:
    room = " " * (width - cell_len(text))
    return room + text if column.is_number else text + room


def _full_widths(lines: Sequence[Row]) -> list[int]:
    return [max(map(cell_len, cells)) for cells in zip(*lines, strict=True)]


def _widths(columns: Sequence[Column], lines: Sequence[Row], room: int) -> list[int] | None:
    """The columns' widths, the widest texts wrapped; None where not even that fits."""
    widths = _full_widths(lines)
    least = [
        _least_width(cells, width) if column.kind == "text" else width
        for column, cells, width in zip(columns, zip(*lines, strict=True), widths, strict=True)
    ]
    room -= GAP * (len(columns) - 1)
    if sum(least) > room:
        return None
    while sum(widths) > room:
        widest = max((index for index in range(len(widths)) if widths[index] > least[index]), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def _least_width(cells: Sequence[str], width: int) -> int:
    figures = [cell_len(figure) for cell in cells for figure in FIGURE.findall(cell)]
    return min(width, max([NARROW, *(figure for figure in figures if figure <= LONGEST_FIGURE)]))


def _grid(columns: Sequence[Column], widths: Sequence[int], rows: Sequence[Row], total: Row | None) -> RichTable:
    grid = RichTable(
        box=box.SIMPLE_HEAD,
        header_style="bold",
        show_header=any(column.label for column in columns),
        padding=(0, GAP - 1, 0, 0),  # the box adds one
        pad_edge=False,
        show_edge=False,
    )
    for column, width in zip(columns, widths, strict=True):
        justify = "right" if column.is_number else "left"
        grid.add_column(column.label, width=width, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        grid.add_row(*map(Text, row))
    if total:
        grid.add_section()
        grid.add_row(*map(Text, total), style="bold")
    return grid


def _print_as_lines(header: Row, rows: Sequence[Row], console: Console) -> None:
    """Each row as lines of label and value; those of a table without labels as they are."""
    for number, row in enumerate(rows):
        if number and any(header):
            console.print()
        pairs = [(label, text) for label, text in zip(header, row, strict=True) if text]
        if any(header):
            for label, text in pairs:
                console.print(Text.assemble((f"{label}: ", "bold"), text), soft_wrap=True)
        else:
            console.print(Text(" ".join(text for _, text in pairs)), soft_wrap=True)
