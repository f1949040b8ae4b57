"""What the people brought in, from the table that the host keeps payments in."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, ColumnElement, Date, Select, and_, cast, column, func, literal, or_, select, table

from metaads_cli.db.queries.statistics.people import people
from metaads_cli.db.queries.statistics.scope import TENANT, Scope
from metaads_cli.db.session import TenantSession

COUNTED = {"accounting_transactions": "completed", "sales_transactions": "paid"}
"""The tables in the order in which they are looked for, and the status that counts."""
NO_CURRENCY = "XXX"
"""ISO 4217 for a transaction that names no currency."""
NEEDED = frozenset({"tenant_id", "patient_id", "amount", "status"})

_COLUMNS = b"""
    SELECT c.relname, a.attname, format_type(a.atttypid, NULL)
    FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
    WHERE a.attrelid IN (to_regclass('public.accounting_transactions'), to_regclass('public.sales_transactions'))
      AND a.attnum > 0 AND NOT a.attisdropped
"""


@dataclass(frozen=True)
class Payments:
    """A host's table of payments and the types of its columns."""

    name: str
    columns: dict[str, str]

    @property
    def day_column(self) -> str:
        return "transaction_date" if "transaction_date" in self.columns else "created_at"

    @property
    def is_usable(self) -> bool:
        return NEEDED | {self.day_column} <= self.columns.keys()


def payments_of(session: TenantSession) -> list[Payments]:
    """The tables of payments that this host has, the one to be preferred first."""
    with session.transaction() as cursor:
        found = cursor.execute(_COLUMNS).fetchall()
    every = (Payments(name, {column: kind for owner, column, kind in found if owner == name}) for name in COUNTED)
    return [payments for payments in every if payments.columns]


def any_payment(payments: Payments) -> Select[Any]:
    """One row where the tenant has a payment that counts, of any day."""
    paid = table(payments.name, column("tenant_id"), column("status"), schema="public")
    return select(literal(1)).where(paid.c.tenant_id == TENANT, paid.c.status == COUNTED[payments.name]).limit(1)


def revenue_by_group(scope: Scope, payments: Payments) -> Select[Any]:
    """Rows (fields, currency, number of payments, amount), of every attributed person, by the day of the payment.

    Where the touch is known, payments of earlier days do not count, as earlier appointments do not.
    """
    person, paid = people(scope, within_window=False), _paid(scope, payments)
    period = [scope.period_of(paid.c.day).label("period")] if scope.grain else []
    groups = [*period, *(person.c[name] for name in scope.fields if name != "period"), paid.c.currency]
    return (
        select(*groups, func.count(), func.sum(paid.c.amount))
        .select_from(
            person.join(
                paid,
                and_(
                    paid.c.patient_id == person.c.id,
                    or_(person.c.touched_at.is_(None), paid.c.day >= scope.day_of(person.c.touched_at)),
                ),
            )
        )
        .group_by(*groups)
    )


def _paid(scope: Scope, payments: Payments) -> CTE:
    """The tenant's payments that count, in the window."""
    paid = table(payments.name, *map(column, payments.columns), schema="public")
    day: ColumnElement[Any] = paid.c[payments.day_column]
    if payments.columns[payments.day_column] == "timestamp with time zone":
        day = func.timezone(scope.timezone, day)
    day = cast(day, Date)
    currency = func.nullif(func.upper(func.trim(paid.c.currency)), "") if "currency" in payments.columns else None
    return (
        select(
            paid.c.patient_id,
            day.label("day"),
            func.coalesce(currency, NO_CURRENCY).label("currency"),
            paid.c.amount,
        )
        .where(paid.c.tenant_id == TENANT, paid.c.status == COUNTED[payments.name], *scope.days(day))
        .cte("paid")
    )
