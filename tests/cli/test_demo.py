"""`metaads demo` on its own embedded database."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from syrupy.assertion import SnapshotAssertion

from harness import Program


@pytest.fixture
def program(bare_environment: dict[str, str]) -> Iterator[Program]:
    """The program with an embedded database of its own, stopped at the end."""
    program = Program(Path(bare_environment["HOME"]), bare_environment)
    yield program
    assert program("db", "stop").code == 0


def dump(program: Program) -> str:
    lines = program("db", "dump").stdout.splitlines()
    return "\n".join(line for line in lines if "restrict" not in line)


def test_the_demo_prints_the_right_figures_and_the_second_run_changes_nothing(
    program: Program, snapshot: SnapshotAssertion
) -> None:
    first = program("demo", "--json")
    assert first.code == 0
    stats = {one["tenant_id"]: one for one in json.loads(first.stdout)["stats"]}
    # Counted by hand from demo_clinic.sql and whatsapp.jsonl; the names are the simulator's.
    assert [
        (row["campaign_name"], row["ad_id"], row["leads"], row["converted"], row["appointments"])
        for row in stats[1]["rows"]
    ] == [
        ("Implantes | Web | 04", "120210000000000001", 5, 2, 3),
        ("Implantes | Web | 04", "120210000000000002", 3, 1, 1),
        ("Lentes | WhatsApp | 03", "120210000000000003", 2, 1, 1),
    ]
    assert (stats[1]["total"]["leads"], stats[2]["total"]["leads"]) == (10, 3)
    before = dump(program)
    assert "CREATE TABLE metaads.referral_events" in before
    second = program("demo")
    assert (second.code, dump(program) == before) == (0, True)
    assert second.stdout == snapshot
    assert "0 people attributed, 0 new guests" in second.stderr


def test_the_demo_leaves_a_configured_database_alone(program: Program) -> None:
    told = program("demo", DATABASE_URL="postgresql://nobody@127.0.0.1:1/live")
    assert told.code == 0
    assert "env -u DATABASE_URL metaads stats --tenant 1" in told.stderr


def test_the_demo_does_not_mix_with_other_tenants(program: Program) -> None:
    assert program("migrate").code == 0
    url = program("db", "url").stdout.strip()
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO tenants (clinic_name, bot_phone_number) VALUES ('Mine', '1')")
    told = program("demo")
    assert told.code == 8
    assert "The embedded database holds other tenants (Mine, …)" in told.stderr


def test_psql_takes_over_with_its_own_arguments(program: Program) -> None:
    told = program("db", "psql", "--", "-Atc", "SELECT current_user")
    assert told.stdout == "metaads\n"


def test_the_next_commands_work(program: Program) -> None:
    told = program("demo").stderr
    commands = [line.strip() for line in told.partition("Try next:")[2].splitlines() if line.strip()]
    assert len(commands) == 6
    for command in commands:
        arguments = command.removeprefix("metaads ").split()
        outcome = subprocess.run(
            program.command(*arguments), input=b"", capture_output=True, env=program.environment, check=False
        )
        assert outcome.returncode == 0, (command, outcome.stderr)
