"""Broken input of every kind, from valid logs: nothing raises, nothing is guessed, and the good lines come out."""

import gzip
import io
import json
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import body, message
from metaads_cli.models.referral import Referral
from metaads_cli.referrals.decoding import BrokenDocument, Parsed
from metaads_cli.referrals.documents import read_documents
from metaads_cli.referrals.envelopes import contents, is_whole
from metaads_cli.referrals.shapes import SHAPES, extract
from metaads_cli.referrals.signatures import Verifier

CASES = Path(__file__).parents[1] / "cases"
MAX_BYTES = 2**16
TABLE = b'phone;ad_id;headline;timestamp;message_id\n+5491155550001;1202;"two\nlines";1760000000;m1\n5491;1;x;1;m2\n'
FORM = b"MessageSid=SM1&From=whatsapp%3A%2B5491155550001&To=whatsapp%3A%2B15550001111&ReferralSourceId=1202\n"
WRONG = (
    *(None, True, False, 0, -1, 2**63 - 1, 2**63, 2**64, -(2**63), 10**30, 0.5, 1e308, -0.0, "", " ", "\0", "\ud83d"),
    *("x" * 70_000, "9" * 5_000, "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999+14:00", "253402300799"),
    *("0001-01-01", "é" * 300, [], {}, [[]], [None], {"a": 1}, [{"id": 1}], {"\0": "\udc00"}, "NaN", "1e400", "true"),
)


def samples() -> list[Path]:
    return sorted(path for path in CASES.glob("*/*.json") if path.parent.name in {*SHAPES, "unknown"})


@cache
def bodies() -> tuple[Any, ...]:
    """Valid payloads of every shape."""
    return tuple(json.loads(path.read_text()) for path in samples() if not path.name.endswith(".expected.json"))


@cache
def logs() -> tuple[bytes, ...]:
    """Valid logs: lines, requests with their headers, rejects, pretty documents, an array, a table, forms."""
    texts = [json.dumps(one) for one in bodies()]
    requests = [json.dumps({"headers": {"X-Hub-Signature-256": "sha256=0"}, "body": text}) for text in texts[::3]]
    rejects = [json.dumps({"source": "a", "line": 1, "reason": "b", "payload": text}) for text in texts[::4]]
    some = [texts[number::11] for number in range(11)]
    return (
        *("\n".join(part).encode() for part in some),
        "\n".join(requests[::3]).encode(),
        "\n".join(rejects[::3]).encode(),
        "\n".join(json.dumps(one, indent=1) for one in bodies()[::9]).encode(),
        f"[{','.join(texts[::13])}]".encode(),
        TABLE * 3,
        FORM * 3 + texts[0].encode() + b"\n" + FORM,
    )


def read(raw: bytes, *, rows: bool = False) -> list[Parsed]:
    stream = io.BufferedReader(io.BytesIO(raw))
    return list(read_documents(stream, max_bytes=MAX_BYTES, is_payload=is_whole, rows=rows))


def ingest(raw: bytes, *, rows: bool = False, verifier: Verifier | None = None) -> Iterator[Referral | str]:
    """Referrals, and reasons of what is none, as `metaads ingest` finds them."""
    for document in read(raw, rows=rows):
        if isinstance(document, BrokenDocument):
            yield document.reason
            continue
        for content in contents(document, verifier, MAX_BYTES):
            yield from content.reasons
            for payload in content.payloads:
                found = extract(payload)
                assert found.ignored >= 0
                yield from found.rejected
                yield from found.referrals


def require_storable(found: Referral | str) -> None:
    """PostgreSQL holds no NUL and no half of an emoji."""
    if isinstance(found, str):
        assert found.strip()
        return
    texts = [value for name in found.__struct_fields__ if isinstance(value := getattr(found, name), str)]
    texts += [value for value in (found.receiver.phone_number_id, found.receiver.page_id) if value is not None]
    for text in (*texts, json.dumps(found.raw, ensure_ascii=False, allow_nan=False)):
        assert "\0" not in text
        text.encode("utf-8")
    assert found.event_id
    assert found.occurred_at.tzinfo is not None
    assert 2009 <= found.occurred_at.year < 2100


