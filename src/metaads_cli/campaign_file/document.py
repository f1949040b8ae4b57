"""One document of a file under reading: its tree, what is wrong with it, and what is worth a warning."""

from collections.abc import Callable, Iterable, Sequence
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from metaads_cli.campaign_file.fields import OURS
from metaads_cli.campaign_file.nodes import (
    ListNode,
    MapNode,
    Node,
    Scalar,
    ScalarNode,
    deepest,
    empty_values,
    node_at,
    plain,
)
from metaads_cli.campaign_file.problems import Finding, Loc, Problem, nearest, path_of
from metaads_cli.models.campaign import Place

P = TypeVar("P", bound=BaseModel)

# Old names → ours, which are too far from them to be found by likeness.
_SYNONYMS = {
    "optimization_goal": "optimize_for",
    "destination_type": "destination",
    "title": "headline",
    "body": "text",
    "message": "text",
    "url": "link",
    "cta": "call_to_action",
    "objective": "campaign_objective",
    "name": "campaign_name",
    "start_time": "start",
    "end_time": "end",
    "languages": "locales",
    "pixel_id": "pixel",
    "page_id": "page",
    "account_id": "account",
    "daily_budget": "budget",
}


class Document:
    """`exists` says whether a file is there; without it no file is looked for."""

    def __init__(self, root: MapNode, exists: Callable[[str], bool] | None = None):
        self.root = root
        self.exists = exists
        self.problems: list[Problem] = []
        self.warnings: list[str] = []
        self._meant: set[Loc] = set()

    def place(self, loc: Loc = ()) -> Place:
        return deepest(self.root, loc).place

    def key_place(self, loc: Loc) -> Place:
        parent = node_at(self.root, loc[:-1])
        if isinstance(parent, MapNode) and isinstance(loc[-1], str) and loc[-1] in parent.entries:
            return parent.entries[loc[-1]].key_place
        return self.place(loc)

    def has(self, loc: Loc) -> bool:
        return node_at(self.root, loc) is not None

    def value(self, loc: Loc) -> Scalar:
        """None where there is nothing, or no single value."""
        node = node_at(self.root, loc)
        return node.value if isinstance(node, ScalarNode) else None

    def length(self, loc: Loc) -> int:
        node = node_at(self.root, loc)
        return len(node.items) if isinstance(node, ListNode) else 0

    def check_unique_keys(self, loc: Loc) -> None:
        seen: dict[Any, int] = {}
        for index in range(self.length(loc)):
            at = (*loc, index, "key")
            key = self.value(at)
            if key is not None and key in seen:
                self.problem(at, f"the key `{str(key)[:64]}` is taken on line {seen[key]}: keys are unique")
            elif key is not None:
                seen[key] = self.place(at).line

    def misspelt(self, loc: Loc) -> bool:
        """Whether an unknown key was told of that is most likely this one: then its absence is not told of, too."""
        return loc in self._meant

    def problem(self, loc: Loc, message: str, suggestion: str | None = None, *, safety: bool = False) -> None:
        if not self.misspelt(loc):
            self._keep(Problem(
                place=self.place(loc), path=path_of(loc), message=message, suggestion=suggestion, safety=safety
            ))  # fmt: skip

    def tell(self, findings: Iterable[Finding], above: Loc = ()) -> None:
        for one in findings:
            loc = (*above, *one.loc)
            place = self.key_place(loc) if one.on_key else self.place(loc)
            self._keep(Problem(place=place, path=path_of(loc), message=one.message, suggestion=one.suggestion))

    def warn(self, loc: Loc, message: str) -> None:
        text = f"{self.place(loc)}: {path_of(loc)}: {message}" if loc else f"{self.place()}: {message}"
        if text not in self.warnings:
            self.warnings.append(text)

    def check(self, model: type[P]) -> P | None:
        """The whole document as `model`; None, and every problem told, where it is not one."""
        empty = empty_values(self.root)
        # The place of nothing is that of what follows it.
        self.tell(Finding(loc, "has no value: give one, or remove the key", on_key=True) for loc in empty)
        try:
            return model.model_validate(plain(self.root))
        except ValidationError as error:
            self._tell_all(error, model)
            return None

    def part(self, model: type[P], loc: Loc, *, without: Sequence[str] = ()) -> P | None:
        """A part that is right by itself, without its unknown keys; `check` has told of what is wrong with it."""
        node = node_at(self.root, loc)
        if node is None:
            return None
        data = plain(node)
        if isinstance(data, dict):
            data = {key: value for key, value in data.items() if key not in without}
        try:
            return model.model_validate(data)
        except ValidationError as error:
            return _without_unknown(model, data, error)

    def _keep(self, problem: Problem) -> None:
        if problem not in self.problems:
            self.problems.append(problem)

    def _tell_all(self, error: ValidationError, model: type[BaseModel]) -> None:
        details = error.errors(include_url=False)
        # Unknown keys first: what they are likely meant to be is then not told of as missing.
        for one in sorted(details, key=lambda one: one["type"] != "extra_forbidden"):
            self._tell_one(one, model)

    def _tell_one(self, error: ErrorDetails, model: type[BaseModel]) -> None:
        loc, kind = error["loc"], error["type"]
        if kind == "extra_forbidden":
            self._unknown_key(loc, model)
        elif kind == "missing":
            if not self.has(loc):
                self.problem(loc, f"`{loc[-1]}` is missing here")
        elif kind == OURS:
            self.tell(error["ctx"]["findings"], loc)
        else:
            self.tell([_wrong_type(loc, kind, node_at(self.root, loc))])

    def _unknown_key(self, loc: Loc, model: type[BaseModel]) -> None:
        name = str(loc[-1])
        known = _keys_of(model, loc[:-1])
        parent = node_at(self.root, loc[:-1])
        absent = [key for key in known if not (isinstance(parent, MapNode) and key in parent.entries)]
        synonym = _SYNONYMS.get(name)
        near = synonym if synonym in absent else nearest(name, absent) or nearest(name, known)
        if near in absent:
            self._meant.add((*loc[:-1], str(near)))
        some = "" if near or not known else f"; known here are {', '.join(known)}"
        self.tell([Finding(loc, f"unknown key `{name[:60]}`{some}", near, on_key=True)])


