"""Excel workbooks, read back with another library: numbers as they were, and text that stays text."""

import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from metaads_cli.errors import UsageError
from metaads_cli.render import spreadsheet
from metaads_cli.render.spreadsheet import Book
from metaads_cli.render.table import Column, Table

DAY = Column("period", "Day", "id")
NAME = Column("name", "Name")
AD = Column("ad_id", "Ad", "id")
LEADS = Column("leads", "Leads", "count")
SPEND = Column("spend", "Spend", "amount")
RATE = Column("rate", "Rate", "percent")
ROW = [date(2026, 11, 1), "Clínica Ñandú", "120200000000000001", 1234, Decimal("1234.50"), Decimal("0.3330")]
TABLE = Table([DAY, NAME, AD, LEADS, SPEND, RATE], [ROW], title="Tenant 1")


def sheets(data: bytes) -> list[Worksheet]:
    return openpyxl.load_workbook(io.BytesIO(data)).worksheets


def only_cell(column: Column, value: Any) -> Any:
    return sheets(spreadsheet.write(Table([column], [[value]]), "t"))[0]["A2"]


def test_a_table_is_a_sheet_with_a_frozen_bold_header_and_a_filter() -> None:
    sheet, about = sheets(spreadsheet.write(TABLE, "stats"))
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["Day", "Name", "Ad", "Leads", "Spend", "Rate"],
        [datetime(2026, 11, 1), "Clínica Ñandú", "120200000000000001", 1234, 1234.5, 0.333],  # noqa: DTZ001
    ]
    assert (sheet.title, sheet.freeze_panes, sheet.auto_filter.ref) == ("stats", "A2", "A1:F2")
    assert all(cell.font.bold for cell in sheet[1])
    assert not any(cell.font.bold for cell in sheet[2])
    assert [cell.alignment.horizontal for cell in sheet[1]] == ["left", "left", "left", "right", "right", "right"]
    assert [cell.number_format for cell in sheet[2]] == ["yyyy-mm-dd", "General", "@", "#,##0", "#,##0.00", "0.0%"]
    assert [row[0].value for row in about.iter_rows()] == ["About", "Tenant 1"]


def test_columns_are_as_wide_as_what_is_in_them() -> None:
    rows = [["x" * 40, 1], ["y" * 500, 123_456_789]]
    sheet = sheets(spreadsheet.write(Table([NAME, LEADS], rows), "t"))[0]
    assert [round(sheet.column_dimensions[letter].width) for letter in "AB"] == [61, 13]


@pytest.mark.parametrize(
    "text",
    [
        "120200000000000001",
        "0012",
        "-1",
        "1e5",
        "+1 555 000 1111",
        "=1+1",
        "@SUM(A1)",
        "{=A1}",
        "http://example.org",
        "mailto:a",
        "internal:Sheet1!A1",
        "<r>bold</r>",
        "<r></r>",
        " a ",
        "_x0041_",
        "TRUE",
        "2026-11-01",
        "two\nlines",
        "😀 ñ 日本",
    ],
)
@pytest.mark.parametrize("column", [NAME, AD])
def test_text_stays_text(column: Column, text: str) -> None:
    cell = only_cell(column, text)
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a"])
def test_a_text_that_looks_like_a_formula_stays_text_when_somebody_edits_it(text: str) -> None:
    assert only_cell(NAME, text).quotePrefix
    assert only_cell(AD, text).number_format == "@"


@given(st.text(max_size=60))
@example("\ufffe\uffff\x00\x1b[2J")
@example("a\rb\r\nc")
def test_any_text_makes_a_valid_file(text: str) -> None:
    data = spreadsheet.write(Table([NAME], [[text], ["end"]], title=text), f"t {text}")
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        for name in parts.namelist():
            ET.fromstring(parts.read(name))
    assert sheets(data)[0]["A3"].value == "end"


def test_a_text_that_is_too_long_for_a_cell_is_cut_between_letters() -> None:
    cut = only_cell(NAME, "😀" * 20_000).value
    assert cut == "😀" * 16_383


