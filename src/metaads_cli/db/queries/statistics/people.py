"""People and their appointments."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    Text,
    and_,
    cast,
    func,
    literal,
    null,
    or_,
    select,
)

from metaads_cli.db.queries.statistics.places import places
from metaads_cli.db.queries.statistics.scope import META_ADS, NO_AD, TENANT, Scope
from metaads_cli.db.tables import appointments, patients, referral_events


def people_by_group(scope: Scope, valid_statuses: Sequence[str]) -> Select[Any]:
    """Rows (fields, currency of the ad, leads, converted, appointments).

    A lead is a person attributed to Meta and not deleted, who belongs to the moment of the first touch, or of their
    creation where the host attributed them. Only appointments with a valid status count, and where the touch is known
    only those made at or after it.
    """
    person = people(scope, within_window=True)
    visit = appointments
    visits = (
        select(func.count())
        .where(
            visit.c.tenant_id == TENANT,
            visit.c.patient_id == person.c.id,
            visit.c.status.in_(valid_statuses),
            or_(person.c.touched_at.is_(None), visit.c.created_at >= person.c.touched_at),
        )
        .correlate(person)
        .scalar_subquery()
    )
    fields = [person.c[name] for name in scope.fields]
    each = select(*fields, person.c.currency, visits.label("appointments")).cte("visited")
    groups = [each.c[name] for name in (*scope.fields, "currency")]
    return select(
        *groups,
        func.count(),
        func.count().filter(each.c.appointments > 0),
        cast(func.sum(each.c.appointments), Integer),
    ).group_by(*groups)


def people(scope: Scope, *, within_window: bool) -> CTE:
    """One row per person, with the touch and the scope's fields; a name is the present one where it is known."""
    touch, place = _touches(), places()
    from_ads = patients.c.acquisition_source == META_ADS
    joined = patients.outerjoin(touch, touch.c.patient_id == patients.c.id).outerjoin(
        place, and_(from_ads, place.c.ad_id == patients.c.meta_ad_id)
    )
    belongs_to = func.coalesce(touch.c.occurred_at, patients.c.created_at)
    known: dict[str, ColumnElement[Any]] = {
        "source": func.coalesce(func.nullif(patients.c.acquisition_source, ""), "ORGANIC"),
        "campaign_id": place.c.campaign_id,
        "campaign_name": func.coalesce(place.c.campaign_name, patients.c.meta_campaign_id),
        "adset_id": place.c.adset_id,
        "adset_name": place.c.adset_name,
        "ad_id": func.coalesce(patients.c.meta_ad_id, NO_AD),
        "ad_name": place.c.ad_name,
        "ad_headline": func.coalesce(cast(patients.c.meta_ad_headline, Text), ""),
        "period": scope.period_of(scope.day_of(belongs_to)) if scope.grain else null(),
    }
    conditions = [patients.c.tenant_id == TENANT, func.coalesce(patients.c.status, "") != "deleted"]
    if not scope.everybody:
        conditions.append(from_ads)
    if within_window:
        conditions += _moments(scope, belongs_to)
    return (
        select(
            patients.c.id,
            touch.c.occurred_at.label("touched_at"),
            place.c.currency,
            *(known[name].label(name) for name in scope.fields),
        )
        .select_from(joined)
        .where(*conditions)
        .cte("person")
    )


def _moments(scope: Scope, moment: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    first = [moment >= literal(scope.start, DateTime(timezone=True))] if scope.start else []
    return first + ([moment < literal(scope.end, DateTime(timezone=True))] if scope.end else [])


def _touches() -> CTE:
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
