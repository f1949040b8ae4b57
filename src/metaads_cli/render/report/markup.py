"""HTML made of elements: text is escaped, unless it is an element already."""

import html
import re

# What no document may hold; and what turns the direction of the text that follows.
_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
_VOID = frozenset({"meta", "col", "br"})


class Html(str):
    """Text in which markup is meant."""

    __slots__ = ()


Node = str | None
"""Text or an element; None is nothing."""


def tag(name: str, *children: Node, **attributes: str | bool | None) -> Html:
    """`tag("td", "1 < 2", class_="number")`. An underscore in a name stands for a hyphen, but a last one for nothing;
    an attribute that is None or False is left out."""
    opening = f"<{name}{''.join(_attribute(*pair) for pair in attributes.items())}>"
    return Html(opening if name in _VOID else f"{opening}{joined(*children)}</{name}>")


def joined(*children: Node) -> Html:
    return Html("".join(map(escaped, children)))


def escaped(node: Node) -> Html:
    if isinstance(node, Html):
        return node
    return Html(html.escape(visible(node or "")))


def visible(text: str) -> str:
    """Without characters that are not seen, but do something."""
    return _UNWANTED.sub(" ", text)


def _attribute(name: str, value: str | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = name.removesuffix("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escaped(str(value))}"'


def json_in_script(text: str) -> Html:
    """JSON that neither ends its script element nor begins another: only strings can hold these characters."""
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Html(text)
