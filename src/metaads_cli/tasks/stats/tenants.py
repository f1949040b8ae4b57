"""Every tenant at a glance."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from metaads_cli.db.session import Database, TenantSession
from metaads_cli.models.statistics import Window
from metaads_cli.models.tenant_totals import TenantTotals, TenantTotalsReport
from metaads_cli.tasks.stats.figures import rate
from metaads_cli.tasks.stats.windows import Days, window_of, zone_of


def totals_of_tenants(database: Database, days: Days, *, fallback_timezone: str) -> TenantTotalsReport:
    """What the ads of each tenant did, on its own days. Reads a few rows a day, not the insights.

    Raises ConfigError for a time zone that does not exist, UsageError for an empty window.
    """
    return TenantTotalsReport(
        tenants=[row for session in database.sessions(None) for row in _rows(session, days, fallback_timezone)]
    )


def _rows(session: TenantSession, days: Days, fallback_timezone: str) -> Iterator[TenantTotals]:
    from metaads_cli.db.queries.statistics.totals import totals_by_currency

    name = session.tenant.timezone or fallback_timezone
    window = window_of(days, name, datetime.now(zone_of(name)).date())
    found = session.fetch(totals_by_currency(window))
    for row in found or [(None, None, None, None, None, None, None)]:
        yield _totals(session, window, row)


def _totals(session: TenantSession, window: Window, row: tuple[Any, ...]) -> TenantTotals:
    currency, last_day, spend, impressions, clicks, conversations, revenue = row
    return TenantTotals(
        tenant_id=session.tenant_id,
        name=session.tenant.name,
        since=window.since,
        until=window.until,
        currency=currency,
        last_day=last_day,
        spend=spend,
        impressions=impressions,
        clicks=clicks,
        ctr=rate(clicks, impressions),
        cpc=rate(spend, clicks),
        conversations=conversations,
        revenue=revenue,
    )
