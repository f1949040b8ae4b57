"""The report of one tenant, as a document: every number of its page, and nothing else, is in here."""

from datetime import date, datetime
from decimal import Decimal

import msgspec

from metaads_cli.models.alerts import Alert
from metaads_cli.models.forecast import ForecastReport
from metaads_cli.models.statistics import Changes, Comparison, Measures, StatsRow, Window


class Ranking(msgspec.Struct, frozen=True, kw_only=True):
    """Which of the document's `campaigns` a chart shows, by their positions there, and the sum of the rest."""

    rows: list[int]
    others: Measures | None
    others_count: int


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """One day, week or month of the window; of those at its ends, the days within it."""

    since: date
    until: date
    leads: int
    converted: int
    previous_leads: int | None = None
    """Of the period in the same place of the days compared with."""


class MoneyPeriod(msgspec.Struct, frozen=True, kw_only=True):
    since: date
    until: date
    spend: Decimal | None
    revenue: Decimal | None
    previous_spend: Decimal | None = None


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """What there is in one currency."""

    currency: str
    total: Measures
    previous: Measures | None
    change: Changes
    timeline: list[MoneyPeriod]
    by_spend: Ranking


class FunnelStage(msgspec.Struct, frozen=True, kw_only=True):
    """impressions, clicks, conversations, leads or converted (leads with an appointment).

    `share` is of the last stage before that is known, a fraction; `cost` is the spend for each one, where all spend is
    in one currency.
    """

    stage: str
    count: int | None
    share: Decimal | None
    cost: Decimal | None


class Freshness(msgspec.Struct, frozen=True, kw_only=True):
    """How new an ad account's figures are. `data_source` is live, stub (simulated), or None before the first sync."""

    account_id: str
    name: str | None
    currency: str | None
    timezone: str | None
    data_source: str | None
    until: date | None
    """The last day that was read to its end."""
    read_at: datetime | None
    last_sync_at: datetime | None
    last_sync_success: bool | None
    """None while it runs, or when it was interrupted."""


class ReportDocument(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.report/1"):
    """`money` has an entry for each currency with amounts, and none where neither spend nor revenue is known.

    `changed_most` holds, by measure, positions in `campaigns`: those whose figure changed most, the greatest change
    first. `cost_per_lead` leaves out campaigns with too few people to tell.
    """

    tenant_id: int
    tenant_name: str
    generated_at: datetime
    window: Window
    attribution: str
    currency: str | None
    revenue_source: str | None
    total: Measures
    comparison: Comparison | None
    funnel: list[FunnelStage]
    grain: str
    timeline: list[Period]
    money: list[Money]
    campaigns: list[StatsRow]
    by_leads: Ranking
    changed_most: dict[str, list[int]]
    forecast: ForecastReport
    freshness: list[Freshness]
    alerts: list[Alert]
    """Of the syncs, as they stand now."""
    warnings: list[str]
