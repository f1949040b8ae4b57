"""The runner against what a live database does to it: blockers, rivals, half-built indexes, kill -9."""

import re
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from tests.patches.conftest import (
    ATTRIBUTION,
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

from harness import Program, Server, with_database
from metaads_cli.db.patching import runner
from metaads_cli.db.patching.files import Patch, load_patches
from metaads_cli.db.patching.inventory import take_inventory
from metaads_cli.db.patching.lock import ADVISORY_LOCK
from metaads_cli.errors import AccessDenied, ConfigError, LockNotAvailable, PatchFailed, Temporary
from metaads_cli.models.reports import MigrateReport
from metaads_cli.tasks.migrate import migrate

ALL = applicable("public.patients")
READ = "SELECT count(*) FROM patients"
WRITE = "UPDATE patients SET last_name = 'X' WHERE id = 1"
OCCUPY = "LOCK TABLE patients IN ACCESS EXCLUSIVE MODE"


def write_patch(
    folder: Path, text: str, *, name: str = "9000_mine", header: str = "mode=tx", verify: str = ""
) -> Patch:
    """A patch of the test's own."""
    (folder / f"{name}.sql").write_text(f"-- metaads: {header}\n{text}\n")
    if verify:
        (folder / f"{name}.verify.sql").write_text(verify)
    return next(patch for patch in load_patches(folder) if patch.name == name)


def apply(connection: psycopg.Connection, patch: Patch) -> None:
    runner.apply(connection, patch, uuid4(), lock_attempts=2, say=lambda _: None)


# Locks


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
    heard: list[str] = []
    with other_session(bare_url, READ) as blocker:

        def say(text: str) -> None:
            heard.append(text)
            if "waits for a lock" in text:
                blocker.rollback()

        report = migrate(bare, replace(OPTIONS, lock_attempts=20), say)
    assert applied(report) == ALL
    assert any("reception desk" in text for text in heard)
    columns = next(each for each in report.applied if each.name == "0001_meta_ads_columns")
    assert columns.attempts > 3
    assert columns.lock_wait_ms > 0
    assert history(bare, "failed") == []


def test_the_settings_of_a_run_do_not_stay_on_its_connection(bare: psycopg.Connection) -> None:
    read = "SELECT name, setting FROM pg_settings WHERE name IN ('lock_timeout', 'statement_timeout')"
    before = bare.execute(read).fetchall()
    run(bare)
    assert bare.execute(read).fetchall() == before
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    assert bare.execute(held).fetchone() == (0,)


def test_a_patch_that_nobody_blocks_needs_one_try_and_no_wait(bare: psycopg.Connection) -> None:
    assert {(each.attempts, each.lock_wait_ms) for each in run(bare).applied} == {(1, 0)}


# Runners


def test_two_runners_at_once_both_succeed_and_each_patch_is_applied_once(
    bare_url: str, bare: psycopg.Connection
) -> None:
    start = threading.Barrier(2)
    reports: list[MigrateReport] = []

    def work() -> None:
        with psycopg.connect(bare_url, autocommit=True) as connection:
            start.wait(timeout=30)
            reports.append(run(connection))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(name for report in reports for name in applied(report)) == ALL
    assert [report.pending for report in reports] == [[], []]
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


def test_a_table_of_a_superuser_is_to_be_patched_by_its_owner(server: Server, bare: psycopg.Connection) -> None:
    with psycopg.connect(with_database(server.admin_url, bare.info.dbname)) as admin:
        admin.execute("ALTER TABLE patients OWNER TO postgres")
    with pytest.raises(AccessDenied) as caught:
        run(bare)
    assert caught.value.hint == "Run metaads migrate as postgres, which owns public.patients"
    assert caught.value.details["grant"] is None


def test_a_patch_that_the_data_contradict_tells_no_row(bare: psycopg.Connection, tmp_path: Path) -> None:
    run(bare)
    patch = write_patch(tmp_path, "DO $$ BEGIN RAISE 'wrong' USING DETAIL = 'Ana has diabetes'; END $$;")
    with pytest.raises(PatchFailed) as caught:
        apply(bare, patch)
    printed = "".join(traceback.format_exception(caught.value))
    assert "diabetes" not in f"{printed}{caught.value.hint}{caught.value.details}"


def test_a_runner_waits_for_the_one_that_works_and_says_so_once(bare_url: str, bare: psycopg.Connection) -> None:
    heard: list[str] = []
    lock = f"SELECT pg_advisory_lock({ADVISORY_LOCK})"
    with other_session(bare_url, lock, name="nightly deploy") as holder:

        def say(text: str) -> None:
            heard.append(text)
            if "waiting" in text:
                holder.execute("SELECT pg_advisory_unlock_all()")

        report = migrate(bare, OPTIONS, say)
    assert applied(report) == ALL
    assert [text for text in heard if "nightly deploy" in text] == [heard[0]]


def test_a_runner_of_another_database_is_not_in_the_way(database_url: str, bare: psycopg.Connection) -> None:
    with other_session(database_url, f"SELECT pg_advisory_lock({ADVISORY_LOCK})"):
        assert applied(run(bare, wait_seconds=0)) == ALL


# Indexes


@pytest.fixture
def with_columns(bare: psycopg.Connection) -> psycopg.Connection:
    run(bare, up_to="0001")
    return bare


def test_an_invalid_index_left_behind_is_built_anew(with_columns: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation):
        with_columns.execute(
            "CREATE UNIQUE INDEX CONCURRENTLY idx_patients_acquisition_source ON patients (acquisition_source)"
        )
    assert not shape_of(with_columns).indexes["idx_patients_acquisition_source"][1]
    run(with_columns)
    assert shape_of(with_columns).indexes["idx_patients_acquisition_source"] == (
        "CREATE INDEX idx_patients_acquisition_source ON public.patients USING btree (acquisition_source)",
        True,
    )


@pytest.mark.parametrize(
    "definition",
    [
        "INDEX idx_patients_acquisition_source ON public.patients USING btree (meta_ad_id)",
        "INDEX idx_patients_acquisition_source ON public.patients USING btree (acquisition_source) WHERE (id > 7)",
        "UNIQUE INDEX idx_patients_acquisition_source ON public.patients USING btree (id)",
        "INDEX idx_patients_acquisition_source ON public.tenants USING btree (id)",
    ],
    ids=["wrong column", "partial", "unique", "wrong table"],
)
def test_an_index_that_only_has_the_right_name_is_refused_in_words(
    with_columns: psycopg.Connection, definition: str
) -> None:
    with_columns.execute(f"CREATE {definition}".encode())
    with pytest.raises(PatchFailed) as caught:
        run(with_columns)
    assert f"CREATE {definition}" in str(caught.value)
    assert "0002_patients_acquisition_source_index" in str(caught.value)
    assert caught.value.hint
    assert (history(with_columns, "applied"), history(with_columns, "failed")) == (["0000", "0001"], ["0002"])
    with_columns.execute("DROP INDEX idx_patients_acquisition_source")
    assert applied(run(with_columns)) == ALL[2:]


def test_a_table_that_has_the_name_of_the_index_is_refused(with_columns: psycopg.Connection) -> None:
    with_columns.execute("CREATE TABLE idx_patients_acquisition_source ()")
    with pytest.raises(PatchFailed, match="idx_patients_acquisition_source: missing"):
        run(with_columns)


def test_an_index_that_another_session_builds_is_waited_for_and_not_dropped(
    bare_url: str, with_columns: psycopg.Connection
) -> None:
    """The build waits for a writer, so that it stands INVALID and alive for as long as the test needs."""
    statement = "CREATE INDEX CONCURRENTLY idx_patients_acquisition_source ON patients (acquisition_source)"
    with psycopg.connect(bare_url, autocommit=True) as builder, other_session(bare_url, WRITE) as writer:
        building = threading.Thread(target=builder.execute, args=[statement])
        building.start()
        wait_until(lambda: "idx_patients_acquisition_source" in shape_of(with_columns).indexes)
        with pytest.raises(LockNotAvailable, match=f"being built by process {builder.info.backend_pid}"):
            run(with_columns)
        writer.rollback()
        building.join(timeout=60)
    assert applied(run(with_columns)) == ALL[2:]


# Failures


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("meta_ad_id text", "public.patients.meta_ad_id: is text"),
        ("meta_ad_id varchar(50)", "is character varying(50)"),
        ("meta_ad_body varchar(255)", "public.patients.meta_ad_body: is character varying(255)"),
        ("acquisition_source varchar(50)", "default none; expected character varying(50)"),
        ("acquisition_source varchar(50) DEFAULT 'UNKNOWN'", "default 'UNKNOWN'"),
        ("acquisition_source varchar(50) DEFAULT 'ORGANIC_SEARCH'", "default 'ORGANIC_SEARCH'"),
    ],
)
def test_a_masked_column_is_refused_and_nothing_of_the_patch_stays(
    bare: psycopg.Connection, column: str, said: str
) -> None:
    bare.execute(f"ALTER TABLE patients ADD COLUMN {column}".encode())
    before = shape_of(bare)
    with pytest.raises(PatchFailed) as caught:
        run(bare)
    assert said in str(caught.value)
    assert shape_of(bare) == before
    assert len(before.columns.keys() & set(ATTRIBUTION)) == 1
    assert (history(bare, "applied"), history(bare, "failed")) == (["0000"], ["0001"])


