"""XLSX, for people: rows leave the memory as they are written, and go on on a further sheet where one is full."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import BinaryIO, Literal, cast

from metaads_cli.models.export import ExportColumn, Kind, Row, Value, Write
from metaads_cli.render.exports.output import Output
from metaads_cli.render.exports.values import unfit
from metaads_cli.render.spreadsheet import LONGEST_TEXT, Book, Sheet
from metaads_cli.render.table import Column

_KINDS: dict[Kind, Literal["text", "count", "amount"]] = {"count": "count", "amount": "amount"}


@contextmanager
def xlsx_writer(stream: BinaryIO, columns: Sequence[ExportColumn], title: str) -> Iterator[Write]:
    from xlsxwriter.exceptions import FileCreateError

    output = Output(stream)
    try:
        with Book(cast("BinaryIO", output), title=title, streamed=True) as book:
            yield _Sheets(book, columns, title).write
    except FileCreateError as error:  # what the library makes of a full disk and of a closed pipe
        raise error.args[0] from None
    finally:
        output.abandon()


class _Sheets:
    """As many sheets as the rows need, each with a header."""

    def __init__(self, book: Book, columns: Sequence[ExportColumn], title: str):
        self._book, self._columns, self._title = book, columns, title
        self._shown = [Column(column.name, column.name, _KINDS.get(column.kind, "text")) for column in columns]
        self._count = 0
        self._sheet = self._next()

    def write(self, rows: Sequence[Row]) -> None:
        for row in rows:
            if self._sheet.is_full:
                self._sheet = self._next()
            self._sheet.add([_cell(column, value) for column, value in zip(self._columns, row, strict=True)])

    def _next(self) -> Sheet:
        self._count += 1
        return self._book.sheet(f"{self._title} {self._count}" if self._count > 1 else self._title, self._shown)


def _cell(column: ExportColumn, value: Value) -> Value:
    """The value as a sheet takes it: times in UTC, as it knows no time zones. A text too long for a cell is refused."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, str) and len(value) > LONGEST_TEXT // 2 and len(value.encode("utf-16-le")) > LONGEST_TEXT * 2:
        limit = f"a cell of XLSX holds {LONGEST_TEXT:,} characters"
        raise unfit(column, value, limit, "Export it to Parquet, CSV or JSON lines")
    return value
