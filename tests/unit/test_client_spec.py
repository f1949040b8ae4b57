"""Whatever our own tasks ask Meta for exists in the published specs of v26: calls, parameters, fields, enum values."""

import json
from datetime import timedelta

import httpx
import psycopg
import pytest

from metaads_cli.console import Console
from metaads_cli.db.queries.accounts import save_account
from metaads_cli.db.queries.touches import Touches
from metaads_cli.db.session import Database
from metaads_cli.graph.insights import Only
from metaads_cli.graph.simulator import Channel, Simulator, World, webhooks
from metaads_cli.graph.simulator.behaviour import Behaviour
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.faults import Effect, Fault, Faults
from metaads_cli.models.account import Account
from metaads_cli.models.insight import Level
from metaads_cli.referrals.shapes import extract
from metaads_cli.tasks.accounts import add_account, check_accounts
from metaads_cli.tasks.doctor import examine
from metaads_cli.tasks.enrich import EnrichOptions, enrich
from metaads_cli.tasks.meta import Meta
from recorder import BATCH, DEBUG_TOKEN, OF_ONE_CALL, Recorder, Request, offences, recorded, spec
from syncing import SyncBench

ACCOUNT = "act_1000000000000001"
TOKEN_CHECK = {"User GET permissions", BATCH, DEBUG_TOKEN}


@pytest.fixture(scope="module")
def world() -> World:
    return World.seeded()


@pytest.fixture
def simulator(world: World) -> Simulator:
    return Simulator(world, faults=Faults())


@pytest.fixture
def account(world: World, database: Database) -> Account:
    """Tenant 1's, with its page."""
    found = Account(tenant_id=1, account_id=ACCOUNT, page_ids=(world.all_of(Kind.PAGE)[0].id,))
    save_account(database.tenant(1), found)
    return found


def assert_published(requests: list[Request], calls: set[str]) -> None:
    """Exactly these calls were made, and nothing in them is made up."""
    assert {request.call for request in requests} == calls
    assert [found for request in requests for found in offences(request)] == []


# What the tasks send


def test_enrich(simulator: Simulator, account: Account, database: Database, connection: psycopg.Connection) -> None:
    """Over two pages, with a deleted ad that no edge lists."""
    ads = simulator.world.children(ACCOUNT, Kind.AD)
    wanted = [ads[0].id, next(ad.id for ad in ads if ad.status == "DELETED")]
    insert = (
        "INSERT INTO patients (tenant_id, phone_number, first_name, acquisition_source, meta_ad_id)"
        " VALUES (1, %s, 'P', 'META_ADS', %s)"
    )
    for ad_id in wanted:
        connection.execute(insert, [ad_id, ad_id])
    simulator.faults.add(Fault(Effect.EMPTY_PAGE, path="/ads$"))

    async def work(meta: Meta) -> None:
        with Console(verbosity=-1).progress("", None) as progress:
            report = await enrich([database.tenant(1)], meta, EnrichOptions(), progress)
        assert (report.ads_resolved, report.ads_failed) == (2, 0)

    requests = recorded(work, simulator)
    assert_published(requests, {"AdAccount GET ads", BATCH, "Ad GET"})
    assert any("after" in request.params for request in requests)


def test_enrich_of_leads(simulator: Simulator, account: Account, database: Database) -> None:
    (announced,) = webhooks(simulator.world, Channel.LEADGEN, 1, account=account.account_id.removeprefix("act_"))
    Touches(database.tenant(1), create_contacts=True).store(extract(json.loads(announced.body)).referrals)

    async def work(meta: Meta) -> None:
        with Console(verbosity=-1).progress("", None) as progress:
            report = await enrich([database.tenant(1)], meta, EnrichOptions(), progress)
        assert (report.leads_completed, report.leads_failed) == (1, 0)

    assert_published(recorded(work, simulator), {BATCH, "Lead GET", "AdAccount GET ads"})


def test_accounts_add(simulator: Simulator, database: Database) -> None:
    wanted = Account(tenant_id=1, account_id=ACCOUNT)
    requests = recorded(lambda meta: add_account(database, database.tenant(1), wanted, meta), simulator)
    assert_published(requests, {"AdAccount GET"})


def test_accounts_check(simulator: Simulator, account: Account, database: Database) -> None:
    requests = recorded(lambda meta: check_accounts([database.tenant(1)], meta), simulator)
    assert_published(requests, {"AdAccount GET"} | TOKEN_CHECK)


def test_doctor(simulator: Simulator, account: Account, database: Database) -> None:
    requests = recorded(lambda meta: examine([database.tenant(1)], meta), simulator)
    assert_published(requests, {"AdAccount GET", "Page GET"} | TOKEN_CHECK)


CATALOGUE = {"AdAccount GET", "AdAccount GET campaigns", "AdAccount GET adsets", "AdAccount GET ads"}


