"""The catalogue of campaigns, ad sets and ads, and the campaign names of people: patients, and leads of a CRM."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from metaads_cli.db.bulk import copy_rows
from metaads_cli.db.queries import statement
from metaads_cli.db.queries.kinds import kinds_of_people
from metaads_cli.db.queries.planning import join_in_passes
from metaads_cli.db.session import TenantSession
from metaads_cli.models.catalogue import ResolvedAd

# The columns of staged_ads, in the order in which `_row` gives them.
_COLUMNS = (
    "ad_id", "account_id", "campaign_id", "adset_id", "creative_id", "name", "status", "effective_status",
    "created_time", "updated_time", "adset_name", "adset_status", "adset_effective_status", "campaign_name",
    "objective", "campaign_status", "campaign_effective_status",
)  # fmt: skip


def pending_ads(session: TenantSession, *, refresh: bool, limit: int | None) -> list[str]:
    """Ids of the ads that people came from and whose names are missing; with `refresh`, of all of them."""
    with session.transaction() as cursor:
        found = [
            row[0]
            for kind in kinds_of_people(cursor)
            for row in session.run(cursor, kind.statement("catalogue/ads_of_people"))
        ]
        values = {"of_people": found, "refresh": refresh, "limit": limit}
        rows = session.run(cursor, statement("catalogue/pending_ads"), values).fetchall()
    return [row[0] for row in rows]


def save_resolved(session: TenantSession, resolved: Sequence[ResolvedAd]) -> None:
    """Merge ads with their ad sets and campaigns, all or none."""
    once = {item.ad.ad_id: item for item in resolved}
    with session.transaction() as cursor:
        cursor.execute(statement("catalogue/stage").encode())
        copy_rows(cursor, ("pg_temp", "staged_ads"), _COLUMNS, map(_row, once.values()))
        for name in ("save_campaigns", "save_adsets", "save_ads", "settle_resolved"):
            session.run(cursor, statement(f"catalogue/{name}"))


def save_unresolved(session: TenantSession, ad_ids: Sequence[str], reason: str, ask_again_in: timedelta) -> None:
    values = {"ad_ids": list(ad_ids), "reason": reason, "wait": ask_again_in}
    with session.transaction() as cursor:
        session.run(cursor, statement("catalogue/save_unresolved"), values)


def count_unnamed(session: TenantSession, ad_ids: Sequence[str]) -> int:
    """How many people of these ads have no campaign name."""
    values = {"ad_ids": list(ad_ids)}
    with session.transaction() as cursor:
        return sum(
            int(row[0])
            for kind in kinds_of_people(cursor)
            for row in session.run(cursor, kind.statement("catalogue/count_unnamed"), values)
        )


def name_people(session: TenantSession, *, rename: bool = False) -> int:
    """Write campaign names where there is none, and with `rename` where there is another; how many people changed."""
    with session.transaction() as cursor:
        # After an ingest the planner still believes that hardly anybody came by an ad.
        join_in_passes(cursor)
        return sum(
            session.run(cursor, kind.statement("catalogue/name_people"), {"rename": rename}).rowcount
            for kind in kinds_of_people(cursor)
        )


def _row(item: ResolvedAd) -> tuple[Any, ...]:
    ad, adset, campaign = item.ad, item.adset, item.campaign
    return (
        ad.ad_id, ad.account_id, campaign.campaign_id, adset.adset_id, ad.creative_id, ad.name, ad.status,
        ad.effective_status, ad.created_time, ad.updated_time, adset.name, adset.status, adset.effective_status,
        campaign.name, campaign.objective, campaign.status, campaign.effective_status,
    )  # fmt: skip
