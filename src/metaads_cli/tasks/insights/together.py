"""Work side by side on one connection: it ends together."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def all_of(*work: Coroutine[Any, Any, T]) -> list[T]:
    """The results, once all have ended; then the first error is raised. `asyncio.gather` would raise it, or be
    cancelled, while others are still at work on what the caller is about to close."""
    outcomes = await asyncio.gather(*work, return_exceptions=True)
    results: list[T] = []
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
        results.append(outcome)
    return results
