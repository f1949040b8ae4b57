"""What counts as a conversion and as revenue.

Action types overlap (`omni_purchase` holds `purchase`, which holds the pixel's), so they are never added: of a list,
the first that a row has counts. Which list is one decision for a whole campaign: its conversions add up over its ads.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

import msgspec

from metaads_cli.graph.cleaning import json_text
from metaads_cli.models.insight import AMOUNT_DIGITS, Action, Insight, MeasuredInsight, require_numbers
from metaads_cli.settings import SyncSettings

RATIO = Decimal("0.000001")
# Digits enough for the ratio of the largest amount to the smallest.
_EXACT = Context(prec=3 * AMOUNT_DIGITS, rounding=ROUND_HALF_UP)
# Ad sets with these goals are paid for conversations, whatever the campaign's objective.
MESSAGING_GOALS = (
    "CONVERSATIONS", "REPLIES", "MESSAGING_APPOINTMENT_CONVERSION", "MESSAGING_PURCHASE_CONVERSION",
    "MESSAGING_DEEP_CONVERSATION_AND_FOLLOW",
)  # fmt: skip
_SALES = frozenset({"OUTCOME_SALES", "CONVERSIONS", "PRODUCT_CATALOG_SALES"})
_LEADS = frozenset({"OUTCOME_LEADS", "LEAD_GENERATION"})
_MESSAGES = frozenset({"OUTCOME_ENGAGEMENT", "MESSAGES"})

_actions = msgspec.json.Decoder(list[Action])
_raw_items = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True)
class Results:
    """The rules of one account. `messaging` are its campaigns that lead into a conversation."""

    settings: SyncSettings
    messaging: Collection[str] = ()

    def measure(self, insight: Insight) -> MeasuredInsight:
        """The row with its conversions and revenue. Raises ValueError for actions of another shape."""
        actions, values = _read(insight.actions), _read(insight.action_values)
        conversions = _first(actions, self._conversion_types(insight))
        revenue = _first(values, self.settings.purchase_actions)
        return MeasuredInsight(
            insight=insight,
            conversions=conversions.value if conversions else None,
            conversion_action=conversions.action_type if conversions else None,
            revenue=revenue.value if revenue else None,
            revenue_action=revenue.action_type if revenue else None,
            roas=_ratio(revenue.value if revenue else None, insight.spend),
            cost_per_conversion=_ratio(insight.spend, conversions.value if conversions else None),
            actions=_in_order(insight.actions, actions),
            action_values=_in_order(insight.action_values, values),
        )

    def _conversion_types(self, insight: Insight) -> Sequence[str]:
        if self.settings.conversion_actions:
            return self.settings.conversion_actions
        objective = insight.objective or ""
        if insight.campaign_id in self.messaging or objective in _MESSAGES:
            return self.settings.messaging_actions
        if objective in _LEADS:
            return self.settings.lead_actions
        return self.settings.purchase_actions if objective in _SALES else ()


def _read(raw: msgspec.Raw) -> list[Action]:
    if not bytes(raw) or bytes(raw) == b"null":
        return []
    try:
        actions = _actions.decode(raw)
        require_numbers((action.value for action in actions), AMOUNT_DIGITS)
    except ValueError as error:
        raise ValueError(f"unreadable actions: {error}") from None
    return actions


def _first(actions: Sequence[Action], wanted: Sequence[str]) -> Action | None:
    found = {action.action_type: action for action in actions}
    return next((found[name] for name in wanted if name in found), None)


def _ratio(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """To six places, half up; None when one is unknown or there is nothing to divide by."""
    if part is None or not whole:
        return None
    return _EXACT.quantize(_EXACT.divide(part, whole), RATIO)


def _in_order(raw: msgspec.Raw, actions: Sequence[Action]) -> str | None:
    """The list by action type: Meta promises no order, and another order is no change."""
    types = [action.action_type for action in actions]
    if types == sorted(types):
        return json_text(raw)
    items = [
        bytes(item) for _, item in sorted(zip(types, _raw_items.decode(raw), strict=True), key=lambda pair: pair[0])
    ]
    return json_text(msgspec.Raw(b"[" + b",".join(items) + b"]"))
