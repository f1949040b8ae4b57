"""`metaads sync-insights` as a user runs it: processes of their own, HTTP, streams, exit codes, interruptions."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from harness import Outcome, Program, Start
from killing import Piece, Victim, Watched, asked_pieces, cut_small, stored_pieces, wait_for_its_locks, wait_until
from metaads_cli.db.queries.accounts import save_account
from metaads_cli.graph.simulator import AccountPlan, Effect, Fault, Faults, Simulator, World, WorldPlan
from metaads_cli.graph.simulator.serve import running
from metaads_cli.models.account import Account
from metaads_cli.models.insight import Days, Level
from simulated import StoppedClock
from syncing import ACCOUNT, SyncBench, plan

TOKEN = "EAA" + "Secret0Token" * 4
SECRET = "app-s3cret-of-the-tests"
OTHER_NUMBER = "1000000000000009"
OTHER = f"act_{OTHER_NUMBER}"
# Meta's time stands still from here on; a window that ended some days ago does not depend on the hour.
NOW = datetime.now(UTC)
WINDOW = Days(NOW.date() - timedelta(days=9), NOW.date() - timedelta(days=4))
PIECES = {(str(level), str(day)) for level in Level for day in WINDOW}
DAYS = ("--since", str(WINDOW.since), "--until", str(WINDOW.until))
STOPPED = (
    "error: Stopped. What was finished is kept\n  hint: Run the same command again: it goes on where it was\n"
)  # fmt: skip
KEYS = {
    "schema", "sync_id", "sync_timestamp", "sync_type", "mode", "date_range", "campaigns", "adsets", "ads", "rows",
    "api_calls", "rate_limit_hits", "waited_seconds", "accounts", "total_duration_seconds", "success", "errors",
}  # fmt: skip


def clinic(number: str, **changes: Any) -> AccountPlan:
    return AccountPlan(number, **({"campaigns": 2, "ad_sets": 2, "ads": 2, "varied": False} | changes))


def bench_of(url: str, world_plan: WorldPlan) -> SyncBench:
    """A simulated Meta whose time is the real one of these tests' begin, without any account registered."""
    time = StoppedClock(NOW)
    world = World.seeded(clock=time, plan=world_plan)
    return SyncBench(url, world, Simulator(world, faults=Faults()), time)


@pytest.fixture
def bench(database_url: str) -> SyncBench:
    """One account of tenant 1, known for small answers: two slices a level, of up to three pages."""
    bench = bench_of(database_url, plan())
    bench.register()
    cut_small(bench, NOW)
    return bench


@pytest.fixture
def live(metaads: Program, bench: SyncBench) -> Iterator[Program]:
    """The program in live mode, before the simulator of the bench."""
    with serving(metaads, bench.simulator) as program:
        yield program


@contextmanager
def serving(metaads: Program, application: Any) -> Iterator[Program]:
    with running(application) as url:
        more = {
            "METAADS_GRAPH__BASE_URL": url,
            "META_INSIGHTS_MODE": "live",
            "META_ACCESS_TOKEN": TOKEN,
            "META_APP_SECRET": SECRET,
            "NO_PROXY": "127.0.0.1",
        }
        yield Program(metaads.home, metaads.environment | more)


def sync(program: Program, *arguments: str, **environment: str) -> Outcome:
    """Nothing is fresh by its age alone: what is not read again was stored by a run that this one goes on with."""
    return program("sync-insights", *arguments, **({"METAADS_SYNC__FRESH_MINUTES": "0"} | environment))


def start(program: Program, *arguments: str, way: Start = Program.start, **environment: str) -> subprocess.Popen[bytes]:
    return way(program, "sync-insights", *arguments, **({"METAADS_SYNC__FRESH_MINUTES": "0"} | environment))


def document(outcome: Outcome) -> Any:
    assert outcome.code == 0, outcome.stderr
    return json.loads(outcome.stdout)


