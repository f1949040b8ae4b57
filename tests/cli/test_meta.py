"""The commands that speak to Meta, as whole programs against `metaads stub serve` over HTTP."""

import json
import signal
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from builders import body, lines, message
from harness import Program

TOKEN = "EAA" + "Secret0Token" * 4
SECRET = "app-s3cret-of-the-tests"
ACCOUNT = "act_1000000000000001"
NO_LEADS = (
    "leads_pending", "leads_completed", "leads_not_found", "leads_refused", "leads_failed", "attributed",
    "created_contacts",
)  # fmt: skip
Read = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def stub(metaads: Program) -> Iterator[str]:
    """The base URL of a running `metaads stub serve`."""
    process = metaads.start("stub", "serve", "--port", "0")
    assert process.stdout is not None
    url = process.stdout.readline().decode().strip()
    assert url.startswith("http://127.0.0.1:")
    yield url
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, b"Traceback" in err) in {(0, False), (143, False)}, (out, err)


@pytest.fixture
def live(metaads: Program, stub: str) -> Program:
    """The program in live mode, speaking to the stub as if it were Meta."""
    more = {
        "METAADS_GRAPH__BASE_URL": stub,
        "META_INSIGHTS_MODE": "live",
        "TOKEN_OF_CLINIC": TOKEN,
        "META_APP_SECRET": SECRET,
        "NO_PROXY": "127.0.0.1",
    }
    return Program(metaads.home, metaads.environment | more)


def call(stub: str, path: str, document: Any = None) -> Any:
    data = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(f"{stub}/_simulator/{path}", data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def touch(program: Program, *ads: str) -> None:
    bodies = [body(message(f"54911555500{number:02}", ad=ad)) for number, ad in enumerate(ads)]
    assert program("ingest", "-", stdin=lines(*bodies)).code == 0


def test_from_the_account_to_the_named_campaign(live: Program, rows: Callable[[str], list[tuple[Any, ...]]]) -> None:
    touch(live, "120200000000000001", "120200000000000002")
    added = live(
        "accounts", "add", "--tenant", "1", "--account", ACCOUNT, "--token-ref", "env:TOKEN_OF_CLINIC", "--json"
    )
    assert (added.code, added.stderr) == (0, "")
    account = json.loads(added.stdout)["accounts"][0]
    assert (account["currency"], account["token_ref"]) == ("ARS", "env:TOKEN_OF_CLINIC")

    enriched = json.loads(live("enrich", "--tenant", "1", "--json").stdout)
    assert enriched.pop("duration_seconds") >= 0
    assert enriched.pop("api_calls") <= 2
    assert enriched == {
        "schema": "metaads.enrich/1",
        "ads_pending": 2,
        "ads_resolved": 2,
        "ads_not_found": 0,
        "ads_failed": 0,
        "patients_updated": 2,
        "errors": [],
        **dict.fromkeys(NO_LEADS, 0),
    }
    assert None not in {row[0] for row in rows("SELECT meta_campaign_id FROM patients")}

    listed = json.loads(live("accounts", "list", "--json").stdout)["accounts"]
    assert [one["account_id"] for one in listed] == [ACCOUNT]
    assert live("accounts", "check").code == 0
    assert live("doctor", "--tenant", "1").code == 0
    removed = live("accounts", "remove", "--tenant", "1", "--account", ACCOUNT)
    assert (removed.code, "Confirm it with --yes" in removed.stderr) == (8, True)
    assert live("accounts", "remove", "--tenant", "1", "--account", ACCOUNT, "--yes").code == 0


def announce(program: Program, count: int) -> None:
    """Leads of forms, as their webhooks announce them."""
    told = program("stub", "webhooks", "--channel", "leadgen", "--count", str(count))
    assert program("ingest", "-", "--tenant", "1", stdin=told.stdout).code == 0


COMPLETED = "SELECT count(*) FROM metaads.referral_events WHERE contact_name IS NOT NULL"


def test_from_the_announced_lead_to_the_person(live: Program, rows: Read) -> None:
    announce(live, 20)
    assert rows("SELECT FROM patients") == []
    told = live("enrich", "--tenant", "1", META_ACCESS_TOKEN=TOKEN, COLUMNS="80")
    assert (told.code, told.stderr) == (0, "")
    assert {"Leads asked for", "  completed", "New guests"} <= {line[:15].rstrip() for line in told.stdout.splitlines()}
    assert max(map(len, told.stdout.splitlines())) <= 80
    assert rows("SELECT count(*) FROM metaads.referral_events") == rows(COMPLETED)
    people = rows("SELECT first_name, phone_number, meta_campaign_id FROM patients WHERE meta_ad_id IS NOT NULL")
    assert people
    assert all(None not in person for person in people)
    again = json.loads(live("enrich", "--tenant", "1", "--json", META_ACCESS_TOKEN=TOKEN).stdout)
    assert (again["leads_pending"], again["api_calls"]) == (0, 0)


def test_a_signal_keeps_the_leads_that_were_answered_and_the_next_run_goes_on(
    live: Program, stub: str, rows: Read
) -> None:
    announce(live, 90)
    fault = {"effect": "error", "path": "/[0-9]{15}$", "code": 80005, "nth": 51, "times": 999}
    call(stub, "faults", {"faults": [fault]})
    process = live.start("enrich", "--tenant", "1", META_ACCESS_TOKEN=TOKEN)
    assert process.stderr is not None
    assert process.stderr.readline().decode().startswith("waiting 60 s: rate limit of page ")
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, b"Traceback" in said) == (143, False)
    assert rows(COMPLETED) == [(50,)]
    call(stub, "reset", {})
    assert live("enrich", "--tenant", "1", META_ACCESS_TOKEN=TOKEN).code == 0
    assert rows("SELECT count(*) FROM metaads.referral_events") == rows(COMPLETED)


