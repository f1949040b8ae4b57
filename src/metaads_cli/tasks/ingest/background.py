"""One piece of work at a time beside the caller: while the database merges a batch, the next one is read."""

import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as settled
from typing import Self

PATIENCE_SECONDS = 3
"""What is in hand may take so long to end by itself when the caller gives up."""
SWITCH_SECONDS = 0.001
"""How long the caller keeps the interpreter while the work waits for it. COPY asks for it with each filling of a
socket's buffer; with Python's own 5 ms that took twice as long as the server needs."""


class Background:
    """`cancel` ends the work in hand from outside; it is used when the caller fails and the work does not end."""

    def __init__(self, cancel: Callable[[], None]):
        self._cancel = cancel
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._last: Future[None] | None = None
        self._usual_switch = sys.getswitchinterval()

    def run(self, work: Callable[[], None]) -> None:
        """Begin the work once the one before it has ended. Raises what that one raised."""
        self.wait()
        self._last = self._pool.submit(work)

    def wait(self) -> None:
        """Raises what the work in hand raised."""
        last, self._last = self._last, None
        if last is not None:
            last.result()

    def __enter__(self) -> Self:
        sys.setswitchinterval(SWITCH_SECONDS)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._last is not None and kind is not None and settled([self._last], PATIENCE_SECONDS).not_done:
            self._cancel()
        self._pool.shutdown(wait=True)
        sys.setswitchinterval(self._usual_switch)
        if kind is None:
            self.wait()
