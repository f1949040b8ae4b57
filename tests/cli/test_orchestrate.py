"""`metaads orchestrate` as a user runs it: processes of their own, files, HTTP, streams, exit codes."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from harness import REPOSITORY, ROLE, Outcome, Program, Server
from metaads_cli.db.queries.orchestrations import Journal
from metaads_cli.graph.simulator import Effect, Fault
from metaads_cli.graph.simulator.serve import running
from orchestrating import ACCOUNT, KEY, OTHER_NUMBER, PAGE, TABLES, Bench, campaign_file, edited

TOKEN = "EAA" + "Secret0Token" * 4
CLIP = "3f0a1c52-7d7e-4f43-9a57-2f6f0f7f8a11"
Rows = Callable[..., list[tuple[object, ...]]]
# The keys of the source document (004), and of its parts.
KEYS_OF_004 = {
    "request_id", "social_account_id", "clip_id", "overall_success", "started_at", "completed_at", "duration_seconds",
    "campaign_creation", "insights_sync", "errors",
}  # fmt: skip
CREATION_OF_004 = {
    "campaign_db_id", "campaign_meta_id", "adset_db_id", "adset_meta_id", "ad_db_id", "ad_meta_id", "creative_db_id",
    "creative_meta_id", "success", "error",
}  # fmt: skip
SYNC_OF_004 = {"insights_synced", "date_range_start", "date_range_end", "success", "error"}
OURS = {
    "schema", "tenant_id", "account_id", "campaign_key", "mode", "planned_only", "currency", "daily_total", "run_total",
    "adsets", "creatives", "ads", "plan", "resume", "warnings",
}  # fmt: skip
# The requests of the source document as they stand, in JSON, which is YAML; ids are real ones here.
FIRST_OF_004 = f"""
{{
  "social_account_id": "7c1e0000-0000-4000-8000-000000000001",
  "clip_id": "{CLIP}",
  "campaign_name": "Summer Sale 2025",
  "campaign_objective": "OUTCOME_SALES",
  "daily_budget_cents": 1000000,
  "creative_title": "Amazing Product",
  "creative_description": "Get 50% off",
  "landing_url": "https://example.com/sale",
  "targeting": {{
    "age_min": 18,
    "age_max": 65,
    "genders": [1, 2]
  }},
  "optimization_goal": "LINK_CLICKS",
  "auto_publish": false
}}
"""
WITH_GEO = (
    '"genders": [1, 2]',
    (
        '"genders": [1, 2], "geo_locations": {"countries": ["US", "CA"]},'
        ' "interests": [{"id": "12345", "name": "Shopping"}]'
    ),
)


@pytest.fixture
def bench(database_url: str, tmp_path: Path) -> Bench:
    """Figures of another source: runs end with their last write."""
    return Bench(database_url, tmp_path)


@pytest.fixture
def file(bench: Bench) -> Path:
    return written(bench.folder / "campaign.yaml", campaign_file(bench.folder))


@pytest.fixture
def live(metaads: Program, bench: Bench) -> Iterator[Program]:
    with serving(metaads, bench) as program:
        yield program


@pytest.fixture
def stub(metaads: Program, file: Path, database_url: str) -> Program:
    """Stub mode, with the account's currency and zone as somebody registered them."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SELECT metaads.set_tenant(1)")
        connection.execute("DELETE FROM metaads.sync_accounts WHERE tenant_id = 1")
        connection.execute(
            "UPDATE metaads.accounts SET currency = 'ARS', timezone_name = 'America/Argentina/Buenos_Aires'"
            " WHERE tenant_id = 1"
        )
    return Program(metaads.home, metaads.environment | {"META_ADS_MODE": "stub"})


@contextmanager
def serving(metaads: Program, bench: Bench, **more: str) -> Iterator[Program]:
    """The program in live mode, before the simulator of the bench."""
    with running(bench.simulator) as url:
        live = {
            "METAADS_GRAPH__BASE_URL": url,
            "META_ADS_MODE": "live",
            "META_ACCESS_TOKEN": TOKEN,
            "NO_PROXY": "127.0.0.1",
            "METAADS_ORCHESTRATE__RETRY_DELAY_SECONDS": "0",
        }
        yield Program(metaads.home, metaads.environment | live | more)


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def orchestrate(program: Program, *arguments: str | Path, **environment: str) -> Outcome:
    return program("orchestrate", *map(str, arguments), **environment)


def document(outcome: Outcome) -> Any:
    assert outcome.code == 0, outcome.stderr
    return json.loads(outcome.stdout, parse_float=Decimal)


def refusal(outcome: Outcome) -> Any:
    """The error of a run under --json; nothing was printed as a result."""
    assert outcome.stdout == ""
    return json.loads(outcome.stderr)["error"]


