"""`metaads stats forecast` as a planner runs it."""

import csv
import io
import json
import random
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from builders import add_up_days
from harness import Program

DAYS = 120


@pytest.fixture
def loaded(metaads: Program, connection: psycopg.Connection) -> Program:
    """A tenant whose account was read for four months, and to whom people came."""
    chance = random.Random(1)
    today = datetime.now(UTC).date()
    connection.execute("UPDATE tenants SET timezone = 'UTC'")
    connection.execute("SELECT set_config('metaads.tenant_id', '1', false)")
    with connection.cursor() as cursor:
        days = [today - timedelta(days=back) for back in range(DAYS, 0, -1)]
        cursor.executemany(
            """
            INSERT INTO metaads.insights (tenant_id, account_id, entity_type, entity_id, day, campaign_id, currency,
                                          spend, fetched_at)
            VALUES (1, 'act_1', 'ad', '7', %s, 'c', 'ARS', %s, now())
            """,
            [(day, f"{1000 * (1 + chance.random()):.2f}") for day in days],
        )
        cursor.executemany(
            """
            INSERT INTO metaads.sync_days (tenant_id, account_id, entity_type, day, read_at, row_count)
            VALUES (1, 'act_1', 'ad', %s, now(), 1)
            """,
            [(day,) for day in days],
        )
        cursor.executemany(
            """
            INSERT INTO patients (tenant_id, phone_number, first_name, created_at, acquisition_source)
            VALUES (1, %s, 'P', %s, 'META_ADS')
            """,
            [(f"{day}-{number}", f"{day} 12:00Z") for day in days for number in range(1 + chance.randrange(4))],
        )
    add_up_days(connection, 1)
    return metaads


def test_the_table_has_a_line_for_each_day_and_a_total(loaded: Program) -> None:
    told = loaded("stats", "forecast", "--tenant", "1")
    assert told.code == 0
    title, header, *lines, total = told.stdout.splitlines()
    assert title == "Tenant 1, expected (UTC), 80 % intervals"
    assert header.split() == ["Day", "Leads", "low", "high", "Spend", "ARS", "low", "high"]
    assert len(lines) == 14
    assert total.split()[0] == "Total"
    assert max(map(len, told.stdout.splitlines())) <= 80
    leads, spend = told.stderr.splitlines()
    assert leads.startswith("Leads: by level and weekday, from 120 days; on average it misses a day by ")
    assert spend.startswith("Spend ARS: by level and weekday, from 120 days;")


def test_the_document(loaded: Program) -> None:
    told = loaded("stats", "forecast", "--tenant", "1", "--days", "7", "--interval", "90", "--json")
    document = json.loads(told.stdout)
    assert list(document) == ["schema", "tenant_id", "timezone", "history", "method", "interval", "series"]
    assert (document["schema"], document["interval"], document["method"]) == (
        "metaads.forecast/1",
        0.9,
        "weekday_level",
    )
    assert document["history"]["days"] == DAYS
    leads, spend = document["series"]
    assert (leads["metric"], leads["currency"], spend["metric"], spend["currency"]) == ("leads", None, "spend", "ARS")
    for series in (leads, spend):
        assert len(series["days"]) == 7
        assert list(series["days"][0]) == ["day", "expected", "low", "high"]
        assert series["total"]["low"] <= series["total"]["expected"] <= series["total"]["high"]
        assert list(series["backtest"]) == ["origins", "mae", "naive_mae", "coverage", "total_coverage"]
        assert series["reason"] is None
    assert (
        loaded("stats", "--tenant", "1", "forecast", "--days", "7", "--interval", "90", "--json").stdout == told.stdout
    )


@pytest.mark.parametrize(("output", "separator"), [("csv", ","), ("tsv", "\t")])
def test_a_spreadsheet_gets_the_same_figures(loaded: Program, output: str, separator: str) -> None:
    told = loaded("stats", "forecast", "--tenant", "1", "--format", output, "--output", "forecast.txt")
    assert (told.code, told.stdout) == (0, "")
    rows = list(csv.DictReader(io.StringIO((loaded.home / "forecast.txt").read_text()), delimiter=separator))
    document = json.loads(loaded("stats", "forecast", "--tenant", "1", "--json").stdout)
    assert list(rows[0]) == ["day", "leads", "leads_low", "leads_high", "spend_ars", "spend_ars_low", "spend_ars_high"]
    leads, spend = document["series"]
    assert [(row["day"], float(row["leads_low"])) for row in rows] == [
        (day["day"], day["low"]) for day in leads["days"]
    ]
    assert [float(row["spend_ars"]) for row in rows] == [day["expected"] for day in spend["days"]]


@pytest.mark.parametrize("output", ["md", "html", "xlsx", "jsonl"])
def test_every_other_format_is_written(loaded: Program, output: str) -> None:
    told = loaded("stats", "forecast", "--tenant", "1", "--format", output, "--output", f"forecast.{output}")
    assert told.code == 0, told.stderr
    assert (loaded.home / f"forecast.{output}").stat().st_size > 500


def test_too_little_history_is_said_and_is_no_failure(metaads: Program) -> None:
    told = metaads("stats", "forecast", "--tenant", "2")
    assert told.code == 0
    assert told.stdout.splitlines()[1] == "There is too little history for a forecast."
    leads, spend = told.stderr.splitlines()
    assert leads.startswith("Leads: Nobody came from a Meta ad between ")
    assert spend == "Spend: No day's spend is known. metaads sync-insights reads it."
    document = json.loads(metaads("stats", "forecast", "--tenant", "2", "--json", "-q").stdout)
    assert [(series["days"], series["total"], series["method"]) for series in document["series"]] == [
        ([], None, None)
    ] * 2
    assert all(series["reason"] for series in document["series"])


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--tenant", "9"], 3, "There is no tenant 9 in this database"),
        ([], 2, "Missing option '--tenant'"),
        (["--tenant", "1", "--days", "0"], 2, "--days is 0; expected 1 to 60"),
        (["--tenant", "1", "--days", "x"], 2, "--days is 'x'; expected a whole number"),
        (["--tenant", "1", "--interval", "99"], 2, "--interval is 99; expected 50 to 95, in percent"),
        (["--tenant", "1", "--days", "60", "--interval", "95"], 2, "would take 867 days of history"),
    ],
)
def test_wrong_use_gets_one_sentence(metaads: Program, arguments: list[str], code: int, sentence: str) -> None:
    told = metaads("stats", "forecast", *arguments)
    assert (told.code, told.stdout) == (code, "")
    assert sentence in told.stderr
    assert len(told.stderr.splitlines()) <= 2
