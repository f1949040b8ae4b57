"""People: one as lines, several as a table."""

from datetime import datetime

from metaads_cli.models.patient import PatientContext, PatientReport, Touch, Visits
from metaads_cli.render.table import Cell, Column, Table
from metaads_cli.render.views.parts import Items, Views, values

_PERSON = (
    Column("kind", "Kind"),
    Column("id", "Id", "id"),
    Column("first_name", "First name"),
    Column("last_name", "Last name"),
    Column("phone_number", "Phone", "id"),
    Column("status", "Status"),
    Column("urgency_level", "Urgency"),
    Column("urgency_reason", "Reason"),
    Column("preferred_schedule", "Prefers"),
    Column("acquisition_source", "Source"),
    Column("meta_campaign", "Campaign"),
    Column("meta_ad_id", "Ad", "id"),
    Column("meta_ad_headline", "Headline"),
    Column("meta_ad_body", "Text"),
    Column("touches", "Touches", "count"),
)
_TOUCH = ("channel", "ad_id", "headline", "campaign_name", "adset_name")
_COLUMNS = (
    *_PERSON,
    *(
        column
        for place in ("first", "last")
        for column in (
            Column(f"{place}_touch", f"{place.capitalize()} touch", "id"),
            *(Column(f"{place}_touch_{name}", name) for name in _TOUCH),
        )
    ),
    Column("appointments", "Appointments", "count"),
    Column("valid_appointments", "Valid ones", "count"),
    Column("last_appointment", "Last one", "id"),
    Column("next_appointment", "Next one", "id"),
)
_PROGRAMS_ONLY = frozenset(column.key for column in _COLUMNS if "_touch_" in column.key)
_OPTIONAL = frozenset(column.key for column in _COLUMNS[5:] if column.key != "touches")


def _people(result: PatientReport) -> Table:
    one = result.patients[0] if len(result.patients) == 1 else None
    return Table(
        _COLUMNS,
        [_cells(person) for person in result.patients],
        title=f"Tenant {result.tenant_id}, {result.phone} ({result.timezone})",
        optional=_OPTIONAL,
        hidden=_PROGRAMS_ONLY,
        notes=_notes(one) if one else None,
    )


def _cells(person: PatientContext) -> list[Cell]:
    return [
        *values(person, _PERSON),
        *_touch_cells(person.first_touch),
        *_touch_cells(person.last_touch),
        *_visit_cells(person.appointments),
    ]


def _touch_cells(touch: Touch | None) -> list[Cell]:
    return [_time(touch.occurred_at), *(getattr(touch, name) for name in _TOUCH)] if touch else [None] * 6


def _visit_cells(visits: Visits | None) -> list[Cell]:
    return [visits.total, visits.valid, _time(visits.last), _time(visits.next)] if visits else [None] * 4


def _notes(person: PatientContext) -> list[str]:
    """Beside a touch: where it came from."""
    known = {"first_touch": _origin(person.first_touch), "last_touch": _origin(person.last_touch)}
    return [known.get(column.key, "") for column in _COLUMNS]


def _origin(touch: Touch | None) -> str:
    found = [getattr(touch, name) for name in _TOUCH] if touch else []
    return ", ".join(filter(None, found))


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat(" ", "minutes") if moment else None


VIEWS: Views = {PatientReport: _people}
ITEMS: Items = {PatientReport: "patients"}
