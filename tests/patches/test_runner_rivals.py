"""Several runners at once: one works, the others wait or find nothing left."""

import re
import threading

import psycopg
import pytest
from tests.patches.conftest import (
    OPTIONS,
    applicable,
    applied,
    history,
    other_session,
    run,
    shape_of,
)

from harness import Server, with_database
from metaads_cli.db.patching.lock import ADVISORY_LOCK
from metaads_cli.errors import LockNotAvailable
from metaads_cli.models.migrations import MigrateReport
from metaads_cli.tasks.migrate import migrate
from patching import Ear

ALL = applicable("public.patients")
READ = "SELECT count(*) FROM patients"
WRITE = "UPDATE patients SET last_name = 'X' WHERE id = 1"
OCCUPY = "LOCK TABLE patients IN ACCESS EXCLUSIVE MODE"


@pytest.mark.parametrize("runners", [2, 5])
def test_of_several_runners_at_once_all_succeed_and_each_patch_is_applied_once(
    bare_url: str, bare: psycopg.Connection, runners: int
) -> None:
    start = threading.Barrier(runners)
    reports: list[MigrateReport] = []

    def work() -> None:
        with psycopg.connect(bare_url, autocommit=True) as connection:
            start.wait(timeout=30)
            reports.append(run(connection, wait_seconds=60))

    threads = [threading.Thread(target=work) for _ in range(runners)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(name for report in reports for name in applied(report)) == ALL
    assert [report.pending for report in reports] == [[]] * runners
    assert history(bare, "applied") == ALL


def test_a_runner_that_may_not_wait_names_the_one_that_works(bare_url: str, bare: psycopg.Connection) -> None:
    lock = f"SELECT pg_advisory_lock({ADVISORY_LOCK})"
    with other_session(bare_url, lock, name="nightly deploy"), pytest.raises(LockNotAvailable) as caught:
        run(bare, wait_seconds=0)
    assert re.search(r"Another runner .*nightly deploy, user metaads_test", str(caught.value))
    assert caught.value.exit_code == 7
    assert shape_of(bare, "metaads.patch_log").columns == {}


def test_of_a_runner_of_another_role_no_empty_time_is_shown(server: Server, bare: psycopg.Connection) -> None:
    url = with_database(server.admin_url, bare.info.dbname)
    lock = f"SELECT pg_advisory_lock({ADVISORY_LOCK})"
    with other_session(url, lock), pytest.raises(LockNotAvailable) as caught:
        run(bare, wait_seconds=0)
    assert re.search(r"\(process \d+, .*user postgres\)", str(caught.value))


def test_a_runner_waits_for_the_one_that_works_and_says_so_once(bare_url: str, bare: psycopg.Connection) -> None:
    lock = f"SELECT pg_advisory_lock({ADVISORY_LOCK})"
    with other_session(bare_url, lock, name="nightly deploy") as holder:
        ear = Ear(lambda text: "Waiting" in text and holder.execute("SELECT pg_advisory_unlock_all()"))
        report = migrate(bare, OPTIONS, ear)
    assert applied(report) == ALL
    assert [text for text in ear.heard if "nightly deploy" in text] == [ear.heard[0]]


def test_a_runner_of_another_database_is_not_in_the_way(database_url: str, bare: psycopg.Connection) -> None:
    with other_session(database_url, f"SELECT pg_advisory_lock({ADVISORY_LOCK})"):
        assert applied(run(bare, wait_seconds=0)) == ALL