def posts(bench: Bench) -> int:
    """Writes that reached Meta; a batch of reads is a POST, too."""
    return sum(one.method != "GET" and not one.batch_items for one in bench.simulator.log.entries)


def counts(rows: Rows) -> list[object]:
    return [rows(f"SELECT count(*) FROM metaads.{table}")[0][0] for table in TABLES]


# --- a plan, a run, the same again


def test_a_plan_writes_nothing_anywhere(live: Program, bench: Bench, file: Path, rows: Rows) -> None:
    told = document(orchestrate(live, file, "--plan", "--json"))
    assert [step["action"] for step in told["plan"]] == ["create"] * 15
    assert (told["planned_only"], told["daily_total"]) == (True, Decimal("90001.00"))
    assert (counts(rows), posts(bench)) == ([0, 0, 0, 0], 0)
    table = orchestrate(live, file, "--plan")
    assert (table.code, table.stderr) == (0, "")
    assert table.stdout.startswith(f"{KEY} in {ACCOUNT}, live: plan; up to 90,001.00 ARS a day, up to 3,780,042.00 ARS")


def test_a_second_run_sends_nothing(live: Program, bench: Bench, file: Path, rows: Rows) -> None:
    first = document(orchestrate(live, file, "--json"))
    assert first["overall_success"]
    sent, noted = posts(bench), rows("SELECT * FROM metaads.orchestration_steps")
    again = orchestrate(live, file)
    assert (again.code, f"{KEY} in {ACCOUNT}, live: nothing to do" in again.stdout) == (0, True)
    assert (posts(bench), rows("SELECT * FROM metaads.orchestration_steps")) == (sent, noted)


def test_stub_mode_knows_in_a_second_process_what_the_first_one_made(stub: Program, file: Path) -> None:
    first, second = (document(orchestrate(stub, file, "--json")) for _ in range(2))
    assert {step["action"] for step in first["plan"]} == {"create"}
    assert {step["action"] for step in second["plan"]} == {"keep"}
    assert first["campaign_creation"] == second["campaign_creation"]
    assert first["insights_sync"]["success"]
    assert orchestrate(stub, file).stdout.splitlines()[0].count("nothing to do") == 1


def test_the_document_is_that_of_the_source_document_and_ours(stub: Program, file: Path, rows: Rows) -> None:
    told = document(orchestrate(stub, file, "--json"))
    assert told.keys() == KEYS_OF_004 | OURS
    assert told["schema"] == "metaads.orchestration/1"
    assert told["campaign_creation"].keys() == CREATION_OF_004
    assert told["insights_sync"].keys() == SYNC_OF_004
    made = told["campaign_creation"]
    assert (made["adset_meta_id"], made["ad_meta_id"]) == (told["adsets"][0]["meta_id"], told["ads"][0]["meta_id"])
    assert all(isinstance(made[key], str) for key in CREATION_OF_004 if key.endswith("_id"))
    assert [len(told[kind]) for kind in ("adsets", "creatives", "ads")] == [2, 6, 6]
    assert (told["errors"], told["warnings"], told["resume"]) == ([], [], None)
    names = rows("SELECT name FROM metaads.campaigns UNION SELECT name FROM metaads.adsets")
    assert {("Verano",), ("Set a",), ("Set b",)} <= set(names)
    assert not any("[ma:" in str(name) for (name,) in names)


def test_amounts_are_exact(live: Program, bench: Bench) -> None:
    text = edited(campaign_file(bench.folder), ("45000.00", "0.10"), ("45001.00", "90071992547409.93"))
    file = written(bench.folder / "large.yaml", text)
    told = orchestrate(live, file, "--plan", "--json")
    assert document(told)["daily_total"] == Decimal("90071992547410.03")
    assert '"daily_total": 90071992547410.03' in told.stdout


def test_a_plan_shows_what_becomes_of_amounts_and_names(live: Program, bench: Bench, file: Path) -> None:
    assert orchestrate(live, file).code == 0
    file.write_text(edited(file.read_text(), ("45000.00", "52000.50"), ("name: Set a", "name: Ciudad")))
    told = orchestrate(live, file, "--plan")
    line, *ads = [line for line in told.stdout.splitlines() if line.startswith("update")]
    assert "daily_budget 52,000.50" in line
    assert "name Ciudad" in line
    assert len(ads) == 6  # named after their ad set; their creatives were renamed with them
    assert "[ma:" not in told.stdout


def test_the_guides_campaign_is_made(stub: Program, bench: Bench) -> None:
    guide = (REPOSITORY / "docs" / "how-to" / "campaigns.md").read_text(encoding="utf-8")
    (text,) = [block for block in re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL) if "apiVersion" in block]
    (bench.folder / "promo.jpg").write_bytes(b"picture")
    told = orchestrate(stub, written(bench.folder / "verano.yaml", text), "--json")
    assert [step["kind"] for step in document(told)["plan"]] == ["campaign", "adset", "creative", "ad"]


