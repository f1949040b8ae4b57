"""The `fields` parameter: names, nested selections and the modifiers of edges.

name,adset{id,name},ads.limit(2).effective_status(['ACTIVE']){id}
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from metaads_cli.graph.simulator.params import Params
from metaads_cli.graph.simulator.refusals import Refusal, known

_OPEN, _CLOSE = "([{", ")]}"


@dataclass(frozen=True)
class Field:
    """One wanted field; `modifiers` are the parameters of an edge, `nested` what is wanted of each object there."""

    name: str
    modifiers: Mapping[str, Any] = field(default_factory=dict)
    nested: tuple["Field", ...] | None = None

    @property
    def key(self) -> str:
        """Under which name the answer holds it."""
        return str(self.modifiers.get("as", self.name))

    def params(self) -> Params:
        return Params({name: value for name, value in self.modifiers.items() if name != "as"})


def wanted_fields(params: Params) -> tuple[Field, ...]:
    """What a call asks for: a comma list, or a JSON list of such texts (README 1.2)."""
    value = params.get("fields")
    if isinstance(value, str) and value.lstrip().startswith("["):
        value = params.json("fields")
    if isinstance(value, list):
        value = ",".join(str(item) for item in value)
    return parse(str(value)) if value else ()


def parse(text: str) -> tuple[Field, ...]:
    """The fields of a selection. Raises Refusal 2500 where it cannot be read."""
    return tuple(_field(part) for part in _split(text, ",") if part.strip())


def _split(text: str, separator: str) -> list[str]:
    """Split where no bracket or quote is open."""
    parts, depth, start, quote = [], 0, 0, ""
    for position, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in _OPEN:
            depth += 1
        elif character in _CLOSE:
            depth -= 1
        elif character == separator and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    if depth or quote:
        raise _unreadable(text)
    return [*parts, text[start:]]


def _field(text: str) -> Field:
    head, brace, rest = _cut_nested(text.strip())
    name, *calls = _split(head, ".")
    if not name.replace("_", "").isalnum():
        raise _unreadable(text)
    return Field(name, dict(_modifier(call) for call in calls), parse(rest) if brace else None)


def _cut_nested(text: str) -> tuple[str, bool, str]:
    """`ads.limit(2){id}` → what is before the outer braces, and what is inside."""
    if not text.endswith("}"):
        return text, False, ""
    depth = 0
    for position, character in enumerate(text):
        if character == "{" and depth == 0:
            return text[:position], True, text[position + 1 : -1]
        depth += (character == "(") - (character == ")")
    raise _unreadable(text)


def _modifier(call: str) -> tuple[str, Any]:
    name, bracket, argument = call.partition("(")
    if not bracket or not argument.endswith(")"):
        raise _unreadable(call)
    argument = argument[:-1]
    if argument.lstrip()[:1] in {"[", "{"}:
        # Inside a selection Meta takes single quotes for JSON's double ones.
        try:
            return name, msgspec.json.decode(argument.replace("'", '"'))
        except msgspec.DecodeError:
            raise _unreadable(call) from None
    return name, argument.strip().strip("'\"")


def _unreadable(text: str) -> Refusal:
    return known(2500, message=f"Syntax error in the field expansion: {text[:80]}")
