"""What the ads did and cost: the ad-level insights."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Numeric,
    Select,
    String,
    cast,
    column,
    func,
    literal,
    null,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB

from metaads_cli.db.queries.statistics.places import places
from metaads_cli.db.queries.statistics.scope import META_ADS, TENANT, Scope
from metaads_cli.db.tables import daily_totals, insights
from metaads_cli.models.insight import CONVERSATION

COARSE = frozenset({"period", "source"})
"""Fields that all ads of a day share."""


def spend_by_group(scope: Scope) -> Select[Any]:
    """Rows (fields, currency, number of insights, spend, impressions, clicks, conversations, Meta's revenue).

    The days are those of the ad's account. What no insight of a group says is NULL.
    """
    each = (_days(scope) if COARSE.issuperset(scope.fields) else _insights(scope)).cte("insight")
    groups = [each.c[name] for name in (*scope.fields, "currency")]
    counts = [
        cast(func.sum(each.c[name]), BigInteger) for name in ("insights", "impressions", "clicks", "conversations")
    ]
    number, *activity = counts
    return select(*groups, number, func.sum(each.c.spend), *activity, func.sum(each.c.revenue)).group_by(*groups)


def _days(scope: Scope) -> Select[Any]:
    """What is known of whole days, without looking at each ad."""
    total = daily_totals
    known: dict[str, ColumnElement[Any]] = {
        "source": literal(META_ADS, String),
        "period": scope.period_of(total.c.day) if scope.grain else null(),
    }
    measured = ("currency", "insights", "spend", "impressions", "clicks", "conversations", "revenue")
    return select(*(known[name].label(name) for name in scope.fields), *(total.c[name] for name in measured)).where(
        total.c.tenant_id == TENANT, *scope.days(total.c.day)
    )


def _insights(scope: Scope) -> Select[Any]:
    place = places()
    no_headline = literal("", String)
    return (
        select(
            *((no_headline if name == "ad_headline" else place.c[name]).label(name) for name in scope.fields),
            *(insights.c[name] for name in ("currency", "spend", "impressions", "clicks", "revenue")),
            literal(1).label("insights"),
            _conversations().label("conversations"),
        )
        .select_from(insights.join(place, place.c.ad_id == insights.c.entity_id))
        .where(insights.c.tenant_id == TENANT, insights.c.entity_type == "ad", *scope.days(insights.c.day))
    )


def insight_currencies() -> Select[Any]:
    """The currencies of all insights of ads; no row at all where there are none."""
    return select(daily_totals.c.currency).where(daily_totals.c.tenant_id == TENANT).distinct()


def _conversations() -> ColumnElement[Any]:
    """Messaging conversations started, as Meta counts them; NULL where an insight says nothing of them."""
    action = func.jsonb_array_elements(insights.c.actions).table_valued(column("value", JSONB), name="action")
    entry = type_coerce(action.c.value, JSONB)
    return (
        select(func.sum(cast(entry["value"].astext, Numeric)))
        .select_from(action)
        .where(entry["action_type"].astext == CONVERSATION)
        .correlate(insights)
        .scalar_subquery()
    )
