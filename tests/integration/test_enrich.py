"""Enrich against a real database and the simulator: few calls, nothing lost, names written once."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest

from builders import body, lines, message
from fake_clock import Clock
from metaads_cli.console import Console
from metaads_cli.db.queries.accounts import save_account
from metaads_cli.db.session import Database
from metaads_cli.errors import AccessDenied, PartlyDone, Temporary
from metaads_cli.graph.governor import Governor
from metaads_cli.graph.simulator.app import Simulator
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.faults import Effect, Fault, Faults
from metaads_cli.graph.simulator.seeding import AccountPlan, WorldPlan
from metaads_cli.graph.simulator.world import World
from metaads_cli.models.account import Account
from metaads_cli.models.reports import EnrichReport
from metaads_cli.settings import GraphSettings
from metaads_cli.tasks.enrich import EnrichOptions, enrich, failure_of
from metaads_cli.tasks.meta import Meta

FIRST, SECOND = "1000000000000001", "1000000000000002"
PLAN = WorldPlan(
    (
        AccountPlan(FIRST, "Norte", campaigns=20, ad_sets=5, ads=12),
        AccountPlan(SECOND, "Sur", campaigns=10, ad_sets=5, ads=12),
    )
)


@dataclass
class Bench:
    """A database, a simulated Meta, and a clock on which waits take no time."""

    database: Database
    connection: psycopg.Connection
    world: World
    simulator: Simulator
    clock: Clock

    def ads(self, account: str = FIRST) -> list[str]:
        return [node.id for node in self.world.children(f"act_{account}", Kind.AD)]

    def people_of(self, ad_ids: list[str], tenant_id: int = 1) -> None:
        with self.connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO patients (tenant_id, phone_number, first_name, acquisition_source, meta_ad_id,"
                " meta_ad_headline, meta_ad_body) VALUES (%s, %s, 'P', 'META_ADS', %s, 'headline', 'body')",
                [(tenant_id, f"{tenant_id}{number:08}", ad_id) for number, ad_id in enumerate(ad_ids)],
            )

    def account(self, number: str = FIRST, tenant_id: int = 1) -> None:
        save_account(self.database.tenant(tenant_id), Account(tenant_id=tenant_id, account_id=f"act_{number}"))

    def run(self, *tenants: int, budget: float = 10_000, **options: Any) -> EnrichReport:
        async def inside() -> EnrichReport:
            governor = Governor(budget_seconds=budget, clock=self.clock, jitter=lambda low, _high: low)
            transport = httpx.ASGITransport(app=self.simulator)  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=transport, base_url="https://graph.example") as http:
                meta = Meta(http, GraphSettings(), governor, simulated=True)
                sessions = [self.database.tenant(tenant_id) for tenant_id in tenants or (1,)]
                with Console(verbosity=-1).progress("", None) as progress:
                    return await enrich(sessions, meta, EnrichOptions(**options), progress)

        return asyncio.run(inside())

    def names(self) -> list[tuple[Any, ...]]:
        return self.connection.execute(
            "SELECT meta_ad_id, meta_campaign_id, meta_ad_headline, meta_ad_body FROM patients ORDER BY id"
        ).fetchall()

    def campaign_name(self, ad_id: str) -> str:
        campaign = self.world.parent(self.world.get(ad_id), Kind.CAMPAIGN)
        assert campaign is not None
        return str(campaign.values["name"])


@pytest.fixture
def bench(database: Database, connection: psycopg.Connection) -> Bench:
    world = World.seeded(plan=PLAN)
    return Bench(database, connection, world, Simulator(world, faults=Faults()), Clock())


def http_calls(bench: Bench) -> int:
    return len(bench.simulator.log.entries)


def test_1500_ads_resolve_in_few_calls(bench: Bench) -> None:
    wanted = [*bench.ads(FIRST), *bench.ads(SECOND)[:300]]
    assert len(wanted) == 1500
    bench.people_of(wanted)
    bench.account(FIRST)
    bench.account(SECOND)
    report = bench.run()
    assert (report.ads_pending, report.ads_resolved, report.ads_failed, report.errors) == (1500, 1500, 0, [])
    assert report.patients_updated == 1500
    assert report.api_calls <= 35
    assert bench.names() == [(ad, bench.campaign_name(ad), "headline", "body") for ad in wanted]


def test_archived_and_deleted_ads_resolve(bench: Bench) -> None:
    statuses = {bench.world.get(ad).status: ad for ad in bench.ads()}
    assert {"ACTIVE", "ARCHIVED", "DELETED"} <= statuses.keys()
    bench.people_of(list(statuses.values()))
    bench.account()
    assert bench.run().ads_resolved == len(statuses)


def test_without_an_account_ads_resolve_by_their_id(bench: Bench) -> None:
    bench.people_of(bench.ads()[:60])
    report = bench.run()
    assert (report.ads_resolved, report.api_calls) == (60, 2)


def test_a_second_run_asks_for_nothing(bench: Bench) -> None:
    bench.people_of(bench.ads()[:5])
    bench.run()
    report = bench.run()
    assert (report.ads_pending, report.api_calls, report.patients_updated) == (0, 0, 0)


def test_a_name_that_is_there_is_never_overwritten(bench: Bench) -> None:
    bench.people_of(bench.ads()[:2])
    bench.connection.execute("UPDATE patients SET meta_campaign_id = 'Host' WHERE phone_number = '100000000'")
    assert bench.run().patients_updated == 1
    assert bench.names()[0][1] == "Host"


def test_only_people_of_meta_are_named(bench: Bench) -> None:
    bench.people_of(bench.ads()[:1])
    bench.connection.execute("UPDATE patients SET acquisition_source = 'ORGANIC'")
    assert bench.run().ads_pending == 0
    assert bench.names()[0][1] is None


def test_a_renamed_campaign_is_renewed_on_request(bench: Bench) -> None:
    ad = bench.ads()[0]
    bench.people_of([ad])
    bench.run()
    before = bench.names()[0][1]
    campaign = bench.world.parent(bench.world.get(ad), Kind.CAMPAIGN)
    assert campaign is not None
    bench.world.changed(campaign, {"name": "Renamed"})
    assert bench.run(refresh=True).patients_updated == 0
    assert bench.names()[0][1] == before
    with bench.database.tenant(1).transaction() as cursor:
        assert cursor.execute("SELECT name FROM metaads.campaigns").fetchall() == [("Renamed",)]
    assert bench.run(refresh=True, rename=True).patients_updated == 1
    assert bench.names()[0][1] == "Renamed"


def test_an_unknown_ad_is_remembered_and_not_asked_for_again(bench: Bench) -> None:
    bench.people_of(["999000000000000001"])
    report = bench.run()
    assert (report.ads_not_found, report.ads_failed, report.errors) == (1, 0, [])
    assert bench.run().ads_pending == 0
    bench.connection.execute("SELECT 1")
    with bench.database.tenant(1).transaction() as cursor:
        row = cursor.execute("SELECT ad_id, reason, ask_again_at > now() FROM metaads.unresolved_ads").fetchone()
        assert row == ("999000000000000001", "not found, or not visible to the token", True)
        cursor.execute("UPDATE metaads.unresolved_ads SET ask_again_at = now()")
    assert bench.run().ads_pending == 1


def test_an_ad_that_turns_up_is_unresolved_no_more(bench: Bench) -> None:
    ad = bench.ads()[0]
    bench.people_of([ad])
    bench.simulator.faults.add(Fault(Effect.ERROR, path=ad, code=100, subcode=33))
    assert bench.run().ads_not_found == 1
    assert bench.run(refresh=True).ads_resolved == 1
    with bench.database.tenant(1).transaction() as cursor:
        assert cursor.execute("SELECT count(*) FROM metaads.unresolved_ads").fetchone() == (0,)


def test_tenants_do_not_see_each_others_ads(bench: Bench) -> None:
    bench.people_of(bench.ads()[:2], tenant_id=1)
    bench.people_of(bench.ads()[2:3], tenant_id=2)
    report = bench.run(1, 2)
    assert (report.ads_pending, report.ads_resolved, report.patients_updated) == (3, 3, 3)
    for tenant_id, count in ((1, 2), (2, 1)):
        with bench.database.tenant(tenant_id).transaction() as cursor:
            assert cursor.execute("SELECT count(*) FROM metaads.ads").fetchone() == (count,)


def test_a_limit_of_ads_is_kept(bench: Bench) -> None:
    bench.people_of(bench.ads()[:10])
    assert [bench.run(limit=4).ads_resolved for _ in range(3)] == [4, 4, 2]


def test_a_dry_run_asks_and_keeps_nothing(bench: Bench) -> None:
    bench.people_of(bench.ads()[:3])
    report = bench.run(dry_run=True)
    assert (report.ads_resolved, report.patients_updated) == (3, 3)
    assert {row[1] for row in bench.names()} == {None}
    assert bench.run().ads_pending == 3


def test_ads_of_touches_that_attributed_nobody_are_resolved_as_well(bench: Bench, metaads: Any) -> None:
    told = metaads("ingest", "-", "--unknown-contact", "hold", stdin=lines(body(message(ad=bench.ads()[0]))))
    assert told.code == 0
    assert bench.run().ads_resolved == 1


STORMS: list[Callable[[], list[Fault]]] = [
    lambda: [Fault(Effect.ERROR, code=17, subcode=2446079)],
    lambda: [Fault(Effect.ERROR, code=80004, subcode=2446079, times=2)],
    lambda: [Fault(Effect.ERROR, code=4, subcode=1504022, http_status=403)],
    lambda: [Fault(Effect.ERROR, code=613, subcode=5044001)],
    lambda: [Fault(Effect.HTML, times=2), Fault(Effect.DROP_BEFORE, nth=3)],
    lambda: [Fault(Effect.DROP_AFTER), Fault(Effect.BROKEN_JSON, nth=2), Fault(Effect.ERROR, nth=4, code=1)],
    lambda: [Fault(Effect.EMPTY_PAGE, path="/ads$")],
]


@pytest.mark.parametrize("storm", STORMS)
def test_a_storm_loses_nothing(bench: Bench, storm: Callable[[], list[Fault]]) -> None:
    wanted = bench.ads()[:400]
    bench.people_of(wanted)
    bench.account()
    bench.simulator.faults.add(*storm())
    report = bench.run()
    assert (report.ads_resolved, report.ads_failed, report.errors) == (400, 0, [])
    assert bench.names() == [(ad, bench.campaign_name(ad), "headline", "body") for ad in wanted]


def test_a_limit_longer_than_allowed_keeps_what_was_answered_and_goes_on_later(bench: Bench) -> None:
    bench.people_of(bench.ads()[:400])
    bench.account()
    bench.simulator.faults.add(Fault(Effect.ERROR, nth=2, times=50, code=80004, subcode=2446079))
    first = bench.run(budget=100)
    assert 0 < first.ads_resolved <= 150  # what the first call listed
    assert first.ads_failed == 400 - first.ads_resolved
    assert "Waiting for the rate limit of act_1000000000000001" in first.errors[0]
    assert isinstance(failure_of(first), PartlyDone)
    bench.simulator.faults.clear()
    report = bench.run()
    assert (report.ads_pending, report.ads_resolved) == (first.ads_failed, first.ads_failed)
    assert first.patients_updated + report.patients_updated == 400


def test_where_nothing_was_answered_it_is_temporary(bench: Bench) -> None:
    bench.people_of(bench.ads()[:2])
    bench.simulator.faults.add(Fault(Effect.ERROR, times=50, code=4, subcode=1504022))
    assert isinstance(failure_of(bench.run(budget=10)), Temporary)


def test_one_accounts_limit_does_not_stop_anothers_work(bench: Bench) -> None:
    bench.people_of([bench.ads(FIRST)[0]], tenant_id=1)
    bench.people_of([bench.ads(SECOND)[0]], tenant_id=2)
    bench.account(FIRST, 1)
    bench.account(SECOND, 2)
    bench.simulator.faults.add(Fault(Effect.ERROR, path=f"act_{FIRST}", times=50, code=80004, subcode=2446079))
    bench.simulator.faults.add(Fault(Effect.NULL, path=bench.ads(FIRST)[0], times=50))
    report = bench.run(1, 2, budget=10)
    assert (report.ads_resolved, report.ads_failed) == (1, 1)
    assert bench.names()[1][1] == bench.campaign_name(bench.ads(SECOND)[0])


def test_a_token_that_is_not_accepted_stops_the_run(bench: Bench) -> None:
    bench.people_of(bench.ads()[:2])
    bench.account()
    bench.simulator.faults.add(Fault(Effect.ERROR, code=190, subcode=463))
    with pytest.raises(AccessDenied, match="Meta does not accept the token"):
        bench.run()
    assert http_calls(bench) == 1


def test_a_missing_permission_stops_that_account_alone(bench: Bench) -> None:
    bench.people_of([bench.ads(FIRST)[0], bench.ads(SECOND)[0]])
    bench.account(FIRST)
    bench.account(SECOND)
    bench.simulator.faults.add(Fault(Effect.ERROR, path=f"act_{FIRST}/ads", code=200))
    report = bench.run()
    assert report.ads_resolved == 2
    assert report.errors[0].startswith(f"act_{FIRST}: ")


def test_ads_that_were_not_answered_are_partly_done(bench: Bench) -> None:
    ads = bench.ads()[:3]
    bench.people_of(ads)
    bench.simulator.faults.add(Fault(Effect.NULL, path=ads[1], times=20))
    report = bench.run()
    assert (report.ads_resolved, report.ads_failed) == (2, 1)
    assert isinstance(failure_of(report), PartlyDone)
    bench.simulator.faults.clear()
    assert failure_of(bench.run()) is None
    assert None not in {row[1] for row in bench.names()}


def test_a_campaign_name_longer_than_the_column_is_cut(bench: Bench) -> None:
    ad = bench.ads()[0]
    campaign = bench.world.parent(bench.world.get(ad), Kind.CAMPAIGN)
    assert campaign is not None
    bench.world.changed(campaign, {"name": "x" * 400})
    bench.people_of([ad])
    assert bench.run().patients_updated == 1
    assert bench.names()[0][1] == "x" * 255
