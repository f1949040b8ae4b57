"""Budgets by cost per lead: what is moved, what never is."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaads_cli.models.money import from_minor_units, to_minor_units
from metaads_cli.tasks.orchestrate.budgets import AdSetFigures, suggest

CURRENCIES = st.sampled_from(["ARS", "CLP", "USD", "JPY"])


def figures(key: str, budget: str | None, spend: str, leads: int, days: int = 14) -> AdSetFigures:
    amount = None if budget is None else Decimal(budget)
    return AdSetFigures(key=key, name=key, budget=amount, spend=Decimal(spend), leads=Decimal(leads), days=days)


def proposed(*ad_sets: AdSetFigures, minimum: str = "1", currency: str = "ARS") -> dict[str, Decimal | None]:
    found = suggest(ad_sets, currency, Decimal(minimum))
    return {one.figures.key: one.proposed for one in found.suggestions}


def test_money_goes_where_leads_are_cheaper() -> None:
    assert proposed(figures("a", "1000", "14000", 40), figures("b", "1000", "14000", 20)) == {
        "a": Decimal(1200), "b": Decimal(800),
    }  # fmt: skip


def test_the_same_price_moves_nothing() -> None:
    found = suggest([figures("a", "1000", "100", 10), figures("b", "3000", "300", 30)], "ARS", Decimal(1))
    assert (found.changed, found.reason) == ([], None)


def test_few_leads_prove_little() -> None:
    few = proposed(figures("a", "1000.00", "1400", 6), figures("b", "1000.00", "1400", 5))
    many = proposed(figures("a", "1000.00", "140000", 600), figures("b", "1000.00", "140000", 500))
    assert Decimal(1000) < (few["a"] or 0) < (many["a"] or 0) < Decimal(1200)


def test_no_lead_at_all_loses_a_fifth_at_most() -> None:
    assert proposed(figures("a", "1000", "14000", 100), figures("b", "1000", "14000", 0))["b"] == Decimal(800)


@pytest.mark.parametrize(
    ("ad_sets", "reason"),
    [
        ([figures("a", "10", "100", 50)], "one ad set only"),
        ([figures("a", None, "100", 50), figures("b", None, "100", 50)], "no ad set has a daily budget"),
        ([figures("a", "10", "100", 5), figures("b", "10", "100", 4)], "9 leads, and 10 are needed"),
        ([figures("a", "10", "100", 50), figures("b", "10", "100", 40, days=6)], "fewer than 2 ad sets"),
        ([figures("a", "10", "0", 0, days=0), figures("b", "10", "0", 0, days=0)], "too little data"),
        ([figures("a", "10", "0", 50), figures("b", "10", "0", 50)], "too little data"),
    ],
)
def test_too_little_data_moves_nothing_and_says_so(ad_sets: list[AdSetFigures], reason: str) -> None:
    found = suggest(ad_sets, "ARS", Decimal(1))
    assert found.changed == []
    assert reason in (found.reason or "")


def test_who_cannot_be_judged_keeps_the_budget() -> None:
    found = suggest(
        [figures("a", "1000", "9000", 50), figures("b", "1000", "9000", 10), figures("c", "500", "900", 9, days=3)],
        "ARS",
        Decimal(1),
    )
    last = found.suggestions[-1]
    assert (last.proposed, last.note) == (Decimal(500), "spent on 3 days only")
    assert len(found.changed) == 2


def test_a_budget_in_whole_units_stays_in_whole_units() -> None:
    ad_sets = [figures("a", "1000.00", "9000", 50), figures("b", "777.00", "9000", 31), figures("c", "50", "900", 9)]
    found = suggest(ad_sets, "ARS", Decimal(1))
    assert found.changed
    assert all(one.proposed == int(one.proposed or 0) for one in found.suggestions)


@st.composite
def campaigns(draw: st.DrawFn) -> tuple[str, Decimal, list[AdSetFigures]]:
    currency = draw(CURRENCIES)
    least = draw(st.integers(1, 10**6))
    ad_sets = [
        AdSetFigures(
            key=str(number),
            name="x",
            budget=from_minor_units(draw(st.integers(least, least * 1000)), currency),
            spend=draw(st.decimals(0, 10**9, places=2)),
            leads=Decimal(draw(st.integers(0, 5000))),
            days=draw(st.integers(0, 14)),
        )
        for number in range(draw(st.integers(1, 8)))
    ]
    return currency, from_minor_units(least, currency), ad_sets


@settings(deadline=None, max_examples=300)
@given(campaigns())
def test_the_total_stays_and_no_limit_is_passed(one: tuple[str, Decimal, list[AdSetFigures]]) -> None:
    currency, minimum, ad_sets = one
    found = suggest(ad_sets, currency, minimum)
    before, after = ([part for part in parts if part is not None] for parts in (
        [one.budget for one in ad_sets], [one.proposed for one in found.suggestions]))  # fmt: skip
    assert sum(after) == sum(before)
    for old, new in zip(before, after, strict=True):
        assert new >= minimum
        assert abs(new - old) * 100 <= old * 20
        assert to_minor_units(new, currency) > 0


@settings(deadline=None)
@given(campaigns())
def test_of_two_equal_budgets_the_cheaper_leads_get_no_less(one: tuple[str, Decimal, list[AdSetFigures]]) -> None:
    currency, minimum, (first, *_) = one
    cheap, dear = (
        AdSetFigures(key=key, name=key, budget=first.budget, spend=Decimal(1000), leads=Decimal(leads), days=14)
        for key, leads in (("cheap", 80), ("dear", 20))
    )
    found = suggest([dear, cheap], currency, minimum)
    amounts = {one.figures.key: one.proposed or Decimal(0) for one in found.suggestions}
    assert amounts["cheap"] >= amounts["dear"]
