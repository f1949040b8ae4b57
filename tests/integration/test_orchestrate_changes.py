"""`orchestrate` of a file that was changed, of objects that were changed by hand, and of two runs at once."""

import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from metaads_cli.errors import AccessDenied, InputError, LockNotAvailable, MetaAdsError, PartlyDone, SafetyRefusal
from metaads_cli.models.campaign import Kind
from metaads_cli.models.reports import OrchestrationReport
from metaads_cli.settings import OrchestrateSettings
from orchestrating import (
    ACCOUNT,
    NUMBER,
    OTHER_NUMBER,
    Bench,
    Recorder,
    Strike,
    campaign_file,
    dropped,
    edited,
    empty,
    html,
    is_write,
    refused,
)

TARGETING = {
    "geo_locations": {"countries": ["AR"]},
    "age_min": 30,
    "age_max": 50,
    "targeting_automation": {"advantage_audience": 0},
}


@pytest.fixture
def bench(database_url: str, tmp_path: Path) -> Bench:
    return Bench(database_url, tmp_path)


@pytest.fixture
def text(tmp_path: Path) -> str:
    return campaign_file(tmp_path)


def sent(bench: Bench, text: str, **options: Any) -> list[tuple[str, dict[str, Any]]]:
    """(the object's name at the end, or the edge; fields) of what a run sends, whose fields are not marked."""
    recorder = Recorder()
    bench.done(text, wrap=recorder, **options)
    names = {one.id: one.values["name"].partition(" [ma:")[0] for kind in Kind for one in bench.objects(kind)}
    assert {method for method, _, _ in recorder.sent} <= {"POST"}
    return [
        (names.get(path, path), {k: v.partition(" [ma:")[0] if k == "name" else v for k, v in fields.items()})
        for _, path, fields in recorder.sent
    ]


# --- what the file says anew


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([("name: Verano", "name: Otoño")], [("Otoño", {"name": "Otoño"})]),
        ([("daily: 45001.00", "daily: 46000.50")], [("Set b", {"daily_budget": 4600050})]),
        ([("age: 25-45,", "age: 30-50,")], [("Set a", {"targeting": TARGETING})]),
        (
            [("start: 2027-01-10T08:00", "start: 2027-01-12T09:00")],
            [(name, {"start_time": "2027-01-12T09:00:00-0300"}) for name in ("Set a", "Set b")],
        ),
        (
            [("end: 2027-02-20T23:00", "end: 2027-02-21T23:00")],
            [(name, {"end_time": "2027-02-21T23:00:00-0300"}) for name in ("Set a", "Set b")],
        ),
        ([(", end: 2027-02-20T23:00", "")], [(name, {"end_time": 0}) for name in ("Set a", "Set b")]),
        (
            [("name: Verano", "name: Otoño"), ("daily: 45000.00", "daily: 1.5e5"), ("age: 25-45,", "age: 30-50,")],
            [("Otoño", {"name": "Otoño"}), ("Set a", {"daily_budget": 15000000, "targeting": TARGETING})],
        ),
        (
            [("key: ad-2, creative: promo,", "key: ad-2, name: Tercero, creative: promo,")],
            [("Tercero", {"name": "Tercero"})] * 4,
        ),
    ],
)
def test_what_changed_and_nothing_else_is_sent_in_one_call_per_object(
    bench: Bench, text: str, changes: list[tuple[str, str]], expected: list[tuple[str, dict[str, Any]]]
) -> None:
    bench.done(text)
    changes = [(before, after.replace("1.5e5", "150000.00")) for before, after in changes]
    changed = edited(text, *changes)
    assert sent(bench, changed) == expected
    bench.assert_exactly_once(changed)
    bench.assert_nothing_to_do(changed)
    assert [len(bench.objects(kind)) for kind in Kind] == [1, 2, 6, 6]
    sent(bench, text)
    bench.assert_exactly_once(text)
    bench.assert_nothing_to_do(text)


