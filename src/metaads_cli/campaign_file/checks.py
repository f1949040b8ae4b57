"""What can be told to be wrong, or unusual, without asking Meta; the same for both forms."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from metaads_cli.campaign_file import facts
from metaads_cli.campaign_file.document import Document
from metaads_cli.campaign_file.problems import Loc
from metaads_cli.campaign_file.targeting import countries_of
from metaads_cli.models.campaign import Destination

CHATS = frozenset({Destination.WHATSAPP, Destination.MESSENGER, Destination.INSTAGRAM})
MEDIA = ("image", "image_hash", "video", "video_id", "clip")
THUMBNAILS = ("thumbnail", "thumbnail_hash")
IMAGES = frozenset({"image", "image_hash"})
# Categories whose audiences Meta allows few limits of age, gender and place.
_RESTRICTED = frozenset({"HOUSING", "EMPLOYMENT", "CREDIT", "FINANCIAL_PRODUCTS_SERVICES"})
_PIXEL_GOALS = frozenset({"OFFSITE_CONVERSIONS", "VALUE"})


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """An ad set with all its defaults. `where` gives the place of one of its keys, or where that would have to be."""

    where: Callable[[str], Loc]
    goal_key: str = "optimize_for"
    objective: str | None
    destination: Destination | None
    goal: str | None
    billing_event: str
    has_page: bool
    has_pixel: bool
    has_event: bool
    targeting: Mapping[str, Any] | None
    special_categories: Sequence[str] = ()
    special_countries: Sequence[str] = ()
    has_advertiser: bool = False
    """Whether beneficiary and payor are named."""


def check_delivery(doc: Document, one: Delivery) -> None:
    if one.goal is not None:
        _check_goal(doc, one, one.goal)
        _check_billing(doc, one, one.goal)
        _check_combination(doc, one, one.goal)
    if one.destination in CHATS and not one.has_page:
        doc.problem(("page",), f"the destination {one.destination} needs `page`: the Facebook page people write to")
    if one.objective == "OUTCOME_APP_PROMOTION":
        doc.problem(_objective(doc), "app promotion needs an app, which a campaign file has no key for yet")
    if one.targeting is not None:
        _check_countries(doc, one, countries_of(one.targeting))
        _check_restrictions(doc, one, one.targeting)


def _objective(doc: Document) -> Loc:
    return ("campaign", "objective") if doc.has(("campaign",)) else ("campaign_objective",)


def _check_goal(doc: Document, one: Delivery, goal: str) -> None:
    loc = one.where(one.goal_key)
    if goal == "CONVERSATIONS" and one.destination not in CHATS:
        doc.problem(loc, "conversations need the destination whatsapp, messenger or instagram")
    if goal in _PIXEL_GOALS and one.destination not in CHATS:
        for key, present in (("pixel", one.has_pixel), ("conversion_event", one.has_event)):
            if not present:
                doc.problem(one.where(key), f"`{key}` is missing here: {goal} on a website needs it")


def _check_billing(doc: Document, one: Delivery, goal: str) -> None:
    # Goals that the table does not have, Meta bills by impressions.
    allowed = facts.rules()["billing_events"].get(goal, ["IMPRESSIONS"])
    if one.billing_event not in allowed:
        told = f"{goal} is billed by {' or '.join(allowed)}, not by {one.billing_event}"
        doc.problem(one.where("billing_event"), told, allowed[0])


def _check_combination(doc: Document, one: Delivery, goal: str) -> None:
    if one.objective is None:
        return
    table = facts.rules()["combinations"].get(one.objective, {})
    destination = one.destination or Destination.WEBSITE
    if goal not in table.get(destination.upper(), []):
        told = f"{one.objective} to {destination} for {goal} is no combination that Meta documents: it may refuse it"
        doc.warn(one.where(one.goal_key), told)


def _check_countries(doc: Document, one: Delivery, countries: Iterable[str]) -> None:
    audience = one.where("audience")
    for country in countries:
        if one.special_countries and country not in one.special_countries:
            told = f"{country} is not among the special_ad_category_countries: Meta refuses the ad set"
            doc.problem(audience, told)
    if not one.has_advertiser and (europe := sorted(facts.EUROPEAN_UNION.intersection(countries))):
        told = f"ads in the EU ({', '.join(europe)}) need a beneficiary and a payor: here, or as the account's defaults"
        doc.warn(audience, told)


def _check_restrictions(doc: Document, one: Delivery, targeting: Mapping[str, Any]) -> None:
    narrow = [name for name in ("age_min", "age_max", "genders") if targeting.get(name)]
    if _RESTRICTED.intersection(one.special_categories) and narrow:
        told = f"with {', '.join(one.special_categories)} Meta restricts limits of age and gender: it may refuse these"
        doc.warn(one.where("audience"), told)


def check_special_categories(doc: Document, above: Loc, categories: Sequence[str], countries: Sequence[str]) -> None:
    real = [one for one in categories if one != "NONE"]
    if real and "NONE" in categories:
        doc.problem((*above, "special_ad_categories"), f"NONE and {real[0]} exclude each other")
    loc = (*above, "special_ad_category_countries")
    if real and not countries:
        doc.problem(loc, f"`special_ad_category_countries` is missing here: {real[0]} needs the countries of its ads")
    if countries and not real:
        doc.problem(loc, "countries of a special ad category without such a category")


def check_media(doc: Document, loc: Loc) -> None:
    """One medium at most in each mapping, whatever else is wrong with it."""
    media = [name for name in MEDIA if doc.has((*loc, name))]
    thumbnails = [name for name in THUMBNAILS if doc.has((*loc, name))]
    if len(media) > 1:
        doc.problem((*loc, media[1]), f"{' and '.join(media)} exclude each other: a creative shows one of them")
    if len(thumbnails) > 1:
        doc.problem((*loc, thumbnails[1]), "thumbnail and thumbnail_hash exclude each other")
    if thumbnails and media and media[0] in IMAGES:
        doc.problem((*loc, thumbnails[0]), "an image has no thumbnail: only a video has")


def check_file(doc: Document, loc: Loc, path: str | None) -> None:
    if path is not None and doc.exists is not None and not doc.exists(path):
        doc.problem(loc, f"there is no file {path}: paths are relative to the campaign file's folder")
