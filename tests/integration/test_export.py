"""Exports against a real database: every row and value of the tenant, and nobody else's."""

import io
import json
import tracemalloc
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pyarrow.parquet
import pytest
from freezegun import freeze_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from psycopg import sql
from sqlalchemy import bindparam, func, literal, select

from builders import add_up_days
from counting import rows_read
from metaads_cli.console import Console
from metaads_cli.db.session import Database
from metaads_cli.errors import ConfigError, UsageError
from metaads_cli.models.export import ExportColumn, ExportedTenant, Row
from metaads_cli.models.statistics import Measures
from metaads_cli.render.exports import open_writer
from metaads_cli.tasks.export import Insights, Leads, Statistics, Subject, export, with_windows
from metaads_cli.tasks.stats import Days, statistics

VALID = ("scheduled", "confirmed", "completed")
LEVELS = ("campaign", "adset", "ad")
AD, OTHER_AD = "120200000000000001", "120200000000000002"
DAY = date(2026, 10, 10)
NOON = datetime(2026, 10, 10, 15, tzinfo=UTC)
NAME = 'Otoño, "2 × 1" 🦷\n=1+1'
ACTIONS = '[{"value": "17", "action_type": "link_click"}, {"value": 1.10, "action_type": "café"}]'
HUGE = Decimal("123456789012.1234567890")
Insert = Callable[..., None]


class Taken:
    """What an export hands over, as dictionaries."""

    def __init__(self, columns: Sequence[ExportColumn]):
        self.names = [column.name for column in columns]
        self.rows: list[dict[str, Any]] = []
        self.sizes: list[int] = []

    def __call__(self, rows: Sequence[Row]) -> None:
        self.sizes.append(len(rows))
        self.rows += (dict(zip(self.names, row, strict=True)) for row in rows)


def take(
    database: Database,
    subject: Subject,
    *tenant_ids: int,
    write: Callable[[Sequence[Row]], None] | None = None,
    **days: Any,
) -> tuple[Taken, list[ExportedTenant]]:
    taken = Taken(subject.columns)
    planned = with_windows(database.sessions(tenant_ids or (1,)), Days(**days), "UTC")
    with Console(verbosity=-1).progress("", None) as progress:
        tenants, _ = export(planned, subject, write or taken, progress)
    return taken, tenants


def rows_of(database: Database, subject: Subject, *tenant_ids: int, **days: Any) -> list[dict[str, Any]]:
    return take(database, subject, *tenant_ids, **days)[0].rows


@pytest.fixture
def insight(database: Database) -> Insert:
    """A row of an ad with figures."""

    def insert(entity: str = AD, day: date = DAY, *, tenant_id: int = 1, level: str = "ad", **more: Any) -> None:
        values = {
            "tenant_id": tenant_id,
            "account_id": "act_1",
            "entity_type": level,
            "entity_id": entity,
            "day": day,
            "campaign_id": "9",
            "adset_id": None if level == "campaign" else "8",
            "ad_id": entity if level == "ad" else None,
            "currency": "ARS",
            "fetched_at": datetime(2026, 10, 11, 12, 0, 0, 123456, tzinfo=UTC),
            **more,
        }
        statement = sql.SQL("INSERT INTO metaads.insights ({}) VALUES ({})").format(
            sql.SQL(", ").join(map(sql.Identifier, values)), sql.SQL(", ").join(map(sql.Placeholder, values))
        )
        with database.tenant(tenant_id).transaction() as cursor:
            cursor.execute(statement, values)

    return insert


@pytest.fixture
def named(database: Database) -> None:
    """The catalogue of tenant 1."""
    with database.tenant(1).transaction() as cursor:
        cursor.execute(
            "INSERT INTO metaads.campaigns (tenant_id, campaign_id, account_id, name, fetched_at)"
            " VALUES (1, '9', 'act_1', %s, now())",
            [NAME],
        )
        cursor.execute(
            "INSERT INTO metaads.adsets (tenant_id, adset_id, account_id, campaign_id, name, fetched_at)"
            " VALUES (1, '8', 'act_1', '9', 'Zona norte', now())"
        )
        cursor.execute(
            "INSERT INTO metaads.ads (tenant_id, ad_id, account_id, campaign_id, adset_id, name, fetched_at)"
            " VALUES (1, %s, 'act_1', '9', '8', 'Anuncio', now())",
            [AD],
        )