def ended(process: subprocess.Popen[bytes]) -> Outcome:
    out, err = process.communicate(timeout=60)
    return Outcome(process.returncode, out.decode(), err.decode())


def empty(bench: SyncBench) -> None:
    """As before the first run."""
    with bench.database() as database, database.tenant(1).transaction() as cursor:
        for table in ("insights", "sync_days", "sync_runs", "sync_accounts", "campaigns", "adsets", "ads", "creatives"):
            cursor.execute(f"DELETE FROM metaads.{table} WHERE tenant_id = 1".encode())
    bench.simulator.log.entries.clear()


def finish(program: Program, bench: SyncBench) -> Counter[Piece]:
    """Run once more, to the end: the table is the truth, and nothing was fetched that was stored. What was fetched."""
    wait_for_its_locks(bench)
    stored = stored_pieces(bench)
    bench.simulator.log.entries.clear()
    told = sync(program, "--tenant", "1", *DAYS)
    assert (told.code, told.stderr) == (0, "")
    fetched = asked_pieces(bench.simulator.log.entries)
    assert fetched == Counter(PIECES - stored)
    bench.assert_true(WINDOW)
    return fetched


def test_killed_at_any_request_and_run_again_it_fetches_nothing_twice(metaads: Program, bench: SyncBench) -> None:
    watched = Watched(bench.simulator)
    kept = set()
    with serving(metaads, watched) as program:
        assert sync(program, "--tenant", "1", *DAYS).code == 0
        last = watched.count
        assert 15 <= last <= 25
        for number in range(1, last + 1):
            empty(bench)
            outcome = killed_at(watched, program, Victim(number), Program.fork)
            assert outcome.code == -signal.SIGKILL
            kept.add(len(PIECES) - finish(program, bench).total())
    assert len(kept) > 3


@pytest.mark.parametrize("number", [6, 13])
def test_killed_when_an_answer_is_out_it_fetches_nothing_twice(metaads: Program, bench: SyncBench, number: int) -> None:
    watched = Watched(bench.simulator, after=True)
    with serving(metaads, watched) as program:
        killed_at(watched, program, Victim(number))
        finish(program, bench)


def killed_at(watched: Watched, program: Program, victim: Victim, way: Start = Program.start) -> Outcome:
    """A run that gets the victim's signal at its request."""
    watched.begin(victim)
    process = start(program, "--tenant", "1", *DAYS, way=way)
    victim.is_(process)
    outcome = ended(process)
    watched.begin()
    return outcome


def test_killed_after_each_commit_it_goes_on_with_the_next(live: Program, bench: SyncBench) -> None:
    after_each_note(bench, "PERFORM pg_notify('stored', clock_timestamp()::text)")
    for number in (1, 3, 5):
        empty(bench)
        with psycopg.connect(bench.url, autocommit=True) as connection:
            connection.execute("LISTEN stored")
            process = start(live, "--tenant", "1", *DAYS)
            assert len(list(connection.notifies(timeout=30, stop_after=number))) >= number
            process.kill()
            ended(process)
        wait_for_its_locks(bench)
        assert len(stored_pieces(bench)) >= 3 * number
        finish_what_is_left(live, bench)


def finish_what_is_left(program: Program, bench: SyncBench) -> None:
    """As `finish`, unless the run was over before it could be killed."""
    if bench.query("SELECT bool_or(success) FROM metaads.sync_runs") == [(True,)]:
        bench.assert_true(WINDOW)
    else:
        finish(program, bench)


def after_each_note(bench: SyncBench, statement: str) -> None:
    """Do something in PostgreSQL when a slice is noted as read, in the transaction that stores it."""
    with bench.database() as database:
        database.connection.execute(
            f"CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN {statement}; RETURN NULL; END $$".encode()
        )
        database.connection.execute(
            "CREATE TRIGGER noted AFTER INSERT ON metaads.sync_days FOR EACH STATEMENT EXECUTE FUNCTION noted()"
        )


