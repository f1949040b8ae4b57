"""What the people brought in."""

from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, and_, func, or_, select

from metaads_cli.db.queries.statistics.host import Host, Payments
from metaads_cli.db.queries.statistics.payments import paid
from metaads_cli.db.queries.statistics.people import people
from metaads_cli.db.queries.statistics.scope import Scope


def revenue_by_group(scope: Scope, host: Host, payments: Payments) -> Select[Any]:
    """Rows (fields, currency, number of payments, amount), of every attributed person, by the day of the payment.

    Where the touch is known, earlier payments do not count, as earlier appointments do not. Later ones do without a
    limit: a treatment is paid for long after the click.
    """
    person, payment = people(scope, host, within_window=False), paid(scope, payments, within_window=True).cte("paid")
    period = [scope.period_of(payment.c.day).label("period")] if scope.grain else []
    groups = [*period, *(person.c[name] for name in scope.fields if name != "period"), payment.c.currency]
    return (
        select(*groups, func.count(), func.sum(payment.c.amount))
        .select_from(person.join(payment, brought_in(person, payment)))
        .group_by(*groups)
    )


def brought_in(person: CTE, payment: CTE) -> ColumnElement[bool]:
    """Whether a payment is the doing of what brought the person."""
    after = or_(person.c.touched_at.is_(None), payment.c.made_at >= person.c.touched_at)
    return and_(payment.c.person_id == person.c.id, after)