def test_another_creative_is_a_new_one_that_the_same_ad_shows(bench: Bench, text: str) -> None:
    bench.done(text)
    ads = {one.id: one.values["creative_id"] for one in bench.objects(Kind.AD)}
    changed = edited(text, ("headline: Promesa 2}", "headline: Otra}"))
    calls = sent(bench, changed)
    assert [name for name, _ in calls] == ["adcreatives", "Set a | ad-2", "adcreatives", "Set b | ad-2"]
    assert [fields.keys() for _, fields in calls][1::2] == [{"creative"}] * 2
    bench.assert_exactly_once(changed)
    bench.assert_nothing_to_do(changed)
    now = {one.id: one.values["creative_id"] for one in bench.objects(Kind.AD)}
    assert now.keys() == ads.keys()
    assert sum(now[ad] != ads[ad] for ad in ads) == 2
    # The former creatives are there still.
    assert [(name, fields.keys()) for name, fields in sent(bench, text)] == [
        ("Set a | ad-2", {"creative"}),
        ("Set b | ad-2", {"creative"}),
    ]
    assert {one.id: one.values["creative_id"] for one in bench.objects(Kind.AD)} == ads
    bench.assert_exactly_once(text)


def test_another_picture_is_uploaded_and_shown(bench: Bench, text: str) -> None:
    bench.done(text)
    bench.forget()
    (bench.folder / "promo.png").write_bytes(b"another picture")
    bench.done(text)
    assert [write.rpartition("/")[2] for write in bench.writes].count("adimages") == 1
    assert len(bench.writes) == 13
    bench.assert_exactly_once(text)
    bench.assert_nothing_to_do(text)


def test_a_new_ad_and_a_new_ad_set_are_made_beside_the_others(bench: Bench, text: str, tmp_path: Path) -> None:
    bench.done(campaign_file(tmp_path, ad_sets=1, ads=2), publish=True)
    bench.forget()
    bench.done(text, publish=True)
    # An ad with its creative; an ad set with three; and the five activations of them.
    assert len(bench.writes) == 2 + 7 + 5
    bench.assert_exactly_once(text, status="ACTIVE")
    bench.assert_nothing_to_do(text, publish=True)


def test_what_the_file_names_no_longer_is_left_and_told_of(bench: Bench, text: str, tmp_path: Path) -> None:
    bench.done(text)
    smaller = campaign_file(tmp_path, ad_sets=1, ads=2)
    bench.forget()
    report = bench.done(smaller)
    assert bench.writes == []
    assert sorted(report.warnings) == [
        f"{what} is no longer in the file: it is left as it is"
        for what in ("ad set-a/ad-2", "ad set-b/ad-0", "ad set-b/ad-1", "ad set-b/ad-2", "adset set-b")
    ]
    assert [len(bench.objects(kind)) for kind in Kind] == [1, 2, 6, 6]
    bench.assert_exactly_once(smaller)
    bench.assert_nothing_to_do(text)
    bench.assert_exactly_once(text)


def test_what_meta_cannot_change_is_refused_with_nothing_written(bench: Bench, text: str) -> None:
    bench.done(text)
    bench.forget()
    failure = bench.failed(
        edited(text, ("optimize_for: conversations", "optimize_for: link_clicks"), ("name: Set a", "name: Uno"))
    )
    assert isinstance(failure, SafetyRefusal)
    assert "optimization_goal of adset set-a cannot be changed at Meta" in failure.message
    assert bench.writes == []
    bench.assert_nothing_to_do(text)


def test_a_file_that_says_another_account_is_refused(bench: Bench, text: str) -> None:
    bench.done(text)
    bench.forget()
    failure = bench.failed(edited(text, (ACCOUNT, f"act_{OTHER_NUMBER}")))
    assert isinstance(failure, SafetyRefusal)
    assert f"was made in {ACCOUNT}" in failure.message
    assert bench.writes == []
    bench.assert_nothing_to_do(text)


