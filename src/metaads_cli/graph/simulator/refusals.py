"""Errors as Meta answers them: code, subcode, texts, blamed fields, HTTP status."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from metaads_cli.graph.simulator import facts
from metaads_cli.graph.simulator.facts import ErrorFact

REDUCE = "Please reduce the amount of data you're asking for, then retry your request"
TOO_MANY_CALLS = (
    "There have been too many calls to this ad-account. Wait a bit and try again. For more info, please refer to "
    "https://developers.facebook.com/docs/graph-api/overview/rate-limiting."
)


class Refusal(Exception):
    """A request that Meta refuses. `blame` are paths of parameter names (README 2.3)."""

    def __init__(
        self,
        fact: ErrorFact,
        *,
        message: str | None = None,
        blame: Sequence[Sequence[str | int]] = (),
        detail: str | None = None,
        headers: Mapping[str, str] | None = None,
        kind: str = "OAuthException",
    ):
        self.fact = fact
        self.message = message or ("Invalid parameter" if fact.validation else fact.text)
        super().__init__(f"{fact.code}/{fact.subcode} {self.message}")
        self.blame = blame
        self.detail = detail
        self.headers = {name.lower(): value for name, value in (headers or {}).items()}
        self.kind = kind

    @property
    def status(self) -> int:
        return self.fact.http

    def envelope(self, trace: str) -> dict[str, Any]:
        """The body of the answer; optional parts are absent, not null (README 2.3)."""
        fact = self.fact
        title = fact.text if fact.validation else None
        blame = msgspec.json.encode({"blame_field_specs": self.blame}).decode() if self.blame else None
        error = {
            "message": self.message,
            "type": self.kind,
            "code": fact.code,
            "error_subcode": fact.subcode,
            "is_transient": False if fact.validation else fact.transient,
            "error_user_title": title,
            "error_user_msg": self.detail or title,
            "error_data": blame,
            "fbtrace_id": trace,
        }
        return {"error": {name: value for name, value in error.items() if value is not None}}


def known(
    code: int,
    subcode: int | None = None,
    *,
    message: str | None = None,
    blame: Sequence[Sequence[str | int]] = (),
    http: int | None = None,
) -> Refusal:
    """A documented error; an undocumented pair of codes gets a text of its own."""
    fact = facts.errors().get((code, subcode)) or ErrorFact(code, subcode, 400, f"(#{code}) An error")
    return Refusal(msgspec.structs.replace(fact, http=http or fact.http), message=message, blame=blame)


def reduce_the_data() -> Refusal:
    """Code 1 with HTTP 500, neither transient nor for good: ask for less (README 1.6)."""
    return Refusal(ErrorFact(1, None, 500, REDUCE))


def invalid(subcode: int, *path: str | int, detail: str | None = None) -> Refusal:
    """A rule of section 4 that has a subcode, and the parameter it blames."""
    fact = facts.errors().get((100, subcode)) or ErrorFact(100, subcode, 400, detail or "", validation=True)
    return Refusal(fact, blame=[path] if path else (), detail=detail)


def refused(parameter: str, text: str, *, blame: Sequence[str | int] | None = None) -> Refusal:
    """A rule whose subcode is not known: code 100, the parameter blamed (README 9)."""
    return known(100, message=f"(#100) {text}", blame=[blame or [parameter]])


def missing(parameter: str) -> Refusal:
    return refused(parameter, f"The parameter {parameter} is required")


def not_one_of(parameter: str, values: Sequence[str]) -> Refusal:
    return refused(parameter.split("[", maxsplit=1)[0], f"Param {parameter} must be one of {{{', '.join(values)}}}")


def nonexisting_field(name: str, kind: str) -> Refusal:
    return known(100, message=f"(#100) Tried accessing nonexisting field ({name}) on node type ({kind})")


def unknown_object(object_id: str, method: str = "GET") -> Refusal:
    """What an id gets that does not exist or that the token may not see (README 3)."""
    text = (
        f"Unsupported {method.lower()} request. Object with ID '{object_id}' does not exist, cannot be loaded due to "
        "missing permissions, or does not support this operation. Please read the Graph API documentation at "
        "https://developers.facebook.com/docs/graph-api"
    )
    return Refusal(ErrorFact(100, 33, 400, text), kind="GraphMethodException")


def unknown_path(path: str) -> Refusal:
    return known(2500, message=f"Unknown path components: {path}")
