"""The catalogue of campaigns, ad sets and ads, and the campaign names of people: patients, and leads of a CRM."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import psycopg

from metaads_cli.db.bulk import copy_rows
from metaads_cli.db.queries import statement
from metaads_cli.db.session import TenantSession
from metaads_cli.models.catalogue import ResolvedAd

# The columns of staged_ads, in the order in which `_row` gives them.
_COLUMNS = (
    "ad_id", "account_id", "campaign_id", "adset_id", "creative_id", "name", "status", "effective_status",
    "created_time", "updated_time", "adset_name", "adset_status", "adset_effective_status", "campaign_name",
    "objective", "campaign_status", "campaign_effective_status",
)  # fmt: skip

# What the patches add and the statements on people need: a host may have a table whose patch is still to be applied.
_PEOPLE_COLUMNS = ["acquisition_source", "meta_ad_id", "meta_campaign_id"]
_TABLES_OF_PEOPLE = """
SELECT people.name
FROM unnest(ARRAY['patients', 'leads']) WITH ORDINALITY AS people (name, place)
WHERE cardinality(%(columns)s::text[]) = (
    SELECT count(*) FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = to_regclass(format('public.%%I', people.name)) AND a.attname = ANY (%(columns)s::text[])
      AND NOT a.attisdropped
)
ORDER BY people.place
"""


def pending_ads(session: TenantSession, *, refresh: bool, limit: int | None) -> list[str]:
    """Ids of the ads that people came from and whose names are missing; with `refresh`, of all of them."""
    with session.transaction() as cursor:
        found = [
            row[0]
            for table in tables_of_people(cursor)
            for row in session.run(cursor, statement(f"catalogue/ads_of_{table}"))
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
            for table in tables_of_people(cursor)
            for row in session.run(cursor, statement(f"catalogue/count_unnamed_{table}"), values)
        )


def name_people(session: TenantSession, *, rename: bool = False) -> int:
    """Write campaign names where there is none, and with `rename` where there is another; how many people changed."""
    actions = ("name", "rename") if rename else ("name",)
    with session.transaction() as cursor:
        return sum(
            session.run(cursor, statement(f"catalogue/{action}_{table}")).rowcount
            for table in tables_of_people(cursor)
            for action in actions
        )


def tables_of_people(cursor: psycopg.Cursor) -> list[str]:
    """Those of the tables that this database has, patched: a clinic has patients, a CRM leads, some both."""
    return [row[0] for row in cursor.execute(_TABLES_OF_PEOPLE, {"columns": _PEOPLE_COLUMNS}).fetchall()]


def _row(item: ResolvedAd) -> tuple[Any, ...]:
    ad, adset, campaign = item.ad, item.adset, item.campaign
    return (
        ad.ad_id, ad.account_id, campaign.campaign_id, adset.adset_id, ad.creative_id, ad.name, ad.status,
        ad.effective_status, ad.created_time, ad.updated_time, adset.name, adset.status, adset.effective_status,
        campaign.name, campaign.objective, campaign.status, campaign.effective_status,
    )  # fmt: skip