def test_a_failing_statement_rolls_the_whole_patch_back(bare: psycopg.Connection, tmp_path: Path) -> None:
    run(bare)
    broken = write_patch(tmp_path, "CREATE TABLE public.made (id int);\nSELECT 1 / 0;")
    with pytest.raises(PatchFailed, match=r"9000_mine .*division by zero"):
        apply(bare, broken)
    assert shape_of(bare, "public.made").columns == {}
    assert ("9000" in history(bare, "applied"), history(bare, "failed")) == (False, ["9000"])


def test_a_failure_at_the_commit_takes_the_history_row_with_it(bare: psycopg.Connection, tmp_path: Path) -> None:
    run(bare)
    broken = write_patch(
        tmp_path,
        """
        CREATE TABLE public.made (id int PRIMARY KEY, other int REFERENCES public.made DEFERRABLE INITIALLY DEFERRED);
        INSERT INTO public.made VALUES (1, 2);
    """,
    )
    with pytest.raises(PatchFailed, match="foreign key"):
        apply(bare, broken)
    assert shape_of(bare, "public.made").columns == {}
    assert ("9000" in history(bare, "applied"), history(bare, "failed")) == (False, ["9000"])


def test_a_failed_patch_does_not_block_the_next_run(bare: psycopg.Connection, tmp_path: Path) -> None:
    run(bare)
    with pytest.raises(PatchFailed):
        apply(bare, write_patch(tmp_path, "SELECT 1 / 0;"))
    apply(bare, write_patch(tmp_path, "CREATE TABLE public.made (id int);"))
    assert history(bare, "applied")[-1] == "9000"
    assert list(shape_of(bare, "public.made").columns) == ["id"]


