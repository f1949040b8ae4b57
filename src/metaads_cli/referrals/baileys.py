"""What WhatsApp Web sees, as Baileys writes it: alone, or in the webhooks of the Evolution API and of WAHA.

An ad's click is the `externalAdReply` in the context of the message. Where WhatsApp withholds it and sends only an
opaque `ctwaPayload`, no ad is known.
"""

from collections.abc import Iterator
from typing import Any

from metaads_cli.models.referral import Receiver, Referral
from metaads_cli.referrals.clicks import protocol_click
from metaads_cli.referrals.extraction import Extraction
from metaads_cli.referrals.text import (
    EVENT_ID_LENGTH,
    Unusable,
    any_time,
    digits_or_none,
    id_or_none,
    part,
    text_or_none,
)

CHANNEL = "whatsapp"
EXPECTED = "a message with key.remoteJid, or a webhook of the Evolution API (instance) or of WAHA (session)"
_PEOPLE = ("s.whatsapp.net", "c.us", "lid")
_AD_MARKS = ("sourceId", "sourceID", "sourceType", "ctwaClid")  # a preview of a link has none of them
_MESSAGE_EVENTS = {"messages.upsert", "message", "message.any"}
_DEPTH = 6  # a picture in a disappearing message of another device is five deep


def recognises(body: dict[str, Any]) -> bool:
    if isinstance(body.get("event"), str):
        return ("instance" in body and "data" in body) or ("session" in body and "payload" in body)
    return _is_message(body) or _messages_in(body) is not None


def _is_message(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    return "remoteJid" in part(value, "key") or (isinstance(value.get("Info"), dict) and "Message" in value)


def _messages_in(value: Any) -> list[Any] | None:
    """The messages of an event of Baileys itself: {messages, type}."""
    messages = value.get("messages") if isinstance(value, dict) else None
    return messages if isinstance(messages, list) and any(map(_is_message, messages)) else None


def extract(body: dict[str, Any]) -> Extraction:
    found = Extraction()
    event = body.get("event")
    if not isinstance(event, str):
        messages, own = _messages_in(body) or [body], None
    elif event.lower().replace("_", ".").replace("-", ".") not in _MESSAGE_EVENTS:
        found.ignored += 1
        return found
    else:
        messages, own = _sent(body)
    for message in messages:
        found.read(_touch, message, Receiver(display_phone_number=_phone(own)))
    return found


def _sent(body: dict[str, Any]) -> tuple[list[Any], Any]:
    """The messages of a webhook, and the address that they were sent to."""
    if "session" in body:
        payload = part(body, "payload")
        return [part(payload, "_data") or payload], part(body, "me").get("id")
    data = body.get("data")
    return _messages_in(data) or (data if isinstance(data, list) else [data]), body.get("sender")


def _touch(message: Any, receiver: Receiver) -> Referral | None:
    if not isinstance(message, dict):
        raise Unusable("a message is not an object")
    if isinstance(message.get("Info"), dict):
        message = _of_whatsmeow(message)
    key = part(message, "key")
    reply = next(_ads(message), None)
    addresses = [key.get(name) for name in ("remoteJid", "remoteJidAlt", "senderPn", "senderLid")]
    if reply is None or key.get("fromMe") or _server(addresses[0]) not in _PEOPLE:
        return None
    event_id = id_or_none(key.get("id"), "key.id", EVENT_ID_LENGTH)
    if event_id is None:
        raise Unusable("the message has no key.id")
    return Referral(
        channel=CHANNEL,
        event_id=event_id,
        occurred_at=any_time(message.get("messageTimestamp"), "messageTimestamp"),
        receiver=receiver,
        contact_phone=next(filter(None, map(_phone, addresses)), None),
        contact_lid=next(filter(None, map(_lid, addresses)), None),
        contact_name=text_or_none(message.get("pushName")),
        **protocol_click(reply),
    )


def _of_whatsmeow(message: dict[str, Any]) -> dict[str, Any]:
    """The message of WAHA's engine GOWS in the names of Baileys."""
    info = message["Info"]
    key = {
        "id": info.get("ID"),
        "remoteJid": info.get("Chat"),
        "remoteJidAlt": info.get("SenderAlt"),
        "fromMe": info.get("IsFromMe"),
    }
    told = {"key": key, "messageTimestamp": info.get("Timestamp"), "pushName": info.get("PushName")}
    return told | {"message": message.get("Message")}


def _ads(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every ad that the message itself shows. What it quotes is another message's, and not looked into."""
    contents: list[dict[str, Any]] = [message]
    for _ in range(_DEPTH):
        for content in contents:
            for context in ("contextInfo", "messageContextInfo"):
                reply = part(part(content, context), "externalAdReply")
                if any(reply.get(mark) for mark in _AD_MARKS):
                    yield reply
        contents = [
            inner
            for content in contents
            for name, inner in content.items()
            if isinstance(inner, dict) and (name == "message" or name.endswith(("Message", "MessageV2")))
        ]


def _server(address: Any) -> str:
    return address.rpartition("@")[2] if isinstance(address, str) else ""


def _phone(address: Any) -> str | None:
    """The number of an address such as `5491155550001:12@s.whatsapp.net`."""
    if _server(address) not in {"s.whatsapp.net", "c.us"}:
        return None
    return digits_or_none(address.partition("@")[0].partition(":")[0])


def _lid(address: Any) -> str | None:
    return id_or_none(address.partition("@")[0].partition(":")[0], "the lid") if _server(address) == "lid" else None
