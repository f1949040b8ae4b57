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
from metaads_cli.db.tables import insights

CONVERSATION = "onsite_conversion.messaging_conversation_started_7d"


def spend_by_group(scope: Scope) -> Select[Any]:
    """Rows (fields, currency, number of insights, spend, impressions, clicks, conversations, Meta's revenue).

    The days are those of the ad's account. What no insight of a group says is NULL.
    """
    place = places()
    known: dict[str, ColumnElement[Any]] = {
        **{
            name: place.c[name]
            for name in ("campaign_id", "campaign_name", "adset_id", "adset_name", "ad_id", "ad_name")
        },
        "source": literal(META_ADS, String),
        "ad_headline": literal("", String),
        "period": scope.period_of(insights.c.day) if scope.grain else null(),
    }
    each = (
        select(
            *(known[name].label(name) for name in scope.fields),
            *(insights.c[name] for name in ("currency", "spend", "impressions", "clicks", "revenue")),
            _conversations().label("conversations"),
        )
        .select_from(insights.join(place, place.c.ad_id == insights.c.entity_id))
        .where(insights.c.tenant_id == TENANT, insights.c.entity_type == "ad", *scope.days(insights.c.day))
        .cte("insight")
    )
    groups = [each.c[name] for name in (*scope.fields, "currency")]
    counts = [cast(func.sum(each.c[name]), BigInteger) for name in ("impressions", "clicks", "conversations")]
    return select(*groups, func.count(), func.sum(each.c.spend), *counts, func.sum(each.c.revenue)).group_by(*groups)


def insight_currencies() -> Select[Any]:
    """The currencies of all insights of ads; no row at all where there are none."""
    of_ads = insights.c.tenant_id == TENANT, insights.c.entity_type == "ad"
    return select(insights.c.currency).where(*of_ads).distinct()


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