def test_the_history_says_which_state_the_server_gave(bare: psycopg.Connection, tmp_path: Path) -> None:
    run(bare)
    with pytest.raises(PatchFailed):
        apply(bare, write_patch(tmp_path, "SELECT 1 / 0;"))
    row = bare.execute("""
        SELECT sqlstate, attempts, tool_version <> '', server_version <> '', role_name = current_user, duration_ms >= 0
        FROM metaads.patch_log WHERE action = 'failed'
    """).fetchone()
    assert row == ("22012", 1, True, True, True, True)


def test_a_statement_that_takes_too_long_is_temporary(bare: psycopg.Connection, tmp_path: Path) -> None:
    run(bare)
    slow = write_patch(
        tmp_path, "SELECT count(*) FROM generate_series(1, 1000000000);", header="mode=tx statement_timeout_ms=50"
    )
    with pytest.raises(Temporary, match="statement timeout"):
        apply(bare, slow)


def test_a_percent_sign_in_a_patch_is_left_alone(bare: psycopg.Connection, tmp_path: Path) -> None:
    run(bare)
    apply(bare, write_patch(tmp_path, "DO $$BEGIN EXECUTE format('CREATE TABLE public.%I (id int)', '100%s'); END$$;"))
    assert list(shape_of(bare, 'public."100%s"').columns) == ["id"]


