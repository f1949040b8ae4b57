"""Find the tenant that an incoming message is for."""

from functools import cached_property

from metaads_cli.db.queries.tenants import RECEIVER_IDS
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
        owners = self._owners(receiver)
        if self._only is not None:
            if owners and self._only.tenant_id not in owners:
                raise AnotherTenantError(
                    f"it was sent to a number of another tenant, not of tenant {self._only.tenant_id}"
                )
            return self._only
        if len(owners) != 1:
            raise UnknownTenantError(
                f"{'several tenants have' if owners else 'no tenant has'} {_named(receiver)}; name one with --tenant"
            )
        (owner,) = owners
        if owner not in self._sessions:
            self._sessions[owner] = self._database.tenant(owner)
        return self._sessions[owner]

    def _owners(self, receiver: Receiver) -> set[int]:
        """The tenants that claim the receiver: one, none, or by a mistake of somebody's several."""
        owners: set[int] = set()
        for kind, identifier in _ids(receiver):
            owners |= self._by_id.get((kind, identifier), set())
        return owners or self._by_number.get(receiver.display_phone_number or "", set())

    @cached_property
    def _by_number(self) -> dict[str, set[int]]:
        numbers: dict[str, set[int]] = {}
        for tenant in self._database.tenants.values():
            digits = "".join(filter(str.isdecimal, tenant.bot_phone_number or ""))
            numbers.setdefault(digits, set()).add(tenant.tenant_id)
        numbers.pop("", None)
        return numbers

    @cached_property
    def _by_id(self) -> dict[tuple[str, str], set[int]]:
        """Read tenant by tenant: row level security lets no session see the accounts of all."""
        found: dict[tuple[str, str], set[int]] = {}
        for tenant_id in self._database.tenants:
            session = self._database.tenant(tenant_id)
            with session.transaction() as cursor:
                for kind, identifier in session.run(cursor, RECEIVER_IDS):
                    found.setdefault((kind, identifier), set()).add(tenant_id)
        return found


def _ids(receiver: Receiver) -> list[tuple[str, str]]:
    """What it is registered by."""
    ids = (
        ("phone-number id", receiver.phone_number_id),
        ("page", receiver.page_id),
        ("Instagram account", receiver.instagram_id),
    )
    return [(kind, identifier) for kind, identifier in ids if identifier]


def _named(receiver: Receiver) -> str:
    number = receiver.display_phone_number
    ids = [f"{kind} {identifier}" for kind, identifier in _ids(receiver)]
    if number or not ids:
        return f"the receiving number {number or '(none)'} ({', '.join(ids) or 'no id'})"
    return f"the receiving {' and '.join(ids)}"
