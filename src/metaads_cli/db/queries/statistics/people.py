"""People, and whether they came."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    not_,
    null,
    or_,
    select,
)

from metaads_cli.db.queries.statistics.conversions import conversions
from metaads_cli.db.queries.statistics.host import Host
from metaads_cli.db.queries.statistics.places import places
from metaads_cli.db.queries.statistics.scope import META_ADS, NO_AD, TENANT, Scope
from metaads_cli.db.queries.statistics.touches import first_touches, last_touches, touched_later


def people_by_group(scope: Scope, host: Host) -> Select[Any]:
    """Rows (fields, currency of the ad, leads, converted, appointments).

    A lead is a person attributed to Meta and not deleted, who belongs to the moment of the touch, or of their creation
    where the host attributed them. A patient is converted by an appointment that counts, a CRM's lead by a sale.
    """
    person = people(scope, host, within_window=True)
    came = conversions(scope, host, person)
    joined = person.outerjoin(came, came.c.person_id == person.c.id)
    groups = [person.c[name] for name in (*scope.fields, "currency")]
    appointments_made = func.coalesce(func.sum(came.c.times), 0) if host.has_patients else literal(0)
    return (
        select(*groups, func.count(), func.count(came.c.person_id), cast(appointments_made, Integer))
        .select_from(joined)
        .group_by(*groups)
    )


def people(scope: Scope, host: Host, *, within_window: bool) -> CTE:
    """One row per person, with the touch and the scope's fields; a name is the present one where it is known."""
    person, place = host.people, places()
    is_first = scope.last_touch_hours is None
    touch = first_touches(host) if is_first else last_touches(scope, host)
    by = _first_touch(person, touch) if is_first else _last_touch(person, touch)
    joined = person.outerjoin(touch, touch.c.person_id == person.c.id)
    belongs_to = func.coalesce(by.touched_at, person.c.created_at)
    known: dict[str, ColumnElement[Any]] = {
        "source": by.source,
        "campaign_id": place.c.campaign_id,
        "campaign_name": func.coalesce(place.c.campaign_name, by.campaign_name),
        "adset_id": place.c.adset_id,
        "adset_name": place.c.adset_name,
        "ad_id": func.coalesce(by.ad_id, NO_AD),
        "ad_name": place.c.ad_name,
        "ad_headline": func.coalesce(cast(by.headline, Text), ""),
        "period": scope.period_of(scope.day_of(belongs_to)) if scope.grain else null(),
    }
    conditions = [person.c.tenant_id == TENANT, func.coalesce(person.c.status, "") != "deleted"]
    if not scope.everybody:
        conditions.append(by.from_meta)
    if not is_first and scope.end is not None:
        conditions.append(or_(by.touched_at.is_not(None), not_(touched_later(host, person.c.id))))
    if within_window:
        conditions += _moments(scope, belongs_to)
    return (
        select(
            person.c.id,
            by.touched_at.label("touched_at"),
            place.c.currency,
            *(known[name].label(name) for name in scope.fields),
        )
        .select_from(joined.outerjoin(place, and_(by.from_meta, place.c.ad_id == by.ad_id)))
        .where(*conditions)
        .cte("person")
    )


@dataclass(frozen=True)
class _Attribution:
    """What a person is attributed to, as expressions."""

    touched_at: ColumnElement[Any]
    """NULL where the host attributed the person."""
    from_meta: ColumnElement[bool]
    source: ColumnElement[Any]
    ad_id: ColumnElement[Any]
    headline: ColumnElement[Any]
    campaign_name: ColumnElement[Any]
    """As the host has it."""


def _first_touch(person: Any, touch: CTE) -> _Attribution:
    """What the host's own columns say."""
    return _Attribution(
        touched_at=touch.c.occurred_at,
        from_meta=person.c.acquisition_source == META_ADS,
        source=func.coalesce(func.nullif(person.c.acquisition_source, ""), "ORGANIC"),
        ad_id=person.c.meta_ad_id,
        headline=person.c.meta_ad_headline,
        campaign_name=person.c.meta_campaign_id,
    )


def _last_touch(person: Any, touch: CTE) -> _Attribution:
    """What the touch says, for those who have one; the host's name of the campaign where both are by the same ad."""
    first = _first_touch(person, touch)
    touched = touch.c.occurred_at.is_not(None)
    same_ad = touch.c.ad_id.is_not_distinct_from(first.ad_id)
    return _Attribution(
        touched_at=touch.c.occurred_at,
        from_meta=or_(touched, first.from_meta),
        source=case((touched, META_ADS), else_=first.source),
        ad_id=case((touched, touch.c.ad_id), else_=first.ad_id),
        headline=case((touched, touch.c.headline), else_=first.headline),
        campaign_name=case((and_(touched, not_(same_ad)), null()), else_=first.campaign_name),
    )


def _moments(scope: Scope, moment: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    first = [moment >= literal(scope.start, DateTime(timezone=True))] if scope.start else []
    return first + ([moment < literal(scope.end, DateTime(timezone=True))] if scope.end else [])
