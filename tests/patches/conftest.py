"""Databases of a host application, before and after the patches, and how to look at them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest

from metaads_cli.console import Console
from metaads_cli.db.patching.files import load_patches, sql_directory
from metaads_cli.db.patching.inventory import take_inventory
from metaads_cli.models.migrations import MigrateReport
from metaads_cli.tasks.migrate import MigrateOptions, migrate

TENANTS = """
    CREATE TABLE tenants (
        id serial PRIMARY KEY,
        clinic_name text NOT NULL,
        bot_phone_number text UNIQUE NOT NULL
    );
"""
PATIENTS = f"""{TENANTS}
    CREATE TABLE patients (
        id serial PRIMARY KEY,
        tenant_id integer NOT NULL REFERENCES tenants (id),
        phone_number varchar(20) NOT NULL,
        dni varchar(15),
        first_name varchar(100) NOT NULL,
        last_name varchar(100),
        email varchar(255),
        status varchar(20) DEFAULT 'active',
        urgency_level varchar(20),
        urgency_reason text,
        preferred_schedule text,
        medical_history jsonb DEFAULT '{{}}',
        created_at timestamptz DEFAULT now(),
        updated_at timestamptz DEFAULT now(),
        UNIQUE (tenant_id, phone_number),
        UNIQUE (tenant_id, dni)
    );
"""
PEOPLE = r"""
    INSERT INTO tenants (clinic_name, bot_phone_number) VALUES ('Norte', '15550001111'), ('Sur', '15550002222');
    INSERT INTO patients (tenant_id, phone_number, dni, first_name, last_name, status, urgency_reason, medical_history)
    VALUES
        (1, '+5491155550001', '30111222', 'Ana', 'O''Neill', 'active', E'dolor\n de \\muela', '{"a": [1, null]}'),
        (1, '+5491155550002', NULL, 'Íñigo 🦷', NULL, 'guest', '', '{}'),
        (2, '+5491155550001', '30111222', 'Ana', NULL, 'deleted', NULL, NULL);
"""
# The host's parche 16, in the one of its two shapes that takes a phone number twice.
LEADS = """
    CREATE TABLE leads (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        tenant_id integer NOT NULL REFERENCES tenants (id),
        first_name varchar(100),
        last_name varchar(100),
        phone_number text NOT NULL,
        email varchar(255),
        status varchar(50) DEFAULT 'new',
        source varchar(50),
        created_at timestamptz DEFAULT now(),
        updated_at timestamptz DEFAULT now()
    );
"""
LEADS_OF_PEOPLE = """
    INSERT INTO tenants (clinic_name, bot_phone_number) VALUES ('Norte', '15550001111'), ('Sur', '15550002222');
    INSERT INTO leads (tenant_id, first_name, phone_number, status, source) VALUES
        (1, 'Ana', '+5491155550001', 'new', 'whatsapp_inbound'),
        (1, NULL, '+5491155550002', NULL, ''),
        (2, 'Íñigo 🦷', '+5491155550001', 'won', NULL);
"""
# Of a clinic, and what a CRM has besides leads, each in its historic shapes.
CHAT = """
    CREATE TABLE chat_messages (
        id bigserial PRIMARY KEY,
        from_number text NOT NULL,
        role text NOT NULL,
        content text NOT NULL,
        tenant_id integer DEFAULT 1,
        conversation_id uuid,
        created_at timestamptz DEFAULT now()
    );
"""
USERS = """
    CREATE TABLE users (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id integer, email text NOT NULL);
"""
EVENTS_BY_TENANT = """
    CREATE TABLE system_events (
        id serial PRIMARY KEY,
        tenant_id integer,
        user_id uuid,
        event_type varchar(100) NOT NULL,
        description text,
        metadata jsonb,
        created_at timestamptz DEFAULT now()
    );
"""
EVENTS_BY_SEVERITY = """
    CREATE TABLE system_events (
        id serial PRIMARY KEY,
        event_type varchar(100) NOT NULL,
        severity varchar(20),
        message text,
        payload jsonb,
        occurred_at timestamptz DEFAULT now()
    );
"""
TOKENS = """
    CREATE TABLE meta_tokens (
        id serial PRIMARY KEY,
        tenant_id integer NOT NULL,
        access_token text NOT NULL,
        token_type varchar(50)
    );
