"""A sync against limits: too much at once, too many calls, tokens that may not. It ends complete, or says why not."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from fake_clock import Clock
from metaads_cli.errors import AccessDenied, ExitCode, PartlyDone, RefusedByMeta
from metaads_cli.graph.failures import Failure, FailureClass
from metaads_cli.graph.governor import Governor, RateLimited
from metaads_cli.graph.simulator import (
    AccountPlan,
    Auth,
    Behaviour,
    Effect,
    Fault,
    Grant,
    Limits,
    Outcome,
    Tier,
)
from metaads_cli.graph.simulator.limits import UseCase
from metaads_cli.graph.usage import Usage
from metaads_cli.models.insight import Days, Level
from scripted import Answer, refused
from simulated import Api, StoppedClock
from syncing import ACCOUNT, NUMBER, SyncBench, plan

TODAY = date(2026, 11, 20)
WEEK = Days(TODAY - timedelta(days=6), TODAY)
# Older than 28 days: what the server says of them does not change while a test's time goes on.
SETTLED = Days(date(2026, 7, 1), date(2026, 9, 30))
OTHER_NUMBER = "1000000000000009"
OTHER = f"act_{OTHER_NUMBER}"
REDUCE: Answer = (
    500,
    {},
    b'{"error":{"code":1,"message":"Please reduce the amount of data you\'re asking for, then retry your request"}}',
)
FORMS: dict[str, Answer | Exception] = {
    "reduce": REDUCE,
    "1/99": refused(1, 99, 500),
    "100/1504018": refused(100, 1504018),
    "2/1504038": refused(2, 1504038),
    "timeout": httpx.ReadTimeout("late"),
    "504": (504, {}, b"<html>Gateway Timeout</html>"),
}
DEFAULT_PAGE = 1000
Shape = tuple[int, int, bool, int | None]
"""(page size, days, asynchronous, campaigns)"""


@pytest.fixture
def bench(database_url: str) -> SyncBench:
    return SyncBench.of(database_url, behaviour=Behaviour(report_duration=timedelta(0)))


@pytest.fixture
def two(database_url: str) -> SyncBench:
    """Two accounts of one tenant."""
    return two_accounts(database_url)


def two_accounts(url: str, **options: Any) -> SyncBench:
    small = {"campaigns": 1, "ad_sets": 2, "ads": 2, "varied": False, "idle_percent": 0}
    accounts = [AccountPlan(NUMBER, "Norte", **small), AccountPlan(OTHER_NUMBER, "Sur", **small)]
    return SyncBench.of(url, plan(*accounts), **options)


@dataclass(frozen=True)
class Question:
    """An insights request, as far as it may be too much."""

    level: str
    days: int
    limit: int
    campaigns: int | None
    report: bool


def question(request: httpx.Request) -> Question | None:
    """None for everything but a request for the rows of a level of an account."""
    text = request.content.decode() if request.method == "POST" else request.url.query.decode()
    asked = {name: values[0] for name, values in parse_qs(text).items()}
    level = asked.get("level")
    if level not in set(Level):
        return None
    filters = json.loads(asked["filtering"])
    ids = [one["value"] for one in filters if one["field"] == "campaign.id"]
    span = json.loads(asked["time_range"])
    return Question(
        level=str(level),
        days=len(Days(date.fromisoformat(span["since"]), date.fromisoformat(span["until"]))),
        limit=int(asked.get("limit", 0)),
        campaigns=len(ids[0]) if ids else None,
        report=request.method == "POST",
    )


@dataclass
class Picky:
    """Stands before the simulator and refuses what `is_too_much`, always in the same way."""

    answer: Answer | Exception
    is_too_much: Callable[[Question], bool]
    refused: list[Question] = field(default_factory=list)

    def __call__(self, inner: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        picky = self

        class Transport(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                asked = question(request)
                if asked is None or not picky.is_too_much(asked):
                    return await inner.handle_async_request(request)
                picky.refused.append(asked)
                if isinstance(picky.answer, Exception):
                    raise picky.answer
                status, headers, content = picky.answer
                return httpx.Response(status, headers=headers, content=content)

        return Transport()

    def refusals(self, level: Level) -> list[Question]:
        return [asked for asked in self.refused if asked.level == level]


@dataclass
class WorldClock(Clock):
    """What is slept passes in the simulated world, too."""

    world: StoppedClock = field(default_factory=StoppedClock)

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        self.world.advance(seconds=seconds)


@dataclass
class SideBySide(Clock):
    """Sleepers that begin together end together."""

    async def sleep(self, seconds: float) -> None:
        until = self.time + seconds
        self.sleeps.append(seconds)
        await asyncio.sleep(0)
        self.time = max(self.time, until)


def shapes(bench: SyncBench, account: str = ACCOUNT) -> dict[str, Shape]:
    rows = bench.query(
        f"SELECT entity_type, page_size, days, asynchronous, campaigns FROM metaads.sync_shapes"
        f" WHERE account_id = '{account}'"
    )
    return {row[0]: row[1:] for row in rows}


def failing(bench: SyncBench) -> list[str]:
    """The paths of calls for rows and objects that were refused; sums of the account are asked for anew each time."""
    return [
        entry.path
        for entry in bench.simulator.log.entries
        if entry.status != 200 and entry.query.get("level") != "account"
    ]


def assert_true(bench: SyncBench, days: Days) -> None:
    """Hold the table to a server that now gives all at once."""
    before = bench.simulator.behaviour.document()
    bench.simulator.behaviour.change(Behaviour().document())
    bench.assert_true(days)
    bench.simulator.behaviour.change(before)


def waits(bench: SyncBench) -> list[float]:
    """Without the pauses after what passes, which have no length under the bench's jitter."""
    return [seconds for seconds in bench.clock.sleeps if seconds]


