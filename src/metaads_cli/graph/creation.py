"""A campaign file's nodes as Meta's API takes them, and how two forms of one node differ. Pure.

Amounts are whole minor units, times carry the account's UTC offset, everything is made PAUSED.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from metaads_cli.models.campaign import (
    AdSetSpec,
    AdSpec,
    Budget,
    CampaignSpec,
    CreativeSpec,
    Destination,
    Kind,
)
from metaads_cli.models.money import to_minor_units

Fields = dict[str, Any]


class AccountFacts(msgspec.Struct, frozen=True):
    """What Meta says of the ad account. `country` is its business_country_code."""

    account_id: str
    currency: str
    timezone_name: str
    country: str | None = None


class UploadedMedia(msgspec.Struct, frozen=True, kw_only=True):
    """What Meta has of an ad's media. With a video, the image is its thumbnail, by hash or by URL."""

    image_hash: str | None = None
    video_id: str | None = None
    image_url: str | None = None


class Chat(msgspec.Struct, frozen=True):
    """How an ad leads into a conversation: Meta's guides on ads that click to WhatsApp, Messenger, Instagram."""

    destination_type: str
    call_to_action: str
    app_destination: str
    link: str


CHATS = {
    Destination.WHATSAPP: Chat("WHATSAPP", "WHATSAPP_MESSAGE", "WHATSAPP", "https://api.whatsapp.com/send"),
    Destination.MESSENGER: Chat("MESSENGER", "MESSAGE_PAGE", "MESSENGER", "https://fb.com/messenger_doc/"),
    Destination.INSTAGRAM: Chat(
        "INSTAGRAM_DIRECT", "INSTAGRAM_MESSAGE", "INSTAGRAM_DIRECT", "https://www.instagram.com"
    ),
}
# What the objective table of the Campaign reference lists under WEBSITE and not without a destination.
_NAMED_WEBSITE = frozenset({("OUTCOME_SALES", "LINK_CLICKS"), ("OUTCOME_SALES", "VALUE")})
# Goals that are about a page, wherever a click leads (the same table).
_PAGE_GOALS = frozenset({"AD_RECALL_LIFT", "CONVERSATIONS", "LEAD_GENERATION", "PAGE_LIKES", "QUALITY_LEAD"})

# What is read back of each kind; what is sent and not here is not compared.
FIELDS: Mapping[Kind, tuple[str, ...]] = {
    Kind.CAMPAIGN: (
        "id", "name", "status", "effective_status", "objective", "special_ad_categories",
        "special_ad_category_country", "is_adset_budget_sharing_enabled", "daily_budget", "lifetime_budget",
        "bid_strategy",
    ),
    Kind.AD_SET: (
        "id", "name", "status", "effective_status", "campaign_id", "daily_budget", "lifetime_budget", "billing_event",
        "optimization_goal", "bid_strategy", "bid_amount", "destination_type", "promoted_object", "targeting",
        "start_time", "end_time", "dsa_beneficiary", "dsa_payor",
    ),
    Kind.CREATIVE: ("id", "name", "status", "object_story_spec", "url_tags"),
    Kind.AD: ("id", "name", "status", "effective_status", "campaign_id", "adset_id", "creative"),
}  # fmt: skip
_BUDGETS = frozenset({"daily_budget", "lifetime_budget"})
# What the published update calls take and the campaign file may change.
_CHANGEABLE: Mapping[Kind, frozenset[str]] = {
    Kind.CAMPAIGN: frozenset({"name", "bid_strategy", "special_ad_categories", "special_ad_category_country"}),
    Kind.AD_SET: frozenset(
        {"name", "bid_strategy", "bid_amount", "targeting", "start_time", "end_time", "dsa_beneficiary", "dsa_payor"}
    ),
    Kind.CREATIVE: frozenset({"name"}),
    Kind.AD: frozenset({"name", "creative"}),
}
# `status` is changed by publishing and pausing; sharing follows from where the budget is.
_HANDLED_ELSEWHERE = frozenset({"status", "is_adset_budget_sharing_enabled"})