def test_every_column_of_insights_is_exported(database: Database, insight: Insert) -> None:
    insight()
    columns = database.connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'metaads.insights'::regclass AND attnum > 0"
        " AND NOT attisdropped"
    ).fetchall()
    names = {"campaign_name", "adset_name", "ad_name"}
    assert set(rows_of(database, Insights(LEVELS))[0]) == {row[0] for row in columns} | names


def test_names_are_those_of_the_catalogue_and_unknown_without_it(
    database: Database, insight: Insert, named: None
) -> None:
    insight(AD)
    insight("8", level="adset")
    insight("9", level="campaign")
    insight(OTHER_AD, campaign_id="77", adset_id="66")
    found = rows_of(database, Insights(LEVELS))
    assert [(row["entity_id"], row["campaign_name"], row["adset_name"], row["ad_name"]) for row in found] == [
        (AD, NAME, "Zona norte", "Anuncio"),
        (OTHER_AD, None, None, None),
        ("8", NAME, "Zona norte", None),
        ("9", NAME, None, None),
    ]


def test_days_and_levels_choose_the_rows(database: Database, insight: Insert) -> None:
    for offset in range(4):
        insight(day=DAY + timedelta(days=offset))
        insight("9", DAY + timedelta(days=offset), level="campaign")
    found = rows_of(database, Insights(("campaign",)), since=DAY + timedelta(days=1), until=DAY + timedelta(days=2))
    assert [(row["entity_id"], row["day"].day) for row in found] == [("9", 11), ("9", 12)]


def test_the_last_days_are_those_of_the_tenants_own_calendar(database: Database, insight: Insert) -> None:
    for tenant_id in (1, 2):
        insight(day=DAY, tenant_id=tenant_id)
        insight(day=DAY + timedelta(days=1), tenant_id=tenant_id)
    with freeze_time(datetime(2026, 10, 11, 2, 59, tzinfo=UTC)):  # in Buenos Aires it is still the 10th
        taken, tenants = take(database, Insights(LEVELS), 1, 2, last=1)
    assert [(row["tenant_id"], row["day"].day) for row in taken.rows] == [(1, 10), (2, 11)]
    assert [(tenant.tenant_id, tenant.rows, tenant.window.timezone) for tenant in tenants] == [
        (1, 1, "America/Argentina/Buenos_Aires"),
        (2, 1, "UTC"),
    ]


def test_nobody_elses_rows_are_exported(database: Database, insight: Insert, named: None) -> None:
    insight(tenant_id=1, spend=1)
    insight(tenant_id=2, spend=2)
    both = [(1, NAME, 1), (2, None, 2)]

    def seen(*tenant_ids: int) -> list[tuple[Any, ...]]:
        found = rows_of(database, Insights(LEVELS), *tenant_ids)
        return [(row["tenant_id"], row["campaign_name"], row["spend"]) for row in found]

    assert seen(1) == both[:1]
    assert seen(2) == both[1:]
    assert seen(2, 1) == both[::-1]


@pytest.fixture
def full(insight: Insert, named: None) -> None:
    """Rows with all that is hard to keep."""
    insight(
        spend=HUGE,
        impressions=2**62,
        clicks=0,
        frequency=Decimal("1.0512820512820513"),
        ctr=Decimal("0.000000000000000001"),
        cpc=Decimal("-0.10"),
        conversion_action="=cmd|' /C calc'!A0",
        revenue=Decimal("99999999999999999999.999999999999999999"),
        attribution_setting="",
        actions=ACTIONS,
        action_values="[]",
    )
    insight(OTHER_AD)


