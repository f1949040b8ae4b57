"""What can be known before the first patch, without a lock on any table: reasons to refuse, and to warn."""

from collections.abc import Iterable, Iterator, Sequence

import psycopg

from metaads_cli.db.patching.files import Patch
from metaads_cli.db.patching.rights import require_rights_to_apply
from metaads_cli.db.patching.transactional import filtered
from metaads_cli.errors import ConfigError

OLDEST_SERVER = 14
POOLER_QUESTIONS = 3
OLD_TRANSACTION_SECONDS = 60
LARGE_BYTES = 2**30


def require_fitting_server(connection: psycopg.Connection) -> None:
    """Raises ConfigError for a server that cannot be patched, or not through this connection."""
    version = connection.info.server_version // 10_000
    if version < OLDEST_SERVER:
        raise ConfigError(
            f"metaads needs PostgreSQL {OLDEST_SERVER} or newer; this server is {version}",
            hint="Upgrade the server, or use another",
        )
    _refuse_pooler(connection)
    row = connection.execute("SELECT pg_is_in_recovery(), current_setting('transaction_read_only')::bool").fetchone()
    if row and row[0]:
        raise ConfigError(
            "This server is a replica: it only repeats what its primary does",
            hint="Connect to the primary server",
        )
    if row and row[1]:
        raise ConfigError(
            "This connection is read-only (default_transaction_read_only is on)",
            hint="Connect without it, or have it switched off for this role",
        )


def _refuse_pooler(connection: psycopg.Connection) -> None:
    """A pooler hands each transaction to any of its own connections: settings leak, advisory locks are orphaned."""
    for _ in range(POOLER_QUESTIONS):
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        if row != (connection.info.backend_pid,):
            raise ConfigError(
                "This connection goes through a pooler (such as PgBouncer), where settings reach other clients and "
                "locks are left behind",
                hint="Connect to the server itself; its usual port is 5432",
            )


def require_rights_and_warn(connection: psycopg.Connection, pending: Sequence[Patch]) -> Iterator[str]:
    """The warnings before these patches. Raises AccessDenied where the role lacks a right."""
    require_rights_to_apply(connection, pending)
    yield from _hidden_rows(connection, pending)
    yield from _large_tables(connection, pending)
    if any(patch.header.mode == "concurrent" for patch in pending):
        yield from old_transactions(connection)
    tables = _tables(pending)
    yield from _wraparound(connection, tables)
    yield from _invalid_indexes(connection, pending, tables)


def _tables(patches: Iterable[Patch]) -> list[str]:
    return [*dict.fromkeys(patch.header.when for patch in patches if patch.header.when)]


def _hidden_rows(connection: psycopg.Connection, pending: Sequence[Patch]) -> Iterator[str]:
    for table in _tables(pending):
        if filtered(connection, table):
            yield (
                f"row level security hides rows of {table} from {connection.info.user}: a patch that has to change "
                "them all will be refused"
            )


def _large_tables(connection: psycopg.Connection, pending: Sequence[Patch]) -> Iterator[str]:
    """By the planner's figures: the true size would take a lock to ask for."""
    slow = [patch for patch in pending if patch.header.mode != "tx"]
    for table in _tables(slow):
        row = connection.execute(
            """
            SELECT relpages::bigint * current_setting('block_size')::int, reltuples::bigint
            FROM pg_catalog.pg_class WHERE oid = to_regclass(%s)
            """,
            [table],
        ).fetchone()
        if row and row[0] >= LARGE_BYTES:
            names = ", ".join(patch.name for patch in slow if patch.header.when == table)
            yield f"{table} has about {row[1]:,} rows ({row[0] / 2**30:,.1f} GB): {names} will take its time"


def old_transactions(connection: psycopg.Connection, seconds: float = OLD_TRANSACTION_SECONDS) -> Iterator[str]:
    """Sessions of this database whose transaction is that old: a concurrent index build may wait for each."""
    rows = connection.execute(
        """
        SELECT pid, coalesce(nullif(application_name, ''), backend_type), usename, state,
               extract(epoch FROM now() - xact_start)::int
        FROM pg_catalog.pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL
          AND xact_start <= now() - make_interval(secs => %s)
        ORDER BY xact_start
        """,
        [seconds],
    ).fetchall()
    for pid, application, user, state, age in rows:
        yield (
            f"process {pid} ({application}, user {user}, {state}) has a transaction open for {age} s: building an "
            "index waits for it"
        )


def _wraparound(connection: psycopg.Connection, tables: Sequence[str]) -> Iterator[str]:
    rows = connection.execute(
        """
        SELECT format('%%s', c.oid::regclass)
        FROM unnest(%s::text[]) AS t (name) JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(t.name)
        LEFT JOIN LATERAL pg_options_to_table(c.reloptions) AS o ON o.option_name = 'autovacuum_freeze_max_age'
        WHERE c.relkind = 'r' AND age(c.relfrozenxid) > least(
            coalesce(o.option_value::int, 2000000000), current_setting('autovacuum_freeze_max_age')::int)
        """,
        [[*tables]],
    ).fetchall()
    for (table,) in rows:
        yield (
            f"{table} is due for the autovacuum that prevents wraparound: it does not give way to a patch. Let it end"
        )


def _invalid_indexes(connection: psycopg.Connection, pending: Sequence[Patch], tables: Sequence[str]) -> Iterator[str]:
    """Those that no pending patch builds anew."""
    ours = {statement.qualified for patch in pending if patch.header.mode == "concurrent"
            for statement in patch.index_statements}  # fmt: skip
    rows = connection.execute(
        """
        SELECT format('%%I.%%I', n.nspname, c.relname), t.name
        FROM unnest(%s::text[]) AS t (name) JOIN pg_catalog.pg_index AS i ON i.indrelid = to_regclass(t.name)
        JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE NOT i.indisvalid
        """,
        [[*tables]],
    ).fetchall()
    for index, table in rows:
        if index not in ours:
            yield (
                f"{index} on {table} is INVALID: every write maintains it, and no query uses it. "
                f"DROP INDEX CONCURRENTLY {index} removes it"
            )
