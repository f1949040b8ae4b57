"""`metaads stats overview`, `campaign`, `adset`, `ad`, `timeline` as an analyst runs them."""

import csv
import io
import json
import re

import psycopg
import pytest
from syrupy.assertion import SnapshotAssertion

from harness import Program

WINDOW = ("--tenant", "1", "--since", "2025-10-01", "--until", "2025-10-05")
COMMANDS = {
    "overview": ("overview",),
    "campaign": ("campaign", "120210000000000010"),
    "adset": ("adset", "120210000000000020"),
    "ad": ("ad", "120210000000000030"),
    "timeline": ("timeline", "120210000000000030"),
}
CATALOGUE = """
    INSERT INTO metaads.accounts (tenant_id, account_id, currency, timezone_name)
    VALUES (1, 'act_1', 'ARS', 'America/Argentina/Buenos_Aires');
    INSERT INTO metaads.campaigns (tenant_id, campaign_id, account_id, name, status, effective_status, objective,
                                   daily_budget, fetched_at)
    VALUES (1, '120210000000000010', 'act_1', E'Implantes \\x1b[31m| Web', 'ACTIVE', 'ACTIVE', 'OUTCOME_LEADS', 5000,
            now()),
           (1, '120210000000000011', 'act_1', 'Ortodoncia', 'PAUSED', 'PAUSED', 'OUTCOME_LEADS', NULL, now()),
           (1, '120210000000000012', 'act_1', 'Botox', 'ACTIVE', 'ACTIVE', 'OUTCOME_LEADS', NULL, now());
    INSERT INTO metaads.adsets (tenant_id, adset_id, account_id, campaign_id, name, status, optimization_goal,
                                destination_type, daily_budget, targeting, fetched_at)
    VALUES (1, '120210000000000020', 'act_1', '120210000000000010', 'Mujeres 25-45', 'ACTIVE', 'LEAD_GENERATION',
            'ON_AD', 2500.5, '{"geo_locations": {"countries": ["AR"]}, "age_min": 25, "age_max": 45, "genders": [2]}',
            now());
    INSERT INTO metaads.ads (tenant_id, ad_id, account_id, campaign_id, adset_id, creative_id, name, status, fetched_at)
    SELECT 1, '12021000000000003' || n, 'act_1', '120210000000000010', '120210000000000020', '90' || n, 'Ad ' || n,
           'ACTIVE', now()
    FROM generate_series(0, 2) AS n;
    INSERT INTO metaads.creatives (tenant_id, creative_id, account_id, title, body, fetched_at)
    VALUES (1, '900', 'act_1', 'Sonrisa nueva', E'Escribinos\\nhoy', now());
    INSERT INTO metaads.sync_days (tenant_id, account_id, entity_type, day, read_at, row_count)
    SELECT 1, 'act_1', level, day::date, '2025-10-20', 0
    FROM unnest(ARRAY['campaign', 'adset', 'ad']) AS level,
         generate_series('2025-10-02', '2025-10-05', interval '1 day') AS day
    WHERE level <> 'campaign' OR day < '2025-10-05'
"""
FIGURES = """
    INSERT INTO metaads.insights (tenant_id, account_id, entity_type, entity_id, day, campaign_id, adset_id, currency,
                                  spend, impressions, clicks, conversions, revenue, ctr, cpc, roas,
                                  cost_per_conversion, reach, frequency, unique_clicks, fetched_at)
    SELECT 1, 'act_1', level, id, day::date, campaign_id, adset_id, 'ARS',
           1000.25 * weight, 2000 * weight, 20 * weight * weight + 10, 4 * weight * weight, 3000,
           2.5, 20.1, 2.5, 250, 1500, 1.3, 39, '2025-10-20'
    FROM (VALUES
        ('campaign', '120210000000000010', '120210000000000010', NULL, 3),
        ('campaign', '120210000000000011', '120210000000000011', NULL, 2),
        ('campaign', '120210000000000012', '120210000000000012', NULL, 1),
        ('adset', '120210000000000020', '120210000000000010', '120210000000000020', 3),
        ('ad', '120210000000000030', '120210000000000010', '120210000000000020', 2),
        ('ad', '120210000000000031', '120210000000000010', '120210000000000020', 1),
        ('ad', '120210000000000032', '120210000000000010', '120210000000000020', 3)
    ) AS object (level, id, campaign_id, adset_id, weight),
    generate_series('2025-10-02'::date, '2025-10-04'::date, interval '2 days') AS day
"""


@pytest.fixture
def synced(metaads: Program, connection: psycopg.Connection) -> Program:
    """Five days: the second and the fourth with delivery, the first never read."""
    connection.execute("SELECT set_config('metaads.tenant_id', '1', false)")
    for statement in (*CATALOGUE.split(";"), FIGURES):
        connection.execute(statement.encode())
    return metaads


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv", "md"])
@pytest.mark.parametrize("name", COMMANDS)
def test_every_document_in_every_format(synced: Program, name: str, output: str, snapshot: SnapshotAssertion) -> None:
    told = synced("stats", *COMMANDS[name], *WINDOW, "--format", output)
    assert told.code == 0
    assert re.sub(r'"timestamp": "[^"]*"', '"timestamp": "…"', told.stdout) == snapshot
    assert told.stderr == snapshot(name="stderr")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_document_names_its_schema_and_lines_are_those_of_the_table(synced: Program, name: str) -> None:
    document = json.loads(synced("stats", *COMMANDS[name], *WINDOW, "--json").stdout)
    assert document["schema"] == f"metaads.{name}/1"
    lines = [
        json.loads(line) for line in synced("stats", *COMMANDS[name], *WINDOW, "--format", "jsonl").stdout.splitlines()
    ]
    table = list(csv.DictReader(io.StringIO(synced("stats", *COMMANDS[name], *WINDOW, "--format", "csv").stdout)))
    assert len(lines) == len(table) > 0
    assert lines[0].keys() == table[0].keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_window_without_figures_is_no_error(synced: Program, name: str) -> None:
    window = ("--tenant", "1", "--since", "2025-08-01", "--until", "2025-08-05")
    told = synced("stats", *COMMANDS[name], *window, "--format", "csv")
    assert told.code == 0
    assert told.stdout.count("\n") == (6 if name == "timeline" else 1)
    assert "Traceback" not in synced("stats", *COMMANDS[name], *window).stderr


