"""What an ad delivered on a day, out of SHA-256: the same in every process, growing through the day, and with
conversions that arrive up to 28 days late (README 1.5)."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from metaads_cli.graph.simulator import money
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.statuses import delivery_spans
from metaads_cli.graph.simulator.world import Node, Span, World

MOST_CONVERSIONS = 16
# What a conversion counts as. Types overlap and must not be summed (README 1.3).
COUNTS_AS = {
    "conversation": (
        "onsite_conversion.messaging_conversation_started_7d",
        "onsite_conversion.total_messaging_connection",
    ),
    "reply": ("onsite_conversion.messaging_first_reply",),
    "lead": ("lead", "onsite_conversion.lead_grouped"),
    "purchase": ("purchase", "omni_purchase", "offsite_conversion.fb_pixel_purchase"),
}
# What an ad set's people do, by what it optimises.
_RESULTS = {
    "CONVERSATIONS": "conversation",
    "LEAD_GENERATION": "lead",
    "QUALITY_LEAD": "lead",
    "OFFSITE_CONVERSIONS": "purchase",
    "VALUE": "purchase",
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

    `viewers` are the people of each ad and day, counted once per ad and day; reach follows from it. `conversions` and
    `worth` are keyed by what happened (see COUNTS_AS) and by attribution window, worth in minor units.
    """

    impressions: int = 0
    viewers: int = 0
    clicks: int = 0
    link_clicks: int = 0
    spend: int = 0
    engagements: int = 0
    conversions: dict[tuple[str, str], int] = field(default_factory=dict)
    worth: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, other: "Sums") -> None:
        self.impressions += other.impressions
        self.viewers += other.viewers
        self.clicks += other.clicks
        self.link_clicks += other.link_clicks
        self.spend += other.spend
        self.engagements += other.engagements
        for mine, others in ((self.conversions, other.conversions), (self.worth, other.worth)):
            for key, count in others.items():
                mine[key] = mine.get(key, 0) + count

    def plus(self, other: "Sums") -> "Sums":
        both = Sums()
        both.add(self)
        both.add(other)
        return both

    def convert(self, one: "Conversion") -> None:
        for key in one.keys:
            self.conversions[key] = self.conversions.get(key, 0) + 1
        if one.worth:
            key = one.keys[0]
            self.worth[key] = self.worth.get(key, 0) + one.worth


class Conversion(NamedTuple):
    """One thing a person did, the `number`-th of the ad's day; `worth` is in minor units.

    `keys` are what it counts as, the thing itself first. The same tuples serve all, which spares memory.
    """

    number: int
    keys: tuple[tuple[str, str], ...]
    worth: int


