"""Every rollback takes back what its patch did, tells what that loses, and can be repeated."""

import psycopg
import pytest
from tests.patches.conftest import (
    ATTRIBUTION,
    CHAT,
    EVENTS_BY_SEVERITY,
    LEADS,
    LEADS_OF_PEOPLE,
    PATIENTS,
    PEOPLE,
    SILENT,
    TENANTS,
    TOKENS,
    applicable_here,
    applied,
    counts,
    execute_file,
    patch_file,
    run,
    shape_of,
)

from metaads_cli.db.patching.files import load_patches
from metaads_cli.tasks.rollback import RollbackOptions, rollback

# The log is what says that something was rolled back; how a source was spelled is not known.
FOR_GOOD = {"0000", "0027"}
CLINIC = PATIENTS + PEOPLE + CHAT
CRM = TENANTS + LEADS + LEADS_OF_PEOPLE + EVENTS_BY_SEVERITY + TOKENS
RELATIONS = """
    SELECT c.oid::regclass::text FROM pg_class AS c
    WHERE relnamespace IN ('public'::regnamespace, 'metaads'::regnamespace) AND relkind IN ('r', 'p', 'v', 'i')
"""
INSIGHT = """
    INSERT INTO metaads.insights (tenant_id, account_id, entity_type, entity_id, day, campaign_id, currency, fetched_at)
    VALUES ({0}, 'act_1', 'campaign', '7', '2026-11-20', '7', 'ARS', now());
"""


def test_every_patch_has_a_rollback_but_those_that_cannot_have_one() -> None:
    without = {patch.name[:4] for patch in load_patches() if not patch_file(patch.name[:4], "down").exists()}
    assert without == FOR_GOOD


def roll_back(connection: psycopg.Connection, number: str) -> None:
    """Twice, as psql would."""
    execute_file(connection, number, "down")
    execute_file(connection, number, "down")


@pytest.mark.parametrize("host", [CLINIC, CRM], ids=["clinic", "crm"])
def test_all_of_them_leave_the_host_as_it_was_and_can_be_migrated_again(empty_url: str, host: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(host.encode())
        names = {name for (name,) in connection.execute("SELECT relname FROM pg_class WHERE relkind = 'r'")}
        tables = [
            name for name in ("patients", "chat_messages", "leads", "system_events", "meta_tokens") if name in names
        ]
        before = {name: shape_of(connection, name) for name in tables}
        run(connection)
        after = {name: shape_of(connection, name) for name in tables}
        everything = connection.execute(RELATIONS).fetchall()
        for number in reversed([each for each in applicable_here(connection) if each not in FOR_GOOD]):
            assert rollback(
                connection, RollbackOptions(number, drop_data=True, wait_seconds=10, lock_attempts=2), SILENT
            ).reverted
            execute_file(connection, number, "down")  # once more, as psql would
        assert {name: shape_of(connection, name) for name in tables} == before
        left = connection.execute(f"{RELATIONS} AND relnamespace = 'metaads'::regnamespace").fetchall()
        assert set(left) == {("metaads.patch_log",), ("metaads.patch_log_pkey",)}
        connection.execute("DROP TABLE metaads.patch_log")
        run(connection)
        assert {name: shape_of(connection, name) for name in tables} == after
        assert sorted(connection.execute(RELATIONS).fetchall()) == sorted(everything)


def test_the_rollback_of_the_source_document_with_what_it_forgets(bare: psycopg.Connection) -> None:
    """D4: five columns, external_ids and all three indexes."""
    before = shape_of(bare)
    run(bare)
    bare.execute(
        "UPDATE patients SET acquisition_source = 'META_ADS', meta_ad_id = '7', meta_ad_body = '' WHERE id = 1"
    )
    bare.execute("UPDATE patients SET acquisition_source = 'REFERRED' WHERE id = 2")
    bare.execute('UPDATE patients SET external_ids = \'{"psid": "1"}\' WHERE id = 3')
    assert counts(bare, "0001", "loss") == {
        "patients with an acquisition_source": 2,
        "patients with a meta_ad_id": 1,
        "patients with a meta_ad_body": 1,
    }
    assert counts(bare, "0003", "loss") == {"patients with external_ids": 1}
    for number in ("0015", "0004", "0003", "0002", "0001"):
        roll_back(bare, number)
    assert shape_of(bare) == before
    assert bare.execute("SELECT count(*) FROM patients").fetchone() == (3,)


def test_the_columns_take_their_indexes_with_them(bare: psycopg.Connection) -> None:
    before = shape_of(bare)
    run(bare)
    roll_back(bare, "0001")
    roll_back(bare, "0003")
    assert shape_of(bare) == before


def test_what_a_host_has_of_the_columns_is_what_the_rollback_takes(bare: psycopg.Connection) -> None:
    bare.execute("ALTER TABLE patients ADD meta_ad_id varchar(255)")
    assert counts(bare, "0001", "loss") == {}
    roll_back(bare, "0001")
    assert not shape_of(bare).columns.keys() & set(ATTRIBUTION)


def test_the_loss_counts_the_rows_of_every_tenant(connection: psycopg.Connection) -> None:
    for tenant in (1, 2):
        with connection.transaction():
            connection.execute("SELECT metaads.set_tenant(%s)", [tenant])
            connection.execute(INSIGHT.format(tenant).encode())
    assert counts(connection, "0005", "loss")["rows of metaads.insights"] == 2
    assert counts(connection, "0005", "loss")["rows of metaads.ads"] == 0


def test_leads_that_the_patch_made_go_with_it(empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute((TENANTS + TOKENS).encode())
        assert "0022" in applied(run(connection))
        connection.execute("INSERT INTO leads (tenant_id, phone_number) VALUES (1, '1')")
        assert counts(connection, "0022", "loss") == {"leads": 1}
        roll_back(connection, "0022")
        assert shape_of(connection, "leads").columns == {}