@given(
    st.decimals(allow_nan=False, allow_infinity=False) | st.decimals(places=2, allow_nan=False, allow_infinity=False)
)
@example(Decimal("123456789012345678.10"))
@example(Decimal("9.00000000000001"))
@example(Decimal("1E+400"))
def test_an_amount_is_exact_as_a_number_or_else_as_text(amount: Decimal) -> None:
    data = spreadsheet.write(Table([SPEND], [[amount]]), "t")
    cell = sheets(data)[0]["A2"]
    if cell.data_type == "n":
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            sheet = ET.fromstring(parts.read("xl/worksheets/sheet1.xml"))
        written = [value.text for value in sheet.iter() if value.tag.endswith("}v")][-1]
        assert Decimal(str(written)) == amount
    else:
        assert Decimal(cell.value) == amount
        assert len(amount.normalize().as_tuple().digits) > 15 or abs(amount.adjusted()) >= 300


@pytest.mark.parametrize("amount", [Decimal("NaN"), Decimal("Infinity"), float("inf")])
def test_what_is_no_number_is_text(amount: Decimal) -> None:
    assert only_cell(SPEND, amount).data_type == "s"


def test_an_unknown_value_is_an_empty_cell_and_zero_is_zero() -> None:
    assert [only_cell(LEADS, value).value for value in (None, 0)] == [None, 0]


def test_a_moment_is_that_of_its_own_zone_and_a_flag_is_a_flag() -> None:
    moment = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)
    assert only_cell(NAME, moment).value == moment.replace(tzinfo=None)
    assert (only_cell(NAME, True).value, only_cell(NAME, True).data_type) == (True, "b")
    assert only_cell(DAY, date(1, 1, 1)).value == "0001-01-01"


def test_the_total_stands_apart_so_that_no_filter_takes_it_for_a_row() -> None:
    total = ["Total", None, None, 1234, Decimal("1234.5"), None]
    sheet = sheets(spreadsheet.write(Table(TABLE.columns, [ROW], total=total), "stats"))[0]
    assert [cell.value for cell in sheet[4]] == ["Total", None, None, 1234, 1234.5, None]
    assert (sheet["D4"].font.bold, sheet["A3"].value, sheet.auto_filter.ref) == (True, None, "A1:F2")


def test_one_record_is_a_line_for_each_of_its_values() -> None:
    table = Table([LEADS, Column("x", "X"), NAME], [[5, None, "n"]], notes=["people", "", ""], optional=frozenset("x"))
    sheet = sheets(spreadsheet.write(table, "ingest"))[0]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["What", "Value", "Note"],
        ["Leads", 5, "people"],
        ["Name", "n", None],
    ]


def test_without_rows_there_is_the_header_and_what_people_are_told() -> None:
    sheet, about = sheets(spreadsheet.write(Table([NAME, LEADS], [], empty="Nobody came."), "stats"))
    assert [cell.value for cell in sheet[1]] == ["Name", "Leads"]
    assert sheet.max_row == 1
    assert about["A2"].value == "Nobody came."


@pytest.mark.parametrize("name", ["a/b:c?d*e[f]g", "x" * 40, "'quoted'", "\x1b"])
def test_any_name_can_be_that_of_a_sheet(name: str) -> None:
    assert 0 < len(sheets(spreadsheet.write(TABLE, name))[0].title) <= 31


def test_a_streamed_book_is_the_same_and_what_failed_is_no_book() -> None:
    out = io.BytesIO()
    with Book(out, streamed=True) as book:
        sheet = book.sheet("rows", [NAME, LEADS], ["name", "leads"])
        for number in range(3):
            sheet.add(["<r>=1</r>", number])
    assert [[cell.value for cell in row] for row in sheets(out.getvalue())[0].iter_rows()] == [
        ["name", "leads"],
        *(["<r>=1</r>", number] for number in range(3)),
    ]
    broken = io.BytesIO()
    with pytest.raises(ZeroDivisionError), Book(broken, streamed=True) as book:
        book.sheet("rows", [LEADS]).add([1 // 0])
    assert broken.getvalue() == b""


def test_a_full_sheet_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 3)
    with pytest.raises(UsageError, match="An Excel sheet holds 2 rows"):
        spreadsheet.write(Table([LEADS], [[1], [2], [3]]), "t")