def test_a_verification_without_a_row_is_a_failure(bare: psycopg.Connection, tmp_path: Path) -> None:
    run(bare)
    empty = write_patch(tmp_path, "SELECT 1;", verify="SELECT 'x' AS check, true AS ok, '' AS detail WHERE false")
    with pytest.raises(PatchFailed, match="nothing was checked"):
        apply(bare, empty)


def test_a_server_that_is_too_old_for_a_patch_is_told(bare: psycopg.Connection, tmp_path: Path) -> None:
    run(bare)
    with pytest.raises(ConfigError, match="needs PostgreSQL 99 or newer"):
        apply(bare, write_patch(tmp_path, "SELECT 1;", header="mode=tx min_pg=99"))


# History


@pytest.mark.parametrize(
    "statement", ["UPDATE metaads.patch_log SET action = 'failed'", "DELETE FROM metaads.patch_log"]
)
def test_the_history_is_append_only_for_its_owner(connection: psycopg.Connection, statement: str) -> None:
    before = connection.execute("SELECT * FROM metaads.patch_log").fetchall()
    assert connection.execute(statement.encode()).rowcount == 0
    assert connection.execute("SELECT * FROM metaads.patch_log").fetchall() == before


def test_an_edited_file_and_a_missing_one_are_drift(connection: psycopg.Connection) -> None:
    first, second, *rest = load_patches()
    inventory = take_inventory(connection, [replace(first, text=first.text + "SELECT 1;"), *rest])
    assert [(drift.name, drift.problem) for drift in inventory.drift] == [
        (first.name, "edited"),
        (second.name, "missing"),
    ]
    assert inventory.pending == []
    drifted = {"edited", "missing"}
    assert {state.name: state.state for state in inventory.states() if state.state in drifted} == {
        first.name: "edited",
        second.name: "missing",
    }


def test_line_ends_and_trailing_blanks_are_no_drift(connection: psycopg.Connection) -> None:
    respaced = [replace(each, text=each.text.replace("\n", "  \r\n") + "\n\n") for each in load_patches()]
    assert take_inventory(connection, respaced).drift == []


def test_a_new_file_with_an_old_number_is_drift(connection: psycopg.Connection, tmp_path: Path) -> None:
    late = write_patch(tmp_path, "SELECT 1;", name="0002_late")
    inventory = take_inventory(connection, [*load_patches(), late])
    assert [(drift.name, drift.problem) for drift in inventory.drift] == [("0002_late", "out of order")]
    assert inventory.pending == [late]


@pytest.mark.parametrize(
    ("needs", "creation"), [("public.later", "CREATE TABLE later ()"), ("later", "CREATE SCHEMA later")]
)
def test_a_patch_whose_table_or_schema_is_not_there_is_looked_at_again_when_it_appears(
    connection: psycopg.Connection, tmp_path: Path, needs: str, creation: str
) -> None:
    patches = [*load_patches(), write_patch(tmp_path, "SELECT 1;", header=f"mode=tx when={needs}")]
    before = take_inventory(connection, patches)
    assert (before.pending, before.not_applicable[-1].name) == ([], "9000_mine")
    assert (list(before.states())[-1].state, list(before.states())[-1].note) == ("not applicable", f"needs {needs}")
    connection.execute(creation.encode())
    after = take_inventory(connection, patches)
    assert ([each.name for each in after.pending], after.not_applicable) == (["9000_mine"], before.not_applicable[:-1])


