"""One run of the program: its global options, its console, its settings, its database."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from inspect import Parameter, cleandoc, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from metaads_cli.cli import os_failures
from metaads_cli.console import Console, Format, visible
from metaads_cli.errors import Cancelled, ExitCode, MetaAdsError, UsageError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    import msgspec

    from metaads_cli.db.session import Database, TenantSession
    from metaads_cli.settings import Key, LoadedSettings

R = TypeVar("R")
PANEL = "Global options"

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Read this config file.", rich_help_panel=PANEL),
]
FormatOption = Annotated[
    Format | None, typer.Option("--format", help="How the result is written.", rich_help_panel=PANEL)
]
JsonOption = Annotated[
    bool, typer.Option("--json", metavar="", help="The same as --format json.", rich_help_panel=PANEL)
]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", metavar="", help="Only results and errors.", rich_help_panel=PANEL)
]
VerboseOption = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        metavar="",
        count=True,
        show_default=False,
        help="Say more; -vv says all.",
        rich_help_panel=PANEL,
    ),
]
NoColorOption = Annotated[bool, typer.Option("--no-color", metavar="", help="No colours.", rich_help_panel=PANEL)]
DebugOption = Annotated[
    bool, typer.Option("--debug", metavar="", help="Show the traceback of an unexpected error.", rich_help_panel=PANEL)
]

GLOBAL_OPTIONS: dict[str, tuple[Any, Any]] = {
    "config": (ConfigOption, None),
    "output": (FormatOption, None),
    "json": (JsonOption, False),
    "quiet": (QuietOption, False),
    "verbose": (VerboseOption, 0),
    "no_color": (NoColorOption, False),
    "debug": (DebugOption, False),
}


@dataclass(frozen=True)
class GlobalOptions:
    config: Path | None = None
    output: Format | None = None
    quiet: bool = False
    verbose: int = 0
    no_color: bool = False
    debug: bool = False

    def with_values(self, values: Mapping[str, Any]) -> "GlobalOptions":
        """These options, and those given in another place, before or after the subcommand."""
        output = Format.JSON if values.get("json") else values.get("output") or self.output
        return replace(
            self,
            config=values.get("config") or self.config,
            output=output,
            quiet=self.quiet or bool(values.get("quiet")),
            verbose=max(self.verbose, int(values.get("verbose") or 0)),
            no_color=self.no_color or bool(values.get("no_color")),
            debug=self.debug or bool(values.get("debug")),
        )


class Stopped(MetaAdsError):
    """Ctrl-C or SIGTERM, after the call in hand was cancelled."""

    code = "interrupted"

    def __init__(self, exit_code: ExitCode):
        super().__init__(
            "Stopped. What was finished is kept", hint="Run the same command again: it goes on where it was"
        )
        self.exit_code = exit_code


class ReaderLeft(Exception):
    """Whoever read our output has closed the pipe: no error."""


class Invocation:
    """What a command needs, made on first use: a command that prints help pays for none of it."""

    def __init__(self) -> None:
        self.options = GlobalOptions()

    def use(self, values: Mapping[str, Any]) -> None:
        """Add the options of one place. Raises UsageError where they contradict each other."""
        self.options = self.options.with_values(values)
        self.__dict__.pop("console", None)
        output = values.get("output")
        if values.get("json") and output not in {None, Format.JSON}:
            raise UsageError(f"--json contradicts --format {output}", hint="Give one or the other")

    def write_as(self, output: Format | None) -> None:
        """From here on the result and errors are in this format, whatever was given."""
        self.options = replace(self.options, output=output)
        self.__dict__.pop("console", None)

    @cached_property
    def console(self) -> Console:
        options = self.options
        return Console(
            output=options.output or Format.TABLE,
            verbosity=-1 if options.quiet else options.verbose,
            color=not options.no_color,
            debug=options.debug,
        )

    def load_settings(self, options: Mapping["Key", tuple[str, object]] | None = None) -> "LoadedSettings":
        """The settings, with the command's own options on top: {key: (option's name, value or None)}."""
        from metaads_cli import settings

        given = {key: pair for key, pair in (options or {}).items() if pair[1] is not None}
        return settings.load(
            {key: value for key, (_, value) in given.items()},
            config_file=self.options.config,
            option_names={key: name for key, (name, _) in given.items()},
        )

    @contextmanager
    def database(self, loaded: "LoadedSettings") -> Iterator["Database"]:
        """The configured database, or the embedded one when there is none."""
        from metaads_cli.db.connection import connect
        from metaads_cli.db.session import Database

        with connect(self.database_url(loaded), loaded.values.database.connect_timeout_seconds) as connection:
            yield Database(connection)

    def database_url(self, loaded: "LoadedSettings") -> str:
        from metaads_cli import settings
        from metaads_cli.db import connection, embedded

        url = loaded.values.database.url
        if url is None:
            return embedded.ensure_running(self.console)
        return connection.normalise_url(settings.read_secret(url) if settings.is_reference(url) else url)

    @contextmanager
    def tenant(self, loaded: "LoadedSettings", tenant_id: int) -> Iterator["TenantSession"]:
        with self.database(loaded) as database:
            yield database.tenant(tenant_id)

    def complete(self, work: "Coroutine[Any, Any, R]") -> R:
        """Run asynchronous work to its end."""
        from metaads_cli.cli.asynchronous import run_to_its_end

        return run_to_its_end(work)

    def confirm(self, question: str, refusal: MetaAdsError) -> None:
        """Ask on a terminal; raises `refusal` where nobody can answer, Cancelled when the answer is no."""
        if not sys.stdin.isatty():
            raise refusal
        if not typer.confirm(visible(question), err=True):
            raise Cancelled("Cancelled. Nothing was changed")

    def format_for(self, file: Path | None) -> Format:
        """How the result is written: as --format says, else as the file's ending does."""
        return self.options.output or (file and Format.of_file(file)) or Format.TABLE

    def refuse_binary_terminal(self) -> None:
        """Before any work is done for what could not be shown. Raises UsageError."""
        if self.console.output is Format.XLSX and sys.stdout.isatty():
            raise UsageError(
                "An Excel workbook cannot be shown on a terminal",
                hint="Redirect it: > FILE.xlsx; or write it with --output FILE.xlsx, where the command has that",
            )

    def finish(self, result: "msgspec.Struct", file: Path | None = None, *, charts: bool = False) -> None:
        """Write the result to stdout, or to a file; `charts` under a table."""
        from metaads_cli.files import whole_file
        from metaads_cli.render.output import file_content, write_result

        if file is None:
            write_result(result, self.console, sys.stdout, charts=charts)
            sys.stdout.flush()  # before what is said next on stderr
            return
        content = file_content(result, self.console, file, self.format_for(file), charts=charts)
        with os_failures.writing(file), whole_file(file) as stream:
            stream.write(content)
        self.console.note(f"Wrote {file}.")