# --- the flat request


@pytest.fixture
def clip(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO clips (id, tenant_id, title, video_url, thumbnail_url) VALUES"
            f" ('{CLIP}', 1, 'Sale', 'https://cdn.example/v.mp4', 'https://cdn.example/v.jpg')".encode()
        )


@pytest.mark.usefixtures("clip")
def test_the_request_of_the_source_document_works_as_it_stands(live: Program, bench: Bench) -> None:
    with bench.database() as database, database.tenant(1).transaction() as cursor:
        cursor.execute("DELETE FROM metaads.accounts WHERE account_id = %s", [f"act_{OTHER_NUMBER}"])
        cursor.execute("UPDATE metaads.accounts SET page_ids = ARRAY[%s]", [PAGE])
    file = written(bench.folder / "flat.yaml", edited(FIRST_OF_004, WITH_GEO))
    told = document(orchestrate(live, file, "--tenant", "1", "--json"))
    assert (told["clip_id"], told["social_account_id"]) == (CLIP, "7c1e0000-0000-4000-8000-000000000001")
    assert (told["overall_success"], told["daily_total"]) == (True, Decimal("10000.00"))
    assert [step["kind"] for step in told["plan"]] == ["campaign", "adset", "creative", "ad"]
    again = document(orchestrate(live, file, "--tenant", "1", "--json"))
    assert {step["action"] for step in again["plan"]} == {"keep"}


def test_without_a_place_it_is_refused_in_one_sentence(live: Program, bench: Bench) -> None:
    told = orchestrate(live, written(bench.folder / "flat.yaml", FIRST_OF_004), "--tenant", "1")
    assert (told.code, told.stdout, posts(bench)) == (3, "", 0)
    (problem,) = told.stderr.splitlines()[:1]
    assert "flat.yaml:11:" in problem
    assert "targeting" in problem
    assert "countries" in problem


@pytest.mark.parametrize("clips", ["", "DROP TABLE clips"])
def test_an_unknown_clip_is_invalid_input(live: Program, bench: Bench, database_url: str, clips: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        if clips:
            connection.execute(clips.encode())
    text = edited(FIRST_OF_004, WITH_GEO, ('"landing_url"', f'"account": "{ACCOUNT}", "page": "{PAGE}", "landing_url"'))
    told = orchestrate(live, written(bench.folder / "flat.yaml", text), "--tenant", "1")
    assert (told.code, told.stdout, posts(bench)) == (3, "", 0)
    assert f"error: The clip {CLIP} does not exist for tenant 1" in told.stderr


# --- batches, standard input, variables


def test_documents_and_files_are_a_batch(live: Program, bench: Bench) -> None:
    one, two, three = (campaign_file(bench.folder, ad_sets=1, ads=1, key=key) for key in ("one", "two", "three"))
    first = written(bench.folder / "first.yaml", f"{one}---\n{two}")
    told = document(orchestrate(live, first, written(bench.folder / "second.yaml", three), "--json"))
    assert told["schema"] == "metaads.orchestration-batch/1"
    assert [one["campaign_key"] for one in told["campaigns"]] == ["one", "two", "three"]
    lines = orchestrate(live, first, "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["campaign_key"] for line in lines] == ["one", "two"]


def test_one_campaigns_failure_does_not_stop_the_others(live: Program, bench: Bench) -> None:
    good = campaign_file(bench.folder, ad_sets=1, ads=1, key="good")
    bad = edited(campaign_file(bench.folder, ad_sets=1, ads=1, key="bad"), ("currency: ARS", "currency: USD"))
    told = orchestrate(live, written(bench.folder / "both.yaml", f"{bad}---\n{good}"), "--json")
    assert (told.code, json.loads(told.stderr)["error"]["code"]) == (8, "safety")
    assert json.loads(told.stdout)["overall_success"]


def test_standard_input_is_a_file_and_variables_go_over_its_own(live: Program, bench: Bench) -> None:
    text = edited(campaign_file(bench.folder), ("campaign:\n", "vars: {season: Verano}\ncampaign:\n"), ("Verano", "X"))
    text = edited(text, ("name: X", 'name: "${season} 2027"'))
    told = live("orchestrate", "-", "--plan", "--json", "--var", "season=Otoño", stdin=text)
    assert document(told)["plan"][0]["name"] == "Otoño 2027"
    wrong = live("orchestrate", "-", "--plan", "--var", "season", stdin=text)
    assert (wrong.code, wrong.stderr.splitlines()[0]) == (2, "error: --var is 'season'; expected NAME=VALUE")


# --- exit codes


def test_no_file_and_a_missing_one_are_wrong_usage(live: Program, bench: Bench) -> None:
    assert orchestrate(live).code == 2
    told = orchestrate(live, "nowhere.yaml")
    assert (told.code, told.stderr) == (2, "error: The file nowhere.yaml cannot be read: No such file or directory\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--import", "1", "--pause", "k"),
        ("--pause", "k", "--plan"),
        ("--pause", "k", "campaign.yaml"),
        ("--suggest-budgets", "k", "a.yaml", "b.yaml"),
        ("campaign.yaml", "--account", "act_1"),
        ("--import", "12x"),
    ],
)
def test_what_does_not_go_together_is_wrong_usage(live: Program, bench: Bench, arguments: tuple[str, ...]) -> None:
    told = orchestrate(live, *arguments)
    assert (told.code, told.stdout, len(told.stderr.splitlines())) == (2, "", 1)
    assert bench.simulator.log.entries == type(bench.simulator.log.entries)()


