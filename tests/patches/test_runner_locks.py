"""The runner among readers and writers: short waits, blockers named, nothing half done."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from tests.patches.conftest import (
    OPTIONS,
    applicable,
    applicable_here,
    applied,
    history,
    other_session,
    run,
    shape_of,
    wait_until,
)

from harness import ROLE, Server
from metaads_cli.db.patching import blockers
from metaads_cli.errors import LockNotAvailable
from metaads_cli.tasks.migrate import migrate
from patching import Ear, apply, write_patch

ALL = applicable("public.patients")
READ = "SELECT count(*) FROM patients"
WRITE = "UPDATE patients SET last_name = 'X' WHERE id = 1"
OCCUPY = "LOCK TABLE patients IN ACCESS EXCLUSIVE MODE"


@pytest.mark.parametrize("statement", [READ, WRITE, OCCUPY])
def test_a_rerun_finishes_while_another_session_holds_patients(database_url: str, statement: str) -> None:
    with other_session(database_url, statement), psycopg.connect(database_url, autocommit=True) as connection:
        assert run(connection, lock_attempts=1).applied == []


@pytest.mark.parametrize("statement", [READ, WRITE])
def test_patches_whose_work_is_done_already_do_not_wait_for_readers_or_writers(
    database_url: str, statement: str
) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DROP TABLE metaads.patch_log")
        with other_session(database_url, statement):
            assert applied(run(connection, lock_attempts=1)) == applicable_here(connection)


@pytest.mark.parametrize("statement", [READ, WRITE, OCCUPY])
def test_a_blocked_patch_names_the_blocker_changes_nothing_and_succeeds_later(
    bare_url: str, bare: psycopg.Connection, statement: str
) -> None:
    before = shape_of(bare)
    with other_session(bare_url, statement), pytest.raises(LockNotAvailable) as caught:
        run(bare, lock_attempts=1)
    assert re.search(
        r"0001_meta_ads_columns .*reception desk, user metaads_test, idle in transaction", str(caught.value)
    )
    assert shape_of(bare) == before
    assert (history(bare, "applied"), history(bare, "failed")) == (["0000"], ["0001"])
    assert applied(run(bare)) == ALL[1:]
    assert history(bare, "applied") == ALL


def test_no_query_of_the_blocker_is_shown(bare_url: str, bare: psycopg.Connection) -> None:
    private = "SELECT count(*) FROM patients WHERE first_name = 'Ana'"
    with other_session(bare_url, private), pytest.raises(LockNotAvailable) as caught:
        run(bare, lock_attempts=1)
    assert "Ana" not in f"{caught.value} {caught.value.hint} {caught.value.details}"


def test_a_blocked_patch_tries_again_until_the_blocker_is_gone(bare_url: str, bare: psycopg.Connection) -> None:
    with other_session(bare_url, READ) as blocker:
        pid = blocker.info.backend_pid
        ear = Ear(lambda text: "Waiting for a lock" in text and blocker.rollback())
        report = migrate(bare, replace(OPTIONS, lock_attempts=20), ear)
    assert applied(report) == ALL
    columns = next(each for each in report.applied if each.name == "0001_meta_ads_columns")
    assert columns.attempts > 1
    assert columns.lock_wait_ms > 0
    assert history(bare, "failed") == []
    told = [text for text in ear.heard if "reception desk" in text]
    assert re.fullmatch(
        r"Waiting for a lock: process \d+ \(reception desk, user metaads_test, idle in transaction for \d+ s\)", *told
    )
    assert [(each.pid, each.application) for each in report.blocked_by] == [(pid, "reception desk")]


def test_the_settings_of_a_run_do_not_stay_on_its_connection(bare: psycopg.Connection) -> None:
    read = "SELECT name, setting FROM pg_settings WHERE name IN ('lock_timeout', 'statement_timeout')"
    before = bare.execute(read).fetchall()
    run(bare)
    assert bare.execute(read).fetchall() == before
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    assert bare.execute(held).fetchone() == (0,)


def test_a_patch_that_nobody_blocks_needs_one_try_and_no_wait(bare: psycopg.Connection) -> None:
    assert {(each.attempts, each.lock_wait_ms) for each in run(bare).applied} == {(1, 0)}


def test_who_blocked_is_in_the_history_and_in_the_error_without_a_query(
    bare_url: str, bare: psycopg.Connection
) -> None:
    private = "SELECT count(*) FROM patients WHERE first_name = 'Ana'"
    with other_session(bare_url, private) as blocker:
        pid = blocker.info.backend_pid
        with pytest.raises(LockNotAvailable) as caught:
            run(bare)
    (told,) = caught.value.details["blocked_by"]  # type: ignore[attr-defined]
    age = told.pop("age_seconds")
    assert told == {"pid": pid, "application": "reception desk", "user": ROLE, "state": "idle in transaction"}
    row = bare.execute("SELECT blockers, attempts, sqlstate FROM metaads.patch_log WHERE action = 'failed'").fetchone()
    assert row == ([told | {"age_seconds": age}], 2, "55P03")


@pytest.mark.parametrize(("verbosity", "shown"), [(1, False), (2, True)])
def test_the_query_of_a_blocker_is_for_those_who_ask_for_all(
    bare_url: str, bare: psycopg.Connection, verbosity: int, shown: bool
) -> None:
    with other_session(bare_url, READ):
        ear = Ear(verbosity=verbosity)
        with pytest.raises(LockNotAvailable):
            migrate(bare, OPTIONS, ear)
    assert any(READ in text for text in ear.heard) == shown


def test_a_lock_on_a_table_that_the_patch_does_not_name_is_traced_to_its_holder(
    bare_url: str, bare: psycopg.Connection, tmp_path: Path
) -> None:
    run(bare, up_to="0000")
    patch = write_patch(tmp_path, "ALTER TABLE public.tenants ADD COLUMN a text;", header="mode=tx lock_timeout_ms=400")
    with other_session(bare_url, "SELECT count(*) FROM tenants"), pytest.raises(LockNotAvailable, match="reception"):
        apply(bare, patch)


def test_autovacuum_gives_way_to_a_patch(server: Server, bare: psycopg.Connection) -> None:
    """It does so only for those who wait longer than deadlock_timeout."""
    bare.execute("""
        INSERT INTO patients (tenant_id, phone_number, first_name)
        SELECT 1, n::text, 'Ana' FROM generate_series(1, 20000) AS n
    """)
    bare.execute("""
        ALTER TABLE patients SET (autovacuum_vacuum_threshold = 0, autovacuum_vacuum_scale_factor = 0,
            autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)
    """)
    run(bare, up_to="0000")
    bare.execute("DELETE FROM patients WHERE phone_number < '7'")
    with eager_autovacuum(server):
        wait_until(lambda: blockers.holding(bare, "public.patients"))
        ear = Ear()
        report = migrate(bare, replace(OPTIONS, up_to="0001"), ear)
    assert [(each.name, each.attempts) for each in report.applied] == [("0001_meta_ads_columns", 2)]
    assert [each.application for each in report.blocked_by] == ["autovacuum"]
    assert any("(autovacuum, user -" in text for text in ear.heard)


@contextmanager
def eager_autovacuum(server: Server) -> Iterator[None]:
    server.admin(sql.SQL("ALTER SYSTEM SET autovacuum_naptime = 1"), sql.SQL("SELECT pg_reload_conf()"))
    try:
        yield
    finally:
        server.admin(sql.SQL("ALTER SYSTEM RESET autovacuum_naptime"), sql.SQL("SELECT pg_reload_conf()"))
