"""Accounts of tenants against a real database and the simulator."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import httpx
import pytest

from fake_clock import Clock
from metaads_cli.db.queries.accounts import read_accounts
from metaads_cli.db.session import Database
from metaads_cli.errors import InputError, SafetyRefusal
from metaads_cli.graph.governor import Governor
from metaads_cli.graph.simulator.app import Simulator
from metaads_cli.graph.simulator.auth import Auth, Grant
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.world import World
from metaads_cli.models.account import Account, CheckReport, Finding
from metaads_cli.settings import GraphSettings
from metaads_cli.tasks.accounts import (
    add_account,
    check_accounts,
    forget_account,
    normal_account_id,
    normal_currency,
    normal_timezone,
    normal_token_ref,
)
from metaads_cli.tasks.doctor import examine, version_finding
from metaads_cli.tasks.meta import Meta

ACCOUNT = "act_1000000000000001"
T = TypeVar("T")


def with_meta(simulator: Simulator, work: Callable[[Meta], Awaitable[T]], version: str = "v26.0") -> T:
    async def inside() -> T:
        transport = httpx.ASGITransport(app=simulator)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="https://graph.example") as http:
            settings = GraphSettings(access_token="env:TEST_TOKEN", api_version=version, max_retries=1)
            return await work(Meta(http, settings, Governor(clock=Clock()), simulated=False))

    return asyncio.run(inside())


@pytest.fixture
def simulator(monkeypatch: pytest.MonkeyPatch) -> Simulator:
    monkeypatch.setenv("TEST_TOKEN", "EAA" + "z" * 30)
    return Simulator(World.seeded())


def wanted(**more: object) -> Account:
    return Account(tenant_id=1, account_id=ACCOUNT, **more)  # type: ignore[arg-type]


def add(database: Database, simulator: Simulator, account: Account) -> Account:
    session = database.tenant(account.tenant_id)
    return with_meta(simulator, lambda meta: add_account(database, session, account, meta))


def test_what_is_not_told_is_asked_from_meta(database: Database, simulator: Simulator) -> None:
    added = add(database, simulator, wanted(page_ids=("7",)))
    assert (added.name, added.currency, added.timezone_name) == (
        "Clínica Norte",
        "ARS",
        "America/Argentina/Buenos_Aires",
    )
    assert read_accounts(database.tenant(1)) == [added]


def test_what_is_told_is_kept_and_nothing_is_asked(database: Database) -> None:
    account = wanted(currency="USD", timezone_name="America/Lima")
    added = asyncio.run(add_account(database, database.tenant(1), account, None))
    assert added == account


def test_adding_again_joins_ids_and_replaces_the_rest(database: Database, simulator: Simulator) -> None:
    add(database, simulator, wanted(phone_number_ids=("1", "2"), token_ref="env:TEST_TOKEN"))
    added = add(database, simulator, wanted(phone_number_ids=("2", "3"), waba_ids=("9",)))
    assert (added.phone_number_ids, added.waba_ids, added.token_ref) == (("1", "2", "3"), ("9",), "env:TEST_TOKEN")


def test_an_id_of_another_tenant_is_refused(database: Database, simulator: Simulator) -> None:
    add(database, simulator, wanted(phone_number_ids=("55",)))
    theirs = Account(tenant_id=2, account_id="act_1000000000000002", phone_number_ids=("55",))
    with pytest.raises(SafetyRefusal, match="55 is registered for another tenant"):
        add(database, simulator, theirs)
    assert read_accounts(database.tenant(2)) == []


def test_an_account_is_forgotten(database: Database, simulator: Simulator) -> None:
    add(database, simulator, wanted())
    forget_account(database.tenant(1), ACCOUNT)
    assert read_accounts(database.tenant(1)) == []
    with pytest.raises(InputError, match="has no account"):
        forget_account(database.tenant(1), ACCOUNT)


def test_a_token_itself_is_never_stored(database: Database) -> None:
    with pytest.raises(SafetyRefusal) as caught:
        normal_token_ref("EAA" + "x" * 40)
    assert "EAAx" not in f"{caught.value.message}{caught.value.hint}"
    with pytest.raises(InputError, match="accounts_token_ref"), database.tenant(1).transaction() as cursor:
        cursor.execute("INSERT INTO metaads.accounts (tenant_id, account_id, token_ref) VALUES (1, 'act_1', 'EAAx')")


@pytest.mark.parametrize(("text", "expected"), [("act_12", "act_12"), ("12", "act_12"), (" act_007 ", "act_007")])
def test_an_account_is_named_with_or_without_act(text: str, expected: str) -> None:
    assert normal_account_id(text) == expected


@pytest.mark.parametrize("text", ["", "act_", "act_x", "act_1;drop", "²", "act_" + "1" * 40])
def test_what_is_no_account_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is no ad account"):
        normal_account_id(text)


def test_currency_and_time_zone_are_checked() -> None:
    assert (normal_currency("ars"), normal_timezone("America/Lima")) == ("ARS", "America/Lima")
    for wrong in ("PESO", "A1S", ""):
        with pytest.raises(InputError, match="is no currency"):
            normal_currency(wrong)
    with pytest.raises(InputError, match="is no time zone"):
        normal_timezone("America/Nowhere")


def findings(database: Database, simulator: Simulator) -> dict[str, Finding]:
    report: CheckReport = with_meta(simulator, lambda meta: check_accounts([database.tenant(1)], meta))
    return {finding.check: finding for finding in report.findings}


def test_a_good_account_passes_every_check(database: Database, simulator: Simulator) -> None:
    add(database, simulator, wanted())
    assert {finding.status for finding in findings(database, simulator).values()} == {"ok"}


def test_a_disabled_account_is_an_error(database: Database, simulator: Simulator) -> None:
    add(database, simulator, wanted())
    simulator.world.get(ACCOUNT).values["account_status"] = 2
    found = findings(database, simulator)["account"]
    assert (found.status, found.detail) == ("error", "disabled")


def test_currency_and_time_zone_that_were_missing_are_kept(database: Database, simulator: Simulator) -> None:
    with database.tenant(1).transaction() as cursor:
        cursor.execute("INSERT INTO metaads.accounts (tenant_id, account_id) VALUES (1, %s)", [ACCOUNT])
    findings(database, simulator)
    assert read_accounts(database.tenant(1))[0].currency == "ARS"


@pytest.mark.parametrize(
    ("scopes", "status"), [(("ads_read", "ads_management"), "ok"), (("ads_read",), "warning"), ((), "error")]
)
def test_missing_scopes_are_named(
    database: Database, monkeypatch: pytest.MonkeyPatch, scopes: tuple[str, ...], status: str
) -> None:
    monkeypatch.setenv("TEST_TOKEN", "EAA" + "s" * 30)
    simulator = Simulator(World.seeded(), auth=Auth(tokens={"EAA" + "s" * 30: Grant(scopes=scopes)}))
    save = asyncio.run(
        add_account(database, database.tenant(1), wanted(currency="ARS", timezone_name="America/Lima"), None)
    )
    assert save.currency == "ARS"
    found = findings(database, simulator)
    assert status in {finding.status for finding in found.values()}


@pytest.mark.parametrize(("days", "status"), [(3, "warning"), (30, "ok")])
def test_a_token_that_ends_soon_is_a_warning(
    database: Database, monkeypatch: pytest.MonkeyPatch, days: int, status: str
) -> None:
    token = "EAA" + "e" * 30
    monkeypatch.setenv("TEST_TOKEN", token)
    ends = int((datetime.now(UTC) + timedelta(days=days, hours=1)).timestamp())
    simulator = Simulator(World.seeded(), auth=Auth(tokens={token: Grant(expires_at=ends)}))
    add(database, simulator, wanted())
    found = findings(database, simulator)["token"]
    assert (found.status, f"in {days} days" in found.detail) == (status, True)


def test_a_token_that_is_refused_is_an_error_with_a_hint(
    database: Database, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(database, simulator, wanted())
    monkeypatch.setenv("TEST_TOKEN", "expired-token-of-tests")
    found = findings(database, simulator)["access"]
    assert (found.status, "does not accept the token" in found.detail) == ("error", True)
    assert found.fix


def test_the_token_reaches_the_simulator_in_the_header_only(database: Database, simulator: Simulator) -> None:
    add(database, simulator, wanted())
    findings(database, simulator)
    assert simulator.log.entries
    assert "EAAz" not in str(simulator.log.entries)
    assert {tuple(entry.token_in) for entry in simulator.log.entries} == {("header",)}


def test_the_doctor_names_what_is_missing(database: Database, simulator: Simulator) -> None:
    page = simulator.world.all_of(Kind.PAGE)[0]
    add(database, simulator, wanted(page_ids=(page.id, "404404")))
    report = with_meta(simulator, lambda meta: examine([database.tenant(1), database.tenant(2)], meta))
    status = {(finding.subject, finding.check): finding.status for finding in report.findings}
    assert status["v26.0", "API version"] == "ok"
    assert status["tenant 2", "accounts"] == "warning"
    assert status[ACCOUNT, f"page {page.id}"] == "ok"
    assert status[ACCOUNT, "page 404404"] == "error"


@pytest.mark.parametrize(
    ("version", "status"),
    [("v26.0", "ok"), ("v25.0", "ok"), ("v24.0", "error"), ("v23.0", "error"), ("v99.0", "warning")],
)
def test_an_expired_api_version_is_an_error(version: str, status: str) -> None:
    assert version_finding(version, datetime(2026, 11, 21, tzinfo=UTC).date()).status == status


def test_an_expired_api_version_is_refused_by_meta(database: Database, simulator: Simulator) -> None:
    add(database, simulator, wanted())
    report = with_meta(simulator, lambda meta: examine([database.tenant(1)], meta), version="v23.0")
    assert [finding.status for finding in report.findings] == ["error", "error"]
    assert "2635" in report.findings[1].detail
