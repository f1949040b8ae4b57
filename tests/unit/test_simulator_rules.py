"""Every rule of creating and updating answers with its code, its subcode and the parameter it blames."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaads_cli.graph.simulator import AccountPlan, Behaviour, Limits, Simulator, WorldPlan
from metaads_cli.graph.simulator.facts import Kind
from simulated import ACCOUNT, Api, StoppedClock, blamed, codes, document, error, simulator

DROP = object()
PIXEL = {"pixel_id": "9", "custom_event_type": "PURCHASE"}
CAMPAIGN = {
    "name": "CTWA",
    "objective": "OUTCOME_ENGAGEMENT",
    "status": "PAUSED",
    "special_ad_categories": [],
    "is_adset_budget_sharing_enabled": False,
}
EU = {"geo_locations": {"countries": ["ES"]}, "targeting_automation": {"advantage_audience": 0}}


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def api(clock: StoppedClock) -> Api:
    return Api(simulator(clock))


def page_of(api: Api) -> str:
    return str(api.simulator.world.get(ACCOUNT).values["page_id"])


def ad_set(api: Api, campaign: str | None = None) -> dict[str, Any]:
    """The ad set of the click-to-WhatsApp guide."""
    return {
        "name": "Lima",
        "campaign_id": campaign or api.made(f"{ACCOUNT}/campaigns", **CAMPAIGN),
        "daily_budget": 2_000_000,
        "billing_event": "IMPRESSIONS",
        "optimization_goal": "CONVERSATIONS",
        "bid_strategy": "LOWEST_COST_WITHOUT_CAP",
        "destination_type": "WHATSAPP",
        "promoted_object": {"page_id": page_of(api)},
        "targeting": {"geo_locations": {"countries": ["AR"]}, "targeting_automation": {"advantage_audience": 0}},
        "status": "PAUSED",
    }


def creative(api: Api) -> dict[str, Any]:
    return {
        "name": "Foto",
        "object_story_spec": {
            "page_id": page_of(api),
            "link_data": {
                "name": "Sonreí",
                "message": "Escribinos",
                "link": "https://api.whatsapp.com/send",
                "call_to_action": {"type": "WHATSAPP_MESSAGE", "value": {"app_destination": "WHATSAPP"}},
            },
        },
    }


def ad(api: Api) -> dict[str, Any]:
    return {
        "name": "Foto A",
        "adset_id": api.made(f"{ACCOUNT}/adsets", **ad_set(api)),
        "creative": {"creative_id": api.made(f"{ACCOUNT}/adcreatives", **creative(api))},
        "status": "PAUSED",
    }


def changed(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (values | changes).items() if value is not DROP}


def nested(values: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with the value at a path such as `targeting.age_min`; DROP removes it."""
    copy = json.loads(json.dumps(values))
    *parents, last = path.split(".")
    place = copy
    for parent in parents:
        place = place.setdefault(parent, {})
    if value is DROP:
        del place[last]
    else:
        place[last] = value
    return dict(copy)


