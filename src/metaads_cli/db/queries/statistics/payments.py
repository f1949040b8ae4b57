"""Payments that count, from the table that the host keeps them in."""

from typing import Any

from sqlalchemy import ColumnElement, Date, Select, cast, column, func, literal, select, table

from metaads_cli.db.queries.statistics.host import Payments
from metaads_cli.db.queries.statistics.scope import TENANT, Scope

NO_CURRENCY = "XXX"
"""ISO 4217 for a transaction that names no currency."""


def any_payment(payments: Payments) -> Select[Any]:
    """One row where the tenant has a payment that counts, of any day."""
    made = table(payments.name, column("tenant_id"), column("status"), schema="public")
    return select(literal(1)).where(made.c.tenant_id == TENANT, made.c.status == payments.status).limit(1)


def paid(scope: Scope, payments: Payments, *, within_window: bool) -> Select[Any]:
    """Rows (person_id, day, made_at, currency, amount): the tenant's payments that count. One of which only the day is
    known was made at the end of it."""
    made = table(payments.name, *map(column, payments.columns), schema="public")
    told: ColumnElement[Any] = made.c[payments.day_column]
    day = scope.day_of(told) if payments.has_moments else cast(told, Date)
    currency = func.nullif(func.upper(func.trim(made.c.currency)), "") if "currency" in payments.columns else None
    return select(
        made.c[payments.person_column].label("person_id"),
        day.label("day"),
        (told if payments.has_moments else scope.end_of(day)).label("made_at"),
        func.coalesce(currency, NO_CURRENCY).label("currency"),
        made.c.amount,
    ).where(
        made.c.tenant_id == TENANT,
        made.c.status == payments.status,
        *(scope.days(day) if within_window else ()),
    )
