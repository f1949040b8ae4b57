"""The documents about campaigns, ad sets and ads: what they did and cost over some days of their account.

Totals are sums over rows of one level; rates are ratios of such sums, never sums or means of rates. Reach, frequency
and unique clicks are Meta's for a day and are in no total. Amounts in different currencies are never added: the totals'
amounts are None then, and each currency has totals of its own.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from metaads_cli.models.alerts import Alert
from metaads_cli.models.reports import DateRange


class Metrics(msgspec.Struct, frozen=True, kw_only=True):
    """Totals. Rates are to four places, None where the divisor is zero or unknown.

    `ctr` is in percent, as Meta and the documents that this one follows have it: 3.0 is three clicks in a hundred
    impressions. (`metaads.stats/1` has a fraction.)
    """

    spend: Decimal | None
    impressions: int | None
    clicks: int | None
    conversions: Decimal | None
    revenue: Decimal | None
    """What Meta says was bought."""
    ctr: Decimal | None
    cpc: Decimal | None
    roas: Decimal | None
    cost_per_conversion: Decimal | None
    leads: int | None = None
    """People whose first touch was by one of the ads, on these days of the tenant."""
    cost_per_lead: Decimal | None = None


class InsightRow(msgspec.Struct, frozen=True, kw_only=True):
    """One day as Meta reported it. `ctr` is in percent; `date_end` is the same day."""

    date_start: date
    date_end: date
    currency: str | None
    spend: Decimal | None
    impressions: int | None
    clicks: int | None
    conversions: Decimal | None
    revenue: Decimal | None
    ctr: Decimal | None
    cpc: Decimal | None
    roas: Decimal | None
    cost_per_conversion: Decimal | None
    reach: int | None
    frequency: Decimal | None
    unique_clicks: int | None


class TimelineDay(InsightRow, frozen=True, kw_only=True):
    """`state`: delivered; no delivery (Meta was asked and has no row: known to be nothing); not read (unknown).

    `is_final` is false where the day was last read before it was over in the account's time zone.
    """

    state: str
    is_final: bool | None


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """The days of the window: `days = delivered + without_delivery + not_read`."""

    days: int
    delivered: int
    without_delivery: int
    not_read: int


class EntityInsights(msgspec.Struct, frozen=True, kw_only=True):
    """`insights` are the days with figures. `avg_roas` is total revenue / total spend."""

    entity_id: str
    entity_type: str
    insights: list[InsightRow]
    total_spend: Decimal | None
    avg_roas: Decimal | None


class EfficiencyPart(msgspec.Struct, frozen=True, kw_only=True):
    """`percentile`: the share of the others that do worse, ties counting half, from 0 to 1; `weight` is what the part
    counts among those that are known."""

    metric: str
    value: Decimal | None
    percentile: Decimal | None
    others: int
    weight: Decimal | None


class PerformanceSummary(msgspec.Struct, frozen=True, kw_only=True):
    """`efficiency_score` from 0 to 100 places the object among the others of its level, account and currency that
    delivered on the same days; None with too little data, and `reason` says what is missing."""

    efficiency_score: Decimal | None
    reason: str | None
    compared_with: int
    parts: list[EfficiencyPart]


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What the documents about one object have in common."""

    tenant_id: int
    account_id: str
    currency: str | None
    timezone: str
    date_range: DateRange
    data_source: str | None
    """live, or stub where the figures are simulated."""
    metrics: Metrics
    metrics_by_currency: dict[str, Metrics] = {}
    coverage: Coverage
    warnings: list[str] = []


class CampaignDocument(About, frozen=True, kw_only=True, tag_field="schema", tag="metaads.campaign/1"):
    """Counts are of objects that are not deleted. `status` is what its owner set, `effective_status` what holds."""

    campaign_id: str
    campaign_name: str | None
    status: str | None
    effective_status: str | None
    objective: str | None
    daily_budget: Decimal | None
    lifetime_budget: Decimal | None
    campaign_insights: EntityInsights
    adsets_count: int
    ads_count: int
    performance_summary: PerformanceSummary

    @property
    def insights(self) -> list[InsightRow]:
        return self.campaign_insights.insights


class Targeting(msgspec.Struct, frozen=True, kw_only=True):
    """`summary` is for people, a line for each thing; `raw` is Meta's own."""

    summary: list[str]
    raw: dict[str, Any] | None