def stored(connection: psycopg.Connection, columns: Sequence[ExportColumn]) -> list[dict[str, Any]]:
    """The rows as PostgreSQL itself has them, as text."""
    joined = """
        SELECT i.*, c.name AS campaign_name, s.name AS adset_name, a.name AS ad_name
        FROM metaads.insights AS i
        LEFT JOIN metaads.campaigns AS c USING (tenant_id, campaign_id)
        LEFT JOIN metaads.adsets AS s USING (tenant_id, adset_id) LEFT JOIN metaads.ads AS a USING (tenant_id, ad_id)
        WHERE tenant_id = 1 ORDER BY entity_id
    """
    names = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(column.name)) for column in columns)
    query = sql.SQL("SELECT {} FROM ({}) AS stored").format(names, sql.SQL(joined))  # type: ignore[arg-type]
    with connection.transaction():
        connection.execute("SET LOCAL timezone = 'UTC'")
        connection.execute("SELECT metaads.set_tenant(1)")
        rows = connection.execute(query).fetchall()
    return [dict(zip([column.name for column in columns], row, strict=True)) for row in rows]


def in_its_type(column: ExportColumn, text: str | None) -> Any:
    if text is None:
        return None
    match column.kind:
        case "number" | "count":
            return int(text)
        case "amount":
            return Decimal(text)
        case "day":
            return date.fromisoformat(text)
        case "moment":
            return datetime.fromisoformat(text)
    return text


def read_parquet(data: bytes) -> list[dict[str, Any]]:
    return list(pyarrow.parquet.read_table(io.BytesIO(data)).to_pylist())


def read_jsonl(data: bytes) -> list[dict[str, Any]]:
    found = [json.loads(line, parse_float=Decimal) for line in data.splitlines()]
    for row in found:
        row["day"], row["fetched_at"] = date.fromisoformat(row["day"]), datetime.fromisoformat(row["fetched_at"])
        for name in ("actions", "action_values"):
            row[name] = row[name] and json.dumps(row[name], ensure_ascii=False, default=str)
    return found


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_a_file_holds_what_the_database_holds(database: Database, full: None, form: str) -> None:
    columns = Insights(LEVELS).columns
    expected = [
        {column.name: in_its_type(column, row[column.name]) for column in columns}
        for row in stored(database.connection, columns)
    ]
    data = written(database, Insights(LEVELS), form)
    found = read_parquet(data) if form == "parquet" else read_jsonl(data)
    if form == "jsonl":  # JSON within JSON: the document itself
        for row in (*expected, *found):
            row.update({name: row[name] and json.loads(row[name]) for name in ("actions", "action_values")})
        expected[0]["actions"][1]["value"] = "1.10"
        assert b'"value": 1.10,' in data
    assert found == expected
    assert len(found) == 2


def written(database: Database, subject: Subject, form: str) -> bytes:
    stream = io.BytesIO()
    with open_writer(form, stream, subject.columns, subject.name) as write:
        take(database, subject, write=write)
    return stream.getvalue()


def test_postgresql_reads_the_csv_back_as_it_was(database: Database, full: None) -> None:
    connection, columns = database.connection, Insights(LEVELS).columns
    kinds = {"amount": "numeric", "number": "int", "count": "bigint", "day": "date", "moment": "timestamptz"}
    fields = (
        sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(kinds.get(column.kind, "text")))  # type: ignore[arg-type]
        for column in columns
    )
    connection.execute(sql.SQL("CREATE TEMPORARY TABLE back ({})").format(sql.SQL(", ").join(fields)))
    data = written(database, Insights(LEVELS), "csv")
    with connection.cursor().copy("COPY back FROM STDIN (FORMAT csv, HEADER match)") as copy:
        copy.write(data)
    names = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(column.name)) for column in columns)
    connection.execute("SET timezone = 'UTC'")
    back = connection.execute(sql.SQL("SELECT {} FROM back ORDER BY entity_id").format(names)).fetchall()
    assert back == [tuple(row.values()) for row in stored(connection, columns)]


