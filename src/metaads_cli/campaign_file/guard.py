"""What a file itself must not exceed: its problems end in exit 8, not 3."""

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction

from metaads_cli.campaign_file.document import Document
from metaads_cli.campaign_file.full_form import BudgetPart, GuardPart, SchedulePart
from metaads_cli.campaign_file.problems import Loc

Paid = tuple[BudgetPart | None, Sequence[SchedulePart | None]]
"""A budget, and the schedules of all that spend it."""


def check_end(doc: Document, guard: GuardPart | None, loc: Loc, schedule: SchedulePart | None) -> None:
    latest = guard.latest_end if guard else None
    end = schedule.end if schedule else None
    if latest is None:
        return
    if end is None:
        doc.problem(loc, f"has no end, and guard.latest_end is {latest}", safety=True)
    elif end.date() > latest:
        doc.problem(loc, f"ends on {end:%Y-%m-%d}, after guard.latest_end, {latest}", safety=True)


def check_total(doc: Document, guard: GuardPart | None, paid: Sequence[Paid]) -> None:
    """The sum of all, whatever their schedules: ad sets that take turns count side by side."""
    limit = guard.max_daily_total if guard else None
    if limit is None:
        return
    shares = [_per_day(budget, schedules) for budget, schedules in paid if budget is not None]
    known = [one for one in shares if one is not None]
    loc = ("guard", "max_daily_total")
    if len(known) < len(shares):
        told = "can only be held against a lifetime budget that has a schedule with `start` and `end`"
        doc.problem(loc, told, safety=True)
    elif sum(known) > Fraction(limit):
        told = f"all budgets together come to {_shown(sum(known))} a day, more than guard.max_daily_total, {limit}"
        doc.problem(loc, told, safety=True)


def _per_day(budget: BudgetPart, schedules: Sequence[SchedulePart | None]) -> Fraction | None:
    """On average, for a lifetime budget; None where its days are not known before it runs."""
    if budget.daily is not None:
        return Fraction(budget.daily)
    spans = [(one.start, one.end) for one in schedules if one is not None and one.start and one.end]
    if len(spans) < len(schedules) or not spans or budget.lifetime is None:
        return None
    length = max(end for _, end in spans) - min(start for start, _ in spans)
    return Fraction(budget.lifetime) / max(Fraction(1), Fraction(length // timedelta(seconds=1), 86_400))


def _shown(amount: Fraction | int) -> str:
    """With two decimals, rounded up: an amount that is over its limit must not look like the limit."""
    cents = -(-amount.numerator * 100 // amount.denominator)
    return f"{cents // 100}.{cents % 100:02}"
