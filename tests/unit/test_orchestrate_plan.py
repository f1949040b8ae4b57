"""The planner: what the file wants, what the journal knows and what Meta has → the steps to take."""

import copy
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from metaads_cli.graph.creation import AccountFacts, UploadedMedia
from metaads_cli.models.campaign import (
    AdSetSpec,
    AdSpec,
    Budget,
    CampaignSpec,
    CreativeSpec,
    Destination,
    Kind,
    Media,
    Place,
    Schedule,
    marked,
)
from metaads_cli.models.orchestration import Fields, Node, NodeId, NodeState, reference
from metaads_cli.tasks.orchestrate.plan import Plan, Planner
from metaads_cli.tasks.orchestrate.wanted import Wanted, resolved, wanted_objects

FACTS = AccountFacts("act_1", "ARS", "America/Argentina/Buenos_Aires", "AR")
IMAGE = "{image:1f}"
MEDIA = {IMAGE: "hash-at-meta"}
TARGETING = {
    "geo_locations": {"countries": ["AR"]},
    "age_min": 25,
    "age_max": 45,
    "targeting_automation": {"advantage_audience": 0},
}


def schedule(end: str | None) -> Schedule:
    start = datetime.fromisoformat("2027-01-10T08:00")
    return Schedule(start=start, end=None if end is None else datetime.fromisoformat(end))


def ad(key: str, headline: str = "Hoy") -> AdSpec:
    media = Media(image="promo.png")
    return AdSpec(key=key, name=f"Ad {key}", creative=CreativeSpec(media=media, text="Solo hoy", headline=headline))


def ad_set(key: str, *ads: AdSpec, **changes: Any) -> AdSetSpec:
    plain: dict[str, Any] = {
        "name": f"Set {key}",
        "targeting": TARGETING,
        "destination": Destination.WHATSAPP,
        "optimization_goal": "CONVERSATIONS",
        "budget": Budget(daily=Decimal(45000)),
        "schedule": schedule("2027-02-20T23:00"),
    }
    return AdSetSpec(key=key, ads=ads, **(plain | changes))


def campaign(*ad_sets: AdSetSpec, **changes: Any) -> CampaignSpec:
    plain: dict[str, Any] = {
        "key": "verano",
        "name": "Verano",
        "objective": "OUTCOME_ENGAGEMENT",
        "special_ad_categories": (),
        "page": "99",
        "place": Place("campaign.yaml", 1, 1),
    }
    return CampaignSpec(adsets=ad_sets or (ad_set("a", ad("1"), ad("2")), ad_set("b", ad("1"))), **(plain | changes))


def wanted_of(spec: CampaignSpec) -> list[Wanted]:
    return wanted_objects(spec, FACTS, 1, lambda _creative: UploadedMedia(image_hash=IMAGE))


@dataclass
class Scene:
    """A campaign that was made as its file says, until something is changed."""

    spec: CampaignSpec = field(default_factory=campaign)
    nodes: dict[NodeId, Node] = field(default_factory=dict)
    remote: dict[str, Fields] = field(default_factory=dict)
    deleting: Collection[NodeId] = ()
    take_file: bool = False
    publish: bool = False

    @classmethod
    def made(cls, spec: CampaignSpec | None = None, status: str = "PAUSED") -> "Scene":
        scene = cls(spec or campaign())
        objects = wanted_of(scene.spec)
        ids = MEDIA | {reference(*one.id): str(100 + number) for number, one in enumerate(objects)}
        for one in objects:
            applied = {**one.fields, "name": marked(str(one.fields["name"]), one.marker)}
            meta_id = ids[reference(*one.id)]
            is_creative = one.kind is Kind.CREATIVE
            scene.nodes[one.id] = Node(
                kind=one.kind,
                key=one.key,
                marker=one.marker,
                meta_id=meta_id,
                status="PAUSED" if is_creative else status,
                applied=applied,
                state=NodeState.MADE,
            )
            there = copy.deepcopy(resolved(applied, ids))
            scene.remote[meta_id] = {**there, "id": meta_id, "status": "ACTIVE" if is_creative else status}
        return scene

    def id_of(self, kind: Kind, key: str) -> str:
        return str(self.nodes[kind, key].meta_id)

    def there(self, kind: Kind, key: str) -> Fields:
        return self.remote[self.id_of(kind, key)]

    def journal(self, kind: Kind, key: str, **changes: Any) -> None:
        self.nodes[kind, key] = msgspec.structs.replace(self.nodes[kind, key], **changes)

    def plan(self) -> Plan:
        planner = Planner(self.nodes, self.remote, take_file=self.take_file, deleting=self.deleting, media_ids=MEDIA)
        return planner.plan(wanted_of(self.spec), publish=self.publish)


