"""Budgets by cost per lead: a proposal that moves money to the ad sets whose leads are cheaper. Pure, exact.

Each ad set is rated by its leads per amount spent, drawn towards the campaign's own average as if PRIOR_LEADS more
leads had come at the average price: few leads prove little. A budget is then moved in proportion to its rating, by
MOST_PERCENT at most, and never below the minimum; the total of the campaign stays what it is, to the last unit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from metaads_cli.models.money import from_minor_units, minor_units_per_major, to_minor_units

MOST_PERCENT = 20
PRIOR_LEADS = 5
FEWEST_LEADS = 10
"""Of the campaign over the window."""
FEWEST_DAYS = 7
"""With spend, of each ad set that is compared."""


@dataclass(frozen=True, kw_only=True)
class AdSetFigures:
    """One ad set over the window. `budget` is its daily one, None where it has another; all in the same currency."""

    key: str
    name: str
    budget: Decimal | None
    spend: Decimal
    leads: Decimal
    days: int

    @property
    def cost_per_lead(self) -> Decimal | None:
        return self.spend / self.leads if self.leads else None


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """`proposed` is the budget that there is, where `note` says why it stays."""

    figures: AdSetFigures
    proposed: Decimal | None
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class Suggestions:
    """`reason` says why nothing is proposed."""

    suggestions: tuple[Suggestion, ...]
    reason: str | None = None

    @property
    def changed(self) -> list[Suggestion]:
        return [one for one in self.suggestions if one.proposed != one.figures.budget]


def suggest(ad_sets: Sequence[AdSetFigures], currency: str, minimum: Decimal) -> Suggestions:
    """New daily budgets, whose total is that of the present ones. No budget goes below `minimum`, which is Meta's."""
    notes = [_note(one, minimum) for one in ad_sets]
    judged = [one for one, note in zip(ad_sets, notes, strict=True) if note is None]
    reason = _reason(ad_sets, judged)
    amounts = (
        dict(zip((one.key for one in judged), _moved(judged, currency, minimum), strict=True)) if not reason else {}
    )
    return Suggestions(
        suggestions=tuple(
            Suggestion(figures=one, proposed=amounts.get(one.key, one.budget), note=note)
            for one, note in zip(ad_sets, notes, strict=True)
        ),
        reason=reason,
    )


def _note(one: AdSetFigures, minimum: Decimal) -> str | None:
    if one.budget is None:
        return "no daily budget of its own"
    if one.budget < minimum:
        return f"below Meta's minimum of {minimum:f}"
    if one.spend <= 0:
        return "spent nothing"
    if one.days < FEWEST_DAYS:
        return f"spent on {one.days} days only"
    return None


def _reason(ad_sets: Sequence[AdSetFigures], judged: Sequence[AdSetFigures]) -> str | None:
    if all(one.budget is None for one in ad_sets):
        return "no ad set has a daily budget of its own: there is nothing to move"
    if len(ad_sets) < 2:
        return "there is one ad set only: there is nothing to move"
    if len(judged) < 2:
        return f"too little data: fewer than 2 ad sets spent on {FEWEST_DAYS} days or more"
    leads = sum((one.leads for one in judged), Decimal(0))
    if leads < FEWEST_LEADS:
        return f"too little data: {leads.normalize():f} leads, and {FEWEST_LEADS} are needed"
    return None


def _moved(judged: Sequence[AdSetFigures], currency: str, minimum: Decimal) -> list[Decimal]:
    """In whole units of the currency where all budgets are such, else in its minor ones."""
    minor = [to_minor_units(one.budget or Decimal(0), currency) for one in judged]
    least = to_minor_units(minimum, currency)
    major = minor_units_per_major(currency)
    step = major if all(amount % major == 0 for amount in minor) else 1
    units = [amount // step for amount in minor]
    low = [max(-(-unit * (100 - MOST_PERCENT) // 100), -(-least // step)) for unit in units]
    high = [unit * (100 + MOST_PERCENT) // 100 for unit in units]
    weights = [unit * rating for unit, rating in zip(units, _ratings(judged), strict=True)]
    return [from_minor_units(unit * step, currency) for unit in _shared(sum(units), weights, low, high)]


def _ratings(judged: Sequence[AdSetFigures]) -> list[Fraction]:
    """Leads per amount, drawn towards the average of them all."""
    spend = sum((Fraction(one.spend) for one in judged), Fraction(0))
    leads = sum((Fraction(one.leads) for one in judged), Fraction(0))
    average = spend / leads
    return [(Fraction(one.leads) + PRIOR_LEADS) / (Fraction(one.spend) + PRIOR_LEADS * average) for one in judged]


def _shared(total: int, weights: Sequence[Fraction], low: Sequence[int], high: Sequence[int]) -> list[int]:
    """Whole parts of the total, in proportion to the weights as far as the limits, which admit the total, allow."""
    ends = sorted(
        {Fraction(limit) / weight for limits in (low, high) for limit, weight in zip(limits, weights, strict=True)}
    )
    below = max((end for end in ends if _filled(end, weights, low, high) <= total), default=ends[0])
    above = min((end for end in ends if end > below), default=below)
    filled, next_filled = (_filled(end, weights, low, high) for end in (below, above))
    # Between two ends the sum grows evenly.
    grown = (total - filled) / (next_filled - filled) if next_filled > filled else Fraction(0)
    factor = below + (above - below) * grown
    parts = [_within(factor * weight, *limits) for weight, *limits in zip(weights, low, high, strict=True)]
    whole = [int(part) for part in parts]
    by_rest = sorted(range(len(parts)), key=lambda index: (whole[index] - parts[index], index))
    for index in by_rest[: total - sum(whole)]:
        whole[index] += 1
    return whole


def _filled(factor: Fraction, weights: Sequence[Fraction], low: Sequence[int], high: Sequence[int]) -> Fraction:
    return sum(
        (_within(factor * weight, *limits) for weight, *limits in zip(weights, low, high, strict=True)), Fraction(0)
    )


def _within(value: Fraction, low: int, high: int) -> Fraction:
    return min(max(value, Fraction(low)), Fraction(high))