def test_a_file_without_a_tenant_needs_one_where_there_are_two(live: Program, bench: Bench) -> None:
    file = written(bench.folder / "any.yaml", edited(campaign_file(bench.folder), ("tenant: 1\n", "")))
    told = orchestrate(live, file, "--plan")
    assert (told.code, told.stdout) == (2, "")
    assert "the file names no tenant, and there are 2" in told.stderr
    assert orchestrate(live, file, "--plan", "--tenant", "1").code == 0


def test_every_problem_of_every_file_is_told_with_its_place(live: Program, bench: Bench) -> None:
    text = campaign_file(bench.folder)
    first = written(bench.folder / "first.yaml", edited(text, ("objective: engagement", "objective: engagment")))
    second = written(
        bench.folder / "second.yaml",
        edited(text, ("page:", "pgae:"), ("currency: ARS", "currency: ARX")),
    )
    told = orchestrate(live, first, second)
    assert (told.code, told.stdout) == (3, "")
    lines = told.stderr.splitlines()
    assert lines[0].startswith("error: ")
    shown = [line.strip() for line in lines if ".yaml:" in line]
    assert [line.partition(": ")[0] for line in shown] == [f"{first}:9:14", f"{second}:5:11", f"{second}:6:1"]
    assert "campaign.objective: " in shown[0]
    assert shown[2].endswith("(did you mean page?)")
    error = refusal(orchestrate(live, first, second, "--json"))
    assert (error["code"], error["exit_code"]) == ("campaign_file", 3)
    assert {(one["file"], one["line"], one["column"]) for one in error["details"]["problems"]} == {
        (str(first), 9, 14), (str(second), 5, 11), (str(second), 6, 1),
    }  # fmt: skip
    assert "\n" not in error["message"]
    assert posts(bench) == 0


def test_a_missing_picture_is_a_problem_of_the_file(live: Program, bench: Bench) -> None:
    file = written(bench.folder / "c.yaml", edited(campaign_file(bench.folder), ("promo.png", "promoo.png")))
    told = orchestrate(live, file, "--plan")
    assert (told.code, f"{file}:19:" in told.stderr, "promoo.png" in told.stderr) == (3, True, True)


def test_a_file_that_is_no_text_is_invalid(live: Program, bench: Bench) -> None:
    file = bench.folder / "latin.yaml"
    file.write_bytes("key: otoño".encode("latin-1"))
    told = orchestrate(live, file)
    assert (told.code, told.stderr.startswith(f"error: {file}:1:9: ")) == (3, True)


def test_an_account_that_is_not_registered_is_invalid(live: Program, bench: Bench) -> None:
    file = written(bench.folder / "c.yaml", edited(campaign_file(bench.folder), (ACCOUNT, "act_99")))
    told = orchestrate(live, file)
    assert (told.code, "metaads accounts add --tenant 1 --account act_99" in told.stderr) == (3, True)


def test_the_guard_of_the_file_is_a_safety_rule(live: Program, bench: Bench) -> None:
    text = edited(campaign_file(bench.folder), ("campaign:\n", "guard: {max_daily_total: 90000.00}\ncampaign:\n"))
    told = orchestrate(live, written(bench.folder / "c.yaml", text))
    assert (told.code, "guard" in told.stderr, posts(bench)) == (8, True, 0)


def test_the_guard_of_the_settings_is_a_safety_rule(live: Program, bench: Bench, file: Path) -> None:
    told = orchestrate(live, file, METAADS_ORCHESTRATE__MAX_DAILY_TOTAL="90000")
    assert (told.code, "max_daily_total" in told.stderr, posts(bench)) == (8, True, 0)


