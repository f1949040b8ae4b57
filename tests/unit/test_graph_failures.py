"""Meta's errors: classed by code and subcode, read from any answer."""

import json
from pathlib import Path
from typing import Any

import pytest

from metaads_cli.errors import ExitCode
from metaads_cli.graph.failures import (
    Failure,
    FailureClass,
    GraphFailure,
    classify,
    explain,
    read_answer,
    read_document,
)

DOCUMENTED = json.loads((Path(__file__).parent.parent / "cases" / "graph_errors.json").read_text())
PERMISSION_CODES = {3, 10, 200, 294}
# The documentation's words, in ours. Permanent covers what we tell apart: permission, policy, a wrong request.
CLASSES = {
    "rate_limit": {FailureClass.RATE_LIMIT},
    "quota": {FailureClass.QUOTA},
    "shrink": {FailureClass.SHRINK},
    "auth": {FailureClass.AUTH},
    "not_found": {FailureClass.NOT_FOUND},
    "transient": {FailureClass.TRANSIENT},
    "validation": {FailureClass.VALIDATION},
    "permanent": {FailureClass.VALIDATION, FailureClass.PERMISSION, FailureClass.POLICY},
}


def _id(row: dict[str, Any]) -> str:
    return f"{row['code']}/{row['subcode']}-{row['class']}"


@pytest.mark.parametrize("row", DOCUMENTED, ids=_id)
def test_a_documented_error_has_its_class(row: dict[str, Any]) -> None:
    expected = CLASSES[row["class"]]
    if (row["code"], row["subcode"], row["class"]) == (1, None, "shrink"):
        # Only its text tells it from a passing failure, and texts are localised: tried again, then asked for less.
        expected = {FailureClass.TRANSIENT}
    for status in row["http"] or [400]:
        assert classify(row["code"], row["subcode"], status) in expected


@pytest.mark.parametrize("code", sorted(PERMISSION_CODES))
def test_a_missing_permission_stops_the_object_alone(code: int) -> None:
    assert classify(code, None, 400) is FailureClass.PERMISSION


def test_the_code_goes_before_the_status() -> None:
    # The removal of ?ids= came as HTTP 500: whoever retries every 5xx loops for ever.
    assert classify(100, None, 500) is FailureClass.VALIDATION
    assert classify(80004, 2446079, 400) is FailureClass.RATE_LIMIT
    assert classify(4, 1504022, 403) is FailureClass.RATE_LIMIT


def test_an_unknown_code_passes_only_when_meta_says_so() -> None:
    assert classify(987654, None, 400) is FailureClass.VALIDATION
    assert classify(987654, None, 400, is_transient=True) is FailureClass.TRANSIENT


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (500, FailureClass.TRANSIENT),
        (503, FailureClass.TRANSIENT),
        (408, FailureClass.TRANSIENT),
        (429, FailureClass.RATE_LIMIT),
        (401, FailureClass.AUTH),
        (403, FailureClass.PERMISSION),
        (404, FailureClass.VALIDATION),
    ],
)
def test_without_a_code_the_status_decides(status: int, expected: FailureClass) -> None:
    assert classify(None, None, status) is expected


def test_a_success_is_no_failure() -> None:
    assert read_answer(200, b'{"data": []}', read_document) == {"data": []}
    assert read_answer(200, b"[null]", json.loads) == [None]
    assert isinstance(read_answer(200, b"[null]", read_document), Failure)


@pytest.mark.parametrize("status", [200, 500, 503])
@pytest.mark.parametrize("body", [b"<html>Service Unavailable</html>", b"", b'{"data": [', b"\xff\xfe"])
def test_a_body_that_is_no_json_passes(status: int, body: bytes) -> None:
    failure = read_answer(status, body, read_document, "trace1")
    assert failure is not None
    assert (failure.failure_class, failure.code, failure.fbtrace_id) == (FailureClass.TRANSIENT, None, "trace1")


@pytest.mark.parametrize("as_text", [True, False])
def test_the_envelope_is_read_whole(as_text: bool) -> None:
    data: Any = {"blame_field_specs": [["targeting", "geo_locations"], ["name"]]}
    error = {
        "message": "Invalid parameter",
        "code": 100,
        "error_subcode": 4834011,
        "is_transient": False,
        "error_user_title": "Title",
        "error_user_msg": "Say true or false.",
        "error_data": json.dumps(data) if as_text else data,
        "fbtrace_id": "Abc",
    }
    failure = read_answer(400, json.dumps({"error": error}).encode(), read_document)
    assert failure is not None
    assert failure.blame_fields == ("targeting.geo_locations", "name")
    assert str(failure) == "Say true or false (error 100/4834011, trace Abc)"


@pytest.mark.parametrize(
    "error", [{}, {"code": "x"}, {"code": None, "error_data": 5}, {"error_data": "{"}, {"message": 1}]
)
def test_an_odd_envelope_is_a_failure_all_the_same(error: dict[str, Any]) -> None:
    assert isinstance(read_answer(400, json.dumps({"error": error}).encode(), read_document), Failure)


@pytest.mark.parametrize(
    ("failure_class", "code"),
    [
        (FailureClass.AUTH, ExitCode.DENIED),
        (FailureClass.PERMISSION, ExitCode.DENIED),
        (FailureClass.NOT_FOUND, ExitCode.DENIED),
        (FailureClass.RATE_LIMIT, ExitCode.TEMPORARY),
        (FailureClass.TRANSIENT, ExitCode.TEMPORARY),
        (FailureClass.SHRINK, ExitCode.TEMPORARY),
        (FailureClass.QUOTA, ExitCode.TEMPORARY),
        (FailureClass.VALIDATION, ExitCode.REFUSED_BY_META),
        (FailureClass.POLICY, ExitCode.REFUSED_BY_META),
    ],
)
def test_each_class_has_its_exit_code(failure_class: FailureClass, code: ExitCode) -> None:
    error = explain(GraphFailure(Failure(failure_class, 400, 1, message="m", fbtrace_id="T"), "GET act_1"))
    assert error.exit_code is code
    assert "trace T" in error.message