def _without_unknown(model: type[P], data: Any, error: ValidationError) -> P | None:
    for one in error.errors(include_url=False):
        if one["type"] != "extra_forbidden":
            return None
        inner = data
        for step in one["loc"][:-1]:
            inner = inner[step]
        inner.pop(one["loc"][-1], None)
    try:
        return model.model_validate(data)
    except ValidationError:
        return None


_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "decimal_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "date_type": "a day such as 2026-12-31",
    "datetime_type": "a day and a time such as 2026-12-01T08:00",
}
_YES_AND_NO = {
    "true": "true",
    "false": "false",
    "yes": "true",
    "on": "true",
    "y": "true",
    "no": "false",
    "off": "false",
    "n": "false",
}


def _wrong_type(loc: Loc, kind: str, node: Node | None) -> Finding:
    if kind == "too_short":
        return Finding(loc, "at least one is needed here")
    expected = _EXPECTED.get(kind, "something else")
    return Finding(loc, f"expected {expected}, found {_found(node)}", _in_type(kind, node))


def _found(node: Node | None) -> str:
    if not isinstance(node, ScalarNode):
        return "a list" if isinstance(node, ListNode) else "a mapping"
    if isinstance(node.value, bool):
        return f"{node.text}, which is true or false"
    return f"the text {node.text[:60]!r}" if isinstance(node.value, str) else f"the number {node.text}"


def _in_type(kind: str, node: Node | None) -> str | None:
    """The value in the type that was expected, where that is plain."""
    if isinstance(node, ScalarNode):
        if kind == "string_type":
            return f'"{node.text}"'
        if kind == "bool_type":
            return _YES_AND_NO.get(node.text.lower()) or {"0": "false", "1": "true"}.get(node.text)
        if kind == "list_type" and len(node.text) <= 60:
            return f"[{node.text}]"
        if kind == "int_type" and isinstance(node.value, str) and node.text.isdecimal():
            return node.text
    return None


def _keys_of(model: type[BaseModel], loc: Loc) -> list[str]:
    """The keys that are known at `loc` of a document that is a `model`."""
    kind: Any = model
    for step in loc:
        kind = _inner(kind, step)
    kind = _bare(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [info.alias or name for name, info in kind.model_fields.items()]
    return []


def _inner(kind: Any, step: str | int) -> Any:
    kind = _bare(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        found = {info.alias or name: info.annotation for name, info in kind.model_fields.items()}
        return found.get(str(step))
    arguments = get_args(kind)
    return arguments[-1] if arguments else None


def _bare(kind: Any) -> Any:
    """Without `| None` and annotations."""
    while get_origin(kind) in {Annotated, Union, UnionType}:
        arguments = get_args(kind)
        kind = next(one for one in arguments if one is not type(None))
    return kind