def test_another_currency_or_tenant_is_refused(live: Program, bench: Bench, file: Path) -> None:
    other = written(bench.folder / "usd.yaml", edited(campaign_file(bench.folder), ("currency: ARS", "currency: USD")))
    told = orchestrate(live, other)
    assert (told.code, "counts in USD, the ad account in ARS" in told.stderr) == (8, True)
    told = orchestrate(live, file, "--tenant", "2")
    assert (told.code, "the file is for tenant 1, not for tenant 2" in told.stderr) == (8, True)
    assert posts(bench) == 0


def test_publishing_needs_a_yes_and_says_with_which_command(live: Program, bench: Bench, file: Path) -> None:
    told = orchestrate(live, file, "--publish")
    question, hint = told.stderr.splitlines()
    assert (told.code, told.stdout, posts(bench)) == (8, "", 0)
    assert f"Publish Verano in {ACCOUNT} (" in question
    assert "spending up to 90,001.00 ARS a day?" in question
    assert hint == f"  hint: If that is right, run: metaads orchestrate {file} --publish --yes"
    published = document(orchestrate(live, file, "--publish", "--yes", "--json"))
    assert {one["status"] for kind in ("adsets", "ads") for one in published[kind]} == {"ACTIVE"}


def test_a_dear_campaign_is_asked_for_though_it_is_not_published(live: Program, bench: Bench, file: Path) -> None:
    told = orchestrate(live, file, METAADS_ORCHESTRATE__CONFIRM_DAILY_TOTAL="1000")
    assert (told.code, "Make Verano in" in told.stderr, posts(bench)) == (8, True, 0)


def test_of_two_runs_one_finds_the_lock_held(live: Program, bench: Bench, file: Path) -> None:
    with bench.database() as database:
        journal = Journal(database.tenant(1), "live", KEY)
        assert journal.try_lock()
        error = refusal(orchestrate(live, file, "--json"))
    assert (error["code"], error["exit_code"], KEY in error["message"]) == ("lock_not_available", 7, True)


def test_what_is_not_finished_says_how_to_go_on(live: Program, bench: Bench, file: Path) -> None:
    bench.simulator.faults.add(Fault(Effect.ERROR, method="POST", path="/ads$", nth=2, code=100))
    told = orchestrate(live, file, "--json")
    error, report = json.loads(told.stderr)["error"], json.loads(told.stdout)
    line = f"metaads orchestrate {file} --json"
    assert (told.code, error["exit_code"], error["details"]["resume"], report["resume"]) == (6, 6, line, line)
    assert not report["overall_success"]
    assert document(orchestrate(live, file, "--resume", "--json"))["overall_success"]
    assert orchestrate(live, file, "--resume").code == 3


def test_a_token_that_is_of_no_use_is_access_denied(live: Program, bench: Bench, file: Path) -> None:
    bench.simulator.faults.add(Fault(Effect.ERROR, path=f"/{ACCOUNT}$", code=190, subcode=463, times=9))
    told = orchestrate(live, file)
    assert (told.code, told.stdout) == (4, "")


def test_a_closed_account_is_refused_by_meta(live: Program, bench: Bench, file: Path) -> None:
    bench.world.nodes[ACCOUNT].values["account_status"] = 2
    told = orchestrate(live, file)
    assert (told.code, f"The ad account {ACCOUNT} is not active" in told.stderr) == (5, True)


def test_stub_mode_that_nobody_chose_is_refused(metaads: Program, file: Path) -> None:
    told = orchestrate(metaads, file)
    assert (told.code, "META_ADS_MODE=live" in told.stderr) == (8, True)


def test_tokens_are_told_nowhere(metaads: Program, bench: Bench, file: Path, rows: Rows) -> None:
    with serving(metaads, bench) as program:
        bench.simulator.faults.add(Fault(Effect.ERROR, method="POST", path="/ads$", code=100, message=f"bad {TOKEN}"))
        told = [
            orchestrate(program, file, "--json", "-vv", "--debug"),
            orchestrate(program, file),
            orchestrate(
                program, "--import", "1", "--tenant", "1", "--debug", METAADS_GRAPH__BASE_URL="http://127.0.0.1:1"
            ),
        ]
    assert all(TOKEN not in one.stdout + one.stderr for one in told)
    assert TOKEN not in str([rows(f"SELECT * FROM metaads.{table}") for table in TABLES])


# --- by its id, by its key


