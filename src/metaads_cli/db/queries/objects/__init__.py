"""The whole catalogue of an account: its campaigns, ad sets, ads and creatives, edge by edge."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg import sql

from metaads_cli.db.bulk import Merged, MergeTable
from metaads_cli.db.queries import statement
from metaads_cli.db.session import TenantSession
from metaads_cli.models.catalogue import Ad, AdSet, Campaign, Creative
from metaads_cli.models.insight import Days, Level

LANE = "listed"
Kind = type[Campaign] | type[AdSet] | type[Ad] | type[Creative]


def _table(name: str, kind: Kind) -> MergeTable:
    """Every field of the kind is a column; its first one is the object's id."""
    fields = kind.__struct_fields__
    return MergeTable(name, ("tenant_id", fields[0]), ("tenant_id", *fields, "fetched_at"))


_TABLES: dict[Kind, MergeTable] = {
    Campaign: _table("campaigns", Campaign),
    AdSet: _table("adsets", AdSet),
    Ad: _table("ads", Ad),
    Creative: _table("creatives", Creative),
}


def stage_objects(session: TenantSession, kind: Kind, objects: Iterable[msgspec.Struct], read_at: datetime) -> None:
    """Add a page of objects of one kind."""
    rows = ((session.tenant_id, *msgspec.structs.astuple(item), read_at) for item in objects)
    _TABLES[kind].stage(session, LANE, rows)


def store_objects(session: TenantSession, kind: Kind, account_id: str, *, whole: bool) -> Merged:
    """Merge the staged objects. When they are `whole` the edge, what is missing in it has been deleted at Meta."""
    table = _TABLES[kind]
    with session.transaction() as cursor:
        merged = table.merge(session, cursor, LANE)
        if whole and kind is not Creative:
            text = sql.SQL(statement("objects/mark_deleted")).format(
                table=sql.Identifier("metaads", table.name),
                staging=table.staging(LANE),
                id=sql.Identifier(table.key[1]),
            )
            session.run(cursor, text.as_string(None), {"account_id": account_id})
    table.discard(session, LANE)
    return merged


def discard_objects(session: TenantSession, kinds: Sequence[Kind]) -> None:
    for kind in kinds:
        _TABLES[kind].discard(session, LANE)


def count_objects(session: TenantSession, account_id: str) -> dict[Level, int]:
    """How many campaigns and ad sets the catalogue has of the account."""
    with session.transaction() as cursor:
        row = session.run(cursor, statement("objects/count_objects"), {"account_id": account_id}).fetchone()
    assert row is not None
    return {Level.CAMPAIGN: row[0], Level.AD_SET: row[1]}


def campaign_ids(session: TenantSession, account_id: str) -> list[str]:
    """Every campaign of the account that is known, by the catalogue or by its figures."""
    with session.transaction() as cursor:
        rows = session.run(cursor, statement("objects/campaign_ids"), {"account_id": account_id}).fetchall()
    return [row[0] for row in rows]


def messaging_campaigns(session: TenantSession, account_id: str, goals: Sequence[str]) -> set[str]:
    """Campaigns with an ad set that leads into a conversation: by its destination, or by one of the goals."""
    values: dict[str, Any] = {"account_id": account_id, "goals": list(goals)}
    with session.transaction() as cursor:
        rows = session.run(cursor, statement("objects/messaging_campaigns"), values).fetchall()
    return {row[0] for row in rows}


def unknown_ads(session: TenantSession, account_id: str, days: Days) -> list[str]:
    """Ads that have figures of these days but are not in the catalogue: deleted ones, which no edge lists."""
    values = {"account_id": account_id, "since": days.since, "until": days.until}
    with session.transaction() as cursor:
        rows = session.run(cursor, statement("objects/unknown_ads"), values).fetchall()
    return [row[0] for row in rows]
