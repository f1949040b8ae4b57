"""Documents, and how bytes become their values: JSON, or the form encoding in which Twilio sends."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl

import msgspec

BLANK = b" \t\r\n"
UTF8_MARK = b"\xef\xbb\xbf"
TRUNCATED = "ends in the middle of a document (truncated)"
FORM_KEYS = frozenset({"From", "To", "MessageSid"})
"""What a form must have to be a message."""
_ENCODED = re.compile(rb"[!-~]+")  # a form is ASCII without blanks
_MOST_FIELDS = 1000


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where reading can begin: bytes from the start of the stream, and the number of the line there, from 1."""

    offset: int = 0
    line: int = 1


class Document(msgspec.Struct, frozen=True, gc=False):
    """`line` is where it begins, from 1; `raw` are its bytes, of a CSV row with the header before them.

    `place` is where what follows it begins. None: in the middle of a line or an array, or in a packed stream, where
    no reader could begin.
    """

    line: int
    raw: bytes
    value: Any
    place: Place | None = None


class BrokenDocument(msgspec.Struct, frozen=True, gc=False):
    line: int
    raw: bytes
    reason: str
    place: Place | None = None


Parsed = Document | BrokenDocument


class NotJson(ValueError):
    """The bytes are no JSON document; the message says why."""


def decode(raw: bytes) -> Any:
    """The value of one JSON document. Raises NotJson."""
    try:
        return msgspec.json.decode(raw)
    except UnicodeDecodeError:
        raise NotJson("not valid UTF-8") from None
    except RecursionError:
        raise NotJson("nested too deeply") from None
    except msgspec.MsgspecError as error:
        # An emoji cut in half (a lone surrogate) is common in the wild; only the standard library lets it pass.
        if b"\\u" in raw:
            return _decode_leniently(raw)
        said = str(error).removeprefix("JSON is malformed: ").partition(" - at `")[0]
        raise NotJson(_lower(said)) from None


def decode_form(text: bytes) -> dict[str, str] | None:
    """The fields of a form-encoded message; None for any other text."""
    if b"MessageSid=" not in text or not _ENCODED.fullmatch(text):
        return None
    try:
        fields = dict(
            parse_qsl(
                text.decode("ascii"),
                keep_blank_values=True,
                strict_parsing=True,
                errors="strict",
                max_num_fields=_MOST_FIELDS,
            )
        )
    except ValueError:
        return None
    return fields if fields.keys() >= FORM_KEYS else None


def _decode_leniently(raw: bytes) -> Any:
    try:
        return json.loads(raw, parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise NotJson("not valid UTF-8") from None
    except RecursionError:
        raise NotJson("nested too deeply") from None
    except ValueError as error:
        raise NotJson(_lower(str(error))) from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"the constant {name} is no JSON value")


def _lower(text: str) -> str:
    """Without the capital of a sentence; a name such as JSON keeps its own."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def items(raw: bytes, values: list[Any]) -> list[bytes]:
    """The bytes of each item of an array, whose values these are."""
    try:
        return [bytes(part) for part in msgspec.json.decode(raw, type=list[msgspec.Raw])]
    except (msgspec.MsgspecError, RecursionError):
        return [json.dumps(value).encode() for value in values]
