"""The touch that a person is attributed by."""

from typing import Any

from sqlalchemy import CTE, ColumnElement, DateTime, and_, exists, func, literal, or_, select

from metaads_cli.db.queries.statistics.conversions import countable, within_attribution
from metaads_cli.db.queries.statistics.host import Host
from metaads_cli.db.queries.statistics.scope import META_ADS, TENANT, Scope
from metaads_cli.db.tables import referral_events


def first_touches(host: Host) -> CTE:
    """When each person's first touch was: the earliest one by the ad that the person is attributed to."""
    event, person, of_person = referral_events, host.people, _person_of_touch(host)
    return (
        select(of_person.label("person_id"), func.min(event.c.occurred_at).label("occurred_at"))
        .select_from(event.join(person, and_(person.c.tenant_id == TENANT, person.c.id == of_person)))
        .where(
            *_by_ads(host),
            event.c.ad_id.is_not_distinct_from(person.c.meta_ad_id),
            person.c.acquisition_source == META_ADS,
        )
        .group_by(of_person)
        .cte("touch")
    )


def last_touches(scope: Scope, host: Host) -> CTE:
    """One row per person: the last touch before the first conversion that came within the attribution window of a
    touch, or for who made none the last touch. Those after the end of the scope are not looked at."""
    event, of_person, converted = referral_events, _person_of_touch(host), _first_conversions(scope, host)
    latest = (event.c.occurred_at.desc(), event.c.channel, event.c.event_id)
    place = func.row_number().over(partition_by=of_person, order_by=latest)
    touch = (
        select(of_person.label("person_id"), event.c.occurred_at, event.c.ad_id, event.c.headline, place.label("place"))
        .select_from(event.outerjoin(converted, converted.c.person_id == of_person))
        .where(
            *_by_ads(host, scope),
            or_(converted.c.converted_at.is_(None), event.c.occurred_at <= converted.c.converted_at),
        )
        .cte("ranked_touch")
    )
    return select(touch).where(touch.c.place == 1).cte("touch")


def touched_later(host: Host, person_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a person has a touch by an ad; asked for those who have none before the end of the scope."""
    return exists().where(*_by_ads(host), _person_of_touch(host) == person_id)


def _first_conversions(scope: Scope, host: Host) -> CTE:
    """Each person's first conversion that is a touch's doing."""
    event, of_person, each = referral_events, _person_of_touch(host), countable(scope, host)
    made = and_(each.c.person_id == of_person, within_attribution(scope, each.c.made_at, event.c.occurred_at))
    return (
        select(each.c.person_id, func.min(each.c.made_at).label("converted_at"))
        .select_from(event.join(each, made))
        .where(*_by_ads(host, scope))
        .group_by(each.c.person_id)
        .cte("conversion")
    )


def _by_ads(host: Host, scope: Scope | None = None) -> list[ColumnElement[bool]]:
    """The conditions of touches by ads; with a scope, of those before its end."""
    event = referral_events
    end = [event.c.occurred_at < literal(scope.end, DateTime(timezone=True))] if scope and scope.end else []
    return [event.c.tenant_id == TENANT, event.c.from_ad, _person_of_touch(host).is_not(None), *end]


def _person_of_touch(host: Host) -> ColumnElement[Any]:
    return referral_events.c[host.kind.person_id]