def campaign_fields(spec: CampaignSpec, facts: AccountFacts) -> Fields:
    """Of `POST act_X/campaigns`. Raises ValueError for an amount the currency does not have."""
    fields: Fields = {
        "name": spec.name,
        "objective": spec.objective,
        "status": "PAUSED",
        "special_ad_categories": list(spec.special_ad_categories),
    }
    if spec.special_ad_category_countries:
        fields["special_ad_category_country"] = list(spec.special_ad_category_countries)
    if spec.budget is None:
        # Required since v24 where the ad sets have the budgets.
        return fields | {"is_adset_budget_sharing_enabled": False}
    return fields | budget_fields(spec.budget, facts.currency) | {"bid_strategy": spec.bid_strategy}


def ad_set_fields(spec: CampaignSpec, ad_set: AdSetSpec, facts: AccountFacts, campaign_id: str) -> Fields:
    """Of `POST act_X/adsets`. Raises ValueError for an amount or a local time that there is not."""
    fields: Fields = {
        "name": ad_set.name,
        "campaign_id": campaign_id,
        **(budget_fields(ad_set.budget, facts.currency) if ad_set.budget else {}),
        "billing_event": ad_set.billing_event,
        "optimization_goal": ad_set.optimization_goal,
        # The campaign's own budget brings the campaign's strategy with it.
        "bid_strategy": None if spec.budget else ad_set.bid_strategy,
        "bid_amount": None if ad_set.bid_amount is None else to_minor_units(ad_set.bid_amount, facts.currency),
        "destination_type": _destination_type(spec, ad_set),
        "promoted_object": _promoted_object(spec, ad_set) or None,
        "targeting": _json_ready(ad_set.targeting),
        "start_time": _account_time(ad_set.schedule.start, facts),
        "end_time": _account_time(ad_set.schedule.end, facts),
        # Required where the audience reaches the European Union (Digital Services Act).
        "dsa_beneficiary": ad_set.dsa_beneficiary,
        "dsa_payor": ad_set.dsa_payor,
        "status": "PAUSED",
    }
    return _given(fields)


def creative_fields(spec: CampaignSpec, ad_set: AdSetSpec, ad: AdSpec, media: UploadedMedia) -> Fields:
    """Of `POST act_X/adcreatives`. Raises ValueError where the page, or a link that must be there, is missing."""
    if spec.page is None:
        raise ValueError(f"Ad {ad.key} needs the page that it speaks for")
    kind, data = _story(ad_set, ad, media)
    story = {"page_id": spec.page, "instagram_user_id": spec.instagram, kind: data}
    return _given({"name": ad.name, "object_story_spec": _given(story), "url_tags": ad.creative.url_tags})


def ad_fields(ad: AdSpec, adset_id: str, creative_id: str) -> Fields:
    """Of `POST act_X/ads`."""
    return {"name": ad.name, "adset_id": adset_id, "creative": {"creative_id": creative_id}, "status": "PAUSED"}


def budget_fields(budget: Budget, currency: str) -> dict[str, int]:
    """`daily_budget` or `lifetime_budget` in minor units. Raises ValueError for a fraction of one."""
    amounts = {"daily_budget": budget.daily, "lifetime_budget": budget.lifetime}
    return {
        name: _whole(amount, currency) if budget.in_minor_units else to_minor_units(amount, currency)
        for name, amount in amounts.items()
        if amount is not None
    }


