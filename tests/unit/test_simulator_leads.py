"""The simulator knows the leads that its webhooks announce, with the answers to their forms."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import urlencode

import pytest

from metaads_cli.graph.simulator import Auth, Channel, Grant, Limits, Simulator, Tier, World, webhooks
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.limits import LEAD_CALLS, UseCase
from metaads_cli.graph.simulator.refusals import Refusal
from metaads_cli.models.referral import Referral
from metaads_cli.referrals.shapes import extract
from simulated import NOW, Api, StoppedClock, codes, document, error, simulator

FIELDS = (
    "id,created_time,ad_id,ad_name,adset_id,adset_name,campaign_id,campaign_name,form_id,is_organic,platform,field_data"
)
MANY = 400
Json = dict[str, Any]


@cache
def announced() -> dict[str, Json]:
    """What webhooks say of each lead, written by a world that nobody asks."""
    bodies = [json.loads(one.body) for one in webhooks(World.seeded(clock=StoppedClock()), Channel.LEADGEN, MANY)]
    changes = [change["value"] for body in bodies for entry in body["entry"] for change in entry["changes"]]
    return {str(lead["leadgen_id"]): lead for lead in changes}


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def api(clock: StoppedClock) -> Api:
    return Api(simulator(clock))


def paid() -> str:
    return next(lead_id for lead_id, lead in announced().items() if "ad_id" in lead)


def answered(api: Api) -> Iterator[tuple[Json, Json]]:
    """Each lead as the webhook has it and as the API has it."""
    return ((said, api.read(lead_id, fields=FIELDS)) for lead_id, said in announced().items())


def read(body: Json) -> Referral:
    (referral,) = extract(body).referrals
    return referral


def test_every_lead_of_a_webhook_is_known_to_another_process(api: Api) -> None:
    assert len(announced()) > MANY // 2
    for said, lead in answered(api):
        assert lead["id"] == str(said["leadgen_id"])
        assert lead["form_id"] == str(said["form_id"])
        assert lead.get("ad_id") == (str(said["ad_id"]) if "ad_id" in said else None)
        assert lead["is_organic"] == ("ad_id" not in said)


def test_metaads_reads_the_webhook_and_the_answer_as_the_same_event(api: Api) -> None:
    told = {referral.event_id: referral for said in announced().values() for referral in [_touch(said)]}
    for _, lead in answered(api):
        answer, before = read(lead), told[lead["id"]]
        assert (answer.channel, answer.event_id, answer.occurred_at) == ("leadgen", before.event_id, before.occurred_at)
        assert (answer.ad_id, answer.from_ad, answer.form_id) == (before.ad_id, before.from_ad, before.form_id)
        assert answer.contact_name
        assert before.contact_phone is before.contact_email is before.contact_name is None


def _touch(said: Json) -> Referral:
    changes = [{"field": "leadgen", "value": said}]
    return read({"object": "page", "entry": [{"id": str(said["page_id"]), "changes": changes}]})


def test_forms_ask_for_contacts_in_two_languages_and_some_for_none(api: Api) -> None:
    leads = [lead for _, lead in answered(api)]
    asked = {answer["name"] for lead in leads for answer in lead["field_data"]}
    assert {"full_name", "phone_number", "first_name", "nombre_completo", "correo_electrónico"} <= asked
    contacts = [(bool(one.contact_phone), bool(one.contact_email)) for one in map(read, leads)]
    assert set(contacts) == {(True, True), (True, False), (False, True), (False, False)}
    assert contacts.count((False, False)) < len(contacts) / 10


def test_a_lead_names_the_ad_and_what_it_belongs_to(api: Api) -> None:
    lead = api.read(paid(), fields=FIELDS)
    world = api.simulator.world
    ad = world.get(lead["ad_id"])
    for name, kind in (("ad", Kind.AD), ("adset", Kind.AD_SET), ("campaign", Kind.CAMPAIGN)):
        node = world.parent(ad, kind)
        assert node is not None
        assert (lead[f"{name}_id"], lead[f"{name}_name"]) == (node.id, node.values["name"])
    assert lead["created_time"].endswith("+0000")
    assert lead["platform"] in {"fb", "ig"}


def test_without_fields_it_is_its_time_and_its_answers(api: Api) -> None:
    assert set(api.read(paid())) == {"created_time", "field_data", "id"}


def test_its_page_is_no_field_of_it(api: Api) -> None:
    assert error(api.get(paid(), fields="page_id"))["message"].endswith("(page_id) on node type (Lead)")


def test_in_a_batch_each_lead_has_an_answer_of_its_own(api: Api) -> None:
    ids = [*list(announced())[:2], "100000000000001"]
    items = [{"method": "GET", "relative_url": f"{one}?{urlencode({'fields': FIELDS})}"} for one in ids]
    answers = document(api.send("POST", "/v26.0/", data={"batch": json.dumps(items)}))
    assert [answer["code"] for answer in answers] == [200, 200, 400]
    bodies = [json.loads(answer["body"]) for answer in answers]
    assert [body["id"] for body in bodies[:2]] == ids[:2]
    assert (bodies[2]["error"]["code"], bodies[2]["error"]["error_subcode"]) == (100, 33)


def test_several_by_ids_are_refused_as_everywhere(api: Api) -> None:
    answer = api.send("GET", "/v26.0/", params={"ids": ",".join(list(announced())[:2])})
    assert (answer.status_code, codes(answer)) == (500, (100, None))


@pytest.mark.parametrize("unknown", ["600000000000001", "99999999999999", "1000000000000000", "10000000000000x"])
def test_a_lead_that_nobody_was_told_of_is_unknown(api: Api, unknown: str) -> None:
    assert codes(api.get(unknown, fields=FIELDS)) == (100, 33)


def test_a_lead_is_kept_for_90_days(api: Api, clock: StoppedClock) -> None:
    created = api.read(paid(), fields="created_time")
    clock.advance(days=80)
    assert api.read(paid(), fields="created_time") == created
    clock.advance(days=11)
    assert codes(api.get(paid(), fields=FIELDS)) == (100, 33)


def test_a_lead_of_another_world_is_unknown() -> None:
    other = Api(Simulator(World.seeded("other", clock=StoppedClock())))
    assert {codes(other.get(lead_id)) for lead_id in list(announced())[:20]} == {(100, 33)}


def with_grant(**grant: Any) -> Api:
    auth = Auth(tokens={"token": Grant(**grant)})
    return Api(Simulator(World.seeded(clock=StoppedClock()), auth=auth))


def test_without_the_permission_a_lead_is_refused() -> None:
    api = with_grant(scopes=("ads_read", "ads_management"))
    refused = api.get(paid(), fields=FIELDS)
    assert codes(refused) == (200, None)
    assert "leads_retrieval" in error(refused)["message"]
    assert api.get(str(announced()[paid()]["ad_id"])).status_code == 200


def test_the_permission_alone_is_enough() -> None:
    assert with_grant(scopes=("leads_retrieval",)).get(paid(), fields=FIELDS).status_code == 200


def test_a_lead_of_a_foreign_account_is_unknown() -> None:
    assert codes(with_grant(accounts=frozenset({"7"})).get(paid(), fields=FIELDS)) == (100, 33)


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_lead_cannot_be_written(api: Api, method: str) -> None:
    assert codes(api.send(method, f"/v26.0/{paid()}")) == (100, None)


def test_leads_count_for_their_page_and_not_for_the_account() -> None:
    limits = Limits(Tier.DEVELOPMENT)
    api = Api(simulator(limits=limits))
    lead_id, page = paid(), str(announced()[paid()]["page_id"])
    assert {api.get(lead_id).status_code for _ in range(70)} == {200}  # more than the score of an account allows
    used = json.loads(api.get(lead_id).headers["x-business-use-case-usage"])
    assert [(entry["type"], entry["call_count"]) for entry in used[page]] == [("leadgen", 2)]
    assert "x-ad-account-usage" not in api.get(lead_id).headers


def test_one_call_too_many_is_80005(clock: StoppedClock) -> None:
    limits = Limits()
    for _ in range(LEAD_CALLS):
        limits.charge("page", UseCase.LEADGEN, NOW, write=False, active_ads=0)
    with pytest.raises(Refusal) as refused:
        limits.charge("page", UseCase.LEADGEN, NOW, write=False, active_ads=0)
    assert (refused.value.fact.code, refused.value.fact.subcode) == (80005, None)


def test_leads_of_one_account_are_known_as_well(api: Api) -> None:
    """Another choice of ads makes other leads of the same events."""
    world = World.seeded(clock=StoppedClock())
    bodies = [json.loads(one.body) for one in webhooks(world, Channel.LEADGEN, 30, account="1000000000000002")]
    leads = [change["value"] for body in bodies for change in body["entry"][0]["changes"]]
    for lead in leads:
        found = api.read(str(lead["leadgen_id"]), fields="ad_id,form_id")
        assert (found.get("ad_id"), found["form_id"]) == (_text(lead.get("ad_id")), _text(lead["form_id"]))


def _text(value: object) -> str | None:
    return None if value is None else str(value)
