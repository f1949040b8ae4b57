"""The boundary: every failure ends as a sentence and its documented exit code, whatever the format."""

import errno
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer

from metaads_cli import errors
from metaads_cli.cli.boundary import run
from metaads_cli.cli.invocation import Invocation, with_global_options
from metaads_cli.errors import ExitCode, MetaAdsError, Terminated

# The table of the contract.
EXIT_CODES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 130, 143]
LEAVES = {
    "UsageError": (2, "usage"),
    "ConfigError": (2, "configuration"),
    "InputError": (3, "invalid_input"),
    "PatchFailed": (3, "patch_failed"),
    "AccessDenied": (4, "access_denied"),
    "RefusedByMeta": (5, "refused_by_meta"),
    "PartlyDone": (6, "partly_done"),
    "Temporary": (7, "temporary"),
    "DatabaseUnreachable": (7, "database_unreachable"),
    "LockNotAvailable": (7, "lock_not_available"),
    "SafetyRefusal": (8, "safety"),
    "Cancelled": (9, "cancelled"),
    "ChangesPending": (10, "changes_pending"),
}
TOKEN = "EAAGm0PX4ZCpsBAKZCabcdefgh"


def app_that(act: Callable[[Invocation], object]) -> typer.Typer:
    """A program of one command, `act`, beside another so that it is called by name."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

    @app.command("act")
    @with_global_options()
    def command(invocation: Invocation, number: int = 0) -> None:
        act(invocation)

    @app.command("other")
    @with_global_options()
    def other(invocation: Invocation) -> None:
        invocation.console.result("other")

    return app


def app_raising(error: BaseException) -> typer.Typer:
    def act(_: Invocation) -> None:
        raise error

    return app_that(act)


def all_errors(kind: type[MetaAdsError] = MetaAdsError) -> Iterator[type[MetaAdsError]]:
    for leaf in kind.__subclasses__():
        if leaf.__module__ == errors.__name__:
            yield leaf
            yield from all_errors(leaf)


def json_error(stderr: str) -> dict[str, object]:
    (document,) = [json.loads(line) for line in stderr.splitlines()]
    assert document.keys() == {"error"}
    assert list(document["error"]) == ["code", "exit_code", "message", "hint", "details"]
    return document["error"]


def test_the_exit_codes_are_those_of_the_contract() -> None:
    assert [int(code) for code in ExitCode] == EXIT_CODES
    assert all(code.meaning for code in ExitCode)


def test_every_error_has_its_place_in_the_contract() -> None:
    assert {kind.__name__: (int(kind.exit_code), kind.code) for kind in all_errors()} == LEAVES


@pytest.mark.parametrize("name", LEAVES)
def test_an_error_is_a_sentence_and_its_exit_code(capsys: pytest.CaptureFixture[str], name: str) -> None:
    error = getattr(errors, name)("It did not work", hint="Try this", details={"a": 1})
    code = run(app_raising(error), ["act"])
    assert code == LEAVES[name][0]
    assert capsys.readouterr() == ("", "error: It did not work\n  hint: Try this\n")


@pytest.mark.parametrize("option", [["--json"], ["--format", "json"], ["--format=jsonl"]])
@pytest.mark.parametrize("name", LEAVES)
def test_an_error_is_one_json_object_on_stderr(
    capsys: pytest.CaptureFixture[str], name: str, option: list[str]
) -> None:
    exit_code, word = LEAVES[name]
    error = getattr(errors, name)("Sí: «no» funcionó", hint="Try this", details={"ids": ["1"], "path": Path("x")})
    code = run(app_raising(error), ["act", *option])
    stdout, stderr = capsys.readouterr()
    assert (code, stdout) == (exit_code, "")
    assert json_error(stderr) == {
        "code": word,
        "exit_code": exit_code,
        "message": "Sí: «no» funcionó",
        "hint": "Try this",
        "details": {"ids": ["1"], "path": "x"},
    }


def test_an_error_without_hint_and_details_has_them_empty(capsys: pytest.CaptureFixture[str]) -> None:
    run(app_raising(errors.InputError("No")), ["act", "--json"])
    run(app_raising(errors.InputError("No")), ["act"])
    first, second = capsys.readouterr().err.splitlines()
    assert (json_error(first)["hint"], json_error(first)["details"], second) == (None, {}, "error: No")


@pytest.mark.parametrize("format_", ["table", "csv", "md", "tsv"])
def test_an_error_is_words_under_every_format_but_json(capsys: pytest.CaptureFixture[str], format_: str) -> None:
    run(app_raising(errors.InputError("No")), ["act", "--format", format_])
    assert capsys.readouterr() == ("", "error: No\n")


def test_quiet_does_not_silence_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(app_raising(errors.InputError("No")), ["act", "-q"]) == 3
    assert capsys.readouterr().err == "error: No\n"


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_no_secret_leaves_with_an_error(capsys: pytest.CaptureFixture[str], options: list[str]) -> None:
    said = f'"access_token={TOKEN}"'
    run(app_raising(errors.AccessDenied(said, hint=said, details={"url": said})), ["act", *options])
    stderr = capsys.readouterr().err
    assert TOKEN not in stderr
    if options:
        error = json_error(stderr)
        assert error["message"] == error["hint"] == '"access_token=***"'


# --- bugs


def test_an_unexpected_exception_is_a_bug_without_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(app_raising(RuntimeError(f"at {TOKEN}")), ["act"]) == 1
    stdout, stderr = capsys.readouterr()
    assert stdout == ""
    assert stderr.splitlines()[0] == "error: Unexpected RuntimeError: at ***"
    assert "--debug" in stderr.splitlines()[1]
    assert "Traceback" not in stderr


def test_an_unexpected_exception_is_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(app_raising(KeyError("k")), ["act", "--json"]) == 1
    error = json_error(capsys.readouterr().err)
    assert (error["code"], error["exit_code"]) == ("unexpected", 1)


@pytest.mark.parametrize("error", [RuntimeError(f"at {TOKEN}"), errors.InputError(f"at {TOKEN}")])
def test_debug_shows_a_redacted_traceback(capsys: pytest.CaptureFixture[str], error: Exception) -> None:
    assert run(app_raising(error), ["act", "--debug"]) in {1, 3}
    stderr = capsys.readouterr().err
    assert "Traceback (most recent call last):" in stderr
    assert re.search(rf"{type(error).__name__}: at \*\*\*", stderr)
    assert "in act" in stderr
    assert TOKEN not in stderr


def test_debug_shows_no_traceback_of_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(app_raising(errors.ConfigError("No url")), ["act", "--debug"]) == 2
    assert capsys.readouterr().err == "error: No url\n"


# --- usage

USAGE = [
    (["act", "--bogus"], "No such option: --bogus", "metaads act --help shows what it takes"),
    (["bogus"], "No such command 'bogus'", "metaads --help shows what it takes"),
    (
        ["act", "--number", "many"],
        "--number is 'many'; expected a whole number",
        "metaads act --help shows what it takes",
    ),
    (
        ["act", "--format", "xml"],
        "--format is 'xml'; expected one of 'table', 'json'",
        "metaads act --help shows what it takes",
    ),
    (["act", "extra"], "Got unexpected extra argument", "metaads act --help shows what it takes"),
]


@pytest.mark.parametrize(("arguments", "message", "hint"), USAGE)
def test_a_wrong_command_line_is_exit_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str, hint: str
) -> None:
    assert run(app_that(print), arguments) == 2
    stdout, stderr = capsys.readouterr()
    first, *rest = stderr.splitlines()
    assert (stdout, rest) == ("", [f"  hint: {hint}"])
    assert first.startswith(f"error: {message}")


@pytest.mark.parametrize("option", [["--json"], ["--format", "json"], ["--format=json"]])
@pytest.mark.parametrize(("arguments", "message", "hint"), [row for row in USAGE if "xml" not in row[0]])
def test_a_wrong_command_line_is_json_where_json_is_asked_for(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str, hint: str, option: list[str]
) -> None:
    assert run(app_that(print), [*arguments, *option]) == 2
    stdout, stderr = capsys.readouterr()
    error = json_error(stderr)
    assert (stdout, error["code"], error["exit_code"], error["hint"]) == ("", "usage", 2, hint)
    assert str(error["message"]).startswith(message)


def test_a_value_is_judged_in_our_own_words(capsys: pytest.CaptureFixture[str]) -> None:
    for value in ("many", "", "1.5", "9" * 5000):
        assert run(app_that(print), ["act", "--number", value]) == 2
        assert "input should" not in capsys.readouterr().err.lower()


def test_formats_of_one_place_must_not_contradict(capsys: pytest.CaptureFixture[str]) -> None:
    said = run(app_that(print), ["act", "--json", "--format", "csv"]), json_error(capsys.readouterr().err)["message"]
    assert said == (2, "--json contradicts --format csv")
    assert run(app_that(print), ["act", "--json", "--format", "json"]) == 0


# --- what the operating system refuses


@pytest.mark.parametrize(
    ("error", "exit_code", "sentence"),
    [
        (OSError(errno.ENOSPC, "Full"), 7, "Standard input or output cannot be read or written: Full"),
        (OSError(errno.ENOSPC, "Full", "/x"), 7, "The file /x cannot be read or written: Full"),
        (PermissionError(errno.EACCES, "Closed", "/x"), 2, "The file /x cannot be used: Closed"),
        (OSError(errno.EBADF, "Bad"), 2, "Standard input or output cannot be read or written: Bad"),
        (OSError("odd"), 1, "Unexpected OSError: odd"),
    ],
)
def test_a_refusal_of_the_system_is_a_sentence(
    capsys: pytest.CaptureFixture[str], error: OSError, exit_code: int, sentence: str
) -> None:
    assert run(app_raising(error), ["act"]) == exit_code
    assert capsys.readouterr().err.splitlines()[0] == f"error: {sentence}"
    run(app_raising(error), ["act", "--debug"])
    assert "in act" in capsys.readouterr().err


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_message_moves_no_cursor(capsys: pytest.CaptureFixture[str], options: list[str]) -> None:
    run(app_raising(errors.InputError("a\x1b[2J\r\x9bb\tc\nd")), ["act", *options])
    stderr = capsys.readouterr().err
    assert not set("\x1b\r\x9b") & set(stderr)
    if options:
        assert json_error(stderr)["message"] == "a\x1b[2J\r\x9bb\tc\nd"
    else:
        assert stderr == "error: a\\u001b[2J\\u000d\\u009bb\tc\nd\n"


# --- stops


@pytest.mark.parametrize(("stop", "exit_code"), [(KeyboardInterrupt, 130), (Terminated, 143)])
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_stop_says_that_it_can_go_on(
    capsys: pytest.CaptureFixture[str], stop: type[BaseException], exit_code: int, options: list[str]
) -> None:
    assert run(app_raising(stop()), ["act", *options]) == exit_code
    stdout, stderr = capsys.readouterr()
    assert stdout == ""
    if options:
        assert (json_error(stderr)["code"], json_error(stderr)["exit_code"]) == ("interrupted", exit_code)
    else:
        assert stderr == (
            "error: Stopped. What was finished is kept\n  hint: Run the same command again: it goes on where it was\n"
        )


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_a_command(capsys: pytest.CaptureFixture[str], number: int, exit_code: int) -> None:
    before = signal.getsignal(signal.SIGTERM)
    assert run(app_that(lambda _: os.kill(os.getpid(), number)), ["act"]) == exit_code
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_an_abort_at_a_prompt_is_a_cancellation(capsys: pytest.CaptureFixture[str], options: list[str]) -> None:
    assert run(app_raising(typer.Abort()), ["act", *options]) == 9
    stderr = capsys.readouterr().err
    if options:
        assert (json_error(stderr)["code"], json_error(stderr)["exit_code"]) == ("cancelled", 9)
    else:
        assert stderr == "error: Cancelled. Nothing was changed\n"


@pytest.mark.parametrize("code", [0, 6])
def test_a_command_may_end_with_a_code_of_its_own(capsys: pytest.CaptureFixture[str], code: int) -> None:
    assert run(app_raising(typer.Exit(code)), ["act"]) == code
    assert capsys.readouterr() == ("", "")


def test_a_command_that_succeeds_is_exit_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(app_that(lambda invocation: invocation.console.result("done")), ["act"]) == 0
    assert capsys.readouterr() == ("done\n", "")


PIPE = """
import sys
import typer
from metaads_cli.cli.boundary import run
from metaads_cli.cli.invocation import Invocation, with_global_options

app = typer.Typer()

@app.command()
@with_global_options()
def act(invocation: Invocation) -> None:
    for _ in range({times}):
        invocation.console.result("x" * 1000)

sys.exit(run(app, sys.argv[1:]))
"""


@pytest.mark.parametrize("times", [1, 1000])
def test_a_reader_that_leaves_is_no_error(times: int) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        process = subprocess.run(
            [sys.executable, "-c", PIPE.format(times=times)], stdout=pipe, stderr=subprocess.PIPE, check=False
        )
    assert (process.returncode, process.stderr) == (0, b"")
