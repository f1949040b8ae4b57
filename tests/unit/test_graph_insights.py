"""Insights of an account: what is asked, how the question gets smaller, and the life of a report run."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import parse_qs

import httpx
import pytest

from fake_clock import Clock
from metaads_cli.graph.client import Credentials, GraphClient
from metaads_cli.graph.failures import Failure, FailureClass, GraphFailure, classify
from metaads_cli.graph.governor import Governor, RateLimited
from metaads_cli.graph.insights import InsightsReader, Only, read_totals
from metaads_cli.graph.paging import batches
from metaads_cli.models.insight import Days, Insight, Level, RequestShape, Totals
from scripted import Answer, Asked, Dropped, Server, ok, refused

T = TypeVar("T")
DAY = Days(date(2026, 11, 1), date(2026, 11, 1))
WEEK = Days(date(2026, 11, 1), date(2026, 11, 7))
WHOLE = RequestShape(page_size=100, days=90)
REPORT = RequestShape(page_size=100, days=1, asynchronous=True)
RUN_ID = 6023920149050
STARTED = ok({"report_run_id": RUN_ID})
LAST_PAGE = ok({"data": []})
# 0.5 s, growing by a half, to 15 s.
POLLS = [
    0.5, 0.75, 1.125, 1.6875, 2.53125, 3.796875, 5.6953125, 8.54296875, 12.814453125, 15.0, 15.0,
]  # fmt: skip


def run(
    server: Server,
    work: Callable[[GraphClient], Awaitable[T]],
    *,
    clock: Clock | None = None,
    budget: float = 10_000,
) -> tuple[T, Clock]:
    clock = clock or Clock()

    async def inside() -> T:
        transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="https://graph.example") as http:
            governor = Governor(budget_seconds=budget, clock=clock, jitter=lambda _low, high: high)
            return await work(GraphClient(http, "v26.0", Credentials("EAAtoken"), governor, 3, clock))

    return asyncio.run(inside()), clock


class Read:
    """What a reader read: rows, reasons for those that could not be read, its shape in the end, the clock's sleeps."""

    def __init__(
        self,
        server: Server,
        shape: RequestShape = WHOLE,
        level: Level = Level.AD,
        days: Days = WEEK,
        only: Only | None = None,
        **options: Any,
    ):
        self.rows: list[Insight] = []
        self.unreadable: list[str] = []

        async def work(client: GraphClient) -> RequestShape:
            reader = InsightsReader(client, "act_1", level, shape)
            async for page in reader.pages(days, only):
                self.rows += page.data
                self.unreadable += page.unreadable
            return reader.shape

        self.shape, clock = run(server, work, **options)
        self.sleeps = clock.sleeps


def row(number: int = 1, **changes: Any) -> dict[str, Any]:
    ids = {"campaign_id": f"1{number}", "adset_id": f"2{number}", "ad_id": f"3{number}"}
    days = {"date_start": "2026-11-01", "date_stop": "2026-11-01"}
    return {**ids, "account_currency": "ARS", **days, "spend": "10.50"} | changes


def page(*rows: dict[str, Any], after: str | None = None) -> Answer:
    paging = {"paging": {"cursors": {"after": after}, "next": "https://graph.example"}} if after else {}
    return ok({"data": list(rows), **paging})


def status(name: str, percent: int, **more: Any) -> Answer:
    return ok({"async_status": name, "async_percent_completion": percent, "id": str(RUN_ID), **more})


DONE = status("Job Completed", 100)


def failed(code: int | None = None, subcode: int | None = None) -> Answer:
    told = {"error_code": code, "error_subcode": subcode, "error_message": "m"} if code is not None else {}
    return status("Job Failed", 0, **told)


def calls(server: Server) -> list[str]:
    """`POST` for a submission, `poll` for a look at a run, `page` for its results."""
    kinds = {f"/v26.0/{RUN_ID}": "poll", f"/v26.0/{RUN_ID}/insights": "page"}
    return [kinds.get(asked.path, asked.method) for asked in server.asked]


