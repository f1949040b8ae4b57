"""A sync that is ended at any request goes on where it was: nothing that was stored is fetched again."""

import signal
from collections import Counter
from datetime import date, timedelta
from functools import partial

import psycopg
import pytest

from killing import At, Piece, asked_pieces, cut_small, stored_pieces
from metaads_cli.errors import ExitCode, Terminated
from metaads_cli.graph.simulator import Effect, Fault
from metaads_cli.models.insight import Days, Level
from metaads_cli.models.reports import SyncReport
from syncing import SyncBench

TODAY = date(2026, 11, 20)
# Its figures still move: what was read of it is not settled.
WINDOW = Days(TODAY - timedelta(days=9), TODAY - timedelta(days=4))
PIECES = {(str(level), str(day)) for level in Level for day in WINDOW}


@pytest.fixture
def bench(database_url: str) -> SyncBench:
    return fresh_bench(database_url)


def fresh_bench(url: str) -> SyncBench:
    """Two slices of each level, of up to three pages: some twenty requests."""
    bench = SyncBench.of(url)
    cut_small(bench, bench.time.now)
    return bench


def empty(bench: SyncBench) -> None:
    """As before the first run."""
    with bench.database() as database, database.tenant(1).transaction() as cursor:
        for table in ("insights", "sync_days", "sync_runs", "sync_accounts", "campaigns", "adsets", "ads", "creatives"):
            cursor.execute(f"DELETE FROM metaads.{table} WHERE tenant_id = 1".encode())
    bench.simulator.log.entries.clear()


def requests_of_a_run(bench: SyncBench) -> int:
    """How many a run takes that nobody ends."""
    bench.run(1, days=WINDOW)
    count = bench.calls
    assert 15 <= count <= 30
    empty(bench)
    return count


def lose_the_database(bench: SyncBench) -> None:
    """What a killed process leaves: its connection is gone, and with it whatever was not committed."""
    with psycopg.connect(bench.url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(lock.pid, 5000) FROM pg_locks AS lock JOIN pg_database AS here"
            " ON here.oid = lock.database AND here.datname = current_database() WHERE lock.locktype = 'advisory'"
        )


def go_by(bench: SyncBench, **by: float) -> None:
    """Let our time pass, while Meta's figures stand still."""
    bench.time.advance(**by)
    bench.world.clock.advance(-timedelta(**by))


def go_on(bench: SyncBench) -> tuple[SyncReport, Counter[Piece]]:
    """The run after one that was ended, and what it fetched. Nothing is fresh any more by its age alone."""
    go_by(bench, hours=1)
    bench.simulator.log.entries.clear()
    report = bench.run(1, days=WINDOW)
    return report, asked_pieces(bench.simulator.log.entries)


def test_a_connection_lost_at_any_request_costs_the_slices_in_hand_alone(bench: SyncBench) -> None:
    count = requests_of_a_run(bench)
    kept = set()
    for number in range(1, count + 1):
        report, failure = bench.attempt(1, days=WINDOW, transport=At(number, lambda: lose_the_database(bench)))
        assert failure is not None
        assert failure.exit_code in {ExitCode.PARTLY, ExitCode.TEMPORARY}, failure
        assert not report.success
        stored = stored_pieces(bench)
        kept.add(len(stored))
        _, fetched = go_on(bench)
        assert fetched == Counter(PIECES - stored), number
        bench.assert_true(WINDOW)
        empty(bench)
    assert {0, len(PIECES)} <= kept
    assert len(kept) > 4


@pytest.mark.parametrize(("stop", "end"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)])
def test_a_signal_at_any_request_costs_the_slices_in_hand_alone(
    bench: SyncBench, stop: signal.Signals, end: type[KeyboardInterrupt]
) -> None:
    count = requests_of_a_run(bench)
    for number in range(1, count + 1):
        with pytest.raises(end):
            bench.attempt(1, days=WINDOW, transport=At(number, partial(signal.raise_signal, stop)))
        stored = stored_pieces(bench)
        _, fetched = go_on(bench)
        assert fetched == Counter(PIECES - stored), number
        bench.assert_true(WINDOW)
        empty(bench)


