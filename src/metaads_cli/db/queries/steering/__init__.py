"""What steering a campaign needs to know: its key, what its ad sets cost and brought, whom the role may act for."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from metaads_cli.db.connection import translated_errors
from metaads_cli.db.queries import statement
from metaads_cli.db.queries.kinds import kinds_of_people
from metaads_cli.db.session import Database, TenantSession

# Roles are the whole server's: only those that may do something in this database are meant.
_ROLES = """
SELECT role.rolname, pg_has_role(role.oid, 'MEMBER')
FROM pg_catalog.pg_roles AS role
JOIN pg_catalog.pg_namespace AS own ON own.nspname = 'metaads' AND has_schema_privilege(role.oid, own.oid, 'USAGE')
WHERE role.rolname = ANY (%(names)s::text[])
ORDER BY role.rolname
"""


class AdSetDays(NamedTuple):
    """Figures of one ad set over some days; `days` are those on which it spent. Amounts are the account's."""

    days: int
    spend: Decimal
    conversions: Decimal


def campaign_keys(session: TenantSession, source: str) -> list[str]:
    """The keys of all campaigns that were ever begun, in their order."""
    return [row[0] for row in _fetch(session, "keys", {"data_source": source})]


def find_campaign(session: TenantSession, source: str, meta_id: str) -> str | None:
    """The key of the campaign with this id at Meta."""
    rows = _fetch(session, "find_campaign", {"data_source": source, "meta_id": meta_id})
    return rows[0][0] if rows else None


def figures_source(session: TenantSession, account_id: str) -> str | None:
    """live or stub; None before the first sync."""
    rows = _fetch(session, "figures_source", {"account_id": account_id})
    return rows[0][0] if rows else None


def ad_set_figures(
    session: TenantSession, account_id: str, ad_set_ids: Sequence[str], since: date, until: date
) -> dict[str, AdSetDays]:
    """Both days included; ad sets without a row are missing."""
    values = {"account_id": account_id, "ids": list(ad_set_ids), "since": since, "until": until}
    return {row[0]: AdSetDays(*row[1:]) for row in _fetch(session, "ad_set_figures", values)}


def people_of_ad_sets(
    session: TenantSession, ad_set_ids: Sequence[str], since: datetime, until: datetime
) -> dict[str, int]:
    """People attributed to ads of these ad sets whose first touch was from `since` on and before `until`."""
    values = {"ids": list(ad_set_ids), "since": since, "until": until}
    found: dict[str, int] = {}
    with session.transaction() as cursor:
        for kind in kinds_of_people(cursor):
            for ad_set_id, people in session.run(cursor, kind.statement("steering/people_of_ad_sets"), values):
                found[ad_set_id] = found.get(ad_set_id, 0) + people
    return found


def membership(database: Database, names: Sequence[str]) -> dict[str, bool]:
    """Those of the roles that the server has → whether the connected role is a member; superusers are of all."""
    with translated_errors():
        return dict(database.connection.execute(_ROLES, {"names": list(names)}).fetchall())


def _fetch(session: TenantSession, name: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with session.transaction() as cursor:
        return session.run(cursor, statement(f"steering/{name}"), values).fetchall()