def test_a_workbook_shows_numbers_that_it_can_hold_and_the_others_as_text(database: Database, full: None) -> None:
    columns = Insights(LEVELS).columns
    sheet = openpyxl.load_workbook(io.BytesIO(written(database, Insights(LEVELS), "xlsx"))).worksheets[0]
    header, first, second = sheet.iter_rows()
    assert [cell.value for cell in header] == [column.name for column in columns]
    found = {name.value: cell for name, cell in zip(header, first, strict=True)}
    assert found["spend"].value == str(HUGE)
    assert found["cpc"].value == -0.1
    assert found["entity_id"].value == AD
    assert found["day"].value.date() == DAY
    assert found["fetched_at"].value == datetime.fromisoformat("2026-10-11T12:00:00.123")
    assert found["campaign_name"].value == NAME
    assert (found["conversion_action"].value, found["conversion_action"].data_type) == ("=cmd|' /C calc'!A0", "s")
    assert second[header.index(next(name for name in header if name.value == "spend"))].value is None


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    some.lists(
        some.tuples(
            some.none() | some.decimals(-(10**19), 10**19, allow_nan=False, places=10),
            some.none() | some.text(some.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
            some.none() | some.integers(-(2**63), 2**63 - 1),
        ),
        max_size=6,
    )
)
def test_whatever_is_stored_is_exported(
    database: Database, insight: Insert, rows: list[tuple[Decimal | None, str | None, int | None]]
) -> None:
    with database.tenant(1).transaction() as cursor:
        cursor.execute("DELETE FROM metaads.insights WHERE tenant_id = 1")
    for number, (spend, setting, clicks) in enumerate(rows):
        insight(f"{number}", spend=spend, attribution_setting=setting, clicks=clicks)
    found = read_parquet(written(database, Insights(LEVELS), "parquet"))
    assert [(row["spend"], row["attribution_setting"], row["clicks"]) for row in found] == rows


def many(database: Database, count: int) -> None:
    with database.tenant(1).transaction() as cursor:
        cursor.execute("DELETE FROM metaads.insights WHERE tenant_id = 1")
        cursor.execute(
            """
            INSERT INTO metaads.insights (tenant_id, account_id, entity_type, entity_id, day, campaign_id, currency,
                                          spend, actions, fetched_at)
            SELECT 1, 'act_1', 'ad', n, %s, 'c', 'ARS', n, %s, now() FROM generate_series(1, %s) AS n
            """,
            [DAY, ACTIONS, count],
        )


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_four_times_as_many_rows_take_no_more_memory(database: Database, form: str, tmp_path: Path) -> None:
    def peak(count: int) -> int:
        many(database, count)
        tracemalloc.start()
        try:
            with (tmp_path / "file").open("wb") as stream:
                with open_writer(form, stream, Insights(LEVELS).columns, "insights") as write:
                    taken = take(database, Insights(LEVELS), write=write)
                assert taken[1][0].rows == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)  # what is loaded and cached once
    assert peak(16_000) < 1.2 * peak(4_000)


def test_names_are_read_once_not_for_each_row(database: Database) -> None:
    names, days = 400, 10
    session = database.tenant(1)
    with session.transaction() as cursor:
        for table, key, more in (("campaigns", "campaign_id", ""), ("adsets", "adset_id", ", campaign_id")):
            session.run(
                cursor,
                f"INSERT INTO metaads.{table} (tenant_id, {key}, account_id, name, fetched_at{more})"
                f" SELECT %(tenant_id)s, n, 'act_1', 'N', now(){', n' if more else ''}"
                " FROM generate_series(1, %(names)s) AS n",
                {"names": names},
            )
        session.run(
            cursor,
            "INSERT INTO metaads.insights (tenant_id, account_id, entity_type, entity_id, day, campaign_id, adset_id,"
            " currency, fetched_at) SELECT %(tenant_id)s, 'act_1', 'adset', n, date '2026-10-01' + day, n, n, 'ARS',"
            " now() FROM generate_series(1, %(names)s) AS n, generate_series(1, %(days)s) AS day",
            {"names": names, "days": days},
        )
    before = rows_read(database.connection, ["metaads.campaigns", "metaads.adsets"])
    assert {row["adset_name"] for row in rows_of(database, Insights(("adset",)), 1)} == {"N"}
    after = rows_read(database.connection, before)
    assert {table: count - before[table] for table, count in after.items()} == dict.fromkeys(before, names)


