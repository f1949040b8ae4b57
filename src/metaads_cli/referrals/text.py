"""Values of a payload as PostgreSQL can hold them."""

import math
from datetime import UTC, datetime
from typing import Any

from metaads_cli.models.text import clean

# Before WhatsApp existed, or so far ahead that the unit is wrong (milliseconds).
EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
MAX_DEPTH = 64


class Unusable(ValueError):
    """A message that cannot be used; the message says which part of it and why."""


def text_or_none(value: object) -> str | None:
    """Text that says something; anything else is absent."""
    return (clean(value).strip() or None) if isinstance(value, str) else None


def id_or_none(value: object, name: str, max_length: int) -> str | None:
    """An id as text; numbers are ids as well. Raises Unusable for anything else and for what is too long."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unusable(f"{name} is {_kind(value)}; expected an id")
    text = clean(str(value)).strip()
    if len(text) > max_length:
        raise Unusable(f"{name} is {len(text)} characters long; an id has at most {max_length}")
    return text or None


def unix_time(value: object, name: str) -> datetime:
    """Seconds since 1970, as number or text. Raises Unusable."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unusable(f"{name} is {_kind(value)}; expected seconds since 1970")
    try:
        moment = datetime.fromtimestamp(int(value), UTC)
    except (ValueError, OverflowError, OSError):
        raise Unusable(f"{name} is {str(value)[:40]!r}; expected seconds since 1970") from None
    if not EARLIEST <= moment < LATEST:
        raise Unusable(f"{name} is {str(value)[:40]!r}, in the year {moment.year}; expected seconds since 1970")
    return moment


def digits_or_none(value: object, max_length: int) -> str | None:
    """The digits of a phone number; None when it has none or too many to be one."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    digits = "".join(char for char in text if char in "0123456789")
    return digits if 0 < len(digits) <= max_length else None


def clean_json(value: Any, depth: int = 0) -> Any:
    """The same JSON value as jsonb can hold it. Raises Unusable when it is nested too deeply."""
    if depth > MAX_DEPTH:
        raise Unusable("the referral is nested too deeply")
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(key): clean_json(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [clean_json(item, depth + 1) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _kind(value: object) -> str:
    names = {
        bool: "true or false",
        dict: "an object",
        list: "a list",
        float: "a fraction",
        type(None): "missing",
    }
    return names.get(type(value), "no text")
