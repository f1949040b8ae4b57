"""Who may make, change and publish campaigns: managers and admins, where the database knows who they are."""

from metaads_cli.db.queries.steering import membership
from metaads_cli.db.session import Database
from metaads_cli.errors import AccessDenied

ROLES = ("metaads_manager", "metaads_admin")


def require_manager(database: Database) -> None:
    """Raises AccessDenied for a connection that is of none of these roles. Without such roles anybody may."""
    found = membership(database, ROLES)
    if found and not any(found.values()):
        names = " or ".join(found)
        raise AccessDenied(
            "Only managers and admins work with campaigns, and this database role is neither",
            hint=f"Connect as a member of {names}, or let its owner run: GRANT {next(iter(found))} TO your role",
        )
