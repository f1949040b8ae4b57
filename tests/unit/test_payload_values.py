"""Values of payloads: times, ids, phones and addresses as services write them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaads_cli.referrals.text import (
    EARLIEST,
    LATEST,
    Unusable,
    any_time,
    digits_or_none,
    email_or_none,
    id_or_none,
    stable_id,
    unix_time,
    unrounded,
    whatsapp_address,
)

HUGE = pytest.param(10**5000, id="a number of 5000 digits")
NOON = datetime(2025, 10, 9, 15, 0, tzinfo=UTC)
MOMENTS = st.datetimes(
    EARLIEST.replace(tzinfo=None), (LATEST - timedelta(seconds=1)).replace(tzinfo=None), timezones=st.just(UTC)
)


@pytest.mark.parametrize(
    "written",
    [
        1760022000,
        1760022000.0,
        "1760022000",
        " 1760022000 ",
        "1760022000.0",
        1760022000000,
        "1760022000000",
        {"low": 1760022000, "high": 0, "unsigned": True},
        {"low": -914_591_360, "high": 409, "unsigned": False},  # in milliseconds
        "2025-10-09T15:00:00Z",
        "2025-10-09T15:00:00.000Z",
        "2025-10-09T12:00:00-03:00",
        "2025-10-09T12:00:00-0300",
        "2025-10-09 12:00:00 -0300",
        "2025-10-09 15:00:00 UTC",
        "2025-10-09 15:00:00+00",
        "Thu, 09 Oct 2025 15:00:00 +0000",
    ],
)
def test_a_moment_is_read_however_it_is_written(written: Any) -> None:
    assert any_time(written, "time") == NOON


@pytest.mark.parametrize(
    "written",
    [
        None,
        True,
        [],
        {},
        {"low": "1"},
        {"low": 1.5, "high": 0},
        "",
        "soon",
        "1760022000s",
        "-1760022000",
        "1e9",
        0,
        1,
        -1,
        10**11,
        2**63,
        2**64,
        HUGE,
        float("nan"),
        float("inf"),
        "9" * 19,
        "9" * 5000,
        "٣" * 10,
        "2008-12-31T23:59:59Z",
        "2100-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2025-13-01T00:00:00Z",
        "2025-10-09T15:00:00+99:00",
        " " * 10**6 + "+0000",
        "2025-10-09",
        "2025-10-09T15:00:00",
        "2025-10-09 15:00",
        "Thu, 09 Oct 2025 15:00:00 GMT+3",
        "09/10/2025 15:00",
    ],
)
def test_what_is_no_moment_or_has_no_zone_is_refused(written: Any) -> None:
    with pytest.raises(Unusable, match=r"^time is .*; expected a time from 2009 to 2099"):
        any_time(written, "time")


@given(MOMENTS)
def test_seconds_and_milliseconds_are_never_taken_for_each_other(moment: datetime) -> None:
    seconds, milliseconds = moment.replace(microsecond=0), moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert any_time(int(seconds.timestamp()), "time") == seconds
    assert any_time(round(milliseconds.timestamp() * 1000), "time") == milliseconds
    assert any_time(moment.isoformat(), "time") == moment


@pytest.mark.parametrize("written", ["9" * 5000, HUGE, 2**63])
def test_seconds_beyond_all_time_are_refused(written: Any) -> None:
    with pytest.raises(Unusable, match=r"^time is '[0-9]{1,40}'; expected seconds since 1970$"):
        unix_time(written, "time")


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("whatsapp:+5491155550001", ("5491155550001", None)),
        ("+54 9 11", ("54911", None)),
        (54911, ("54911", None)),
        ("AR.13491208655302741918", (None, "AR.13491208655302741918")),
        ("whatsapp:AR.1", (None, "AR.1")),
        ("", (None, None)),
        (None, (None, None)),
        ("AR.", (None, None)),
        (True, (None, None)),
        (-5, (None, None)),
    ],
)
def test_an_address_is_a_number_or_a_user_id(written: Any, found: tuple[str | None, str | None]) -> None:
    assert whatsapp_address(written) == found


@pytest.mark.parametrize("written", [-1, 10**19, HUGE, 1.5, True, None, [], "1" * 20, "²" * 10, "ab"])
def test_what_has_no_digits_of_a_phone_number_is_none(written: Any) -> None:
    assert digits_or_none(written) is None


@pytest.mark.parametrize(
    ("written", "address"),
    [
        (" Ana@Example.com ", "Ana@Example.com"),
        ("ana", None),
        ("a b@c", None),
        ("a@b@c", None),
        ("@", None),
        (1, None),
        (None, None),
        (f"{'a' * 250}@b.co", None),
    ],
)
def test_an_e_mail_address_is_kept_as_it_was_written(written: Any, address: str | None) -> None:
    assert email_or_none(written) == address


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("5491155550001.0", "5491155550001"),
        (5491155550001.0, 5491155550001),
        (" 12 ", "12"),
        ("1.5", "1.5"),
        (7, 7),
        ("e10", "e10"),
        ("12.00", "12.00"),
        (None, None),
        ("12E", "12E"),
        ("a.0", "a.0"),
    ],
)
def test_a_cell_loses_what_a_spreadsheet_added(cell: Any, value: Any) -> None:
    assert unrounded(cell, "phone") == value


@pytest.mark.parametrize("cell", ["5.49116E+12", "5,49116E+12", "1.202e17", "6E14"])
def test_a_number_that_a_spreadsheet_rounded_is_refused(cell: str) -> None:
    with pytest.raises(Unusable, match=r"^phone is .*: a spreadsheet has rounded it; write it as text$"):
        unrounded(cell, "phone")


@pytest.mark.parametrize("value", [1.202e17, 1e300, float("nan")])
def test_a_fraction_is_no_id(value: float) -> None:
    with pytest.raises(Unusable, match=r"^ad_id is a fraction; expected an id$"):
        id_or_none(unrounded(value, "ad_id"), "ad_id")


def test_the_id_of_an_event_without_one_is_as_documented() -> None:
    # printf '["messenger", "7", null, 1760022000123]' | sha256sum
    assert stable_id("messenger", "7", None, at=NOON + timedelta(milliseconds=123)) == (
        "sha256:fdb3c75aec169865cc0ae7279c678912218755ab64e402b747ad41400e90f8d7"
    )


@given(st.lists(st.none() | st.text(max_size=3), max_size=3), st.lists(st.none() | st.text(max_size=3), max_size=3))
def test_other_parts_give_another_id(one: list[str | None], other: list[str | None]) -> None:
    assert (stable_id(*one, at=NOON) == stable_id(*other, at=NOON)) == (one == other)
