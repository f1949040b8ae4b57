"""Captured requests: a body with the headers it came with, and whether whoever knows the secret has signed it.

Meta signs the bytes of the body with the app's secret: `X-Hub-Signature-256: sha256=…`; YCloud its own secret over
the time and the bytes: `YCloud-Signature: t=…,s=…`. A body that was parsed and written anew has other bytes.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from metaads_cli.errors import ConfigError

META = "X-Hub-Signature-256"
YCLOUD = "YCloud-Signature"
TOLERANCE_SECONDS = 300
"""Between YCloud's time and that of the arrival."""
_HEADERS = ("headers", "multiValueHeaders")
_RECEIVED = ("received_at", "receivedAt", "timestamp", "time")
_MILLISECONDS = 1e11  # a number of seconds that large is in the year 5138
_YCLOUD_FORM = re.compile(r"\s*t=(\d{1,15})\s*,\s*s=([0-9A-Fa-f]{64})\s*", re.ASCII)


class NoBody(ValueError):
    """The body's bytes are not there; the message says why."""


@dataclass(frozen=True)
class Captured:
    """`{"headers": {…}, "body": …}`, as a gateway or a logger writes it down."""

    record: dict[str, Any]

    def values(self, name: str) -> Iterator[str]:
        """Of a header, whatever its case; one that came several times has several."""
        for part in _HEADERS:
            headers = self.record.get(part)
            for key, value in headers.items() if isinstance(headers, dict) else ():
                if key.lower() == name.lower():
                    yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str))

    @property
    def is_parsed(self) -> bool:
        """Whether there is the body's value instead of its bytes."""
        return isinstance(self.record["body"], dict | list)

    def body(self) -> bytes:
        """The bytes as they were sent. Raises NoBody."""
        body = self.record["body"]
        if body is None:
            return b""
        if not isinstance(body, str):
            raise NoBody("its body was parsed when it was captured: its own bytes are lost")
        try:
            return base64.b64decode(body, validate=True) if self._in_base64 else body.encode()
        except (binascii.Error, ValueError):
            raise NoBody(f"its body is no {'base64' if self._in_base64 else 'valid Unicode'}") from None

    @property
    def _in_base64(self) -> bool:
        return self.record.get("encoding") == "base64" or self.record.get("isBase64Encoded") in (True, "true")

    @property
    def received_at(self) -> float | None:
        """When it arrived, in seconds since 1970, where whoever captured it has said so."""
        context = self.record.get("requestContext")
        context = context if isinstance(context, dict) else {}
        said = [self.record.get(name) for name in _RECEIVED]
        said += [context.get("timeEpoch"), context.get("requestTimeEpoch")]
        return next((seconds for one in said if (seconds := _seconds(one)) is not None), None)


def captured(value: Any) -> Captured | None:
    """The request, when the value is one that was captured."""
    if not isinstance(value, dict) or "body" not in value:
        return None
    return (
        Captured(value) if any(isinstance(value.get(part), dict) for part in ("headers", "multiValueHeaders")) else None
    )


@dataclass(frozen=True)
class Verifier:
    """Knows the secrets; None where there is none."""

    app_secret: str | None
    ycloud_secret: str | None

    def refusal(self, request: Captured) -> str | None:
        """Why the request is not to be believed. Raises ConfigError when the secret that it was signed with is missing.

        One that bears both signatures must be right by both.
        """
        meta, ycloud = list(request.values(META)), list(request.values(YCLOUD))
        if not meta and not ycloud:
            return f"it carries neither {META} nor {YCLOUD}"
        try:
            body = request.body()
        except NoBody as error:
            return f"its signature cannot be verified: {error}"
        if meta and not any(self._is_metas(one, body) for one in meta):
            return f"its {META} is wrong"
        return self._ycloud_refusal(ycloud, body, request.received_at) if ycloud else None

    def _is_metas(self, signature: str, body: bytes) -> bool:
        key = _required(self.app_secret, META, "META_APP_SECRET")
        return _same(signature.strip(), f"sha256={_digest(key, body)}")

    def _ycloud_refusal(self, signatures: list[str], body: bytes, received_at: float | None) -> str | None:
        key = _required(self.ycloud_secret, YCLOUD, "METAADS_INGEST__YCLOUD_SECRET")
        forms = [form for one in signatures if (form := _YCLOUD_FORM.fullmatch(one))]
        signed = [form for form in forms if _same(form[2], _digest(key, form[1].encode() + b"." + body))]
        if not signed:
            return f"its {YCLOUD} is wrong"
        if received_at is not None and all(abs(received_at - int(form[1])) > TOLERANCE_SECONDS for form in signed):
            return f"its {YCLOUD} is of another time than its arrival: more than {TOLERANCE_SECONDS // 60} minutes away"
        return None


def _required(secret: str | None, header: str, variable: str) -> str:
    if secret is None:
        raise ConfigError(f"it carries {header}, whose secret is not known", hint=f"Set {variable}")
    return secret


def _digest(key: str, data: bytes) -> str:
    return hmac.new(key.encode(), data, hashlib.sha256).hexdigest()


def _same(given: str, expected: str) -> bool:
    """In a time that does not tell how much of it is right."""
    return hmac.compare_digest(given.lower().encode("utf-8", "surrogatepass"), expected.encode())


def _seconds(value: object) -> float | None:
    """Of a time in seconds or milliseconds, or in the form of RFC 3339; None for anything else."""
    if isinstance(value, str) and not value.isdecimal():
        return _iso_seconds(value)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number / 1000 if abs(number) >= _MILLISECONDS else number


def _iso_seconds(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
