"""`metaads export` as a user runs it: where the rows go, in which format, and what is left when it is ended."""

import csv
import io
import json
import os
import pty
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import psycopg
import pyarrow.parquet
import pytest

from harness import Program
from killing import wait_until

SUBJECTS = ["insights", "leads", "stats"]
FORMATS = ["csv", "jsonl", "parquet", "xlsx"]
GATE = 77
"""An advisory lock that reading tenant 2's insights waits for."""


@pytest.fixture
def filled(metaads: Program, connection: psycopg.Connection) -> Program:
    """Ten insights and a person of each tenant."""
    for tenant_id in (1, 2):
        fill(connection, tenant_id, 10)
        connection.execute(
            "INSERT INTO patients (tenant_id, phone_number, first_name, created_at, acquisition_source, meta_ad_id,"
            " meta_ad_headline)"
            " VALUES (%s, '5491155550001', 'Íñigo', '2026-10-10 12:00-03', 'META_ADS', '1', '¿Dolor?')",
            [tenant_id],
        )
    return metaads


def fill(connection: psycopg.Connection, tenant_id: int, rows: int) -> None:
    with connection.transaction():
        connection.execute("SELECT metaads.set_tenant(%s)", [tenant_id])
        connection.execute(
            "INSERT INTO metaads.insights (tenant_id, account_id, entity_type, entity_id, day, campaign_id, currency,"
            " spend, fetched_at) SELECT %s, 'act_1', 'ad', '12020000000000' || n, '2026-10-10', 'c', 'ARS', 1.10 * n,"
            " now() FROM generate_series(1, %s) AS n",
            [tenant_id, rows],
        )


def lines_in(file: Path) -> int:
    """Rows of an export, without the header."""
    if file.suffix == ".parquet":
        return int(pyarrow.parquet.read_table(file).num_rows)
    if file.suffix == ".xlsx":
        return int(openpyxl.load_workbook(file).worksheets[0].max_row) - 1
    return file.read_text().count("\n") - (file.suffix == ".csv")


@pytest.mark.parametrize("what", SUBJECTS)
@pytest.mark.parametrize("form", FORMATS)
def test_the_ending_of_the_file_says_the_format(filled: Program, what: str, form: str) -> None:
    told = filled("export", what, "--all-tenants", "--output", f"rows.{form}", "--json")
    assert (told.code, told.stderr) == (0, "")
    summary, file = json.loads(told.stdout), filled.home / f"rows.{form}"
    assert [summary[key] for key in ("schema", "what", "format", "file")] == [
        "metaads.export/1",
        what,
        form,
        f"rows.{form}",
    ]
    assert summary["bytes"] == file.stat().st_size
    assert summary["rows"] == lines_in(file) == sum(tenant["rows"] for tenant in summary["tenants"]) > 0
    assert [tenant["tenant_id"] for tenant in summary["tenants"]] == [1, 2]


@pytest.mark.parametrize("what", SUBJECTS)
@pytest.mark.parametrize("form", FORMATS)
def test_a_pipe_gets_the_rows_and_nothing_else(filled: Program, what: str, form: str) -> None:
    assert filled("export", what, "--tenant", "1", "--format", form, "--output", "rows").code == 0
    with filled.fork("export", what, "--tenant", "1", "--format", form) as process:
        piped, told = process.communicate()
    assert (process.returncode, told) == (0, b"")
    if form == "xlsx":  # it tells when it was made
        assert sheet(piped) == sheet((filled.home / "rows").read_bytes())
    else:
        assert piped == (filled.home / "rows").read_bytes()


def sheet(data: bytes) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].values)


def test_without_a_format_a_pipe_gets_csv(filled: Program) -> None:
    told = filled("export", "leads", "--tenant", "1")
    rows = list(csv.DictReader(io.StringIO(told.stdout)))
    assert [row["ad_headline"] for row in rows] == ["¿Dolor?"]
    assert filled("export", "leads", "--tenant", "1", "--output", "-").stdout == told.stdout