def test_rows_come_in_batches_as_they_are_asked_for(database: Database) -> None:
    query = select(func.generate_series(1, 2_500)).where(bindparam("tenant_id", None) == literal(1))
    with database.tenant(1).snapshot() as reader, reader.stream(query, batch=1_000) as batches:
        assert [len(batch) for batch in batches] == [1_000, 1_000, 500]
    with database.tenant(2).snapshot() as reader, reader.stream(query) as batches:
        assert list(batches) == []


def test_a_stream_can_be_left_before_its_end(database: Database) -> None:
    query = select(func.generate_series(1, 5_000)).where(bindparam("tenant_id", None) == literal(1))
    with database.tenant(1).snapshot() as reader:
        for _ in range(2):
            with reader.stream(query, batch=10) as batches:
                assert next(batches)[0] == (1,)
    assert database.connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_rows_are_those_of_one_moment(database: Database, database_url: str, insight: Insert) -> None:
    many(database, 5_000)
    taken = Taken(Insights(LEVELS).columns)

    def write(rows: Sequence[Row]) -> None:
        if not taken.rows:
            with psycopg.connect(database_url) as other:
                other.execute("SELECT metaads.set_tenant(1)")
                other.execute("UPDATE metaads.insights SET spend = -1 WHERE tenant_id = 1")
        taken(rows)

    take(database, Insights(LEVELS), write=write)
    assert len(taken.sizes) > 1
    assert len(taken.rows) == 5_000
    assert min(row["spend"] for row in taken.rows) == 1


def test_an_export_reads_and_does_nothing_else(database: Database, insight: Insert) -> None:
    insight()

    def write(_rows: Sequence[Row]) -> None:
        database.connection.execute("UPDATE tenants SET clinic_name = 'x'")

    with pytest.raises(ConfigError, match="read-only"):
        take(database, Insights(LEVELS), write=write)


@pytest.fixture
def person(connection: psycopg.Connection) -> Callable[..., int]:
    """Somebody attributed to an ad; with `touched`, metaads knows when."""
    number = iter(range(1, 1000))

    def create(touched: datetime | None = None, *, tenant_id: int = 1, ad: str | None = AD, **more: Any) -> int:
        phone = f"{next(number)}"
        values = {
            "tenant_id": tenant_id,
            "phone_number": phone,
            "first_name": "Íñigo 🦷",
            "last_name": None,
            "created_at": NOON,
            "acquisition_source": "META_ADS",
            "meta_ad_id": ad,
            "meta_ad_headline": "Hola",
            **more,
        }
        query = sql.SQL("INSERT INTO patients ({}) VALUES ({}) RETURNING id").format(
            sql.SQL(", ").join(map(sql.Identifier, values)), sql.SQL(", ").join(map(sql.Placeholder, values))
        )
        row = connection.execute(query, values).fetchone()
        assert row is not None
        if touched:
            with connection.transaction():
                connection.execute("SELECT metaads.set_tenant(%s)", [tenant_id])
                connection.execute(
                    "INSERT INTO metaads.referral_events (tenant_id, channel, event_id, occurred_at, patient_id,"
                    " from_ad, ad_id, referral) VALUES (%s, 'whatsapp', %s, %s, %s, true, %s, '{}')",
                    [tenant_id, phone, touched, row[0], ad],
                )
        return int(row[0])

    return create