def in_minutes(minutes: int, number: str = NUMBER) -> dict[str, str]:
    """The header that tells when access comes back; its unit is minutes."""
    entry = {"type": "ads_insights", "call_count": 100, "estimated_time_to_regain_access": minutes}
    return {"x-business-use-case-usage": json.dumps({number: [entry]})}


def in_seconds(seconds: int) -> dict[str, str]:
    return {"x-ad-account-usage": json.dumps({"acc_id_util_pct": 100, "reset_time_duration": seconds})}


def limited(code: int, subcode: int | None = None, path: str = "/insights$", **more: Any) -> Fault:
    return Fault(Effect.ERROR, path=path, code=code, subcode=subcode, **more)


# Too much at once.


def too_much_by_level(asked: Question) -> bool:
    """Of campaigns, smaller pages are given; of ad sets, fewer days; of ads, reports of a day only."""
    match asked.level:
        case Level.CAMPAIGN:
            return asked.limit > 100
        case Level.AD_SET:
            return asked.days > 2
    return not asked.report or asked.days > 1


@pytest.mark.parametrize("form", FORMS)
def test_each_level_climbs_down_as_far_as_it_must_and_no_other_with_it(bench: SyncBench, form: str) -> None:
    picky = Picky(FORMS[form], too_much_by_level)
    report = bench.run(1, transport=picky)
    bench.assert_true(WEEK)
    assert (report.success, report.reconciliation) == (True, [])
    assert shapes(bench) == {
        "campaign": (62, 90, False, None),
        "adset": (DEFAULT_PAGE, 1, False, None),
        "ad": (DEFAULT_PAGE, 1, True, None),
    }
    tries = 1 if form in {"reduce", "100/1504018", "2/1504038"} else 2
    pages = [size for size in (1000, 500, 250, 125) for _ in range(tries)]
    assert [asked.limit for asked in picky.refusals(Level.CAMPAIGN)] == pages
    whole = [size for size in (1000, 500, 250, 125, 62, 31, 25) for _ in range(tries)]
    assert [(asked.days, asked.limit) for asked in picky.refusals(Level.AD_SET)] == [
        (days, size) for days in (7, 3) for size in whole
    ]


