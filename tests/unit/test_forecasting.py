"""Figures of past days → the days to come: laws for every series, and what a back-test of made-up ones shows."""

import random
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaads_cli.tasks.stats.forecasting import LEAST_DAYS, METHOD, NAIVE, Outlook, days_needed, outlook

LEVEL = Decimal("0.8")
WEEK = (1.4, 1.3, 1.2, 1.1, 1.0, 0.6, 0.4)
Figures = list[Decimal | None]


def made(days: int, figure: Callable[[int], float]) -> Figures:
    return [Decimal(f"{max(figure(day), 0):.2f}") for day in range(days)]


def noisy(days: int, seed: int, *, level: Callable[[int], float] = lambda _: 1000, spread: float = 0.15) -> Figures:
    """A figure of its weekday, with noise."""
    chance = random.Random(seed)
    return made(days, lambda day: level(day) * WEEK[day % 7] * (1 + chance.gauss(0, spread)))


def counts(days: int, seed: int, mean: float) -> Figures:
    """How many of 200 people come on a day."""
    chance = random.Random(seed)
    return [Decimal(sum(chance.random() < mean * WEEK[day % 7] / 200 for _ in range(200))) for day in range(days)]


def forecast(figures: Figures, days: int = 14, level: Decimal = LEVEL) -> Outlook:
    found = outlook(figures, 0, days, level)
    assert found is not None
    return found


amounts = st.decimals(0, 10**6, places=2)
series = st.lists(st.one_of(amounts, amounts, st.none(), st.just(Decimal(0))), min_size=60, max_size=160).map(
    lambda figures: [Decimal(7), *figures]
)


@settings(deadline=None, max_examples=60)
@given(series, st.integers(0, 6), st.integers(1, 10), st.sampled_from([LEVEL, Decimal("0.5")]))
def test_bounds_are_in_order_and_not_below_zero(figures: Figures, weekday: int, days: int, level: Decimal) -> None:
    found = outlook(figures, weekday, days, level)
    if found is None:
        return
    assert len(found.days) == days
    for bounds in (*found.days, found.total):
        assert 0 <= bounds.low <= bounds.expected <= bounds.high
    assert found.check.mae >= 0
    assert found.method == (METHOD if found.check.mae < found.check.naive_mae else NAIVE)
    assert outlook(figures, weekday, days, level) == found


@settings(deadline=None, max_examples=30)
@given(series, st.integers(-6, 9))
def test_a_series_in_another_unit_has_the_same_forecast_in_that_unit(figures: Figures, power: int) -> None:
    found, scaled = (
        outlook([None if figure is None else figure.scaleb(by) for figure in figures], 3, 5, LEVEL) for by in (0, power)
    )
    assert (found is None) == (scaled is None)
    if found and scaled:
        for one, other in zip((*found.days, found.total), (*scaled.days, scaled.total), strict=True):
            assert other.expected.scaleb(-power) == pytest.approx(one.expected)
            assert other.low.scaleb(-power) == pytest.approx(one.low, abs=Decimal("1e-20"))
            assert other.high.scaleb(-power) == pytest.approx(one.high)
        assert (scaled.method, scaled.check.coverage) == (found.method, found.check.coverage)


def test_three_times_the_spend_is_three_times_the_forecast() -> None:
    figures = noisy(150, 1)
    once, thrice = forecast(figures), forecast([figure and figure * 3 for figure in figures])
    assert [day.high for day in thrice.days] == pytest.approx([day.high * 3 for day in once.days])
    assert thrice.total.low == pytest.approx(once.total.low * 3)


# --- against the naive forecast, and the truth


def shares(kind: Callable[[int], Figures], days: int = 14) -> tuple[Decimal, float, float, int]:
    """Of forty made-up series of half a year: the mean of the method's error by the naive one's, the shares of days
    and totals to come that were within the intervals, and how often the naive one was used."""
    ratio, days_held, totals_held, naive = Decimal(0), 0, 0, 0
    for seed in range(40):
        figures = kind(seed)
        past, future = figures[:-days], [figure for figure in figures[-days:] if figure is not None]
        found = forecast(past, days)
        ratio += found.check.mae / found.check.naive_mae / 40
        days_held += sum(bounds.hold(figure) for bounds, figure in zip(found.days, future, strict=True))
        totals_held += found.total.hold(sum(future, Decimal(0)))
        naive += found.method == NAIVE
    return ratio, days_held / 40 / days, totals_held / 40, naive


def test_of_a_weekly_pattern_with_noise_it_beats_the_naive_and_the_intervals_hold() -> None:
    ratio, days, totals, naive = shares(lambda seed: noisy(196, seed))
    assert ratio < Decimal("0.9")
    assert days == pytest.approx(0.8, abs=0.06)
    assert 0.75 <= totals <= 0.98
    assert naive == 0


def test_of_counts_with_a_weekly_pattern_as_well() -> None:
    ratio, days, totals, _ = shares(lambda seed: counts(196, seed, 5))
    assert ratio < Decimal("0.9")
    assert days == pytest.approx(0.8, abs=0.07)
    assert 0.75 <= totals <= 0.98


