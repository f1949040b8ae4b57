"""The touch that a person is attributed by."""

from typing import Any

from sqlalchemy import CTE, ColumnElement, DateTime, and_, exists, func, literal, or_, select

from metaads_cli.db.queries.statistics.scope import META_ADS, TENANT, Scope
from metaads_cli.db.tables import appointments, patients, referral_events


def first_touches() -> CTE:
    """When each person's first touch was: the earliest one by the ad that the person is attributed to."""
    event = referral_events
    return (
        select(event.c.patient_id, func.min(event.c.occurred_at).label("occurred_at"))
        .select_from(event.join(patients, and_(patients.c.tenant_id == TENANT, patients.c.id == event.c.patient_id)))
        .where(
            event.c.tenant_id == TENANT,
            event.c.from_ad,
            event.c.ad_id.is_not_distinct_from(patients.c.meta_ad_id),
            patients.c.acquisition_source == META_ADS,
        )
        .group_by(event.c.patient_id)
        .cte("touch")
    )


def last_touches(scope: Scope) -> CTE:
    """One row per person: the last touch before the first appointment that came within the attribution window of a
    touch, or for who made none the last touch. Those after the end of the scope are not looked at."""
    event, converted = referral_events, _conversions(scope)
    latest = (event.c.occurred_at.desc(), event.c.channel, event.c.event_id)
    place = func.row_number().over(partition_by=event.c.patient_id, order_by=latest)
    touch = (
        select(event.c.patient_id, event.c.occurred_at, event.c.ad_id, event.c.headline, place.label("place"))
        .select_from(event.outerjoin(converted, converted.c.patient_id == event.c.patient_id))
        .where(
            *_by_ads(scope),
            or_(converted.c.converted_at.is_(None), event.c.occurred_at <= converted.c.converted_at),
        )
        .cte("ranked_touch")
    )
    return select(touch).where(touch.c.place == 1).cte("touch")


def within_attribution(
    scope: Scope, made_at: ColumnElement[Any], touched_at: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Whether what was made is the touch's doing: it came after it and, for the last touch, soon enough."""
    if scope.last_touch_hours is None:
        return made_at >= touched_at
    window = func.make_interval(0, 0, 0, 0, scope.last_touch_hours)
    return and_(made_at >= touched_at, made_at < touched_at + window)


def _conversions(scope: Scope) -> CTE:
    """Each person's first appointment that is a touch's doing."""
    event, visit = referral_events, appointments
    made = and_(
        visit.c.tenant_id == TENANT,
        visit.c.patient_id == event.c.patient_id,
        visit.c.status.in_(scope.valid_statuses),
        within_attribution(scope, visit.c.created_at, event.c.occurred_at),
    )
    return (
        select(event.c.patient_id, func.min(visit.c.created_at).label("converted_at"))
        .select_from(event.join(visit, made))
        .where(*_by_ads(scope))
        .group_by(event.c.patient_id)
        .cte("conversion")
    )


def _by_ads(scope: Scope) -> list[ColumnElement[bool]]:
    event = referral_events
    end = [event.c.occurred_at < literal(scope.end, DateTime(timezone=True))] if scope.end else []
    return [event.c.tenant_id == TENANT, event.c.from_ad, event.c.patient_id.is_not(None), *end]


def touched_later(person_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a person has a touch by an ad; asked for those who have none before the end of the scope."""
    event = referral_events
    return exists().where(event.c.tenant_id == TENANT, event.c.patient_id == person_id, event.c.from_ad)
