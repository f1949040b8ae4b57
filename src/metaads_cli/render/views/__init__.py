"""How each result document looks as a table."""

import msgspec

from metaads_cli.render.table import Table
from metaads_cli.render.views import campaigns, directory, migrations, pipeline, statistics
from metaads_cli.render.views.parts import Items, Views

_VIEWS: Views = {
    **campaigns.VIEWS,
    **directory.VIEWS,
    **migrations.VIEWS,
    **pipeline.VIEWS,
    **statistics.VIEWS,
}
_ITEMS: Items = {**campaigns.ITEMS, **directory.ITEMS, **migrations.ITEMS, **statistics.ITEMS}


def table_of(result: msgspec.Struct) -> Table:
    return _VIEWS[type(result)](result)


def items_of(result: msgspec.Struct) -> list[object]:
    """What `jsonl` writes a line each for: the rows of a list, or the one document."""
    name = _ITEMS.get(type(result))
    return list(getattr(result, name)) if name else [result]
