"""`metaads stats` as an analyst runs it."""

import csv
import io
import json
from pathlib import Path

import psycopg
import pytest
from syrupy.assertion import SnapshotAssertion

from harness import Program

LOG = Path(__file__).parents[2] / "src" / "metaads_cli" / "demo" / "whatsapp.jsonl"


@pytest.fixture
def loaded(metaads: Program) -> Program:
    """The first clinic's part of the demo log, ingested for tenant 1."""
    text = "".join(line for line in LOG.read_text().splitlines(keepends=True) if '"5491150000001"' in line)
    assert metaads("ingest", "-", "--tenant", "1", stdin=text).code == 0
    return metaads


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv", "tsv", "md", "html"])
def test_every_format(loaded: Program, output: str, snapshot: SnapshotAssertion) -> None:
    told = loaded("stats", "--tenant", "1", "--format", output)
    assert (told.code, told.stderr) == (0, "")
    assert told.stdout == snapshot


def test_an_empty_result_says_so(metaads: Program) -> None:
    told = metaads("stats", "--tenant", "2")
    assert told.stdout.splitlines()[1] == "Nobody came from a Meta ad in this window."
    assert metaads("stats", "--tenant", "2", "--format", "csv").stdout.count("\n") == 1


def test_global_options_stand_before_and_after_the_command(loaded: Program) -> None:
    after = loaded("stats", "--tenant", "1", "--json").stdout
    assert loaded("--json", "stats", "--tenant", "1").stdout == after
    assert loaded("--format", "csv", "stats", "--tenant", "1", "--json").stdout == after


def test_csv_and_json_say_the_same(loaded: Program) -> None:
    document = json.loads(loaded("stats", "--tenant", "1", "--json").stdout)
    table = list(csv.DictReader(io.StringIO(loaded("stats", "--tenant", "1", "--format", "csv").stdout)))
    assert list(table[0]) == list(document["rows"][0])
    assert [row["leads"] for row in table] == [str(row["leads"]) for row in document["rows"]]


@pytest.mark.parametrize("by", ["campaign", "adset", "ad", "source", "day", "week", "month"])
def test_every_grouping(loaded: Program, by: str, snapshot: SnapshotAssertion) -> None:
    told = loaded("stats", "--tenant", "1", "--by", by)
    assert (told.code, told.stderr) == (0, "")
    assert told.stdout == snapshot
    document = json.loads(loaded("stats", "--tenant", "1", "--by", by, "--json").stdout)
    table = csv.DictReader(io.StringIO(loaded("stats", "--tenant", "1", "--by", by, "--format", "csv").stdout))
    assert table.fieldnames == list(document["rows"][0])
    assert document["by"] == by


@pytest.mark.parametrize("output", ["table", "json", "csv", "md"])
def test_a_comparison_in_every_format(loaded: Program, output: str, snapshot: SnapshotAssertion) -> None:
    october = ("--since", "2026-10-07", "--until", "2026-10-08", "--by", "campaign", "--compare", "previous")
    told = loaded("stats", "--tenant", "1", *october, "--format", output)
    assert (told.code, told.stderr) == (0, "")
    assert told.stdout == snapshot


def test_the_last_touch_is_counted_on_request(loaded: Program) -> None:
    first = json.loads(loaded("stats", "--tenant", "1", "--by", "day", "--json").stdout)
    last = json.loads(loaded("stats", "--tenant", "1", "--by", "day", "--attribution", "last", "--json").stdout)
    assert [first["attribution"], last["attribution"]] == ["first", "last"]
    assert first["total"]["leads"] == last["total"]["leads"]
    assert [row["period"] for row in first["rows"]] != [row["period"] for row in last["rows"]]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--compare", "previous"], "--compare needs a window"),
        (["--compare", "last", "--last", "7d"], "--compare is 'last'; expected previous, yoy or DAY..DAY"),
        (["--attribution", "linear"], "--attribution is 'linear'; expected first or last"),
    ],
)
def test_what_cannot_be_compared_or_credited_is_wrong_usage(loaded: Program, options: list[str], sentence: str) -> None:
    told = loaded("stats", "--tenant", "1", *options)
    assert (told.code, told.stdout) == (2, "")
    assert sentence in told.stderr


