"""The statistics of one tenant, as a document."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import msgspec


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """Whole days in one time zone, both ends included; None is unbounded."""

    since: date | None
    until: date | None
    timezone: str


GROUPINGS: dict[str | None, tuple[str, ...]] = {
    None: ("campaign_id", "campaign_name", "ad_id", "ad_headline"),
    "campaign": ("campaign_id", "campaign_name"),
    "adset": ("campaign_id", "campaign_name", "adset_id", "adset_name"),
    "ad": ("campaign_id", "campaign_name", "ad_id", "ad_name"),
    "source": ("source",),
    "day": ("period",),
    "week": ("period",),
    "month": ("period",),
}
"""What a row of statistics is about, by what they are grouped by."""


@dataclass(frozen=True, kw_only=True)
class Dimensions:
    """What a row of statistics is about: those of its grouping are set, and written."""

    period: date | msgspec.UnsetType = msgspec.UNSET
    """The first day of the day, week or month; weeks begin on Monday."""
    source: str | msgspec.UnsetType = msgspec.UNSET
    campaign_id: str | msgspec.UnsetType | None = msgspec.UNSET
    campaign_name: str | msgspec.UnsetType = msgspec.UNSET
    adset_id: str | msgspec.UnsetType | None = msgspec.UNSET
    adset_name: str | msgspec.UnsetType | None = msgspec.UNSET
    ad_id: str | msgspec.UnsetType = msgspec.UNSET
    ad_name: str | msgspec.UnsetType | None = msgspec.UNSET
    ad_headline: str | msgspec.UnsetType = msgspec.UNSET
    currency: str | None = None
    """Of the row's amounts; with amounts in one currency all rows have it."""


@dataclass(frozen=True, kw_only=True)
class Measures:
    """The figures of a row or a total. A rate whose divisor is zero or unknown is None, to four places else."""

    leads: int
    converted: int
    appointments: int
    conversion_rate: Decimal | None
    spend: Decimal | None = None
    impressions: int | None = None
    clicks: int | None = None
    ctr: Decimal | None = None
    """Clicks per impression, a fraction as `conversion_rate` is."""
    cpc: Decimal | None = None
    conversations: int | None = None
    """Messaging conversations that Meta counts for the ads."""
    cost_per_lead: Decimal | None = None
    cost_per_conversion: Decimal | None = None
    revenue: Decimal | None = None
    roas: Decimal | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A measure against the same one of the days compared with: the difference, and the difference / previous (to four
    places). None where one of them is unknown, or there is nothing to divide by."""

    absolute: Decimal | int | None
    relative: Decimal | None


Changes = dict[str, Change]
"""By the names of the measures."""


@dataclass(frozen=True, kw_only=True)
class StatsRow(Measures, Dimensions):
    """One campaign, ad and headline, or whatever else the statistics are grouped by.

    In a comparison `previous` are the same measures over the days compared with (for periods: over the one in the
    same place of that window), and a group of those days alone is a row too.
    """

    previous: Measures | msgspec.UnsetType = msgspec.UNSET
    change: Changes | msgspec.UnsetType = msgspec.UNSET


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The totals over the days compared with, and how the present ones differ from them."""

    window: Window
    total: Measures
    change: Changes
    totals_by_currency: dict[str, Measures] = {}
    changes_by_currency: dict[str, Changes] = {}


class StatsReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.stats/1"):
    """`revenue_source` is the host's table, or `insights`: what Meta says was bought. With amounts in several
    currencies `currency` and the total's amounts are None, and each currency has a total of its own."""

    tenant_id: int
    window: Window
    currency: str | None
    attribution: str
    by: str | None = None
    revenue_source: str | None = None
    rows: list[StatsRow]
    total: Measures
    totals_by_currency: dict[str, Measures] = {}
    comparison: Comparison | None = None
    warnings: list[str] = []
