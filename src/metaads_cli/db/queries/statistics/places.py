"""Where each ad belongs: its ad set, its campaign, its currency."""

from sqlalchemy import CTE, and_, func, select

from metaads_cli.db.queries.statistics.scope import TENANT
from metaads_cli.db.tables import ads, adsets, campaigns, insights


def places() -> CTE:
    """One row per ad that the catalogue or the insights know, with the present names where they are known."""
    named = (
        select(ads.c.ad_id, ads.c.campaign_id, ads.c.adset_id, ads.c.name).where(ads.c.tenant_id == TENANT).cte("ad")
    )
    spent = (
        select(
            insights.c.entity_id.label("ad_id"),
            func.max(insights.c.campaign_id).label("campaign_id"),
            func.max(insights.c.adset_id).label("adset_id"),
            func.min(insights.c.currency).label("currency"),
        )
        .where(insights.c.tenant_id == TENANT, insights.c.entity_type == "ad")
        .group_by(insights.c.entity_id)
        .cte("spent_ad")
    )
    campaign_id = func.coalesce(named.c.campaign_id, spent.c.campaign_id)
    adset_id = func.coalesce(named.c.adset_id, spent.c.adset_id)
    joined = (
        named.outerjoin(spent, spent.c.ad_id == named.c.ad_id, full=True)
        .outerjoin(campaigns, and_(campaigns.c.tenant_id == TENANT, campaigns.c.campaign_id == campaign_id))
        .outerjoin(adsets, and_(adsets.c.tenant_id == TENANT, adsets.c.adset_id == adset_id))
    )
    return (
        select(
            func.coalesce(named.c.ad_id, spent.c.ad_id).label("ad_id"),
            named.c.name.label("ad_name"),
            adset_id.label("adset_id"),
            adsets.c.name.label("adset_name"),
            campaign_id.label("campaign_id"),
            campaigns.c.name.label("campaign_name"),
            spent.c.currency,
        )
        .select_from(joined)
        .cte("place")
    )
