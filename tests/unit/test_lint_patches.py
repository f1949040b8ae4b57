"""The patch lint: each rule finds its fault, and stays silent on the form the design asks for."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import lint_patches
from tools.lint_patches import Finding, lex, lint, offset_of, visible_to_squawk

TOOL = Path(lint_patches.__file__)
GUARD = "IF to_regclass('metaads.t') IS NULL THEN"
COLUMN = (
    "IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = 'public.patients'::regclass"
    " AND attname = 'a' AND NOT attisdropped) THEN {} END IF;"
)
CONCURRENTLY = "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON public.patients (a);\n"

DOWN = "-- metaads: mode=tx destructive=no\n"
DOWN_CONCURRENT = "-- metaads: mode=concurrent\n"
DROP = "DROP INDEX CONCURRENTLY IF EXISTS public.i;\n"


def do(body: str) -> str:
    return f"DO $$\nBEGIN\n    {body}\nEND\n$$;\n"


def write(folder: Path, sql: str, *, mode: str = "tx", name: str = "0001_a") -> Path:
    (folder / f"{name}.verify.sql").write_text("SELECT 'a' AS check, true AS ok, '' AS detail;\n")
    patch = folder / f"{name}.sql"
    patch.write_bytes(f"-- metaads: mode={mode} min_pg=14\n{sql}".encode())
    return patch


def found(folder: Path) -> list[Finding]:
    return lint(folder)[1]


def rules(folder: Path) -> list[str]:
    return [finding.rule for finding in found(folder)]


def run(*arguments: Path | str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    return subprocess.run([python, TOOL, *arguments], capture_output=True, text=True, check=False)


# rule, the fault, its twin without the fault
TX = [
    (
        "locking-guard",
        do("ALTER TABLE public.patients ADD COLUMN IF NOT EXISTS a text;"),
        do(COLUMN.format("ALTER TABLE public.patients ADD COLUMN a text;")),
    ),
    (
        "locking-guard",
        do("ALTER TABLE ONLY public.patients ADD IF NOT EXISTS a text;"),
        do("ALTER TABLE metaads.t ADD COLUMN IF NOT EXISTS a text;"),
    ),
    (
        "information-schema",
        do("IF NOT EXISTS (SELECT FROM information_schema.columns) THEN RAISE NOTICE 'a'; END IF;"),
        do("-- not information_schema.columns\n    PERFORM 1 WHERE current_schema() <> 'information_schema';"),
    ),
    (
        "information-schema",
        do("EXECUTE 'SELECT FROM information_schema.columns';"),
        do("EXECUTE 'SELECT FROM pg_catalog.pg_attribute';"),
    ),
    (
        "when-others",
        do("BEGIN PERFORM 1; EXCEPTION WHEN OTHERS THEN NULL; END;"),
        do("BEGIN PERFORM 1; EXCEPTION WHEN duplicate_object THEN NULL; END;"),
    ),
    (
        "when-others",
        do("BEGIN PERFORM 1; EXCEPTION WHEN unique_violation OR others THEN NULL; END;"),
        do("PERFORM 'WHEN OTHERS'; -- WHEN OTHERS"),
    ),
    (
        "when-others",
        do(
            "CREATE FUNCTION metaads.f() RETURNS void LANGUAGE plpgsql AS $fn$\n"
            "BEGIN PERFORM 1; EXCEPTION WHEN OTHERS THEN NULL; END $fn$;"
        ),
        do("CREATE FUNCTION metaads.f() RETURNS void LANGUAGE plpgsql AS $fn$\nBEGIN PERFORM 1; END $fn$;"),
    ),
    ("transaction", "BEGIN;\n", do("BEGIN PERFORM 1; END;")),
    ("transaction", "COMMIT;\n", "-- COMMIT;\n"),
    ("transaction", "ROLLBACK;\n", do("RAISE NOTICE 'ROLLBACK;';")),
    ("transaction", "START TRANSACTION;\n", do("/* START /* nested */ TRANSACTION; */ PERFORM 1;")),
    ("transaction", "RELEASE SAVEPOINT a;\n", "-- RELEASE SAVEPOINT a;\n"),
    ("transaction", "SAVEPOINT a;\n", do("PERFORM $q$;SAVEPOINT a;$q$;")),
    ("psql-meta", "\\set ON_ERROR_STOP 1\n", do(r"RAISE NOTICE E'\\set it\'s';")),
    ("psql-meta", do("PERFORM 1;") + "  \\echo it's done\n", do("PERFORM '\n\\echo\n';")),
    ("unqualified", do("ALTER TABLE t ADD COLUMN a text;"), do("ALTER TABLE metaads.t ADD COLUMN a text;")),
    (
        "unqualified",
        do(f"{GUARD} CREATE TABLE t (a text); END IF;"),
        do(f"{GUARD} CREATE TABLE metaads.t (a text); END IF;"),
    ),
    ("unqualified", do("CREATE TABLE t (a text);"), do("CREATE TABLE pg_temp.t (a text);")),
    ("unqualified", do('CREATE TABLE "T" (a text);'), do('CREATE TABLE metaads."T" (a text);')),
    ("unqualified", do("CREATE UNIQUE INDEX i ON t (a);"), do("CREATE UNIQUE INDEX i ON metaads.t (a);")),
    (
        "unqualified",
        do("CREATE POLICY p ON t USING (true);"),
        do("CREATE POLICY p ON metaads.t USING (true);"),
    ),
    (
        "unqualified",
        do("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'select 1';"),
        do("CREATE OR REPLACE FUNCTION metaads.f() RETURNS int LANGUAGE sql AS 'select 1';"),
    ),
    (
        "unqualified",
        do("-- squawk-ignore ban-drop-table\n    DROP TABLE metaads.t, u;"),
        do("-- squawk-ignore ban-drop-table\n    DROP TABLE metaads.t, metaads.u;"),
    ),
    (
        "unqualified",
        do("INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET b = 1;"),
        do("INSERT INTO metaads.t VALUES (1) ON CONFLICT (a) DO UPDATE SET b = 1;"),
    ),
    (
        "unqualified",
        do("WITH old AS (UPDATE t SET a = 1 RETURNING *) SELECT FROM old;"),
        do("WITH old AS (SELECT FROM metaads.t FOR UPDATE) SELECT FROM old;"),
    ),
    ("unqualified", do("IF true THEN UPDATE ONLY t SET a = 1; END IF;"), do("UPDATE metaads.t SET a = 1;")),
    ("unqualified", do("DELETE FROM t;"), do("DELETE FROM metaads.t;")),
    (
        "unqualified",
        do("CREATE TABLE metaads.t (a text REFERENCES u);"),
        do("CREATE TABLE metaads.t (a text REFERENCES metaads.u ON UPDATE CASCADE);"),
    ),
    (
        "unqualified",
        do(
            "CREATE FUNCTION metaads.f() RETURNS trigger LANGUAGE plpgsql AS $fn$\n"
            "BEGIN UPDATE t SET a = 1; RETURN NEW; END $fn$;"
        ),
        do("CREATE TRIGGER g BEFORE INSERT OR UPDATE ON metaads.t FOR EACH ROW EXECUTE FUNCTION metaads.f();"),
    ),
    ("unqualified", do("PERFORM 't'::regclass;"), do("PERFORM 'metaads.t'::regclass;")),
    ("unqualified", do("PERFORM to_regclass('t');"), do("PERFORM to_regclass('metaads.t');")),
    ("do-only", "SELECT 1;\n", do("PERFORM 1;")),
    (
        "do-only",
        "DO 'BEGIN CREATE INDEX i ON public.patients (a); END';\n",
        "DO LANGUAGE plpgsql $a$ BEGIN END $a$;\n",
    ),
    ("host-index", do("CREATE INDEX i ON public.patients (a);"), do("CREATE INDEX i ON metaads.t (a);")),
    ("unterminated", do("PERFORM 1;") + "/* /* */\n", do("PERFORM 1;") + "/* /* */ */\n"),
    (
        "unterminated",
        "DO $a$ BEGIN PERFORM 'it''s'; END $b$;\n",
        "DO $a$ BEGIN PERFORM 'it''s $b$'; END $a$;\n",
    ),
    ("unterminated", do("PERFORM 'it's';"), do("PERFORM 'it''s';")),
]


@pytest.mark.parametrize(("rule", "bad", "good"), TX, ids=[f"{i}-{row[0]}" for i, row in enumerate(TX)])
def test_a_tx_patch_has_the_fault_and_its_twin_has_none(tmp_path: Path, rule: str, bad: str, good: str) -> None:
    patch = write(tmp_path, bad)
    assert rules(tmp_path) == [rule]
    patch.unlink()
    write(tmp_path, good)
    assert found(tmp_path) == []


CONCURRENT = [
    (["concurrent-only"], do("PERFORM 1;")),
    (["concurrent-only"], "CREATE INDEX CONCURRENTLY i ON public.patients (a);\n"),
    (["concurrent-only"], "CREATE INDEX IF NOT EXISTS i ON public.patients (a);\n"),
    (["concurrent-only"], "ALTER TABLE public.patients ADD COLUMN a text;\n"),
    (["transaction", "squawk ban-concurrent-index-creation-in-transaction"], "BEGIN;\n" + CONCURRENTLY),
    (["unqualified"], CONCURRENTLY.replace("public.", "")),
    ([], CONCURRENTLY),
    ([], CONCURRENTLY * 2),
    ([], CONCURRENTLY.replace("CREATE", "CREATE UNIQUE")),
]


@pytest.mark.parametrize(("expected", "sql"), CONCURRENT)
def test_a_concurrent_patch_only_creates_indexes_concurrently(tmp_path: Path, expected: list[str], sql: str) -> None:
    write(tmp_path, sql, mode="concurrent")
    assert rules(tmp_path) == expected


UNQUALIFIED = [
    "PERFORM 1; UPDATE {}t SET a = 1;",
    "WITH old AS (SELECT 1) UPDATE {}t SET a = 1;",
    "RETURN QUERY UPDATE {}t SET a = 1 RETURNING a;",
    "FOR r IN UPDATE {}t SET a = 1 RETURNING a LOOP NULL; END LOOP;",
    "CREATE FUNCTION metaads.f() RETURNS void LANGUAGE sql AS $f$ UPDATE {}t SET a = 1; $f$;",
    "CREATE FUNCTION metaads.f() RETURNS void LANGUAGE plpgsql AS $f$ BEGIN CREATE TABLE {}t (a text); END $f$;",
    "CREATE TABLE IF NOT EXISTS {}t (a text);",
    "CREATE UNLOGGED TABLE {}t (a text);",
    "CREATE MATERIALIZED VIEW {}t AS SELECT 1 AS a;",
    "CREATE RECURSIVE VIEW {}t (a) AS SELECT 1 AS a;",
    "CREATE PROCEDURE {}t() LANGUAGE sql AS 'select 1';",
    "CREATE TYPE {}t AS ENUM ('a');",
    "CREATE SEQUENCE {}t;",
    "ALTER INDEX {}t RENAME TO u;",
    "CREATE RULE r AS ON DELETE TO metaads.t DO INSTEAD DELETE FROM {}t;",
    "CREATE CONSTRAINT TRIGGER g AFTER INSERT ON {}t FOR EACH ROW EXECUTE FUNCTION metaads.f();",
]


@pytest.mark.parametrize("body", UNQUALIFIED)
def test_names_need_a_schema_wherever_they_stand(tmp_path: Path, body: str) -> None:
    write(tmp_path, do(body.format("")))
    assert "unqualified" in rules(tmp_path)
    write(tmp_path, do(body.format("metaads.")))
    assert "unqualified" not in rules(tmp_path)


def test_an_index_guarded_by_if_not_exists_is_wrong_twice(tmp_path: Path) -> None:
    write(tmp_path, do("CREATE INDEX IF NOT EXISTS i ON public.patients (a);"))
    assert rules(tmp_path) == ["host-index", "locking-guard"]


def test_index_concurrently_does_not_belong_in_a_tx_patch(tmp_path: Path) -> None:
    write(tmp_path, CONCURRENTLY)
    assert rules(tmp_path) == ["do-only", "host-index"]


def test_the_rules_reach_the_sidecars_but_leave_their_statements_free(tmp_path: Path) -> None:
    write(tmp_path, do("PERFORM 1;"))
    (tmp_path / "0001_a.verify.sql").write_text("SELECT 't'::regclass\nFROM information_schema.columns;\n")
    (tmp_path / "0001_a.down.sql").write_text(
        f"{DOWN}UPDATE t SET a = 1;\nALTER TABLE public.patients DROP COLUMN IF EXISTS a;\n"
    )
    assert [(f.path.name, f.line, f.rule) for f in found(tmp_path)] == [
        ("0001_a.down.sql", 2, "unqualified"),
        ("0001_a.down.sql", 3, "locking-guard"),
        ("0001_a.verify.sql", 1, "unqualified"),
        ("0001_a.verify.sql", 2, "information-schema"),
    ]


SIDECARS = [
    ("no-header", "down", "SELECT 1;\n", f"{DOWN}SELECT 1;\n"),
    ("no-loss", "down", DOWN.replace("no", "yes"), DOWN),
    ("drop-only", "down", DOWN_CONCURRENT + "DROP INDEX public.i;\n", f"{DOWN_CONCURRENT}{DROP}"),
    ("drop-only", "down", f"{DOWN_CONCURRENT}{DROP}SELECT 1;\n", f"{DOWN_CONCURRENT}-- why\n{DROP}{DROP}"),
    ("one-select", "preview", "SELECT 1;\nSELECT 2;\n", "-- why\nWITH a AS (SELECT 1) SELECT 1;\n"),
    ("one-select", "when", "UPDATE public.t SET a = 1;\n", "SELECT true;\n"),
    ("one-select", "loss", "-- nothing\n", "SELECT 'a;b', 1;\n"),
]


@pytest.mark.parametrize(("rule", "kind", "fault", "twin"), SIDECARS)
def test_sidecars_have_the_form_that_the_runner_reads(
    tmp_path: Path, rule: str, kind: str, fault: str, twin: str
) -> None:
    write(tmp_path, do("PERFORM 1;"))
    sidecar = tmp_path / f"0001_a.{kind}.sql"
    sidecar.write_text(fault)
    assert rules(tmp_path) == [rule]
    sidecar.write_text(twin)
    assert rules(tmp_path) == []


def test_a_destructive_rollback_that_counts_its_losses_is_fine(tmp_path: Path) -> None:
    write(tmp_path, do("PERFORM 1;"))
    (tmp_path / "0001_a.down.sql").write_text(DOWN.replace("no", "yes"))
    (tmp_path / "0001_a.loss.sql").write_text("SELECT 'a', 1;\n")
    assert rules(tmp_path) == []


BATCH = do("LOOP UPDATE public.t SET a = 1; COMMIT; END LOOP;")


@pytest.mark.parametrize(
    ("rule", "mode", "fault", "twin"),
    [
        ("commit-inside", "tx", BATCH, BATCH.replace("COMMIT;", "PERFORM 'COMMIT;'; -- COMMIT;")),
        ("commit-inside", "tx", do("IF a THEN ROLLBACK; END IF;"), do("commit := 1;")),
        ("one-batch", "batched", BATCH.replace("COMMIT;", ""), BATCH),
        ("one-batch", "batched", BATCH + BATCH, f"-- why\n{BATCH}"),
    ],
)
def test_commits_belong_in_batched_patches(tmp_path: Path, rule: str, mode: str, fault: str, twin: str) -> None:
    write(tmp_path, fault, mode=mode)
    assert set(rules(tmp_path)) == {rule}
    write(tmp_path, twin, mode=mode)
    assert rules(tmp_path) == []


@pytest.mark.parametrize("ddl", ["ALTER TABLE metaads.t DROP CONSTRAINT a", "DROP INDEX metaads.a"])
def test_a_lock_on_a_table_of_ours_is_our_own_matter(tmp_path: Path, ddl: str) -> None:
    write(tmp_path, do(f"{ddl};"))
    assert rules(tmp_path) == []


def test_a_temporary_table_is_nobody_elses_business(tmp_path: Path) -> None:
    write(tmp_path, do("CREATE TEMPORARY TABLE t (a bigint); DROP TABLE pg_temp.t;"))
    assert rules(tmp_path) == []


# squawk


SQUAWK = [
    ("ban-drop-column", do("ALTER TABLE public.patients DROP COLUMN a;")),
    ("syntax-error", do("TRUNCATE TABLE;")),
    ("syntax-error", do("REVOKE ALL ON;")),
    ("syntax-error", do("IF true THEN ALTER TABLE public.patients ADD CLOUMN a text; END IF;")),
    ("adding-field-with-default", do("ALTER TABLE public.patients ADD a uuid DEFAULT gen_random_uuid();")),
    ("prefer-bigint-over-int", do("CREATE TABLE metaads.t (a int);")),
    ("prefer-text-field", do("CREATE TABLE metaads.t (a varchar(9));")),
    ("ban-drop-constraint", do("ALTER TABLE public.patients DROP CONSTRAINT a;")),
    ("require-concurrent-index-deletion", do("DROP INDEX public.a;")),
    ("prefer-timestamp-tz", do("FOR i IN 1..2 LOOP CREATE TABLE metaads.t (a timestamp); END LOOP;")),
]


@pytest.mark.parametrize(("rule", "sql"), SQUAWK)
def test_squawk_sees_the_ddl_inside_do(tmp_path: Path, rule: str, sql: str) -> None:
    write(tmp_path, sql)
    assert set(rules(tmp_path)) == {f"squawk {rule}"}


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE public.patients ADD COLUMN a int, ADD COLUMN b varchar(9);",
        "CREATE TABLE metaads.t (tenant_id int NOT NULL, patient_id integer, a smallint);",
        "ALTER TABLE public.patients ADD CONSTRAINT c CHECK (a > 0) NOT VALID;",
        "CREATE INDEX i ON metaads.t (a);",
        "CREATE INDEX i ON pg_temp.t (a);",
        "CREATE TABLE metaads.t (a text); ALTER TABLE metaads.t ADD CONSTRAINT c UNIQUE (a);",
        "-- squawk-ignore ban-drop-column\n    ALTER TABLE public.patients DROP COLUMN a;",
    ],
)
def test_squawk_is_silent_where_the_design_differs(tmp_path: Path, sql: str) -> None:
    write(tmp_path, do(sql))
    assert found(tmp_path) == []


def test_findings_name_the_real_line(tmp_path: Path) -> None:
    body = "PERFORM 'é', $q$\n;\n$q$;\n /* ñ */ CREATE TABLE metaads.t (\n\"ñ\" text, a int\n);\nDELETE FROM t;"
    patch = write(tmp_path, "\n" + do(body))
    lines = patch.read_text().splitlines()
    assert [(f.rule, lines[f.line - 1]) for f in found(tmp_path)] == [
        ("squawk prefer-bigint-over-int", '"ñ" text, a int'),
        ("unqualified", "DELETE FROM t;"),
    ]


def test_only_ddl_is_shown_to_squawk_and_stays_in_place() -> None:
    sql = (
        "-- DROP TABLE x;\n"
        "DO $$\nDECLARE comment text;\nBEGIN\n"
        "  IF a THEN CREATE TABLE metaads.t (a text DEFAULT ';');\n"
        "  ELSE COMMENT ON TABLE metaads.t IS $q$;$q$; END IF;\n"
        "  EXECUTE format('DROP TABLE %I', a); RAISE NOTICE 'x; DROP TABLE y;';\n"
        "  CREATE FUNCTION metaads.f() RETURNS void LANGUAGE plpgsql AS $f$ BEGIN DROP TABLE z; END $f$;\n"
        "END $$;\n"
        "CREATE SCHEMA a;\n"
    )
    shown = visible_to_squawk(sql)
    assert [line.strip() for line in shown.splitlines() if line.strip()] == [
        "CREATE TABLE metaads.t (a text DEFAULT ';');",
        "COMMENT ON TABLE metaads.t IS $q$;$q$;",
        "CREATE FUNCTION metaads.f() RETURNS void LANGUAGE plpgsql AS $f$ BEGIN DROP TABLE z; END $f$;",
        "CREATE SCHEMA a;",
    ]
    assert all(char in {seen, "\n"} or seen == " " for char, seen in zip(sql, shown, strict=True))


PIECES = [
    "$$",
    "$a$",
    "'",
    '"',
    "/*",
    "*/",
    "--",
    "\n",
    ";",
    "E'",
    "\\",
    "DO ",
    "AS ",
    "CREATE ",
    "ñ",
    "(",
    ")",
    "a",
]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_any_text_is_cut_into_tokens_and_blanked_without_moving_a_line(text: str) -> None:
    tokens = list(lex(text))
    gaps = zip([0, *(t.end for t in tokens)], [*(t.start for t in tokens), len(text)], strict=True)
    assert all(not text[end:start].strip() for end, start in gaps)
    assert all(text[t.start : t.end] == t.text for t in tokens)
    assert [len(line) for line in visible_to_squawk(text).split("\n")] == [len(line) for line in text.split("\n")]


@pytest.mark.parametrize(("line", "column", "offset"), [(0, 0, 0), (0, 2, 1), (1, 0, 3), (1, 3, 5), (9, 0, 6)])
def test_offsets_count_characters_where_squawk_counts_bytes(line: int, column: int, offset: int) -> None:
    assert offset_of("ña\nñaa"[:5], line, column) == offset


# Bytes, names, and the command


@pytest.mark.parametrize(
    ("rule", "line", "data"),
    [
        ("encoding", 2, b"-- a\n-- \xe9\n"),
        ("bom", 1, b"\xef\xbb\xbf-- a\n"),
        ("nul", 2, b"-- a\n-- \0\n"),
        ("crlf", 1, b"-- a\r\n"),
        ("tab", 2, b"-- a\n--\ta\n"),
        ("final-newline", 2, b"-- a\n-- a"),
    ],
)
def test_bytes_that_do_not_belong_in_a_patch(tmp_path: Path, rule: str, line: int, data: bytes) -> None:
    write(tmp_path, "").write_bytes(data)
    assert [(finding.rule, finding.line) for finding in found(tmp_path)] == [(rule, line)]


def test_utf8_beyond_ascii_is_fine(tmp_path: Path) -> None:
    write(tmp_path, "-- ñandú €\n" + do("PERFORM 'é';"))
    assert found(tmp_path) == []


def test_a_patch_needs_a_verify_sidecar_and_a_sidecar_its_patch(tmp_path: Path) -> None:
    write(tmp_path, "", name="0001_a").rename(tmp_path / "0001_b.sql")
    assert [(f.path.name, f.rule) for f in found(tmp_path)] == [
        ("0001_a.verify.sql", "no-patch"),
        ("0001_b.sql", "no-verify"),
    ]


def test_a_number_is_used_once(tmp_path: Path) -> None:
    write(tmp_path, "", name="0001_a")
    write(tmp_path, "", name="0001_b")
    assert [(f.path.name, f.rule) for f in found(tmp_path)] == [("0001_b.sql", "number-twice")]


@pytest.mark.parametrize("name", ["1_a.sql", "0002-a.sql", "0002_A.sql", "0002_a.sql.bak", "0002_a.SQL", "a.md"])
def test_file_names(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("-- a\n")
    assert rules(tmp_path) == ["file-name"]


def test_the_command_counts_patches_and_exits_0(tmp_path: Path) -> None:
    write(tmp_path, do("PERFORM 1;"))
    write(tmp_path, CONCURRENTLY, mode="concurrent", name="0002_b")
    done = run(tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "2 patches, no findings\n", "")


def test_the_command_prints_findings_and_exits_1(tmp_path: Path) -> None:
    patch = write(tmp_path, do("DELETE FROM t;"))
    done = run(tmp_path)
    assert done.stdout == f"{patch}:4: unqualified: t: {lint_patches.RULES['unqualified']}\n"
    assert (done.returncode, done.stderr) == (1, "")


def test_a_folder_that_is_not_there_exits_2(tmp_path: Path) -> None:
    done = run(tmp_path / "absent")
    assert (done.returncode, done.stdout) == (2, "")
    assert "absent" in done.stderr


@pytest.mark.parametrize("squawk", [None, "#!/bin/sh\necho broken >&2; exit 3\n"])
def test_squawk_that_does_not_run_exits_2(tmp_path: Path, squawk: str | None) -> None:
    folder = tmp_path / "patches"
    folder.mkdir()
    write(folder, do("PERFORM 1;"))
    # An interpreter with another squawk, or none, beside it.
    python = tmp_path / "python"
    python.symlink_to(sys.executable)
    if squawk:
        (tmp_path / "squawk").write_text(squawk)
        (tmp_path / "squawk").chmod(0o755)
    done = run(folder, python=str(python))
    assert (done.returncode, done.stdout) == (2, "")
    assert ("exit status 3: broken" if squawk else "No such file") in done.stderr


def test_a_squawk_configuration_nearby_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, do("ALTER TABLE public.patients DROP COLUMN a;"))
    (tmp_path / ".squawk.toml").write_text('excluded_rules = ["ban-drop-column"]\n')
    monkeypatch.chdir(tmp_path)
    assert "squawk ban-drop-column" in rules(tmp_path)


def test_our_own_patches_have_no_findings() -> None:
    done = run()
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
