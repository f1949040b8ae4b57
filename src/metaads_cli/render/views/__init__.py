"""How each result document looks as a table."""

from typing import TYPE_CHECKING

import msgspec

from metaads_cli.render.table import Table
from metaads_cli.render.views import (
    campaigns,
    directory,
    exports,
    forecasts,
    migrations,
    people,
    performance,
    pipeline,
    statistics,
)
from metaads_cli.render.views.parts import Items, Views

if TYPE_CHECKING:
    from metaads_cli.render.charts import Chart

_VIEWS: Views = {
    **campaigns.VIEWS,
    **directory.VIEWS,
    **exports.VIEWS,
    **forecasts.VIEWS,
    **migrations.VIEWS,
    **people.VIEWS,
    **performance.VIEWS,
    **pipeline.VIEWS,
    **statistics.VIEWS,
}
_ITEMS: Items = {
    **campaigns.ITEMS,
    **directory.ITEMS,
    **forecasts.ITEMS,
    **migrations.ITEMS,
    **people.ITEMS,
    **performance.ITEMS,
    **statistics.ITEMS,
}


def table_of(result: msgspec.Struct) -> Table:
    return _VIEWS[type(result)](result)


def items_of(result: msgspec.Struct) -> list[object]:
    """What `jsonl` writes a line each for: the rows of a list, or the one document."""
    name = _ITEMS.get(type(result))
    return list(getattr(result, name)) if name else [result]


def charts_of(result: msgspec.Struct) -> "list[Chart]":
    """What is drawn under its table, where it has something to draw."""
    from metaads_cli.render.views import trends

    make = trends.CHARTS.get(type(result))
    return make(result) if make else []
