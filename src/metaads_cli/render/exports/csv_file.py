"""CSV as PostgreSQL's COPY reads and writes it: exact values, nothing for an unknown one, "" for an empty text."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

from metaads_cli.models.export import ExportColumn, Kind, Row, Value, Write
from metaads_cli.render.exports.values import utc_text

_QUOTED = re.compile(r'[",\r\n]')


@contextmanager
def csv_writer(stream: BinaryIO, columns: Sequence[ExportColumn]) -> Iterator[Write]:
    formats = [_FORMATS[column.kind] for column in columns]

    def write(rows: Sequence[Row]) -> None:
        cells = [_cells(form, values) for form, values in zip(formats, zip(*rows, strict=True), strict=True)]
        stream.write(("\n".join(map(",".join, zip(*cells, strict=True))) + "\n").encode())

    stream.write((",".join(_text(column.name) for column in columns) + "\n").encode())
    yield write


def _cells(form: Callable[[Any], str], values: Sequence[Value]) -> list[str]:
    return ["" if value is None else form(value) for value in values]


def _text(value: str) -> str:
    if not value or _QUOTED.search(value):
        return '"' + value.replace('"', '""') + '"'
    return value


_FORMATS: dict[Kind, Callable[[Any], str]] = {
    "text": _text,
    "json": _text,
    "number": str,
    "count": str,
    "amount": "{:f}".format,
    "flag": lambda value: "true" if value else "false",
    "day": str,
    "moment": utc_text,
}
