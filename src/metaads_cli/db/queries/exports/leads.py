"""People attributed to Meta, as the statistics count them: the sums over the rows are the totals of `stats`."""

from typing import Any

from sqlalchemy import CTE, ColumnElement, Numeric, Select, Text, and_, case, cast, func, literal, null, select

from metaads_cli.db.queries.statistics.conversions import conversions
from metaads_cli.db.queries.statistics.host import Host
from metaads_cli.db.queries.statistics.payments import paid
from metaads_cli.db.queries.statistics.people import people
from metaads_cli.db.queries.statistics.revenue import brought_in
from metaads_cli.db.queries.statistics.scope import TENANT, Scope

NAMES = ("campaign_id", "campaign_name", "adset_id", "adset_name", "ad_name")
"""The fields of the scope."""
CONTACT = ("phone_number", "first_name", "last_name")
COLUMNS = (
    "tenant_id", "person_id", "day", "first_touch_at", "created_at", "source", "campaign_id", "campaign_name",
    "adset_id", "adset_name", "ad_id", "ad_name", "ad_headline", "first_appointment_at", "converted", "appointments",
    "revenue", "revenue_currency", "revenue_by_currency",
)  # fmt: skip


def columns_of(*, with_contact_data: bool) -> tuple[str, ...]:
    return (*COLUMNS, *CONTACT) if with_contact_data else COLUMNS


def lead_rows(scope: Scope, host: Host, *, any_payment: bool, with_contact_data: bool) -> Select[Any]:
    """Rows of these columns, in the order in which the people came.

    `any_payment`: whether the tenant has payments that count, so that who paid nothing is known to have paid nothing.
    What a person brought in is all of it, of whatever day.
    """
    person, host_person = people(scope, host, within_window=True), host.people
    came = conversions(scope, host, person)
    joined = person.join(
        host_person, and_(host_person.c.tenant_id == TENANT, host_person.c.id == person.c.id)
    ).outerjoin(came, came.c.person_id == person.c.id)
    revenue = _revenue(scope, host, person) if any_payment else None
    if revenue is not None:
        joined = joined.outerjoin(revenue, revenue.c.person_id == person.c.id)
    belongs_to = func.coalesce(person.c.touched_at, host_person.c.created_at)
    known: dict[str, ColumnElement[Any]] = {
        "tenant_id": host_person.c.tenant_id,
        "person_id": cast(host_person.c.id, Text),
        "day": scope.day_of(belongs_to),
        "first_touch_at": person.c.touched_at,
        "created_at": host_person.c.created_at,
        "source": host_person.c.acquisition_source,
        **{name: person.c[name] for name in NAMES},
        "ad_id": host_person.c.meta_ad_id,
        "ad_headline": host_person.c.meta_ad_headline,
        "first_appointment_at": came.c.first_at,
        "converted": came.c.person_id.is_not(None),
        "appointments": func.coalesce(came.c.times, 0) if host.has_patients else null(),
        **_amounts(revenue),
        **{name: host_person.c[name] for name in CONTACT},
    }
    columns = [known[name].label(name) for name in columns_of(with_contact_data=with_contact_data)]
    return select(*columns).select_from(joined).order_by(belongs_to, person.c.id)


def _revenue(scope: Scope, host: Host, person: CTE) -> CTE | None:
    """Rows (person_id, amounts as JSON by currency, how many currencies, one of them, its amount)."""
    if host.payments is None:
        return None
    payment = paid(scope, host.payments, within_window=False).cte("payment")
    by_currency = (
        select(
            person.c.id.label("person_id"),
            payment.c.currency,
            cast(func.sum(payment.c.amount), Numeric).label("amount"),
        )
        .select_from(person.join(payment, brought_in(person, payment)))
        .group_by(person.c.id, payment.c.currency)
        .cte("amount")
    )
    return (
        select(
            by_currency.c.person_id,
            func.jsonb_object_agg(by_currency.c.currency, by_currency.c.amount).label("amounts"),
            func.count().label("currencies"),
            func.min(by_currency.c.currency).label("currency"),
            func.min(by_currency.c.amount).label("amount"),
        )
        .group_by(by_currency.c.person_id)
        .cte("revenue")
    )


def _amounts(revenue: CTE | None) -> dict[str, ColumnElement[Any]]:
    """With payments in several currencies there is no one amount, as in the statistics."""
    if revenue is None:
        return {name: null() for name in ("revenue", "revenue_currency", "revenue_by_currency")}
    several = revenue.c.currencies > 1
    return {
        "revenue": case((several, null()), else_=func.coalesce(revenue.c.amount, literal(0, Numeric))),
        "revenue_currency": case((several, null()), else_=revenue.c.currency),
        "revenue_by_currency": func.coalesce(cast(revenue.c.amounts, Text), "{}"),
    }