def test_killed_within_a_transaction_nothing_of_the_slice_is_left(live: Program, bench: SyncBench) -> None:
    """The rows are merged, their days noted, and the program dies before it says commit."""
    after_each_note(bench, "PERFORM pg_advisory_xact_lock(1, 2)")
    waiting = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND pid <> pg_backend_pid()"
    with psycopg.connect(bench.url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(1, 2)")
        process = start(live, "--tenant", "1", *DAYS)
        wait_until(lambda: connection.execute(waiting).rowcount == 1)
        process.kill()
        ended(process)
    wait_for_its_locks(bench)
    assert stored_pieces(bench) == set()
    assert bench.stored(Level.CAMPAIGN) == bench.stored(Level.AD_SET) == bench.stored(Level.AD) == {}
    assert finish(live, bench) == Counter(PIECES)


def test_killed_again_and_again_it_comes_to_its_end_and_fetches_nothing_twice(
    metaads: Program, bench: SyncBench
) -> None:
    watched = Watched(bench.simulator)
    killed, stored = 0, set[Piece]()
    with serving(metaads, watched) as program:
        while True:
            bench.simulator.log.entries.clear()
            outcome = killed_at(watched, program, Victim(11 + killed % 3))
            fetched = asked_pieces(bench.simulator.log.entries)
            assert not stored & fetched.keys()
            assert max(fetched.values(), default=0) <= 1
            wait_for_its_locks(bench)
            stored = stored_pieces(bench)
            if outcome.code == 0:
                break
            assert outcome.code == -signal.SIGKILL
            killed += 1
            assert killed < 15
    assert killed >= 2
    assert stored == PIECES
    bench.assert_true(WINDOW)


@pytest.mark.parametrize("number", [1, 3, 8, 13])
@pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_with_a_word_and_keeps_what_was_finished(
    metaads: Program, bench: SyncBench, number: int, stop: signal.Signals, code: int
) -> None:
    watched = Watched(bench.simulator)
    with serving(metaads, watched) as program:
        assert killed_at(watched, program, Victim(number, stop)) == Outcome(code, "", STOPPED)
        finish(program, bench)


@pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_wait_for_a_limit(live: Program, bench: SyncBench, stop: signal.Signals, code: int) -> None:
    bench.simulator.faults.add(Fault(Effect.ERROR, path="/insights$", code=17, subcode=2446079))
    process = start(live, "--tenant", "1", *DAYS)
    assert process.stderr is not None
    said = process.stderr.readline().decode()
    assert said == f"waiting 300 s: rate limit of {ACCOUNT} (error 17/2446079)\n"
    process.send_signal(stop)
    outcome = ended(process)
    assert (outcome.code, outcome.stdout) == (code, "")
    assert outcome.stderr.endswith(STOPPED)


def test_a_closed_pipe_is_no_error(live: Program, bench: SyncBench) -> None:
    for output in ("table", "json", "csv"):
        reader, writer = os.pipe()
        os.close(reader)
        process = subprocess.run(
            live.command("sync-insights", "--tenant", "1", *DAYS, "--force", "--format", output),
            stdout=writer,
            stderr=subprocess.PIPE,
            env=live.environment,
            check=False,
            timeout=60,
        )
        os.close(writer)
        assert (process.returncode, process.stderr) == (0, b"")
    bench.assert_true(WINDOW)


class Gate:
    """Holds the request of that number until it is opened."""

    def __init__(self, number: int):
        self.number, self.reached, self.open = number, threading.Event(), threading.Event()

    def __call__(self, number: int) -> None:
        if number == self.number:
            self.reached.set()
            assert self.open.wait(60)


def test_of_two_syncs_at_once_one_is_told_that_the_other_is_at_work(metaads: Program, bench: SyncBench) -> None:
    gate = Gate(8)
    with serving(metaads, Watched(bench.simulator).begin(gate)) as program:
        first = start(program, "--tenant", "1", *DAYS)
        assert gate.reached.wait(30)
        second = sync(program, "--tenant", "1", *DAYS, "--json")
        sharing = sync(program, "--all-tenants", *DAYS, "--json")
        gate.open.set()
        assert ended(first).code == 0
    error = json.loads(second.stderr)["error"]
    assert (second.code, error["code"], error["exit_code"]) == (7, "lock_not_available", 7)
    assert ACCOUNT in error["message"]
    assert [one["status"] for one in json.loads(second.stdout)["accounts"]] == ["busy"]
    told = document(sharing)
    assert ([one["status"] for one in told["accounts"]], told["api_calls"]) == (["busy"], 0)
    assert asked_pieces(bench.simulator.log.entries) == Counter(PIECES)
    bench.assert_true(WINDOW)


def test_two_syncs_that_race_lose_and_double_no_row(metaads: Program, bench: SyncBench) -> None:
    with serving(metaads, bench.simulator) as program:
        both = [start(program, "--tenant", "1", *DAYS) for _ in range(2)]
        codes = sorted(ended(process).code for process in both)
    assert codes in ([0, 0], [0, 7])
    bench.assert_true(WINDOW)
    assert bench.query("SELECT count(*) FROM metaads.insights") == [(6 * (2 + 4 + 8),)]


def test_four_hosts_share_the_accounts_of_all_tenants(metaads: Program, database_url: str) -> None:
    numbers = [f"100000000000{number:04}" for number in range(1, 8)]
    bench = bench_of(database_url, WorldPlan(tuple(clinic(number, ads=3) for number in numbers)))
    owners = {f"act_{number}": 1 + index % 2 for index, number in enumerate(numbers)}
    for account, tenant_id in owners.items():
        bench.register(account.removeprefix("act_"), tenant_id)
    with serving(metaads, bench.simulator) as program:
        hosts = [
            program.start("sync-insights", "--all-tenants", *DAYS, "--json", METAADS_SYNC__BATCH_SIZE="2")
            for _ in range(4)
        ]
        told = [document(ended(host)) for host in hosts]
    asked = Counter(
        (entry.path.split("/")[2], entry.query["level"])
        for entry in bench.simulator.log.entries
        if entry.path.endswith("/insights") and "after" not in entry.query
    )
    levels = ("campaign", "adset", "ad", "account")
    assert asked == Counter((account, level) for account in owners for level in levels)
    done = Counter(one["account_id"] for host in told for one in host["accounts"] if one["status"] == "ok")
    assert done == Counter(owners.keys())
    others = {one["status"] for host in told for one in host["accounts"]} - {"ok"}
    assert others <= {"busy", "fresh"}
    for account, tenant_id in owners.items():
        bench.assert_true(WINDOW, account, tenant_id)


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ([], 2, "There are 2 tenants"),
        (["--tenant", "1", "--all-tenants"], 2, "--tenant and --all-tenants exclude each other"),
        (["--tenant", "1", "--days-back", "3", "--since", "2026-11-01"], 2, "--days-back excludes --since and --until"),
        (["--tenant", "1", "--days-back", "0"], 2, "--days-back"),
        (["--tenant", "1", "--until", "2026-11-01"], 2, "--until needs --since"),
        (["--tenant", "1", "--since", "2026-11-02", "--until", "2026-11-01"], 2, "ends before it begins"),
        (["--tenant", "1", "--since", "yesterday"], 2, "--since is 'yesterday'; expected a day"),
        (["--tenant", "1", "--days-back", "366"], 2, "more than 365 days back"),
        (["--tenant", "1", "--entity-id", "1"], 2, "--entity-id needs --entity-type"),
        (["--tenant", "1", "--entity-id", "x", "--entity-type", "ad"], 2, "expected the digits of an id"),
        (["--tenant", "1", "--entity-id", "1", "--entity-type", "page"], 2, "expected campaign, adset or ad"),
        (["--tenant", "1", "--level", "campaign,page"], 2, "--level is 'page'; expected campaign, adset or ad"),
        (["--tenant", "1", "--max-wait", "soon"], 2, "'soon' is no duration"),
        (["--tenant", "1", "--mode", "real"], 2, "--mode"),
        (["--tenant", "2"], 2, "No ad account is registered"),
        (["--tenant", "1", "--account", "12x"], 3, "is no ad account"),
        (["--tenant", "1", "--account", "act_99"], 3, "The ad account act_99 is not registered"),
        (["--tenant", "99"], 3, "There is no tenant 99"),
        (["--tenant", "1", "--every", "30s"], 2, "--every is shorter than a minute"),
        (["--tenant", "1", "--every", "often"], 2, "'often' is no duration"),
    ],
)
def test_wrong_arguments_get_one_sentence_and_not_a_call(
    live: Program, bench: SyncBench, arguments: list[str], code: int, sentence: str
) -> None:
    # The zone is known, so that the window can be judged without asking for it.
    bench.simulator.log.entries.clear()
    with bench.database() as database, database.tenant(1).transaction() as cursor:
        cursor.execute("UPDATE metaads.accounts SET currency = 'ARS', timezone_name = 'America/Argentina/Buenos_Aires'")
    told = sync(live, *arguments)
    assert (told.code, told.stdout) == (code, "")
    assert sentence in told.stderr
    assert told.stderr.startswith("error: ")
    assert len(told.stderr.splitlines()) <= 2
    assert bench.calls == 0