def test_an_account_that_is_not_registered_is_refused(bench: Bench, text: str) -> None:
    failure = bench.failed(edited(text, (NUMBER, "555")))
    assert isinstance(failure, InputError)
    assert len(bench.log) == 0


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("act", [dropped, html, refused(1, http=500), refused(2, http=500), empty])
def test_a_lost_answer_to_any_change_is_settled_by_what_meta_has(
    bench: Bench, text: str, act: Any, after: bool
) -> None:
    changed = edited(text, *SEVERAL)
    bench.done(text, publish=True)
    for number in range(1, SEVERAL_CALLS + 1):
        bench.forget()
        wanted = changed if number % 2 else text
        strike = Strike(number, act, after=after, chosen=is_write)
        bench.done(wanted, publish=True, wrap=strike)
        assert len(strike.struck) == 1
        assert len(bench.writes) == SEVERAL_CALLS
        bench.assert_exactly_once(wanted, status="ACTIVE")
        bench.assert_nothing_to_do(wanted, publish=True)


SEVERAL = [
    ("name: Verano", "name: Otoño"),
    ("daily: 45000.00", "daily: 150000.00"),
    ("age: 25-46,", "age: 30-50,"),
    ("end: 2027-02-20T23:00", "end: 2027-02-21T23:00"),
]
# Of the campaign and of both ad sets.
SEVERAL_CALLS = 3


@pytest.mark.parametrize("code", [100, 190, 200, 368, 80004])
def test_a_refusal_of_any_change_ends_the_run_and_the_next_goes_on(bench: Bench, text: str, code: int) -> None:
    changed = edited(text, *SEVERAL)
    for number in range(1, SEVERAL_CALLS + 1):
        bench.renew()
        bench.done(text)
        bench.forget()
        failure = bench.failed(changed, wrap=Strike(number, refused(code), chosen=is_write), budget=1)
        assert type(failure) is (AccessDenied if code in {190, 200} else PartlyDone)
        assert len(bench.writes) == number - 1
        bench.done(changed)
        assert len(bench.writes) == SEVERAL_CALLS
        bench.assert_exactly_once(changed)
        bench.assert_nothing_to_do(changed)


# --- what somebody changed by hand

