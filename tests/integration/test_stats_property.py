"""Statistics of generated databases equal a slow computation in plain Python, for every grouping and window."""

import json
from collections import defaultdict
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from builders import add_up_days
from metaads_cli.db.session import Database
from metaads_cli.models.statistics import GROUPINGS, Measures
from metaads_cli.tasks.stats import Days, statistics

Row = dict[str, Any]
SANTIAGO = ZoneInfo("America/Santiago")
CHATS = "onsite_conversion.messaging_conversation_started_7d"
VALID = ("scheduled", "completed")
# The night of 2026-09-05 has no midnight in Santiago: the clocks jump from 24:00 (UTC-4) to 01:00 (UTC-3).
MIDNIGHTS = [datetime(2026, 9, day, hour, tzinfo=UTC) for day, hour in ((5, 4), (6, 4), (7, 3), (8, 3))]
FIRST = date(2026, 9, 4)
ADS = ("1", "2", "3", "4")

moments = st.builds(
    lambda midnight, seconds: midnight + timedelta(seconds=seconds),
    st.sampled_from(MIDNIGHTS),
    st.sampled_from([-40000, -1, 0, 1, 40000]),
)
days = st.integers(0, 4).map(lambda number: FIRST + timedelta(days=number))
amounts = st.decimals(0, 100, places=2)
tenants = st.sampled_from([1, 1, 1, 2])
currencies = st.sampled_from(["ARS", "ARS", "ARS", "USD"])
people = st.fixed_dictionaries(
    {
        "tenant_id": tenants,
        "acquisition_source": st.sampled_from(["META_ADS", "META_ADS", "META_ADS", "ORGANIC"]),
        "status": st.sampled_from(["active", "guest", "deleted", None]),
        "created_at": moments,
        "meta_ad_id": st.sampled_from([*ADS, "5", None]),
        "meta_campaign_id": st.sampled_from([None, "Host A", "Host B"]),
        "meta_ad_headline": st.sampled_from([None, "A", "B"]),
        "touches": st.lists(st.tuples(moments, st.booleans(), st.booleans()), max_size=2),
        "visits": st.lists(st.tuples(st.sampled_from([*VALID, "cancelled"]), moments), max_size=3),
        "payments": st.lists(
            st.tuples(amounts, currencies, st.sampled_from(["completed", "completed", "pending"]), days), max_size=3
        ),
    }
)
insights = st.fixed_dictionaries(
    {
        "tenant_id": tenants,
        "ad_id": st.sampled_from(ADS),
        "day": days,
        "spend": amounts | st.none(),
        "impressions": st.integers(0, 1000) | st.none(),
        "clicks": st.integers(0, 50) | st.none(),
        "revenue": amounts | st.none(),
        "chats": st.none() | st.integers(0, 9),
    }
)
worlds = st.fixed_dictionaries(
    {
        "people": st.lists(people, max_size=8),
        "insights": st.lists(insights, max_size=8, unique_by=lambda one: (one["tenant_id"], one["ad_id"], one["day"])),
        "dollars": st.sets(st.sampled_from(ADS), max_size=1),
        "known_ads": st.sets(st.sampled_from(ADS)),
        "known_campaigns": st.sets(st.sampled_from(["c1", "c2"])),
        "payments_kept": st.booleans(),
    }
)
CAMPAIGN_OF = {"1": "c1", "2": "c1", "3": "c2", "4": "c2"}


@pytest.mark.parametrize("by", GROUPINGS)
def test_statistics_equal_a_slow_computation(
    by: str | None, connection: psycopg.Connection, database: Database
) -> None:
    connection.execute("UPDATE tenants SET timezone = 'America/Santiago'")

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(world=worlds, bounds=st.tuples(st.none() | days, st.none() | days))
    def compare(world: Row, bounds: tuple[date | None, date | None]) -> None:
        since, until = bounds
        if since and until and since > until:
            since, until = until, since
        with connection.transaction(force_rollback=True):
            _store(connection, world)
            found = statistics(
                database.tenant(1), Days(since, until), by=by, fallback_timezone="UTC", valid_statuses=VALID
            )
            slow = Slow(connection, by, since or date.min, until or date.max)
            rows = {
                (tuple(getattr(row, name) for name in GROUPINGS[by]), row.currency): _measures(row)
                for row in found.rows
            }
            assert len(rows) == len(found.rows)
            assert rows == slow.rows
            assert _measures(found.total) == slow.total
            assert {currency: _measures(one) for currency, one in found.totals_by_currency.items()} == slow.totals
            assert bool(found.warnings) == bool(slow.totals)

    compare()