def test_what_an_account_gives_is_remembered_and_after_a_week_more_is_tried_again(bench: SyncBench) -> None:
    picky = Picky(REDUCE, too_much_by_level)
    bench.run(1, transport=picky)
    learned = shapes(bench)

    picky.refused.clear()
    bench.time.advance(days=6, hours=23)
    bench.run(1, transport=picky, restate_days=0)
    assert picky.refused == []

    bench.time.advance(hours=2)
    bench.run(1, transport=picky, restate_days=0)
    assert {asked.level for asked in picky.refused} == set(Level)
    assert shapes(bench) == learned

    picky.refused.clear()
    bench.time.advance(days=6)
    bench.run(1, transport=picky, restate_days=0)
    assert picky.refused == []
    bench.assert_true(Days(TODAY + timedelta(days=7), TODAY + timedelta(days=13)))


def test_an_account_that_gives_all_again_is_asked_for_all(bench: SyncBench) -> None:
    bench.run(1, transport=Picky(REDUCE, too_much_by_level))
    bench.time.advance(days=8)
    bench.simulator.log.entries.clear()
    bench.run(1, restate_days=0)
    assert sum(entry.path.endswith("/insights") for entry in bench.simulator.log.entries) == len(Level) + 1


def test_what_is_learned_in_a_run_that_ends_early_is_kept(bench: SyncBench) -> None:
    bench.simulator.faults.add(limited(80000, 2446079, nth=3, times=1000, headers=in_minutes(60)))
    days = Days(TODAY - timedelta(days=179), TODAY)
    only_ads = {"levels": (Level.AD,), "days": days}
    picky = Picky(REDUCE, lambda asked: asked.limit > 500)
    _, failure = bench.attempt(1, budget=60, transport=picky, **only_ads)
    assert isinstance(failure, PartlyDone)
    assert shapes(bench)["ad"] == (500, 90, False, None)

    picky.refused.clear()
    bench.simulator.faults.clear()
    bench.time.advance(minutes=61)
    bench.run(1, transport=picky, **only_ads)
    assert picky.refused == []


def test_one_accounts_shape_is_not_anothers(two: SyncBench) -> None:
    two.simulator.faults.add(Fault(Effect.REDUCE, path=f"{OTHER}/insights$", times=1))
    two.run(1)
    two.assert_true(WEEK)
    two.assert_true(WEEK, OTHER)
    assert shapes(two) == {}
    (shape,) = shapes(two, OTHER).values()
    assert shape == (500, 90, False, None)


def test_the_page_size_of_the_settings_goes_before_a_larger_one_that_was_learned(bench: SyncBench) -> None:
    bench.run(1, transport=Picky(REDUCE, lambda asked: asked.limit > 500))
    bench.time.advance(minutes=1)
    bench.simulator.log.entries.clear()
    bench.run(1, page_size=100)
    limits = {entry.query["limit"] for entry in bench.simulator.log.entries if entry.query.get("level") in set(Level)}
    assert limits == {"100"}
    assert {shape[0] for shape in shapes(bench).values()} == {500}


def test_rows_times_fields_times_days(bench: SyncBench) -> None:
    """Code 1 "reduce" of a server that means it: three days of ads on the smallest page."""
    bench.simulator.behaviour.most_product = 25 * 16 * 3
    bench.run(1)
    assert_true(bench, WEEK)
    assert shapes(bench)["ad"] == (25, 3, False, None)
    assert failing(bench)
    bench.simulator.log.entries.clear()
    bench.time.advance(minutes=1)
    assert bench.run(1).reconciliation == []
    assert {entry.status for entry in bench.simulator.log.entries} == {200}


