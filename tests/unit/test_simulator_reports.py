"""Asynchronous insights live by the clock, and fail when told to."""

from datetime import timedelta

import pytest

from metaads_cli.graph.simulator import Behaviour, Outcome
from simulated import ACCOUNT, Api, StoppedClock, codes, simulator

FIELDS = "async_status,async_percent_completion,account_id,time_ref,time_completed"


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def api(clock: StoppedClock) -> Api:
    return Api(simulator(clock))


def submit(api: Api) -> str:
    params = {"level": "ad", "date_preset": "last_7d", "fields": ["ad_id", "spend"], "time_increment": 1}
    run = api.post(f"{ACCOUNT}/insights", **params).json()
    assert isinstance(run["report_run_id"], int)
    return str(run["report_run_id"])


def test_a_job_goes_from_not_started_to_completed(api: Api, clock: StoppedClock) -> None:
    run = submit(api)
    seen = []
    for seconds in (0, 0.4, 0.4, 0.8, 0.4):
        clock.advance(seconds=seconds)
        job = api.read(run)
        seen.append((job["async_status"], job["async_percent_completion"]))
    assert seen == [
        ("Job Not Started", 0),
        ("Job Started", 0),
        ("Job Running", 16),
        ("Job Running", 80),
        ("Job Completed", 100),
    ]
    assert job == {
        "account_id": "1000000000000001",
        "time_ref": 1795186800,
        "time_completed": 1795186802,
        "async_status": "Job Completed",
        "async_percent_completion": 100,
        "id": run,
    }


def test_100_percent_alone_is_not_done(api: Api, clock: StoppedClock) -> None:
    run = submit(api)
    clock.advance(seconds=1.95)
    job = api.read(run, fields=FIELDS)
    assert (job["async_status"], job["async_percent_completion"]) == ("Job Running", 100)
    assert api.read(f"{run}/insights") == {"data": []}


def test_its_rows_are_those_of_the_same_call_at_once(api: Api, clock: StoppedClock) -> None:
    run = submit(api)
    assert api.read(f"{run}/insights") == {"data": []}
    clock.advance(seconds=2)
    at_once = api.all(f"{ACCOUNT}/insights", level="ad", date_preset="last_7d", fields="ad_id,spend", time_increment=1)
    assert api.all(f"{run}/insights", limit=20) == at_once


def test_a_failed_job_tells_why_and_has_no_rows(api: Api, clock: StoppedClock) -> None:
    api.simulator.reports.outcomes += [Outcome("Job Failed", 4, 1504022), Outcome("Job Skipped")]
    failed, skipped, good = submit(api), submit(api), submit(api)
    clock.advance(seconds=2)
    job = api.read(failed, fields=f"{FIELDS},error_code,error_subcode,error_message")
    assert (job["async_status"], job["error_code"], job["error_subcode"]) == ("Job Failed", 4, 1504022)
    assert api.read(failed + "/insights") == {"data": []}
    assert api.read(skipped, fields=FIELDS)["async_status"] == "Job Skipped"
    assert api.read(good, fields=FIELDS)["async_status"] == "Job Completed"


def test_outcomes_can_be_scripted_over_http(api: Api, clock: StoppedClock) -> None:
    script = {"outcomes": [{"status": "Job Failed", "code": -3, "subcode": 1504045}]}
    assert api.send("POST", "/_simulator/reports", json=script).json() == {"outcomes": 1}
    run = submit(api)
    clock.advance(seconds=2)
    assert api.read(run, fields="error_code,error_message") == {
        "error_code": -3,
        "error_message": "Report Too Large",
        "id": run,
    }


def test_a_job_that_is_too_large_fails_by_itself(clock: StoppedClock) -> None:
    api = Api(simulator(clock, behaviour=Behaviour(most_report_points=36 * 7)))
    runs = [
        str(api.post(f"{ACCOUNT}/insights", date_preset=f"last_{days}d").json()["report_run_id"]) for days in (7, 14)
    ]
    clock.advance(seconds=2)
    fits, large = (api.read(run, fields="async_status,error_code,error_subcode") for run in runs)
    assert fits["async_status"] == "Job Completed"
    assert (large["async_status"], large["error_code"], large["error_subcode"]) == ("Job Failed", -3, 1504045)
    assert api.read(f"{runs[1]}/insights") == {"data": []}
    api.simulator.reports.outcomes.append(Outcome())
    scripted = str(api.post(f"{ACCOUNT}/insights", date_preset="last_14d").json()["report_run_id"])
    clock.advance(seconds=2)
    assert api.read(scripted)["async_status"] == "Job Completed"


def test_how_long_a_job_takes_can_be_changed_on_the_way(api: Api, clock: StoppedClock) -> None:
    first = submit(api)
    api.simulator.behaviour.report_duration = timedelta(seconds=60)
    second = submit(api)
    clock.advance(seconds=2)
    assert [api.read(run)["async_status"] for run in (first, second)] == ["Job Completed", "Job Not Started"]
    clock.advance(seconds=58)
    assert api.read(second)["async_status"] == "Job Completed"


def test_a_job_expires_after_30_days(api: Api, clock: StoppedClock) -> None:
    run = submit(api)
    clock.advance(days=30)
    assert api.read(run)["async_status"] == "Job Skipped"


def test_no_ranges_are_the_default_range(api: Api, clock: StoppedClock) -> None:
    run = str(api.post(f"{ACCOUNT}/insights", time_ranges=[]).json()["report_run_id"])
    clock.advance(seconds=2)
    assert api.read(run, fields="date_start,date_stop") == {
        "date_start": "2026-10-21",
        "date_stop": "2026-11-19",
        "id": run,
    }


def test_a_wrong_query_makes_no_job(api: Api) -> None:
    assert codes(api.post(f"{ACCOUNT}/insights", fields=["happiness"])) == (100, None)
    assert codes(api.post(f"{ACCOUNT}/insights", breakdowns=["dma"])) == (2, 1504041)
