"""The rules of an ad set: its campaign, goal, budget, bid, audience, what it promotes (README 4.2, 4.4 to 4.6)."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from metaads_cli.graph.simulator import facts, money
from metaads_cli.graph.simulator.drafts import Draft
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.refusals import invalid, missing, refused
from metaads_cli.graph.simulator.world import Node

MOST_AD_SETS_PER_CAMPAIGN = 200
EUROPEAN_UNION = frozenset(
    {"AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT", "LU", "MT",
     "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE"}
)  # fmt: skip
# Special categories whose audiences must not be widened without being asked (README 0).
_HOUSING_EMPLOYMENT_CREDIT = frozenset({"HOUSING", "EMPLOYMENT", "CREDIT", "FINANCIAL_PRODUCTS_SERVICES"})
_BID_NEEDED = frozenset({"LOWEST_COST_WITH_BID_CAP", "COST_CAP"})
_PROMOTES_PAGE = frozenset(
    {"WHATSAPP", "MESSENGER", "INSTAGRAM_DIRECT", "ON_AD", "ON_PAGE", "MESSAGING_MESSENGER_WHATSAPP",
     "MESSAGING_INSTAGRAM_DIRECT_MESSENGER", "MESSAGING_INSTAGRAM_DIRECT_WHATSAPP",
     "MESSAGING_INSTAGRAM_DIRECT_MESSENGER_WHATSAPP"}
)  # fmt: skip
# The rows of README 4.4 that its table of 68 does not hold.
_MORE_GOALS = {
    ("OUTCOME_TRAFFIC", "WEBSITE"): {"LINK_CLICKS", "LANDING_PAGE_VIEWS", "REACH", "IMPRESSIONS"},
    ("OUTCOME_LEADS", "WEBSITE"): {"OFFSITE_CONVERSIONS", "LINK_CLICKS", "LANDING_PAGE_VIEWS", "REACH", "IMPRESSIONS"},
    ("OUTCOME_SALES", "WEBSITE"): {"OFFSITE_CONVERSIONS", "VALUE", "LINK_CLICKS"},
}
_LOCATIONS = (
    "countries", "regions", "cities", "zips", "custom_locations", "places", "geo_markets", "country_groups",
    "location_cluster_ids", "subcities", "neighborhoods", "subneighborhoods", "metro_areas", "small_geo_areas",
    "medium_geo_areas", "large_geo_areas", "electoral_districts",
)  # fmt: skip


def campaign_of(draft: Draft) -> Node:
    """Raises Refusal where the campaign is missing, unknown, or gone."""
    if not draft.has("campaign_id"):
        raise missing("campaign_id")
    campaign = draft.related("campaign_id", Kind.CAMPAIGN)
    if campaign is None or campaign.status == "ARCHIVED":
        raise refused("campaign_id", f"Campaign {draft.get('campaign_id')} does not exist or cannot take ad sets")
    return campaign


def campaign_has_room(draft: Draft) -> None:
    campaign = campaign_of(draft)
    siblings = draft.world.children(campaign.id, Kind.AD_SET)
    if draft.is_new and sum(one.status not in {"ARCHIVED", "DELETED"} for one in siblings) >= MOST_AD_SETS_PER_CAMPAIGN:
        raise refused("campaign_id", f"A campaign can have at most {MOST_AD_SETS_PER_CAMPAIGN} ad sets")


def goal_and_billing_agree(draft: Draft) -> None:
    for name in ("optimization_goal", "billing_event"):
        if not draft.has(name):
            raise missing(name)
    goal, event = draft.get("optimization_goal"), draft.get("billing_event")
    if event not in facts.billing_events(goal):
        raise refused("billing_event", f"Billing event {event} is not valid for optimization goal {goal}")


def destination_fits(draft: Draft) -> None:
    """Only in strict mode: the docs' table is no closed list (README 4.4)."""
    objective, destination = campaign_of(draft).values["objective"], draft.get("destination_type") or ""
    goals = facts.goals(objective, destination) | _MORE_GOALS.get((objective, destination), set())
    if draft.strict and draft.get("optimization_goal") not in goals:
        text = f"Optimization goal {draft.get('optimization_goal')} is not available for {objective} {destination}"
        raise refused("optimization_goal", text.rstrip())


