"""The report of one tenant: the statistics of a window, how they changed, what is expected, how new they are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from metaads_cli.db.session import TenantSession
from metaads_cli.models.report import ReportDocument
from metaads_cli.models.statistics import StatsReport, Window
from metaads_cli.tasks.alerts import sync_alerts
from metaads_cli.tasks.report.funnel import funnel_of
from metaads_cli.tasks.report.notices import notices
from metaads_cli.tasks.report.ranking import changed_most, ranking
from metaads_cli.tasks.report.timeline import Calendar, money_of, timeline_of
from metaads_cli.tasks.stats import Days, statistics
from metaads_cli.tasks.stats.forecast import forecast
from metaads_cli.tasks.stats.windows import window_of, zone_of

__all__ = ["Days", "ReportOptions", "report"]
DEFAULT_DAYS = Days(preset="last_30d")
NOT_COMPARED = "none"


@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    days: Days = DEFAULT_DAYS
    """Without any of them: DEFAULT_DAYS."""
    compare: str | None = None
    """previous, yoy, DAY..DAY, or none; without it: previous, where the window has both ends."""
    attribution: str = "first"
    fallback_timezone: str
    valid_statuses: Sequence[str]
    attribution_window_days: int


def report(session: TenantSession, options: ReportOptions) -> ReportDocument:
    """Everything a report says, all as of one moment. Raises what `statistics` raises."""
    from metaads_cli.db.queries.reports import read_freshness

    with session.snapshot() as reader:
        zone = zone_of(session.tenant.timezone or options.fallback_timezone)
        now = datetime.now(zone).replace(microsecond=0)
        days = DEFAULT_DAYS if options.days == Days() else options.days
        window = window_of(days, str(zone), now.date())
        read = partial(
            statistics,
            session,
            days,
            attribution=options.attribution,
            compare=_compare(options.compare, window),
            fallback_timezone=options.fallback_timezone,
            valid_statuses=options.valid_statuses,
            attribution_window_days=options.attribution_window_days,
        )
        campaigns = read(by="campaign")
        calendar = Calendar.of(window, now.date(), partial(_first_month, read))
        periods = read(by=calendar.grain)
        expected = forecast(session, fallback_timezone=options.fallback_timezone)
        freshness = read_freshness(session)
        alerts = sync_alerts(reader, [account.account_id for account in freshness], now)
    return ReportDocument(
        tenant_id=session.tenant_id,
        tenant_name=session.tenant.name,
        generated_at=now,
        window=campaigns.window,
        attribution=campaigns.attribution,
        currency=campaigns.currency,
        revenue_source=campaigns.revenue_source,
        total=campaigns.total,
        comparison=campaigns.comparison,
        funnel=funnel_of(campaigns.total),
        grain=calendar.grain,
        timeline=timeline_of(periods, calendar),
        money=money_of(campaigns, periods, calendar),
        campaigns=campaigns.rows,
        by_leads=ranking(campaigns.rows, lambda row: row.leads),
        changed_most=changed_most(campaigns),
        forecast=expected,
        freshness=freshness,
        alerts=alerts,
        warnings=[*campaigns.warnings, *notices(campaigns, freshness, now)],
    )


def _compare(wish: str | None, window: Window) -> str | None:
    if wish is None:
        return "previous" if window.since and window.until else None
    return None if wish == NOT_COMPARED else wish


def _first_month(read: Callable[..., StatsReport]) -> date | None:
    """The first month with anything in it."""
    rows = read(by="month", compare=None).rows
    return rows[0].period or None if rows else None