def test_how_far_back_it_may_reach_is_a_setting(live: Program) -> None:
    told = sync(live, "--tenant", "1", "--days-back", "31", INSIGHTS_MAX_DAYS_BACK="30")
    assert (told.code, "more than 30 days back" in told.stderr, told.stdout) == (2, True, "")


def test_the_document_has_the_documented_keys(live: Program, bench: SyncBench) -> None:
    told = document(sync(live, "--tenant", "1", *DAYS, "--json"))
    assert set(told) >= KEYS
    assert told["schema"] == "metaads.sync/1"
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", told["sync_id"])
    assert datetime.fromisoformat(told["sync_timestamp"]).utcoffset() == timedelta()
    assert (told["sync_type"], told["mode"], told["success"], told["errors"]) == ("manual", "live", True, [])
    assert told["date_range"] == {"start": str(WINDOW.since), "end": str(WINDOW.until)}
    assert told["campaigns"] == {"processed": 2, "success": 2, "errors": 0}
    assert told["adsets"] == {"processed": 4, "success": 4, "errors": 0}
    assert told["ads"] == {"processed": 8, "success": 8, "errors": 0}
    assert told["rows"].items() >= {"inserted": 84, "updated": 0, "unchanged": 0}.items()
    assert told["api_calls"] == bench.calls
    assert (told["rate_limit_hits"], told["waited_seconds"]) == (0, 0.0)
    account = {"tenant_id": 1, "account_id": ACCOUNT, "status": "ok", "currency": "ARS", "resumed": False}
    assert told["accounts"][0].items() >= (account | {"timezone": "America/Argentina/Buenos_Aires"}).items()
    assert told["total_duration_seconds"] > 0
    again = document(sync(live, "--tenant", "1", *DAYS, "--json"))
    assert again["rows"].items() >= {"inserted": 0, "updated": 0, "unchanged": 84}.items()
    assert again["sync_id"] != told["sync_id"]


