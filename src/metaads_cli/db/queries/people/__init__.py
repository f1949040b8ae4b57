"""People by phone number: what the host knows of them, their touches, their appointments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from metaads_cli.db.queries.kinds import PATIENTS, Kind, kinds_of_people
from metaads_cli.db.session import TenantSession
from metaads_cli.models.patient import PatientContext, Touch, Visits

Row = dict[str, Any]


def read_people(
    session: TenantSession, phone: str, *, valid_statuses: Sequence[str], now: datetime, zone: ZoneInfo
) -> list[PatientContext] | None:
    """Everybody with this number, which is given in digits; None where no table of people is patched.

    A CRM's people are its leads; where there are patients, only those are looked at. Times are in `zone`.
    """
    with session.snapshot() as reader:
        kinds = kinds_of_people(reader.cursor)
        if not kinds:
            return None
        reading = _Reading(session, reader.cursor, kinds[0], phone, zone)
        return [
            PatientContext(
                kind=kinds[0].person,
                **person,
                **reading.touches_of(person["id"]),
                appointments=reading.visits_of(person["id"], valid_statuses, now),
            )
            for person in reading.people()
        ]


@dataclass(frozen=True)
class _Reading:
    """The statements about people of one kind, by one number."""

    session: TenantSession
    cursor: psycopg.Cursor
    kind: Kind
    phone: str
    zone: ZoneInfo

    def people(self) -> list[Row]:
        return self._rows("by_phone", {"phone": self.phone, "phone_with_plus": f"+{self.phone}"})

    def touches_of(self, person_id: str) -> Row:
        """How many, and the first and the last by ads."""
        rows = self._rows("touches", {"person": person_id})
        by_ads = [Touch(**row) for row in rows if row.pop("from_ad")]
        return {
            "touches": len(rows),
            "first_touch": by_ads[0] if by_ads else None,
            "last_touch": by_ads[-1] if by_ads else None,
        }

    def visits_of(self, person_id: str, valid_statuses: Sequence[str], now: datetime) -> Visits | None:
        """None where the host has no table of appointments, or none for this kind of person."""
        found = self.cursor.execute("SELECT to_regclass('public.appointments')").fetchone()
        if self.kind is not PATIENTS or found is None or found[0] is None:
            return None
        values = {"person": person_id, "valid_statuses": list(valid_statuses), "now": now}
        return Visits(**self._rows("visits", values)[0])

    def _rows(self, name: str, values: Row) -> list[Row]:
        found = self.session.run(self.cursor, self.kind.statement(f"people/{name}"), values)
        names = [column.name for column in found.description or ()]
        return [dict(zip(names, map(self._local, row), strict=True)) for row in found]

    def _local(self, value: Any) -> Any:
        return value.astimezone(self.zone) if isinstance(value, datetime) else value
