"""Patch 0032: touches without a phone that were kept before are found by their ids too."""

from datetime import UTC, datetime

import psycopg
from tests.patches.conftest import execute_file

from metaads_cli.db.queries.touches import Touches
from metaads_cli.db.session import Database
from metaads_cli.models.referral import Receiver, Referral


def touch(event_id: str, phone: str | None = None, **ids: str) -> Referral:
    return Referral(
        channel="whatsapp",
        event_id=event_id,
        occurred_at=datetime(2026, 10, 10, tzinfo=UTC),
        receiver=Receiver(),
        contact_phone=phone,
        from_ad=True,
        ad_id="1",
        raw={},
        **ids,
    )


def test_ids_of_touches_that_are_there_are_noted_once(database: Database, connection: psycopg.Connection) -> None:
    for tenant in (1, 2):
        kept = Touches(database.tenant(tenant), create_contacts=True)
        kept.store([touch("bare", contact_user_id="AR.1", contact_lid="1@lid"), touch("phone", "5491155550009")])
    execute_file(connection, "0032", "down")
    execute_file(connection, "0032")
    execute_file(connection, "0032")
    kept.store([touch("both", "5491155550001", contact_lid="1@lid")])
    for tenant, held in ((1, "no_phone"), (2, None)):
        with connection.transaction():
            connection.execute("SELECT metaads.set_tenant(%s)", [tenant])
            assert connection.execute("SELECT kind, identifier FROM metaads.touch_ids ORDER BY kind").fetchall() == [
                ("bsuid", "AR.1"),
                ("lid", "1@lid"),
            ]
            query = "SELECT held_reason FROM metaads.referral_events WHERE event_id = 'bare'"
            assert connection.execute(query).fetchall() == [(held,)]
