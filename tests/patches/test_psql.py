"""The patches under plain psql: for administrators who let no tool near the database."""

import subprocess
from pathlib import Path

import psycopg
import pytest
from tests.patches.conftest import (
    EVENTS_BY_SEVERITY,
    TOKENS,
    applicable,
    applicable_here,
    applied,
    history,
    patch_file,
    run,
)
from tools.dump_schema import dump

from harness import Program
from metaads_cli.db import embedded
from metaads_cli.db.patching.files import sql_directory

ALL = applicable("public.patients")


def psql(url: str, *arguments: str, stdin: str = "") -> str:
    """Run psql as an administrator would; what it said. A failing statement fails the test."""
    command = [str(embedded.program("psql")), "-X", "-v", "ON_ERROR_STOP=1", "-d", url, *arguments]
    ended = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout + ended.stderr


def schema(url: str) -> str:
    return dump(url, embedded.program("pg_dump"))


@pytest.fixture
def new_url(empty_url: str) -> str:
    """The host's tables of a new installation, before any patch."""
    psql(empty_url, "-f", str(sql_directory() / "foundation.sql"))
    return empty_url


@pytest.fixture
def full_crm_url(crm_url: str) -> str:
    """A CRM with an older shape of everything that there is a patch for."""
    psql(crm_url, "-c", EVENTS_BY_SEVERITY + TOKENS)
    return crm_url


@pytest.mark.parametrize("host", ["new_url", "bare_url", "full_crm_url"])
def test_every_patch_file_runs_twice_under_psql(host: str, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue(host)
    with psycopg.connect(url) as connection:
        numbers = applicable_here(connection)
    for number in numbers:
        psql(url, "-f", str(patch_file(number)))
        once = schema(url)
        psql(url, "-f", str(patch_file(number)))
        assert schema(url) == once
    with psycopg.connect(url, autocommit=True) as connection:
        assert applied(run(connection)) == numbers
    assert schema(url) == once


@pytest.mark.parametrize("host", ["new_url", "bare_url"])
def test_the_script_of_sql_does_the_same_as_migrate_which_then_records_it(
    host: str, request: pytest.FixtureRequest, metaads: Program, tmp_path: Path
) -> None:
    url = request.getfixturevalue(host)
    script = metaads("migrate", "--sql", DATABASE_URL=url)
    assert (script.code, script.stderr) == (0, "")
    psql(url, "-f", "-", stdin=script.stdout)
    by_psql = schema(url)
    with psycopg.connect(url, autocommit=True) as connection:
        assert history(connection, "applied") == []
        numbers = applicable_here(connection)
        assert set(ALL) <= set(numbers)
        assert applied(run(connection)) == numbers
        assert schema(url) == by_psql
        assert history(connection, "applied") == numbers
    psql(url, "-f", "-", stdin=metaads("migrate", "--sql", DATABASE_URL=url).stdout)


def test_the_script_stops_at_the_patch_that_was_asked_for(metaads: Program, bare_url: str) -> None:
    psql(bare_url, stdin=metaads("migrate", "--sql", "--to", "0001", DATABASE_URL=bare_url).stdout)
    with psycopg.connect(bare_url, autocommit=True) as connection:
        names = "SELECT to_regclass('public.idx_patients_acquisition_source'), to_regclass('metaads.patch_log') IS NULL"
        assert connection.execute(names).fetchone() == (None, False)
        connection.execute("SELECT acquisition_source FROM patients")


def test_a_patch_of_the_script_that_fails_leaves_nothing(metaads: Program, bare_url: str) -> None:
    script = metaads("migrate", "--sql", "--to", "0001", DATABASE_URL=bare_url).stdout
    broken = script.replace("ADD COLUMN meta_ad_body text", "ADD COLUMN meta_ad_body no_such_type")
    assert broken != script
    with pytest.raises(AssertionError, match="no_such_type"):
        psql(bare_url, stdin=broken)
    with psycopg.connect(bare_url) as connection, pytest.raises(psycopg.errors.UndefinedColumn):
        connection.execute("SELECT acquisition_source FROM patients")