def test_other_formats_hold_a_row_per_account(live: Program) -> None:
    told = {output: sync(live, "--tenant", "1", *DAYS, "--format", output) for output in ("csv", "tsv", "md", "jsonl")}
    assert {outcome.code for outcome in told.values()} == {0}
    assert {outcome.stderr for outcome in told.values()} == {""}
    for output, delimiter in (("csv", ","), ("tsv", "\t")):
        (row,) = csv.DictReader(io.StringIO(told[output].stdout), delimiter=delimiter)
        assert (row["tenant_id"], row["account_id"], row["status"]) == ("1", ACCOUNT, "ok")
    assert f"| {ACCOUNT} |" in told["md"].stdout
    (line,) = [json.loads(line) for line in told["jsonl"].stdout.splitlines()]
    assert (line["schema"], line["accounts"][0]["account_id"]) == ("metaads.sync/1", ACCOUNT)


def test_the_table_is_for_people(live: Program) -> None:
    told = sync(live, "--tenant", "1", *DAYS)
    assert (told.code, told.stderr) == (0, "")
    title = told.stdout.splitlines()[0]
    assert title.startswith(f"Insights, {WINDOW.since} to {WINDOW.until}, live: 2 campaigns, 4 ad sets, 8 ads; ")
    assert ACCOUNT in told.stdout


