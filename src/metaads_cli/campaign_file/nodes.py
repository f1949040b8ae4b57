"""A YAML document as a tree whose every value and key knows its place."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from metaads_cli.campaign_file.problems import Loc
from metaads_cli.models.campaign import Place

Scalar = str | int | Decimal | bool | None


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """`text` is what the file has, without quotes."""

    place: Place
    value: Scalar
    text: str


@dataclass(frozen=True, slots=True)
class ListNode:
    place: Place
    items: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Entry:
    key_place: Place
    value: "Node"


@dataclass(frozen=True, slots=True)
class MapNode:
    place: Place
    entries: Mapping[str, Entry]


Node = ScalarNode | ListNode | MapNode


def child(node: Node, step: str | int) -> Node | None:
    if isinstance(node, MapNode) and isinstance(step, str) and step in node.entries:
        return node.entries[step].value
    if isinstance(node, ListNode) and isinstance(step, int) and 0 <= step < len(node.items):
        return node.items[step]
    return None


def node_at(root: Node, loc: Loc) -> Node | None:
    node: Node | None = root
    for step in loc:
        if node is None:
            return None
        node = child(node, step)
    return node


def deepest(root: Node, loc: Loc) -> Node:
    """The node at `loc`, or the nearest one above it that is there."""
    node = root
    for step in loc:
        inner = child(node, step)
        if inner is None:
            return node
        node = inner
    return node


def plain(node: Node) -> Any:
    """Without places, and without keys that have no value: those are told of by `empty_values`."""
    if isinstance(node, MapNode):
        return {key: plain(entry.value) for key, entry in node.entries.items() if not is_empty(entry.value)}
    if isinstance(node, ListNode):
        return [plain(item) for item in node.items if not is_empty(item)]
    return node.value


def is_empty(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.value is None


def empty_values(node: Node, loc: Loc = ()) -> list[Loc]:
    """Where a key or a list's item has no value."""
    if isinstance(node, MapNode):
        return [found for key, entry in node.entries.items() for found in empty_values(entry.value, (*loc, key))]
    if isinstance(node, ListNode):
        return [found for index, item in enumerate(node.items) for found in empty_values(item, (*loc, index))]
    return [loc] if node.value is None else []
