"""What the charts have in common: axes, marks, names, what answers to the pointer."""

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from metaads_cli.render.report.numbers import Number
from metaads_cli.render.report.theme import light

Spec = dict[str, Any]
HEIGHT = 210
ROW = 42
"""The height of a bar with its name above it."""
COUNTED = "Leads"
"""The measure of which there are no parts."""
FEW = 4
LABELS = 6
"""So many dates have room below a chart on a phone."""
# 1 250 000 as 1.25 M, 12 500 as 12.5 k: an axis says a number as people do.
_SHORT = (
    "abs(datum.value) >= 1e9 ? format(datum.value / 1e9, '.3~r') + '\u202fbn'"
    " : abs(datum.value) >= 1e6 ? format(datum.value / 1e6, '.3~r') + '\u202fM'"
    " : abs(datum.value) >= 1e4 ? format(datum.value / 1e3, '.3~r') + '\u202fk'"
    " : format(datum.value, ',.12~g')"
)


def days_along(field: str, grain: str, starts: Sequence[date]) -> Spec:
    """A label under the middle of a day or a month, and at the beginning of a week, which is named by its first day."""
    into = {"day": timedelta(hours=12), "week": timedelta(0), "month": timedelta(days=14)}[grain]
    every = -(-len(starts) // LABELS) or 1
    labels = [datetime.combine(one, time.min) + into for one in starts[::every]]
    axis = {
        "title": None,
        "format": "%b %Y" if grain == "month" else "%-d %b",
        "values": [
            {"year": one.year, "month": one.month, "date": one.day, "hours": one.hour, "utc": True} for one in labels
        ],
        "labelAlign": "left" if grain == "week" else "center",
        "labelOverlap": "greedy",
        "labelSeparation": 8,
    }
    return {"field": field, "type": "temporal", "scale": {"type": "utc", "nice": False}, "axis": axis}


def height_of(field: str, ticks: list[int] | None) -> Spec:
    axis: Spec = {"title": None, "labelExpr": _SHORT}
    axis |= {"tickCount": 4} if ticks is None else {"values": ticks}
    return {"field": field, "type": "quantitative", "axis": axis}


def whole_ticks(measure: str, values: Iterable[Number | None]) -> list[int] | None:
    """Of what there are no parts, and few: each number. None: as they come."""
    largest = max((value for value in values if value is not None), default=Decimal(0))
    return list(range(math.ceil(largest) + 1)) if measure == COUNTED and largest <= FEW else None


def scaled_as(channel: Spec) -> Spec:
    return {"type": channel["type"], "scale": channel["scale"], "axis": None}


def upright(color: str) -> Spec:
    return {"type": "rect", "color": light(color), "x2Offset": -1, "cornerRadiusTopLeft": 2, "cornerRadiusTopRight": 2}


def thick(color: str) -> Spec:
    return {"type": "bar", "color": color, "height": 10, "yOffset": 9, "cornerRadius": 2}


def tick(color: str, thickness: int) -> Spec:
    """A line through a bar."""
    return {"type": "tick", "color": color, "thickness": thickness, "size": 18, "yOffset": 9}


def tones(color: str) -> Spec:
    """The colours of bars, by fixed words."""
    tones = {"plain": color, "rest": "quiet", "better": "good", "worse": "bad"}
    scale = {"domain": list(tones), "range": [light(name) for name in tones.values()]}
    return {"field": "tone", "type": "nominal", "scale": scale, "legend": None}


def names(longest: int) -> list[Spec]:
    """The name above a bar, cut where the figure at the right, of at most so many characters, needs the room."""
    room = 20 + 8 * longest
    text = {"type": "text", "baseline": "middle", "yOffset": -8, "fontSize": 13}
    return [
        {
            "mark": text | {"align": "left", "color": light("ink"), "limit": {"expr": f"max(60, width - {room})"}},
            "encoding": {"text": {"field": "name"}, "x": {"value": 0}},
        },
        {
            "mark": text | {"align": "right", "color": light("ink"), "fontWeight": 600},
            "encoding": {"text": {"field": "shown"}, "x": {"value": "width"}},
        },
    ]


def hover(measure: str, beside: str, **encoding: Spec) -> Spec:
    """The whole height of a period answers to the pointer; `beside` is what the second figure is."""
    return {
        "name": "hover",
        "mark": {"type": "rect", "color": light("ink"), "opacity": 0},
        "encoding": {
            **encoding,
            "y": {"value": 0},
            "y2": {"value": HEIGHT},
            "tooltip": [
                {"field": "label", "type": "nominal", "title": "title"},
                {"field": "shown", "type": "nominal", "title": measure},
                {"field": "previous_shown", "type": "nominal", "title": beside},
            ],
        },
    }


def hover_row(measure: str) -> Spec:
    return {
        "name": "hover",
        "mark": {"type": "rect", "color": light("ink"), "opacity": 0},
        "encoding": {
            "x": {"value": 0},
            "x2": {"value": "width"},
            "tooltip": [
                {"field": "name", "type": "nominal", "title": "title"},
                {"field": "shown", "type": "nominal", "title": measure},
                {"field": "more", "type": "nominal", "title": "more"},
            ],
        },
    }
