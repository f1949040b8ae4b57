"""The client against a scripted server: what it sends, what it tries again, what it never does."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx
import pytest

from fake_clock import Clock
from metaads_cli.graph.client import Credentials, GraphClient
from metaads_cli.graph.failures import FailureClass, GraphFailure, UnknownOutcome
from metaads_cli.graph.governor import Governor, RateLimited
from metaads_cli.graph.paging import PageSize, page_of
from scripted import Asked, Dropped, Server, ok, page, refused

TOKEN = "EAA" + "t" * 40
T = TypeVar("T")
Work = Callable[[GraphClient], Awaitable[T]]


def run(
    server: Server, work: Work[T], *, secret: str | None = None, budget: float = 900, retries: int = 3
) -> tuple[T, Clock]:
    clock = Clock()

    async def inside() -> T:
        transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="https://graph.example") as http:
            governor = Governor(budget_seconds=budget, clock=clock, jitter=lambda _low, high: high)
            client = GraphClient(http, "v26.0", Credentials(TOKEN, secret), governor, retries, clock)
            return await work(client)

    return asyncio.run(inside()), clock


async def collect(client: GraphClient) -> list[list[str]]:
    pages = client.pages("act_1/ads", {}, page_of(dict[str, Any]), PageSize(2), account="act_1")
    return [[row["id"] for row in page.data] async for page in pages]


def test_the_token_is_sent_in_the_header_and_nowhere_else() -> None:
    server = Server([ok({"id": "1"}), ok({"success": True}), ok([{"code": 200, "body": "{}"}])])

    async def work(client: GraphClient) -> None:
        await client.get("1", {"fields": "id"})
        await client.post("1", {"name": "x", "tags": ["a"], "flag": True})
        await client.batch([("2", {})])

    run(server, work)
    for asked in server.asked:
        assert asked.headers["authorization"] == f"Bearer {TOKEN}"
        assert TOKEN not in asked.path + asked.query + json.dumps(asked.form)
    assert server.asked[1].form == {"name": "x", "tags": '["a"]', "flag": "true"}
    assert [asked.path for asked in server.asked] == ["/v26.0/1", "/v26.0/1", "/v26.0/"]


def test_the_app_secret_signs_the_token() -> None:
    server = Server([ok({}), ok({})])

    async def work(client: GraphClient) -> None:
        await client.get("1")
        await client.post("1", {})

    run(server, work, secret="s3cret-of-the-app")
    proof = hmac.new(b"s3cret-of-the-app", TOKEN.encode(), hashlib.sha256).hexdigest()
    assert server.asked[0].query == f"appsecret_proof={proof}"
    assert server.asked[1].form == {"appsecret_proof": proof}


def test_credentials_do_not_show_themselves() -> None:
    assert TOKEN not in repr(Credentials(TOKEN, "secret-value"))
    assert "secret-value" not in repr(Credentials(TOKEN, "secret-value"))


def test_pages_are_turned_by_cursor_past_an_empty_one() -> None:
    server = Server([page([1, 2], "c1"), page([], "c2"), page([3], None)])
    found, _ = run(server, collect)
    assert found == [["1", "2"], [], ["3"]]
    assert [asked.query for asked in server.asked] == ["limit=2", "limit=2&after=c1", "limit=2&after=c2"]


def test_an_endless_edge_is_noticed() -> None:
    server = Server([page([1], "c1"), page([1], "c1")])
    with pytest.raises(GraphFailure, match="the same page again"):
        run(server, collect)


@pytest.mark.parametrize("document", [{"data": []}, {"data": [], "paging": {}}, {"data": [], "paging": None}])
def test_an_answer_without_paging_is_the_last_page(document: dict[str, Any]) -> None:
    found, _ = run(Server([ok(document)]), collect)
    assert found == [[]]


@pytest.mark.parametrize("document", [{}, {"data": None}, {"data": [], "paging": {"next": "x"}}])
def test_what_is_no_page_is_not_taken_for_an_empty_one(document: dict[str, Any]) -> None:
    with pytest.raises(GraphFailure):
        run(Server([ok(document)] * 4), collect)


@pytest.mark.parametrize(
    "passing",
    [
        refused(1, status=500),
        refused(2, status=503),
        (500, {}, b"<html>oops</html>"),
        (200, {}, b"Service Unavailable"),
        Dropped("reset"),
        httpx.ReadTimeout("slow"),
    ],
)
def test_a_read_is_tried_again_after_what_passes(passing: Any) -> None:
    server = Server([passing, passing, ok({"id": "1"})])
    document, clock = run(server, lambda client: client.get("1"))
    assert document == {"id": "1"}
    assert clock.sleeps == [2.0, 4.0]


def test_a_read_is_given_up_after_its_tries() -> None:
    server = Server([Dropped("reset")] * 4)
    with pytest.raises(GraphFailure, match="reset"):
        run(server, lambda client: client.get("1"))
    assert len(server.asked) == 4


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused(190, 463, 401), FailureClass.AUTH),
        (refused(10), FailureClass.PERMISSION),
        (refused(100, 33), FailureClass.NOT_FOUND),
        (refused(100, status=500, message="The ids query parameter is deprecated in v26.0+."), FailureClass.VALIDATION),
        (refused(100, 1487534), FailureClass.SHRINK),
        (refused(17, 1885172), FailureClass.QUOTA),
        (refused(368), FailureClass.POLICY),
    ],
)
def test_what_does_not_pass_is_not_tried_again(answer: Any, expected: FailureClass) -> None:
    server = Server([answer])
    with pytest.raises(GraphFailure) as caught:
        run(server, lambda client: client.get("1", account="act_1"))
    assert caught.value.failure.failure_class is expected
    assert len(server.asked) == 1


def test_a_storm_of_limits_loses_nothing_and_waits_as_told() -> None:
    regain = {"X-Business-Use-Case-Usage": json.dumps({"1": [{"estimated_time_to_regain_access": 2}]})}
    server = Server(
        [
            refused(17, 2446079, headers={"X-Ad-Account-Usage": '{"acc_id_util_pct":100,"reset_time_duration":33}'}),
            refused(80004, 2446079, headers=regain),
            refused(80000, 2446079),
            page([1, 2], "c1"),
            refused(4, 1504022, status=403, is_transient=True),
            Dropped("reset"),
            refused(613, 5044001),
            (500, {}, b"<html>"),
            page([3], None),
        ]
    )
    found, clock = run(server, collect, budget=10_000)
    assert found == [["1", "2"], ["3"]]
    # 33 s and 2 min are the server's words; the third refusal in a row has none: 60 s doubled twice. Then the app's
    # block of 60 s, a short pause after the reset, 2 s for the mutations limit, a pause after the HTML.
    assert clock.sleeps == [33, 120, 240, 60, 2.0, 2.0, 4.0]


def test_a_limit_beyond_what_is_allowed_ends_the_call() -> None:
    server = Server([refused(80000, 2446079)])
    with pytest.raises(RateLimited):
        run(server, lambda client: client.get("1", account="act_1"), budget=10)


@pytest.mark.parametrize(
    "lost", [Dropped("reset"), httpx.ReadTimeout("slow"), refused(2, status=503), (500, {}, b"<html>")]
)
def test_a_write_whose_outcome_is_unknown_is_never_sent_again(lost: Any) -> None:
    server = Server([lost])
    with pytest.raises(UnknownOutcome):
        run(server, lambda client: client.post("act_1/campaigns", {"name": "x"}, account="act_1"))
    assert len(server.asked) == 1


def test_a_write_is_sent_again_after_a_limit_which_proves_that_nothing_was_done() -> None:
    server = Server([refused(17, 2446079), ok({"id": "7"})])
    document, clock = run(server, lambda client: client.post("act_1/campaigns", {"name": "x"}, account="act_1"))
    assert (document, clock.sleeps) == ({"id": "7"}, [300])


def test_a_batch_asks_again_for_what_timed_out_or_hit_a_limit() -> None:
    def item(answer: Any) -> dict[str, Any]:
        status, headers, content = answer
        named = [{"name": key, "value": value} for key, value in headers.items()]
        return {"code": status, "headers": named, "body": content.decode()}

    usage = {"X-Business-Use-Case-Usage": json.dumps({"1": [{"estimated_time_to_regain_access": 1}]})}
    first = [item(ok({"id": "a"})), None, item(refused(100, 33)), item(refused(80004, 2446079, headers=usage))]
    second = [item(ok({"id": "b"})), item(ok({"id": "d"}))]
    server = Server([ok(first), ok(second)])
    requests = [(name, {"fields": "id"}) for name in "abcd"]
    answers, clock = run(server, lambda client: client.batch(requests, account="act_1"))
    assert [answer.document for answer in answers] == [{"id": "a"}, {"id": "b"}, None, {"id": "d"}]
    assert answers[2].failure is not None
    assert answers[2].failure.failure_class is FailureClass.NOT_FOUND
    assert clock.sleeps == [60]
    assert json.loads(server.asked[1].form["batch"]) == [
        {"method": "GET", "relative_url": "b?fields=id"},
        {"method": "GET", "relative_url": "d?fields=id"},
    ]


def test_a_batch_goes_fifty_at_a_time() -> None:
    def answer(asked: Asked) -> Any:
        return ok([{"code": 200, "body": "{}"} for _ in json.loads(asked.form["batch"])])

    server = Server([answer, answer, answer])
    run(server, lambda client: client.batch([(str(number), {}) for number in range(120)]))
    assert [len(json.loads(asked.form["batch"])) for asked in server.asked] == [50, 50, 20]


@pytest.mark.parametrize("answers", [[], [{"code": 200, "body": "{}"}] * 3, {"error": 5}])
def test_a_batch_answer_with_other_items_is_a_failure(answers: Any) -> None:
    with pytest.raises(GraphFailure):
        run(Server([ok(answers)] * 4), lambda client: client.batch([("1", {}), ("2", {})]))


def test_it_slows_down_when_the_headers_say_so() -> None:
    usage = {"X-Ad-Account-Usage": '{"acc_id_util_pct":100,"reset_time_duration":100}'}

    async def work(client: GraphClient) -> None:
        await client.get("1", account="act_1")
        await client.get("2", account="act_1")

    _, clock = run(Server([(200, usage, b"{}"), ok({})]), work)
    assert clock.sleeps == [30.0]
