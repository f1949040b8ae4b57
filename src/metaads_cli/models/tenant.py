"""A tenant as the host application keeps it."""

import msgspec


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    """One clinic or sales team."""

    tenant_id: int
    name: str
    bot_phone_number: str | None = None
    timezone: str | None = None
    """IANA name, or None where the host keeps none."""
    country_code: str | None = None
    """Two letters: where a phone number without its country is from."""


class TenantList(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.tenants/1"):
    tenants: list[Tenant]