def local_time(moment: datetime, timezone_name: str) -> str:
    """A local time with its UTC offset on that day, `2026-12-01T08:00:00-0300`; an aware time is converted.

    Raises ValueError for a time that the change of clocks skips or has twice.
    """
    try:
        zone = ZoneInfo(timezone_name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{timezone_name} is no time zone that is known here") from None
    aware = moment.astimezone(zone) if moment.tzinfo else _in_zone(moment, zone)
    return f"{aware:%Y-%m-%dT%H:%M:%S%z}"


def _in_zone(moment: datetime, zone: ZoneInfo) -> datetime:
    first, second = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return first
    # Before a gap the offset is the smaller one, before a repeated hour the larger (PEP 495).
    repeated = (first.utcoffset() or timedelta()) > (second.utcoffset() or timedelta())
    happens = "comes twice" if repeated else "does not exist"
    raise ValueError(f"{moment:%Y-%m-%d %H:%M} {happens} in {zone.key}: the clocks change then, choose another time")


def _account_time(moment: datetime | None, facts: AccountFacts) -> str | None:
    return None if moment is None else local_time(moment, facts.timezone_name)


def _whole(amount: Decimal, currency: str) -> int:
    if not amount.is_finite() or amount != amount.to_integral_value():
        raise ValueError(f"{amount} is no whole number of minor units of {currency}")
    return int(amount)


def _destination_type(spec: CampaignSpec, ad_set: AdSetSpec) -> str | None:
    if ad_set.destination in CHATS:
        return CHATS[ad_set.destination].destination_type
    named = (spec.objective, ad_set.optimization_goal) in _NAMED_WEBSITE
    return "WEBSITE" if named and ad_set.destination is Destination.WEBSITE else None


def _promoted_object(spec: CampaignSpec, ad_set: AdSetSpec) -> Fields:
    number = ad_set.whatsapp_number if ad_set.destination is Destination.WHATSAPP else None
    promoted = {
        "page_id": spec.page if _promotes_page(spec, ad_set) else None,
        "whatsapp_phone_number": number,
        "pixel_id": ad_set.pixel,
        "custom_event_type": ad_set.conversion_event,
    }
    return _given(promoted)


def _promotes_page(spec: CampaignSpec, ad_set: AdSetSpec) -> bool:
    if ad_set.destination in CHATS or ad_set.optimization_goal in _PAGE_GOALS:
        return True
    return spec.objective == "OUTCOME_AWARENESS" and ad_set.pixel is None


def _story(ad_set: AdSetSpec, ad: AdSpec, media: UploadedMedia) -> tuple[str, Fields]:
    creative, chat = ad.creative, CHATS.get(ad_set.destination) if ad_set.destination else None
    link = creative.link or (chat.link if chat else None)
    welcome = _welcome_message(creative.welcome_message, ad_set.destination) if chat else None
    if media.video_id is not None:
        video: Fields = {
            "video_id": media.video_id,
            "image_hash": media.image_hash,
            "image_url": None if media.image_hash else media.image_url,
            "title": creative.headline,
            "message": creative.text,
            "link_description": creative.description,
            # A video has no other place for its link.
            "call_to_action": _call_to_action(creative, chat, {"link": link} if link else {}),
            "page_welcome_message": welcome,
        }
        return "video_data", _given(video)
    if link is None:
        raise ValueError(f"Ad {ad.key} needs a link: its ad set has no destination that brings one")
    image: Fields = {
        "message": creative.text,
        "name": creative.headline,
        "description": creative.description,
        "image_hash": media.image_hash,
        "link": link,
        "call_to_action": _call_to_action(creative, chat, {} if chat else {"link": link}),
        "page_welcome_message": welcome,
    }
    return "link_data", _given(image)


def _call_to_action(creative: CreativeSpec, chat: Chat | None, link: Fields) -> Fields | None:
    if chat is not None:
        kind, value = creative.call_to_action or chat.call_to_action, {"app_destination": chat.app_destination} | link
    elif link:
        kind, value = creative.call_to_action or "LEARN_MORE", link
    else:
        return None
    return {"type": kind, "value": value}


def _welcome_message(text: str | None, destination: Destination | None) -> str | None:
    """What greets a person in the chat. Messenger takes text; the others the JSON of Meta's editor, which a file may
    also give as a whole."""
    if text is None or destination is Destination.MESSENGER or isinstance(_parsed(text), dict):
        return text
    greeting = {
        "type": "VISUAL_EDITOR",
        "version": 2,
        "landing_screen_type": "welcome_message",
        "media_type": "text",
        "text_format": {"message": {"text": text}},
    }
    return msgspec.json.encode(greeting).decode()


def _given(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if value is not None}


def _json_ready(value: Any) -> Any:
    """As JSON has it, and as it comes back from it. A coordinate or a radius has decimals; no amount is in here."""
    if isinstance(value, Mapping):
        return {str(key): _json_ready(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_json_ready(inner) for inner in value]
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} is no number for a targeting")
        return int(value) if value == value.to_integral_value() else msgspec.json.decode(str(value))
    return value


# What differs


def changes(kind: Kind, wanted: Fields, applied: Fields) -> Fields:
    """What an update must send so that an object made as `applied` is as `wanted`; see `immutable` for the rest."""
    names = _CHANGEABLE[kind] | (_BUDGETS & applied.keys())
    found = {name: wanted[name] for name in wanted if name in names and wanted[name] != applied.get(name)}
    if kind is Kind.AD_SET and applied.get("end_time") and "end_time" not in wanted:
        found["end_time"] = 0  # Meta's way to say: no end
    return found


def immutable(kind: Kind, wanted: Fields, applied: Fields) -> list[str]:
    """The fields that differ and that no update changes: those of the object's identity and kind of delivery.

    A budget keeps its level and its kind: Meta documents no way from daily to lifetime, or to the campaign.
    """
    handled = _CHANGEABLE[kind] | _HANDLED_ELSEWHERE | (_BUDGETS & wanted.keys() & applied.keys())
    names = [*wanted, *(name for name in applied if name not in wanted)]
    return [name for name in names if name not in handled and wanted.get(name) != applied.get(name)]


def drift(kind: Kind, applied: Fields, remote: Fields) -> dict[str, tuple[Any, Any]]:
    """Field → (what was applied, what Meta has), where that is not the same in another form.

    Only what was sent is compared: Meta adds defaults of its own. The status only where it stands alone: that of a
    creation is PAUSED, and publishing changes it.
    """
    compared = [name for name in applied if name in FIELDS[kind] and (name != "status" or len(applied) == 1)]
    return {
        name: (applied[name], remote.get(name)) for name in compared if not _same(name, applied[name], remote.get(name))
    }


def _same(name: str, applied: Any, remote: Any) -> bool:
    if plain := _EQUIVALENTS.get(name):
        applied, remote = plain(applied), plain(remote)
    if not applied and not remote:
        return True
    if isinstance(applied, Mapping):
        return isinstance(remote, Mapping) and _same_parts(applied, remote)
    if isinstance(applied, list | tuple):
        return isinstance(remote, list) and _same_members(name, list(applied), list(remote))
    return _scalar(applied) == _scalar(remote)


def _same_parts(applied: Mapping[str, Any], remote: Mapping[str, Any]) -> bool:
    # Names of interests and places come back in the language of the token's owner.
    identified = "id" in applied or "key" in applied
    return all(_same(key, value, remote.get(key)) for key, value in applied.items() if key != "name" or not identified)


def _same_members(name: str, applied: list[Any], remote: list[Any]) -> bool:
    """In any order: no list of the fields we send has a meaning in its order."""
    if len(applied) != len(remote):
        return False
    left = list(remote)
    for one in applied:
        match = next((index for index, other in enumerate(left) if _same(f"{name}[]", one, other)), None)
        if match is None:
            return False
        del left[match]
    return True


def _scalar(value: Any) -> Decimal | str:
    """Budgets come back as texts, decimals as numbers: `"4500000"` is 4500000, and 10 is 10.0."""
    text = str(int(value)) if isinstance(value, bool) else str(value)
    return Decimal(text) if _NUMBER.fullmatch(text) else text


# Ids are numbers too, of up to 18 digits: a decimal keeps them apart.
_NUMBER = re.compile(r"-?\d{1,24}(\.\d{1,24})?")


def _instant(value: Any) -> Any:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    return value if moment is None or moment.tzinfo is None else moment.astimezone(UTC).isoformat()


def _creative_id(value: Any) -> Any:
    return value.get("creative_id") or value.get("id") if isinstance(value, Mapping) else value


def _real_categories(value: Any) -> Any:
    return [one for one in value if one != "NONE"] if isinstance(value, list) else value


def _automation(value: Any) -> Any:
    """Meta shows no switch that was never set."""
    return {"advantage_audience": 0, **(value if isinstance(value, Mapping) else {})}


def _genders(value: Any) -> Any:
    """Both are the same as none named."""
    return [] if isinstance(value, list) and {str(one) for one in value} == {"1", "2"} else value


def _digits(value: Any) -> str:
    return re.sub(r"\D", "", str(value or ""))


def _parsed(value: Any) -> Any:
    try:
        return msgspec.json.decode(value) if isinstance(value, str) else value
    except msgspec.DecodeError:
        return value


_EQUIVALENTS: Mapping[str, Callable[[Any], Any]] = {
    "start_time": _instant,
    "end_time": _instant,
    "creative": _creative_id,
    "special_ad_categories": _real_categories,
    "genders": _genders,
    "targeting_automation": _automation,
    "whatsapp_phone_number": _digits,
    "page_welcome_message": _parsed,
}
