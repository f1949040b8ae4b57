"""Unquoted values by YAML 1.2's core schema, numbers exact; what is no number, yes or no, or nothing is text."""

import re
from decimal import Decimal

from metaads_cli.campaign_file.nodes import Scalar

_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
# Digits are limited: a number of thousands of them is an attack or a slip, and stays text, which no amount can be.
_WHOLE = re.compile(r"[-+]?[0-9]{1,40}", re.ASCII)
_BASES = re.compile(r"0o[0-7]{1,30}|0x[0-9a-fA-F]{1,30}", re.ASCII)
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]{1,40}|[0-9]{1,40}(?:\.[0-9]{0,40})?)(?:[eE][-+]?[0-9]{1,2})?", re.ASCII)


def resolve(text: str) -> Scalar:
    """`NO` and `10:30` are text, `45000.00` is the decimal with its two zeros."""
    if text in _NOTHING:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _BASES.fullmatch(text):
        return int(text, 0)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text
