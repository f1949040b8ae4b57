"""Insights: the figures of one campaign, ad set or ad on one day of its account."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

import msgspec

# Digits before the point, and zeros after it: more than any currency needs, as few as a BIGINT holds.
AMOUNT_DIGITS, COUNT_DIGITS = 30, 18
CONVERSATION = "onsite_conversion.messaging_conversation_started_7d"
"""The action type of a messaging conversation that an ad started."""


class Level(StrEnum):
    """What a row is about. Rows of different levels are never added together."""

    CAMPAIGN = "campaign"
    AD_SET = "adset"
    AD = "ad"

    @property
    def rank(self) -> int:
        """0 for campaigns, 2 for ads: a higher one is further down."""
        return list(Level).index(self)


class Days(msgspec.Struct, frozen=True, order=True):
    """Whole days of an account, both ends included; none at all where it ends before it begins."""

    since: date
    until: date

    def __len__(self) -> int:
        return max(0, (self.until - self.since).days + 1)

    def __iter__(self) -> Iterator[date]:
        return (self.since + timedelta(days=number) for number in range(len(self)))

    def __contains__(self, day: date) -> bool:
        return self.since <= day <= self.until

    def __str__(self) -> str:
        return f"{self.since}..{self.until}" if len(self) > 1 else str(self.since)

    def cut(self, length: int) -> "list[Days]":
        """Parts of at most so many days, the latest first."""
        parts: list[Days] = []
        until = self.until
        while until >= self.since:
            since = max(self.since, until - timedelta(days=length - 1))
            parts.append(Days(since, until))
            until = since - timedelta(days=1)
        return parts


class Action(msgspec.Struct, frozen=True):
    """One entry of `actions` or `action_values`: its value over the ad set's attribution setting."""

    action_type: str
    value: Decimal | None = None


def require_numbers(values: Iterable[Decimal | None], digits: int) -> None:
    """Raises ValueError for what is written like a number but is none, or is beyond all sense: NaN, 1e999999."""
    for value in values:
        if value is not None and not (value.is_finite() and -digits < value.adjusted() < digits):
            raise ValueError(f"{value} is no figure")


class Insight(msgspec.Struct, frozen=True, kw_only=True):
    """One row as Meta sends it, its numbers read exactly. What Meta leaves out is None: not zero.

    `spend` and `cpc` are in `account_currency`, in major units; `ctr` is in percent. `actions` and `action_values` are
    the JSON lists as they came, `None` without any.
    """

    campaign_id: str
    adset_id: str | None = None
    ad_id: str | None = None
    account_currency: str
    objective: str | None = None
    spend: Decimal | None = None
    impressions: Decimal | None = None
    clicks: Decimal | None = None
    reach: Decimal | None = None
    frequency: Decimal | None = None
    unique_clicks: Decimal | None = None
    ctr: Decimal | None = None
    cpc: Decimal | None = None
    attribution_setting: str | None = None
    actions: msgspec.Raw = msgspec.Raw()
    action_values: msgspec.Raw = msgspec.Raw()
    date_start: date
    date_stop: date

    def __post_init__(self) -> None:
        require_numbers((self.spend, self.frequency, self.ctr, self.cpc), AMOUNT_DIGITS)
        require_numbers((self.impressions, self.clicks, self.reach, self.unique_clicks), COUNT_DIGITS)

    def entity_id(self, level: Level) -> str | None:
        """The id of the object that the row is about."""
        match level:
            case Level.CAMPAIGN:
                return self.campaign_id
            case Level.AD_SET:
                return self.adset_id
        return self.ad_id


class MeasuredInsight(msgspec.Struct, frozen=True, kw_only=True):
    """A row with what follows from its actions. The action types say what conversions and revenue are made of.

    `actions` and `action_values` are JSON text in a fixed order. Amounts are in the account's currency.
    """

    insight: Insight
    conversions: Decimal | None = None
    conversion_action: str | None = None
    revenue: Decimal | None = None
    revenue_action: str | None = None
    roas: Decimal | None = None
    cost_per_conversion: Decimal | None = None
    actions: str | None = None
    action_values: str | None = None


class RequestShape(msgspec.Struct, frozen=True, kw_only=True):
    """How much is asked for in one request: what an account has proved to give.

    `days` is the longest range of days, `campaigns` the most campaigns of one request, None for all of them.
    """

    page_size: int
    days: int
    asynchronous: bool = False
    campaigns: int | None = None


class Totals(msgspec.Struct, frozen=True):
    """The metrics that add up over objects. A missing one counts as nothing."""

    spend: Decimal = Decimal(0)
    impressions: int = 0
    clicks: int = 0


class RowCounts(msgspec.Struct, frozen=True):
    """What became of the rows that were read. `removed` are stored rows that Meta no longer returns."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0

    def __add__(self, other: "RowCounts") -> "RowCounts":
        return RowCounts(
            self.inserted + other.inserted,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.removed + other.removed,
        )
