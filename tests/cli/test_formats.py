"""Results as files for people: workbooks, pages, CSV that a spreadsheet opens, charts under a table."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pytest
from rich.cells import cell_len
from syrupy.assertion import SnapshotAssertion

from builders import add_up_days
from harness import Program, on_terminal

LOG = Path(__file__).parents[2] / "src" / "metaads_cli" / "demo" / "whatsapp.jsonl"
FORGED = "=cmd|' /C calc'!A0"


@pytest.fixture
def loaded(metaads: Program, connection: psycopg.Connection) -> Program:
    """A clinic's part of the demo log, with a forged headline, and what some ads cost."""
    text = "".join(line for line in LOG.read_text().splitlines(keepends=True) if '"5491150000001"' in line)
    assert metaads("ingest", "-", "--tenant", "1", stdin=text).code == 0
    connection.execute("SELECT set_config('metaads.tenant_id', '1', false)")
    connection.execute("UPDATE patients SET meta_ad_headline = %s WHERE meta_ad_headline LIKE 'Ortodoncia%%'", [FORGED])
    connection.execute("""
        INSERT INTO metaads.insights (tenant_id, account_id, entity_type, entity_id, day, campaign_id, currency, spend,
                                      impressions, clicks, fetched_at)
        VALUES (1, 'act_1', 'ad', '120210000000000001', '2026-10-05', 'c', 'ARS', 61000.65, 24000, 560, now()),
               (1, 'act_1', 'ad', '120210000000000002', '2026-10-07', 'd', 'ARS', 30500.10, 9000, 200, now())
    """)
    add_up_days(connection, 1)
    return metaads


def whole(program: Program, *arguments: str) -> bytes:
    """What a pipe gets, to the byte."""
    process = program.fork(*arguments)
    told, _ = process.communicate()
    assert process.returncode == 0
    return told


def first_sheet(data: bytes) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].iter_rows()]


# --- files


@pytest.mark.parametrize("name", ["s.csv", "s.tsv", "s.json", "s.jsonl", "s.md", "s.html", "S.XLSX", "s.txt", "s"])
def test_a_file_is_written_as_its_name_ends(loaded: Program, name: str) -> None:
    told = loaded("stats", "--tenant", "1", "--output", name)
    assert (told.code, told.stdout, told.stderr) == (0, "", f"Wrote {name}.\n")
    begins = {
        ".csv": b"\xef\xbb\xbfcampaign_id,",
        ".tsv": b"\xef\xbb\xbfcampaign_id\t",
        ".json": b"{\n",
        ".jsonl": b'{"campaign_id"',
        ".md": b"**Tenant 1",
        ".html": b"<!DOCTYPE html>",
        ".xlsx": b"PK",
    }
    assert (loaded.home / name).read_bytes().startswith(begins.get(Path(name).suffix.lower(), b"Tenant 1"))


def test_the_format_that_is_asked_for_goes_before_the_ending(loaded: Program) -> None:
    assert loaded("stats", "--tenant", "1", "--output", "s.csv", "--json").code == 0
    assert loaded("--format", "md", "stats", "--tenant", "1", "--output", "s.html").code == 0
    assert (loaded.home / "s.csv").read_text().startswith("{")
    assert (loaded.home / "s.html").read_text().startswith("**")


def test_csv_for_a_spreadsheet_runs_nothing_and_csv_for_a_program_is_exact(loaded: Program) -> None:
    assert loaded("stats", "--tenant", "1", "--output", "s.csv").code == 0
    opened, piped = (loaded.home / "s.csv").read_bytes(), whole(loaded, "stats", "--tenant", "1", "--format", "csv")
    assert not piped.startswith(b"\xef\xbb\xbf")
    ours, theirs = (list(csv.DictReader(io.StringIO(data.decode("utf-8-sig")))) for data in (opened, piped))
    assert [row["ad_headline"] for row in theirs if row["ad_headline"].startswith("=")] == [FORGED]
    assert [row["ad_headline"] for row in ours if "cmd" in row["ad_headline"]] == [f"'{FORGED}"]
    assert "¿Dolor de muelas?" in {row["ad_headline"] for row in ours}
    assert [row | {"ad_headline": ""} for row in ours] == [row | {"ad_headline": ""} for row in theirs]
    assert loaded("stats", "--tenant", "1", "--format", "csv", "--output", "s.data").code == 0
    assert (loaded.home / "s.data").read_bytes() == piped