def test_the_coverage_it_tells_is_the_one_that_it_has() -> None:
    told = [forecast(noisy(182, seed)).check for seed in range(20)]
    assert sum(check.coverage or 0 for check in told) / 20 == pytest.approx(LEVEL, abs=Decimal("0.05"))
    assert sum(check.total_coverage or 0 for check in told) / 20 == pytest.approx(LEVEL, abs=Decimal("0.12"))


def test_where_every_week_repeats_the_last_one_the_naive_forecast_is_used() -> None:
    found = forecast(made(120, lambda day: 100 * WEEK[day % 7]))
    assert found.method == NAIVE
    assert found.check.naive_mae == 0
    assert [float(day.expected) for day in found.days] == pytest.approx(
        [100 * WEEK[(120 + day) % 7] for day in range(14)]
    )


def test_it_follows_a_trend() -> None:
    figures = noisy(200, 4, level=lambda day: 500 + 10 * day, spread=0.05)
    found = forecast(figures[:-14])
    came = sum(figure for figure in figures[-14:] if figure is not None)
    assert abs(found.total.expected - came) / came < Decimal("0.08")
    assert found.total.high > sum(day.expected for day in found.days)


def test_one_wild_day_does_not_carry_it_away() -> None:
    calm = noisy(140, 5)
    wild = [*calm]
    wild[-3] = Decimal(50_000)
    assert forecast(calm).method == forecast(wild).method == METHOD
    assert forecast(wild).total.expected / forecast(calm).total.expected < Decimal("1.25")


# --- simple cases


def test_a_constant_stays() -> None:
    found = forecast([Decimal("12.5")] * 100)
    assert {(day.expected, day.low, day.high) for day in found.days} == {(Decimal("12.5"),) * 3}
    assert found.total.expected == found.total.high == Decimal("12.5") * 14
    assert found.check.coverage == 1


def test_after_weeks_of_nothing_nothing_is_expected() -> None:
    found = forecast([*noisy(100, 6), *[Decimal(0)] * 60])
    assert all(day.expected < 1 for day in found.days)
    assert min(day.low for day in found.days) == 0


def test_days_that_are_unknown_are_left_out() -> None:
    figures = noisy(160, 7)
    holes: Figures = [None if day % 23 == 5 else figure for day, figure in enumerate(figures)]
    whole, found = forecast(figures), forecast(holes)
    assert found.total.expected == pytest.approx(whole.total.expected, rel=Decimal("0.1"))
    zeros = forecast([figure or Decimal(0) for figure in holes])
    assert zeros.total.expected < found.total.expected


def test_unknown_days_at_the_end_put_the_forecast_farther_off() -> None:
    chance = random.Random(8)
    walk = [1000.0]
    for _ in range(200):
        walk.append(max(walk[-1] + chance.gauss(0, 60), 50))
    figures = made(200, walk.__getitem__)
    late: Figures = [*figures[:-5], *[None] * 5]
    assert len(forecast(late).days) == 14
    assert (
        forecast(late).total.high - forecast(late).total.low
        > forecast(figures).total.high - forecast(figures).total.low
    )
    weekly = made(126, lambda day: 100 * WEEK[day % 7])
    said = forecast([*weekly[:-3], None, None, None])
    assert [float(day.expected) for day in said.days] == pytest.approx([100 * WEEK[day % 7] for day in range(14)])


def test_the_total_has_bounds_of_its_own() -> None:
    found = forecast(noisy(200, 9))
    assert found.total.expected == pytest.approx(sum(day.expected for day in found.days))
    assert sum(day.low for day in found.days) < found.total.low
    assert found.total.high < sum(day.high for day in found.days)


def test_a_higher_level_is_wider() -> None:
    figures = noisy(300, 10)
    half, most = forecast(figures, level=Decimal("0.5")), forecast(figures, level=Decimal("0.95"))
    assert all(wide.low <= narrow.low for wide, narrow in zip(most.days, half.days, strict=True))
    assert most.total.high - most.total.low > half.total.high - half.total.low


@pytest.mark.parametrize(
    ("days", "level", "needed"),
    [(14, "0.8", LEAST_DAYS), (1, "0.8", LEAST_DAYS), (30, "0.8", 147), (14, "0.9", 130), (14, "0.95", 223)],
)
def test_what_is_needed_suffices_and_less_does_not(days: int, level: str, needed: int) -> None:
    assert days_needed(days, Decimal(level)) == needed
    assert outlook(noisy(needed, 11), 0, days, Decimal(level)) is not None
    if needed > LEAST_DAYS:
        assert outlook(noisy(needed - 1, 11), 0, days, Decimal(level)) is None


def test_what_the_history_is_too_short_to_tell_is_not_told() -> None:
    check = forecast(noisy(LEAST_DAYS, 12)).check
    assert check.coverage is not None
    assert check.total_coverage is None
    assert check.origins == LEAST_DAYS - 28 - 14 + 1


@pytest.mark.parametrize("figures", [[], [Decimal(1)], [None] * 100, [Decimal(1), *[None] * 120]])
def test_too_little_gives_no_forecast(figures: Figures) -> None:
    assert outlook(figures, 0, 14, LEVEL) is None


def test_too_many_holes_give_no_forecast() -> None:
    assert (
        outlook([None if day % 9 == 0 else figure for day, figure in enumerate(noisy(200, 13))], 0, 14, LEVEL) is None
    )
