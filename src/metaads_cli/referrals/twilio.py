"""Twilio's webhook of an incoming message: a form, decoded to an object with its names."""

from datetime import datetime
from typing import Any

from metaads_cli.models.referral import Receiver, Referral
from metaads_cli.referrals.clicks import whatsapp_click
from metaads_cli.referrals.extraction import Extraction
from metaads_cli.referrals.text import (
    EVENT_ID_LENGTH,
    Unusable,
    any_time,
    clean_json,
    digits_or_none,
    id_or_none,
    text_or_none,
    whatsapp_address,
)

CHANNEL = "whatsapp"
EXPECTED = "a Twilio webhook (MessageSid and From), as a form or as an object"
IDS = ("MessageSid", "SmsMessageSid", "SmsSid")
TIMES = (
    "DateCreated",
    "DateSent",
    "date_created",
    "date_sent",
    "Timestamp",
    "timestamp",
    "_received_at",
    "received_at",
)
_NAMES = {
    "ReferralSourceId": "source_id",
    "ReferralSourceType": "source_type",
    "ReferralSourceUrl": "source_url",
    "ReferralSourceURL": "source_url",
    "ReferralHeadline": "headline",
    "ReferralBody": "body",
    "ReferralMediaUrl": "media_url",
    "ReferralMediaURL": "media_url",
    "ReferralCtwaClid": "ctwa_clid",
}


def recognises(body: dict[str, Any]) -> bool:
    return "From" in body and any(name in body for name in IDS)


def extract(body: dict[str, Any]) -> Extraction:
    found = Extraction()
    found.read(_touch, body)
    return found


def _touch(body: dict[str, Any]) -> Referral | None:
    """Every message has `ReferralNumMedia`; only one that came from an ad or a post has more."""
    told = {name: value for name, value in body.items() if name in _NAMES and value}
    if not told:
        return None
    media_type = text_or_none(body.get("ReferralMediaContentType")) or ""
    click = whatsapp_click(
        {_NAMES[name]: value for name, value in told.items()} | {"media_type": media_type.partition("/")[0]}
    )
    raw = {name: value for name, value in body.items() if name.startswith("Referral")}
    event_id = next(filter(None, (id_or_none(body.get(name), name, EVENT_ID_LENGTH) for name in IDS)), None)
    if event_id is None:
        raise Unusable("the message has no MessageSid")
    phone, user_id = whatsapp_address(body.get("From"))
    return Referral(
        channel=CHANNEL,
        event_id=event_id,
        occurred_at=_time(body),
        receiver=Receiver(display_phone_number=digits_or_none(body.get("To"))),
        contact_phone=digits_or_none(body.get("WaId")) or phone,
        contact_user_id=user_id,
        contact_name=text_or_none(body.get("ProfileName")),
        **click | {"raw": clean_json(raw)},
    )


def _time(body: dict[str, Any]) -> datetime:
    for name in TIMES:
        if body.get(name):
            return any_time(body[name], name)
    raise Unusable(
        "Twilio's webhook has no time; add _received_at when it is logged, as seconds since 1970 "
        "or as 2025-10-09T10:00:00-03:00"
    )
