"""Work in the background of an ingest: in its order, one piece at a time, and its failures are the caller's."""

import sys
from collections.abc import Callable
from threading import Event

import pytest

from metaads_cli.tasks.ingest import background
from metaads_cli.tasks.ingest.background import Background


def test_work_is_done_in_its_order_while_the_caller_goes_on() -> None:
    done: list[str] = []
    begun, may_end = Event(), Event()

    def slow() -> None:
        begun.set()
        may_end.wait(10)
        done.append("slow")

    with Background(lambda: None) as work:
        work.run(slow)
        assert begun.wait(10)
        done.append("caller")
        may_end.set()
        work.run(lambda: done.append("next"))
    assert done == ["caller", "slow", "next"]


def fail() -> None:
    raise ValueError("it")


def hand_over(work: Background, *pieces: Callable[[], None]) -> None:
    with work:
        for piece in pieces:
            work.run(piece)


@pytest.mark.parametrize("after", [0, 1])
def test_a_failure_is_raised_where_the_next_piece_is_given_or_at_the_end(after: int) -> None:
    done: list[str] = []
    with pytest.raises(ValueError, match="it"):
        hand_over(Background(lambda: None), fail, *[lambda: done.append("next")] * after)
    assert done == []


def test_work_that_does_not_end_is_cancelled_when_the_caller_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "PATIENCE_SECONDS", 0)
    cancelled = Event()

    def interrupted(work: Background) -> None:
        with work:
            work.run(lambda: cancelled.wait(10) and None)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted(Background(cancelled.set))
    assert cancelled.is_set()


def test_the_interpreter_is_left_as_it_was() -> None:
    usual = sys.getswitchinterval()
    with Background(lambda: None):
        assert sys.getswitchinterval() < usual
    assert sys.getswitchinterval() == usual
