"""`metaads stats tenants`: every tenant at a glance."""

import csv
import io
import json
from decimal import Decimal

import psycopg
import pytest

from builders import add_up_days
from harness import Program

CHATS = '[{"action_type": "onsite_conversion.messaging_conversation_started_7d", "value": "4"}]'


@pytest.fixture
def spent(connection: psycopg.Connection) -> None:
    """The first clinic in two currencies, the second one not at all; a campaign's own row that must not count."""
    connection.execute("SELECT set_config('metaads.tenant_id', '1', false)")
    for account, level, entity, day, currency, spend in (
        ("act_1", "ad", "1", "2026-10-05", "ARS", "60000.60"),
        ("act_1", "ad", "2", "2026-10-05", "ARS", "39999.40"),
        ("act_1", "ad", "1", "2026-10-31", "ARS", "7"),
        ("act_1", "campaign", "c", "2026-10-05", "ARS", "100000"),
        ("act_2", "ad", "3", "2026-10-06", "USD", "45.30"),
    ):
        connection.execute(
            "INSERT INTO metaads.insights (tenant_id, account_id, entity_type, entity_id, day, campaign_id, currency,"
            " spend, impressions, clicks, actions, fetched_at)"
            " VALUES (1, %s, %s, %s, %s, 'c', %s, %s, 1000, 20, %s, now())",
            [account, level, entity, day, currency, spend, CHATS],
        )
    add_up_days(connection, 1)


@pytest.mark.usefixtures("spent")
def test_each_tenant_and_currency_has_a_row_of_sums(metaads: Program) -> None:
    told = metaads("stats", "tenants", "--since", "2026-10-01", "--until", "2026-10-30", "--json")
    assert told.code == 0
    document = json.loads(told.stdout, parse_float=Decimal)
    assert document["schema"] == "metaads.tenant-totals/1"
    pesos, dollars, nothing = document["tenants"]
    assert (pesos["tenant_id"], pesos["name"], pesos["last_day"]) == (1, "Norte", "2026-10-05")
    assert (pesos["currency"], pesos["spend"], pesos["conversations"]) == ("ARS", Decimal("100000.00"), 8)
    assert (pesos["ctr"], pesos["cpc"]) == (Decimal("0.0200"), Decimal("2500.0000"))
    assert (dollars["currency"], dollars["spend"], dollars["revenue"]) == ("USD", Decimal("45.30"), None)
    assert (nothing["tenant_id"], nothing["currency"], nothing["spend"]) == (2, None, None)


@pytest.mark.usefixtures("spent")
def test_without_a_window_all_days_count(metaads: Program) -> None:
    table = csv.DictReader(io.StringIO(metaads("stats", "tenants", "--format", "csv").stdout))
    assert [(row["currency"], row["spend"]) for row in table] == [("ARS", "100007.00"), ("USD", "45.30"), ("", "")]


def test_people_are_spared_what_nobody_has(metaads: Program) -> None:
    assert metaads("stats", "tenants").stdout.splitlines() == ["Tenant  Name", "     1  Norte", "     2  Sur"]