def _measures(found: Measures) -> Row:
    names = Measures.__dataclass_fields__
    return {name: value for name, value in asdict(found).items() if name in names}


def _store(connection: psycopg.Connection, world: Row) -> None:
    """Tenant 2 has the same ads in a campaign of its own."""
    if not world["payments_kept"]:
        connection.execute("DROP TABLE accounting_transactions")
    for tenant in (1, 2):
        connection.execute("SELECT metaads.set_tenant(%s)", [tenant])
        for campaign in sorted(world["known_campaigns"]):
            connection.execute(
                "INSERT INTO metaads.campaigns (tenant_id, campaign_id, account_id, name, fetched_at)"
                " VALUES (%s, %s, 'act', %s, now())",
                [tenant, campaign, f"{campaign} of {tenant}"],
            )
        for ad in sorted(world["known_ads"]):
            campaign = CAMPAIGN_OF[ad] if tenant == 1 else "c1"
            connection.execute(
                "INSERT INTO metaads.ads (tenant_id, ad_id, account_id, campaign_id, adset_id, name, fetched_at)"
                " VALUES (%s, %s, 'act', %s, %s, %s, now())",
                [tenant, ad, campaign, f"s-{campaign}", f"Ad {ad}"],
            )
        for one in world["insights"]:
            if one["tenant_id"] == tenant:
                _store_insight(connection, one, "USD" if one["ad_id"] in world["dollars"] else "ARS")
        for number, person in enumerate(world["people"]):
            if person["tenant_id"] == tenant:
                _store_person(connection, person, number, payments=world["payments_kept"])
        add_up_days(connection, tenant)


def _store_insight(connection: psycopg.Connection, one: Row, currency: str) -> None:
    actions = [{"action_type": "like", "value": "1"}]
    if one["chats"] is not None:
        actions.append({"action_type": CHATS, "value": str(one["chats"])})
    campaign = CAMPAIGN_OF[one["ad_id"]] if one["tenant_id"] == 1 else "c1"
    levels = (("ad", one["ad_id"]), ("campaign", campaign))  # the campaign's own row must not count again
    for level, entity in levels:
        connection.execute(
            """
            INSERT INTO metaads.insights (tenant_id, account_id, entity_type, entity_id, day, campaign_id, adset_id,
                                          currency, spend, impressions, clicks, revenue, actions, fetched_at)
            VALUES (%s, 'act', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, now()) ON CONFLICT DO NOTHING
            """,
            [
                one["tenant_id"], level, entity, one["day"], campaign, f"s-{campaign}", currency, one["spend"],
                one["impressions"], one["clicks"], one["revenue"], json.dumps(actions),
            ],
        )  # fmt: skip


def _store_person(connection: psycopg.Connection, person: Row, number: int, *, payments: bool) -> None:
    tenant, ad = person["tenant_id"], person["meta_ad_id"]
    found = connection.execute(
        """
        INSERT INTO patients (tenant_id, phone_number, first_name, acquisition_source, status, created_at, meta_ad_id,
                              meta_campaign_id, meta_ad_headline)
        VALUES (%(tenant_id)s, %(phone)s, 'P', %(acquisition_source)s, %(status)s, %(created_at)s, %(meta_ad_id)s,
                %(meta_campaign_id)s, %(meta_ad_headline)s) RETURNING id
        """,
        {**{name: value for name, value in person.items() if not isinstance(value, list)}, "phone": str(number)},
    ).fetchone()
    assert found is not None
    for count, (moment, from_ad, same) in enumerate(person["touches"]):
        connection.execute(
            """
            INSERT INTO metaads.referral_events
                (tenant_id, channel, event_id, occurred_at, patient_id, from_ad, ad_id, referral)
            VALUES (%s, 'whatsapp', %s, %s, %s, %s, %s, '{}')
            """,
            [tenant, f"{number}.{count}", moment, found[0], from_ad, ad if same else "9"],
        )
    for status, created in person["visits"]:
        connection.execute(
            "INSERT INTO appointments (tenant_id, patient_id, appointment_datetime, appointment_type, status,"
            " created_at) VALUES (%s, %s, %s, 'x', %s, %s)",
            [tenant, found[0], created, status, created],
        )
    for amount, currency, status, day in person["payments"] if payments else ():
        connection.execute(
            "INSERT INTO accounting_transactions (tenant_id, patient_id, transaction_type, transaction_date, amount,"
            " currency, status) VALUES (%s, %s, 'payment', %s, %s, %s, %s)",
            [tenant, found[0], day, amount, currency, status],
        )


