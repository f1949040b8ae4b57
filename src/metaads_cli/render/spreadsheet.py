"""Excel workbooks: numbers are numbers, ids and texts are text whatever they begin with, days are days."""

import io
import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from rich.cells import cell_len

from metaads_cli.errors import UsageError
from metaads_cli.render.table import Cell, Column, Table

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format

Value = Cell | float | datetime
MOST_ROWS = 1_048_576
"""Of a sheet, its header included."""
LONGEST_TEXT = 32_767
"""Of a cell, in UTF-16 units."""
LONGEST_NAME = 31
"""Of a sheet."""
DIGITS = 15
"""A spreadsheet rounds a number that has more of them. It is written as text, exactly."""
LARGEST = 300
"""Powers of ten, either way."""
FIRST_YEAR = 1901
"""Days before it have no number, or another one in each program."""
WIDTHS = range(6, 60)
MEASURED_ROWS = 1_000
"""A column is as wide as these need."""

_NUMBERS = {"count": "#,##0", "amount": "#,##0.00", "percent": "0.0%", "change": "+0.0%;-0.0%;0.0%"}
_LINE_END = re.compile(r"\r\n?")
# What XML cannot hold, and what a terminal or a browser would obey.
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_FORMULA = re.compile(r"[=+\-@\t\r＝＋－＠]")
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\']")


def write(table: Table, name: str) -> bytes:
    """The table as people see it on a sheet of that name; what its title says is on a second one."""
    out = io.BytesIO()
    with Book(out, title=table.title or name) as book:
        if table.notes is None:
            _write_rows(book, table.for_people(), name)
        else:
            _write_record(book, table, name)
        about = [table.title, None if table.rows else table.empty]
        if any(about):
            sheet = book.sheet("About", [Column("about", "About")])
            for text in filter(None, about):
                sheet.add([text])
    return out.getvalue()


def _write_rows(book: "Book", table: Table, name: str) -> None:
    sheet = book.sheet(name, table.columns)
    for row in table.rows:
        sheet.add(row)
    if table.total:
        sheet.add_total(table.for_total())


def _write_record(book: "Book", table: Table, name: str) -> None:
    """A line for each value, each in the form of its own column."""
    text = Column("text", "")
    sheet = book.sheet(name, [Column("label", "What"), Column("value", "Value"), Column("note", "Note")])
    for column, value, note in table.facts():
        sheet.add([column.label, value, note or None], [text, column, text])


class Book:
    """A workbook on its way into a file, complete when the context ends without an error.

    `streamed`: each row leaves the memory when the next one comes; for files of any length.
    """

    def __init__(self, file: BinaryIO, *, title: str = "", streamed: bool = False):
        self._file, self._title, self._streamed = file, title, streamed
        self._sheets: list[Sheet] = []

    def __enter__(self) -> Self:
        from xlsxwriter import Workbook

        self._directory = TemporaryDirectory(prefix="metaads-")
        options = {"constant_memory": True, "tmpdir": self._directory.name} if self._streamed else {"in_memory": True}
        self._book = Workbook(self._file, options)
        self._book.use_zip64()
        self._book.set_properties({"title": _clean(self._title)[:255]})
        self._formats = _Formats(self._book)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._directory:
            try:
                if error is None:
                    for sheet in self._sheets:
                        sheet.finish()
                    self._book.close()
            finally:
                self._close_temporary_files()

    def _close_temporary_files(self) -> None:
        """Those of a book that was not finished: the library closes them in `close` only."""
        if self._streamed:
            for sheet in self._book.worksheets():
                sheet._opt_close()

    def sheet(self, name: str, columns: Sequence[Column], header: Sequence[str] | None = None) -> "Sheet":
        """A new sheet with a header: the columns' labels, or what is given."""
        legal = _cut(_NOT_IN_A_NAME.sub(" ", _clean(name)).strip(), LONGEST_NAME)
        sheet = Sheet(self._book.add_worksheet(legal), self._formats, columns, header)
        self._sheets.append(sheet)
        return sheet


