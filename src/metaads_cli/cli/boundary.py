"""The one boundary: whatever happens inside becomes a sentence and a documented exit code here."""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TextIO

import typer

from metaads_cli.cli import os_failures
from metaads_cli.cli.invocation import Invocation, ReaderLeft
from metaads_cli.errors import Cancelled, ExitCode, MetaAdsError, Terminated, UsageError
from metaads_cli.expectations import expectation


def run(app: typer.Typer, arguments: Sequence[str]) -> int:
    """Run the program; the exit code. Nothing is raised."""
    invocation = Invocation()
    try:
        with _sigterm_as_exception() as is_terminated:
            code = app(args=list(arguments), prog_name="metaads", standalone_mode=False, obj=invocation)
            sys.stdout.flush()
        # Before a command begins, Typer takes every KeyboardInterrupt for Ctrl-C.
        return int(ExitCode.TERMINATED if code == ExitCode.INTERRUPTED and is_terminated() else code or 0)
    except (BrokenPipeError, ReaderLeft, SystemExit):  # SystemExit is what Typer makes of a closed pipe
        return _reader_left()
    except MetaAdsError as error:
        return _report(invocation, error)
    except typer.Abort:
        return _report(invocation, Cancelled("Cancelled. Nothing was changed"))
    except typer.TyperException as error:
        # Arguments that cannot be parsed still say how the error is wanted.
        invocation.use({"json": _asks_for_json(arguments), "no_color": "--no-color" in arguments})
        return _report(invocation, _usage_error(error))
    except KeyboardInterrupt as stop:
        return int(ExitCode.TERMINATED if isinstance(stop, Terminated) else ExitCode.INTERRUPTED)
    except OSError as error:
        _silence_if_broken(sys.stdout)
        return _report(invocation, _os_failure(error))
    except Exception as error:  # noqa: BLE001  # the boundary: nothing may pass it
        return _report(invocation, _bug(error))


def _report(invocation: Invocation, error: MetaAdsError) -> int:
    try:
        if invocation.options.debug and (error.__cause__ or not isinstance(error, UsageError)):
            invocation.console.traceback("".join(traceback.format_exception(error)))
        invocation.console.error(error)
    except OSError:  # nobody can be told; the exit code still says it
        _silence(sys.stderr)
    return int(error.exit_code)


def _os_failure(error: OSError) -> MetaAdsError:
    failure = os_failures.explain(error) or _bug(error)
    failure.__cause__ = error
    return failure


def _bug(error: Exception) -> MetaAdsError:
    error = _without_rows(error)
    bug = MetaAdsError(
        f"Unexpected {type(error).__name__}: {error}",
        hint="This is a bug in metaads. Run it again with --debug and report what it prints",
    )
    bug.__cause__ = error
    return bug


def _without_rows(error: Exception) -> Exception:
    """A database's error quotes whole rows in its detail; they stay out of messages and tracebacks."""
    if "psycopg" not in sys.modules:
        return error
    import psycopg

    from metaads_cli.db.connection import cleaned_error

    return cleaned_error(error) if isinstance(error, psycopg.Error) else error


def _usage_error(error: typer.TyperException) -> UsageError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "metaads"
    return UsageError(_usage_message(error), hint=f"{command} --help shows what it takes")


def _usage_message(error: typer.TyperException) -> str:
    """The parser's sentence; of a value that has the wrong form, our own."""
    findings = getattr(error.__cause__, "errors", None)
    option = getattr(error, "param", None)
    if findings is None or option is None:
        return error.format_message().rstrip(".")
    details = findings()[0]
    said = expectation(details)
    name = option.get_error_hint().replace("'", "")
    return f"{name} is {details['input']!r}; {said}" if said.startswith("expected") else f"{name}: {said}"


def _asks_for_json(arguments: Sequence[str]) -> bool:
    words = " ".join(arguments)
    return "--json" in arguments or "--format=json" in words or "--format json" in words


def _reader_left() -> int:
    """`metaads … | head`: a closed pipe is no error, and the interpreter must not complain on exit either."""
    _silence(sys.stdout)
    return int(ExitCode.DONE)


def _silence(stream: TextIO) -> None:
    """What is still in its buffer goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _silence_if_broken(stream: TextIO) -> None:
    try:
        stream.flush()
    except OSError:
        _silence(stream)


@contextmanager
def _sigterm_as_exception() -> Iterator[Callable[[], bool]]:
    """Yields whether there was one."""
    received: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        raise Terminated

    previous = signal.signal(signal.SIGTERM, stop)
    try:
        yield lambda: bool(received)
    finally:
        signal.signal(signal.SIGTERM, previous)
