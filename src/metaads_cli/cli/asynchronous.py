"""Asynchronous work that a signal ends as cleanly as it ends everything else."""

import asyncio
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

from metaads_cli.errors import Terminated

T = TypeVar("T")


def run_to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """The result of the work. A signal cancels it; then KeyboardInterrupt or Terminated is raised.

    An exception raised by a signal's handler anywhere inside an event loop can take a task's wake-up with it, and
    whoever waits for that task then waits for ever. `asyncio` therefore cancels on Ctrl-C; SIGTERM is treated alike.
    """
    with asyncio.Runner() as runner:
        return runner.run(_cancelled_by_sigterm(work))


async def _cancelled_by_sigterm(work: Coroutine[Any, Any, T]) -> T:
    received: list[int] = []
    with _sigterm_cancels(received):
        try:
            return await work
        except asyncio.CancelledError:
            if received:
                raise Terminated from None
            raise


@contextmanager
def _sigterm_cancels(received: list[int]) -> Iterator[None]:
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None  # there is one wherever a coroutine runs

    def stop(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        if len(received) > 1:
            raise Terminated  # who asks twice does not want to wait
        task.cancel()
        loop.call_soon_threadsafe(lambda: None)  # a loop that waits for the network wakes up

    previous = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
