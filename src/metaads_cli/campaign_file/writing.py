"""A campaign file's document → YAML text that `read_campaigns` reads as the same values. Pure."""

import io
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from metaads_cli.campaign_file.scalars import resolve

HEADER = "# yaml-language-server: $schema=./metaads.schema.json\n"
# Begins with a letter and holds nothing that YAML gives a meaning to.
_PLAIN = re.compile(r"[^\W\d_](?:[\w .()%/|+-]*[\w.()%/|+])?")
_LINES = re.compile(r"(?:[^\W_](?:.*[^\s])?)(?:\n+(?:\S(?:.*[^\s])?))*")
_PRINTABLE = re.compile("[\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010fffd]*")
_LINE_ENDS = frozenset("\x85\u2028\u2029")
# A mapping that fits into one line is written into one.
_IN_ONE_LINE = frozenset({"budget", "schedule", "guard"})


def write_document(document: Mapping[str, Any]) -> str:
    """The document as YAML: texts, whole numbers, decimals, yes and no, lists and mappings.

    `${` in a text stands for itself. Raises ValueError for what no YAML can hold.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.representer import RoundTripRepresenter

    class Representer(RoundTripRepresenter):
        """Decimals keep their digits."""

    Representer.add_representer(Decimal, _decimal)
    yaml = YAML()
    yaml.Representer = Representer
    yaml.width = 1 << 20
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump(_node(document), stream)
    return HEADER + _spaced(stream.getvalue())


def _node(value: Any, key: str = "") -> Any:
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    if isinstance(value, Mapping):
        inner = CommentedMap({_text(str(name)): _node(one, str(name)) for name, one in value.items()})
        if key in _IN_ONE_LINE:
            inner.fa.set_flow_style()
        return inner
    if isinstance(value, str):
        return _text(value.replace("${", "$${"))
    if isinstance(value, Sequence):
        items = CommentedSeq([_node(one) for one in value])
        if all(isinstance(one, str | int) for one in value):
            items.fa.set_flow_style()
        return items
    # Coordinates come from JSON; no amount is a float.
    return Decimal(repr(value)) if isinstance(value, float) else value


def _text(text: str) -> Any:
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("a text holds half of a character, which no file can")
    if _PLAIN.fullmatch(text) and isinstance(resolve(text), str):
        return text
    has_lines = "\n" in text and _LINES.fullmatch(text) and _PRINTABLE.fullmatch(text)
    if has_lines and not _LINE_ENDS.intersection(text):
        return LiteralScalarString(text)
    return DoubleQuotedScalarString(text)


def _decimal(representer: Any, value: Decimal) -> Any:
    text = f"{value:f}"
    return representer.represent_scalar(f"tag:yaml.org,2002:{'float' if '.' in text else 'int'}", text)


def _spaced(text: str) -> str:
    """An empty line before each part of the file."""
    return re.sub(r"^(campaign|adsets):", r"\n\1:", text, flags=re.MULTILINE)
