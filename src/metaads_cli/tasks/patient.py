"""The context of a person: who writes, and which ad brought them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from metaads_cli.db.queries.people import read_people
from metaads_cli.db.session import TenantSession
from metaads_cli.errors import ConfigError, InputError, UsageError
from metaads_cli.models.patient import PatientReport
from metaads_cli.tasks.stats.windows import zone_of

# What people write between digits, and what comes along when a number is copied from a contact: marks of direction.
_BETWEEN = re.compile(r"[\s\-.()/\u2010-\u2015\u2212\u200b-\u200f\u202a-\u202e\u2060-\u2069]")
LONGEST = 20
"""Digits of a number; patients.phone_number holds no more."""


def normal_phone(text: str) -> str:
    """The digits of `+54 (9) 11 5555-0001`. Raises UsageError, without the text: it may be a number all the same."""
    digits = _BETWEEN.sub("", text).removeprefix("+")
    if not re.fullmatch(rf"[0-9]{{1,{LONGEST}}}", digits):
        raise UsageError(
            "--phone is no phone number; expected digits with or without a plus, such as +54 9 11 5555 0001"
        )
    return digits


def patient_context(
    session: TenantSession, phone: str, *, fallback_timezone: str, valid_statuses: Sequence[str]
) -> PatientReport:
    """Everybody of the tenant with this number, stored with or without a plus.

    Raises UsageError for what is no number, InputError when nobody has it, ConfigError where people have no
    attribution yet or for a time zone that does not exist. None of them tells the number.
    """
    digits = normal_phone(phone)
    timezone = session.tenant.timezone or fallback_timezone
    found = read_people(session, digits, valid_statuses=valid_statuses, now=datetime.now(UTC), zone=zone_of(timezone))
    if found is None:
        raise ConfigError("This database has no people with an attribution", hint="Run: metaads migrate")
    if not found:
        raise InputError(
            f"Nobody of tenant {session.tenant_id} has this phone number",
            hint="Give all its digits with the country code, as the host stores them; deleted people are not shown",
            details={"tenant_id": session.tenant_id},
        )
    return PatientReport(tenant_id=session.tenant_id, phone=digits, timezone=timezone, patients=found)