def test_an_imported_campaign_plans_nothing(live: Program, bench: Bench, file: Path, rows: Rows) -> None:
    made = document(orchestrate(live, file, "--publish", "--yes", "--json"))["campaign_creation"]["campaign_meta_id"]
    for table in TABLES:  # as if somebody else had made it
        forget(bench, table)
    sent = posts(bench)
    told = orchestrate(live, "--import", made, "--tenant", "1")
    assert told.code == 0, told.stderr
    assert told.stderr.startswith(f"Imported campaign {made} of {ACCOUNT} as verano-")
    assert told.stderr.endswith("2 ad sets, 6 ads. Its file plans nothing until you change it.\n")
    imported = written(bench.folder / "imported.yaml", told.stdout)
    plan = document(orchestrate(live, imported, "--plan", "--json"))
    assert ({step["action"] for step in plan["plan"]}, plan["warnings"]) == ({"keep"}, [])
    assert orchestrate(live, imported).code == 0
    assert orchestrate(live, "--import", made, "--tenant", "1", "--account", ACCOUNT).stdout == told.stdout
    assert posts(bench) == sent
    changed = written(bench.folder / "changed.yaml", edited(told.stdout, ("daily: 45000.00", "daily: 46000.50")))
    steps = document(orchestrate(live, changed, "--json"))["plan"]
    assert [(step["action"], step["changes"]) for step in steps if step["action"] != "keep"] == [
        ("update", {"daily_budget": 4600050})
    ]
    assert posts(bench) == sent + 1


def forget(bench: Bench, table: str) -> None:
    with bench.database() as database, database.tenant(1).transaction() as cursor:
        cursor.execute(f"DELETE FROM metaads.{table} WHERE tenant_id = 1".encode())


def test_an_import_of_our_own_keeps_its_keys(live: Program, bench: Bench, file: Path) -> None:
    made = document(orchestrate(live, file, "--json"))["campaign_creation"]["campaign_meta_id"]
    told = json.loads(orchestrate(live, "--import", made, "--tenant", "1", "--json").stdout)
    assert (told["schema"], told["campaign_key"], told["account_id"]) == ("metaads.import/1", KEY, ACCOUNT)
    assert "key: set-a\n" in told["file"]
    sent = posts(bench)
    both = [orchestrate(live, one) for one in (file, written(bench.folder / "i.yaml", told["file"]), file)]
    assert ({one.code for one in both}, posts(bench)) == ({0}, sent)


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        ("AdCreative", {"object_story_spec": None}, "shows an existing post ("),
        ("AdCreative", {"asset_feed_spec": {"titles": [{"text": "x"}]}}, "has asset_feed_spec"),
        ("AdSet", {"adset_schedule": [{"days": [1]}]}, "has adset_schedule"),
        ("AdSet", {"destination_type": "ON_AD"}, "leads to ON_AD"),
        ("AdSet", {"promoted_object": {"page_id": PAGE, "application_id": "1"}}, "promotes application_id"),
        ("AdSet", {"targeting": {"geo_locations": {"countries": ["AR"]}, "moods": ["x"]}}, "has no `moods`"),
        ("Campaign", {"objective": "MESSAGES"}, "MESSAGES"),
        ("Campaign", {"is_adset_budget_sharing_enabled": True}, "share their budgets"),
        ("Campaign", {"status": "ARCHIVED"}, "is archived at Meta"),
    ],
)
def test_what_no_file_can_say_is_refused(
    live: Program, bench: Bench, file: Path, rows: Rows, kind: str, changes: dict[str, Any], said: str
) -> None:
    made = document(orchestrate(live, file, "--json"))["campaign_creation"]["campaign_meta_id"]
    for table in TABLES:
        forget(bench, table)
    for node in list(bench.world.nodes.values()):
        if node.kind == kind:
            node.values.update(changes)
            break
    told = orchestrate(live, "--import", made, "--tenant", "1")
    assert (told.code, told.stdout, counts(rows)) == (3, "", [0, 0, 0, 0])
    assert said in told.stderr.splitlines()[0]
    assert len(told.stderr.splitlines()) <= 2


def test_another_tenants_campaign_is_not_imported(live: Program, bench: Bench, file: Path) -> None:
    made = document(orchestrate(live, file, "--json"))["campaign_creation"]["campaign_meta_id"]
    told = orchestrate(live, "--import", made, "--tenant", "2")
    assert (told.code, told.stdout) == (3, "")
    unknown = orchestrate(live, "--import", "120299999999999999", "--tenant", "1")
    assert (unknown.code, unknown.stderr.splitlines()[0]) == (
        3, "error: Meta has no campaign 120299999999999999 that tenant 1 can see",
    )  # fmt: skip


