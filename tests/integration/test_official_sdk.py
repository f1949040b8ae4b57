"""The official SDK believes the simulator: a strict client that nobody here wrote drives it over HTTP."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from metaads_cli.graph.simulator import Channel, Effect, Fault, Outcome, Simulator, webhooks
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.serve import running
from simulated import ACCOUNT, StoppedClock, simulator

CAMPAIGN = {
    "name": "CTWA",
    "objective": "OUTCOME_ENGAGEMENT",
    "status": "PAUSED",
    "special_ad_categories": [],
    "is_adset_budget_sharing_enabled": False,
}


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def api(clock: StoppedClock) -> Simulator:
    return simulator(clock)


@pytest.fixture
def account(api: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The SDK's ad account, on a session of its own."""
    from facebook_business.adobjects.adaccount import AdAccount
    from facebook_business.api import FacebookAdsApi
    from facebook_business.session import FacebookSession

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running(api) as url:
        monkeypatch.setattr(FacebookSession, "GRAPH", url)
        session = FacebookSession("1", "secret", "token", timeout=10)
        yield AdAccount(ACCOUNT, api=FacebookAdsApi(session, api_version="v26.0"))
        session.requests.close()


def create_all(account: Any) -> dict[str, Any]:
    """Campaign, ad set, creative and ad of the click-to-WhatsApp guide."""
    page = next(iter(account.get_promote_pages(fields=["id", "name"])))
    campaign = account.create_campaign(params=CAMPAIGN)
    ad_set = account.create_ad_set(
        params={
            "name": "Lima",
            "campaign_id": campaign["id"],
            "daily_budget": 2_000_000,
            "billing_event": "IMPRESSIONS",
            "optimization_goal": "CONVERSATIONS",
            "bid_strategy": "LOWEST_COST_WITHOUT_CAP",
            "destination_type": "WHATSAPP",
            "promoted_object": {"page_id": page["id"]},
            "targeting": {"geo_locations": {"countries": ["AR"]}, "targeting_automation": {"advantage_audience": 0}},
            "status": "PAUSED",
        }
    )
    story = {"page_id": page["id"], "link_data": {"name": "Sonreí", "message": "Escribinos", "link": "https://x.org"}}
    creative = account.create_ad_creative(params={"name": "Foto", "object_story_spec": story})
    ad = account.create_ad(
        params={
            "name": "Foto A",
            "adset_id": ad_set["id"],
            "creative": {"creative_id": creative["id"]},
            "status": "PAUSED",
        }
    )
    return {"campaign": campaign, "ad_set": ad_set, "creative": creative, "ad": ad}


def first_ads(account: Any, count: int) -> list[str]:
    return [ad["id"] for ad in itertools.islice(account.get_ads(), count)]