@pytest.fixture
def visit(connection: psycopg.Connection) -> Insert:
    def create(patient_id: int, at: datetime = NOON, *, made: datetime = NOON, **more: Any) -> None:
        values = {"tenant_id": 1, "status": "scheduled", **more}
        connection.execute(
            "INSERT INTO appointments (tenant_id, patient_id, appointment_datetime, appointment_type, status,"
            " created_at) VALUES (%s, %s, %s, 'x', %s, %s)",
            [values["tenant_id"], patient_id, at, values["status"], made],
        )

    return create


@pytest.fixture
def payment(connection: psycopg.Connection) -> Insert:
    def create(
        patient_id: int, amount: str, day: date = DAY, *, currency: str | None = "ARS", tenant_id: int = 1
    ) -> None:
        connection.execute(
            "INSERT INTO accounting_transactions (tenant_id, patient_id, transaction_type, transaction_date, amount,"
            " currency) VALUES (%s, %s, 'x', %s, %s, %s)",
            [tenant_id, patient_id, day, amount, currency],
        )

    return create


def leads(database: Database, *tenant_ids: int, **days: Any) -> list[dict[str, Any]]:
    return rows_of(database, Leads(VALID), *tenant_ids, **days)


def test_a_person_is_a_row_with_the_ad_and_what_came_of_it(
    database: Database, named: None, person: Callable[..., int], visit: Insert, payment: Insert
) -> None:
    who = person(NOON, created_at=NOON - timedelta(days=30), meta_campaign_id="Old name")
    visit(who, NOON + timedelta(days=9))
    visit(who, NOON + timedelta(days=5))
    visit(who, NOON, status="cancelled")
    visit(who, NOON, made=NOON - timedelta(days=1))
    payment(who, "1200.50")
    payment(who, "99.50", DAY + timedelta(days=400))
    payment(who, "7", DAY - timedelta(days=1))
    assert leads(database) == [
        {
            "tenant_id": 1,
            "person_id": str(who),
            "day": DAY,
            "first_touch_at": NOON,
            "created_at": NOON - timedelta(days=30),
            "source": "META_ADS",
            "campaign_id": "9",
            "campaign_name": NAME,
            "adset_id": "8",
            "adset_name": "Zona norte",
            "ad_id": AD,
            "ad_name": "Anuncio",
            "ad_headline": "Hola",
            "first_appointment_at": NOON + timedelta(days=5),
            "converted": True,
            "appointments": 2,
            "revenue": Decimal("1300.00"),
            "revenue_currency": "ARS",
            "revenue_by_currency": '{"ARS": 1300.00}',
        }
    ]


def test_what_is_not_known_of_a_person_is_empty(database: Database, person: Callable[..., int]) -> None:
    person(ad=None, meta_ad_headline=None, meta_campaign_id="Written by the host")
    found = leads(database)[0]
    assert {name for name, value in found.items() if value is None} == {
        "first_touch_at", "campaign_id", "adset_id", "adset_name", "ad_id", "ad_name", "ad_headline",
        "first_appointment_at", "revenue", "revenue_currency", "revenue_by_currency",
    }  # fmt: skip
    assert (found["campaign_name"], found["converted"], found["appointments"]) == ("Written by the host", False, 0)


def test_who_paid_nothing_is_known_to_where_somebody_paid(
    database: Database, person: Callable[..., int], payment: Insert
) -> None:
    paying, not_paying = person(), person()
    payment(paying, "10")
    money = [(row["revenue"], row["revenue_currency"], row["revenue_by_currency"]) for row in leads(database)]
    assert money == [(10, "ARS", '{"ARS": 10.00}'), (0, None, "{}")]
    assert not_paying > paying


def test_payments_in_several_currencies_are_not_added(
    database: Database, person: Callable[..., int], payment: Insert
) -> None:
    who = person()
    for currency in ("USD", "ARS", "usd", None):
        payment(who, "10.10", currency=currency)
    found = leads(database)[0]
    assert (found["revenue"], found["revenue_currency"]) == (None, None)
    assert found["revenue_by_currency"] == '{"ARS": 10.10, "USD": 20.20, "XXX": 10.10}'