@pytest.mark.parametrize(
    ("points", "shape"),
    [
        (8 * 3, (DEFAULT_PAGE, 3, False, None)),
        (8, (DEFAULT_PAGE, 1, False, None)),
        (4, (DEFAULT_PAGE, 1, False, 1)),
    ],
)
def test_data_points_of_a_call(bench: SyncBench, points: int, shape: Shape) -> None:
    """100/1487534: eight ads of two campaigns, on so many days."""
    bench.simulator.behaviour.most_points = points
    bench.run(1)
    assert_true(bench, WEEK)
    assert shapes(bench) == dict.fromkeys(map(str, Level), shape)
    assert not any(entry.method == "POST" for entry in bench.simulator.log.entries)

    bench.simulator.log.entries.clear()
    bench.time.advance(minutes=1)
    report = bench.run(1)
    assert failing(bench) == []
    assert report.rows.inserted == report.rows.updated == report.rows.removed == 0


def test_data_points_of_a_report(bench: SyncBench) -> None:
    """-3/1504045, after a report of a day was all that was left."""
    bench.simulator.behaviour.most_report_points = 4
    only_reports = Picky(refused(100, 1504018), lambda asked: not asked.report)
    bench.run(1, transport=only_reports)
    bench.assert_true(WEEK)
    assert shapes(bench) == dict.fromkeys(map(str, Level), (DEFAULT_PAGE, 1, True, 1))

    only_reports.refused.clear()
    bench.simulator.log.entries.clear()
    bench.time.advance(minutes=1)
    bench.run(1, transport=only_reports)
    assert only_reports.refused == []
    submitted = [entry for entry in bench.simulator.log.entries if entry.method == "POST"]
    assert len(submitted) == 7 * 2 * len(Level)


def test_when_nothing_is_left_to_try_the_level_fails_and_names_its_day(bench: SyncBench) -> None:
    hopeless = Picky(refused(2, 1504038), lambda asked: asked.level == Level.AD)
    report, failure = bench.attempt(1, transport=hopeless)
    assert isinstance(failure, PartlyDone)
    assert report.accounts[0].status == "partial"
    (error,) = report.errors
    assert "ad level" in error
    assert str(TODAY) in error
    assert "2/1504038" in error
    assert hopeless.refused[-1] == Question("ad", 1, 0, 1, report=True)
    assert (report.campaigns.success, report.adsets.success, report.ads.errors) == (2, 4, 1)
    assert bench.stored(Level.AD) == {}
    assert {one.reason for one in report.reconciliation} <= {"the level was not read completely"}


def test_campaigns_one_by_one_leave_out_neither_archived_nor_deleted_ones(database_url: str) -> None:
    bench = SyncBench.of(database_url, plan(campaigns=4))
    api = Api(bench.simulator)
    campaigns = [row["id"] for row in api.all(f"{ACCOUNT}/campaigns", fields="id")]
    bench.simulator.behaviour.most_points = 8  # two campaigns on a day
    api.post(campaigns[0], status="ARCHIVED")
    bench.run(1)
    assert shapes(bench)["campaign"] == (DEFAULT_PAGE, 1, False, 2)
    assert_true(bench, WEEK)
    api.post(campaigns[1], status="DELETED")
    bench.time.advance(minutes=1)
    bench.run(1)
    assert_true(bench, WEEK)
    assert {key[0] for key in bench.stored(Level.CAMPAIGN)} == set(campaigns)


def test_reports_that_fail_in_each_way_that_passes_are_complete_in_the_end(bench: SyncBench) -> None:
    bench.simulator.reports.outcomes += [
        Outcome("Job Failed", -2, 2490547),
        Outcome("Job Failed", 4, 1504022),
        Outcome(),
        Outcome("Job Skipped"),
    ]
    bench.simulator.faults.add(Fault(Effect.DROP_AFTER, method="POST", path="/insights$", nth=7))
    bench.run(1, transport=Picky(FORMS["1/99"], lambda asked: not asked.report))
    bench.assert_true(WEEK)
    assert waits(bench) == [60.0]


