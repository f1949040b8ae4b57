"""Leads and spend over time, and the way from the impression to the appointment."""

from collections.abc import Sequence
from decimal import Decimal

from metaads_cli.models.report import MoneyPeriod, Period
from metaads_cli.render.report import charts, numbers
from metaads_cli.render.report.channels import COUNTED
from metaads_cli.render.report.figure import DataTable, Figure
from metaads_cli.render.report.markup import Html, tag
from metaads_cli.render.report.numbers import Style
from metaads_cli.render.report.sheet import Sheet

FAR_APART = 50
STAGES = {
    "impressions": "Impressions",
    "clicks": "Clicks",
    "conversations": "Conversations",
    "leads": "Leads",
    "converted": "Converted leads",
}


def over_time(sheet: Sheet) -> Html:
    return tag(
        "section",
        tag("h2", "Over time", id="time"),
        tag("div", _leads(sheet).html(), *(one.html() for one in _spend(sheet)), class_="pair"),
        aria_labelledby="time",
    )


def _leads(sheet: Sheet) -> Figure:
    periods, grain = sheet.document.timeline, sheet.document.grain
    values = [
        charts.Column(
            since=one.since,
            until=one.until,
            label=numbers.period(grain, one.since, one.until),
            value=one.leads,
            shown=numbers.COUNT(one.leads),
            previous=one.previous_leads,
            previous_shown=numbers.COUNT(one.previous_leads) if one.previous_leads is not None else "",
        )
        for one in periods
    ]
    return Figure(
        key="leads",
        title=f"Leads per {grain}",
        spec=charts.columns(values, "leads", COUNTED, grain),
        description=_peak("Leads", values),
        legend=_legend("leads", "Leads", sheet),
        data=_table(sheet, "Leads", "timeline", ("leads", "previous_leads"), numbers.COUNT),
    )


def _spend(sheet: Sheet) -> list[Figure]:
    found = []
    for place, money in enumerate(sheet.document.money):
        if money.total.spend is None:
            continue
        style = numbers.amount(money.currency)
        values = [_amount(one, style, sheet.document.grain) for one in money.timeline]
        found.append(
            Figure(
                key=f"spend-{place}",
                title=f"Spend per {sheet.document.grain}, {money.currency}",
                spec=charts.columns(values, "spend", "Spend", sheet.document.grain),
                description=_peak("Spend", values),
                legend=_legend("spend", "Spend", sheet),
                data=_table(sheet, "Spend", f"money.{place}.timeline", ("spend", "previous_spend"), style),
            )
        )
    return found


def _amount(one: MoneyPeriod, style: Style, grain: str) -> charts.Column:
    return charts.Column(
        since=one.since,
        until=one.until,
        label=numbers.period(grain, one.since, one.until),
        value=one.spend,
        shown=style(one.spend),
        previous=one.previous_spend,
        previous_shown=style(one.previous_spend) if one.previous_spend is not None else "",
    )


def _legend(mark: str, meaning: str, sheet: Sheet) -> list[tuple[str, str]]:
    before = [("dash", "the days compared with")] if sheet.document.comparison else []
    return [(f"box {mark}", meaning), *before]


def _peak(measure: str, values: Sequence[charts.Column]) -> str:
    known = [one for one in values if one.value is not None]
    if not known:
        return "No figures."
    most = max(known, key=lambda one: Decimal(one.value or 0))
    least = min(known, key=lambda one: Decimal(one.value or 0))
    return (
        f"{measure} from {numbers.days(values[0].since, values[-1].until)}: "
        f"most {most.shown} on {most.label}, least {least.shown} on {least.label}."
    )


def _table(sheet: Sheet, label: str, path: str, measures: tuple[str, str], style: Style) -> DataTable:
    periods: Sequence[Period | MoneyPeriod] = sheet.value(path)
    shown = measures if sheet.document.comparison else measures[:1]
    rows = [
        tag(
            "tr",
            tag(
                "th",
                tag(
                    "time",
                    numbers.period(sheet.document.grain, one.since, one.until),
                    datetime=f"{one.since}/{one.until}",
                ),
                scope="row",
            ),
            *(sheet.number(f"{path}.{place}.{measure}", style, "td", class_="num") for measure in shown),
        )
        for place, one in enumerate(periods)
    ]
    head = (sheet.document.grain.capitalize(), label, "Compared with")[: 1 + len(shown)]
    return DataTable(head=head, rows=rows)


def funnel(sheet: Sheet) -> Html:
    return tag(
        "section",
        tag("h2", "From the ad to the revenue", id="funnel"),
        tag("div", _funnel(sheet).html(), _stages(sheet), class_="pair"),
        aria_labelledby="funnel",
    )


def _funnel(sheet: Sheet) -> Figure:
    bars = [
        charts.Bar(
            name=STAGES[one.stage],
            value=one.count or None,  # a logarithmic scale knows no zero
            shown=numbers.COUNT(one.count),
            more=f"{numbers.PERCENT(one.share)} of the stage before" if one.share is not None else "",
        )
        for one in sheet.document.funnel
    ]
    counts = [one.count for one in sheet.document.funnel if one.count]
    far_apart = bool(counts) and max(counts) > FAR_APART * min(counts)
    words = "; ".join(f"{bar.name}: {bar.shown}" for bar in bars)
    return Figure(
        key="funnel",
        title="How many went on at each stage",
        note="On a logarithmic scale, so that the small stages stay visible." if far_apart else None,
        spec=charts.bars(bars, "leads", "Number", logarithmic=far_apart),
        description=f"{words}.",
    )


def _stages(sheet: Sheet) -> Html:
    """The funnel in numbers, with what it brought in at its end."""
    currency = sheet.document.currency if sheet.document.total.spend is not None else None
    style = numbers.amount(currency) if currency else None
    head = ("Stage", "Number", "Of stage before", "Cost of each")[: 4 if style else 3]
    rows = [_stage(sheet, place, style) for place in range(len(sheet.document.funnel))]
    table = DataTable(head=head, rows=rows).html("The stages in numbers", shown=True)
    return tag("div", table, _brought_in(sheet), class_="card")


def _stage(sheet: Sheet, place: int, style: Style | None) -> Html:
    path = f"funnel.{place}"
    cells = [
        tag("th", STAGES[sheet.document.funnel[place].stage], scope="row"),
        sheet.number(f"{path}.count", numbers.COUNT, "td", class_="num"),
        sheet.number(f"{path}.share", numbers.PERCENT, "td", class_="num"),
    ]
    if style:
        cells.append(sheet.number(f"{path}.cost", style, "td", class_="num"))
    return tag("tr", *cells)


def _brought_in(sheet: Sheet) -> Html | None:
    lines = [
        tag(
            "p",
            "Revenue ",
            sheet.number(f"money.{place}.total.revenue", numbers.amount(money.currency), "strong"),
            *(
                [": ", sheet.number(f"money.{place}.total.roas", numbers.TIMES, "strong"), " the spend"]
                if money.total.roas
                else []
            ),
        )
        for place, money in enumerate(sheet.document.money)
        if money.total.revenue is not None
    ]
    return tag("div", *lines, class_="outcome") if lines else None
