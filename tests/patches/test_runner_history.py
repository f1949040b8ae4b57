"""The history of patches, and what differs from it."""

from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from tests.patches.conftest import (
    applicable,
)

from metaads_cli.db.patching.files import load_patches
from metaads_cli.db.patching.inventory import take_inventory
from patching import write_patch

ALL = applicable("public.patients")
READ = "SELECT count(*) FROM patients"
WRITE = "UPDATE patients SET last_name = 'X' WHERE id = 1"
OCCUPY = "LOCK TABLE patients IN ACCESS EXCLUSIVE MODE"


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


def test_a_patch_waits_for_those_that_it_requires(connection: psycopg.Connection, tmp_path: Path) -> None:
    for number, header in ((1, "when=public.later"), (2, "requires=9001_mine"), (3, "requires=9002_mine")):
        write_patch(tmp_path, "SELECT 1;", name=f"900{number}_mine", header=f"mode=tx {header}")
    patches = [*load_patches(), *load_patches(tmp_path)]
    states = {state.name: (state.state, state.note) for state in take_inventory(connection, patches).states()}
    assert states["9001_mine"] == ("not applicable", "needs public.later")
    assert states["9002_mine"] == ("not applicable", "needs 9001_mine, which does not apply")
    assert states["9003_mine"] == ("not applicable", "needs 9002_mine, which does not apply")
    connection.execute("CREATE TABLE later ()")
    inventory = take_inventory(connection, patches)
    assert [patch.name[:4] for patch in inventory.pending] == ["9001", "9002", "9003"]
    assert [state.note for state in inventory.states()][-3:] == ["", "after 9001_mine", "after 9002_mine"]


@pytest.mark.parametrize("answer", ["false", "NULL", "true WHERE false"])
def test_a_patch_may_ask_whether_it_applies(connection: psycopg.Connection, tmp_path: Path, answer: str) -> None:
    patches = [*load_patches(), write_patch(tmp_path, "SELECT 1;", when=f"SELECT {answer};")]
    inventory = take_inventory(connection, patches)
    assert (inventory.pending, [*inventory.states()][-1].note) == ([], "9000_mine.when.sql says no")
    patches = [*load_patches(), write_patch(tmp_path, "SELECT 1;", when="SELECT true;")]
    assert [patch.name for patch in take_inventory(connection, patches).pending] == ["9000_mine"]
