"""What a campaign file says, in one form: the flat request and the full file both become this.

Amounts are exact decimals in the account's currency; times are local times of the account, without a zone.
"""

import hashlib
import re
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

_MARKER = re.compile(r" \[ma:[0-9a-f]{10}\]$")


class Place(msgspec.Struct, frozen=True):
    """Where something stands: lines and columns count from 1."""

    source: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}"


class Destination(StrEnum):
    """Where a click leads."""

    WEBSITE = "website"
    WHATSAPP = "whatsapp"
    MESSENGER = "messenger"
    INSTAGRAM = "instagram"


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """Exactly one of `daily` and `lifetime`. The flat form counts in minor units, whatever the currency has of them."""

    daily: Decimal | None = None
    lifetime: Decimal | None = None
    in_minor_units: bool = False
    place: Place | None = None


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    start: datetime | None = None
    end: datetime | None = None


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown: an image or a video, as a local file, as something Meta has already, or as a clip of the host.

    A video needs a thumbnail: a local image, or `thumbnail_hash`.
    """

    image: str | None = None
    image_hash: str | None = None
    video: str | None = None
    video_id: str | None = None
    thumbnail: str | None = None
    thumbnail_hash: str | None = None
    clip: str | None = None


class CreativeSpec(msgspec.Struct, frozen=True, kw_only=True):
    """`call_to_action` is a type of Meta's, such as LEARN_MORE; unset, the destination decides."""

    media: Media
    text: str | None = None
    headline: str | None = None
    description: str | None = None
    link: str | None = None
    call_to_action: str | None = None
    welcome_message: str | None = None
    url_tags: str | None = None
    place: Place | None = None


class AdSpec(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    name: str
    creative: CreativeSpec
    place: Place | None = None


class AdSetSpec(msgspec.Struct, frozen=True, kw_only=True):
    """`targeting` is as Meta's API takes it, with `targeting_automation` always explicit."""

    key: str
    name: str
    ads: tuple[AdSpec, ...]
    targeting: dict[str, Any]
    destination: Destination | None = None
    optimization_goal: str
    billing_event: str = "IMPRESSIONS"
    budget: Budget | None = None
    bid_strategy: str = "LOWEST_COST_WITHOUT_CAP"
    bid_amount: Decimal | None = None
    schedule: Schedule = Schedule()
    pixel: str | None = None
    conversion_event: str | None = None
    whatsapp_number: str | None = None
    dsa_beneficiary: str | None = None
    """Whom the ads are for, and who pays: needed where they reach the EU, unless the account has defaults."""
    dsa_payor: str | None = None
    place: Place | None = None


class Guard(msgspec.Struct, frozen=True, kw_only=True):
    """What the campaign must not exceed: `max_daily_total` over all its ad sets, in the account's currency."""

    max_daily_total: Decimal | None = None
    latest_end: date | None = None


class CampaignSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign, as it is to be. `key` is its permanent identity within the tenant."""

    key: str
    name: str
    objective: str
    special_ad_categories: tuple[str, ...]
    special_ad_category_countries: tuple[str, ...] = ()
    adsets: tuple[AdSetSpec, ...]
    tenant: int | None = None
    account: str | None = None
    social_account_id: str | None = None
    clip_id: str | None = None
    currency: str | None = None
    page: str | None = None
    instagram: str | None = None
    budget: Budget | None = None
    """The campaign's own, when it and not its ad sets have the budgets."""
    bid_strategy: str = "LOWEST_COST_WITHOUT_CAP"
    publish: bool = False
    guard: Guard = Guard()
    flat: bool = False
    warnings: tuple[str, ...] = ()
    place: Place


class Kind(StrEnum):
    """The objects of a campaign, in the order in which they are made."""

    CAMPAIGN = "campaign"
    AD_SET = "adset"
    CREATIVE = "creative"
    AD = "ad"


def marker_of(tenant_id: int, campaign_key: str, kind: Kind, node_key: str) -> str:
    """What an object at Meta is found again by: `[ma:` and 10 hex digits that no two nodes share."""
    identity = "\0".join((str(tenant_id), campaign_key, kind, node_key))
    return f"[ma:{hashlib.sha256(identity.encode()).hexdigest()[:10]}]"


def marked(name: str, marker: str) -> str:
    """The name as Meta holds it."""
    return f"{name} {marker}"


def unmarked(name: str) -> str:
    """The name as people write it."""
    return _MARKER.sub("", name)
