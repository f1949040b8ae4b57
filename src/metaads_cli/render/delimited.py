"""CSV and TSV: a header of keys, exact values, one record per row; the total is left to the reader."""

import csv
import io
from collections.abc import Iterable

from metaads_cli.render.table import Table


def write(table: Table, delimiter: str) -> str:
    lines = [_line((column.key for column in table.columns), delimiter)]
    for row in table.rows:
        values = (column.written(value) for column, value in zip(table.columns, row, strict=True))
        lines.append(_line(values, delimiter))
    return "".join(lines)


def _line(values: Iterable[str], delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerow(values)  # quotes what holds either of both
    return out.getvalue().removesuffix("\r\n") + "\n"
