"""A person as reception sees them: what the host knows, and which ads brought them."""

from datetime import datetime

import msgspec


class Touch(msgspec.Struct, frozen=True, kw_only=True):
    """A message after a click on an ad. The names are the present ones, None until `enrich` or a sync has read them."""

    occurred_at: datetime
    channel: str
    ad_id: str | None
    headline: str | None
    campaign_name: str | None
    adset_name: str | None


class Visits(msgspec.Struct, frozen=True, kw_only=True):
    """Appointments. `valid` are those with a status that counts, `last` and `next` the nearest of these by now."""

    total: int
    valid: int
    last: datetime | None
    next: datetime | None


class PatientContext(msgspec.Struct, frozen=True, kw_only=True):
    """`kind` is patient, or lead in a CRM. What the host has no column for is None."""

    kind: str
    id: str
    first_name: str | None
    last_name: str | None
    phone_number: str
    """As the host stores it, with or without a plus."""
    status: str | None
    urgency_level: str | None
    urgency_reason: str | None
    preferred_schedule: str | None
    acquisition_source: str | None
    meta_campaign: str | None
    """The campaign's name."""
    meta_ad_id: str | None
    meta_ad_headline: str | None
    meta_ad_body: str | None
    touches: int
    """All that are known, those by posts included; first and last are those by ads."""
    first_touch: Touch | None
    last_touch: Touch | None
    appointments: Visits | None
    """None where the host keeps none."""


class PatientReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.patient/1"):
    """Several where the host has the number in both forms. `phone` is what was looked for, digits only; times are in
    the tenant's time zone."""

    tenant_id: int
    phone: str
    timezone: str
    patients: list[PatientContext]
