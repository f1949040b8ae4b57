"""On which days the spend is known: those that a sync has read."""

from datetime import date
from typing import Any

from sqlalchemy import Select, and_, select

from metaads_cli.db.queries.statistics.scope import TENANT
from metaads_cli.db.tables import accounts, daily_totals, sync_days


def days_read(since: date, until: date) -> Select[Any]:
    """Rows (currency, account id, its time zone, whether it is still registered, day, when it was read), of the ads
    of every account with insights in these days; an account none of whose days was read has one with neither."""
    active = (
        select(daily_totals.c.currency, daily_totals.c.account_id)
        .where(daily_totals.c.tenant_id == TENANT, daily_totals.c.day.between(since, until))
        .distinct()
        .cte("active")
    )
    noted, account = sync_days, accounts
    of_ads = and_(
        noted.c.tenant_id == TENANT,
        noted.c.account_id == active.c.account_id,
        noted.c.entity_type == "ad",
        noted.c.day.between(since, until),
    )
    registered = and_(account.c.tenant_id == TENANT, account.c.account_id == active.c.account_id)
    return select(
        active.c.currency,
        active.c.account_id,
        account.c.timezone_name,
        account.c.account_id.is_not(None),
        noted.c.day,
        noted.c.read_at,
    ).select_from(active.outerjoin(noted, of_ads).outerjoin(account, registered))