# Too many calls.

STORM: list[tuple[Fault, float | None]] = [
    (limited(17, 2446079, ""), 300),
    (Fault(Effect.HTML), None),
    (limited(80000, 2446079, "", headers=in_minutes(19)), 19 * 60),
    (limited(80004, 2446079, "", headers=in_minutes(2)), 120),
    (Fault(Effect.DROP_BEFORE), None),
    (limited(4, 1504022, ""), 60),
    (limited(80000, 2446079, ""), 60),
    (Fault(Effect.DROP_AFTER), None),
    (limited(613, None, ""), 300),
    (limited(613, 1487742, "", headers=in_seconds(77)), 77),
    (Fault(Effect.BROKEN_JSON), None),
    (limited(4, None, "", http_status=403), 60),
    (limited(2, None, ""), None),
    (limited(80004, 2446079, "", headers={"retry-after": "5"}), 5),
    (Fault(Effect.HTML, http_status=502), None),
]


def test_a_storm_over_a_whole_run_is_sat_out_exactly_as_documented(bench: SyncBench) -> None:
    for index, (fault, _) in enumerate(STORM):
        fault.nth, fault.seen = 1 + 2 * index, 0
    bench.simulator.faults.add(*(fault for fault, _ in STORM))
    report = bench.run(1, page_size=25, days=SETTLED)
    documented = [seconds for _, seconds in STORM if seconds]
    assert waits(bench) == documented
    assert report.rate_limit_hits == len(documented)
    assert report.waited_seconds == sum(documented)
    assert report.api_calls == bench.calls
    assert shapes(bench) == {}  # nothing of it was a matter of size
    bench.assert_true(SETTLED)


def test_a_late_answer_once_is_no_reason_to_ask_for_less(bench: SyncBench) -> None:
    late = Picky(httpx.ReadTimeout("late"), lambda asked: asked.level == Level.AD and not late.refused)
    bench.run(1, transport=late)
    assert len(late.refused) == 1
    assert shapes(bench) == {}
    bench.assert_true(WEEK)


def test_slow_answers_are_waited_for(bench: SyncBench) -> None:
    bench.simulator.faults.add(Fault(Effect.SLOW, path=f"{ACCOUNT}/", times=5, seconds=0.001))
    bench.run(1)
    assert waits(bench) == []
    bench.assert_true(WEEK)


def test_a_block_of_the_real_limits_is_sat_out_without_a_call(database_url: str) -> None:
    """The account's score was used up before; a call while blocked would make the block longer."""
    limits = Limits(Tier.DEVELOPMENT)
    bench = SyncBench.of(database_url, limits=limits)
    bench.clock = WorldClock(world=bench.time)
    for _ in range(60):
        limits.charge(NUMBER, UseCase.INSIGHTS, bench.time.now, write=False, active_ads=8)
    bench.run(1, days=SETTLED)
    statuses = [entry.status for entry in bench.simulator.log.entries]
    assert statuses[0] == 400
    assert set(statuses[1:]) == {200}
    assert waits(bench) == [300.0]


def test_a_small_allowance_is_never_exceeded(database_url: str) -> None:
    """60 points for reads of one each: the usage headers slow down a run of more calls, and none is refused."""
    bench = SyncBench.of(database_url, limits=Limits(Tier.DEVELOPMENT))
    bench.clock = WorldClock(world=bench.time)
    days = Days(SETTLED.since - timedelta(days=60), SETTLED.until)
    report = bench.run(1, page_size=25, days=days)
    assert report.api_calls > 80
    assert report.rate_limit_hits == 0
    assert report.waited_seconds > 0
    bench.simulator.limits.reset()
    bench.simulator.limits.tier = None
    bench.assert_true(days)


