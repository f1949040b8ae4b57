"""What every view is made of."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from metaads_cli.render.table import Cell, Column, Table

if TYPE_CHECKING:
    from metaads_cli.render.charts import Chart

Views = Mapping[type[msgspec.Struct], Callable[[Any], Table]]
Items = Mapping[type[msgspec.Struct], str]
"""The field of a document that `jsonl` writes a line for each of."""
Charts = Mapping[type[msgspec.Struct], Callable[[Any], "list[Chart]"]]


def values(item: object, columns: tuple[Column, ...]) -> list[Cell]:
    return [getattr(item, column.key) for column in columns]


def listing(items: list[Any], columns: tuple[Column, ...], **more: Any) -> Table:
    return Table(columns, [values(item, columns) for item in items], **more)


def record(result: msgspec.Struct, *facts: tuple[Column, str]) -> Table:
    """One record: (column, note) for each of its values."""
    columns = tuple(column for column, _ in facts)
    return Table(columns, [values(result, columns)], notes=[note for _, note in facts])
