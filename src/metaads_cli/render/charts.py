"""Charts as text: bars for groups, columns for periods, the figures beside them. Plain ASCII off a terminal."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from metaads_cli.render.table import Column
from metaads_cli.render.text import can_draw

Figure = int | Decimal
GAP = 2
MOST_BARS = 15
WIDEST_BAR = 60
WIDEST_COLUMN = 8
NARROWEST_BAR = 8
NARROWEST_LABEL = 20
"""An id fits."""
HEIGHTS = (6, 4, 4)
"""Lines of columns by how many rows of them there are; LOW where there are more."""
LOW = 2
MOST_PANELS = 8
USUAL_WIDTH = 80
STYLE, NEGATIVE_STYLE = "cyan", "red"
_LABEL = Column("label", "")


@dataclass(frozen=True)
class Point:
    """One bar or column; an unknown value is a gap, zero is not."""

    label: str
    value: Figure | None


@dataclass(frozen=True)
class Chart:
    """One measure of groups, or over periods in order of time; `measure` says how its figures are written.

    `left_out` are periods with figures that are before the points.
    """

    title: str
    measure: Column
    points: Sequence[Point]
    periods: bool = False
    left_out: int = 0


@dataclass(frozen=True)
class Glyphs:
    """What is drawn with: for each direction a cell from empty to full."""

    right: str = " ▏▎▍▌▋▊▉█"
    left: str = " ▐█"
    up: str = " ▁▂▃▄▅▆▇█"
    down: str = " ▀█"
    axis: str = "│"
    ground: str = "─"
    cut: str = "…"
    unknown: str = "–"


UNICODE = Glyphs()
ASCII = Glyphs(right=" #", left=" #", up=" #", down=" #", axis="|", ground="-", cut="~", unknown="-")


def write(charts: Sequence[Chart], console: Console) -> None:
    """Print the charts that have a figure to show, an empty line before each."""
    width = console.width if console.is_terminal else _asked_width()
    for chart in charts:
        if any(point.value is not None for point in chart.points):
            for line in [Text(), *draw(chart, width, UNICODE if can_draw(console) else ASCII)]:
                line.rstrip()
                console.print(line, soft_wrap=True)


def _asked_width() -> int:
    """Off a terminal COLUMNS may say how wide a chart is; a pipe has no width."""
    asked = os.environ.get("COLUMNS", "")
    return int(asked) if asked.isdecimal() and int(asked) else USUAL_WIDTH


def draw(chart: Chart, width: int, glyphs: Glyphs) -> Iterator[Text]:
    """The lines of a chart, as wide as there is room: wider only where a figure would have to be cut."""
    yield Text(_LABEL.shown(chart.title), style="bold")
    yield from _columns(chart, width, glyphs) if chart.periods else _bars(chart, width, glyphs)


# --- lengths


@dataclass(frozen=True)
class _Scale:
    """Cells for what is below and above zero, in proportion to the lowest and the highest value."""

    low: Figure
    high: Figure
    below: int
    above: int

    @classmethod
    def of(cls, values: Sequence[Figure], cells: int) -> "_Scale":
        low, high = min([0, *values]), max([0, *values])
        if not low:
            return cls(low, high, 0, cells if high else 0)
        if not high:
            return cls(low, high, cells, 0)
        below = min(max(_rounded(-low, high - low, cells), 1), cells - 1)
        return cls(low, high, below, cells - below)

    def positive(self, value: Figure | None, levels: str) -> str:
        """From zero on, filled up to its room."""
        return _filled(value, self.high, self.above, levels) if value and value > 0 else " " * self.above

    def negative(self, value: Figure | None, levels: str) -> str:
        return _filled(-value, -self.low, self.below, levels) if value and value < 0 else " " * self.below


def _filled(value: Figure, most: Figure, cells: int, levels: str) -> str:
    """Of a value above zero something is always seen."""
    steps = len(levels) - 1
    whole, part = divmod(max(_rounded(value, most, cells * steps), 1), steps)
    return (levels[-1] * whole + levels[part] * bool(part)).ljust(cells)


def _rounded(part: Figure, whole: Figure, units: int) -> int:
    return round(Decimal(part) / Decimal(whole) * units)


def _known(points: Sequence[Point]) -> list[Figure]:
    return [point.value for point in points if point.value is not None]


def _figure(chart: Chart, value: Figure | None, glyphs: Glyphs) -> str:
    return glyphs.unknown if value is None else chart.measure.shown(value)


# --- bars


def _bars(chart: Chart, width: int, glyphs: Glyphs) -> Iterator[Text]:
    """The largest first, what is unknown last."""
    ranked = sorted(chart.points, key=lambda point: (point.value is None, -(point.value or 0)))
    shown = ranked[:MOST_BARS]
    figures = [_figure(chart, point.value, glyphs) for point in shown]
    figure_room = max(map(cell_len, figures))
    label_room = _label_room(shown, width - figure_room - 2 * GAP)
    room = min(max(width - label_room - figure_room - 2 * GAP, NARROWEST_BAR), WIDEST_BAR)
    values = _known(chart.points)
    scale = _Scale.of(values, room - any(value < 0 for value in values))
    for point, figure in zip(shown, figures, strict=True):
        label = _cut(_LABEL.shown(point.label), label_room, glyphs.cut)
        yield Text.assemble(f"{label}{' ' * GAP}{figure:>{figure_room}}{' ' * GAP}", *_bar(point.value, scale, glyphs))
    if rest := len(ranked) - len(shown):
        yield Text(f"and {rest:,} more")


def _label_room(points: Sequence[Point], room: int) -> int:
    longest = max(cell_len(_LABEL.shown(point.label)) for point in points)
    return min(longest, max(room * 3 // 5, NARROWEST_LABEL))


def _bar(value: Figure | None, scale: _Scale, glyphs: Glyphs) -> Iterator[tuple[str, str]]:
    if scale.below:
        yield scale.negative(value, glyphs.left)[::-1], NEGATIVE_STYLE
        yield glyphs.axis, ""
    yield scale.positive(value, glyphs.right), STYLE


def _cut(text: str, room: int, mark: str) -> str:
    """The text in its room: of a name, beginning and end tell it from others."""
    if cell_len(text) <= room:
        return set_cell_size(text, room)
    tail = text[-(room // 3) :]
    while cell_len(tail) > room // 3:
        tail = tail[1:]
    return set_cell_size(text, room - cell_len(tail) - cell_len(mark)) + mark + tail


# --- columns


def _columns(chart: Chart, width: int, glyphs: Glyphs) -> Iterator[Text]:
    """Each with its label and figure where they have room; else the scale beside them, in several rows on need."""
    figures = [_figure(chart, point.value, glyphs) for point in chart.points]
    slot = max(cell_len(text) for text in [*figures, *(point.label for point in chart.points)]) + GAP
    if slot * len(chart.points) <= width:
        yield from _picture(chart.points, _Scale.of(_known(chart.points), HEIGHTS[0]), slot, glyphs)
        yield Text("".join(point.label.center(slot) for point in chart.points))
        yield Text("".join(figure.center(slot) for figure in figures))
    else:
        yield from _panels(chart, width, glyphs)


def _panels(chart: Chart, width: int, glyphs: Glyphs) -> Iterator[Text]:
    margin = max(cell_len(chart.measure.shown(value)) for value in [0, *_known(chart.points)]) + 1
    room = max(width - margin, NARROWEST_BAR)
    points = chart.points[-room * MOST_PANELS :]
    if left_out := chart.left_out + len(_known(chart.points)) - len(_known(points)):
        yield Text(f"{left_out:,} before {points[0].label} left out")
    panels = [points[at : at + room] for at in range(0, len(points), room)]
    scale = _Scale.of(_known(points), HEIGHTS[len(panels) - 1] if len(panels) <= len(HEIGHTS) else LOW)
    slot = min(max(room // len(points), 1), WIDEST_COLUMN)
    for panel in panels:
        beside = _beside(chart, scale)
        for line in _picture(panel, scale, slot, glyphs):
            yield Text.assemble(f"{next(beside):>{margin - 1}} ", line)
        yield Text(" " * margin + _ends(panel, slot * len(panel)))
    yield _extremes(chart, points, glyphs)


def _picture(points: Sequence[Point], scale: _Scale, slot: int, glyphs: Glyphs) -> Iterator[Text]:
    """Line by line, from the highest to the ground, which is open under a gap, and from there to the lowest."""
    bar = min(slot - 1, WIDEST_COLUMN) or 1

    def line(cells: Sequence[str], style: str) -> Text:
        return Text("".join((cell * bar).center(slot) for cell in cells), style=style)

    above = [scale.positive(point.value, glyphs.up)[::-1] for point in points]
    below = [scale.negative(point.value, glyphs.down) for point in points]
    yield from (line(cells, STYLE) for cells in zip(*above, strict=True))
    yield Text("".join((" " if point.value is None else glyphs.ground) * slot for point in points))
    yield from (line(cells, NEGATIVE_STYLE) for cells in zip(*below, strict=True))


def _beside(chart: Chart, scale: _Scale) -> Iterator[str]:
    """The figures of the scale, line by line: the highest, zero at the ground, the lowest."""
    lines = [""] * (scale.above + 1 + scale.below)
    lines[0], lines[-1] = chart.measure.shown(scale.high), chart.measure.shown(scale.low)
    lines[scale.above] = chart.measure.shown(0)
    yield from lines


def _ends(points: Sequence[Point], room: int) -> str:
    first, last = points[0].label, points[-1].label
    between = room - len(first) - len(last)
    return f"{first}{' ' * between}{last}" if between >= GAP else first


def _extremes(chart: Chart, points: Sequence[Point], glyphs: Glyphs) -> Text:
    known = [point for point in points if point.value is not None]
    highest = max(known, key=lambda point: point.value or 0)
    lowest = min(known, key=lambda point: point.value or 0)
    said = [
        f"{word} {_figure(chart, point.value, glyphs)} ({point.label})"
        for word, point in (("highest", highest), ("lowest", lowest))
    ]
    return Text(", ".join(said))
