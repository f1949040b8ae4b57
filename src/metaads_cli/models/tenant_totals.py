"""What the ads of every tenant did, a row for each tenant and currency."""

from datetime import date
from decimal import Decimal

import msgspec


class TenantTotals(msgspec.Struct, frozen=True, kw_only=True):
    """Of the tenant's own days. `currency`, `last_day` and the figures are None where nothing was synced; a rate is a
    ratio of the sums, `ctr` a fraction; `revenue` is what Meta says was bought."""

    tenant_id: int
    name: str
    since: date | None
    until: date | None
    currency: str | None
    last_day: date | None
    """The last one with figures, within these days."""
    spend: Decimal | None
    impressions: int | None
    clicks: int | None
    ctr: Decimal | None
    cpc: Decimal | None
    conversations: int | None
    revenue: Decimal | None


class TenantTotalsReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.tenant-totals/1"):
    """Tenant by tenant; each is read as of a moment of its own."""

    tenants: list[TenantTotals]
