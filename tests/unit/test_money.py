"""Amounts: exact, and of as many minor units as Meta counts."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaads_cli.graph.simulator import facts
from metaads_cli.models.money import from_minor_units, minor_units_per_major

# Every currency that Meta's table lists as one without minor units, and some of the others.
WITHOUT = ("CLP", "COP", "CRC", "HUF", "IDR", "ISK", "JPY", "KRW", "PYG", "TWD", "VND")
WITH = ("ARS", "BRL", "EUR", "MXN", "PEN", "USD", "UYU", "BOB", "GTQ", "GBP", "CHF")


@pytest.mark.parametrize("currency", [*WITHOUT, *WITH])
def test_minor_units_are_those_of_the_published_table(currency: str) -> None:
    assert facts.known_currency(currency)
    assert minor_units_per_major(currency) == facts.currency_offset(currency) == (1 if currency in WITHOUT else 100)


def test_every_published_currency_has_the_published_offset() -> None:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    known = [code for a in letters for b in letters for c in letters if facts.known_currency(code := a + b + c)]
    assert len(known) > 40
    assert {code: minor_units_per_major(code) for code in known} == {c: facts.currency_offset(c) for c in known}


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [(1050, "ARS", "10.5"), (1050, "COP", "1050"), (1, "USD", "0.01"), (19990, "CLP", "19990"), (0, "ARS", "0")],
)
def test_budgets_are_turned_into_major_units(amount: int, currency: str, expected: str) -> None:
    assert from_minor_units(amount, currency) == Decimal(expected)


@given(st.integers(-(10**24), 10**24), st.sampled_from((*WITHOUT, *WITH)))
def test_no_amount_loses_a_digit(amount: int, currency: str) -> None:
    assert from_minor_units(amount, currency) * minor_units_per_major(currency) == amount
