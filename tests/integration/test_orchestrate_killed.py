"""`orchestrate` that is ended at any request and at any commit, and run again: there is exactly one of each object."""

from collections.abc import Callable
from pathlib import Path

import pytest

from metaads_cli.models.campaign import Kind
from orchestrating import Bench, Mortal, Strike, campaign_file, dropped, edited, is_write, refused

# Of a run over 1 campaign, 2 ad sets, 6 creatives, 6 ads, published: the account is read, then come 25 writes. Each
# write has an intent and an outcome; the rest are reads of the journal.
REQUESTS = 26
COMMITS = 62


@pytest.fixture
def bench(database_url: str, tmp_path: Path) -> Bench:
    return Bench(database_url, tmp_path)


@pytest.fixture
def text(tmp_path: Path) -> str:
    return campaign_file(tmp_path)


def assert_comes_to_its_end(bench: Bench, text: str, **options: bool) -> None:
    """Run again it makes what is missing, and a third time nothing."""
    bench.done(text, publish=True, **options)
    bench.assert_exactly_once(text, status="ACTIVE")
    assert bench.run_state() == "done"
    bench.assert_nothing_to_do(text, publish=True, **options)


@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_request(bench: Bench, text: str, after: bool) -> None:
    for number in range(1, REQUESTS + 1):
        bench.renew()
        assert bench.killed(text, publish=True, wrap=Mortal(number, after))
        assert len(bench.writes) == max(0, number - (1 if after else 2))
        assert_comes_to_its_end(bench, text)
    assert not bench.killed(text, publish=True, wrap=Mortal(REQUESTS + 1, after))


@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_commit(bench: Bench, text: str, after: bool) -> None:
    for number in range(1, COMMITS + 1):
        bench.renew()
        assert bench.killed(text, publish=True, dies=(number, after))
        assert_comes_to_its_end(bench, text)
    bench.renew()
    assert not bench.killed(text, publish=True, dies=(COMMITS + 1, after))


def test_killed_again_and_again(bench: Bench, text: str) -> None:
    """Each run lives for some requests only, and the one after it for some more."""
    killed = 0
    while bench.killed(text, publish=True, wrap=Mortal(8 + killed % 4, after=killed % 2 == 0)):
        killed += 1
        assert killed < 60
    assert killed > 4
    assert_comes_to_its_end(bench, text)


def test_killed_while_it_looks_for_a_lost_write(bench: Bench, text: str) -> None:
    for number in range(2, REQUESTS):
        bench.renew()
        lost = Strike(number, dropped, after=True, chosen=is_write)
        look = Mortal(number + 2, after=number % 2 == 0)
        assert bench.killed(text, publish=True, wrap=lambda inner, a=lost, b=look: b(a(inner)))
        assert_comes_to_its_end(bench, text)


# --- while things are changed

CHANGES = (
    ("name: Verano", "name: Otoño"),
    ("name: Set a", "name: Set uno"),
    ("daily: 45001.00", "daily: 46000.00"),
    ("age: 25-45,", "age: 30-50,"),
    ("end: 2027-02-20T23:00", "end: 2027-02-25T23:00"),
    ("headline: Promesa 1}", "headline: Otra}"),
)
# The campaign's, two ad sets', two new creatives for two ads; and ads are named after their ad set: the other ad set's
# name is in three ads and two creatives.
UPDATES = 11


def test_killed_at_any_request_of_an_update(bench: Bench, text: str) -> None:
    changed = edited(text, *CHANGES)
    for after in (False, True):
        for number in range(1, UPDATES + 1):
            bench.renew()
            bench.done(text, publish=True)
            bench.forget()
            assert bench.killed(changed, publish=True, wrap=Mortal(number, after, chosen=is_write))
            bench.done(changed, publish=True)
            assert len(bench.writes) == UPDATES
            bench.assert_exactly_once(changed, status="ACTIVE")
            bench.assert_nothing_to_do(changed, publish=True)


def test_killed_at_any_commit_of_an_update(bench: Bench, text: str) -> None:
    changed = edited(text, *CHANGES)
    number, going_on = 0, True
    while going_on:
        number += 1
        for after in (False, True):
            bench.renew()
            bench.done(text, publish=True)
            going_on = bench.killed(changed, publish=True, dies=(number, after))
            assert_comes_to_its_end(bench, changed)
    assert 2 * UPDATES < number < 40


def test_killed_in_the_first_run_and_changed_before_the_second(bench: Bench, text: str) -> None:
    changed = edited(text, *CHANGES)
    for after in (False, True):
        for number in range(1, REQUESTS + 1):
            bench.renew()
            assert bench.killed(text, publish=True, wrap=Mortal(number, after))
            assert_comes_to_its_end(bench, changed)


def test_killed_in_a_change_that_is_taken_back(bench: Bench, text: str, tmp_path: Path) -> None:
    """What the file named for a while is left, if it is there, and the journal knows."""
    smaller = campaign_file(tmp_path, ad_sets=1, ads=3)
    for after in (False, True):
        for number in range(1, 12):
            bench.renew()
            bench.done(smaller, publish=True)
            assert bench.killed(text, publish=True, wrap=Mortal(number, after, chosen=is_write))
            bench.forget()
            bench.done(smaller, publish=True)
            assert bench.writes == []
            bench.assert_exactly_once(smaller, status="ACTIVE")
            assert bench.run_state() == "done"
            assert_comes_to_its_end(bench, text)


# --- while something is made anew

REMOVED: dict[str, Callable[[Bench], None]] = {
    "campaign": lambda bench: bench.by_hand(bench.one(Kind.CAMPAIGN, "Verano"), status="DELETED"),
    "ad set": lambda bench: bench.by_hand(bench.one(Kind.AD_SET, "Set b"), status="DELETED"),
    "ad": lambda bench: bench.by_hand(bench.objects(Kind.AD)[0], status="DELETED"),
}


@pytest.mark.parametrize("removed", REMOVED)
def test_killed_while_it_makes_anew_what_was_deleted(bench: Bench, text: str, removed: str) -> None:
    number, going_on = 0, True
    while going_on:
        number += 1
        for after in (False, True):
            bench.renew()
            bench.done(text, publish=True)
            REMOVED[removed](bench)
            going_on = bench.killed(text, publish=True, take_file=True, wrap=Mortal(number, after, chosen=is_write))
            assert_comes_to_its_end(bench, text, take_file=True)
    assert number > 2


# --- while a failed run deletes what it made


# The image and 15 creations; the first activation is refused, then 15 objects are deleted.
REFUSED = 17


@pytest.mark.parametrize("after", [False, True])
def test_killed_while_it_deletes_and_again_while_it_makes_all_anew(bench: Bench, text: str, after: bool) -> None:
    for number in range(REFUSED + 1, REFUSED + 16):
        bench.renew()
        refusal = Strike(REFUSED, refused(100), chosen=is_write)
        end = Mortal(number, after, chosen=is_write)
        assert bench.killed(
            text, publish=True, delete_on_failure=True, wrap=lambda inner, a=refusal, b=end: b(a(inner))
        )
        assert bench.killed(text, publish=True, wrap=Mortal(1 + number % 5, after, chosen=is_write))
        assert_comes_to_its_end(bench, text)
