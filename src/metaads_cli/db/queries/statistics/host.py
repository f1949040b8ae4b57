"""What the host's database has: whether its people are patients or leads, and where it keeps payments."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Table

from metaads_cli.db import tables
from metaads_cli.db.queries.kinds import LEADS, PATIENTS, Kind
from metaads_cli.db.queries.planning import join_in_passes
from metaads_cli.db.session import Reader

COUNTED = {"accounting_transactions": "completed", "sales_transactions": "paid"}
"""The tables of payments in the order in which they are looked for, and the status that counts."""

_COLUMNS = b"""
    SELECT c.relname, a.attname, format_type(a.atttypid, NULL)
    FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid
    WHERE a.attrelid IN (to_regclass('public.patients'), to_regclass('public.leads'),
                         to_regclass('public.accounting_transactions'), to_regclass('public.sales_transactions'))
      AND a.attnum > 0 AND NOT a.attisdropped
"""

_NEVER_ANALYZED = b"""
    SELECT bool_or(reltuples < 0) FROM pg_catalog.pg_class
    WHERE oid IN (to_regclass('public.patients'), to_regclass('metaads.insights'), to_regclass('metaads.ads'))
"""


@dataclass(frozen=True)
class Payments:
    """A host's table of payments and the types of its columns; `person_column` names who paid."""

    name: str
    columns: Mapping[str, str]
    person_column: str

    @property
    def status(self) -> str:
        """That of payments that count."""
        return COUNTED[self.name]

    @property
    def day_column(self) -> str:
        return "transaction_date" if "transaction_date" in self.columns else "created_at"

    @property
    def has_moments(self) -> bool:
        """Whether the day column tells more than the day; a time without a zone is a day."""
        return self.columns[self.day_column] == "timestamp with time zone"

    @property
    def is_usable(self) -> bool:
        return {"tenant_id", self.person_column, "amount", "status", self.day_column} <= self.columns.keys()


@dataclass(frozen=True)
class Host:
    """The columns of the host's tables, by table, with their types."""

    columns: Mapping[str, Mapping[str, str]]

    @property
    def has_patients(self) -> bool:
        """A clinic's people are patients, who have appointments; a CRM's are leads, who buy."""
        return "patients" in self.columns or "leads" not in self.columns

    @property
    def kind(self) -> Kind:
        return PATIENTS if self.has_patients else LEADS

    @property
    def people(self) -> Table:
        return tables.patients if self.has_patients else tables.leads

    @cached_property
    def payments(self) -> Payments | None:
        """The table of payments that is to be used."""
        return next((found for found in self._payment_tables() if found.is_usable), None)

    @property
    def unusable_payments(self) -> list[str]:
        """Tables of payments that do not say who paid, where there is no other one."""
        return [] if self.payments else [found.name for found in self._payment_tables()]

    def _payment_tables(self) -> list[Payments]:
        return [Payments(name, self.columns[name], self.kind.person_id) for name in COUNTED if name in self.columns]


def read_host(reader: Reader) -> Host:
    """What there is, for statements that follow in the same transaction."""
    if reader.cursor.execute(_NEVER_ANALYZED).fetchone() == (True,):
        # Planned for a row or two, thousands of insights would be joined by loops over the ads.
        join_in_passes(reader.cursor)
    columns: dict[str, dict[str, str]] = {}
    for table, column, kind in reader.cursor.execute(_COLUMNS):
        columns.setdefault(table, {})[column] = kind
    return Host(columns)