BY_HAND: dict[str, tuple[Kind, str, dict[str, Any], object, object]] = {
    "name": (Kind.CAMPAIGN, "Verano", {"name": "Mi campaña"}, "Verano [ma:a67bb57896]", "Mi campaña"),
    "daily_budget": (Kind.AD_SET, "Set a", {"daily_budget": "9900000"}, 4500000, "9900000"),
    "end_time": (
        Kind.AD_SET,
        "Set b",
        {"end_time": "2027-03-01T00:00:00-0300"},
        "2027-02-20T23:00:00-0300",
        "2027-03-01T00:00:00-0300",
    ),
    "status": (Kind.AD, "Set a | ad-0", {"status": "PAUSED"}, "ACTIVE", "PAUSED"),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_what_was_changed_by_hand_is_shown_and_left_unless_the_file_is_taken(
    bench: Bench, text: str, name: str
) -> None:
    kind, called, fields, applied, now = BY_HAND[name]
    bench.done(text, publish=True)
    node = bench.one(kind, called)
    bench.by_hand(node, **fields)
    for options in ({"publish": True}, {"publish": True, "plan_only": True}, {}):
        report = bench.done(text, **options)
        assert bench.writes == []
        shown = [(step.kind, step.drift) for step in report.plan if step.drift]
        assert shown == [(str(kind), {name: {"applied": applied, "now": now}})]
        assert any(f"{name} was changed at Meta: {applied} → {now}" in warning for warning in report.warnings)
    recorder = Recorder()
    bench.done(text, publish=True, take_file=True, wrap=recorder)
    ((_, object_id, changed),) = recorder.sent
    assert (object_id, changed.keys()) == (node.id, {name})
    bench.assert_exactly_once(text, status="ACTIVE")
    bench.assert_nothing_to_do(text, publish=True)
    bench.assert_nothing_to_do(text, publish=True, take_file=True)


def test_a_targeting_changed_by_hand_is_shown_and_left_unless_the_file_is_taken(bench: Bench, text: str) -> None:
    bench.done(text)
    bench.by_hand(bench.one(Kind.AD_SET, "Set a"), targeting={**TARGETING, "age_min": 40})
    report = bench.done(text)
    assert bench.writes == []
    (shown,) = [step for step in report.plan if step.drift]
    assert (shown.key, shown.action, [*shown.drift]) == ("set-a", "keep", ["targeting"])
    assert [fields.keys() for _, fields in sent(bench, text, take_file=True)] == [{"targeting"}]
    bench.assert_exactly_once(text)


def test_what_was_activated_by_hand_is_shown(bench: Bench, text: str) -> None:
    bench.done(text)
    bench.by_hand(bench.one(Kind.AD_SET, "Set a"), status="ACTIVE")
    report = bench.done(text)
    assert bench.writes == []
    assert [step.drift for step in report.plan if step.drift] == [{"status": {"applied": "PAUSED", "now": "ACTIVE"}}]
    bench.forget()
    bench.done(text, publish=True)
    assert len(bench.writes) == 8  # it is active already
    bench.assert_exactly_once(text, status="ACTIVE")


def test_a_field_changed_in_the_file_and_by_hand_is_left_and_the_others_are_sent(bench: Bench, text: str) -> None:
    bench.done(text)
    bench.by_hand(bench.one(Kind.AD_SET, "Set a"), daily_budget="9900000")
    changed = edited(text, ("daily: 45000.00", "daily: 50000.00"), ("age: 25-45,", "age: 30-50,"))
    assert sent(bench, changed) == [("Set a", {"targeting": TARGETING})]
    assert sent(bench, changed, take_file=True) == [("Set a", {"daily_budget": 5000000})]
    bench.assert_exactly_once(changed)


def test_a_change_by_hand_to_what_the_file_says_by_now_is_taken_note_of(bench: Bench, text: str) -> None:
    bench.done(text)
    bench.by_hand(bench.one(Kind.AD_SET, "Set a"), daily_budget="5000000")
    changed = edited(text, ("daily: 45000.00", "daily: 50000.00"))
    bench.assert_nothing_to_do(changed)
    bench.assert_exactly_once(changed)
    assert sent(bench, text) == [("Set a", {"daily_budget": 4500000})]


REMOVED = {
    # What was removed, and how many objects of each kind have to be made anew, activated ones once more.
    "campaign": (Kind.CAMPAIGN, "Verano", [1, 2, 0, 6]),
    "ad set": (Kind.AD_SET, "Set b", [0, 1, 0, 3]),
    "ad": (Kind.AD, "Set a | ad-0", [0, 0, 0, 1]),
    "creative": (Kind.CREATIVE, "Set a | ad-0", [0, 0, 1, 0]),
}


@pytest.mark.parametrize(
    ("removed", "status"),
    # Creatives are not archived.
    [*((removed, "DELETED") for removed in REMOVED), *((one, "ARCHIVED") for one in REMOVED if one != "creative")],
)
def test_what_was_deleted_at_meta_is_made_anew_only_where_the_file_is_taken(
    bench: Bench, text: str, removed: str, status: str
) -> None:
    kind, called, anew = REMOVED[removed]
    bench.done(text, publish=True)
    node = bench.one(kind, called)
    before = {one.id for each in Kind for one in bench.objects(each)}
    bench.by_hand(node, status=status)
    failure = bench.failed(text, publish=True)
    assert isinstance(failure, SafetyRefusal)
    assert f"({node.id}) was deleted or archived at Meta; --take-file makes it anew" in failure.message
    assert bench.writes == []
    bench.forget()
    bench.done(text, publish=True, take_file=True)
    now = [sum(one.id not in before for one in bench.objects(each)) for each in Kind]
    assert now == anew
    if status == "DELETED":
        bench.assert_exactly_once(text, status="ACTIVE")
    bench.assert_nothing_to_do(text, publish=True)
    bench.assert_nothing_to_do(text, publish=True, take_file=True)


# --- publishing


def test_publishing_sends_one_small_call_per_object_and_the_campaigns_last(bench: Bench, text: str) -> None:
    bench.done(text)
    calls = sent(bench, text, publish=True)
    assert [fields for _, fields in calls] == [{"status": "ACTIVE"}] * 9
    assert [name for name, _ in calls][-3:] == ["Set a", "Set b", "Verano"]
    bench.assert_exactly_once(text, status="ACTIVE")
    bench.assert_nothing_to_do(text, publish=True)
    bench.assert_nothing_to_do(text)


# --- two runs, resuming, two sources


def test_of_two_runs_of_one_key_one_works_and_the_other_is_told(bench: Bench, text: str) -> None:
    for number in (1, 2, 9, 25):
        bench.renew()
        seen: list[tuple[OrchestrationReport | None, MetaAdsError | None]] = []

        def meanwhile(request: httpx.Request, found: list[Any] = seen) -> httpx.Response:
            other = threading.Thread(target=lambda: found.append(bench.run(text, publish=True)))
            other.start()
            other.join()
            return dropped(request)

        bench.done(text, publish=True, wrap=Strike(number, meanwhile, chosen=is_write))
        ((report, failure),) = seen
        assert report is None
        assert isinstance(failure, LockNotAvailable)
        assert failure.exit_code == 7
        bench.assert_exactly_once(text, status="ACTIVE")
        bench.assert_nothing_to_do(text, publish=True)


def test_another_key_is_worked_on_at_the_same_time(bench: Bench, text: str) -> None:
    other = edited(text, ("key: verano-2026", "key: otro"))
    seen: list[Any] = []

    def meanwhile(request: httpx.Request) -> httpx.Response:
        thread = threading.Thread(target=lambda: seen.append(bench.run(other)))
        thread.start()
        thread.join()
        return dropped(request)

    bench.done(text, wrap=Strike(5, meanwhile, chosen=is_write))
    assert seen[0][1] is None
    bench.assert_nothing_to_do(text)
    bench.assert_nothing_to_do(other)


def test_there_is_nothing_to_resume_before_the_first_run_and_after_one_that_is_done(bench: Bench, text: str) -> None:
    for _ in range(2):
        failure = bench.failed(text, must_resume=True)
        assert isinstance(failure, InputError)
        assert failure.exit_code == 3
        assert bench.writes == []
        bench.done(text)
        bench.forget()


def test_a_run_that_failed_or_was_killed_is_resumed(bench: Bench, text: str) -> None:
    bench.failed(text, wrap=Strike(5, refused(100), chosen=is_write))
    assert bench.killed(text, must_resume=True, dies=(20, True))
    bench.done(text, must_resume=True)
    bench.assert_exactly_once(text)


def test_simulated_and_real_journals_never_mix(bench: Bench, text: str) -> None:
    stub = OrchestrateSettings(mode="stub")
    bench.done(text, settings=stub)
    simulated = bench.simulator
    bench.renew_meta()
    bench.done(text, publish=True)
    assert len(bench.writes) == 25
    bench.assert_exactly_once(text, status="ACTIVE")
    counts = bench.query(
        "SELECT data_source, state, count(*), count(DISTINCT node_key || kind) FROM metaads.orchestration_nodes"
        " GROUP BY 1, 2 ORDER BY 1"
    )
    assert counts == [("live", "made", 15, 15), ("stub", "made", 15, 15)]
    assert bench.query("SELECT data_source, status FROM metaads.orchestration_nodes GROUP BY 1, 2 ORDER BY 1, 2") == [
        ("live", "ACTIVE"),
        ("live", "PAUSED"),
        ("stub", "PAUSED"),
    ]
    bench.simulator = simulated
    bench.assert_nothing_to_do(text, settings=stub)
