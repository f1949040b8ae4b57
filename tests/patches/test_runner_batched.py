"""Batched patches: they commit on the way, keep what they did, and never hide rows that they cannot see."""

from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from tests.patches.conftest import other_session, run

from metaads_cli.db.patching.script import script
from metaads_cli.errors import AccessDenied, PatchFailed
from patching import Ear, apply, write_patch

HEADER = "mode=batched when=public.patients"
# One person a batch; `stop` is the id of a person who cannot be changed.
BACKFILL = """
    DO $$
    DECLARE
        person integer;
    BEGIN
        FOR person IN SELECT id FROM public.patients WHERE last_name IS DISTINCT FROM 'done' ORDER BY id LOOP
            UPDATE public.patients SET last_name = 'done' WHERE id = person;
            RAISE NOTICE 'person %', person;
            COMMIT;
        END LOOP;
    END
    $$;
"""
VERIFY = "SELECT 'last names', bool_and(last_name = 'done'), count(*) || ' people' FROM public.patients"
DONE = "SELECT array_agg(id ORDER BY id) FROM patients WHERE last_name = 'done'"
ACTIONS = "SELECT array_agg(action ORDER BY log_id) FROM metaads.patch_log WHERE patch = '9000_mine'"


def one(connection: psycopg.Connection, query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture
def patched(bare: psycopg.Connection) -> psycopg.Connection:
    run(bare, up_to="0000")
    return bare


def test_every_batch_is_committed_and_what_it_says_is_kept(patched: psycopg.Connection, tmp_path: Path) -> None:
    ear = Ear()
    apply(patched, write_patch(tmp_path, BACKFILL, header=HEADER, verify=VERIFY), ear)
    assert one(patched, DONE) == [1, 2, 3]
    assert one(patched, ACTIONS) == ["started", "applied"]
    said = ["person 1", "person 2", "person 3"]
    assert one(patched, "SELECT notices FROM metaads.patch_log WHERE action = 'applied' AND patch > '9'") == [
        f"NOTICE: {s}" for s in said
    ]
    assert ear.heard == said


def test_what_was_done_before_a_failure_stays_and_the_next_run_goes_on(
    patched: psycopg.Connection, tmp_path: Path
) -> None:
    patched.execute("ALTER TABLE patients ADD CONSTRAINT third CHECK (id < 3 OR last_name IS NULL)")
    patch = write_patch(tmp_path, BACKFILL, header=HEADER, verify=VERIFY)
    with pytest.raises(PatchFailed, match="constraint third"):
        apply(patched, patch)
    assert one(patched, DONE) == [1, 2]
    patched.execute("ALTER TABLE patients DROP CONSTRAINT third")
    apply(patched, patch)
    assert one(patched, DONE) == [1, 2, 3]
    assert one(patched, ACTIONS) == ["started", "failed", "started", "applied"]


def test_a_batch_that_is_blocked_waits_shortly_and_goes_on_later(
    patched: psycopg.Connection, bare_url: str, tmp_path: Path
) -> None:
    with other_session(bare_url, "UPDATE patients SET email = '' WHERE id = 2") as blocker:

        def release(text: str) -> None:
            if "Waiting for a lock" in text:
                assert one(patched, DONE) == [1]
                assert one(patched, "SHOW lock_timeout") == "0"
                blocker.rollback()

        ear = Ear(release)
        done = apply(patched, write_patch(tmp_path, BACKFILL, header=HEADER, verify=VERIFY), ear, lock_attempts=9)
    assert (one(patched, DONE), done.attempts > 1) == ([1, 2, 3], True)
    assert any("reception desk" in text for text in ear.heard)


def test_a_verification_that_fails_is_told_and_not_recorded_as_done(
    patched: psycopg.Connection, tmp_path: Path
) -> None:
    with pytest.raises(PatchFailed, match="last names: 3 people"):
        apply(
            patched,
            write_patch(tmp_path, BACKFILL.replace("= 'done' WHERE", "= '' WHERE"), header=HEADER, verify=VERIFY),
        )
    assert one(patched, ACTIONS) == ["started", "failed"]


@pytest.mark.parametrize("mode", ["tx", "batched"])
def test_rows_that_policies_hide_from_the_role_are_an_error_instead_of_a_success(
    patched: psycopg.Connection, tmp_path: Path, mode: str
) -> None:
    patched.execute("ALTER TABLE patients ENABLE ROW LEVEL SECURITY")
    patched.execute("ALTER TABLE patients FORCE ROW LEVEL SECURITY")
    text = BACKFILL if mode == "batched" else BACKFILL.replace("COMMIT;", "")
    with pytest.raises(AccessDenied, match="row-level security") as caught:
        apply(patched, write_patch(tmp_path, text, header=f"mode={mode} when=public.patients"))
    assert 'ALTER ROLE "metaads_test" BYPASSRLS' in str(caught.value.hint)
    assert one(patched, "SHOW row_security") == "on"
    patched.execute("ALTER TABLE patients NO FORCE ROW LEVEL SECURITY")
    assert one(patched, DONE) is None


def test_the_script_for_psql_sets_the_same_limits(patched: psycopg.Connection, tmp_path: Path) -> None:
    text = script(write_patch(tmp_path, BACKFILL, header=HEADER))
    assert text.startswith("SET lock_timeout = 100;\nSET statement_timeout = 0;\n-- metaads: mode=batched")
    assert text.endswith("RESET lock_timeout;\nRESET statement_timeout;\n")
    for statement in (part for part in text.split("\n") if part.startswith(("SET", "RESET"))):
        patched.execute(sql.SQL(statement))
