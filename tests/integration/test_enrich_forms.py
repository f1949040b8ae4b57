"""Enrich completes the leads of forms: a webhook announces them, the simulator has their answers, over HTTP."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest
from tests.patches.conftest import LEADS, TENANTS
from tests.patches.conftest import run as patch

from fake_clock import Clock
from metaads_cli.console import Console
from metaads_cli.db.queries.accounts import save_account
from metaads_cli.db.queries.touches import Touches
from metaads_cli.db.session import Database
from metaads_cli.errors import AccessDenied, PartlyDone, Temporary
from metaads_cli.graph.governor import Governor
from metaads_cli.graph.simulator import Auth, Channel, Grant, Simulator, World, webhooks
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.faults import Effect, Fault
from metaads_cli.graph.simulator.serve import running
from metaads_cli.models.account import Account
from metaads_cli.models.referral import Referral
from metaads_cli.models.reports import EnrichReport
from metaads_cli.referrals.leads import answered_lead
from metaads_cli.referrals.shapes import extract
from metaads_cli.settings import GraphSettings
from metaads_cli.tasks.enrich import EnrichOptions, enrich, failure_of
from metaads_cli.tasks.meta import Meta

FIRST, SECOND = "1000000000000001", "1000000000000002"
Rows = list[tuple[Any, ...]]


@dataclass
class Bench:
    """A database with announced leads, a simulated Meta behind HTTP, and a clock on which waits take no time."""

    database: Database
    connection: psycopg.Connection
    simulator: Simulator
    url: str
    clock: Clock

    @property
    def world(self) -> World:
        return self.simulator.world

    def announce(self, count: int = 30, tenant_id: int = 1, account: str | None = FIRST) -> list[Referral]:
        """Keep the touches of so many webhooks; the leads that they announce."""
        told = webhooks(self.world, Channel.LEADGEN, count, account=account)
        leads = [referral for one in told for referral in extract(json.loads(one.body)).referrals]
        self.keep(leads, tenant_id)
        return list({lead.event_id: lead for lead in leads}.values())

    def keep(self, leads: list[Referral], tenant_id: int = 1) -> None:
        Touches(self.database.tenant(tenant_id), create_contacts=True).store(leads)

    def answer(self, lead: Referral) -> Referral:
        """As the simulator has it."""
        values = self.world.leads[lead.event_id].values
        fields = {"id": lead.event_id, "field_data": values["field_data"], "created_time": lead.occurred_at.isoformat()}
        return answered_lead(fields)

    def contacts(self, leads: list[Referral]) -> dict[str, tuple[str | None, str | None, str | None]]:
        answers = map(self.answer, leads)
        return {one.event_id: (one.contact_phone, one.contact_email, one.contact_name) for one in answers}

    def run(self, *tenants: int, budget: float = 10_000, simulated: bool = True, **options: Any) -> EnrichReport:
        async def inside() -> EnrichReport:
            governor = Governor(budget_seconds=budget, clock=self.clock, jitter=lambda low, _high: low)
            async with httpx.AsyncClient(base_url=self.url, trust_env=False) as http:
                meta = Meta(http, GraphSettings(), governor, simulated)
                sessions = [self.database.tenant(tenant_id) for tenant_id in tenants or (1,)]
                with Console(verbosity=-1).progress("", None) as progress:
                    return await enrich(sessions, meta, EnrichOptions(**options), progress)

        return asyncio.run(inside())

    def query(self, statement: str, tenant_id: int = 1) -> Rows:
        with self.database.tenant(tenant_id).transaction() as cursor:
            return cursor.execute(statement.encode()).fetchall()

    def stored_contacts(self, tenant_id: int = 1) -> dict[str, tuple[str | None, str | None, str | None]]:
        events = self.query(
            "SELECT event_id, contact_phone, contact_email, contact_name FROM metaads.referral_events", tenant_id
        )
        return {event_id: (phone, email, name) for event_id, phone, email, name in events}


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(World.seeded())


@pytest.fixture
def bench(database: Database, connection: psycopg.Connection, simulator: Simulator) -> Iterator[Bench]:
    with running(simulator) as url:
        yield Bench(database, connection, simulator, url, Clock())


def with_phone(bench: Bench, leads: list[Referral]) -> list[Referral]:
    return [lead for lead in leads if bench.answer(lead).contact_phone]


def a_lead(bench: Bench, leads: list[Referral]) -> Referral:
    return next(lead for lead in with_phone(bench, leads) if lead.from_ad)


def counts(report: EnrichReport) -> tuple[int, int, int, int, int]:
    return (
        report.leads_pending,
        report.leads_completed,
        report.leads_not_found,
        report.leads_refused,
        report.leads_failed,
    )


def test_announced_leads_get_their_phone_e_mail_and_name(bench: Bench) -> None:
    leads = bench.announce()
    assert set(bench.stored_contacts().values()) == {(None, None, None)}
    report = bench.run()
    assert (counts(report), report.errors) == ((len(leads), len(leads), 0, 0, 0), [])
    assert bench.stored_contacts() == bench.contacts(leads)
    assert failure_of(report) is None


def test_people_of_a_form_become_guests_attributed_to_the_ad(bench: Bench) -> None:
    lead = a_lead(bench, bench.announce())
    report = bench.run()
    phone, _, name = bench.contacts([lead])[lead.event_id]
    people = bench.query("SELECT phone_number, status, acquisition_source, meta_ad_id FROM patients")
    phones = {bench.answer(one).contact_phone for one in bench.announce()}
    assert {row[0] for row in people} == phones - {None}
    assert report.created_contacts == len(people)
    (found,) = [row for row in people if row[0] == phone]
    assert found[1:3] == ("guest", "META_ADS")
    assert name


def test_a_person_who_is_known_is_attributed_and_not_made_again(bench: Bench) -> None:
    lead = a_lead(bench, bench.announce(1))
    phone = bench.answer(lead).contact_phone
    bench.connection.execute(
        "INSERT INTO patients (tenant_id, phone_number, first_name) VALUES (1, %s, 'Ana')", [f"+{phone}"]
    )
    report = bench.run()
    assert (report.created_contacts, report.attributed) == (0, 1)
    assert bench.query("SELECT first_name, acquisition_source, meta_ad_id FROM patients") == [
        ("Ana", "META_ADS", lead.ad_id)
    ]


def test_the_campaigns_of_completed_leads_are_named_by_the_same_run(bench: Bench) -> None:
    bench.announce()
    report = bench.run()
    named = bench.query("SELECT count(meta_campaign_id), count(meta_ad_id) FROM patients")
    assert named == [(report.patients_updated, report.patients_updated)]
    assert report.patients_updated > 0


def test_people_who_are_not_known_are_held_where_that_is_set(bench: Bench) -> None:
    leads = bench.announce()
    report = bench.run(create_contacts=False)
    assert (report.leads_completed, report.created_contacts) == (len(leads), 0)
    assert bench.query("SELECT FROM patients") == []
    assert bench.stored_contacts() == bench.contacts(leads)
    assert bench.run(create_contacts=False).leads_pending == 0


def test_fifty_leads_are_one_call(bench: Bench) -> None:
    leads = bench.announce(120)
    report = bench.run()
    assert report.leads_completed == len(leads) > 100
    assert report.api_calls <= -(-len(leads) // 50) + 1  # and one for their ads


def test_a_second_run_asks_for_nothing(bench: Bench) -> None:
    leads = bench.announce(60)
    assert any(bench.contacts(leads)[one][:2] == (None, None) for one in bench.contacts(leads))
    before = bench.run(), bench.stored_contacts()
    report = bench.run()
    assert (report.leads_pending, report.api_calls) == (0, 0)
    assert (before[0].leads_completed, before[1]) == (len(leads), bench.stored_contacts())


def test_the_webhook_that_comes_again_takes_nothing_away(bench: Bench) -> None:
    leads = bench.announce()
    bench.run()
    before = bench.stored_contacts(), bench.query("SELECT * FROM patients ORDER BY id")
    bench.keep(leads)
    assert (bench.stored_contacts(), bench.query("SELECT * FROM patients ORDER BY id")) == before
    assert bench.run().leads_pending == 0


def test_answers_that_came_before_the_webhook_are_not_asked_for(bench: Bench) -> None:
    told = webhooks(bench.world, Channel.LEADGEN, 10, account=FIRST)
    leads = [referral for one in told for referral in extract(json.loads(one.body)).referrals]
    answers = with_phone(bench, leads)
    bench.keep([bench.answer(lead) for lead in answers])
    bench.keep(answers)
    report = bench.run()
    assert (report.leads_pending, bench.stored_contacts()) == (0, bench.contacts(answers))


def test_a_crm_without_patients_gets_leads(empty_url: str, simulator: Simulator) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection, running(simulator) as url:
        connection.execute((TENANTS + LEADS).encode())
        connection.execute("INSERT INTO tenants (clinic_name, bot_phone_number) VALUES ('Norte', '15550001111')")
        patch(connection)
        bench = Bench(Database(connection), connection, simulator, url, Clock())
        lead = a_lead(bench, bench.announce(10))
        report = bench.run()
        found = bench.query("SELECT phone_number, acquisition_source, meta_ad_id, meta_campaign_id FROM leads")
    people = {row[0].lstrip("+"): row[1:] for row in found}
    assert report.created_contacts == len(people)
    source, ad_id, campaign = people[bench.answer(lead).contact_phone]
    assert (source, ad_id) == ("META_ADS", lead.ad_id)
    assert campaign


def test_what_no_ad_brought_stays_organic(bench: Bench) -> None:
    organic = {lead.event_id for lead in bench.announce() if not lead.from_ad}
    bench.run()
    found = bench.query("SELECT event_id FROM metaads.referral_events WHERE NOT from_ad AND ad_id IS NULL")
    assert {row[0] for row in found} == organic != set()


def unknown(bench: Bench, *ids: str, days_ago: int = 1) -> None:
    at = (bench.world.now() - timedelta(days=days_ago)).isoformat()
    leads = [{"leadgen_id": one, "form_id": "1", "page_id": "9", "created_time": at} for one in ids]
    changes = [{"field": "leadgen", "value": lead} for lead in leads]
    bench.keep(extract({"object": "page", "entry": [{"id": "9", "changes": changes}]}).referrals)


def test_an_unknown_lead_is_remembered_and_not_asked_for_again_yet(bench: Bench) -> None:
    unknown(bench, "600000000000001")
    report = bench.run()
    assert (counts(report), failure_of(report)) == ((1, 0, 1, 0, 0), None)
    assert bench.run().leads_pending == 0
    noted = bench.query("SELECT leadgen_id, reason, ask_again_at > now() FROM metaads.unresolved_leads")
    assert noted == [("600000000000001", "not found, or not visible to the token", True)]
    assert bench.run(refresh=True).leads_pending == 1
    bench.query("UPDATE metaads.unresolved_leads SET ask_again_at = now() RETURNING 1")
    assert bench.run().leads_pending == 1
    assert bench.query("SELECT held_reason FROM metaads.referral_events") == [("no_phone",)]


def test_a_lead_that_meta_keeps_no_more_is_asked_for_once(bench: Bench) -> None:
    unknown(bench, "600000000000001", days_ago=100)
    assert bench.run().leads_not_found == 1
    bench.query("UPDATE metaads.unresolved_leads SET ask_again_at = now() RETURNING 1")
    assert bench.run().leads_pending == 0


def test_leads_older_than_90_days_are_gone(bench: Bench) -> None:
    leads = bench.announce()
    bench.world.clock.advance(timedelta(days=91))
    assert counts(bench.run()) == (len(leads), 0, len(leads), 0, 0)


def test_a_lead_that_turns_up_is_unresolved_no_more(bench: Bench) -> None:
    lead = a_lead(bench, bench.announce(1))
    bench.simulator.faults.add(Fault(Effect.ERROR, path=lead.event_id, code=100, subcode=33))
    assert bench.run().leads_not_found == 1
    assert bench.run(refresh=True).leads_completed == 1
    assert bench.query("SELECT FROM metaads.unresolved_leads") == []


def test_tenants_do_not_see_each_others_leads(bench: Bench) -> None:
    of_first = bench.announce(10, tenant_id=1, account=FIRST)
    of_second = bench.announce(10, tenant_id=2, account=SECOND)
    report = bench.run(2)
    assert report.leads_completed == len(of_second)
    assert set(bench.stored_contacts(1).values()) == {(None, None, None)}
    assert bench.stored_contacts(2) == bench.contacts(of_second)
    assert bench.run(1, 2).leads_completed == len(of_first)


def test_a_limit_of_leads_is_kept_and_the_oldest_come_first(bench: Bench) -> None:
    leads = sorted(bench.announce(20), key=lambda lead: (lead.occurred_at, lead.event_id))
    assert bench.run(limit=4).leads_completed == 4
    assert {one for one, contact in bench.stored_contacts().items() if contact[2]} == {
        lead.event_id for lead in leads[:4]
    }
    assert bench.run().leads_completed == len(leads) - 4


def test_a_dry_run_asks_and_keeps_nothing(bench: Bench) -> None:
    leads = bench.announce(10)
    unknown(bench, "600000000000001")
    before = bench.query("SELECT * FROM metaads.referral_events ORDER BY event_id")
    report = bench.run(dry_run=True)
    assert counts(report) == (len(leads) + 1, len(leads), 1, 0, 0)
    assert report.created_contacts > 0
    assert bench.query("SELECT * FROM metaads.referral_events ORDER BY event_id") == before
    assert bench.query("SELECT FROM patients") == bench.query("SELECT FROM metaads.unresolved_leads") == []


STORMS: list[Callable[[], list[Fault]]] = [
    lambda: [Fault(Effect.ERROR, code=80005)],
    lambda: [Fault(Effect.ERROR, code=80005, nth=7, times=3)],
    lambda: [Fault(Effect.ERROR, code=4, subcode=1504022, http_status=403)],
    lambda: [Fault(Effect.HTML, times=2), Fault(Effect.DROP_BEFORE, nth=3)],
    lambda: [Fault(Effect.DROP_AFTER), Fault(Effect.BROKEN_JSON, nth=2), Fault(Effect.ERROR, nth=4, code=1)],
    lambda: [Fault(Effect.NULL, path=r"/\d{15}$", times=3)],
]


@pytest.mark.parametrize("storm", STORMS)
def test_a_storm_loses_nothing(bench: Bench, storm: Callable[[], list[Fault]]) -> None:
    leads = bench.announce(60)
    bench.simulator.faults.add(*storm())
    report = bench.run()
    assert (counts(report), report.errors) == ((len(leads), len(leads), 0, 0, 0), [])
    assert bench.stored_contacts() == bench.contacts(leads)


def test_a_limit_of_leads_longer_than_allowed_does_not_stop_the_ads_and_goes_on_later(bench: Bench) -> None:
    leads = bench.announce(120)
    bench.simulator.faults.add(Fault(Effect.ERROR, path=r"/\d{15}$", nth=51, times=999, code=80005))
    first = bench.run(budget=50)
    assert first.leads_completed == 50
    assert (first.leads_failed, first.ads_failed) == (len(leads) - 50, 0)
    assert "rate limit of page" in first.errors[0]
    assert isinstance(failure_of(first), PartlyDone)
    bench.simulator.faults.clear()
    assert counts(bench.run()) == (len(leads) - 50, len(leads) - 50, 0, 0, 0)
    assert bench.stored_contacts() == bench.contacts(leads)


def test_where_nothing_was_answered_it_is_temporary(bench: Bench) -> None:
    unknown(bench, "600000000000001")
    bench.simulator.faults.add(Fault(Effect.ERROR, code=4, subcode=1504022, times=99))
    assert isinstance(failure_of(bench.run(budget=10)), Temporary)


def test_a_lead_that_was_not_answered_is_partly_done(bench: Bench) -> None:
    leads = bench.announce(10)
    bench.simulator.faults.add(Fault(Effect.NULL, path=leads[0].event_id, times=20))
    report = bench.run()
    assert (report.leads_failed, report.leads_completed) == (1, len(leads) - 1)
    failure = failure_of(report)
    assert isinstance(failure, PartlyDone)
    assert failure.message.startswith(f"1 leads were not answered: Lead {leads[0].event_id}: ")


def test_a_token_that_is_not_accepted_stops_the_run(bench: Bench) -> None:
    bench.announce(3)
    bench.simulator.faults.add(Fault(Effect.ERROR, code=190, subcode=463))
    with pytest.raises(AccessDenied, match="Meta does not accept the token"):
        bench.run()


def test_without_the_permission_one_sentence_names_it_and_ads_are_named(bench: Bench) -> None:
    leads = bench.announce(120)
    ads = {lead.ad_id for lead in leads if lead.ad_id}
    bench.simulator._router._auth = bench.simulator._auth = Auth(tokens={"stub": Grant(scopes=("ads_read",))})
    report = bench.run()
    assert counts(report) == (len(leads), 0, 0, len(leads), 0)
    assert report.ads_resolved == len(ads) > 0
    (sentence,) = report.errors
    assert sentence.startswith(f"{len(leads)} leads: the token has no permission to read the answers of forms")
    assert "leads_retrieval" in sentence
    failure = failure_of(report)
    assert isinstance(failure, PartlyDone)
    assert failure.hint == "Give the token the permission leads_retrieval, then run it again"
    assert report.api_calls == 2  # the first fifty leads, and the ads


def test_a_permission_that_was_granted_is_used_by_the_next_run(bench: Bench) -> None:
    leads = bench.announce(10)
    bench.simulator.faults.add(Fault(Effect.ERROR, path=r"/\d{15}$", times=len(leads), code=200))
    refused = bench.run()
    assert refused.leads_refused == len(leads)
    assert bench.run().leads_completed == len(leads)


def test_where_leads_are_all_there_is_a_missing_permission_is_no_access(bench: Bench) -> None:
    unknown(bench, "600000000000001")
    bench.simulator.faults.add(Fault(Effect.ERROR, path="600000000000001", code=10))
    assert isinstance(failure_of(bench.run()), AccessDenied)


def test_the_token_of_the_pages_account_is_asked_first(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    grants = {"a": Grant(accounts=frozenset({FIRST})), "b": Grant(accounts=frozenset({SECOND}))}
    bench.simulator._router._auth = bench.simulator._auth = Auth(tokens=grants)
    monkeypatch.setenv("TOKEN_A", "a")
    monkeypatch.setenv("TOKEN_B", "b")
    pages = {number: (str(bench.world.get(f"act_{number}").values["page_id"]),) for number in (FIRST, SECOND)}
    for number, token in ((FIRST, "env:TOKEN_A"), (SECOND, "env:TOKEN_B")):
        account = Account(tenant_id=1, account_id=f"act_{number}", token_ref=token, page_ids=pages[number])
        save_account(bench.database.tenant(1), account)
    leads = bench.announce(20, account=SECOND)
    report = bench.run(simulated=False)
    assert (counts(report), report.errors) == ((len(leads), len(leads), 0, 0, 0), [])
    leads_asked = [entry.batch_items for entry in bench.simulator.log.entries if entry.batch_items == len(leads)]
    assert leads_asked == [len(leads)]


def test_another_token_is_asked_where_the_first_sees_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    grants = {"a": Grant(accounts=frozenset({FIRST})), "b": Grant(accounts=frozenset({SECOND}))}
    bench.simulator._router._auth = bench.simulator._auth = Auth(tokens=grants)
    monkeypatch.setenv("TOKEN_A", "a")
    monkeypatch.setenv("TOKEN_B", "b")
    for number, token in ((FIRST, "env:TOKEN_A"), (SECOND, "env:TOKEN_B")):
        save_account(bench.database.tenant(1), Account(tenant_id=1, account_id=f"act_{number}", token_ref=token))
    leads = bench.announce(20, account=SECOND)
    report = bench.run(simulated=False)
    assert (counts(report), report.errors) == ((len(leads), len(leads), 0, 0, 0), [])


def test_one_lead_that_the_host_refuses_keeps_back_no_other(bench: Bench) -> None:
    leads = bench.announce(20)
    lead = a_lead(bench, leads)
    phone = bench.answer(lead).contact_phone
    bench.connection.execute(f"ALTER TABLE patients ADD CHECK (phone_number <> '{phone}')".encode())
    of_the_phone = [one for one in leads if bench.answer(one).contact_phone == phone]
    report = bench.run()
    assert (report.leads_completed, report.leads_failed) == (len(leads) - len(of_the_phone), len(of_the_phone))
    assert report.errors[0].startswith(f"Lead {of_the_phone[0].event_id}: its answers cannot be used: ")
    assert isinstance(failure_of(report), PartlyDone)


def test_a_question_that_is_called_as_an_id_changes_no_other_lead(bench: Bench) -> None:
    leads = bench.announce(10)
    lead, victim = a_lead(bench, leads), leads[-1]
    questions = [{"name": name, "values": [victim.event_id]} for name in ("leadgen_id", "lead_id", "id", "ad_id")]
    values = bench.world.leads[lead.event_id].values
    expected = bench.contacts(leads)
    values["field_data"] = [*questions, *values["field_data"]]
    bench.run()
    assert bench.stored_contacts() == expected
    found = bench.query(f"SELECT ad_id FROM metaads.referral_events WHERE event_id = '{lead.event_id}'")
    assert found == [(lead.ad_id,)]


def test_a_lead_whose_answers_are_not_shown_stays_as_it_was(bench: Bench) -> None:
    lead = a_lead(bench, bench.announce(1))
    del bench.world.leads[lead.event_id].values["field_data"]
    report = bench.run()
    assert counts(report) == (1, 0, 0, 0, 1)
    assert report.errors == [f"Lead {lead.event_id}: its answers cannot be used: Meta shows no answers"]
    assert bench.stored_contacts() == {lead.event_id: (None, None, None)}


def test_ads_are_asked_for_as_ever_where_there_is_no_lead(bench: Bench) -> None:
    ad = next(node.id for node in bench.world.children(f"act_{FIRST}", Kind.AD))
    bench.connection.execute(
        "INSERT INTO patients (tenant_id, phone_number, first_name, acquisition_source, meta_ad_id)"
        " VALUES (1, '5491155550001', 'P', 'META_ADS', %s)",
        [ad],
    )
    report = bench.run()
    assert (report.ads_resolved, report.leads_pending, report.api_calls) == (1, 0, 1)
