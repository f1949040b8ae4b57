"""`metaads db`: the embedded PostgreSQL."""

import os
from typing import Annotated

import typer

from metaads_cli.cli.invocation import Invocation, command_group, with_global_options
from metaads_cli.console import Format
from metaads_cli.errors import DatabaseUnreachable, SafetyRefusal

app = command_group("The embedded PostgreSQL, used without a DATABASE_URL.")

ArgumentsArgument = Annotated[list[str] | None, typer.Argument(metavar="-- PSQL-ARGUMENT", help="Passed on to psql.")]
DumpArgument = Annotated[list[str] | None, typer.Argument(metavar="-- PG_DUMP-ARGUMENT", help="Passed on to pg_dump.")]
YesOption = Annotated[bool, typer.Option("--yes", metavar="", help="Do not ask.")]

START = "metaads db start"
DOCUMENTS = frozenset(Format) - {Format.TABLE}
# pg_dump makes up a new one each time, and no two dumps of the same data would be equal.
RESTRICT_KEY = "--restrict-key=metaads"


@app.command()
@with_global_options()
def start(run: Invocation) -> None:
    """Start the server; it stays up until `metaads db stop`. Other commands start it on need."""
    from metaads_cli.db import embedded

    embedded.ensure_running(run.console)
    found = embedded.status()
    if not found.running:
        raise DatabaseUnreachable("The embedded PostgreSQL was started, and stopped by another command", hint=START)
    run.finish(found)


@app.command()
@with_global_options()
def stop(run: Invocation) -> None:
    """Stop the server. Its data stay."""
    from metaads_cli.db import embedded

    run.console.note("Stopped." if embedded.stop() else "It was not running.")
    if run.console.output in DOCUMENTS:
        run.finish(embedded.status())


@app.command()
@with_global_options()
def status(run: Invocation) -> None:
    """Show whether it runs, and where its data are."""
    from metaads_cli.db import embedded

    run.finish(embedded.status())


@app.command()
@with_global_options()
def url(run: Invocation) -> None:
    """Print the URL to connect with, starting the server on need."""
    from metaads_cli.db import embedded

    address = embedded.ensure_running(run.console)
    if run.console.output in DOCUMENTS:
        run.finish(embedded.status())
    else:
        run.console.result(address)


@app.command()
@with_global_options()
def psql(run: Invocation, arguments: ArgumentsArgument = None) -> None:
    """Open psql on it: metaads db psql -- -c 'select count(*) from patients'."""
    from metaads_cli.db import embedded

    address = embedded.ensure_running(run.console)
    program = embedded.program("psql")
    os.execv(program, [str(program), address, *(arguments or [])])  # noqa: S606  # psql takes over the terminal


@app.command()
@with_global_options()
def dump(run: Invocation, arguments: DumpArgument = None) -> None:
    """Write its contents as SQL, as a superuser: its own role sees one tenant at a time.

    \b
    Examples:
      metaads db dump > backup.sql
      metaads db dump -- --schema-only
    """
    from metaads_cli.db import embedded

    embedded.ensure_running(run.console)
    program = embedded.program("pg_dump")
    os.execv(program, [str(program), RESTRICT_KEY, embedded.superuser_url(), *(arguments or [])])  # noqa: S606


@app.command()
@with_global_options()
def reset(run: Invocation, yes: YesOption = False) -> None:
    """Stop the server and delete all its data."""
    from metaads_cli.db import embedded

    directory = embedded.data_directory()
    if not embedded.has_data():
        run.console.note("There is nothing to delete.")
        return
    if not yes:
        refusal = SafetyRefusal(f"This deletes {directory}", hint="Confirm it with: metaads db reset --yes")
        run.confirm(f"Delete {directory} with all its data?", refusal)
    embedded.reset()
    run.console.note(f"Deleted {directory}.")
