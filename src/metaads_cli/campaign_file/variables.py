"""`${name}` in values: from the file's `vars`, over which the command line goes."""

import re
from collections.abc import Mapping

from metaads_cli.campaign_file.nodes import Entry, ListNode, MapNode, Node, ScalarNode
from metaads_cli.campaign_file.problems import Loc, Problem, nearest, path_of
from metaads_cli.campaign_file.reader import MOST_CHARACTERS

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_USE = re.compile(r"\$\$\{|\$\{([^${}\n]*)\}|\$\{")


class Variables:
    """The values of one document; what is wrong with their uses is in `problems`."""

    def __init__(self, root: MapNode, given: Mapping[str, str]):
        self.problems: list[Problem] = []
        self._room = MOST_CHARACTERS
        own = self._own(root)
        self._values = {**own, **given}
        self._unused = set(own)

    def _own(self, root: MapNode) -> dict[str, str]:
        entry = root.entries.get("vars")
        if entry is None or not isinstance(entry.value, MapNode):
            return {}
        values = {}
        for name, one in entry.value.entries.items():
            # What is no text is told of as that, and not as undefined, too.
            if isinstance(one.value, ScalarNode):
                values[name] = self._own_value(one.value, ("vars", name))
        return values

    def _own_value(self, node: ScalarNode, loc: Loc) -> str:
        if any(use[0] != "$${" for use in _USE.finditer(node.text)):
            self._problem(node, loc, "a variable's value uses no other variable; write $${ for the characters ${")
        return node.text.replace("$${", "${")

    def unused(self) -> list[str]:
        """Those of the file's own that `substituted` met no use of."""
        return sorted(self._unused)

    def substituted(self, root: MapNode) -> MapNode:
        """The document with every use replaced; keys and `vars` itself stay."""
        entries = {
            key: entry if key == "vars" else Entry(entry.key_place, self._in(entry.value, (key,)))
            for key, entry in root.entries.items()
        }
        return MapNode(root.place, entries)

    def _in(self, node: Node, loc: Loc) -> Node:
        if isinstance(node, MapNode):
            inner = {key: Entry(one.key_place, self._in(one.value, (*loc, key))) for key, one in node.entries.items()}
            return MapNode(node.place, inner)
        if isinstance(node, ListNode):
            return ListNode(node.place, tuple(self._in(one, (*loc, index)) for index, one in enumerate(node.items)))
        if not isinstance(node.value, str) or "${" not in node.value:
            return node
        text = _USE.sub(lambda use: self._value(use, node, loc), node.value)
        return ScalarNode(node.place, text, node.text)

    def _value(self, use: re.Match[str], node: ScalarNode, loc: Loc) -> str:
        name = use[1]
        self._unused.discard(name or "")
        if use[0] == "$${":
            return "${"
        if name is None or not NAME.fullmatch(name):
            self._problem(node, loc, "`${` begins a variable such as ${promo}; write $${ for the characters themselves")
        elif name not in self._values:
            near = nearest(name, list(self._values))
            told = f"the variable {name} is not defined: add it to `vars`, or give --var {name}=…"
            self._problem(node, loc, told, f"${{{near}}}" if near else None)
        else:
            return self._spent(use, self._values[name], node, loc)
        return use[0]

    def _spent(self, use: re.Match[str], value: str, node: ScalarNode, loc: Loc) -> str:
        """Long values used often must not fill the memory."""
        had_room = self._room >= 0
        self._room -= len(value)
        if self._room >= 0:
            return value
        if had_room:
            self._problem(node, loc, f"the variables' values come to more than {MOST_CHARACTERS:,} characters")
        return use[0]

    def _problem(self, node: Node, loc: Loc, message: str, suggestion: str | None = None) -> None:
        problem = Problem(place=node.place, path=path_of(loc), message=message, suggestion=suggestion)
        self.problems.append(problem)
