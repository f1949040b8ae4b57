"""The objects of an ad account as the catalogue keeps them. Budgets are in the account's currency, in major units.

What a source does not tell is None: enrich learns names and statuses only, a sync all of it.
"""

from datetime import datetime
from decimal import Decimal

import msgspec


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    campaign_id: str
    account_id: str
    name: str
    objective: str | None = None
    buying_type: str | None = None
    special_ad_categories: list[str] | None = None
    status: str | None = None
    effective_status: str | None = None
    daily_budget: Decimal | None = None
    lifetime_budget: Decimal | None = None
    start_time: datetime | None = None
    stop_time: datetime | None = None
    created_time: datetime | None = None
    updated_time: datetime | None = None


class AdSet(msgspec.Struct, frozen=True, kw_only=True):
    """`targeting` is JSON text."""

    adset_id: str
    account_id: str
    campaign_id: str
    name: str
    status: str | None = None
    effective_status: str | None = None
    optimization_goal: str | None = None
    billing_event: str | None = None
    destination_type: str | None = None
    daily_budget: Decimal | None = None
    lifetime_budget: Decimal | None = None
    targeting: str | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    created_time: datetime | None = None
    updated_time: datetime | None = None


class Ad(msgspec.Struct, frozen=True, kw_only=True):
    ad_id: str
    account_id: str
    campaign_id: str
    adset_id: str
    creative_id: str | None = None
    name: str
    status: str | None = None
    effective_status: str | None = None
    created_time: datetime | None = None
    updated_time: datetime | None = None


class Creative(msgspec.Struct, frozen=True, kw_only=True):
    """`object_story_spec` is JSON text."""

    creative_id: str
    account_id: str
    name: str | None = None
    title: str | None = None
    body: str | None = None
    call_to_action_type: str | None = None
    image_hash: str | None = None
    video_id: str | None = None
    thumbnail_url: str | None = None
    object_story_spec: str | None = None


class ResolvedAd(msgspec.Struct, frozen=True, kw_only=True):
    """An ad with the ad set and the campaign it belongs to."""

    ad: Ad
    adset: AdSet
    campaign: Campaign