"""
LEADS_ONCE = "ALTER TABLE leads ADD UNIQUE (tenant_id, phone_number);"
ATTRIBUTION = ("acquisition_source", "meta_campaign_id", "meta_ad_id", "meta_ad_headline", "meta_ad_body")
OPTIONS = MigrateOptions(up_to=None, foundation=False, wait_seconds=10, lock_attempts=2)
SILENT = Console(verbosity=-1)

Column = tuple[str, bool, str | None]
"""type, required, default"""


@dataclass(frozen=True)
class Shape:
    """What a table looks like to its users."""

    columns: dict[str, Column]
    indexes: dict[str, tuple[str, bool]]
    """definition, valid"""


def applicable(*tables: str) -> list[str]:
    """The numbers of the patches for a database that has these tables of a host, without those that ask for more."""
    return [
        patch.name[:4]
        for patch in load_patches()
        if patch.header.when in {None, *tables} and not patch_file(patch.name[:4], "when").exists()
    ]


def applicable_here(connection: psycopg.Connection) -> list[str]:
    """The numbers of the patches for this database."""
    inventory = take_inventory(connection, load_patches())
    return [patch.name[:4] for patch in inventory.patches if patch not in inventory.not_applicable]


def patch_file(number: str, kind: str = "") -> Path:
    """The patch of this number, or its sidecar, whether or not that is there."""
    (patch,) = (path for path in sql_directory().glob(f"patches/{number}_*.sql") if path.name.count(".") == 1)
    return patch.with_suffix(f".{kind}.sql") if kind else patch


def execute_file(connection: psycopg.Connection, number: str, kind: str = "") -> None:
    """As psql would."""
    connection.execute(patch_file(number, kind).read_bytes())


def counts(connection: psycopg.Connection, number: str, kind: str) -> dict[str, int]:
    """What a preview or a loss says."""
    return dict(connection.execute(patch_file(number, kind).read_bytes()).fetchall())


def run(connection: psycopg.Connection, **changes: object) -> MigrateReport:
    """Apply the patches as `metaads migrate` does; `changes` are other options."""
    return migrate(connection, replace(OPTIONS, **changes), SILENT)  # type: ignore[arg-type]


def applied(report: MigrateReport) -> list[str]:
    return [patch.name[:4] for patch in report.applied]


def shape_of(connection: psycopg.Connection, table: str = "public.patients") -> Shape:
    columns = connection.execute(
        """
        SELECT attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)
        FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
        """,
        [table],
    ).fetchall()
    indexes = connection.execute(
        """
        SELECT relname, pg_get_indexdef(indexrelid), indisvalid
        FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE indrelid = to_regclass(%s) ORDER BY relname
        """,
        [table],
    ).fetchall()
    return Shape(
        columns={name: (kind, required, default) for name, kind, required, default in columns},
        indexes={name: (definition, valid) for name, definition, valid in indexes},
    )


def history(connection: psycopg.Connection, action: str) -> list[str]:
    """The numbers of the patches with this word in the log, oldest first."""
    rows = connection.execute(
        "SELECT left(patch, 4) FROM metaads.patch_log WHERE action = %s ORDER BY log_id", [action]
    ).fetchall()
    return [row[0] for row in rows]


@contextmanager
def other_session(url: str, *statements: str, name: str = "reception desk") -> Iterator[psycopg.Connection]:
    """Another program, in the middle of a transaction."""
    with psycopg.connect(url, application_name=name) as connection:
        for statement in statements:
            connection.execute(statement.encode())
        yield connection
        connection.rollback()


def wait_until(condition: Callable[[], object]) -> None:
    """Look again and again until the condition holds; a minute is a failure."""
    waited = threading.Event()
    for _ in range(6000):
        if condition():
            return
        waited.wait(0.01)
    raise AssertionError("the condition was never met")


@pytest.fixture
def bare_url(empty_url: str) -> str:
    """A clinic with people in it that metaads has never seen."""
    with psycopg.connect(empty_url) as connection:
        connection.execute(PATIENTS)
        connection.execute(PEOPLE)
    return empty_url


@pytest.fixture
def bare(bare_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(bare_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def crm_url(empty_url: str) -> str:
    """A CRM with leads in it that metaads has never seen."""
    with psycopg.connect(empty_url) as connection:
        connection.execute((TENANTS + LEADS + LEADS_OF_PEOPLE).encode())
    return empty_url


@pytest.fixture
def crm(crm_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(crm_url, autocommit=True) as connection:
        yield connection
