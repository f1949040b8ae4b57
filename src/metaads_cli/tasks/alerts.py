"""What is wrong with a tenant's syncs, by what is stored of them: the alerts of the overview, and of whoever asks.

Pure but for `sync_alerts`. Days and thresholds are stated in docs/how-to/statistics.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import fmean
from typing import TYPE_CHECKING

from metaads_cli.models.alerts import Alert
from metaads_cli.models.insight import Days

if TYPE_CHECKING:
    from metaads_cli.db.queries.performance import RunOfAccount
    from metaads_cli.db.session import Reader

HISTORY = timedelta(days=30)
MOST_RUNS = 100
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Thresholds:
    """An alert stands beyond each of these."""

    failures_in_a_row: int = 2
    times_the_average: float = 2.0
    rate_limit_hits_an_hour: int = 10
    share_of_errors: float = 0.05
    fresh_for: timedelta = timedelta(hours=26)
    """A daily sync may be two hours late."""
    short_run: timedelta = timedelta(seconds=60)
    """Shorter runs are never slow."""
    runs_for_an_average: int = 3
    longest_run: timedelta = timedelta(hours=6)
    """An older run without an end was killed."""


STANDARD = Thresholds()


def sync_alerts(
    reader: "Reader", account_ids: Sequence[str], now: datetime, thresholds: Thresholds = STANDARD
) -> list[Alert]:
    """The alerts of these accounts that stand now, most severe first."""
    from metaads_cli.db.queries import performance

    runs = performance.latest_runs(reader, now - HISTORY, MOST_RUNS)
    return in_order(alerts_of(runs, performance.last_successes(reader), account_ids, now, thresholds))


def alerts_of(
    runs: Sequence["RunOfAccount"],
    last_successes: Mapping[str, datetime],
    account_ids: Iterable[str],
    now: datetime,
    thresholds: Thresholds = STANDARD,
) -> list[Alert]:
    """`runs` are the latest of all accounts, by their start."""
    found = [_too_many_limits(runs, thresholds)]
    for account_id in account_ids:
        own = _Runs(account_id, [run for run in runs if run.account_id == account_id], now, thresholds)
        found += [own.stale(last_successes.get(account_id)), own.failing(), own.slow(), own.faulty()]
    return [alert for alert in found if alert is not None]


def missing_days(tenant_id: int, account_id: str, days: Days, read: Iterable[date]) -> Alert | None:
    """That days of a window were never read: what is shown of it is too little."""
    known = set(read)
    missing = [day for day in days if day not in known]
    if not missing:
        return None
    first, last = missing[0], missing[-1]
    span = f"{first} to {last}" if first != last else f"{first}"
    return Alert(
        code="days_missing",
        severity="warning",
        account_id=account_id,
        message=f"{account_id}: {len(missing)} of {len(days)} days never read, {span}",
        since=None,
        hint=f"metaads sync-insights --tenant {tenant_id} --account {account_id} --since {first} --until {last}",
    )


def in_order(alerts: Iterable[Alert]) -> list[Alert]:
    return sorted(alerts, key=lambda alert: (alert.severity != "critical", alert.account_id or "", alert.code))


@dataclass(frozen=True)
class _Runs:
    """The latest runs of one account, by their start."""

    account_id: str
    runs: Sequence["RunOfAccount"]
    now: datetime
    thresholds: Thresholds

    def stale(self, last_success: datetime | None) -> Alert | None:
        """That it was not synced for long, or never."""
        hint = f"metaads sync-insights --account {self.account_id}"
        if last_success is None:
            return self._alert("never_synced", "critical", "it was never synced", None, hint)
        age = self.now - last_success
        if age <= self.thresholds.fresh_for:
            return None
        hours = age // HOUR
        return self._alert("stale", "critical", f"the last successful sync was {_ago(hours)} ago", last_success, hint)

    def failing(self) -> Alert | None:
        """That the last runs all failed, in part or as a whole."""
        failed: list[RunOfAccount] = []
        for run in reversed(self._ended()):
            if run.success:
                break
            failed.append(run)
        if len(failed) <= self.thresholds.failures_in_a_row:
            return None
        reason = failed[0].error
        said = f"the last {len(failed)} syncs failed{f': {reason}' if reason else ''}"
        return self._alert("sync_failing", "critical", said, failed[-1].started_at, "metaads doctor")

    def slow(self) -> Alert | None:
        """That the last run took long for one over so many days."""
        done = [(run, _duration(run)) for run in self.runs if run.success and run.finished_at is not None]
        if not done:
            return None
        last, took = done[-1]
        like = [length for run, length in done[:-1] if run.until - run.since == last.until - last.since]
        if len(like) < self.thresholds.runs_for_an_average or took <= self.thresholds.short_run:
            return None
        average = fmean(length.total_seconds() for length in like)
        if took.total_seconds() <= self.thresholds.times_the_average * average:
            return None
        said = f"the last sync took {took.total_seconds():.0f} s, {average:.0f} s on average before"
        return self._alert("sync_slow", "warning", said, last.started_at)

    def faulty(self) -> Alert | None:
        """That too much of what the last run read was refused or unreadable."""
        run = next((run for run in reversed(self._ended()) if run.problems is not None), None)
        if run is None or run.problems is None:
            return None
        errors = sum(run.problems.values())
        processed = errors + sum((run.entities or {}).values())
        if not processed or errors <= self.thresholds.share_of_errors * processed:
            return None
        share = 100 * Decimal(errors) / processed
        said = f"{errors} of {processed} objects of the last sync had errors ({share:.0f} %)"
        return self._alert("sync_errors", "warning", said, run.started_at, "metaads accounts check")

    def _ended(self) -> list["RunOfAccount"]:
        """Without the last one while it may be at work. An account has one run at a time: others were killed."""
        last = self.runs[-1] if self.runs else None
        at_work = (
            last is not None and last.finished_at is None and self.now - last.started_at < self.thresholds.longest_run
        )
        return list(self.runs[:-1] if at_work else self.runs)

    def _alert(self, code: str, severity: str, said: str, since: datetime | None, hint: str | None = None) -> Alert:
        return Alert(
            code=code,
            severity=severity,
            account_id=self.account_id,
            message=f"{self.account_id}: {said}",
            since=since,
            hint=hint,
        )


def _too_many_limits(runs: Sequence["RunOfAccount"], thresholds: Thresholds) -> Alert | None:
    """In the last hour in which anything was synced; those of a longer run are spread evenly."""
    done = [run for run in runs if run.finished_at is not None]
    if not done:
        return None
    end = max(run.finished_at for run in done if run.finished_at is not None)
    shares = [(run, _hits_since(run, end - HOUR)) for run in done]
    hits = sum(share for _, share in shares)
    if hits <= thresholds.rate_limit_hits_an_hour:
        return None
    return Alert(
        code="rate_limits",
        severity="warning",
        account_id=None,
        message=f"Meta refused {hits:.0f} calls for its rate limits in the hour until {end:%Y-%m-%d %H:%M} UTC",
        since=min(run.started_at for run, share in shares if share),
        hint="Sync less often, or fewer accounts side by side (INSIGHTS_DEFAULT_BATCH_SIZE)",
    )


def _hits_since(run: "RunOfAccount", start: datetime) -> float:
    assert run.finished_at is not None
    if not run.rate_limit_hits or run.finished_at <= start:
        return 0.0
    length = _duration(run)
    inside = min(length, run.finished_at - start)
    return run.rate_limit_hits * (inside / length if length else 1.0)


def _duration(run: "RunOfAccount") -> timedelta:
    assert run.finished_at is not None
    return max(run.finished_at - run.started_at, timedelta(0))


def _ago(hours: int) -> str:
    return f"{hours} hours" if hours < 72 else _days(hours // 24)


def _days(number: int) -> str:
    return f"{number:,} day{'' if number == 1 else 's'}"
