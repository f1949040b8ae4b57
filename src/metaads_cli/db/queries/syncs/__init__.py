"""What syncs remember: who is at work, where figures come from, which days were read, what Meta gives at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from metaads_cli.db.queries import statement
from metaads_cli.db.session import TenantSession
from metaads_cli.models.insight import Days, Level, RequestShape


@dataclass(frozen=True)
class DayRead:
    """A day of a level that was read to its end."""

    read_at: datetime
    row_count: int


@dataclass(frozen=True)
class CatalogueState:
    """When the account's edges were last read at all, and in full."""

    read_at: datetime | None = None
    complete_at: datetime | None = None


@dataclass(frozen=True)
class Run:
    """One run over one account. `began_at` is when the work began that it goes on with."""

    run_id: UUID
    account_id: str
    sync_type: str
    mode: str
    days: Days
    started_at: datetime
    began_at: datetime


def try_lock(session: TenantSession, account_id: str) -> bool:
    """Take the account for this connection; False when another one has it. The end of the connection gives it back."""
    return bool(_one(session, "syncs/try_lock", {"account_id": account_id})[0])


def unlock(session: TenantSession, account_id: str) -> None:
    _one(session, "syncs/unlock", {"account_id": account_id})


def claim_source(session: TenantSession, account_id: str, data_source: str) -> str:
    """Where the account's figures come from: `data_source`, if nothing was said before."""
    return str(_one(session, "syncs/claim_source", {"account_id": account_id, "data_source": data_source})[0])


def drop_simulated(session: TenantSession, account_id: str) -> int:
    """Make room for real figures: remove the simulated ones and what was noted of them; how many rows there were."""
    values = {"account_id": account_id}
    with session.transaction() as cursor:
        removed = session.run(cursor, statement("syncs/drop_insights"), values).rowcount
        for name in ("totals", "days", "shapes", "campaigns", "adsets", "ads", "creatives"):
            session.run(cursor, statement(f"syncs/drop_{name}"), values)
        session.run(cursor, statement("syncs/become_live"), values)
    return removed


def read_days(
    session: TenantSession, account_id: str, since: date, data_source: str
) -> dict[Level, dict[date, DayRead]]:
    """The days from `since` on that were read from that source, by level."""
    found: dict[Level, dict[date, DayRead]] = {level: {} for level in Level}
    values = {"account_id": account_id, "since": since, "data_source": data_source}
    with session.transaction() as cursor:
        for level, day, read_at, row_count in session.run(cursor, statement("syncs/read_days"), values):
            found[Level(level)][day] = DayRead(read_at, row_count)
    return found


def read_shapes(session: TenantSession, account_id: str, learned_since: datetime) -> dict[Level, RequestShape]:
    """What the account has proved to give since then, by level."""
    values = {"account_id": account_id, "learned_since": learned_since}
    with session.transaction() as cursor:
        rows = session.run(cursor, statement("syncs/read_shapes"), values).fetchall()
    return {
        Level(level): RequestShape(page_size=size, days=days, asynchronous=asynchronous, campaigns=campaigns)
        for level, size, days, asynchronous, campaigns in rows
    }


def save_shape(
    session: TenantSession,
    account_id: str,
    level: Level,
    shape: RequestShape,
    learned_at: datetime,
    learned_since: datetime,
) -> None:
    """Keep what was learned; what was learned before `learned_since` is learned anew."""
    values = {
        "account_id": account_id,
        "entity_type": str(level),
        "learned_at": learned_at,
        "learned_since": learned_since,
        **msgspec.structs.asdict(shape),
    }
    _execute(session, "syncs/save_shape", values)


def catalogue_state(session: TenantSession, account_id: str) -> CatalogueState:
    return CatalogueState(*_one(session, "syncs/catalogue_state", {"account_id": account_id}))


def note_catalogue(session: TenantSession, account_id: str, read_at: datetime, *, complete: bool) -> None:
    values = {"account_id": account_id, "read_at": read_at, "complete": complete}
    _execute(session, "syncs/note_catalogue", values)


def interrupted_since(session: TenantSession, account_id: str, days: Days, not_before: datetime) -> datetime | None:
    """When the work began that the latest run over these days left unfinished; None when it was finished."""
    values = {"account_id": account_id, "since": days.since, "until": days.until, "not_before": not_before}
    with session.transaction() as cursor:
        row = session.run(cursor, statement("syncs/interrupted"), values).fetchone()
    return row[0] if row else None


def start_run(session: TenantSession, run: Run) -> None:
    values = {
        "run_id": run.run_id,
        "account_id": run.account_id,
        "sync_type": run.sync_type,
        "mode": run.mode,
        "since": run.days.since,
        "until": run.days.until,
        "started_at": run.started_at,
        "began_at": run.began_at,
    }
    _execute(session, "syncs/start_run", values)


def finish_run(session: TenantSession, run: Run, *, success: bool, report: Mapping[str, Any]) -> None:
    values = {
        "run_id": run.run_id,
        "account_id": run.account_id,
        "finished_at": datetime.now(UTC),
        "success": success,
        "report": Jsonb(report, dumps=lambda document: msgspec.json.encode(document).decode()),
    }
    _execute(session, "syncs/finish_run", values)


def _one(session: TenantSession, name: str, values: Mapping[str, Any]) -> tuple[Any, ...]:
    with session.transaction() as cursor:
        row = session.run(cursor, statement(name), values).fetchone()
    assert row is not None
    return row


def _execute(session: TenantSession, name: str, values: Mapping[str, Any]) -> None:
    with session.transaction() as cursor:
        session.run(cursor, statement(name), values)
