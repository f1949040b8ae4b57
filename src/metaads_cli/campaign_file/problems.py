"""What is wrong with a campaign file: every problem with its place, and the error that carries them all."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NamedTuple

import msgspec

from metaads_cli.errors import ExitCode, InputError
from metaads_cli.models.campaign import Place

Loc = tuple[str | int, ...]
"""A way into a document: names of keys and indices of lists."""

_PLAIN_KEY = re.compile(r"[\w-]+")


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """`path` is such as `adsets[0].budget.daily`, empty for the document itself. `suggestion` is what to write instead.

    `safety`: the file is legal, and exceeds its own guard.
    """

    place: Place
    path: str
    message: str
    suggestion: str | None = None
    safety: bool = False

    def line(self) -> str:
        """As `file:line:col: path: message (did you mean X?)`."""
        path = f"{self.path}: " if self.path else ""
        near = f" (did you mean {self.suggestion}?)" if self.suggestion else ""
        return f"{self.place}: {path}{self.message}{near}"

    def as_json(self) -> dict[str, object]:
        place = {"file": self.place.source, "line": self.place.line, "column": self.place.column}
        return {
            **place,
            "path": self.path,
            "message": self.message,
            "suggestion": self.suggestion,
            "safety": self.safety,
        }


class Finding(NamedTuple):
    """A problem below some part of a document that does not know its own place."""

    loc: Loc
    message: str
    suggestion: str | None = None
    on_key: bool = False


class CampaignFileError(InputError):
    """All problems of all documents of a file. Exit 8 where the only ones are that its guard is exceeded, else 3."""

    code = "campaign_file"

    def __init__(self, problems: Sequence[Problem]):
        self.problems = sorted(set(problems), key=_order)
        first = self.problems[0]
        count = len(self.problems)
        many = f"{count} problems in {first.place.source}; the first: " if count > 1 else ""
        super().__init__(
            f"{many}{first.line()}",
            hint="correct the file and run the command again; nothing was sent",
            details={"problems": [one.as_json() for one in self.problems]},
        )
        if all(one.safety for one in self.problems):
            self.exit_code = ExitCode.UNSAFE
            self.hint = "change the budgets or dates, or the file's guard; nothing was sent"

    def lines(self) -> list[str]:
        return [one.line() for one in self.problems]


def _order(one: Problem) -> tuple[int, int, str, str]:
    return one.place.line, one.place.column, one.path, one.message


def path_of(loc: Loc) -> str:
    path = ""
    for step in loc:
        if isinstance(step, int):
            path += f"[{step}]"
        elif _PLAIN_KEY.fullmatch(step):
            path += f".{step}" if path else step
        else:
            path += f"[{step[:60]!r}]"
    return path


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The known name that `name` is most likely meant to be; upper and lower case are the same."""
    folded = {one.casefold(): one for one in reversed(known)}
    found = get_close_matches(name[:100].casefold(), list(folded), n=1, cutoff=0.6)
    return folded[found[0]] if found else None
