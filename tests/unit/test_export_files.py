"""Files of exports: every value as it was, or refused; a file whole, or not there."""

import csv
import gc
import io
import json
import os
import re
import stat
import sys
import threading
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, cast

import openpyxl
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as some

from metaads_cli.errors import ConfigError, InputError
from metaads_cli.files import whole_file
from metaads_cli.models.export import ExportColumn, Kind, Row, Value
from metaads_cli.render import spreadsheet
from metaads_cli.render.exports import open_writer
from metaads_cli.render.exports.parquet_file import GROUP_ROWS

FORMATS = ["csv", "jsonl", "parquet", "xlsx"]
KINDS: tuple[Kind, ...] = ("text", "json", "number", "count", "amount", "flag", "day", "moment")
COLUMNS = [ExportColumn(kind, kind) for kind in KINDS]
NOON = datetime(2026, 10, 10, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=-3)))
HUGE = Decimal("123456789012.1234567890")
TINY = "9.51328108019400093949339601364698309609E-19"
"""Arrow takes it, and drops digits."""
FULL: Row = ('Íñigo 🦷,\n"=1+1"', '[{"value": 1.10}]', 7, 2**62, HUGE, True, date(2026, 10, 10), NOON)
EMPTY: Row = (None,) * len(KINDS)

texts = some.text(some.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
amounts = some.decimals(allow_nan=False, allow_infinity=False)
moments = some.datetimes(timezones=some.timezones(), allow_imaginary=False).filter(
    lambda moment: 2 < moment.year < 9998
)
values: dict[Kind, some.SearchStrategy[Any]] = {
    "text": texts,
    "json": some.recursive(texts | some.integers(), some.lists).map(json.dumps),
    "number": some.integers(-(2**63), 2**63 - 1),
    "count": some.integers(-(2**63), 2**63 - 1),
    "amount": amounts,
    "flag": some.booleans(),
    "day": some.dates(),
    "moment": moments,
}
rows = some.lists(some.tuples(*(some.none() | values[kind] for kind in KINDS)), min_size=1)


def written(name: str, *batches: Sequence[Row], columns: Sequence[ExportColumn] = COLUMNS) -> bytes:
    stream = io.BytesIO()
    with open_writer(name, stream, columns, "rows") as write:
        for batch in batches:
            write(batch)
    return stream.getvalue()


def parquet_rows(data: bytes) -> list[tuple[Any, ...]]:
    table = pyarrow.parquet.read_table(io.BytesIO(data))
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def sheet_rows(data: bytes) -> list[tuple[Any, ...]]:
    """All sheets, without their headers."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    return [row for sheet in book.worksheets for row in list(sheet.iter_rows(values_only=True))[1:]]


def in_utc(value: Value) -> Value:
    """A time in its own zone may be one of two, and equals no other."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value


@given(rows)
def test_json_lines_hold_every_value_exactly(given_rows: list[Row]) -> None:
    lines = written("jsonl", given_rows).split(b"\n")
    assert lines.pop() == b""
    for line, row in zip(lines, given_rows, strict=True):
        found = json.loads(line, parse_float=Decimal)
        assert list(found) == list(KINDS)
        for kind, value in zip(KINDS, row, strict=True):
            assert found[kind] == _as_json(kind, value)


def _as_json(kind: Kind, value: Any) -> object:
    if value is None:
        return None
    if kind == "json":
        return json.loads(value, parse_float=Decimal)
    if kind == "moment":
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value) if kind == "day" else value


@given(rows)
def test_csv_holds_every_value_exactly(given_rows: list[Row]) -> None:
    text = written("csv", given_rows).decode()
    header, *lines = csv.reader(io.StringIO(text, newline=""))
    assert header == list(KINDS)
    for line, row in zip(lines, given_rows, strict=True):
        for kind, cell, value in zip(KINDS, line, row, strict=True):
            assert (None if cell == "" and value is None else _from_csv(kind, cell)) == in_utc(value)


def _from_csv(kind: Kind, cell: str) -> object:
    read = {"number": int, "count": int, "amount": Decimal, "day": date.fromisoformat, "moment": datetime.fromisoformat}
    return cell == "true" if kind == "flag" else read.get(kind, str)(cell)


