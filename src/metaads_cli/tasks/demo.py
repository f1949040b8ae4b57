"""Demo: the pipeline from an empty database to statistics, on made-up clinics."""

from importlib import resources
from pathlib import Path

import psycopg

from metaads_cli.console import Console
from metaads_cli.db.connection import translated_errors
from metaads_cli.db.patching.files import sql_directory
from metaads_cli.db.session import Database
from metaads_cli.errors import SafetyRefusal
from metaads_cli.models.reports import DemoReport
from metaads_cli.settings import Settings
from metaads_cli.tasks import enrich, ingest, migrate, stats
from metaads_cli.tasks.meta import connect_meta
from metaads_cli.tasks.rejects import RejectsFile, default_path
from metaads_cli.tasks.sources import Source

RECEIVING_NUMBERS = frozenset({"5491150000001", "56950000002"})


async def demo(connection: psycopg.Connection, settings: Settings, console: Console) -> DemoReport:
    """Migrate, load two clinics, ingest the shipped log, name the campaigns by the simulated API, compute statistics.

    Repeating it changes nothing.

    Raises SafetyRefusal when the database holds tenants that are not the demo's.
    """
    options = migrate.MigrateOptions(
        up_to=None,
        foundation=True,
        wait_seconds=settings.migrate.wait_seconds,
        lock_attempts=settings.migrate.lock_attempts,
    )
    migrated = migrate.migrate(connection, options, console)
    _refuse_other_tenants(Database(connection))
    with translated_errors(), connection.transaction():
        connection.execute((sql_directory() / "demo_clinic.sql").read_bytes())
    database = Database(connection)
    with RejectsFile(default_path(None)) as rejects, console.progress("Reading", None) as progress:
        ingested = ingest.ingest(database, [Source(str(log_path()))], _ingest_options(settings), rejects, progress)
        sessions = database.sessions(None)
        async with connect_meta(settings.graph, simulated=True, max_wait_seconds=0, on_wait=_never) as meta:
            enriched = await enrich.enrich(sessions, meta, enrich.EnrichOptions(), progress)
    return DemoReport(
        migrate=migrated,
        ingest=ingested.report,
        enrich=enriched,
        stats=[
            stats.statistics(
                session,
                stats.Days(),
                fallback_timezone=settings.stats.timezone,
                valid_statuses=settings.stats.valid_appointment_statuses,
            )
            for session in sessions
        ],
    )


def log_path() -> Path:
    """The shipped WhatsApp webhook log."""
    return Path(str(resources.files("metaads_cli.demo") / "whatsapp.jsonl"))


def _never(_seconds: float, _reason: str) -> None:
    """The simulator has no limit to wait for."""


def _ingest_options(settings: Settings) -> ingest.IngestOptions:
    return ingest.IngestOptions(
        tenant_id=None,
        create_contacts=True,
        batch_size=settings.ingest.batch_size,
        max_document_bytes=settings.ingest.max_document_mb * 2**20,
        max_rejects=None,
        dry_run=False,
    )


def _refuse_other_tenants(database: Database) -> None:
    others = [t for t in database.tenants.values() if t.bot_phone_number not in RECEIVING_NUMBERS]
    if others:
        raise SafetyRefusal(
            f"The embedded database holds other tenants ({others[0].name}, …); the demo does not mix with them",
            hint="Give the demo a place of its own: XDG_DATA_HOME=/tmp/metaads-demo metaads demo",
        )
