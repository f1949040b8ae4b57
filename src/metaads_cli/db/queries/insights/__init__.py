"""Insights: rows staged page by page, and merged when a range of days was read to its end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql

from metaads_cli.db.bulk import MergeTable
from metaads_cli.db.queries import statement
from metaads_cli.db.session import TenantSession
from metaads_cli.models.insight import CONVERSATION, Days, Level, MeasuredInsight, RowCounts, Totals

TABLE = MergeTable(
    "insights",
    ("tenant_id", "account_id", "entity_type", "entity_id", "day"),
    (
        "tenant_id", "account_id", "entity_type", "entity_id", "day", "campaign_id", "adset_id", "ad_id", "currency",
        "spend", "impressions", "clicks", "reach", "frequency", "unique_clicks", "ctr", "cpc", "conversions",
        "revenue", "roas", "cost_per_conversion", "attribution_setting", "actions", "action_values", "fetched_at",
        "conversion_action", "revenue_action",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Slice:
    """One level of an account over some days: what is read, and then stored as one.

    `ids_of` and `ids` narrow it to some objects; `complete` tells that Meta's answer was read to its end, and whole.
    """

    account_id: str
    level: Level
    days: Days
    read_at: datetime
    complete: bool = True
    ids_of: Level | None = None
    ids: tuple[str, ...] = ()

    @property
    def parameters(self) -> dict[str, Any]:
        return {
            "account_id": self.account_id,
            "entity_type": str(self.level),
            "since": self.days.since,
            "until": self.days.until,
            "read_at": self.read_at,
        }


def stage_insights(session: TenantSession, piece: Slice, rows: Iterable[MeasuredInsight]) -> int:
    """Add a page's rows to the slice; nothing of them is seen by anybody before `store_insights`."""
    fixed = (session.tenant_id, piece.account_id, str(piece.level))
    return TABLE.stage(session, str(piece.level), (fixed + _values(row, piece) for row in rows))


def store_insights(session: TenantSession, piece: Slice, data_source: str) -> RowCounts:
    """Merge the staged rows and, where the slice is complete, remove those that Meta no longer returns, and note its
    days as read: all or none of it.

    Raises SourceMismatch when the account's figures come from elsewhere.
    """
    with session.transaction() as cursor:
        _require_source(session, cursor, piece.account_id, data_source)
        cursor.execute("SET LOCAL enable_nestloop = off")  # the planner knows the staging table badly
        merged = TABLE.merge(session, cursor, str(piece.level))
        removed = _remove_others(session, cursor, piece) if piece.complete else 0
        if piece.level is Level.AD and merged.inserted + merged.updated + removed:
            _total_days(session, cursor, piece)
        if piece.complete and piece.ids_of is None:
            session.run(cursor, statement("syncs/note_days"), piece.parameters)
    TABLE.discard(session, str(piece.level))
    return RowCounts(merged.inserted, merged.updated, merged.unchanged, removed)


def discard_insights(session: TenantSession, level: Level) -> None:
    """Forget what was staged and not stored."""
    TABLE.discard(session, str(level))


class SourceMismatch(Exception):
    """Simulated figures for an account with real ones, or the other way round."""


def _require_source(session: TenantSession, cursor: psycopg.Cursor, account_id: str, data_source: str) -> None:
    row = session.run(cursor, statement("syncs/lock_source"), {"account_id": account_id}).fetchone()
    if row is None or row[0] != data_source:
        raise SourceMismatch(account_id)


def _remove_others(session: TenantSession, cursor: psycopg.Cursor, piece: Slice) -> int:
    narrowed = {"ids_of": str(piece.ids_of) if piece.ids_of else None, "ids": list(piece.ids)}
    text = sql.SQL(statement("insights/remove_others")).format(staging=TABLE.staging(str(piece.level)))
    return session.run(cursor, text.as_string(None), piece.parameters | narrowed).rowcount


def _total_days(session: TenantSession, cursor: psycopg.Cursor, piece: Slice) -> None:
    """Keep the daily totals equal to the sums of what is stored."""
    session.run(cursor, statement("insights/forget_totals"), piece.parameters)
    session.run(cursor, statement("insights/add_up_days"), piece.parameters | {"conversation": CONVERSATION})


def stored_totals(session: TenantSession, account_id: str, level: Level, days: Sequence[date]) -> dict[date, Totals]:
    """The additive metrics of all rows of a level, by day."""
    values = {"account_id": account_id, "entity_type": str(level), "days": list(days)}
    with session.transaction() as cursor:
        rows = session.run(cursor, statement("insights/totals"), values).fetchall()
    return {
        day: Totals(spend or Decimal(0), int(impressions or 0), int(clicks or 0))
        for day, spend, impressions, clicks in rows
    }


def count_entities(session: TenantSession, account_id: str, days: Days) -> dict[Level, int]:
    """How many objects of each level have figures in these days."""
    values = {"account_id": account_id, "since": days.since, "until": days.until}
    with session.transaction() as cursor:
        rows = session.run(cursor, statement("insights/count_entities"), values).fetchall()
    return {Level(level): count for level, count in rows}


def _values(row: MeasuredInsight, piece: Slice) -> tuple[Any, ...]:
    seen = row.insight
    return (
        seen.entity_id(piece.level), seen.date_start, seen.campaign_id, seen.adset_id, seen.ad_id,
        seen.account_currency, seen.spend, _whole(seen.impressions), _whole(seen.clicks), _whole(seen.reach),
        seen.frequency, _whole(seen.unique_clicks), seen.ctr, seen.cpc, row.conversions, row.revenue, row.roas,
        row.cost_per_conversion, seen.attribution_setting, row.actions, row.action_values, piece.read_at,
        row.conversion_action, row.revenue_action,
    )  # fmt: skip


def _whole(count: Decimal | None) -> int | None:
    return None if count is None else int(count)
