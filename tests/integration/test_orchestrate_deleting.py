"""`orchestrate --on-failure delete`: nothing of a run that failed is left at Meta, and the next one begins anew."""

from pathlib import Path

import pytest

from metaads_cli.errors import AccessDenied, PartlyDone, RefusedByMeta
from metaads_cli.models.campaign import Kind
from orchestrating import Bench, Strike, campaign_file, dropped, edited, html, is_read, is_write, refused, wraps

# After the image and the campaign, with something made: ad sets, creatives, ads, then activations.
FAILING = range(3, 26)
LAST_CREATION = 16


@pytest.fixture
def bench(database_url: str, tmp_path: Path) -> Bench:
    return Bench(database_url, tmp_path)


@pytest.fixture
def text(tmp_path: Path) -> str:
    return campaign_file(tmp_path)


def left(bench: Bench) -> int:
    return sum(len(bench.objects(kind)) for kind in Kind)


def states(bench: Bench) -> dict[str, int]:
    return dict(bench.query("SELECT state, count(*) FROM metaads.orchestration_nodes GROUP BY 1"))


def test_a_failure_at_any_write_leaves_nothing_and_the_next_run_makes_all_anew(bench: Bench, text: str) -> None:
    for number in FAILING:
        bench.renew()
        refusal = Strike(number, refused(100), chosen=is_write)
        failure = bench.failed(text, publish=True, delete_on_failure=True, wrap=refusal)
        assert type(failure) is RefusedByMeta
        assert failure.message.endswith("What was made is deleted")
        made = min(number, LAST_CREATION + 1) - 2
        assert left(bench) == 0
        assert bench.run_state() == "deleted"
        unborn = {"intended": 1} if number <= LAST_CREATION else {}
        assert states(bench) == {"deleted": made} | unborn
        assert [step for step in bench.steps() if step[3] == "intended"] == []
        assert sum(write.startswith("DELETE") for write in bench.writes) == made
        bench.forget()
        bench.done(text, publish=True)
        assert len(bench.writes) == 24  # all but the image
        bench.assert_exactly_once(text, status="ACTIVE")
        bench.assert_nothing_to_do(text, publish=True)


def test_with_nothing_made_there_is_nothing_to_delete(bench: Bench, text: str) -> None:
    for number in (1, 2):
        bench.renew()
        failure = bench.failed(text, delete_on_failure=True, wrap=Strike(number, refused(100), chosen=is_write))
        assert isinstance(failure, PartlyDone)
        assert left(bench) == 0
        bench.done(text)
        bench.assert_exactly_once(text)


def test_what_an_earlier_run_made_is_not_deleted(bench: Bench, text: str) -> None:
    bench.failed(text, wrap=Strike(9, refused(100), chosen=is_write))
    before = left(bench)
    assert before > 3
    bench.failed(text, delete_on_failure=True, wrap=Strike(4, refused(100), chosen=is_write))
    assert left(bench) == before
    bench.done(text)
    bench.assert_exactly_once(text)


def test_a_failed_update_deletes_only_what_it_made_and_nothing_shows(bench: Bench, text: str) -> None:
    changed = edited(text, ("headline: Promesa 1}", "headline: Otra}"))
    # Two new creatives, each before the ad that is to show it.
    for number, shown_by_now in ((2, 0), (3, 1), (4, 1)):
        bench.renew()
        bench.done(text)
        before = {one.id for kind in Kind for one in bench.objects(kind)}
        bench.failed(changed, delete_on_failure=True, wrap=Strike(number, refused(100), chosen=is_write))
        there = {one.id for kind in Kind for one in bench.objects(kind)}
        assert before <= there
        assert {one.values["creative_id"] for one in bench.objects(Kind.AD)} <= there
        assert len(there - before) == shown_by_now
        bench.done(changed)
        bench.assert_exactly_once(changed)
        bench.assert_nothing_to_do(changed)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("act", [dropped, html])
def test_a_lost_answer_to_any_deletion_is_settled(bench: Bench, text: str, act: object, after: bool) -> None:
    last = LAST_CREATION
    for number in range(1, last - 1):
        bench.renew()
        refusal = Strike(last, refused(100), chosen=is_write)
        lost = Strike(last - 1 + number, act, after=after, chosen=is_write)  # type: ignore[arg-type]
        failure = bench.failed(text, delete_on_failure=True, wrap=wraps(refusal, lost))
        assert type(failure) is RefusedByMeta
        assert lost.struck[0].startswith("DELETE")
        assert left(bench) == 0
        assert bench.run_state() == "deleted"
        bench.done(text)
        bench.assert_exactly_once(text)


def test_what_cannot_be_deleted_stays_and_is_gone_on_with(bench: Bench, text: str) -> None:
    last = LAST_CREATION
    for number in range(1, last - 1):
        bench.renew()
        refusal = Strike(last, refused(100), chosen=is_write)
        kept = Strike(last - 1 + number, refused(200), chosen=is_write)
        failure = bench.failed(text, delete_on_failure=True, wrap=wraps(refusal, kept))
        assert isinstance(failure, PartlyDone)
        assert bench.run_state() == "failed"
        assert states(bench)["made"] == 1
        bench.done(text)
        bench.assert_exactly_once(text)
        bench.assert_nothing_to_do(text)


def test_what_was_lost_and_could_not_be_looked_for_is_looked_for_once_more_and_deleted(bench: Bench, text: str) -> None:
    for number in range(2, LAST_CREATION + 1):
        bench.renew()
        lost = Strike(number, dropped, after=True, chosen=is_write)
        look = Strike(2, refused(190), chosen=is_read)
        failure = bench.failed(text, delete_on_failure=True, wrap=wraps(lost, look))
        assert type(failure) is AccessDenied
        assert left(bench) == 0
        assert bench.run_state() == "deleted"
        assert states(bench) == {"deleted": number - 1}
        bench.done(text)
        bench.assert_exactly_once(text)
