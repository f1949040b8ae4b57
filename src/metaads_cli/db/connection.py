"""Connections, and the one edge where the driver's errors become ours."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

import psycopg
from psycopg import conninfo, pq

from metaads_cli.errors import (
    AccessDenied,
    ConfigError,
    DatabaseUnreachable,
    InputError,
    LockNotAvailable,
    MetaAdsError,
    Temporary,
)
from metaads_cli.redact import remember_secret

MIGRATE_HINT = "Run: metaads migrate"
DATA_HINT = "Correct the data, or ask who maintains this table and its triggers. Nothing of this step was changed"
URL_HINT = "Expected: postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with %40 %2F %3A for @ / : in the password"
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
# Up to the first @ as libpq reads it, up to the last as it was meant, and in the query.
_PASSWORD = (re.compile(r"//[^:/@]*:([^@]+)@"), re.compile(r"//[^:/@]*:(.+)@"), re.compile(r"[?&]password=([^&]+)"))


def normalise_url(url: str) -> str:
    """The URL as libpq reads it: `postgresql+asyncpg://` and other driver suffixes are dropped, asyncpg's and
    SQLAlchemy's `ssl=` becomes `sslmode=`. The password is masked in every message from here on.

    Raises ConfigError where libpq would take part of a password for a host or a database.
    """
    for password in _passwords(url):
        remember_secret(unquote(password))
    if not _URL.match(url):
        return url  # a "host=… dbname=…" list
    scheme, _, rest = url.partition("://")
    address, question_mark, query = rest.partition("?")
    authority, _, path = address.partition("/")
    if authority.count("@") > 1 or "@" in path:
        raise ConfigError("The database URL is malformed: it holds an @ that is not before the host", hint=URL_HINT)
    return f"{scheme.partition('+')[0]}://{address}{question_mark}{'&'.join(map(_parameter, query.split('&')))}"


def _passwords(url: str) -> set[str]:
    """What may be the password, also where the URL is malformed."""
    return {match[1] for pattern in _PASSWORD if (match := pattern.search(url))}


def _parameter(pair: str) -> str:
    key, _, value = pair.partition("=")
    return f"sslmode={_sslmode(value)}" if key == "ssl" else pair


def _sslmode(value: str) -> str:
    return {"true": "require", "false": "disable"}.get(value.lower(), value)


def connect(url: str, timeout_seconds: int) -> psycopg.Connection:
    """An autocommit connection; transactions are opened where they are needed.

    Raises ConfigError for a malformed URL or a database that does not exist, AccessDenied when the server refuses
    the role or password, DatabaseUnreachable otherwise.
    """
    parameters = _parse(url)
    try:
        return psycopg.connect(
            url,
            autocommit=True,
            connect_timeout=timeout_seconds,
            application_name=str(parameters.get("application_name") or "metaads"),
            client_encoding="UTF8",
        )
    except psycopg.OperationalError as error:
        raise _explain_refusal(url, parameters, error) from None


def _parse(url: str) -> Mapping[str, Any]:
    try:
        parameters = conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # libpq's reason quotes the part that it cannot read, which may be the password: it is never shown.
        raise ConfigError(f"The database URL is malformed: {_what_is_wrong(url)}", hint=URL_HINT) from None
    remember_secret(str(parameters.get("password") or ""))
    ports = str(parameters.get("port") or "").split(",")
    if not all(port == "" or (port.isdecimal() and 0 < int(port) < 65536) for port in ports):
        raise ConfigError("The database URL is malformed: its port is no number from 1 to 65535", hint=URL_HINT)
    return parameters


def _what_is_wrong(url: str) -> str:
    if _URL.match(url):
        known = url.startswith(("postgresql://", "postgres://"))
        return "a part of it cannot be read" if known else "it does not begin with postgresql://"
    return "its key=value pairs cannot be read" if "=" in url else "it does not begin with postgresql://"


def _explain_refusal(url: str, parameters: Mapping[str, Any], error: psycopg.OperationalError) -> MetaAdsError:
    """A server that answers a ping but not us refuses us: libpq gives no SQLSTATE for a failed connection."""
    server = _server_name(parameters)
    reason = _first_line(error)
    answer = pq.PGconn.ping(conninfo.make_conninfo(url, connect_timeout=5).encode())
    if answer == pq.Ping.NO_ATTEMPT:
        return ConfigError(f"The database URL cannot be used: {reason}", hint="Check DATABASE_URL")
    if answer != pq.Ping.OK:
        return DatabaseUnreachable(
            f"The database at {server} does not answer: {reason}",
            hint="Is the server running, the host and port of DATABASE_URL right, the network up?",
        )
    if "too many" in reason or "connection slots" in reason:
        return Temporary(f"The database at {server} has no free connection: {reason}", hint="Try again later")
    if f'database "{parameters.get("dbname")}" does not exist' in reason:
        return ConfigError(f"The server at {server} refuses the connection: {reason}", hint="Check DATABASE_URL")
    return AccessDenied(
        f"The database at {server} refuses the connection: {reason}",
        hint="Check the user and the password of DATABASE_URL",
    )


def _server_name(parameters: Mapping[str, Any]) -> str:
    return f"{parameters.get('host') or 'localhost'}:{parameters.get('port') or 5432}"


def _first_line(error: Exception) -> str:
    """libpq's own words, without the part that repeats host and port."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    return text.rpartition("failed: ")[2].removeprefix("FATAL:").strip()


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn what the server says into our errors, by SQLSTATE; what is not expected stays as it is: a bug.

    Either way nothing of a row is left in it, also not in what it was raised from."""
    try:
        yield
    except psycopg.Error as error:
        cleaned = cleaned_error(error)
        explained = explain(error)
        if explained is None:
            raise cleaned from None
        raise explained from cleaned


def cleaned_error(error: psycopg.Error) -> psycopg.Error:
    """The same kind of error at the same place, which tells no row when it is printed."""
    return type(error)(without_row_data(error)).with_traceback(error.__traceback__)


def without_row_data(error: psycopg.Error) -> str:
    """What the server says, and the names that it is about. Its DETAIL and its CONTEXT quote whole rows: they are
    about people's health."""
    names = [f"{kind} {name}" for kind, name in _names(error) if name]
    return f"{_said(error)} ({', '.join(names)})" if names else _said(error)


