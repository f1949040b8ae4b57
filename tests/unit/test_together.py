"""Items asked for one ahead."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from metaads_cli.tasks.insights.together import one_ahead


async def numbers(log: list[str], *, fail_at: int | None = None) -> AsyncIterator[int]:
    for number in range(3):
        log.append(f"asked {number}")
        if number == fail_at:
            raise ValueError(number)
        await asyncio.sleep(0)
        yield number


async def consumed(log: list[str], **options: int) -> list[int]:
    found = []
    async for number in one_ahead(numbers(log, **options)):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        log.append(f"done {number}")
        found.append(number)
    return found


def test_the_next_item_is_asked_for_while_one_is_worked_on() -> None:
    log: list[str] = []
    assert asyncio.run(consumed(log)) == [0, 1, 2]
    assert log == ["asked 0", "asked 1", "done 0", "asked 2", "done 1", "done 2"]


def test_an_error_comes_after_the_items_before_it() -> None:
    log: list[str] = []
    with pytest.raises(ValueError, match="1"):
        asyncio.run(consumed(log, fail_at=1))
    assert log == ["asked 0", "asked 1", "done 0"]


def test_who_stops_early_leaves_nothing_running() -> None:
    async def first() -> int:
        stream = one_ahead(numbers([]))
        async for number in stream:
            await stream.aclose()  # type: ignore[attr-defined]
            return number
        return -1

    assert asyncio.run(first()) == 0
