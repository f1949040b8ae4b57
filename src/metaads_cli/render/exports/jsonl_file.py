"""JSON lines: an object per row, amounts as numbers with their exact decimals."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from typing import Any, BinaryIO

import msgspec

from metaads_cli.models.export import ExportColumn, Row, Write
from metaads_cli.render.exports.values import unfit

_encoder = msgspec.json.Encoder(decimal_format="number")


@contextmanager
def jsonl_writer(stream: BinaryIO, columns: Sequence[ExportColumn]) -> Iterator[Write]:
    names = [column.name for column in columns]
    special = [(place, column) for place, column in enumerate(columns) if column.kind in {"json", "moment", "amount"}]

    def write(rows: Sequence[Row]) -> None:
        stream.write(_encoder.encode_lines([dict(zip(names, _prepared(row, special), strict=True)) for row in rows]))

    yield write


def _prepared(row: Row, special: Sequence[tuple[int, ExportColumn]]) -> list[Any]:
    values: list[Any] = list(row)
    for place, column in special:
        if values[place] is not None:
            values[place] = _json_value(column, values[place])
    return values


def _json_value(column: ExportColumn, value: Any) -> Any:
    if column.kind == "json":
        return msgspec.Raw(value.encode())
    if column.kind == "moment":
        return value.astimezone(UTC)
    if not value.is_finite():
        raise unfit(column, value, "JSON has numbers only", "Export it as CSV")
    return value
