"""CSV of flat rows: what spreadsheets write, and what is broken about it."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaads_cli.referrals.decoding import BrokenDocument, Document, Place
from metaads_cli.referrals.documents import read_documents
from metaads_cli.referrals.envelopes import contents
from metaads_cli.referrals.shapes import is_payload

MB = 2**20
HEADER = b"phone,ad_id,headline"


def read(raw: bytes, max_bytes: int = MB) -> list[Document | BrokenDocument]:
    stream = io.BufferedReader(io.BytesIO(raw))
    return list(read_documents(stream, max_bytes=max_bytes, is_payload=is_payload, rows=True))


def values(raw: bytes) -> list[object]:
    return [one.value if isinstance(one, Document) else one.reason for one in read(raw)]


TABLES = {
    "commas": b"phone,ad_id\n1,2\n3,4\n",
    "semicolons": b"phone;ad_id\n1;2\n3;4\n",
    "tabs": b"phone\tad_id\n1\t2\n3\t4\n",
    "CRLF and no last line end": b"phone,ad_id\r\n1,2\r\n3,4",
    "a byte order mark": b"\xef\xbb\xbfphone,ad_id\n1,2\n3,4\n",
    "quotes": b'"phone","ad_id"\n"1","2"\n"3",4\n',
    "quotes and a mark": b'\xef\xbb\xbf"phone";"ad_id"\n"1";"2"\n3;4\n',
    "blanks around names": b" phone , ad_id\n1,2\n3,4\n",
    "blank lines and blank rows": b"\n\nphone,ad_id\n\n1,2\n,\n \n3,4\n\n",
    "empty cells at the end": b"phone,ad_id\n1,2,,\n3,4,\n",
    "a header in the middle": b"phone,ad_id\n1,2\nphone,ad_id\n3,4\n",
    "columns without a name": b"phone,,ad_id\n1,x,2\n3,,4\n",
    "a name that comes twice": b"phone,ad_id,ad_id\n1,2,5\n3,,4\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_rows_come_out_by_the_names_of_the_header(name: str) -> None:
    assert values(TABLES[name]) == [{"phone": "1", "ad_id": "2"}, {"phone": "3", "ad_id": "4"}]


def test_a_cell_keeps_what_its_quotes_protect() -> None:
    raw = HEADER + b'\n1,2,"first\nsecond, ""third""\r\n"\n3,4,plain "word" and 5"\n'
    assert read(raw) == [
        Document(
            2,
            HEADER + b'\n1,2,"first\nsecond, ""third""\r\n"',
            {"phone": "1", "ad_id": "2", "headline": 'first\nsecond, "third"\r\n'},
            Place(raw.index(b"3,4"), 5),
        ),
        Document(
            5,
            HEADER + b'\n3,4,plain "word" and 5"',
            {"phone": "3", "ad_id": "4", "headline": 'plain "word" and 5"'},
            Place(len(raw), 6),
        ),
    ]


def test_a_short_row_has_no_value_for_the_last_columns() -> None:
    assert values(HEADER + b"\n1,2\n3\n") == [{"phone": "1", "ad_id": "2"}, {"phone": "3"}]


BROKEN = {
    "more cells than names": (b"1,2,a,b", "the row has 4 cells, and the header 3 names"),
    "invalid UTF-8": (b"1,2,caf\xe9", "not valid UTF-8"),
    "text behind a quote": (b'1,2,"a"b', "not CSV: ',' expected after '\"'"),
    "a lone carriage return": (b"1,2,a\rb", "not CSV: new-line character seen in unquoted field"),
    "a cell of 200 KB": (b"1,2," + b"x" * 200_000, "not CSV: field larger than field limit (131072)"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_row_is_rejected_alone_with_its_bytes(name: str) -> None:
    row, reason = BROKEN[name]
    first, broken, last = read(HEADER + b"\n1,2,a\n" + row + b"\n3,4,b\n")
    assert isinstance(broken, BrokenDocument)
    assert broken.reason.startswith(reason)
    assert (broken.line, broken.raw.removeprefix(HEADER + b"\n")) == (3, row)
    assert (first.line, last.line) == (2, 4)


def test_a_quote_without_an_end_takes_no_more_than_a_bounded_part_of_the_file() -> None:
    lines = b"".join(b"%d,2,a\n" % number for number in range(100_000))
    broken, *rest = read(HEADER + b'\n1,2,"never closed\n' + lines)
    assert isinstance(broken, BrokenDocument)
    assert broken.reason == "larger than 256 KB: is a closing quote missing?"
    assert len(broken.raw) < 2**18 + 100
    assert all(isinstance(one, Document) for one in rest)
    assert broken.raw.removeprefix(HEADER + b"\n") + b"\n" + b"\n".join(
        one.raw.removeprefix(HEADER + b"\n") for one in rest
    ) == b'1,2,"never closed\n' + lines.removesuffix(b"\n")


def test_at_the_end_a_quote_without_an_end_is_a_truncated_row() -> None:
    broken = read(HEADER + b'\n1,2,"never\nclosed\n')
    assert broken == [BrokenDocument(2, HEADER + b'\n1,2,"never\nclosed', TRUNCATED)]


TRUNCATED = "ends in the middle of a document (truncated)"


def test_a_line_that_is_too_large_is_rejected_by_its_beginning() -> None:
    broken, last = read(HEADER + b"\n" + b"x" * 5 * MB + b"\n3,4,b\n")
    assert isinstance(broken, BrokenDocument)
    assert broken.reason == "larger than 1 MB; only its beginning is kept"
    assert len(broken.raw) == MB + len(HEADER) + 1
    assert (last.line, type(last)) == (3, Document)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (
            b"5491155550001,1202\n5491155550002,1203\n",
            "the first line has no names of columns but values, such as '5491155550001'",
        ),
        (b"t\xe9l,ad_id\n1,2\n", "not valid UTF-8"),
        (b'"phone,ad_id\n1,2\n', TRUNCATED),
        (b"x" * 2 * MB + b"\n1,2\n", "larger than 1 MB; only its beginning is kept"),
        (b"p\0h\0o\0n\0e\0,\0\n\0", "not JSON text but binary data"),
    ],
)
def test_without_a_usable_header_no_row_is_guessed_at(raw: bytes, reason: str) -> None:
    assert [(one.line, getattr(one, "reason", one)) for one in read(raw)] == [(1, reason)]


def test_text_that_begins_as_json_is_read_as_json_whatever_its_name() -> None:
    assert values(b' {"a": 1}\n{"b": 2}\n') == [{"a": 1}, {"b": 2}]


def test_a_rejected_row_can_be_fed_back_by_itself() -> None:
    (row,) = read(b"phone;ad_id;timestamp\n1;2;soon\n")
    reject = {"source": "a.csv", "line": 2, "reason": "x", "payload": row.raw.decode()}
    document = Document(7, json.dumps(reject).encode(), reject)
    (content,) = contents(document, None, MB)
    assert (content.raw, content.payloads) == (row.raw, [{"phone": "1", "ad_id": "2", "timestamp": "soon"}])


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=8), st.sampled_from(",;\t"), st.booleans())
def test_what_the_csv_module_writes_is_read_back(rows: list[list[str]], delimiter: str, quote_all: bool) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL)
    writer.writerows([["phone", "ad_id", "headline"], *rows])
    expected = [dict(zip(["phone", "ad_id", "headline"], row, strict=True)) for row in rows]
    assert values(text.getvalue().encode()) == [row for row in expected if any(cell.strip() for cell in row.values())]


@given(st.lists(st.sampled_from([b'"', b'""', b",", b";", b"\n", b"\r", b"a", b"1", b"\xff", b"\0"]), max_size=60))
def test_no_row_is_lost_or_doubled_whatever_the_quotes(parts: list[bytes]) -> None:
    raw = b"".join(parts)
    kept = b"".join(one.raw.removeprefix(HEADER + b"\n") for one in read(HEADER + b"\n" + raw))
    assert [byte for byte in kept if byte in b"a1\xff"] == [byte for byte in raw if byte in b"a1\xff"]