@pytest.mark.parametrize(
    ("changes", "subcode", "blame"),
    [
        ({"name": DROP}, None, ["name"]),
        ({"name": "x" * 401}, None, ["name"]),
        ({"objective": DROP}, None, ["objective"]),
        ({"objective": "MESSAGES"}, None, ["objective"]),
        ({"objective": "OUTCOME_FAME"}, None, ["objective"]),
        ({"special_ad_categories": DROP}, None, ["special_ad_categories"]),
        ({"special_ad_categories": ["CIGARS"]}, None, ["special_ad_categories"]),
        ({"special_ad_categories": "HOUSING"}, None, ["special_ad_categories"]),
        ({"special_ad_categories": ["HOUSING"]}, None, ["special_ad_category_country"]),
        ({"status": "ARCHIVED"}, None, ["status"]),
        ({"status": "ON"}, None, ["status"]),
        ({"daily_budget": 10**7, "lifetime_budget": 10**8}, None, ["daily_budget"]),
        ({"is_adset_budget_sharing_enabled": DROP}, 4834011, ["is_adset_budget_sharing_enabled"]),
        ({"is_adset_budget_sharing_enabled": True}, 4834005, ["bid_strategy"]),
        (
            {"is_adset_budget_sharing_enabled": True, "daily_budget": 10**7, "bid_strategy": "LOWEST_COST_WITHOUT_CAP"},
            4834002,
            ["is_adset_budget_sharing_enabled"],
        ),
        ({"is_adset_budget_sharing_enabled": "maybe"}, None, ["is_adset_budget_sharing_enabled"]),
        ({"bid_strategy": "CHEAP"}, None, ["bid_strategy"]),
        ({"daily_budget": "12.5"}, None, ["daily_budget"]),
        ({"daily_budget": -1}, None, ["daily_budget"]),
        ({"daily_budget": 100}, 1885272, ["daily_budget"]),
        ({"spend_cap": 100}, 2446307, ["spend_cap"]),
        ({"stop_time": "2026-01-01T00:00:00-0300"}, 1487033, ["stop_time"]),
        ({"stop_time": "soon"}, None, ["stop_time"]),
        ({"execution_options": ["include_recommendations"]}, None, ["execution_options"]),
        ({"execution_options": ["guess"]}, None, ["execution_options"]),
    ],
)
def test_campaign_rules(api: Api, changes: dict[str, Any], subcode: int | None, blame: list[str]) -> None:
    answer = api.post(f"{ACCOUNT}/campaigns", **changed(CAMPAIGN, changes))
    assert codes(answer) == (100, subcode)
    assert blamed(answer) == [blame]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"special_ad_categories": ["NONE"]},
        {"special_ad_categories": ["HOUSING"], "special_ad_category_country": ["AR"]},
        {"is_adset_budget_sharing_enabled": DROP, "daily_budget": 10**6},
        {"is_adset_budget_sharing_enabled": "True", "bid_strategy": "LOWEST_COST_WITHOUT_CAP"},
        {"spend_cap": 922337203685478},
        {"name": "CTWA 🦷"},
        {"status": DROP},
    ],
)
def test_campaigns_that_are_right(api: Api, changes: dict[str, Any]) -> None:
    assert api.made(f"{ACCOUNT}/campaigns", **changed(CAMPAIGN, changes)).isdecimal()


AD_SET_REFUSALS: list[tuple[str, Any, int | None, list[str]]] = [
    ("name", DROP, None, ["name"]),
    ("campaign_id", DROP, None, ["campaign_id"]),
    ("campaign_id", "120200000000000099", None, ["campaign_id"]),
    ("optimization_goal", DROP, None, ["optimization_goal"]),
    ("optimization_goal", "FAME", None, ["optimization_goal"]),
    ("billing_event", DROP, None, ["billing_event"]),
    ("billing_event", "LINK_CLICKS", None, ["billing_event"]),
    ("daily_budget", DROP, None, ["daily_budget"]),
    ("daily_budget", 0, None, ["daily_budget"]),
    ("daily_budget", 49_999, 1885272, ["daily_budget"]),
    ("lifetime_budget", 10**8, None, ["daily_budget"]),
    ("bid_strategy", DROP, 2490487, ["bid_amount"]),
    ("bid_strategy", "COST_CAP", 2490487, ["bid_amount"]),
    ("bid_strategy", "LOWEST_COST_WITH_BID_CAP", 2490487, ["bid_amount"]),
    ("bid_strategy", "LOWEST_COST_WITH_MIN_ROAS", 2490487, ["bid_constraints"]),
    ("end_time", "2026-11-19T10:00:00-0300", 1487033, ["end_time"]),
    ("end_time", "2026-11-21T10:00:00-0300", None, ["end_time"]),
    ("targeting", DROP, None, ["targeting"]),
    ("targeting", "{", None, ["targeting"]),
    ("targeting.geo_locations", DROP, None, ["targeting", "geo_locations"]),
    ("targeting.geo_locations.countries", [], None, ["targeting", "geo_locations"]),
    ("targeting.geo_locations.location_types", ["home"], 1870199, ["targeting", "geo_locations", "location_types"]),
    ("targeting.instagram_positions", ["stream", "explore"], None, ["targeting", "instagram_positions"]),
    (
        "targeting",
        {"geo_locations": {"countries": ["AR"]}, "age_min": 30},
        1870227,
        ["targeting", "targeting_automation", "advantage_audience"],
    ),
    (
        "targeting",
        {"geo_locations": {"countries": ["AR"]}, "targeting_automation": {"advantage_audience": 1}, "age_min": 30},
        1870188,
        ["targeting", "age_min"],
    ),
    (
        "targeting",
        {"geo_locations": {"countries": ["AR"]}, "targeting_automation": {"advantage_audience": 1}, "age_max": 40},
        None,
        ["targeting", "age_max"],
    ),
    ("targeting", EU, 3858081, ["dsa_beneficiary"]),
    ("destination_type", "PHONE_CALL", 2446509, ["destination_type"]),
    ("promoted_object", DROP, None, ["promoted_object", "page_id"]),
    ("promoted_object", {"page_id": "1"}, None, ["promoted_object", "page_id"]),
    ("promoted_object.custom_event_type", "OTHER", None, ["promoted_object", "custom_event_str"]),
    ("status", "DELETED", None, ["status"]),
]


