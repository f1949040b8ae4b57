"""What an export is made of: columns that say what their values are, rows, and the summary of what was written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import msgspec

from metaads_cli.models.statistics import Window

Kind = Literal["text", "json", "number", "count", "amount", "flag", "day", "moment"]
"""`json` is a JSON document as text; `number` and `count` are whole, the latter a quantity; `amount` is an exact
decimal; `moment` has a time zone."""
Value = str | int | Decimal | bool | date | datetime | None
Row = Sequence[Value]
Write = Callable[[Sequence[Row]], None]
"""Takes rows, one at least, each with a value for every column; None is unknown."""


@dataclass(frozen=True)
class ExportColumn:
    name: str
    kind: Kind = "text"


class ExportedTenant(msgspec.Struct, frozen=True, kw_only=True):
    tenant_id: int
    rows: int
    window: Window


class ExportReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.export/1"):
    """What was written into a file. `what` is insights, leads or stats; a pipe or a device has no `bytes`."""

    what: str
    format: str
    file: str
    bytes: int | None
    rows: int
    tenants: list[ExportedTenant]
    warnings: list[str] = []
