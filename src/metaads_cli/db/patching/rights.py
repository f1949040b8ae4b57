"""Rights that a patch needs and our role lacks, as the exact GRANTs to ask for. Asking takes no lock."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import psycopg

from metaads_cli.db.patching.files import Patch
from metaads_cli.db.patching.verification import looked_at
from metaads_cli.errors import AccessDenied


@dataclass(frozen=True)
class Missing:
    """A right. `grant` is None where it is a superuser's, whose rights are not to be given away."""

    about: str
    owner: str
    grant: str | None


_TABLE = """
    SELECT r.rolname, r.rolsuper, pg_has_role(r.oid, 'USAGE'),
           has_schema_privilege(c.relnamespace, 'CREATE'), c.relnamespace::regnamespace::text
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_roles AS r ON r.oid = c.relowner
    WHERE c.oid = to_regclass(%s)
"""
_OWN_SCHEMA = """
    SELECT r.rolname, r.rolsuper, pg_has_role(r.oid, 'USAGE')
    FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_roles AS r ON r.oid = n.nspowner
    WHERE n.nspname = 'metaads'
"""


def require_rights_to_apply(connection: psycopg.Connection, pending: Iterable[Patch]) -> None:
    """Raises AccessDenied with every GRANT that the pending patches need, before anything is changed.

    A patch whose work is done already, as where the host ran it itself, needs none.
    """
    require_rights(connection, [patch for patch in pending if not _is_done(connection, patch)])


def require_rights(connection: psycopg.Connection, patches: Iterable[Patch]) -> None:
    missing: dict[Missing, Patch] = {}
    for patch in patches:
        for right in _missing(connection, patch):
            missing.setdefault(right, patch)
    if missing:
        raise _denied(connection, missing)


def _is_done(connection: psycopg.Connection, patch: Patch) -> bool:
    may = next(_missing(connection, patch), None) is None
    return may or (patch.verify is not None and not looked_at(connection, patch))


def grants_for(connection: psycopg.Connection, patch: Patch) -> list[str]:
    return [right.grant for right in _missing(connection, patch) if right.grant]


def run_as_owner(connection: psycopg.Connection, patch: Patch) -> str | None:
    """What to do where a superuser owns the table."""
    owned = next((right for right in _missing(connection, patch) if not right.grant), None)
    return f"Run metaads migrate as {owned.owner}, which owns {owned.about}" if owned else None


def _denied(connection: psycopg.Connection, missing: dict[Missing, Patch]) -> AccessDenied:
    role = connection.info.user
    grants = [right.grant for right in missing if right.grant]
    owned = next((right for right in missing if not right.grant), None)
    first = next(iter(missing.values()))
    return AccessDenied(
        f"The role {role} may not apply the patch {first.name}: it has no rights on "
        f"{', '.join(dict.fromkeys(right.about for right in missing))}",
        hint=f"Run metaads migrate as {owned.owner}, which owns {owned.about}"
        if owned
        else f"Ask the database's owner for: {'; '.join(grants)};",
        details={
            "patch": first.name,
            "grant": "; ".join(grants) if grants and not owned else None,
            "patches": [patch.name for patch in dict.fromkeys(missing.values())],
        },
    )


def _missing(connection: psycopg.Connection, patch: Patch) -> Iterator[Missing]:
    role = connection.info.user
    yield from _missing_in_own_schema(connection, role)
    row = connection.execute(_TABLE, [patch.header.when]).fetchone()
    if row is None:
        return
    owner, is_superuser, is_member, may_create, schema = row
    if not is_member:
        yield Missing(str(patch.header.when), owner, None if is_superuser else f'GRANT "{owner}" TO "{role}"')
    elif not may_create and patch.header.mode == "concurrent":
        yield Missing(f"schema {schema}", owner, f'GRANT CREATE ON SCHEMA {schema} TO "{role}"')


def _missing_in_own_schema(connection: psycopg.Connection, role: str) -> Iterator[Missing]:
    row = connection.execute(_OWN_SCHEMA).fetchone()
    if row is not None:
        owner, is_superuser, is_member = row
        if not is_member:
            grant = None if is_superuser else f'GRANT "{owner}" TO "{role}"'
            yield Missing("schema metaads", owner, grant)
        return
    may = connection.execute("SELECT has_database_privilege(current_database(), 'CREATE')").fetchone()
    if may == (False,):
        name = connection.info.dbname
        yield Missing(f"database {name}", "", f'GRANT CREATE ON DATABASE "{name}" TO "{role}"')