def test_a_token_that_may_not_read_leads_is_exit_4_and_names_the_permission(live: Program, stub: str) -> None:
    announce(live, 5)
    lead = {"effect": "error", "code": 200, "path": "/[0-9]{15}$", "times": 99}
    ad = {"effect": "error", "code": 100, "subcode": 33, "path": "/[0-9]{18}$", "times": 99}
    call(stub, "faults", {"faults": [lead, ad]})
    told = live("enrich", "--tenant", "1", META_ACCESS_TOKEN=TOKEN)
    assert told.code == 4
    assert "the token has no permission to read the answers of forms: it needs leads_retrieval" in told.stderr
    assert "hint: Give the token the permission leads_retrieval" in told.stderr


def test_the_setting_for_unknown_contacts_holds_for_leads_as_well(live: Program, rows: Read) -> None:
    announce(live, 5)
    setting = {"METAADS_INGEST__UNKNOWN_CONTACT": "hold", "META_ACCESS_TOKEN": TOKEN}
    assert live("enrich", "--tenant", "1", **setting).code == 0
    assert rows("SELECT FROM patients") == []


def test_the_token_is_found_nowhere(live: Program, stub: str, database_url: str) -> None:
    touch(live, "120200000000000001")
    said = [
        live(*arguments, "-vv", "--debug")
        for arguments in (
            ["accounts", "add", "--tenant", "1", "--account", ACCOUNT, "--token-ref", "env:TOKEN_OF_CLINIC"],
            ["enrich", "--tenant", "1"],
            ["accounts", "check"],
            ["doctor"],
            ["config", "show", "--origin"],
        )
    ]
    faults = [{"effect": "error", "code": 190, "subcode": 463, "times": 9}, {"effect": "drop_before", "times": 9}]
    for fault in faults:
        call(stub, "faults", {"faults": [fault]})
        said.append(live("enrich", "--tenant", "1", "--refresh", "-vv", "--debug", "--max-wait", "1s"))
    for outcome in said:
        assert TOKEN not in outcome.stdout + outcome.stderr
        assert SECRET not in outcome.stdout + outcome.stderr
    assert said[-2].code == 4
    for path in live.home.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes()
    requests = call(stub, "requests")["data"]
    assert requests
    assert {tuple(request["token_in"]) for request in requests} == {("header",)}
    with psycopg.connect(database_url) as connection:
        connection.execute("SELECT metaads.set_tenant(1)")
        assert connection.execute("SELECT token_ref FROM metaads.accounts").fetchall() == [("env:TOKEN_OF_CLINIC",)]


