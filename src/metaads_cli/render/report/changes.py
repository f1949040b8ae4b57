"""The campaigns whose figures changed most since the days compared with."""

from metaads_cli.render.report import charts, numbers
from metaads_cli.render.report.campaigns import measures, name_of, named
from metaads_cli.render.report.figure import Figure
from metaads_cli.render.report.markup import Html, tag
from metaads_cli.render.report.numbers import Style
from metaads_cli.render.report.sheet import Sheet, judgement


def changed_most(sheet: Sheet) -> Html | None:
    """What moved since the days compared with."""
    if not any(sheet.document.changed_most.values()):
        return None
    figures = [
        *_changes(sheet, "leads", None),
        *(one for place in range(len(sheet.document.money)) for one in _money_changes(sheet, place)),
    ]
    return tag(
        "section",
        tag("h2", "What changed most", id="changes"),
        tag("div", *(one.html() for one in figures), class_="triple" if len(figures) > 2 else "pair"),
        aria_labelledby="changes",
    )


def _money_changes(sheet: Sheet, place: int) -> list[Figure]:
    return [*_changes(sheet, "cost_per_lead", place), *_changes(sheet, "spend", place)]


_CHANGES = {
    "leads": ("Leads", "More is better."),
    "cost_per_lead": ("Cost per lead", "Less is better."),
    "spend": ("Spend", "Neither good nor bad by itself."),
}


def _changes(sheet: Sheet, measure: str, place: int | None) -> list[Figure]:
    """One figure, or none where nothing changed."""
    money = sheet.document.money[place] if place is not None else None
    positions = [
        position
        for position in sheet.document.changed_most.get(measure, [])
        if money is None or sheet.document.campaigns[position].currency == money.currency
    ]
    if not positions:
        return []
    label, note = _CHANGES[measure]
    largest = numbers.largest(sheet.value(f"campaigns.{position}.change.{measure}.absolute") for position in positions)
    style = numbers.signed_amount(money.currency, largest) if money else numbers.SIGNED_COUNT
    kept = numbers.amount(money.currency, largest) if money else numbers.COUNT
    bars = [_difference(sheet, position, measure, style, kept) for position in positions]
    paths = [f"campaigns.{position}" for position in positions]
    columns = (
        (f"change.{measure}.absolute", "Change", style),
        (measure, "Now", kept),
        (f"previous.{measure}", "Before", kept),
    )
    return [
        Figure(
            key=f"change-{measure}" + (f"-{place}" if place is not None else ""),
            title=label + (f", {money.currency}" if money else ""),
            note=note,
            spec=charts.differences(bars, f"{label}, change"),
            description="; ".join(f"{bar.name}: {bar.shown}" for bar in bars) + ".",
            data=measures(sheet, [name_of(sheet, position) for position in positions], paths, columns),
        )
    ]


def _difference(sheet: Sheet, position: int, measure: str, style: Style, kept: Style) -> charts.Bar:
    path = f"campaigns.{position}"
    difference = sheet.value(f"{path}.change.{measure}.absolute")
    now, before = sheet.value(f"{path}.{measure}"), sheet.value(f"{path}.previous.{measure}")
    return charts.Bar(
        name=named(sheet.document.campaigns[position]),
        value=difference,
        shown=style(difference),
        tone=judgement(measure, difference) or "plain",
        more=f"{kept(now)}, {kept(before)} before",
    )