def _names(error: psycopg.Error) -> list[tuple[str, str | None]]:
    about = error.diag
    table = f"{about.schema_name}.{about.table_name}" if about.schema_name and about.table_name else about.table_name
    return [("table", table), ("constraint", about.constraint_name), ("column", about.column_name)]


def _said(error: psycopg.Error) -> str:
    """The server's main message; the driver's own words where the server said nothing."""
    return error.diag.message_primary or str(error).partition("\nDETAIL:")[0].strip() or type(error).__name__


def explain(error: psycopg.Error) -> MetaAdsError | None:
    state = error.sqlstate or ""
    said = _said(error)
    if state == "42501":
        return AccessDenied(f"PostgreSQL does not allow it: {said}", hint="Ask the database's owner for the privilege")
    if state in {"42P01", "3F000", "42703", "42883"}:
        return ConfigError(f"The database lacks something that metaads needs: {said}", hint=MIGRATE_HINT)
    if state == "25006":
        return ConfigError(f"The database is read-only: {said}", hint="Connect to the primary server, not to a replica")
    if state in {"55P03", "40P01", "40001"}:
        return LockNotAvailable(f"Other sessions are in the way: {said}", hint="Run the same command again")
    if state[:2] in {"53", "57"}:
        return Temporary(f"The database cannot go on: {said}", hint="Run the same command again later")
    if state[:2] == "08" or (not state and isinstance(error, psycopg.OperationalError)):
        return DatabaseUnreachable(
            f"The connection to the database was lost: {said}", hint="Run the same command again"
        )
    if state[:2] in {"22", "23", "42"} or state == "P0001" or (not state and isinstance(error, psycopg.DataError)):
        return InputError(f"The database refuses the data: {without_row_data(error)}", hint=DATA_HINT)
    return None
