"""`metaads stats`."""

from pathlib import Path
from typing import Annotated

import typer

from metaads_cli.cli.invocation import Invocation, with_global_options
from metaads_cli.cli.values import day, number_of_days

TenantOption = Annotated[int, typer.Option("--tenant", metavar="N", help="The tenant.")]
SinceOption = Annotated[str | None, typer.Option("--since", metavar="DAY", help="First day, such as 2026-11-01.")]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="DAY", help="Last day, included.")]
LastOption = Annotated[
    str | None,
    typer.Option("--last", metavar="30d", help="The last days or weeks (30d, 4w), today included."),
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help="Write the result to this file instead.")
]


@with_global_options()
def stats(
    run: Invocation,
    tenant: TenantOption,
    since: SinceOption = None,
    until: UntilOption = None,
    last: LastOption = None,
    output_file: OutputOption = None,
) -> None:
    """Print leads and appointments per campaign and ad.

    A person counts once, on the day of the first touch in the tenant's time zone. Without a window: all time.

    \b
    Examples:
      metaads stats --tenant 1
      metaads stats --tenant 1 --since 2026-10-01 --until 2026-10-31
      metaads stats --tenant 1 --last 30d --format csv > leads.csv
    """
    from metaads_cli.tasks import stats as task

    days = task.Days(
        since=day(since, "--since") if since is not None else None,
        until=day(until, "--until") if until is not None else None,
        last=number_of_days(last) if last is not None else None,
    )
    loaded = run.load_settings()
    with run.tenant(loaded, tenant) as session:
        report = task.statistics(
            session,
            days,
            fallback_timezone=loaded.values.stats.timezone,
            valid_statuses=loaded.values.stats.valid_appointment_statuses,
        )
    run.finish(report, output_file)
    for warning in report.warnings:
        run.console.warn(warning)
