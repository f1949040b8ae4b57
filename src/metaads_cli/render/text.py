"""A table for people: lines and colour on a terminal, plain aligned columns anywhere else."""

from collections.abc import Sequence

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from metaads_cli.render.table import Cell, Table


def write(table: Table, console: Console) -> None:
    """Print the table; off a terminal every line is as long as its cells need."""
    table = table.for_people()
    if table.title:
        console.print(Text(table.title, style="bold"), soft_wrap=True)
    if not table.rows:
        console.print(table.empty, soft_wrap=True)
        return
    grid = _grid(table, console.is_terminal)
    grid.show_header = any(column.label for column in table.columns)
    for row in table.rows:
        grid.add_row(*_cells(table, row))
    if table.total:
        grid.add_section()
        grid.add_row(*_cells(table, table.total), style="bold")
    if console.is_terminal:
        console.print(grid)
    else:
        console.file.writelines(line.rstrip() + "\n" for line in _lines(grid, console))


def _cells(table: Table, row: Sequence[Cell]) -> list[RenderableType]:
    return [Text(column.shown(value)) for column, value in zip(table.columns, row, strict=True)]


def _lines(grid: RichTable, console: Console) -> list[str]:
    with console.capture() as capture:
        console.print(grid)
    return capture.get().splitlines()


def _grid(table: Table, on_terminal: bool) -> RichTable:
    grid = RichTable(
        box=box.SIMPLE_HEAD if on_terminal else None,
        header_style="bold",
        padding=(0, 1 if on_terminal else 2, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    for column in table.columns:
        grid.add_column(
            column.label,
            justify="right" if column.is_number else "left",
            no_wrap=column.kind != "text" or not on_terminal,
            overflow="fold",
        )
    return grid
