"""The efficiency score: worked out by hand, and what holds whatever the figures are."""

from dataclasses import dataclass
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaads_cli.models.performance import PerformanceSummary
from metaads_cli.tasks.performance.efficiency import LEAST_IMPRESSIONS, WEIGHTS, efficiency
from metaads_cli.tasks.performance.figures import Sums

amounts = st.none() | st.decimals(0, 10_000, places=2)
counts = st.none() | st.integers(0, 500)
sums = st.builds(
    Sums,
    spend=amounts,
    impressions=st.none() | st.integers(0, 3 * LEAST_IMPRESSIONS),
    clicks=counts,
    conversions=counts.map(lambda count: None if count is None else Decimal(count)),
    revenue=amounts,
)
rivals = st.lists(sums, max_size=6)


def of(spend: int, impressions: int, clicks: int, conversions: int | None = None, revenue: int | None = None) -> Sums:
    return Sums(
        Decimal(spend),
        impressions,
        clicks,
        None if conversions is None else Decimal(conversions),
        None if revenue is None else Decimal(revenue),
    )


def percentiles(summary: PerformanceSummary) -> dict[str, Decimal | None]:
    return {part.metric: part.percentile for part in summary.parts}


def test_the_score_is_the_weighted_share_of_others_that_do_worse() -> None:
    own = of(100, 10_000, 200, 10, 300)  # CTR 2 %, CPC 0.5, 10 a conversion, ROAS 3
    others = [of(100, 10_000, 100, 5, 300), of(100, 10_000, 300, 20, 100)]
    found = efficiency(own, others)
    # CTR, CPC and cost: better than one of two; ROAS: equal to one, better than the other.
    assert percentiles(found) == {
        "ctr": Decimal("0.5"), "cpc": Decimal("0.5"), "cost_per_conversion": Decimal("0.5"), "roas": Decimal("0.75"),
    }  # fmt: skip
    assert found.efficiency_score == Decimal("56.3")  # 50 * 0.75 + 75 * 0.25 = 56.25
    assert (found.reason, found.compared_with) == (None, 2)


def test_weights_are_shared_by_what_is_known() -> None:
    found = efficiency(of(100, 10_000, 300), [of(100, 10_000, 200, 1, 1), of(100, 10_000, 100, 1, 1)])
    assert {part.metric: part.weight for part in found.parts} == {
        "ctr": Decimal("0.5"), "cpc": Decimal("0.5"), "cost_per_conversion": None, "roas": None,
    }  # fmt: skip
    assert found.efficiency_score == 100


def test_money_spent_for_no_conversion_at_all_is_the_worst_not_unknown() -> None:
    found = efficiency(of(100, 10_000, 100, 0), [of(100, 10_000, 100, 1), of(900, 10_000, 100, 1)])
    assert percentiles(found)["cost_per_conversion"] == 0
    assert {part.metric: part.value for part in found.parts}["cost_per_conversion"] is None


@pytest.mark.parametrize(
    ("own", "others", "reason"),
    [
        (of(1, 999, 9), [of(1, 9999, 9)] * 5, "fewer than 1,000 impressions"),
        (Sums(), [of(1, 9999, 9)] * 5, "fewer than 1,000 impressions"),
        (of(1, 1000, 9), [of(1, 9999, 9), of(1, 999, 9)], "fewer than 2 others of the account have 1,000 impressions"),
        (of(0, 1000, 9), [of(1, 9999, 9)] * 2, "fewer than 2 of the 4 rates can be compared"),
        (of(1, 1000, 9, 1, 1), [of(0, 9999, 9)] * 2, "fewer than 2 of the 4 rates can be compared"),
    ],
)
def test_too_little_data_has_no_score_and_says_why(own: Sums, others: list[Sums], reason: str) -> None:
    found = efficiency(own, others)
    assert (found.efficiency_score, found.reason) == (None, reason)


@given(sums, rivals)
def test_a_score_is_between_0_and_100_or_has_a_reason(own: Sums, others: list[Sums]) -> None:
    found = efficiency(own, others)
    assert (found.efficiency_score is None) == (found.reason is not None)
    assert found.efficiency_score is None or 0 <= found.efficiency_score <= 100
    weights = [part.weight for part in found.parts if part.weight is not None]
    assert not weights or abs(sum(weights) - 1) < Decimal("0.001")
    assert [part.metric for part in found.parts] == list(WEIGHTS)


@dataclass(frozen=True)
class Pair:
    before: Sums
    after: Sums


@st.composite
def improvements(draw: st.DrawFn) -> Pair:
    """Figures that are all known, and the same with more results for the same money."""
    before = of(draw(st.integers(1, 999)), draw(st.integers(1000, 3000)), *(draw(st.integers(0, 500)) for _ in "123"))
    more = draw(st.fixed_dictionaries({name: st.integers(0, 300) for name in ("clicks", "conversions", "revenue")}))
    return Pair(before, msgspec.structs.replace(before, **{name: getattr(before, name) + more[name] for name in more}))


@given(improvements(), rivals)
def test_more_results_for_the_same_money_never_lower_the_score(pair: Pair, others: list[Sums]) -> None:
    before, after = efficiency(pair.before, others), efficiency(pair.after, others)
    assert (before.efficiency_score is None) == (after.efficiency_score is None)
    assert before.efficiency_score is None or after.efficiency_score is not None
    if before.efficiency_score is not None and after.efficiency_score is not None:
        assert after.efficiency_score >= before.efficiency_score


@given(sums, rivals, st.decimals("0.0001", 10_000, places=4))
def test_the_score_is_the_same_in_any_currency(own: Sums, others: list[Sums], course: Decimal) -> None:
    def exchanged(one: Sums) -> Sums:
        spend, revenue = (None if amount is None else amount * course for amount in (one.spend, one.revenue))
        return msgspec.structs.replace(one, spend=spend, revenue=revenue)

    there = efficiency(exchanged(own), [exchanged(other) for other in others])
    here = efficiency(own, others)
    assert there.efficiency_score == here.efficiency_score
    assert percentiles(there) == percentiles(here)


@given(sums, rivals)
def test_the_order_of_the_others_says_nothing(own: Sums, others: list[Sums]) -> None:
    assert efficiency(own, others) == efficiency(own, others[::-1])
