"""Find the tenant that an incoming message is for."""

from metaads_cli.db.queries.tenants import RECEIVER_IDS
from metaads_cli.db.session import Database, TenantSession
from metaads_cli.models.referral import Receiver


class AnotherTenantError(ValueError):
    """The message belongs to a tenant that this run was not opened for."""


class UnknownTenantError(ValueError):
    """No tenant is registered for the receiving number."""


class Router:
    """Finds the session for a receiver: the registered phone-number id first, then the tenant's own number.

    With `only`, everything goes to that tenant, except what is registered for another one. What it needs of the
    database it reads at once: later somebody else is at work there.
    """

    def __init__(self, database: Database, only: int | None):
        database.require_schema()
        self._database = database
        self._only = database.tenant(only) if only is not None else None
        self._sessions: dict[int, TenantSession] = {}
        self._found: dict[Receiver, TenantSession] = {}
        self._by_number = _read_numbers(database)
        self._by_id = _read_ids(database)

    def session(self, receiver: Receiver) -> TenantSession:
        """Raises AnotherTenantError or UnknownTenantError with a reason for the rejects file."""
        found = self._found.get(receiver)
        if found is None:
            found = self._found[receiver] = self._find(receiver)
        return found

    def _find(self, receiver: Receiver) -> TenantSession:
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


def _read_numbers(database: Database) -> dict[str, set[int]]:
    """Tenants by the digits of their own numbers."""
    numbers: dict[str, set[int]] = {}
    for tenant in database.tenants.values():
        digits = "".join(filter(str.isdecimal, tenant.bot_phone_number or ""))
        numbers.setdefault(digits, set()).add(tenant.tenant_id)
    numbers.pop("", None)
    return numbers


def _read_ids(database: Database) -> dict[tuple[str, str], set[int]]:
    """Tenants by registered ids, read tenant by tenant: row level security lets no session see those of all."""
    found: dict[tuple[str, str], set[int]] = {}
    for tenant_id in database.tenants:
        session = database.tenant(tenant_id)
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
