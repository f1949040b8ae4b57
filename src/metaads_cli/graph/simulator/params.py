"""Parameters of a call: text or JSON, as each client likes to send them."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

import msgspec

from metaads_cli.graph.simulator.refusals import known, not_one_of, refused

_TRUE = {"true", "1"}
_FALSE = {"false", "0"}


def with_data(values: dict[str, Any]) -> dict[str, Any]:
    """The values that are not None: what has no data is absent from an answer."""
    return {name: value for name, value in values.items() if value is not None}


class Params(dict[str, Any]):
    """Name → value as sent. A reader raises Refusal with code 100 for a value it cannot take."""

    def text(self, name: str) -> str | None:
        value = self.get(name)
        return None if value is None else str(value)

    def json(self, name: str) -> Any:
        return decoded(name, self.get(name))

    def names(self, name: str) -> list[str]:
        """A list of texts, sent as JSON or with commas between (README 1.2: the SDK does both)."""
        value = self.get(name)
        if isinstance(value, str) and not value.lstrip().startswith(("[", '"')):
            return [part.strip() for part in value.split(",") if part.strip()]
        value = decoded(name, value)
        return [str(item) for item in (value if isinstance(value, list) else [value] if value is not None else [])]

    def whole(self, name: str) -> int | None:
        value = self.get(name)
        return None if value is None or value == "" else whole(name, value)

    def flag(self, name: str) -> bool | None:
        value = self.get(name)
        return None if value is None else flag(name, value)

    def choices(self, name: str, allowed: Sequence[str]) -> list[str]:
        """Texts out of an enum; any other is refused by its position."""
        values = self.names(name)
        for position, value in enumerate(values):
            if value not in allowed:
                raise not_one_of(f"{name}[{position}]", allowed)
        return values


def decoded(name: str, value: Any) -> Any:
    """A nested value: as it is in a JSON body, as JSON text anywhere else."""
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeEncodeError):
        raise refused(name, f"Param {name} must be valid JSON") from None


def whole(name: str, value: Any) -> int:
    """An integer; minor units have no fraction (README 4.6)."""
    number = str(value).strip().removesuffix(".0")
    if isinstance(value, bool) or not number.removeprefix("-").isdecimal():
        raise refused(name, f"Param {name} must be an integer")
    return int(number)


def flag(name: str, value: Any) -> bool:
    """`true`, `false`, `0`, `1`, `"True"` (README 3)."""
    text = str(value).lower()
    if text not in _TRUE | _FALSE:
        raise refused(name, f"Param {name} must be a boolean")
    return text in _TRUE


def moment(name: str, value: Any, zone: tzinfo) -> datetime | None:
    """A time on write: ISO 8601 with or without a zone, or unix seconds; 0 is none (README 3, 4.2)."""
    text = str(value).strip()
    try:
        if text.isdigit():
            return datetime.fromtimestamp(int(text), UTC) if int(text) else None
        parsed = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise refused(name, f"Param {name} must be a valid date and time") from None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)).astimezone(UTC)


def refuse_removed(params: Params) -> None:
    """What v26 took away for all versions (README 0)."""
    if "date_format" in params:
        raise known(100, message="(#100) The date_format parameter is deprecated in v26.0+.")
