"""Insights fields: from sums to the texts Meta sends; what has no data is absent (README 1.3)."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from metaads_cli.graph.simulator import money
from metaads_cli.graph.simulator.delivery import COUNTS_AS, Sums, reach

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
_ON_THE_AD = {"click": ("link_click",), "engagement": ("post_engagement", "page_engagement")}
# In the order in which they are listed, with what they count.
_ACTION_TYPES = sorted((action, event) for event, actions in (COUNTS_AS | _ON_THE_AD).items() for action in actions)
# What happened → window → count, or worth in minor units.
Counts = Mapping[str, Mapping[str, int]]


class Row(NamedTuple):
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


def _counts(row: Row) -> Counts:
    sums = row.sums
    counts = _by_event(sums.conversions)
    for event, count in (("click", sums.link_clicks), ("engagement", sums.engagements)):
        if count:
            counts[event] = {_IMMEDIATE: count}
    return counts


def _by_event(counted: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for (event, window), count in counted.items():
        counts.setdefault(event, {})[window] = count
    return counts


def _stats(row: Row, counts: Counts, text: Callable[[int], str]) -> list[Json]:
    """AdsActionStats; a window without a conversion has no key, and 7d_view and 28d_view never do (README 1.5)."""
    counted, shown = _counted(row.setting), {}
    for event, by in counts.items():
        value = _sum(by, counted)
        windows = {window: _sum(by, _parts(window)) for window in row.windows} if row.windows else {}
        if value or any(windows.values()):
            shown[event] = {"value": text(value)} | {window: text(count) for window, count in windows.items() if count}
    return [{"action_type": action, **shown[event]} for action, event in _ACTION_TYPES if event in shown]


@cache
def _counted(setting: str | None) -> Sequence[str]:
    return (*_BY_SETTING.get(setting or DEFAULT_SETTING, _BY_SETTING[DEFAULT_SETTING]), _IMMEDIATE)


@cache
def _parts(window: str) -> Sequence[str]:
    return (*_WINDOWS.get(window, ()), *((_IMMEDIATE,) if window.endswith("_click") else ()))


def _sum(by: Mapping[str, int], windows: Sequence[str]) -> int:
    if len(by) == 1:
        ((window, count),) = by.items()
        return count if window in windows else 0
    return sum(by.get(window, 0) for window in windows)


def _actions(row: Row) -> list[Json] | None:
    stats = _stats(row, _counts(row), str)
    if row.action_types is not None:
        stats = [stat for stat in stats if stat["action_type"] in row.action_types]
    return stats or None


def _action_values(row: Row) -> list[Json] | None:
    return _stats(row, _by_event(row.sums.worth), row.money) or None


def _cost_per_action_type(row: Row) -> list[Json] | None:
    costs = [
        {"action_type": stat["action_type"], "value": _ratio(_spend(row), Decimal(stat["value"]))}
        for stat in _actions(row) or []
        if Decimal(stat["value"])
    ]
    return costs or None


def _purchase_roas(row: Row) -> list[Json] | None:
    values = [stat for stat in _action_values(row) or [] if stat["action_type"] == "omni_purchase"]
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
    # As many of those who click were counted before as of those who look.
    "unique_clicks": lambda row: str(reach(row.sums.clicks)),
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
