"""The kinds of people that a host has, and the statements about either: a clinic's patients, a CRM's leads."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import psycopg

from metaads_cli.db.queries import statement

# What the patches add and the statements on people need: a host may have a table whose patch is still to be applied.
_COLUMNS = ["acquisition_source", "meta_ad_id", "meta_campaign_id"]
_PATCHED = """
SELECT people.name
FROM unnest(%(tables)s::text[]) AS people (name)
WHERE cardinality(%(columns)s::text[]) = (
    SELECT count(*) FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = to_regclass(people.name) AND a.attname = ANY (%(columns)s::text[]) AND NOT a.attisdropped
)
"""


@dataclass(frozen=True)
class Kind:
    """The fields are what the statements about people leave open: `{people}` is their table, `{person_id}` their id in
    the tables of metaads."""

    person: str
    people: str
    person_id: str
    person_type: str
    attributions: str

    def statement(self, name: str) -> str:
        """The text of a named statement, such as `people/touches`, about people of this kind."""
        return self.filled(statement(name))

    def filled(self, text: str, more: Mapping[str, str] | None = None) -> str:
        """The text about people of this kind; `more` are further names that it leaves open."""
        for name, value in {**asdict(self), **(more or {})}.items():
            text = text.replace(f"{{{name}}}", value)
        return text


PATIENTS = Kind("patient", "public.patients", "patient_id", "integer", "metaads.attributions")
LEADS = Kind("lead", "public.leads", "lead_id", "uuid", "metaads.lead_attributions")


def kinds_of_people(cursor: psycopg.Cursor) -> list[Kind]:
    """Those whose tables this database has, patched: a clinic has patients, a CRM leads, some both."""
    kinds = [PATIENTS, LEADS]
    values = {"tables": [kind.people for kind in kinds], "columns": _COLUMNS}
    found = {row[0] for row in cursor.execute(_PATCHED, values)}
    return [kind for kind in kinds if kind.people in found]