def query(asked: Asked) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(asked.query).items()}


def failure(code: int | None, subcode: int | None = None, status: int = 400) -> Failure:
    return Failure(classify(code, subcode, status), status, code, subcode)


# What is asked, and what comes of it.


@pytest.mark.parametrize(
    ("level", "ids"),
    [
        (Level.CAMPAIGN, ["campaign_id"]),
        (Level.AD_SET, ["campaign_id", "adset_id"]),
        (Level.AD, ["campaign_id", "adset_id", "ad_id"]),
    ],
)
def test_one_request_asks_for_all_objects_of_a_level_by_day(level: Level, ids: list[str]) -> None:
    server = Server([LAST_PAGE])
    Read(server, level=level)
    (asked,) = server.asked
    sent = query(asked)
    assert (asked.method, asked.path) == ("GET", "/v26.0/act_1/insights")
    assert (sent["level"], sent["time_increment"], sent["limit"]) == (str(level), "1", "100")
    assert json.loads(sent["time_range"]) == {"since": "2026-11-01", "until": "2026-11-07"}
    assert [name for name in sent["fields"].split(",") if name.endswith("_id")] == ids
    assert {"spend", "reach", "actions", "action_values", "account_currency"} <= set(sent["fields"].split(","))


@pytest.mark.parametrize("level", Level)
def test_archived_and_deleted_objects_are_asked_for(level: Level) -> None:
    server = Server([LAST_PAGE])
    Read(server, level=level)
    (statuses,) = json.loads(query(server.asked[0])["filtering"])
    assert (statuses["field"], statuses["operator"]) == (f"{level}.effective_status", "IN")
    assert {"ACTIVE", "PAUSED", "ARCHIVED", "DELETED"} <= set(statuses["value"])


def test_a_part_of_the_account_is_asked_for_by_ids() -> None:
    server = Server([LAST_PAGE])
    Read(server, only=Only(Level.CAMPAIGN, ("7", "8")))
    filters = json.loads(query(server.asked[0])["filtering"])
    assert filters[1] == {"field": "campaign.id", "operator": "IN", "value": ["7", "8"]}


def test_rows_come_typed() -> None:
    read = Read(Server([page(row(1), after="c1"), page(row(2))]))
    assert [(one.ad_id, one.spend, one.reach) for one in read.rows] == [
        ("31", Decimal("10.50"), None),
        ("32", Decimal("10.50"), None),
    ]


@pytest.mark.parametrize(
    "odd",
    [
        {"ad_id": None},
        {"date_stop": "2026-11-02"},
        {"date_start": "2026-10-31", "date_stop": "2026-10-31"},
    ],
)
def test_a_row_without_a_place_is_told_of_and_left_out(odd: dict[str, Any]) -> None:
    read = Read(Server([page(row(1), row(2, **odd), row(3) | {"spend": "a lot"})]))
    assert [one.ad_id for one in read.rows] == ["31"]
    assert len(read.unreadable) == 2
    assert any("campaign 12" in reason for reason in read.unreadable)


def test_a_smaller_page_is_kept_in_the_shape() -> None:
    read = Read(Server([page(row(1), after="c1"), refused(100, 1504018), page(row(2))]))
    assert len(read.rows) == 2
    assert read.shape == RequestShape(page_size=50, days=90)


def test_ids_come_in_parts() -> None:
    assert batches(["1", "2", "3", "4", "5"], 2) == [("1", "2"), ("3", "4"), ("5",)]
    assert batches([], 2) == []


# The ladder down: days, a report run, campaigns.


def shapes(start: RequestShape, failure: Failure, *, campaigns: int) -> Iterator[RequestShape]:
    """What is tried one after the other when everything fails in the same way."""
    reader = InsightsReader(GraphClient(httpx.AsyncClient(), "v26.0", Credentials("t")), "act_1", Level.AD, start)
    days = Days(DAY.until - timedelta(days=start.days - 1), DAY.until)
    while reader.reduce(failure, days, campaigns):
        yield reader.shape
        days = Days(DAY.until - timedelta(days=reader.shape.days - 1), DAY.until)


