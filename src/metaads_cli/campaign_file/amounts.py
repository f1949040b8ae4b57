"""Amounts against a currency: what it has no decimals for is refused, never rounded."""

from decimal import Decimal

from metaads_cli.campaign_file.problems import Loc, Problem, path_of
from metaads_cli.models.campaign import Budget, CampaignSpec, Place


def check_amounts(spec: CampaignSpec, currency: str, offset: int) -> list[Problem]:
    """What cannot be paid in `currency`, whose minor units `offset` makes one of: 100, or 1 where it has none."""
    found = _of_budget(spec.budget, ("daily_budget_cents",) if spec.flat else ("campaign", "budget"), spec.place)
    for index, ad_set in enumerate(spec.adsets):
        place = ad_set.place or spec.place
        loc: Loc = ("daily_budget_cents",) if spec.flat else ("adsets", index, "budget")
        found += _of_budget(ad_set.budget, loc, place)
        if ad_set.bid_amount is not None:
            found.append((("adsets", index, "bid_amount"), place, ad_set.bid_amount, False))
    return [
        Problem(place=place, path=path_of(loc), message=message)
        for loc, place, amount, is_minor in found
        if (message := wrong_amount(amount, currency, 1 if is_minor else offset)) is not None
    ]


def _of_budget(budget: Budget | None, loc: Loc, place: Place) -> list[tuple[Loc, Place, Decimal, bool]]:
    if budget is None:
        return []
    place = budget.place or place
    amounts = {"daily": budget.daily, "lifetime": budget.lifetime}
    return [
        (loc if budget.in_minor_units else (*loc, name), place, amount, budget.in_minor_units)
        for name, amount in amounts.items()
        if amount is not None
    ]


def wrong_amount(amount: Decimal, currency: str, offset: int) -> str | None:
    if not amount.is_finite() or amount <= 0:
        return f"{amount} is no amount: it must be greater than 0"
    # As whole numbers: a decimal's own multiplication rounds after 28 digits.
    numerator, denominator = amount.as_integer_ratio()
    if numerator * offset % denominator == 0:
        return None
    if offset == 1:
        return f"{amount} {currency} cannot be paid: at Meta {currency} has no decimals"
    return f"{amount} {currency} cannot be paid: at Meta {currency} has {len(str(offset)) - 1} decimals"
