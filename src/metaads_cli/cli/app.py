"""The program: its commands in the order in which a newcomer meets them."""

import sys
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from metaads_cli import __version__
from metaads_cli.cli import (
    accounts,
    config,
    db,
    demo,
    doctor,
    enrich,
    export,
    help_topics,
    ingest,
    migrate,
    orchestrate,
    patient,
    report,
    schema,
    stats,
    stub,
    sync_insights,
    tenants,
)
from metaads_cli.cli.invocation import GLOBAL_OPTIONS, group_start

# Boxes and colours are for terminals; a pipe gets plain text.
MARKUP: Literal["rich"] | None = "rich" if sys.stdout.isatty() else None

ORDER = (
    "demo", "migrate", "ingest", "enrich", "sync-insights", "orchestrate", "accounts", "stats", "report", "patient",
    "export", "tenants", "doctor", "stub", "db", "schema", "config", "help",
)  # fmt: skip


class InOrder(TyperGroup):
    """Typer would list commands that have commands of their own at the end."""

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(super().list_commands(ctx), key=ORDER.index)


app = typer.Typer(
    name="metaads",
    cls=InOrder,
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


app.callback(
    invoke_without_command=True,
    help="From the ad to the revenue: attribution and statistics of Meta ads in your own PostgreSQL.",
)(group_start(GLOBAL_OPTIONS | {"version": (VersionOption, False)}))
app.command("demo")(demo.demo)
app.command("ingest")(ingest.ingest)
app.command("enrich")(enrich.enrich)
app.command("sync-insights")(sync_insights.sync_insights)
app.command("orchestrate")(orchestrate.orchestrate)
app.add_typer(migrate.app, name="migrate")
app.add_typer(stats.app, name="stats")
app.add_typer(export.app, name="export")
app.command("report")(report.report)
app.command("patient")(patient.patient)
app.add_typer(accounts.app, name="accounts")
app.add_typer(tenants.app, name="tenants")
app.command("doctor")(doctor.doctor)
app.add_typer(db.app, name="db")
app.add_typer(stub.app, name="stub")
app.add_typer(config.app, name="config")
app.add_typer(schema.app, name="schema")
app.add_typer(help_topics.app, name="help")
