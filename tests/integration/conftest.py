"""A database of a CRM, whose people are leads."""

from collections.abc import Iterator

import psycopg
import pytest
from tests.patches.conftest import LEADS, TENANTS, run

SALES = """
    CREATE TABLE sales_transactions (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id integer NOT NULL,
        lead_id uuid, amount numeric NOT NULL, currency text, status text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now());
"""


@pytest.fixture
def crm(empty_url: str) -> Iterator[psycopg.Connection]:
    """Patched, with two tenants and a table of sales that says whose they are."""
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(f"{TENANTS} {LEADS} {SALES}".encode())
        connection.execute("INSERT INTO tenants (clinic_name, bot_phone_number) VALUES ('Norte', '1'), ('Sur', '2')")
        run(connection)
        yield connection
