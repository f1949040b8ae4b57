"""What a patch promises, proven: its verification, run before it is recorded and whenever somebody asks."""

from collections.abc import Iterable, Iterator

import psycopg

from metaads_cli.db.connection import without_row_data
from metaads_cli.db.patching.files import Patch
from metaads_cli.errors import PatchFailed
from metaads_cli.models.migrations import Drift


def wrong(connection: psycopg.Connection, patch: Patch) -> list[str]:
    """What is not as the patch promises, in words; empty where everything is, or nothing can be checked."""
    if patch.verify is None:
        return []
    checks = connection.execute(patch.verify.encode()).fetchall()
    found = [f"{check}: {detail}" for check, ok, detail in checks if not ok]
    return found if checks else ["nothing was checked"]


def require_verified(connection: psycopg.Connection, patch: Patch) -> None:
    """A definition that only has the right name is refused, and with it the whole patch."""
    if found := wrong(connection, patch):
        raise PatchFailed(
            f"The patch {patch.name} does not lead to what it promises: {'; '.join(found)}",
            hint="Something of that name is there already in another form; rename or correct it, then migrate again",
            details={"patch": patch.name, "checks": found},
        )


def looked_at(connection: psycopg.Connection, patch: Patch) -> list[str]:
    """The same without a change of anything, and without waiting long; what cannot be checked is wrong as well.

    Raises psycopg's error where a lock is not to be had.
    """
    try:
        with connection.transaction():
            connection.execute("SET TRANSACTION READ ONLY")
            connection.execute("SELECT set_config('lock_timeout', %s, true)", [str(patch.header.lock_timeout_ms)])
            return wrong(connection, patch)
    except (psycopg.errors.ProgrammingError, psycopg.errors.DataError) as error:  # of what it asks about, some is gone
        return [without_row_data(error)]


def verify_drift(connection: psycopg.Connection, patches: Iterable[Patch]) -> Iterator[Drift]:
    """The patches in force whose promise the database no longer keeps."""
    for patch in patches:
        if found := looked_at(connection, patch):
            yield Drift(name=patch.name, problem="verify", detail="; ".join(found))
