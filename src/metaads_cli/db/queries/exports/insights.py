"""Insights with the present names of what they are about."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, cast, select

from metaads_cli.db.queries.statistics.scope import TENANT
from metaads_cli.db.tables import ads, adsets, campaigns, insights
from metaads_cli.models.statistics import Window

COLUMNS = (
    "tenant_id", "account_id", "entity_type", "entity_id", "day", "campaign_id", "campaign_name", "adset_id",
    "adset_name", "ad_id", "ad_name", "currency", "spend", "impressions", "clicks", "reach", "frequency",
    "unique_clicks", "ctr", "cpc", "conversions", "conversion_action", "revenue", "revenue_action", "roas",
    "cost_per_conversion", "attribution_setting", "actions", "action_values", "fetched_at",
)  # fmt: skip


def insight_rows(window: Window, levels: Sequence[str]) -> Select[Any]:
    """Rows of COLUMNS, by account, level, object and day; JSON as text, so that its numbers stay exact."""
    known: dict[str, ColumnElement[Any]] = {
        **{column.name: column for column in insights.c},
        "campaign_name": campaigns.c.name,
        "adset_name": adsets.c.name,
        "ad_name": ads.c.name,
        "actions": cast(insights.c.actions, Text),
        "action_values": cast(insights.c.action_values, Text),
    }
    named = (
        insights.outerjoin(
            campaigns, and_(campaigns.c.tenant_id == TENANT, campaigns.c.campaign_id == insights.c.campaign_id)
        )
        .outerjoin(adsets, and_(adsets.c.tenant_id == TENANT, adsets.c.adset_id == insights.c.adset_id))
        .outerjoin(ads, and_(ads.c.tenant_id == TENANT, ads.c.ad_id == insights.c.ad_id))
    )
    first = [insights.c.day >= window.since] if window.since else []
    last = [insights.c.day <= window.until] if window.until else []
    return (
        select(*(known[name].label(name) for name in COLUMNS))
        .select_from(named)
        .where(insights.c.tenant_id == TENANT, insights.c.entity_type.in_(levels), *first, *last)
        .order_by(insights.c.account_id, insights.c.entity_type, insights.c.entity_id, insights.c.day)
    )
