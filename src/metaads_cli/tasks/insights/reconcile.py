"""Whether the stored rows add up to what the account itself reports, metric by metric and level by level."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from metaads_cli.db.queries.insights import stored_totals
from metaads_cli.db.session import TenantSession
from metaads_cli.errors import MetaAdsError
from metaads_cli.graph.client import GraphClient
from metaads_cli.graph.failures import GraphFailure
from metaads_cli.graph.insights import read_totals
from metaads_cli.models.insight import Level, Totals
from metaads_cli.models.reports import Reconciliation
from metaads_cli.tasks.insights.outcome import AccountOutcome
from metaads_cli.tasks.insights.together import InDatabase

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
    moving_since = datetime.now(UTC).date() - timedelta(days=1)  # somewhere it is still going on
    for level, parts in outcome.read.items():
        days = sorted({day for part in parts for day in part})
        stored = await in_database(stored_totals, session, account_id, level, days)
        comparison = Comparison(days, reported, stored, not outcome.problems[level], moving_since)
        found += comparison.differences(account_id, level)
    return found


@dataclass(frozen=True)
class Comparison:
    """The stored sums of a level beside those that the account reports. `complete`: all that Meta sent was stored."""

    days: Sequence[date]
    reported: Mapping[date, Totals]
    stored: Mapping[date, Totals]
    complete: bool
    moving_since: date

    def differences(self, account_id: str, level: Level) -> list[Reconciliation]:
        """The metrics whose sums differ, with the likeliest reason."""
        return [
            Reconciliation(
                account_id=account_id,
                level=str(level),
                metric=metric,
                account_total=theirs,
                stored_total=ours,
                difference=ours - theirs,
                reason=self._reason(metric),
            )
            for metric in METRICS
            for theirs, ours in [(_sum(metric, self.days, self.reported), _sum(metric, self.days, self.stored))]
            if theirs != ours
        ]

    def _reason(self, metric: str) -> str:
        if not self.complete:
            return UNFINISHED
        less = {day: _sum(metric, [day], self.reported) - _sum(metric, [day], self.stored) for day in self.days}
        off, last = [day for day in self.days if less[day]], max(self.days)
        if off == [last] and last >= self.moving_since:
            return STILL_MOVING
        return NOT_LISTED if sum(less.values()) > 0 else LISTED_MORE


def _sum(metric: str, days: Sequence[date], totals: Mapping[date, Totals]) -> Decimal:
    return sum((Decimal(getattr(totals.get(day, Totals()), metric)) for day in days), Decimal(0))
