"""Why a patch failed, in words: who is in the way, which right is missing, what the server said and where."""

from collections.abc import Iterable

import msgspec
import psycopg
from psycopg import errors as pg

from metaads_cli.db.connection import explain, without_row_data
from metaads_cli.db.patching.blockers import described
from metaads_cli.db.patching.failing_statement import Place, locate
from metaads_cli.db.patching.files import Down, Patch
from metaads_cli.db.patching.retrying import LOCK_ERRORS
from metaads_cli.db.patching.rights import grants_for, run_as_owner
from metaads_cli.db.patching.run import Attempts
from metaads_cli.db.patching.transactional import filtered
from metaads_cli.errors import AccessDenied, ConfigError, InputError, LockNotAvailable, MetaAdsError, PatchFailed

# About definitions and dependencies, whose DETAIL names objects. That of other classes may quote a person's row.
TELLING_CLASSES = ("0A", "2B", "3D", "3F", "42")


def explain_failure(
    connection: psycopg.Connection, patch: Patch, script: Patch | Down, attempts: Attempts, error: psycopg.Error
) -> MetaAdsError:
    if isinstance(error, LOCK_ERRORS):
        return _explain_lock(patch, attempts)
    if isinstance(error, pg.InsufficientPrivilege):
        return _explain_missing_privilege(connection, patch, error)
    translated = explain(error)
    if translated is not None and not isinstance(translated, ConfigError | InputError):
        return translated
    return _explain_statement(script, error, attempts.statement_start)


def _explain_lock(patch: Patch, attempts: Attempts) -> LockNotAvailable:
    blockers = attempts.blockers
    return LockNotAvailable(
        f"The patch {patch.name} could not get its lock in {attempts.count} tries; "
        + (f"held by {described(blockers)}" if blockers else "who held it is gone"),
        hint="Nothing was changed. Run it again when they are done"
        if patch.header.mode == "tx"
        else "What is done stays done. Run it again when they are done",
        details={"patch": patch.name, "blocked_by": msgspec.to_builtins(blockers)},
    )


def _explain_statement(script: Patch | Down, error: psycopg.Error, start: int) -> PatchFailed:
    place = locate(script.text, error, start)
    said = error.diag
    detail = said.message_detail if (error.sqlstate or "").startswith(TELLING_CLASSES) else None
    return PatchFailed(
        "\n".join(
            [
                f"The patch {script.name} was refused by the server: {without_row_data(error)}",
                *_where(script, place, error),
                *([f"  detail: {detail}"] if detail else []),
            ]
        ),
        hint=said.message_hint or "Nothing of it was applied",
        details={
            "patch": script.name,
            "file": f"{script.name}.sql",
            "severity": said.severity,
            "sqlstate": error.sqlstate,
            "detail": detail,
            "line": place.line if place else None,
            "column": place.column if place else None,
            "source": place.source if place else None,
        },
    )


def _where(script: Patch | Down, place: Place | None, error: psycopg.Error) -> Iterable[str]:
    if place:
        yield f"{error.diag.severity} {error.sqlstate} at {script.name}.sql:{place.line}:{place.column}"
        yield place.with_caret()


def _explain_missing_privilege(connection: psycopg.Connection, patch: Patch, error: psycopg.Error) -> AccessDenied:
    role = connection.info.user
    if filtered(connection, patch.header.when):
        hint = (
            f"Its policies hide rows of {patch.header.when} from {role}, so that it cannot change them all. "
            f'Ask a superuser for: ALTER ROLE "{role}" BYPASSRLS; or run metaads migrate as a role that has it'
        )
        grant = None
    else:
        grants = grants_for(connection, patch)
        grant = "; ".join(grants) or None
        hint = (
            f"Ask the database's owner for: {grant};"
            if grant
            else run_as_owner(connection, patch) or "Ask the database's owner for the privilege"
        )
    return AccessDenied(
        f"The role {role} may not apply the patch {patch.name}: {error.diag.message_primary}",
        hint=hint,
        details={"patch": patch.name, "grant": grant},
    )
