"""The program's own streams, made fit for use before anything is written: there are always three, they hold any text,
and what the user said about colours is settled.
"""

import codecs
import io
import os
import sys
from collections.abc import Sequence

ESCAPES = "metaads.escapes"
_OFF = frozenset({"", "0", "false", "no", "off"})


def prepare(arguments: Sequence[str]) -> None:
    """Once, at the start: libraries read streams and environment when they are imported."""
    codecs.register_error(ESCAPES, _escaped)
    sys.stdin = sys.stdin or _nowhere("r")
    sys.stdout = sys.stdout or _nowhere("w")
    sys.stderr = sys.stderr or _nowhere("w")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ESCAPES)
    _settle_colours(arguments)


def _nowhere(mode: str) -> io.TextIOWrapper:
    """In place of a stream that the caller closed. It takes the free number: nothing opened later may get it."""
    number = os.open(os.devnull, os.O_RDWR)
    os.set_inheritable(number, True)
    stream = os.fdopen(number, mode, encoding="utf-8")
    assert isinstance(stream, io.TextIOWrapper)
    return stream


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """What the encoding cannot hold, in the one form that is valid in JSON, too: UTF-16 units as \\uXXXX."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4)), error.end


def _settle_colours(arguments: Sequence[str]) -> None:
    """Libraries take any FORCE_COLOR as a yes, and draw the help before an option is parsed."""
    if os.environ.get("FORCE_COLOR", "").lower() in _OFF:
        os.environ.pop("FORCE_COLOR", None)
    if "--no-color" in arguments:
        os.environ["NO_COLOR"] = "1"