def test_sync_insights(database_url: str) -> None:
    """With an ad that was deleted after it delivered: no edge lists it."""
    bench = SyncBench.of(database_url)
    bench.world.changed(bench.world.all_of(Kind.AD)[0], {"status": "DELETED"})
    assert_published(recorded_sync(bench), CATALOGUE | {"AdAccount GET insights", BATCH, "Ad GET"})


def test_sync_insights_by_report_runs(database_url: str) -> None:
    """Where no other question is small enough."""
    bench = SyncBench.of(database_url, behaviour=Behaviour(report_duration=timedelta(0)))
    too_much = Fault(Effect.ERROR, method="GET", path=f"{ACCOUNT}/insights$", times=100, code=100, subcode=1504018)
    bench.simulator.faults.add(too_much)
    runs = {"AdAccount GET insights", "AdAccount POST insights", "AdReportRun GET", "AdReportRun GET insights"}
    assert_published(recorded_sync(bench), CATALOGUE | runs)


@pytest.mark.parametrize(("level", "kind"), [("campaign", Kind.CAMPAIGN), ("adset", Kind.AD_SET), ("ad", Kind.AD)])
def test_sync_insights_of_some_objects(database_url: str, level: str, kind: Kind) -> None:
    bench = SyncBench.of(database_url)
    only = Only(Level(level), (bench.world.all_of(kind)[0].id,))
    requests = recorded_sync(bench, only=only)
    assert_published(requests, CATALOGUE | {"AdAccount GET insights"})
    assert any(f'"{level}.id"' in request.params.get("filtering", "") for request in requests)


def recorded_sync(bench: SyncBench, **options: object) -> list[Request]:
    recorder = Recorder(bench.simulator)
    bench.run(1, transport=lambda _: httpx.ASGITransport(app=recorder), **options)
    return recorder.requests


# The recorder


def test_every_request_is_written_down_with_its_object(simulator: Simulator) -> None:
    ad = simulator.world.children(ACCOUNT, Kind.AD)[0].id

    async def work(meta: Meta) -> None:
        client = meta.client(None)
        await client.get(f"{ACCOUNT}/campaigns", {"limit": 1})
        await client.batch([(ad, {"fields": "id"}), ("1", {})])
        await client.post(f"{ACCOUNT}/adlabels", {"name": "ñ & %"})

    first, batch, known, unknown, label = recorded(work, simulator)
    assert (first.method, first.path, first.call) == ("GET", f"{ACCOUNT}/campaigns", "AdAccount GET campaigns")
    assert first.params.keys() == {"limit", "appsecret_proof"}
    assert batch.call == BATCH
    assert batch.params.keys() == {"batch", "include_headers", "appsecret_proof"}
    assert (known.call, known.params) == ("Ad GET", {"fields": "id"})
    assert (unknown.node, offences(unknown)) == (None, ["None GET (1): no such call"])
    assert (label.call, label.params["name"]) == ("AdAccount POST adlabels", "ñ & %")


def test_what_a_task_makes_up_is_found(simulator: Simulator) -> None:
    ad = simulator.world.children(ACCOUNT, Kind.AD)[0].id
    requests = recorded(lambda meta: meta.client(None).batch([(ad, {"fields": "id,campaign{nome}"})]), simulator)
    assert [found for request in requests for found in offences(request)] == ["Ad GET: no field Campaign.nome"]


@pytest.mark.parametrize(("call", "sources"), OF_ONE_CALL.items())
def test_an_exception_is_made_only_for_what_the_specs_leave_out(call: str, sources: dict[str, str]) -> None:
    assert sources.keys().isdisjoint(spec()["params"].get(call, {}))
    assert all(sources.values())


# Offences


def call_of(call: str, **params: object) -> Request:
    node, method, *edge = call.split()
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in params.items()}
    return Request(method, "/".join(["1", *edge]), node, texts)


def only(name: str, operator: str = "IN", *values: str) -> list[dict[str, object]]:
    return [{"field": name, "operator": operator, "value": list(values)}]


GOOD: list[Request] = [
    call_of("AdAccount GET insights", level="ad", fields="ad_id,spend,actions", time_increment="1", limit=100,
            time_range={"since": "2026-11-01", "until": "2026-11-02"}, after="x", breakdowns=["age", "gender"],
            filtering=only("ad.effective_status", "IN", "ACTIVE", "DELETED") + only("campaign.id", "IN", "1")),
    call_of("AdAccount GET insights", filtering=only("ad.impressions", "GREATER_THAN", "0"), date_preset="last_7d"),
    call_of("AdAccount POST insights", level="adset", fields='["impressions","reach"]',
            action_attribution_windows="1d_click,7d_click"),
    call_of("AdReportRun GET", fields="async_status,async_percent_completion,error_code"),
    call_of("AdReportRun GET insights", fields="spend", limit=500, after="x"),
    call_of("Campaign GET insights", level="campaign"),
    call_of("AdAccount GET campaigns", effective_status=["ACTIVE", "ARCHIVED"], fields="id,special_ad_categories"),
    call_of("AdAccount GET adsets", effective_status=["CAMPAIGN_PAUSED"], updated_since="1", fields="id,targeting"),
    call_of("AdAccount GET ads", effective_status=["ADSET_PAUSED"], fields="creative{id,object_story_spec{page_id}}"),
    call_of("Campaign GET", fields="ads.limit(5).effective_status(['ACTIVE']){id,adset{name}}"),
    call_of("AdAccount POST campaigns", name="x", objective="OUTCOME_LEADS", special_ad_categories=[], status="PAUSED"),
    call_of("AdAccount POST adsets", optimization_goal="CONVERSATIONS", destination_type="WHATSAPP", targeting={}),
    call_of("Ad POST", status="ACTIVE"),
    call_of("Ad DELETE"),
]  # fmt: skip


