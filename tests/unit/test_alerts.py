"""Alerts by what is stored of syncs: each just below its threshold, and just beyond."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from metaads_cli.db.queries.performance import RunOfAccount
from metaads_cli.models.alerts import Alert
from metaads_cli.models.insight import Days
from metaads_cli.tasks.alerts import alerts_of, in_order, missing_days

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
WEEK = {"since": date(2026, 11, 14), "until": date(2026, 11, 20)}


def run(minutes_ago: float, seconds: float | None = 30, *, success: bool | None = True, **more: Any) -> RunOfAccount:
    """One that began so long ago and took so many seconds; None: it has no end."""
    started = NOW - timedelta(minutes=minutes_ago)
    finished = None if seconds is None else started + timedelta(seconds=seconds)
    told = {"account_id": "act_1", "sync_type": "automatic", "mode": "live", **WEEK} | more
    return RunOfAccount(
        run_id=uuid4(), started_at=started, finished_at=finished, success=None if seconds is None else success, **told
    )


def alerts(*runs: RunOfAccount, last_success: datetime | None = NOW) -> dict[str, Alert]:
    """Of one account, by their codes."""
    successes = {"act_1": last_success} if last_success else {}
    found = alerts_of(sorted(runs, key=lambda one: one.started_at), successes, ["act_1"], NOW)
    assert len({alert.code for alert in found}) == len(found)
    return {alert.code: alert for alert in found}


def failed(minutes_ago: float, **more: Any) -> RunOfAccount:
    return run(minutes_ago, success=False, **more)


def test_all_is_well() -> None:
    assert alerts(run(60), run(30)) == {}


def test_more_than_two_failures_in_a_row_are_critical() -> None:
    assert alerts(run(120), failed(90), failed(60)) == {}
    alert = alerts(run(120), failed(90), failed(60), failed(30, error="act_1: token expired"))["sync_failing"]
    assert alert.severity == "critical"
    assert alert.since == NOW - timedelta(minutes=90)
    assert alert.message == "act_1: the last 3 syncs failed: act_1: token expired"
    assert alerts(failed(90), failed(60), failed(30), run(10)) == {}


def test_a_killed_run_is_a_failure_and_one_at_work_is_none() -> None:
    killed = [run(90, None), run(60, None)]
    assert "sync_failing" not in alerts(*killed, run(30, None))  # the last one may be at work
    assert "sync_failing" in alerts(*killed, run(30, None), failed(10))
    assert "sync_failing" in alerts(run(600, None), run(500, None), run(400, None))


def test_a_run_is_slow_beside_others_over_as_many_days() -> None:
    before = [run(200, 100), run(150, 100), run(100, 100)]
    assert alerts(*before, run(50, 200)) == {}
    alert = alerts(*before, run(50, 201))["sync_slow"]
    assert alert.message == "act_1: the last sync took 201 s, 100 s on average before"
    assert alerts(*before[1:], run(50, 201)) == {}  # too few for an average
    month = {"since": date(2026, 10, 22)}
    assert alerts(*before, run(50, 201, **month)) == {}
    assert alerts(*(run(number, 10) for number in (200, 150, 100)), run(50, 60)) == {}  # short


def test_more_than_ten_refusals_for_limits_within_an_hour() -> None:
    assert alerts(run(90, rate_limit_hits=50), run(20, rate_limit_hits=5), run(10, rate_limit_hits=5)) == {}
    alert = alerts(run(90, rate_limit_hits=50), run(20, rate_limit_hits=5), run(10, rate_limit_hits=6))["rate_limits"]
    assert alert.account_id is None
    assert alert.since == NOW - timedelta(minutes=20)
    # Those of a long run are spread over it.
    assert alerts(run(240, 3 * 3600, rate_limit_hits=30)) == {}
    assert "rate_limits" in alerts(run(240, 3 * 3600, rate_limit_hits=31))


def test_limits_of_all_accounts_count_together() -> None:
    runs = [run(20, rate_limit_hits=6), run(10, rate_limit_hits=6, account_id="act_2")]
    found = alerts_of(runs, {"act_1": NOW, "act_2": NOW}, ["act_1", "act_2"], NOW)
    assert [alert.code for alert in found] == ["rate_limits"]


def test_more_than_a_twentieth_of_errors() -> None:
    fine = run(30, success=False, entities={"campaign": 10, "ad": 85}, problems={"ad": 5})
    assert alerts(fine) == {}
    alert = alerts(run(30, success=False, entities={"campaign": 9, "ad": 85}, problems={"ad": 5}))["sync_errors"]
    assert alert.message == "act_1: 5 of 99 objects of the last sync had errors (5 %)"
    assert alerts(run(30, entities={}, problems={})) == {}
    assert alerts(run(30)) == {}  # an older metaads did not count them


@pytest.mark.parametrize(
    ("hours", "said"), [(26, None), (26.1, "26 hours ago"), (71, "71 hours ago"), (75, "3 days ago")]
)
def test_figures_get_old(hours: float, said: str | None) -> None:
    found = alerts(last_success=NOW - timedelta(hours=hours))
    assert found.keys() == ({"stale"} if said else set())
    if said:
        assert found["stale"].message.endswith(said)
        assert found["stale"].since == NOW - timedelta(hours=hours)


def test_an_account_that_was_never_synced_says_so() -> None:
    assert alerts(last_success=None).keys() == {"never_synced"}


def test_days_that_were_never_read_are_named_with_the_command_that_reads_them() -> None:
    days = Days(date(2026, 11, 1), date(2026, 11, 4))
    assert missing_days(1, "act_1", days, days) is None
    alert = missing_days(1, "act_1", days, [date(2026, 11, 1), date(2026, 11, 3)])
    assert alert is not None
    assert alert.message == "act_1: 2 of 4 days never read, 2026-11-02 to 2026-11-04"
    assert alert.hint == ("metaads sync-insights --tenant 1 --account act_1 --since 2026-11-02 --until 2026-11-04")


def test_the_most_severe_come_first() -> None:
    found = alerts_of([run(90, account_id="act_2", rate_limit_hits=90)], {"act_2": NOW}, ["act_2", "act_1"], NOW)
    assert [alert.code for alert in in_order(found)] == ["never_synced", "rate_limits"]
