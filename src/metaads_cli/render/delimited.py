"""CSV and TSV: a header of keys, exact values, one record per row; the total is left to the reader."""

import csv
import io

from metaads_cli.render.table import Table


def write(table: Table, delimiter: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(column.key for column in table.columns)
    for row in table.rows:
        writer.writerow(column.written(value) for column, value in zip(table.columns, row, strict=True))
    return out.getvalue()
