"""Find the tenant that an incoming message is for."""

from functools import cached_property

from metaads_cli.db.queries.tenants import PHONE_NUMBER_IDS
from metaads_cli.db.session import Database, TenantSession
from metaads_cli.models.referral import Receiver


class AnotherTenantError(ValueError):
    """The message belongs to a tenant that this run was not opened for."""


class UnknownTenantError(ValueError):
    """No tenant is registered for the receiving number."""


class Router:
    """Finds the session for a receiver: the registered phone-number id first, then the tenant's own number.

    With `only`, everything goes to that tenant, except what is registered for another one.
    """

    def __init__(self, database: Database, only: int | None):
        self._database = database
        self._only = database.tenant(only) if only is not None else None
        self._sessions: dict[int, TenantSession] = {}
        database.require_schema()

    def session(self, receiver: Receiver) -> TenantSession:
        """Raises AnotherTenantError or UnknownTenantError with a reason for the rejects file."""
        owner = self._owner(receiver)
        if self._only is not None:
            if owner not in {None, self._only.tenant_id}:
                raise AnotherTenantError(
                    f"it was sent to a number of another tenant, not of tenant {self._only.tenant_id}"
                )
            return self._only
        if owner is None:
            raise UnknownTenantError(
                f"no tenant has the receiving number {receiver.display_phone_number or '(none)'} "
                f"(phone-number id {receiver.phone_number_id or 'none'}); name one with --tenant"
            )
        if owner not in self._sessions:
            self._sessions[owner] = self._database.tenant(owner)
        return self._sessions[owner]

    def _owner(self, receiver: Receiver) -> int | None:
        registered = self._by_phone_number_id.get(receiver.phone_number_id or "")
        return registered or self._by_number.get(receiver.display_phone_number or "")

    @cached_property
    def _by_number(self) -> dict[str, int]:
        numbers = {
            "".join(filter(str.isdecimal, tenant.bot_phone_number or "")): tenant.tenant_id
            for tenant in self._database.tenants.values()
        }
        numbers.pop("", None)
        return numbers

    @cached_property
    def _by_phone_number_id(self) -> dict[str, int]:
        """Read tenant by tenant: row level security lets no session see the accounts of all."""
        found: dict[str, int] = {}
        for tenant_id in self._database.tenants:
            session = self._database.tenant(tenant_id)
            with session.transaction() as cursor:
                rows = session.run(cursor, PHONE_NUMBER_IDS).fetchall()
            found.update({row[0]: tenant_id for row in rows})
        return found