def ladder(failure: Failure, days: int, campaigns: int) -> list[tuple[int, bool, int | None]]:
    start = RequestShape(page_size=25, days=days)
    return [(one.days, one.asynchronous, one.campaigns) for one in shapes(start, failure, campaigns=campaigns)]


@pytest.mark.parametrize(
    "too_much",
    [
        failure(1, None, 500), failure(1, 99, 500), failure(100, 1504018), failure(2, 1504038),
        failure(None, None, 408), failure(None, None, 504),
    ],
    ids=lambda one: f"{one.name}",
)  # fmt: skip
def test_days_are_halved_then_a_report_is_run_then_campaigns_are_halved(too_much: Failure) -> None:
    assert ladder(too_much, days=7, campaigns=5) == [
        (3, False, None),
        (1, False, None),
        (1, True, None),
        (1, True, 3),
        (1, True, 2),
        (1, True, 1),
    ]


@pytest.mark.parametrize("of_size", [failure(100, 1487534), failure(-3, 1504045)], ids=lambda one: one.name)
def test_a_report_run_is_no_help_where_a_call_holds_too_much_data(of_size: Failure) -> None:
    assert ladder(of_size, days=2, campaigns=4) == [(1, False, None), (1, False, 2), (1, False, 1)]


def test_a_report_that_is_too_large_has_fewer_campaigns() -> None:
    assert [one.campaigns for one in shapes(REPORT, failure(-3, 1504045), campaigns=3)] == [2, 1]


def test_fewer_campaigns_than_once_learned_count() -> None:
    learned = RequestShape(page_size=25, days=1, asynchronous=True, campaigns=40)
    assert [one.campaigns for one in shapes(learned, failure(1, 99, 500), campaigns=4)] == [2, 1]


@pytest.mark.parametrize("campaigns", [0, 1])
def test_one_campaign_cannot_be_split(campaigns: int) -> None:
    assert list(shapes(REPORT, failure(1, 99, 500), campaigns=campaigns)) == []


@pytest.mark.parametrize(
    "other", [failure(190, 463), failure(200), failure(100), failure(3018), failure(80004, 2446079), failure(2)]
)
def test_only_too_much_makes_the_question_smaller(other: Failure) -> None:
    assert ladder(other, days=7, campaigns=5) == []


# A report run.


def test_a_report_is_submitted_polled_and_read() -> None:
    server = Server(
        [
            STARTED,
            status("Job Not Started", 0),
            status("Job Started", 0),
            status("Job Running", 60),
            DONE,
            page(row(1), after="c1"),
            page(row(2)),
        ]
    )
    read = Read(server, REPORT, days=DAY, only=Only(Level.CAMPAIGN, ("7",)))
    assert [one.ad_id for one in read.rows] == ["31", "32"]
    assert calls(server) == ["POST", "poll", "poll", "poll", "poll", "page", "page"]
    assert read.sleeps == POLLS[:3]
    form = server.asked[0].form
    assert server.asked[0].path == "/v26.0/act_1/insights"
    assert json.loads(form["time_range"]) == {"since": "2026-11-01", "until": "2026-11-01"}
    assert json.loads(form["filtering"])[1]["value"] == ["7"]
    assert form["fields"] == query(server.asked[5])["fields"]
    assert query(server.asked[6])["after"] == "c1"


def test_polls_begin_at_half_a_second_and_grow_to_fifteen() -> None:
    server = Server([STARTED, *[status("Job Running", percent) for percent in range(11)], DONE, LAST_PAGE])
    assert Read(server, REPORT, days=DAY).sleeps == POLLS


