"""What a value should have been, in our own words. Options and settings are checked by the same library, whose own
sentences speak to programmers.
"""

import re
from collections.abc import Mapping
from typing import Any

_WORDS = {
    "int_parsing": "a whole number",
    "int_parsing_size": "a smaller whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "text",
    "path_type": "a path",
    "tuple_type": "a list",
    "list_type": "a list",
    "greater_than_equal": "a number of at least {ge}",
    "greater_than": "a number above {gt}",
    "less_than_equal": "a number of at most {le}",
    "less_than": "a number below {lt}",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "too_short": "at least one value",
}


def expectation(details: Mapping[str, Any]) -> str:
    """The end of a sentence about one finding of the library, such as `expected a whole number`."""
    words = _WORDS.get(details["type"])
    if words is not None:
        return "expected " + words.format(**details.get("ctx", {}))
    said = str(details["msg"]).removeprefix("Value error, ").rstrip(".")
    if choices := re.search(r" is not one of ('.*')$", said):
        return f"expected one of {choices[1]}"
    return said[:1].lower() + said[1:]
