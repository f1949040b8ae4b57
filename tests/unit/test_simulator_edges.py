"""The simulator lists as Meta does: filters, statuses, cursors, pages that are empty in the middle."""

import json

import pytest

from metaads_cli.graph.simulator import Effect, Fault
from metaads_cli.graph.simulator.facts import Kind
from simulated import ACCOUNT, Api, StoppedClock, codes, error, simulator


@pytest.fixture
def api() -> Api:
    return Api(simulator())


def filtering(field: str, operator: str, value: object) -> list[dict[str, object]]:
    return [{"field": field, "operator": operator, "value": value}]


def statuses(api: Api, edge: str, **params: object) -> set[str]:
    return {row["effective_status"] for row in api.all(f"{ACCOUNT}/{edge}", fields="effective_status", **params)}


def test_neither_archived_nor_deleted_objects_are_listed(api: Api) -> None:
    for edge in ("campaigns", "adsets", "ads"):
        assert statuses(api, edge, limit=100) & {"ARCHIVED", "DELETED"} == set()


def test_archived_objects_are_listed_when_asked_for(api: Api) -> None:
    assert statuses(api, "campaigns", effective_status=["ARCHIVED"]) == {"ARCHIVED"}
    assert statuses(api, "ads", effective_status=["ACTIVE", "ARCHIVED"], limit=100) == {"ACTIVE", "ARCHIVED"}


def test_deleted_objects_cannot_be_listed_but_read_by_id(api: Api) -> None:
    assert codes(api.get(f"{ACCOUNT}/ads", effective_status=["DELETED"])) == (100, None)
    asked = filtering("ad.effective_status", "IN", ["ACTIVE", "DELETED"])
    assert codes(api.get(f"{ACCOUNT}/ads", filtering=asked)) == (100, None)
    deleted = next(ad for ad in api.simulator.world.all_of(Kind.AD) if ad.status == "DELETED")
    assert api.read(deleted.id, fields="effective_status,campaign{name}")["effective_status"] == "DELETED"


def test_a_status_of_another_level_is_refused(api: Api) -> None:
    answer = api.get(f"{ACCOUNT}/campaigns", effective_status=["ACTIVE", "ADSET_PAUSED"])
    assert codes(answer) == (100, None)
    assert "effective_status[1] must be one of" in error(answer)["message"]


def test_ads_are_found_by_id(api: Api) -> None:
    ads = [ad.id for ad in api.simulator.world.all_of(Kind.AD) if ad.status == "ACTIVE"][:3]
    found = api.read(f"{ACCOUNT}/ads", filtering=filtering("ad.id", "IN", [*ads, "120200000000000009"]), limit=50)
    assert {row["id"] for row in found["data"]} == set(ads)


def test_archived_ads_are_found_by_id_with_their_status(api: Api) -> None:
    archived = next(ad for ad in api.simulator.world.all_of(Kind.AD) if ad.status == "ARCHIVED")
    by_id = filtering("ad.id", "IN", [archived.id])
    assert api.read(f"{ACCOUNT}/ads", filtering=by_id)["data"] == []
    found = api.read(f"{ACCOUNT}/ads", filtering=by_id, effective_status=["ARCHIVED"])
    assert [row["id"] for row in found["data"]] == [archived.id]


def test_another_accounts_ads_are_not_found(api: Api) -> None:
    other = next(ad.id for ad in api.simulator.world.all_of(Kind.AD) if f"act_{ad.account}" != ACCOUNT)
    assert api.read(f"{ACCOUNT}/ads", filtering=filtering("ad.id", "IN", [other]))["data"] == []