@pytest.mark.parametrize(("path", "value", "subcode", "blame"), AD_SET_REFUSALS)
def test_ad_set_rules(api: Api, path: str, value: Any, subcode: int | None, blame: list[str]) -> None:
    answer = api.post(f"{ACCOUNT}/adsets", **nested(ad_set(api), path, value))
    assert codes(answer) == (100, subcode)
    assert blamed(answer) == [blame]


@pytest.mark.parametrize(
    ("changes", "subcode", "blame"),
    [
        ({"dsa_beneficiary": "Clínica"}, 3858079, ["dsa_payor"]),
        ({"dsa_beneficiary": "Clínica", "dsa_payor": "Clínica"}, None, None),
    ],
)
def test_audiences_in_the_european_union_name_their_payor(
    api: Api, changes: dict[str, Any], subcode: int | None, blame: list[str] | None
) -> None:
    answer = api.post(f"{ACCOUNT}/adsets", **ad_set(api) | {"targeting": EU} | changes)
    assert (codes(answer), blamed(answer)) == ((100, subcode), [blame]) if blame else answer.status_code == 200


def test_the_budget_is_the_campaigns_or_the_ad_sets(api: Api) -> None:
    budget = {"daily_budget": 10**7, "bid_strategy": "LOWEST_COST_WITHOUT_CAP"}
    campaign = api.made(f"{ACCOUNT}/campaigns", **CAMPAIGN | budget)
    answer = api.post(f"{ACCOUNT}/adsets", **ad_set(api, campaign))
    assert codes(answer) == (100, 1885621)
    assert blamed(answer) == [["daily_budget"]]
    without = changed(ad_set(api, campaign), {"daily_budget": DROP, "bid_strategy": DROP})
    assert api.made(f"{ACCOUNT}/adsets", **without)


def test_a_lifetime_budget_needs_an_end(api: Api) -> None:
    lifetime = changed(ad_set(api), {"daily_budget": DROP, "lifetime_budget": 10**7})
    assert blamed(api.post(f"{ACCOUNT}/adsets", **lifetime)) == [["end_time"]]
    ending = lifetime | {"end_time": "2026-12-20T10:00:00-0300"}
    assert api.made(f"{ACCOUNT}/adsets", **ending)
    # The minimum holds for each day.
    assert codes(api.post(f"{ACCOUNT}/adsets", **ending | {"lifetime_budget": 60_000})) == (100, 1885272)


def test_a_budget_is_at_least_the_bid(api: Api) -> None:
    bid = {"bid_strategy": "COST_CAP", "bid_amount": 3_000_000}
    assert codes(api.post(f"{ACCOUNT}/adsets", **ad_set(api) | bid)) == (100, 1885272)


def test_an_end_of_zero_is_no_end(api: Api) -> None:
    made = api.made(f"{ACCOUNT}/adsets", **ad_set(api) | {"time_stop": 0})
    assert "end_time" not in api.read(made, fields="end_time")


def test_special_categories_keep_to_their_country_and_name_their_audience(api: Api) -> None:
    special = {"special_ad_categories": ["HOUSING"], "special_ad_category_country": ["CL"]}
    campaign = api.made(f"{ACCOUNT}/campaigns", **CAMPAIGN | special)
    answer = api.post(f"{ACCOUNT}/adsets", **ad_set(api, campaign))
    assert codes(answer) == (100, 2909034)
    undecided = nested(ad_set(api, campaign), "targeting.targeting_automation", DROP)
    answer = api.post(f"{ACCOUNT}/adsets", **undecided)
    assert error(answer)["error_user_msg"] == "ADS_TARGETING__REQUIRE_EXPLICIT_ADVANTAGE_AUDIENCE_FLAG"


