"""The one boundary: whatever happens inside becomes a sentence and a documented exit code here."""

import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import typer

from metaads_cli.cli.invocation import Invocation, ReaderLeft
from metaads_cli.errors import Cancelled, ExitCode, MetaAdsError, Terminated, UsageError


def run(app: typer.Typer, arguments: Sequence[str]) -> int:
    """Run the program; the exit code. Nothing is raised."""
    invocation = Invocation()
    try:
        with _sigterm_as_exception():
            code = app(args=list(arguments), prog_name="metaads", standalone_mode=False, obj=invocation)
            sys.stdout.flush()
        return int(code or 0)
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
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    except Exception as error:  # noqa: BLE001  # the boundary: nothing may pass it
        return _report(invocation, _bug(error))


def _report(invocation: Invocation, error: MetaAdsError) -> int:
    if invocation.options.debug and not isinstance(error, UsageError):
        invocation.console.traceback("".join(traceback.format_exception(error)))
    try:
        invocation.console.error(error)
    except BrokenPipeError:
        _reader_left()
    return int(error.exit_code)


def _bug(error: Exception) -> MetaAdsError:
    bug = MetaAdsError(
        f"Unexpected {type(error).__name__}: {error}",
        hint="This is a bug in metaads. Run it again with --debug and report what it prints",
    )
    bug.__cause__ = error
    return bug


def _usage_error(error: typer.TyperException) -> UsageError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "metaads"
    return UsageError(error.format_message().rstrip("."), hint=f"{command} --help shows what it takes")


def _asks_for_json(arguments: Sequence[str]) -> bool:
    return "--json" in arguments or "--format=json" in arguments or "--format json" in " ".join(arguments)


def _reader_left() -> int:
    """`metaads … | head`: a closed pipe is no error, and the interpreter must not complain on exit either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return int(ExitCode.DONE)


@contextmanager
def _sigterm_as_exception() -> Iterator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise Terminated

    previous = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
