"""YAML text → documents with places: strict, bounded, and with one clear sentence for whatever is wrong.

Stricter than YAML: no duplicate keys, no tags, no merge keys, keys are text, documents are mappings.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from metaads_cli.campaign_file.nodes import Entry, ListNode, MapNode, Node, ScalarNode
from metaads_cli.campaign_file.problems import CampaignFileError, Loc, Problem, path_of
from metaads_cli.campaign_file.scalars import resolve
from metaads_cli.models.campaign import Place

MOST_CHARACTERS = 1 << 20
MOST_NODES = 100_000
MOST_LEVELS = 32

# YAML 1.2 section 5.1, less the BOM: what a document may hold.
_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
# What the parser says → what to do; the first that is found in its words holds.
_SENTENCES = (
    ("found character '\\t'", "a tab cannot indent YAML: use spaces"),
    ("mapping values are not allowed", "`:` is not expected here: put the text in quotes, or align the line"),
    ("while scanning a quoted scalar", "the quotes of this text are not closed"),
    ("expected ',' or", "expected `,` or the closing bracket: inside [ ] and { }, put a text with brackets in quotes"),
    ("could not find expected ':'", "expected `key: value`"),
    ("expected <block end>", "this does not continue what stands above: check the indentation, or add quotes"),
    ("unknown escape character", "no such escape in double quotes: write \\\\ for a backslash, or use single quotes"),
    ("cannot start any token", "a text cannot begin with this character: put it in quotes"),
    ("did not find expected <document start>", "this belongs to no document: check the indentation, or add `---`"),
    ("expected the node content", "a value was expected here"),
)
_OTHER = "this is not valid YAML: check the indentation and the quotes"


@dataclass(slots=True)
class Stream:
    """The documents that could be read, and what is wrong with the text."""

    documents: list[MapNode] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class _Stop(Exception):
    """The text cannot be read any further."""

    def __init__(self, problem: Problem):
        super().__init__(problem.message)
        self.problem = problem


def decode(data: bytes, source: str) -> str:
    """A file's bytes as text. Raises CampaignFileError where they are not UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        message = f"byte 0x{data[error.start]:02x} is not UTF-8: save the file as UTF-8 text"
        raise CampaignFileError([_at_end_of(before, source, message)]) from None


def read_documents(text: str, source: str) -> Stream:
    """Never raises: what stops the reading is the last of the problems."""
    text = text.removeprefix("\ufeff")
    reader = _Reader(source)
    try:
        _check_characters(text, source)
        reader.read(text)
    except _Stop as stop:
        reader.stream.problems.append(stop.problem)
    if not reader.stream.documents and not reader.stream.problems:
        reader.stream.problems.append(_at_end_of("", source, "the file is empty: a campaign was expected"))
    return reader.stream


def _check_characters(text: str, source: str) -> None:
    if len(text) > MOST_CHARACTERS:
        message = f"the file has more than {MOST_CHARACTERS:,} characters: this is no campaign file"
        raise _Stop(_at_end_of("", source, message))
    if found := _NOT_YAML.search(text):
        message = f"character U+{ord(found[0]):04X} cannot stand in YAML: save the file as UTF-8 text and remove it"
        raise _Stop(_at_end_of(text[: found.start()], source, message))


def _at_end_of(before: str, source: str, message: str) -> Problem:
    lines = re.split("\r\n|[\n\r\x85\u2028\u2029]", before)
    return Problem(place=Place(source, len(lines), len(lines[-1]) + 1), path="", message=message)


class _Events:
    """The parser's events, one by one, with its failures as ours."""

    def __init__(self, text: str, source: str):
        from ruamel.yaml import YAML

        self._source = source
        self._events: Iterator[Any] = iter(YAML(typ="safe", pure=True).parse(text))
        self.place = Place(source, 1, 1)

    def next(self) -> Any:
        from ruamel.yaml.error import YAMLError

        try:
            event = next(self._events)
        except YAMLError as error:
            raise self._explained(error) from None
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            # What the parser runs into itself, on directives and escapes that nobody writes.
            raise _Stop(Problem(place=self.place, path="", message=_OTHER)) from None
        self.place = self.at(event.start_mark)
        return event

    def at(self, mark: Any) -> Place:
        return Place(self._source, mark.line + 1, mark.column + 1)

    def _explained(self, error: Any) -> _Stop:
        context, words = getattr(error, "context", None) or "", getattr(error, "problem", None) or ""
        message = next((ours for theirs, ours in _SENTENCES if theirs in f"{context} {words}"), _OTHER)
        mark = getattr(error, "problem_mark", None)
        if "while scanning a quoted scalar" in context:
            mark = error.context_mark
        return _Stop(Problem(place=self.at(mark) if mark else self.place, path="", message=message))