def test_a_default_audience_needs_no_flag(api: Api) -> None:
    assert api.made(f"{ACCOUNT}/adsets", **nested(ad_set(api), "targeting.targeting_automation", DROP))


def test_one_promoted_object_only(api: Api) -> None:
    promoted = {"custom_conversion_id": "1", "pixel_id": "2"}
    web = {"destination_type": "WEBSITE", "optimization_goal": "OFFSITE_CONVERSIONS", "promoted_object": promoted}
    assert codes(api.post(f"{ACCOUNT}/adsets", **ad_set(api) | web)) == (100, 1487929)
    assert api.made(f"{ACCOUNT}/adsets", **ad_set(api) | web | {"promoted_object": PIXEL})
    none = ad_set(api) | web | {"promoted_object": {}}
    assert blamed(api.post(f"{ACCOUNT}/adsets", **none)) == [["promoted_object", "pixel_id"]]


def without_whatsapp() -> Api:
    plan = AccountPlan("1000000000000001", has_whatsapp=False)
    return Api(simulator(plan=WorldPlan((plan,))))


def test_a_page_without_a_number_takes_no_whatsapp_ads() -> None:
    api = without_whatsapp()
    assert codes(api.post(f"{ACCOUNT}/adsets", **ad_set(api))) == (100, 2446880)
    assert codes(api.post(f"{ACCOUNT}/adcreatives", **creative(api))) == (100, 2446880)


def test_combinations_outside_the_table_are_refused_in_strict_mode_only(api: Api) -> None:
    odd = {"optimization_goal": "POST_ENGAGEMENT"}
    assert api.made(f"{ACCOUNT}/adsets", **ad_set(api) | odd)
    strict = Api(simulator(behaviour=Behaviour(strict_combinations=True)))
    assert blamed(strict.post(f"{ACCOUNT}/adsets", **ad_set(strict) | odd)) == [["optimization_goal"]]
    assert strict.made(f"{ACCOUNT}/adsets", **ad_set(strict))


CREATIVE_REFUSALS: list[tuple[str, Any, int | None, list[str]]] = [
    ("object_story_spec", DROP, None, ["object_story_spec"]),
    ("object_story_spec.page_id", DROP, None, ["object_story_spec", "page_id"]),
    ("object_story_spec.page_id", "1", None, ["object_story_spec", "page_id"]),
    ("object_story_spec.instagram_actor_id", "1", None, ["object_story_spec", "instagram_actor_id"]),
    ("object_story_spec.instagram_user_id", "1", 1815199, ["object_story_spec", "instagram_user_id"]),
    ("object_story_spec.link_data", DROP, None, ["object_story_spec"]),
    ("object_story_spec.photo_data", {"url": "x"}, None, ["object_story_spec"]),
    ("object_story_spec.link_data.image_hash", "0" * 32, None, ["object_story_spec", "link_data", "image_hash"]),
    ("object_story_spec.link_data.picture", "foto.jpg", 3858258, ["object_story_spec", "link_data", "picture"]),
    (
        "object_story_spec.link_data.call_to_action.type",
        "SHOUT",
        1373054,
        ["object_story_spec", "link_data", "call_to_action", "type"],
    ),
]


@pytest.mark.parametrize(("path", "value", "subcode", "blame"), CREATIVE_REFUSALS)
def test_creative_rules(api: Api, path: str, value: Any, subcode: int | None, blame: list[str]) -> None:
    answer = api.post(f"{ACCOUNT}/adcreatives", **nested(creative(api), path, value))
    assert codes(answer) == (100, subcode)
    assert blamed(answer) == [blame]


def test_an_app_in_development_mode_makes_no_creatives() -> None:
    api = Api(simulator(behaviour=Behaviour(live_app=False)))
    assert codes(api.post(f"{ACCOUNT}/adcreatives", **creative(api))) == (100, 1885183)