def test_a_workbook_holds_ids_as_text_and_figures_as_numbers(loaded: Program) -> None:
    assert loaded("stats", "--tenant", "1", "--output", "s.xlsx").code == 0
    header, *rows = first_sheet((loaded.home / "s.xlsx").read_bytes())
    table = [dict(zip(header, row, strict=True)) for row in rows]
    assert (table[0]["Ad"], table[0]["Leads"], table[0]["Spend"]) == ("120210000000000001", 6, 61000.65)
    assert FORGED in {row["Headline"] for row in table}
    assert (table[-1]["Campaign"], table[-1]["Leads"], table[-1]["Spend"]) == ("Total", 10, 91500.75)
    assert first_sheet(whole(loaded, "stats", "--tenant", "1", "--format", "xlsx")) == [header, *rows]


def test_other_results_are_workbooks_and_pages_too(metaads: Program) -> None:
    assert first_sheet(whole(metaads, "tenants", "list", "--format", "xlsx"))[1][:2] == [1, "Norte"]
    assert "<td>Norte</td>" in metaads("tenants", "list", "--format", "html").stdout
    assert first_sheet(whole(metaads, "ingest", "-", "--dry-run", "--format", "xlsx"))[0] == ["What", "Value", "Note"]


def test_a_workbook_is_not_for_a_terminal_and_nothing_is_done_for_it(metaads: Program) -> None:
    nowhere = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    told = on_terminal(metaads, "stats", "--tenant", "1", "--format", "xlsx", **nowhere)
    assert "error: An Excel workbook cannot be shown on a terminal" in told.replace("\x1b[1;31m", "")
    assert "--output FILE.xlsx" in re.sub(r"\s+", " ", told)
    assert "PK" not in told
    file = metaads.home / "s.xlsx"
    assert f"Wrote {file}." in on_terminal(metaads, "stats", "--tenant", "1", "--output", str(file))


def test_what_is_repeated_is_no_single_document(metaads: Program) -> None:
    told = metaads("sync-insights", "--every", "5m", "--format", "xlsx")
    assert (told.code, told.stdout) == (2, "")
    assert "--every writes a result each time, and --format xlsx is one document" in told.stderr


# --- the terminal


def test_a_wide_table_is_parted_on_a_terminal(loaded: Program) -> None:
    shown = re.sub(r"\x1b\[[0-9;]*m|\r", "", on_terminal(loaded, "stats", "--tenant", "1"))
    lines = shown.splitlines()[1:]
    headers = [line for line in lines if line.startswith("Campaign")]
    assert len(headers) > 1
    assert max(map(cell_len, lines)) <= 80
    assert " ".join(headers).split().count("Leads") == 1
    assert "Cost/lead" in headers[-1]
    assert shown.count("61,000.65") == 1


@pytest.mark.parametrize("by", ["campaign", "ad", "source", "day", "month"])
def test_charts_off_a_terminal(loaded: Program, by: str, snapshot: SnapshotAssertion) -> None:
    told = loaded("stats", "--tenant", "1", "--by", by, "--chart")
    assert (told.code, told.stderr) == (0, "")
    table = loaded("stats", "--tenant", "1", "--by", by).stdout
    assert told.stdout.startswith(table)
    assert not re.search("[\u2013-\u25ff]", told.stdout[len(table) :])
    assert told.stdout[len(table) :] == snapshot


def test_charts_on_a_terminal_are_of_blocks_and_as_wide_as_it_is(loaded: Program) -> None:
    chart = ("stats", "--tenant", "1", "--by", "source", "--chart")
    longest = [max(map(len, re.findall("█+", on_terminal(loaded, *chart, COLUMNS=width)))) for width in ("40", "60")]
    assert 10 < longest[0] < longest[1] < 60
    assert "\x1b[36m█" in on_terminal(loaded, *chart)
    assert "[36m" not in on_terminal(loaded, *chart, NO_COLOR="1")
    dumb = on_terminal(loaded, *chart, TERM="dumb")
    assert "####" in dumb
    assert not re.search("[█─]", dumb)


@pytest.mark.parametrize("more", [["--json"], ["--format", "csv"], ["--output", "s.html"]])
def test_charts_are_for_tables(loaded: Program, more: list[str]) -> None:
    told = loaded("stats", "--tenant", "1", "--chart", *more)
    assert (told.code, told.stdout) == (2, "")
    assert "--chart draws under a table, and the result is" in told.stderr


def test_charts_go_into_a_file_with_their_table(loaded: Program) -> None:
    assert loaded("stats", "--tenant", "1", "--chart", "--output", "s.txt").code == 0
    assert (loaded.home / "s.txt").read_text() == loaded("stats", "--tenant", "1", "--chart").stdout


def test_an_empty_result_has_no_chart(metaads: Program) -> None:
    assert metaads("stats", "--tenant", "2", "--chart").stdout == metaads("stats", "--tenant", "2").stdout