def test_what_is_fresh_is_done_without_a_call(live: Program, bench: SyncBench) -> None:
    assert live("sync-insights", "--tenant", "1", *DAYS).code == 0
    bench.simulator.log.entries.clear()
    told = document(live("sync-insights", "--tenant", "1", *DAYS, "--json"))
    assert ([one["status"] for one in told["accounts"]], told["success"], told["api_calls"]) == (["fresh"], True, 0)
    assert bench.calls == 0


def test_one_of_one_tenant_needs_no_name(live: Program, bench: SyncBench) -> None:
    with bench.database() as database:
        database.connection.execute("DELETE FROM tenants WHERE id = 2")
    assert sync(live, *DAYS).code == 0
    bench.assert_true(WINDOW)


def test_an_expired_token_is_exit_4_with_what_to_do(live: Program) -> None:
    told = sync(live, "--tenant", "1", *DAYS, META_ACCESS_TOKEN="an-expired-token")
    assert told.code == 4
    assert "error: Meta does not accept the token. " in told.stderr
    assert "hint: Renew the access token" in told.stderr
    document_of = sync(live, "--tenant", "1", *DAYS, "--json", META_ACCESS_TOKEN="an-expired-token")
    error, report = json.loads(document_of.stderr)["error"], json.loads(document_of.stdout)
    assert (error["exit_code"], error["code"]) == (4, "access_denied")
    assert (report["success"], report["accounts"][0]["status"]) == (False, "failed")
    assert report["errors"]


def test_a_token_that_ends_on_the_way_ends_the_run_at_once(live: Program, bench: SyncBench) -> None:
    bench.simulator.faults.add(Fault(Effect.ERROR, path="/insights$", nth=4, times=1000, code=190, subcode=463))
    told = sync(live, "--tenant", "1", *DAYS, "--json")
    report = json.loads(told.stdout)
    assert (told.code, report["success"]) == (6, False) if stored_pieces(bench) else (4, False)
    bench.simulator.faults.clear()
    stored = stored_pieces(bench)
    bench.simulator.log.entries.clear()
    assert sync(live, "--tenant", "1", *DAYS).code == 0
    assert asked_pieces(bench.simulator.log.entries) == Counter(PIECES - stored)
    bench.assert_true(WINDOW)


def test_one_bad_token_leaves_the_other_account_alone(metaads: Program, database_url: str) -> None:
    bench = bench_of(database_url, WorldPlan((clinic("1000000000000001"), clinic(OTHER_NUMBER))))
    bench.register()
    with bench.database() as database:
        save_account(database.tenant(1), Account(tenant_id=1, account_id=OTHER, token_ref="env:THEIRS"))
    with serving(metaads, bench.simulator) as program:
        told = sync(program, "--tenant", "1", *DAYS, "--json", THEIRS="an-expired-token")
        report, error = json.loads(told.stdout), json.loads(told.stderr)["error"]
        assert (told.code, error["code"]) == (6, "partly_done")
        assert {one["account_id"]: one["status"] for one in report["accounts"]} == {ACCOUNT: "ok", OTHER: "failed"}
        assert (report["success"], error["details"]["accounts"]) == (False, [OTHER])
        bench.assert_true(WINDOW)
        missing = sync(program, "--tenant", "1", *DAYS, "--json")
        assert missing.code == 6
        assert "THEIRS is not set" in missing.stdout
        healed = document(sync(program, "--tenant", "1", *DAYS, "--json", THEIRS=TOKEN))
        assert healed["success"]
    bench.assert_true(WINDOW, OTHER)