def test_at_95_percent_each_call_waits_before_any_error(bench: SyncBench) -> None:
    usage = {"x-ad-account-usage": json.dumps({"acc_id_util_pct": 95, "reset_time_duration": 100})}
    bench.simulator.faults.add(Fault(Effect.HEADERS, times=1000, headers=usage))
    report = bench.run(1)
    assert bench.clock.sleeps == [pytest.approx(19.56)] * (bench.calls - 1)
    assert report.rate_limit_hits == 0
    assert report.waited_seconds == pytest.approx(19.56 * (bench.calls - 1))
    bench.assert_true(WEEK)


def test_calls_side_by_side_spend_the_allowed_wait_once() -> None:
    """Three levels of an account that wait for one block."""
    clock = SideBySide()
    told: list[str] = []
    governor = Governor(
        budget_seconds=100,
        clock=clock,
        jitter=lambda _low, high: high,
        on_wait=lambda _seconds, reason: told.append(reason),
    )

    async def inside() -> None:
        for _ in range(3):  # they were under way together
            governor.refused("act_1", Failure(FailureClass.RATE_LIMIT, 400, 80000, 2446079), Usage())
        await asyncio.gather(*(governor.admit("act_1") for _ in range(3)))

    asyncio.run(inside())
    assert clock.sleeps == [60.0] * 3
    assert told == ["rate limit of act_1 (error 80000/2446079)"]
    assert (governor.waited_seconds, governor.rate_limit_hits) == (60.0, 3)
    governor.refused("act_1", Failure(FailureClass.RATE_LIMIT, 400, 80000, 2446079), Usage(regain_seconds=41))
    with pytest.raises(RateLimited):
        asyncio.run(governor.admit("act_1"))


# Two accounts.


def test_one_accounts_limit_leaves_the_other_alone(two: SyncBench) -> None:
    two.simulator.faults.add(
        limited(80000, 2446079, f"{OTHER}/insights$", times=1000, headers=in_minutes(10, OTHER_NUMBER))
    )
    report, failure = two.attempt(1, budget=599)
    assert isinstance(failure, PartlyDone)
    assert failure.details["accounts"] == [OTHER]
    assert [(one.account_id, one.status) for one in report.accounts] == [(ACCOUNT, "ok"), (OTHER, "failed")]
    two.assert_true(WEEK)
    assert waits(two) == []


def test_a_limited_account_goes_on_with_all_its_levels(two: SyncBench) -> None:
    two.simulator.faults.add(
        *(limited(80000, 2446079, f"{OTHER}/insights$", headers=in_minutes(10, OTHER_NUMBER)) for _ in range(3))
    )
    report = two.run(1, budget=1800)
    assert report.rate_limit_hits == 3
    assert waits(two) == [600.0] * 3
    for account in (ACCOUNT, OTHER):
        two.assert_true(WEEK, account)


def test_the_apps_limit_stops_both(two: SyncBench) -> None:
    two.simulator.faults.add(limited(4, 1504022, f"{OTHER}/campaigns$"))
    report, failure = two.attempt(1, budget=59)
    assert isinstance(failure, RateLimited)
    assert "rate limit of the app (error 4/1504022)" in failure.message
    assert {one.status for one in report.accounts} == {"failed"}
    assert not any(path.endswith("/insights") for path in two.paths())
    assert waits(two) == []


# Longer than allowed.

HALF_A_YEAR = Days(TODAY - timedelta(days=219), TODAY - timedelta(days=40))
FIRST_SLICE, SECOND_SLICE = HALF_A_YEAR.cut(90)


def asked_days(bench: SyncBench) -> list[Days]:
    """Of requests for rows."""
    spans = [
        json.loads(entry.query["time_range"])
        for entry in bench.simulator.log.entries
        if entry.query.get("level") in set(Level)
    ]
    return [Days(date.fromisoformat(span["since"]), date.fromisoformat(span["until"])) for span in spans]


