"""Figures that add up, and the rates that are computed from them."""

from dataclasses import fields
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec

from metaads_cli.models.statistics import Change, Changes, Measures

RATE = Decimal("0.0001")
Number = Decimal | int


class Figures(msgspec.Struct, frozen=True):
    """Sums over some people, insights and payments. None is unknown: nothing said anything about it."""

    leads: int = 0
    converted: int = 0
    appointments: int = 0
    insights: int = 0
    """How many insights are in the sums."""
    spend: Decimal | None = None
    impressions: int | None = None
    clicks: int | None = None
    conversations: int | None = None
    payments: int = 0
    """How many payments, or insights with a revenue, are in the sums."""
    revenue: Decimal | None = None

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(_sum(getattr(self, name), getattr(other, name)) for name in self.__struct_fields__))

    def nothing_where_known(self, group: "Figures", *, insights: bool, revenue: bool) -> "Figures":
        """With zero for what the whole group has none of, where there is some elsewhere: that is no unknown."""
        found = self
        if insights and not group.insights:
            found = msgspec.structs.replace(found, spend=Decimal(0), impressions=0, clicks=0, conversations=0)
        if revenue and not group.payments:
            found = msgspec.structs.replace(found, revenue=Decimal(0))
        return found

    def without_amounts(self) -> "Figures":
        return msgspec.structs.replace(self, spend=None, revenue=None)

    def measures(self) -> Measures:
        return Measures(**self.measured())

    def measured(self) -> dict[str, Any]:
        """The measures by their names."""
        return {
            "leads": self.leads,
            "converted": self.converted,
            "appointments": self.appointments,
            "conversion_rate": rate(self.converted, self.leads),
            "spend": self.spend,
            "impressions": self.impressions,
            "clicks": self.clicks,
            "ctr": rate(self.clicks, self.impressions),
            "cpc": rate(self.spend, self.clicks),
            "conversations": self.conversations,
            "cost_per_lead": rate(self.spend, self.leads),
            "cost_per_conversion": rate(self.spend, self.converted),
            "revenue": self.revenue,
            "roas": rate(self.revenue, self.spend),
        }


def rate(part: Number | None, whole: Number | None) -> Decimal | None:
    """part / whole to four places, half up; None when one is unknown or there is nothing to divide by."""
    return (Decimal(part) / whole).quantize(RATE, ROUND_HALF_UP) if whole and part is not None else None


def changes(now: Measures, before: Measures) -> Changes:
    """How each measure differs. What was not above zero before has no relative change."""
    return {field.name: _change(getattr(now, field.name), getattr(before, field.name)) for field in fields(Measures)}


def _change(now: Number | None, before: Number | None) -> Change:
    if now is None or before is None:
        return Change(absolute=None, relative=None)
    return Change(absolute=now - before, relative=rate(now - before, before) if before > 0 else None)


def _sum(one: Any, other: Any) -> Any:
    """The sum of what is known."""
    return other if one is None else one if other is None else one + other
