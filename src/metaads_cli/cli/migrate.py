"""`metaads migrate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metaads_cli.cli.invocation import Invocation, command_with_commands, with_global_options
from metaads_cli.cli.values import duration_seconds
from metaads_cli.errors import ChangesPending, UsageError

if TYPE_CHECKING:
    from metaads_cli.models.migrations import Drift, MigrateReport
    from metaads_cli.settings import LoadedSettings
    from metaads_cli.tasks.migrate import MigrateOptions

PlanOption = Annotated[bool, typer.Option("--plan", metavar="", help="Show what would be applied; change nothing.")]
StatusOption = Annotated[
    bool, typer.Option("--status", metavar="", help="Show the state of every patch; change nothing.")
]
VerifyOption = Annotated[
    bool, typer.Option("--verify", metavar="", help="Prove that what was applied is still there; change nothing.")
]
SqlOption = Annotated[bool, typer.Option("--sql", metavar="", help="Print the pending patches as a script for psql.")]
CheckOption = Annotated[
    bool, typer.Option("--check", metavar="", help="Exit 10 when something is pending or has drifted.")
]
AdoptOption = Annotated[
    bool, typer.Option("--adopt", metavar="", help="Record what is provably done already; apply nothing.")
]
ToOption = Annotated[str | None, typer.Option("--to", metavar="NAME", help="Stop after this patch (name or number).")]
WaitOption = Annotated[
    str | None,
    typer.Option("--wait", metavar="TIME", help="How long to wait for another runner, such as 60s or 5m."),
]
InitOption = Annotated[
    bool, typer.Option("--init", metavar="", help="Create the host's tables first, in a database without patients.")
]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The patch: its name or its number.")]
DropDataOption = Annotated[bool, typer.Option("--yes-drop-data", metavar="", help="Go on where values would be lost.")]

DRIFT = {
    "edited": "was edited after it was applied",
    "missing": "was applied, but its file is gone: was it a newer metaads?",
    "out of order": "is older than the newest applied patch",
    "verify": "is no longer in the database as it was applied",
}
WAYS = ("plan", "status", "verify", "sql", "adopt")


def migrate(
    run: Invocation,
    plan: PlanOption = False,
    status: StatusOption = False,
    verify: VerifyOption = False,
    sql: SqlOption = False,
    adopt: AdoptOption = False,
    check: CheckOption = False,
    to: ToOption = None,
    wait: WaitOption = None,
    init: InitOption = False,
) -> None:
    """Apply the pending patches to the database.

    Safe to repeat, and safe on a live database: each patch is one transaction that never waits longer than 100 ms
    for a lock at a time.

    \b
    Examples:
      metaads migrate                apply what is pending
      metaads migrate --plan         what that would be
      metaads migrate --check        for CI: exit 10 when something is pending
      metaads migrate --adopt        the host has run some of it by itself
      metaads migrate --init         a new installation, without a host
      metaads migrate rollback 0004  take a patch back
    """
    from metaads_cli.tasks import migrate as task

    _require_one_way(plan=plan, status=status, verify=verify, sql=sql, adopt=adopt)
    loaded = run.load_settings()
    with run.database(loaded) as database:
        connection = database.connection
        if sql:
            run.console.result(task.pending_sql(connection, to))
            return
        if status:
            run.finish(task.status(connection))
        if status or plan or verify or check:
            report = task.plan(connection, to, verify=verify or check)
        else:
            work = task.adopt if adopt else task.migrate
            report = work(connection, _options(loaded, to, wait, init=init), run.console)
        expects_patients = not (init or status) and loaded.values.database.url is not None
        lacks_people = expects_patients and task.lacks_people(connection)
    if not status:
        run.finish(report)
    if lacks_people:
        run.console.warn(
            "There is no patients table, so some patches do not apply. Is it the right database? "
            "metaads migrate --init creates the tables of a new installation"
        )
    for drift in report.drift:
        run.console.warn(_in_words(drift))
    if check and (report.pending or report.drift):
        raise _behind(report)


@with_global_options()
def rollback(
    run: Invocation, name: NameArgument, yes_drop_data: DropDataOption = False, wait: WaitOption = None
) -> None:
    """Take one patch back. It is pending again afterwards.

    What that would lose is counted first; where it is anything, --yes-drop-data is needed.

    \b
    Examples:
      metaads migrate rollback 0002
      metaads migrate rollback 0003_external_ids --yes-drop-data
    """
    from metaads_cli.tasks import rollback as task

    loaded = run.load_settings()
    options = task.RollbackOptions(
        patch=name,
        drop_data=yes_drop_data,
        wait_seconds=_wait_seconds(loaded, wait),
        lock_attempts=loaded.values.migrate.lock_attempts,
    )
    with run.database(loaded) as database:
        report = task.rollback(database.connection, options, run.console)
    run.finish(report)
    if report.reverted:
        run.console.note(f"{report.patch} is pending again: the next metaads migrate applies it.")


app = command_with_commands(migrate)
app.command()(rollback)


def _require_one_way(**chosen: bool) -> None:
    if sum(chosen.values()) > 1:
        raise UsageError(
            "--plan, --status, --verify, --sql and --adopt exclude each other", hint="metaads migrate --help"
        )


def _options(loaded: "LoadedSettings", to: str | None, wait: str | None, *, init: bool) -> "MigrateOptions":
    from metaads_cli.tasks.migrate import MigrateOptions

    return MigrateOptions(
        up_to=to,
        foundation=init or loaded.values.database.url is None,
        wait_seconds=_wait_seconds(loaded, wait),
        lock_attempts=loaded.values.migrate.lock_attempts,
    )


def _wait_seconds(loaded: "LoadedSettings", wait: str | None) -> float:
    return loaded.values.migrate.wait_seconds if wait is None else duration_seconds(wait)


def _in_words(drift: "Drift") -> str:
    return f"{drift.name} {DRIFT[drift.problem]}{f': {drift.detail}' if drift.detail else ''}"


def _behind(report: "MigrateReport") -> ChangesPending:
    """What `--check` says: pending patches can be applied, an edited one must be restored."""
    drifted = [*dict.fromkeys(drift.name for drift in report.drift)]
    pending = len(report.pending)
    return ChangesPending(
        f"{pending} {'patch is' if pending == 1 else 'patches are'} pending, "
        f"{len(drifted)} {'has' if len(drifted) == 1 else 'have'} drifted",
        hint=_way_out(report),
        details={"pending": report.pending, "drift": drifted},
    )


def _way_out(report: "MigrateReport") -> str:
    problems = {drift.problem for drift in report.drift}
    if report.pending:
        return "Run: metaads migrate"
    if problems == {"missing"}:
        return "Use the metaads that applied them, or a newer one"
    if problems == {"verify"}:
        name = next(drift.name for drift in report.drift)
        return f"Patches are safe to repeat: psql -v ON_ERROR_STOP=1 -f {_file_of(name)}"
    return "Restore the files as they were applied; change by a new patch"


def _file_of(name: str) -> Path:
    from metaads_cli.db.patching.files import sql_directory

    return sql_directory() / "patches" / f"{name}.sql"
