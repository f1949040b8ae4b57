"""`metaads ingest` as a user runs it: streams, exit codes, rejects, interruptions."""

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from builders import AD, NOON, NUMBER_2, OTHER_AD, body, lines, message
from harness import Program

Rows = Callable[..., list[tuple[Any, ...]]]
PEOPLE = "SELECT phone_number, acquisition_source, meta_ad_id FROM patients ORDER BY phone_number"


def test_a_log_through_standard_input_twice_changes_nothing_the_second_time(
    metaads: Program, log: Path, rows: Rows
) -> None:
    first, state = metaads("ingest", "-", "--tenant", "1", "--json", stdin=log.read_bytes()), rows(PEOPLE)
    second = metaads("ingest", "-", "--tenant", "1", "--json", stdin=log.read_bytes())
    assert (first.code, second.code) == (0, 0)
    told = json.loads(second.stdout)
    assert (told["attributed"], told["created_contacts"], told["duplicates"]) == (0, 0, 2)
    assert rows(PEOPLE) == state


def test_the_result_document_has_the_documented_keys(metaads: Program, log: Path) -> None:
    told = json.loads(metaads("ingest", str(log), "--json").stdout)
    duration = told.pop("duration_seconds")
    assert told == {
        "schema": "metaads.ingest/1",
        "received": 4,
        "referrals": 2,
        "ignored": 2,
        "duplicates": 0,
        "attributed": 2,
        "created_contacts": 2,
        "held": 0,
        "matched": 0,
        "rejected": 0,
        "rejects_file": None,
        "dry_run": False,
        "resumed": False,
    }
    assert duration >= 0


def test_the_table_is_for_people(metaads: Program, log: Path) -> None:
    told = metaads("ingest", str(log))
    assert (told.code, told.stderr) == (0, "")
    assert told.stdout.splitlines()[:2] == ["Received         4  messages and statuses",
                                            "Referrals        2  came from an ad, a post or a link"]  # fmt: skip


def test_format_names_the_payload_or_the_output(metaads: Program, log: Path) -> None:
    told = metaads("ingest", str(log), "--format", "whatsapp", "--format", "json")
    assert json.loads(told.stdout)["referrals"] == 2
    wrong = metaads("ingest", str(log), "--format", "xml")
    assert wrong.code == 2
    assert "twilio, baileys, flat) or an output (table, json" in wrong.stderr


