"""The first line of a patch: how it runs, and on what."""

import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, cast, get_args

from metaads_cli.errors import InputError

Mode = Literal["tx", "concurrent", "batched"]
MODES: tuple[str, ...] = get_args(Mode)
PATCH_NAME = re.compile(r"\d{4}_[a-z0-9_]+")
_LINE = re.compile(r"-- metaads:(?P<pairs>( +\w+=\S+)+) *")


@dataclass(frozen=True)
class Header:
    mode: Mode
    when: str | None = None
    """The table or schema without which the patch does not apply."""
    lock_timeout_ms: int = 100
    statement_timeout_ms: int = 15_000
    min_pg: int = 14
    requires: tuple[str, ...] = ()
    """The patches that must be in force before."""
    destructive: bool = False


def parse_header(path: Path, text: str, modes: tuple[str, ...] = MODES) -> Header:
    """Raises InputError naming the file, the line and what was expected."""
    match = _LINE.fullmatch(text.partition("\n")[0])
    if not match:
        raise InputError(f"{path}:1: expected a header such as '-- metaads: mode=tx when=public.patients'")
    pairs = dict(pair.split("=", 1) for pair in match["pairs"].split())
    known = {field.name for field in fields(Header)}
    if unknown := sorted(pairs.keys() - known):
        raise InputError(f"{path}:1: unknown key {unknown[0]!r} in the header; known are {', '.join(sorted(known))}")
    if pairs.get("mode") not in modes:
        raise InputError(f"{path}:1: mode is {pairs.get('mode')!r}; expected {_alternatives(modes)}")
    return Header(
        mode=cast("Mode", pairs["mode"]),
        when=pairs.get("when"),
        lock_timeout_ms=_number(path, pairs, "lock_timeout_ms", Header.lock_timeout_ms),
        statement_timeout_ms=_number(path, pairs, "statement_timeout_ms", Header.statement_timeout_ms),
        min_pg=_number(path, pairs, "min_pg", Header.min_pg),
        requires=_names(path, pairs.get("requires")),
        destructive=_yes_or_no(path, pairs, "destructive"),
    )


def _alternatives(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _yes_or_no(path: Path, pairs: dict[str, str], key: str) -> bool:
    value = pairs.get(key, "no")
    if value not in {"yes", "no"}:
        raise InputError(f"{path}:1: {key} is {value!r}; expected yes or no")
    return value == "yes"


def _number(path: Path, pairs: dict[str, str], key: str, default: int) -> int:
    value = pairs.get(key, str(default))
    if not value.isdecimal():
        raise InputError(f"{path}:1: {key} is {value!r}; expected a whole number")
    return int(value)


def _names(path: Path, value: str | None) -> tuple[str, ...]:
    names = tuple(value.split(",")) if value is not None else ()
    for name in names:
        if not PATCH_NAME.fullmatch(name):
            raise InputError(f"{path}:1: requires is {value!r}; expected names of patches, such as 0005_a,0007_b")
    return names
