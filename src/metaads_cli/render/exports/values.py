"""What several formats share."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from metaads_cli.errors import InputError
from metaads_cli.models.export import ExportColumn


def utc_text(moment: datetime) -> str:
    """As JSON documents write it: 2026-10-10T12:00:00.123456Z."""
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def unfit(column: ExportColumn, value: Any, limit: str, hint: str) -> InputError:
    """The error for a value that a format cannot hold: it is refused, never rounded or cut."""
    shown = f"{value:f}" if isinstance(value, Decimal) else str(value)
    if len(shown) > 80:
        shown = f"{shown[:60]}… ({len(shown):,} characters)"
    return InputError(
        f"A value of the column {column.name} cannot be written exactly: {shown}; {limit}",
        hint=hint,
        details={"column": column.name},
    )
