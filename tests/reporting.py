"""A clinic with three months of ads, people, appointments and payments: the same figures every time."""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import msgspec
import psycopg
from freezegun import freeze_time

from builders import add_up_days
from metaads_cli.db.session import Database
from metaads_cli.models.insight import CONVERSATION
from metaads_cli.models.report import ReportDocument
from metaads_cli.tasks.report import Days, ReportOptions, report

TODAY = datetime(2026, 11, 21, 15, tzinfo=UTC)
ACCOUNTS = {"ARS": "act_1000000000000001", "USD": "act_1000000000000002"}

_ACCOUNT = """
    INSERT INTO metaads.accounts (tenant_id, account_id, name, currency, timezone_name, created_at, updated_at)
    VALUES (%(tenant)s, %(account)s, %(name)s, %(currency)s, 'America/Argentina/Buenos_Aires', %(at)s, %(at)s)
"""
_SOURCE = """
    INSERT INTO metaads.sync_accounts (tenant_id, account_id, data_source) VALUES (%(tenant)s, %(account)s, 'live')
"""
_DAYS = """
    INSERT INTO metaads.sync_days (tenant_id, account_id, entity_type, day, read_at, row_count)
    SELECT %(tenant)s, %(account)s, level, day, %(at)s, 1
    FROM generate_series(%(first)s::date, %(last)s::date, interval '1 day') AS day,
         unnest('{ad,campaign}'::text[]) AS level
"""
_RUN = """
    INSERT INTO metaads.sync_runs (tenant_id, run_id, account_id, sync_type, mode, since, until, started_at,
                                   finished_at, success)
    VALUES (%(tenant)s, gen_random_uuid(), %(account)s, 'automatic', 'live', %(first)s, %(last)s, %(at)s, %(at)s, true)
"""
_CAMPAIGN = """
    INSERT INTO metaads.campaigns (tenant_id, campaign_id, account_id, name, fetched_at) VALUES (%s, %s, %s, %s, %s)
"""
_INSIGHT = """
    INSERT INTO metaads.insights (tenant_id, account_id, entity_type, entity_id, day, campaign_id, currency, spend,
                                  impressions, clicks, actions, fetched_at)
    VALUES (%s, %s, 'ad', %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_PERSON = """
    INSERT INTO patients (tenant_id, phone_number, first_name, created_at, acquisition_source, meta_ad_id,
                          meta_ad_headline, meta_campaign_id)
    VALUES (%s, %s, 'P', %s, 'META_ADS', %s, 'Hola', %s) RETURNING id
"""
_VISIT = """
    INSERT INTO appointments (tenant_id, patient_id, appointment_datetime, appointment_type, status, created_at)
    VALUES (%s, %s, %s, 'consulta', 'completed', %s)
"""
_PAYMENT = """
    INSERT INTO accounting_transactions (tenant_id, patient_id, transaction_type, transaction_date, amount, currency,
                                         status)
    VALUES (%s, %s, 'payment', %s, %s, %s, 'completed')