class Slow:
    """The same figures of tenant 1, row by row: lists of what belongs to each line, counted at the end."""

    def __init__(self, connection: psycopg.Connection, by: str | None, since: date, until: date):
        connection.execute("SELECT metaads.set_tenant(1)")
        self._cursor = connection.cursor(row_factory=dict_row)
        self.by, self.fields, self.since, self.until = by, GROUPINGS[by], since, until
        self.ads = {row["ad_id"]: row for row in self.read("metaads.ads")}
        self.campaigns = {row["campaign_id"]: row["name"] for row in self.read("metaads.campaigns")}
        self.insights = [row for row in self.read("metaads.insights") if row["entity_type"] == "ad"]
        self.events, self.visits = self.read("metaads.referral_events"), self.read("appointments")
        found = self._cursor.execute("SELECT to_regclass('accounting_transactions') IS NOT NULL AS kept").fetchone()
        self.kept = found is not None and found["kept"]
        every = self.read("accounting_transactions") if self.kept else []
        self.payments = [row for row in every if row["status"] == "completed"]
        self.facts: list[tuple[tuple[Any, ...], str | None, str, Any]] = []
        """(key, currency, what, value)"""
        self.collect()
        self.name_campaigns()
        if by is None:
            self.choose_headlines()
        self.count()

    def read(self, table: str) -> list[Row]:
        return self._cursor.execute(f"SELECT * FROM {table} WHERE tenant_id = 1".encode()).fetchall()

    def inside(self, day: date) -> bool:
        return self.since <= day <= self.until

    def place(self, ad: str | None) -> Row:
        own = [row for row in self.insights if row["entity_id"] == ad]
        known = self.ads.get(ad) or (own[0] if own else {"campaign_id": None, "adset_id": None})
        campaign = known["campaign_id"]
        return {
            "campaign_id": campaign,
            "campaign_name": self.campaigns.get(campaign),
            "adset_id": known["adset_id"],
            "adset_name": None,
            "ad_name": known.get("name"),
            "currency": own[0]["currency"] if own else None,
        }

    def period(self, day: date) -> date:
        if self.by == "week":
            return day - timedelta(days=day.weekday())
        return day.replace(day=1) if self.by == "month" else day

    def key(self, values: Row) -> tuple[Any, ...]:
        return tuple(values[name] for name in self.fields)

    def collect(self) -> None:
        for person in self.read("patients"):
            of_meta = person["acquisition_source"] == "META_ADS"
            if person["status"] == "deleted" or not (of_meta or self.by == "source"):
                continue
            ad = person["meta_ad_id"]
            touches = [
                event["occurred_at"]
                for event in self.events
                if event["patient_id"] == person["id"] and event["from_ad"] and event["ad_id"] == ad and of_meta
            ]
            touched = min(touches, default=None)
            place = self.place(ad if of_meta else None)
            values = place | {
                "source": person["acquisition_source"],
                "campaign_name": place["campaign_name"] or person["meta_campaign_id"],
                "ad_id": ad or "Unknown",
                "ad_headline": person["meta_ad_headline"] or "",
            }
            day = (touched or person["created_at"]).astimezone(SANTIAGO).date()
            if self.inside(day):
                visits = [
                    visit
                    for visit in self.visits
                    if visit["patient_id"] == person["id"]
                    and visit["status"] in VALID
                    and (touched is None or visit["created_at"] >= touched)
                ]
                key = self.key(values | {"period": self.period(day)})
                self.facts.append((key, place["currency"], "person", len(visits)))
            for paid in self.payments:
                on = paid["transaction_date"]
                late = touched is None or on >= touched.astimezone(SANTIAGO).date()
                if paid["patient_id"] == person["id"] and late and self.inside(on):
                    key = self.key(values | {"period": self.period(on)})
                    self.facts.append((key, paid["currency"], "paid", paid["amount"]))
        for row in self.insights:
            if self.inside(row["day"]):
                values = self.place(row["entity_id"]) | {
                    "source": "META_ADS",
                    "ad_id": row["entity_id"],
                    "ad_headline": "",
                    "period": self.period(row["day"]),
                }
                self.facts.append((self.key(values), row["currency"], "insight", row))

    def name_campaigns(self) -> None:
        if "campaign_name" not in self.fields:
            return
        names = defaultdict(set)
        for key, *_ in self.facts:
            names[key[0]].add(key[1])

        def named(key: tuple[Any, ...]) -> tuple[Any, ...]:
            known = [key[1]] if key[0] is None else sorted(filter(None, names[key[0]]))
            return (key[0], (known[0] if known else None) or "Sin Campaña", *key[2:])

        self.facts = [(named(key), *rest) for key, *rest in self.facts]

    def choose_headlines(self) -> None:
        people: dict[tuple[Any, ...], int] = defaultdict(int)
        for key, _, what, _ in self.facts:
            if what != "insight":
                people[key] += what == "person"

        def chosen(key: tuple[Any, ...]) -> tuple[Any, ...]:
            same = [other for other in people if other[2] == key[2]]
            return min(same, key=lambda other: (-people[other], other[1], other[3]), default=key)

        self.facts = [(chosen(key) if rest[1] == "insight" else key, *rest) for key, *rest in self.facts]

    def count(self) -> None:
        money = {currency for _, currency, what, _ in self.facts if what != "person"}
        money = money or {row["currency"] for row in self.insights}
        if len(money) <= 1:
            only = next(iter(money), None)
            self.facts = [(key, only, what, value) for key, _, what, value in self.facts]
        lines = {(key, currency) for key, currency, *_ in self.facts}
        self.rows = {
            line: self.measured([f for f in self.facts if f[:2] == line], [f for f in self.facts if f[0] == line[0]])
            for line in lines
        }
        self.total = self.measured(self.facts, self.facts)
        self.totals: dict[str, Row] = {}
        if len(money) > 1:
            self.total |= dict.fromkeys(
                ["spend", "cpc", "cost_per_lead", "cost_per_conversion", "revenue", "roas"], None
            )
            self.totals = {
                currency: self.measured([f for f in self.facts if f[1] == currency], self.facts)
                for currency in sorted({line[1] for line in lines} - {None})
            }

    def measured(self, facts: list[Any], group: list[Any]) -> Row:
        visits = [value for _, _, what, value in facts if what == "person"]
        insights = [value for _, _, what, value in facts if what == "insight"]
        none_spent = bool(self.insights) and not any(what == "insight" for _, _, what, _ in group)

        def known(values: list[Any], *, nothing: bool) -> Any:
            given = [value for value in values if value is not None]
            return sum(given) if given else 0 if nothing else None

        spend, impressions, clicks = (
            known([row[name] for row in insights], nothing=none_spent) for name in ("spend", "impressions", "clicks")
        )
        chats = [int(a["value"]) for row in insights for a in row["actions"] if a["action_type"] == CHATS]
        if self.kept:
            paid = [value for _, _, what, value in facts if what == "paid"]
            nothing = bool(self.payments) and not any(what == "paid" for _, _, what, _ in group)
        else:
            paid = [row["revenue"] for row in insights]
            any_revenue = any(what == "insight" and v["revenue"] is not None for _, _, what, v in self.facts)
            nothing = any_revenue and not any(what == "insight" for _, _, what, _ in group)
        revenue = known(paid, nothing=nothing)
        leads, converted = len(visits), sum(count > 0 for count in visits)
        return {
            "leads": leads,
            "converted": converted,
            "appointments": sum(visits),
            "conversion_rate": _ratio(converted, leads),
            "spend": spend,
            "impressions": impressions,
            "clicks": clicks,
            "ctr": _ratio(clicks, impressions),
            "cpc": _ratio(spend, clicks),
            "conversations": known(list(chats), nothing=none_spent),
            "cost_per_lead": _ratio(spend, leads),
            "cost_per_conversion": _ratio(spend, converted),
            "revenue": revenue,
            "roas": _ratio(revenue, spend),
        }


def _ratio(part: Any, whole: Any) -> Decimal | None:
    if part is None or not whole:
        return None
    return (Decimal(part) / Decimal(whole)).quantize(Decimal("0.0001"), ROUND_HALF_UP)