def test_completed_is_done_at_100_percent_only() -> None:
    server = Server([STARTED, status("Job Running", 100), status("Job Completed", 99), DONE, LAST_PAGE])
    read = Read(server, REPORT, days=DAY)
    assert calls(server) == ["POST", "poll", "poll", "poll", "page"]
    assert read.sleeps == POLLS[:2]


@pytest.mark.parametrize(
    ("outcome", "sleeps"),
    [
        (failed(-2, 2490547), []),
        (failed(2, 1504043), []),
        (failed(), []),
        (status("Job Skipped", 0), []),
        (failed(4, 1504022), [60.0]),
        (failed(80000, 2446079), [60.0]),
        (failed(17, 2446079), [300.0]),
    ],
    ids=["-2/2490547", "2/1504043", "no code", "skipped", "4/1504022", "80000", "17"],
)
def test_a_run_that_fails_for_what_passes_is_submitted_again(outcome: Answer, sleeps: list[float]) -> None:
    server = Server([STARTED, outcome, STARTED, DONE, page(row(1))])
    read = Read(server, REPORT, days=DAY)
    assert len(read.rows) == 1
    assert calls(server) == ["POST", "poll", "POST", "poll", "page"]
    assert read.sleeps == sleeps


def test_a_run_that_was_skipped_is_no_error_of_http() -> None:
    with pytest.raises(GraphFailure, match=r"the report run was skipped$"):
        Read(Server([STARTED, status("Job Skipped", 0)] * 3), REPORT, days=DAY)


@pytest.mark.parametrize("outcome", [failed(-2, 2490547), status("Job Skipped", 0), failed()])
def test_three_submissions_at_most(outcome: Answer) -> None:
    server = Server([STARTED, outcome] * 4)
    with pytest.raises(GraphFailure, match="report run of act_1/insights"):
        Read(server, REPORT, days=DAY)
    assert calls(server) == ["POST", "poll"] * 3


def test_a_report_limited_three_times_waits_longer_each_time() -> None:
    server = Server([STARTED, failed(80000, 2446079)] * 3)
    clock = Clock()
    with pytest.raises(GraphFailure) as caught:
        Read(server, REPORT, days=DAY, clock=clock)
    assert caught.value.failure.failure_class is FailureClass.RATE_LIMIT
    assert clock.sleeps == [60.0, 60.0]  # each submission was accepted, which ends the doubling


def test_a_report_limit_beyond_what_is_allowed_ends_the_wait() -> None:
    with pytest.raises(RateLimited, match="rate limit of the app"):
        Read(Server([STARTED, failed(4, 1504022)]), REPORT, days=DAY, budget=59)


@pytest.mark.parametrize(("code", "subcode"), [(-3, 1504045), (100, 1504018), (2, 1504041), (190, 463), (100, None)])
def test_what_another_run_does_not_help_ends_it_at_once(code: int, subcode: int | None) -> None:
    server = Server([STARTED, failed(code, subcode)])
    with pytest.raises(GraphFailure) as caught:
        Read(server, REPORT, days=DAY)
    assert (caught.value.failure.code, caught.value.failure.subcode) == (code, subcode)
    assert calls(server) == ["POST", "poll"]


def test_an_answer_without_a_run_is_another_try() -> None:
    server = Server([ok({"success": True}), ok({}), STARTED, DONE, LAST_PAGE])
    Read(server, REPORT, days=DAY)
    assert calls(server) == ["POST", "POST", "POST", "poll", "page"]


@pytest.mark.parametrize("lost", [Dropped("reset"), httpx.ReadTimeout("late"), (502, {}, b"<html>")])
def test_a_lost_submission_is_simply_sent_again(lost: Any) -> None:
    server = Server([lost, STARTED, DONE, page(row(1))])
    read = Read(server, REPORT, days=DAY)
    assert calls(server) == ["POST", "POST", "poll", "page"]
    assert server.asked[0].form == server.asked[1].form
    assert (len(read.rows), read.sleeps) == (1, [2.0])


