"""`filtering=[{"field":…,"operator":…,"value":…}]` on listings and insights (README 1.2, 3)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.params import Params
from metaads_cli.graph.simulator.refusals import refused
from metaads_cli.graph.simulator.statuses import effective_status
from metaads_cli.graph.simulator.world import Node, World

LEVELS = {"ad": Kind.AD, "adset": Kind.AD_SET, "campaign": Kind.CAMPAIGN}


@dataclass(frozen=True)
class Filter:
    """`level` is the prefix of the field ("ad" of "ad.id"), empty where there is none."""

    level: str
    name: str
    operator: str
    value: Any

    @property
    def texts(self) -> set[str]:
        return _texts(self.value)

    def accepts(self, actual: Any) -> bool:
        """An absent value passes only where something is excluded."""
        if actual is None:
            return self.operator.startswith("NOT") or self.operator == "NONE"
        return OPERATORS[self.operator](_plain(actual), self.value)


def filters(params: Params) -> tuple[Filter, ...]:
    """The filters of a call. Raises Refusal 100 for an unknown operator or a shape that is none."""
    given = params.json("filtering") or []
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise refused("filtering", "Param filtering must be an array of objects")
    return tuple(_filter(one) for one in given)


def _filter(given: dict[str, Any]) -> Filter:
    field, operator = str(given.get("field", "")), str(given.get("operator", ""))
    if operator not in OPERATORS:
        raise refused("filtering", f"Param filtering[operator] is not valid: {operator}")
    level, _, name = field.rpartition(".")
    return Filter(level, name, operator, given.get("value"))


def node_value(world: World, node: Node, name: str) -> Any:
    """What a filter compares: a field of the object itself."""
    if name == "id":
        return node.id
    if name == "effective_status":
        return effective_status(world, node)
    return node.values.get(name)


def passes(world: World, node: Node, wanted: Sequence[Filter]) -> bool:
    return all(_passes(world, node, one) for one in wanted)


def _passes(world: World, node: Node, one: Filter) -> bool:
    if not one.level:
        return one.accepts(node_value(world, node, one.name))
    if one.level not in LEVELS:
        raise refused("filtering", f"Filtering field '{one.level}.{one.name}' is not supported")
    related = world.parent(node, LEVELS[one.level])
    return related is not None and one.accepts(node_value(world, related, one.name))


def _plain(value: Any) -> Any:
    return int(value.timestamp()) if isinstance(value, datetime) else value


def _number(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise refused("filtering", "Param filtering[value] must be a number") from None


def _texts(value: Any) -> set[str]:
    return {str(item) for item in (value if isinstance(value, list) else [value])}


def _between(actual: Any, value: Any) -> bool:
    if not isinstance(value, list) or len(value) != 2:
        raise refused("filtering", "Param filtering[value] must hold two numbers")
    return _number(value[0]) <= _number(actual) <= _number(value[1])


def _folded(value: Any) -> str:
    return str(value).casefold()


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "EQUAL": lambda actual, value: str(actual) == str(value),
    "NOT_EQUAL": lambda actual, value: str(actual) != str(value),
    "GREATER_THAN": lambda actual, value: _number(actual) > _number(value),
    "GREATER_THAN_OR_EQUAL": lambda actual, value: _number(actual) >= _number(value),
    "LESS_THAN": lambda actual, value: _number(actual) < _number(value),
    "LESS_THAN_OR_EQUAL": lambda actual, value: _number(actual) <= _number(value),
    "IN_RANGE": _between,
    "NOT_IN_RANGE": lambda actual, value: not _between(actual, value),
    "CONTAIN": lambda actual, value: _folded(value) in _folded(actual),
    "NOT_CONTAIN": lambda actual, value: _folded(value) not in _folded(actual),
    "CONTAINS_ANY": lambda actual, value: any(_folded(one) in _folded(actual) for one in _texts(value)),
    "CONTAINS_ALL": lambda actual, value: all(_folded(one) in _folded(actual) for one in _texts(value)),
    "NOT_CONTAINS_ANY": lambda actual, value: not any(_folded(one) in _folded(actual) for one in _texts(value)),
    "STARTS_WITH": lambda actual, value: _folded(actual).startswith(_folded(value)),
    "ENDS_WITH": lambda actual, value: _folded(actual).endswith(_folded(value)),
    "IN": lambda actual, value: str(actual) in _texts(value),
    "NOT_IN": lambda actual, value: str(actual) not in _texts(value),
    "ANY": lambda actual, value: bool(_texts(actual) & _texts(value)),
    "ALL": lambda actual, value: _texts(value) <= _texts(actual),
    "NONE": lambda actual, value: not _texts(actual) & _texts(value),
    "AFTER": lambda actual, value: _number(actual) > _number(value),
    "BEFORE": lambda actual, value: _number(actual) < _number(value),
    "ON_OR_AFTER": lambda actual, value: _number(actual) >= _number(value),
    "ON_OR_BEFORE": lambda actual, value: _number(actual) <= _number(value),
}
