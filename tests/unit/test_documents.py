"""The JSON document reader: every layout, every kind of damage, nothing lost and nothing raised."""

import gzip
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaads_cli.referrals.decoding import BrokenDocument, Document, NotJson, Place, decode
from metaads_cli.referrals.documents import read_documents
from metaads_cli.referrals.shapes import is_payload

MB = 2**20
TRUNCATED = "ends in the middle of a document (truncated)"


def payload(number: int) -> bytes:
    """A whole payload on one line."""
    return b'{"object":"whatsapp_business_account","entry":[{"n":%d}]}' % number


A, B, C = payload(1), payload(2), payload(3)
PRETTY = json.dumps(json.loads(A), indent=2).encode()
DEEP = 100_000


def read(raw: bytes, max_bytes: int = 16 * MB) -> list[Document | BrokenDocument]:
    stream = io.BufferedReader(io.BytesIO(raw))
    return list(read_documents(stream, max_bytes=max_bytes, is_payload=is_payload))


def summary(items: Sequence[Document | BrokenDocument]) -> list[tuple[int, bytes, str | None]]:
    """(line, raw, reason) of each; the value of a document is that of its bytes."""
    for item in items:
        assert isinstance(item, BrokenDocument) or item.value == decode(item.raw)
    return [(item.line, item.raw, item.reason if isinstance(item, BrokenDocument) else None) for item in items]


WHOLE = {
    "JSON lines": (A + b"\n" + B + b"\n", [(1, A), (2, B)]),
    "without a last line end": (A + b"\n" + B, [(1, A), (2, B)]),
    "one pretty document": (PRETTY, [(1, PRETTY)]),
    "pretty documents one after the other": (PRETTY + b"\n" + PRETTY + b"\n" + B, [(1, PRETTY), (9, PRETTY), (17, B)]),
    "pretty documents without a line end between": (PRETTY + PRETTY, [(1, PRETTY), (8, PRETTY)]),
    "a pretty document after a line": (A + b"\n" + PRETTY + b"\n" + B, [(1, A), (2, PRETTY), (10, B)]),
    "an array on one line": (b"[" + A + b", " + B + b"]\n" + C, [(1, A), (1, B), (2, C)]),
    "arrays on one line each": (b"[" + A + b"]\n[" + B + b"]", [(1, A), (2, B)]),
    "an array over lines": (b"[\n" + A + b",\n" + B + b"\n]\n" + C, [(2, A), (3, B), (5, C)]),
    "an array over lines with commas before": (b"[\n  " + A + b"\n, " + B + b"]", [(2, A), (3, B)]),
    "an array of pretty documents": (b"[" + PRETTY + b",\n" + PRETTY + b"\n]", [(1, PRETTY), (9, PRETTY)]),
    "an array after a line": (A + b"\n[\n" + B + b"\n]", [(1, A), (3, B)]),
    "an empty array": (b"[]\n" + A + b"\n[\n]\n" + B, [(2, A), (5, B)]),
    "documents without a line end between": (A + B + b"\n" + C, [(1, A), (1, B), (2, C)]),
    "documents with a blank between": (A + b" \t" + B, [(1, A), (1, B)]),
    "a byte order mark": (b"\xef\xbb\xbf" + A + b"\n" + B, [(1, A), (2, B)]),
    "CRLF": (A + b"\r\n" + B + b"\r\n", [(1, A), (2, B)]),
    "blank lines": (b"\n\n" + A + b"\n \t\r\n\n" + B + b"\n\n", [(3, A), (6, B)]),
    "blanks around a line": (b"  " + A + b"\t\n" + B, [(1, A), (2, B)]),
    "brackets and quotes in strings": (
        b'{"a":"}{][\\"\\\\"}{"b":"\\\\"}',
        [(1, b'{"a":"}{][\\"\\\\"}'), (1, b'{"b":"\\\\"}')],
    ),
    "values that are no objects": (
        b'1\nnull\n"a"\n[1, [2]]',
        [(1, b"1"), (2, b"null"), (3, b'"a"'), (4, b"1"), (4, b"[2]")],
    ),
    "nothing": (b"", []),
    "blanks alone": (b" \n\r\n\t", []),
    "a lone surrogate": (b'{"a":"\\ud83d"}\n' + A, [(1, b'{"a":"\\ud83d"}'), (2, A)]),
    "a lone surrogate in an array": (b'["\\ud83d", 1]', [(1, b'"\\ud83d"'), (1, b"1")]),
    "an escaped NUL": (b'{"a":"\\u0000"}', [(1, b'{"a":"\\u0000"}')]),
    "an array without an end": (b"[" + A + b",\n" + B, [(1, A), (2, B)]),
    "an array cut off at a comma, then lines": (b"[" + A + b",\n" + B + b"\n" + C, [(1, A), (2, B), (3, C)]),
    "a nested payload inside a payload": (b'{"a":\n' + A + b"}\n" + B, [(1, b'{"a":\n' + A + b"}"), (3, B)]),
}


