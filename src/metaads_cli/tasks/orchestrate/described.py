"""A campaign as Meta has it → the document of a campaign file. Pure.

What a file has no words for is told of, and never left out silently.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from metaads_cli.graph.creation import CHATS, AccountFacts, Chat
from metaads_cli.graph.objects import UNWRITTEN
from metaads_cli.models.campaign import Destination, Kind
from metaads_cli.models.money import from_minor_units, minor_units_per_major

Json = Mapping[str, Any]
Named = Callable[[Kind, Json, str], tuple[str, str]]
"""(kind, object, key of the ad set above) → the object's key and its name in a file."""

API_VERSION = "metaads/v1"
_HASH_LENGTH = 8
_LONGEST_SLUG = 64 - _HASH_LENGTH - 1
_DESTINATIONS = {chat.destination_type: one for one, chat in CHATS.items()} | {"WEBSITE": Destination.WEBSITE}
_NO_DESTINATION = frozenset({None, "", "UNDEFINED"})
_PROMOTED = frozenset({"page_id", "whatsapp_phone_number", "pixel_id", "custom_event_type"})
# What Meta shows of a story beside what was sent.
_DERIVED = frozenset({"picture", "attachment_style", "image_url"})
_EPOCH = datetime.fromtimestamp(0, UTC)


