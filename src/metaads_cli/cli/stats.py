"""`metaads stats`."""

from typing import Annotated

import typer

from metaads_cli.cli import forecast, stats_documents, stats_tenants
from metaads_cli.cli.invocation import Invocation, command_with_commands
from metaads_cli.cli.options import ByOption, LastOption, OutputOption, PresetOption, SinceOption, UntilOption
from metaads_cli.cli.values import days_of
from metaads_cli.errors import UsageError

TenantOption = Annotated[int | None, typer.Option("--tenant", metavar="N", help="The tenant.")]
AttributionOption = Annotated[
    str, typer.Option("--attribution", metavar="TOUCH", help="The first or the last touch has the person.")
]
CompareOption = Annotated[
    str | None,
    typer.Option("--compare", metavar="DAYS", help="With the previous days, a year ago (yoy), or DAY..DAY."),
]
ChartOption = Annotated[bool, typer.Option("--chart", metavar="", help="Draw leads and spend under the table.")]


def stats(
    run: Invocation,
    tenant: TenantOption = None,
    by: ByOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    last: LastOption = None,
    preset: PresetOption = None,
    compare: CompareOption = None,
    attribution: AttributionOption = "first",
    output_file: OutputOption = None,
    chart: ChartOption = False,
) -> None:
    """Print leads, appointments, spend and revenue per campaign and ad.

    A person counts once, on the day of the first touch in the tenant's time zone; spend on the days of the ad
    account, revenue on the days of payment. Without a window: all time.

    Ads that spent for nobody are rows too. Of an ad with several headlines, the one with most people carries the
    spend. --by source counts everybody, those who came without an ad as well.

    The last touch is the last one before the person's first appointment, if that came within 7 days of it (or as
    configured); appointments after that time are not its doing.

    \b
    Examples:
      metaads stats --tenant 1
      metaads stats --tenant 1 --since 2026-10-01 --until 2026-10-31
      metaads stats --tenant 1 --last 30d --format csv > leads.csv
      metaads stats --tenant 1 --by campaign --last 30d --compare previous
      metaads stats --tenant 1 --by ad --last 90d --attribution last
      metaads stats --tenant 1 --by week --preset this_quarter --chart
      metaads stats --tenant 1 --output leads.xlsx
    """
    from metaads_cli.tasks import stats as task

    if tenant is None:  # a command may follow, and have it
        raise UsageError("Missing option '--tenant'", hint="metaads stats --help shows what it takes")
    stats_documents.check_chart(run, chart, output_file)
    days = days_of(since, until, last, preset)
    loaded = run.load_settings()
    with run.tenant(loaded, tenant) as session:
        report = task.statistics(
            session,
            days,
            by=by,
            attribution=attribution,
            compare=compare,
            fallback_timezone=loaded.values.stats.timezone,
            valid_statuses=loaded.values.stats.valid_appointment_statuses,
            attribution_window_days=loaded.values.stats.attribution_window_days,
        )
    run.finish(report, output_file, charts=chart)
    for warning in report.warnings:
        run.console.warn(warning)


app = command_with_commands(stats)
stats_documents.add_to(app)
app.command()(forecast.forecast)
app.command()(stats_tenants.tenants)