def writes(plan: Plan) -> list[str]:
    """`update adset a: daily_budget`; of a creation the fields are not named, nor the digest of a creative's key."""
    return [
        f"{step.action} {step.wanted.kind} {step.wanted.key.partition('@')[0]}"
        + (f": {' '.join(sorted(step.fields))}" if step.action == "update" else "")
        for step in plan.writes
    ]


SET, AD = (Kind.AD_SET, "a"), (Kind.AD, "a/1")
CAMPAIGN = (Kind.CAMPAIGN, "verano")


def creative_of(scene: Scene, ad_key: str) -> NodeId:
    (found,) = [one for one in scene.nodes if one[0] is Kind.CREATIVE and one[1].startswith(f"{ad_key}@")]
    return found


def with_set(**changes: Any) -> CampaignSpec:
    """The usual campaign, its first ad set changed."""
    return campaign(ad_set("a", ad("1"), ad("2"), **changes), ad_set("b", ad("1")))


# --- from nothing


def test_everything_is_created_after_what_it_refers_to() -> None:
    plan = Scene().plan()
    assert writes(plan) == [
        "create campaign verano",
        "create adset a",
        "create creative a/1",
        "create ad a/1",
        "create creative a/2",
        "create ad a/2",
        "create adset b",
        "create creative b/1",
        "create ad b/1",
    ]
    assert not any(step.is_uncertain for step in plan.steps)
    assert all(step.fields["status"] == "PAUSED" for step in plan.steps if step.wanted.kind is not Kind.CREATIVE)
    assert all(step.wanted.marker in step.fields["name"] for step in plan.steps)


def test_it_is_published_last_from_the_ads_up() -> None:
    plan = Scene(publish=True).plan()
    assert writes(plan)[9:] == [
        "activate ad a/1",
        "activate ad a/2",
        "activate ad b/1",
        "activate adset a",
        "activate adset b",
        "activate campaign verano",
    ]
    assert plan.publishes


@pytest.mark.parametrize("publish", [False, True])
@pytest.mark.parametrize("take_file", [False, True])
def test_what_was_made_and_not_changed_is_kept(publish: bool, take_file: bool) -> None:
    scene = Scene.made(status="ACTIVE" if publish else "PAUSED")
    scene.publish, scene.take_file = publish, take_file
    plan = scene.plan()
    assert {step.action for step in plan.steps} == {"keep"}
    assert (plan.problems, plan.left, plan.noted) == ([], [], [])
    assert not any(step.drift for step in plan.steps)


# --- a change of the file, and its twin in which Meta says the same in another form

Change = Callable[[Scene], object]


def changed_spec(spec: CampaignSpec) -> Change:
    def change(scene: Scene) -> None:
        scene.spec = spec

    return change


def there(node_id: NodeId, **fields: Any) -> Change:
    return lambda scene: scene.there(*node_id).update(fields)


