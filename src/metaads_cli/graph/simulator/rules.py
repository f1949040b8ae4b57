"""The rules of creating and updating, object by object, with the error of each (README 4)."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from metaads_cli.graph.simulator import facts, money
from metaads_cli.graph.simulator.ad_set_rules import AD_SET_RULES
from metaads_cli.graph.simulator.creative_rules import CREATIVE_RULES
from metaads_cli.graph.simulator.drafts import Draft
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.refusals import invalid, missing, refused

# A rule looks at a draft and raises a Refusal if it breaks it.
Rule = Callable[[Draft], None]

OBJECTIVES = tuple(
    f"OUTCOME_{name}" for name in ("AWARENESS", "TRAFFIC", "ENGAGEMENT", "LEADS", "SALES", "APP_PROMOTION")
)
NO_SPEND_CAP = 922337203685478
MOST_ADS_PER_AD_SET = 50


def check(draft: Draft) -> None:
    """Raises the Refusal of the first rule that the draft breaks."""
    for rule in RULES[draft.kind]:
        rule(draft)


def name_needed(draft: Draft) -> None:
    if not draft.has("name"):
        raise missing("name")


def name_short_enough(draft: Draft) -> None:
    if len(str(draft.get("name"))) > 400:
        raise refused("name", "Param name must be at most 400 characters")


def created_active_or_paused(draft: Draft) -> None:
    if draft.is_new and draft.get("status") not in {None, "ACTIVE", "PAUSED"}:
        raise refused("status", "Param status must be one of {ACTIVE, PAUSED} on creation")


def objective_of_today(draft: Draft) -> None:
    if not draft.has("objective"):
        raise missing("objective")
    if draft.get("objective") not in OBJECTIVES:
        raise refused(
            "objective", f"Objective {draft.get('objective')} is invalid. Use one of: {', '.join(OBJECTIVES)}"
        )


def special_categories_declared(draft: Draft) -> None:
    if draft.get("special_ad_categories") is None:
        raise missing("special_ad_categories")
    real = [one for one in draft.get("special_ad_categories") if one != "NONE"]
    if real and not draft.get("special_ad_category_country"):
        raise missing("special_ad_category_country")


def one_campaign_budget(draft: Draft) -> None:
    if draft.get("daily_budget") and draft.get("lifetime_budget"):
        raise refused("daily_budget", "Only one of daily_budget and lifetime_budget can be set")


def budget_sharing_decided(draft: Draft) -> None:
    """Required since v24 without a campaign budget; needs a bid strategy, excludes a campaign budget."""
    sharing = draft.get("is_adset_budget_sharing_enabled")
    has_budget = draft.get("daily_budget") or draft.get("lifetime_budget")
    if sharing is None and not has_budget:
        text = (
            "You must specify True or False in the field is_adset_budget_sharing_enabled if you are not using "
            "campaign budget."
        )
        raise invalid(4834011, "is_adset_budget_sharing_enabled", detail=text)
    if sharing and has_budget:
        raise invalid(4834002, "is_adset_budget_sharing_enabled")
    if sharing and not draft.get("bid_strategy"):
        raise invalid(4834005, "bid_strategy")


def campaign_budget_large_enough(draft: Draft) -> None:
    country = draft.account.values["business_country_code"]
    least = money.minimum_daily_budget(draft.currency, country, "IMPRESSIONS")
    for name in ("daily_budget", "lifetime_budget"):
        amount = draft.get(name)
        if amount is not None and name in draft.given and amount < least:
            raise invalid(1885272, name, detail=f"Your budget is too low. The minimum is {least}.")


def spend_cap_large_enough(draft: Draft) -> None:
    """About 100 dollars; one huge number removes the cap."""
    cap = draft.get("spend_cap")
    if cap is not None and cap != NO_SPEND_CAP and cap < money.minor_units(Decimal(100), draft.currency):
        raise invalid(2446307, "spend_cap")


def campaign_ends_in_the_future(draft: Draft) -> None:
    stop = draft.get("stop_time")
    if stop and "stop_time" in draft.given and stop <= draft.world.now():
        raise invalid(1487033, "stop_time")


def ad_set_exists(draft: Draft) -> None:
    if not draft.has("adset_id"):
        raise missing("adset_id")
    ad_set = draft.related("adset_id", Kind.AD_SET)
    if ad_set is None or ad_set.status == "ARCHIVED":
        raise refused("adset_id", f"Ad set {draft.get('adset_id')} does not exist or cannot take ads")
    ads = [ad for ad in draft.world.children(ad_set.id, Kind.AD) if ad.status not in {"ARCHIVED", "DELETED"}]
    if draft.is_new and len(ads) >= MOST_ADS_PER_AD_SET:
        raise refused("adset_id", f"An ad set can have at most {MOST_ADS_PER_AD_SET} ads")


def creative_exists(draft: Draft) -> None:
    """`{"creative_id": …}` of this account, or a creative's own parameters."""
    if draft.before is not None and "creative" not in draft.given:
        return
    creative = draft.get("creative")
    if not isinstance(creative, Mapping) or not creative:
        raise missing("creative")
    if not {"creative_id", "id"} & creative.keys():
        return
    draft.values["creative_id"] = str(creative.get("creative_id") or creative.get("id"))
    if draft.related("creative_id", Kind.CREATIVE) is None:
        raise refused(
            "creative", f"Creative {draft.values['creative_id']} does not exist", blame=["creative", "creative_id"]
        )


RULES: Mapping[Kind, tuple[Rule, ...]] = {
    Kind.CAMPAIGN: (
        name_needed,
        name_short_enough,
        objective_of_today,
        special_categories_declared,
        created_active_or_paused,
        one_campaign_budget,
        budget_sharing_decided,
        campaign_budget_large_enough,
        spend_cap_large_enough,
        campaign_ends_in_the_future,
    ),
    Kind.AD_SET: (name_needed, name_short_enough, created_active_or_paused, *AD_SET_RULES),
    Kind.CREATIVE: CREATIVE_RULES,
    Kind.AD: (name_needed, name_short_enough, created_active_or_paused, ad_set_exists, creative_exists),
}
assert set(OBJECTIVES) <= set(facts.enum("Campaign.Objective"))
