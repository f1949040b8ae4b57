"""Which days are read: those that were asked for and are not fresh, and those whose figures still move. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from metaads_cli.db.queries.syncs import DayRead
from metaads_cli.models.insight import Days, Level

# "Insights do not change after 28 days of being reported" (Meta's best practices).
MOVING_DAYS = 28
# How long nobody may come by, for a day to be read a last time all the same.
LAST_READ_WITHIN_DAYS = 120
# Rows of one slice: what is merged in one transaction, and read again when a run is killed in it.
MAX_SLICE_ROWS = 100_000
# Before an account's ads are known, so many of them are expected in an ad set.
ADS_PER_AD_SET = 10


@dataclass(frozen=True)
class Rhythm:
    """How old figures may be. `fresh_after`: what was read since then is not read again in the window that was asked
    for; `began_at`: when the work began that this run goes on with."""

    now: datetime
    zone: ZoneInfo
    fresh_after: datetime
    began_at: datetime
    restate_days: int
    force: bool = False

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def is_fresh(self, day: date, read: DayRead) -> bool:
        """Whether a day of the window need not be read again."""
        return not self.force and (read.read_at >= self.fresh_after or self._was_settled(day, read))

    def is_due(self, day: date, read: DayRead) -> bool:
        """Whether a day outside the window is read again: daily while it moves, and a last time when it has settled,
        however long nobody came by."""
        age = (self.today - day).days
        if age <= self.restate_days:
            return self.force or not self._was_read_today(read)
        return age > MOVING_DAYS and not self._was_settled(day, read) and not self._was_read_today(read)

    def _was_read_today(self, read: DayRead) -> bool:
        return read.read_at >= self.began_at or read.read_at.astimezone(self.zone).date() >= self.today

    def _was_settled(self, day: date, read: DayRead) -> bool:
        return read.read_at.astimezone(self.zone).date() - day > timedelta(days=MOVING_DAYS)


def days_to_read(window: Days, read: Mapping[date, DayRead], rhythm: Rhythm) -> list[Days]:
    """The days of one level, as ranges, the latest first."""
    wanted = {day for day in window if day not in read or not rhythm.is_fresh(day, read[day])}
    others = {day for day in read if day not in window} if rhythm.restate_days else set()
    return ranges(wanted | {day for day in others if rhythm.is_due(day, read[day])})


def ranges(days: Collection[date]) -> list[Days]:
    """Days next to each other as one range; the latest first."""
    found: list[Days] = []
    for day in sorted(days):
        if found and day - found[-1].until == timedelta(days=1):
            found[-1] = Days(found[-1].since, day)
        else:
            found.append(Days(day, day))
    return found[::-1]


def days_per_slice(level: Level, read: Mapping[date, DayRead], objects: Mapping[Level, int]) -> int:
    """How many days are stored at once, so that a slice stays of a bounded size. `objects`: how many are known."""
    known = [day.row_count for day in read.values()]
    expected = max(known) if known else objects.get(level, ADS_PER_AD_SET * objects.get(Level.AD_SET, 0))
    return max(1, MAX_SLICE_ROWS // max(1, expected))


def levels_below(levels: Sequence[Level], only: Level | None) -> list[Level]:
    """Without those above the objects that a sync is narrowed to: their rows would hold a part of their figures."""
    return [level for level in levels if only is None or level.rank >= only.rank]