class AdDelivery:
    """The delivery of one ad, as long as nothing changes in the world."""

    def __init__(self, world: World, ad: Node):
        self._world = world
        self.ad = ad
        account = world.account_of(ad)
        self._idle_percent: int = account.values.get("idle_percent", 0)
        self._currency: str = account.values["currency"]
        self._event = _RESULTS.get(_goal(world, ad))
        self._draw = world.digester("day", ad.id)
        self._arrivals = world.digester("conversions", ad.id)

    @cached_property
    def spans(self) -> Sequence[Span]:
        return delivery_spans(self._world, self.ad)

    @cached_property
    def _nature(self) -> tuple[int, int, int]:
        """Usual impressions of a day, clicks per 10,000 impressions, price of 1,000 impressions in minor units."""
        one, two, three, *_ = self._world.digest("nature", self.ad.id)
        return 300 + one * 10, 80 + two, money.minor_units(Decimal(100 + three) / 100, self._currency)

    def on(self, day: Day, now: datetime) -> Sums | None:
        """What is known now of the day; None where nothing was delivered."""
        share = self._delivered(day, now)
        draw = self._draw(day.date.toordinal()) if share else b""
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
        for one in self._conversions(sums.link_clicks, draw[6], day, now):
            sums.convert(one)
        return sums

    def _delivered(self, day: Day, now: datetime) -> int:
        """The share of the day, in parts of `_WHOLE`, in which the ad was on the air so far."""
        until = min(day.end, now)
        on_air = timedelta()
        for start, end in self.spans:
            if start <= day.start and (end is None or end >= day.end) and until == day.end:
                return _WHOLE
            first, last = max(start, day.start), min(end or until, until)
            if first < last:
                on_air += last - first
        return int(on_air.total_seconds()) * _WHOLE // int((day.end - day.start).total_seconds())

    def conversions(self, sums: Sums, day: Day, now: datetime) -> Iterator[Conversion]:
        """Those counted in the day's sums, one by one."""
        return self._conversions(sums.link_clicks, self._draw(day.date.toordinal())[6], day, now)

    def _conversions(self, link_clicks: int, rate: int, day: Day, now: datetime) -> Iterator[Conversion]:
        """The conversions of the day that have arrived by now."""
        event = self._event
        if event is None:
            return
        happened = min(link_clicks * (15 + rate * 25 // 255) // 100, MOST_CONVERSIONS)
        arrivals = self._arrivals(day.date.toordinal())
        age, keys = now - day.start, _KEYS[event]
        for number in range(happened):
            late, kind = arrivals[2 * number], arrivals[2 * number + 1]
            if _ARRIVALS[late] <= age:
                worth = _worth(late, self._currency) if event == "purchase" else 0
                yield Conversion(number, keys[kind], worth)


class Deliveries:
    """What ads delivered, computed once while nothing changes; of so many days of ads, then begun anew."""

    most_kept = 150_000

    def __init__(self, world: World):
        self._world = world
        self._ads: dict[Node, AdDelivery] = {}
        self._days: dict[tuple[Node, date], Sums | None] = {}
        self._state: tuple[int, datetime] | None = None

    def of(self, ad: Node, now: datetime) -> AdDelivery:
        self._renew(now)
        delivery = self._ads.get(ad)
        if delivery is None:
            delivery = self._ads[ad] = AdDelivery(self._world, ad)
        return delivery

    def on(self, delivery: AdDelivery, day: Day, now: datetime) -> Sums | None:
        """The delivery's day as `AdDelivery.on` gives it; not to be changed."""
        key = delivery.ad, day.date
        if key in self._days:
            return self._days[key]
        if len(self._days) >= self.most_kept:
            self._days.clear()
        sums = self._days[key] = delivery.on(day, now)
        return sums

    def _renew(self, now: datetime) -> None:
        state = self._world.version, now
        if state != self._state:
            self._ads.clear()
            self._days.clear()
            self._state = state


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


# By the byte that is drawn for it.
_ARRIVALS = tuple(_arrival(draw) for draw in range(256))
_WINDOWS = tuple(_window(draw) for draw in range(256))


def _keys(event: str) -> tuple[tuple[tuple[str, str], ...], ...]:
    """By the byte that is drawn for the kind: seven of ten conversations are answered."""
    own = {window: (event, window) for window in _WINDOWS}
    replies = {window: ("reply", window) for window in _WINDOWS}
    answered = event == "conversation"
    return tuple(
        (own[window], replies[window]) if answered and draw % 10 < 7 else (own[window],)
        for draw, window in enumerate(_WINDOWS)
    )


_KEYS = {event: _keys(event) for event in COUNTS_AS}


@cache
def _worth(draw: int, currency: str) -> int:
    return money.minor_units(Decimal(20 + draw), currency)


# Up to so many viewers; what those before add up to, in hundredths; how many in a hundred of the rest are new.
_REACH = ((100, 0, 100), (1_000, 10_000, 90), (10_000, 91_000, 80), (100_000, 811_000, 70), (math.inf, 7_111_000, 60))


def reach(viewers: int) -> int:
    """People reached, of viewers counted per ad and day: the more, the more of them were counted twice.

    Concave in whole numbers, so that the reach of a whole is never above the sum of its parts' (README 1.3).
    """
    start = 0
    for end, before, percent in _REACH:
        if viewers <= end:
            return -(-(before + (viewers - start) * percent) // 100)
        start = int(end)
    raise AssertionError("the last step has no end")
