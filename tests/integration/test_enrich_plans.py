"""Naming people reads no table once for each ad; also where the server believes that nobody came by one."""

import pytest

from counting import rows_read
from metaads_cli.db.queries.catalogue import name_people
from metaads_cli.db.session import Database

PEOPLE, ADS = 5_000, 500
TABLES = ("public.patients", "metaads.ads", "metaads.campaigns")


@pytest.mark.parametrize("rename", [False, True])
def test_people_are_read_once(database: Database, *, rename: bool) -> None:
    connection, session = database.connection, database.tenant(1)
    connection.execute(
        "INSERT INTO patients (tenant_id, phone_number, first_name)"
        " SELECT 1, '54911' || lpad(n::text, 8, '0'), 'Known' FROM generate_series(1, %s) AS n",
        [PEOPLE],
    )
    connection.execute("ANALYZE patients")
    connection.execute(
        "UPDATE patients SET acquisition_source = 'META_ADS', meta_ad_id = id %% %s WHERE tenant_id = 1", [ADS]
    )
    with session.transaction() as cursor:
        session.run(
            cursor,
            "INSERT INTO metaads.campaigns (tenant_id, campaign_id, account_id, name, fetched_at)"
            " SELECT %(tenant_id)s, n, 'act_1', 'Campaign ' || n, now() FROM generate_series(0, 99) AS n",
        )
        session.run(
            cursor,
            "INSERT INTO metaads.ads (tenant_id, ad_id, account_id, campaign_id, adset_id, name, fetched_at)"
            " SELECT %(tenant_id)s, n, 'act_1', n %% 100, '1', 'Ad', now() FROM generate_series(0, %(last)s) AS n",
            {"last": ADS - 1},
        )
    before = rows_read(connection, TABLES)
    assert name_people(session, rename=rename) == PEOPLE
    assert name_people(session, rename=rename) == 0
    read = {table: count - before[table] for table, count in rows_read(connection, TABLES).items()}
    assert {table: count for table, count in read.items() if count > 10 * PEOPLE} == {}
