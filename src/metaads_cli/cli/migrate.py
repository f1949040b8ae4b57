"""`metaads migrate`."""

from typing import TYPE_CHECKING, Annotated

import typer

from metaads_cli.cli.invocation import Invocation, with_global_options
from metaads_cli.cli.values import duration_seconds
from metaads_cli.errors import ChangesPending, UsageError

if TYPE_CHECKING:
    from metaads_cli.models.reports import MigrateReport

PlanOption = Annotated[bool, typer.Option("--plan", metavar="", help="Show what would be applied; change nothing.")]
StatusOption = Annotated[
    bool, typer.Option("--status", metavar="", help="Show the state of every patch; change nothing.")
]
SqlOption = Annotated[bool, typer.Option("--sql", metavar="", help="Print the pending patches as a script for psql.")]
CheckOption = Annotated[bool, typer.Option("--check", metavar="", help="Exit 10 when patches are pending or edited.")]
ToOption = Annotated[str | None, typer.Option("--to", metavar="NAME", help="Stop after this patch (name or number).")]
WaitOption = Annotated[
    str | None,
    typer.Option("--wait", metavar="TIME", help="How long to wait for another runner, such as 60s or 5m."),
]
InitOption = Annotated[
    bool, typer.Option("--init", metavar="", help="Create the host's tables first, in a database without patients.")
]

DRIFT = {
    "edited": "was edited after it was applied",
    "missing": "was applied, but its file is gone: was it a newer metaads?",
    "out of order": "is older than the newest applied patch",
}


@with_global_options()
def migrate(
    run: Invocation,
    plan: PlanOption = False,
    status: StatusOption = False,
    sql: SqlOption = False,
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
      metaads migrate --init         a new installation, without a host
    """
    from metaads_cli.tasks import migrate as task

    if plan + status + sql > 1:
        raise UsageError("--plan, --status and --sql exclude each other", hint="metaads migrate --help")
    loaded = run.load_settings()
    with run.database(loaded) as database:
        connection = database.connection
        if sql:
            run.console.result(task.pending_sql(connection, to))
            return
        if status:
            run.finish(task.status(connection))
        if status or plan or check:
            report = task.plan(connection, to)
        else:
            options = task.MigrateOptions(
                up_to=to,
                foundation=init or loaded.values.database.url is None,
                wait_seconds=loaded.values.migrate.wait_seconds if wait is None else duration_seconds(wait),
                lock_attempts=loaded.values.migrate.lock_attempts,
            )
            report = task.migrate(connection, options, run.console.step)
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
        run.console.warn(f"{drift.name} {DRIFT[drift.problem]}")
    if check and (report.pending or report.drift):
        raise _behind(report)


def _behind(report: "MigrateReport") -> ChangesPending:
    """What `--check` says: pending patches can be applied, an edited one must be restored."""
    drifted = [drift.name for drift in report.drift]
    pending = len(report.pending)
    return ChangesPending(
        f"{pending} {'patch is' if pending == 1 else 'patches are'} pending, "
        f"{len(drifted)} {'has' if len(drifted) == 1 else 'have'} drifted",
        hint=_way_out(report),
        details={"pending": report.pending, "drift": drifted},
    )


def _way_out(report: "MigrateReport") -> str:
    if report.pending:
        return "Run: metaads migrate"
    if all(drift.problem == "missing" for drift in report.drift):
        return "Use the metaads that applied them, or a newer one"
    return "Restore the files as they were applied; change by a new patch"
