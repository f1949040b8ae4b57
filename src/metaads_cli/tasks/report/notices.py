"""What a reader has to know before trusting the figures."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from metaads_cli.models.report import Freshness
from metaads_cli.models.statistics import StatsReport


def notices(report: StatsReport, freshness: Sequence[Freshness], now: datetime) -> Iterator[str]:
    if report.total.spend is None and not report.totals_by_currency:
        yield (
            "Spend is unknown: no figures of ads are stored. "
            f"They come with: metaads sync-insights --tenant {report.tenant_id}"
        )
    for account in freshness:
        yield from _of_account(account, report.window.until, now)


def _of_account(account: Freshness, window_until: date | None, now: datetime) -> Iterator[str]:
    label = f"{account.name} ({account.account_id})" if account.name else account.account_id
    if account.data_source is None and account.last_sync_at is None:
        return  # an alert says so
    if account.data_source == "stub":
        yield f"The figures of the ad account {label} are simulated"
    wanted = _last_whole_day(account, window_until, now)
    if account.until is None or account.until < wanted:
        yield f"Spend of the ad account {label} is complete up to {account.until or 'no day'}, not up to {wanted}"


def _last_whole_day(account: Freshness, window_until: date | None, now: datetime) -> date:
    """Of the window, in the account's time zone: today is not over yet."""
    yesterday = now.astimezone(_zone(account)).date() - timedelta(days=1)
    return min(window_until or yesterday, yesterday)


def _zone(account: Freshness) -> ZoneInfo:
    try:
        return ZoneInfo(account.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
