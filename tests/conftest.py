"""A real PostgreSQL for every test: template databases per session, a copy of one per test.

It is the embedded one, or the server of METAADS_TEST_DATABASE_URL. Tests work as a role that is neither a superuser
nor exempt from row level security, as metaads does in production.
"""

import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from harness import ROLE, Program, Server, memory
from metaads_cli.console import Console
from metaads_cli.db import embedded
from metaads_cli.db.session import Database
from metaads_cli.tasks.migrate import MigrateOptions, migrate

MIGRATE = MigrateOptions(up_to=None, foundation=True, wait_seconds=10, lock_attempts=5)
_numbers = itertools.count()


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The PostgreSQL of this test session."""
    given = os.environ.get("METAADS_TEST_DATABASE_URL")
    if given:
        with closing(Server(given)) as server:
            yield _with_role(server)
        return
    # Not under pytest's own directory, which every pytest that starts closes to the user that root's server runs as.
    with tempfile.TemporaryDirectory(prefix="metaads-", dir=memory()) as home:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_DATA_HOME", home)
            embedded.ensure_running(Console(verbosity=-1))
            socket = embedded._socket_directory_in_use()
            assert socket is not None
        with closing(Server(embedded.url_of(socket, role="postgres", database="postgres"))) as server:
            server.admin(sql.SQL("ALTER SYSTEM SET fsync = off"), sql.SQL("SELECT pg_reload_conf()"))
            yield _with_role(server)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_DATA_HOME", home)
            embedded.stop()


def _with_role(server: Server) -> Server:
    with psycopg.connect(server.admin_url, autocommit=True) as connection:
        if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone() is None:
            try:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(sql.Identifier(ROLE)))
            except (psycopg.errors.UniqueViolation, psycopg.errors.DuplicateObject):
                assert os.environ.get("PYTEST_XDIST_WORKER")  # another worker was first
    return server


@pytest.fixture(scope="session")
def template(server: Server, worker: str) -> Iterator[str]:
    """The name of a patched database without any rows."""
    name = f"metaads_template_{worker}"
    url = server.create(name)
    with psycopg.connect(url, autocommit=True) as connection:
        migrate(connection, MIGRATE, Console(verbosity=-1))
    yield name
    server.drop(name)


@pytest.fixture(scope="session")
def clinics(server: Server, template: str, worker: str) -> Iterator[str]:
    """The name of a patched database with two tenants: 1, which receives on 15550001111, and 2, on 15550002222."""
    name = f"metaads_clinics_{worker}"
    with psycopg.connect(server.create(name, template), autocommit=True) as connection:
        connection.execute("""
            INSERT INTO tenants (clinic_name, bot_phone_number, timezone) VALUES
                ('Norte', '+1 555 000 1111', 'America/Argentina/Buenos_Aires'),
                ('Sur', '15550002222', NULL)
        """)
    yield name
    server.drop(name)


@pytest.fixture
def empty_url(server: Server, worker: str) -> Iterator[str]:
    """A database with nothing in it."""
    name = f"metaads_empty_{worker}_{next(_numbers)}"
    yield server.create(name)
    server.drop(name)


@pytest.fixture
def database_url(server: Server, clinics: str, worker: str) -> Iterator[str]:
    """A copy of `clinics` for this test."""
    name = f"metaads_test_{worker}_{next(_numbers)}"
    yield server.create(name, clinics)
    server.drop(name)


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def database(connection: psycopg.Connection) -> Database:
    return Database(connection)


@pytest.fixture
def bare_environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a user who has configured nothing."""
    home = tmp_path / "home"
    home.mkdir()
    # The data are not under pytest's own directory: see `server`.
    with tempfile.TemporaryDirectory(prefix="metaads-", dir=memory()) as data:
        yield {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "XDG_DATA_HOME": data,
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_CONFIG_HOME": str(home / "config"),
        }


@pytest.fixture
def metaads(bare_environment: dict[str, str], database_url: str) -> Program:
    """The program on a patched database with two tenants."""
    return Program(Path(bare_environment["HOME"]), bare_environment | {"DATABASE_URL": database_url})


@pytest.fixture
def rows(database_url: str) -> Callable[[str], list[tuple[object, ...]]]:
    """Look into the database of the test as tenant 1, past nothing that metaads itself could not see."""

    def read(query: str, tenant_id: int = 1) -> list[tuple[object, ...]]:
        with psycopg.connect(database_url) as connection:
            connection.execute("SELECT metaads.set_tenant(%s)", [tenant_id])
            return connection.execute(query.encode()).fetchall()

    return read