LATER = schedule("2027-02-21T23:00")
ENDLESS = schedule(None)
CASES: dict[str, tuple[Change, list[str], Change]] = {
    "name": (
        changed_spec(campaign(name="Otoño")),
        ["update campaign verano: name"],
        there(CAMPAIGN, special_ad_categories=["NONE"]),
    ),
    "budget": (
        changed_spec(with_set(budget=Budget(daily=Decimal("45000.01")))),
        ["update adset a: daily_budget"],
        there(SET, daily_budget="4500000"),
    ),
    "end": (
        changed_spec(with_set(schedule=LATER)),
        ["update adset a: end_time"],
        there(SET, end_time="2027-02-21T02:00:00+0000"),
    ),
    "no end": (
        changed_spec(with_set(schedule=ENDLESS)),
        ["update adset a: end_time"],
        there(SET, start_time="2027-01-10T11:00:00+0000"),
    ),
    "audience": (
        changed_spec(with_set(targeting=TARGETING | {"age_max": 50})),
        ["update adset a: targeting"],
        there(SET, targeting=TARGETING | {"brand_safety_content_filter_levels": ["FACEBOOK_STANDARD"]}),
    ),
    "no genders any more": (
        changed_spec(with_set(targeting=TARGETING | {"genders": [1]})),
        ["update adset a: targeting"],
        there(SET, targeting=TARGETING | {"genders": [1, 2]}),
    ),
    "creative": (
        changed_spec(campaign(ad_set("a", ad("1", "Otra"), ad("2")), ad_set("b", ad("1")))),
        ["create creative a/1", "update ad a/1: creative"],
        lambda scene: scene.there(*AD).update(creative={"id": scene.id_of(*creative_of(scene, "a/1"))}),
    ),
    "name of an ad": (
        changed_spec(
            campaign(ad_set("a", msgspec.structs.replace(ad("1"), name="Uno"), ad("2")), ad_set("b", ad("1")))
        ),
        ["update creative a/1: name", "update ad a/1: name"],
        there(AD, effective_status="PENDING_REVIEW"),
    ),
    "one ad more": (
        changed_spec(campaign(ad_set("a", ad("1"), ad("2"), ad("3")), ad_set("b", ad("1")))),
        ["create creative a/3", "create ad a/3"],
        there(SET, effective_status="CAMPAIGN_PAUSED"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_change_of_the_file_is_sent_and_nothing_else(name: str) -> None:
    change, expected, _ = CASES[name]
    scene = Scene.made()
    change(scene)
    plan = scene.plan()
    assert writes(plan) == expected
    assert (plan.problems, plan.noted) == ([], [])


@pytest.mark.parametrize("name", CASES)
def test_the_same_in_another_form_is_no_change(name: str) -> None:
    _, _, twin = CASES[name]
    scene = Scene.made()
    twin(scene)
    scene.take_file = True
    plan = scene.plan()
    assert writes(plan) == []
    assert not any(step.drift for step in plan.steps)


@pytest.mark.parametrize("name", [name for name, (_, sent, _) in CASES.items() if len(sent) == 1])
def test_a_change_that_arrived_without_the_journal_learning_of_it_is_written_down(name: str) -> None:
    change, _, _ = CASES[name]
    scene = Scene.made()
    change(scene)
    (step,) = scene.plan().writes
    assert step.node is not None
    sent = {key: None if (key, value) == ("end_time", 0) else value for key, value in step.fields.items()}
    scene.remote[str(step.node.meta_id)].update(sent)
    plan = scene.plan()
    assert writes(plan) == []
    (noted,) = plan.noted
    assert noted.applied == {**step.node.applied, **step.fields}


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        (campaign(objective="OUTCOME_SALES"), "objective of campaign verano"),
        (with_set(optimization_goal="LINK_CLICKS"), "optimization_goal of adset a"),
        (with_set(budget=Budget(lifetime=Decimal(900000))), "lifetime_budget of adset a"),
    ],
)
def test_what_meta_cannot_change_is_a_problem(spec: CampaignSpec, problem: str) -> None:
    scene = Scene.made()
    scene.spec = spec
    assert f"{problem} cannot be changed at Meta" in scene.plan().problems


def test_a_creative_that_was_asked_for_in_other_words_is_the_same_creative() -> None:
    scene = Scene.made()
    node_id = creative_of(scene, "a/1")
    story = {"page_id": "99", "link_data": {"image_hash": IMAGE, "words": "of an older version"}}
    scene.journal(*node_id, applied=scene.nodes[node_id].applied | {"object_story_spec": story})
    there(node_id, object_story_spec=resolved(story, MEDIA))(scene)
    plan = scene.plan()
    assert (writes(plan), plan.problems) == ([], [])


def test_a_text_that_looks_like_a_reference_stays_a_text() -> None:
    ids = {"{adset:a}": "55"}
    fields = {"message": "{adset:a}", "name": "{adset:a}", "adset_id": "{adset:a}", "ids": ["{adset:a}"]}
    assert resolved(fields, ids) == {**fields, "adset_id": "55"}


# --- changes by hand


@pytest.mark.parametrize(
    ("node_id", "fields"),
    [
        (CAMPAIGN, {"name": "Mi campaña"}),
        (SET, {"daily_budget": "9900000"}),
        (SET, {"targeting": TARGETING | {"age_min": 40}}),
        (SET, {"end_time": None}),
        (AD, {"name": "Mi anuncio"}),
    ],
)
def test_drift_is_shown_and_left_unless_the_file_is_taken(node_id: NodeId, fields: Fields) -> None:
    (name,) = fields
    scene = Scene.made()
    there(node_id, **fields)(scene)
    plan = scene.plan()
    assert writes(plan) == []
    assert {step.wanted.id: [*step.drift] for step in plan.steps if step.drift} == {node_id: [name]}
    scene.take_file = True
    assert writes(scene.plan()) == [f"update {node_id[0]} {node_id[1]}: {name}"]


def test_drift_of_what_no_update_takes_is_only_shown() -> None:
    scene = Scene.made()
    there(SET, optimization_goal="LINK_CLICKS")(scene)
    scene.take_file = True
    plan = scene.plan()
    assert writes(plan) == []
    assert [[*step.drift] for step in plan.steps if step.drift] == [["optimization_goal"]]


@pytest.mark.parametrize(
    ("journal", "meta", "publish", "take_file", "expected", "shown"),
    [
        ("ACTIVE", "PAUSED", True, False, [], True),
        ("ACTIVE", "PAUSED", True, True, ["activate adset a"], True),
        ("ACTIVE", "PAUSED", False, True, [], True),
        ("PAUSED", "ACTIVE", False, False, [], True),
        ("PAUSED", "ACTIVE", True, False, [], False),
        ("PAUSED", "PAUSED", True, False, ["activate adset a"], False),
        ("PAUSED", "PAUSED", False, False, [], False),
        ("ACTIVE", "ACTIVE", False, False, [], False),
    ],
)
def test_what_was_paused_or_activated_by_hand(
    journal: str, meta: str, publish: bool, take_file: bool, expected: list[str], shown: bool
) -> None:
    scene = Scene.made(status="ACTIVE")
    scene.journal(*SET, status=journal)
    there(SET, status=meta)(scene)
    scene.publish, scene.take_file = publish, take_file
    plan = scene.plan()
    assert writes(plan) == expected
    assert any("status" in step.drift for step in plan.steps) is shown
    # An activation whose outcome nobody learned is written down.
    noted = [(SET, "ACTIVE")] if (journal, meta, publish) == ("PAUSED", "ACTIVE", True) else []
    assert [(node.id, node.status) for node in plan.noted] == noted


GONE: list[tuple[NodeId, list[str]]] = [
    (CAMPAIGN, writes(Scene().plan())),
    (SET, ["create adset a", "create ad a/1", "create ad a/2"]),
    (AD, ["create ad a/1"]),
]


@pytest.mark.parametrize("status", ["DELETED", "ARCHIVED", None])
@pytest.mark.parametrize(("node_id", "anew"), GONE)
def test_what_is_gone_is_a_problem_or_made_anew_with_what_is_below(
    node_id: NodeId, anew: list[str], status: str | None
) -> None:
    scene = Scene.made()
    if status is None:
        del scene.remote[scene.id_of(*node_id)]
    else:
        there(node_id, status=status)(scene)
    plan = scene.plan()
    assert len(plan.problems) == 1
    assert f"{node_id[0]} {node_id[1]} (" in plan.problems[0]
    scene.take_file = True
    plan = scene.plan()
    assert plan.problems == []
    # Creatives hang below nothing: they are kept.
    assert writes(plan) == [one for one in anew if "creative" not in one]


def test_a_creative_that_is_gone_is_made_anew_and_its_ad_told() -> None:
    scene = Scene.made()
    there(creative_of(scene, "a/1"), status="DELETED")(scene)
    scene.take_file = True
    assert writes(scene.plan()) == ["create creative a/1", "update ad a/1: creative"]


# --- after runs that did not come to their end


def test_a_creation_that_was_begun_is_uncertain_and_what_was_below_is_not_kept() -> None:
    scene = Scene.made()
    scene.journal(*CAMPAIGN, state=NodeState.INTENDED, meta_id=None)
    plan = scene.plan()
    assert writes(plan) == [one for one in writes(Scene().plan()) if "creative" not in one]
    assert [step.wanted.id for step in plan.steps if step.is_uncertain] == [CAMPAIGN]


@pytest.mark.parametrize("node_id", [SET, AD, CAMPAIGN])
def test_what_was_deleted_by_a_failed_run_is_created(node_id: NodeId) -> None:
    scene = Scene.made()
    scene.journal(*node_id, state=NodeState.DELETED, status="DELETED")
    plan = scene.plan()
    assert writes(plan)[0] == f"create {node_id[0]} {node_id[1]}"
    assert plan.problems == []


@pytest.mark.parametrize("status", ["DELETED", "PAUSED"])
def test_a_deletion_that_was_begun_is_no_change_by_hand(status: str) -> None:
    scene = Scene.made()
    scene.deleting = {AD}
    there(AD, status=status)(scene)
    plan = scene.plan()
    assert plan.problems == []
    assert writes(plan) == (["create ad a/1"] if status == "DELETED" else [])
    assert [(node.id, node.state) for node in plan.noted] == ([(AD, NodeState.DELETED)] if status == "DELETED" else [])


def test_what_hangs_below_a_former_parent_is_made_anew() -> None:
    scene = Scene.made()
    scene.journal(*CAMPAIGN, meta_id="555")
    scene.remote["555"] = {**scene.remote["100"], "id": "555"}
    assert writes(scene.plan()) == [
        "create adset a", "create ad a/1", "create ad a/2", "create adset b", "create ad b/1",
    ]  # fmt: skip


# --- others


def test_what_the_file_names_no_longer_is_left_and_creatives_are_not_told_of() -> None:
    scene = Scene.made()
    scene.spec = campaign(ad_set("a", ad("1")))
    plan = scene.plan()
    assert writes(plan) == []
    assert {node.id for node in plan.left} == {(Kind.AD, "a/2"), (Kind.AD_SET, "b"), (Kind.AD, "b/1")}


def test_what_was_taken_over_without_a_marker_keeps_its_name() -> None:
    scene = Scene.made()
    applied = {**scene.nodes[SET].applied, "name": "Set a"}
    scene.journal(*SET, applied=applied)
    there(SET, name="Set a")(scene)
    assert writes(scene.plan()) == []
    scene.spec = with_set(name="Set uno")
    (step,) = scene.plan().writes
    assert step.fields == {"name": "Set uno"}
