"""`metaads tenants`."""

from metaads_cli.cli.invocation import Invocation, command_group, with_global_options

app = command_group("The tenants of the database.")


@app.command("list")
@with_global_options()
def list_tenants(run: Invocation) -> None:
    """List the tenants: number, name, receiving phone number, time zone."""
    from metaads_cli.models.tenant import TenantList

    with run.database(run.load_settings()) as database:
        run.finish(TenantList(tenants=list(database.tenants.values())))