def with_global_options(*, own: tuple[str, ...] = ()) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Make a command of a function whose first parameter is the Invocation: the global options are added to its own.

    `own` names global options that the command defines itself, with a wider meaning.
    """
    added = {name: pair for name, pair in GLOBAL_OPTIONS.items() if name not in own}

    def decorate(function: Callable[..., R]) -> Callable[..., R]:
        @wraps(function)
        def command(ctx: typer.Context, **values: Any) -> R:
            invocation: Invocation = ctx.obj
            invocation.use({name: values.pop(name) for name in added})
            if values.get("output_file") is None:
                invocation.refuse_binary_terminal()
            try:
                return function(invocation, **values)
            except BrokenPipeError as gone:
                raise ReaderLeft from gone
            except KeyboardInterrupt as stop:
                raise Stopped(_exit_code(stop)) from stop

        own_parameters = [
            parameter.replace(kind=Parameter.KEYWORD_ONLY)
            for parameter in list(signature(function, eval_str=True).parameters.values())[1:]
        ]
        command.__signature__ = signature(function).replace(  # type: ignore[attr-defined]
            parameters=[_parameter("ctx", typer.Context), *own_parameters, *_parameters(added)],
            return_annotation=None,
        )
        command.__annotations__ = {
            "ctx": typer.Context,
            **{parameter.name: parameter.annotation for parameter in own_parameters},
            **{name: annotation for name, (annotation, _) in added.items()},
        }
        command.__doc__ = _reflowed(function.__doc__ or "")
        del command.__wrapped__  # the signature above is the one that counts
        return command

    return decorate


def _start_group(ctx: typer.Context, values: Mapping[str, Any]) -> None:
    """Take the global options of a group; a group that is called without a command shows what it has."""
    invocation: Invocation = ctx.obj
    invocation.use(values)
    if ctx.invoked_subcommand is not None:
        return
    if invocation.options.output in {Format.JSON, Format.JSONL}:
        raise UsageError("A command is missing", hint=f"{ctx.command_path} --help shows what there is")
    if text := ctx.get_help():  # on a terminal it is drawn at once
        typer.echo(text, err=True)
    raise typer.Exit(ExitCode.USAGE)


def command_group(about: str) -> typer.Typer:
    """A group of commands that takes the global options as each of its commands does."""
    group = typer.Typer()
    group.callback(invoke_without_command=True, help=about)(group_start(GLOBAL_OPTIONS))
    return group


def command_with_commands(function: Callable[..., None]) -> typer.Typer:
    """A group that does work of its own when it is called without a command, as `with_global_options` makes it.

    Of its options, those that a command has as well may stand before the command's name.
    """
    alone = with_global_options()(function)

    def start(ctx: typer.Context, **values: Any) -> None:
        if ctx.invoked_subcommand is None:
            alone(ctx, **values)
        else:
            ctx.obj.use({name: values.pop(name) for name in GLOBAL_OPTIONS})
            _hand_down(ctx, ctx.invoked_subcommand, values)

    start.__signature__ = signature(alone)  # type: ignore[attr-defined]
    start.__annotations__, start.__doc__ = alone.__annotations__, alone.__doc__
    group = typer.Typer()
    group.callback(invoke_without_command=True)(start)
    return group


def _hand_down(ctx: typer.Context, command: str, values: Mapping[str, Any]) -> None:
    """Raises UsageError for an option that the command does not have."""
    known = {parameter.name for parameter in ctx.command.commands[command].params}  # type: ignore[attr-defined]
    given = [option for option in ctx.command.params if option.name in values and _is_given(ctx, option.name)]
    for option in given:
        if option.name not in known:
            raise UsageError(
                f"{option.opts[0]} is not for {ctx.command_path} {command}",
                hint=f"{ctx.command_path} {command} --help shows what it takes",
            )
    ctx.default_map = {command: {option.name: values[option.name] for option in given}}


def _is_given(ctx: typer.Context, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def group_start(options: Mapping[str, tuple[Any, Any]]) -> Callable[..., None]:
    """What a group does before its command: take the options."""

    def start(ctx: typer.Context, **values: Any) -> None:
        _start_group(ctx, values)

    start.__signature__ = signature(start).replace(  # type: ignore[attr-defined]
        parameters=[_parameter("ctx", typer.Context), *_parameters(options)]
    )
    start.__annotations__ = {"ctx": typer.Context, **{name: annotation for name, (annotation, _) in options.items()}}
    return start


def _reflowed(text: str) -> str:
    """Paragraphs as one line each, so that any terminal can wrap them; examples (after \\b) keep their lines."""
    paragraphs = cleandoc(text).split("\n\n")
    return "\n\n".join(part if part.startswith("\b") else part.replace("\n", " ") for part in paragraphs)


def _exit_code(stop: KeyboardInterrupt) -> ExitCode:
    from metaads_cli.errors import Terminated

    return ExitCode.TERMINATED if isinstance(stop, Terminated) else ExitCode.INTERRUPTED


def _parameters(options: Mapping[str, tuple[Any, Any]]) -> list[Parameter]:
    return [_parameter(name, annotation, default) for name, (annotation, default) in options.items()]


def _parameter(name: str, annotation: Any, default: Any = Parameter.empty) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
