"""What a document holds: a payload, a rejected line that is fed back, or a captured request with a payload in it."""

import io
from collections.abc import Iterator
from typing import Any

import msgspec

from metaads_cli.referrals import shapes
from metaads_cli.referrals.decoding import BrokenDocument, Document, NotJson, Parsed, decode, decode_form
from metaads_cli.referrals.documents import read_documents
from metaads_cli.referrals.signatures import Captured, NoBody, Verifier, captured


class Content(msgspec.Struct, frozen=True):
    """Payloads to extract, and reasons why something is none; `raw` is what is kept if any of it is rejected."""

    raw: bytes
    payloads: list[Any]
    reasons: list[str]


def is_whole(value: Any) -> bool:
    """Whether the value is all of a document, as `read_documents` asks."""
    return shapes.is_payload(value) or captured(value) is not None


def contents(document: Document, verifier: Verifier | None, max_bytes: int) -> Iterator[Content]:
    """With a verifier, what is not signed is not believed. Raises ConfigError when a secret is missing."""
    original = shapes.rejected_payload(document.value)
    if original is None:
        yield _content(document.raw, document.value, verifier)
        return
    found = [_fed_back(one, original, verifier) for one in _documents(original, max_bytes)]
    yield from found or [Content(original, [], ["the payload holds no document"])]


def _documents(original: bytes, max_bytes: int) -> Iterator[Parsed]:
    """A rejected row of CSV has its header before it, so it is more than one line."""
    stream, rows = io.BufferedReader(io.BytesIO(original)), b"\n" in original.strip()
    return read_documents(stream, max_bytes=max_bytes, is_payload=is_whole, rows=rows)


def _fed_back(one: Parsed, original: bytes, verifier: Verifier | None) -> Content:
    if isinstance(one, BrokenDocument):
        return Content(one.raw or original, [], [f"the payload is unusable: {one.reason}"])
    return _content(one.raw, one.value, verifier)


def _content(raw: bytes, value: Any, verifier: Verifier | None) -> Content:
    request = captured(value)
    if request is None:
        return Content(raw, [value], []) if verifier is None else Content(raw, [], ["it was captured without headers"])
    if verifier is not None and (reason := verifier.refusal(request)):
        return Content(raw, [], [reason])
    try:
        return Content(raw, _payloads(request), [])
    except (NotJson, NoBody) as error:
        return Content(raw, [], [f"the body of the request is no payload: {error}"])


def _payloads(request: Captured) -> list[Any]:
    """An empty body holds none: a handshake, a look whether anybody is there. Raises NotJson and NoBody."""
    if request.is_parsed:
        value = request.record["body"]
    else:
        text = request.body().strip()
        if not text:
            return []
        form = decode_form(text)
        value = decode(text) if form is None else _with_time(form, request)
    return value if isinstance(value, list) else [value]


def _with_time(form: dict[str, str], request: Captured) -> dict[str, Any]:
    """Twilio tells no time of its own: that of the arrival, where it is known."""
    at = request.received_at
    return form if at is None else {"_received_at": at} | form
