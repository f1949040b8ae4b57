"""Messenger: webhooks of a page without lead forms in them."""

from typing import Any

from metaads_cli.referrals import pages
from metaads_cli.referrals.extraction import Extraction

EXPECTED = "a page's webhook (object 'page')"


def accepts(body: dict[str, Any]) -> bool:
    return body.get("object") == "page"


def recognises(body: dict[str, Any]) -> bool:
    return accepts(body) and not pages.has_leads(body)


def extract(body: dict[str, Any]) -> Extraction:
    return pages.extract(body, pages.MESSENGER)
