"""Amounts changed in the text of a campaign file, and nothing else of it. Pure."""

import re
from collections.abc import Mapping
from decimal import Decimal

from metaads_cli.models.campaign import AdSetSpec, CampaignSpec, Place

_AMOUNT = re.compile(r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?")


def with_daily_budgets(text: str, spec: CampaignSpec, amounts: Mapping[str, Decimal]) -> str:
    """The text with these daily budgets, by the ad sets' keys; a budget of the defaults is written into its ad set.

    `spec` is what the text says, with its places.
    """
    places = [ad_set.budget.place for ad_set in spec.adsets if ad_set.budget is not None]
    edits = []
    for ad_set in spec.adsets:
        budget = ad_set.budget
        if ad_set.key in amounts and budget is not None and budget.place is not None:
            shared = places.count(budget.place) > 1 or _is_above(budget.place, ad_set)
            edits.append(_own(ad_set, amounts[ad_set.key]) if shared else (budget.place, amounts[ad_set.key], ""))
    lines = text.splitlines(keepends=True)
    # From the end, so that what is above keeps its place.
    for place, amount, before in sorted(edits, key=lambda edit: (edit[0].line, edit[0].column), reverse=True):
        lines[place.line - 1] = _edited(lines[place.line - 1], place.column - 1, amount, before)
    return "".join(lines)


def _is_above(place: Place, ad_set: AdSetSpec) -> bool:
    own = ad_set.place
    return own is not None and (place.line, place.column) < (own.line, own.column)


def _own(ad_set: AdSetSpec, amount: Decimal) -> tuple[Place, Decimal, str]:
    """A budget before the ad set's first key."""
    assert ad_set.place is not None
    return ad_set.place, amount, "budget"


def _edited(line: str, start: int, amount: Decimal, before: str) -> str:
    if not before:
        found = _AMOUNT.match(line, start)
        return line if found is None else line[:start] + _like(found[0], amount) + line[found.end() :]
    shown = f"budget: {{daily: {amount:f}}}"
    if line[start] == "{":
        return f"{line[: start + 1]}{shown}, {line[start + 1 :]}"
    return f"{line[:start]}{shown}\n{' ' * start}{line[start:]}"


def _like(old: str, amount: Decimal) -> str:
    """With as many decimals as the amount had before, where they suffice."""
    decimals = len(old.partition(".")[2]) if old.replace(".", "").lstrip("+-").isdigit() else 0
    needed = max(decimals, -int(amount.normalize().as_tuple().exponent), 0)
    return f"{amount:.{needed}f}"
