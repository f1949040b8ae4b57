"""Objects as they are made and read back: the simulator takes every field, and what it says of them is no drift."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import httpx
import msgspec
import pytest

from fake_clock import Clock
from metaads_cli.graph.client import Credentials, GraphClient
from metaads_cli.graph.creation import (
    AccountFacts,
    Fields,
    UploadedMedia,
    ad_fields,
    ad_set_fields,
    campaign_fields,
    changes,
    creative_fields,
    drift,
)
from metaads_cli.graph.failures import Failure, FailureClass, GraphFailure, UnknownOutcome
from metaads_cli.graph.governor import Governor
from metaads_cli.graph.media import upload_image, upload_video
from metaads_cli.graph.objects import find_marked, import_tree, read_objects
from metaads_cli.graph.simulator import Behaviour, Effect, Fault, Faults, Simulator
from metaads_cli.graph.simulator import facts as published
from metaads_cli.graph.simulator.facts import Kind as NodeKind
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
    marker_of,
)
from scripted import Asked, Server, ok, page, refused
from simulated import ACCOUNT, Api, simulator, small_plan

T = TypeVar("T")
Work = Callable[[GraphClient], Awaitable[T]]
FACTS = AccountFacts(ACCOUNT, "ARS", "America/Argentina/Buenos_Aires", "AR")
TARGETING = {
    "geo_locations": {"countries": ["AR", "UY"]},
    "age_min": 25,
    "age_max": 45,
    "genders": [1, 2],
    "targeting_automation": {"advantage_audience": 0},
}
MARKER = "[ma:0123456789]"


def run(app: Any, work: Work[T]) -> T:
    async def inside() -> T:
        clock = Clock()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="https://graph.example") as http:
            governor = Governor(clock=clock, jitter=lambda _low, high: high)
            return await work(GraphClient(http, "v26.0", Credentials("token"), governor, clock=clock))

    return asyncio.run(inside())


@pytest.fixture
def api() -> Simulator:
    return simulator(plan=small_plan(), behaviour=Behaviour(strict_combinations=True))


# Made and read back


def case(name: str, objective: str, ad_set: dict[str, Any], **campaign: Any) -> Any:
    return pytest.param(objective, ad_set, campaign, id=name)


SCHEDULE = Schedule(start=datetime(2026, 12, 1, 8), end=datetime(2026, 12, 20, 23))  # noqa: DTZ001
CASES = [
    case("whatsapp", "OUTCOME_ENGAGEMENT", {"destination": Destination.WHATSAPP}),
    case("whatsapp number", "OUTCOME_LEADS", {"destination": Destination.WHATSAPP, "whatsapp_number": "5491155550001"}),
    case("messenger", "OUTCOME_ENGAGEMENT", {"destination": Destination.MESSENGER}),
    case(
        "messenger with pixel",
        "OUTCOME_SALES",
        {"destination": Destination.MESSENGER, "pixel": "77", "conversion_event": "PURCHASE"},
    ),
    case(
        "website with pixel",
        "OUTCOME_SALES",
        {
            "destination": Destination.WEBSITE,
            "optimization_goal": "OFFSITE_CONVERSIONS",
            "pixel": "77",
            "conversion_event": "PURCHASE",
        },
    ),
    case(
        "leads of a website",
        "OUTCOME_LEADS",
        {
            "destination": Destination.WEBSITE,
            "optimization_goal": "OFFSITE_CONVERSIONS",
            "pixel": "77",
            "conversion_event": "LEAD",
        },
    ),
    case("clicks to a shop", "OUTCOME_SALES", {"destination": Destination.WEBSITE, "optimization_goal": "LINK_CLICKS"}),
    case("traffic", "OUTCOME_TRAFFIC", {"destination": Destination.WEBSITE, "optimization_goal": "LINK_CLICKS"}),
    case("no destination", "OUTCOME_AWARENESS", {"destination": None, "optimization_goal": "REACH"}),
    case("a schedule", "OUTCOME_ENGAGEMENT", {"destination": Destination.WHATSAPP, "schedule": SCHEDULE}),
    case(
        "a budget for a lifetime",
        "OUTCOME_ENGAGEMENT",
        {
            "destination": Destination.WHATSAPP,
            "schedule": SCHEDULE,
            "budget": Budget(lifetime=Decimal("900000.50")),
        },
    ),
    case(
        "a bid",
        "OUTCOME_ENGAGEMENT",
        {"destination": Destination.WHATSAPP, "bid_strategy": "COST_CAP", "bid_amount": Decimal("120.50")},
    ),
    case(
        "a budget of the campaign",
        "OUTCOME_ENGAGEMENT",
        {"destination": Destination.WHATSAPP, "budget": None},
        budget=Budget(daily=Decimal(90000)),
    ),
    case(
        "a special category",
        "OUTCOME_ENGAGEMENT",
        {"destination": Destination.WHATSAPP},
        special_ad_categories=("HOUSING",),
        special_ad_category_countries=("AR", "UY"),
    ),
]


def spec_of(api: Simulator, objective: str, ad_set: dict[str, Any], campaign: dict[str, Any]) -> CampaignSpec:
    page = api.world.all_of(NodeKind.PAGE)[0]
    creative = CreativeSpec(
        media=Media(image="a.png"),
        text="Solo hoy",
        headline="20% OFF",
        link=None if ad_set["destination"] in {Destination.WHATSAPP, Destination.MESSENGER} else "https://a.example",
        welcome_message="¡Hola!",
        url_tags="utm_source=meta",
    )
    basics: dict[str, Any] = {
        "key": "s",
        "name": "CABA",
        "ads": (AdSpec(key="a", name="Promo", creative=creative),),
        "targeting": TARGETING,
        "optimization_goal": "CONVERSATIONS",
        "budget": Budget(daily=Decimal("45000.50")),
    }
    return CampaignSpec(
        **{
            "key": "verano",
            "name": "Verano",
            "objective": objective,
            "special_ad_categories": (),
            "adsets": (AdSetSpec(**basics | ad_set),),
            "page": page.id,
            "instagram": page.values["instagram_business_account"]["id"],
            "place": Place("f.yaml", 1, 1),
        }
        | campaign
    )


async def create(client: GraphClient, edge: str, fields: Fields) -> str:
    return str((await client.post(f"{ACCOUNT}/{edge}", fields, account=ACCOUNT))["id"])


async def make(client: GraphClient, spec: CampaignSpec, media: UploadedMedia) -> dict[Kind, tuple[str, Fields]]:
    """Make the campaign with its one ad: ids, and what was sent."""
    (ad_set,) = spec.adsets
    (ad,) = ad_set.ads
    campaign = campaign_fields(spec, FACTS)
    campaign_id = await create(client, "campaigns", campaign)
    below = ad_set_fields(spec, ad_set, FACTS, campaign_id)
    ad_set_id = await create(client, "adsets", below)
    creative = creative_fields(spec, ad_set, ad, media)
    creative_id = await create(client, "adcreatives", creative)
    last = ad_fields(ad, ad_set_id, creative_id)
    return {
        Kind.CAMPAIGN: (campaign_id, campaign),
        Kind.AD_SET: (ad_set_id, below),
        Kind.CREATIVE: (creative_id, creative),
        Kind.AD: (await create(client, "ads", last), last),
    }


async def differences(client: GraphClient, kind: Kind, object_id: str, applied: Fields) -> dict[str, Any]:
    remote = (await read_objects(client, [object_id], kind, account_id=ACCOUNT))[object_id]
    assert not isinstance(remote, Failure)
    return drift(kind, applied, remote)


@pytest.mark.parametrize("is_video", [False, True], ids=["image", "video"])
@pytest.mark.parametrize(("objective", "ad_set", "campaign"), CASES)
def test_what_is_made_is_read_back_without_a_difference(
    api: Simulator, objective: str, ad_set: dict[str, Any], campaign: dict[str, Any], is_video: bool
) -> None:
    """In strict mode, too: the objective, destination and goal are in the published table."""

    async def work(client: GraphClient) -> None:
        image_hash = await upload_image(client, ACCOUNT, "a.png", b"picture")
        video_id = await upload_video(client, ACCOUNT, "V", "https://c.example/1.mp4") if is_video else None
        media = UploadedMedia(image_hash=image_hash, video_id=video_id)
        made = await make(client, spec_of(api, objective, ad_set, campaign), media)
        for kind, (object_id, applied) in made.items():
            assert await differences(client, kind, object_id, applied) == {}
            assert api.world.get(object_id).status in {"PAUSED", "ACTIVE" if kind is Kind.CREATIVE else "PAUSED"}

    run(api, work)


def test_click_to_instagram_is_taken() -> None:
    """Not in strict mode: the docs' table has no row for it, Meta's guide on such ads has."""
    api = simulator(plan=small_plan())

    async def work(client: GraphClient) -> None:
        image_hash = await upload_image(client, ACCOUNT, "a.png", b"picture")
        spec = spec_of(api, "OUTCOME_ENGAGEMENT", {"destination": Destination.INSTAGRAM}, {})
        made = await make(client, spec, UploadedMedia(image_hash=image_hash))
        for kind, (object_id, applied) in made.items():
            assert await differences(client, kind, object_id, applied) == {}

    run(api, work)


@pytest.mark.parametrize(("objective", "ad_set", "campaign"), CASES)
def test_every_field_is_in_the_published_specs(
    api: Simulator, objective: str, ad_set: dict[str, Any], campaign: dict[str, Any]
) -> None:
    spec = spec_of(api, objective, ad_set, campaign)
    (below,) = spec.adsets
    sent = {
        "campaigns": campaign_fields(spec, FACTS),
        "adsets": ad_set_fields(spec, below, FACTS, "1"),
        "adcreatives": creative_fields(spec, below, below.ads[0], UploadedMedia(image_hash="h")),
        "ads": ad_fields(below.ads[0], "1", "2"),
    }
    for edge, fields in sent.items():
        assert fields.keys() <= published.params(f"AdAccount POST {edge}").keys()


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        (Kind.CAMPAIGN, {"name": "Otoño", "special_ad_categories": ["HOUSING"], "special_ad_category_country": ["AR"]}),
        (Kind.AD_SET, {"name": "GBA", "daily_budget": 9000000}),
        (Kind.AD_SET, {"targeting": TARGETING | {"age_min": 30}}),
        (Kind.AD_SET, {"end_time": "2026-12-30T23:00:00-0300"}),
        (Kind.AD_SET, {"end_time": 0}),
        (Kind.AD_SET, {"bid_strategy": "COST_CAP", "bid_amount": 500}),
        (Kind.AD, {"name": "B"}),
        (Kind.CREATIVE, {"name": "B"}),
    ],
)
def test_a_change_is_drift_until_it_is_applied(api: Simulator, kind: Kind, changed: Fields) -> None:
    async def work(client: GraphClient) -> None:
        image_hash = await upload_image(client, ACCOUNT, "a.png", b"picture")
        ad_set = {"destination": Destination.WHATSAPP, "schedule": SCHEDULE}
        spec = spec_of(api, "OUTCOME_ENGAGEMENT", ad_set, {})
        object_id, applied = (await make(client, spec, UploadedMedia(image_hash=image_hash)))[kind]
        wanted = applied | changed
        sent = changes(kind, wanted, applied)
        assert sent == changed
        assert (await differences(client, kind, object_id, wanted)).keys() == changed.keys()
        await client.post(object_id, sent, account=ACCOUNT)
        assert await differences(client, kind, object_id, wanted) == {}
        assert (await differences(client, kind, object_id, applied)).keys() <= changed.keys()

    run(api, work)


def test_another_creative_is_another_of_the_same_ad(api: Simulator) -> None:
    async def work(client: GraphClient) -> None:
        image_hash = await upload_image(client, ACCOUNT, "a.png", b"picture")
        spec = spec_of(api, "OUTCOME_ENGAGEMENT", {"destination": Destination.WHATSAPP}, {})
        made = await make(client, spec, UploadedMedia(image_hash=image_hash))
        ad_id, applied = made[Kind.AD]
        other = await create(client, "adcreatives", made[Kind.CREATIVE][1] | {"name": "B"})
        wanted = applied | {"creative": {"creative_id": other}}
        await client.post(ad_id, changes(Kind.AD, wanted, applied), account=ACCOUNT)
        assert await differences(client, Kind.AD, ad_id, wanted) == {}
        assert (await differences(client, Kind.AD, ad_id, applied)).keys() == {"creative"}

    run(api, work)


def test_a_lost_activation_is_noticed(api: Simulator) -> None:
    async def work(client: GraphClient) -> None:
        campaign = api.world.children(ACCOUNT, NodeKind.CAMPAIGN)[0].id
        assert await differences(client, Kind.CAMPAIGN, campaign, {"status": "ACTIVE"}) == {}
        await client.post(campaign, {"status": "PAUSED"}, account=ACCOUNT)
        assert (await differences(client, Kind.CAMPAIGN, campaign, {"status": "ACTIVE"})).keys() == {"status"}

    run(api, work)


# Reading by id


def test_objects_are_read_by_id_and_a_failure_stands_for_its_own(api: Simulator) -> None:
    ads = api.world.children(ACCOUNT, NodeKind.AD)
    api.world.changed(ads[0], {"status": "DELETED"})
    ids = [ads[0].id, "120299999999999999", *(ad.id for ad in ads), ads[0].id]
    found = run(api, lambda client: read_objects(client, ids, Kind.AD))
    assert list(found) == list(dict.fromkeys(ids))
    gone, missing = found[ads[0].id], found["120299999999999999"]
    assert not isinstance(gone, Failure)
    assert (gone["status"], gone["creative"]) == ("DELETED", {"id": ads[0].values["creative_id"]})
    assert isinstance(missing, Failure)
    assert missing.failure_class is FailureClass.NOT_FOUND


def test_no_ids_are_no_call(api: Simulator) -> None:
    async def work(client: GraphClient) -> tuple[dict[str, Any], int]:
        return dict(await read_objects(client, [], Kind.AD)), client.calls

    assert run(api, work) == ({}, 0)


# Found by the marker

NODE_KINDS = {
    Kind.CAMPAIGN: NodeKind.CAMPAIGN,
    Kind.AD_SET: NodeKind.AD_SET,
    Kind.CREATIVE: NodeKind.CREATIVE,
    Kind.AD: NodeKind.AD,
}


def parent_of(api: Simulator, kind: Kind, object_id: str) -> str | None:
    name = {Kind.AD_SET: "campaign_id", Kind.AD: "adset_id"}.get(kind)
    return str(api.world.get(object_id).values[name]) if name else None


def search(api: Any, kind: Kind, parent: str | None, marker: str = MARKER) -> list[str]:
    found = run(api, lambda client: find_marked(client, ACCOUNT, parent, kind, marker))
    return [row["id"] for row in found]


@pytest.mark.parametrize("status", ["ACTIVE", "PAUSED", "ARCHIVED"])
@pytest.mark.parametrize("kind", Kind)
def test_an_object_is_found_by_its_marker_whatever_its_status(api: Simulator, kind: Kind, status: str) -> None:
    node = api.world.children(ACCOUNT, NODE_KINDS[kind])[0]
    api.world.changed(node, {"name": marked("Verano", MARKER), "status": status})
    parent = parent_of(api, kind, node.id)
    assert search(api, kind, parent) == [node.id]
    assert search(api, kind, parent, "[ma:ffffffffff]") == []


def test_an_ad_in_review_is_found(api: Simulator) -> None:
    ad = api.world.children(ACCOUNT, NodeKind.AD)[0]
    made = Api(api).made(
        f"{ACCOUNT}/ads",
        name=marked("Promo", MARKER),
        adset_id=ad.values["adset_id"],
        creative={"creative_id": ad.values["creative_id"]},
        status="PAUSED",
    )
    assert Api(api).read(made, fields="effective_status")["effective_status"] == "IN_PROCESS"
    assert search(api, Kind.AD, ad.values["adset_id"]) == [made]


def test_another_parents_objects_are_not_found(api: Simulator) -> None:
    first, *_, last = api.world.children(ACCOUNT, NodeKind.AD)
    api.world.changed(first, {"name": marked("Promo", MARKER)})
    assert first.values["adset_id"] != last.values["adset_id"]
    assert search(api, Kind.AD, last.values["adset_id"]) == []


def test_two_objects_with_one_marker_are_both_found(api: Simulator) -> None:
    for node in api.world.children(ACCOUNT, NodeKind.CAMPAIGN):
        api.world.changed(node, {"name": marked("Verano", MARKER)})
    assert len(search(api, Kind.CAMPAIGN, None)) == 2


def test_markers_differ_by_case() -> None:
    api = simulator(plan=small_plan())
    api.world.changed(api.world.children(ACCOUNT, NodeKind.CAMPAIGN)[0], {"name": "Verano [MA:ABCDEF0123]"})
    assert search(api, Kind.CAMPAIGN, None, "[ma:abcdef0123]") == []


class Unfiltering:
    """The simulator, as a server that does not know `filtering`, and gives small pages."""

    def __init__(self, inner: Simulator, limit: int = 2):
        self.inner, self.limit, self.asked = inner, limit, 0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.asked += 1
        query = dict(httpx.QueryParams(scope["query_string"].decode()))
        query.pop("filtering", None)
        kept = httpx.QueryParams(query | {"limit": str(self.limit)})
        await self.inner({**scope, "query_string": str(kept).encode()}, receive, send)


@pytest.mark.parametrize("kind", Kind)
def test_a_server_that_ignores_the_filter_is_read_to_its_end(kind: Kind) -> None:
    api = simulator(plan=small_plan(campaigns=7, ad_sets=5, ads=5))
    node = api.world.children(ACCOUNT, NODE_KINDS[kind])[0]  # the oldest: it comes last
    api.world.changed(node, {"name": marked("Verano", MARKER)})
    server = Unfiltering(api)
    assert search(server, kind, parent_of(api, kind, node.id)) == [node.id]
    assert server.asked > 2


def test_a_server_that_refuses_the_filter_is_read_without_it() -> None:
    def second(asked: Asked) -> Any:
        assert "filtering" not in asked.query
        return ok({"data": [{"id": "1", "name": marked("A", MARKER)}, {"id": "2", "name": "B"}, {"id": "3"}]})

    assert search(Server([refused(100), second]), Kind.CAMPAIGN, None) == ["1"]


def test_an_empty_page_is_not_the_end() -> None:
    last = ok({"data": [{"id": "9", "name": marked("A", MARKER)}]})
    assert search(Server([page([1], "c1"), page([], "c2"), last]), Kind.CAMPAIGN, None) == ["9"]


def test_an_object_that_comes_on_two_pages_is_one() -> None:
    row = {"id": "9", "name": marked("A", MARKER)}
    first = ok({"data": [row], "paging": {"cursors": {"after": "c1"}, "next": "x"}})
    assert search(Server([first, ok({"data": [row]})]), Kind.CAMPAIGN, None) == ["9"]


@pytest.mark.parametrize("script", [[ok({"data": [{"id": "1"}, "odd"]})], [refused(200)], [refused(190)]])
def test_what_could_hide_the_object_is_no_answer(script: Sequence[Any]) -> None:
    with pytest.raises(GraphFailure):
        search(Server(list(script)), Kind.CAMPAIGN, None)


def test_the_filter_and_the_statuses_are_asked_for() -> None:
    server = Server([ok({"data": []}), ok({"data": []})])
    search(server, Kind.AD, "77")
    search(server, Kind.CREATIVE, None)
    ads, creatives = ((asked.path, httpx.QueryParams(asked.query)) for asked in server.asked)
    assert ads[0] == "/v26.0/77/ads"
    assert json.loads(ads[1]["filtering"]) == [{"field": "name", "operator": "CONTAIN", "value": MARKER}]
    assert {"ARCHIVED", "PENDING_REVIEW", "PREAPPROVED", "IN_PROCESS"} <= set(json.loads(ads[1]["effective_status"]))
    assert creatives[0] == f"/v26.0/{ACCOUNT}/adcreatives"
    assert "effective_status" not in creatives[1]


def test_a_lost_creation_is_found(api: Simulator) -> None:
    faults = Faults()
    faults.add(Fault(Effect.DROP_AFTER, method="POST", path="/campaigns$"))
    lossy = Simulator(api.world, faults=faults)
    marker = marker_of(1, "verano", Kind.CAMPAIGN, "verano")

    async def work(client: GraphClient) -> list[str]:
        spec = spec_of(api, "OUTCOME_ENGAGEMENT", {"destination": Destination.WHATSAPP}, {})
        fields = campaign_fields(msgspec.structs.replace(spec, name=marked("Verano", marker)), FACTS)
        with pytest.raises(UnknownOutcome):
            await create(client, "campaigns", fields)
        return [row["name"] for row in await find_marked(client, ACCOUNT, None, Kind.CAMPAIGN, marker)]

    assert run(lossy, work) == [f"Verano {marker}"]


# Imported


def test_a_campaign_is_read_with_all_that_is_below_it(api: Simulator) -> None:
    campaign = api.world.children(ACCOUNT, NodeKind.CAMPAIGN)[0]
    ads = api.world.children(campaign.id, NodeKind.AD)
    api.world.changed(ads[0], {"status": "ARCHIVED"})
    tree = run(api, lambda client: import_tree(client, campaign.id))
    assert (tree["id"], tree["objective"]) == (campaign.id, campaign.values["objective"])
    assert tree["account_id"] == ACCOUNT.removeprefix("act_")
    ad_sets = api.world.children(campaign.id, NodeKind.AD_SET)
    assert [one["id"] for one in tree["adsets"]] == [one.id for one in ad_sets]
    assert [ad["id"] for one in tree["adsets"] for ad in one["ads"]] == [ad.id for ad in ads[1:]]
    first = tree["adsets"][0]
    assert first["targeting"] == ad_sets[0].values["targeting"]
    story = first["ads"][0]["creative"]["object_story_spec"]
    assert story == api.world.get(ads[1].values["creative_id"]).values["object_story_spec"]


def test_what_was_made_from_a_file_is_imported_with_every_field(api: Simulator) -> None:
    async def work(client: GraphClient) -> None:
        image_hash = await upload_image(client, ACCOUNT, "a.png", b"picture")
        ad_set = {"destination": Destination.WHATSAPP, "schedule": SCHEDULE, "whatsapp_number": "5491155550001"}
        spec = spec_of(api, "OUTCOME_ENGAGEMENT", ad_set, {})
        made = await make(client, spec, UploadedMedia(image_hash=image_hash))
        tree = await import_tree(client, made[Kind.CAMPAIGN][0])
        (below,) = tree["adsets"]
        (ad,) = below["ads"]
        remote = {Kind.CAMPAIGN: tree, Kind.AD_SET: below, Kind.CREATIVE: ad["creative"], Kind.AD: ad}
        for kind, (_, applied) in made.items():
            assert drift(kind, applied, remote[kind]) == {}

    run(api, work)


def test_a_campaign_that_is_not_there_is_no_tree(api: Simulator) -> None:
    with pytest.raises(GraphFailure, match="100/33"):
        run(api, lambda client: import_tree(client, "120299999999999999"))
