"""Enrich for a CRM: leads alone, leads beside patients, and a host whose leads are not patched yet."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import httpx
import psycopg
import pytest
from tests.patches.conftest import LEADS, PATIENTS, TENANTS, run

from fake_clock import Clock
from metaads_cli.console import Console
from metaads_cli.db.queries.catalogue import count_unnamed, name_people, pending_ads
from metaads_cli.db.session import Database
from metaads_cli.graph.governor import Governor
from metaads_cli.graph.simulator import AccountPlan, Simulator, World, WorldPlan
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.models.reports import EnrichReport
from metaads_cli.settings import GraphSettings
from metaads_cli.tasks.enrich import EnrichOptions, enrich
from metaads_cli.tasks.meta import Meta

ACCOUNT = "1000000000000001"
Table = Literal["leads", "patients"]
TWO_TENANTS = """
    INSERT INTO tenants (clinic_name, bot_phone_number) VALUES ('Norte', '15550001111'), ('Sur', '15550002222');
"""
INSERTS = {
    "leads": "INSERT INTO leads (tenant_id, phone_number, acquisition_source, meta_ad_id, meta_ad_headline,"
    " meta_ad_body) VALUES (%s, %s, %s, %s, 'headline', 'body')",
    "patients": "INSERT INTO patients (tenant_id, phone_number, acquisition_source, meta_ad_id, meta_ad_headline,"
    " meta_ad_body, first_name) VALUES (%s, %s, %s, %s, 'headline', 'body', 'P')",
}


@dataclass
class Crm:
    """A database of a CRM, and a simulated Meta."""

    connection: psycopg.Connection
    world: World

    @property
    def ads(self) -> list[str]:
        return [node.id for node in self.world.children(f"act_{ACCOUNT}", Kind.AD)]

    @property
    def database(self) -> Database:
        return Database(self.connection)

    def add(self, table: Table, *ad_ids: str | None, tenant_id: int = 1, source: str | None = "META_ADS") -> None:
        with self.connection.cursor() as cursor:
            rows = [(tenant_id, f"{tenant_id}-{source}-{n}", source, ad_id) for n, ad_id in enumerate(ad_ids)]
            cursor.executemany(INSERTS[table].encode(), rows)

    def enrich(self, *tenants: int, **options: Any) -> EnrichReport:
        async def inside() -> EnrichReport:
            transport = httpx.ASGITransport(app=Simulator(self.world))  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=transport, base_url="https://graph.example") as http:
                meta = Meta(http, GraphSettings(), Governor(clock=Clock()), simulated=True)
                sessions = [self.database.tenant(tenant_id) for tenant_id in tenants or (1,)]
                with Console(verbosity=-1).progress("", None) as progress:
                    return await enrich(sessions, meta, EnrichOptions(**options), progress)

        return asyncio.run(inside())

    def names(self, table: Table, tenant_id: int = 1) -> list[tuple[Any, ...]]:
        """Ad and campaign name of the people, in the order in which they came."""
        query = f"SELECT meta_ad_id, meta_campaign_id FROM {table} WHERE tenant_id = %s ORDER BY phone_number"
        return self.connection.execute(query.encode(), [tenant_id]).fetchall()

    def campaign_of(self, ad_id: str) -> str:
        campaign = self.world.parent(self.world.get(ad_id), Kind.CAMPAIGN)
        assert campaign is not None
        return str(campaign.values["name"])

    def rename_campaign_of(self, ad_id: str, name: str) -> None:
        campaign = self.world.parent(self.world.get(ad_id), Kind.CAMPAIGN)
        assert campaign is not None
        self.world.changed(campaign, {"name": name})


def patched(url: str, *tables: str) -> Iterator[Crm]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("".join((*tables, TWO_TENANTS)).encode())
        run(connection)
        yield Crm(connection, World.seeded(plan=WorldPlan((AccountPlan(ACCOUNT, "Norte", campaigns=4),))))


@pytest.fixture
def crm(empty_url: str) -> Iterator[Crm]:
    """A CRM without patients."""
    yield from patched(empty_url, TENANTS, LEADS)


@pytest.fixture
def both(empty_url: str) -> Iterator[Crm]:
    yield from patched(empty_url, PATIENTS, LEADS)


def test_leads_of_a_crm_without_patients_are_named(crm: Crm) -> None:
    first, last = crm.ads[0], crm.ads[-1]
    crm.add("leads", first, first, last)
    report = crm.enrich()
    assert (report.ads_pending, report.ads_resolved, report.patients_updated, report.errors) == (2, 2, 3, [])
    assert crm.names("leads") == [(ad, crm.campaign_of(ad)) for ad in (first, first, last)]
    again = crm.enrich()
    assert (again.ads_pending, again.api_calls, again.patients_updated) == (0, 0, 0)


def test_headline_body_and_source_of_a_lead_stay(crm: Crm) -> None:
    crm.add("leads", crm.ads[0])
    crm.enrich()
    found = crm.connection.execute("SELECT acquisition_source, meta_ad_headline, meta_ad_body, status FROM leads")
    assert found.fetchall() == [("META_ADS", "headline", "body", "new")]


def test_leads_and_patients_are_asked_for_once_and_counted_together(both: Crm) -> None:
    shared, of_lead, of_patient = both.ads[:3]
    both.add("leads", shared, of_lead)
    both.add("patients", shared, of_patient)
    report = both.enrich()
    assert (report.ads_pending, report.ads_resolved, report.patients_updated) == (3, 3, 4)
    assert both.names("leads") == [(ad, both.campaign_of(ad)) for ad in (shared, of_lead)]
    assert both.names("patients") == [(ad, both.campaign_of(ad)) for ad in (shared, of_patient)]


def test_leads_of_another_tenant_are_untouched(crm: Crm) -> None:
    ad, of_the_other = crm.ads[0], crm.ads[-1]
    crm.add("leads", ad, tenant_id=1)
    crm.add("leads", ad, of_the_other, tenant_id=2)
    for dry_run in (True, False):
        report = crm.enrich(1, dry_run=dry_run)
        assert (report.ads_pending, report.patients_updated) == (1, 1)
    assert crm.names("leads", 2) == [(ad, None), (of_the_other, None)]
    assert crm.enrich(2).patients_updated == 2
    assert crm.names("leads", 2) == [(other, crm.campaign_of(other)) for other in (ad, of_the_other)]


def test_names_of_another_tenants_leads_are_not_renewed(crm: Crm) -> None:
    ad = crm.ads[0]
    for tenant_id in (1, 2):
        crm.add("leads", ad, tenant_id=tenant_id)
    crm.enrich(1, 2)
    before = crm.names("leads", 2)
    crm.rename_campaign_of(ad, "Renamed")
    assert crm.enrich(1, refresh=True, rename=True).patients_updated == 1
    assert (crm.names("leads", 1), crm.names("leads", 2)) == ([(ad, "Renamed")], before)


def test_a_name_that_a_lead_has_is_not_overwritten(crm: Crm) -> None:
    ad = crm.ads[0]
    crm.add("leads", ad, ad)
    crm.connection.execute("UPDATE leads SET meta_campaign_id = 'Host' WHERE phone_number = '1-META_ADS-0'")
    assert crm.enrich().patients_updated == 1
    assert crm.names("leads") == [(ad, "Host"), (ad, crm.campaign_of(ad))]


def test_a_renamed_campaign_is_renewed_in_both_on_request(both: Crm) -> None:
    ad = both.ads[0]
    both.add("leads", ad)
    both.add("patients", ad)
    both.enrich()
    both.rename_campaign_of(ad, "Renamed")
    assert both.enrich(refresh=True).patients_updated == 0
    assert both.enrich(refresh=True, rename=True).patients_updated == 2
    assert both.names("leads") == both.names("patients") == [(ad, "Renamed")]


@pytest.mark.parametrize("source", ["ORGANIC", "REFERRED"])
def test_leads_of_other_sources_are_left_alone(both: Crm, source: str) -> None:
    ad = both.ads[0]
    both.add("leads", ad, ad, source=source)
    both.connection.execute("UPDATE leads SET meta_campaign_id = 'Host' WHERE phone_number LIKE '%-1'")
    assert both.enrich().ads_pending == 0
    both.add("patients", ad)  # with it the ad is in the catalogue
    assert both.enrich().patients_updated == 1
    assert both.enrich(refresh=True, rename=True).patients_updated == 0
    assert both.names("leads") == [(ad, None), (ad, "Host")]


def test_a_lead_without_an_ad_or_a_source_is_left_alone(empty_url: str) -> None:
    nullable = "ALTER TABLE leads ADD acquisition_source text;"
    for crm in patched(empty_url, TENANTS, LEADS, nullable):
        crm.add("leads", crm.ads[0], source=None)
        crm.add("leads", None)
        assert crm.enrich().ads_pending == 0


def test_a_dry_run_counts_the_nameless_of_both_and_keeps_nothing(both: Crm) -> None:
    ad, other = both.ads[:2]
    both.add("leads", ad, other, ad)
    both.connection.execute("UPDATE leads SET meta_campaign_id = 'Host' WHERE phone_number = '1-META_ADS-2'")
    both.add("leads", ad, source="ORGANIC")
    both.add("patients", ad)
    report = both.enrich(dry_run=True)
    assert (report.ads_resolved, report.patients_updated) == (2, 3)
    assert both.names("leads") == [(ad, None), (other, None), (ad, "Host"), (ad, None)]
    assert both.names("patients") == [(ad, None)]


def test_a_limit_holds_for_the_ads_of_both(both: Crm) -> None:
    both.add("leads", *both.ads[:3])
    both.add("patients", *both.ads[3:5])
    assert [both.enrich(limit=2).ads_resolved for _ in range(3)] == [2, 2, 1]


def test_a_name_longer_than_the_column_is_cut(crm: Crm) -> None:
    crm.rename_campaign_of(crm.ads[0], "x" * 400)
    crm.add("leads", crm.ads[0])
    assert crm.enrich().patients_updated == 1
    assert crm.names("leads") == [(crm.ads[0], "x" * 255)]


def test_leads_whose_patch_is_not_applied_yet_wait(connection: psycopg.Connection, database: Database) -> None:
    connection.execute(LEADS.encode())
    session = database.tenant(1)
    assert pending_ads(session, refresh=False, limit=None) == []
    assert (count_unnamed(session, ["1"]), name_people(session, rename=True)) == (0, 0)


def test_a_database_without_people_asks_for_the_ads_of_touches_only(empty_url: str) -> None:
    for crm in patched(empty_url, TENANTS):
        report = crm.enrich()
        assert (report.ads_pending, report.patients_updated, report.errors) == (0, 0, [])
