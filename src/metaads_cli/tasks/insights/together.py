"""Work side by side: it ends together."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class InDatabase(Protocol):
    """Run a function on the database, off the event loop."""

    async def __call__(self, function: Callable[..., T], *arguments: Any) -> T: ...


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


async def one_ahead(items: AsyncIterator[T]) -> AsyncIterator[T]:
    """The items, each asked for while its predecessor is worked on. An error comes when its item would have come."""

    async def next_one() -> tuple[T] | None:
        async for item in items:
            return (item,)
        return None

    coming = asyncio.ensure_future(next_one())
    try:
        while (found := await coming) is not None:
            coming = asyncio.ensure_future(next_one())
            yield found[0]
    finally:
        coming.cancel()
        await asyncio.wait([coming])