def test_options_stand_before_and_after_the_document(synced: Program) -> None:
    after = synced("stats", "campaign", "120210000000000010", *WINDOW, "--json")
    before = synced("--json", "stats", *WINDOW, "campaign", "120210000000000010")
    between = synced("stats", "--json", "--tenant", "1", "campaign", "120210000000000010", *WINDOW[2:])
    assert after.stdout == before.stdout == between.stdout != ""
    last = synced("stats", "--tenant", "99", "campaign", "120210000000000010", *WINDOW, "--json")
    assert last.stdout == after.stdout


def test_a_name_cannot_write_on_the_terminal(synced: Program) -> None:
    for command in COMMANDS.values():
        assert "\x1b" not in synced("stats", *command, *WINDOW).stdout


def test_without_days_the_last_thirty_are_meant(synced: Program) -> None:
    document = json.loads(synced("stats", "timeline", "120210000000000030", "--tenant", "1", "--json").stdout)
    assert len(document["insights"]) == document["coverage"]["days"] == 30
    document = json.loads(
        synced("stats", "timeline", "120210000000000030", "--tenant", "1", "--days", "7", "--json").stdout
    )
    assert len(document["insights"]) == 7


def test_the_result_can_go_to_a_file(synced: Program) -> None:
    told = synced("stats", "overview", *WINDOW, "--output", "overview.json", "-q")
    assert (told.code, told.stdout, told.stderr) == (0, "", "")
    assert json.loads((synced.home / "overview.json").read_text())["schema"] == "metaads.overview/1"


def test_a_timeline_can_be_drawn_with_its_gaps(synced: Program) -> None:
    command = ("stats", *COMMANDS["timeline"], *WINDOW, "--chart")
    table, _, chart = synced(*command).stdout.partition("\nSpend, ARS\n")
    assert table == synced(*command[:-1]).stdout
    assert chart.splitlines()[-1].split() == ["-", "2,000.50", "0.00", "2,000.50", "0.00"]
    assert synced(*command, "--json").code == 2


def test_exact_amounts_reach_the_reader(synced: Program) -> None:
    told = synced("stats", "campaign", "120210000000000010", *WINDOW, "--json").stdout
    assert '"total_spend": 6001.50,' in told
    assert '"ctr": 3.1667,' in told  # 380 clicks in 12,000 impressions, in percent


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["campaign", "1", "--tenant", "1"], 3, "Tenant 1 has no campaign 1"),
        (["ad", "120210000000000010", "--tenant", "1"], 3, "120210000000000010 is no ad but a campaign"),
        (["campaign", "120210000000000010", "--tenant", "2"], 3, "Tenant 2 has no campaign 120210000000000010"),
        (["timeline", "1", "--tenant", "1"], 3, "Tenant 1 has no campaign, ad set or ad 1"),
        (["overview", "--tenant", "99"], 3, "There is no tenant 99 in this database"),
        (["overview"], 2, "Missing option '--tenant'"),
        (["campaign", "--tenant", "1"], 2, "Missing argument 'ID'"),
        (["overview", "--tenant", "1", "--days", "0"], 2, "--days"),
        (["overview", "--tenant", "1", "--days", "3", "--since", "2025-10-01"], 2, "--days excludes --since"),
        (["overview", "--tenant", "1", "--since", "2025-10-02", "--until", "2025-10-01"], 2, "ends before it begins"),
        (["overview", "--tenant", "1", "--since", "9998-01-01"], 2, "9998-01-01 has not come yet"),
        (["overview", "--tenant", "1", "--since", "0001-01-01"], 2, "more than 3,660 days"),
        (["overview", "--tenant", "1", "--since", "x"], 2, "--since is 'x'; expected a day"),
        (["timeline", "1", "--tenant", "1", "--entity-type", "x"], 2, "--entity-type is 'x'; expected campaign"),
        (["--by", "ad", "overview", "--tenant", "1"], 2, "--by is not for metaads stats overview"),
        (["nothing", "--tenant", "1"], 2, "No such command 'nothing'"),
    ],
)
def test_wrong_use_gets_one_sentence(synced: Program, arguments: list[str], code: int, sentence: str) -> None:
    told = synced("stats", *arguments)
    assert (told.code, told.stdout) == (code, "")
    assert sentence in told.stderr
    assert len(told.stderr.splitlines()) <= 2


def test_an_unknown_id_is_json_where_json_is_asked_for(synced: Program) -> None:
    error = json.loads(synced("stats", "campaign", "1", "--tenant", "1", "--json").stderr)["error"]
    assert (error["code"], error["exit_code"]) == ("invalid_input", 3)
    assert error["details"] == {"tenant_id": 1, "entity_id": "1"}
