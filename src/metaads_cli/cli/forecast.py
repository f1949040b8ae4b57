"""`metaads stats forecast`."""

from typing import Annotated

import typer

from metaads_cli.cli.invocation import Invocation, with_global_options
from metaads_cli.cli.options import OutputOption, TenantOption

DaysOption = Annotated[int, typer.Option("--days", metavar="N", help="So many days, today being the first: 1 to 60.")]
IntervalOption = Annotated[
    int, typer.Option("--interval", metavar="PERCENT", help="How likely low to high shall hold: 50 to 95.")
]


@with_global_options()
def forecast(
    run: Invocation,
    tenant: TenantOption,
    days: DaysOption = 14,
    interval: IntervalOption = 80,
    output_file: OutputOption = None,
) -> None:
    """Print what the next days are expected to bring: leads, and spend.

    By the recent level and how the weekdays differ, from the whole days up to yesterday. The same forecast is made
    from every past day to see what it misses: from that come low and high, and it is said how often they held. Where
    "the same as a week before" did better, that is the forecast. With too little history there is none.

    Low and high of the total are its own, not the sums of the days'.

    \b
    Examples:
      metaads stats forecast --tenant 1
      metaads stats forecast --tenant 1 --days 30 --interval 90
      metaads stats forecast --tenant 1 --json
    """
    from metaads_cli.tasks.stats import forecast as task

    loaded = run.load_settings()
    with run.tenant(loaded, tenant) as session:
        report = task.forecast(session, days, interval=interval, fallback_timezone=loaded.values.stats.timezone)
    run.finish(report, output_file)
    for sentence in task.sentences(report):
        run.console.note(sentence)
