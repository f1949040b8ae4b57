"""Which payload is it? Each shape recognises its own by structure."""

from typing import Any

from metaads_cli.referrals import whatsapp
from metaads_cli.referrals.extraction import Extraction

REJECT_KEYS = {"source", "line", "reason", "payload"}


def is_payload(value: Any) -> bool:
    """Whether the value is a whole payload, or a rejected line that is fed back."""
    return whatsapp.recognises(value) or rejected_payload(value) is not None


def rejected_payload(value: Any) -> bytes | None:
    """The original bytes, when the value is a line of a rejects file."""
    if not isinstance(value, dict) or value.keys() != REJECT_KEYS or not isinstance(value["payload"], str):
        return None
    try:
        return value["payload"].encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a lone surrogate that stands for no byte: no line that metaads wrote
        return None


def extract(value: Any) -> Extraction:
    """The referrals of a payload. One of unknown shape is rejected: nothing is lost by guessing."""
    if whatsapp.recognises(value):
        return whatsapp.extract(value)
    return Extraction(rejected=[_unknown(value)])


def _unknown(value: Any) -> str:
    kind = value.get("object") if isinstance(value, dict) else None
    what = f"a body of object {str(kind)[:40]!r}" if kind else "a JSON document of unknown shape"
    return f"{what}; expected a WhatsApp Cloud API body (object {whatsapp.OBJECT!r})"
