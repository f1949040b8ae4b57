"""What Meta's errors mean: a class by code and subcode first, by the HTTP status only where there is no code.

Source of the table: Meta's error references and live answers, as gathered in the project's notes on the Marketing API.
Never by text: messages are localised.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from metaads_cli.errors import AccessDenied, MetaAdsError, RefusedByMeta, Temporary
from metaads_cli.redact import redact


class FailureClass(StrEnum):
    """What to do next."""

    RATE_LIMIT = "rate_limit"
    """Wait, then the same call again."""
    TRANSIENT = "transient"
    """A short pause, then the same call again, if it only reads."""
    SHRINK = "shrink"
    """Ask for less."""
    AUTH = "auth"
    """Stop: the token is of no use."""
    PERMISSION = "permission"
    """Stop for this object or account."""
    NOT_FOUND = "not_found"
    """No such object, or not for this token: Meta does not say which."""
    VALIDATION = "validation"
    """The request is wrong; it stays so."""
    QUOTA = "quota"
    """A limit of hours or days."""
    POLICY = "policy"
    """Blocked for policy: stop writing."""


_C = FailureClass
_BY_SUBCODE: dict[tuple[int, int], FailureClass] = {
    (17, 1885172): _C.QUOTA,
    (613, 1487632): _C.QUOTA,
    (613, 1487225): _C.QUOTA,
    (2, 1504038): _C.SHRINK,
    (100, 1504018): _C.SHRINK,
    (100, 1487534): _C.SHRINK,
    (-3, 1504045): _C.SHRINK,
    (2, 1504041): _C.VALIDATION,
    (2, 1504042): _C.VALIDATION,
    (100, 3191001): _C.PERMISSION,
    (100, 33): _C.NOT_FOUND,
}
_BY_CODE: dict[int, FailureClass] = {
    **dict.fromkeys((4, 17, 32, 341, 613, *range(80000, 80015)), _C.RATE_LIMIT),
    **dict.fromkeys((1, 2, -2, 960), _C.TRANSIENT),
    **dict.fromkeys((102, 190), _C.AUTH),
    **dict.fromkeys((3, 10, *range(200, 300)), _C.PERMISSION),
    **dict.fromkeys((368, 1404078, 2859015), _C.POLICY),
}
APP_WIDE_CODES = frozenset({4, 32, 341})
# The HTTP status that stands for an answer that did not come in time.
TIMED_OUT = 408
T = TypeVar("T")


def classify(code: int | None, subcode: int | None, http_status: int, *, is_transient: bool = False) -> FailureClass:
    """The class of an error. An unknown code is the request's fault, unless Meta says that it passes."""
    if code is not None:
        if subcode is not None and (code, subcode) in _BY_SUBCODE:
            return _BY_SUBCODE[code, subcode]
        if code in _BY_CODE:
            return _BY_CODE[code]
        return FailureClass.TRANSIENT if is_transient else FailureClass.VALIDATION
    if http_status in {401, 403}:
        return FailureClass.AUTH if http_status == 401 else FailureClass.PERMISSION
    if http_status == 429:
        return FailureClass.RATE_LIMIT
    return FailureClass.TRANSIENT if http_status >= 500 or http_status == 408 else FailureClass.VALIDATION


@dataclass(frozen=True)
class Failure:
    """One error answer, as much of it as there is."""

    failure_class: FailureClass
    http_status: int
    code: int | None = None
    subcode: int | None = None
    message: str = ""
    user_title: str | None = None
    user_message: str | None = None
    blame_fields: tuple[str, ...] = ()
    fbtrace_id: str | None = None

    @property
    def is_app_wide(self) -> bool:
        return self.code in APP_WIDE_CODES

    @property
    def name(self) -> str:
        """`100/33`, or the HTTP status where there is no code."""
        if self.code is None:
            return f"HTTP {self.http_status}"
        return f"{self.code}/{self.subcode}" if self.subcode else str(self.code)

    def __str__(self) -> str:
        said = self.user_message or self.user_title or self.message or "no explanation"
        of_http = self.code is not None or self.http_status >= 400  # else it is we who find the answer wrong
        known = [f"error {self.name}"] if of_http else []
        known += [f"trace {self.fbtrace_id}"] if self.fbtrace_id else []
        return f"{said.rstrip('.')} ({', '.join(known)})" if known else said.rstrip(".")