def test_an_account_may_ask_for_a_choice_on_enhancements(api: Api) -> None:
    api.simulator.world.get(ACCOUNT).values["explicit_enhancements"] = True
    answer = api.post(f"{ACCOUNT}/adcreatives", **creative(api))
    assert codes(answer) == (100, 3858082)
    assert blamed(answer) == [["degrees_of_freedom_spec"]]


AD_REFUSALS: list[tuple[str, Any, list[str]]] = [
    ("name", DROP, ["name"]),
    ("adset_id", DROP, ["adset_id"]),
    ("adset_id", "120200000000000099", ["adset_id"]),
    ("creative", DROP, ["creative"]),
    ("creative", {}, ["creative"]),
    ("creative", {"creative_id": "120200000000000099"}, ["creative", "creative_id"]),
    ("creative", {"name": "x"}, ["creative", "object_story_spec"]),
    ("status", "ARCHIVED", ["status"]),
    ("execution_options", ["synchronous_ad_review"], ["execution_options"]),
]


@pytest.mark.parametrize(("path", "value", "blame"), AD_REFUSALS)
def test_ad_rules(api: Api, path: str, value: Any, blame: list[str]) -> None:
    answer = api.post(f"{ACCOUNT}/ads", **nested(ad(api), path, value))
    assert codes(answer)[0] == 100
    assert blamed(answer) == [blame]


def test_validation_errors_tell_the_user_what_is_wrong(api: Api) -> None:
    answer = api.post(f"{ACCOUNT}/campaigns", **changed(CAMPAIGN, {"is_adset_budget_sharing_enabled": DROP}))
    found = error(answer)
    assert answer.status_code == 400
    assert found["message"] == "Invalid parameter"
    assert found["type"] == "OAuthException"
    assert found["is_transient"] is False
    assert found["error_user_title"] == "Must specify True or False in is_adset_budget_sharing_enabled field"
    assert "if you are not using campaign budget" in found["error_user_msg"]


def test_the_click_to_whatsapp_guide_works_from_top_to_bottom(api: Api) -> None:
    made = api.made(f"{ACCOUNT}/ads", **ad(api))
    found = api.read(made, fields="name,status,adset{status},campaign{objective},creative{title,object_story_id}")
    assert found["name"] == "Foto A"
    assert found["creative"]["title"] == "Sonreí"
    assert found["creative"]["object_story_id"].startswith(f"{page_of(api)}_")
    assert found["campaign"]["objective"] == "OUTCOME_ENGAGEMENT"


def test_an_ad_may_bring_its_creative(api: Api) -> None:
    made = api.made(f"{ACCOUNT}/ads", **ad(api) | {"creative": creative(api)})
    assert api.read(made, fields="creative{body}")["creative"]["body"] == "Escribinos"


@pytest.mark.parametrize(
    ("edge", "values"), [("campaigns", lambda _: CAMPAIGN), ("adsets", ad_set), ("adcreatives", creative), ("ads", ad)]
)
def test_validate_only_makes_nothing(api: Api, edge: str, values: Callable[[Api], dict[str, Any]]) -> None:
    wanted = values(api)
    before = len(api.simulator.world.nodes)
    answer = document(api.post(f"{ACCOUNT}/{edge}", **wanted, execution_options=["validate_only"]))
    assert answer == {"success": True}
    assert len(api.simulator.world.nodes) == before
    broken = api.post(f"{ACCOUNT}/{edge}", **changed(wanted, {"name": DROP, "object_story_spec": DROP}),
                      execution_options=["validate_only"])  # fmt: skip
    assert broken.status_code == 400


def test_the_same_name_twice_is_accepted(api: Api) -> None:
    assert api.made(f"{ACCOUNT}/campaigns", **CAMPAIGN) != api.made(f"{ACCOUNT}/campaigns", **CAMPAIGN)


def test_amounts_without_decimals_take_none(clock: StoppedClock) -> None:
    api = Api(simulator(clock))
    colombian = "act_1000000000000002"
    budget = {"is_adset_budget_sharing_enabled": DROP, "daily_budget": 20_000}
    made = api.made(f"{colombian}/campaigns", **changed(CAMPAIGN, budget))
    assert api.read(made, fields="daily_budget")["daily_budget"] == "20000"
    assert codes(api.post(f"{colombian}/campaigns", **changed(CAMPAIGN, budget | {"daily_budget": 1_999}))) == (
        100,
        1885272,
    )


