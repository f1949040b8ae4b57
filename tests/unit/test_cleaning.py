"""Values as PostgreSQL can hold them, whatever an answer has in it."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaads_cli.graph.cleaning import clean_or_none, json_text, moment, without_halves
from metaads_cli.models.text import clean

# All code points: also NUL, and halves of surrogate pairs.
texts = st.text(st.characters(categories=("L", "N", "P", "S", "Z", "Cc", "Cs")))
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def cleaned(document: Any) -> str | None:
    return json_text(msgspec.Raw(json.dumps(document).encode()))


def holds(text: str) -> bool:
    """Whether PostgreSQL takes it as text in UTF-8."""
    return "\0" not in text and text.encode().decode() == text


def texts_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in texts_in(part)]
    if isinstance(value, list):
        return [text for item in value for text in texts_in(item)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ortodoncia 😀 ñ", "Ortodoncia 😀 ñ"),
        ("a\0b\0", "ab"),
        ("half \ud83d", "half ?"),
        ("\ude00 the other", "? the other"),
        ("", ""),
        ("tab\tline\nquote\"back\\slash'", "tab\tline\nquote\"back\\slash'"),
    ],
)
def test_text_keeps_all_that_a_database_can_hold(text: str, expected: str) -> None:
    assert clean(text) == clean_or_none(text) == expected


def test_no_text_stays_none() -> None:
    assert clean_or_none(None) is None


@given(texts)
def test_any_text_can_be_held(text: str) -> None:
    assert holds(clean(text))
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize("raw", [b"", b"null"])
def test_a_value_that_is_not_there_is_none(raw: bytes) -> None:
    assert json_text(msgspec.Raw(raw)) is None


@pytest.mark.parametrize("raw", [b'{"a": 1.10}', b"[]", b'"x"', b"0", b"false", '{"ñ":"😀"}'.encode()])
def test_a_harmless_value_stays_as_it_is(raw: bytes) -> None:
    assert json_text(msgspec.Raw(raw)) == raw.decode()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (rb'{"a\u0000b": ["x\u0000"]}', {"ab": ["x"]}),
        (rb'"\ud83d\ude00"', "😀"),
        (rb'"\uD83D\uDE00 \u0000"', "😀 "),
        (rb'"\ud83d"', "?"),
        (rb'"\udc00\ud83d"', "??"),
        (rb'"\\u0000"', "\\u0000"),
        (b'"\xff"', "\ufffd"),
        (b'"\xff\\u0000"', "\ufffd"),
        (rb'"\\ud83d"', "\\ud83d"),
        (rb'"\\\u0000"', "\\"),
        (rb'{"n": 12345678901234567890, "x": "\u0000"}', {"n": 12345678901234567890, "x": ""}),
    ],
)
def test_what_no_database_holds_is_taken_out_of_json(raw: bytes, expected: Any) -> None:
    text = json_text(msgspec.Raw(raw))
    assert text is not None
    assert json.loads(text) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (rb'"cut \ud83d"', "cut ?"),
        (rb'"\ude00\uD83Dx"', "??x"),
        (rb'"\ud83d\ud83d\ude00"', "?😀"),
        (rb'"\ud83d\ude00\udE00"', "😀?"),
        (rb'"\\ud83d \\\ud83d"', "\\ud83d \\?"),
        (rb'"\u00f1\u0000"', "ñ\0"),
    ],
)
def test_a_text_that_was_cut_within_a_character_can_be_read(body: bytes, expected: str) -> None:
    assert msgspec.json.decode(without_halves(body)) == expected


@given(documents)
def test_any_answer_can_be_read(document: Any) -> None:
    body = json.dumps(document).encode()
    assert texts_in(msgspec.json.decode(without_halves(body))) is not None
    if all(text.encode("utf-8", "replace").decode() == text for text in texts_in(document)):
        assert without_halves(body) == body


@given(documents)
def test_any_json_can_be_held(document: Any) -> None:
    text = cleaned(document)
    if document is None:
        assert text is None
    else:
        assert text is not None
        assert holds(text)
        assert all(holds(one) for one in texts_in(json.loads(text)))


@given(st.recursive(st.integers() | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")),
                    lambda inner: st.lists(inner, max_size=4)))  # fmt: skip
def test_json_that_can_be_held_keeps_its_meaning(document: Any) -> None:
    text = cleaned(document)
    assert text is not None
    assert json.loads(text) == document


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-09-01T10:00:00-0300", datetime(2026, 9, 1, 13, tzinfo=UTC)),
        ("2026-09-01T10:00:00+00:00", datetime(2026, 9, 1, 10, tzinfo=UTC)),
        ("2026-09-01T10:00:00", None),
        ("2026-09-01", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_a_moment_is_aware_or_none(text: str | None, expected: datetime | None) -> None:
    assert moment(text) == expected