def test_a_token_on_the_command_line_is_refused_and_not_repeated(live: Program) -> None:
    told = live("accounts", "add", "--tenant", "1", "--account", ACCOUNT, "--token-ref", TOKEN)
    assert told.code == 8
    assert TOKEN not in told.stderr
    assert "never the token itself" in told.stderr


def test_a_token_that_is_refused_is_exit_4_with_what_to_do(live: Program) -> None:
    touch(live, "120200000000000001")
    told = live("enrich", "--tenant", "1", META_ACCESS_TOKEN="an-expired-token")
    assert told.code == 4
    assert told.stderr.startswith("error: Meta does not accept the token. ")
    assert "hint: Renew the access token" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_wait_longer_than_allowed_is_exit_7_with_the_way_on(live: Program, stub: str) -> None:
    touch(live, "120200000000000001")
    call(stub, "faults", {"faults": [{"effect": "error", "code": 80004, "subcode": 2446079, "times": 9}]})
    told = live("enrich", "--tenant", "1", "--max-wait", "1s", META_ACCESS_TOKEN=TOKEN)
    assert told.code == 7
    assert "Waiting for the rate limit" in told.stderr
    assert "it goes on where it was" in told.stderr
    call(stub, "reset", {})
    assert live("enrich", "--tenant", "1", META_ACCESS_TOKEN=TOKEN).code == 0


def test_without_a_token_it_says_where_one_is_kept(live: Program) -> None:
    touch(live, "120200000000000001")
    told = live("enrich", "--tenant", "1")
    assert (told.code, "There is no access token" in told.stderr) == (2, True)


def test_stub_data_do_not_get_into_a_database_by_default(metaads: Program, rows: Callable[[str], Any]) -> None:
    touch(metaads, "120200000000000001")
    told = metaads("enrich", "--tenant", "1")
    assert told.code == 8
    assert "META_INSIGHTS_MODE=live" in told.stderr
    assert rows("SELECT meta_campaign_id FROM patients") == [(None,)]
    chosen = metaads("enrich", "--tenant", "1", META_INSIGHTS_MODE="stub")
    assert chosen.code == 0
    assert rows("SELECT meta_campaign_id FROM patients") != [(None,)]


def test_with_several_tenants_one_must_be_named(metaads: Program) -> None:
    told = metaads("enrich", META_INSIGHTS_MODE="stub")
    assert (told.code, "There are 2 tenants" in told.stderr) == (2, True)
    assert metaads("enrich", "--all-tenants", META_INSIGHTS_MODE="stub").code == 0
    assert metaads("enrich", "--all-tenants", "--tenant", "1", META_INSIGHTS_MODE="stub").code == 2


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--account", "12x"], 3, "is no ad account"),
        (["--account", ACCOUNT, "--currency", "PESOS", "--timezone", "UTC"], 3, "is no currency"),
        (["--account", ACCOUNT, "--currency", "ARS", "--timezone", "Mars/X"], 3, "is no time zone"),
    ],
)
def test_wrong_values_of_an_account_get_one_sentence(
    metaads: Program, arguments: list[str], code: int, sentence: str
) -> None:
    told = metaads("accounts", "add", "--tenant", "1", *arguments, META_INSIGHTS_MODE="stub")
    assert (told.code, sentence in told.stderr) == (code, True)


def test_a_port_that_is_taken_is_wrong_usage(metaads: Program, stub: str) -> None:
    told = metaads("stub", "serve", "--port", stub.rpartition(":")[2])
    assert (told.code, "Cannot listen on" in told.stderr) == (2, True)


def test_the_stub_serves_the_same_world_each_time(stub: str) -> None:
    request = urllib.request.Request(
        f"{stub}/v26.0/{ACCOUNT}/campaigns?fields=name&limit=1", headers={"Authorization": "Bearer any"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        first = json.load(answer)["data"][0]
    assert set(first) == {"id", "name"}