@pytest.mark.parametrize(
    ("field", "operator", "value", "keeps"),
    [
        ("name", "CONTAIN", "whatsapp", lambda name: "WhatsApp" in name),
        ("name", "NOT_CONTAIN", "WhatsApp", lambda name: "WhatsApp" not in name),
        ("campaign.name", "ENDS_WITH", "| 01", lambda name: name.endswith("| 01")),
        ("name", "CONTAINS_ANY", ["Web", "Alcance"], lambda name: "Web" in name or "Alcance" in name),
        ("name", "EQUAL", "nothing", lambda name: name == "nothing"),
    ],
)
def test_names_are_filtered(api: Api, field: str, operator: str, value: object, keeps: object) -> None:
    every = {row["name"] for row in api.all(f"{ACCOUNT}/campaigns", fields="name")}
    found = api.all(f"{ACCOUNT}/campaigns", fields="name", filtering=filtering(field, operator, value))
    assert {row["name"] for row in found} == {name for name in every if keeps(name)}


def test_children_are_filtered_by_their_parents(api: Api) -> None:
    campaign = api.read(f"{ACCOUNT}/campaigns", limit=1)["data"][0]["id"]
    ads = api.all(f"{ACCOUNT}/ads", fields="campaign_id", filtering=filtering("campaign.id", "EQUAL", campaign))
    assert {row["campaign_id"] for row in ads} == {campaign}
    assert {row["id"] for row in ads} == {row["id"] for row in api.all(f"{campaign}/ads")}


def test_changed_objects_are_found_by_time(api: Api) -> None:
    ad = api.read(f"{ACCOUNT}/ads", limit=1)["data"][0]["id"]
    api.post(ad, name="Renombrado")
    since = int(api.simulator.world.now().timestamp())
    assert [row["id"] for row in api.all(f"{ACCOUNT}/ads", updated_since=since)] == [ad]


@pytest.mark.parametrize(
    "params",
    [
        {"filtering": filtering("name", "SOUNDS_LIKE", "x")},
        {"filtering": "not json"},
        {"filtering": {"field": "name"}},
        {"filtering": filtering("pet.name", "EQUAL", "x")},
        {"limit": "many"},
        {"limit": -1},
    ],
)
def test_what_cannot_be_filtered_is_refused(api: Api, params: dict[str, object]) -> None:
    assert codes(api.get(f"{ACCOUNT}/ads", **params)) == (100, None)


@pytest.mark.parametrize("limit", [1, 4, 7, 500])
def test_pages_hold_everything_once(api: Api, limit: int) -> None:
    pages = list(api.pages(f"{ACCOUNT}/ads", limit=limit))
    ids = [row["id"] for page in pages for row in page]
    assert len(ids) == len(set(ids)) == api.read(f"{ACCOUNT}/ads", summary="true")["summary"]["total_count"]
    assert all(len(page) == limit for page in pages[:-1])


def test_a_page_has_25_objects_unless_asked_otherwise(api: Api) -> None:
    answer = api.read(f"{ACCOUNT}/adcreatives")
    assert len(answer["data"]) == 25
    assert answer["paging"]["next"].startswith("http://simulator/v26.0/act_1000000000000001/adcreatives?")


def test_the_last_page_has_cursors_and_no_next(api: Api) -> None:
    paging = api.read(f"{ACCOUNT}/campaigns", limit=100)["paging"]
    assert set(paging) == {"cursors"}


def test_an_empty_listing_has_no_paging(api: Api) -> None:
    assert api.read(f"{ACCOUNT}/adlabels") == {"data": []}


def test_next_holds_the_token_as_metas_does(api: Api) -> None:
    assert "access_token=token" in api.read(f"{ACCOUNT}/ads", limit=1)["paging"]["next"]


def test_before_turns_back(api: Api) -> None:
    first = api.read(f"{ACCOUNT}/ads", limit=3)
    second = api.read(f"{ACCOUNT}/ads", limit=3, after=first["paging"]["cursors"]["after"])
    assert "previous" in second["paging"]
    assert api.read(f"{ACCOUNT}/ads", limit=3, before=second["paging"]["cursors"]["before"])["data"] == first["data"]


