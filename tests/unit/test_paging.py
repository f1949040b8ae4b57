"""Pages: rows read exactly and one by one where need be, an end that is no empty page, a size that gives way."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import parse_qs

import httpx
import msgspec
import pytest

from fake_clock import Clock
from metaads_cli.graph.client import Credentials, GraphClient
from metaads_cli.graph.failures import Failure, FailureClass, GraphFailure, UnexpectedShape
from metaads_cli.graph.governor import Governor
from metaads_cli.graph.paging import SMALLEST_PAGE, Page, PageSize, is_too_much, page_of, worthwhile_retries
from metaads_cli.models.insight import Insight
from scripted import Answer, Dropped, Server, ok, page, refused

T = TypeVar("T")
ROW = {"campaign_id": "1", "account_currency": "ARS", "date_start": "2026-11-01", "date_stop": "2026-11-01"}
# As Meta sends it: neither a type nor a trace.
REDUCE: Answer = (
    500,
    {},
    b'{"error":{"code":1,"message":"Please reduce the amount of data you\'re asking for, then retry your request"}}',
)
UNKNOWN = refused(1, 99, 500)
LATE = httpx.ReadTimeout("late")
GATEWAY_TIMEOUT: Answer = (504, {}, b"<html>Gateway Timeout</html>")


def run(server: Server, work: Callable[[GraphClient], Awaitable[T]]) -> tuple[T, Clock]:
    clock = Clock()

    async def inside() -> T:
        transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="https://graph.example") as http:
            governor = Governor(clock=clock, jitter=lambda _low, high: high)
            return await work(GraphClient(http, "v26.0", Credentials("EAAtoken"), governor, 3, clock))

    return asyncio.run(inside()), clock


def collect(server: Server, rows: int = 100) -> tuple[list[str], PageSize, Clock]:
    """The ids of all pages, the page size that was left in the end, and the clock."""
    size = PageSize(rows)

    async def work(client: GraphClient) -> list[str]:
        pages = client.pages("act_1/insights", {}, page_of(dict[str, Any]), size, account="act_1")
        return [row["id"] async for page in pages for row in page.data]

    found, clock = run(server, work)
    return found, size, clock


def asked_for(server: Server) -> list[tuple[int, str | None]]:
    """(limit, after) of every request."""
    queries = [parse_qs(asked.query) for asked in server.asked]
    return [(int(query["limit"][0]), query.get("after", [None])[0]) for query in queries]


def insights(*rows: Any, **more: Any) -> Page[Insight]:
    return page_of(Insight)(json.dumps({"data": list(rows), **more}).encode())


@pytest.mark.parametrize(
    ("answer", "tries"),
    [
        (REDUCE, 1),
        (UNKNOWN, 2),
        (refused(100, 1504018), 1),
        (refused(2, 1504038), 1),
        (LATE, 2),
        (TimeoutError(), 2),
        (GATEWAY_TIMEOUT, 2),
    ],
    ids=["reduce", "1/99", "100/1504018", "2/1504038", "read timeout", "whole timeout", "504"],
)
def test_the_page_is_halved_where_it_was_and_nothing_is_read_twice(answer: Any, tries: int) -> None:
    server = Server([page([1, 2], "c1"), *[answer] * tries, page([3], "c2"), page([4], None)])
    found, size, clock = collect(server)
    assert found == ["1", "2", "3", "4"]
    assert asked_for(server) == [(100, None), *[(100, "c1")] * tries, (50, "c1"), (50, "c2")]
    assert size.rows == 50
    assert clock.sleeps == [2.0] * (tries - 1)


def test_1_99_may_pass_and_then_the_page_stays_as_it_was() -> None:
    found, size, _ = collect(Server([UNKNOWN, page([1], None)]))
    assert (found, size.rows) == (["1"], 100)


def test_what_is_no_matter_of_size_leaves_the_page_as_it_is() -> None:
    server = Server([refused(2, 1504043), Dropped("reset"), (500, {}, b"<html>"), page([1], None)])
    assert collect(server)[1].rows == 100
    assert asked_for(server) == [(100, None)] * 4


def test_it_halves_down_to_the_smallest_page_and_then_fails() -> None:
    server = Server([REDUCE] * 10)
    with pytest.raises(GraphFailure, match="reduce the amount"):
        collect(server, rows=1000)
    assert [limit for limit, _ in asked_for(server)] == [1000, 500, 250, 125, 62, 31, SMALLEST_PAGE]


@pytest.mark.parametrize("answer", [refused(100, 1487534), refused(-3, 1504045)])
def test_a_smaller_page_is_not_tried_where_it_does_not_help(answer: Answer) -> None:
    server = Server([answer])
    with pytest.raises(GraphFailure):
        collect(server)
    assert asked_for(server) == [(100, None)]


@pytest.mark.parametrize(
    ("code", "subcode", "status", "retries"),
    [(1, None, 500, 0), (1, 99, 500, 1), (None, None, 408, 1), (None, None, 504, 1)],
)
def test_what_may_be_too_much_is_hardly_worth_the_same_question(
    code: int | None, subcode: int | None, status: int, retries: int
) -> None:
    failure = Failure(FailureClass.TRANSIENT, status, code, subcode)
    assert is_too_much(failure)
    assert worthwhile_retries(failure) == retries


@pytest.mark.parametrize("failure", [(2, 1504043, 400), (2, None, 500), (None, None, 500), (None, None, 503)])
def test_what_passes_is_repeated_as_often_as_allowed(failure: tuple[int | None, int | None, int]) -> None:
    code, subcode, status = failure
    passing = Failure(FailureClass.TRANSIENT, status, code, subcode)
    assert not is_too_much(passing)
    assert worthwhile_retries(passing) > 20


def test_numbers_are_read_exactly_and_what_is_absent_is_not_zero() -> None:
    texts = {"spend": "10.50", "frequency": "1.333333", "impressions": "2000", "clicks": "0"}
    (row,) = insights(ROW | texts).data
    assert (str(row.spend), str(row.frequency), row.impressions, row.clicks) == ("10.50", "1.333333", 2000, 0)
    assert (row.reach, row.unique_clicks, row.ctr, row.cpc, row.adset_id, row.objective) == (None,) * 6
    assert (bytes(row.actions), bytes(row.action_values)) == (b"", b"")


def test_a_json_number_keeps_its_digits() -> None:
    body = json.dumps({"data": [ROW | {"spend": "X"}]}).replace('"X"', "0.1000000000000000055511151231257827")
    (row,) = page_of(Insight)(body.encode()).data
    assert row.spend == Decimal("0.1000000000000000055511151231257827")


def test_null_is_as_good_as_absent() -> None:
    (row,) = insights(ROW | {"spend": None, "reach": None}).data
    assert (row.spend, row.reach) == (None, None)


def test_actions_stay_the_json_that_came() -> None:
    actions = [{"action_type": "lead", "value": "2", "1d_click": "1", "action_device": "iphone"}]
    (row,) = insights(ROW | {"actions": actions}).data
    assert msgspec.json.decode(row.actions) == actions


def test_fields_that_nobody_asked_for_are_ignored() -> None:
    found = insights(ROW | {"brand_new": {"deep": [1]}}, paging={"cursors": {"after": "a", "x": 1}}, summary={})
    assert (len(found.data), found.unreadable, found.cursor) == (1, [], None)


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (ROW | {"spend": "a lot"}, "campaign_id 1, date_start 2026-11-01: Invalid decimal string"),
        (ROW | {"spend": ""}, "campaign_id 1, date_start 2026-11-01"),
        (ROW | {"date_start": "yesterday"}, "campaign_id 1, date_start yesterday"),
        ({"ad_id": "7"}, "ad_id 7: Object missing required field"),
        ({}, "a row without ids"),
        (5, "a row without ids: Expected `object`, got `int`"),
        (None, "a row without ids"),
    ],
)
def test_an_unreadable_row_is_told_of_and_the_others_are_kept(broken: Any, told: str) -> None:
    other = ROW | {"campaign_id": "2"}
    paging = {"cursors": {"after": "c"}, "next": "https://graph.example"}
    found = insights(ROW, broken, other, paging=paging)
    assert [row.campaign_id for row in found.data] == ["1", "2"]
    assert len(found.unreadable) == 1
    assert told in found.unreadable[0]
    assert found.cursor == "c"


@pytest.mark.parametrize("document", [{}, {"data": None}, {"data": {}}, [], 5, None, {"data": [], "paging": 1}])
def test_what_is_no_page_is_not_taken_for_an_empty_one(document: Any) -> None:
    with pytest.raises(UnexpectedShape, match="no page"):
        page_of(Insight)(json.dumps(document).encode())


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'{"data": [{"campaign_id": "1"', b'{"data": [{"campaign_id": 5}', b"\xff"]
)
def test_half_an_answer_is_no_page_either(body: bytes) -> None:
    with pytest.raises(ValueError):
        page_of(Insight)(body)


def test_half_an_answer_is_asked_for_again() -> None:
    whole = page([1], None)
    found, _, clock = collect(Server([(200, {}, whole[2][:12]), whole]))
    assert (found, clock.sleeps) == (["1"], [2.0])


def test_an_error_with_http_200_is_an_error() -> None:
    server = Server([(200, {}, refused(100, 1504018)[2]), page([1], None)])
    assert collect(server)[0] == ["1"]
    assert asked_for(server) == [(100, None), (50, None)]


def test_an_empty_page_with_a_next_is_not_the_end() -> None:
    server = Server([page([], "c1"), page([], "c2"), page([1], "c3"), page([], None)])
    assert collect(server)[0] == ["1"]
    assert [after for _, after in asked_for(server)] == [None, "c1", "c2", "c3"]


def test_the_same_cursor_twice_is_an_error() -> None:
    server = Server([page([1], "c1"), page([2], "c2"), page([3], "c1")])
    with pytest.raises(GraphFailure, match="the same page again and again"):
        collect(server)
    assert len(server.asked) == 3


@pytest.mark.parametrize("cursors", [None, {}, {"after": None}, {"after": ""}])
def test_a_next_without_a_cursor_is_an_error(cursors: Any) -> None:
    answer = ok({"data": [], "paging": {"next": "https://graph.example/x?access_token=secret", "cursors": cursors}})
    with pytest.raises(GraphFailure, match="names no cursor") as caught:
        collect(Server([answer]))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("paging", [{}, {"cursors": {"after": "a"}}, {"cursors": {"after": "a"}, "next": None}])
def test_without_a_next_a_page_is_the_last(paging: dict[str, Any]) -> None:
    assert insights(ROW, paging=paging).cursor is None
