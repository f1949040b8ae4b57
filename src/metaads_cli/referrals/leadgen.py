"""Lead forms: webhooks of a page, leads of the Graph API, and rows that an automation made of them."""

from typing import Any

from metaads_cli.referrals import pages
from metaads_cli.referrals.columns import CONTACTS, Row
from metaads_cli.referrals.extraction import Extraction
from metaads_cli.referrals.leads import answered_lead, is_lead_row

EXPECTED = "a page's webhook with leads, a lead with field_data, or a row with a lead or form id"


def recognises(body: dict[str, Any]) -> bool:
    if "object" in body:
        return body["object"] == "page" and pages.has_leads(body)
    return "field_data" in body or _bulk(body) or is_lead_row(Row(body))


def accepts(body: dict[str, Any]) -> bool:
    """Said to be a lead, a row with a contact is enough."""
    return body.get("object") == "page" or recognises(body) or Row(body).has(*CONTACTS)


def extract(body: dict[str, Any]) -> Extraction:
    if "object" in body:
        return pages.extract(body, pages.MESSENGER)
    found = Extraction()
    for lead in body["data"] if _bulk(body) else [body]:
        found.read(answered_lead, lead)
    return found


def _bulk(body: dict[str, Any]) -> bool:
    """The answer of GET /{form_id}/leads."""
    leads = body.get("data")
    return isinstance(leads, list) and any(isinstance(lead, dict) and "field_data" in lead for lead in leads)
