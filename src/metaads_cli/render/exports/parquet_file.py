"""Parquet: typed columns, one schema for every export of a kind, so that files of several days lie side by side."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any, BinaryIO

from metaads_cli.errors import ConfigError
from metaads_cli.models.export import ExportColumn, Row, Write
from metaads_cli.render.exports.output import Output
from metaads_cli.render.exports.values import unfit

DIGITS, SCALE = 38, 18
"""Of decimals: 20 places before the point, 18 after it. What has more is refused."""
GROUP_ROWS, GROUP_BYTES = 65_536, 32 * 2**20
"""A row group is written when it has so many rows, or takes so much memory."""
_EXACT = Context(prec=DIGITS, traps=[Inexact, InvalidOperation])
_LAST_PLACE = Decimal(1).scaleb(-SCALE)


@contextmanager
def parquet_writer(stream: BinaryIO, columns: Sequence[ExportColumn]) -> Iterator[Write]:
    file = _ParquetFile(stream, columns)
    try:
        yield file.write
        file.end()
    finally:
        file.abandon()


def require_pyarrow() -> Any:
    """Raises ConfigError where it is not installed."""
    try:
        import pyarrow.parquet
    except ImportError:
        raise ConfigError(
            "Parquet needs pyarrow, which is not installed",
            hint="pip install 'metaads-cli[parquet]', or export to another format: csv, jsonl, xlsx",
        ) from None
    return pyarrow


class _ParquetFile:
    """Batches become Arrow memory at once, which is compact, and row groups when there is enough of it."""

    def __init__(self, stream: BinaryIO, columns: Sequence[ExportColumn]):
        self._arrow = require_pyarrow()
        self._columns = columns
        self._schema = self._arrow.schema([(column.name, self._type(column)) for column in columns])
        self._output = Output(stream)
        self._writer = self._arrow.parquet.ParquetWriter(self._output, self._schema)
        self._waiting: list[Any] = []

    def write(self, rows: Sequence[Row]) -> None:
        arrays = [
            self._array(column, field.type, values)
            for column, field, values in zip(self._columns, self._schema, zip(*rows, strict=True), strict=True)
        ]
        self._waiting.append(self._arrow.RecordBatch.from_arrays(arrays, schema=self._schema))
        if (
            sum(batch.num_rows for batch in self._waiting) >= GROUP_ROWS
            or sum(batch.nbytes for batch in self._waiting) >= GROUP_BYTES
        ):
            self._write_group()

    def end(self) -> None:
        if self._waiting:
            self._write_group()
        self._writer.close()

    def abandon(self) -> None:
        self._output.abandon()
        self._writer.is_open = False  # otherwise it is ended when it is collected

    def _write_group(self) -> None:
        table = self._arrow.Table.from_batches(self._waiting, schema=self._schema)
        self._writer.write_table(table, row_group_size=table.num_rows)
        self._waiting = []

    def _array(self, column: ExportColumn, kind: Any, values: Sequence[Any]) -> Any:
        if column.kind == "amount":
            values = [None if value is None else _exact(column, value) for value in values]
        return self._arrow.array(values, kind)

    def _type(self, column: ExportColumn) -> Any:
        arrow = self._arrow
        match column.kind:
            case "number" | "count":
                return arrow.int64()
            case "amount":
                return arrow.decimal128(DIGITS, SCALE)
            case "flag":
                return arrow.bool_()
            case "day":
                return arrow.date32()
            case "moment":
                return arrow.timestamp("us", tz="UTC")
        return arrow.string()


def _exact(column: ExportColumn, value: Decimal) -> Decimal:
    """The same number with all its places: Arrow itself does not always see that some do not fit."""
    try:
        found = _EXACT.quantize(value, _LAST_PLACE)
    except (Inexact, InvalidOperation):
        found = None
    if found is None or not found.is_finite():
        limit = f"Parquet holds {DIGITS - SCALE} digits before the point and {SCALE} after it"
        raise unfit(column, value, limit, "Export it as CSV or JSON lines, which hold any number")
    return found