def key_for(name: str, object_id: str) -> str:
    """A key that tells what it is, and is no other object's: a slug of the name and a short hash of the id."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST_SLUG].strip("-") or "x"
    return f"{slug}-{hashlib.sha256(object_id.encode()).hexdigest()[:_HASH_LENGTH]}"


@dataclass
class Describer:
    """`document` is the file's; `problems` what of the campaign it has no words for."""

    facts: AccountFacts
    tenant_id: int
    named: Named
    problems: list[str] = field(default_factory=list)
    _pages: dict[str, None] = field(default_factory=dict)
    _profiles: dict[str | None, None] = field(default_factory=dict)

    def document(self, tree: Json) -> dict[str, Any]:
        key, name = self.named(Kind.CAMPAIGN, tree, "")
        campaign = self._campaign(tree, name)
        ad_sets = [self._ad_set(one) for one in tree["adsets"]]
        if not ad_sets:
            self.problems.append("it has no ad set")
        return _given({
            "apiVersion": API_VERSION,
            "key": key,
            "tenant": self.tenant_id,
            "account": self.facts.account_id,
            "currency": self.facts.currency,
            "page": self._only(self._pages, "pages"),
            "instagram": self._only(self._profiles, "Instagram accounts"),
            "campaign": campaign,
            "adsets": ad_sets,
        })  # fmt: skip

    def _only(self, found: Mapping[str | None, None] | Mapping[str, None], what: str) -> str | None:
        if len(found) > 1:
            names = ", ".join(str(one or "none") for one in found)
            self.problems.append(f"its ads speak for several {what}: {names}")
        return next(iter(found), None)

    def _campaign(self, tree: Json, name: str) -> dict[str, Any]:
        self._refuse_unwritten(Kind.CAMPAIGN, "the campaign", tree)
        if tree.get("is_adset_budget_sharing_enabled"):
            self.problems.append("the campaign's ad sets share their budgets")
        budget = self._budget(tree)
        categories = [one for one in tree.get("special_ad_categories") or [] if one != "NONE"]
        return _given({
            "name": name,
            "objective": tree.get("objective"),
            "special_ad_categories": categories,
            "special_ad_category_countries": tree.get("special_ad_category_country") if categories else None,
            "budget_mode": "campaign" if budget else "adset",
            "budget": budget,
            "bid_strategy": tree.get("bid_strategy") if budget else None,
        })  # fmt: skip

    def _refuse_unwritten(self, kind: Kind, where: str, found: Json) -> None:
        given = [name for name in UNWRITTEN[kind] if _says_something(name, found.get(name))]
        if given:
            self.problems.append(f"{where} has {', '.join(given)}")

    def _ad_set(self, found: Json) -> dict[str, Any]:
        key, name = self.named(Kind.AD_SET, found, "")
        where = f'ad set "{name}" ({found.get("id")})'
        self._refuse_unwritten(Kind.AD_SET, where, found)
        destination = self._destination(where, found)
        promoted: Json = found.get("promoted_object") or {}
        if strange := sorted(promoted.keys() - _PROMOTED):
            self.problems.append(f"{where} promotes {', '.join(strange)}")
        budget = self._budget(found)
        ads = [self._ad(one, key, destination) for one in found["ads"]]
        if not ads:
            self.problems.append(f"{where} has no ad")
        return _given({
            "key": key,
            "name": name,
            "destination": None if destination is None else str(destination),
            "optimize_for": found.get("optimization_goal"),
            "billing_event": _unless(found.get("billing_event"), "IMPRESSIONS"),
            "schedule": _given({
                "start": self._local(found.get("start_time")), "end": self._local(found.get("end_time")),
            }) or None,
            "budget": budget,
            "bid_strategy": _unless(found.get("bid_strategy"), "LOWEST_COST_WITHOUT_CAP") if budget else None,
            "bid_amount": self._amount(found.get("bid_amount")),
            "pixel": promoted.get("pixel_id"),
            "conversion_event": promoted.get("custom_event_type"),
            "whatsapp_number": promoted.get("whatsapp_phone_number"),
            "dsa_beneficiary": found.get("dsa_beneficiary"),
            "dsa_payor": found.get("dsa_payor"),
            "targeting": _targeting(found.get("targeting") or {}),
            "ads": ads,
        })  # fmt: skip

    def _destination(self, where: str, found: Json) -> Destination | None:
        named = found.get("destination_type")
        if named in _NO_DESTINATION:
            return None
        if named not in _DESTINATIONS:
            self.problems.append(f"{where} leads to {named}")
        return _DESTINATIONS.get(str(named))

    def _budget(self, found: Json) -> dict[str, Decimal] | None:
        amounts = {name: self._amount(found.get(f"{name}_budget")) for name in ("daily", "lifetime")}
        return {name: amount for name, amount in amounts.items() if amount is not None} or None

    def _amount(self, minor_units: Any) -> Decimal | None:
        """With the decimals that the currency has; 0 is Meta's way to say that there is none."""
        if not minor_units or not int(minor_units):
            return None
        amount = from_minor_units(int(minor_units), self.facts.currency)
        return amount.quantize(Decimal("0.01")) if minor_units_per_major(self.facts.currency) == 100 else amount

    def _local(self, moment: Any) -> str | None:
        """A time of the account, without its offset; the beginning of time is Meta's way to say that there is none."""
        if not isinstance(moment, str):
            return None
        aware = datetime.fromisoformat(moment)
        if aware <= _EPOCH:
            return None
        local = aware.astimezone(ZoneInfo(self.facts.timezone_name))
        return f"{local:%Y-%m-%dT%H:%M}" + (f":{local:%S}" if local.second else "")

    # Ads

    def _ad(self, found: Json, ad_set_key: str, destination: Destination | None) -> dict[str, Any]:
        key, name = self.named(Kind.AD, found, ad_set_key)
        creative: Json = found.get("creative") or {}
        where = f'ad "{name}" ({found.get("id")})'
        return {
            "key": key,
            "name": name,
            **self._creative(where, creative, CHATS.get(destination or Destination.WEBSITE)),
        }

    def _creative(self, where: str, creative: Json, chat: Chat | None) -> dict[str, Any]:
        self._refuse_unwritten(Kind.CREATIVE, where, creative)
        story: Json = creative.get("object_story_spec") or {}
        if not story:
            post = creative.get("object_story_id")
            self.problems.append(f"{where} shows " + (f"an existing post ({post})" if post else "nothing of its own"))
            return {}
        self._pages[str(story.get("page_id"))] = None
        self._profiles[story.get("instagram_user_id")] = None
        shown = [name for name in ("link_data", "video_data") if isinstance(story.get(name), Mapping)]
        if len(shown) != 1:
            self.problems.append(f"{where} has neither a picture with a link nor a video: {', '.join(story)}")
            return {}
        told = self._link(where, story["link_data"], chat) if shown == ["link_data"] else self._video(
            where, story["video_data"], chat
        )  # fmt: skip
        return _given({**told, "url_tags": creative.get("url_tags")})

    def _link(self, where: str, data: Json, chat: Chat | None) -> dict[str, Any]:
        if not data.get("image_hash"):
            self.problems.append(f"{where} shows no picture of the account's library")
        told = {
            "image_hash": data.get("image_hash"),
            "text": data.get("message"),
            "headline": data.get("name"),
            "description": data.get("description"),
            "link": _unless(data.get("link"), chat.link if chat else None),
        }
        return told | self._button(data, chat)

    def _video(self, where: str, data: Json, chat: Chat | None) -> dict[str, Any]:
        if not data.get("image_hash"):
            self.problems.append(f"{where} shows a video whose picture is not in the account's library")
        link = ((data.get("call_to_action") or {}).get("value") or {}).get("link")
        told = {
            "video_id": data.get("video_id"),
            "thumbnail_hash": data.get("image_hash"),
            "text": data.get("message"),
            "headline": data.get("title"),
            "description": data.get("link_description"),
            "link": _unless(link, chat.link if chat else None),
        }
        return told | self._button(data, chat)

    def _button(self, data: Json, chat: Chat | None) -> dict[str, Any]:
        button = (data.get("call_to_action") or {}).get("type")
        return {
            "call_to_action": _unless(button, chat.call_to_action if chat else "LEARN_MORE"),
            "welcome_message": _greeting(data.get("page_welcome_message")),
        }


