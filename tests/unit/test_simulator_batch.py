"""Fifty calls in one: in order, each with its own answer, its own cost, its own failure."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from metaads_cli.graph.simulator import Effect, Fault, Limits, Tier
from metaads_cli.graph.simulator.facts import Kind
from simulated import ACCOUNT, Api, StoppedClock, codes, document, simulator, small_plan

CAMPAIGN = {
    "name": "x",
    "objective": "OUTCOME_TRAFFIC",
    "special_ad_categories": "[]",
    "is_adset_budget_sharing_enabled": "false",
}


@pytest.fixture
def api() -> Api:
    return Api(simulator(StoppedClock()))


def batch(api: Api, items: list[dict[str, Any]], path: str = "/v26.0/", **params: str) -> Any:
    return document(api.send("POST", path, data={"batch": json.dumps(items)} | params))


def get(url: str, **more: Any) -> dict[str, Any]:
    return {"method": "GET", "relative_url": url} | more


def ads(api: Api, count: int) -> list[str]:
    return [row["id"] for row in api.read(f"{ACCOUNT}/ads", limit=count)["data"]]


def test_answers_come_in_order_with_their_own_codes(api: Api) -> None:
    one, two = ads(api, 2)
    answers = batch(api, [get(f"{one}?fields=name"), get("17?fields=name"), get(f"v26.0/{two}/?fields=id")])
    assert [answer["code"] for answer in answers] == [200, 400, 200]
    bodies = [json.loads(answer["body"]) for answer in answers]
    assert bodies[0]["id"] == one
    assert (bodies[1]["error"]["code"], bodies[1]["error"]["error_subcode"]) == (100, 33)
    assert bodies[2] == {"id": two}


@pytest.mark.parametrize("path", ["/", "/v26.0", "/v25.0/"])
def test_the_path_may_have_a_version(api: Api, path: str) -> None:
    assert [answer["code"] for answer in batch(api, [get("me")], path)] == [200]


def test_a_version_that_has_ended_is_refused_for_the_batch_and_for_an_item(api: Api) -> None:
    items = json.dumps([get("v24.0/me")])
    assert codes(api.send("POST", "/v24.0/", data={"batch": items})) == (2635, None)
    assert json.loads(batch(api, [get("v24.0/me")])[0]["body"])["error"]["code"] == 2635


def test_usage_headers_are_inside_each_item(api: Api) -> None:
    answers = batch(api, [get(f"{one}?fields=name") for one in ads(api, 2)])
    names = [{header["name"] for header in answer["headers"]} for answer in answers]
    assert all("x-business-use-case-usage" in found for found in names)
    without = batch(api, [get("me")], include_headers="false")
    assert set(without[0]) == {"code", "body"}


def test_more_than_50_items_are_refused(api: Api) -> None:
    assert len(batch(api, [get("me")] * 50)) == 50
    answer = api.send("POST", "/v26.0/", data={"batch": json.dumps([get("me")] * 51)})
    assert codes(answer) == (100, None)
    for broken in ("{}", "[1]", "["):
        assert codes(api.send("POST", "/v26.0/", data={"batch": broken})) == (100, None)


def test_a_batch_needs_a_token_and_passes_it_on() -> None:
    api = Api(simulator(), token="")
    items = json.dumps([get("me")])
    assert codes(api.send("POST", "/v26.0/", data={"batch": items})) == (104, None)
    answer = api.send("POST", "/v26.0/", data={"batch": items, "access_token": "t"})
    assert [one["code"] for one in answer.json()] == [200]
    own = [get("me?access_token=expired")]
    answer = api.send("POST", "/v26.0/", data={"batch": json.dumps(own), "access_token": "t"})
    assert json.loads(answer.json()[0]["body"])["error"]["error_subcode"] == 463


def test_each_item_counts() -> None:
    api = Api(simulator(limits=Limits(Tier.DEVELOPMENT), plan=small_plan()))
    one = api.simulator.world.all_of(Kind.AD)[0].id
    answers = batch(api, [get(one)] * 50) + batch(api, [get(one)] * 11)
    assert [answer["code"] for answer in answers] == [200] * 60 + [400]
    assert json.loads(answers[-1]["body"])["error"]["code"] == 17


def test_items_that_timed_out_are_null(api: Api) -> None:
    one, two, three = ads(api, 3)
    api.simulator.faults.add(Fault(Effect.NULL, path=two))
    items = [get(f"{one}"), get(f"{two}"), get(f"{three}")]
    assert [answer and answer["code"] for answer in batch(api, items)] == [200, None, 200]
    assert None not in batch(api, items)


def test_an_item_can_fail_by_a_fault_and_the_others_do_not(api: Api) -> None:
    one, two = ads(api, 2)
    api.simulator.faults.add(Fault(Effect.ERROR, path=one, code=80004, subcode=2446079))
    answers = batch(api, [get(one), get(two)])
    assert [answer["code"] for answer in answers] == [400, 200]
    assert json.loads(answers[0]["body"])["error"]["code"] == 80004


def test_writes_carry_their_body(api: Api) -> None:
    create = {"method": "POST", "relative_url": f"{ACCOUNT}/campaigns", "body": urlencode(CAMPAIGN | {"name": "á & b"})}
    made = json.loads(batch(api, [create])[0]["body"])["id"]
    assert api.read(made, fields="name")["name"] == "á & b"
    answers = batch(api, [{"method": "DELETE", "relative_url": made}])
    assert json.loads(answers[0]["body"]) == {"success": True}


@pytest.mark.parametrize("encoded", [False, True])
def test_an_item_can_use_the_result_of_another(api: Api, *, encoded: bool) -> None:
    reference = "{result=new:$.id}"
    url = "%7Bresult%3Dnew%3A%24.id%7D?fields=name" if encoded else f"{reference}?fields=name"
    create = {"method": "POST", "name": "new", "relative_url": f"{ACCOUNT}/campaigns", "body": urlencode(CAMPAIGN)}
    hidden, found = batch(api, [create, get(url)])
    assert hidden is None
    assert json.loads(found["body"])["name"] == "x"
    shown, _ = batch(api, [create | {"omit_response_on_success": False}, get(url)])
    assert shown["code"] == 200


def test_the_result_of_a_failed_item_cannot_be_used(api: Api) -> None:
    broken = {"method": "POST", "name": "new", "relative_url": f"{ACCOUNT}/campaigns", "body": "name=x"}
    first, second = batch(api, [broken, get("{result=new:$.id}?fields=name")])
    assert (first["code"], second["code"]) == (400, 400)


def test_two_ad_sets_of_one_campaign_do_not_share_a_batch(api: Api) -> None:
    item = {"method": "POST", "relative_url": f"{ACCOUNT}/adsets", "body": "campaign_id=1&name=x"}
    errors = [json.loads(answer["body"])["error"]["message"] for answer in batch(api, [item, item])]
    assert "multiple Adsets" not in errors[0]
    assert "multiple Adsets" in errors[1]


def test_files_are_attached_by_name(api: Api) -> None:
    item = {"method": "POST", "relative_url": f"{ACCOUNT}/adimages", "attached_files": "picture"}
    answer = api.send("POST", "/v26.0/", data={"batch": json.dumps([item])}, files={"picture": ("a.png", b"png")})
    assert "a.png" in json.loads(answer.json()[0]["body"])["images"]


def test_the_log_counts_the_items(api: Api) -> None:
    batch(api, [get("me"), get("me")])
    assert [entry.batch_items for entry in api.simulator.log.entries] == [2]
