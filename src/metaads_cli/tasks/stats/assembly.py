"""Groups of people, spend and revenue → rows and totals: amounts in different currencies are never added."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal, localcontext
from itertools import chain
from typing import Any

from metaads_cli.models.statistics import GROUPINGS, Changes, Measures, StatsRow
from metaads_cli.tasks.stats.figures import Figures, changes

NO_CAMPAIGN = "Sin Campaña"
HEADLINE_FIELDS = GROUPINGS[None]
EXACT = Context(prec=100)
"""Sums and divisions of any amount that a row may hold."""
Key = tuple[Any, ...]
"""The values of the fields."""
Line = tuple[Key, str | None]
"""A row: a group, or what it has in one of several currencies."""


@dataclass(frozen=True)
class Part:
    """Some figures of a group; of people, `currency` is that of their ad's account, where it is known."""

    key: Key
    currency: str | None
    figures: Figures


@dataclass(frozen=True, kw_only=True)
class Parts:
    people: Sequence[Part]
    spend: Sequence[Part]
    revenue: Sequence[Part]
    currencies: frozenset[str]
    """Those of all insights of the tenant, of any day; empty where there are none."""
    revenue_known: bool

    def __iter__(self) -> Iterator[Part]:
        return chain(self.people, self.spend, self.revenue)

    def mapped(self, change: Callable[[Part], Part]) -> "Parts":
        return replace(
            self,
            people=list(map(change, self.people)),
            spend=list(map(change, self.spend)),
            revenue=list(map(change, self.revenue)),
        )

    def filled(self, figures: Figures, group: Figures) -> Figures:
        """With zero for what the whole group has none of, where there is some elsewhere."""
        return figures.nothing_where_known(group, insights=bool(self.currencies), revenue=self.revenue_known)


@dataclass(frozen=True, kw_only=True)
class Totals:
    total: Measures
    by_currency: dict[str, Measures]
    """Where there are several currencies; the total has no amounts then."""

    def changes_since(self, before: "Totals") -> tuple[Changes, dict[str, Changes]]:
        """Of the total, and of each currency's."""
        with localcontext(EXACT):
            named = {currency: changes(now, before.by_currency[currency]) for currency, now in self.by_currency.items()}
            return changes(self.total, before.total), named


@dataclass(frozen=True, kw_only=True)
class Assembled:
    rows: list[StatsRow]
    totals: Totals
    totals_before: Totals | None
    """Of the days compared with."""
    currency: str | None


def assemble(fields: tuple[str, ...], now: Parts, before: Parts | None = None) -> Assembled:
    """Rows, most leads first, then most spend; by period where there is one. Every person is in exactly one row.

    With amounts in one currency a row is a group. With several, a group has a row for each: people are on that of
    their ad's account, and only what the group has in that currency is added. `before` is what the days compared
    with have, its periods being those that they are compared with.
    """
    with localcontext(EXACT):
        windows = _at_headlines(fields, _named(fields, [now, before] if before else [now]))
        currencies = _currencies(windows)
        several = len(currencies) > 1
        if not several:
            only = next(iter(currencies), None)
            windows = [parts.mapped(lambda part: replace(part, currency=only)) for parts in windows]
        named = sorted({part.currency for parts in windows for part in parts if part.currency})
        totals = [_totals(parts, named if several else None) for parts in windows]
        return Assembled(
            rows=_rows(fields, windows),
            totals=totals[0],
            totals_before=totals[1] if before else None,
            currency=None if several else next(iter(currencies), None),
        )


def _currencies(windows: Sequence[Parts]) -> frozenset[str]:
    """Those of the amounts; where there are none, those of the tenant's insights."""
    used = {part.currency for parts in windows for part in (*parts.spend, *parts.revenue) if part.currency}
    return frozenset(used) or windows[0].currencies