def test_a_limit_beyond_the_wait_ends_with_how_to_go_on(live: Program, bench: SyncBench) -> None:
    limit = Fault(Effect.ERROR, path="/insights$", nth=7, code=17, subcode=2446079)
    bench.simulator.faults.add(limit)
    told = sync(live, "--tenant", "1", *DAYS, "--max-wait", "1s")
    assert told.code == 6
    line = f"metaads sync-insights --tenant 1 {' '.join(DAYS)} --max-wait 1s"
    assert told.stderr.splitlines()[-1] == f"  hint: Run it again, it goes on where it was: {line}"
    assert f"rate limit of {ACCOUNT}" in told.stderr
    stored = stored_pieces(bench)
    assert stored
    bench.simulator.log.entries.clear()
    report = document(sync(live, "--tenant", "1", *DAYS, "--json"))
    assert report["accounts"][0]["resumed"]
    assert asked_pieces(bench.simulator.log.entries) == Counter(PIECES - stored)
    bench.assert_true(WINDOW)


def test_a_limit_from_the_first_call_on_is_exit_7(live: Program, bench: SyncBench) -> None:
    bench.simulator.faults.add(Fault(Effect.ERROR, times=1000, code=17, subcode=2446079))
    told = sync(live, "--tenant", "1", *DAYS, "--max-wait", "1s", "--json")
    error, report = json.loads(told.stderr)["error"], json.loads(told.stdout)
    assert (told.code, error["code"], error["details"]["wait_seconds"]) == (7, "rate_limited", 300)
    assert "it goes on where it was" in error["hint"]
    assert (report["success"], report["rate_limit_hits"]) == (False, 1)
    bench.simulator.faults.clear()
    assert sync(live, "--tenant", "1", *DAYS).code == 0


def test_simulated_figures_do_not_get_among_real_ones(live: Program, bench: SyncBench) -> None:
    assert sync(live, "--tenant", "1", *DAYS).code == 0
    before = {level: bench.stored(level) for level in Level}
    told = sync(live, "--tenant", "1", *DAYS, "--mode", "stub", "--force")
    assert told.code == 8
    assert f"The account {ACCOUNT} holds real figures" in told.stderr
    assert "hint: Say --mode live" in told.stderr
    assert {level: bench.stored(level) for level in Level} == before


def test_real_figures_take_the_place_of_simulated_ones(live: Program, bench: SyncBench) -> None:
    report = document(sync(live, "--tenant", "1", *DAYS, "--mode", "stub", "--json"))
    assert (report["mode"], report["rows"]["inserted"] > 0) == ("stub", True)
    assert bench.calls == 0
    told = sync(live, "--tenant", "1", *DAYS)
    assert told.code == 0
    assert "simulated rows were removed before the real ones" in told.stderr
    bench.assert_true(WINDOW)


def test_stub_data_do_not_get_into_a_database_by_default(metaads: Program, bench: SyncBench) -> None:
    told = sync(metaads, "--tenant", "1", *DAYS)
    assert (told.code, told.stdout) == (8, "")
    assert "META_INSIGHTS_MODE=live" in told.stderr
    assert bench.query("SELECT count(*) FROM metaads.insights") == [(0,)]
    assert sync(metaads, "--tenant", "1", *DAYS, META_INSIGHTS_MODE="stub").code == 0
    assert sync(metaads, "--tenant", "1", *DAYS, "--mode", "stub").code == 0
    assert bench.query("SELECT count(*) > 0 FROM metaads.insights") == [(True,)]


