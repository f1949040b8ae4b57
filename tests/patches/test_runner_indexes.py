"""Concurrent index patches: compared, built anew where INVALID, never two at once."""

import threading
from dataclasses import replace
from pathlib import Path

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
    wait_until,
)

from metaads_cli.errors import LockNotAvailable, PatchFailed
from metaads_cli.tasks.migrate import migrate
from patching import Ear, apply, write_patch

ALL = applicable("public.patients")
READ = "SELECT count(*) FROM patients"
WRITE = "UPDATE patients SET last_name = 'X' WHERE id = 1"
OCCUPY = "LOCK TABLE patients IN ACCESS EXCLUSIVE MODE"


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
    ("definition", "difference"),
    [
        ("INDEX {} ON public.patients USING btree (meta_ad_id)", "its columns are (meta_ad_id), expected {columns}"),
        (
            "INDEX {} ON public.patients USING btree {columns} WHERE (id > 7)",
            "its predicate is (id > 7), expected none",
        ),
        ("UNIQUE INDEX {} ON public.patients USING btree (id)", "it is unique, expected not unique; its columns are"),
        ("INDEX {} ON public.patients USING hash {columns}", "its method is hash, expected btree"),
        (
            "INDEX {} ON public.patients USING btree (acquisition_source DESC)",
            "its columns are (acquisition_source DE",
        ),
        ("INDEX {} ON public.tenants USING btree (id)", "it is on public.tenants, expected public.patients"),
    ],
    ids=["wrong column", "partial", "unique", "wrong method", "wrong order", "wrong table"],
)
def test_an_index_that_only_has_the_right_name_is_refused_in_words(
    with_columns: psycopg.Connection, definition: str, difference: str
) -> None:
    names = {"columns": "(acquisition_source)"}
    definition = definition.format("idx_patients_acquisition_source", **names)
    with_columns.execute(f"CREATE {definition}".encode())
    with pytest.raises(PatchFailed) as caught:
        run(with_columns)
    assert "0002_patients_acquisition_source_index does not lead to what it promises" in str(caught.value)
    assert f"already, but {difference.format(**names)}" in str(caught.value)
    assert f"CREATE {definition}" in str(caught.value)
    assert (history(with_columns, "applied"), history(with_columns, "failed")) == (["0000", "0001"], ["0002"])
    with_columns.execute("DROP INDEX idx_patients_acquisition_source")
    assert applied(run(with_columns)) == ALL[2:]


def test_an_index_of_a_table_that_is_locked_altogether_is_not_waited_for_in_the_queue(
    bare_url: str, with_columns: psycopg.Connection
) -> None:
    with other_session(bare_url, OCCUPY), pytest.raises(LockNotAvailable, match="reception desk"):
        run(with_columns)
    assert applied(run(with_columns)) == ALL[2:]


def test_a_build_that_fails_leaves_no_index(with_columns: psycopg.Connection, tmp_path: Path) -> None:
    begin = "\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS one_each"
    unique = f"{begin}\n    ON public.patients (acquisition_source ASC ASC);"
    with pytest.raises(PatchFailed, match="syntax error") as caught:
        apply(with_columns, write_patch(tmp_path, unique, header="mode=concurrent"))
    assert (caught.value.details["line"], caught.value.details["source"]) == (4, unique.splitlines()[2])
    twice = unique.replace(" ASC ASC", "")
    with pytest.raises(PatchFailed, match="could not create unique index"):
        apply(with_columns, write_patch(tmp_path, twice, header="mode=concurrent"))
    assert "one_each" not in shape_of(with_columns).indexes
    actions = "SELECT array_agg(action ORDER BY log_id) FROM metaads.patch_log WHERE patch > '9'"
    assert with_columns.execute(actions).fetchone() == (["started", "failed"] * 2,)


def test_a_build_names_the_writer_that_it_waits_for(bare_url: str, with_columns: psycopg.Connection) -> None:
    with other_session(bare_url, WRITE) as writer:
        ear = Ear(lambda text: "waits for" in text and writer.rollback())
        report = migrate(with_columns, replace(OPTIONS, up_to="0002"), ear)
    (told,) = [text for text in ear.heard if "waits for" in text]
    assert told.startswith("Building public.idx_patients_acquisition_source waits for process ")
    assert "(reception desk, user metaads_test, idle in transaction for" in told
    assert [each.application for each in report.blocked_by] == ["reception desk"]
    assert shape_of(with_columns).indexes["idx_patients_acquisition_source"][1]


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
