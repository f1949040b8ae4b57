"""The charts as Vega-Lite. Data are values of fields with fixed names, and no expression is made of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from metaads_cli.render.report.channels import (
    HEIGHT,
    ROW,
    Spec,
    days_along,
    height_of,
    hover,
    hover_row,
    names,
    scaled_as,
    thick,
    tick,
    tones,
    upright,
    whole_ticks,
)
from metaads_cli.render.report.numbers import Number
from metaads_cli.render.report.theme import chart_config, light

LOCALE = {"decimal": ".", "thousands": "\u202f", "grouping": [3], "currency": ["", ""], "minus": "−"}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One period: its days, its figure and that of the days compared with, each also as text."""

    since: date
    until: date
    label: str
    value: Number | None
    shown: str
    previous: Number | None = None
    previous_shown: str = ""


@dataclass(frozen=True, kw_only=True)
class Bar:
    name: str
    value: Number | None
    shown: str
    tone: str = "plain"
    """plain, rest (of what is not shown by name), better, worse."""
    more: str = ""
    """What the tooltip adds."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """A day that is expected: within `low` and `high`."""

    day: date
    label: str
    expected: Number
    low: Number
    high: Number
    shown: str
    between: str


def columns(values: Sequence[Column], color: str, measure: str, grain: str = "day") -> Spec:
    """A figure over time: bars, with a dash at the height of the figure compared with."""
    ticks = whole_ticks(measure, (figure for one in values for figure in (one.value, one.previous)))
    layers: list[Spec] = []
    if any(one.value is not None for one in values):
        y = {"y": height_of("value", ticks), "y2": {"datum": 0}}
        layers.append({"name": "values", "mark": upright(color), "encoding": y})
    if any(one.previous for one in values):
        layers.append(
            {
                "name": "before",
                "transform": [{"filter": "datum.previous > 0"}],  # a dash on the axis says nothing
                "mark": {"type": "rule", "color": light("ink"), "strokeWidth": 1.5, "x2Offset": -1},
                "encoding": {"y": height_of("previous", ticks)},
            }
        )
    x = {"x": days_along("since", grain, [one.since for one in values]), "x2": {"field": "end"}}
    return _chart(
        [_column(one) for one in values], [*layers, hover(measure, "Compared with")], height=HEIGHT, encoding=x
    )


def bars(
    values: Sequence[Bar], color: str, measure: str, *, average: Number | None = None, logarithmic: bool = False
) -> Spec:
    """Names with their figures, above bars; `average` is a line through them."""
    start = 1 if logarithmic else 0
    end = max([start * 10, *(float(one) for one in (*(one.value for one in values), average) if one is not None)]) or 1
    scale = {"type": "log" if logarithmic else "linear", "domain": [start, end], "nice": False}
    x = {"field": "value", "type": "quantitative", "scale": scale, "axis": None}
    track = {"x": {"datum": start, **scaled_as(x)}, "x2": {"datum": end}}
    layers: list[Spec] = [
        {"mark": thick(light("track")), "encoding": track},
        {
            "name": "values",
            "transform": [{"filter": "isValid(datum.value)"}],
            "mark": thick(light(color)),
            "encoding": {"x": x, "x2": {"datum": start}, "color": tones(color)},
        },
        *names(max((len(one.shown) for one in values), default=0)),
        hover_row(measure),
    ]
    if all(one.value is None for one in values):
        del layers[1]
    if average is not None:
        x_of_average = {"datum": float(average), **scaled_as(x)}
        layers.insert(-3, {"name": "average", "mark": tick(light("ink"), 2), "encoding": {"x": x_of_average}})
    return _rows(values, layers)


def differences(values: Sequence[Bar], measure: str) -> Spec:
    """Names with what they gained, to the right, or lost, to the left."""
    largest = max((abs(float(one.value)) for one in values if one.value is not None), default=1) or 1
    scale = {"domain": [-largest, largest], "nice": False}
    x = {"field": "value", "type": "quantitative", "scale": scale, "axis": None}
    zero = {"datum": 0, **scaled_as(x)}
    layers: list[Spec] = [
        {
            "name": "values",
            "mark": thick(light("good")),
            "encoding": {"x": x, "x2": {"datum": 0}, "color": tones("spend")},
        },
        {"mark": tick(light("quiet"), 1), "encoding": {"x": zero}},
        *names(max((len(one.shown) for one in values), default=0)),
        hover_row(measure),
    ]
    return _rows(values, layers)


def expectation(past: Sequence[Column], values: Sequence[Span], color: str, measure: str) -> Spec:
    """What was, as bars, and what is expected: a line within the band of what is likely."""
    data = [_column(one) for one in past] + [_span(one) for one in values]
    days = [one.since for one in past] + [one.day for one in values]
    ticks = whole_ticks(measure, [*(one.value for one in past), *(one.high for one in values)])
    x, middle = {"x": days_along("since", "day", days)}, days_along("middle", "day", days)
    future = [{"filter": "isValid(datum.expected)"}]
    line = {"type": "line", "color": light(color), "strokeWidth": 2.5, "strokeDash": [5, 3], "interpolate": "monotone"}
    layers: list[Spec] = [
        {
            "name": "likely",
            "transform": future,
            "mark": {"type": "area", "color": light(color), "opacity": 0.2, "interpolate": "monotone"},
            "encoding": {"x": middle, "y": height_of("low", ticks), "y2": {"field": "high"}},
        },
        {
            "name": "expected",
            "transform": future,
            "mark": line,
            "encoding": {"x": middle, "y": height_of("expected", ticks)},
        },
        hover(measure, "Likely range", x2={"field": "end"}),
    ]
    if past:
        layers.insert(
            0,
            {
                "name": "values",
                "transform": [{"filter": "isValid(datum.value)"}],
                "mark": upright(color) | {"opacity": 0.45},
                "encoding": {"x2": {"field": "end"}, "y": height_of("value", ticks), "y2": {"datum": 0}},
            },
        )
    return _chart(data, layers, height=HEIGHT, encoding=x)


def _chart(values: list[Spec], layers: list[Spec], *, height: int, encoding: Spec) -> Spec:
    return {
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": {"left": 0, "right": 2, "top": 6, "bottom": 2},
        "data": {"values": values},
        "encoding": encoding,
        "layer": layers,
        "config": chart_config(),
    }


def _rows(values: Sequence[Bar], layers: list[Spec]) -> Spec:
    data = [
        {
            "key": key,
            "name": one.name,
            "value": _float(one.value),
            "shown": one.shown,
            "tone": one.tone,
            "more": one.more,
        }
        for key, one in enumerate(values)
    ]
    y = {"field": "key", "type": "ordinal", "axis": None, "scale": {"paddingInner": 0, "paddingOuter": 0}}
    return _chart(data, layers, height=ROW * len(data), encoding={"y": y})


def _column(one: Column) -> Spec:
    return _days(one.since, one.until) | {
        "label": one.label,
        "value": _float(one.value),
        "shown": one.shown,
        "previous": _float(one.previous),
        "previous_shown": one.previous_shown,
    }


def _span(one: Span) -> Spec:
    figures = {"expected": float(one.expected), "low": float(one.low), "high": float(one.high)}
    return _days(one.day, one.day) | figures | {"label": one.label, "shown": one.shown, "previous_shown": one.between}


def _days(since: date, until: date) -> Spec:
    """Days as JavaScript reads them: in UTC, whatever the reader's time zone is."""
    return {"since": f"{since}T00:00Z", "middle": f"{since}T12:00Z", "end": f"{until + timedelta(days=1)}T00:00Z"}


def _float(value: Number | None) -> float | None:
    """For drawing only: text is made of the exact number."""
    return None if value is None else float(Decimal(value))
