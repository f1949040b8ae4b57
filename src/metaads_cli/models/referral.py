"""One touch: a message or a lead form that came from a Meta ad, a post or a link, in its normal form."""

from datetime import datetime
from typing import Any

import msgspec


class Receiver(msgspec.Struct, frozen=True):
    """The business's end of the conversation: what a tenant is found by."""

    phone_number_id: str | None = None
    display_phone_number: str | None = None
    """Digits only."""
    page_id: str | None = None
    instagram_id: str | None = None
    """The Instagram account that was written to."""
    chatwoot_inbox: str | None = None
    """`account/inbox` of a Chatwoot installation."""


class Referral(msgspec.Struct, frozen=True, kw_only=True):
    """A message that carries a referral, or a lead. Ids are strings; texts hold no NUL and are valid Unicode.

    Where a payload ties several ids of one person together, all of them are here.
    """

    channel: str
    """What the person used: whatsapp, messenger, instagram, leadgen; through Chatwoot also others."""
    event_id: str
    """The event's id at the channel, or where it has none a hash: the key that makes a replay harmless."""
    occurred_at: datetime
    """When the person wrote; aware, UTC."""
    receiver: Receiver
    contact_phone: str | None = None
    """Digits only, as the channel sends it; None for a person who hides the number."""
    contact_user_id: str | None = None
    """WhatsApp's business-scoped user id."""
    contact_lid: str | None = None
    """WhatsApp's linked id, in place of a number in what WhatsApp Web sees."""
    contact_psid: str | None = None
    """Messenger's page-scoped id."""
    contact_igsid: str | None = None
    """Instagram's scoped id."""
    contact_email: str | None = None
    contact_chatwoot_id: str | None = None
    contact_name: str | None = None
    source_type: str | None = None
    """`ad`, `post`, `shortlink` and so on, in lower case; `form` for a lead that nobody paid for."""
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
    greeting: str | None = None
    """What the ad greets the person with."""
    ref: str | None = None
    """The business's own mark on a link or an ad."""
    form_id: str | None = None
    leadgen_id: str | None = None
    raw: dict[str, Any]
    """The referral, the lead or the row as it came."""
