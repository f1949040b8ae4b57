"""Statistics of generated databases equal a slow computation in plain Python, for every grouping and window."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
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
from metaads_cli.models.statistics import GROUPINGS, Change, Measures, StatsReport, StatsRow
from metaads_cli.tasks.stats import Days, statistics

Row = dict[str, Any]
Window = tuple[date, date]
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
touched_ads = st.tuples(st.sampled_from(["2", "9", None]), st.sampled_from([None, "A", "C"]))
people = st.fixed_dictionaries(
    {
        "tenant_id": tenants,
        "acquisition_source": st.sampled_from(["META_ADS", "META_ADS", "META_ADS", "ORGANIC"]),
        "status": st.sampled_from(["active", "guest", "deleted", None]),
        "created_at": moments,
        "meta_ad_id": st.sampled_from([*ADS, "5", None]),
        "meta_campaign_id": st.sampled_from([None, "Host A", "Host B"]),
        "meta_ad_headline": st.sampled_from([None, "A", "B"]),
        "touches": st.lists(st.tuples(moments, st.booleans(), st.none() | touched_ads), max_size=3),
        "visits": st.lists(st.tuples(st.sampled_from([*VALID, "cancelled"]), moments), max_size=3),
        "payments": st.lists(
            st.tuples(amounts, currencies, st.sampled_from([True, True, False]), st.tuples(days, moments)), max_size=3
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


@dataclass(frozen=True)
class Host:
    """What a database has its people and their payments in."""

    people: str
    person_id: str
    payments: str
    paid: str
    """The status of payments that count."""
    keeps_days: bool
    """Rather than the moments of payments."""


CLINIC = Host("patients", "patient_id", "accounting_transactions", "completed", keeps_days=True)
CRM = Host("leads", "lead_id", "sales_transactions", "paid", keeps_days=False)
CRM_OF_DAYS = replace(CRM, keeps_days=True)


@pytest.fixture
def clinic(connection: psycopg.Connection) -> psycopg.Connection:
    connection.execute("UPDATE tenants SET timezone = 'America/Santiago'")
    return connection


@pytest.mark.parametrize("attribution", ["first", "last"])
@pytest.mark.parametrize("by", GROUPINGS)
def test_statistics_equal_a_slow_computation(by: str | None, attribution: str, clinic: psycopg.Connection) -> None:
    hold_statistics(clinic, CLINIC, [by], attribution, examples=10)


@pytest.mark.parametrize("attribution", ["first", "last"])
@pytest.mark.parametrize("host", [CRM, CRM_OF_DAYS], ids=["moments", "days"])
def test_statistics_of_a_crm_equal_a_slow_computation(host: Host, attribution: str, crm: psycopg.Connection) -> None:
    hold_statistics(crm, host, list(GROUPINGS), attribution, examples=40)


@pytest.mark.parametrize("attribution", ["first", "last"])
@pytest.mark.parametrize("by", GROUPINGS)
def test_comparisons_equal_a_slow_computation_of_both_windows(
    by: str | None, attribution: str, clinic: psycopg.Connection
) -> None:
    hold_comparisons(clinic, CLINIC, [by], attribution, examples=8)


@pytest.mark.parametrize("attribution", ["first", "last"])
def test_comparisons_of_a_crm_equal_a_slow_computation_of_both_windows(
    attribution: str, crm: psycopg.Connection
) -> None:
    hold_comparisons(crm, CRM, list(GROUPINGS), attribution, examples=30)


def hold_statistics(
    connection: psycopg.Connection, host: Host, groupings: Sequence[str | None], attribution: str, *, examples: int
) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(world=worlds, bounds=st.tuples(st.none() | days, st.none() | days), by=st.sampled_from(groupings))
    def compare(world: Row, bounds: tuple[date | None, date | None], by: str | None) -> None:
        since, until = bounds
        if since and until and since > until:
            since, until = until, since
        with connection.transaction(force_rollback=True):
            _store(connection, host, world)
            found = _statistics(connection, Days(since, until), by=by, attribution=attribution)
            slow = Slow(connection, host, by, attribution, [(since or date.min, until or date.max)])
            assert _rows(found, by) == slow.rows[0]
            assert _measures(found.total) == slow.total[0]
            assert {currency: _measures(one) for currency, one in found.totals_by_currency.items()} == slow.totals[0]
            assert len(found.warnings) == (1 if slow.totals[0] else 0)

    compare()


def hold_comparisons(
    connection: psycopg.Connection, host: Host, groupings: Sequence[str | None], attribution: str, *, examples: int
) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(world=worlds, bounds=st.lists(days, min_size=4, max_size=4), by=st.sampled_from(groupings))
    def compare(world: Row, bounds: list[date], by: str | None) -> None:
        windows = [(min(pair), max(pair)) for pair in (bounds[:2], bounds[2:])]
        asked = f"{windows[1][0]}..{windows[1][1]}"
        with connection.transaction(force_rollback=True):
            _store(connection, host, world)
            found = _statistics(connection, Days(*windows[0]), by=by, attribution=attribution, compare=asked)
            slow = Slow(connection, host, by, attribution, windows)
        now, before = slow.rows
        previous = {line: _measures(row.previous) for line, row in _lines(found, by).items()}
        none_now, none_before = slow.nothing
        assert _rows(found, by) == {line: now.get(line, none_now) for line in now.keys() | before.keys()}
        assert previous == {line: before.get(line, none_before) for line in now.keys() | before.keys()}
        for row in found.rows:
            assert row.change == _changes(_measures(row), _measures(row.previous))
        assert found.comparison is not None
        assert _measures(found.comparison.total) == slow.total[1]
        assert found.comparison.change == _changes(slow.total[0], slow.total[1])
        totals = [found.totals_by_currency, found.comparison.totals_by_currency]
        assert [{name: _measures(one) for name, one in table.items()} for table in totals] == slow.totals

    compare()


def _statistics(connection: psycopg.Connection, days: Days, **options: Any) -> StatsReport:
    return statistics(
        Database(connection).tenant(1),
        days,
        fallback_timezone="America/Santiago",
        valid_statuses=VALID,
        attribution_window_days=1,
        **options,
    )


def _lines(found: StatsReport, by: str | None) -> dict[Any, StatsRow]:
    lines = {(tuple(getattr(row, name) for name in GROUPINGS[by]), row.currency): row for row in found.rows}
    assert len(lines) == len(found.rows)
    return lines


def _rows(found: StatsReport, by: str | None) -> dict[Any, Row]:
    return {line: _measures(row) for line, row in _lines(found, by).items()}


def _changes(now: Row, before: Row) -> dict[str, Change]:
    return {name: _change(now[name], before[name]) for name in now}


def _change(now: Any, before: Any) -> Change:
    if now is None or before is None:
        return Change(absolute=None, relative=None)
    return Change(absolute=now - before, relative=_ratio(now - before, before) if before > 0 else None)


def _measures(found: Any) -> Row:
    assert isinstance(found, Measures)
    names = Measures.__dataclass_fields__
    return {name: value for name, value in asdict(found).items() if name in names}


def _store(connection: psycopg.Connection, host: Host, world: Row) -> None:
    """Tenant 2 has the same ads in a campaign of its own."""
    if not world["payments_kept"]:
        connection.execute(f"DROP TABLE {host.payments}".encode())
    elif host is CRM_OF_DAYS:
        connection.execute("ALTER TABLE sales_transactions ADD transaction_date date")
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
                _store_person(connection, host, person, number, payments=world["payments_kept"])
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


def _store_person(connection: psycopg.Connection, host: Host, person: Row, number: int, *, payments: bool) -> None:
    tenant, ad = person["tenant_id"], person["meta_ad_id"]
    found = connection.execute(
        f"""
        INSERT INTO {host.people} (tenant_id, phone_number, first_name, acquisition_source, status, created_at,
                                   meta_ad_id, meta_campaign_id, meta_ad_headline)
        VALUES (%(tenant_id)s, %(phone)s, 'P', %(acquisition_source)s, %(status)s, %(created_at)s, %(meta_ad_id)s,
                %(meta_campaign_id)s, %(meta_ad_headline)s) RETURNING id
        """.encode(),
        {**{name: value for name, value in person.items() if not isinstance(value, list)}, "phone": str(number)},
    ).fetchone()
    assert found is not None
    for count, (moment, from_ad, other) in enumerate(person["touches"]):
        connection.execute(
            f"""
            INSERT INTO metaads.referral_events
                (tenant_id, channel, event_id, occurred_at, {host.person_id}, from_ad, ad_id, headline, referral)
            VALUES (%s, 'whatsapp', %s, %s, %s, %s, %s, %s, '{{}}')
            """.encode(),
            [tenant, f"{number}.{count}", moment, found[0], from_ad, *(other or (ad, person["meta_ad_headline"]))],
        )
    for status, created in person["visits"] if host is CLINIC else ():
        connection.execute(
            "INSERT INTO appointments (tenant_id, patient_id, appointment_datetime, appointment_type, status,"
            " created_at) VALUES (%s, %s, %s, 'x', %s, %s)",
            [tenant, found[0], created, status, created],
        )
    for amount, currency, counts, (day, moment) in person["payments"] if payments else ():
        values = {
            "tenant_id": tenant,
            host.person_id: found[0],
            "amount": amount,
            "currency": currency,
            "status": host.paid if counts else "pending",
            "created_at": moment,
        }
        if host.keeps_days:
            values["transaction_date"] = day
        if host is CLINIC:
            values["transaction_type"] = "payment"
        names, places = ", ".join(values), ", ".join(f"%({name})s" for name in values)
        connection.execute(f"INSERT INTO {host.payments} ({names}) VALUES ({places})".encode(), values)


Facts = list[tuple[tuple[Any, ...], str | None, str, Any]]
"""(key, currency, what, value)"""


class Slow:
    """The same figures of tenant 1, row by row: lists of what belongs to each line, counted at the end. The periods
    of a second window are named after those in the same place of the first."""

    def __init__(
        self, connection: psycopg.Connection, host: Host, by: str | None, attribution: str, windows: list[Window]
    ):
        connection.execute("SELECT metaads.set_tenant(1)")
        self._cursor = connection.cursor(row_factory=dict_row)
        self.host = host
        self.by, self.fields, self.attribution, self.windows = by, GROUPINGS[by], attribution, windows
        self.ads = {row["ad_id"]: row for row in self.read("metaads.ads")}
        self.campaigns = {row["campaign_id"]: row["name"] for row in self.read("metaads.campaigns")}
        self.insights = [row for row in self.read("metaads.insights") if row["entity_type"] == "ad"]
        self.events, self.people = self.read("metaads.referral_events"), self.read(host.people)
        found = self._cursor.execute("SELECT to_regclass(%s) IS NOT NULL AS kept", [host.payments]).fetchone()
        self.kept = found is not None and found["kept"]
        every = self.read(host.payments) if self.kept else []
        self.payments = [self.dated(row) for row in every if row["status"] == host.paid]
        visits = self.read("appointments") if host is CLINIC else []
        valid = [row | {"made_at": row["created_at"]} for row in visits if row["status"] in VALID]
        self.conversions = valid if host is CLINIC else self.payments
        self.facts: list[Facts] = [self.collect(*window) for window in windows]
        self.name_campaigns()
        if by is None:
            self.choose_headlines()
        if len(windows) > 1:
            self.facts[1] = [(self.moved(key), *rest) for key, *rest in self.facts[1]]
        self.count()

    def read(self, table: str) -> list[Row]:
        return self._cursor.execute(f"SELECT * FROM {table} WHERE tenant_id = 1".encode()).fetchall()

    def dated(self, payment: Row) -> Row:
        if not self.host.keeps_days:
            return payment | {"day": _day(payment["created_at"]), "made_at": payment["created_at"]}
        day = payment["transaction_date"]
        return payment | {"day": day, "made_at": datetime.combine(day, time.max, SANTIAGO)}

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

    def moved(self, key: tuple[Any, ...]) -> tuple[Any, ...]:
        if "period" not in self.fields:
            return key
        first, first_before = (self.period(since) for since, _ in self.windows)
        if self.by == "month":
            months = first.month - 1 + key[0].month - first_before.month
            return (date(first.year + months // 12, months % 12 + 1, 1),)
        return (first + (key[0] - first_before),)

    def touch(self, person: Row, until: date) -> Row | None:
        """The touch that decides, if there is one by then."""
        touches = [event for event in self.events if self.is_of(person, event) and event["from_ad"]]
        if self.attribution == "first":
            own = [event for event in touches if event["ad_id"] == person["meta_ad_id"]]
            of_meta = person["acquisition_source"] == "META_ADS"
            return min(own, key=lambda event: event["occurred_at"], default=None) if of_meta else None
        touches = [event for event in touches if _day(event["occurred_at"]) <= until]
        made = [
            conversion["made_at"]
            for conversion in self.conversions
            for event in touches
            if self.is_of(person, conversion) and self.counts(conversion, event["occurred_at"])
        ]
        if made:
            touches = [event for event in touches if event["occurred_at"] <= min(made)]
        touches.sort(key=lambda event: event["event_id"])
        return max(touches, key=lambda event: event["occurred_at"], default=None)

    def counts(self, conversion: Row, touched: datetime | None) -> bool:
        if touched and conversion["made_at"] < touched:
            return False
        soon = touched is None or conversion["made_at"] < touched + timedelta(hours=24)
        return soon or self.attribution == "first"

    def is_of(self, person: Row, row: Row) -> bool:
        return bool(row[self.host.person_id] == person["id"])

    def is_touched(self, person: Row) -> bool:
        return any(self.is_of(person, event) and event["from_ad"] for event in self.events)

    def collect(self, since: date, until: date) -> Facts:
        facts: Facts = []
        for person in self.people:
            touch = self.touch(person, until)
            if self.attribution == "last" and touch is None and self.is_touched(person):
                continue  # it was later
            credited = self.attribution == "last" and touch is not None
            of_meta = person["acquisition_source"] == "META_ADS" or credited
            if person["status"] == "deleted" or not (of_meta or self.by == "source"):
                continue
            ad = touch["ad_id"] if touch and credited else person["meta_ad_id"]
            headline = touch["headline"] if touch and credited else person["meta_ad_headline"]
            touched = touch["occurred_at"] if touch else None
            place = self.place(ad if of_meta else None)
            host_name = person["meta_campaign_id"] if ad == person["meta_ad_id"] else None
            values = place | {
                "source": "META_ADS" if credited else person["acquisition_source"],
                "campaign_name": place["campaign_name"] or host_name,
                "ad_id": ad or "Unknown",
                "ad_headline": headline or "",
            }
            day = _day(touched or person["created_at"])
            if since <= day <= until:
                came = [one for one in self.conversions if self.is_of(person, one) and self.counts(one, touched)]
                key = self.key(values | {"period": self.period(day)})
                facts.append((key, place["currency"], "person", len(came)))
            for paid in self.payments:
                late = touched is None or paid["made_at"] >= touched
                if self.is_of(person, paid) and late and since <= paid["day"] <= until:
                    key = self.key(values | {"period": self.period(paid["day"])})
                    facts.append((key, paid["currency"], "paid", paid["amount"]))
        for row in self.insights:
            if since <= row["day"] <= until:
                values = self.place(row["entity_id"]) | {
                    "source": "META_ADS",
                    "ad_id": row["entity_id"],
                    "ad_headline": "",
                    "period": self.period(row["day"]),
                }
                facts.append((self.key(values), row["currency"], "insight", row))
        return facts

    def name_campaigns(self) -> None:
        if "campaign_name" not in self.fields:
            return
        names = defaultdict(set)
        for facts in self.facts:
            for key, *_ in facts:
                names[key[0]].add(key[1])

        def named(key: tuple[Any, ...]) -> tuple[Any, ...]:
            known = [key[1]] if key[0] is None else sorted(filter(None, names[key[0]]))
            return (key[0], (known[0] if known else None) or "Sin Campaña", *key[2:])

        self.facts = [[(named(key), *rest) for key, *rest in facts] for facts in self.facts]

    def choose_headlines(self) -> None:
        counts: list[dict[tuple[Any, ...], int]] = []
        for facts in self.facts:
            people: dict[tuple[Any, ...], int] = defaultdict(int)
            for key, _, what, _ in facts:
                if what != "insight":
                    people[key] += what == "person"
            counts.append(people)

        def chosen(key: tuple[Any, ...]) -> tuple[Any, ...]:
            for people in counts:  # by the first window, where the ad brought anybody in it
                same = [other for other in people if other[2] == key[2]]
                if same:
                    return min(same, key=lambda other: (-people[other], other[1], other[3]))
            return key

        def own(number: int, key: tuple[Any, ...]) -> tuple[Any, ...]:
            there = any(other[2] == key[2] for other in counts[number])
            return chosen(key) if there or len(counts) > 1 else key

        self.facts = [
            [(own(number, key) if rest[1] == "insight" else key, *rest) for key, *rest in facts]
            for number, facts in enumerate(self.facts)
        ]

    def count(self) -> None:
        money = {currency for facts in self.facts for _, currency, what, _ in facts if what != "person"}
        money = money or {row["currency"] for row in self.insights}
        if len(money) <= 1:
            only = next(iter(money), None)
            self.facts = [[(key, only, *rest) for key, _, *rest in facts] for facts in self.facts]
        named = sorted({currency for facts in self.facts for _, currency, *_ in facts} - {None})
        self.rows, self.total, self.totals, self.nothing = [], [], [], []
        for facts in self.facts:
            self.current = facts
            lines = {(key, currency) for key, currency, *_ in facts}
            self.rows.append(
                {
                    line: self.measured([f for f in facts if f[:2] == line], [f for f in facts if f[0] == line[0]])
                    for line in lines
                }
            )
            total, totals = self.measured(facts, facts), {}
            if len(money) > 1:
                amounts = ["spend", "cpc", "cost_per_lead", "cost_per_conversion", "revenue", "roas"]
                total |= dict.fromkeys(amounts, None)
                totals = {name: self.measured([f for f in facts if f[1] == name], facts) for name in named}
            self.total.append(total)
            self.totals.append(totals)
            self.nothing.append(self.measured([], []))

    def measured(self, facts: list[Any], group: list[Any]) -> Row:
        came = [value for _, _, what, value in facts if what == "person"]
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
            any_revenue = any(what == "insight" and v["revenue"] is not None for _, _, what, v in self.current)
            nothing = any_revenue and not any(what == "insight" for _, _, what, _ in group)
        revenue = known(paid, nothing=nothing)
        leads, converted = len(came), sum(count > 0 for count in came)
        return {
            "leads": leads,
            "converted": converted,
            "appointments": sum(came) if self.host is CLINIC else 0,
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


def _day(moment: datetime) -> date:
    return moment.astimezone(SANTIAGO).date()


def _ratio(part: Any, whole: Any) -> Decimal | None:
    if part is None or not whole:
        return None
    return (Decimal(part) / Decimal(whole)).quantize(Decimal("0.0001"), ROUND_HALF_UP)