"""


@dataclass(frozen=True)
class Line:
    """A campaign: what it spends a day, how many people it brings a day, and how that grew."""

    name: str
    spend: float
    leads: float
    growth: float = 1.0
    currency: str = "ARS"


CAMPAIGNS = (
    Line("Implantes | Web | 04", 42_000, 3.1, 1.35),
    Line("Ortodoncia invisible para adultos: primera consulta sin cargo y plan en 12 cuotas | WhatsApp", 31_000, 2.7),
    Line("Blanqueamiento | Instagram | 07", 12_500, 1.4, 0.6),
    Line("Lentes | WhatsApp | 03", 9_800, 0.9, 1.6),
    Line("Niños sin miedo | Facebook | 01", 7_200, 0.8),
    Line("Urgencias 24 h | Búsqueda | 02", 15_400, 1.1, 0.9),
    Line("Prótesis | Formulario | 05", 6_100, 0.3, 1.1),
    Line("Recordación de marca | Video | 06", 18_900, 0.0),
)


def in_two_currencies() -> tuple[Line, ...]:
    """Every other campaign in dollars."""
    return tuple(
        Line(line.name, line.spend / 100, line.leads, line.growth, "USD") if place % 2 else line
        for place, line in enumerate(CAMPAIGNS)
    )


def many_campaigns(count: int) -> tuple[Line, ...]:
    random = Random(3)
    return tuple(
        Line(f"Campaña {number:03}", random.uniform(500, 9_000), random.uniform(0, 0.4)) for number in range(count)
    )


@dataclass
class Clinic:
    """Fills the tables of one tenant, day by day, up to yesterday."""

    connection: psycopg.Connection
    tenant_id: int = 1
    days: int = 100
    random: Random = field(default_factory=lambda: Random(7))

    def open(self, campaigns: tuple[Line, ...] = CAMPAIGNS, *, with_ads: bool = True) -> None:
        with self.connection.transaction(), self.connection.cursor() as cursor:
            cursor.execute("SELECT metaads.set_tenant(%s)", [self.tenant_id])
            if with_ads:
                self._register(cursor, campaigns)
            for number, line in enumerate(campaigns, 1):
                for place in range(self.days):
                    self._one_day(cursor, f"{number}", line, place, with_ads=with_ads)
        if with_ads:
            add_up_days(self.connection, self.tenant_id)

    @property
    def first(self) -> date:
        return TODAY.date() - timedelta(days=self.days)

    def _register(self, cursor: psycopg.Cursor, campaigns: tuple[Line, ...]) -> None:
        for currency in sorted({line.currency for line in campaigns}):
            values = {
                "tenant": self.tenant_id,
                "account": ACCOUNTS[currency],
                "name": f"Clínica Norte, {currency}",
                "currency": currency,
                "at": TODAY - timedelta(hours=2),
                "first": self.first,
                "last": TODAY.date() - timedelta(days=1),
            }
            for statement in (_ACCOUNT, _SOURCE, _DAYS, _RUN):
                cursor.execute(statement, values)
        cursor.executemany(
            _CAMPAIGN,
            [
                (self.tenant_id, f"c{number}", ACCOUNTS[line.currency], line.name, TODAY)
                for number, line in enumerate(campaigns, 1)
            ],
        )

    def _one_day(self, cursor: psycopg.Cursor, number: str, line: Line, place: int, *, with_ads: bool) -> None:
        day = self.first + timedelta(days=place)
        weekday = 0.55 if day.weekday() == 6 else 0.8 if day.weekday() == 5 else 1.1
        trend = weekday * line.growth ** (2 * place / self.days - 1) * self.random.uniform(0.8, 1.2)
        leads = sum(self.random.random() < line.leads * trend / 12 for _ in range(12))
        if with_ads:
            self._delivered(cursor, number, line, day, round(line.spend * trend, 2), leads)
        for person in range(leads):
            self._came(cursor, f"{number}-{place}-{person}", number, line, day)

    def _delivered(self, cursor: psycopg.Cursor, number: str, line: Line, day: date, spend: float, leads: int) -> None:
        clicks = int(spend / 210 * self.random.uniform(0.8, 1.2)) if line.currency == "ARS" else int(spend / 2)
        chats = json.dumps([{"action_type": CONVERSATION, "value": str(int(leads * 1.4 + clicks * 0.01))}])
        key = (self.tenant_id, ACCOUNTS[line.currency], f"ad{number}", day, f"c{number}", line.currency)
        cursor.execute(_INSIGHT, (*key, spend, clicks * self.random.randrange(45, 70), clicks, chats, TODAY))

    def _came(self, cursor: psycopg.Cursor, phone: str, number: str, line: Line, day: date) -> None:
        """A person, as the host attributed them; two in seven book, half of those pay."""
        person = [self.tenant_id, f"{self.tenant_id}-{phone}", f"{day} 15:00+00", f"ad{number}", line.name]
        row = cursor.execute(_PERSON, person).fetchone()
        assert row is not None
        if self.random.random() > 2 / 7:
            return
        later = day + timedelta(days=3)
        for _ in range(self.random.choice([1, 1, 1, 2])):
            cursor.execute(_VISIT, [self.tenant_id, row[0], f"{later} 13:00+00", f"{day} 18:00+00"])
        if self.random.random() < 0.5:
            amount = self.random.randrange(40, 900) * (1000 if line.currency == "ARS" else 1)
            cursor.execute(_PAYMENT, [self.tenant_id, row[0], later, amount, line.currency])


def report_of(database: Database, tenant_id: int = 1, **options: Any) -> ReportDocument:
    """A tenant's report on the day after the clinics' last one. Options are those of Days and of ReportOptions."""
    days = Days(**{name: options.pop(name) for name in ("since", "until", "last", "preset") if name in options})
    settings = {"fallback_timezone": "UTC", "valid_statuses": ("completed",), "attribution_window_days": 7}
    with freeze_time(TODAY):
        document = report(database.tenant(tenant_id), ReportOptions(days=days, **(settings | options)))
    # Dates of freezegun's own type cannot be written.
    plain = msgspec.to_builtins(document, builtin_types=[Decimal], enc_hook=lambda moment: moment.isoformat())
    return msgspec.convert(plain, ReportDocument)


def assert_every_number_is_the_documents(
    numbers: list[tuple[str, str, str]], texts: list[tuple[str, str]], document: str
) -> None:
    """`numbers` are (path, exact value, what is seen) of a page, `texts` (path, what is seen), `document` its JSON."""
    found = json.loads(document, parse_float=Decimal, parse_int=Decimal)
    assert len(numbers) > 50
    for path, exact, text in numbers:
        value = value_of(found, path)
        assert (Decimal(exact) if exact else None) == value, path
        seen = as_read(text)
        assert (seen is None) == (value is None), path
        if seen is not None:
            assert abs(seen - value) <= Decimal(5).scaleb(int(seen.as_tuple().exponent) - 1), (path, text)
    for path, text in texts:
        assert text == value_of(found, path)


def value_of(document: Any, path: str) -> Any:
    for step in path.split("."):
        if document is None:
            return None
        document = document[int(step)] if isinstance(document, list) else document.get(step)
    return document


def as_read(text: str) -> Decimal | None:
    """The number that a reader sees, in the unit of the document."""
    if text == "–":
        return None
    digits = re.sub(r"[^\d.\u2212]", "", text).replace("\u2212", "-")
    return Decimal(digits).scaleb(-2) if "%" in text or "points" in text else Decimal(digits)
