"""Limits: slow down before, wait as long as told, never longer than allowed. On a clock of our own."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fake_clock import Clock
from metaads_cli.graph.failures import Failure, FailureClass
from metaads_cli.graph.governor import Governor, RateLimited, documented_block
from metaads_cli.graph.usage import Usage, read_usage


def governor(**options: object) -> tuple[Governor, Clock]:
    clock = Clock()
    return Governor(clock=clock, jitter=lambda _low, high: high, **options), clock  # type: ignore[arg-type]


def limit(code: int, subcode: int | None = None) -> Failure:
    return Failure(FailureClass.RATE_LIMIT, 400, code, subcode)


def admit(one: Governor, account: str | None = "act_1") -> None:
    asyncio.run(one.admit(account))


def test_without_trouble_nothing_waits() -> None:
    one, clock = governor()
    one.observe("act_1", Usage(account_percent=74.9, app_percent=10))
    admit(one)
    assert clock.sleeps == []


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"X-Business-Use-Case-Usage": json.dumps({"1": [{"estimated_time_to_regain_access": 19}]})}, 19 * 60),
        ({"x-ad-account-usage": json.dumps({"acc_id_util_pct": 100, "reset_time_duration": 100})}, 100),
        ({"Retry-After": "7"}, 7),
        ({}, 300),
    ],
)
def test_a_limit_is_waited_for_as_long_as_the_server_says(headers: dict[str, str], seconds: float) -> None:
    one, clock = governor(budget_seconds=3600)
    one.refused("act_1", limit(17, 2446079), read_usage(headers))
    admit(one)
    assert clock.sleeps == [seconds]
    assert (one.waited_seconds, one.rate_limit_hits) == (seconds, 1)


@pytest.mark.parametrize(
    ("code", "subcode", "seconds"),
    [
        (17, 2446079, 300),
        (613, 1487742, 300),
        (613, 5044001, 2),
        (80004, 2446079, 60),
        (4, 1504022, 60),
        (613, None, 300),
    ],
)
def test_without_a_hint_the_documented_block_is_waited_for(code: int, subcode: int | None, seconds: float) -> None:
    assert documented_block(limit(code, subcode)) == seconds


def test_each_further_refusal_doubles_the_wait_up_to_a_cap() -> None:
    one, clock = governor(budget_seconds=1e6)
    for _ in range(7):
        one.refused("act_1", limit(80000), Usage())
        admit(one)
    assert clock.sleeps == [60, 120, 240, 480, 900, 900, 900]


def test_an_answer_ends_the_doubling() -> None:
    one, clock = governor(budget_seconds=1e6)
    for _ in range(2):
        one.refused("act_1", limit(80000), Usage())
        admit(one)
        one.observe("act_1", Usage())
    assert clock.sleeps == [60, 60]


def test_the_first_wait_can_be_configured_but_a_hint_goes_before_it() -> None:
    one, clock = governor(first_wait_seconds=5, budget_seconds=1e6)
    one.refused("act_1", limit(17, 2446079), Usage())
    admit(one)
    one.refused("act_1", limit(17, 2446079), Usage(regain_seconds=42))
    admit(one)
    assert clock.sleeps == [5, 42]


def test_one_accounts_limit_does_not_stop_another() -> None:
    one, clock = governor()
    one.refused("act_1", limit(80004), Usage(regain_seconds=600))
    admit(one, "act_2")
    assert clock.sleeps == []


@pytest.mark.parametrize("code", [4, 32, 341])
def test_the_apps_limit_stops_all(code: int) -> None:
    one, clock = governor()
    one.refused("act_1", limit(code), Usage(regain_seconds=60))
    admit(one, "act_2")
    assert clock.sleeps == [60]


def test_it_slows_down_before_the_limit() -> None:
    one, clock = governor()
    for percent in (75, 90, 100):
        one.observe("act_1", Usage(account_percent=percent))
        admit(one)
    assert clock.sleeps == [1.0, pytest.approx(11.44), 30.0]
    assert one.rate_limit_hits == 0


def test_a_wait_beyond_what_is_allowed_is_refused_at_once_with_the_reason() -> None:
    one, clock = governor(budget_seconds=100)
    one.refused("act_1", limit(80004, 2446079), Usage(regain_seconds=101))
    with pytest.raises(RateLimited, match=r"rate limit of act_1 \(error 80004/2446079\) would take 101 s") as caught:
        admit(one)
    assert clock.sleeps == []
    assert "--max-wait" in (caught.value.hint or "")


def test_what_is_allowed_counts_for_all_waits_of_an_account_together() -> None:
    one, clock = governor(budget_seconds=100)
    one.refused("act_1", limit(80004), Usage(regain_seconds=60))
    admit(one)
    one.refused("act_1", limit(80004), Usage(regain_seconds=60))
    with pytest.raises(RateLimited):
        admit(one)
    one.refused("act_2", limit(80004), Usage(regain_seconds=60))
    admit(one, "act_2")
    assert clock.sleeps == [60, 60]


def test_a_wait_is_told_with_its_reason() -> None:
    told: list[tuple[float, str]] = []
    one, _ = governor(on_wait=lambda seconds, reason: told.append((seconds, reason)))
    one.refused("act_1", limit(17, 2446079), Usage(regain_seconds=30))
    admit(one)
    assert told == [(30, "rate limit of act_1 (error 17/2446079)")]


def test_cancelling_ends_a_wait_at_once() -> None:
    async def cancel_while_waiting() -> None:
        one = Governor(budget_seconds=10_000)
        one.refused("act_1", limit(80004), Usage(regain_seconds=5_000))
        task = asyncio.create_task(one.admit("act_1"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(cancel_while_waiting(), 5))


def test_the_usage_is_the_highest_of_all_entries() -> None:
    business = {
        "1": [{"call_count": 10, "total_cputime": 20, "total_time": 30, "estimated_time_to_regain_access": 0}],
        "2": [{"call_count": 81}, {"total_time": 5, "estimated_time_to_regain_access": 2}],
    }
    usage = read_usage(
        {
            "X-App-Usage": '{"call_count":28,"total_time":25,"total_cputime":29}',
            "X-Ad-Account-Usage": '{"acc_id_util_pct":9.67,"reset_time_duration":100}',
            "X-Business-Use-Case-Usage": json.dumps(business),
            "X-FB-Ads-Insights-Throttle": '{"app_id_util_pct":40.5,"acc_id_util_pct":10}',
        }
    )
    assert usage == Usage(account_percent=81, app_percent=40.5, regain_seconds=120)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "X-App-Usage",
                "x-ad-account-usage",
                "X-Business-Use-Case-Usage",
                "X-FB-Ads-Insights-Throttle",
                "Retry-After",
            ]
        ),
        st.one_of(
            st.text(),
            st.recursive(
                st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
                lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            ).map(json.dumps),
        ),
    )
)
def test_a_malformed_header_is_passed_over(headers: dict[str, str]) -> None:
    usage = read_usage(headers)
    assert min(usage.account_percent, usage.app_percent, usage.regain_seconds) >= 0
