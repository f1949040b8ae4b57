"""WhatsApp Cloud API bodies: entries, changes and messages are lists, and any of them may carry a referral.

Meta's reference of the webhook is the source: the referral comes with the message that follows the click, whatever the
message's type; statuses and other fields tell nothing about an ad.
"""

from typing import Any

from metaads_cli.models.referral import Receiver, Referral
from metaads_cli.referrals.extraction import Extraction
from metaads_cli.referrals.text import (
    Unusable,
    clean_json,
    digits_or_none,
    id_or_none,
    text_or_none,
    unix_time,
)

CHANNEL = "whatsapp"
OBJECT = "whatsapp_business_account"
EVENT_ID_LENGTH = 512
ID_LENGTH = 255  # patients.meta_ad_id is varchar(255)
PHONE_LENGTH = 19  # patients.phone_number is varchar(20), and hosts may write a plus before it


def recognises(body: Any) -> bool:
    return isinstance(body, dict) and body.get("object") == OBJECT


def extract(body: dict[str, Any]) -> Extraction:
    """Every message and status of the body, in order."""
    found = Extraction()
    entries = body.get("entry")
    if not isinstance(entries, list):
        found.rejected.append("entry is not a list")
        return found
    for entry in entries:
        changes = entry.get("changes") if isinstance(entry, dict) else None
        if not isinstance(changes, list):
            found.rejected.append("an entry has no list of changes")
            continue
        for change in changes:
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
    if isinstance(statuses, list):
        found.ignored += len(statuses)
    elif statuses is not None:
        found.rejected.append("statuses is not a list")
    if messages is not None and not isinstance(messages, list):
        found.rejected.append("messages is not a list")
        return
    for message in messages or []:
        _extract_message(message, value, found)


def _extract_message(message: Any, value: dict[str, Any], found: Extraction) -> None:
    if not isinstance(message, dict):
        found.rejected.append("a message is not an object")
        return
    if not message.get("referral"):
        found.ignored += 1
        return
    try:
        found.referrals.append(_referral(message, value))
    except Unusable as error:
        found.rejected.append(str(error))


def _referral(message: dict[str, Any], value: dict[str, Any]) -> Referral:
    referral = message["referral"]
    if not isinstance(referral, dict):
        raise Unusable("the referral is not an object")
    event_id = id_or_none(message.get("id"), "the message's id", EVENT_ID_LENGTH)
    if event_id is None:
        raise Unusable("the message has no id")
    source_type = (text_or_none(referral.get("source_type")) or "").lower() or None
    source_id = id_or_none(referral.get("source_id"), "source_id", ID_LENGTH)
    named_ad = id_or_none(referral.get("ad_id"), "ad_id", ID_LENGTH)
    from_ad = source_type == "ad" or (source_type is None and (named_ad or source_id) is not None)
    contact = _contact(message, value)
    return Referral(
        channel=CHANNEL,
        event_id=event_id,
        occurred_at=unix_time(message.get("timestamp"), "the message's timestamp"),
        receiver=_receiver(value),
        contact_phone=digits_or_none(message.get("from"), PHONE_LENGTH),
        contact_user_id=id_or_none(message.get("from_user_id"), "from_user_id", ID_LENGTH),
        contact_name=text_or_none(_part(contact, "profile").get("name")),
        source_type=source_type,
        from_ad=from_ad,
        ad_id=(source_id or named_ad) if from_ad else None,
        source_id=source_id,
        source_url=text_or_none(referral.get("source_url")),
        headline=text_or_none(referral.get("headline")),
        body=text_or_none(referral.get("body")),
        media_type=text_or_none(referral.get("media_type")),
        media_url=text_or_none(referral.get("image_url")) or text_or_none(referral.get("video_url")),
        ctwa_clid=text_or_none(referral.get("ctwa_clid")),
        raw=clean_json(referral),
    )


def _receiver(value: dict[str, Any]) -> Receiver:
    metadata = _part(value, "metadata")
    return Receiver(
        phone_number_id=id_or_none(metadata.get("phone_number_id"), "phone_number_id", ID_LENGTH),
        display_phone_number=digits_or_none(metadata.get("display_phone_number"), PHONE_LENGTH),
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


def _part(value: dict[str, Any], key: str) -> dict[str, Any]:
    part = value.get(key)
    return part if isinstance(part, dict) else {}
