"""The simulator takes calls as Meta does: paths, versions, tokens, bodies; and refuses what v26 took away."""

import hashlib
import hmac

import httpx
import pytest

from metaads_cli.graph.simulator import Auth, Grant
from metaads_cli.graph.simulator.facts import Kind
from simulated import ACCOUNT, NOW, Api, blamed, codes, error, simulator

NEW_CAMPAIGN = {
    "name": "Nueva",
    "objective": "OUTCOME_TRAFFIC",
    "special_ad_categories": "[]",
    "is_adset_budget_sharing_enabled": "false",
}


@pytest.fixture
def api() -> Api:
    return Api(simulator())


@pytest.mark.parametrize("path", ["/v26.0/me", "/v26.0/me/", "/me", "/v25.0/me", "//v26.0//me"])
def test_paths_with_and_without_version_and_slash(api: Api, path: str) -> None:
    assert api.send("GET", path).json()["name"] == "metaads system user"


@pytest.mark.parametrize("version", ["v24.0", "v23.0", "v2.1"])
def test_ended_versions_are_2635(api: Api, version: str) -> None:
    assert codes(api.send("GET", f"/{version}/{ACCOUNT}/campaigns")) == (2635, None)


@pytest.mark.parametrize("path", ["/v99.0/me", "/v26.0/a/b/c", "/v26.0/"])
def test_paths_that_lead_nowhere_are_2500(api: Api, path: str) -> None:
    assert codes(api.send("GET", path)) == (2500, None)


@pytest.mark.parametrize("path", ["/", "/v26.0/", "/v25.0/", "/v26.0/act_1/ads"])
def test_multi_get_is_gone_with_http_500(api: Api, path: str) -> None:
    answer = api.send("GET", path, params={"ids": "1,2", "fields": "name"})
    assert answer.status_code == 500
    assert codes(answer) == (100, None)
    assert error(answer)["message"] == "The ids query parameter is deprecated in v26.0+."


def test_date_format_is_gone(api: Api) -> None:
    assert codes(api.get("me", date_format="U")) == (100, None)


def test_answers_are_compact_json_with_a_trace(api: Api) -> None:
    answer = api.get("120200000000000009", pretty="1")
    assert answer.headers["content-type"] == "application/json; charset=UTF-8"
    assert b": " not in answer.content.replace(b"Object with ID", b"")[:60]
    assert answer.headers["x-fb-trace-id"] == error(answer)["fbtrace_id"]


def token_in(**options: object) -> httpx.Response:
    return Api(simulator(), token="").send("GET", "/v26.0/me", **options)


def test_the_token_is_taken_from_query_header_form_and_json() -> None:
    api = Api(simulator(), token="")
    calls = [
        api.send("GET", "/v26.0/me", params={"access_token": "t"}),
        api.send("GET", "/v26.0/me", headers={"authorization": "Bearer t"}),
        api.send("GET", "/v26.0/me", headers={"authorization": "OAuth t"}),
        api.send("POST", f"/v26.0/{ACCOUNT}/campaigns", data={"access_token": "t", **NEW_CAMPAIGN}),
        api.send("POST", f"/v26.0/{ACCOUNT}/campaigns", json={"access_token": "t", **NEW_CAMPAIGN}),
        api.send("POST", f"/v26.0/{ACCOUNT}/campaigns", params={"access_token": "t"}, data=NEW_CAMPAIGN),
    ]
    assert [call.status_code for call in calls] == [200] * 6


@pytest.mark.parametrize(
    ("token", "expected"),
    [("", (104, None)), ("EAA-expired", (190, 463)), ("EAA-invalid", (190, 467)), ("EAA", None)],
)
def test_bad_tokens(token: str, expected: tuple[int, int] | None) -> None:
    answer = Api(simulator(), token).get("me")
    assert (codes(answer) if expected else answer.status_code) == (expected or 200)


def test_tokens_can_be_listed_and_expire() -> None:
    auth = Auth(tokens={"good": Grant(), "old": Grant(expires_at=int(NOW.timestamp()) - 1)})
    found = {token: Api(simulator(auth=auth), token).get("me") for token in ("good", "old", "other")}
    assert found["good"].status_code == 200
    assert codes(found["old"]) == (190, 463)
    assert codes(found["other"]) == (190, 467)