def test_the_token_is_found_nowhere(live: Program, bench: SyncBench) -> None:
    def shown(*arguments: str, **environment: str) -> Outcome:
        return sync(live, "--tenant", "1", *DAYS, "-vv", "--debug", "--max-wait", "1s", *arguments, **environment)

    said = [shown(), shown("--json"), shown(META_API_VERSION="v26.0")]
    troubles = (
        Fault(Effect.ERROR, times=1000, code=190, subcode=463, message=f"The token {TOKEN} has expired"),
        Fault(Effect.ERROR, path="/insights$", times=1000, code=17, subcode=2446079),
        Fault(Effect.ERROR, path="/insights$", times=1000, code=100, message=f"bad access_token={TOKEN}"),
    )
    for trouble in troubles:
        bench.simulator.faults.clear()
        bench.simulator.faults.add(trouble)
        said += [shown(), shown("--json")]
    assert [outcome.code for outcome in said[3:]] == [4, 4, 7, 7, 5, 5]
    for outcome in said:
        assert TOKEN not in outcome.stdout + outcome.stderr
        assert SECRET not in outcome.stdout + outcome.stderr
    for path in live.home.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes()
    assert {tuple(entry.token_in) for entry in bench.simulator.log.entries} == {("header",)}
    assert not any(TOKEN in value for entry in bench.simulator.log.entries for value in entry.query.values())
    (kept,) = bench.query("SELECT string_agg(report::text, '') FROM metaads.sync_runs")
    assert TOKEN not in kept[0]


def test_every_says_when_it_is_switched_off(live: Program, bench: SyncBench) -> None:
    told = sync(live, "--tenant", "1", "--every", "30m", INSIGHTS_SYNC_ENABLED="false")
    assert told == Outcome(0, "", "Nothing to do: INSIGHTS_SYNC_ENABLED is false\n")
    assert bench.calls == 0
    assert (
        sync(live, "--tenant", "1", *DAYS, INSIGHTS_SYNC_ENABLED="false").code == 0
    )  # only the rhythm is switched off


def lines_until(process: subprocess.Popen[bytes], last: str) -> list[str]:
    """What it says on stderr, up to a line that begins so."""
    assert process.stderr is not None
    said: list[str] = []
    while not said or not said[-1].startswith(last):
        line = process.stderr.readline().decode()
        assert line, said
        said.append(line)
    return said


@pytest.mark.parametrize("every", ["30m", "default"])
def test_a_signal_ends_the_wait_for_the_next_round(live: Program, bench: SyncBench, every: str) -> None:
    process = start(live, "--tenant", "1", *DAYS, "--json", "--every", every)
    (said,) = lines_until(process, "next run at ")
    assert re.fullmatch(r"next run at \d\d:[03]0\n", said)
    process.send_signal(signal.SIGTERM)
    outcome = ended(process)
    assert outcome.code == 143
    assert json.loads(outcome.stderr)["error"]["code"] == "interrupted"
    report = json.loads(outcome.stdout)
    assert (report["success"], report["sync_type"]) == (True, "automatic")
    bench.assert_true(WINDOW)


def test_a_round_that_fails_is_told_of_and_the_next_one_comes(live: Program, bench: SyncBench) -> None:
    bench.simulator.faults.add(Fault(Effect.ERROR, times=1000, code=190, subcode=463))
    process = start(live, "--tenant", "1", *DAYS, "--every", "6h")
    said = lines_until(process, "next run at ")
    assert any(line.startswith("error: Meta does not accept the token") for line in said)
    process.send_signal(signal.SIGINT)
    outcome = ended(process)
    assert (outcome.code, outcome.stderr) == (130, STOPPED)


def test_a_database_that_is_away_costs_a_round(live: Program, bench: SyncBench) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    process = start(live, "--tenant", "1", *DAYS, "--every", "6h", DATABASE_URL=nowhere)
    said = lines_until(process, "next run at ")
    assert said[0].startswith("error: The database at 127.0.0.1:1 does not answer")
    process.send_signal(signal.SIGTERM)
    assert ended(process).code == 143
    assert bench.calls == 0


def test_wrong_usage_ends_the_rhythm_at_once(live: Program) -> None:
    told = sync(live, "--every", "30m")
    assert (told.code, "There are 2 tenants" in told.stderr) == (2, True)
