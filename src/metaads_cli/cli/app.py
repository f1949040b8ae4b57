"""The program: its commands in the order in which a newcomer meets them."""

import sys
from typing import Annotated, Literal

import typer

from metaads_cli import __version__
from metaads_cli.cli import config, db, demo, help_topics, ingest, migrate, stats, tenants
from metaads_cli.cli.invocation import (
    ConfigOption,
    DebugOption,
    FormatOption,
    Invocation,
    JsonOption,
    NoColorOption,
    QuietOption,
    VerboseOption,
)

# Boxes and colours are for terminals; a pipe gets plain text.
MARKUP: Literal["rich"] | None = "rich" if sys.stdout.isatty() else None

app = typer.Typer(
    name="metaads",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=MARKUP,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="New here? metaads demo shows it all on an embedded database.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"metaads {__version__}")
        raise typer.Exit


VersionOption = Annotated[
    bool, typer.Option("--version", metavar="", help="Show the version.", callback=_print_version, is_eager=True)
]


@app.callback()
def root(
    ctx: typer.Context,
    config: ConfigOption = None,
    output: FormatOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
    verbose: VerboseOption = 0,
    no_color: NoColorOption = False,
    debug: DebugOption = False,
    version: VersionOption = False,  # noqa: ARG001  # its callback answers
) -> None:
    """From the ad to the revenue: attribution and statistics of Meta ads in your own PostgreSQL."""
    invocation: Invocation = ctx.obj
    invocation.use(
        {
            "config": config,
            "output": output,
            "json": json,
            "quiet": quiet,
            "verbose": verbose,
            "no_color": no_color,
            "debug": debug,
        }
    )


app.command("demo")(demo.demo)
app.command("migrate")(migrate.migrate)
app.command("ingest")(ingest.ingest)
app.command("stats")(stats.stats)
app.add_typer(tenants.app, name="tenants")
app.add_typer(db.app, name="db")
app.add_typer(config.app, name="config")
app.add_typer(help_topics.app, name="help")