def unlike(wanted: Any, found: Any, path: str = "") -> Iterator[str]:
    """Where Meta's story has something that the file's has not."""
    if not isinstance(found, Mapping):
        return
    for name, value in found.items():
        inner = f"{path}.{name}" if path else name
        if isinstance(wanted, Mapping) and name in wanted:
            yield from unlike(wanted[name], value, inner)
        elif value and name not in _DERIVED:
            yield inner


def _greeting(message: Any) -> str | None:
    """The text of a greeting that holds nothing else; another one as it is."""
    if not isinstance(message, str):
        return None if message is None else msgspec.json.encode(message).decode()
    try:
        parsed = msgspec.json.decode(message)
    except msgspec.DecodeError:
        return message
    text = ((parsed.get("text_format") or {}).get("message") or {}).get("text") if isinstance(parsed, dict) else None
    plain = {"type", "version", "landing_screen_type", "media_type", "text_format"}
    is_plain = (
        isinstance(parsed, dict) and parsed.keys() == plain and parsed["text_format"] == {"message": {"text": text}}
    )
    return str(text) if is_plain and isinstance(text, str) else message


def _targeting(found: Json) -> dict[str, Any]:
    """As it is, without what Meta shows and takes no more."""
    kept = dict(found)
    for where in ("geo_locations", "excluded_geo_locations"):
        if isinstance(kept.get(where), Mapping):
            kept[where] = {name: one for name, one in kept[where].items() if name != "location_types"}
    kept.setdefault("targeting_automation", {"advantage_audience": 0})
    return kept


def _says_something(name: str, value: Any) -> bool:
    return value not in (None, "", "0", 0, False, [], {}) and (name, value) != ("buying_type", "AUCTION")


def _unless(value: Any, default: Any) -> Any:
    return None if value == default else value


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is not there; a blank text says nothing either."""
    return {
        name: value
        for name, value in values.items()
        if value is not None and not (isinstance(value, str) and not value.strip())
    }