def test_the_format_may_stand_before_the_command(filled: Program) -> None:
    expected = filled("export", "leads", "--tenant", "1", "--format", "jsonl").stdout
    assert expected.startswith("{")
    assert filled("--format", "jsonl", "export", "leads", "--tenant", "1").stdout == expected
    assert filled("export", "--format", "jsonl", "leads", "--tenant", "1").stdout == expected
    assert filled("--format", "csv", "export", "leads", "--tenant", "1", "--format", "jsonl").stdout == expected


def test_people_are_named_only_when_it_is_asked_for(filled: Program) -> None:
    assert "Íñigo" not in filled("export", "leads", "--tenant", "1").stdout
    told = filled("export", "leads", "--tenant", "1", "--with-contact-data").stdout
    assert "5491155550001,Íñigo," in told


def test_a_summary_for_people_names_the_file_and_each_tenant(filled: Program) -> None:
    told = filled("export", "insights", "--all-tenants", "--since", "2026-10-01", "--output", "rows.csv")
    size = (filled.home / "rows.csv").stat().st_size
    assert told.stdout == (
        f"rows.csv: insights as csv, 20 rows, {size:,} bytes\n"
        "Tenant  Rows  From        Time zone\n"
        "1         10  2026-10-01  America/Argentina/Buenos_Aires\n"
        "2         10  2026-10-01  UTC\n"
        "Total     20\n"
    )


def test_warnings_of_stats_are_told(filled: Program, connection: psycopg.Connection) -> None:
    for currency in ("ARS", "USD"):
        connection.execute(
            "INSERT INTO accounting_transactions (tenant_id, patient_id, transaction_type, transaction_date, amount,"
            " currency) SELECT 1, id, 'x', '2026-10-11', 10, %s FROM patients WHERE tenant_id = 1",
            [currency],
        )
    told = filled("export", "stats", "--tenant", "1", "--output", "rows.csv", "--json")
    assert "several currencies (ARS, USD)" in told.stderr
    assert json.loads(told.stdout)["warnings"] != []


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["leads"], 2, "No tenant is named"),
        (["leads", "--tenant", "1", "--all-tenants"], 2, "--tenant and --all-tenants exclude each other"),
        (["leads", "--tenant", "9", "--output", "x.csv"], 3, "There is no tenant 9"),
        (["leads", "--tenant", "1", "--output", "x.json"], 2, "The ending of x.json names no format"),
        (["leads", "--tenant", "1", "--format", "json"], 2, "--format is 'json'; expected one of 'csv', 'jsonl'"),
        (["--format", "md", "leads", "--tenant", "1"], 2, "--format is 'md'; expected one of csv, jsonl, parquet"),
        (["leads", "--tenant", "1", "--json"], 2, "--json is for the summary"),
        (["leads", "--tenant", "1", "--output", "/nowhere/x.csv"], 2, "The file /nowhere/x.csv cannot be written"),
        (["leads", "--tenant", "1", "--output", "."], 2, "cannot be written: Is a directory"),
        (["leads", "--tenant", "1", "--output", "/dev/full"], 7, "cannot be written: No space left on device"),
        (["leads", "--tenant", "1", "--last", "3d", "--preset", "today"], 2, "--last excludes --preset"),
        (["stats", "--tenant", "1", "--by", "hour", "--output", "x.csv"], 2, "--by is 'hour'"),
        (["insights", "--tenant", "1", "--level", "ads", "--output", "x.csv"], 2, "expected campaign, adset or ad"),
        (["insights", "--tenant", "1", "--with-contact-data"], 2, "No such option"),
    ],
)
def test_wrong_use_gets_one_sentence_and_leaves_no_file(
    filled: Program, arguments: list[str], code: int, sentence: str
) -> None:
    there = set(filled.home.iterdir())
    told = filled("export", *arguments)
    assert (told.code, told.stdout) == (code, "")
    assert sentence in told.stderr
    assert len(told.stderr.splitlines()) <= 2
    assert set(filled.home.iterdir()) == there


