"""A signal that asks long work to stop at the next good moment."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from metaads_cli.cli.invocation import Stopped
from metaads_cli.errors import ExitCode, Terminated


class StopRequest:
    """Called, it says whether SIGINT or SIGTERM has come while it was listening. A second one does not wait."""

    def __init__(self) -> None:
        self._number: int | None = None

    def __call__(self) -> bool:
        return self._number is not None

    @contextmanager
    def listening(self) -> Iterator[None]:
        numbers = (signal.SIGINT, signal.SIGTERM)
        previous = [signal.signal(number, self._note) for number in numbers]
        try:
            yield
        finally:
            for number, handler in zip(numbers, previous, strict=True):
                signal.signal(number, handler)

    def raise_if_made(self) -> None:
        """Raises Stopped with the exit code of the signal."""
        if self._number is not None:
            raise Stopped(ExitCode.TERMINATED if self._number == signal.SIGTERM else ExitCode.INTERRUPTED)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if self._number is not None:
            raise Terminated if number == signal.SIGTERM else KeyboardInterrupt
        self._number = number
