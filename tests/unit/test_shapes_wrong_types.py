"""No wrong type in any field of any shape raises, or goes uncounted."""

import functools
import itertools
from datetime import UTC
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaads_cli.models.referral import Referral
from metaads_cli.referrals.extraction import Extraction
from metaads_cli.referrals.shapes import SHAPES, extract, is_payload
from payloads import FILES, documents, name, parts, replaced

DEEP: Any = functools.reduce(lambda inner, _: [inner], range(300), "x")
DEEP_OBJECT: Any = functools.reduce(lambda inner, _: {"message": inner}, range(300), {})
OTHERS: dict[str, Any] = {
    "null": None,
    "true": True,
    "a number": 7,
    "a negative number": -1,
    "2**63": 2**63,
    "2**64": 2**64,
    "a number of 5000 digits": 10**5000,
    "a fraction": 1.5,
    "not a number": float("nan"),
    "infinity": float("inf"),
    "text": "x",
    "empty text": "",
    "NUL": "\0",
    "a lone surrogate": "\ud83d",
    "the year 0": "0000-01-01T00:00:00Z",
    "the year 9999": "9999-12-31T23:59:59-14:00",
    "many digits": "9" * 5000,
    "long text": "x" * 100_000,
    "spaces": " " * 100_000 + "+0000",
    "a list": [1],
    "an empty list": [],
    "an object": {"a": 1},
    "an empty object": {},
    "deep lists": DEEP,
    "deep objects": DEEP_OBJECT,
}


def check(found: Extraction) -> None:
    """What comes out can be stored and printed."""
    assert all(isinstance(reason, str) and reason for reason in found.rejected)
    for reason in found.rejected:
        assert len(reason) < 1000
        reason.encode()
    for referral in found.referrals:
        assert referral.event_id
        assert referral.occurred_at.tzinfo is UTC
        assert 2009 <= referral.occurred_at.year < 2100
        check_texts(referral)


def check_texts(referral: Referral) -> None:
    fields = msgspec.structs.asdict(referral) | msgspec.structs.asdict(referral.receiver)
    for field in sorted(fields.keys() - {"raw", "receiver", "occurred_at", "from_ad"}):
        value = fields[field]
        assert value is None or (isinstance(value, str) and value == value.strip() != ""), field
        assert "\0" not in (value or "")
        (value or "").encode()
    assert isinstance(referral.raw, dict)


def counted(found: Extraction) -> int:
    return len(found.referrals) + found.ignored + len(found.rejected)


@pytest.mark.parametrize("path", FILES, ids=map(name, FILES))
def test_a_wrong_type_anywhere_is_a_referral_ignored_or_rejected(path: Path) -> None:
    for document, (kind, other) in itertools.product(documents(path)[:3], OTHERS.items()):
        for place in parts(document):
            found = extract(replaced(document, place, other))
            check(found)
            # A list without anything in it holds no message, so there is nothing to count.
            assert counted(found) > 0 or other == [], (place, kind)


KEYS = [
    *("id", "from", "object", "entry", "changes", "messaging", "message", "messages", "referral", "timestamp"),
    *("phone", "ad_id", "form_id", "field_data", "values", "data", "key", "event", "payload", "contextInfo"),
]
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=10)
    | st.sampled_from(["ad", "5491155550001", "+5491155550001", "wamid.1", "1760000000", 1760000000123, "\0", "\ud83d"])
    | st.sampled_from(["5491155550001@s.whatsapp.net", "1@lid", "message_created", "incoming", "page", "leadgen"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS) | st.text(max_size=3),
            inner,
        )
    ),
    max_leaves=8,
)
DOCUMENTS = [document for path in FILES for document in documents(path) if isinstance(document, dict) and document]


@st.composite
def spoiled(draw: st.DrawFn) -> Any:
    """A document of the cases with other values in up to four places."""
    document = draw(st.sampled_from(DOCUMENTS))
    places = draw(st.lists(st.sampled_from(list(parts(document))[1:]), min_size=1, max_size=4))
    for place in sorted(places, key=len, reverse=True):
        document = replaced(document, place, draw(JSON_VALUES))
    return document


@settings(max_examples=200)
@given(spoiled(), st.sampled_from([None, *SHAPES]))
def test_no_value_anywhere_in_a_payload_raises(document: Any, shape: str | None) -> None:
    check(extract(document, shape))


@given(JSON_VALUES, st.sampled_from([None, *SHAPES]))
def test_no_document_at_all_raises(value: Any, shape: str | None) -> None:
    found = extract(value, shape)
    check(found)
    assert is_payload(value) in {True, False}


@settings(max_examples=120)
@given(st.data())
def test_the_order_of_keys_changes_nothing(data: st.DataObject) -> None:
    document = data.draw(st.sampled_from(DOCUMENTS))

    def shuffled(value: Any) -> Any:
        if isinstance(value, list):
            return [shuffled(item) for item in value]
        if isinstance(value, dict):
            return {key: shuffled(value[key]) for key in data.draw(st.permutations(list(value)))}
        return value

    other = shuffled(document)
    assert extract(other).referrals == extract(document).referrals