@pytest.mark.parametrize("request_", GOOD, ids=lambda request: request.call)
def test_a_published_request_is_no_offence(request_: Request) -> None:
    assert offences(request_) == []


BAD: list[tuple[str, Request]] = [
    ("no such call", call_of("AdAccount GET adgroups")),
    ("no such call", call_of("AdAccount DELETE insights")),
    ("no field Ad.nombre", call_of("Ad GET", fields="id,nombre")),
    ("no field Campaign.adset_id", call_of("Ad GET", fields="campaign{id,adset_id}")),
    ("no field AdSet.creative", call_of("Ad GET", fields="campaign{adsets{creative}}")),
    ("Ad.name is no object", call_of("Ad GET", fields="name{id}")),
    ("no field AdsInsights.targeting", call_of("AdAccount GET insights", fields="spend,targeting")),
    ("no field AdsInsights.budget", call_of("AdAccount POST insights", fields='["spend","budget"]')),
    ("no field AdReportRun.progress", call_of("AdReportRun GET", fields="progress")),
    ("no parameter ids", call_of("Ad GET", ids="1,2")),
    ("no parameter date_format", call_of("AdAccount GET ads", date_format="U")),
    ("no parameter access_token", call_of("AdAccount GET ads", access_token="EAA")),
    ("no parameter filtering", call_of("User GET adaccounts", filtering=[])),
    ("no parameter limit", call_of("Ad GET", limit=1)),
    ("no parameter fields", call_of("AdAccount POST campaigns", fields="id")),
    ("no parameter updated_since", call_of("AdAccount GET campaigns", updated_since="1")),
    ("no parameter batch", call_of("AdAccount POST ads", batch=[])),
    ("no parameter budget", call_of("AdAccount POST campaigns", budget="1")),
    ("no parameter effective_state", call_of("Campaign GET", fields="ads.effective_state(['ACTIVE']){id}")),
    (
        "effective_status: RUNNING is not in Ad.Eff",
        call_of("AdAccount GET ads", effective_status=["ACTIVE", "RUNNING"]),
    ),
    ("ADSET_PAUSED is not in AdSet.Eff", call_of("AdAccount GET adsets", effective_status=["ADSET_PAUSED"])),
    (
        "CAMPAIGN_PAUSED is not in Campaign.Eff",
        call_of("AdAccount GET campaigns", effective_status=["CAMPAIGN_PAUSED"]),
    ),
    ("level: adgroup is not in AdsInsights.Level", call_of("AdAccount GET insights", level="adgroup")),
    ("level: day is not in AdsInsights.Level", call_of("AdAccount POST insights", level="day")),
    ("date_preset: lifetime is not in", call_of("Ad GET insights", date_preset="lifetime")),
    ("breakdowns: colour is not in", call_of("AdAccount GET insights", breakdowns=["age", "colour"])),
    ("objective: LEADS is not in Campaign.Objective", call_of("AdAccount POST campaigns", objective="LEADS")),
    ("optimization_goal: CONVERSIONS is not in", call_of("AdAccount POST adsets", optimization_goal="CONVERSIONS")),
    ("no operator EQUALS", call_of("AdAccount GET ads", filtering=only("ad.id", "EQUALS", "1"))),
    ("no field ad.ident to filter by", call_of("AdAccount GET ads", filtering=only("ad.ident", "IN", "1"))),
    ("no field group.id to filter by", call_of("AdAccount GET ads", filtering=only("group.id", "IN", "1"))),
    (
        "ad.effective_status: GONE is not in Ad.Eff",
        call_of("AdAccount GET insights", filtering=only("ad.effective_status", "IN", "GONE")),
    ),
    ("status: the enum Permission.Status is not known", call_of("User GET permissions", status="granted")),
]


@pytest.mark.parametrize(("offence", "request_"), BAD, ids=[offence for offence, _ in BAD])
def test_what_is_not_published_is_an_offence(offence: str, request_: Request) -> None:
    (found,) = offences(request_)
    assert found.startswith(f"{request_.call}")
    assert offence in found
