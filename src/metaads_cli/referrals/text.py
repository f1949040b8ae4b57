"""Values of a payload as PostgreSQL can hold them."""

import hashlib
import json
import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from metaads_cli.models.text import clean

# Before WhatsApp existed, or so far ahead that the unit is wrong (milliseconds).
EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
MAX_DEPTH = 64
_MOST_BITS = 10_000  # of a number; Python writes no longer ones as text
EVENT_ID_LENGTH = 512
ID_LENGTH = 255  # patients.meta_ad_id is varchar(255)
PHONE_LENGTH = 19  # patients.phone_number is varchar(20), and hosts may write a plus before it
EMAIL_LENGTH = 254

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS_FROM = 10**11  # as seconds in the year 5138, as milliseconds in 1973: no real moment is both
_LONGEST_TIME = 64
_NUMBER = re.compile(r"[0-9]{1,19}(?:\.[0-9]{1,9})?")
_SPACE_BEFORE_ZONE = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)")
_ROUNDED = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")
_WHATSAPP_USER_ID = re.compile(r"[A-Z]{2}\.[0-9A-Za-z]{1,128}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


class Unusable(ValueError):
    """A message that cannot be used; the message says which part of it and why."""


def text_or_none(value: object) -> str | None:
    """Text that says something; anything else is absent."""
    return (clean(value).strip() or None) if isinstance(value, str) else None


def lower_or_none(value: object) -> str | None:
    return (text_or_none(value) or "").lower() or None


def id_or_none(value: object, name: str, max_length: int = ID_LENGTH) -> str | None:
    """An id as text; numbers are ids as well. Raises Unusable for anything else and for what is too long."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unusable(f"{name} is {kind(value)}; expected an id")
    text = clean(_written(value)).strip()
    if len(text) > max_length:
        raise Unusable(f"{name} is {len(text)} characters long; an id has at most {max_length}")
    return text or None


def email_or_none(value: object) -> str | None:
    """An e-mail address as it was written; None for what cannot be one."""
    text = text_or_none(value) or ""
    return text if len(text) <= EMAIL_LENGTH and _EMAIL.fullmatch(text) else None


def digits_or_none(value: object, max_length: int = PHONE_LENGTH) -> str | None:
    """The digits of a phone number; None when it has none or too many to be one."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if 0 <= value < 10**max_length else ""
    text = value if isinstance(value, str) else ""
    digits = text if text.isascii() and text.isdigit() else "".join(filter("0123456789".__contains__, text))
    return digits if 0 < len(digits) <= max_length else None


def whatsapp_address(value: object) -> tuple[str | None, str | None]:
    """Phone and business-scoped user id of an address such as `whatsapp:+54911...`: one of them, or none."""
    if isinstance(value, str):
        value = clean(value).strip().removeprefix("whatsapp:")
        if _WHATSAPP_USER_ID.fullmatch(value):
            return None, value
    return digits_or_none(value), None


def unrounded(value: object, name: str) -> object:
    """The value of a spreadsheet's cell without `.0` behind it. Raises Unusable for a number that was rounded."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, str):
        text = value.strip()
        if _ROUNDED.fullmatch(text):
            raise Unusable(f"{name} is {shown(text)}: a spreadsheet has rounded it; write it as text")
        return text.removesuffix(".0") if text.removesuffix(".0").isdigit() else text
    return value


def unix_time(value: object, name: str) -> datetime:
    """Seconds since 1970, as number or text. Raises Unusable."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unusable(f"{name} is {kind(value)}; expected seconds since 1970")
    try:
        moment = datetime.fromtimestamp(int(value), UTC)
    except (ValueError, OverflowError, OSError):
        raise Unusable(f"{name} is {shown(value)}; expected seconds since 1970") from None
    if not EARLIEST <= moment < LATEST:
        raise Unusable(f"{name} is {shown(value)}, in the year {moment.year}; expected seconds since 1970")
    return moment


def any_time(value: object, name: str) -> datetime:
    """A moment in one of the ways that services write it, in UTC: seconds or milliseconds since 1970 (told apart by
    their size), or date, time and zone as ISO 8601, RFC 3339 or RFC 2822 have it. Raises Unusable.

    A time without a zone is refused: three hours more or less may change the day, and which ad came first.
    """
    if isinstance(value, dict):
        value = _long(value)
    if isinstance(value, str):
        text = value.strip()
        if not _NUMBER.fullmatch(text):
            return _written_time(text, name)
        value = float(text) if "." in text else int(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unusable(f"{name} is {kind(value)}; {_A_TIME}")
    milliseconds = value if value >= _MILLISECONDS_FROM else value * 1000
    if not _EARLIEST_MS <= milliseconds < _LATEST_MS:
        raise Unusable(f"{name} is {shown(value)}; {_A_TIME}")
    return _EPOCH + timedelta(milliseconds=round(milliseconds))


_A_TIME = (
    f"expected a time from {EARLIEST.year} to {LATEST.year - 1}: seconds or milliseconds since 1970, "
    "or with its zone as 2025-10-09T10:00:00-03:00"
)
_EARLIEST_MS = (EARLIEST - _EPOCH) // timedelta(milliseconds=1)
_LATEST_MS = (LATEST - _EPOCH) // timedelta(milliseconds=1)


def _long(value: dict[Any, Any]) -> int | None:
    """A 64-bit number as JavaScript's `long` writes it: {"low": ..., "high": ...}."""
    low, high = value.get("low"), value.get("high", 0)
    if not isinstance(low, int) or not isinstance(high, int):
        return None
    return (low & 0xFFFFFFFF) + (high & 0xFFFFFFFF) * 2**32


def _written_time(text: str, name: str) -> datetime:
    if len(text) > _LONGEST_TIME:
        raise Unusable(f"{name} is {shown(text)}...; {_A_TIME}")
    written = _SPACE_BEFORE_ZONE.sub("", text.removesuffix(" UTC") + "Z" if text.endswith(" UTC") else text)
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        moment = _mail_time(text, name)
    if moment.tzinfo is None:
        raise Unusable(f"{name} is {shown(text)}, without a time zone; {_A_TIME}")
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise Unusable(f"{name} is {shown(text)}; {_A_TIME}") from None
    if not EARLIEST <= moment < LATEST:
        raise Unusable(f"{name} is {shown(text)}, in the year {moment.year}; {_A_TIME}")
    return moment


def _mail_time(text: str, name: str) -> datetime:
    try:
        return datetime.strptime(text, "%a, %d %b %Y %H:%M:%S %z")
    except ValueError:
        raise Unusable(f"{name} is {shown(text)}; {_A_TIME}") from None


def stable_id(*parts: str | None, at: datetime) -> str:
    """An id for an event that has none: the SHA-256 of what identifies it, its time in milliseconds at the end, as a
    JSON list. Never of a whole body: the same event written in another order is the same event."""
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1)
    return f"sha256:{hashlib.sha256(json.dumps([*parts, milliseconds]).encode()).hexdigest()}"


def part(value: object, key: str) -> dict[str, Any]:
    """The object under the key; an empty one where there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def clean_json(value: Any) -> Any:
    """The same JSON value as jsonb can hold it. Raises Unusable when it is nested too deeply."""
    return value if _is_flat_and_clean(value) else _cleaned(value, 0)


def _is_flat_and_clean(value: Any) -> bool:
    """As most are. What looks like an escaped NUL may be none; cleaning it changes nothing then."""
    if not isinstance(value, dict) or any(type(item) not in _PLAIN for item in value.values()):
        return False
    try:
        return b"\\u0000" not in msgspec.json.encode(value)
    except ValueError:  # half a character, or a number that Python does not write
        return False


_PLAIN = {str, int, bool, type(None)}


def _cleaned(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return clean(value)
    if depth > MAX_DEPTH:
        raise Unusable("the referral is nested too deeply")
    if isinstance(value, dict):
        return {
            clean(key): clean(item) if isinstance(item, str) else _cleaned(item, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_cleaned(item, depth + 1) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        return None
    return value


def shown(value: object) -> str:
    """The beginning of a value, for a message."""
    return repr(clean(_written(value))[:40])


def _written(value: object) -> str:
    try:
        return str(value)
    except ValueError:  # Python writes no number of more than 4300 digits
        return "9" * 4300


def kind(value: object) -> str:
    """What kind of JSON value it is, in words."""
    names = {
        bool: "true or false",
        dict: "an object",
        list: "a list",
        int: "a number",
        float: "a fraction",
        str: "a text",
        type(None): "missing",
    }
    return names.get(type(value), "no JSON value")
