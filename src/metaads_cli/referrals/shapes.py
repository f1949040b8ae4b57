"""Which payload is it? Each shape recognises its own by structure, and no payload is of two shapes."""

from collections.abc import Callable
from typing import Any, NamedTuple

from metaads_cli.referrals import (
    baileys,
    chatwoot,
    flat,
    instagram,
    leadgen,
    messenger,
    twilio,
    whatsapp,
    ycloud,
)
from metaads_cli.referrals.extraction import Extraction
from metaads_cli.referrals.text import kind, shown

_SHOWN_KEYS = 6
REJECT_KEYS = {"source", "line", "reason", "payload"}


class Shape(NamedTuple):
    """`accepts` is what may be called by the shape's name: more than what is recognised without it."""

    recognises: Callable[[dict[str, Any]], bool]
    accepts: Callable[[dict[str, Any]], bool]
    extract: Callable[[dict[str, Any]], Extraction]
    expected: str


SHAPES = {
    "whatsapp": Shape(whatsapp.recognises, whatsapp.recognises, whatsapp.extract, whatsapp.EXPECTED),
    "ycloud": Shape(ycloud.recognises, ycloud.recognises, ycloud.extract, ycloud.EXPECTED),
    "messenger": Shape(messenger.recognises, messenger.accepts, messenger.extract, messenger.EXPECTED),
    "instagram": Shape(instagram.recognises, instagram.recognises, instagram.extract, instagram.EXPECTED),
    "chatwoot": Shape(chatwoot.recognises, chatwoot.recognises, chatwoot.extract, chatwoot.EXPECTED),
    "twilio": Shape(twilio.recognises, twilio.recognises, twilio.extract, twilio.EXPECTED),
    "baileys": Shape(baileys.recognises, baileys.recognises, baileys.extract, baileys.EXPECTED),
    "leadgen": Shape(leadgen.recognises, leadgen.accepts, leadgen.extract, leadgen.EXPECTED),
    "flat": Shape(flat.recognises, flat.accepts, flat.extract, flat.EXPECTED),
}
"""The cheap to recognise first; rows, which are known by the names of their columns, last."""


def is_payload(value: Any) -> bool:
    """Whether the value is a whole payload, or a rejected line that is fed back."""
    return (isinstance(value, dict) and _shape(value) is not None) or rejected_payload(value) is not None


def rejected_payload(value: Any) -> bytes | None:
    """The original bytes, when the value is a line of a rejects file."""
    if not isinstance(value, dict) or value.keys() != REJECT_KEYS or not isinstance(value["payload"], str):
        return None
    try:
        return value["payload"].encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a lone surrogate that stands for no byte: no line that metaads wrote
        return None


def extract(value: Any, shape: str | None = None) -> Extraction:
    """The referrals of a payload, of the named shape or of the one that it has.

    What is of no shape, or not of the named one, is rejected: nothing is lost by guessing.
    """
    if not isinstance(value, dict):
        found = None
    elif shape is None:
        found = _shape(value)
    else:
        found = SHAPES[shape] if SHAPES[shape].accepts(value) else None
    if found is not None:
        return found.extract(value)
    expected = SHAPES[shape].expected if shape else f"one of {', '.join(SHAPES)}"
    return Extraction(rejected=[f"{_seen(value)}; expected {expected}"])


def _shape(body: dict[str, Any]) -> Shape | None:
    for shape in SHAPES.values():
        if shape.recognises(body):
            return shape
    return None


def _seen(value: Any) -> str:
    """What a payload is called that cannot be used: by its object or its first keys, none of its contents."""
    if not isinstance(value, dict):
        return f"a JSON document of unknown shape ({'null' if value is None else kind(value)})"
    if value.get("object"):
        return f"a body of object {shown(value['object'])}"
    keys = ", ".join(map(shown, list(value)[:_SHOWN_KEYS])) + (", ..." if len(value) > _SHOWN_KEYS else "")
    return f"a JSON document of unknown shape (keys {keys or 'none'})"
