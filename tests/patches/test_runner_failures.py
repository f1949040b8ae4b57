"""Patches that cannot be applied: refused in words, and nothing of them stays."""

import re
import traceback
from pathlib import Path

import psycopg
import pytest
from tests.patches.conftest import (
    ATTRIBUTION,
    applicable,
    history,
    run,
    shape_of,
)

from metaads_cli.errors import ConfigError, PatchFailed, Temporary
from patching import Ear, apply, write_patch

ALL = applicable("public.patients")
READ = "SELECT count(*) FROM patients"
WRITE = "UPDATE patients SET last_name = 'X' WHERE id = 1"
OCCUPY = "LOCK TABLE patients IN ACCESS EXCLUSIVE MODE"


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


def test_a_patch_that_the_data_contradict_tells_no_row(bare: psycopg.Connection, tmp_path: Path) -> None:
    run(bare)
    patch = write_patch(tmp_path, "DO $$ BEGIN RAISE 'wrong' USING\nDETAIL = 'Ana has diabetes'; END $$;")
    with pytest.raises(PatchFailed) as caught:
        apply(bare, patch)
    printed = "".join(traceback.format_exception(caught.value))
    assert "diabetes" not in f"{printed}{caught.value.hint}{caught.value.details}"


# text of the patch from its second line on, place, the line with its caret
PLACES = [
    ("SELECT 1;\n  SELECT nope;", "3:10", "  SELECT nope;\n    |          ^"),
    (
        "DO $$\nBEGIN\n    ALTER TABLE public.nope ADD a text;\nEND\n$$;",
        "4:5",
        "    ALTER TABLE public.nope ADD a text;",
    ),
    ("DO $$\nBEGIN\n    UPDATE public.patients\n    SET nope = 1;\nEND\n$$;", "5:9", "    SET nope = 1;"),
    ("DO $$\nBEGIN\n    PERFORM id,\n        nope FROM public.patients;\nEND\n$$;", "5:9", "        nope FROM"),
    ("DO $$\nBEGIN\n    IF THEN;\nEND\n$$;", "4:8", "    IF THEN;"),
    ("DO $$\nBEGIN\n    EXECUTE 'SELECT ' || 'nope';\nEND\n$$;", "4:5", "    EXECUTE"),
    (
        "DO $$\nBEGIN\n    PERFORM 1;\nEND\n$$;\nDO $x$\nBEGIN\n    PERFORM nope;\nEND\n$x$;",
        "9:13",
        "    PERFORM nope;",
    ),
    ("DO $$ DECLARE a int; BEGIN\n    a := 'x';\nEND $$;", "3:10", "    a := 'x';"),
]


@pytest.mark.parametrize(("text", "place", "line"), PLACES)
def test_a_failing_statement_is_shown_where_it_stands(
    bare: psycopg.Connection, tmp_path: Path, text: str, place: str, line: str
) -> None:
    run(bare, up_to="0000")
    with pytest.raises(PatchFailed) as caught:
        apply(bare, write_patch(tmp_path, text))
    first, where, source, caret = caught.value.message.splitlines()[:4]
    assert first.startswith("The patch 9000_mine was refused by the server: ")
    assert re.fullmatch(rf"ERROR \w{{5}} at 9000_mine\.sql:{place}", where)
    number, column = place.split(":")
    assert f"{source}\n{caret}".startswith(f"  {number} | {line}")
    assert caret == f"  {' ' * len(number)} | {' ' * (int(column) - 1)}^"
    details = caught.value.details
    assert (details["file"], details["line"], details["column"]) == ("9000_mine.sql", int(number), int(column))


def test_what_depends_on_a_dropped_object_is_told(bare: psycopg.Connection, tmp_path: Path) -> None:
    run(bare, up_to="0000")
    bare.execute("CREATE VIEW names AS SELECT last_name FROM patients")
    with pytest.raises(PatchFailed) as caught:
        apply(bare, write_patch(tmp_path, "ALTER TABLE public.patients DROP COLUMN last_name;"))
    assert "detail: view names depends on column last_name of table patients" in caught.value.message
    assert caught.value.hint == "Use DROP ... CASCADE to drop the dependent objects too."
    assert (caught.value.details["severity"], caught.value.details["sqlstate"]) == ("ERROR", "2BP01")


def test_notices_are_kept_and_those_that_the_patch_raises_are_told(bare: psycopg.Connection, tmp_path: Path) -> None:
    run(bare, up_to="0000")
    text = "DROP TABLE IF EXISTS public.nope;\nDO $$ BEGIN RAISE WARNING 'three rows'; END $$;"
    ears = {verbosity: Ear(verbosity=verbosity) for verbosity in (0, 1)}
    for number, ear in ears.items():
        apply(bare, write_patch(tmp_path, text, name=f"900{number}_mine"), ear)
    told = "warning: three rows"
    kept = ['NOTICE: table "nope" does not exist, skipping', "WARNING: three rows"]
    assert bare.execute("SELECT notices FROM metaads.patch_log WHERE patch > '9'").fetchall() == [(kept,), (kept,)]
    assert {verbosity: ear.heard for verbosity, ear in ears.items()} == {0: [told], 1: [kept[0], told]}