def test_only_people_from_ads_who_are_not_deleted_are_exported(database: Database, person: Callable[..., int]) -> None:
    wanted = [person(), person(status="guest"), person(status=None)]
    person(status="deleted")
    person(acquisition_source="ORGANIC")
    person(tenant_id=2)
    assert [row["person_id"] for row in leads(database)] == list(map(str, wanted))


def test_nobody_can_be_called_unless_it_is_asked_for(database: Database, person: Callable[..., int]) -> None:
    person(phone_number="+5491155550001", last_name="Sosa", email="x@example.org", dni="30111222")
    told = repr(leads(database))
    assert not any(secret in told for secret in ("5491155550001", "Íñigo", "Sosa", "example.org", "30111222"))
    found = rows_of(database, Leads(VALID, with_contact_data=True))[0]
    assert list(found.items())[-3:] == [
        ("phone_number", "+5491155550001"),
        ("first_name", "Íñigo 🦷"),
        ("last_name", "Sosa"),
    ]


def test_people_belong_to_the_day_of_the_touch_in_the_tenants_time_zone(
    database: Database, person: Callable[..., int]
) -> None:
    late = person(datetime(2026, 10, 11, 2, 59, tzinfo=UTC))  # 23:59 of the 10th in Buenos Aires
    person(datetime(2026, 10, 11, 3, 0, tzinfo=UTC))
    found = leads(database, since=DAY, until=DAY)
    assert [(row["person_id"], row["day"]) for row in found] == [(str(late), DAY)]


