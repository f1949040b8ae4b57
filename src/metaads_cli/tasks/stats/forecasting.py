"""Figures of past days → the days to come: a level by weekday, and intervals from what it missed on past days.

docs/explanation/forecast.md has the formulas and the reasons. Nothing here is tuned to a series: the constants are the
same for all, and every figure scales with the series.
"""

from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal, localcontext
from math import ceil

ARITHMETIC = Context(prec=50)
"""Room for any amount that a row may hold."""
WEEK = 7
LEARNING_DAYS = 28
LEAST_DAYS = 84
MOST_DAYS = 364
"""How far back the history goes."""

LEVEL_RATE = Decimal("0.2")
MISS_RATE = Decimal("0.05")
TOLERANCE = 4
"""A miss counts up to so many times the usual one."""
LEAST_MISS = Decimal("0.05")
"""In parts of a usual day: less is not taken for the usual miss."""
WEEK_MEMORY = Decimal("0.9")
"""How much of a weekday's mean is left after a week."""
EVEN_WEEKS = 2
"""So many weeks of evidence the assumption is worth that all weekdays are alike."""
PER_WINDOW = 3
"""Totals of overlapping windows repeat each other: they count for so many per window that fits in."""
LEAST_CHECKED = 3
"""A coverage is told from so many windows on."""

METHOD = "weekday_level"
NAIVE = "seasonal_naive"
ZERO = Decimal(0)
Figures = Sequence[Decimal | None]
"""Day by day; None is unknown."""


@dataclass(frozen=True)
class Bounds:
    """low <= expected <= high"""

    expected: Decimal
    low: Decimal
    high: Decimal

    def hold(self, figure: Decimal) -> bool:
        return self.low <= figure <= self.high


@dataclass(frozen=True)
class Check:
    """The back-test: see models.forecast.Backtest."""

    origins: int
    mae: Decimal
    naive_mae: Decimal
    coverage: Decimal | None
    total_coverage: Decimal | None


@dataclass(frozen=True)
class Outlook:
    method: str
    days: list[Bounds]
    total: Bounds
    check: Check