class AdSetDocument(About, frozen=True, kw_only=True, tag_field="schema", tag="metaads.adset/1"):
    adset_id: str
    adset_name: str | None
    campaign_id: str | None
    campaign_name: str | None
    status: str | None
    effective_status: str | None
    optimization_goal: str | None
    billing_event: str | None
    destination_type: str | None
    daily_budget: Decimal | None
    lifetime_budget: Decimal | None
    targeting: Targeting
    adset_insights: EntityInsights
    ads_count: int
    performance_summary: PerformanceSummary

    @property
    def insights(self) -> list[InsightRow]:
        return self.adset_insights.insights


class Creative(msgspec.Struct, frozen=True, kw_only=True):
    creative_id: str
    title: str | None
    body: str | None
    call_to_action_type: str | None
    thumbnail_url: str | None


class PeerMetric(msgspec.Struct, frozen=True, kw_only=True):
    """`rank` 1 is the best (of spend: the highest) `of` all ads of the ad set whose figure is known, this one included;
    equals share a rank. `peers` is the ratio of the other ads' sums (of spend: their mean), `difference` is value -
    peers, `relative_difference` that / peers."""

    value: Decimal | None
    peers: Decimal | None
    difference: Decimal | None
    relative_difference: Decimal | None
    rank: int | None
    of: int


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    ad_id: str
    ad_name: str | None
    metrics: Metrics


class PeerComparison(msgspec.Struct, frozen=True, kw_only=True):
    """`ads` are the other ads of the ad set with delivery in the window and amounts in the same currency."""

    ads: list[Peer]
    ctr: PeerMetric
    cpc: PeerMetric
    cost_per_conversion: PeerMetric
    cost_per_lead: PeerMetric
    spend: PeerMetric


class AdDocument(About, frozen=True, kw_only=True, tag_field="schema", tag="metaads.ad/1"):
    ad_id: str
    ad_name: str | None
    adset_id: str | None
    adset_name: str | None
    campaign_id: str | None
    campaign_name: str | None
    status: str | None
    effective_status: str | None
    creative: Creative | None
    ad_insights: EntityInsights
    peer_comparison: PeerComparison
    performance_summary: PerformanceSummary

    @property
    def insights(self) -> list[InsightRow]:
        return self.ad_insights.insights


class TimelineDocument(About, frozen=True, kw_only=True, tag_field="schema", tag="metaads.timeline/1"):
    """Every day of the window, one entry each."""

    entity_id: str
    entity_type: str
    entity_name: str | None
    insights: list[TimelineDay]
    total_spend: Decimal | None
    avg_roas: Decimal | None


class TopCampaign(Metrics, frozen=True, kw_only=True):
    campaign_id: str
    campaign_name: str | None
    status: str | None
    account_id: str
    currency: str
    efficiency_score: Decimal | None


class AccountFreshness(msgspec.Struct, frozen=True, kw_only=True):
    """`status` is that of the last run: ok, partial, failed, running, or never. `days_missing` are days of the window
    whose campaigns were never read."""

    account_id: str
    currency: str | None
    timezone: str
    data_source: str | None
    status: str
    last_run_at: datetime | None
    last_success_at: datetime | None
    hours_since_success: Decimal | None
    read_until: date | None
    days_missing: int


class LastSync(msgspec.Struct, frozen=True, kw_only=True):
    """The latest run, all None before the first one, and how fresh each account is."""

    sync_id: UUID | None
    sync_timestamp: datetime | None
    sync_type: str | None
    mode: str | None
    success: bool | None
    total_duration_seconds: Decimal | None
    accounts: list[AccountFreshness]


class OverviewDocument(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.overview/1"):
    """Of all ad accounts of a tenant, by the rows of campaigns. Each account's days are its own; `date_range` spans
    them all. Deleted campaigns count in the metrics, not in `total_campaigns`."""

    tenant_id: int
    timestamp: datetime
    date_range: DateRange
    total_campaigns: int
    active_campaigns: int
    currency: str | None
    global_metrics: Metrics
    metrics_by_currency: dict[str, Metrics] = {}
    top_campaigns: list[TopCampaign]
    last_sync: LastSync
    alerts: list[Alert]
    warnings: list[str] = []
