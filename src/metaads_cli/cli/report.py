"""`metaads report`."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metaads_cli.cli import os_failures
from metaads_cli.cli.invocation import Invocation, with_global_options
from metaads_cli.cli.options import LastOption, SinceOption, TenantOption, UntilOption
from metaads_cli.cli.values import days_of
from metaads_cli.console import Format
from metaads_cli.errors import UsageError

if TYPE_CHECKING:
    from metaads_cli.models.report import ReportDocument

PresetOption = Annotated[
    str | None,
    typer.Option("--preset", metavar="NAME", help="Days by a name, as in metaads stats.  [default: last_30d]"),
]
CompareOption = Annotated[
    str | None,
    typer.Option(
        "--compare",
        metavar="WITH",
        help="previous (the days just before), yoy (a year before), DAY..DAY, or none.  [default: previous]",
    ),
]
AttributionOption = Annotated[
    str, typer.Option("--attribution", metavar="TOUCH", help="Which touch a person counts for: first or last.")
]
OutputOption = Annotated[Path | None, typer.Option("--output", metavar="FILE", help="The page, such as report.html.")]
OpenOption = Annotated[bool, typer.Option("--open", metavar="", help="Show the page in the browser.")]


@with_global_options()
def report(
    run: Invocation,
    tenant: TenantOption,
    output_file: OutputOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    last: LastOption = None,
    preset: PresetOption = None,
    compare: CompareOption = None,
    attribution: AttributionOption = "first",
    open_page: OpenOption = False,
) -> None:
    """Write a page with charts of what the ads brought and cost.

    One HTML file that needs nothing else: it can be mailed, opened on a phone, printed. Its figures are those of
    metaads stats, with those of the days before, what changed most, a forecast, and how new it all is. With --json
    the figures are printed, and the page is written only where --output says so.

    \b
    Examples:
      metaads report --tenant 1 --output report.html --open
      metaads report --tenant 1 --output october.html --preset last_month
      metaads report --tenant 1 --output q3.html --since 2026-07-01 \\
                     --until 2026-09-30 --compare yoy
      metaads report --tenant 1 --json
    """
    from metaads_cli.tasks import report as task

    _check(run, output_file, open_page=open_page)
    loaded = run.load_settings()
    options = task.ReportOptions(
        days=days_of(since, until, last, preset),
        compare=compare,
        attribution=attribution,
        fallback_timezone=loaded.values.stats.timezone,
        valid_statuses=loaded.values.stats.valid_appointment_statuses,
        attribution_window_days=loaded.values.stats.attribution_window_days,
    )
    with run.tenant(loaded, tenant) as session:
        document = task.report(session, options)
    if run.options.output is Format.JSON:
        run.finish(document)
    for warning in document.warnings:
        run.console.warn(warning)
    if output_file is not None:
        _write(run, document, output_file)
        if open_page:
            _show(run, output_file)


def _check(run: Invocation, file: Path | None, *, open_page: bool) -> None:
    """Before any work is done. Raises UsageError, and ConfigError where the charting library is missing."""
    if run.options.output not in {None, Format.TABLE, Format.HTML, Format.JSON}:
        raise UsageError(
            f"A report is a page or JSON, not {run.options.output}", hint="Use --output report.html, --json, or both"
        )
    if file is None and (open_page or run.options.output is not Format.JSON):
        raise UsageError("Missing option '--output'", hint="Name the page to write: --output report.html")
    if file is not None:
        from metaads_cli.render.report import require_library

        require_library()


def _write(run: Invocation, document: "ReportDocument", file: Path) -> None:
    from metaads_cli.files import whole_file
    from metaads_cli.render.report import page

    written = page(document).encode()
    with os_failures.writing(file), whole_file(file) as stream:
        stream.write(written)
    run.console.note(f"Wrote {file} ({len(written) / 1_000_000:.1f} MB).")


def _show(run: Invocation, file: Path) -> None:
    """In the browser, where there is a screen."""
    import webbrowser

    screen = sys.platform in {"darwin", "win32"} or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    if not screen or not webbrowser.open(file.resolve().as_uri()):
        run.console.note(f"There is no browser to show {file} in.")
