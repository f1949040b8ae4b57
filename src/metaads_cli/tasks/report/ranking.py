"""Which campaigns deserve to be shown, and which changed most."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal, localcontext

from metaads_cli.models.report import Ranking
from metaads_cli.models.statistics import Change, Measures, StatsReport, StatsRow
from metaads_cli.tasks.stats.assembly import EXACT
from metaads_cli.tasks.stats.figures import Figures, Number

SHOWN = 15
CHANGES_SHOWN = 5
ENOUGH_LEADS = 5
"""With fewer people, what one of them cost says little."""
ADDED = ("leads", "converted", "appointments", "spend", "impressions", "clicks", "conversations", "revenue")


def ranking(
    rows: Sequence[StatsRow], size: Callable[[StatsRow], Number | None], currency: str | None = None
) -> Ranking:
    """The largest campaigns, of one currency if one is given; those whose size is zero or unknown are left out."""
    sizes = {
        position: found
        for position, row in enumerate(rows)
        if (found := size(row)) and (currency is None or row.currency == currency)
    }
    ordered = sorted(sizes, key=lambda position: -sizes[position])
    shown = len(ordered) if len(ordered) <= SHOWN + 1 else SHOWN  # never «1 other», which needs the same room
    rest = ordered[shown:]
    return Ranking(
        rows=ordered[:shown],
        others=added(rows[position] for position in rest) if rest else None,
        others_count=len(rest),
    )


def added(rows: Iterable[StatsRow]) -> Measures:
    """The measures of several campaigns together, all in one currency."""
    with localcontext(EXACT):
        figures = (Figures(**{name: getattr(row, name) for name in ADDED}) for row in rows)
        return sum(figures, Figures()).measures()


def changed_most(report: StatsReport) -> dict[str, list[int]]:
    """By measure, positions of the rows with the greatest differences; of amounts, within each currency."""
    if report.comparison is None:
        return {}
    currencies: list[str | None] = [*report.totals_by_currency] or [report.currency]
    amounts = {
        measure: [position for currency in currencies for position in _greatest(report.rows, measure, currency)]
        for measure in ("cost_per_lead", "spend")
    }
    return {"leads": _greatest(report.rows, "leads")} | amounts


def _greatest(rows: Sequence[StatsRow], measure: str, currency: str | None = None) -> list[int]:
    sizes: dict[int, Decimal] = {}
    for position, row in enumerate(rows):
        change = _change(row, measure)
        if change is not None and change.absolute and (currency is None or row.currency == currency):
            sizes[position] = abs(Decimal(change.absolute))
    return sorted(sizes, key=lambda position: -sizes[position])[:CHANGES_SHOWN]


def _change(row: StatsRow, measure: str) -> Change | None:
    if not isinstance(row.change, dict) or not isinstance(row.previous, Measures):
        return None
    if measure == "cost_per_lead" and min(row.leads, row.previous.leads) < ENOUGH_LEADS:
        return None
    return row.change.get(measure)
