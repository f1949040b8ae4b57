"""Why a patch failed, in words: who is in the way, which right is missing, what the server said."""

from dataclasses import dataclass

import psycopg
from psycopg import errors as pg

from metaads_cli.db.connection import explain, without_row_data
from metaads_cli.db.patching.files import Patch
from metaads_cli.errors import AccessDenied, ConfigError, InputError, LockNotAvailable, MetaAdsError, PatchFailed

LOCK_ERRORS = (pg.LockNotAvailable, pg.DeadlockDetected, pg.SerializationFailure)


def explain_failure(connection: psycopg.Connection, patch: Patch, attempts: int, error: psycopg.Error) -> MetaAdsError:
    if isinstance(error, LOCK_ERRORS):
        blockers = blockers_of(connection, patch)
        return LockNotAvailable(
            f"The patch {patch.name} could not get its lock in {attempts} tries; "
            + (f"held by {'; '.join(blockers)}" if blockers else "who held it is gone"),
            hint="Nothing was changed. Run it again when they are done",
            details={"patch": patch.name, "blocked_by": blockers},
        )
    if isinstance(error, pg.InsufficientPrivilege):
        return _explain_missing_privilege(connection, patch, error)
    translated = explain(error)
    if translated is not None and not isinstance(translated, ConfigError | InputError):
        return translated
    return PatchFailed(
        f"The patch {patch.name} was refused by the server: {without_row_data(error)}",
        hint=error.diag.message_hint or "Nothing of it was applied",
        details={"patch": patch.name, "sqlstate": error.sqlstate},
    )


def _explain_missing_privilege(connection: psycopg.Connection, patch: Patch, error: psycopg.Error) -> AccessDenied:
    role = connection.info.user
    owner = _owner(connection, patch.header.when) if patch.header.when else None
    if owner is not None and owner.is_superuser:  # its rights are not to be given away
        hint, grant = f"Run metaads migrate as {owner.name}, which owns {patch.header.when}", None
    else:
        grant = (
            f'GRANT "{owner.name}" TO "{role}"'
            if owner is not None
            else f'GRANT CREATE ON DATABASE "{connection.info.dbname}" TO "{role}"'
        )
        hint = f"Ask the database's owner for: {grant};"
    return AccessDenied(
        f"The role {role} may not apply the patch {patch.name}: {error.diag.message_primary}",
        hint=hint,
        details={"patch": patch.name, "grant": grant},
    )


@dataclass(frozen=True)
class _Owner:
    name: str
    is_superuser: bool


def _owner(connection: psycopg.Connection, table: str) -> _Owner | None:
    row = connection.execute(
        """
        SELECT r.rolname, r.rolsuper FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_roles AS r ON r.oid = c.relowner
        WHERE c.oid = to_regclass(%s)
        """,
        [table],
    ).fetchone()
    return None if row is None else _Owner(str(row[0]), bool(row[1]))


def blockers_text(connection: psycopg.Connection, patch: Patch) -> str:
    return "; ".join(blockers_of(connection, patch)) or "no session holds it now"


def blockers_of(connection: psycopg.Connection, patch: Patch) -> list[str]:
    """The sessions that hold a lock on the patch's table: application, user, state and age, no query text."""
    if patch.header.when is None:
        return []
    rows = connection.execute(
        """
        SELECT DISTINCT format('process %%s (%%s, user %%s, %%s for %%s s)', a.pid,
                      coalesce(nullif(a.application_name, ''), a.backend_type), coalesce(a.usename, '-'),
                      coalesce(a.state, 'working'), extract(epoch FROM now() - coalesce(a.xact_start, now()))::int)
        FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_stat_activity AS a USING (pid)
        WHERE l.relation = to_regclass(%s)::oid AND l.granted AND l.pid <> pg_backend_pid()
        """,
        [patch.header.when],
    ).fetchall()
    return [str(row[0]) for row in rows]