def test_several_currencies_are_told_apart(loaded: Program, connection: psycopg.Connection) -> None:
    connection.execute("SELECT set_config('metaads.tenant_id', '1', false)")
    connection.execute("""
        INSERT INTO metaads.insights (tenant_id, account_id, entity_type, entity_id, day, campaign_id, currency, spend,
                                      fetched_at)
        VALUES (1, 'act_1', 'ad', '120210000000000001', '2026-10-05', 'c', 'ARS', 60000.6, now()),
               (1, 'act_2', 'ad', '120210000000000002', '2026-10-05', 'd', 'USD', 45.3, now())
    """)
    told = loaded("stats", "--tenant", "1", "--json")
    assert told.code == 0
    assert "Amounts are in several currencies (ARS, USD) and are not added" in told.stderr
    assert '"spend": 60000.6,' in told.stdout
    document = json.loads(told.stdout)
    assert (document["currency"], document["total"]["spend"]) == (None, None)
    assert [one["cost_per_lead"] for one in document["totals_by_currency"].values()] == [10000.1, 15.1]
    header, *rows = loaded("stats", "--tenant", "1").stdout.splitlines()[1:]
    assert "Currency" in header
    assert [currency in row for currency, row in zip(("ARS", "USD"), rows, strict=False)] == [True, True]


def test_a_window_is_shown_with_its_time_zone(loaded: Program) -> None:
    told = loaded("stats", "--tenant", "1", "--since", "2026-10-07", "--until", "2026-10-08", "--json")
    document = json.loads(told.stdout)
    assert document["window"] == {
        "since": "2026-10-07",
        "until": "2026-10-08",
        "timezone": "America/Argentina/Buenos_Aires",
    }
    assert document["total"]["leads"] == 2


@pytest.mark.parametrize(
    "window", [["--until", "9999-12-31"], ["--since", "0001-01-01"], ["--last", "9999w"], ["--last", "9999d"]]
)
def test_the_longest_window_holds_all(loaded: Program, window: list[str]) -> None:
    told = loaded("stats", "--tenant", "1", *window, "--json")
    assert (told.code, told.stderr) == (0, "")
    everything = json.loads(loaded("stats", "--tenant", "1", "--json").stdout)
    assert json.loads(told.stdout)["total"]["leads"] <= everything["total"]["leads"] != 0


def test_a_pipe_gets_whole_lines_however_narrow_the_terminal_is(loaded: Program) -> None:
    assert loaded("stats", "--tenant", "1", COLUMNS="40").stdout == loaded("stats", "--tenant", "1").stdout


def test_the_result_can_go_to_a_file(loaded: Program) -> None:
    told = loaded("stats", "--tenant", "1", "--format", "md", "--output", "leads")
    assert (told.code, told.stdout, told.stderr) == (0, "", "Wrote leads.\n")
    assert (loaded.home / "leads").read_text() == loaded("stats", "--tenant", "1", "--format", "md").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--tenant", "99"], 3, "There is no tenant 99 in this database"),
        ([], 2, "Missing option '--tenant'"),
        (["--tenant", "one"], 2, "error: --tenant is 'one'; expected a whole number"),
        (["--tenant", ""], 2, "error: --tenant is ''; expected a whole number"),
        (["--tenant", "1", "--last", ""], 2, "error: --last is ''"),
        (["--tenant", "1", "--since", ""], 2, "error: --since is ''"),
        (["--tenant", "1", "--until", ""], 2, "error: --until is ''"),
        (["--tenant", "1", "--json", "--format", "csv"], 2, "--json contradicts --format csv"),
        (["--tenant", "1", "--last", "3"], 2, "expected a number of days or weeks, such as 30d or 4w"),
        (["--tenant", "1", "--since", "01/02/2026"], 2, "expected a day such as 2026-11-21"),
        (["--tenant", "1", "--since", "2026-02-02", "--until", "2026-02-01"], 2, "ends before it begins"),
        (["--tenant", "1", "--output", "/nowhere/x"], 2, "The file /nowhere/x cannot be written"),
        (["--tenant", "1", "--colour"], 2, "No such option"),
        (["--tenant", "1", "--by", "hour"], 2, "--by is 'hour'; expected one of campaign, adset, ad, source, day"),
        (["--tenant", "1", "--by", ""], 2, "--by is ''; expected one of campaign"),
        (["--tenant", "1", "--preset", "last_9d"], 2, "--preset is 'last_9d'; expected one of today"),
        (["--tenant", "1", "--preset", "today", "--last", "3d"], 2, "--last excludes --preset"),
    ],
)
def test_wrong_use_gets_one_sentence(metaads: Program, arguments: list[str], code: int, sentence: str) -> None:
    told = metaads("stats", *arguments)
    assert (told.code, told.stdout) == (code, "")
    assert sentence in told.stderr
    assert len(told.stderr.splitlines()) <= 2


def test_tenants_are_listed(metaads: Program) -> None:
    assert metaads("tenants", "list", "--format", "csv").stdout == (
        "tenant_id,name,bot_phone_number,timezone\n"
        "1,Norte,+1 555 000 1111,America/Argentina/Buenos_Aires\n"
        "2,Sur,15550002222,\n"
    )
