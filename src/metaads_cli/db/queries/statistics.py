"""Statistics of attributed people, composed with SQLAlchemy Core."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    distinct,
    func,
    literal,
    or_,
    select,
)

from metaads_cli.db.tables import ads, appointments, campaigns, patients, referral_events

NO_CAMPAIGN = "Sin Campaña"
NO_AD = "Unknown"
_TENANT = bindparam("tenant_id", None, type_=Integer)  # the session binds its own


def campaign_statistics(since: datetime | None, until: datetime | None, valid_statuses: Sequence[str]) -> Select[Any]:
    """Rows (campaign id, campaign name, ad id, headline, leads, converted, appointments), most leads first.

    A lead is a person attributed to Meta and not deleted, who belongs to the moment of the first touch, or of their
    creation where the host attributed them. `since` is included, `until` is not. Only appointments with a valid
    status count, and where the touch is known only those made at or after it.
    """
    person = _people(since, until)
    visit = appointments
    joined = person.outerjoin(
        visit,
        and_(
            visit.c.tenant_id == _TENANT,
            visit.c.patient_id == person.c.id,
            visit.c.status.in_(valid_statuses),
            or_(person.c.touched_at.is_(None), visit.c.created_at >= person.c.touched_at),
        ),
    )
    leads = func.count(distinct(person.c.id))
    groups = (person.c.campaign_id, person.c.campaign_name, person.c.ad_id, person.c.headline)
    return (
        select(
            *groups,
            leads.label("leads"),
            func.count(distinct(person.c.id)).filter(visit.c.id.is_not(None)).label("converted"),
            func.count(visit.c.id).label("appointments"),
        )
        .select_from(joined)
        .group_by(*groups)
        .order_by(leads.desc(), person.c.campaign_name, person.c.ad_id, person.c.headline)
    )


def _people(since: datetime | None, until: datetime | None) -> CTE:
    """One row per attributed person, with the campaign's present name where the ad is in the catalogue."""
    touch = _touches()
    joined = (
        patients.outerjoin(touch, touch.c.patient_id == patients.c.id)
        .outerjoin(ads, and_(ads.c.tenant_id == _TENANT, ads.c.ad_id == patients.c.meta_ad_id))
        .outerjoin(campaigns, and_(campaigns.c.tenant_id == _TENANT, campaigns.c.campaign_id == ads.c.campaign_id))
    )
    belongs_to = func.coalesce(touch.c.occurred_at, patients.c.created_at)
    conditions: list[ColumnElement[bool]] = [
        patients.c.tenant_id == _TENANT,
        patients.c.acquisition_source == "META_ADS",
        func.coalesce(patients.c.status, "") != "deleted",
    ]
    if since is not None:
        conditions.append(belongs_to >= literal(since, DateTime(timezone=True)))
    if until is not None:
        conditions.append(belongs_to < literal(until, DateTime(timezone=True)))
    return (
        select(
            patients.c.id,
            touch.c.occurred_at.label("touched_at"),
            campaigns.c.campaign_id,
            func.coalesce(campaigns.c.name, patients.c.meta_campaign_id, NO_CAMPAIGN).label("campaign_name"),
            func.coalesce(patients.c.meta_ad_id, NO_AD).label("ad_id"),
            func.coalesce(cast(patients.c.meta_ad_headline, Text), "").label("headline"),
        )
        .select_from(joined)
        .where(*conditions)
        .cte("person")
    )


def _touches() -> CTE:
    """When each person's first touch was: the earliest one by the ad that the person is attributed to."""
    event = referral_events
    return (
        select(event.c.patient_id, func.min(event.c.occurred_at).label("occurred_at"))
        .select_from(event.join(patients, and_(patients.c.tenant_id == _TENANT, patients.c.id == event.c.patient_id)))
        .where(
            event.c.tenant_id == _TENANT,
            event.c.from_ad,
            event.c.ad_id.is_not_distinct_from(patients.c.meta_ad_id),
        )
        .group_by(event.c.patient_id)
        .cte("touch")
    )