def days_needed(days: int, level: Decimal) -> int:
    """Known days that a forecast of so many days with intervals of this level takes."""
    windows = _errors_needed(level) * days
    return max(LEAST_DAYS, LEARNING_DAYS + days - 1 + -(-windows // PER_WINDOW))


def _errors_needed(level: Decimal) -> int:
    """Fewer errors than these say nothing about the tails."""
    return ceil(2 / (1 - level)) - 1


def outlook(figures: Figures, first_weekday: int, days: int, level: Decimal) -> Outlook | None:
    """The `days` days after the last of the figures. They begin with one that is not zero, and none is negative; where
    the last ones are unknown, the days to come are that much farther off, in the back-test as well.

    None where too few whole windows of past days are known.
    """
    with localcontext(ARITHMETIC):
        history = _History(figures, first_weekday, _unknown_at_the_end(figures), days)
        origins = list(_origins(history))
        past = [origin for origin in origins if history.end(origin) <= len(figures)]
        if not any(_is_known(history.window(origin)) for origin in past):
            return None
        mae, naive_mae = (_mean_miss(history, past, by) for by in (_by_level, _by_naive))
        by = _by_level if mae < naive_mae else _by_naive
        misses = _Misses(history, level, by)
        coverage, total_coverage = _coverage(misses, past)
        if not misses.are_enough:
            return None
        return Outlook(
            method=METHOD if by is _by_level else NAIVE,
            days=misses.day_bounds(origins[-1]),
            total=misses.total_bounds(origins[-1]),
            check=Check(len(past), mae, naive_mae, coverage, total_coverage),
        )


@dataclass(frozen=True)
class _History:
    """The figures, and which days a forecast is about: `days` of them, `lead` days after the one it is made from."""

    figures: Figures
    first_weekday: int
    lead: int
    days: int

    def weekday(self, position: int) -> int:
        return (self.first_weekday + position) % WEEK

    def window(self, origin: "_Origin") -> Figures:
        """What came on the days that the forecast was about."""
        return self.figures[self.end(origin) - self.days : self.end(origin)]

    def end(self, origin: "_Origin") -> int:
        return origin.position + 1 + self.lead + self.days

    def weekdays_after(self, position: int) -> list[int]:
        first = position + 1 + self.lead
        return [self.weekday(day) for day in range(first, first + self.days)]


def _unknown_at_the_end(figures: Figures) -> int:
    return next((number for number, figure in enumerate(reversed(figures)) if figure is not None), len(figures))


def _is_known(window: Figures) -> bool:
    return None not in window


# --- the two methods


@dataclass
class _Weekdays:
    """What the days so far have taught: one mean per weekday, the level now, the usual miss."""

    sums: list[Decimal] = field(default_factory=lambda: [ZERO] * WEEK)
    weights: list[Decimal] = field(default_factory=lambda: [ZERO] * WEEK)
    latest: list[Decimal] = field(default_factory=lambda: [ZERO] * WEEK)
    level: Decimal = ZERO
    miss: Decimal = ZERO

    def begin(self, first: Sequence[tuple[int, Decimal]]) -> None:
        """Learn from the first weeks at once."""
        for weekday, figure in first:
            self._remember(weekday, figure)
            self.latest[weekday] = figure
        self.level = _mean([figure for _, figure in first[len(first) // 2 :]])
        factors = self.factors()
        self.miss = _mean([abs(figure - self.level * factors[weekday]) for weekday, figure in first])

    def learn(self, weekday: int, figure: Decimal) -> None:
        """One more day: the level follows a part of the miss, and one beyond all custom is cut short."""
        expected = self.level * self.factors()[weekday]
        most = TOLERANCE * max(self.miss, LEAST_MISS * self.usual())
        heeded = max(-most, min(most, figure - expected))
        self.miss += MISS_RATE * (abs(heeded) - self.miss)
        self.level = max(self.level + LEVEL_RATE * heeded, ZERO)
        self._remember(weekday, expected + heeded)
        self.latest[weekday] = figure

    def _remember(self, weekday: int, figure: Decimal) -> None:
        self.sums[weekday] = WEEK_MEMORY * self.sums[weekday] + figure
        self.weights[weekday] = WEEK_MEMORY * self.weights[weekday] + 1

    def usual(self) -> Decimal:
        """A usual day: the mean of the weekdays' means."""
        return _mean([total / weight for total, weight in zip(self.sums, self.weights, strict=True) if weight])

    def factors(self) -> list[Decimal]:
        """How the weekdays differ: 1 is a usual day. With little evidence they are drawn towards 1."""
        usual = self.usual()
        drawn = [
            (total / usual + EVEN_WEEKS) / (weight + EVEN_WEEKS)
            for total, weight in zip(self.sums, self.weights, strict=True)
        ]
        mean = _mean(drawn)
        return [factor / mean for factor in drawn]


@dataclass(frozen=True)
class _Origin:
    """A day that a forecast was made from: what the two methods said, knowing no more than was known on it."""

    position: int
    usual: Decimal
    by_level: list[Decimal]
    by_naive: list[Decimal]


_Method = Callable[[_Origin], list[Decimal]]


def _by_level(origin: _Origin) -> list[Decimal]:
    return origin.by_level


def _by_naive(origin: _Origin) -> list[Decimal]:
    """As the last time on the same weekday."""
    return origin.by_naive


def _origins(history: _History) -> Iterator[_Origin]:
    """A forecast from each day that is known, once the first weeks are learned."""
    state, first = _Weekdays(), list[tuple[int, Decimal]]()
    for position, figure in enumerate(history.figures):
        if figure is None:
            continue
        weekday = history.weekday(position)
        if len(first) == LEARNING_DAYS:
            state.learn(weekday, figure)
        else:
            first.append((weekday, figure))
            if len(first) < LEARNING_DAYS:
                continue
            state.begin(first)
        factors, weekdays = state.factors(), history.weekdays_after(position)
        yield _Origin(
            position,
            state.usual(),
            [state.level * factors[weekday] for weekday in weekdays],
            [state.latest[weekday] for weekday in weekdays],
        )


# --- the back-test


@dataclass
class _Misses:
    """Misses of past forecasts in parts of a usual day of their time, smallest first: by distance, and of totals."""

    history: _History
    level: Decimal
    by: _Method
    single: list[list[Decimal]] = field(init=False)
    total: list[Decimal] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.single = [[] for _ in range(self.history.days)]

    def add(self, origin: _Origin) -> None:
        said, came = self.by(origin), self.history.window(origin)
        for misses, expected, figure in zip(self.single, said, came, strict=True):
            if figure is not None:
                insort(misses, (figure - expected) / origin.usual)
        if _is_known(came):
            insort(self.total, (_sum(came) - _sum(said)) / origin.usual)

    @property
    def are_enough_for_days(self) -> bool:
        return min(map(len, self.single)) >= _errors_needed(self.level)

    @property
    def are_enough(self) -> bool:
        """For the total as well."""
        return self.are_enough_for_days and self._worth_of_totals() >= _errors_needed(self.level)

    def _worth_of_totals(self) -> Decimal:
        return min(Decimal(PER_WINDOW * len(self.total)) / self.history.days, Decimal(len(self.total)))

    def day_bounds(self, origin: _Origin) -> list[Bounds]:
        return [
            self._bounds(expected, origin.usual, misses, Decimal(len(misses)))
            for expected, misses in zip(self.by(origin), self.single, strict=True)
        ]

    def total_bounds(self, origin: _Origin) -> Bounds:
        return self._bounds(_sum(self.by(origin)), origin.usual, self.total, self._worth_of_totals())

    def _bounds(self, expected: Decimal, usual: Decimal, misses: Sequence[Decimal], worth: Decimal) -> Bounds:
        """Between the misses that leave half of what is beyond the level on each side; `worth` is how many
        independent ones they amount to."""
        share = (1 + self.level) / 2 * (worth + 1) / worth
        rank = min(ceil(share * len(misses)), len(misses))
        low, high = misses[-rank] * usual, misses[rank - 1] * usual
        return Bounds(expected, max(expected + min(low, ZERO), ZERO), expected + max(high, ZERO))


def _mean_miss(history: _History, past: Sequence[_Origin], by: _Method) -> Decimal:
    """The mean absolute miss of a day."""
    return _mean(
        [
            abs(figure - expected)
            for origin in past
            for expected, figure in zip(by(origin), history.window(origin), strict=True)
            if figure is not None
        ]
    )


def _coverage(misses: _Misses, past: Sequence[_Origin]) -> tuple[Decimal | None, Decimal | None]:
    """The shares of days and of totals that were within the intervals as they would have been given at the time, from
    the misses that were known by then. Afterwards all misses are known."""
    history, known = misses.history, 0
    held, totals_held = list[bool](), list[bool]()
    for origin in past:
        while history.end(past[known]) <= origin.position + 1:
            misses.add(past[known])
            known += 1
        came = history.window(origin)
        if misses.are_enough_for_days:
            held += [
                bounds.hold(figure)
                for bounds, figure in zip(misses.day_bounds(origin), came, strict=True)
                if figure is not None
            ]
        if misses.are_enough and _is_known(came):
            totals_held.append(misses.total_bounds(origin).hold(_sum(came)))
    for origin in past[known:]:
        misses.add(origin)
    least = LEAST_CHECKED * history.days
    return _share(held, least), _share(totals_held, least)


def _share(held: Sequence[bool], least: int) -> Decimal | None:
    return Decimal(sum(held)) / len(held) if len(held) >= least else None


def _sum(figures: Figures) -> Decimal:
    """Of those that are known."""
    return sum(filter(None, figures), ZERO)


def _mean(figures: Sequence[Decimal]) -> Decimal:
    return _sum(figures) / len(figures)
