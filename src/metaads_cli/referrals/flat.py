"""Flat rows: a person, an ad and a time in columns, from a CSV file or somebody's own log."""

from typing import Any

from metaads_cli.models.referral import Receiver, Referral
from metaads_cli.referrals.clicks import whatsapp_click
from metaads_cli.referrals.columns import CONTACTS, Row
from metaads_cli.referrals.extraction import Extraction
from metaads_cli.referrals.leads import is_lead_row
from metaads_cli.referrals.text import EVENT_ID_LENGTH, Unusable, clean_json, stable_id

EXPECTED = "a row with a person (phone, psid, igsid, bsuid, email) and an ad (ad_id, source_id, ctwa_clid)"
CHANNELS = {
    "whatsapp": "whatsapp",
    "wa": "whatsapp",
    "messenger": "messenger",
    "facebook": "messenger",
    "fb": "messenger",
    "instagram": "instagram",
    "ig": "instagram",
}
# Without any of these a row is a message that came from no ad. `body` may be what the person wrote.
_SOURCES = ("ad_id", "source_id", "source_type", "source_url", "ctwa_clid", "ref")
_TEXTS = ("headline", "body", "media_type", "image_url", "video_url", "welcome_message")


def recognises(body: dict[str, Any]) -> bool:
    if "object" in body:
        return False
    row = Row(body)
    return row.has(*CONTACTS) and row.has(*_SOURCES) and not is_lead_row(row)


def accepts(body: dict[str, Any]) -> bool:
    return Row(body).has(*CONTACTS)


def extract(body: dict[str, Any]) -> Extraction:
    found = Extraction()
    found.read(_touch, body)
    return found


def _touch(body: dict[str, Any]) -> Referral | None:
    row = Row(body)
    told: dict[str, Any] = {name: row.id(name) for name in ("ad_id", "source_id")}
    told |= {name: row.text(name) for name in _SOURCES[2:] + _TEXTS}
    if not any(told[name] for name in _SOURCES):
        return None
    click = whatsapp_click(told) | {"raw": clean_json(body)}
    contact = row.contact()
    person = next(filter(None, contact.values()), None)
    if person is None:
        raise Unusable("the row names nobody; expected a phone, a psid, an igsid, a bsuid or an e-mail address")
    channel, at = _channel(row, contact), row.time()
    source = next(filter(None, map(click.get, ("ad_id", "source_id", "ctwa_clid", "ref", "source_url"))), None)
    return Referral(
        channel=channel,
        event_id=row.id("message_id", EVENT_ID_LENGTH) or row.own_id() or stable_id(channel, person, source, at=at),
        occurred_at=at,
        receiver=_receiver(row),
        **contact,
        contact_name=row.full_name(),
        **click,
    )


def _channel(row: Row, contact: dict[str, Any]) -> str:
    named = row.text("channel")
    if named is not None:
        if named.lower() not in CHANNELS:
            raise Unusable(f"the channel is {named[:40]!r}; expected one of {', '.join(CHANNELS)}")
        return CHANNELS[named.lower()]
    if contact["contact_igsid"]:
        return "instagram"
    return "messenger" if contact["contact_psid"] else "whatsapp"


def _receiver(row: Row) -> Receiver:
    return Receiver(
        phone_number_id=row.id("phone_number_id"),
        display_phone_number=row.digits("display_phone_number"),
        page_id=row.id("page_id"),
        instagram_id=row.id("instagram_id"),
    )