@pytest.fixture
def campaign(api: Api) -> str:
    return api.made(f"{ACCOUNT}/campaigns", **CAMPAIGN)


def test_updates_and_deletes(api: Api, campaign: str) -> None:
    assert document(api.post(campaign, name="Otra", status="ACTIVE")) == {"success": True}
    assert api.read(campaign, fields="name,status") == {"name": "Otra", "status": "ACTIVE", "id": campaign}
    assert document(api.send("DELETE", f"/v26.0/{campaign}")) == {"success": True}
    assert api.read(campaign, fields="effective_status")["effective_status"] == "DELETED"
    assert campaign not in {row["id"] for row in api.all(f"{ACCOUNT}/campaigns")}


def test_deleting_a_campaign_hides_what_is_below_it(api: Api, campaign: str) -> None:
    below = api.made(f"{ACCOUNT}/adsets", **ad_set(api, campaign))
    api.send("DELETE", f"/v26.0/{campaign}")
    assert below not in {row["id"] for row in api.all(f"{ACCOUNT}/adsets", limit=100)}
    assert api.read(below, fields="name")["name"] == "Lima"
    assert blamed(api.post(f"{ACCOUNT}/adsets", **ad_set(api, campaign))) == [["campaign_id"]]


def test_an_archived_object_can_be_renamed_and_deleted_only(api: Api, campaign: str) -> None:
    api.post(campaign, status="ARCHIVED")
    assert api.post(campaign, name="Vieja").status_code == 200
    assert blamed(api.post(campaign, status="ACTIVE")) == [["status"]]
    assert blamed(api.post(campaign, daily_budget=10**7)) == [["daily_budget"]]
    assert api.post(campaign, status="DELETED").status_code == 200


def test_a_deleted_object_can_be_renamed_only(api: Api, campaign: str) -> None:
    api.post(campaign, status="DELETED")
    assert api.post(campaign, name="Vieja").status_code == 200
    assert blamed(api.post(campaign, status="ACTIVE")) == [["status"]]


def test_updates_are_held_to_the_rules(api: Api) -> None:
    made = api.made(f"{ACCOUNT}/adsets", **ad_set(api))
    assert codes(api.post(made, daily_budget=1)) == (100, 1885272)
    assert codes(api.post(made, bid_strategy="COST_CAP")) == (100, 2490487)
    assert document(api.post(made, daily_budget=3_000_000, execution_options=["validate_only"])) == {"success": True}
    assert api.read(made, fields="daily_budget")["daily_budget"] == "2000000"


def test_a_creative_changes_its_name_only(api: Api) -> None:
    made = api.made(f"{ACCOUNT}/adcreatives", **creative(api))
    api.post(made, name="Otra", body="Otro texto")
    assert api.read(made, fields="name,body") == {"name": "Otra", "body": "Escribinos", "id": made}


def test_an_ad_takes_another_creative(api: Api) -> None:
    made = api.made(f"{ACCOUNT}/ads", **ad(api))
    other = api.made(f"{ACCOUNT}/adcreatives", **creative(api))
    api.post(made, creative={"creative_id": other})
    assert api.read(made, fields="creative")["creative"] == {"id": other}
    assert blamed(api.post(made, creative={"creative_id": "9"})) == [["creative", "creative_id"]]


def test_a_full_ad_set_takes_no_more_ads(api: Api) -> None:
    wanted = ad(api)
    for _ in range(50):
        api.made(f"{ACCOUNT}/ads", **wanted)
        api.simulator.limits.reset()
    assert blamed(api.post(f"{ACCOUNT}/ads", **wanted)) == [["adset_id"]]


