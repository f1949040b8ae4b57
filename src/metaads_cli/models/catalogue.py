"""The objects of an ad account as the catalogue keeps them."""

from datetime import datetime

import msgspec


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    campaign_id: str
    account_id: str
    name: str
    objective: str | None = None
    status: str | None = None
    effective_status: str | None = None


class AdSet(msgspec.Struct, frozen=True, kw_only=True):
    adset_id: str
    account_id: str
    campaign_id: str
    name: str
    status: str | None = None
    effective_status: str | None = None


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


class ResolvedAd(msgspec.Struct, frozen=True, kw_only=True):
    """An ad with the ad set and the campaign it belongs to."""

    ad: Ad
    adset: AdSet
    campaign: Campaign