def test_what_a_format_cannot_hold_leaves_the_old_file(filled: Program, connection: psycopg.Connection) -> None:
    file = filled.home / "rows.parquet"
    file.write_bytes(b"old")
    with connection.transaction():
        connection.execute("SELECT metaads.set_tenant(1)")
        connection.execute("UPDATE metaads.insights SET ctr = 1e-19 WHERE tenant_id = 1")
    told = filled("export", "insights", "--tenant", "1", "--output", "rows.parquet")
    assert (told.code, told.stdout) == (3, "")
    assert "A value of the column ctr cannot be written exactly: 0.0000000000000000001" in told.stderr
    assert file.read_bytes() == b"old"
    assert list(filled.home.glob(".*.part")) == []


@pytest.mark.parametrize("form", ["parquet", "xlsx"])
def test_a_terminal_gets_no_binary_rows(filled: Program, form: str) -> None:
    terminal, other_end = pty.openpty()
    command = filled.command("export", "leads", "--tenant", "1", "--format", form)
    ended = subprocess.run(
        command, stdout=other_end, stderr=subprocess.PIPE, cwd=filled.home, env=filled.environment, check=False
    )
    os.close(other_end)
    os.close(terminal)
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"error: A terminal cannot show {form}\n".encode())


@pytest.mark.parametrize("form", FORMATS)
def test_a_reader_that_leaves_is_no_error(filled: Program, connection: psycopg.Connection, form: str) -> None:
    fill(connection, 1, 0)
    with connection.transaction():
        connection.execute("SELECT metaads.set_tenant(1)")
        connection.execute("UPDATE metaads.insights SET attribution_setting = repeat(md5(entity_id), 1000)")
    process = filled.start("export", "insights", "--tenant", "1", "--format", form)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    assert (process.communicate(timeout=60)[1], process.returncode) == (b"", 0)


def test_without_pyarrow_the_way_to_it_is_named(filled: Program) -> None:
    package = filled.home / "without" / "pyarrow"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError")
    told = filled("export", "leads", "--tenant", "1", "--output", "x.parquet", PYTHONPATH=str(package.parent))
    assert (told.code, told.stdout) == (2, "")
    assert told.stderr == (
        "error: Parquet needs pyarrow, which is not installed\n"
        "  hint: pip install 'metaads-cli[parquet]', or export to another format: csv, jsonl, xlsx\n"
    )


@pytest.fixture
def gate(filled: Program, database_url: str) -> Iterator[Callable[[], bool]]:
    """Reading tenant 2's insights waits; whether somebody does."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "CREATE POLICY gate ON metaads.insights AS RESTRICTIVE"
            f" USING (tenant_id <> 2 OR pg_advisory_lock_shared({GATE}) IS NOT NULL)"
        )
        connection.execute("SELECT pg_advisory_lock(%s)", [GATE])
        waiting = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"
        yield lambda: connection.execute(waiting, [GATE]).fetchone() is not None


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("sign", "code", "left"), [(signal.SIGKILL, -9, 1), (signal.SIGTERM, 143, 0), (signal.SIGINT, 130, 0)]
)
def test_an_export_that_is_ended_leaves_the_old_file(
    filled: Program, gate: Callable[[], bool], form: str, sign: signal.Signals, code: int, left: int
) -> None:
    file = filled.home / f"rows.{form}"
    file.write_bytes(b"old")
    process = filled.start("export", "insights", "--all-tenants", "--output", file.name)
    wait_until(gate)
    assert len(list(filled.home.glob(".*.part"))) == 1
    process.send_signal(sign)
    output, _ = process.communicate(timeout=60)
    assert (process.returncode, output) == (code, b"")
    assert file.read_bytes() == b"old"
    assert len(list(filled.home.glob(".*.part"))) == left
