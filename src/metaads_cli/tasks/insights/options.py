"""What a sync is asked to do."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from metaads_cli.errors import UsageError
from metaads_cli.graph.insights import Only
from metaads_cli.models.insight import Days, Level
from metaads_cli.settings import SyncSettings

# The zone in which days begin first.
FIRST_ZONE = timedelta(hours=14)


@dataclass(frozen=True)
class SyncOptions:
    """`days_back`: so many days up to today, of each account; else the days given. `automatic`: the scheduler asks."""

    settings: SyncSettings
    levels: Sequence[Level] = tuple(Level)
    days_back: int = 7
    days: Days | None = None
    only: Only | None = None
    force: bool = False
    automatic: bool = False
    share: bool = False
    """Other hosts may be at work on other accounts of the same tenants: what they hold is left to them."""
    resume_line: str = "metaads sync-insights"
    sync_id: UUID = field(default_factory=uuid4)

    @property
    def data_source(self) -> str:
        return "stub" if self.settings.mode == "stub" else "live"

    def window(self, now: datetime, zone: ZoneInfo) -> Days:
        """The days asked for that have begun in an account's zone.

        Raises UsageError beyond how far back a sync may reach, and for days that have begun nowhere on earth.
        """
        today = now.astimezone(zone).date()
        days = self.days or Days(today - timedelta(days=self.days_back - 1), today)
        earliest = today - timedelta(days=self.settings.max_days_back - 1)
        if days.since < earliest:
            raise UsageError(
                f"{days.since} is more than {self.settings.max_days_back} days back: a sync may not reach further",
                hint="Begin later, or set INSIGHTS_MAX_DAYS_BACK (Meta keeps 37 months: at most 1126)",
            )
        if days.since > (now + FIRST_ZONE).date():
            raise UsageError(f"{days.since} has not come yet: there is nothing to read")
        return Days(days.since, min(days.until, today))


def days_between(since: date | None, until: date | None) -> Days | None:
    """The days of --since and --until. Raises UsageError where one is missing or they are the wrong way round."""
    if since is None and until is None:
        return None
    if since is None:
        raise UsageError("--until needs --since", hint="metaads sync-insights --since 2026-11-01 --until 2026-11-14")
    last = until or date.max
    if last < since:
        raise UsageError(f"The window ends before it begins: {since} to {until}")
    return Days(since, last)
