"""What metaads.sync_runs keeps of a run: enough to count failures, refusals and faults afterwards."""

from typing import Any

import pytest

from metaads_cli.graph.simulator.faults import Effect, Fault
from syncing import ACCOUNT, SyncBench


def expired() -> Fault:
    """The token is of no use any more."""
    return Fault(Effect.ERROR, code=190, subcode=463, times=1000)


@pytest.fixture
def bench(database_url: str) -> SyncBench:
    return SyncBench.of(database_url)


def journal(bench: SyncBench) -> list[tuple[Any, ...]]:
    """(success, report) of every run."""
    return bench.query("SELECT success, report FROM metaads.sync_runs ORDER BY started_at")


def test_a_run_counts_its_faults_and_its_refusals(bench: SyncBench) -> None:
    bench.simulator.faults.add(
        Fault(Effect.ERROR, path="/insights$", code=80000, subcode=2446079, times=2),
        Fault(Effect.ERROR, path="/insights$", code=100, nth=3),
    )
    bench.attempt(1)
    ((success, report),) = journal(bench)
    assert success is False
    assert report["rate_limit_hits"] == 2
    assert sum(report["problems"].values()) == len(report["errors"]) == 1


def test_a_run_that_is_refused_at_once_is_kept_with_its_reason(bench: SyncBench) -> None:
    bench.run(1)
    bench.simulator.faults.add(expired())
    bench.time.advance(minutes=30)
    report, failure = bench.attempt(1)
    assert failure is not None
    assert report.accounts[0].status == "failed"
    assert len(report.errors) == 1
    _, (success, kept) = journal(bench)
    assert (success, kept["errors"], kept["account"]["status"]) == (False, report.errors, "failed")
    assert bench.query("SELECT count(*) FROM metaads.sync_runs WHERE finished_at >= started_at") == [(2,)]


def test_an_account_of_which_nothing_is_known_is_kept_too(bench: SyncBench) -> None:
    bench.simulator.faults.add(expired())
    bench.attempt(1)
    ((success, kept),) = journal(bench)
    assert (success, kept["account"]["timezone"]) == (False, None)


def test_a_refusal_in_between_takes_nothing_from_a_run_that_is_to_be_continued(bench: SyncBench) -> None:
    limit = Fault(Effect.ERROR, path=f"{ACCOUNT}/insights$", code=80000, subcode=2446079, nth=2, times=1000)
    bench.simulator.faults.add(limit)
    bench.attempt(1, budget=0)
    bench.simulator.faults.clear()
    bench.simulator.faults.add(expired())
    bench.time.advance(minutes=30)
    assert bench.attempt(1)[1] is not None
    bench.simulator.faults.clear()
    bench.time.advance(minutes=30)
    assert bench.run(1).accounts[0].resumed


def test_a_refused_run_leaves_nothing_to_go_on_with(bench: SyncBench) -> None:
    bench.simulator.faults.add(expired())
    bench.attempt(1)
    bench.simulator.faults.clear()
    bench.time.advance(minutes=30)
    assert not bench.run(1).accounts[0].resumed
