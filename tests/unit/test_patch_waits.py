"""How the runner waits, and what it shows of an index build."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaads_cli.db.patching.concurrent import PHASES, percent
from metaads_cli.db.patching.retrying import SPREAD, pause_seconds
from metaads_cli.db.patching.watching import Build

spreads = st.floats(-SPREAD, SPREAD)


@given(st.integers(1, 1000), spreads)
def test_a_pause_grows_up_to_three_seconds_give_or_take(attempt: int, spread: float) -> None:
    usual = pause_seconds(attempt, 0)
    assert 0.3 <= usual <= pause_seconds(attempt + 1, 0) <= 3
    assert 0.7 * usual <= pause_seconds(attempt, spread) * (1 + 1e-9)
    assert pause_seconds(attempt, spread) <= 1.3 * usual * (1 + 1e-9)


def test_forty_tries_are_some_minutes() -> None:
    assert 60 < sum(pause_seconds(attempt, 0) for attempt in range(1, 40)) < 180


@pytest.mark.parametrize("phase", [*PHASES, "initializing", "a phase of a later server"])
@given(done=st.integers(0, 10**12), more=st.integers(0, 10**12))
def test_progress_stays_within_its_phase(phase: str, done: int, more: int) -> None:
    begin, end = PHASES.get(phase, (0, 0))
    assert begin <= percent(Build(phase, done, done + more, "rows")) <= end


def test_phases_follow_each_other() -> None:
    begins = [begin for begin, _ in PHASES.values()]
    assert begins[5:] == sorted(begins[5:])
    assert percent(Build("building index: of another method", 1, 2, "blocks")) == 33
