"""Whether the stored rows add up to what the account itself reports, metric by metric and level by level."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from metaads_cli.db.queries.insights import stored_totals
from metaads_cli.db.session import TenantSession
from metaads_cli.errors import MetaAdsError
from metaads_cli.graph.client import GraphClient
from metaads_cli.graph.failures import GraphFailure
from metaads_cli.graph.insights import read_totals
from metaads_cli.models.insight import Level, Totals
from metaads_cli.models.reports import Reconciliation
from metaads_cli.tasks.insights.catalogue import InDatabase
from metaads_cli.tasks.insights.outcome import AccountOutcome

METRICS = ("spend", "impressions", "clicks")
UNFINISHED = "the level was not read completely"
STILL_MOVING = "figures of the last day moved while they were read"
NOT_LISTED = "Meta counts objects in the account's figure that it lists no longer"
LISTED_MORE = "Meta lists more than it counts in the account's figure"


async def reconcile(
    session: TenantSession, client: GraphClient, account_id: str, outcome: AccountOutcome, in_database: InDatabase
) -> list[Reconciliation]:
    """The differences over the days that were read, one per level and metric; none is the rule."""
    span = outcome.span
    if span is None or not outcome.read:
        return []
    try:
        reported = await read_totals(client, account_id, span)
    except (GraphFailure, MetaAdsError) as error:
        said = error.failure if isinstance(error, GraphFailure) else error
        outcome.warnings.append(f"{account_id}: the sums were not compared with the account's own: {said}")
        return []
    found: list[Reconciliation] = []
    for level, parts in outcome.read.items():
        days = sorted({day for part in parts for day in part})
        stored = await in_database(stored_totals, session, account_id, level, days)
        found += compare(account_id, level, days, reported, stored, complete=not outcome.problems[level])
    return found


def compare(
    account_id: str,
    level: Level,
    days: Sequence[date],
    reported: Mapping[date, Totals],
    stored: Mapping[date, Totals],
    *,
    complete: bool,
) -> list[Reconciliation]:
    """The metrics whose sums differ, with the likeliest reason."""
    return [
        Reconciliation(
            account_id=account_id,
            level=str(level),
            metric=metric,
            account_total=theirs,
            stored_total=ours,
            difference=ours - theirs,
            reason=_reason(metric, days, reported, stored, complete=complete),
        )
        for metric in METRICS
        for theirs, ours in [(_sum(metric, days, reported), _sum(metric, days, stored))]
        if theirs != ours
    ]


def _sum(metric: str, days: Sequence[date], totals: Mapping[date, Totals]) -> Decimal:
    return sum((Decimal(getattr(totals.get(day, Totals()), metric)) for day in days), Decimal(0))


def _reason(
    metric: str,
    days: Sequence[date],
    reported: Mapping[date, Totals],
    stored: Mapping[date, Totals],
    *,
    complete: bool,
) -> str:
    if not complete:
        return UNFINISHED
    off = [day for day in days if _sum(metric, [day], reported) != _sum(metric, [day], stored)]
    if off == [max(days)]:
        return STILL_MOVING
    return NOT_LISTED if _sum(metric, days, stored) < _sum(metric, days, reported) else LISTED_MORE
