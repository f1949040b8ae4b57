"""YCloud's webhooks: one event each, with WhatsApp's referral inside, phones in E.164 and times in RFC 3339."""

from typing import Any

from metaads_cli.models.referral import Receiver, Referral
from metaads_cli.referrals.clicks import whatsapp_click
from metaads_cli.referrals.extraction import Extraction
from metaads_cli.referrals.text import (
    EVENT_ID_LENGTH,
    Unusable,
    any_time,
    digits_or_none,
    id_or_none,
    part,
    text_or_none,
    whatsapp_address,
)

CHANNEL = "whatsapp"
INBOUND = "whatsapp.inbound_message.received"
EXPECTED = "a YCloud event (type, apiVersion and createTime)"


def recognises(event: dict[str, Any]) -> bool:
    return "whatsappInboundMessage" in event or {"type", "apiVersion", "createTime"} <= event.keys()


def extract(event: dict[str, Any]) -> Extraction:
    """The inbound messages of the event. Updates of our own messages, echoes and history tell nothing about an ad."""
    found = Extraction()
    inbound = event.get("whatsappInboundMessage")
    if inbound is None and event.get("type") != INBOUND:
        found.ignored += 1
        return found
    for message in inbound if isinstance(inbound, list) else [inbound]:
        found.read(_touch, message, event)
    return found


def _touch(message: Any, event: dict[str, Any]) -> Referral | None:
    if not isinstance(message, dict):
        raise Unusable("whatsappInboundMessage is not an object")
    if not message.get("referral"):
        return None
    click = whatsapp_click(message["referral"])
    event_id = id_or_none(message.get("wamid"), "wamid", EVENT_ID_LENGTH) or id_or_none(
        message.get("id"), "the message's id", EVENT_ID_LENGTH
    )
    if event_id is None:
        raise Unusable("the message has no wamid and no id")
    phone, user_id = whatsapp_address(message.get("from"))
    profile = part(message, "customerProfile")
    return Referral(
        channel=CHANNEL,
        event_id=event_id,
        occurred_at=_time(message, event),
        receiver=Receiver(display_phone_number=digits_or_none(message.get("to"))),
        contact_phone=phone,
        contact_user_id=id_or_none(message.get("fromUserId"), "fromUserId") or user_id,
        contact_name=text_or_none(profile.get("name")) or text_or_none(profile.get("username")),
        **click,
    )


def _time(message: dict[str, Any], event: dict[str, Any]) -> Any:
    """When the person wrote; the event's own time is some seconds later."""
    if message.get("sendTime") is not None:
        return any_time(message["sendTime"], "sendTime")
    return any_time(event.get("createTime"), "createTime")
