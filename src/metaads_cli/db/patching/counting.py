"""What a patch would change in rows that are there, and what its rollback would lose: counted beforehand."""

import psycopg

from metaads_cli.db.patching.files import Patch
from metaads_cli.db.patching.transactional import filtered
from metaads_cli.models.migrations import Counted

PREVIEW_TIMEOUT_MS = 60_000
UNKNOWN = (
    psycopg.errors.ProgrammingError,  # a column that an earlier patch makes, or no right to look
    psycopg.errors.QueryCanceled,
    psycopg.errors.LockNotAvailable,
)


def preview(connection: psycopg.Connection, patch: Patch) -> list[Counted]:
    """What `migrate` would change by this patch."""
    return _counted(connection, patch, patch.preview, "rows, known when the patches before it are applied")


def losses(connection: psycopg.Connection, patch: Patch) -> list[Counted]:
    """What a rollback would lose, where that is anything, or cannot be counted."""
    loss = patch.down.loss if patch.down else None
    found = _counted(connection, patch, loss, "values that this role cannot count")
    return [each for each in found if each.count != 0]


def _counted(connection: psycopg.Connection, patch: Patch, text: str | None, unknown: str) -> list[Counted]:
    """Where policies hide rows of the host's table, a count would be too small: it is unknown instead. Tables of ours
    are counted tenant by tenant."""
    if text is None:
        return []
    try:
        with connection.transaction():
            connection.execute("SET TRANSACTION READ ONLY")
            for name, value in (
                ("row_security", "off" if filtered(connection, patch.header.when) else "on"),
                ("lock_timeout", patch.header.lock_timeout_ms),
                ("statement_timeout", PREVIEW_TIMEOUT_MS),
            ):
                connection.execute("SELECT set_config(%s, %s, true)", [name, str(value)])
            rows = connection.execute(text.encode()).fetchall()
    except UNKNOWN:
        return [Counted(patch=patch.name, what=unknown, count=None)]
    return [Counted(patch=patch.name, what=str(what), count=int(count)) for what, count in rows]
