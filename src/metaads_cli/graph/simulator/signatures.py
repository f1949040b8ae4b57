"""Signatures of webhooks: over the very bytes that are sent (README 5.1, 5.8)."""

import hashlib
import hmac
from datetime import datetime

# An app secret where nobody gave one.
DEFAULT_KEY = "simulator"


def meta_signature(key: str, body: bytes) -> str:
    """The value of `X-Hub-Signature-256`."""
    return f"sha256={_hex(key, body)}"


def ycloud_signature(key: str, body: bytes, sent_at: datetime) -> str:
    """The value of `YCloud-Signature`; a receiver takes it for five minutes."""
    seconds = int(sent_at.timestamp())
    return f"t={seconds},s={_hex(key, f'{seconds}.'.encode() + body)}"


def _hex(key: str, signed: bytes) -> str:
    return hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