def test_the_proof_is_checked_when_the_app_has_a_secret() -> None:
    right = hmac.new(b"secret", b"token", hashlib.sha256).hexdigest()
    optional = Api(simulator(auth=Auth(app_secret="secret")))
    assert optional.get("me").status_code == 200
    assert optional.get("me", appsecret_proof=right).status_code == 200
    assert "Invalid appsecret_proof" in error(optional.get("me", appsecret_proof="0" * 64))["message"]
    required = Api(simulator(auth=Auth(app_secret="secret", require_proof=True)))
    assert codes(required.get("me")) == (100, None)
    assert required.get("me", appsecret_proof=right).status_code == 200


def test_a_token_sees_its_accounts_only() -> None:
    auth = Auth(tokens={"one": Grant(frozenset({"1000000000000001"}))})
    api = Api(simulator(auth=auth), "one")
    assert [row["id"] for row in api.read("me/adaccounts")["data"]] == [ACCOUNT]
    assert len(api.read("me/accounts")["data"]) == 1
    assert codes(api.get("act_1000000000000002/ads")) == (200, None)
    foreign = next(ad.id for ad in api.simulator.world.all_of(Kind.AD) if f"act_{ad.account}" != ACCOUNT)
    assert codes(api.get(foreign, fields="name")) == (100, 33)


def test_scopes_are_needed() -> None:
    auth = Auth(tokens={"reader": Grant(scopes=("ads_read",)), "nobody": Grant(scopes=())})
    reader = Api(simulator(auth=auth), "reader")
    assert reader.get(f"{ACCOUNT}/ads").status_code == 200
    assert codes(reader.post(f"{ACCOUNT}/campaigns", **NEW_CAMPAIGN)) == (294, None)
    assert codes(Api(simulator(auth=auth), "nobody").get(f"{ACCOUNT}/ads")) == (10, None)


def test_debug_token_describes_any_token() -> None:
    auth = Auth(app_id="77", tokens={"a": Grant(scopes=("ads_read",), expires_at=2**31), "b": Grant(problem=460)})
    api = Api(simulator(auth=auth), "a")
    data = api.read("debug_token", input_token="a")["data"]
    assert data["is_valid"] is True
    assert (data["app_id"], data["scopes"], data["expires_at"]) == ("77", ["ads_read"], 2**31)
    broken = api.read("debug_token", input_token="b")["data"]
    assert broken["is_valid"] is False
    assert broken["error"]["subcode"] == 460
    assert codes(api.get("debug_token")) == (100, None)


def test_a_post_can_stand_for_a_get_so_that_no_token_is_in_a_url(api: Api) -> None:
    answer = api.send("POST", "/v26.0/debug_token", data={"method": "GET", "input_token": "other"})
    assert answer.json()["data"]["is_valid"] is True


def test_unsupported_verbs(api: Api) -> None:
    assert codes(api.send("DELETE", f"/v26.0/{ACCOUNT}/ads")) == (100, None)
    assert codes(api.send("PUT", f"/v26.0/{ACCOUNT}")) == (100, None)
    assert codes(api.send("DELETE", "/v26.0/me")) == (100, None)
    assert codes(api.post("me", name="x")) == (100, None)


def test_bodies_nobody_can_read_have_no_parameters(api: Api) -> None:
    path = f"/v26.0/{ACCOUNT}/campaigns"
    headers = {"content-type": "application/json"}
    for content in (b"{", b"[1]", b"\xff"):
        assert blamed(api.send("POST", path, content=content, headers=headers)) == [["name"]]
    assert blamed(api.send("POST", path, content=b"\xff=1&%ff=%ff")) == [["name"]]
    headers = {"content-type": "multipart/form-data"}
    assert blamed(api.send("POST", path, content=b"--", headers=headers)) == [["name"]]


def test_text_beyond_ascii_survives_every_way_in(api: Api) -> None:
    name = "Depilación 50 % 🦷 & más"
    ways = [{"data": NEW_CAMPAIGN | {"name": name}}, {"json": NEW_CAMPAIGN | {"name": name}}]
    ways.append({"files": {"ignored": b"x"}, "data": NEW_CAMPAIGN | {"name": name}})
    ids = [api.send("POST", f"/v26.0/{ACCOUNT}/campaigns", **way).json()["id"] for way in ways]
    assert [api.read(one, fields="name")["name"] for one in ids] == [name] * 3


def test_the_log_knows_where_tokens_were_and_holds_none(api: Api) -> None:
    api.get("me")
    api.get("me", access_token="EAAsecret", fields="id")
    log = api.send("GET", "/_simulator/requests")
    assert "EAAsecret" not in log.text
    assert [(entry["path"], entry["token_in"], entry["query"]) for entry in log.json()["data"]] == [
        ("/v26.0/me", ["header"], {}),
        ("/v26.0/me", ["query", "header"], {"access_token": "", "fields": "id"}),
    ]
