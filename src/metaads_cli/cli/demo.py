"""`metaads demo`."""

from metaads_cli.cli.invocation import Invocation, with_global_options


@with_global_options()
def demo(run: Invocation) -> None:
    """Show the whole pipeline on made-up clinics.

    It starts an embedded PostgreSQL, applies the patches, loads two clinics, ingests a WhatsApp log, asks
    the simulated Graph API for the campaigns, and prints the statistics. What it leaves is yours to try things on;
    repeating it changes nothing. A DATABASE_URL is left alone.
    """
    from metaads_cli.db import embedded
    from metaads_cli.db.connection import connect
    from metaads_cli.tasks import demo as task

    loaded = run.load_settings()
    console = run.console
    url = embedded.ensure_running(console)
    with connect(url, loaded.values.database.connect_timeout_seconds) as connection:
        report = run.complete(task.demo(connection, loaded.values, console))
    console.note(
        f"Applied {len(report.migrate.applied)} patches. Read {report.ingest.received} messages and statuses: "
        f"{report.ingest.referrals} came from an ad or a post, {report.ingest.duplicates} of them known already; "
        f"{report.ingest.attributed} people attributed, {report.ingest.created_contacts} new guests. "
        f"Asked the simulated Graph API for {report.enrich.ads_pending} ads: "
        f"{report.enrich.patients_updated} patients named with their campaign.\n"
    )
    run.finish(report)
    prefix = "env -u DATABASE_URL " if loaded.values.database.url else ""
    first = report.stats[0].tenant_id
    console.note(
        "\nTry next:\n"
        f"  {prefix}metaads stats --tenant {first} --since 2026-10-05 --until 2026-10-11\n"
        f"  {prefix}metaads stats --tenant {first} --format csv\n"
        f"  {prefix}metaads ingest {task.log_path()} --json\n"
        f"  {prefix}metaads migrate --status\n"
        "  metaads db psql\n"
        "  metaads db stop"
    )
