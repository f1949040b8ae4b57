"""Patch files: what is refused before a database sees it, and what the checksum is blind to."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaads_cli.db.patching.files import Header, IndexStatement, Patch, load_patch, load_patches
from metaads_cli.errors import ExitCode, InputError

TX = "-- metaads: mode=tx\n"
CONCURRENT = "-- metaads: mode=concurrent\n"
INDEX = "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON public.t (a);\n"


def load(folder: Path, text: str | bytes, name: str = "0001_a.sql") -> Patch:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_patch(path)


def refusal(folder: Path, text: str | bytes, name: str = "0001_a.sql") -> str:
    """Why the file is refused, without the folder."""
    with pytest.raises(InputError) as caught:
        load(folder, text, name)
    assert caught.value.exit_code is ExitCode.INPUT
    return caught.value.message.replace(f"{folder}/", "")


# --- the header


@pytest.mark.parametrize(
    ("line", "header"),
    [
        ("-- metaads: mode=tx", Header(mode="tx")),
        ("-- metaads:  mode=concurrent   min_pg=15  ", Header(mode="concurrent", min_pg=15)),
        (
            "-- metaads: mode=tx when=public.t lock_timeout_ms=1 statement_timeout_ms=2 min_pg=3 destructive=yes",
            Header("tx", when="public.t", lock_timeout_ms=1, statement_timeout_ms=2, min_pg=3, destructive=True),
        ),
        ("-- metaads: destructive=no mode=tx when=metaads", Header(mode="tx", when="metaads")),
    ],
)
def test_the_header_says_how_the_patch_runs(tmp_path: Path, line: str, header: Header) -> None:
    assert load(tmp_path, f"{line}\n").header == header


EXPECTED_HEADER = "0001_a.sql:1: expected a header such as '-- metaads: mode=tx when=public.patients'"
KNOWN = "destructive, lock_timeout_ms, min_pg, mode, requires, statement_timeout_ms, when"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", EXPECTED_HEADER),
        ("SELECT 1;", EXPECTED_HEADER),
        ("-- metaads:", EXPECTED_HEADER),
        ("--metaads: mode=tx", EXPECTED_HEADER),
        (" -- metaads: mode=tx", EXPECTED_HEADER),
        ("-- metaads: mode=tx, min_pg=14", "0001_a.sql:1: mode is 'tx,'; expected tx, concurrent or batched"),
        ("-- metaads: mode=tx destructive", EXPECTED_HEADER),
        ("-- metaads: min_pg=14", "0001_a.sql:1: mode is None; expected tx, concurrent or batched"),
        ("-- metaads: mode=auto", "0001_a.sql:1: mode is 'auto'; expected tx, concurrent or batched"),
        ("-- metaads: mode=tx speed=1", f"0001_a.sql:1: unknown key 'speed' in the header; known are {KNOWN}"),
        ("-- metaads: mode=tx min_pg=new", "0001_a.sql:1: min_pg is 'new'; expected a whole number"),
        ("-- metaads: mode=tx lock_timeout_ms=-1", "0001_a.sql:1: lock_timeout_ms is '-1'; expected a whole number"),
        (
            "-- metaads: mode=tx statement_timeout_ms=1.5",
            "0001_a.sql:1: statement_timeout_ms is '1.5'; expected a whole number",
        ),
        ("-- metaads: mode=tx destructive=true", "0001_a.sql:1: destructive is 'true'; expected yes or no"),
    ],
)
def test_a_header_that_is_not_understood_is_refused(tmp_path: Path, line: str, message: str) -> None:
    assert refusal(tmp_path, f"{line}\nSELECT 1;\n") == message


# --- the bytes


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"\xef\xbb\xbf" + TX.encode(), "0001_a.sql begins with a byte order mark; save it as UTF-8 without one"),
        (TX.encode() + b"SELECT '\0';", "0001_a.sql holds a NUL byte, at which the server would cut it off"),
        (TX.encode() + b"SELECT '\xff';", "0001_a.sql is not UTF-8 text (byte 28)"),
        (TX.encode("utf-16"), "0001_a.sql holds a NUL byte, at which the server would cut it off"),
    ],
)
def test_bytes_that_are_no_plain_text_are_refused(tmp_path: Path, raw: bytes, message: str) -> None:
    assert refusal(tmp_path, raw) == message


def test_the_sidecar_is_read_and_checked_as_the_patch(tmp_path: Path) -> None:
    assert load(tmp_path, TX).verify is None
    (tmp_path / "0001_a.verify.sql").write_bytes(b"SELECT 1;\r\n")
    assert load(tmp_path, TX).verify == "SELECT 1;\n"
    (tmp_path / "0001_a.verify.sql").write_bytes(b"SELECT '\0';")
    assert refusal(tmp_path, TX) == "0001_a.verify.sql holds a NUL byte, at which the server would cut it off"


# --- transaction control and psql


@pytest.mark.parametrize(
    ("body", "line", "found"),
    [
        ("COMMIT;", 2, "COMMIT"),
        ("SELECT 1;\n  commit ;", 3, "commit"),
        ("SELECT 1; COMMIT;", 2, "COMMIT"),
        ("SELECT 1;COMMIT", 2, "COMMIT"),
        ("BEGIN;\nSELECT 1;\nEND;", 2, "BEGIN"),
        ("SELECT 1;\nEND;", 3, "END"),
        ("START\n TRANSACTION;", 2, "START TRANSACTION"),
        ("ROLLBACK TO SAVEPOINT a;", 2, "ROLLBACK TO SAVEPOINT a"),
        ("SAVEPOINT a;", 2, "SAVEPOINT a"),
        ("ABORT;", 2, "ABORT"),
        ("PREPARE TRANSACTION 'a';", 2, "PREPARE TRANSACTION"),
        ("SELECT 'a -- b';\nCOMMIT;\nSELECT 'c';", 3, "COMMIT"),
        ("SELECT 'it''s';\nCOMMIT;\nSELECT 'c';", 3, "COMMIT"),
        ("SELECT E'it\\'s';\nCOMMIT;\nSELECT 'c';", 3, "COMMIT"),
        ("SELECT '/*';\nCOMMIT;\nSELECT '*/';", 3, "COMMIT"),
        ("SELECT '$$';\nCOMMIT;\nSELECT '$$';", 3, "COMMIT"),
        ("SELECT 1 AS \"it's\";\nCOMMIT;\nSELECT 'c';", 3, "COMMIT"),
        ("DO $$ BEGIN END $$; COMMIT;\nDO $$ BEGIN END $$;", 2, "COMMIT"),
        ("-- it's\nCOMMIT; -- it's", 3, "COMMIT"),
        ("/* a */ COMMIT;", 2, "COMMIT"),
    ],
)
def test_transaction_control_is_refused_wherever_it_stands(tmp_path: Path, body: str, line: int, found: str) -> None:
    expected = f"0001_a.sql:{line}: transaction control ({found}) does not belong in a patch; the runner does it"
    assert refusal(tmp_path, f"{TX}{body}\n") == expected


@pytest.mark.parametrize(
    ("body", "line", "found"),
    [
        ("\\i other.sql", 2, "\\i"),
        ("SELECT 1;\n  \\set ON_ERROR_STOP on", 3, "\\set"),
        ("SELECT 1 \\gexec", 2, "\\gexec"),
        ("SELECT 1 \\g", 2, "\\g"),
        ("\\! ls", 2, "\\!"),
        ("SELECT '\\';\n\\echo 'a'", 3, "\\echo"),
    ],
)
def test_commands_of_psql_are_refused_wherever_they_stand(tmp_path: Path, body: str, line: int, found: str) -> None:
    expected = f"0001_a.sql:{line}: a psql command ({found}) does not belong in a patch; the runner does it"
    assert refusal(tmp_path, f"{TX}{body}\n") == expected


@pytest.mark.parametrize(
    "body",
    [
        "DO $$\nBEGIN\n    PERFORM 'a; COMMIT;'; -- COMMIT;\nEND\n$$;",
        "DO $body$\nBEGIN\n    RAISE NOTICE '\\i $$';\nEND;\n$body$;",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1;\nCOMMIT;';",
        "-- COMMIT;\n/* COMMIT;\n\\i a */\nSELECT 1;",
        "SELECT 'a;\nCOMMIT;', E'\\\\';",
        "COMMENT ON TABLE t IS 'it''s;\nROLLBACK;';",
        "SELECT CASE WHEN a THEN 1\nEND;",
        'SELECT 1 AS "x;\nCOMMIT;";',
        "CREATE TABLE commit_log (begin_at date);",
        "SELECT 1;\nCOMMENT ON TABLE t IS 'a';",
    ],
)
def test_what_only_looks_like_it_is_allowed(tmp_path: Path, body: str) -> None:
    assert load(tmp_path, f"{TX}{body}\n").text == f"{TX}{body}\n"


# --- concurrent patches


def test_a_concurrent_patch_is_its_index_statements(tmp_path: Path) -> None:
    text = (
        "-- A comment; with a semicolon.\n"
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON public.t (a) WHERE b <> 'x--y'; /* next */\n"
        "create unique index concurrently\n  if not exists j on metaads.u using btree (c)"
    )
    assert load(tmp_path, CONCURRENT + text).index_statements == [
        IndexStatement(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON public.t (a) WHERE b <> 'x--y'",
            schema="public",
            index="i",
            table="t",
        ),
        IndexStatement(
            "create unique index concurrently\n  if not exists j on metaads.u using btree (c)",
            schema="metaads",
            index="j",
            table="u",
        ),
    ]


def test_an_index_is_named_with_its_schema() -> None:
    assert IndexStatement("…", schema="public", index="i").qualified == "public.i"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1",
        "CREATE INDEX i ON public.t (a)",
        "CREATE INDEX CONCURRENTLY i ON public.t (a)",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS public.i ON public.t (a)",
        "DROP INDEX CONCURRENTLY public.i",
        "DO $$ BEGIN END $$",
        "COMMIT",
        "\\i other.sql",
    ],
)
def test_another_statement_in_a_concurrent_patch_is_refused(tmp_path: Path, statement: str) -> None:
    message = refusal(tmp_path, f"{CONCURRENT}{INDEX}{statement};\n")
    assert message.startswith("0001_a.sql: a concurrent patch holds only CREATE INDEX CONCURRENTLY IF NOT EXISTS name ")
    assert message.endswith(f"found: {statement.partition(';')[0]}")


# --- batched patches

BATCHED = "-- metaads: mode=batched\n"
LOOP = "DO $$\nBEGIN\n    LOOP\n        UPDATE public.t SET a = 1;\n        COMMIT;\n    END LOOP;\nEND\n$$;\n"


@pytest.mark.parametrize(
    "text", [LOOP, f"-- why; $$\n{LOOP}/* end */", LOOP.replace("DO $$", "do language plpgsql $$")]
)
def test_a_batched_patch_is_one_block_that_commits(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, BATCHED + text).header.mode == "batched"


@pytest.mark.parametrize(
    "text",
    [
        "",
        LOOP.replace("COMMIT;", "-- COMMIT;"),
        LOOP.replace("COMMIT;", "PERFORM 'a; COMMIT;';"),
        LOOP + LOOP,
        LOOP + "SELECT 1;",
        "SELECT 1;" + LOOP,
        "SELECT $$ LOOP COMMIT; $$;",
    ],
)
def test_a_batched_patch_that_is_anything_else_is_refused(tmp_path: Path, text: str) -> None:
    message = refusal(tmp_path, BATCHED + text)
    assert message == "0001_a.sql: a batched patch is one DO block that commits in its loop, and nothing else"


@pytest.mark.parametrize(("statement", "found"), [("COMMIT;", "COMMIT"), ("rollback and chain;", "rollback")])
def test_a_commit_inside_do_is_refused_where_there_is_a_transaction(tmp_path: Path, statement: str, found: str) -> None:
    expected = f"0001_a.sql:5: transaction control ({found}) inside DO is for mode=batched"
    assert refusal(tmp_path, f"{TX}DO $$\nBEGIN\n    PERFORM 1;\n    {statement}\nEND\n$$;\n") == expected


# --- sidecars


def write(folder: Path, **texts: str) -> Patch:
    """A patch with sidecars: suffix=text."""
    for suffix, text in texts.items():
        (folder / f"0001_a.{suffix}.sql").write_text(text)
    return load(folder, TX)


def test_a_patch_comes_with_its_rollback_its_losses_and_its_preview(tmp_path: Path) -> None:
    patch = write(tmp_path, down=f"{TX}SELECT 2;\n", loss="SELECT 3;\n", preview="SELECT 4;\n")
    assert patch.down is not None
    assert (patch.down.text, patch.down.header, patch.down.loss) == (f"{TX}SELECT 2;\n", Header("tx"), "SELECT 3;\n")
    assert patch.preview == "SELECT 4;\n"


def test_a_concurrent_rollback_is_its_index_statements(tmp_path: Path) -> None:
    down = "DROP INDEX CONCURRENTLY IF EXISTS public.i;\nDROP INDEX CONCURRENTLY IF EXISTS metaads.j;\n"
    patch = write(tmp_path, down=CONCURRENT + down)
    assert patch.down is not None
    assert [each.qualified for each in patch.down.index_statements] == ["public.i", "metaads.j"]


@pytest.mark.parametrize(
    ("down", "message"),
    [
        ("SELECT 1;\n", EXPECTED_HEADER.replace("0001_a.sql", "0001_a.down.sql")),
        (BATCHED + LOOP, "0001_a.down.sql:1: mode is 'batched'; expected tx or concurrent"),
        (
            TX + "COMMIT;\n",
            "0001_a.down.sql:2: transaction control (COMMIT) does not belong in a patch; the runner does it",
        ),
        (
            CONCURRENT + "DROP INDEX public.i;\n",
            (
                "0001_a.down.sql: a concurrent rollback holds only DROP INDEX CONCURRENTLY IF EXISTS schema.name "
                "statements; found: DROP INDEX public.i"
            ),
        ),
        (
            "-- metaads: mode=tx destructive=yes\n",
            "0001_a.down.sql: a destructive rollback needs 0001_a.loss.sql, which counts what is lost",
        ),
    ],
)
def test_a_rollback_that_cannot_be_used_is_refused(tmp_path: Path, down: str, message: str) -> None:
    (tmp_path / "0001_a.down.sql").write_text(down)
    assert refusal(tmp_path, TX) == message


# --- what a patch requires


def requiring(folder: Path, required: str) -> None:
    for name, header in (("0001_a", TX), ("0002_b", f"-- metaads: mode=tx requires={required}\n"), ("0003_c", TX)):
        (folder / f"{name}.sql").write_text(header)


def test_a_patch_may_require_earlier_ones(tmp_path: Path) -> None:
    requiring(tmp_path, "0001_a")
    assert [patch.header.requires for patch in load_patches(tmp_path)] == [(), ("0001_a",), ()]


@pytest.mark.parametrize("required", ["0003_c", "0002_b", "0001_b", "0001_a,0009_x"])
def test_a_patch_cannot_require_what_does_not_come_before_it(tmp_path: Path, required: str) -> None:
    requiring(tmp_path, required)
    unknown = required.rpartition(",")[2]
    with pytest.raises(InputError, match=rf"^0002_b\.sql:1: requires {unknown}, which is no earlier patch$"):
        load_patches(tmp_path)


@pytest.mark.parametrize("required", ["0001", "0001_a,", ",", "all"])
def test_requirements_are_names_of_patches(tmp_path: Path, required: str) -> None:
    message = refusal(tmp_path, f"-- metaads: mode=tx requires={required}\n")
    assert message == f"0001_a.sql:1: requires is {required!r}; expected names of patches, such as 0005_a,0007_b"


# --- names and numbers


@pytest.mark.parametrize(
    "name", ["1_a.sql", "0001.sql", "0001-a.sql", "0001_A.sql", "0001_á.sql", "a.sql", "00001_a.sql"]
)
def test_a_file_that_is_not_named_as_a_patch_is_refused(tmp_path: Path, name: str) -> None:
    expected = f"{name} is no patch file: expected a name such as 0007_add_something.sql"
    assert refusal(tmp_path, TX, name) == expected
    with pytest.raises(InputError):
        load_patches(tmp_path)


def test_patches_come_in_the_order_of_their_numbers_without_their_sidecars(tmp_path: Path) -> None:
    for name in ("0010_b.sql", "0002_c.sql", "0002_c.verify.sql", "0001_a.sql", "0001_a.down.sql", "notes.txt"):
        (tmp_path / name).write_text(TX)
    assert [patch.name for patch in load_patches(tmp_path)] == ["0001_a", "0002_c", "0010_b"]


def test_a_number_that_is_used_twice_is_refused(tmp_path: Path) -> None:
    for name in ("0001_a.sql", "0002_b.sql", "0002_c.sql"):
        (tmp_path / name).write_text(TX)
    with pytest.raises(InputError, match=r"^The patch number 0002 is used twice, by 0002_b and another file$"):
        load_patches(tmp_path)


def test_the_patches_of_the_project_are_all_usable() -> None:
    patches = load_patches()
    assert [patch.name[:4] for patch in patches] == [f"{number:04}" for number in range(len(patches))]
    assert all(patch.verify for patch in patches)


# --- the checksum


def checksum(text: str) -> str:
    return Patch(name="0001_a", text=text, header=Header("tx"), verify=None).checksum


BODY = f"{TX}SELECT 1,\n\n  'a b';\n"


@pytest.mark.parametrize(
    "same",
    [
        BODY.replace("\n", "\r\n"),
        BODY.replace("\n", " \t\n"),
        BODY.rstrip("\n"),
        BODY + "\n \n\n",
        BODY.replace("\n", "  \r\n"),
    ],
)
def test_the_checksum_ignores_line_ends_and_trailing_blanks(same: str) -> None:
    assert checksum(same) == checksum(BODY)


@pytest.mark.parametrize(
    "other",
    [
        BODY.replace("1", "2"),
        BODY.replace("a b", "a  b"),
        BODY.replace("  '", "'"),
        BODY.replace("\n\n", "\n"),
        BODY.replace("SELECT", "select"),
        "\n" + BODY,
        BODY.replace("a b", "a\u2028b"),
        BODY.replace("1,\n", "1,\x0b\n"),
        BODY.replace("1,\n", "1,\xa0\n"),
        BODY + "-- more\n",
    ],
)
def test_the_checksum_sees_everything_else(other: str) -> None:
    assert checksum(other) != checksum(BODY)


@given(st.text(st.sampled_from("a \t\n\x0b\x0c\x85\u2028\xa0;"), max_size=12), st.data())
def test_two_texts_have_one_checksum_only_if_they_differ_in_trailing_blanks(text: str, data: st.DataObject) -> None:
    other = data.draw(st.text(st.sampled_from("a \t\n\x0b\x0c\x85\u2028\xa0;"), max_size=12))
    lines, others = ([line.rstrip(" \t") for line in each.split("\n")] for each in (text, other))
    assert (checksum(text) == checksum(other)) == ("\n".join(lines).rstrip("\n") == "\n".join(others).rstrip("\n"))