def test_a_campaign_is_paused_and_activated_by_its_key(live: Program, bench: Bench, file: Path, rows: Rows) -> None:
    made = document(orchestrate(live, file, "--publish", "--yes", "--json"))["campaign_creation"]["campaign_meta_id"]
    sent = posts(bench)
    told = document(orchestrate(live, "--pause", KEY, "--tenant", "1", "--json"))
    assert (told["before"], told["status"], told["changed"]) == ("ACTIVE", "PAUSED", True)
    assert (bench.world.get(made).status, posts(bench)) == ("PAUSED", sent + 1)
    again = document(orchestrate(live, "--pause", KEY, "--tenant", "1", "--json"))
    assert (again["changed"], posts(bench)) == (False, sent + 1)
    refused = orchestrate(live, "--activate", KEY, "--tenant", "1")
    assert (refused.code, refused.stdout, posts(bench)) == (8, "", sent + 1)
    assert "spending up to 90,001.00 ARS a day?" in refused.stderr
    assert refused.stderr.endswith(f"run: metaads orchestrate --activate {KEY} --tenant 1 --yes\n")
    done = orchestrate(live, "--activate", KEY, "--tenant", "1", "--yes")
    assert (done.code, done.stderr) == (0, f"activated campaign {KEY}\n")
    assert bench.world.get(made).status == "ACTIVE"
    steps = rows("SELECT action, state FROM metaads.orchestration_steps ORDER BY intended_at DESC LIMIT 2")
    assert steps == [("activate", "done"), ("pause", "done")]


def test_activating_what_was_never_published_warns(live: Program, file: Path) -> None:
    assert orchestrate(live, file).code == 0
    told = orchestrate(live, "--activate", KEY, "--tenant", "1", "--yes")
    assert (told.code, "never published" in told.stderr) == (0, True)


def test_a_pause_whose_answer_is_lost_is_not_sent_twice(live: Program, bench: Bench, file: Path) -> None:
    assert orchestrate(live, file, "--publish", "--yes").code == 0
    sent = posts(bench)
    bench.simulator.faults.add(Fault(Effect.DROP_AFTER, method="POST", path=r"/\d+$"))
    assert orchestrate(live, "--pause", KEY, "--tenant", "1").code == 0
    assert posts(bench) == sent + 1


@pytest.mark.parametrize("option", ["--pause", "--activate", "--suggest-budgets"])
def test_an_unknown_key_gets_the_nearest_one(live: Program, file: Path, option: str) -> None:
    told = orchestrate(live, option, KEY, "--tenant", "1")
    assert (told.code, "metaads orchestrate FILE makes one" in told.stderr) == (3, True)
    assert orchestrate(live, file).code == 0
    told = orchestrate(live, option, "verano-2062", "--tenant", "1")
    assert (told.code, told.stdout) == (3, "")
    assert told.stderr == f"error: Tenant 1 has made no campaign verano-2062\n  hint: Did you mean {KEY}?\n"
    other_mode = orchestrate(live, option, KEY, "--tenant", "1", "--mode", "stub")
    assert (other_mode.code, "add --mode live" in other_mode.stderr) == (3, True)


# --- budgets


def given_figures(bench: Bench, conversions: tuple[int, int], source: str = "live") -> None:
    """14 days before the real today, of both ad sets, each of which spent 100 a day."""
    with bench.database() as database, database.tenant(1).transaction() as cursor:
        ids = cursor.execute(
            "SELECT meta_id FROM metaads.orchestration_nodes WHERE kind = 'adset' ORDER BY node_key"
        ).fetchall()
        cursor.execute("UPDATE metaads.sync_accounts SET data_source = %s WHERE tenant_id = 1", [source])
        for (meta_id,), count in zip(ids, conversions, strict=True):
            cursor.execute(
                "INSERT INTO metaads.insights (tenant_id, account_id, entity_type, entity_id, day, campaign_id,"
                " adset_id, currency, spend, conversions, fetched_at)"
                " SELECT 1, %(account)s, 'adset', %(id)s, current_date - n, 'c', %(id)s, 'ARS', 100, %(count)s, now()"
                " FROM generate_series(2, 14) AS n",
                {"account": ACCOUNT, "id": meta_id, "count": count},
            )


def test_budgets_are_suggested_as_a_diff_of_the_file(live: Program, bench: Bench, file: Path, rows: Rows) -> None:
    assert orchestrate(live, file).code == 0
    given_figures(bench, (30, 10))
    sent, before = posts(bench), file.read_text()
    told = orchestrate(live, "--suggest-budgets", KEY, file)
    assert told.code == 0, told.stderr
    changed = [line for line in told.stdout.splitlines() if line[:1] in "+-"]
    assert changed == [
        f"--- {file}", f"+++ {file}",
        "-    budget: {daily: 45000.00}", "+    budget: {daily: 54000.00}",
        "-    budget: {daily: 45001.00}", "+    budget: {daily: 36001.00}",
    ]  # fmt: skip
    assert told.stderr.startswith("By the cost per lead (conversions) of ")
    assert (posts(bench), file.read_text()) == (sent, before)
    report = document(orchestrate(live, "--suggest-budgets", KEY, file, "--json"))
    assert (report["schema"], report["diff"], report["reason"]) == ("metaads.budgets/1", told.stdout, None)
    assert [one["proposed"] for one in report["adsets"]] == [Decimal(54000), Decimal(36001)]
    table = orchestrate(live, "--suggest-budgets", KEY, "--tenant", "1")
    assert (table.code, "54,000.00" in table.stdout) == (0, True)


