"""Through PgBouncer in transaction mode: refused, with the reason. Run by tools/with_pgbouncer."""

import os

import psycopg
import pytest

from harness import Program


@pytest.fixture
def pooled(metaads: Program) -> Program:
    return Program(metaads.home, metaads.environment | {"DATABASE_URL": os.environ["METAADS_TEST_POOLER_URL"]})


@pytest.mark.parametrize("command", [["migrate"], ["migrate", "--adopt"], ["migrate", "rollback", "0002"]])
def test_a_transaction_pooler_is_refused_before_anything_is_changed(pooled: Program, command: list[str]) -> None:
    told = pooled(*command)
    assert (told.code, told.stdout) == (2, "")
    first, hint = told.stderr.splitlines()
    assert first.startswith("error: This connection goes through a pooler (such as PgBouncer), where settings reach")
    assert hint == "  hint: Connect to the server itself; its usual port is 5432"
    with psycopg.connect(pooled.environment["DATABASE_URL"], autocommit=True) as connection:
        assert connection.execute("SELECT to_regnamespace('metaads') IS NULL").fetchone() == (True,)


def test_looking_is_allowed(pooled: Program) -> None:
    assert pooled("migrate", "--plan").code == 0
