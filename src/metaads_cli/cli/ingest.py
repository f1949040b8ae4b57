"""`metaads ingest`."""

from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from metaads_cli.cli.invocation import Invocation, with_global_options
from metaads_cli.console import Format
from metaads_cli.errors import ConfigError, InputError, MetaAdsError, SafetyRefusal, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metaads_cli.cli.stopping import StopRequest
    from metaads_cli.models.reports import IngestReport
    from metaads_cli.referrals.signatures import Verifier
    from metaads_cli.settings import Settings
    from metaads_cli.tasks.ingest import IngestRun
    from metaads_cli.tasks.sources import Source


class Payload(StrEnum):
    """The payload shapes that can be named."""

    AUTO = "auto"
    WHATSAPP = "whatsapp"
    YCLOUD = "ycloud"
    MESSENGER = "messenger"
    INSTAGRAM = "instagram"
    LEADGEN = "leadgen"
    CHATWOOT = "chatwoot"
    TWILIO = "twilio"
    BAILEYS = "baileys"
    FLAT = "flat"


class UnknownContact(StrEnum):
    CREATE = "create"
    HOLD = "hold"


SourcesArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SOURCE",
        show_default=False,
        help="Files, folders, quoted patterns; also .gz and .zst. - is standard input.",
    ),
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
        help=f"The payload ({', '.join(Payload)}), or how the result is written (table, json, jsonl, csv, tsv, md).",
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
RetryOption = Annotated[
    bool, typer.Option("--retry-held", metavar="", help="Match touches that were held again; without any SOURCE.")
]
FollowOption = Annotated[
    bool, typer.Option("--follow", metavar="", help="Stay, and read on as the file grows: until Ctrl-C.")
]
VerifyOption = Annotated[
    bool,
    typer.Option("--verify-signature", metavar="", help="Reject what does not carry a right signature in its headers."),
]
FromStartOption = Annotated[
    bool, typer.Option("--from-start", metavar="", help="Read all again, also what an interrupted run has read.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", metavar="", help="Do everything, keep nothing.")]


@with_global_options(own=("output",))
def ingest(
    run: Invocation,
    sources: SourcesArgument = None,
    tenant: TenantOption = None,
    payload: PayloadOption = None,
    unknown_contact: UnknownOption = None,
    rejects: RejectsOption = None,
    max_rejects: MaxRejectsOption = None,
    retry_held: RetryOption = False,
    follow: FollowOption = False,
    verify_signature: VerifyOption = False,
    from_start: FromStartOption = False,
    dry_run: DryRunOption = False,
) -> None:
    """Attribute people to ads, from webhook bodies.

    It reads JSON lines, JSON documents, arrays, and CSV with a header (.csv, or --format flat), plain or packed with
    gzip or zstd; of each, the payload's shape is found by itself. Every touch is kept once: repeat a file, or read
    it in another order, and nothing changes. A run that was killed goes on where it was, by the same command. What
    cannot be used goes to a rejects file (exit 3); correct it and ingest that file.

    \b
    Examples:
      metaads ingest webhook.jsonl 'logs/2026-*.jsonl.gz' leads.csv
      cat webhook.jsonl | metaads ingest - --tenant 1 --json
      metaads ingest --follow /var/log/webhook.jsonl
      metaads ingest --retry-held --tenant 1
    """
    from metaads_cli.cli.stopping import StopRequest
    from metaads_cli.tasks import ingest as task
    from metaads_cli.tasks.following import followed
    from metaads_cli.tasks.rejects import RejectsFile, default_path
    from metaads_cli.tasks.sources import sources as found

    shape = _use_formats(run, payload or [])
    loaded = run.load_settings({("ingest", "unknown_contact"): ("--unknown-contact", unknown_contact)})
    settings, stop = loaded.values.ingest, StopRequest()
    if retry_held == bool(sources):
        raise UsageError(
            "--retry-held takes no SOURCE" if retry_held else "Missing argument 'SOURCE...'",
            hint="metaads ingest --help shows what it takes",
        )
    inputs = [followed(sources or [], rejects, stop)] if follow else found(sources or [], rejects)
    rejects_file = RejectsFile(rejects or default_path(settings.rejects_directory), is_chosen=rejects is not None)
    options = task.IngestOptions(
        tenant_id=tenant,
        create_contacts=settings.unknown_contact == "create",
        batch_size=settings.batch_size,
        max_document_bytes=settings.max_document_mb * 2**20,
        max_rejects=max_rejects,
        dry_run=dry_run,
        shape=shape,
        verifier=_verifier(loaded.values) if verify_signature else None,
        from_start=from_start,
    )
    with (
        run.database(loaded) as database,
        rejects_file,
        run.console.progress("Reading", _size(inputs), of_bytes=True) as progress,
        stop.listening() if follow else nullcontext(),
    ):
        if retry_held:
            done = task.retry_held(database, options, rejects_file, progress)
        else:
            done = task.ingest(database, inputs, options, rejects_file, progress)
    run.finish(done.report)
    _finish(run, done, stop)


def _finish(run: Invocation, done: "IngestRun", stop: "StopRequest") -> None:
    """Raises what the run ended with: a signal tells more than rejects do."""
    if done.report.resumed:
        run.console.note("Went on where an interrupted run of the same command was (--from-start reads all again)")
    for name in done.empty_sources:
        run.console.warn(f"{name} is empty: nothing to ingest")
    if done.report.rejected and not stop():
        raise _rejected(done)
    if done.report.rejected:
        run.console.warn(f"{_rejected(done)}; the rejects are in {done.report.rejects_file}")
    stop.raise_if_made()


def _use_formats(run: Invocation, names: list[str]) -> str | None:
    """`--format` names the payload or the output; the two sets of names do not overlap. The payload's shape, where it
    is named."""
    outputs, payloads = list(Format), list(Payload)
    shapes = [name for name in names if name not in outputs]
    for name in names:
        if name in outputs:
            run.use({"output": Format(name)})
        elif name not in payloads:
            raise UsageError(
                f"--format is {name!r}; expected a payload ({', '.join(payloads)}) or an output ({', '.join(outputs)})"
            )
    if len(set(shapes)) > 1:
        raise UsageError(f"--format names several payloads: {', '.join(shapes)}", hint="Leave it out: it finds each")
    return shapes[0] if shapes and shapes[0] != Payload.AUTO else None


def _verifier(settings: "Settings") -> "Verifier":
    from metaads_cli.referrals.signatures import Verifier
    from metaads_cli.settings import read_secret

    references = settings.graph.app_secret, settings.ingest.ycloud_secret
    app_secret, ycloud_secret = (read_secret(one) if one else None for one in references)
    if app_secret is None and ycloud_secret is None:
        raise ConfigError(
            "--verify-signature needs the secret that the requests are signed with",
            hint="Set META_APP_SECRET; for YCloud METAADS_INGEST__YCLOUD_SECRET",
        )
    return Verifier(app_secret, ycloud_secret)


def _size(inputs: "Sequence[Source]") -> int | None:
    """Of all of them in bytes; None where one has no known end."""
    sizes = [source.size for source in inputs]
    return None if None in sizes else sum(size or 0 for size in sizes)


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