class Sheet:
    """Rows beneath a header that stays in sight. `rows` counts them."""

    def __init__(self, sheet: Any, formats: "_Formats", columns: Sequence[Column], header: Sequence[str] | None):
        self.rows = 0
        self._sheet, self._formats, self._columns = sheet, formats, columns
        labels = [column.label for column in columns] if header is None else header
        self._widths = [cell_len(label) + 3 for label in labels]  # the filter's button covers some of it
        for index, (column, label) in enumerate(zip(columns, labels, strict=True)):
            sheet.write_string(0, index, label, formats.header(column))

    @property
    def is_full(self) -> bool:
        return self.rows + 1 >= MOST_ROWS

    def add(self, row: Sequence[Value], columns: Sequence[Column] | None = None) -> None:
        """Write a row; `columns` are its own, where they differ. Raises UsageError when the sheet is full."""
        if self.is_full:
            raise UsageError(
                f"An Excel sheet holds {MOST_ROWS - 1:,} rows, and there are more",
                hint="Choose fewer days, or a format without that limit, such as csv",
            )
        self.rows += 1
        self._write(self.rows, row, columns or self._columns)

    def add_total(self, row: Sequence[Value]) -> None:
        """A bold last row, past an empty one: what stands right beneath the rows is filtered and sorted with them."""
        self._write(self.rows + 2, row, self._columns, bold=True)

    def finish(self) -> None:
        sheet, last = self._sheet, len(self._columns) - 1
        for index, width in enumerate(self._widths):
            sheet.set_column(index, index, min(max(width, WIDTHS.start), WIDTHS.stop))
        sheet.autofilter(0, 0, self.rows, last)
        sheet.freeze_panes(1, 0)
        sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{MOST_ROWS}"})  # ids are, and every one would be marked
        sheet.repeat_rows(0)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)

    def _write(self, at: int, row: Sequence[Value], columns: Sequence[Column], *, bold: bool = False) -> None:
        for index, (column, value) in enumerate(zip(columns, row, strict=True)):
            if value is not None:
                write_cell(self._sheet, (at, index), column, value, self._formats, bold=bold)
        if bold or at <= MEASURED_ROWS:
            self._measure(row, columns)

    def _measure(self, row: Sequence[Value], columns: Sequence[Column]) -> None:
        for index, (column, value) in enumerate(zip(columns, row, strict=True)):
            shown = column.shown(value) if is_number(value) and column.is_number else str(value)  # type: ignore[arg-type]
            self._widths[index] = max(self._widths[index], *(cell_len(line) + 1 for line in shown.split("\n")))


def write_cell(
    sheet: Any, place: tuple[int, int], column: Column, value: Value, formats: "_Formats", *, bold: bool = False
) -> None:
    """One cell of an XlsxWriter sheet. A time is that of its own zone: a spreadsheet knows none."""
    if isinstance(value, bool):
        sheet.write_boolean(*place, value, formats.of("General", bold=bold))
    elif isinstance(value, datetime) and value.year >= FIRST_YEAR:
        sheet.write_datetime(*place, value.replace(tzinfo=None), formats.of("yyyy-mm-dd hh:mm:ss", bold=bold))
    elif isinstance(value, date) and value.year >= FIRST_YEAR:
        sheet.write_datetime(*place, value, formats.of("yyyy-mm-dd", bold=bold))
    elif is_number(value) and column.kind != "id":
        sheet.write_number(*place, value, formats.of(_NUMBERS.get(column.kind, "General"), bold=bold))
    else:
        _write_text(sheet, place, _as_text(value), formats.text(column, value, bold=bold))


def _write_text(sheet: Any, place: tuple[int, int], text: str, form: "Format") -> None:
    """Never a formula, a link or, as XlsxWriter takes what looks so, XML of ours."""
    if text.startswith("<r>") and text.endswith("</r>"):
        sheet.write_rich_string(*place, text[0], text[1], text[2:], form)
    elif text:
        sheet.write_string(*place, text, form)


def is_number(value: Value) -> bool:
    """Whether a spreadsheet holds it without rounding it."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return False
    if isinstance(value, float):
        return isfinite(value)
    exact = Decimal(value)
    digits = exact.as_tuple().digits
    return exact.is_finite() and abs(exact.adjusted()) < LARGEST and not any(digits[DIGITS:])


def _as_text(value: Value) -> str:
    return _cut(_clean(f"{value:f}" if isinstance(value, Decimal) else str(value)), LONGEST_TEXT)


def _cut(text: str, most: int) -> str:
    """The text within so many UTF-16 units, as Excel counts."""
    if len(text) <= most // 2:
        return text
    return text.encode("utf-16-le")[: most * 2].decode("utf-16-le", "ignore")


def _clean(text: str) -> str:
    return _UNWRITABLE.sub(" ", _LINE_END.sub("\n", text))


class _Formats:
    """The workbook's cell formats, each made once."""

    def __init__(self, book: "Workbook"):
        self._book = book
        self._made: dict[tuple[object, ...], Format] = {}

    def of(
        self, number: str, *, bold: bool = False, align: str = "", bottom: int = 0, quoted: bool = False
    ) -> "Format":
        key = (number, bold, align, bottom, quoted)
        if key not in self._made:
            properties = {"num_format": number, "bold": bold, "align": align, "bottom": bottom, "quote_prefix": quoted}
            self._made[key] = self._book.add_format(properties)
        return self._made[key]

    def header(self, column: Column) -> "Format":
        return self.of("@", bold=True, align="right" if column.is_number else "left", bottom=1)

    def text(self, column: Column, value: Value, *, bold: bool) -> "Format":
        """Of a text that could be taken for a number or a formula: also when somebody edits the cell."""
        if column.is_number or column.kind == "id":
            return self.of("@", bold=bold, align="right" if column.is_number else "")
        return self.of("General", bold=bold, quoted=isinstance(value, str) and bool(_FORMULA.match(value)))