@pytest.mark.parametrize(
    "limit",
    [
        limited(80000, 2446079, headers=in_minutes(16)),
        limited(80004, 2446079, headers=in_minutes(16)),
        limited(17, 2446079, headers=in_seconds(901)),
        limited(4, 1504022, headers={"retry-after": "901"}),
        limited(613, None, headers={"retry-after": "901"}),
    ],
    ids=lambda fault: f"{fault.code}",
)
def test_over_the_allowed_wait_what_was_read_stays_and_the_rest_comes_with_the_next_run(
    bench: SyncBench, limit: Fault
) -> None:
    limit.nth, limit.seen = 2, 0
    bench.simulator.faults.add(limit)
    options: dict[str, Any] = {"levels": (Level.AD,), "days": HALF_A_YEAR, "resume_line": "metaads sync-insights X"}
    report, failure = bench.attempt(1, budget=900, **options)
    assert isinstance(failure, PartlyDone)
    assert failure.exit_code is ExitCode.PARTLY
    assert "metaads sync-insights X" in (failure.hint or "")
    assert report.rate_limit_hits == 1
    assert (report.accounts[0].status, report.waited_seconds) == ("partial", 0)
    assert {key[1] for key in bench.stored(Level.AD)} == set(map(str, FIRST_SLICE))

    bench.time.advance(minutes=20)
    bench.simulator.log.entries.clear()
    report = bench.run(1, budget=900, **options)
    assert report.accounts[0].resumed
    assert asked_days(bench) == [SECOND_SLICE]
    assert bench.stored(Level.AD) == bench.truth(Level.AD, HALF_A_YEAR)


@pytest.mark.parametrize("path", [f"{ACCOUNT}$", "/campaigns$|/adsets$|/ads$|/insights$", "/insights$"])
def test_over_the_allowed_wait_with_nothing_stored(bench: SyncBench, path: str) -> None:
    bench.simulator.faults.add(limited(80000, 2446079, path, headers=in_minutes(2), times=10))
    report, failure = bench.attempt(1, budget=119)
    assert isinstance(failure, RateLimited)
    assert failure.exit_code is ExitCode.TEMPORARY
    assert failure.details == {"wait_seconds": 120, "max_wait_seconds": 119}
    assert "--max-wait" in (failure.hint or "")
    assert f"rate limit of {ACCOUNT} (error 80000/2446079)" in failure.message
    assert (report.success, report.accounts[0].status) == (False, "failed")

    bench.simulator.faults.clear()
    bench.time.advance(minutes=2)
    bench.run(1)
    bench.assert_true(WEEK)


def test_rows_of_a_slice_that_was_given_up_are_stored_with_none(bench: SyncBench) -> None:
    """A page of seven days, then too much; three days; then a limit."""
    bench.simulator.faults.add(limited(100, 1487534, nth=2), limited(80000, 2446079, nth=3, headers=in_minutes(60)))
    week = Days(SETTLED.since, SETTLED.since + timedelta(days=6))
    _, failure = bench.attempt(1, budget=60, levels=(Level.AD,), days=week, page_size=25)
    assert isinstance(failure, PartlyDone)
    assert asked_days(bench)[:3] == [week, week, Days(week.since + timedelta(days=4), week.until)]
    assert {key[1] for key in bench.stored(Level.AD)} == {str(day) for day in list(week)[4:]}


def test_limits_that_add_up_to_more_than_allowed_end_the_run(bench: SyncBench) -> None:
    bench.simulator.faults.add(*(limited(80000, 2446079, headers=in_minutes(1), nth=nth) for nth in (1, 2, 3)))
    report, failure = bench.attempt(1, budget=179, page_size=25, days=SETTLED)
    assert failure is not None
    assert report.waited_seconds == 120
    assert report.rate_limit_hits == 3


# Not allowed, or not possible.