def _totals(parts: Parts, currencies: Sequence[str] | None) -> Totals:
    """Each currency's where there are several."""
    everything = _sum(parts)
    if currencies is None:
        return Totals(total=parts.filled(everything, everything).measures(), by_currency={})
    by_currency = _summed((part.currency, part.figures) for part in parts)
    return Totals(
        total=parts.filled(everything, everything).without_amounts().measures(),
        by_currency={name: parts.filled(by_currency[name], everything).measures() for name in currencies},
    )


def _rows(fields: tuple[str, ...], windows: Sequence[Parts]) -> list[StatsRow]:
    tables = [_lines(parts) for parts in windows]
    lines = {line for table in tables for line in table}
    nothing = [parts.filled(Figures(), Figures()) for parts in windows]
    found = {line: [table.get(line, none) for table, none in zip(tables, nothing, strict=True)] for line in lines}
    chronological = "period" in fields

    def rank(line: Line) -> tuple[Any, ...]:
        figures, (key, currency) = found[line][0], line
        size = (-figures.leads, -(figures.spend or Decimal(0)))
        names = (*((value is None, value) for value in key), currency or "")
        return (*names, *size) if chronological else (*size, *names)

    return [_row(fields, line, *found[line]) for line in sorted(lines, key=rank)]


def _row(fields: tuple[str, ...], line: Line, now: Figures, before: Figures | None = None) -> StatsRow:
    key, currency = line
    compared: dict[str, Any] = {}
    if before is not None:
        previous = before.measures()
        compared = {"previous": previous, "change": changes(now.measures(), previous)}
    return StatsRow(**dict(zip(fields, key, strict=True)), currency=currency, **now.measured(), **compared)


def _lines(parts: Parts) -> dict[Line, Figures]:
    groups = _summed((part.key, part.figures) for part in parts)
    lines = _summed(((part.key, part.currency), part.figures) for part in parts)
    return {line: parts.filled(figures, groups[line[0]]) for line, figures in lines.items()}


def _sum(parts: Iterable[Part]) -> Figures:
    return sum((part.figures for part in parts), Figures())


def _summed(pairs: Iterable[tuple[Any, Figures]]) -> dict[Any, Figures]:
    sums: dict[Any, Figures] = defaultdict(Figures)
    for key, figures in pairs:
        sums[key] += figures
    return sums


def _named(fields: tuple[str, ...], windows: Sequence[Parts]) -> list[Parts]:
    """The same with one name for each campaign id: the host's where the catalogue has none."""
    if "campaign_name" not in fields:
        return list(windows)
    identity, label = fields.index("campaign_id"), fields.index("campaign_name")
    names: dict[str | None, str] = {}
    for part in (part for parts in windows for part in parts):
        campaign_id, name = part.key[identity], part.key[label]
        if campaign_id is not None and name is not None:
            names[campaign_id] = min(name, names.get(campaign_id, name))

    def renamed(part: Part) -> Part:
        known = part.key[label] if part.key[identity] is None else names.get(part.key[identity])
        key = (*part.key[:label], known if known is not None else NO_CAMPAIGN, *part.key[label + 1 :])
        return replace(part, key=key)

    return [parts.mapped(renamed) for parts in windows]


def _at_headlines(fields: tuple[str, ...], windows: Sequence[Parts]) -> list[Parts]:
    """The same with an ad's spend on the headline that brought most people; of equals, the first by name. The days
    compared with go by the present ones, so that the same headlines are compared."""
    if fields != HEADLINE_FIELDS:
        return list(windows)
    ad = HEADLINE_FIELDS.index("ad_id")
    best: Mapping[str, Key] = {}
    for parts in reversed(windows):
        best = {**best, **_best_headlines(parts, ad)}
    return [
        replace(parts, spend=[replace(part, key=best.get(part.key[ad], part.key)) for part in parts.spend])
        for parts in windows
    ]


def _best_headlines(parts: Parts, ad: int) -> dict[str, Key]:
    leads = _summed((part.key, part.figures) for part in (*parts.people, *parts.revenue))
    best: dict[str, Key] = {}
    for key in sorted(leads, key=lambda key: (-leads[key].leads, key[1], key[3])):
        best.setdefault(key[ad], key)
    return best
