"""One touch: a message that came from a Meta ad, a post or a link, in its normal form."""

from datetime import datetime
from typing import Any

import msgspec


class Receiver(msgspec.Struct, frozen=True):
    """The business's end of the conversation: what a tenant is found by."""

    phone_number_id: str | None = None
    display_phone_number: str | None = None
    """Digits only."""


class Referral(msgspec.Struct, frozen=True, kw_only=True):
    """A message that carries a referral. Ids are strings; texts hold no NUL and are valid Unicode."""

    channel: str
    event_id: str
    """The message's id at the channel: the key that makes a replay harmless."""
    occurred_at: datetime
    """When the person wrote; aware, UTC."""
    receiver: Receiver
    contact_phone: str | None
    """Digits only, as the channel sends it; None for a person who hides the number."""
    contact_user_id: str | None = None
    """The channel's business-scoped user id."""
    contact_name: str | None = None
    source_type: str | None = None
    ad_id: str | None = None
    """Only where the source is an ad: a post's id is not an ad id."""
    from_ad: bool = False
    source_id: str | None = None
    source_url: str | None = None
    headline: str | None = None
    body: str | None = None
    media_type: str | None = None
    media_url: str | None = None
    ctwa_clid: str | None = None
    raw: dict[str, Any]
    """The referral object as it came."""
