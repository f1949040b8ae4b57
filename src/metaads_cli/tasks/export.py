"""Exports: insights, people or statistics of one tenant after the other, handed on in batches as they are read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Protocol, get_type_hints

from metaads_cli.console import Progress
from metaads_cli.models.export import ExportColumn, ExportedTenant, Kind, Row, Write
from metaads_cli.models.statistics import Measures, Window
from metaads_cli.tasks.stats import Days, fields_of, statistics
from metaads_cli.tasks.stats.windows import day_after, start_of, window_of, zone_of

if TYPE_CHECKING:
    from metaads_cli.db.queries.statistics.scope import Scope
    from metaads_cli.db.session import TenantSession

KINDS: dict[str, Kind] = {
    "tenant_id": "number",
    **dict.fromkeys(("day", "period"), "day"),
    **dict.fromkeys(("fetched_at", "first_touch_at", "created_at", "first_appointment_at"), "moment"),
    **dict.fromkeys(("impressions", "clicks", "reach", "unique_clicks", "appointments"), "count"),
    **dict.fromkeys(
        ("spend", "frequency", "ctr", "cpc", "conversions", "revenue", "roas", "cost_per_conversion"), "amount"
    ),
    **dict.fromkeys(("actions", "action_values", "revenue_by_currency"), "json"),
    "converted": "flag",
}
"""Of the columns that are no texts."""


class Subject(Protocol):
    """What is exported. Its columns are the same for every tenant."""

    name: ClassVar[str]

    @property
    def columns(self) -> list[ExportColumn]: ...

    def hand_over(self, session: "TenantSession", window: Window, write: Write) -> list[str]:
        """Write the tenant's rows; what there is to be warned of."""
        ...


def with_windows(
    sessions: Iterable["TenantSession"], days: Days, fallback_timezone: str
) -> list[tuple["TenantSession", Window]]:
    """Each tenant with what the days are in its time zone.

    Raises ConfigError for a time zone that does not exist, UsageError for an empty window.
    """
    names = [(session, session.tenant.timezone or fallback_timezone) for session in sessions]
    return [(session, window_of(days, name, datetime.now(zone_of(name)).date())) for session, name in names]


def export(
    tenants: Iterable[tuple["TenantSession", Window]], subject: Subject, write: Write, progress: Progress
) -> tuple[list[ExportedTenant], list[str]]:
    """Write the rows of each tenant, as of one moment each; what was written, and warnings."""
    done: list[ExportedTenant] = []
    warnings: list[str] = []
    counted = _Counted(write, progress)
    for session, window in tenants:
        before = counted.rows
        warnings += subject.hand_over(session, window, counted)
        done.append(ExportedTenant(tenant_id=session.tenant_id, rows=counted.rows - before, window=window))
    return done, list(dict.fromkeys(warnings))


class _Counted:
    def __init__(self, write: Write, progress: Progress):
        self._write, self._progress, self.rows = write, progress, 0

    def __call__(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        self._write(rows)
        self.rows += len(rows)
        self._progress.update(self.rows, f"{self.rows:,} rows")


@dataclass(frozen=True)
class Insights:
    """What ads did and cost, day by day, at these levels."""

    name: ClassVar[str] = "insights"
    levels: Sequence[str]

    @property
    def columns(self) -> list[ExportColumn]:
        from metaads_cli.db.queries.exports.insights import COLUMNS

        return _columns(COLUMNS)

    def hand_over(self, session: "TenantSession", window: Window, write: Write) -> list[str]:
        from metaads_cli.db.queries.exports.insights import insight_rows
        from metaads_cli.db.queries.planning import join_in_passes

        with session.snapshot() as reader:
            join_in_passes(reader.cursor)
            with reader.stream(insight_rows(window, self.levels)) as rows:
                for batch in rows:
                    write(batch)
        return []


@dataclass(frozen=True)
class Leads:
    """The people who came from Meta's ads."""

    name: ClassVar[str] = "leads"
    valid_statuses: Sequence[str]
    with_contact_data: bool = False

    @property
    def columns(self) -> list[ExportColumn]:
        from metaads_cli.db.queries.exports.leads import columns_of

        return _columns(columns_of(with_contact_data=self.with_contact_data))

    def hand_over(self, session: "TenantSession", window: Window, write: Write) -> list[str]:
        from metaads_cli.db.queries.exports.leads import lead_rows
        from metaads_cli.db.queries.statistics.host import read_host
        from metaads_cli.db.queries.statistics.payments import any_payment

        scope = self._scope(window)
        with session.snapshot() as reader:
            host = read_host(reader)
            paying = host.payments is not None and bool(reader.fetch(any_payment(host.payments)))
            query = lead_rows(scope, host, any_payment=paying, with_contact_data=self.with_contact_data)
            with reader.stream(query) as rows:
                for batch in rows:
                    write(batch)
        return []

    def _scope(self, window: Window) -> "Scope":
        from metaads_cli.db.queries.exports.leads import NAMES
        from metaads_cli.db.queries.statistics.scope import Scope

        zone = zone_of(window.timezone)
        return Scope(
            fields=NAMES,
            timezone=window.timezone,
            valid_statuses=tuple(self.valid_statuses),
            since=window.since,
            until=window.until,
            start=start_of(window.since, zone),
            end=start_of(day_after(window.until), zone),
        )


@dataclass(frozen=True)
class Statistics:
    """What `stats` prints, without its totals. Raises UsageError for an unknown grouping."""

    name: ClassVar[str] = "stats"
    valid_statuses: Sequence[str]
    by: str | None = None

    @property
    def columns(self) -> list[ExportColumn]:
        measures = [
            ExportColumn(name, "count" if kind in {int, int | None} else "amount")
            for name, kind in get_type_hints(Measures).items()
        ]
        return [*_columns(("tenant_id", *fields_of(self.by), "currency")), *measures]

    def hand_over(self, session: "TenantSession", window: Window, write: Write) -> list[str]:
        report = statistics(
            session,
            Days(since=window.since, until=window.until),
            by=self.by,
            fallback_timezone=window.timezone,
            valid_statuses=self.valid_statuses,
        )
        names = [column.name for column in self.columns[1:]]
        write([[session.tenant_id, *(getattr(row, name) for name in names)] for row in report.rows])
        return report.warnings


def _columns(names: Sequence[str]) -> list[ExportColumn]:
    return [ExportColumn(name, KINDS.get(name, "text")) for name in names]
