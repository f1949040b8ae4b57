"""Rows of an export as a file, one format per module. Nothing but the rows in hand is kept in memory."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import BinaryIO

from metaads_cli.models.export import ExportColumn, Write

BINARY = frozenset({"parquet", "xlsx"})


def open_writer(
    name: str, stream: BinaryIO, columns: Sequence[ExportColumn], title: str
) -> AbstractContextManager[Write]:
    """What takes the rows and writes them in the format of this name. The file is whole when the block ends without an
    error. Raises ConfigError where a library is missing, InputError for a value that the format cannot hold exactly."""
    match name:
        case "parquet":
            from metaads_cli.render.exports.parquet_file import parquet_writer

            return parquet_writer(stream, columns)
        case "xlsx":
            from metaads_cli.render.exports.xlsx_file import xlsx_writer

            return xlsx_writer(stream, columns, title)
        case "jsonl":
            from metaads_cli.render.exports.jsonl_file import jsonl_writer

            return jsonl_writer(stream, columns)
    from metaads_cli.render.exports.csv_file import csv_writer

    return csv_writer(stream, columns)
