"""Values of an answer as PostgreSQL can hold them: no NUL, no half of a surrogate pair."""

import json
import re
from datetime import datetime
from typing import Any

import msgspec

from metaads_cli.models.text import clean

# An escaped NUL or surrogate: rare enough to pay for a look at the whole value.
_SUSPICIOUS = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")

# Escapes as they follow each other: a backslash, a surrogate pair (kept: group 1), half of one.
_ESCAPES = re.compile(rb"(\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..)|\\u[dD][89a-fA-F]..")


def without_halves(body: bytes) -> bytes:
    """JSON with a question mark for each half of a surrogate pair: where somebody cut a text."""
    return _ESCAPES.sub(lambda found: found[1] or b"?", body)


def clean_or_none(text: str | None) -> str | None:
    return None if text is None else clean(text)


def json_text(raw: msgspec.Raw) -> str | None:
    """The JSON value as text; None when it was not there, or null."""
    data = bytes(raw)
    if not data or data == b"null":
        return None
    text = data.decode("utf-8", "replace")
    if _SUSPICIOUS.search(data):
        return json.dumps(_cleaned(json.loads(text)), ensure_ascii=False)
    return text


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): _cleaned(item) for key, item in value.items()}
    return value


def moment(text: str | None) -> datetime | None:
    """`2026-09-01T10:00:00-0300`, aware; None for what is no such time."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