@pytest.mark.parametrize("limit", [2, 25, 500])
def test_it_lists_with_paging(account: Any, api: Simulator, limit: int) -> None:
    cursor = account.get_ads(fields=["name", "effective_status"], params={"limit": limit})
    ads = list(cursor)
    assert cursor.total() == len(ads) == len({ad["id"] for ad in ads})
    listed = {ad.id for ad in api.world.children(ACCOUNT, Kind.AD)}
    assert {ad["id"] for ad in ads} < listed
    pages = [entry for entry in api.log.entries if entry.path.endswith("/ads")]
    assert len(pages) == -(-len(ads) // limit)


def test_it_lists_by_status_and_filter(account: Any) -> None:
    archived = list(account.get_campaigns(fields=["status"], params={"effective_status": ["ARCHIVED"]}))
    assert {one["status"] for one in archived} == {"ARCHIVED"}
    contains = {"field": "name", "operator": "CONTAIN", "value": "WhatsApp"}
    names = [one["name"] for one in account.get_campaigns(fields=["name"], params={"filtering": [contains]})]
    assert names
    assert all("WhatsApp" in name for name in names)


# The SDK warns about each nested selection, and sends it.
@pytest.mark.filterwarnings("ignore:.* does not allow field:UserWarning")
def test_it_reads(account: Any) -> None:
    account.api_get(fields=["name", "currency", "timezone_name"])
    assert (account["currency"], account["timezone_name"]) == ("ARS", "America/Argentina/Buenos_Aires")
    ad = next(iter(account.get_ads()))
    ad.api_get(fields=["name", "adset{id,name}", "campaign{id,name,objective}", "creative"])
    assert set(ad["campaign"]) == {"id", "name", "objective"}
    assert ad["creative"]["id"].isdecimal()


def test_it_creates_updates_and_deletes(account: Any, api: Simulator) -> None:
    from facebook_business.adobjects.adset import AdSet

    made = create_all(account)
    ad = made["ad"].api_get(fields=["name", "status", "adset_id", "campaign_id"])
    assert (ad["name"], ad["adset_id"], ad["campaign_id"]) == ("Foto A", made["ad_set"]["id"], made["campaign"]["id"])
    made["ad"].api_update(params={"name": "Foto B", "status": "ACTIVE"})
    assert api.world.get(ad["id"]).values["name"] == "Foto B"
    ad_set = AdSet(made["ad_set"]["id"], api=account.get_api())
    assert [one["id"] for one in ad_set.get_ads()] == [ad["id"]]
    made["ad"].api_delete()
    assert api.world.get(ad["id"]).status == "DELETED"
    assert list(ad_set.get_ads()) == []


def test_it_uploads_an_image(account: Any, tmp_path: Any) -> None:
    path = tmp_path / "foto.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    from facebook_business.adobjects.adimage import AdImage

    image = AdImage(parent_id=ACCOUNT, api=account.get_api())
    image[AdImage.Field.filename] = str(path)
    image.remote_create()
    assert len(image["hash"]) == 32
    assert [one["hash"] for one in account.get_ad_images(fields=["hash"])] == [image["hash"]]


def test_it_batches_and_meets_a_failing_item(account: Any) -> None:
    from facebook_business.adobjects.ad import Ad

    client = account.get_api()
    ids = [*first_ads(account, 2), "120200000000000009"]
    seen: list[tuple[str, Any]] = []
    batch = client.new_batch()
    for one in ids:
        Ad(one, api=client).api_get(
            fields=["name"],
            batch=batch,
            success=lambda answer: seen.append(("ok", answer.json()["id"])),
            failure=lambda answer: seen.append(("failed", answer.error().api_error_subcode())),
        )
    assert batch.execute() is None
    assert seen == [("ok", ids[0]), ("ok", ids[1]), ("failed", 33)]


def test_it_retries_items_that_timed_out(account: Any, api: Simulator) -> None:
    from facebook_business.adobjects.ad import Ad

    client = account.get_api()
    ids = first_ads(account, 2)
    api.faults.add(Fault(Effect.NULL, path=ids[1]))
    seen: list[str] = []
    batch = client.new_batch()
    for one in ids:
        Ad(one, api=client).api_get(batch=batch, success=lambda answer: seen.append(answer.json()["id"]))
    rest = batch.execute()
    assert seen == ids[:1]
    assert rest.execute() is None
    assert seen == ids


def test_it_reads_insights(account: Any) -> None:
    params = {"level": "ad", "time_increment": 1, "date_preset": "last_7d", "limit": 20}
    rows = list(account.get_insights(fields=["ad_id", "spend", "actions"], params=params))
    assert len(rows) > 20
    assert all(isinstance(row["spend"], str) for row in rows)
    assert rows[0]["actions"][0]["action_type"]


def test_it_reads_insights_by_breakdown(account: Any) -> None:
    params = {"level": "campaign", "breakdowns": ["age", "gender"], "date_preset": "last_7d", "limit": 50}
    rows = list(account.get_insights(fields=["campaign_id", "impressions"], params=params))
    whole = account.get_insights(fields=["impressions"], params={"level": "account", "date_preset": "last_7d"})
    active = {one["id"] for one in account.get_campaigns()}
    assert {row["campaign_id"] for row in rows} <= active
    assert {row["gender"] for row in rows} == {"female", "male", "unknown"}
    assert 0 < sum(int(row["impressions"]) for row in rows) <= int(whole[0]["impressions"])


def test_it_reads_a_lead_with_its_answers(account: Any, api: Simulator) -> None:
    from facebook_business.adobjects.lead import Lead

    told = next(webhooks(api.world, Channel.LEADGEN, 1))
    said = json.loads(told.body)["entry"][0]["changes"][0]["value"]
    lead = Lead(said["leadgen_id"], api=account.get_api())
    lead.api_get(fields=["created_time", "ad_id", "form_id", "is_organic", "platform", "field_data"])
    assert (lead["form_id"], lead["ad_id"]) == (str(said["form_id"]), str(said["ad_id"]))
    assert lead["is_organic"] is False
    assert all(answer["name"] and answer["values"] for answer in lead["field_data"])


def test_it_sees_a_report_that_is_too_large(account: Any, api: Simulator, clock: StoppedClock) -> None:
    api.behaviour.most_report_points = 10
    job = account.get_insights(params={"date_preset": "last_30d"}, is_async=True)
    clock.advance(seconds=2)
    job.api_get(fields=["async_status", "error_code", "error_subcode"])
    assert (job["async_status"], job["error_code"], job["error_subcode"]) == ("Job Failed", -3, 1504045)


def test_it_sets_the_accounts_spending_limit(account: Any) -> None:
    account.api_update(params={"spend_cap": 1500.5})
    account.api_get(fields=["spend_cap", "timezone_id"])
    assert (account["spend_cap"], account["timezone_id"]) == ("150050", 10)


def test_it_runs_an_asynchronous_report(account: Any, clock: StoppedClock) -> None:
    params = {"level": "campaign", "date_preset": "last_7d"}
    job = account.get_insights(fields=["campaign_id", "impressions"], params=params, is_async=True)
    states = []
    for _ in range(3):
        job.api_get(fields=["async_status", "async_percent_completion"])
        states.append(job["async_status"])
        clock.advance(seconds=1)
    assert states == ["Job Not Started", "Job Running", "Job Completed"]
    at_once = account.get_insights(fields=["campaign_id", "impressions"], params=params)
    assert [dict(row) for row in job.get_result()] == [dict(row) for row in at_once]


def test_it_sees_a_failed_report(account: Any, api: Simulator, clock: StoppedClock) -> None:
    api.reports.outcomes.append(Outcome("Job Failed", 4, 1504022))
    job = account.get_insights(is_async=True)
    clock.advance(seconds=5)
    job.api_get(fields=["async_status", "error_code", "error_subcode"])
    assert (job["async_status"], job["error_code"], job["error_subcode"]) == ("Job Failed", 4, 1504022)


def test_it_parses_a_broken_rule(account: Any) -> None:
    from facebook_business.exceptions import FacebookRequestError

    wrong = {name: value for name, value in CAMPAIGN.items() if name != "is_adset_budget_sharing_enabled"}
    with pytest.raises(FacebookRequestError) as caught:
        account.create_campaign(params=wrong)
    error = caught.value
    assert (error.api_error_code(), error.api_error_subcode()) == (100, 4834011)
    assert error.api_blame_field_specs() == [["is_adset_budget_sharing_enabled"]]
    assert error.api_transient_error() is False
    assert error.http_status() == 400
    assert error.body()["error"]["error_user_title"].startswith("Must specify True or False")


def test_it_parses_a_rate_limit_with_its_headers(account: Any, api: Simulator) -> None:
    from facebook_business.exceptions import FacebookRequestError

    usage = json.dumps({"1": [{"type": "ads_insights", "estimated_time_to_regain_access": 5}]})
    headers = {"X-Business-Use-Case-Usage": usage}
    api.faults.add(
        Fault(Effect.ERROR, code=4, subcode=1504022, headers=headers),
        Fault(Effect.HTML),
    )
    with pytest.raises(FacebookRequestError) as caught:
        list(account.get_insights())
    assert caught.value.api_transient_error() is True
    assert caught.value.http_status() == 403
    assert caught.value.http_headers()["X-Business-Use-Case-Usage"] == usage
    with pytest.raises(FacebookRequestError) as caught:
        list(account.get_insights())
    assert caught.value.http_status() == 500


def test_it_says_where_its_token_travels(account: Any, api: Simulator) -> None:
    account.api_get()
    assert [entry.token_in for entry in api.log.entries] == [["query"]]
    assert all("token" not in entry.query.values() for entry in api.log.entries)