def read_answer(
    http_status: int, body: bytes, decode: Callable[[bytes], T], trace_header: str | None = None
) -> T | Failure:
    """What an answer holds, or the failure that it is. HTML and cut-off bodies are failures without a code.

    `decode` raises ValueError for a body that is not of its kind.
    """
    if http_status < 400:
        try:
            return decode(body)
        except UnexpectedShape as odd:
            problem = str(odd)
        except (ValueError, RecursionError):
            problem = "the answer is not JSON"
    else:
        problem = "the answer is not JSON"
    document = _document(body)
    error = document.get("error") if isinstance(document, dict) else None
    if isinstance(error, dict):
        return _from_envelope(http_status, error, trace_header)
    # A 200 that is no JSON is a proxy's or a half answer: as good as a 5xx.
    status = http_status if http_status >= 400 else 502
    return Failure(classify(None, None, status), http_status, message=problem, fbtrace_id=trace_header)


class UnexpectedShape(ValueError):
    """JSON, but not what was asked for."""


def read_document(body: bytes) -> dict[str, Any]:
    """A JSON object that is no error."""
    document = json.loads(body)
    if not isinstance(document, dict) or isinstance(document.get("error"), dict):
        raise UnexpectedShape("the answer is no JSON object")
    return document


def _document(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _from_envelope(http_status: int, error: dict[str, Any], trace_header: str | None) -> Failure:
    code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
    return Failure(
        failure_class=classify(code, subcode, http_status, is_transient=error.get("is_transient") is True),
        http_status=http_status,
        code=code,
        subcode=subcode,
        message=_text(error.get("message")) or "",
        user_title=_text(error.get("error_user_title")),
        user_message=_text(error.get("error_user_msg")),
        blame_fields=_blame_fields(error.get("error_data")),
        fbtrace_id=_text(error.get("fbtrace_id")) or trace_header,
    )


def _blame_fields(data: Any) -> tuple[str, ...]:
    """`error_data` is an object or a JSON string; `blame_field_specs` in it is a list of paths."""
    if isinstance(data, str):
        data = _document(data.encode())
    specs = data.get("blame_field_specs") if isinstance(data, dict) else None
    paths = specs if isinstance(specs, list) else []
    return tuple(".".join(map(str, path)) if isinstance(path, list) else str(path) for path in paths)


def _number(value: Any) -> int | None:
    try:
        return None if value is None or isinstance(value, bool) else int(value)
    except (TypeError, ValueError):
        return None


def _text(value: Any) -> str | None:
    """Meta's words. They may quote the token ("Malformed access token …"), and are kept in reports and journals."""
    return redact(value) if isinstance(value, str) and value else None


class GraphFailure(Exception):  # it carries a Failure
    """An error answer that the client did not get past. `explain` makes the user's error of it."""

    def __init__(self, failure: Failure, what: str):
        super().__init__(f"{what}: {failure}")
        self.failure = failure
        self.what = what


def said(error: GraphFailure | MetaAdsError) -> str:
    """The error in a few words, to stand in a sentence of somebody else's."""
    return str(error.failure) if isinstance(error, GraphFailure) else error.message


class UnknownOutcome(Exception):
    """A write whose answer was lost: it may have taken effect, and is never sent again blindly."""


def explain(error: GraphFailure) -> MetaAdsError:
    """The user's error: exit 4 for token and permission, 7 for what passes, 5 for what Meta refuses for good."""
    failure, what = error.failure, error.what
    details = {"code": failure.code, "subcode": failure.subcode, "fbtrace_id": failure.fbtrace_id}
    said = f"{what}: {failure}"
    match failure.failure_class:
        case FailureClass.AUTH:
            hint = "Renew the access token, and check where it is kept: metaads config show"
            return AccessDenied(f"Meta does not accept the token. {said}", hint=hint, details=details)
        case FailureClass.PERMISSION | FailureClass.NOT_FOUND:
            hint = "Check that the token's owner may see it, and the scopes ads_read and ads_management"
            return AccessDenied(f"Meta does not allow it. {said}", hint=hint, details=details)
        case FailureClass.RATE_LIMIT | FailureClass.TRANSIENT | FailureClass.SHRINK:
            return Temporary(f"Meta does not answer for now. {said}", hint="Run it again later", details=details)
        case FailureClass.QUOTA:
            return Temporary(f"A quota of Meta's is used up. {said}", hint="Run it again tomorrow", details=details)
    blamed = f"It is about {', '.join(failure.blame_fields)}" if failure.blame_fields else None
    return RefusedByMeta(f"Meta refuses it. {said}", hint=blamed, details=details)
