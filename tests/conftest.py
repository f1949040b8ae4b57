"""A real PostgreSQL for every test: one template database per session, a copy of it per test.

It is the embedded one, or the server of METAADS_TEST_DATABASE_URL. Tests work as a role that is neither a superuser
nor exempt from row level security, as metaads does in production.
"""

import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from metaads_cli.console import Console
from metaads_cli.db import embedded
from metaads_cli.db.session import Database
from metaads_cli.tasks.migrate import MigrateOptions, migrate

REPOSITORY = Path(__file__).parent.parent
ROLE = "metaads_test"
MIGRATE = MigrateOptions(up_to=None, foundation=True, wait_seconds=10, lock_attempts=5)
_numbers = itertools.count()


def with_database(url: str, name: str, user: str | None = None) -> str:
    """The same server, another database."""
    changes = {"dbname": name} | ({"user": user} if user else {})
    return psycopg.conninfo.make_conninfo(url, **changes)


@dataclass(frozen=True)
class Server:
    """`admin_url` is a superuser's, `url` the tests' own role's."""

    admin_url: str

    @property
    def url(self) -> str:
        return with_database(self.admin_url, "postgres", ROLE)

    def admin(self, *statements: sql.Composable) -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def create(self, name: str, template: str = "template0") -> str:
        """A new database of the tests' role; its URL."""
        self.admin(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} ENCODING 'UTF8' STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(template), sql.Identifier(ROLE)
            )
        )
        return with_database(self.admin_url, name, ROLE)

    def drop(self, name: str) -> None:
        self.admin(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The PostgreSQL of this test session."""
    given = os.environ.get("METAADS_TEST_DATABASE_URL")
    if given:
        yield _with_role(Server(given))
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("embedded")))
        embedded.ensure_running(Console(verbosity=-1))
        socket = embedded._socket_directory_in_use()
        assert socket is not None
        server = Server(embedded.url_of(socket, role="postgres", database="postgres"))
        server.admin(sql.SQL("ALTER SYSTEM SET fsync = off"), sql.SQL("SELECT pg_reload_conf()"))
        home = embedded.data_home()
    yield _with_role(server)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(home.parent))
        embedded.stop()


def _with_role(server: Server) -> Server:
    with psycopg.connect(server.admin_url, autocommit=True) as connection:
        if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone() is None:
            try:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(sql.Identifier(ROLE)))
            except psycopg.errors.UniqueViolation:
                assert os.environ.get("PYTEST_XDIST_WORKER")  # another worker was first
    return server


@pytest.fixture(scope="session")
def template(server: Server, worker: str) -> Iterator[str]:
    """The name of a patched database without any rows."""
    name = f"metaads_template_{worker}"
    url = server.create(name)
    with psycopg.connect(url, autocommit=True) as connection:
        migrate(connection, MIGRATE, lambda _: None)
    yield name
    server.drop(name)


@pytest.fixture
def empty_url(server: Server, worker: str) -> Iterator[str]:
    """A database with nothing in it."""
    name = f"metaads_empty_{worker}_{next(_numbers)}"
    yield server.create(name)
    server.drop(name)


@pytest.fixture
def database_url(server: Server, template: str, worker: str) -> Iterator[str]:
    """A patched database with two tenants: 1, which receives on 15550001111, and 2, on 15550002222."""
    name = f"metaads_test_{worker}_{next(_numbers)}"
    url = server.create(name, template)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("""
            INSERT INTO tenants (clinic_name, bot_phone_number, timezone) VALUES
                ('Norte', '+1 555 000 1111', 'America/Argentina/Buenos_Aires'),
                ('Sur', '15550002222', NULL)
        """)
    yield url
    server.drop(name)


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def database(connection: psycopg.Connection) -> Database:
    return Database(connection)


@dataclass(frozen=True)
class Outcome:
    """What a run of the program left: its streams and its exit code."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Program:
    """The whole program in a process of its own, with an environment of its own."""

    home: Path
    environment: dict[str, str]

    def __call__(self, *arguments: str, stdin: str | bytes = "", **environment: str) -> Outcome:
        process = subprocess.run(
            self.command(*arguments),
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            cwd=self.home,
            env=self.environment | environment,
            timeout=120,
            check=False,
        )
        return Outcome(process.returncode, process.stdout.decode(), process.stderr.decode())

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        """Run it beside the test, which ends it."""
        return subprocess.Popen(
            self.command(*arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.home,
            env=self.environment | environment,
        )

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-W", "error", "-m", "metaads_cli", *arguments]


@pytest.fixture
def bare_environment(tmp_path: Path) -> dict[str, str]:
    """The environment of a user who has configured nothing."""
    home = tmp_path / "home"
    home.mkdir()
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "XDG_DATA_HOME": str(home / "data"),
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
