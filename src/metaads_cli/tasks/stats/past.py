"""The past days of each figure that is forecast, and on which of them it is known."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from metaads_cli.db.session import TenantSession
from metaads_cli.models.forecast import History
from metaads_cli.models.insight import Days as Span
from metaads_cli.models.statistics import StatsReport
from metaads_cli.tasks.stats.forecasting import ZERO
from metaads_cli.tasks.stats.windows import day_after, start_of, zone_of

LEADS, SPEND = "leads", "spend"


@dataclass(frozen=True)
class Past:
    """One figure of the past days; on days that are not among `figures` it is unknown."""

    metric: str
    currency: str | None
    span: Span
    figures: Mapping[date, Decimal]

    @property
    def days(self) -> Span:
        """From the first day on which there was something; no day at all where there never was."""
        first = min((day for day, figure in self.figures.items() if figure), default=None)
        return Span(first or day_after(self.span.until) or date.max, self.span.until)

    @property
    def known(self) -> list[date]:
        return [day for day in self.days if day in self.figures]

    @property
    def history(self) -> History:
        known = self.known
        return (
            History(since=known[0], until=known[-1], days=len(known))
            if known
            else History(since=None, until=None, days=0)
        )


def leads_of(stats: StatsReport, span: Span) -> Past:
    """A day without people is a day with none."""
    came = dict.fromkeys(span, ZERO)
    for row in stats.rows:
        assert isinstance(row.period, date)
        came[row.period] += row.leads
    return Past(LEADS, None, span, came)


def spends_of(stats: StatsReport, span: Span, known: Mapping[str, set[date]]) -> list[Past]:
    """By currency. On a day that was read, no row says that nothing was spent."""
    spent = {(row.period, row.currency): row.spend for row in stats.rows}
    found = []
    for currency in sorted(known):
        figures = {day: spent.get((day, currency), ZERO) for day in known[currency]}
        said = {day: figure for day, figure in figures.items() if figure is not None}
        found.append(Past(SPEND, currency, span, said))
    return found or [Past(SPEND, None, span, {})]


@dataclass
class _Account:
    """The days of one account that were read after they were over; `ended` when nobody reads it any more."""

    ended: bool
    whole: set[date] = field(default_factory=set)

    def known(self, span: Span) -> set[date]:
        """What an account that was removed would have spent since is nothing."""
        last = max(self.whole, default=None)
        since = {day for day in span if day > last} if self.ended and last else set[date]()
        return self.whole | since


def days_known(session: TenantSession, span: Span, timezone: str) -> dict[str, set[date]]:
    """By currency: the days on which every account's spend is known."""
    from metaads_cli.db.queries.statistics.read_days import days_read

    accounts: dict[str, dict[str, _Account]] = defaultdict(dict)
    for currency, account_id, zone, registered, day, read_at in session.fetch(days_read(span.since, span.until)):
        account = accounts[currency].setdefault(account_id, _Account(ended=not registered))
        end = start_of(day_after(day), zone_of(zone or timezone))
        if end is not None and read_at >= end:
            account.whole.add(day)
    return {
        currency: set.intersection(*(account.known(span) for account in those.values()))
        for currency, those in accounts.items()
    }
