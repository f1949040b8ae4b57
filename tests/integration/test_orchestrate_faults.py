"""`orchestrate` against a Meta that fails: every fault at every request of a file of 1 campaign, 2 ad sets, 6 ads."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from metaads_cli.errors import AccessDenied, PartlyDone, RefusedByMeta, Temporary
from metaads_cli.models.campaign import Kind
from orchestrating import Bench, Strike, campaign_file, dropped, empty, html, is_read, is_write, refused

Act = Callable[[httpx.Request], httpx.Response]

# The image, then 1 campaign, 2 ad sets, 6 creatives, 6 ads, then 9 activations.
WRITES = 25
FOR_GOOD = 10**6
LOST: dict[str, tuple[Act, bool]] = {
    "dropped before": (dropped, False),
    "dropped after": (dropped, True),
    "HTML before": (html, False),
    "HTML after": (html, True),
    "code 1 before": (refused(1, http=500), False),
    "code 1 after": (refused(1, http=500), True),
    "code 2 before": (refused(2, http=500), False),
    "code 2 after": (refused(2, http=500), True),
    "an empty object after": (empty, True),
}
LIMITS = [(4, None), (17, 2446079), (613, 1487742), (613, 5044001), (80004, 2446079)]
REFUSALS = {100: RefusedByMeta, 190: AccessDenied, 200: AccessDenied, 368: RefusedByMeta}
READ_FAULTS: dict[str, Act] = {
    "dropped": dropped,
    "HTML": html,
    "an empty object": empty,
    "17": refused(17, 2446079),
    "190": refused(190),
}


@pytest.fixture
def bench(database_url: str, tmp_path: Path) -> Bench:
    return Bench(database_url, tmp_path)


@pytest.fixture
def text(tmp_path: Path) -> str:
    return campaign_file(tmp_path)


def assert_complete(bench: Bench, text: str) -> None:
    bench.assert_exactly_once(text, status="ACTIVE")
    bench.assert_nothing_to_do(text, publish=True)


def test_the_run_without_a_fault_sends_each_write_once(bench: Bench, text: str) -> None:
    bench.done(text, publish=True)
    assert len(bench.writes) == WRITES
    assert [len(bench.objects(kind)) for kind in Kind] == [1, 2, 6, 6]
    assert {step[3] for step in bench.steps()} == {"done"}
    assert bench.run_state() == "done"
    assert_complete(bench, text)


@pytest.mark.parametrize("fault", LOST)
def test_a_lost_answer_to_any_write_is_settled_in_the_same_run(bench: Bench, text: str, fault: str) -> None:
    act, after = LOST[fault]
    for number in range(1, WRITES + 1):
        bench.renew()
        strike = Strike(number, act, after=after, chosen=is_write)
        if (number, act) == (1, empty):  # no hash, no creative: sending the image again does no harm
            assert isinstance(bench.failed(text, publish=True, wrap=strike), PartlyDone)
            bench.done(text, publish=True)
        else:
            bench.done(text, publish=True, wrap=strike)
            # What took no effect was sent again, and nothing else.
            assert len(bench.writes) == WRITES + (number == 1 and after)
        assert len(strike.struck) == 1
        assert_complete(bench, text)


@pytest.mark.parametrize(("code", "subcode"), LIMITS)
def test_a_limit_at_any_write_is_waited_for(bench: Bench, text: str, code: int, subcode: int | None) -> None:
    for number in range(1, WRITES + 1):
        bench.renew()
        slept = len(bench.clock.sleeps)
        bench.done(text, publish=True, wrap=Strike(number, refused(code, subcode), chosen=is_write))
        assert len(bench.clock.sleeps) == slept + 1
        assert len(bench.writes) == WRITES
        assert_complete(bench, text)


def test_a_limit_that_lasts_too_long_at_any_write_ends_the_run_and_the_next_goes_on(bench: Bench, text: str) -> None:
    for number in range(1, WRITES + 1):
        bench.renew()
        strike = Strike(number, refused(80004, 2446079), chosen=is_write)
        assert isinstance(bench.failed(text, publish=True, wrap=strike, budget=10), PartlyDone)
        assert len(bench.writes) == number - 1
        bench.done(text, publish=True)
        assert len(bench.writes) == WRITES
        assert_complete(bench, text)


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refusal_of_any_write_ends_the_run_and_the_next_goes_on(bench: Bench, text: str, code: int) -> None:
    for number in range(1, WRITES + 1):
        bench.renew()
        failure = bench.failed(text, publish=True, wrap=Strike(number, refused(code), chosen=is_write))
        nothing_made = number <= 2 and REFUSALS[code] is AccessDenied
        assert type(failure) is (AccessDenied if nothing_made else PartlyDone)
        assert f"error {code}" in failure.message
        assert len(bench.writes) == number - 1
        assert bench.run_state() == "failed"
        bench.done(text, publish=True, must_resume=True)
        assert len(bench.writes) == WRITES
        assert_complete(bench, text)


@pytest.mark.parametrize("fault", READ_FAULTS)
def test_a_fault_of_the_look_for_a_lost_write_doubles_nothing(bench: Bench, text: str, fault: str) -> None:
    for number in range(2, WRITES + 1):
        bench.renew()
        lost = Strike(number, dropped, after=True, chosen=is_write)
        look = Strike(2, READ_FAULTS[fault], chosen=is_read)
        _report, failure = bench.run(text, publish=True, wrap=lambda inner, a=lost, b=look: a(b(inner)))
        assert (len(lost.struck), len(look.struck)) == (1, 1)
        assert type(failure) is {"190": PartlyDone}.get(fault, type(None)) or (number, fault) == (2, "190")
        bench.done(text, publish=True)
        assert len(bench.writes) == WRITES
        assert_complete(bench, text)


@pytest.mark.parametrize("fault", ["dropped", "190"])
def test_a_lost_write_that_cannot_be_looked_for_is_looked_for_by_the_next_run(
    bench: Bench, text: str, fault: str
) -> None:
    for number in range(2, WRITES + 1):
        bench.renew()
        lost = Strike(number, dropped, after=True, chosen=is_write)
        look = Strike(2, READ_FAULTS[fault], chosen=is_read, times=FOR_GOOD)
        failure = bench.failed(text, publish=True, wrap=lambda inner, a=lost, b=look: a(b(inner)))
        assert type(failure) is (AccessDenied if (number, fault) == (2, "190") else PartlyDone)
        assert [step[3] for step in bench.steps()].count("intended") == 1
        bench.done(text, publish=True)
        assert len(bench.writes) == WRITES
        assert_complete(bench, text)


@pytest.mark.parametrize("times", [1, FOR_GOOD])
@pytest.mark.parametrize("fault", READ_FAULTS)
def test_a_fault_of_any_read_that_a_plan_is_made_from_writes_nothing(
    bench: Bench, text: str, fault: str, times: int
) -> None:
    bench.done(text)
    for number in range(1, 6):
        bench.forget()
        strike = Strike(number, READ_FAULTS[fault], chosen=is_read, times=times)
        _report, failure = bench.run(text, wrap=strike)
        assert strike.struck
        assert bench.writes == []
        if (number, fault) == (1, "an empty object"):
            assert type(failure) is RefusedByMeta  # an account without a status is not active
        elif times == FOR_GOOD or fault == "190":
            assert isinstance(failure, AccessDenied if fault == "190" else Temporary)
        else:
            assert failure is None
        bench.assert_nothing_to_do(text)
    bench.assert_exactly_once(text)


@pytest.mark.parametrize("times", [1, FOR_GOOD])
@pytest.mark.parametrize("fault", READ_FAULTS)
def test_a_fault_after_the_last_write_leaves_a_campaign_that_is_done(
    database_url: str, tmp_path: Path, fault: str, times: int
) -> None:
    bench, text = Bench(database_url, tmp_path, syncs=True), campaign_file(tmp_path, ad_sets=1, ads=1)
    bench.done(text)
    reads = len(bench.log) - len(bench.writes)
    assert reads > 5
    for number in range(2, reads + 1):
        bench.renew()
        strike = Strike(number, READ_FAULTS[fault], chosen=is_read, times=times)
        report, failure = bench.run(text, wrap=strike)
        assert strike.struck
        assert failure is None, failure.message
        assert report is not None
        assert report.overall_success
        assert bench.run_state() == "done"
        bench.assert_exactly_once(text)
        bench.assert_nothing_to_do(text)
