"""Webhooks of pages and Instagram accounts: conversations and lead forms come in one envelope, even mixed."""

from typing import Any

from metaads_cli.models.referral import Receiver, Referral
from metaads_cli.referrals.clicks import messenger_click
from metaads_cli.referrals.extraction import Extraction
from metaads_cli.referrals.leads import announced_lead
from metaads_cli.referrals.text import EVENT_ID_LENGTH, Unusable, any_time, id_or_none, part, stable_id

CONVERSATIONS = ("messaging", "standby")
MESSENGER, INSTAGRAM = "messenger", "instagram"


def extract(body: dict[str, Any], channel: str) -> Extraction:
    """Every event of a conversation and every change of the body, in order."""
    found = Extraction()
    for entry in found.listed(body, "entry", "entry is not a list"):
        keys = [key for key in (*CONVERSATIONS, "changes") if isinstance(entry, dict) and key in entry]
        if not keys:
            found.rejected.append("an entry has no list of messaging, standby or changes")
        for key in keys:
            for event in found.listed(entry, key, f"{key} is not a list"):
                found.read(_change if key == "changes" else _touch, event, channel, entry)
    return found


def has_leads(body: dict[str, Any]) -> bool:
    entries = body.get("entry")
    return any(
        isinstance(change, dict) and change.get("field") == "leadgen"
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict) and isinstance(entry.get("changes"), list)
        for change in entry["changes"]
    )


def _change(change: Any, channel: str, entry: dict[str, Any]) -> Referral | None:
    """A lead, or an event of a conversation in the form of Meta's test tool. Posts, comments and so on tell nothing."""
    field, value = (change.get("field"), change.get("value")) if isinstance(change, dict) else (None, None)
    if not isinstance(field, str):
        raise Unusable("a change has no field")
    if field == "leadgen":
        return announced_lead(value, entry.get("id"))
    return _touch(value, channel, entry) if field.startswith(("messag", "standby")) else None


def _touch(event: Any, channel: str, entry: dict[str, Any]) -> Referral | None:
    """A click has its referral in one of three places: an existing thread, "Get started", the first message."""
    if not isinstance(event, dict):
        raise Unusable("an event is not an object")
    message, postback = part(event, "message"), part(event, "postback")
    referral = event.get("referral") or postback.get("referral") or message.get("referral")
    if not referral or message.get("is_echo"):
        return None
    click = messenger_click(referral)
    sender = id_or_none(part(event, "sender").get("id"), "the sender's id")
    if sender is None:
        raise Unusable("the event has no sender")
    at = any_time(event.get("timestamp"), "the event's timestamp")
    mid = id_or_none(message.get("mid") or postback.get("mid"), "mid", EVENT_ID_LENGTH)
    receiver = id_or_none(part(event, "recipient").get("id") or entry.get("id"), "the recipient's id")
    on_instagram = channel == INSTAGRAM
    return Referral(
        channel=channel,
        event_id=mid or stable_id(channel, sender, click["ad_id"] or click["ref"] or click["source_id"], at=at),
        occurred_at=at,
        receiver=Receiver(instagram_id=receiver) if on_instagram else Receiver(page_id=receiver),
        contact_psid=None if on_instagram else sender,
        contact_igsid=sender if on_instagram else None,
        **click,
    )
