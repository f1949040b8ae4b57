"""A database opened for work: the directory of tenants, and sessions that can reach one tenant only."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import TupleRow

from metaads_cli.db.connection import translated_errors
from metaads_cli.db.queries.tenants import read_tenants
from metaads_cli.errors import ConfigError, InputError
from metaads_cli.models.tenant import Tenant

if TYPE_CHECKING:
    from sqlalchemy import ClauseElement, Select

Parameters = Mapping[str, Any]


class TenantSession:
    """Work for one tenant. Every transaction sets the tenant for row level security, and every statement must bind
    `tenant_id` as well: host tables have no policies of ours."""

    def __init__(self, connection: psycopg.Connection, tenant: Tenant):
        self._connection = connection
        self.tenant = tenant

    @property
    def connection(self) -> psycopg.Connection:
        """Shared with the sessions of other tenants."""
        return self._connection

    @property
    def tenant_id(self) -> int:
        return self.tenant.tenant_id

    @contextmanager
    def transaction(self, *, rollback: bool = False) -> Iterator[psycopg.Cursor]:
        """One transaction for this tenant; `rollback` undoes it at the end, for a dry run."""
        with (
            translated_errors(),
            self._connection.transaction(force_rollback=rollback),
            self._connection.cursor() as cursor,
        ):
            cursor.execute("SELECT metaads.set_tenant(%s)", [self.tenant_id])
            yield cursor

    @contextmanager
    def snapshot(self) -> Iterator["Reader"]:
        """Reads that all see the database as it was at one moment. Inside a transaction: as that one sees it."""
        outermost = self._connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        with translated_errors(), self._connection.transaction(), self._connection.cursor() as cursor:
            if outermost:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT metaads.set_tenant(%s)", [self.tenant_id])
            yield Reader(self, cursor)

    def run(
        self,
        cursor: psycopg.Cursor,
        statement: str,
        parameters: Parameters | None = None,
        *,
        prepare: bool | None = None,
    ) -> psycopg.Cursor:
        """Execute SQL text that binds `%(tenant_id)s`; this session's tenant is bound to it.

        Text that is executed often is prepared, unless `prepare` is False.
        """
        if "%(tenant_id)s" not in statement:
            raise AssertionError(f"a statement for a tenant does not bind tenant_id: {statement[:80]}")
        bound = {**(parameters or {}), "tenant_id": self.tenant_id}
        if prepare is None:  # what a server-side cursor takes no word about
            return cursor.execute(statement.encode(), bound)
        return cursor.execute(statement.encode(), bound, prepare=prepare)

    def fetch(self, query: "Select[Any]") -> list[TupleRow]:
        """The rows of a Core query that has a bind parameter `tenant_id`, in a transaction of its own."""
        text, parameters = render(query)
        with self.transaction() as cursor:
            return self.run(cursor, text, parameters).fetchall()


class Reader:
    """Reads of one tenant within one transaction."""

    def __init__(self, session: TenantSession, cursor: psycopg.Cursor):
        self.session, self.cursor = session, cursor

    def fetch(self, query: "Select[Any]") -> list[TupleRow]:
        """The rows of a Core query that has a bind parameter `tenant_id`."""
        text, parameters = render(query)
        return self.session.run(self.cursor, text, parameters).fetchall()

    @contextmanager
    def stream(self, query: "Select[Any]", *, batch: int = 2_000) -> Iterator[Iterator[list[TupleRow]]]:
        """The rows of such a query in batches, read as they are asked for: memory does not grow with their number."""
        text, parameters = render(query)
        self.cursor.execute("SET LOCAL cursor_tuple_fraction = 1")  # all of them are wanted, not the first ones soon
        with self.cursor.connection.cursor(name="metaads_stream") as rows:
            self.session.run(rows, text, parameters)
            yield iter(lambda: rows.fetchmany(batch), [])


def render(query: "ClauseElement") -> tuple[str, dict[str, Any]]:
    """A Core statement as psycopg takes it: text with `%(name)s` placeholders, and their values."""
    from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

    compiled = query.compile(
        dialect=PGDialect_psycopg(),  # type: ignore[no-untyped-call]
        compile_kwargs={"render_postcompile": True},
    )
    return str(compiled), dict(compiled.params)


class Database:
    """One connection and what is known without a tenant: which tenants there are."""

    def __init__(self, connection: psycopg.Connection):
        self.connection = connection
        self._has_schema = False

    @cached_property
    def tenants(self) -> dict[int, Tenant]:
        """All tenants by id. Raises ConfigError when there is no table of tenants."""
        with translated_errors():
            return {tenant.tenant_id: tenant for tenant in read_tenants(self.connection)}

    def tenant(self, tenant_id: int) -> TenantSession:
        """A session for this tenant. Raises InputError when there is no such tenant."""
        if tenant_id not in self.tenants:
            raise InputError(
                f"There is no tenant {tenant_id} in this database",
                hint="metaads tenants list shows the tenants",
                details={"tenant_id": tenant_id},
            )
        self.require_schema()
        return TenantSession(self.connection, self.tenants[tenant_id])

    def sessions(self, tenant_ids: Iterable[int] | None) -> list[TenantSession]:
        """Sessions for these tenants, or for all of them."""
        return [self.tenant(tenant_id) for tenant_id in (self.tenants if tenant_ids is None else tenant_ids)]

    def require_schema(self) -> None:
        """Raises ConfigError when the patches were never applied."""
        if self._has_schema:
            return
        with translated_errors():
            row = self.connection.execute("SELECT to_regprocedure('metaads.set_tenant(integer)')").fetchone()
        if row is None or row[0] is None:
            raise ConfigError("This database has not been migrated yet", hint="Run: metaads migrate")
        self._has_schema = True
