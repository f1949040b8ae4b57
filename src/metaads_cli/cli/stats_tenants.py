"""`metaads stats tenants`."""

from pathlib import Path
from typing import Annotated

import typer

from metaads_cli.cli.invocation import Invocation, with_global_options
from metaads_cli.cli.values import days_of

SinceOption = Annotated[str | None, typer.Option("--since", metavar="DAY", help="First day, such as 2026-11-01.")]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="DAY", help="Last day, included.")]
LastOption = Annotated[
    str | None, typer.Option("--last", metavar="30d", help="The last days or weeks (30d, 4w), today included.")
]
PresetOption = Annotated[
    str | None, typer.Option("--preset", metavar="NAME", help="Such as last_month; metaads stats --help has them all.")
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help="Write the result to this file instead.")
]


@with_global_options()
def tenants(
    run: Invocation,
    since: SinceOption = None,
    until: UntilOption = None,
    last: LastOption = None,
    preset: PresetOption = None,
    output_file: OutputOption = None,
) -> None:
    """What the ads of every tenant did, a row for each.

    From the daily totals that the sync keeps, on each tenant's own days. Without a window: all time.

    \b
    Examples:
      metaads stats tenants --preset last_month
      metaads stats tenants --last 7d --output tenants.xlsx
    """
    from metaads_cli.tasks.stats.tenants import totals_of_tenants

    days = days_of(since, until, last, preset)
    loaded = run.load_settings()
    with run.database(loaded) as database:
        report = totals_of_tenants(database, days, fallback_timezone=loaded.values.stats.timezone)
    run.finish(report, output_file)
