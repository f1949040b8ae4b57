"""Progress in a log file: a line now and then, with what is done, what is left and what became of it."""

import pytest
from freezegun import freeze_time

from metaads_cli.console import Console


def test_a_line_every_ten_seconds_tells_share_and_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    with freeze_time() as clock, Console(verbosity=1).progress("Reading", 40_000_000, of_bytes=True) as progress:
        for done in (5_000_000, 10_000_000, 20_000_000):
            clock.tick(6)
            progress.update(done, f"{done} events")
        clock.tick(10)
        progress.update(40_000_000, "all events")
    assert capsys.readouterr().err.splitlines() == [
        "Reading: 10 MB 25 %, 36 s left; 10000000 events",
        "Reading: 40 MB 100 %, 0 s left; all events",
    ]


def test_without_a_known_end_there_is_no_share(capsys: pytest.CaptureFixture[str]) -> None:
    with freeze_time() as clock, Console(verbosity=1).progress("Reading", None, of_bytes=True) as progress:
        clock.tick(11)
        progress.update(2_500_000, "7 events")
    with freeze_time() as clock, Console(verbosity=1).progress("Asking", None) as progress:
        clock.tick(11)
        progress.update(3, "3 calls")
    assert capsys.readouterr().err == "Reading: 2 MB 7 events\nAsking: 3 calls\n"


def test_without_v_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with freeze_time() as clock, Console().progress("Reading", 10) as progress:
        clock.tick(60)
        progress.update(5, "5 events")
    assert capsys.readouterr().err == ""
