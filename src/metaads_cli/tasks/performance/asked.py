"""The days that a document is about: whole days of an ad account, up to its today."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from metaads_cli.errors import UsageError
from metaads_cli.models.insight import Days

DEFAULT_DAYS = 30
MOST_DAYS = 3660


@dataclass(frozen=True)
class AskedDays:
    """The last `days`, or those from `since` to `until`; both ends included."""

    days: int | None = None
    since: date | None = None
    until: date | None = None

    def of(self, zone: ZoneInfo, now: datetime) -> Days:
        """The days in a zone that have begun there.

        Raises UsageError for an empty window, for one that has not begun, and for one of more than ten years.
        """
        if self.days is not None and self.since is not None:
            raise UsageError("--days excludes --since", hint="Give one or the other")
        today = now.astimezone(zone).date()
        until = min(self.until or today, today)
        since = self.since or _back(until, (self.days or DEFAULT_DAYS) - 1)
        if since > today:
            raise UsageError(f"{since} has not come yet: there is nothing to show")
        if since > until:
            raise UsageError(f"The window ends before it begins: {since} to {until}")
        if (until - since).days >= MOST_DAYS:
            raise UsageError(f"{since} to {until} are more than {MOST_DAYS:,} days", hint="Begin later")
        return Days(since, until)


def _back(day: date, days: int) -> date:
    return day - min(timedelta(days=days), day - date.min)
