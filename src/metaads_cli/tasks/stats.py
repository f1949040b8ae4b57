"""Marketing statistics of one tenant: leads, converted people, appointments per campaign and ad."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from metaads_cli.db.session import TenantSession
from metaads_cli.errors import ConfigError, UsageError
from metaads_cli.models.reports import Measures, StatsReport, StatsRow, Window

RATE = Decimal("0.0001")


@dataclass(frozen=True)
class Days:
    """What was asked for: whole days of the tenant, both ends included."""

    since: date | None = None
    until: date | None = None
    last: int | None = None
    """The given number of days up to and including today."""


def statistics(
    session: TenantSession, days: Days, *, fallback_timezone: str, valid_statuses: Sequence[str]
) -> StatsReport:
    """Statistics by campaign, ad and headline, first touch. Cost is unknown while no insights are stored.

    Raises ConfigError for a time zone that does not exist, UsageError for an empty window.
    """
    from metaads_cli.db.queries.statistics import campaign_statistics

    name = session.tenant.timezone or fallback_timezone
    zone = _zone(name)
    window = _window(days, name, datetime.now(zone).date())
    query = campaign_statistics(
        _start_of(window.since, zone),
        _start_of(_day_after(window.until), zone),
        valid_statuses,
    )
    rows = [
        StatsRow(
            campaign_id=campaign_id,
            campaign_name=campaign_name,
            ad_id=ad_id,
            ad_headline=headline,
            leads=leads,
            converted=converted,
            appointments=appointments,
            conversion_rate=rate(converted, leads),
        )
        for campaign_id, campaign_name, ad_id, headline, leads, converted, appointments in session.fetch(query)
    ]
    return StatsReport(
        tenant_id=session.tenant_id,
        window=window,
        currency=None,
        attribution="first",
        rows=rows,
        total=_total(rows),
    )


def rate(part: int, whole: int) -> Decimal | None:
    """part / whole to four places, half up; None when there is nothing to divide by."""
    return (Decimal(part) / whole).quantize(RATE, ROUND_HALF_UP) if whole else None


def _total(rows: Sequence[StatsRow]) -> Measures:
    """Every person is in exactly one row, so people add up; the rate is computed from the sums."""
    leads, converted = sum(row.leads for row in rows), sum(row.converted for row in rows)
    return Measures(
        leads=leads,
        converted=converted,
        appointments=sum(row.appointments for row in rows),
        conversion_rate=rate(converted, leads),
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            f"The time zone {name!r} does not exist",
            hint="Write an IANA name such as America/Bogota in tenants.timezone, or in [stats] timezone",
        ) from None


def _window(days: Days, timezone: str, today: date) -> Window:
    since, until = days.since, days.until
    if days.last is not None:
        if since or until:
            raise UsageError("--last excludes --since and --until", hint="Give one or the other")
        since, until = today - timedelta(days=days.last - 1), today
    if since and until and since > until:
        raise UsageError(f"The window ends before it begins: {since} to {until}")
    return Window(since=since, until=until, timezone=timezone)


def _day_after(day: date | None) -> date | None:
    """None, no bound, after the last day that there is."""
    return day + timedelta(days=1) if day and day < date.max else None


def _start_of(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time.min, zone) if day else None