def test_a_lost_poll_is_no_lost_report() -> None:
    server = Server([STARTED, Dropped("reset"), refused(80000, 2446079), DONE, LAST_PAGE])
    assert Read(server, REPORT, days=DAY).sleeps == [2.0, 60.0]
    assert calls(server) == ["POST", "poll", "poll", "poll", "page"]


def test_a_run_that_stands_still_is_given_up_and_submitted_again() -> None:
    stuck = status("Job Running", 50)
    until_given_up = 0.0
    polls = 0
    while until_given_up <= 600:
        until_given_up += POLLS[min(polls, 9)]
        polls += 1
    server = Server([STARTED, *[stuck] * (polls + 1), STARTED, DONE, LAST_PAGE])
    read = Read(server, REPORT, days=DAY)
    assert server.script == []
    assert 600 < sum(read.sleeps) <= 615


def test_a_run_that_always_stands_still_fails() -> None:
    """Never started at all, too."""
    server = Server([lambda asked: STARTED if asked.method == "POST" else status("Job Not Started", 0)] * 200)
    clock = Clock()
    with pytest.raises(GraphFailure, match="stands still"):
        Read(server, REPORT, days=DAY, clock=clock)
    assert calls(server).count("POST") == 3
    assert sum(clock.sleeps) < 3 * 615


def test_a_run_that_moves_is_waited_for_as_long_as_it_takes() -> None:
    """A percent every nine minutes: 15 hours."""
    clock = Clock()
    started = clock.time

    def answer(asked: Asked) -> Answer:
        if asked.path.endswith("insights"):
            return STARTED if asked.method == "POST" else page(row(1))
        percent = min(100, 4 * int((clock.time - started) / 540))
        return status("Job Completed" if percent == 100 else "Job Running", percent)

    server = Server([answer] * 2000)
    read = Read(server, REPORT, days=DAY, clock=clock)
    assert len(read.rows) == 1
    assert calls(server).count("POST") == 1
    assert clock.time - started >= 25 * 540


def test_a_page_of_a_report_gives_way_without_another_run() -> None:
    server = Server([STARTED, DONE, refused(100, 1504018), page(row(1))])
    assert Read(server, REPORT, days=DAY).shape.page_size == 50
    assert calls(server) == ["POST", "poll", "page", "page"]


# The account's own figures.


def totals(server: Server, days: Days = WEEK) -> dict[date, Totals]:
    return run(server, lambda client: read_totals(client, "act_1", days))[0]


def total(day: int, **figures: str) -> dict[str, Any]:
    return {"date_start": f"2026-11-{day:02}", "date_stop": f"2026-11-{day:02}", "account_id": "1"} | figures


def test_totals_are_of_the_account_by_day() -> None:
    server = Server([page(total(1, spend="1.10", impressions="3", clicks="2"), total(2, spend="0.20"))])
    assert totals(server) == {
        date(2026, 11, 1): Totals(Decimal("1.10"), 3, 2),
        date(2026, 11, 2): Totals(Decimal("0.20"), 0, 0),
    }
    sent = query(server.asked[0])
    assert (sent["level"], sent["fields"], "filtering" in sent) == ("account", "spend,impressions,clicks", False)


def test_totals_of_too_many_days_are_asked_for_by_halves() -> None:
    too_much = refused(100, 1487534)
    server = Server([too_much, page(total(4), total(5)), too_much, page(total(2)), page(total(1))])
    assert sorted(totals(server)) == [date(2026, 11, day) for day in (1, 2, 4, 5)]
    asked = [json.loads(query(one)["time_range"]) for one in server.asked]
    assert [(one["since"][-2:], one["until"][-2:]) for one in asked] == [
        ("01", "07"),
        ("04", "07"),
        ("01", "03"),
        ("02", "03"),
        ("01", "01"),
    ]


def test_totals_of_a_day_that_is_too_much_fail() -> None:
    server = Server([refused(100, 1487534)])
    with pytest.raises(GraphFailure):
        totals(server, DAY)
    assert len(server.asked) == 1
