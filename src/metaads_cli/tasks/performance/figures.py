"""Sums over rows of one level, and the rates that are computed from them; amounts of one currency only."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Context, Decimal, localcontext
from typing import Any, NamedTuple

import msgspec

from metaads_cli.db.queries.performance import StoredRow, StoredSums
from metaads_cli.models.performance import Metrics
from metaads_cli.tasks.stats.figures import rate

EXACT = Context(prec=200)
"""Sums and divisions of any amounts that rows may hold."""


class Sums(msgspec.Struct, frozen=True):
    """None is unknown: no row said anything about it."""

    spend: Decimal | None = None
    impressions: int | None = None
    clicks: int | None = None
    conversions: Decimal | None = None
    revenue: Decimal | None = None

    @classmethod
    def of(cls, row: StoredRow | StoredSums) -> "Sums":
        return cls(row.spend, row.impressions, row.clicks, row.conversions, row.revenue)

    def __add__(self, other: "Sums") -> "Sums":
        with localcontext(EXACT):
            return Sums(*(_sum(getattr(self, name), getattr(other, name)) for name in self.__struct_fields__))

    def without_amounts(self) -> "Sums":
        return msgspec.structs.replace(self, spend=None, revenue=None)

    def metrics(self, leads: int | None = None) -> Metrics:
        return Metrics(**self.measured(leads))

    def measured(self, leads: int | None = None) -> dict[str, Any]:
        """The metrics by their names."""
        with localcontext(EXACT):
            return {
                "spend": self.spend,
                "impressions": self.impressions,
                "clicks": self.clicks,
                "conversions": self.conversions,
                "revenue": self.revenue,
                "ctr": rate(None if self.clicks is None else 100 * self.clicks, self.impressions),
                "cpc": rate(self.spend, self.clicks),
                "roas": rate(self.revenue, self.spend),
                "cost_per_conversion": rate(self.spend, self.conversions),
                "leads": leads,
                "cost_per_lead": rate(self.spend, leads),
            }


NOTHING = Sums(Decimal(0), 0, 0)
"""Of days that were read and had no delivery. Whether conversions are counted at all is not known by that."""


class Totals(NamedTuple):
    """With several currencies `currency` and the amounts of `metrics` are None, and each has its own."""

    currency: str | None
    metrics: Metrics
    by_currency: dict[str, Metrics]


def totals_of(
    sums: Mapping[str, Sums], leads: int | None, leads_by_currency: Mapping[str, int], *, otherwise: Sums
) -> Totals:
    """The totals of sums by currency, `otherwise` being those of no rows at all."""
    if len(sums) > 1:
        each = {name: sums[name].metrics(leads_by_currency.get(name)) for name in sorted(sums)}
        return Totals(None, sum(sums.values(), Sums()).without_amounts().metrics(leads), each)
    currency, only = next(iter(sums.items()), (None, otherwise))
    return Totals(currency, only.metrics(leads), {})


def by_currency(rows: Iterable[StoredRow | StoredSums]) -> dict[str, Sums]:
    found: dict[str, Sums] = defaultdict(Sums)
    for row in rows:
        found[row.currency] += Sums.of(row)
    return dict(found)


def _sum(one: Any, other: Any) -> Any:
    """The sum of what is known."""
    return other if one is None else one if other is None else one + other