@pytest.mark.parametrize("name", WHOLE)
def test_documents_come_out_whole_in_every_layout(name: str) -> None:
    raw, expected = WHOLE[name]
    assert summary(read(raw)) == [(line, text, None) for line, text in expected]


HALF = A[:30]
GARBAGE = "not a JSON object"
DAMAGED = {
    "a truncated last line": (A + b"\n" + HALF, [(1, A, None), (2, HALF, TRUNCATED)]),
    "a truncated pretty document at the end": (A + b"\n" + PRETTY[:-4], [(1, A, None), (2, PRETTY[:-4], TRUNCATED)]),
    "a truncated line before good ones": (
        HALF + b"\n" + A + b"\n" + B,
        [(1, HALF + b"\n", TRUNCATED), (2, A, None), (3, B, None)],
    ),
    "two truncated lines before good ones": (
        HALF + b"\n" + HALF + b"\n" + A,
        [(1, HALF + b"\n" + HALF + b"\n", TRUNCATED), (3, A, None)],
    ),
    "a line truncated inside an array": (
        b"[" + A + b"," + HALF + b"\n" + B + b"\n[" + C + b"]",
        [(1, A, None), (1, HALF + b"\n", TRUNCATED), (2, B, None), (3, C, None)],
    ),
    "a truncated line glued to the next": (
        HALF + A + b"\n" + B + b"\n" + C,
        [(1, HALF + A + b"\n", TRUNCATED), (2, B, None), (3, C, None)],
    ),
    "garbage between good lines": (A + b"\noops {\n" + B, [(1, A, None), (2, b"oops {", GARBAGE), (3, B, None)]),
    "garbage behind a document": (A + b" oops\n" + B, [(1, A, None), (1, b"oops", GARBAGE), (2, B, None)]),
    "garbage in an array": (
        b"[\n" + A + b",\noops,\n" + B + b"\n]\n[" + C + b"]",
        [(2, A, None), (3, b"oops,", GARBAGE), (4, B, None), (6, C, None)],
    ),
    "a stray closing bracket": (
        b"]\n" + A + b"]\n" + B,
        [(1, b"]", GARBAGE), (2, A, None), (2, b"]", GARBAGE), (3, B, None)],
    ),
    "a stray closing brace": (A + b"}\n" + B, [(1, A, None), (1, b"}", GARBAGE), (2, B, None)]),
    "a comma outside of an array": (A + b",\n" + B, [(1, A, None), (1, b",", GARBAGE), (2, B, None)]),
    "a byte order mark between files": (
        A + b"\n\xef\xbb\xbf" + B + b"\n" + C,
        [(1, A, None), (2, B, None), (3, C, None)],
    ),
    "invalid UTF-8 in one line": (
        b'{"a":"\xff"}\n' + A,
        [(1, b'{"a":"\xff"}', "not JSON: not valid UTF-8"), (2, A, None)],
    ),
    "invalid UTF-8 beside a surrogate": (
        b'{"a":"\xff\\ud83d"}\n' + A,
        [(1, b'{"a":"\xff\\ud83d"}', "not JSON: not valid UTF-8"), (2, A, None)],
    ),
    "NaN": (
        b'{"a":NaN}\n' + A,
        [(1, b'{"a":NaN}', "not JSON: invalid character (byte 5)"), (2, A, None)],
    ),
    "NaN beside a surrogate": (
        b'{"a":"\\ud83d","b":NaN}\n' + A,
        [(1, b'{"a":"\\ud83d","b":NaN}', "not JSON: the constant NaN is no JSON value"), (2, A, None)],
    ),
    "100,000 objects in one another": (
        b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"\n" + A,
        [(1, b'{"a":' * DEEP + b"1" + b"}" * DEEP, "not JSON: nested too deeply"), (2, A, None)],
    ),
    "100,000 opened objects": (b'{"a":' * DEEP + b"\n" + A, [(1, b'{"a":' * DEEP + b"\n", TRUNCATED), (2, A, None)]),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_is_reported_with_its_bytes_and_the_rest_comes_out(name: str) -> None:
    raw, expected = DAMAGED[name]
    assert summary(read(raw)) == expected


@pytest.mark.parametrize("raw", [b"[" * DEEP, b"[" * DEEP + b"]" * DEEP], ids=["opened", "closed"])
def test_100_000_nested_brackets_are_one_broken_line(raw: bytes) -> None:
    first, second = read(raw + b"\n" + A)
    assert (type(first), first.line) == (BrokenDocument, 1)
    assert summary([second]) == [(2, A, None)]


BINARY = {
    "gzip within gzip": (gzip.compress(gzip.compress(A)), "gzip data within packed data; unpack it first"),
    "zip": (b"PK\x03\x04" + bytes(20), "a zip archive; unpack it first: unzip -p FILE | metaads ingest -"),
    "bzip2": (b"BZh91AY&SY", "bzip2 data; unpack it first: bzcat FILE | metaads ingest -"),
    "UTF-16 little-endian": (A.decode().encode("utf-16"), "UTF-16 text; save it as UTF-8"),
    "UTF-16 big-endian": (b"\xfe\xff" + A.decode().encode("utf-16-be"), "UTF-16 text; save it as UTF-8"),
    "UTF-16 without a mark": (A.decode().encode("utf-16-le"), "binary data"),
    "NUL": (b"\x7fELF\0\0" + A, "binary data"),
}


@pytest.mark.parametrize("name", BINARY)
def test_a_file_that_is_no_text_is_refused_as_a_whole(name: str) -> None:
    raw, what = BINARY[name]
    assert read(raw) == [BrokenDocument(1, b"", f"not JSON text but {what}")]


def test_a_late_nul_breaks_its_own_line_only() -> None:
    lines = [A] * 200 + [b'{"a":"\0"}', B]
    items = read(b"\n".join(lines))
    assert [type(item) for item in items] == [Document] * 200 + [BrokenDocument, Document]


# --- the largest document


def large(size: int) -> bytes:
    """A document of so many bytes that is no payload."""
    return b'{"a":"' + b"x" * (size - 8) + b'"}'


@pytest.mark.parametrize("size", [MB + 1, 2 * MB, 2 * MB + 1, 5 * MB])
@pytest.mark.parametrize("follower", [A, PRETTY, b'{"no":"payload"}', b"[" + A + b"]", large(MB)])
def test_what_follows_a_document_that_is_too_large_comes_out(size: int, follower: bytes) -> None:
    broken, *rest = read(large(size) + b"\n" + follower + b"\n" + B, max_bytes=MB)
    assert isinstance(broken, BrokenDocument)
    assert (broken.line, broken.reason) == (1, "larger than 1 MB; only its beginning is kept")
    assert large(size).startswith(broken.raw)
    expected = follower.strip(b"[]")
    assert summary(rest) == [(2, expected, None), (3 + follower.count(b"\n"), B, None)]


def test_a_pretty_document_that_is_too_large_ends_where_its_bracket_closes() -> None:
    raw = b"{\n" + b",\n".join(b'"k%d":"%s"' % (number, b"}" * 1000) for number in range(2000)) + b"\n}\n"
    broken, *rest = read(raw + PRETTY + b"\n" + B, max_bytes=MB)
    assert isinstance(broken, BrokenDocument)
    assert summary(rest) == [(2003, PRETTY, None), (2011, B, None)]


def test_a_document_of_exactly_the_largest_size_is_taken() -> None:
    assert summary(read(large(MB) + b"\n" + A, max_bytes=MB)) == [(1, large(MB), None), (2, A, None)]


@pytest.mark.parametrize("glue", [(b"", b"", b""), (b"[", b",", b"]")], ids=["concatenated", "array"])
@pytest.mark.parametrize("max_bytes", range(40, 60))
def test_a_line_may_be_longer_than_the_largest_document(glue: tuple[bytes, bytes, bytes], max_bytes: int) -> None:
    document = b'{"a":"\\\\\\"}{","b":{"c":["\\\\"]}}'
    line = glue[0] + glue[1].join([document] * 30) + glue[2]
    assert summary(read(line + b"\n" + document, max_bytes=max_bytes)) == [(1, document, None)] * 30 + [
        (2, document, None)
    ]


@pytest.mark.parametrize("size", [MB + 1, 5 * MB])
def test_of_a_line_that_is_too_large_and_no_document_the_beginning_is_kept(size: int) -> None:
    broken, *rest = read(b"x" * size + b"\n" + A + b"\n" + b"y" * size, max_bytes=MB)
    assert isinstance(broken, BrokenDocument)
    assert (broken.line, broken.raw) == (1, b"x" * MB)
    assert broken.reason == "not a JSON object, on a line larger than 1 MB; only its beginning is kept"
    assert [(one.line, one.raw[:1]) for one in rest] == [(2, b"{"), (3, b"y")]


# --- forms

FORM = b"MessageSid=SM1&From=whatsapp%3A%2B5491155550001&To=whatsapp%3A%2B15550001111&Body=caf%C3%A9+a&NumMedia="
FIELDS = {
    "MessageSid": "SM1",
    "From": "whatsapp:+5491155550001",
    "To": "whatsapp:+15550001111",
    "Body": "café a",
    "NumMedia": "",
}


def test_a_form_encoded_message_is_a_document() -> None:
    first, second, third = read(A + b"\n" + FORM + b"\r\n" + B)
    assert [type(one) for one in (first, second, third)] == [Document] * 3
    assert (second.line, second.raw) == (2, FORM)
    assert isinstance(second, Document)
    assert second.value == FIELDS


def test_a_form_ends_a_broken_document_before_it() -> None:
    broken, form, _ = read(HALF + b"\n" + FORM + b"\n" + A)
    assert (broken.raw, type(form), form.raw) == (HALF + b"\n", Document, FORM)


@pytest.mark.parametrize(
    "text",
    [
        FORM.replace(b"MessageSid", b"CallSid"),
        FORM.replace(b"From=", b"Sender="),
        FORM + b"&Body",
        FORM + b"&Body=%ff",
        FORM.replace(b"&NumMedia", b" &NumMedia"),
        FORM + "é".encode(),
        b"MessageSid=" + b"&".join(b"a%d=1" % number for number in range(2000)) + b"&From=1&To=2",
    ],
)
def test_what_is_no_clean_form_of_a_message_is_no_document(text: bytes) -> None:
    assert [(type(one), one.raw) for one in read(text)] == [(BrokenDocument, text)]


# --- places


def places(raw: bytes) -> list[Place | None]:
    return [one.place for one in read(raw)]


def test_the_place_after_a_document_is_where_its_line_ends() -> None:
    raw = A + b"\n\n" + PRETTY + b"\r\n" + B + b"\nnonsense\n" + C
    ends = [len(A) + 1, len(A) + len(PRETTY) + 4]
    ends += [ends[1] + len(B) + 1, ends[1] + len(B) + 10, len(raw)]
    assert places(raw) == list(map(Place, ends, [2, 3 + 8, 12, 13, 13]))


def test_in_the_middle_of_a_line_or_an_array_and_in_packed_data_there_is_no_place() -> None:
    assert places(A + b" " + B + b"\n") == [None, Place(2 * len(A) + 2, 2)]
    assert places(b"[" + A + b"," + B + b"]\n") == [None, Place(2 * len(A) + 4, 2)]
    assert places(b"[\n" + A + b"\n,\n" + B + b"\n]\n" + C) == [None, None, Place(3 * len(A) + 8, 6)]
    assert places(gzip.compress(A + b"\n" + B)) == [None, None]


def test_what_may_still_be_written_to_the_end_is_not_passed_by() -> None:
    assert places(A + b"\n" + HALF) == [Place(len(A) + 1, 2), None]
    assert places(A + b"\nnonsense") == [Place(len(A) + 1, 2), None]


# --- properties

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
PAYLOADS = st.dictionaries(st.text(max_size=5), JSON_VALUES, max_size=4).map(
    lambda keys: {"object": "whatsapp_business_account"} | keys | {"object": "whatsapp_business_account"}
)


def compact(values: list[object]) -> list[str]:
    return [json.dumps(value, ensure_ascii=False, separators=(",", ":")) for value in values]


def pretty(values: list[object]) -> list[str]:
    return [json.dumps(value, indent=1) for value in values]


LAYOUTS: dict[str, Callable[[list[object]], str]] = {
    "lines": lambda values: "\n".join(compact(values)),
    "lines with CRLF and blanks": lambda values: "".join(f"{text}\r\n\r\n" for text in compact(values)),
    "after a mark": lambda values: "\ufeff" + "\n".join(compact(values)),
    "an array on one line": json.dumps,
    "an array over lines": lambda values: "[\n" + ",\n".join(compact(values)) + "\n]\n",
    "a pretty array": lambda values: json.dumps(values, indent=2),
    "pretty": lambda values: "\n".join(pretty(values)),
    "pretty without line ends between": lambda values: "".join(pretty(values)),
    "concatenated": lambda values: "".join(compact(values)),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@given(st.lists(PAYLOADS, max_size=5))
def test_payloads_come_out_equal_and_in_order_from_every_layout(layout: str, values: list[object]) -> None:
    items = read(LAYOUTS[layout](values).encode("utf-8"))
    assert [item.value for item in items if isinstance(item, Document)] == values
    assert len(items) == len(values)


@given(st.lists(PAYLOADS, min_size=2, max_size=5), st.data())
def test_good_lines_survive_a_line_that_is_cut_anywhere(values: list[object], data: st.DataObject) -> None:
    lines = [text.encode() for text in compact(values)]
    index = data.draw(st.integers(0, len(lines) - 1))
    whole = lines[index]
    lines[index] = whole[: data.draw(st.integers(1, len(whole) - 1))]
    items = read(b"\n".join(lines))
    assert [item.value for item in items if isinstance(item, Document)] == values[:index] + values[index + 1 :]
    assert b"".join(item.raw for item in items if isinstance(item, BrokenDocument)).strip() == lines[index].strip()


FRAGMENTS = st.sampled_from(
    [
        *(A, HALF, PRETTY, b"{", b"}", b"[", b"]", b",", b'"', b"\\", b"\\ud83d", b"\n", b"\r\n", b" ", b"\xff", b"\0"),
        *(b"1e999", b"NaN", b'["\\ud83d",1e999]', b'{"a":1}\n'),
        b'{"source":"a","line":1,"reason":"b","payload":"\\ud83d"}\n',
    ]
)


@given(st.lists(FRAGMENTS | st.binary(max_size=5), max_size=30).map(b"".join), st.integers(1, 200))
def test_no_bytes_raise_and_each_document_is_what_its_bytes_say(raw: bytes, max_bytes: int) -> None:
    for item in read(raw, max_bytes):
        assert isinstance(item, Document | BrokenDocument)
        assert 1 <= item.line <= raw.count(b"\n") + 1
        assert len(item.raw) <= 2 * max_bytes
        if isinstance(item, BrokenDocument):
            assert item.reason


@given(st.lists(FRAGMENTS, max_size=30).map(b"".join), st.booleans())
def test_from_each_place_the_same_documents_follow(raw: bytes, rows: bool) -> None:
    whole = read_all(raw, rows=rows)
    for index, item in enumerate(whole):
        if item.place is not None:
            assert read_all(raw, rows=rows, start=item.place) == whole[index + 1 :]


def read_all(raw: bytes, **options: Any) -> list[Document | BrokenDocument]:
    return list(read_documents(io.BufferedReader(io.BytesIO(raw)), max_bytes=MB, is_payload=is_payload, **options))


@given(st.binary(max_size=200))
def test_decoding_gives_a_value_or_says_why_not(raw: bytes) -> None:
    try:
        decode(raw)
    except NotJson as error:
        reason = str(error)
    else:
        reason = "a value"
    assert reason


@given(JSON_VALUES)
def test_decoding_agrees_with_the_strict_decoder(value: object) -> None:
    raw = json.dumps(value).encode()
    assert decode(raw) == msgspec.json.decode(raw)
