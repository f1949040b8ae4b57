"""Chatwoot's webhooks: the incoming messages keep the channel's referral in `content_attributes`."""

from typing import Any

from metaads_cli.models.referral import Receiver, Referral
from metaads_cli.referrals.clicks import messenger_click, whatsapp_click
from metaads_cli.referrals.extraction import Extraction
from metaads_cli.referrals.text import (
    EVENT_ID_LENGTH,
    Unusable,
    any_time,
    digits_or_none,
    email_or_none,
    id_or_none,
    part,
    text_or_none,
    whatsapp_address,
)

EXPECTED = "a Chatwoot webhook (event, and conversation, inbox or account)"
_EVENTS = ("message_", "conversation_", "contact_", "inbox_", "webwidget_")
_PARTS = {"conversation", "account", "messages", "meta", "contact_inbox", "inbox"}
_CHANNELS = {
    "Channel::Whatsapp": "whatsapp",
    "Channel::FacebookPage": "messenger",
    "Channel::Instagram": "instagram",
}
_INCOMING = ("incoming", 0)
_EVOLUTION = "WAID:"  # what the Evolution API writes before a message's id


def recognises(event: dict[str, Any]) -> bool:
    name = event.get("event")
    return isinstance(name, str) and name.startswith(_EVENTS) and not _PARTS.isdisjoint(event)


def extract(event: dict[str, Any]) -> Extraction:
    found = Extraction()
    if event["event"] == "message_created":
        found.read(_touch, event)
    else:
        found.ignored += 1
    return found


def _touch(message: dict[str, Any]) -> Referral | None:
    referral = part(message, "content_attributes").get("referral")
    if not referral or message.get("message_type") not in _INCOMING:
        return None
    click = _click(referral)
    conversation = part(message, "conversation")
    channel = _channel(message, conversation)
    sender = part(message, "sender") or part(part(conversation, "meta"), "sender")
    return Referral(
        channel=channel,
        event_id=_event_id(message),
        occurred_at=any_time(message.get("created_at"), "created_at"),
        receiver=_receiver(message, conversation),
        **_contact(channel, sender, part(conversation, "contact_inbox").get("source_id")),
        contact_chatwoot_id=id_or_none(sender.get("id"), "the sender's id"),
        contact_name=text_or_none(sender.get("name")),
        **click,
    )


def _click(referral: Any) -> dict[str, Any]:
    """The referral is kept as the channel sent it."""
    of_messenger = isinstance(referral, dict) and ("ads_context_data" in referral or "source" in referral)
    return messenger_click(referral) if of_messenger else whatsapp_click(referral)


def _channel(message: dict[str, Any], conversation: dict[str, Any]) -> str:
    """The channel behind the inbox. One that Chatwoot knows only as an API or a number of Twilio's is WhatsApp where
    the message's or the person's id says so."""
    named = text_or_none(conversation.get("channel")) or text_or_none(part(message, "inbox").get("channel_type"))
    source_ids = message.get("source_id"), part(conversation, "contact_inbox").get("source_id")
    if any(isinstance(one, str) and one.startswith(("whatsapp:", "wamid.", _EVOLUTION)) for one in source_ids):
        return "whatsapp"
    return _CHANNELS.get(named or "", (named or "chatwoot").rpartition("::")[2].lower())


def _event_id(message: dict[str, Any]) -> str:
    """The id that the channel gave to the message, so that the channel's own log tells of the same event."""
    source_id = id_or_none(message.get("source_id"), "source_id", EVENT_ID_LENGTH)
    if source_id:
        return source_id.removeprefix(_EVOLUTION)
    own, account = id_or_none(message.get("id"), "the message's id"), id_or_none(_account(message), "the account's id")
    if own is None:
        raise Unusable("the message has no source_id and no id")
    return f"chatwoot:{account or ''}:{own}"


def _account(message: dict[str, Any]) -> Any:
    return part(message, "account").get("id")


def _receiver(message: dict[str, Any], conversation: dict[str, Any]) -> Receiver:
    inbox = part(message, "inbox")
    inbox_id = id_or_none(inbox.get("id") or conversation.get("inbox_id"), "the inbox's id")
    account = id_or_none(_account(message), "the account's id")
    return Receiver(
        display_phone_number=digits_or_none(inbox.get("phone_number")),
        chatwoot_inbox=f"{account}/{inbox_id}" if account and inbox_id else None,
    )


def _contact(channel: str, sender: dict[str, Any], source_id: Any) -> dict[str, Any]:
    """What Chatwoot knows of the person, and the channel's id of the person."""
    scoped = id_or_none(source_id, "the contact's source_id")
    phone, user_id = whatsapp_address(source_id) if channel == "whatsapp" else (None, None)
    return {
        "contact_phone": digits_or_none(sender.get("phone_number")) or phone,
        "contact_user_id": user_id,
        "contact_psid": scoped if channel == "messenger" else None,
        "contact_igsid": scoped if channel == "instagram" else None,
        "contact_email": email_or_none(sender.get("email")),
    }
