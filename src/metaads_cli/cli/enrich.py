"""`metaads enrich`."""

from typing import Annotated

import typer

from metaads_cli.cli.invocation import Invocation, with_global_options
from metaads_cli.cli.meta import open_meta
from metaads_cli.cli.values import duration_seconds
from metaads_cli.errors import UsageError

TenantOption = Annotated[int | None, typer.Option("--tenant", metavar="N", help="Only this tenant.")]
AllOption = Annotated[bool, typer.Option("--all-tenants", metavar="", help="Every tenant.")]
RefreshOption = Annotated[bool, typer.Option("--refresh", metavar="", help="Ask for known ads again as well.")]
RenameOption = Annotated[
    bool, typer.Option("--rename-patients", metavar="", help="With --refresh: renew the names in patients, too.")
]
LimitOption = Annotated[
    int | None, typer.Option("--limit", metavar="N", min=1, help="At most so many ads, and leads, a tenant.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", metavar="", help="Ask Meta, keep nothing.")]
MaxWaitOption = Annotated[
    str, typer.Option("--max-wait", metavar="TIME", help="Longest wait for a rate limit, such as 15m.")
]


@with_global_options()
def enrich(
    run: Invocation,
    tenant: TenantOption = None,
    all_tenants: AllOption = False,
    refresh: RefreshOption = False,
    rename_patients: RenameOption = False,
    limit: LimitOption = None,
    dry_run: DryRunOption = False,
    max_wait: MaxWaitOption = "15m",
) -> None:
    """Fetch campaign names and the answers of lead forms.

    It asks Meta for the ads of attributed patients, fills the catalogue, and writes the campaign's name where a patient
    has none. Headline and body are never touched. Leads that a webhook only announced get their phone, e-mail and name;
    whoever is not known becomes a guest, as with ingest. What was answered is kept at once: a run that is stopped goes
    on.

    \b
    Examples:
      metaads enrich --tenant 1
      metaads enrich --all-tenants --max-wait 1h
    """
    from metaads_cli.models.reports import EnrichReport
    from metaads_cli.tasks import enrich as task

    if tenant is not None and all_tenants:
        raise UsageError("--tenant and --all-tenants exclude each other")
    if rename_patients and not refresh:
        raise UsageError("--rename-patients needs --refresh", hint="metaads enrich --refresh --rename-patients")
    wait_seconds = duration_seconds(max_wait)
    loaded = run.load_settings()
    options = task.EnrichOptions(
        refresh=refresh,
        rename=rename_patients,
        limit=limit,
        dry_run=dry_run,
        create_contacts=loaded.values.ingest.unknown_contact == "create",
    )
    with run.database(loaded) as database:
        sessions = database.sessions([tenant] if tenant is not None else None)
        if tenant is None and not all_tenants and len(sessions) != 1:
            raise UsageError(f"There are {len(sessions)} tenants", hint="Name one with --tenant, or say --all-tenants")

        async def work() -> EnrichReport:
            with run.console.progress("Asking Meta", None) as progress:
                async with open_meta(run, loaded, wait_seconds) as meta:
                    return await task.enrich(sessions, meta, options, progress)

        report = run.complete(work())
    run.finish(report)
    if failure := task.failure_of(report):
        raise failure
