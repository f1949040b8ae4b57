"""How efficient an object is among its like, from 0 to 100: docs/explanation/efficiency.md. Pure."""

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from metaads_cli.models.performance import EfficiencyPart, PerformanceSummary
from metaads_cli.tasks.performance.figures import Sums

LEAST_IMPRESSIONS = 1000
LEAST_OTHERS = 2
LEAST_PARTS = 2
WEIGHTS = {"ctr": 20, "cpc": 20, "cost_per_conversion": 35, "roas": 25}
# Costs are compared as results per amount, so that no result at all is the worst instead of unknown.
MERITS: Mapping[str, Callable[[Sums], Fraction | None]] = {
    "ctr": lambda sums: _ratio(sums.clicks, sums.impressions),
    "cpc": lambda sums: _ratio(sums.clicks, sums.spend),
    "cost_per_conversion": lambda sums: _ratio(sums.conversions, sums.spend),
    "roas": lambda sums: _ratio(sums.revenue, sums.spend),
}


def efficiency(own: Sums, others: Sequence[Sums]) -> PerformanceSummary:
    """The score of `own` among `others`: objects of the same level, account and currency on the same days."""
    rivals = [other for other in others if _delivered_enough(other)]
    values = own.measured()
    standings = {name: _percentile(name, own, rivals) for name in WEIGHTS}
    known = {name: share for name, (share, _) in standings.items() if share is not None}
    reason = _reason(own, rivals, known)
    counted = sum(WEIGHTS[name] for name in known)
    score = sum((WEIGHTS[name] * share for name, share in known.items()), Fraction(0))
    return PerformanceSummary(
        efficiency_score=None if reason else _decimal(100 * score / counted, Decimal("0.1")),
        reason=reason,
        compared_with=len(rivals),
        parts=[
            EfficiencyPart(
                metric=name,
                value=values[name],
                percentile=None if share is None else _decimal(share),
                others=count,
                weight=None if share is None else _decimal(Fraction(WEIGHTS[name], counted)),
            )
            for name, (share, count) in standings.items()
        ],
    )


def _delivered_enough(sums: Sums) -> bool:
    return (sums.impressions or 0) >= LEAST_IMPRESSIONS


def _reason(own: Sums, rivals: Sequence[Sums], known: Mapping[str, Fraction]) -> str | None:
    if not _delivered_enough(own):
        return f"fewer than {LEAST_IMPRESSIONS:,} impressions"
    if len(rivals) < LEAST_OTHERS:
        return f"fewer than {LEAST_OTHERS} others of the account have {LEAST_IMPRESSIONS:,} impressions"
    if len(known) < LEAST_PARTS:
        return f"fewer than {LEAST_PARTS} of the {len(WEIGHTS)} rates can be compared"
    return None


def _percentile(name: str, own: Sums, rivals: Sequence[Sums]) -> tuple[Fraction | None, int]:
    """The share of the rivals that do worse, ties counting half, and how many there are."""
    merit = MERITS[name](own)
    theirs = [value for rival in rivals if (value := MERITS[name](rival)) is not None]
    if merit is None or len(theirs) < LEAST_OTHERS:
        return None, len(theirs)
    worse, equal = sum(value < merit for value in theirs), sum(value == merit for value in theirs)
    return Fraction(2 * worse + equal, 2 * len(theirs)), len(theirs)


def _ratio(part: Decimal | int | None, whole: Decimal | int | None) -> Fraction | None:
    return Fraction(part) / Fraction(whole) if whole and part is not None else None


def _decimal(value: Fraction, places: Decimal = Decimal("0.0001")) -> Decimal:
    return (Decimal(value.numerator) / value.denominator).quantize(places, ROUND_HALF_UP)
