"""Insights fields: from sums to the texts Meta sends; what has no data is absent (README 1.3)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from metaads_cli.graph.simulator import money
from metaads_cli.graph.simulator.delivery import PURCHASE, Sums, reach

Json = dict[str, Any]

_SIX_PLACES = Decimal("0.000001")
# A conversion counts in its narrowest window and in the wider ones of the same kind.
_WINDOWS: Mapping[str, Sequence[str]] = {
    "1d_click": ("1d_click",),
    "7d_click": ("1d_click", "7d_click"),
    "28d_click": ("1d_click", "7d_click", "28d_click"),
    "1d_view": ("1d_view",),
}
_BY_SETTING = {
    "1d_click": ("1d_click",),
    "7d_click": ("1d_click", "7d_click"),
    "28d_click": ("1d_click", "7d_click", "28d_click"),
    "1d_click_1d_view": ("1d_click", "1d_view"),
    "7d_click_1d_view": ("1d_click", "7d_click", "1d_view"),
}
DEFAULT_SETTING = "7d_click_1d_view"
# Clicks and engagement belong to no window: they happen on the ad itself.
_IMMEDIATE = "immediate"


@dataclass(frozen=True)
class Row:
    """One result row before its fields are chosen. `setting` is the attribution setting, None where it is mixed."""

    sums: Sums
    currency: str
    setting: str | None
    windows: Sequence[str] = ()
    action_types: frozenset[str] | None = None

    def money(self, amount: int) -> str:
        return plain(money.major(amount, self.currency))


def plain(number: Decimal) -> str:
    """Without exponent and trailing zeros: 10.5, 4, 0.13125."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _ratio(part: Decimal | int, whole: Decimal | int, times: int = 1) -> str | None:
    return plain((Decimal(part) * times / Decimal(whole)).quantize(_SIX_PLACES)) if whole else None


def _spend(row: Row) -> Decimal:
    return money.major(row.sums.spend, row.currency)


def _nothing_is_absent(count: int) -> str | None:
    return str(count) if count else None


def _counts(row: Row) -> dict[str, dict[str, int]]:
    """Action type → window → count."""
    sums = row.sums
    counts: dict[str, dict[str, int]] = {}
    for action, count in (
        ("link_click", sums.link_clicks),
        ("post_engagement", sums.engagements),
        ("page_engagement", sums.engagements),
    ):
        if count:
            counts[action] = {_IMMEDIATE: count}
    for (action, window), count in sums.actions.items():
        counts.setdefault(action, {})[window] = count
    return {action: by for action, by in counts.items() if row.action_types is None or action in row.action_types}


def _stats(row: Row, counts: Mapping[str, Mapping[str, int]], text: Callable[[int], str]) -> list[Json] | None:
    """AdsActionStats; a window without a conversion has no key, and 7d_view and 28d_view never do (README 1.5)."""
    counted = (*_BY_SETTING.get(row.setting or DEFAULT_SETTING, _BY_SETTING[DEFAULT_SETTING]), _IMMEDIATE)
    stats = []
    for action, by in sorted(counts.items()):
        value = _sum(by, counted)
        windows = {window: _sum(by, (*_WINDOWS.get(window, ()), _clicks_of(window))) for window in row.windows}
        shown = {window: text(count) for window, count in windows.items() if count}
        if value or shown:
            stats.append({"action_type": action, "value": text(value)} | shown)
    return stats or None


def _clicks_of(window: str) -> str:
    return _IMMEDIATE if window.endswith("_click") else ""


def _sum(by: Mapping[str, int], windows: Sequence[str]) -> int:
    return sum(by.get(window, 0) for window in windows)


def _actions(row: Row) -> list[Json] | None:
    return _stats(row, _counts(row), str)


def _values_by_type(row: Row) -> dict[str, dict[str, int]]:
    values: dict[str, dict[str, int]] = {}
    for (action, window), amount in row.sums.values.items():
        values.setdefault(action, {})[window] = amount
    return values


def _action_values(row: Row) -> list[Json] | None:
    return _stats(row, _values_by_type(row), row.money)


def _cost_per_action_type(row: Row) -> list[Json] | None:
    costs = [
        {"action_type": stat["action_type"], "value": _ratio(_spend(row), Decimal(stat["value"]))}
        for stat in _actions(row) or []
        if Decimal(stat["value"])
    ]
    return costs or None


def _purchase_roas(row: Row) -> list[Json] | None:
    values = _stats(row, {PURCHASE[1]: _values_by_type(row).get(PURCHASE[1], {})}, row.money)
    if not values or not row.sums.spend:
        return None
    return [
        {key: text if key == "action_type" else f"{Decimal(text) / _spend(row):.6f}" for key, text in stat.items()}
        for stat in values
    ]


def _outbound_clicks(row: Row) -> list[Json] | None:
    clicks = row.sums.link_clicks * 9 // 10
    return [{"action_type": "outbound_click", "value": str(clicks)}] if clicks else None


METRICS: dict[str, Callable[[Row], Any]] = {
    "impressions": lambda row: str(row.sums.impressions),
    "reach": lambda row: str(reach(row.sums.viewers)),
    "frequency": lambda row: _ratio(row.sums.impressions, reach(row.sums.viewers)),
    "clicks": lambda row: str(row.sums.clicks),
    "spend": lambda row: row.money(row.sums.spend),
    "cpm": lambda row: _ratio(_spend(row), row.sums.impressions, 1000),
    "cpc": lambda row: _ratio(_spend(row), row.sums.clicks),
    "cpp": lambda row: _ratio(_spend(row), reach(row.sums.viewers), 1000),
    "ctr": lambda row: _ratio(row.sums.clicks, row.sums.impressions, 100),
    "inline_link_clicks": lambda row: _nothing_is_absent(row.sums.link_clicks),
    "inline_link_click_ctr": lambda row: _ratio(row.sums.link_clicks, row.sums.impressions, 100),
    "cost_per_inline_link_click": lambda row: _ratio(_spend(row), row.sums.link_clicks),
    "inline_post_engagement": lambda row: _nothing_is_absent(row.sums.engagements),
    "actions": _actions,
    "action_values": _action_values,
    "cost_per_action_type": _cost_per_action_type,
    "purchase_roas": _purchase_roas,
    "outbound_clicks": _outbound_clicks,
    "attribution_setting": lambda row: row.setting,
    "account_currency": lambda row: row.currency,
}
