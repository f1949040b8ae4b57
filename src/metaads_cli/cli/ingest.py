"""`metaads ingest`."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metaads_cli.cli.invocation import Invocation, with_global_options
from metaads_cli.console import Format
from metaads_cli.errors import InputError, MetaAdsError, SafetyRefusal, UsageError

if TYPE_CHECKING:
    from metaads_cli.models.reports import IngestReport
    from metaads_cli.tasks.ingest import IngestRun


class Payload(StrEnum):
    """The payload shapes that can be named."""

    AUTO = "auto"
    WHATSAPP = "whatsapp"


class UnknownContact(StrEnum):
    CREATE = "create"
    HOLD = "hold"


SourcesArgument = Annotated[
    list[str], typer.Argument(metavar="SOURCE", help="Files with webhook bodies; - is standard input.")
]
TenantOption = Annotated[
    int | None,
    typer.Option("--tenant", metavar="N", help="The tenant; without it, found by the receiving number."),
]
PayloadOption = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        show_default=False,
        help="The payload (auto, whatsapp), or how the result is written (table, json, jsonl, csv, tsv, md).",
    ),
]
UnknownOption = Annotated[
    UnknownContact | None,
    typer.Option("--unknown-contact", show_default=False, help="Create a guest (the default), or hold the referral."),
]
RejectsOption = Annotated[
    Path | None, typer.Option("--rejects", metavar="FILE", help="Append what cannot be used to this file.")
]
MaxRejectsOption = Annotated[
    int | None, typer.Option("--max-rejects", metavar="N", min=0, help="Stop when more than N are rejected.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", metavar="", help="Do everything, keep nothing.")]


@with_global_options(own=("output",))
def ingest(
    run: Invocation,
    sources: SourcesArgument,
    tenant: TenantOption = None,
    payload: PayloadOption = None,
    unknown_contact: UnknownOption = None,
    rejects: RejectsOption = None,
    max_rejects: MaxRejectsOption = None,
    dry_run: DryRunOption = False,
) -> None:
    """Attribute people to ads, from webhook bodies.

    It reads WhatsApp Cloud API bodies: one JSON document, an array, or JSON lines. Every touch is kept once: repeat
    a file, or read it in another order, and nothing changes. What cannot be used goes to a rejects file (exit 3);
    correct it and ingest that file.

    \b
    Examples:
      metaads ingest webhook.jsonl
      cat webhook.jsonl | metaads ingest - --tenant 1 --json
    """
    from metaads_cli.tasks import ingest as task
    from metaads_cli.tasks.rejects import RejectsFile, default_path

    _use_formats(run, payload or [])
    loaded = run.load_settings({("ingest", "unknown_contact"): ("--unknown-contact", unknown_contact)})
    settings = loaded.values.ingest
    inputs = task.sources(sources, rejects)
    rejects_file = RejectsFile(rejects or default_path(settings.rejects_directory))
    options = task.IngestOptions(
        tenant_id=tenant,
        create_contacts=settings.unknown_contact == "create",
        batch_size=settings.batch_size,
        max_document_bytes=settings.max_document_mb * 2**20,
        max_rejects=max_rejects,
        dry_run=dry_run,
    )
    sizes = [source.size for source in inputs]
    total = None if None in sizes else sum(size or 0 for size in sizes)
    with run.database(loaded) as database, rejects_file, run.console.progress("Reading", total) as progress:
        done = task.ingest(database, inputs, options, rejects_file, progress)
    run.finish(done.report)
    for name in done.empty_sources:
        run.console.warn(f"{name} is empty: nothing to ingest")
    if done.report.rejected:
        raise _rejected(done)


def _use_formats(run: Invocation, names: list[str]) -> None:
    """`--format` names the payload or the output; the two sets of names do not overlap."""
    outputs, payloads = list(Format), list(Payload)
    for name in names:
        if name in outputs:
            run.use({"output": Format(name)})
        elif name not in payloads:
            raise UsageError(
                f"--format is {name!r}; expected a payload ({', '.join(payloads)}) or an output ({', '.join(outputs)})"
            )


def _landed(report: "IngestReport") -> str:
    if report.dry_run:
        return "Nothing was kept (dry run). "
    return "The rest has landed. " if report.referrals or report.ignored else ""


def _rejected(done: "IngestRun") -> MetaAdsError:
    report, others = done.report, done.report.rejected - 1
    kind = SafetyRefusal if done.other_tenant else InputError
    more = f", and {others} more" if others else ""
    what_to_do = (
        f"They are in {report.rejects_file}: ingest it without --tenant, or for the tenant they belong to"
        if done.other_tenant
        else f"Correct {report.rejects_file} and ingest it"
    )
    return kind(
        f"{done.reasons[0]}{more}",
        hint=f"{_landed(report)}{what_to_do}",
        details={"rejected": report.rejected, "rejects_file": report.rejects_file, "first": done.reasons},
    )
