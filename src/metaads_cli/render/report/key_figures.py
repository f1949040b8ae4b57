"""The key figures, each with what it was on the days compared with."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from metaads_cli.render.report import numbers
from metaads_cli.render.report.markup import Html, tag
from metaads_cli.render.report.numbers import Style
from metaads_cli.render.report.sheet import Sheet, judgement

UNKNOWN = "unknown"
RATIOS = frozenset({"conversion_rate", "cost_per_lead", "roas"})


@dataclass(frozen=True, kw_only=True)
class _Card:
    """`now`, `before` and `change` are the paths of the figure in the document."""

    label: str
    measure: str
    style: Style
    now: str
    before: str
    change: str

    def value(self, sheet: Sheet) -> str:
        value = sheet.value(self.now)
        return UNKNOWN if value is None and self.measure not in RATIOS else self.style(value)

    def html(self, sheet: Sheet, heading: str) -> Html:
        compared = None not in {sheet.value(self.now), sheet.value(self.before)}
        shown = (
            tag("p", UNKNOWN, class_="value unknown")
            if self.value(sheet) == UNKNOWN
            else sheet.number(self.now, self.style, "p", class_="value")
        )
        against = self._against(sheet) if compared else None
        return tag("div", tag(heading, self.label), shown, against, class_="card key")

    def _against(self, sheet: Sheet) -> Html:
        """`▲ +12.3 % better`, `278 before`"""
        difference = sheet.value(f"{self.change}.absolute")
        if not difference:
            return tag("p", tag("span", "=", class_="change"), " as before", class_="against")
        word = judgement(self.measure, difference) or ("more" if difference > 0 else "less")
        changed = tag("span", sheet.change(self.change, self.measure), " ", word)
        before = tag("span", sheet.number(self.before, self.style), " before")
        return tag("p", changed, " ", before, class_="against")


def key_figures(sheet: Sheet) -> Html:
    """All values in one size, in which the longest has room."""
    people, amounts = list(_people(sheet)), [list(_amounts(sheet, place)) for place in range(len(sheet.document.money))]
    longest = max(_length(card.value(sheet)) for card in chain(people, *amounts))
    cards = [card.html(sheet, "h3") for card in people]
    if len(amounts) == 1:
        cards += [card.html(sheet, "h3") for card in amounts[0]]
    else:
        for money, own in zip(sheet.document.money, amounts, strict=True):
            cards.append(tag("h3", f"In {money.currency}", class_="wide"))
            cards += [card.html(sheet, "h4") for card in own]
    return tag("div", *cards, class_="cards", style=f"--length:{longest:.1f}")


def _length(text: str) -> float:
    """In widths of a digit: spaces are narrower."""
    return len(text) - 0.6 * sum(map(text.count, (numbers.THIN, numbers.FIXED)))


def _people(sheet: Sheet) -> Iterator[_Card]:
    paths = ("total", "comparison.total", "comparison.change")
    yield _card("Leads", "leads", numbers.COUNT, paths)
    yield _card("Converted", "converted", numbers.COUNT, paths)
    yield _card("Share converted", "conversion_rate", numbers.PERCENT, paths)
    total = sheet.document.total
    if total.appointments or not total.converted:  # leads of a sales team convert by what they buy
        yield _card("Appointments", "appointments", numbers.COUNT, paths)


def _amounts(sheet: Sheet, place: int) -> Iterator[_Card]:
    path, money = f"money.{place}", sheet.document.money[place]
    paths, style = (f"{path}.total", f"{path}.previous", f"{path}.change"), numbers.amount(money.currency)
    yield _card("Spend", "spend", style, paths)
    if money.total.spend is not None:
        yield _card("Cost per lead", "cost_per_lead", style, paths)
    yield _card("Revenue", "revenue", style, paths)
    if money.total.spend is not None and money.total.revenue is not None:
        yield _card("Return on spend", "roas", numbers.TIMES, paths)


def _card(label: str, measure: str, style: Style, paths: tuple[str, str, str]) -> _Card:
    now, before, change = (f"{path}.{measure}" for path in paths)
    return _Card(label=label, measure=measure, style=style, now=now, before=before, change=change)
