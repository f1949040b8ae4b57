"""`metaads stats tenants`."""

from metaads_cli.cli.invocation import Invocation, with_global_options
from metaads_cli.cli.options import LastOption, OutputOption, PresetOption, SinceOption, UntilOption
from metaads_cli.cli.values import days_of


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