def test_an_account_that_the_token_may_not_see_leaves_the_other(database_url: str) -> None:
    """Error 200."""
    auth = Auth(tokens={"stub": Grant(accounts=frozenset({NUMBER}))})
    bench = two_accounts(database_url, auth=auth)
    report, failure = bench.attempt(1)
    assert isinstance(failure, PartlyDone)
    assert failure.details["accounts"] == [OTHER]
    assert "error 200" in (report.accounts[1].reason or "")
    assert [one.status for one in report.accounts] == ["ok", "failed"]
    assert bench.stored(Level.AD)


def test_a_missing_permission_at_one_account_leaves_the_other(two: SyncBench) -> None:
    """Error 10, in the middle."""
    two.simulator.faults.add(limited(10, None, f"{OTHER}/insights$", times=1000))
    report, failure = two.attempt(1)
    assert isinstance(failure, PartlyDone)
    assert [one.status for one in report.accounts] == ["ok", "failed"]
    assert len([error for error in report.errors if "error 10" in error]) == len(Level)
    two.assert_true(WEEK)
    assert two.stored(Level.AD, account=OTHER) == {}


@pytest.mark.parametrize("code", [10, 200, 190])
def test_the_only_account_that_is_not_allowed_is_access_denied(bench: SyncBench, code: int) -> None:
    bench.simulator.faults.add(limited(code, None, "", times=1000))
    report, failure = bench.attempt(1)
    assert isinstance(failure, AccessDenied)
    assert failure.exit_code is ExitCode.DENIED
    assert (report.success, report.accounts[0].status) == (False, "failed")


def test_a_token_that_has_ended_is_named_as_such(database_url: str) -> None:
    bench = SyncBench.of(database_url, auth=Auth(tokens={"stub": Grant(problem=463)}))
    _, failure = bench.attempt(1)
    assert isinstance(failure, AccessDenied)
    assert "does not accept the token" in failure.message
    assert bench.calls == 1


def test_a_token_that_ends_on_the_way_is_not_tried_any_further(bench: SyncBench) -> None:
    """What was read stays."""
    bench.simulator.faults.add(limited(190, 463, nth=2, times=1000))
    options: dict[str, Any] = {"levels": (Level.AD,), "days": HALF_A_YEAR}
    _, failure = bench.attempt(1, **options)
    assert isinstance(failure, PartlyDone)
    assert "does not accept the token" in failure.message
    assert [entry.status for entry in bench.simulator.log.entries if entry.status != 200] == [400]
    bench.simulator.faults.clear()
    bench.simulator.log.entries.clear()
    bench.time.advance(minutes=1)
    bench.run(1, **options)
    assert asked_days(bench) == [SECOND_SLICE]
    assert bench.stored(Level.AD) == bench.truth(Level.AD, HALF_A_YEAR)


def test_a_token_that_ends_while_all_levels_are_read_is_told_once_for_each(bench: SyncBench) -> None:
    bench.simulator.faults.add(limited(190, 463, nth=4, times=1000))
    _, failure = bench.attempt(1, days=SETTLED, page_size=25)
    assert isinstance(failure, AccessDenied)
    assert sum(entry.status != 200 for entry in bench.simulator.log.entries) <= len(Level)
    bench.simulator.faults.clear()
    bench.time.advance(minutes=1)
    bench.run(1, days=SETTLED)
    bench.assert_true(SETTLED)


def test_a_window_that_is_too_old_is_named(bench: SyncBench) -> None:
    """Error 3018: beyond 37 months."""
    january = Days(date(2023, 1, 1), date(2023, 1, 31))
    report, failure = bench.attempt(1, days=january, max_days_back=2000)
    assert isinstance(failure, RefusedByMeta)
    assert failure.exit_code is ExitCode.REFUSED_BY_META
    assert "2023-01-01..2023-01-31" in failure.message
    assert "error 3018" in failure.message
    assert len(report.errors) == len(Level)
    assert bench.query("SELECT FROM metaads.sync_days") == []