def test_interrupted_again_and_again_nothing_stored_is_fetched_twice(bench: SyncBench) -> None:
    requests_of_a_run(bench)
    stored: set[Piece] = set()
    interruptions = 0
    while True:
        # The facts and the catalogue take four requests each time; then there is room for a slice or two.
        bench.simulator.log.entries.clear()
        end = At(10 + interruptions % 4, lambda: lose_the_database(bench), after=interruptions % 2 == 0)
        report, failure = bench.attempt(1, days=WINDOW, transport=end)
        fetched = asked_pieces(bench.simulator.log.entries)
        assert not stored & fetched.keys()
        assert max(fetched.values(), default=0) <= 1
        stored = stored_pieces(bench)
        if failure is None:
            break
        interruptions += 1
        go_by(bench, minutes=50)
    assert interruptions >= 3
    assert report.accounts[0].resumed
    assert stored == PIECES
    bench.assert_true(WINDOW)


def test_a_run_that_was_ended_after_its_last_slice_is_brought_to_its_end_first(bench: SyncBench) -> None:
    last = requests_of_a_run(bench)
    bench.attempt(1, days=WINDOW, transport=At(last, lambda: lose_the_database(bench)))
    assert stored_pieces(bench) == PIECES
    report, fetched = go_on(bench)
    assert (report.accounts[0].status, report.accounts[0].resumed) == ("ok", True)
    assert not fetched
    assert (report.campaigns.success, report.adsets.success, report.ads.success) == (2, 4, 8)
    report, fetched = go_on(bench)
    assert (report.accounts[0].resumed, fetched) == (False, Counter(PIECES))


def test_after_half_a_day_an_interrupted_run_is_old(bench: SyncBench) -> None:
    requests_of_a_run(bench)
    bench.attempt(1, days=WINDOW, transport=At(14, lambda: lose_the_database(bench)))
    assert stored_pieces(bench)
    go_by(bench, hours=12)
    report, fetched = go_on(bench)
    assert (report.accounts[0].resumed, fetched) == (False, Counter(PIECES))


def test_another_window_goes_on_with_nothing(bench: SyncBench) -> None:
    requests_of_a_run(bench)
    bench.attempt(1, days=WINDOW, transport=At(14, lambda: lose_the_database(bench)))
    go_by(bench, hours=1)
    bench.simulator.log.entries.clear()
    longer = Days(WINDOW.since - timedelta(days=1), WINDOW.until)
    report = bench.run(1, days=longer)
    assert not report.accounts[0].resumed
    assert set(asked_pieces(bench.simulator.log.entries)) == {
        (str(level), str(day)) for level in Level for day in longer
    }
    bench.assert_true(longer)


def test_a_limit_that_lasts_too_long_ends_a_run_that_the_next_one_goes_on_with(bench: SyncBench) -> None:
    limit = Fault(Effect.ERROR, path="/insights$", code=17, subcode=2446079, nth=7, times=1)
    bench.simulator.faults.add(limit)
    report, failure = bench.attempt(1, days=WINDOW, budget=1)
    assert failure is not None
    assert (failure.exit_code, report.accounts[0].status) == (ExitCode.PARTLY, "partial")
    assert "metaads sync-insights" in str(failure.hint)
    stored = stored_pieces(bench)
    assert 0 < len(stored) < len(PIECES)
    report, fetched = go_on(bench)
    assert report.accounts[0].resumed
    assert fetched == Counter(PIECES - stored)
    bench.assert_true(WINDOW)


def test_a_slice_ended_in_its_last_page_leaves_the_rows_before_it_alone(bench: SyncBench) -> None:
    """Rows of a slice that is not complete are seen by nobody: neither new ones nor the lack of old ones."""
    bench.run(1, days=WINDOW)
    before = {level: bench.stored(level) for level in Level}
    bench.time.advance(days=1)
    bench.simulator.faults.add(Fault(Effect.DROP_BEFORE, path="/insights$", nth=1, times=1000))
    report, failure = bench.attempt(1, days=WINDOW)
    assert failure is not None
    assert (report.rows.inserted, report.rows.updated, report.rows.removed) == (0, 0, 0)
    assert {level: bench.stored(level) for level in Level} == before
