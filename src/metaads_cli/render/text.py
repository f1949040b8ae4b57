"""A table for people: lines and bold type on a terminal, plain aligned columns anywhere else.

A figure or an id is never cut, however narrow the terminal is: texts wrap first, then the figures are spread over
several tables with the same names, at last each row becomes lines. Rich has tables, too; of thousands of rows it would
take seconds.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from rich.cells import cell_len, chop_cells
from rich.console import Console
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
Block = dict[int, int]
"""The width of each column, by its index, of one table of several that stand for a wide one."""


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
    elif blocks := _blocks(table.columns, every, console.width):
        for number, block in enumerate(blocks):
            console.file.write("\n" * bool(number))
            _print_block(console, table.columns, block, (header, rows, total))
    else:
        _print_as_lines(header, every[1:], console)


def can_draw(console: Console) -> bool:
    """Whether it has lines and blocks, and not letters only."""
    return console.is_terminal and not console.is_dumb_terminal and not console.options.ascii_only


def _shown(table: Table, row: Sequence[object]) -> Row:
    return [column.shown(value) for column, value in zip(table.columns, row, strict=True)]  # type: ignore[arg-type]


def _aligned(columns: Sequence[Column], lines: Sequence[Row]) -> Iterator[str]:
    block = dict(enumerate(_full_widths(lines)))
    for line in lines:
        yield from _lines(columns, block, line)


# --- what fits where


def _blocks(columns: Sequence[Column], lines: Sequence[Row], room: int) -> list[Block]:
    """The whole table where it fits, else as few parts of it as do; none where a part has no room for a figure."""
    full = _full_widths(lines)
    least = [
        _least_width(cells, width) if column.kind == "text" else width
        for column, cells, width in zip(columns, zip(*lines, strict=True), full, strict=True)
    ]
    if _spread(least) <= room:
        return [dict(enumerate(_fitted(full, least, room)))]
    names = _naming(columns)
    if not any(lines[0]) or _spread(least[:names]) + GAP + max(least[names:], default=room) > room:
        return []
    names_room = _best_room_for_names(full, least, names, room)
    named = dict(enumerate(_fitted(full[:names], least[:names], names_room)))
    return [named | part for part in _parts(full, least, names, room - names_room - GAP)]


def _full_widths(lines: Sequence[Row]) -> list[int]:
    return [max(map(cell_len, cells)) for cells in zip(*lines, strict=True)]


def _least_width(cells: Sequence[str], width: int) -> int:
    figures = [cell_len(figure) for cell in cells for figure in FIGURE.findall(cell)]
    return min(width, max([NARROW, *(figure for figure in figures if figure <= LONGEST_FIGURE)]))


def _spread(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def _fitted(full: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """The full widths, the widest of those that can be reduced until all fit."""
    widths = list(full)
    while _spread(widths) > room:
        widest = max((index for index in range(len(widths)) if widths[index] > least[index]), key=widths.__getitem__)
        widths[widest] -= 1
    return widths


def _naming(columns: Sequence[Column]) -> int:
    """How many columns say what a row is about: the first ones up to the figures, or up to the first text."""
    text = next((index for index, column in enumerate(columns) if not column.is_number), 0)
    return next((index for index in range(text, len(columns)) if columns[index].is_number), text + 1)


def _best_room_for_names(full: Sequence[int], least: Sequence[int], names: int, room: int) -> int:
    """As much as costs no further part."""
    smallest = _spread(least[:names])
    fewest = len(_parts(full, least, names, room - smallest - GAP))
    largest = min(_spread(full[:names]), room - max(least[names:]) - GAP)
    rooms = range(largest, smallest, -1)
    return next((one for one in rooms if len(_parts(full, least, names, room - one - GAP)) == fewest), smallest)


def _parts(full: Sequence[int], least: Sequence[int], names: int, room: int) -> list[Block]:
    """The columns after the names in order, as many to a part as have room."""
    parts: list[list[int]] = []
    for index in range(names, len(full)):
        if parts and _spread([least[one] for one in [*parts[-1], index]]) <= room:
            parts[-1].append(index)
        else:
            parts.append([index])
    return [
        dict(zip(part, _fitted([full[one] for one in part], [least[one] for one in part], room), strict=True))
        for part in parts
    ]


# --- lines


def _print_block(
    console: Console, columns: Sequence[Column], block: Block, content: tuple[Row, Sequence[Row], Row | None]
) -> None:
    header, rows, total = content
    rule = ("─" if can_draw(console) else "-") * _spread(list(block.values())) + "\n"
    if any(header):
        _print_bold(console, _lines(columns, block, header))
        console.file.write(rule)
    for row in rows:
        console.file.writelines(_lines(columns, block, row))
    if total:
        console.file.write(rule)
        _print_bold(console, _lines(columns, block, total))


def _print_bold(console: Console, lines: Iterable[str]) -> None:
    console.print(Text("".join(lines), style="bold"), end="", soft_wrap=True)


def _lines(columns: Sequence[Column], block: Block, row: Row) -> Iterator[str]:
    """A row: a line, or several where a text has no room."""
    cells = [_wrapped(row[index], width) for index, width in block.items()]
    for parts in zip_longest(*cells, fillvalue=""):
        padded = (_padded(columns[index], part, block[index]) for index, part in zip(block, parts, strict=True))
        yield (" " * GAP).join(padded).rstrip() + "\n"


def _wrapped(text: str, width: int) -> list[str]:
    if cell_len(text) <= width:
        return [text]
    lines = [""]
    for word in text.split():
        if lines[-1] and cell_len(lines[-1]) + 1 + cell_len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines += chop_cells(word, width)
    return lines[1:]


def _padded(column: Column, text: str, width: int) -> str:
    room = " " * (width - cell_len(text))
    return room + text if column.is_number else text + room


def _print_as_lines(header: Row, rows: Sequence[Row], console: Console) -> None:
    """Each row as lines of label and value; those of a table without labels as they are."""
    for number, row in enumerate(rows):
        pairs = [(label, text) for label, text in zip(header, row, strict=True) if text]
        if any(header):
            labelled = (part for label, text in pairs for part in ((f"{label}: ", "bold"), f"{text}\n"))
            console.print(Text.assemble("\n" * bool(number), *labelled), end="", soft_wrap=True)
        else:
            console.print(Text(" ".join(text for _, text in pairs)), soft_wrap=True)
