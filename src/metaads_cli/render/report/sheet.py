"""The document as a page reads it: a number is named by its path, and bears it in the page."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from metaads_cli.models.report import ReportDocument
from metaads_cli.render.report import numbers
from metaads_cli.render.report.markup import Html, Node, joined, tag
from metaads_cli.render.report.numbers import Style

BETTER_UP = frozenset(
    {"leads", "converted", "appointments", "conversion_rate", "conversations", "ctr", "revenue", "roas"}
)
RATES = frozenset({"conversion_rate", "ctr"})
BETTER_DOWN = frozenset({"cost_per_lead", "cost_per_conversion", "cpc"})


class Sheet:
    """What is shown comes from the document by a path such as `money.0.total.spend`, never from elsewhere: a page
    cannot say another number than the document."""

    def __init__(self, document: ReportDocument):
        self.document = document

    def value(self, path: str) -> Any:
        """None where a step of the path is unknown."""
        found: Any = self.document
        for step in path.split("."):
            found = _step(found, step)
        return found

    def number(self, path: str, style: Style, element: str = "span", **attributes: str | None) -> Html:
        value = self.value(path)
        return tag(element, style(value), data_path=path, data_value=exact(value), **attributes)

    def text(self, path: str) -> Html:
        return tag("span", self.value(path), data_text=path)

    def change(self, path: str, measure: str) -> Html:
        """An arrow with what the measure under `path` changed by: of a rate in points, of all else in percent where
        there is something to divide by."""
        absolute, relative = self.value(f"{path}.absolute"), self.value(f"{path}.relative")
        if absolute is None:
            return tag("span", "–", class_="change", data_path=f"{path}.absolute", data_value="")
        if measure in RATES:
            shown = self.number(f"{path}.absolute", numbers.SIGNED_POINTS)
        elif relative is not None:
            shown = self.number(f"{path}.relative", numbers.SIGNED_PERCENT)
        else:
            shown = self.number(f"{path}.absolute", numbers.SIGNED_COUNT)
        arrow = tag("span", "▲" if absolute > 0 else "▼" if absolute else "=", class_="arrow", aria_hidden="true")
        return tag("span", arrow, " ", shown, class_=f"change {judgement(measure, absolute) or ''}".strip())


def judgement(measure: str, difference: Decimal | int) -> str | None:
    """`better` or `worse`; None where it is neither: more spend is no merit and no fault."""
    if not difference or measure not in BETTER_UP | BETTER_DOWN:
        return None
    return "better" if (difference > 0) == (measure in BETTER_UP) else "worse"


def exact(value: Decimal | int | None) -> str:
    """As a program reads it; empty where it is unknown."""
    return "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)


def when(since: date | None, until: date | None) -> Html:
    """The days of a window."""
    if since and until:
        return tag("time", numbers.days(since, until), datetime=f"{since}/{until}")
    bounds: list[Node] = [f"from {numbers.day(since)} on"] if since else []
    bounds += [f"until {numbers.day(until)}"] if until else []
    return joined(*(tag("time", bound) for bound in bounds)) if bounds else tag("span", "all time")


def _step(found: Any, step: str) -> Any:
    if found is None:
        return None
    if isinstance(found, Mapping):
        return found.get(step)
    return found[int(step)] if isinstance(found, Sequence) else getattr(found, step)
