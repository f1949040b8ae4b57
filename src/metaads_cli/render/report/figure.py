"""A chart in its place: a title, what it is in words, the drawing, and its data as a table."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from metaads_cli.render.report import drawing
from metaads_cli.render.report.channels import Spec
from metaads_cli.render.report.markup import Html, Node, joined, json_in_script, tag


@dataclass(frozen=True, kw_only=True)
class DataTable:
    """What a chart shows, in words and numbers: cells are made as `td` and `th` already."""

    head: tuple[str, ...]
    rows: list[Html]

    def html(self, caption: str, *, shown: bool = False) -> Html:
        """`shown`: with its caption to be seen."""
        titles = (
            tag("th", title, scope="col", class_=None if place == 0 else "num") for place, title in enumerate(self.head)
        )
        return tag(
            "div",
            tag(
                "table",
                tag("caption", caption, class_=None if shown else "sr"),
                tag("thead", tag("tr", *titles)),
                tag("tbody", *self.rows),
            ),
            class_="scroll",
            tabindex="0",
            role="region",
            aria_label=caption,
        )


@dataclass(frozen=True, kw_only=True)
class Figure:
    """`key` names the chart in the page; `description` is for those who do not see it."""

    key: str
    title: str
    note: Node = None
    spec: Spec
    description: str
    legend: Sequence[tuple[str, Node]] = ()
    """(mark, meaning)"""
    data: DataTable | None = None
    """None where the figures stand beside the chart."""

    def html(self) -> Html:
        title, legend = (
            f"{self.key}-title",
            (tag("li", tag("i", class_=mark), meaning) for mark, meaning in self.legend),
        )
        return tag(
            "figure",
            tag("h3", self.title, id=title),
            tag("p", self.note, class_="note") if self.note else None,
            tag("ul", *legend, class_="legend") if self.legend else None,
            tag(
                "div",
                self._drawings(),
                tag("div", class_="live", aria_hidden="true"),
                tag("script", json_in_script(json.dumps(self.spec, ensure_ascii=False)), type="application/json"),
                class_="chart",
                role="img",
                aria_label=f"{self.title}. {self.description}",
                data_chart=self.key,
            ),
            tag("details", tag("summary", "The figures"), self.data.html(self.title)) if self.data else None,
            class_="card figure",
            aria_labelledby=title,
        )

    def _drawings(self) -> Html:
        wide, narrow = (drawing.drawing(self.spec, width) for width in (drawing.WIDE, drawing.NARROW))
        return joined(
            tag("div", wide, class_="still wide", aria_hidden="true"),
            tag("div", narrow, class_="still narrow", aria_hidden="true"),
        )
