"""Asynchronous work that a signal ends."""

import asyncio
import signal

import pytest

from metaads_cli.cli.asynchronous import run_to_its_end
from metaads_cli.errors import Terminated

SIGNALS = [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)]


async def three() -> int:
    await asyncio.sleep(0)
    return 3


def test_the_result_comes_back_and_the_handlers_are_as_before() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    assert run_to_its_end(three()) == 3
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


@pytest.mark.parametrize(("stop", "end"), SIGNALS)
def test_all_that_runs_side_by_side_is_ended_and_cleans_up(stop: signal.Signals, end: type[KeyboardInterrupt]) -> None:
    cleaned = []

    async def wait(number: int) -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(0)
            cleaned.append(number)

    async def work() -> None:
        asyncio.get_running_loop().call_later(0.01, signal.raise_signal, stop)
        await asyncio.gather(wait(1), wait(2), return_exceptions=True)

    with pytest.raises(end):
        run_to_its_end(work())
    assert sorted(cleaned) == [1, 2]


@pytest.mark.parametrize(("stop", "end"), SIGNALS)
def test_who_asks_twice_does_not_wait_for_the_cleaning_up(stop: signal.Signals, end: type[KeyboardInterrupt]) -> None:
    async def work() -> None:
        try:
            signal.raise_signal(stop)
            await asyncio.sleep(3600)
        finally:
            signal.raise_signal(stop)
            await asyncio.sleep(3600)

    with pytest.raises(end):
        run_to_its_end(work())


def test_work_that_is_cancelled_by_itself_is_not_terminated() -> None:
    async def work() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        run_to_its_end(work())