def test_people_count_where_there_are_any(live: Program, bench: Bench, file: Path) -> None:
    assert orchestrate(live, file).code == 0
    given_figures(bench, (30, 10))
    with bench.database() as database, database.tenant(1).transaction() as cursor:
        cursor.execute(
            "INSERT INTO metaads.ads (tenant_id, ad_id, account_id, campaign_id, adset_id, name, fetched_at)"
            " SELECT 1, 'ad-' || node_key, %s, 'c', meta_id, 'x', now() FROM metaads.orchestration_nodes"
            " WHERE kind = 'adset'",
            [ACCOUNT],
        )
        cursor.execute(
            "INSERT INTO patients (tenant_id, phone_number, first_name, acquisition_source, meta_ad_id, created_at)"
            " SELECT 1, n::text, 'x', 'META_ADS', CASE WHEN n < 9 THEN 'ad-set-a' ELSE 'ad-set-b' END,"
            " now() - interval '3 days' FROM generate_series(1, 40) AS n"
        )
    report = document(orchestrate(live, "--suggest-budgets", KEY, file, "--json"))
    assert (report["leads"], [one["leads"] for one in report["adsets"]]) == ("people", [8, 32])
    assert report["adsets"][0]["proposed"] < 45000.5 < report["adsets"][1]["proposed"]


@pytest.mark.parametrize(
    ("conversions", "source", "said"),
    [((0, 0), "live", "0 leads, and 10 are needed"), ((30, 10), "stub", "the stored figures are stub ones")],
)
def test_too_little_data_says_so(
    live: Program, bench: Bench, file: Path, conversions: tuple[int, int], source: str, said: str
) -> None:
    assert orchestrate(live, file).code == 0
    given_figures(bench, conversions, source)
    told = orchestrate(live, "--suggest-budgets", KEY, file)
    assert (told.code, told.stdout, said in told.stderr) == (0, "", True)


def test_a_file_of_another_campaign_is_refused(live: Program, bench: Bench, file: Path) -> None:
    assert orchestrate(live, file).code == 0
    other = written(bench.folder / "other.yaml", campaign_file(bench.folder, key="otono"))
    told = orchestrate(live, "--suggest-budgets", KEY, other)
    assert (told.code, told.stderr.splitlines()[1]) == (3, "  hint: It has otono")


# --- who may


@pytest.fixture
def managers(server: Server, database_url: str) -> Iterator[Server]:
    """A server that knows managers, of this database as well; nobody is one yet."""
    server.admin(sql.SQL("CREATE ROLE metaads_manager"))
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("GRANT USAGE ON SCHEMA metaads TO metaads_manager")
        yield server
        owner.execute("REVOKE USAGE ON SCHEMA metaads FROM metaads_manager")
    server.admin(sql.SQL("DROP ROLE metaads_manager"))


@pytest.mark.parametrize("arguments", [["{file}", "--plan"], ["--import", "1"], ["--pause", KEY], ["--activate", KEY],
                                       ["--suggest-budgets", KEY]])  # fmt: skip
def test_who_is_no_manager_asks_meta_for_nothing(
    live: Program, bench: Bench, file: Path, managers: Server, arguments: list[str]
) -> None:
    told = orchestrate(live, *(one.format(file=file) for one in arguments), "--tenant", "1")
    assert (told.code, told.stdout, len(bench.simulator.log.entries)) == (4, "", 0)
    assert told.stderr.startswith("error: Only managers and admins work with campaigns")
    managers.admin(sql.SQL("GRANT metaads_manager TO {}").format(sql.Identifier(ROLE)))
    assert orchestrate(live, file, "--plan").code == 0


# --- schemas


def test_schemas_are_printed(metaads: Program, bench: Bench, file: Path) -> None:
    campaign = json.loads(metaads("schema", "campaign").stdout)
    assert {"FullFile", "FlatFile"} <= campaign["$defs"].keys()
    report = json.loads(metaads("schema", "report").stdout)
    assert report["$defs"]["OrchestrationReport"]["properties"].keys() == KEYS_OF_004 | OURS
    assert {"type": "number"} in report["$defs"]["OrchestrationReport"]["properties"]["daily_total"]["anyOf"]
    assert json.loads(metaads("schema", "sync").stdout)["$ref"] == "#/$defs/SyncReport"