def test_csv_tells_an_empty_text_from_an_unknown_one() -> None:
    columns = [ExportColumn("a"), ExportColumn("b")]
    assert written("csv", [("", None), (None, ""), ("=1+1", "-1")], columns=columns) == b'a,b\n"",\n,""\n=1+1,-1\n'


@given(rows)
def test_parquet_holds_every_value_exactly_or_refuses_it(given_rows: list[Row]) -> None:
    place = KINDS.index("amount")
    amounts_fit = all(row[place] is None or _fits(cast("Decimal", row[place])) for row in given_rows)
    if not amounts_fit:
        with pytest.raises(InputError, match="column amount cannot be written exactly"):
            written("parquet", given_rows)
        return
    assert parquet_rows(written("parquet", given_rows)) == [tuple(map(in_utc, row)) for row in given_rows]


def _fits(value: Decimal) -> bool:
    """20 digits before the point, 18 after it."""
    whole, _, part = f"{value.copy_abs():f}".partition(".")
    return len(whole.lstrip("0")) <= 20 and len(part.rstrip("0")) <= 18


@given(some.integers(0, 10**12 - 1), some.integers(0, 10**10 - 1), some.booleans())
def test_parquet_holds_every_amount_with_twelve_and_ten_digits(whole: int, part: int, negative: bool) -> None:
    amount = Decimal(f"{'-' if negative else ''}{whole}.{part:010}")
    assert parquet_rows(written("parquet", [(amount,)], columns=[ExportColumn("x", "amount")])) == [(amount,)]


@pytest.mark.parametrize(
    "amount", ["1E+20", "1E-19", "12345678901234567890.1234567890123456789", TINY, "NaN", "Infinity"]
)
def test_what_parquet_cannot_hold_is_refused_and_leaves_no_file(amount: str) -> None:
    stream = io.BytesIO()

    def write_both() -> None:
        with open_writer("parquet", stream, [ExportColumn("spend", "amount")], "rows") as write:
            write([(Decimal(1),)])
            write([(Decimal(amount),)])

    with pytest.raises(InputError) as refused:
        write_both()
    gc.collect()  # the library ends a file when its writer goes
    assert f": {Decimal(amount):f}; " in refused.value.message
    assert "CSV" in str(refused.value.hint)
    assert stream.getvalue() == b"PAR1"


@pytest.mark.parametrize("amount", ["NaN", "-Infinity"])
def test_json_has_no_word_for_what_is_no_number(amount: str) -> None:
    with pytest.raises(InputError, match=amount):
        written("jsonl", [(Decimal(amount),)], columns=[ExportColumn("x", "amount")])
    assert written("csv", [(Decimal(amount),)], columns=[ExportColumn("x", "amount")]) == f"x\n{amount}\n".encode()


def test_parquet_has_the_same_types_whatever_the_rows() -> None:
    of_rows, of_none = (pyarrow.parquet.read_schema(io.BytesIO(written("parquet", *b))) for b in ([[FULL]], []))
    assert of_rows == of_none
    types = ["string", "string", "int64", "int64", "decimal128(38, 18)", "bool", "date32[day]"]
    assert [str(field.type) for field in of_none] == [*types, "timestamp[us, tz=UTC]"]