def one_budget(draft: Draft) -> None:
    """At campaign level or at ad set level, never both; at ad set level exactly one."""
    daily, lifetime = draft.get("daily_budget"), draft.get("lifetime_budget")
    campaign = campaign_of(draft).values
    if campaign.get("daily_budget") or campaign.get("lifetime_budget"):
        if daily or lifetime:
            raise invalid(1885621, "daily_budget" if daily else "lifetime_budget")
        return
    if daily and lifetime:
        raise refused("daily_budget", "Only one of daily_budget and lifetime_budget can be set")
    if not daily and not lifetime:
        raise refused("daily_budget", "One of daily_budget and lifetime_budget must be set to more than 0")
    if lifetime and not draft.get("end_time"):
        raise missing("end_time")


def budget_large_enough(draft: Draft) -> None:
    country = draft.account.values["business_country_code"]
    least = money.minimum_daily_budget(draft.currency, country, draft.get("billing_event"))
    if draft.get("bid_strategy") in _BID_NEEDED:
        least = max(least, (draft.get("bid_amount") or 0) * (1 if draft.get("billing_event") == "IMPRESSIONS" else 5))
    for name, days in (("daily_budget", 1), ("lifetime_budget", _days(draft))):
        amount = draft.get(name)
        if amount and amount < least * days:
            raise invalid(1885272, name, detail=f"Your budget is too low. The minimum is {least * days}.")


