"""A batch reads no table once for each of its touches; also where the server has never looked at the tables, as after a
restore."""

from datetime import UTC, datetime, timedelta

import pytest

from counting import rows_read
from metaads_cli.db.queries.touches import FIRST, BatchOutcome, Touches
from metaads_cli.db.session import Database
from metaads_cli.models.referral import Receiver, Referral

KNOWN, HELD, BATCH = 6_000, 50_000, 300
NOON = datetime(2026, 10, 10, 12, tzinfo=UTC)
TABLES = (
    "public.patients",
    "metaads.referral_events",
    "metaads.attributions",
    "metaads.identities",
    "metaads.touch_ids",
)
A_FEW_TIMES = 5 * 2 * KNOWN
"""Rows. A join may read a whole table where that is thought to be quicker than to look up each key."""


@pytest.fixture
def tenant(database: Database) -> Touches:
    """More people than have touches, each touch with the id that it was seen with; and ids that nobody knows."""
    connection = database.connection
    connection.execute("SET statement_timeout = '30s'")  # ends a statement that goes astray
    connection.execute(
        "INSERT INTO patients (tenant_id, phone_number, first_name)"
        " SELECT 1, '54911' || lpad(n::text, 8, '0'), 'Known' FROM generate_series(1, %s) AS n",
        [2 * KNOWN],
    )
    tenant = Touches(database.tenant(1), create_contacts=True)
    for begin in range(0, KNOWN, 3_000):
        tenant.store(touches(begin, 3_000))
    tenant.store(touches(HELD, 2_000, phones=False))
    return tenant


def touches(begin: int, count: int = BATCH, *, phones: bool = True, hours: int = 0) -> list[Referral]:
    return [
        Referral(
            channel="whatsapp",
            event_id=f"e{number} {hours}",
            occurred_at=NOON + timedelta(hours=hours, seconds=number),
            receiver=Receiver(),
            contact_phone=f"54911{number:08}" if phones else None,
            contact_user_id=f"AR.{number}",
            from_ad=True,
            ad_id="1",
            raw={},
        )
        for number in range(begin, begin + count)
    ]


@pytest.mark.parametrize(
    ("batch", "outcome"),
    [
        pytest.param(touches(KNOWN + 1), BatchOutcome(0, attributed=BATCH), id="known people"),
        pytest.param(touches(60_000), BatchOutcome(0, attributed=BATCH, created_contacts=BATCH), id="people to create"),
        pytest.param(
            touches(HELD), BatchOutcome(BATCH, attributed=BATCH, created_contacts=BATCH), id="told with a phone now"
        ),
        pytest.param(
            touches(HELD, hours=1),
            BatchOutcome(0, attributed=2 * BATCH, created_contacts=BATCH),
            id="phones of ids that were held",
        ),
        pytest.param(touches(HELD, phones=False), BatchOutcome(BATCH, held=BATCH), id="still held"),
        pytest.param(touches(1), BatchOutcome(BATCH), id="the same again"),
        pytest.param(touches(1, hours=1), BatchOutcome(0), id="later touches"),
        pytest.param(touches(1, hours=-1), BatchOutcome(0, attributed=BATCH), id="earlier touches"),
        pytest.param(touches(1, hours=-2, phones=False), BatchOutcome(0, attributed=BATCH), id="known by an id"),
        pytest.param(touches(60_000, phones=False), BatchOutcome(0, held=BATCH), id="nobody knows"),
    ],
)
def test_rows_are_looked_up(database: Database, tenant: Touches, batch: list[Referral], outcome: BatchOutcome) -> None:
    before = rows_read(database.connection, TABLES)
    assert tenant.store(batch) == outcome
    read = {table: count - before[table] for table, count in rows_read(database.connection, TABLES).items()}
    assert {table: count for table, count in read.items() if count > A_FEW_TIMES} == {}


def test_held_touches_that_nobody_can_be_found_for_cost_little(database: Database, tenant: Touches) -> None:
    again = Touches(database.tenant(1), create_contacts=True)
    before = rows_read(database.connection, TABLES)
    assert again.retry_held(FIRST, BATCH) == (BatchOutcome(0), None)
    read = {table: count - before[table] for table, count in rows_read(database.connection, TABLES).items()}
    assert {table: count for table, count in read.items() if count > A_FEW_TIMES} == {}
