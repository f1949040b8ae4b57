"""Leads of forms that a webhook announced: which of them have no answers yet, and which were asked for in vain."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from metaads_cli.db.queries import statement
from metaads_cli.db.session import TenantSession

# So long Meta keeps the answers to a form.
KEPT = timedelta(days=90)


class PendingLead(NamedTuple):
    leadgen_id: str
    page_id: str | None


def pending_leads(session: TenantSession, *, refresh: bool, limit: int | None) -> list[PendingLead]:
    """Leads of whom nothing is known but their id; with `refresh` also those that need not be asked for again yet."""
    values = {"refresh": refresh, "limit": limit, "kept": KEPT}
    with session.transaction() as cursor:
        return [PendingLead(*row) for row in session.run(cursor, statement("forms/pending_leads"), values).fetchall()]


def save_unresolved(session: TenantSession, leadgen_ids: Sequence[str], reason: str, ask_again_in: timedelta) -> None:
    values = {"leadgen_ids": list(leadgen_ids), "reason": reason, "wait": ask_again_in}
    with session.transaction() as cursor:
        session.run(cursor, statement("forms/save_unresolved"), values)


def settle(session: TenantSession, leadgen_ids: Sequence[str]) -> None:
    """Forget that these were asked for in vain."""
    with session.transaction() as cursor:
        session.run(cursor, statement("forms/settle"), {"leadgen_ids": list(leadgen_ids)})