@pytest.fixture
def clinic(person: Callable[..., int], visit: Insert, payment: Insert, insight: Insert, database: Database) -> None:
    """People of several ads, days and fates, in both tenants."""
    for tenant_id in (1, 2):
        for number in range(12):
            touched = NOON + timedelta(days=number % 4) if number % 3 else None
            who = person(
                touched,
                tenant_id=tenant_id,
                ad=(AD, OTHER_AD, None)[number % 3],
                meta_campaign_id="By the host" if number % 2 else None,
                meta_ad_headline=f"Headline {number % 2}",
                status="deleted" if number == 11 else "active",
            )
            for offset in range(number // 3):
                made = (touched or NOON) + timedelta(days=offset - 1)  # the first one is before the touch
                visit(who, made=made, tenant_id=tenant_id, status=VALID[offset])
                payment(who, f"{number}.{offset}5", made.date(), tenant_id=tenant_id)
        insight(AD, spend=100, tenant_id=tenant_id)
        add_up_days(database.connection, tenant_id)


@pytest.mark.parametrize(
    "days", [{}, {"since": DAY + timedelta(days=1), "until": DAY + timedelta(days=2)}, {"until": DAY}]
)
def test_the_sums_of_people_are_what_stats_says(database: Database, clinic: None, days: dict[str, date]) -> None:
    total = statistics(database.tenant(1), Days(**days), fallback_timezone="UTC", valid_statuses=VALID).total
    found = leads(database, **days)
    assert (total.leads, total.converted, total.appointments) == (
        len(found),
        sum(row["converted"] for row in found),
        sum(row["appointments"] for row in found),
    )
    assert total.appointments > total.converted > 0
    if not days:  # with a window, stats counts the payments of its days, of whomever
        assert total.revenue == sum(row["revenue"] for row in found) > 0


def test_revenue_in_several_currencies_adds_up_to_that_of_stats(
    database: Database, clinic: None, person: Callable[..., int], payment: Insert
) -> None:
    for currency in ("ARS", "USD"):
        payment(person(NOON), "3.33", currency=currency)
    report = statistics(database.tenant(1), Days(), fallback_timezone="UTC", valid_statuses=VALID)
    by_currency: dict[str, Decimal] = {}
    for row in leads(database):
        for currency, amount in json.loads(row["revenue_by_currency"], parse_float=Decimal).items():
            by_currency[currency] = by_currency.get(currency, Decimal(0)) + amount
    assert by_currency == {name: measures.revenue for name, measures in report.totals_by_currency.items()}


@pytest.mark.parametrize("by", [None, "campaign", "adset", "ad", "source", "day", "week", "month"])
def test_statistics_are_exported_as_stats_has_them(database: Database, clinic: None, by: str | None) -> None:
    report = statistics(database.tenant(1), Days(), by=by, fallback_timezone="UTC", valid_statuses=VALID)
    found = rows_of(database, Statistics(VALID, by))
    assert [(row["leads"], row["spend"], row["revenue"]) for row in found] == [
        (row.leads, row.spend, row.revenue) for row in report.rows
    ]
    assert len(found) == len(report.rows) > 0
    assert set(Measures.__annotations__) < set(found[0])
    assert {row["tenant_id"] for row in rows_of(database, Statistics(VALID, by), 1, 2)} == {1, 2}
    assert read_parquet(written(database, Statistics(VALID, by), "parquet")) == found


def test_an_unknown_grouping_is_refused_before_anything_is_written(database: Database) -> None:
    with pytest.raises(UsageError, match="--by is 'hour'"):
        _ = Statistics(VALID, "hour").columns


@pytest.mark.parametrize("subject", [Insights(LEVELS), Leads(VALID), Statistics(VALID)])
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet", "xlsx"])
def test_a_tenant_without_rows_gets_an_empty_file(database: Database, subject: Subject, form: str) -> None:
    data = written(database, subject, form)
    names = [column.name for column in subject.columns]
    if form == "csv":
        assert data.decode().split("\n") == [",".join(names), ""]
    elif form == "parquet":
        assert pyarrow.parquet.read_table(io.BytesIO(data)).column_names == names
    elif form == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
        assert list(sheet.values) == [tuple(names)]
    else:
        assert data == b""


def test_the_leads_of_a_crm_are_exported_with_their_touches_and_sales(crm: psycopg.Connection) -> None:
    database = Database(crm)
    for tenant_id in (1, 2):
        for number, status in enumerate(("new", "won", "deleted", "back")):
            crm.execute(
                "INSERT INTO leads (tenant_id, phone_number, first_name, status, created_at, acquisition_source,"
                " meta_ad_id) VALUES (%s, '1', 'Ana', %s, %s, 'META_ADS', %s)",
                [tenant_id, status, NOON + timedelta(days=number), AD],
            )
    crm.execute(
        "INSERT INTO sales_transactions (tenant_id, lead_id, amount, currency, status, created_at)"
        " SELECT tenant_id, id, 10.5, 'ARS', 'paid', created_at FROM leads WHERE status IN ('won', 'back')"
    )
    found_ids = crm.execute("SELECT id::text FROM leads WHERE tenant_id = 1 ORDER BY created_at")
    new, won, _, back = (row[0] for row in found_ids)
    returned = NOON + timedelta(days=9)
    with database.tenant(1).transaction() as cursor:
        cursor.execute(
            "INSERT INTO metaads.referral_events (tenant_id, channel, event_id, occurred_at, lead_id, from_ad, ad_id,"
            " referral) VALUES (1, 'whatsapp', 'a', %s, %s, true, %s, '{}')",
            [returned, back, AD],
        )
    found = leads(database)
    names = ("person_id", "day", "first_touch_at", "ad_id", "converted", "appointments", "revenue")
    assert [tuple(row[name] for name in names) for row in found] == [
        (new, DAY, None, AD, False, None, 0),
        (won, DAY + timedelta(days=1), None, AD, True, None, Decimal("10.5")),
        (back, returned.date(), returned, AD, False, None, 0),
    ]
    assert len(leads(database, 1, 2)) == 6
    total = statistics(database.tenant(1), Days(), fallback_timezone="UTC", valid_statuses=VALID).total
    assert (total.leads, total.converted, total.revenue) == (3, 1, Decimal("10.5"))
