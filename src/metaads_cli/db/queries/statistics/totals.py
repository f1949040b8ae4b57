"""What all ads of a tenant did over some days, from the daily totals."""

from typing import Any

from sqlalchemy import BigInteger, Select, cast, func, select

from metaads_cli.db.queries.statistics.scope import TENANT
from metaads_cli.db.tables import daily_totals
from metaads_cli.models.statistics import Window


def totals_by_currency(window: Window) -> Select[Any]:
    """Rows (currency, last day, spend, impressions, clicks, conversations, revenue)."""
    total = daily_totals
    counts = [cast(func.sum(total.c[name]), BigInteger) for name in ("impressions", "clicks", "conversations")]
    first = [total.c.day >= window.since] if window.since else []
    last = [total.c.day <= window.until] if window.until else []
    return (
        select(total.c.currency, func.max(total.c.day), func.sum(total.c.spend), *counts, func.sum(total.c.revenue))
        .where(total.c.tenant_id == TENANT, *first, *last)
        .group_by(total.c.currency)
        .order_by(total.c.currency)
    )