@pytest.mark.parametrize(
    ("name", "content", "code", "sentence"),
    [
        ("truncated", lines(body(message()))[:-40], 3, "truncated:1: ends in the middle of a document (truncated)"),
        ("binary", b"\x7fELF\0\0\0" * 100, 3, "binary:1: not JSON text but binary data"),
        ("packed", b"\x1f\x8b\x08\0\0", 3, "packed:1: the gzip data end too early (truncated)"),
        ("foreign", '{"hello": "world"}\n', 3, "foreign:1: a JSON document of unknown shape"),
        ("empty", "", 0, "empty is empty: nothing to ingest"),
    ],
)
def test_bad_input_gets_one_sentence(
    metaads: Program, tmp_path: Path, name: str, content: str | bytes, code: int, sentence: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    told = metaads("ingest", str(path))
    assert told.code == code
    assert sentence in told.stderr
    assert len(told.stderr.splitlines()) <= 2
    assert "Traceback" not in told.stderr


def test_a_missing_file_is_wrong_usage_and_nothing_is_read(metaads: Program, log: Path, rows: Rows) -> None:
    told = metaads("ingest", str(log), "nowhere.jsonl")
    assert (told.code, told.stdout) == (2, "")
    assert told.stderr == "error: The file nowhere.jsonl does not exist\n  hint: - reads standard input\n"
    assert rows(PEOPLE) == []


def test_a_folder_without_files_is_empty(metaads: Program, tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    told = metaads("ingest", str(tmp_path / "spool"), "-q", "--json")
    assert (told.code, json.loads(told.stdout)["received"], told.stderr) == (0, 0, "")
    assert "spool is empty: nothing to ingest" in metaads("ingest", str(tmp_path / "spool")).stderr


def test_an_unknown_tenant_is_invalid_input(metaads: Program, log: Path) -> None:
    told = metaads("ingest", str(log), "--tenant", "99", "--json")
    error = json.loads(told.stderr)["error"]
    assert (told.code, told.stdout) == (3, "")
    assert error == {
        "code": "invalid_input",
        "exit_code": 3,
        "message": "There is no tenant 99 in this database",
        "hint": "metaads tenants list shows the tenants",
        "details": {"tenant_id": 99},
    }


def test_what_is_for_another_tenant_is_refused_for_safety(metaads: Program, tmp_path: Path, rows: Rows) -> None:
    path = tmp_path / "mixed.jsonl"
    path.write_text(lines(body(message()), body(message("5491155550009"), number=NUMBER_2)))
    told = metaads("ingest", str(path), "--tenant", "1")
    assert told.code == 8
    assert "mixed.jsonl:2: it was sent to a number of another tenant, not of tenant 1" in told.stderr
    assert rows(PEOPLE) == [("5491155550001", "META_ADS", AD)]


def test_good_lines_land_and_rejects_can_be_fed_back(metaads: Program, tmp_path: Path, rows: Rows) -> None:
    path, rejects = tmp_path / "log.jsonl", tmp_path / "rejects.jsonl"
    good, bad = lines(body(message())), lines(body(message("5491155550002"), number="19990000000"))
    path.write_text(good + bad + good[:100])
    told = metaads("ingest", str(path), "--rejects", str(rejects), "--json")
    document = json.loads(told.stdout)
    assert (told.code, document["attributed"], document["rejected"]) == (3, 1, 2)
    assert document["rejects_file"] == str(rejects)
    assert rejects.stat().st_mode & 0o777 == 0o600
    again = metaads("ingest", str(rejects), "--tenant", "1", "--json")
    assert (again.code, json.loads(again.stdout)["attributed"]) == (3, 1)
    assert [row[0] for row in rows(PEOPLE)] == ["5491155550001", "5491155550002"]


def test_without_a_named_file_rejects_are_kept_in_the_state_directory(metaads: Program) -> None:
    told = metaads("ingest", "-", "--json", stdin="nonsense\n")
    path = Path(json.loads(told.stdout)["rejects_file"])
    assert path.is_relative_to(metaads.environment["XDG_STATE_HOME"])
    assert json.loads(path.read_text()) == {
        "source": "standard input",
        "line": 1,
        "reason": "not a JSON object",
        "payload": "nonsense",
    }


def test_a_file_is_not_read_and_written_in_one_run(metaads: Program, log: Path) -> None:
    before = log.read_bytes()
    told = metaads("ingest", str(log), "--rejects", str(log))
    assert (told.code, "read and written in the same run" in told.stderr) == (2, True)
    assert log.read_bytes() == before


def test_standard_input_is_not_its_own_rejects_file(metaads: Program, tmp_path: Path) -> None:
    path = tmp_path / "self.jsonl"
    path.write_text("nonsense\n" * 10)
    with path.open("rb") as stream:
        told = subprocess.run(
            metaads.command("ingest", "-", "--rejects", str(path)),
            stdin=stream,
            capture_output=True,
            env=metaads.environment,
            timeout=60,
            check=False,
        )
    assert (told.returncode, b"read and written in the same run" in told.stderr) == (2, True)
    assert path.read_text() == "nonsense\n" * 10


def test_a_named_pipe_is_read(metaads: Program, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "log").write_text(lines(body(message())))
    writer = subprocess.Popen(["sh", "-c", f"cat {tmp_path}/log > {pipe}"])
    process = metaads.start("ingest", str(pipe), "--json")
    try:
        out, _ = process.communicate(timeout=60)
        assert json.loads(out)["attributed"] == 1
    finally:
        writer.kill()
        writer.wait()


def test_an_empty_name_is_no_file(metaads: Program) -> None:
    told = metaads("ingest", "")
    assert (told.code, told.stderr.splitlines()[0]) == (2, "error: The file (no name) does not exist")


def test_a_dry_run_does_not_say_that_something_landed(metaads: Program, log: Path) -> None:
    path = log.with_name("with_bad_line.jsonl")
    path.write_text(log.read_text() + "nonsense\n")
    told = metaads("ingest", str(path), "--dry-run")
    assert (told.code, "Nothing was kept (dry run)" in told.stderr) == (3, True)


def test_unknown_contacts_are_held_on_request(metaads: Program, log: Path, rows: Rows) -> None:
    told = json.loads(metaads("ingest", str(log), "--unknown-contact", "hold", "--json").stdout)
    assert (told["held"], told["created_contacts"]) == (2, 0)
    assert rows(PEOPLE) == []


def test_a_database_without_patches_is_explained(metaads: Program, log: Path, empty_url: str) -> None:
    told = metaads("ingest", str(log), DATABASE_URL=empty_url)
    assert told.code == 2
    assert "hint: Run: metaads migrate" in told.stderr


def big_log(count: int) -> str:
    return lines(
        *(
            body(message(f"54911{number % 700:08}", NOON - number, AD if number % 2 else OTHER_AD, event=f"w.{number}"))
            for number in range(count)
        )
    )


def expected_people(count: int) -> list[tuple[Any, ...]]:
    """Of each person, the last line is the earliest touch."""
    last = {f"54911{number % 700:08}": number for number in range(count)}
    return sorted((phone, "META_ADS", AD if number % 2 else OTHER_AD) for phone, number in last.items())


def test_killed_at_any_moment_and_run_again_it_ends_in_the_same_state(
    metaads: Program, tmp_path: Path, rows: Rows
) -> None:
    path = tmp_path / "big.jsonl"
    path.write_text(big_log(2500))
    random.seed(7)
    for _ in range(6):
        process = metaads.start("ingest", str(path), METAADS_INGEST__BATCH_SIZE="40")
        try:
            process.communicate(timeout=random.uniform(0.2, 0.9))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
    told = metaads("ingest", str(path), "--json")
    assert told.code == 0
    assert json.loads(told.stdout)["referrals"] == 2500
    assert rows(PEOPLE) == expected_people(2500)
    assert rows("SELECT count(*) FROM metaads.referral_events WHERE patient_id IS NOT NULL") == [(2500,)]


def test_two_runs_at_once_end_in_the_same_state(metaads: Program, tmp_path: Path, rows: Rows) -> None:
    whole = big_log(2000).splitlines(keepends=True)
    files = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    files[0].write_text("".join(whole[:1400]))
    files[1].write_text("".join(reversed(whole[600:])))
    running = [metaads.start("ingest", str(file), "--json", METAADS_INGEST__BATCH_SIZE="50") for file in files]
    outcomes = [process.communicate(timeout=100) for process in running]
    assert [process.returncode for process in running] == [0, 0], outcomes
    assert rows(PEOPLE) == expected_people(2000)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_with_a_word_and_keeps_what_was_finished(
    metaads: Program, rows: Rows, number: signal.Signals, code: int
) -> None:
    process = metaads.start("ingest", "-", METAADS_INGEST__BATCH_SIZE="1")
    assert process.stdin is not None
    process.stdin.write(lines(body(message())).encode())
    process.stdin.flush()
    wait_until(lambda: len(rows(PEOPLE)) == 1)
    process.send_signal(number)
    process.wait(timeout=30)
    assert process.stderr is not None
    told = process.stderr.read().decode()
    for stream in (process.stdin, process.stdout, process.stderr):
        assert stream is not None
        stream.close()
    assert process.returncode == code
    assert told.startswith("error: Stopped. What was finished is kept\n")
    assert "Run the same command again" in told
    assert rows(PEOPLE) == [("5491155550001", "META_ADS", AD)]


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_closed_pipe_is_no_error(metaads: Program, log: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.run(
        metaads.command("ingest", str(log), "--json"),
        stdout=writer,
        stderr=subprocess.PIPE,
        env=metaads.environment,
        check=False,
    )
    os.close(writer)
    assert (process.returncode, process.stderr) == (0, b"")


def test_a_row_is_not_quoted_when_the_database_refuses_it(metaads: Program, log: Path, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE patients ADD COLUMN note text NOT NULL DEFAULT 'HIV'")
        connection.execute("ALTER TABLE patients ADD CONSTRAINT host_rule CHECK (acquisition_source = 'ORGANIC')")
    told = metaads("ingest", str(log), "--debug")
    assert told.code == 3
    assert "host_rule" in told.stderr
    assert "HIV" not in told.stdout + told.stderr


def test_held_touches_are_matched_again_on_request(
    metaads: Program, connection: psycopg.Connection, tmp_path: Path
) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(lines(body(message("5491155550001"))))
    assert metaads("ingest", str(log), "--unknown-contact", "hold").code == 0
    still = json.loads(metaads("ingest", "--retry-held", "--unknown-contact", "hold", "--json").stdout)
    assert (still["matched"], still["received"]) == (0, 0)
    connection.execute("INSERT INTO patients (tenant_id, phone_number, first_name) VALUES (1, '5491155550001', 'K')")
    for tenant, matched in (("2", 0), ("1", 1), ("1", 0)):
        told = json.loads(metaads("ingest", "--retry-held", "--tenant", tenant, "--json").stdout)
        assert told["matched"] == matched


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [([], "Missing argument 'SOURCE...'"), (["--retry-held", "log.jsonl"], "--retry-held takes no SOURCE")],
)
def test_there_is_a_source_or_what_was_held(metaads: Program, arguments: list[str], sentence: str) -> None:
    told = metaads("ingest", *arguments)
    assert (told.code, told.stdout) == (2, "")
    assert sentence in told.stderr