@pytest.mark.parametrize("cursor", ["nonsense", "%%", "QQ==", "ZD"])
def test_a_foreign_cursor_is_2642(api: Api, cursor: str) -> None:
    assert codes(api.get(f"{ACCOUNT}/ads", after=cursor)) == (2642, None)


def test_what_is_created_meanwhile_shifts_no_page(api: Api) -> None:
    first = api.read(f"{ACCOUNT}/campaigns", limit=2)
    expected = api.read(f"{ACCOUNT}/campaigns", limit=2, after=first["paging"]["cursors"]["after"])["data"]
    api.made(
        f"{ACCOUNT}/campaigns",
        name="Nueva",
        objective="OUTCOME_TRAFFIC",
        special_ad_categories=[],
        is_adset_budget_sharing_enabled=False,
    )
    again = api.read(f"{ACCOUNT}/campaigns", limit=2, after=first["paging"]["cursors"]["after"])["data"]
    assert again == expected


def test_an_empty_page_in_the_middle_loses_nothing(api: Api) -> None:
    expected = [row["id"] for row in api.all(f"{ACCOUNT}/ads", limit=5)]
    api.simulator.faults.add(Fault(Effect.EMPTY_PAGE, path="/ads$", nth=2))
    pages = list(api.pages(f"{ACCOUNT}/ads", limit=5))
    assert [] in pages[1:-1]
    assert [row["id"] for page in pages for row in page] == expected


def test_a_cursor_can_be_made_to_stick(api: Api) -> None:
    after = api.read(f"{ACCOUNT}/ads", limit=5)["paging"]["cursors"]["after"]
    api.simulator.faults.add(Fault(Effect.STUCK_CURSOR, path="/ads$"))
    assert api.read(f"{ACCOUNT}/ads", limit=5, after=after)["paging"]["cursors"]["after"] == after


def test_an_edge_of_another_class_is_a_nonexisting_field(api: Api) -> None:
    ad = api.read(f"{ACCOUNT}/ads", limit=1)["data"][0]["id"]
    assert "nonexisting field (campaigns) on node type (Ad)" in error(api.get(f"{ad}/campaigns"))["message"]


def test_the_users_accounts_pages_and_permissions(api: Api) -> None:
    assert {row["name"] for row in api.read("me/adaccounts", fields="name")["data"]} == {"Clínica Norte", "Clínica Sur"}
    assert len(api.read("me/accounts")["data"]) == 2
    assert {"permission": "ads_read", "status": "granted"} in api.read("me/permissions")["data"]
    assert [row["name"] for row in api.read(f"{ACCOUNT}/promote_pages")["data"]] == ["Clínica Norte"]


def test_minimum_budgets_follow_the_currency(api: Api) -> None:
    assert api.read(f"{ACCOUNT}/minimum_budgets")["data"] == [
        {
            "currency": "ARS",
            "min_daily_budget_imp": 50_000,
            "min_daily_budget_high_freq": 250_000,
            "min_daily_budget_low_freq": 4_000_000,
            "min_daily_budget_video_views": 250_000,
        }
    ]


def test_objects_are_found_by_their_labels() -> None:
    api = Api(simulator(StoppedClock()))
    labels = [api.made(f"{ACCOUNT}/adlabels", name=name) for name in ("uno", "dos")]
    assert api.made(f"{ACCOUNT}/adlabels", name="uno") == labels[0]
    ads = [row["id"] for row in api.read(f"{ACCOUNT}/ads", limit=2)["data"]]
    api.post(ads[0], adlabels=[{"id": label} for label in labels])
    api.post(ads[1], adlabels=[{"name": "dos"}])

    def found(operator: str, *wanted: str) -> set[str]:
        listed = api.all(f"{ACCOUNT}/adsbylabels", ad_label_ids=json.dumps(wanted), operator=operator)
        return {row["id"] for row in listed}

    assert found("ALL", *labels) == {ads[0]}
    assert found("ANY", *labels) == set(ads)
    assert codes(api.post(ads[0], adlabels=[{"id": "1"}])) == (100, None)
