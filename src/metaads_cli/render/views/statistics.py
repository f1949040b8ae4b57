"""Statistics as a table."""

from metaads_cli.models import reports
from metaads_cli.models.statistics import GROUPINGS, StatsReport
from metaads_cli.models.tenant_totals import TenantTotals, TenantTotalsReport
from metaads_cli.render.table import Cell, Column, Table
from metaads_cli.render.views.comparison import with_changes
from metaads_cli.render.views.parts import Items, Views, listing, values

MEASURES = (
    Column("leads", "Leads", "count"),
    Column("converted", "Conv.", "count"),
    Column("appointments", "Appts", "count"),
    Column("conversion_rate", "Rate", "percent"),
    Column("spend", "Spend", "amount"),
    Column("impressions", "Impressions", "count"),
    Column("clicks", "Clicks", "count"),
    Column("ctr", "CTR", "percent"),
    Column("cpc", "CPC", "amount"),
    Column("conversations", "Chats", "count"),
    Column("cost_per_lead", "Cost/lead", "amount"),
    Column("cost_per_conversion", "Cost/conv.", "amount"),
    Column("revenue", "Revenue", "amount"),
    Column("roas", "ROAS", "amount"),
)
_DIMENSIONS = {
    "source": Column("source", "Source"),
    "campaign_id": Column("campaign_id", "Campaign id", "id"),
    "campaign_name": Column("campaign_name", "Campaign"),
    "adset_id": Column("adset_id", "Ad set", "id"),
    "adset_name": Column("adset_name", "Name"),
    "ad_id": Column("ad_id", "Ad", "id"),
    "ad_name": Column("ad_name", "Name"),
    "ad_headline": Column("ad_headline", "Headline"),
}
_PERIODS = {"day": "Day", "week": "Week of", "month": "Month of"}
PROGRAMS_ONLY = frozenset({"campaign_id"})
NEEDS_INSIGHTS = frozenset({"currency", *(column.key for column in MEASURES[4:])})


def stats_columns(by: str | None) -> tuple[Column, ...]:
    """Those of statistics that are grouped by this."""
    known = _DIMENSIONS | {"period": Column("period", _PERIODS.get(by or "", ""), "id")}
    return (*(known[name] for name in GROUPINGS[by]), Column("currency", "Currency"), *MEASURES)


def _stats(result: StatsReport) -> Table:
    columns = stats_columns(result.by)
    several = bool(result.totals_by_currency)
    hidden = PROGRAMS_ONLY if several else PROGRAMS_ONLY | {"currency"}
    total: list[Cell] = [None] * (len(columns) - len(MEASURES)) + values(result.total, MEASURES)
    total[next(index for index, column in enumerate(columns) if column.key not in PROGRAMS_ONLY)] = "Total"
    window = result.window
    days = (
        f"{window.since or 'the beginning'} to {window.until or 'today'}"
        if window.since or window.until
        else "all time"
    )
    table = listing(
        result.rows,
        columns,
        total=total if len(result.rows) > 1 else None,
        title=f"Tenant {result.tenant_id}, {days} ({window.timezone}), {result.attribution} touch{_money(result)}",
        empty="Nobody came from a Meta ad in this window.",
        optional=NEEDS_INSIGHTS | {"adset_name", "ad_name"},
        hidden=hidden,
    )
    return with_changes(table, result.rows, result.comparison) if result.comparison else table


def _money(result: StatsReport) -> str:
    """The currency where there is one, and what the revenue is."""
    if not result.currency and not result.totals_by_currency:
        return ""
    return f", {result.currency or 'several currencies'}, revenue by {result.revenue_source}"


def _demo(result: reports.DemoReport) -> Table:
    """The statistics of all its tenants in one table."""
    columns = stats_columns(None)
    rows = [[stats.tenant_id, *values(row, columns)] for stats in result.stats for row in stats.rows]
    tenant = Column("tenant_id", "Tenant", "count")
    return Table((tenant, *columns), rows, optional=NEEDS_INSIGHTS, hidden=PROGRAMS_ONLY)


_TENANTS = (
    Column("tenant_id", "Tenant", "count"),
    Column("name", "Name"),
    Column("since", "Since", "id"),
    Column("until", "Until", "id"),
    Column("currency", "Currency"),
    Column("last_day", "Last day", "id"),
    *(column for column in MEASURES if column.key in TenantTotals.__struct_fields__),
)


def _tenants(result: TenantTotalsReport) -> Table:
    return listing(
        result.tenants,
        _TENANTS,
        empty="There is no tenant in this database.",
        optional=frozenset({"currency", "last_day", *(column.key for column in MEASURES)}),
        hidden=frozenset({"since", "until"}),
    )


VIEWS: Views = {
    StatsReport: _stats,
    TenantTotalsReport: _tenants,
    reports.DemoReport: _demo,
}
ITEMS: Items = {StatsReport: "rows", TenantTotalsReport: "tenants"}
