"""Groups of people, spend and revenue → rows and totals: amounts in different currencies are never added."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal, localcontext
from typing import Any

from metaads_cli.models.statistics import GROUPINGS, Measures, StatsRow
from metaads_cli.tasks.stats.figures import Figures

NO_CAMPAIGN = "Sin Campaña"
HEADLINE_FIELDS = GROUPINGS[None]
EXACT = Context(prec=100)
"""Sums and divisions of any amount that a row may hold."""
Key = tuple[Any, ...]
"""The values of the fields."""


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


@dataclass(frozen=True, kw_only=True)
class Assembled:
    rows: list[StatsRow]
    total: Measures
    totals_by_currency: dict[str, Measures]
    currency: str | None


def assemble(fields: tuple[str, ...], parts: Parts) -> Assembled:
    """Rows, most leads first, then most spend; by period where there is one. Every person is in exactly one row.

    With amounts in one currency a row is a group. With several, a group has a row for each: people are on that of
    their ad's account, and only what the group has in that currency is added.
    """
    with localcontext(EXACT):
        named = _named(fields, parts)
        placed = _at_headlines(named) if fields == HEADLINE_FIELDS else named
        every = [*placed.people, *placed.spend, *placed.revenue]
        used = {part.currency for part in [*placed.spend, *placed.revenue] if part.currency}
        currencies = used or parts.currencies
        if len(currencies) > 1:
            return _in_several(fields, every, parts)
        only = next(iter(currencies), None)
        return _in_one(fields, [Part(part.key, only, part.figures) for part in every], parts, only)


def _in_one(fields: tuple[str, ...], every: Sequence[Part], parts: Parts, currency: str | None) -> Assembled:
    total = _filled(_sum(every), _sum(every), parts)
    return Assembled(rows=_rows(fields, every, parts), total=total.measures(), totals_by_currency={}, currency=currency)


def _in_several(fields: tuple[str, ...], every: Sequence[Part], parts: Parts) -> Assembled:
    everything = _sum(every)
    by_currency = _summed((part.currency, part.figures) for part in every)
    return Assembled(
        rows=_rows(fields, every, parts),
        total=_filled(everything, everything, parts).without_amounts().measures(),
        totals_by_currency={
            currency: _filled(by_currency[currency], everything, parts).measures()
            for currency in sorted(filter(None, by_currency))
        },
        currency=None,
    )


def _rows(fields: tuple[str, ...], every: Sequence[Part], parts: Parts) -> list[StatsRow]:
    groups = _summed((part.key, part.figures) for part in every)
    lines = _summed(((part.key, part.currency), part.figures) for part in every)
    filled = {line: _filled(figures, groups[line[0]], parts) for line, figures in lines.items()}
    chronological = "period" in fields

    def rank(line: tuple[Key, str | None]) -> tuple[Any, ...]:
        figures, (key, currency) = filled[line], line
        size = (-figures.leads, -(figures.spend or Decimal(0)))
        names = (*((value is None, value) for value in key), currency or "")
        return (*names, *size) if chronological else (*size, *names)

    return [
        StatsRow(**dict(zip(fields, line[0], strict=True)), currency=line[1], **filled[line].measured())
        for line in sorted(filled, key=rank)
    ]


def _filled(figures: Figures, group: Figures, parts: Parts) -> Figures:
    return figures.nothing_where_known(group, insights=bool(parts.currencies), revenue=parts.revenue_known)


def _sum(parts: Iterable[Part]) -> Figures:
    return sum((part.figures for part in parts), Figures())


def _summed(pairs: Iterable[tuple[Any, Figures]]) -> dict[Any, Figures]:
    sums: dict[Any, Figures] = defaultdict(Figures)
    for key, figures in pairs:
        sums[key] += figures
    return sums


def _named(fields: tuple[str, ...], parts: Parts) -> Parts:
    """The same with one name for each campaign id: the host's where the catalogue has none."""
    if "campaign_name" not in fields:
        return parts
    identity, label = fields.index("campaign_id"), fields.index("campaign_name")
    names: dict[str | None, str] = {}
    for part in (*parts.people, *parts.spend, *parts.revenue):
        campaign_id, name = part.key[identity], part.key[label]
        if campaign_id is not None and name is not None:
            names[campaign_id] = min(name, names.get(campaign_id, name))

    def renamed(part: Part) -> Part:
        known = part.key[label] if part.key[identity] is None else names.get(part.key[identity])
        key = (*part.key[:label], known if known is not None else NO_CAMPAIGN, *part.key[label + 1 :])
        return Part(key, part.currency, part.figures)

    return replace(
        parts,
        people=list(map(renamed, parts.people)),
        spend=list(map(renamed, parts.spend)),
        revenue=list(map(renamed, parts.revenue)),
    )


def _at_headlines(parts: Parts) -> Parts:
    """The same with an ad's spend on the headline that brought most people; of equals, the first by name."""
    ad = HEADLINE_FIELDS.index("ad_id")
    leads = _summed((part.key, part.figures) for part in (*parts.people, *parts.revenue))
    best: dict[str, Key] = {}
    for key in sorted(leads, key=lambda key: (-leads[key].leads, key[1], key[3])):
        best.setdefault(key[ad], key)
    moved = [Part(best.get(part.key[ad], part.key), part.currency, part.figures) for part in parts.spend]
    return replace(parts, spend=moved)
