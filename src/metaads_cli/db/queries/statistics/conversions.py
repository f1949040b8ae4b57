"""What converts people: a patient's appointments, a lead's purchases."""

from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    DateTime,
    Select,
    Subquery,
    Uuid,
    and_,
    cast,
    false,
    func,
    null,
    or_,
    select,
)

from metaads_cli.db.queries.statistics.host import Host
from metaads_cli.db.queries.statistics.payments import paid
from metaads_cli.db.queries.statistics.scope import TENANT, Scope
from metaads_cli.db.tables import appointments


def conversions(scope: Scope, host: Host, person: CTE) -> CTE:
    """Rows (person_id, times, first_at) of those who were converted: what counts and, where the touch is known, is its
    doing. `first_at` is a patient's first appointment."""
    each, touched_at = countable(scope, host), person.c.touched_at
    counted = and_(
        each.c.person_id == person.c.id,
        or_(touched_at.is_(None), within_attribution(scope, each.c.made_at, touched_at)),
    )
    return (
        select(
            person.c.id.label("person_id"),
            func.count().label("times"),
            func.min(each.c.appointment_at).label("first_at"),
        )
        .select_from(person.join(each, counted))
        .group_by(person.c.id)
        .cte("converted")
    )


def countable(scope: Scope, host: Host) -> Subquery:
    """Rows (person_id, made_at, appointment_at): appointments with a valid status; in a CRM, payments that count."""
    return (_appointments(scope) if host.has_patients else _purchases(scope, host)).subquery("countable")


def within_attribution(
    scope: Scope, made_at: ColumnElement[Any], touched_at: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Whether what was made is the touch's doing: it came after it and, for the last touch, soon enough."""
    if scope.last_touch_hours is None:
        return made_at >= touched_at
    window = func.make_interval(0, 0, 0, 0, scope.last_touch_hours)
    return and_(made_at >= touched_at, made_at < touched_at + window)


def _appointments(scope: Scope) -> Select[Any]:
    visit = appointments
    return select(
        visit.c.patient_id.label("person_id"),
        visit.c.created_at.label("made_at"),
        visit.c.appointment_datetime.label("appointment_at"),
    ).where(visit.c.tenant_id == TENANT, visit.c.status.in_(scope.valid_statuses))


def _purchases(scope: Scope, host: Host) -> Select[Any]:
    never = cast(null(), DateTime(timezone=True))
    no_appointment = never.label("appointment_at")
    if host.payments is None:
        nobody = cast(null(), Uuid).label("person_id")
        return select(nobody, never.label("made_at"), no_appointment).where(false())
    made = paid(scope, host.payments, within_window=False).subquery("paid")
    return select(made.c.person_id, made.c.made_at, no_appointment)
