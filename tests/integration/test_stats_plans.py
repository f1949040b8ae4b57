"""Statistics of one tenant never read through another tenant's rows."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest
from bench.big_database import fill
from psycopg.conninfo import make_conninfo

from harness import Server
from metaads_cli.db.queries.statistics.host import read_host
from metaads_cli.db.queries.statistics.payments import any_payment
from metaads_cli.db.queries.statistics.people import people_by_group
from metaads_cli.db.queries.statistics.revenue import revenue_by_group
from metaads_cli.db.queries.statistics.scope import Scope
from metaads_cli.db.queries.statistics.spend import insight_currencies, spend_by_group
from metaads_cli.db.session import Database, Reader, render
from metaads_cli.models.statistics import GROUPINGS

TENANTS = 60
LARGE = {"insights", "patients", "appointments", "accounting_transactions", "referral_events"}
ALL_TIME = Scope(
    fields=(), timezone="America/Argentina/Buenos_Aires", valid_statuses=("scheduled", "confirmed", "completed")
)
JUNE = replace(
    ALL_TIME,
    since=date(2026, 6, 1),
    until=date(2026, 6, 7),
    start=datetime(2026, 6, 1, 3, tzinfo=UTC),
    end=datetime(2026, 6, 8, 3, tzinfo=UTC),
)
SCOPES = [
    replace(
        window,
        fields=fields,
        grain=by if "period" in fields else None,
        last_touch_hours=hours,
    )
    for window in (ALL_TIME, JUNE)
    for hours in (None, 168)
    for by, fields in GROUPINGS.items()
]


@pytest.fixture(scope="module")
def large(server: Server, template: str, worker: str) -> Iterator[Database]:
    """Sixty tenants with a hundred people and two weeks of insights each."""
    name = f"metaads_large_{worker}"
    url = server.create(name, template)
    fill(make_conninfo(server.admin_url, dbname=name), TENANTS, people=100, days=14)
    with psycopg.connect(url, autocommit=True) as connection:
        yield Database(connection)
    server.drop(name)


def test_large_tables_are_read_by_an_index_that_the_tenant_leads(large: Database) -> None:
    with large.tenant(7).snapshot() as reader:
        for node in _tables_read(reader):
            if node["Relation Name"] in LARGE:
                _assert_by_index(node)


def test_every_table_has_such_an_index(large: Database) -> None:
    with large.tenant(7).snapshot() as reader:
        reader.cursor.execute("SET LOCAL enable_seqscan = off")  # few rows are read faster without one
        for node in _tables_read(reader):
            _assert_by_index(node)


def _tables_read(reader: Reader) -> Iterator[dict[str, Any]]:
    host = read_host(reader)
    assert host.payments is not None
    for scope in SCOPES:
        for query in (
            people_by_group(scope, host),
            spend_by_group(scope),
            revenue_by_group(scope, host, host.payments),
            any_payment(host.payments),
            insight_currencies(),
        ):
            text, values = render(query)
            row = reader.session.run(reader.cursor, f"EXPLAIN (FORMAT JSON) {text}", values).fetchone()
            assert row is not None
            yield from (node for node in _nodes(row[0][0]["Plan"]) if "Relation Name" in node)


def _assert_by_index(node: dict[str, Any]) -> None:
    """By an index that the tenant leads, or by the key of a row that was found by such a one."""
    conditions = f"{node.get('Index Cond')} {node.get('Recheck Cond')}"
    assert "tenant_id = 7" in conditions or conditions.startswith("(id = "), json.dumps(node, indent=1)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)
