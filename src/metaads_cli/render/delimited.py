"""CSV and TSV: a header of keys, exact values, one record per row; the total is left to the reader."""

import csv
import io
import re
from collections.abc import Iterable

from metaads_cli.render.table import Column, Table

# What begins a formula, where a cell begins: also where a spreadsheet splits a line at semicolons, as those of many
# countries do, or at tabs and line ends, having lost the quotes.
_FORMULA = re.compile(r"""(^|[;\t\r\n])(["']*)(?=[=+\-@＝＋－＠])""")
_GUARDED = re.compile(r"""(^|[;\t\r\n])(["']*)'(?=[=+\-@＝＋－＠])""")


def write(table: Table, delimiter: str, *, guarded: bool = False) -> str:
    """`guarded` for a file that a spreadsheet will open: no text is run as a formula."""
    lines = [_line((column.key for column in table.columns), delimiter)]
    for row in table.rows:
        values = (column.written(value) for column, value in zip(table.columns, row, strict=True))
        if guarded:
            values = (_guard_cell(*cell) for cell in zip(table.columns, values, strict=True))
        lines.append(_line(values, delimiter))
    return "".join(lines)


def guard(text: str) -> str:
    """The text with an apostrophe before whatever a spreadsheet would take for a formula."""
    return _FORMULA.sub(r"\1\2'", text)


def unguard(text: str) -> str:
    """What it was before `guard`, exactly."""
    return _GUARDED.sub(r"\1\2", text)


def _guard_cell(column: Column, text: str) -> str:
    return text if column.is_number else guard(text)


def _line(values: Iterable[str], delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerow(values)  # quotes what holds either of both
    return out.getvalue().removesuffix("\r\n") + "\n"
