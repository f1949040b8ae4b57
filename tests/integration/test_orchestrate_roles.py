"""Who may work with campaigns: real roles, which are gone with their transaction."""

from collections.abc import Iterator

import psycopg
import pytest

from harness import Server
from metaads_cli.db.session import Database
from metaads_cli.errors import AccessDenied
from metaads_cli.tasks.orchestrate.roles import require_manager


@pytest.fixture
def admin(server: Server) -> Iterator[psycopg.Connection]:
    """A superuser in a transaction that is undone."""
    with psycopg.connect(server.admin_url) as connection:
        yield connection
        connection.rollback()


def role(name: str) -> str:
    """Makes one that this database is for."""
    return f"CREATE ROLE {name}; GRANT USAGE ON SCHEMA metaads TO {name}"


def acting_as(admin: psycopg.Connection, *statements: str) -> Database:
    for statement in ("CREATE SCHEMA metaads", "CREATE ROLE somebody", *statements, "SET ROLE somebody"):
        admin.execute(statement.encode())
    return Database(admin)


def test_without_such_roles_anybody_may(admin: psycopg.Connection) -> None:
    require_manager(acting_as(admin))


@pytest.mark.parametrize("member_of", ["metaads_manager", "metaads_admin"])
def test_a_member_of_one_of_them_may(admin: psycopg.Connection, member_of: str) -> None:
    both = (role("metaads_manager"), role("metaads_admin"))
    require_manager(acting_as(admin, *both, f"GRANT {member_of} TO somebody"))


def test_a_member_of_a_member_may(admin: psycopg.Connection) -> None:
    team = (role("metaads_manager"), "CREATE ROLE team", "GRANT metaads_manager TO team")
    require_manager(acting_as(admin, *team, "GRANT team TO somebody"))


def test_who_is_none_may_not(admin: psycopg.Connection) -> None:
    database = acting_as(admin, role("metaads_manager"))
    with pytest.raises(AccessDenied, match="Only managers and admins") as caught:
        require_manager(database)
    assert caught.value.hint == (
        "Connect as a member of metaads_manager, or let its owner run: GRANT metaads_manager TO your role"
    )


def test_roles_of_another_database_say_nothing(admin: psycopg.Connection) -> None:
    require_manager(acting_as(admin, "CREATE ROLE metaads_manager"))


def test_a_superuser_may(admin: psycopg.Connection) -> None:
    admin.execute(f"CREATE SCHEMA metaads; {role('metaads_manager')}".encode())
    require_manager(Database(admin))
