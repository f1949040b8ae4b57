"""Before the first patch: servers that cannot be patched are refused, what slows a patch down is told."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from tests.patches.conftest import OPTIONS, SILENT, other_session, run, shape_of

from harness import Server
from metaads_cli.db import embedded
from metaads_cli.db.patching.files import load_patches
from metaads_cli.db.patching.preflight import old_transactions, require_rights_and_warn
from metaads_cli.errors import ConfigError
from metaads_cli.tasks.migrate import migrate
from patching import Ear, as_superuser


def warnings(connection: psycopg.Connection) -> list[str]:
    return [*require_rights_and_warn(connection, load_patches())]


@pytest.fixture
def replica() -> Iterator[psycopg.Connection]:
    """A server that repeats what a primary would tell it."""
    as_server: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="metaads-") as home:
        if os.geteuid() == 0:  # as which PostgreSQL does not run
            as_server = {"user": "nobody"}
            shutil.chown(home, "nobody")

        def act(program: str, *arguments: str) -> None:
            command = [str(embedded.program(program)), "-D", f"{home}/cluster", *arguments]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **as_server)

        act("initdb", "-U", "app", "--auth=trust", "--no-sync", "--encoding=UTF8")
        Path(home, "cluster", "standby.signal").touch()
        options = f"-c listen_addresses= -c unix_socket_directories={home} -c fsync=off"
        act("pg_ctl", "start", "-w", "-l", f"{home}/log", "-o", options)
        with psycopg.connect(f"postgresql://app@/postgres?host={home}", autocommit=True) as connection:
            yield connection
        act("pg_ctl", "stop", "-w", "-m", "immediate")


def test_a_replica_is_refused(replica: psycopg.Connection) -> None:
    with pytest.raises(ConfigError, match="This server is a replica") as caught:
        migrate(replica, OPTIONS, SILENT)
    assert caught.value.hint == "Connect to the primary server"


def test_a_connection_that_may_only_read_is_refused(bare: psycopg.Connection) -> None:
    bare.execute("SET default_transaction_read_only = on")
    with pytest.raises(ConfigError, match="This connection is read-only"):
        run(bare)


def forced_policies(superuser: psycopg.Connection) -> None:
    superuser.execute("ALTER TABLE patients ENABLE ROW LEVEL SECURITY")
    superuser.execute("ALTER TABLE patients FORCE ROW LEVEL SECURITY")


def large_table(superuser: psycopg.Connection) -> None:
    superuser.execute("UPDATE pg_class SET relpages = 500000, reltuples = 7000000 WHERE oid = 'patients'::regclass")


def due_for_freezing(superuser: psycopg.Connection) -> None:
    superuser.execute("ALTER TABLE patients SET (autovacuum_freeze_max_age = 100000, autovacuum_enabled = off)")
    superuser.execute("""
        UPDATE pg_class SET relfrozenxid = ((txid_current() - 100100 + 4294967296) % 4294967296)::text::xid
        WHERE oid = 'patients'::regclass
    """)


def invalid_index(superuser: psycopg.Connection) -> None:
    superuser.execute("CREATE INDEX of_the_host ON patients (email)")
    superuser.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'of_the_host'::regclass")


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        (forced_policies, "row level security hides rows of public.patients from metaads_test"),
        (large_table, "public.patients has about 7,000,000 rows (3.8 GB): 0002_patients_acquisition_source_index"),
        (due_for_freezing, "patients is due for the autovacuum that prevents wraparound"),
        (invalid_index, "public.of_the_host on public.patients is INVALID"),
    ],
)
def test_what_slows_a_patch_down_is_told_without_a_lock(
    bare: psycopg.Connection,
    bare_url: str,
    server: Server,
    prepare: Callable[[psycopg.Connection], None],
    said: str,
) -> None:
    assert warnings(bare) == []
    with as_superuser(server, bare) as superuser:
        prepare(superuser)
    with other_session(bare_url, "LOCK TABLE patients IN ACCESS EXCLUSIVE MODE"):
        (warning,) = warnings(bare)
    assert said in warning


def test_an_old_transaction_is_named(bare: psycopg.Connection, bare_url: str) -> None:
    with other_session(bare_url, "SELECT 1"):
        assert [*old_transactions(bare)] == []
        (warning,) = old_transactions(bare, seconds=0)
    assert "reception desk, user metaads_test, idle in transaction" in warning


def test_nothing_is_looked_for_where_nothing_is_pending(connection: psycopg.Connection) -> None:
    before = shape_of(connection)
    connection.execute("ALTER TABLE patients ENABLE ROW LEVEL SECURITY")
    connection.execute("ALTER TABLE patients FORCE ROW LEVEL SECURITY")
    ear = Ear()
    migrate(connection, OPTIONS, ear)
    assert (ear.heard, shape_of(connection)) == ([], before)
