"""Payloads of every shape for tests: the case files, and what comes out of them."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from metaads_cli.models.referral import Referral
from metaads_cli.referrals.decoding import decode_form
from metaads_cli.referrals.shapes import SHAPES

CASES = Path(__file__).parent / "cases"
NO_SHAPE = "unknown"
FILES = [
    path
    for folder in (*SHAPES, NO_SHAPE)
    for path in sorted((CASES / folder).iterdir())
    if not path.name.endswith(".expected.json")
]


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def documents(path: Path) -> list[Any]:
    """As they are read from a file: lines, a form, the items of an array."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in text.splitlines()]
    if path.suffix == ".form":
        return [decode_form(text.strip().encode())]
    value = json.loads(text)
    return value if isinstance(value, list) else [value]


def expected(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.with_suffix(".expected.json").read_text(encoding="utf-8"))
    return found


def told(referral: Referral) -> dict[str, Any]:
    """The normal form as the case files have it: without what is not known, and without `raw`."""
    fields: dict[str, Any] = msgspec.to_builtins(referral)
    del fields["raw"]
    fields["receiver"] = {key: value for key, value in fields["receiver"].items() if value is not None}
    return {key: value for key, value in fields.items() if value not in (None, False, {})}


def parts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every part of a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from parts(item, (*path, key))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    changed = copy.copy(value)
    changed[path[0]] = replaced(value[path[0]], path[1:], new)
    return changed
