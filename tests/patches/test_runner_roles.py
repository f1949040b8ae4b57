"""Roles that lack a right: which GRANTs to ask for, before anything is changed."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from tests.patches.conftest import (
    applicable,
    applied,
    history,
    run,
    shape_of,
)

from harness import Server, with_database
from metaads_cli.errors import AccessDenied

ALL = applicable("public.patients")
READ = "SELECT count(*) FROM patients"
WRITE = "UPDATE patients SET last_name = 'X' WHERE id = 1"
OCCUPY = "LOCK TABLE patients IN ACCESS EXCLUSIVE MODE"


@pytest.fixture
def clerk(server: Server, worker: str) -> Iterator[str]:
    """A role that owns nothing. Its databases must go first: name this fixture before theirs."""
    name = f"clerk_{worker}"
    server.admin(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
    yield name
    server.admin(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def test_a_role_that_does_not_own_the_tables_is_told_every_grant_before_anything_is_changed(
    clerk: str, bare_url: str, server: Server
) -> None:
    with psycopg.connect(bare_url, user=clerk, autocommit=True) as connection:
        before = shape_of(connection)
        name = connection.info.dbname
        with pytest.raises(AccessDenied, match=f"{clerk} may not apply the patch 0000_patch_log") as caught:
            run(connection)
        asked = f'GRANT CREATE ON DATABASE "{name}" TO "{clerk}"; GRANT "metaads_test" TO "{clerk}"'
        assert caught.value.details["grant"] == asked
        assert caught.value.hint == f"Ask the database's owner for: {asked};"
        assert (shape_of(connection), shape_of(connection, "metaads.patch_log").columns) == (before, {})
        for grant in asked.split("; "):
            server.admin(sql.SQL(grant))
        assert applied(run(connection)) == ALL
        assert history(connection, "failed") == []


def test_a_table_of_a_superuser_is_to_be_patched_by_its_owner(server: Server, bare: psycopg.Connection) -> None:
    with psycopg.connect(with_database(server.admin_url, bare.info.dbname)) as admin:
        admin.execute("ALTER TABLE patients OWNER TO postgres")
    with pytest.raises(AccessDenied) as caught:
        run(bare)
    assert caught.value.hint == "Run metaads migrate as postgres, which owns public.patients"
    assert caught.value.details["grant"] is None
