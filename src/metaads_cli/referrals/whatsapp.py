"""WhatsApp Cloud API bodies: entries, changes and messages are lists, and any of them may carry a referral.

Meta's reference of the webhook is the source: the referral comes with the message that follows the click, whatever the
message's type; statuses and other fields tell nothing about an ad.
"""

from typing import Any

from metaads_cli.models.referral import Receiver, Referral
from metaads_cli.referrals.clicks import whatsapp_click
from metaads_cli.referrals.extraction import Extraction
from metaads_cli.referrals.text import (
    EVENT_ID_LENGTH,
    Unusable,
    digits_or_none,
    id_or_none,
    part,
    text_or_none,
    unix_time,
)

CHANNEL = "whatsapp"
OBJECT = "whatsapp_business_account"
EXPECTED = f"a WhatsApp Cloud API body (object {OBJECT!r})"


def recognises(body: dict[str, Any]) -> bool:
    return body.get("object") == OBJECT


def extract(body: dict[str, Any]) -> Extraction:
    """Every message and status of the body, in order."""
    found = Extraction()
    for entry in found.listed(body, "entry", "entry is not a list"):
        for change in found.listed(entry, "changes", "an entry has no list of changes"):
            _extract_change(change, found)
    return found


def _extract_change(change: Any, found: Extraction) -> None:
    value = change.get("value") if isinstance(change, dict) else None
    if not isinstance(value, dict):
        found.rejected.append("a change has no value")
        return
    messages, statuses = value.get("messages"), value.get("statuses")
    if change.get("field", "messages") != "messages" or (messages is None and statuses is None):
        found.ignored += 1
        return
    if statuses is not None:
        found.ignored += len(found.listed(value, "statuses", "statuses is not a list"))
    if messages is not None:
        for message in found.listed(value, "messages", "messages is not a list"):
            found.read(_touch, message, value)


def _touch(message: Any, value: dict[str, Any]) -> Referral | None:
    if not isinstance(message, dict):
        raise Unusable("a message is not an object")
    if not message.get("referral"):
        return None
    click = whatsapp_click(message["referral"])
    event_id = id_or_none(message.get("id"), "the message's id", EVENT_ID_LENGTH)
    if event_id is None:
        raise Unusable("the message has no id")
    contact = _contact(message, value)
    profile = part(contact, "profile")
    return Referral(
        channel=CHANNEL,
        event_id=event_id,
        occurred_at=unix_time(message.get("timestamp"), "the message's timestamp"),
        receiver=_receiver(value),
        contact_phone=digits_or_none(message.get("from")) or digits_or_none(contact.get("wa_id")),
        contact_user_id=id_or_none(message.get("from_user_id"), "from_user_id")
        or id_or_none(contact.get("user_id"), "the contact's user_id"),
        contact_name=text_or_none(profile.get("name")) or text_or_none(profile.get("username")),
        **click,
    )


def _receiver(value: dict[str, Any]) -> Receiver:
    metadata = part(value, "metadata")
    return Receiver(
        phone_number_id=id_or_none(metadata.get("phone_number_id"), "phone_number_id"),
        display_phone_number=digits_or_none(metadata.get("display_phone_number")),
    )


def _contact(message: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """The contact who wrote the message: found by id, since the lists are not parallel."""
    contacts = value.get("contacts")
    for contact in contacts if isinstance(contacts, list) else ():
        if not isinstance(contact, dict):
            continue
        for theirs, ours in (("wa_id", "from"), ("user_id", "from_user_id")):
            if contact.get(theirs) is not None and contact.get(theirs) == message.get(ours):
                return contact
    return {}