def test_images_are_known_by_their_bytes(api: Api) -> None:
    content = b"\x89PNG\r\n--\x00\xff"
    encoded = base64.b64encode(content).decode()
    first = document(api.post(f"{ACCOUNT}/adimages", bytes=encoded))["images"]["bytes"]["hash"]
    files = {"filename": ("foto.png", content)}
    uploaded = api.send("POST", f"/v26.0/{ACCOUNT}/adimages", files=files).json()["images"]["foto.png"]["hash"]
    other = document(api.post("act_1000000000000002/adimages", bytes=encoded))["images"]["bytes"]["hash"]
    assert first == uploaded != other
    with_image = nested(creative(api), "object_story_spec.link_data.image_hash", first)
    assert api.made(f"{ACCOUNT}/adcreatives", **with_image)
    assert [row["hash"] for row in api.read(f"{ACCOUNT}/adimages", hashes=[first])["data"]] == [first]
    for broken in ({"bytes": "%%"}, {"bytes": ""}, {}):
        assert codes(api.post(f"{ACCOUNT}/adimages", **broken)) == (100, None)


def test_videos_have_an_id_that_creatives_can_use(api: Api) -> None:
    video = api.made(f"{ACCOUNT}/advideos", file_url="https://example.org/v.mp4", title="Reel")
    story = {"page_id": page_of(api), "video_data": {"video_id": video, "title": "Reel"}}
    assert api.made(f"{ACCOUNT}/adcreatives", name="Reel", object_story_spec=story)
    unknown = nested(story, "video_data.video_id", "17")
    path = ["object_story_spec", "video_data", "video_id"]
    assert blamed(api.post(f"{ACCOUNT}/adcreatives", name="Reel", object_story_spec=unknown)) == [path]
    assert codes(api.post(f"{ACCOUNT}/advideos")) == (100, None)


def test_the_seeded_world_keeps_the_rules(api: Api) -> None:
    """What is there could have been created: each seeded ad set passes when it is sent again."""
    world = api.simulator.world
    for node in world.children(ACCOUNT, Kind.AD_SET):
        values = {name: node.values[name] for name in ad_set(api, "x") if node.values.get(name) is not None}
        campaign = world.get(node.values["campaign_id"])
        if campaign.status in {"ACTIVE", "PAUSED"}:
            answer = api.post(f"{ACCOUNT}/adsets", **values | {"status": "PAUSED"}, execution_options=["validate_only"])
            assert answer.status_code == 200, answer.text


def test_new_ids_look_like_metas_and_differ_between_processes_that_create_later() -> None:
    def made(clock: StoppedClock) -> str:
        return Api(Simulator(simulator(clock).world)).made(f"{ACCOUNT}/campaigns", **CAMPAIGN)

    later = StoppedClock()
    later.advance(seconds=1)
    ids = [made(StoppedClock()), made(StoppedClock()), made(later)]
    assert ids[0] == ids[1] != ids[2]
    assert all(len(one) == 18 and one.isdecimal() for one in ids)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["page_id", "id", "x"]), inner),
    max_leaves=6,
)
SHAPES = Api(simulator(limits=Limits(None)))
PATHS = {
    "campaigns": [*CAMPAIGN, "daily_budget", "lifetime_budget", "spend_cap", "stop_time", "adlabels"],
    "adsets": [path for path, *_ in AD_SET_REFUSALS] + ["attribution_spec", "start_time", "bid_constraints"],
    "adcreatives": [path for path, *_ in CREATIVE_REFUSALS] + ["object_story_spec.video_data"],
    "ads": [path for path, *_ in AD_REFUSALS] + ["adlabels"],
}
MAKERS: dict[str, dict[str, Any]] = {
    "campaigns": CAMPAIGN,
    "adsets": ad_set(SHAPES),
    "adcreatives": creative(SHAPES),
    "ads": ad(SHAPES),
}


@settings(max_examples=300, deadline=None)
@given(st.data(), JSON, st.booleans())
def test_no_shape_of_a_value_breaks_it(data: st.DataObject, value: Any, as_json: bool) -> None:
    edge = data.draw(st.sampled_from(sorted(PATHS)))
    wanted = nested(MAKERS[edge], data.draw(st.sampled_from(PATHS[edge])), value)
    path = f"/v26.0/{ACCOUNT}/{edge}"
    answer = SHAPES.send("POST", path, json=wanted) if as_json else SHAPES.post(f"{ACCOUNT}/{edge}", **wanted)
    if answer.status_code == 200:
        assert SHAPES.get(answer.json().get("id", "me"), fields="name").status_code == 200
        assert SHAPES.get(f"{ACCOUNT}/insights", level="ad", date_preset="today").status_code == 200
    else:
        assert error(answer)["code"] == 100