def test_parquet_writes_a_row_group_when_there_is_enough_of_it() -> None:
    batch = [(number,) for number in range(GROUP_ROWS // 2)]
    data = written("parquet", batch, batch, batch, columns=[ExportColumn("n", "count")])
    file = pyarrow.parquet.ParquetFile(io.BytesIO(data))
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [GROUP_ROWS, GROUP_ROWS // 2]


@given(some.lists(some.tuples(texts, amounts, some.integers(-(2**63), 2**63 - 1), some.dates(date(1901, 1, 1))), min_size=1))  # fmt: skip  # noqa: E501
def test_a_workbook_holds_every_number_exactly_and_runs_no_text(given_rows: list[Row]) -> None:
    columns = [ExportColumn("t"), ExportColumn("a", "amount"), ExportColumn("n", "count"), ExportColumn("d", "day")]
    for found, (text, amount, count, day) in zip(
        sheet_rows(written("xlsx", given_rows, columns=columns)), given_rows, strict=True
    ):
        assert found[0] == (cleaned(cast("str", text)) or None)
        assert Decimal(str(found[1])) == amount
        assert Decimal(str(found[2])) == count
        assert found[3].date() == day


def cleaned(text: str) -> str:
    """What a cell cannot hold is a space."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]", " ", text.replace("\r\n", "\n").replace("\r", "\n"))


def test_a_workbook_has_times_in_utc() -> None:
    found = sheet_rows(written("xlsx", [FULL, EMPTY, FULL]))
    assert found[0][-1] == datetime.fromisoformat("2026-10-10T15:00:00.123")
    assert found[0][:2] == FULL[:2]
    assert found[0][KINDS.index("amount")] == str(HUGE)
    assert found[1] == EMPTY


def test_rows_that_a_sheet_has_no_room_for_go_to_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 4)
    data = written("xlsx", [(n,) for n in range(5)], [(5,), (6,)], columns=[ExportColumn("n", "count")])
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["rows", "rows 2", "rows 3"]
    assert [[cell.value for cell in sheet["A"]] for sheet in book.worksheets] == [
        ["n", 0, 1, 2],
        ["n", 3, 4, 5],
        ["n", 6],
    ]


def test_a_text_too_long_for_a_cell_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(InputError, match="32,767"):
        written("xlsx", [("🦷" * 16_384,)], columns=[ExportColumn("actions", "json")])
    assert sheet_rows(written("xlsx", [("🦷" * 16_383,)], columns=[ExportColumn("t")])) == [("🦷" * 16_383,)]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", FORMATS)
def test_an_export_without_rows_has_its_columns(name: str) -> None:
    data = written(name)
    if name == "parquet":
        assert pyarrow.parquet.read_table(io.BytesIO(data)).column_names == list(KINDS)
    elif name == "xlsx":
        assert [cell.value for cell in openpyxl.load_workbook(io.BytesIO(data)).worksheets[0][1]] == list(KINDS)
    else:
        assert data == (",".join(KINDS).encode() + b"\n" if name == "csv" else b"")


class Full(io.RawIOBase):
    """A disk that is full after so many bytes."""

    def __init__(self, room: int):
        self.room = room

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.room -= len(data)
        if self.room < 0:
            raise OSError(28, "No space left on device")
        return len(data)


@pytest.mark.parametrize("name", FORMATS)
def test_a_full_disk_is_told_of_once(name: str) -> None:
    with (
        pytest.raises(OSError, match="No space left"),
        open_writer(name, cast("BinaryIO", Full(4)), COLUMNS, "rows") as write,
    ):
        write([FULL])
    gc.collect()  # nothing is written later: what is raised in a finaliser fails the test


def test_parquet_without_its_library_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "pyarrow.parquet")
    with pytest.raises(ConfigError, match="pyarrow") as missing:
        written("parquet")
    assert "pip install 'metaads-cli[parquet]'" in str(missing.value.hint)


@pytest.mark.parametrize("name", ["csv", "jsonl", "xlsx"])
def test_four_times_as_many_rows_take_no_more_memory(name: str, tmp_path: Path) -> None:
    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            with (tmp_path / "file").open("wb") as stream, open_writer(name, stream, COLUMNS, "rows") as write:
                for _ in range(count):
                    write([FULL] * 100)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(12)  # what is loaded and cached once
    assert peak(48) < 1.2 * peak(12)


def test_a_file_is_there_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    with whole_file(path) as stream:
        stream.write(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt, OSError])
def test_what_was_there_stays_when_writing_fails(tmp_path: Path, failure: type[BaseException]) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"old")

    def write_half() -> None:
        with whole_file(path) as stream:
            stream.write(b"new")
            raise failure

    with pytest.raises(failure):
        write_half()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_who_could_not_read_the_file_before_cannot_read_it_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.touch(0o600)
    with whole_file(path) as stream:
        assert [stat.S_IMODE(other.stat().st_mode) for other in tmp_path.iterdir()] == [0o600, 0o600]
        stream.write(b"new")
    assert (stat.S_IMODE(path.stat().st_mode), path.read_bytes()) == (0o600, b"new")


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "rows.csv"
    link.symlink_to(tmp_path / "there" / "rows.csv")
    with whole_file(link) as stream:
        stream.write(b"new")
    assert link.is_symlink()
    assert (tmp_path / "there" / "rows.csv").read_bytes() == b"new"


def test_a_pipe_is_written_to_as_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    with whole_file(pipe) as stream:
        stream.write(b"new")
    reader.join()
    assert got == [b"new"]
    assert pipe.is_fifo()
