"""What Meta publishes and a file can be checked against offline; `rules.json` names its sources."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

EUROPEAN_UNION = frozenset(
    {"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
     "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"}
)  # fmt: skip
OLDEST, YOUNGEST = 65, 13
"""Meta's ages: 65 stands for 65 and older."""
YOUNGEST_LIMIT_WITH_ADVANTAGE = 25

OBJECTIVES = {
    "engagement": "OUTCOME_ENGAGEMENT",
    "traffic": "OUTCOME_TRAFFIC",
    "awareness": "OUTCOME_AWARENESS",
    "leads": "OUTCOME_LEADS",
    "sales": "OUTCOME_SALES",
    "app_promotion": "OUTCOME_APP_PROMOTION",
}
# Names that Meta's accounts refuse by now → what took their place.
FORMER_OBJECTIVES = {
    "APP_INSTALLS": "app_promotion",
    "BRAND_AWARENESS": "awareness",
    "CONVERSIONS": "sales",
    "LEAD_GENERATION": "leads",
    "LINK_CLICKS": "traffic",
    "MESSAGES": "engagement",
    "PAGE_LIKES": "engagement",
    "POST_ENGAGEMENT": "engagement",
    "REACH": "awareness",
    "VIDEO_VIEWS": "engagement",
}
GOALS = {
    "conversations": "CONVERSATIONS",
    "link_clicks": "LINK_CLICKS",
    "landing_page_views": "LANDING_PAGE_VIEWS",
    "leads": "LEAD_GENERATION",
    "quality_leads": "QUALITY_LEAD",
    "conversions": "OFFSITE_CONVERSIONS",
    "value": "VALUE",
    "reach": "REACH",
    "impressions": "IMPRESSIONS",
    "thruplay": "THRUPLAY",
    "post_engagement": "POST_ENGAGEMENT",
}
BID_STRATEGIES = {
    "lowest_cost": "LOWEST_COST_WITHOUT_CAP",
    "bid_cap": "LOWEST_COST_WITH_BID_CAP",
    "cost_cap": "COST_CAP",
}
CAPPED = frozenset({"LOWEST_COST_WITH_BID_CAP", "COST_CAP"})
PLATFORMS = ("facebook", "instagram", "audience_network", "messenger", "threads", "whatsapp")
# What people write for a country whose code is another.
COUNTRY_SLIPS = {"UK": "GB", "EN": "GB", "EL": "GR"}


@cache
def rules() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files(__package__).joinpath("rules.json").read_text(encoding="utf-8"))
    return found


def names(table: str) -> list[str]:
    """A list or the keys of a table of `rules.json`."""
    return list(rules()[table])
