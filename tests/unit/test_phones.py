"""One form for all the ways in which a number is written."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaads_cli.models.phones import canonical, contact_key, plain_pattern

digits = st.text("0123456789", max_size=18)


@pytest.mark.parametrize(
    ("written", "region", "key"),
    [
        # Argentina: WhatsApp writes a 9, the operators do not, people write a trunk 0 and a 15.
        ("5491155550001", "AR", "5491155550001"),
        ("541155550001", None, "5491155550001"),
        ("+54 9 11 5555-0001", None, "5491155550001"),
        ("011 15 5555-0001", "AR", "5491155550001"),
        ("1155550001", "AR", "5491155550001"),
        # Mexico: with and without the 1.
        ("5215512345678", "MX", "5215512345678"),
        ("525512345678", None, "5215512345678"),
        ("55 1234 5678", "MX", "5215512345678"),
        # Brazil: with and without the ninth digit.
        ("551187654321", "BR", "5511987654321"),
        ("5511987654321", None, "5511987654321"),
        ("(11) 98765-4321", "BR", "5511987654321"),
        # A number of another country than the tenant's.
        ("+1 (305) 555-0100", "AR", "13055550100"),
        ("573005550003", "AR", "573005550003"),
        # None at all, and none that is known.
        ("no number", "AR", None),
        ("", "AR", None),
        ("1234", None, "1234"),
    ],
)
def test_a_number_is_compared_in_one_form(written: str, region: str | None, key: str | None) -> None:
    assert contact_key(written, region) == key


@pytest.mark.parametrize("number", ["541145550001", "5491145550001", "5255512345678", "551133334444", "56912345678"])
def test_the_form_of_a_form_is_itself(number: str) -> None:
    assert canonical(canonical(number)) == canonical(number)


@given(digits)
def test_any_digits_have_one_form(written: str) -> None:
    assert canonical(canonical(written)) == canonical(written)


@given(st.text(max_size=40), st.sampled_from(["AR", "MX", "BR", "ES", "ZZ", None]))
def test_no_text_is_too_odd(written: str, region: str | None) -> None:
    key = contact_key(written, region)
    assert key is None or (key.isascii() and key.isdecimal())


@pytest.mark.parametrize(
    ("region", "stored", "is_plain"),
    [
        ("AR", "5491155550001", True),
        ("AR", "+5491155550001", True),
        ("AR", "+13055550100", True),
        ("AR", "1155550001", False),
        ("AR", "+54 9 11 5555-0001", False),
        (None, "5491155550001", True),
        (None, "01155550001", False),
        ("ZZ", "5491155550001", True),
    ],
)
def test_what_a_look_up_of_digits_finds(region: str | None, stored: str, is_plain: bool) -> None:
    assert bool(re.fullmatch(plain_pattern(region), stored)) is is_plain
