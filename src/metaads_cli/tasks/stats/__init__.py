"""Marketing statistics of one tenant: people, appointments, spend and revenue per campaign and ad."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from metaads_cli.db.session import TenantSession
from metaads_cli.errors import UsageError
from metaads_cli.models.statistics import GROUPINGS, Comparison, StatsReport, Window
from metaads_cli.tasks.stats.assembly import Assembled, Part, Parts, assemble
from metaads_cli.tasks.stats.figures import Figures, rate
from metaads_cli.tasks.stats.periods import in_place_of
from metaads_cli.tasks.stats.windows import Days, compared, day_after, start_of, window_of, zone_of

if TYPE_CHECKING:
    from metaads_cli.db.queries.statistics.host import Host, Payments
    from metaads_cli.db.queries.statistics.scope import Scope
    from metaads_cli.db.session import Reader

__all__ = ["Days", "fields_of", "rate", "statistics"]
INSIGHTS = "insights"


def statistics(  # noqa: PLR0913  # each is named by who calls
    session: TenantSession,
    days: Days,
    *,
    by: str | None = None,
    attribution: str = "first",
    compare: str | None = None,
    fallback_timezone: str,
    valid_statuses: Sequence[str],
    attribution_window_days: int = 7,
) -> StatsReport:
    """Statistics by campaign, ad and headline or by what is asked for, all as of one moment. Spend is unknown while no
    insights are stored.

    `attribution` is `first` or `last` touch; `compare` is `previous`, `yoy` or `DAY..DAY`. Raises ConfigError for a
    time zone that does not exist, UsageError for an empty window and what is none of these.
    """
    from metaads_cli.db.queries.statistics.host import read_host

    name = session.tenant.timezone or fallback_timezone
    window = window_of(days, name, datetime.now(zone_of(name)).date())
    previous_window = compared(window, compare) if compare is not None else None
    wish = _Wish(by, fields_of(by), _last_touch_hours(attribution, attribution_window_days), tuple(valid_statuses))
    with session.snapshot() as reader:
        reading = _Reading(reader, read_host(reader))
        now = reading.parts(wish.scope(window))
        before = reading.parts(wish.scope(previous_window)) if previous_window else None
    if before is not None and previous_window is not None:
        before = before.mapped(in_place_of(by, window, previous_window))
    found = assemble(wish.fields, now, before)
    return StatsReport(
        tenant_id=session.tenant_id,
        window=window,
        currency=found.currency,
        attribution=attribution,
        by=by,
        revenue_source=reading.revenue_source,
        rows=found.rows,
        total=found.totals.total,
        totals_by_currency=found.totals.by_currency,
        comparison=_comparison(found, previous_window),
        warnings=[*_currency_warnings(found.totals.by_currency), *reading.warnings],
    )


@dataclass(frozen=True)
class _Wish:
    """What is asked for, of whatever days."""

    by: str | None
    fields: tuple[str, ...]
    last_touch_hours: int | None
    valid_statuses: tuple[str, ...]

    def scope(self, window: Window) -> "Scope":
        from metaads_cli.db.queries.statistics.scope import Scope

        zone = zone_of(window.timezone)
        return Scope(
            fields=self.fields,
            timezone=window.timezone,
            valid_statuses=self.valid_statuses,
            last_touch_hours=self.last_touch_hours,
            grain=self.by if "period" in self.fields else None,
            since=window.since,
            until=window.until,
            start=start_of(window.since, zone),
            end=start_of(day_after(window.until), zone),
        )


def _comparison(found: Assembled, window: Window | None) -> Comparison | None:
    if window is None or found.totals_before is None:
        return None
    change, by_currency = found.totals.changes_since(found.totals_before)
    return Comparison(
        window=window,
        total=found.totals_before.total,
        change=change,
        totals_by_currency=found.totals_before.by_currency,
        changes_by_currency=by_currency,
    )


def fields_of(by: str | None) -> tuple[str, ...]:
    """What a row is about. Raises UsageError for an unknown grouping."""
    if by not in GROUPINGS:
        raise UsageError(f"--by is {by!r}; expected one of {', '.join(filter(None, GROUPINGS))}")
    return GROUPINGS[by]


def _last_touch_hours(attribution: str, window_days: int) -> int | None:
    if attribution not in {"first", "last"}:
        raise UsageError(f"--attribution is {attribution!r}; expected first or last")
    return window_days * 24 if attribution == "last" else None


@dataclass(frozen=True)
class _Reading:
    reader: "Reader"
    host: "Host"

    @property
    def revenue_source(self) -> str | None:
        return self.host.payments.name if self.host.payments else INSIGHTS if self._currencies else None

    @property
    def warnings(self) -> list[str]:
        return [
            f"The payments in {name} are not counted: they do not say whose they are, in {self.host.kind.person_id}"
            for name in self.host.unusable_payments
        ]

    def parts(self, scope: "Scope") -> Parts:
        """The groups of these days."""
        from metaads_cli.db.queries.statistics.people import people_by_group

        payments = self.host.payments
        people = [
            self._part(row, Figures(leads, converted, appointments))
            for *row, leads, converted, appointments in self.reader.fetch(people_by_group(scope, self.host))
        ]
        spend = self._spend(scope, with_revenue=payments is None)
        known = self._any_payment if payments else any(part.figures.revenue is not None for part in spend)
        return Parts(
            people=people,
            spend=spend,
            revenue=self._revenue(scope, payments) if payments else [],
            currencies=self._currencies,
            revenue_known=known,
        )

    @cached_property
    def _currencies(self) -> frozenset[str]:
        from metaads_cli.db.queries.statistics.spend import insight_currencies

        return frozenset(row[0] for row in self.reader.fetch(insight_currencies()))

    @cached_property
    def _any_payment(self) -> bool:
        from metaads_cli.db.queries.statistics.payments import any_payment

        return self.host.payments is not None and bool(self.reader.fetch(any_payment(self.host.payments)))

    def _spend(self, scope: "Scope", *, with_revenue: bool) -> list[Part]:
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
            for *row, insights, spend, impressions, clicks, conversations, revenue in self.reader.fetch(
                spend_by_group(scope)
            )
        ]

    def _revenue(self, scope: "Scope", payments: "Payments") -> list[Part]:
        from metaads_cli.db.queries.statistics.revenue import revenue_by_group

        return [
            self._part(row, Figures(payments=count, revenue=amount))
            for *row, count, amount in self.reader.fetch(revenue_by_group(scope, self.host, payments))
        ]

    def _part(self, row: Sequence[Any], figures: Figures) -> Part:
        *key, currency = row
        return Part(tuple(key), currency, figures)


def _currency_warnings(currencies: Iterable[str]) -> list[str]:
    named = ", ".join(currencies)
    rule = "a group has a row for each, its people on that of their ad's account"
    return [f"Amounts are in several currencies ({named}) and are not added: {rule}"] if named else []
