"""One object over some days, read as of one moment: what all documents about an object are made of."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from metaads_cli.db.queries import performance as stored
from metaads_cli.db.session import Reader, TenantSession
from metaads_cli.errors import InputError, UsageError
from metaads_cli.models.insight import Days, Level
from metaads_cli.models.performance import EntityInsights, PerformanceSummary
from metaads_cli.models.reports import DateRange
from metaads_cli.tasks import stats
from metaads_cli.tasks.performance import daily
from metaads_cli.tasks.performance.asked import AskedDays
from metaads_cli.tasks.performance.efficiency import efficiency
from metaads_cli.tasks.performance.figures import NOTHING, Sums, Totals, by_currency, totals_of
from metaads_cli.tasks.stats.windows import zone_of

NAMES = {Level.CAMPAIGN: "campaign", Level.AD_SET: "ad set", Level.AD: "ad"}


@dataclass(frozen=True)
class Question:
    """Who asks about which days, and by which rules people are counted."""

    session: TenantSession
    asked: AskedDays
    fallback_timezone: str
    valid_statuses: Sequence[str]
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def zone_of(self, account: stored.AccountFacts) -> ZoneInfo:
        """The account's own; the tenant's where nobody knows it."""
        return zone_of(account.timezone_name or self.session.tenant.timezone or self.fallback_timezone)

    def leads(self, level: Level, days: Days) -> Counter[str]:
        """People by the object that they came from first, on these days of the tenant."""
        report = stats.statistics(
            self.session,
            stats.Days(days.since, days.until),
            by=str(level),
            fallback_timezone=self.fallback_timezone,
            valid_statuses=self.valid_statuses,
        )
        found: Counter[str] = Counter()
        for row in report.rows:
            found[getattr(row, f"{level}_id") or ""] += row.leads
        return found

    @contextmanager
    def about(self, level: Level, entity_id: str) -> "Iterator[View]":
        """Raises InputError where the tenant has no such object."""
        with self.session.snapshot() as reader:
            yield View(self, reader, _found(self, reader, level, entity_id), entity_id)

    @contextmanager
    def about_any(self, level: Level | None, entity_id: str) -> "Iterator[View]":
        """The same of an object whose level is to be found out. Raises UsageError where several have this id."""
        with self.session.snapshot() as reader:
            places = {place.level: place for place in stored.identify(reader, entity_id)}
            if level is None and len(places) > 1:
                raise UsageError(
                    f"{entity_id} is the id of more than one object", hint=f"Say --entity-type {' or '.join(places)}"
                )
            only = level or next(iter(places), None)
            if only is None:
                raise _unknown(self, "campaign, ad set or ad", entity_id)
            yield View(self, reader, _found(self, reader, only, entity_id), entity_id)


def _found(question: Question, reader: Reader, level: Level, entity_id: str) -> stored.Place:
    """Of several, the one that knows what it belongs to."""
    places = stored.identify(reader, entity_id)
    of_level = [place for place in places if place.level is level]
    if of_level:
        return max(of_level, key=lambda place: (place.campaign_id or "", place.adset_id or ""))
    if places:
        other = places[0].level
        raise InputError(
            f"{entity_id} is no {NAMES[level]} but an {NAMES[other]}".replace("an campaign", "a campaign"),
            hint=f"metaads stats {other} {entity_id} --tenant {question.session.tenant_id}",
        )
    raise _unknown(question, NAMES[level], entity_id)


def _unknown(question: Question, what: str, entity_id: str) -> InputError:
    tenant_id = question.session.tenant_id
    return InputError(
        f"Tenant {tenant_id} has no {what} {entity_id}",
        hint=f"metaads stats --tenant {tenant_id} --by campaign shows the ids; metaads sync-insights reads new ones",
        details={"tenant_id": tenant_id, "entity_id": entity_id},
    )


@dataclass
class View:
    """An object, its days, its figures, and the others of its level."""

    question: Question
    reader: Reader
    place: stored.Place
    entity_id: str

    @property
    def level(self) -> Level:
        return self.place.level

    @cached_property
    def account(self) -> stored.AccountFacts:
        return stored.account_facts(self.reader, self.place.account_id)

    @cached_property
    def zone(self) -> ZoneInfo:
        return self.question.zone_of(self.account)

    @cached_property
    def days(self) -> Days:
        return self.question.asked.of(self.zone, self.question.now)

    @cached_property
    def rows(self) -> list[stored.StoredRow]:
        return stored.insight_rows(self.reader, self.place.account_id, self.level, self.entity_id, self.days)

    @cached_property
    def read(self) -> dict[date, datetime]:
        return stored.days_read(self.reader, self.place.account_id, self.level, self.days)

    @cached_property
    def level_sums(self) -> list[stored.StoredSums]:
        """Of every object of the level in the account."""
        return stored.sums_of_level(self.reader, self.place.account_id, self.level, self.days)

    @cached_property
    def leads(self) -> Counter[str]:
        return self.question.leads(self.level, self.days)

    @cached_property
    def totals(self) -> Totals:
        otherwise = NOTHING if self.read else Sums()
        return totals_of(by_currency(self.rows), self.leads[self.entity_id], {}, otherwise=otherwise)

    @property
    def currency(self) -> str | None:
        """None where the figures are in several."""
        return self.totals.currency or (None if self.totals.by_currency else self.account.currency)

    @cached_property
    def compared(self) -> Sums:
        """What is compared with others: the figures in the currency of the latest one."""
        return by_currency(self.rows)[self.rows[-1].currency] if self.rows else Sums()

    def others(self) -> list[stored.StoredSums]:
        """Those of the level with amounts in that currency."""
        currency = self.rows[-1].currency if self.rows else self.account.currency
        return [sums for sums in self.level_sums if sums.entity_id != self.entity_id and sums.currency == currency]

    def efficiency(self) -> PerformanceSummary:
        return efficiency(self.compared, [Sums.of(other) for other in self.others()])

    def insights(self) -> EntityInsights:
        return EntityInsights(
            entity_id=self.entity_id,
            entity_type=str(self.level),
            insights=[daily.insight_row(row) for row in self.rows],
            total_spend=self.totals.metrics.spend,
            avg_roas=self.totals.metrics.roas,
        )

    def common(self) -> dict[str, Any]:
        """The fields of `About`."""
        return {
            "tenant_id": self.question.session.tenant_id,
            "account_id": self.place.account_id,
            "currency": self.currency,
            "timezone": self.zone.key,
            "date_range": DateRange(start=self.days.since, end=self.days.until),
            "data_source": self.account.data_source,
            "metrics": self.totals.metrics,
            "metrics_by_currency": self.totals.by_currency,
            "coverage": daily.coverage(self.days, self.rows, self.read),
            "warnings": self._warnings(),
        }

    def _warnings(self) -> list[str]:
        found = []
        if self.account.data_source == "stub":
            found.append(f"The figures of {self.place.account_id} are simulated")
        if self.totals.by_currency:
            found.append(f"Amounts are in several currencies ({', '.join(self.totals.by_currency)}) and are not added")
        missing = daily.coverage(self.days, self.rows, self.read).not_read
        if missing:
            found.append(
                f"{missing} of {len(self.days)} days not read: metaads sync-insights"
                f" --tenant {self.question.session.tenant_id} --account {self.place.account_id}"
                f" --since {self.days.since} --until {self.days.until}"
            )
        return found
