"""`metaads export`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from metaads_cli.cli import os_failures
from metaads_cli.cli.invocation import Invocation, command_group, with_global_options
from metaads_cli.cli.options import ByOption, LastOption, PresetOption, SinceOption, UntilOption
from metaads_cli.cli.values import days_of, level_of
from metaads_cli.console import Console, Format, Progress
from metaads_cli.errors import UsageError

if TYPE_CHECKING:
    from metaads_cli.settings import LoadedSettings
    from metaads_cli.tasks.export import Subject
    from metaads_cli.tasks.stats import Days


class ExportFormat(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"
    XLSX = "xlsx"

    @property
    def is_binary(self) -> bool:
        return self in {ExportFormat.PARQUET, ExportFormat.XLSX}


FORMATS = ", ".join(ExportFormat)
STDOUT = Path("-")

TenantOption = Annotated[int | None, typer.Option("--tenant", metavar="N", help="The tenant.")]
AllOption = Annotated[bool, typer.Option("--all-tenants", metavar="", help="Every tenant, one after the other.")]
LevelOption = Annotated[str, typer.Option("--level", metavar="LEVELS", help="What rows are about, with commas.")]
ContactOption = Annotated[
    bool, typer.Option("--with-contact-data", metavar="", help="Add phone number and name of each person.")
]
FormatOption = Annotated[
    ExportFormat | None,
    typer.Option("--format", help="How rows are written; without it, as FILE ends, else csv."),
]
FileOption = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help="Write here and print a summary; - is stdout.")
]
SummaryOption = Annotated[bool, typer.Option("--json", metavar="", help="Print the summary, and errors, as JSON.")]

app = command_group("Files of rows: Parquet, CSV, JSON lines, Excel.")


@app.command()
@with_global_options(own=("output", "json"))
def insights(
    run: Invocation,
    tenant: TenantOption = None,
    all_tenants: AllOption = False,
    level: LevelOption = "campaign,adset,ad",
    since: SinceOption = None,
    until: UntilOption = None,
    last: LastOption = None,
    preset: PresetOption = None,
    data_format: FormatOption = None,
    output_file: FileOption = None,
    as_json: SummaryOption = False,
) -> None:
    """Write what ads did and cost: a row per object and day.

    Days are those of the ad account, amounts in its currency, names the present ones. Rows of different levels tell
    of the same money: add up one level only.

    \b
    Examples:
      metaads export insights --tenant 1 --output insights.parquet
      metaads export insights --all-tenants --level ad --output ads.csv
      metaads export insights --tenant 1 --last 30d --format jsonl | gzip > i.gz
    """
    from metaads_cli.tasks import export as task

    place = _place(run, data_format, output_file, as_json)
    levels = list(dict.fromkeys(level_of(part, "--level") for part in level.split(",")))
    wish = _Wish(_tenants(tenant, all_tenants), days_of(since, until, last, preset), place)
    wish.fulfil(run, run.load_settings(), task.Insights(levels))


@app.command()
@with_global_options(own=("output", "json"))
def leads(
    run: Invocation,
    tenant: TenantOption = None,
    all_tenants: AllOption = False,
    with_contact_data: ContactOption = False,
    since: SinceOption = None,
    until: UntilOption = None,
    last: LastOption = None,
    preset: PresetOption = None,
    data_format: FormatOption = None,
    output_file: FileOption = None,
    as_json: SummaryOption = False,
) -> None:
    """Write the people who came from Meta's ads: a row per person.

    With the ad of the first touch, appointments and revenue, counted as in metaads stats: the days are those of the
    first touch, revenue is all that a person has brought in since. Deleted people are left out. Nobody can be called
    or named by the rows, unless --with-contact-data is given.

    \b
    Examples:
      metaads export leads --tenant 1 --output leads.xlsx
      metaads export leads --tenant 1 --preset last_month --output leads.csv
      metaads export leads --all-tenants --output leads.parquet
    """
    from metaads_cli.tasks import export as task

    place = _place(run, data_format, output_file, as_json)
    wish = _Wish(_tenants(tenant, all_tenants), days_of(since, until, last, preset), place)
    loaded = run.load_settings()
    wish.fulfil(run, loaded, task.Leads(loaded.values.stats.valid_appointment_statuses, with_contact_data))


@app.command()
@with_global_options(own=("output", "json"))
def stats(
    run: Invocation,
    tenant: TenantOption = None,
    all_tenants: AllOption = False,
    by: ByOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    last: LastOption = None,
    preset: PresetOption = None,
    data_format: FormatOption = None,
    output_file: FileOption = None,
    as_json: SummaryOption = False,
) -> None:
    """Write the rows of metaads stats, of one tenant or all.

    Totals are left to the reader: rows in different currencies are not to be added.

    \b
    Examples:
      metaads export stats --tenant 1 --by day --last 30d --output days.parquet
      metaads export stats --all-tenants --by campaign --output campaigns.csv
    """
    from metaads_cli.tasks import export as task

    place = _place(run, data_format, output_file, as_json)
    wish = _Wish(_tenants(tenant, all_tenants), days_of(since, until, last, preset), place)
    loaded = run.load_settings()
    wish.fulfil(run, loaded, task.Statistics(loaded.values.stats.valid_appointment_statuses, by))


@dataclass(frozen=True)
class _Place:
    """`file` is None for stdout."""

    form: ExportFormat
    file: Path | None

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        from metaads_cli.files import whole_file

        if self.file is None:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
            return
        with os_failures.writing(self.file), whole_file(self.file) as stream:
            yield stream


@dataclass(frozen=True)
class _Wish:
    """What is asked for of any subject; `tenants` is None for all of them."""

    tenants: list[int] | None
    days: "Days"
    place: _Place

    def fulfil(self, run: Invocation, loaded: "LoadedSettings", subject: "Subject") -> None:
        from metaads_cli.models.export import ExportReport
        from metaads_cli.render.exports import open_writer
        from metaads_cli.tasks import export as task

        place, columns = self.place, subject.columns
        with run.database(loaded) as database:
            sessions = database.sessions(self.tenants)
            planned = task.with_windows(sessions, self.days, loaded.values.stats.timezone)
            with (
                place.open() as stream,
                open_writer(place.form, stream, columns, subject.name) as write,
                _progress(run.console, place) as progress,
            ):
                tenants, warnings = task.export(planned, subject, write, progress)
        if place.file is not None:
            run.finish(
                ExportReport(
                    what=subject.name,
                    format=place.form,
                    file=str(place.file),
                    bytes=place.file.stat().st_size if place.file.is_file() else None,
                    rows=sum(tenant.rows for tenant in tenants),
                    tenants=tenants,
                    warnings=warnings,
                )
            )
        for warning in warnings:
            run.console.warn(warning)


def _tenants(tenant: int | None, all_tenants: bool) -> list[int] | None:
    if tenant is not None and all_tenants:
        raise UsageError("--tenant and --all-tenants exclude each other")
    if tenant is None and not all_tenants:
        raise UsageError("No tenant is named", hint="Name one with --tenant, or say --all-tenants")
    return None if tenant is None else [tenant]


def _place(run: Invocation, given: ExportFormat | None, file: Path | None, as_json: bool) -> _Place:
    """Where the rows go, and how they are written: by --format, also before the command, else as the file ends, else as
    CSV. The summary is a table, or JSON."""
    before, file = run.options.output, None if file == STDOUT else file
    as_json = as_json or before is Format.JSON
    run.write_as(Format.JSON if as_json else None)
    if as_json and file is None:
        hint = "Rows as JSON: --format jsonl"
        raise UsageError("--json is for the summary, which is printed with --output FILE", hint=hint)
    if given is None and before not in {None, Format.JSON}:
        given = _of_option(before)
    form = given or (_of_ending(file) if file else None) or ExportFormat.CSV
    if file is None and form.is_binary and sys.stdout.isatty():
        raise UsageError(f"A terminal cannot show {form}", hint="Give --output FILE, or send it through a pipe")
    if form is ExportFormat.PARQUET:
        from metaads_cli.render.exports.parquet_file import require_pyarrow

        require_pyarrow()
    return _Place(form, file)


def _of_option(before: Format) -> ExportFormat:
    """What was given before the command, where formats of results are known alone."""
    try:
        return ExportFormat(before)
    except ValueError:
        raise UsageError(f"--format is {str(before)!r}; expected one of {FORMATS}") from None


def _of_ending(file: Path) -> ExportFormat | None:
    ending = file.suffix.removeprefix(".").lower()
    if ending and ending not in set(ExportFormat):
        raise UsageError(f"The ending of {file} names no format", hint=f"Give --format, one of {FORMATS}")
    return ExportFormat(ending) if ending else None


@contextmanager
def _progress(console: Console, place: _Place) -> Iterator[Progress]:
    """Not between rows that a terminal shows."""
    silent = place.file is None and console.on_terminal(sys.stdout)
    with (Console(verbosity=-1) if silent else console).progress("Exporting", None) as progress:
        yield progress
