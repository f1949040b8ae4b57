"""Whom touches are of: a clinic's patients, or a CRM's leads."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import psycopg

from metaads_cli.db.queries import statement
from metaads_cli.db.queries.kinds import LEADS, PATIENTS, Kind
from metaads_cli.db.queries.touches import columns

_HAS_LEADS_ONLY = "SELECT to_regclass('public.patients') IS NULL AND to_regclass('public.leads') IS NOT NULL"
_BY_PHONE = re.compile(r"\{people_by_phone (?P<key>[\w.]+)\}")
_PARTS = {
    "unknown_people": statement("touches/unknown_people"),
    "columns": columns.listed(),
    "staged_columns": columns.listed("staged"),
    "known_columns": columns.listed("event"),
    "changed": columns.DIFFERENCES,
    "merged": columns.ASSIGNMENTS,
    **columns.MERGED_TEXTS,
}
_PATIENTS = {
    "external_ids": "person.external_ids",
    "new_columns": ", status",
    "new_values": ", 'guest'",
    "new_status": "'guest'",
}
# Sources are named as the host's own patch 36 names WhatsApp; the status is the host's default.
_LEADS = {
    "external_ids": "NULL::jsonb",
    "new_columns": ", id, source",
    "new_values": (
        ", gen_random_uuid(), CASE named.channel WHEN 'leadgen' THEN 'meta_lead_form'"
        " ELSE named.channel || '_inbound' END"
    ),
    "new_status": "'new'",
}


@dataclass(frozen=True, eq=False)
class People:
    """`names` are what the statements about touches leave open beside the kind: how one is created, and so on."""

    kind: Kind
    names: Mapping[str, str]

    @property
    def tables(self) -> list[str]:
        """Those that grow with people and their touches."""
        return [
            self.kind.people,
            self.kind.attributions,
            "metaads.referral_events",
            "metaads.identities",
            "metaads.touch_ids",
        ]

    def statement(self, name: str) -> str:
        """The text of a statement of this package, such as `match`, about these people."""
        return _filled(self, name)


@cache
def _filled(people: People, name: str) -> str:
    text = _BY_PHONE.sub(_people_by_phone, statement(f"touches/{name}"))
    return people.kind.filled(text, {**people.names, **_PARTS})


def _people_by_phone(found: re.Match[str]) -> str:
    return statement("touches/people_by_phone").replace("{key}", found["key"])


_OF_A_CLINIC, _OF_A_CRM = People(PATIENTS, _PATIENTS), People(LEADS, _LEADS)


def read_people(connection: psycopg.Connection) -> People:
    """Patients, unless there are leads only: a clinic may have both, and its patients are who comes."""
    row = connection.execute(_HAS_LEADS_ONLY).fetchone()
    return _OF_A_CRM if row == (True,) else _OF_A_CLINIC
