"""Marketing statistics of one tenant: people, appointments, spend and revenue per campaign and ad."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from metaads_cli.db.session import TenantSession
from metaads_cli.errors import UsageError
from metaads_cli.models.statistics import GROUPINGS, StatsReport
from metaads_cli.tasks.stats.assembly import Part, Parts, assemble
from metaads_cli.tasks.stats.figures import Figures, rate
from metaads_cli.tasks.stats.windows import Days, day_after, start_of, window_of, zone_of

if TYPE_CHECKING:
    from metaads_cli.db.queries.statistics.revenue import Payments
    from metaads_cli.db.queries.statistics.scope import Scope

__all__ = ["Days", "rate", "statistics"]
INSIGHTS = "insights"


def statistics(
    session: TenantSession,
    days: Days,
    *,
    by: str | None = None,
    fallback_timezone: str,
    valid_statuses: Sequence[str],
) -> StatsReport:
    """Statistics by campaign, ad and headline or by what is asked for, first touch. Spend is unknown while no
    insights are stored.

    Raises ConfigError for a time zone that does not exist, UsageError for an empty window or an unknown grouping.
    """
    from metaads_cli.db.queries.statistics.scope import Scope

    name = session.tenant.timezone or fallback_timezone
    zone = zone_of(name)
    window = window_of(days, name, datetime.now(zone).date())
    fields = _fields(by)
    scope = Scope(
        fields=fields,
        timezone=name,
        grain=by if "period" in fields else None,
        since=window.since,
        until=window.until,
        start=start_of(window.since, zone),
        end=start_of(day_after(window.until), zone),
    )
    reading = _Reading(session, scope, valid_statuses)
    parts, source = reading.parts()
    found = assemble(scope.fields, parts)
    return StatsReport(
        tenant_id=session.tenant_id,
        window=window,
        currency=found.currency,
        attribution="first",
        by=by,
        revenue_source=source,
        rows=found.rows,
        total=found.total,
        totals_by_currency=found.totals_by_currency,
        warnings=_warnings(found.totals_by_currency),
    )


def _fields(by: str | None) -> tuple[str, ...]:
    if by not in GROUPINGS:
        raise UsageError(f"--by is {by!r}; expected one of {', '.join(filter(None, GROUPINGS))}")
    return GROUPINGS[by]


@dataclass(frozen=True)
class _Reading:
    session: TenantSession
    scope: "Scope"
    valid_statuses: Sequence[str]

    def parts(self) -> tuple[Parts, str | None]:
        """The groups, and where their revenue comes from."""
        from metaads_cli.db.queries.statistics.people import people_by_group
        from metaads_cli.db.queries.statistics.spend import insight_currencies

        currencies = frozenset(row[0] for row in self.session.fetch(insight_currencies()))
        payments = self._payments()
        people = [
            self._part(row, Figures(leads, converted, appointments))
            for *row, leads, converted, appointments in self.session.fetch(
                people_by_group(self.scope, self.valid_statuses)
            )
        ]
        spend = self._spend(with_revenue=payments is None)
        known = self._any(payments) if payments else any(part.figures.revenue is not None for part in spend)
        parts = Parts(
            people=people,
            spend=spend,
            revenue=self._revenue(payments) if payments else [],
            currencies=currencies,
            revenue_known=known,
        )
        return parts, payments.name if payments else INSIGHTS if currencies else None

    def _payments(self) -> "Payments | None":
        from metaads_cli.db.queries.statistics.revenue import payments_of

        return next((payments for payments in payments_of(self.session) if payments.is_usable), None)

    def _any(self, payments: "Payments") -> bool:
        from metaads_cli.db.queries.statistics.revenue import any_payment

        return bool(self.session.fetch(any_payment(payments)))

    def _spend(self, *, with_revenue: bool) -> list[Part]:
        from metaads_cli.db.queries.statistics.spend import spend_by_group

        return [
            self._part(
                row,
                Figures(
                    insights=insights,
                    spend=spend,
                    impressions=impressions,
                    clicks=clicks,
                    conversations=conversations,
                    payments=insights if with_revenue else 0,
                    revenue=revenue if with_revenue else None,
                ),
            )
            for *row, insights, spend, impressions, clicks, conversations, revenue in self.session.fetch(
                spend_by_group(self.scope)
            )
        ]

    def _revenue(self, payments: "Payments") -> list[Part]:
        from metaads_cli.db.queries.statistics.revenue import revenue_by_group

        return [
            self._part(row, Figures(payments=count, revenue=amount))
            for *row, count, amount in self.session.fetch(revenue_by_group(self.scope, payments))
        ]

    def _part(self, row: Sequence[Any], figures: Figures) -> Part:
        *key, currency = row
        return Part(tuple(key), currency, figures)


def _warnings(currencies: Iterable[str]) -> list[str]:
    named = ", ".join(currencies)
    rule = "a group has a row for each, its people on that of their ad's account"
    return [f"Amounts are in several currencies ({named}) and are not added: {rule}"] if named else []
