"""The flat form → a campaign with one ad set and one ad."""

import hashlib
import re
import unicodedata
from decimal import Decimal

from metaads_cli.campaign_file.checks import Delivery, check_delivery, check_file, check_special_categories
from metaads_cli.campaign_file.creatives import beside
from metaads_cli.campaign_file.document import Document
from metaads_cli.campaign_file.flat_form import FlatFile
from metaads_cli.campaign_file.nodes import ScalarNode, node_at
from metaads_cli.campaign_file.targeting import with_advantage
from metaads_cli.models.campaign import AdSetSpec, AdSpec, Budget, CampaignSpec, CreativeSpec, Destination, Media

MAIN = "main"


def read_flat(doc: Document) -> CampaignSpec | None:
    """None where the document has problems, which it then holds."""
    file = doc.check(FlatFile)
    _check_present(doc)
    if file is None:
        return None
    categories, countries = file.special_ad_categories or [], file.special_ad_category_countries
    check_special_categories(doc, (), categories, countries)
    check_delivery(doc, _delivery(doc, file))
    for name, path in (("creative_image", file.creative_image), ("creative_video", file.creative_video)):
        check_file(doc, (name,), path and beside(doc, path))
    if doc.problems:
        return None
    _warn(doc, file)
    return _campaign(doc, file)


def _check_present(doc: Document) -> None:
    clip, image, video = (doc.has((name,)) for name in ("clip_id", "creative_image", "creative_video"))
    if not doc.has(("account",)) and not doc.has(("social_account_id",)) and not doc.misspelt(("social_account_id",)):
        doc.problem(("account",), "`account` or `social_account_id` is missing here")
    if clip and video:
        doc.problem(("creative_video",), "clip_id and creative_video exclude each other: an ad shows one video")
    elif video and not image:
        doc.problem(("creative_image",), "a video needs `creative_image` as its thumbnail")
    elif not (clip or image or any(doc.misspelt((name,)) for name in ("creative_image", "creative_video"))):
        doc.problem(("clip_id",), "the ad shows nothing: give `clip_id`, `creative_image` or `creative_video`")


def _delivery(doc: Document, file: FlatFile) -> Delivery:
    return Delivery(
        where=lambda key: ("targeting",) if key == "audience" else (key,),
        goal_key="optimization_goal",
        objective=file.campaign_objective,
        destination=Destination.WEBSITE,
        goal=file.optimization_goal,
        billing_event="IMPRESSIONS",
        has_page=doc.has(("page",)),
        has_pixel=file.pixel is not None,
        has_event=file.conversion_event is not None,
        targeting=file.targeting,
        special_categories=file.special_ad_categories or (),
        special_countries=file.special_ad_category_countries,
    )


def _warn(doc: Document, file: FlatFile) -> None:
    goal = node_at(doc.root, ("optimization_goal",))
    if isinstance(goal, ScalarNode) and goal.value == "CONVERSIONS":
        doc.warn(("optimization_goal",), "CONVERSIONS is the former name: read as OFFSITE_CONVERSIONS")
    if with_advantage(file.targeting)[1]:
        told = "advantage_audience is not said: set to 0, so that Meta does not widen the audience"
        doc.warn(("targeting",), told)
    if file.special_ad_categories is None:
        told = (
            "no special_ad_categories: the campaign is declared to be about no housing, employment, credit or politics"
        )
        doc.warn((), told)


def _campaign(doc: Document, file: FlatFile) -> CampaignSpec:
    return CampaignSpec(
        key=file.key or derived_key(file),
        name=file.campaign_name,
        objective=file.campaign_objective,
        special_ad_categories=tuple(file.special_ad_categories or ()),
        special_ad_category_countries=tuple(file.special_ad_category_countries),
        adsets=(_adset(doc, file),),
        tenant=file.tenant,
        account=file.account,
        social_account_id=file.social_account_id,
        clip_id=file.clip_id,
        currency=file.currency,
        page=file.page,
        instagram=file.instagram,
        publish=file.auto_publish,
        flat=True,
        warnings=tuple(doc.warnings),
        place=doc.place(),
    )


def _adset(doc: Document, file: FlatFile) -> AdSetSpec:
    place = doc.place(("daily_budget_cents",))
    return AdSetSpec(
        key=MAIN,
        name=file.campaign_name,
        ads=(AdSpec(key=MAIN, name=file.campaign_name, creative=_creative(doc, file), place=doc.place()),),
        targeting=with_advantage(file.targeting)[0],
        destination=Destination.WEBSITE,
        optimization_goal=file.optimization_goal,
        budget=Budget(daily=Decimal(file.daily_budget_cents), in_minor_units=True, place=place),
        pixel=file.pixel,
        conversion_event=file.conversion_event,
        place=doc.place(),
    )


def _creative(doc: Document, file: FlatFile) -> CreativeSpec:
    image = beside(doc, file.creative_image) if file.creative_image else None
    if file.creative_video:
        media = Media(video=beside(doc, file.creative_video), thumbnail=image)
    elif file.clip_id:
        media = Media(clip=file.clip_id, thumbnail=image)
    else:
        media = Media(image=image)
    return CreativeSpec(
        media=media,
        text=file.creative_text,
        headline=file.creative_title,
        description=file.creative_description,
        link=file.landing_url,
        call_to_action=file.call_to_action,
        place=doc.place(),
    )


def derived_key(file: FlatFile) -> str:
    """The same for the same request, whatever the budget, texts and audience: a slug of the name and a short hash."""
    plain = unicodedata.normalize("NFKD", file.campaign_name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:55].strip("-") or "campaign"
    identity = (
        file.campaign_name, file.clip_id, file.account, file.social_account_id, file.creative_image, file.creative_video
    )  # fmt: skip
    digest = hashlib.sha256("\0".join(part or "" for part in identity).encode()).hexdigest()
    return f"{slug}-{digest[:8]}"