def _days(draft: Draft) -> int:
    end = draft.get("end_time")
    start = draft.get("start_time") or draft.world.now()
    return max(1, -(-(end - start) // timedelta(days=1))) if end else 1


def schedule_makes_sense(draft: Draft) -> None:
    end, start = draft.get("end_time"), draft.get("start_time") or draft.world.now()
    if not end or not {"end_time", "start_time", "daily_budget"} & draft.given:
        return
    if end <= draft.world.now():
        raise invalid(1487033, "end_time")
    if end <= start:
        raise refused("end_time", "The end time must be after the start time")
    if draft.get("daily_budget") and end - start <= timedelta(hours=24):
        raise refused("end_time", "An ad set with a daily budget must run for more than 24 hours")


def bid_given_where_needed(draft: Draft) -> None:
    """Without a strategy the account falls back to a bid cap, which needs an amount (README 4.2)."""
    strategy = draft.get("bid_strategy") or campaign_of(draft).values.get("bid_strategy")
    if strategy == "LOWEST_COST_WITH_MIN_ROAS" and not draft.get("bid_constraints"):
        raise invalid(2490487, "bid_constraints")
    if (strategy is None or strategy in _BID_NEEDED) and not draft.get("bid_amount"):
        raise invalid(2490487, "bid_amount")


def audience_located(draft: Draft) -> None:
    targeting = draft.get("targeting")
    if not isinstance(targeting, Mapping):
        raise missing("targeting")
    places = targeting.get("geo_locations")
    if not isinstance(places, Mapping) or not any(places.get(name) for name in _LOCATIONS):
        text = "Your targeting must have at least one location: countries is required"
        raise refused("targeting", text, blame=["targeting", "geo_locations"])
    if places.get("location_types"):
        raise invalid(1870199, "targeting", "geo_locations", "location_types")
    if "explore" in (targeting.get("instagram_positions") or []):
        raise refused("targeting", "Instagram Explore is no placement", blame=["targeting", "instagram_positions"])


def advantage_audience_decided(draft: Draft) -> None:
    """Explicit, unless the audience is the default one; with it, few limits of age (README 4.5)."""
    targeting = draft.get("targeting")
    advantage = (targeting.get("targeting_automation") or {}).get("advantage_audience")
    path = ("targeting", "targeting_automation", "advantage_audience")
    special = set(campaign_of(draft).values.get("special_ad_categories") or [])
    if advantage is None and special & _HOUSING_EMPLOYMENT_CREDIT:
        raise invalid(1870227, *path, detail="ADS_TARGETING__REQUIRE_EXPLICIT_ADVANTAGE_AUDIENCE_FLAG")
    if advantage is None and draft.is_new and not _is_default_audience(targeting):
        raise invalid(1870227, *path)
    if advantage == 1 and not 18 <= int(targeting.get("age_min", 18)) <= 25:
        raise invalid(1870188, "targeting", "age_min")
    if advantage == 1 and int(targeting.get("age_max", 65)) != 65:
        raise refused("targeting", "With Advantage+ audience age_max is 65", blame=["targeting", "age_max"])


def _is_default_audience(targeting: Mapping[str, Any]) -> bool:
    narrowing = ("genders", "custom_audiences", "excluded_custom_audiences", "interests", "behaviors", "flexible_spec")
    ages = (targeting.get("age_min", 18), targeting.get("age_max", 65))
    return ages == (18, 65) and not any(targeting.get(name) for name in narrowing)


def special_category_stays_in_country(draft: Draft) -> None:
    allowed = campaign_of(draft).values.get("special_ad_category_country")
    countries = set(draft.get("targeting")["geo_locations"].get("countries") or [])
    if allowed and not countries <= set(allowed):
        raise invalid(2909034, "targeting", "geo_locations", "countries")


def european_advertiser_named(draft: Draft) -> None:
    """Beneficiary and payor for audiences in the EU, of the ad set or the account's defaults (README 4.2)."""
    if not EUROPEAN_UNION & set(draft.get("targeting")["geo_locations"].get("countries") or []):
        return
    defaults = draft.account.values
    if not (draft.get("dsa_beneficiary") or defaults.get("default_dsa_beneficiary")):
        raise invalid(3858081, "dsa_beneficiary")
    if not (draft.get("dsa_payor") or defaults.get("default_dsa_payor")):
        raise invalid(3858079, "dsa_payor")


def promoted_object_fits(draft: Draft) -> None:
    promoted, goal = draft.get("promoted_object") or {}, draft.get("optimization_goal")
    for name in _promotion_needs(draft):
        if not promoted.get(name):
            text = f"The promoted_object needs {name} for optimization goal {goal}"
            raise refused("promoted_object", text, blame=["promoted_object", name])
    if promoted.get("custom_conversion_id") and promoted.get("pixel_id"):
        raise invalid(1487929, "promoted_object")
    if promoted.get("custom_event_type") == "OTHER" and not promoted.get("custom_event_str"):
        raise refused("promoted_object", "custom_event_str is required", blame=["promoted_object", "custom_event_str"])
    _page_ready(draft, promoted)


def _promotion_needs(draft: Draft) -> tuple[str, ...]:
    goal, destination = draft.get("optimization_goal"), draft.get("destination_type")
    if destination in _PROMOTES_PAGE or goal in {"PAGE_LIKES", "AD_RECALL_LIFT", "CONVERSATIONS", "LEAD_GENERATION"}:
        return ("page_id",)
    if goal == "APP_INSTALLS":
        return ("application_id", "object_store_url")
    promoted = draft.get("promoted_object") or {}
    if goal in {"OFFSITE_CONVERSIONS", "VALUE"} and not {"application_id", "custom_conversion_id"} & promoted.keys():
        return ("pixel_id", "custom_event_type")
    return ()


def _page_ready(draft: Draft, promoted: Mapping[str, Any]) -> None:
    """The page exists; for WhatsApp it has a number (README 4.7)."""
    if "page_id" not in promoted:
        return
    page = draft.world.find(str(promoted["page_id"]))
    if page is None or page.kind is not Kind.PAGE:
        text = f"Page {promoted['page_id']} does not exist"
        raise refused("promoted_object", text, blame=["promoted_object", "page_id"])
    if "WHATSAPP" in str(draft.get("destination_type")) and not page.values["has_whatsapp_number"]:
        raise invalid(2446880, "promoted_object", "page_id")


AD_SET_RULES: tuple[Callable[[Draft], None], ...] = (
    campaign_has_room,
    goal_and_billing_agree,
    destination_fits,
    one_budget,
    bid_given_where_needed,
    schedule_makes_sense,
    budget_large_enough,
    audience_located,
    advantage_audience_decided,
    special_category_stays_in_country,
    european_advertiser_named,
    promoted_object_fits,
)
