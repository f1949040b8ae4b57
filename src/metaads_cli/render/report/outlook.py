"""What the next days may bring."""

from collections.abc import Sequence
from datetime import timedelta

from metaads_cli.models.forecast import ExpectedDay, ForecastSeries
from metaads_cli.render.report import charts, numbers
from metaads_cli.render.report.channels import COUNTED
from metaads_cli.render.report.figure import DataTable, Figure
from metaads_cli.render.report.markup import Html, Node, joined, tag
from metaads_cli.render.report.numbers import Style
from metaads_cli.render.report.sheet import Sheet

PAST_DAYS = 28
METHODS = {"weekday_level": "the recent level and the weekday", "seasonal_naive": "the same weekday of last week"}


def outlook(sheet: Sheet) -> Html:
    places = range(len(sheet.document.forecast.series))
    return tag(
        "section",
        tag("h2", "What to expect", id="outlook"),
        tag("div", *(_figure(sheet, place).html() for place in places if _days(sheet, place)), class_="pair"),
        *(_reason(sheet, place) for place in places if not _days(sheet, place)),
        None if _alike(sheet) else tag("p", "What is expected counts people by their first touch.", class_="note"),
        aria_labelledby="outlook",
    )


def _alike(sheet: Sheet) -> bool:
    """Whether the report counts people as the forecast does."""
    return sheet.document.attribution == "first"


def _days(sheet: Sheet, place: int) -> list[ExpectedDay]:
    return sheet.document.forecast.series[place].days


def _reason(sheet: Sheet, place: int) -> Html:
    """Why there is no forecast."""
    series = sheet.document.forecast.series[place]
    name = " ".join(filter(None, [series.metric.capitalize(), series.currency]))
    return tag("p", f"{name}: ", sheet.text(f"forecast.series.{place}.reason"), ".", class_="note")


def _figure(sheet: Sheet, place: int) -> Figure:
    series = sheet.document.forecast.series[place]
    leads = series.metric == "leads"
    # A part of a person is an artefact of the arithmetic; of a day it still tells 0.4 from 0.
    largest = numbers.largest(day.expected for day in series.days)
    style = numbers.ONE_DECIMAL if leads else numbers.amount(series.currency or "", largest)
    measure, color = (COUNTED, "leads") if leads else ("Spend", "spend")
    spans = [_span(day, style) for day in series.days]
    return Figure(
        key=f"forecast-{place}",
        title=f"{measure}, next {len(series.days)} days" + ("" if leads else f", {series.currency}"),
        note=_sentence(sheet, place, numbers.COUNT if leads else style),
        spec=charts.expectation(_past(sheet, series), spans, color, measure),
        description=f"{measure} expected per day: " + "; ".join(f"{one.label}: {one.shown}" for one in spans) + ".",
        legend=[(f"band {color}", "so far, and the likely range"), (f"line {color}", "expected")],
        data=_table(sheet, place, style),
    )


def _sentence(sheet: Sheet, place: int, style: Style) -> Node:
    path = f"forecast.series.{place}"
    if sheet.document.forecast.series[place].total is None:
        return None
    numbers_of_total = [sheet.number(f"{path}.total.{name}", style, "strong") for name in ("expected", "low", "high")]
    expected, low, high = numbers_of_total
    share = sheet.number("forecast.interval", numbers.WHOLE_PERCENT)
    method = METHODS.get(sheet.document.forecast.series[place].method or "")
    by = f", by {method}" if method else ""
    return joined("About ", expected, " in all, ", share, " likely between ", low, " and ", high, by, ".")


def _past(sheet: Sheet, series: ForecastSeries) -> list[charts.Column]:
    """The days that lead up to what is expected, where the report has them."""
    document = sheet.document
    before = series.days[0].day - timedelta(days=1)
    if document.grain != "day" or not document.timeline or document.timeline[-1].until < before:
        return []
    if series.metric == "leads":
        if not _alike(sheet):
            return []
        known = [(one.since, one.leads, numbers.COUNT(one.leads)) for one in document.timeline]
    else:
        style = numbers.amount(series.currency or "")
        money = next((one for one in document.money if one.currency == series.currency), None)
        known = [(one.since, one.spend, style(one.spend)) for one in money.timeline] if money else []  # type: ignore[misc]
    return [
        charts.Column(since=day, until=day, label=numbers.period("day", day, day), value=value, shown=shown)
        for day, value, shown in known[-PAST_DAYS:]
        if day <= before
    ]


def _span(day: ExpectedDay, style: Style) -> charts.Span:
    return charts.Span(
        day=day.day,
        label=numbers.period("day", day.day, day.day),
        expected=day.expected,
        low=day.low,
        high=day.high,
        shown=style(day.expected),
        between=f"{style(day.low)} – {style(day.high)}",
    )


def _table(sheet: Sheet, place: int, style: Style) -> DataTable:
    days: Sequence[ExpectedDay] = sheet.document.forecast.series[place].days
    rows = [
        tag(
            "tr",
            tag("th", tag("time", numbers.period("day", one.day, one.day), datetime=str(one.day)), scope="row"),
            *(
                sheet.number(f"forecast.series.{place}.days.{index}.{name}", style, "td", class_="num")
                for name in ("expected", "low", "high")
            ),
        )
        for index, one in enumerate(days)
    ]
    return DataTable(head=("Day", "Expected", "From", "To"), rows=rows)
