"""Instagram: webhooks of an account."""

from typing import Any

from metaads_cli.referrals import pages
from metaads_cli.referrals.extraction import Extraction

EXPECTED = "an Instagram webhook (object 'instagram')"


def recognises(body: dict[str, Any]) -> bool:
    return body.get("object") == "instagram"


def extract(body: dict[str, Any]) -> Extraction:
    return pages.extract(body, pages.INSTAGRAM)