class _Reader:
    """Builds the tree by recursive descent, as deep as MOST_LEVELS at most."""

    def __init__(self, source: str):
        self.stream = Stream()
        self._source = source
        self._nodes = 0
        self._anchors: dict[str, tuple[Node, int, int]] = {}
        self._events: _Events

    def read(self, text: str) -> None:
        from ruamel.yaml import events

        self._events = _Events(text, self._source)
        while not isinstance(event := self._events.next(), events.StreamEndEvent):
            if isinstance(event, events.DocumentStartEvent):
                self._check_version(event)
                self._anchors = {}
                self._keep(self._node(self._events.next(), ())[0])

    def _keep(self, root: Node) -> None:
        if isinstance(root, MapNode):
            self.stream.documents.append(root)
            return
        nothing = isinstance(root, ScalarNode) and root.value is None
        found = "this document is empty" if nothing else "this document is " + _kind(root)
        self._problem(root.place, (), f"{found}: a mapping of keys such as `campaign_name: …` was expected")

    def _check_version(self, event: Any) -> None:
        if event.version is not None and tuple(event.version) != (1, 2):
            self._problem(self._events.place, (), "the file is read as YAML 1.2: remove the %YAML line")

    def _node(self, event: Any, loc: Loc) -> tuple[Node, int]:
        """The node and how many levels it has."""
        from ruamel.yaml import events

        place = self._events.place
        if isinstance(event, events.AliasEvent):
            return self._aliased(event, place, loc)
        before = self._nodes
        self._count(1, place)
        if len(loc) >= MOST_LEVELS:
            raise _Stop(self._told(place, loc, f"nested deeper than {MOST_LEVELS} levels"))
        if event.tag is not None:
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")[:60]
            self._problem(place, loc, f"the tag {tag} is not used in campaign files: remove it")
        if isinstance(event, events.MappingStartEvent):
            node, levels = self._mapping(place, loc)
        elif isinstance(event, events.SequenceStartEvent):
            node, levels = self._list(place, loc)
        else:
            node, levels = _scalar(event, place), 1
        if event.anchor:
            self._anchors[event.anchor] = (node, self._nodes - before, levels)
        return node, levels

    def _aliased(self, event: Any, place: Place, loc: Loc) -> tuple[Node, int]:
        if event.anchor not in self._anchors:
            raise _Stop(self._told(place, loc, f"*{event.anchor} names no &{event.anchor} that is complete above"))
        node, size, levels = self._anchors[event.anchor]
        self._count(size, place)
        if len(loc) + levels > MOST_LEVELS:
            raise _Stop(self._told(place, loc, f"nested deeper than {MOST_LEVELS} levels"))
        return node, levels

    def _count(self, nodes: int, place: Place) -> None:
        self._nodes += nodes
        if self._nodes > MOST_NODES:
            message = f"more than {MOST_NODES:,} values, counting each use of an alias: this is no campaign file"
            raise _Stop(Problem(place=place, path="", message=message))

    def _list(self, place: Place, loc: Loc) -> tuple[Node, int]:
        from ruamel.yaml import events

        items: list[Node] = []
        levels = 0
        while not isinstance(event := self._events.next(), events.SequenceEndEvent):
            node, below = self._node(event, (*loc, len(items)))
            items.append(node)
            levels = max(levels, below)
        return ListNode(place, tuple(items)), levels + 1

    def _mapping(self, place: Place, loc: Loc) -> tuple[Node, int]:
        from ruamel.yaml import events

        entries: dict[str, Entry] = {}
        levels = 0
        while not isinstance(event := self._events.next(), events.MappingEndEvent):
            key_place = self._events.place
            key = self._key(event, entries, loc)
            node, below = self._node(self._events.next(), (*loc, key or "?"))
            levels = max(levels, below)
            if key is not None:
                entries[key] = Entry(key_place, node)
        return MapNode(place, entries), levels + 1

    def _key(self, event: Any, entries: dict[str, Entry], loc: Loc) -> str | None:
        """None for a key that is none; it is told of, and its value is passed over."""
        from ruamel.yaml import events

        place = self._events.place
        if not isinstance(event, events.ScalarEvent):
            self._node(event, (*loc, "?"))
            self._problem(place, loc, "a key must be text")
            return None
        self._count(1, place)
        key = str(event.value)
        if event.tag is not None or event.anchor is not None:
            self._problem(place, (*loc, key), "a key has no tag and no anchor: remove it")
        if key == "<<" and not event.style:
            message = "merge keys (<<) are no part of YAML 1.2: use `defaults`, or write the keys out"
            self._problem(place, (*loc, key), message)
            return None
        if key in entries:
            first = entries[key].key_place.line
            self._problem(place, (*loc, key), f"`{key[:60]}` is given twice; the first is on line {first}")
            return None
        return key

    def _problem(self, place: Place, loc: Loc, message: str) -> None:
        self.stream.problems.append(self._told(place, loc, message))

    @staticmethod
    def _told(place: Place, loc: Loc, message: str) -> Problem:
        return Problem(place=place, path=path_of(loc), message=message)


def _scalar(event: Any, place: Place) -> ScalarNode:
    text = str(event.value)
    return ScalarNode(place, text if event.style else resolve(text), text)


def _kind(node: Node) -> str:
    return "a list" if isinstance(node, ListNode) else "a single value"
