"""`metaads doctor`."""

from typing import Annotated

import typer

from metaads_cli.cli.invocation import Invocation, with_global_options
from metaads_cli.cli.meta import open_meta
from metaads_cli.errors import PartlyDone

TenantOption = Annotated[int | None, typer.Option("--tenant", metavar="N", help="Only this tenant.")]


@with_global_options()
def doctor(run: Invocation, tenant: TenantOption = None) -> None:
    """Look for what is wrong on the way to Meta, with the fix.

    One line each: the API's version and its end, and for every ad account its access, status, scopes, token, currency,
    time zone and pages. Exit 6 when something is wrong.
    """
    from metaads_cli.models.account import CheckReport
    from metaads_cli.tasks.doctor import examine

    loaded = run.load_settings()
    with run.database(loaded) as database:
        sessions = database.sessions([tenant] if tenant is not None else None)

        async def work() -> CheckReport:
            async with open_meta(run, loaded) as meta:
                return await examine(sessions, meta)

        report = run.complete(work())
    run.finish(report)
    if report.errors:
        first = report.errors[0]
        raise PartlyDone(f"{len(report.errors)} checks failed: {first.subject}, {first.check}", hint=first.fix)
