"""One lead of a form, however it comes: announced by a webhook, with its answers from the API, or as a row."""

from typing import Any

from metaads_cli.models.referral import Receiver, Referral
from metaads_cli.referrals.columns import CONTACTS, Row
from metaads_cli.referrals.text import Unusable, clean_json, stable_id

CHANNEL = "leadgen"


def announced_lead(value: Any, page_id: object) -> Referral:
    """What a webhook says. The answers are not in it, so nobody is known but by the lead's id."""
    if not isinstance(value, dict):
        raise Unusable("a change has no value")
    return _lead(Row(value, {"page_id": page_id}, _answers(value)), value)


def answered_lead(lead: Any) -> Referral:
    """An object of GET /{leadgen_id}, or a row."""
    if not isinstance(lead, dict):
        raise Unusable("a lead is not an object")
    return _lead(Row(lead, _answers(lead)), lead)


def is_lead_row(row: Row) -> bool:
    return row.has("leadgen_id", "form_id", "form_name") and row.has("time", "ad_id", *CONTACTS)


def _answers(lead: dict[str, Any]) -> dict[str, Any]:
    """The first answer to each question of `field_data`."""
    given = lead.get("field_data")
    if given is None:
        return {}
    if not isinstance(given, list):
        raise Unusable("field_data is not a list")
    answers: dict[str, Any] = {}
    for answer in given:
        name, values = (answer.get("name"), answer.get("values")) if isinstance(answer, dict) else (None, None)
        if isinstance(name, str) and name not in answers:
            answers[name] = values[0] if isinstance(values, list) and values else values
    return answers


def _lead(row: Row, raw: dict[str, Any]) -> Referral:
    leadgen_id = row.id("leadgen_id") or row.own_id()
    form_id = row.id("form_id")
    ad_id = None if row.says_yes("is_organic") else row.id("ad_id")
    contact, at = row.contact(), row.time()
    person = contact["contact_phone"] or contact["contact_email"]
    if leadgen_id is None and person is None:
        raise Unusable("the lead has no id, and names neither a phone nor an e-mail address")
    return Referral(
        channel=CHANNEL,
        event_id=leadgen_id or stable_id(CHANNEL, person, ad_id or form_id, at=at),
        occurred_at=at,
        receiver=Receiver(page_id=row.id("page_id")),
        **contact,
        contact_name=row.full_name(),
        source_type="ad" if ad_id else "form",
        from_ad=ad_id is not None,
        ad_id=ad_id,
        source_id=ad_id,
        headline=row.text("headline"),
        form_id=form_id,
        leadgen_id=leadgen_id,
        raw=clean_json(raw),
    )
