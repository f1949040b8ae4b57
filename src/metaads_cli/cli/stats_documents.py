"""`metaads stats overview`, `campaign`, `adset`, `ad`, `timeline`: documents about what the ads did and cost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metaads_cli.cli.invocation import Invocation, with_global_options
from metaads_cli.cli.options import OutputOption, SinceOption, TenantOption
from metaads_cli.cli.values import day, level_of
from metaads_cli.console import Format
from metaads_cli.errors import UsageError

if TYPE_CHECKING:
    from metaads_cli.models.performance import About, OverviewDocument
    from metaads_cli.tasks.performance import Question

DaysOption = Annotated[
    int | None,
    typer.Option("--days", metavar="N", min=1, max=3660, help="So many days up to today.  [default: 30]"),
]
UntilOption = Annotated[
    str | None, typer.Option("--until", metavar="DAY", help="Last day, included; today without it.")
]
TopOption = Annotated[int, typer.Option("--top", metavar="N", min=0, help="So many campaigns of each currency.")]
TypeOption = Annotated[
    str | None, typer.Option("--entity-type", metavar="TYPE", help="What the id names: campaign, adset or ad.")
]
CampaignArgument = Annotated[str, typer.Argument(metavar="ID", help="The campaign's id.", show_default=False)]
AdSetArgument = Annotated[str, typer.Argument(metavar="ID", help="The ad set's id.", show_default=False)]
AdArgument = Annotated[str, typer.Argument(metavar="ID", help="The ad's id.", show_default=False)]
ChartOption = Annotated[bool, typer.Option("--chart", metavar="", help="Draw the spend under the table.")]
EntityArgument = Annotated[str, typer.Argument(metavar="ID", help="Of a campaign, ad set or ad.", show_default=False)]


@with_global_options()
def overview(
    run: Invocation,
    tenant: TenantOption,
    days: DaysOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    top: TopOption = 10,
    output_file: OutputOption = None,
) -> None:
    """All ad accounts at a glance: totals, top campaigns, last sync, alerts.

    By the insights of campaigns, on the days of each account. CTR is in percent. Amounts in different currencies are
    never added.

    \b
    Examples:
      metaads stats overview --tenant 1
      metaads stats overview --tenant 1 --days 7 --json
    """
    from metaads_cli.tasks import performance

    with _question(run, tenant, days, since, until) as question:
        document = performance.overview(question, top)
    _print(run, document, output_file)


@with_global_options()
def campaign(
    run: Invocation,
    entity_id: CampaignArgument,
    tenant: TenantOption,
    days: DaysOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    output_file: OutputOption = None,
) -> None:
    """One campaign: its days, totals and efficiency among the others.

    \b
    Examples:
      metaads stats campaign 120210000000000017 --tenant 1
      metaads stats campaign 120210000000000017 --tenant 1 --days 90 --json
    """
    from metaads_cli.tasks import performance

    with _question(run, tenant, days, since, until) as question:
        document = performance.campaign(question, entity_id)
    _print(run, document, output_file)


@with_global_options()
def adset(
    run: Invocation,
    entity_id: AdSetArgument,
    tenant: TenantOption,
    days: DaysOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    output_file: OutputOption = None,
) -> None:
    """One ad set: its days, totals, targeting, budget and efficiency.

    \b
    Examples:
      metaads stats adset 120210000000000018 --tenant 1
    """
    from metaads_cli.tasks import performance

    with _question(run, tenant, days, since, until) as question:
        document = performance.adset(question, entity_id)
    _print(run, document, output_file)


@with_global_options()
def ad(
    run: Invocation,
    entity_id: AdArgument,
    tenant: TenantOption,
    days: DaysOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    output_file: OutputOption = None,
) -> None:
    """One ad beside the other ads of its ad set, and its days.

    Its peers are those with delivery on the same days. A rank of 1 is the best; of spend, the highest.

    \b
    Examples:
      metaads stats ad 120210000000000019 --tenant 1
      metaads stats ad 120210000000000019 --tenant 1 --days 7
    """
    from metaads_cli.tasks import performance

    with _question(run, tenant, days, since, until) as question:
        document = performance.ad(question, entity_id)
    _print(run, document, output_file)


@with_global_options()
def timeline(
    run: Invocation,
    entity_id: EntityArgument,
    tenant: TenantOption,
    entity_type: TypeOption = None,
    days: DaysOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    output_file: OutputOption = None,
    chart: ChartOption = False,
) -> None:
    """Day by day, gaps shown: no delivery is zero, what was not read is unknown.

    \b
    Examples:
      metaads stats timeline 120210000000000017 --tenant 1 --chart
      metaads stats timeline 120210000000000017 --tenant 1 --days 90 --format csv
    """
    from metaads_cli.tasks import performance

    check_chart(run, chart, output_file)
    level = level_of(entity_type, "--entity-type") if entity_type is not None else None
    with _question(run, tenant, days, since, until) as question:
        document = performance.timeline(question, entity_id, level)
    _print(run, document, output_file, chart=chart)


COMMANDS: tuple[Callable[..., None], ...] = (overview, campaign, adset, ad, timeline)


def add_to(app: typer.Typer) -> None:
    for command in COMMANDS:
        app.command(command.__name__)(command)


@contextmanager
def _question(
    run: Invocation, tenant: int, days: int | None, since: str | None, until: str | None
) -> "Iterator[Question]":
    from metaads_cli.tasks.performance import AskedDays, Question

    asked = AskedDays(
        days,
        day(since, "--since") if since is not None else None,
        day(until, "--until") if until is not None else None,
    )
    loaded = run.load_settings()
    with run.tenant(loaded, tenant) as session:
        settings = loaded.values.stats
        yield Question(session, asked, settings.timezone, settings.valid_appointment_statuses)


def check_chart(run: Invocation, chart: bool, file: Path | None) -> None:
    """Raises UsageError where there is no table to draw under."""
    if chart and (output := run.format_for(file)) is not Format.TABLE:
        raise UsageError(f"--chart draws under a table, and the result is {output}", hint="Leave out one of the two")


def _print(run: Invocation, document: "About | OverviewDocument", file: Path | None, *, chart: bool = False) -> None:
    run.finish(document, file, charts=chart)
    for warning in document.warnings:
        run.console.warn(warning)
