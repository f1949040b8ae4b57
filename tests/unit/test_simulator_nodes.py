"""The simulator reads objects as Meta does: fields, expansion, effective status."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from metaads_cli.graph.simulator import AccountPlan, World, WorldPlan
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.statuses import effective_status
from metaads_cli.graph.simulator.zones import _NUMBERED
from simulated import ACCOUNT, Api, StoppedClock, codes, error, simulator, small_plan


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def api(clock: StoppedClock) -> Api:
    return Api(simulator(clock))


def first(api: Api, kind: Kind) -> str:
    return next(node.id for node in api.simulator.world.all_of(kind) if node.status == "ACTIVE")


def test_without_fields_an_object_is_its_id(api: Api) -> None:
    ad = first(api, Kind.AD)
    assert api.read(ad) == {"id": ad}


def test_an_account_shows_its_number_too(api: Api) -> None:
    assert api.read(ACCOUNT) == {"account_id": "1000000000000001", "id": ACCOUNT}


def test_currency_and_time_zone_come_from_the_account(api: Api) -> None:
    account = api.read(ACCOUNT, fields="currency,timezone_name,timezone_offset_hours_utc,account_status,name")
    assert account == {
        "currency": "ARS",
        "timezone_name": "America/Argentina/Buenos_Aires",
        "timezone_offset_hours_utc": -3.0,
        "account_status": 1,
        "name": "Clínica Norte",
        "id": ACCOUNT,
    }


def test_related_objects_are_expanded_with_their_ids(api: Api) -> None:
    ad = api.read(first(api, Kind.AD), fields="name,adset{name},campaign{id,name,objective},creative")
    world = api.simulator.world
    node = world.get(ad["id"])
    assert ad["adset"] == {
        "name": world.get(node.values["adset_id"]).values["name"],
        "id": node.values["adset_id"],
    }
    assert set(ad["campaign"]) == {"id", "name", "objective"}
    assert ad["creative"] == {"id": node.values["creative_id"]}


def test_expansion_nests(api: Api) -> None:
    ad = api.read(first(api, Kind.AD), fields="adset{campaign{name}}")
    assert set(ad["adset"]["campaign"]) == {"name", "id"}


def test_an_edge_inside_a_selection_has_its_own_limit_and_fields(api: Api) -> None:
    campaign = api.read(first(api, Kind.CAMPAIGN), fields="ads.limit(2){id,name}")
    assert len(campaign["ads"]["data"]) == 2
    assert set(campaign["ads"]["data"][0]) == {"id", "name"}
    assert "after" in campaign["ads"]["paging"]["cursors"]
    assert "next" in campaign["ads"]["paging"]


def test_insights_inside_a_selection(api: Api) -> None:
    selection = "insights.time_range({'since':'2026-11-01','until':'2026-11-03'}).time_increment(1){spend}"
    ad = api.read(first(api, Kind.AD), fields=f"name,{selection}")
    assert {row["date_start"] for row in ad["insights"]["data"]} <= {"2026-11-01", "2026-11-02", "2026-11-03"}
    assert set(ad["insights"]["data"][0]) == {"spend", "date_start", "date_stop"}


def test_a_part_of_a_plain_value_can_be_selected(api: Api) -> None:
    ad_set = api.read(first(api, Kind.AD_SET), fields="promoted_object{page_id},targeting")
    assert set(ad_set["promoted_object"]) == {"page_id"}
    assert ad_set["targeting"]["geo_locations"] == {"countries": ["AR"]}


def test_fields_may_be_a_json_list(api: Api) -> None:
    assert set(api.read(first(api, Kind.AD), fields=["name", "status"])) == {"name", "status", "id"}


def test_a_field_without_data_is_absent(api: Api) -> None:
    campaign = api.read(first(api, Kind.CAMPAIGN), fields="name,issues_info,lifetime_budget")
    assert set(campaign) == {"name", "id"}


def test_an_unknown_field_is_refused_by_name_and_class(api: Api) -> None:
    answer = api.get(first(api, Kind.AD), fields="name,frobnication")
    assert codes(answer) == (100, None)
    assert error(answer)["message"] == "(#100) Tried accessing nonexisting field (frobnication) on node type (Ad)"


@pytest.mark.parametrize("fields", ["adset{id", "ads.limit(2", "na-me", "insights.time_range({'since'){id}", "a.b"])
def test_a_selection_that_cannot_be_read_is_2500(api: Api, fields: str) -> None:
    assert codes(api.get(first(api, Kind.AD), fields=fields)) == (2500, None)


def test_an_unknown_id_is_100_33(api: Api) -> None:
    answer = api.get("120200000000000001", fields="name")
    assert codes(answer) == (100, 33)
    assert "Object with ID '120200000000000001' does not exist" in error(answer)["message"]
    assert error(answer)["type"] == "GraphMethodException"


def test_times_are_the_accounts_without_a_colon(api: Api) -> None:
    created = api.read(first(api, Kind.AD), fields="created_time")["created_time"]
    assert created.endswith("-0300")
    assert len(created) == len("2026-09-01T10:00:00-0300")


def test_budgets_are_texts_of_minor_units(api: Api) -> None:
    ad_set = next(n for n in api.simulator.world.all_of(Kind.AD_SET) if n.values["daily_budget"])
    assert api.read(ad_set.id, fields="daily_budget,lifetime_budget") == {
        "daily_budget": "1000000",
        "lifetime_budget": "0",
        "id": ad_set.id,
    }


def test_a_page_tells_whether_it_has_a_whatsapp_number(api: Api) -> None:
    page = first(api, Kind.PAGE)
    assert api.read(page) == {"name": "Clínica Norte", "id": page}
    assert api.read(page, fields="has_whatsapp_number")["has_whatsapp_number"] is True


@pytest.fixture
def family(clock: StoppedClock) -> tuple[World, Api, dict[str, str]]:
    """A campaign, an ad set and an ad, all active."""
    api = Api(simulator(clock, plan=small_plan(campaigns=1, ad_sets=1, ads=1)))
    world = api.simulator.world
    names = {"campaign": Kind.CAMPAIGN, "adset": Kind.AD_SET, "ad": Kind.AD}
    return world, api, {name: world.all_of(kind)[0].id for name, kind in names.items()}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("ACTIVE", "ACTIVE", "ACTIVE")),
        ({"campaign": "PAUSED"}, ("PAUSED", "CAMPAIGN_PAUSED", "CAMPAIGN_PAUSED")),
        ({"adset": "PAUSED"}, ("ACTIVE", "PAUSED", "ADSET_PAUSED")),
        ({"campaign": "PAUSED", "adset": "PAUSED"}, ("PAUSED", "PAUSED", "CAMPAIGN_PAUSED")),
        ({"ad": "PAUSED"}, ("ACTIVE", "ACTIVE", "PAUSED")),
        ({"campaign": "ARCHIVED"}, ("ARCHIVED", "ARCHIVED", "ARCHIVED")),
        ({"campaign": "DELETED"}, ("DELETED", "DELETED", "DELETED")),
        ({"adset": "DELETED"}, ("ACTIVE", "DELETED", "DELETED")),
        ({"campaign": "PAUSED", "ad": "DELETED"}, ("PAUSED", "CAMPAIGN_PAUSED", "DELETED")),
    ],
)
def test_effective_status_comes_down_from_the_parents(
    family: tuple[World, Api, dict[str, str]], changes: dict[str, str], expected: tuple[str, ...]
) -> None:
    world, api, ids = family
    for name, status in changes.items():
        world.changed(world.get(ids[name]), {"status": status})
    found = tuple(api.read(ids[name], fields="effective_status")["effective_status"] for name in ids)
    assert found == expected
    statuses = {name: api.read(ids[name], fields="status,configured_status") for name in ids}
    assert all(one["status"] == one["configured_status"] for one in statuses.values())


def test_a_new_ad_is_in_process_then_in_review_whatever_its_status(
    family: tuple[World, Api, dict[str, str]], clock: StoppedClock
) -> None:
    world, api, ids = family
    creative = world.all_of(Kind.CREATIVE)[0].id
    ad = api.made(
        f"{ACCOUNT}/ads", name="Nuevo", adset_id=ids["adset"], creative={"creative_id": creative}, status="PAUSED"
    )
    seen = []
    for _ in range(3):
        seen.append(effective_status(world, world.get(ad)))
        clock.advance(seconds=40)
    assert seen == ["IN_PROCESS", "PENDING_REVIEW", "PAUSED"]


def test_the_default_world_has_objects_in_every_state() -> None:
    world = World.seeded(clock=StoppedClock())
    found = {effective_status(world, ad) for ad in world.all_of(Kind.AD)}
    assert {"ACTIVE", "PAUSED", "ADSET_PAUSED", "CAMPAIGN_PAUSED", "ARCHIVED", "DELETED"} <= found


def test_an_open_world_answers_for_any_account_and_any_ad() -> None:
    world = World.seeded(clock=StoppedClock(), open_world=True)
    api = Api(simulator())
    api.simulator = type(api.simulator)(world)
    assert api.read("act_42", fields="currency")["currency"] == "ARS"
    ad = api.read("120200000000000001", fields="name,campaign{name}")
    assert ad["campaign"]["name"]
    listed = api.read(
        "act_42/ads",
        fields="account_id",
        filtering=[{"field": "ad.id", "operator": "IN", "value": ["120200000000000002"]}],
    )
    assert listed["data"] == [{"account_id": "42", "id": "120200000000000002"}]
    assert codes(api.get("17")) == (100, 33)


def test_a_world_without_accounts_can_be_made() -> None:
    api = Api(simulator(plan=WorldPlan()))
    assert api.read("me/adaccounts") == {"data": []}


def test_advancing_the_worlds_clock_adds_to_its_source(clock: StoppedClock) -> None:
    world = World.seeded(clock=clock)
    world.clock.advance(timedelta(hours=2))
    assert world.now() == clock.now + timedelta(hours=2)


def test_an_account_tells_its_zone_by_name_number_and_offset() -> None:
    plans = [
        AccountPlan("1", timezone_name="America/Argentina/Buenos_Aires"),
        AccountPlan("2", timezone_name="America/Bogota"),
        AccountPlan("3", timezone_name="Europe/Madrid"),
        AccountPlan("4", timezone_name="Africa/Lusaka"),
        AccountPlan("5", timezone_name="Etc/GMT+12"),
    ]
    api = Api(simulator(plan=WorldPlan(tuple(plans))))
    fields = "account_id,timezone_name,timezone_id,timezone_offset_hours_utc"
    told = {row["account_id"]: row for row in api.read("me/adaccounts", fields=fields)["data"]}
    assert [(told[one.number]["timezone_id"], told[one.number]["timezone_offset_hours_utc"]) for one in plans] == [
        (10, -3.0),
        (43, -5.0),
        (55, 1.0),
        (142, 2.0),
        (0, -12.0),
    ]


def test_every_numbered_zone_exists() -> None:
    for name in _NUMBERED:
        assert ZoneInfo(name).key == name
    assert len(set(_NUMBERED)) == len(_NUMBERED) == 142