# --- bytes


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A valid log after a few accidents."""
    raw = bytearray(draw(st.sampled_from(logs())))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(raw)))
        end = min(len(raw), start + draw(st.integers(1, 200)))
        match draw(st.sampled_from(["flip", "cut", "insert", "repeat", "drop", "zeros"])):
            case "flip" if start < len(raw):
                raw[start] ^= draw(st.integers(1, 255))
            case "cut":
                del raw[start:]
            case "insert":
                raw[start:start] = draw(st.binary(min_size=1, max_size=20) | st.sampled_from(FRAGMENTS))
            case "repeat":
                raw[start:start] = raw[start:end]
            case "drop":
                del raw[start:end]
            case "zeros":
                raw[start:end] = bytes(end - start)
    return bytes(raw)


FRAGMENTS = [
    *(b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b";", b"&", b"%ff", b"\n", b"\r", b"\r\n", b"\0"),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\\ud83d", b"\\u0000"),
    *(b"NaN", b"1e999", b"-0", b"null", b'"a":', b"9" * 400, b'"' * 1001),
    *(b'{"a":' * 2000, b"[" * 2000, b"x" * 2 * MAX_BYTES),
]
VERIFIER = Verifier("a-secret", "another")


@settings(max_examples=80, deadline=None)
@given(damaged(), st.booleans(), st.sampled_from([None, VERIFIER]))
def test_no_damage_raises_and_what_comes_out_can_be_stored(raw: bytes, rows: bool, verifier: Verifier | None) -> None:
    for found in ingest(raw, rows=rows, verifier=verifier):
        require_storable(found)


@settings(max_examples=80, deadline=None)
@given(damaged())
def test_all_bytes_of_damaged_lines_come_out_once_and_in_order(raw: bytes) -> None:
    """Of text that is read line by line: in documents, or in rejects from which they can be recovered."""
    items = read(raw)
    if any("only its beginning is kept" in getattr(one, "reason", "") for one in items):
        return
    if len(items) == 1 and not items[0].raw:  # no text at all: refused as a whole
        return
    position = 0
    for item in items:
        part = item.raw.strip(b" \t\r\n")
        found = raw.find(part, position)
        assert found >= 0
        assert not raw[position:found].strip(b" \t\r\n,[]\xef\xbb\xbf")
        position = found + len(part)
    assert not raw[position:].strip(b" \t\r\n,[]\xef\xbb\xbf")


@settings(max_examples=100, deadline=None)
@given(damaged(), st.sampled_from([gzip.compress, zstd.compress]), st.data())
def test_no_damage_to_packed_data_raises(raw: bytes, pack: Any, data: st.DataObject) -> None:
    packed = bytearray(pack(raw))
    for _ in range(data.draw(st.integers(0, 3))):
        packed[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    for found in ingest(bytes(packed[: data.draw(st.integers(0, len(packed)))])):
        require_storable(found)


GOOD = [json.dumps(body(message(event=f"wamid.good.{number}"))).encode() for number in range(3)]


@settings(max_examples=80, deadline=None)
@given(damaged(), st.integers(1, 2))
def test_good_lines_around_damaged_ones_come_out(raw: bytes, after: int) -> None:
    """Whatever one line holds, those before and after it are read."""
    line = raw.splitlines()[0] if raw.splitlines() else b""
    lines = [*GOOD[:after], line, *GOOD[after:]]
    events = [found.event_id for found in ingest(b"\n".join(lines)) if isinstance(found, Referral)]
    assert [event for event in events if event.startswith("wamid.good")] == [f"wamid.good.{n}" for n in range(3)]


# --- values


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each container with each of its keys."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield value, key
        yield from places(inner)


@pytest.mark.parametrize("number", range(len(bodies())))
def test_a_wrong_value_in_any_field_is_rejected_or_read_and_never_raises(number: int) -> None:
    value = deepcopy(bodies()[number])
    for container, key in list(places(value)):
        right = container[key]
        for wrong in WRONG:
            container[key] = wrong
            for found in (*(result := extract(value)).rejected, *result.referrals):
                require_storable(found)
        container[key] = right


@pytest.mark.parametrize("number", range(len(bodies())))
def test_a_field_that_is_missing_is_rejected_or_not_needed_and_never_raises(number: int) -> None:
    value = deepcopy(bodies()[number])
    for container, key in list(places(value)):
        if isinstance(container, dict):
            right = container.pop(key)
            for found in (*(result := extract(value)).rejected, *result.referrals):
                require_storable(found)
            container[key] = right


JSON = st.recursive(
    st.sampled_from(WRONG) | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(bodies()), st.data(), st.sampled_from([None, *SHAPES]))
def test_any_values_in_several_fields_never_raise_whatever_shape_is_named(
    value: Any, data: st.DataObject, shape: str | None
) -> None:
    changed = deepcopy(value)
    for _ in range(data.draw(st.integers(1, 3))):
        if found := list(places(changed)):
            container, key = found[data.draw(st.integers(0, len(found) - 1))]
            container[key] = deepcopy(data.draw(JSON))
    result = extract(changed, shape)
    for one in (*result.rejected, *result.referrals):
        require_storable(one)
