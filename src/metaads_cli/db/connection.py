"""Connections, and the one edge where the driver's errors become ours."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg import conninfo, pq

from metaads_cli.errors import (
    AccessDenied,
    ConfigError,
    DatabaseUnreachable,
    LockNotAvailable,
    MetaAdsError,
    Temporary,
)
from metaads_cli.redact import remember_secret

MIGRATE_HINT = "Run: metaads migrate"


def normalise_url(url: str) -> str:
    """The URL as libpq reads it: `postgresql+asyncpg://` and other driver suffixes are dropped, asyncpg's and
    SQLAlchemy's `ssl=` becomes `sslmode=`. The password is masked in every message from here on."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url  # a "host=… dbname=…" list
    scheme = scheme.partition("+")[0]
    parts = urlsplit(f"{scheme}://{rest}")
    if parts.password:
        remember_secret(unquote(parts.password))
    query = [("sslmode", _sslmode(value)) if key == "ssl" else (key, value) for key, value in parse_qsl(parts.query)]
    return urlunsplit(parts._replace(query=urlencode(query, safe="/")))


def _sslmode(value: str) -> str:
    return {"true": "require", "false": "disable"}.get(value.lower(), value)


def connect(url: str, timeout_seconds: int) -> psycopg.Connection:
    """An autocommit connection; transactions are opened where they are needed.

    Raises ConfigError for a malformed URL or a database that does not exist, AccessDenied when the server refuses
    the role or password, DatabaseUnreachable otherwise.
    """
    try:
        parameters = conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise ConfigError(f"The database URL is malformed: {_first_line(error)}") from None
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


def _explain_refusal(url: str, parameters: Mapping[str, Any], error: psycopg.OperationalError) -> MetaAdsError:
    """A server that answers a ping but not us refuses us: libpq gives no SQLSTATE for a failed connection."""
    server = _server_name(parameters)
    reason = _first_line(error)
    if pq.PGconn.ping(conninfo.make_conninfo(url, connect_timeout=5).encode()) != pq.Ping.OK:
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
    """Turn what the server says into our errors, by SQLSTATE; what is not expected stays as it is: a bug."""
    try:
        yield
    except psycopg.Error as error:
        explained = explain(error)
        if explained is None:
            raise
        raise explained from error


def explain(error: psycopg.Error) -> MetaAdsError | None:
    state = error.sqlstate or ""
    said = error.diag.message_primary or str(error).strip() or type(error).__name__
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
    return None
