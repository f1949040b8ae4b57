"""What an ad delivered on a day, out of SHA-256: the same in every process, growing through the day, and with
conversions that arrive up to 28 days late (README 1.5)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from metaads_cli.graph.simulator import money
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.statuses import delivery_spans
from metaads_cli.graph.simulator.world import Node, Span, World

MOST_CONVERSIONS = 16
# What a conversion counts as, by what its ad set optimises. Types overlap and must not be summed (README 1.3).
MESSAGING = (
    "onsite_conversion.messaging_conversation_started_7d",
    "onsite_conversion.total_messaging_connection",
)
FIRST_REPLY = "onsite_conversion.messaging_first_reply"
LEAD = ("lead", "onsite_conversion.lead_grouped")
PURCHASE = ("purchase", "omni_purchase", "offsite_conversion.fb_pixel_purchase")
_RESULTS = {
    "CONVERSATIONS": MESSAGING,
    "LEAD_GENERATION": LEAD,
    "QUALITY_LEAD": LEAD,
    "OFFSITE_CONVERSIONS": PURCHASE,
    "VALUE": PURCHASE,
}


class Day(NamedTuple):
    """A day of the account, as an interval of time."""

    date: date
    start: datetime
    end: datetime


def account_day(day: date, zone: ZoneInfo) -> Day:
    """From local midnight to the next: 23 to 25 hours where clocks change."""
    start, end = (datetime.combine(one, time(), zone).astimezone(UTC) for one in (day, day + timedelta(days=1)))
    return Day(day, start, end)


@dataclass(slots=True)
class Sums:
    """Additive measures: those of ads add up to those of their parents. Spend is in minor units.

    `viewers` are the people of each ad and day, counted once per ad and day; reach follows from it. `actions` and
    `values` are keyed by action type and attribution window, values in minor units.
    """

    impressions: int = 0
    viewers: int = 0
    clicks: int = 0
    link_clicks: int = 0
    spend: int = 0
    engagements: int = 0
    actions: dict[tuple[str, str], int] = field(default_factory=dict)
    values: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, other: "Sums") -> None:
        self.impressions += other.impressions
        self.viewers += other.viewers
        self.clicks += other.clicks
        self.link_clicks += other.link_clicks
        self.spend += other.spend
        self.engagements += other.engagements
        for mine, others in ((self.actions, other.actions), (self.values, other.values)):
            for key, count in others.items():
                mine[key] = mine.get(key, 0) + count


class AdDelivery:
    """The delivery of one ad; made once per query."""

    def __init__(self, world: World, ad: Node):
        self._world = world
        self._ad = ad
        account = world.account_of(ad)
        self._idle_percent: int = account.values.get("idle_percent", 0)
        self._currency: str = account.values["currency"]
        self._results = _RESULTS.get(_goal(world, ad), ())

    @cached_property
    def spans(self) -> Sequence[Span]:
        return delivery_spans(self._world, self._ad)

    @cached_property
    def _nature(self) -> tuple[int, int, int]:
        """Usual impressions of a day, clicks per 10,000 impressions, price of 1,000 impressions in minor units."""
        one, two, three, *_ = self._world.digest("nature", self._ad.id)
        return 300 + one * 10, 80 + two, money.minor_units(Decimal(100 + three) / 100, self._currency)

    def on(self, day: Day, now: datetime) -> Sums | None:
        """What is known now of the day; None where nothing was delivered."""
        share = self._delivered(day, now)
        draw = self._world.digest("day", self._ad.id, day.date.toordinal()) if share else b""
        if not share or draw[0] * 100 < self._idle_percent * 256:
            return None
        usual, click_rate, price = self._nature
        full = usual * (60 + draw[1] * 80 // 255) // 100
        impressions = full * share // _WHOLE
        if not impressions:
            return None
        clicks = impressions * click_rate // 10_000
        sums = Sums(
            impressions=impressions,
            viewers=-(-impressions * (60 + draw[2] * 35 // 255) // 100),
            clicks=clicks,
            link_clicks=clicks * (50 + draw[3] * 40 // 255) // 100,
            spend=impressions * price * (85 + draw[4] * 30 // 255) // 100_000,
            engagements=clicks + impressions * draw[5] // 20_000,
        )
        self._convert(sums, day, now, draw)
        return sums

    def _delivered(self, day: Day, now: datetime) -> int:
        """The share of the day, in parts of `_WHOLE`, in which the ad was on the air so far."""
        until = min(day.end, now)
        on_air = timedelta()
        for start, end in self.spans:
            first, last = max(start, day.start), min(end or until, until)
            if first < last:
                on_air += last - first
        return int(on_air.total_seconds()) * _WHOLE // int((day.end - day.start).total_seconds())

    def _convert(self, sums: Sums, day: Day, now: datetime, draw: bytes) -> None:
        """Add the conversions of the day that have arrived by now."""
        if not self._results:
            return
        happened = min(sums.link_clicks * (15 + draw[6] * 25 // 255) // 100, MOST_CONVERSIONS)
        arrivals = self._world.digest("conversions", self._ad.id, day.date.toordinal())
        for number in range(happened):
            late, kind = arrivals[2 * number], arrivals[2 * number + 1]
            if day.start + _arrival(late) > now:
                continue
            self._count(sums, kind, late)

    def _count(self, sums: Sums, kind: int, late: int) -> None:
        window = _window(kind)
        types = self._results + ((FIRST_REPLY,) if self._results is MESSAGING and kind % 10 < 7 else ())
        worth = money.minor_units(Decimal(20 + late), self._currency) if self._results is PURCHASE else 0
        for action in types:
            sums.actions[action, window] = sums.actions.get((action, window), 0) + 1
            if worth:
                sums.values[action, window] = sums.values.get((action, window), 0) + worth


_WHOLE = 1_000_000


def _goal(world: World, ad: Node) -> str:
    ad_set = world.parent(ad, Kind.AD_SET)
    return str(ad_set.values.get("optimization_goal", "")) if ad_set else ""


def _arrival(draw: int) -> timedelta:
    """How long after the day's start a conversion is reported: mostly the same day, the last after 28 days."""
    if draw < 150:
        return timedelta(days=1) * draw / 150
    days = 2 + (draw - 150) % 2 if draw < 190 else 3 + draw % 5 if draw < 225 else 8 + (draw - 225) * 20 // 30
    return timedelta(days=days)


def _window(draw: int) -> str:
    """The narrowest attribution window a conversion falls into."""
    if draw < 140:
        return "1d_click"
    if draw < 190:
        return "7d_click"
    return "28d_click" if draw < 215 else "1d_view"


def reach(viewers: int) -> int:
    """People reached, of viewers counted per ad and day: the more, the more of them were counted twice.

    Concave in whole numbers, so that the reach of a whole is never above the sum of its parts' (README 1.3).
    """
    total, rest = 0, viewers
    for width, percent in ((100, 100), (900, 90), (9_000, 80), (90_000, 70)):
        total += min(rest, width) * percent
        rest = max(0, rest - width)
    return -(-(total + rest * 60) // 100)