# Roles


@pytest.fixture
def clerk(server: Server, worker: str) -> Iterator[str]:
    """A role that owns nothing. Its databases must go first: name this fixture before theirs."""
    name = f"clerk_{worker}"
    server.admin(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
    yield name
    server.admin(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def test_a_role_that_does_not_own_the_tables_is_told_which_grants_to_ask_for(
    clerk: str, bare_url: str, server: Server
) -> None:
    with psycopg.connect(bare_url, user=clerk, autocommit=True) as connection:
        name = connection.info.dbname
        with pytest.raises(AccessDenied, match=f"{clerk} may not apply the patch 0000_patch_log") as caught:
            run(connection)
        assert caught.value.hint == f'Ask the database\'s owner for: GRANT CREATE ON DATABASE "{name}" TO "{clerk}";'
        server.admin(sql.SQL(str(caught.value.details["grant"])))
        with pytest.raises(AccessDenied, match="0001_meta_ads_columns: must be owner of table patients") as caught:
            run(connection)
        assert caught.value.hint == f'Ask the database\'s owner for: GRANT "metaads_test" TO "{clerk}";'
        server.admin(sql.SQL(str(caught.value.details["grant"])))
        assert applied(run(connection)) == ALL[1:]
        assert history(connection, "failed") == ["0001"]


# Crashes


def recorded(connection: psycopg.Connection) -> int:
    return len(history(connection, "applied")) if shape_of(connection, "metaads.patch_log").columns else 0


def working(connection: psycopg.Connection, activity: str) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'metaads' AND datname = current_database()"
    row = connection.execute(f"{query} AND {activity}".encode()).fetchone()
    return row != (0,)


@dataclass(frozen=True)
class Moment:
    """When the process is killed, and what another session does so that the moment lasts."""

    reached: Callable[[psycopg.Connection], bool]
    statements: tuple[str, ...] = ()
    done_before: str = "0000"


MOMENTS = {
    "starting": Moment(lambda _: True),
    "connected": Moment(lambda connection: working(connection, "true")),
    "history made": Moment(lambda connection: recorded(connection) >= 1),
    "columns made": Moment(lambda connection: recorded(connection) >= 2),
    "index made": Moment(lambda connection: recorded(connection) >= 3),
    "nearly done": Moment(lambda connection: recorded(connection) >= 5),
    "waiting for a lock": Moment(lambda connection: working(connection, "wait_event_type = 'Lock'"), (READ,)),
    "building an index": Moment(
        lambda connection: working(connection, "wait_event_type = 'Lock' AND query LIKE 'CREATE INDEX%'"),
        (WRITE,),
        done_before="0001",
    ),
}


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=list(MOMENTS))
def test_a_run_after_kill_9_converges(
    metaads: Program, connection: psycopg.Connection, bare_url: str, bare: psycopg.Connection, moment: Moment
) -> None:
    complete = shape_of(connection)
    if moment.done_before != "0000":
        run(bare, up_to=moment.done_before)
    with other_session(bare_url, *moment.statements):
        process = metaads.start("migrate", DATABASE_URL=bare_url)
        wait_until(lambda: moment.reached(bare) or process.poll() is not None)
        process.kill()
        process.communicate()
    assert run(bare).pending == []
    assert shape_of(bare).columns == complete.columns
    assert shape_of(bare).indexes == complete.indexes
    assert history(bare, "applied") == ALL
    assert run(bare).applied == []
