"""The pure parts of the documents: windows, days, peers, targeting."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaads_cli.db.queries.performance import StoredRow
from metaads_cli.errors import UsageError
from metaads_cli.models.insight import Days
from metaads_cli.tasks.performance import targeting
from metaads_cli.tasks.performance.asked import AskedDays
from metaads_cli.tasks.performance.daily import coverage, timeline
from metaads_cli.tasks.performance.figures import NOTHING, Sums, totals_of
from metaads_cli.tasks.performance.peers import PeerFigures, compare

BUENOS_AIRES = ZoneInfo("America/Argentina/Buenos_Aires")
NIGHT = datetime(2026, 11, 20, 1, tzinfo=UTC)  # the evening of the 19th in Buenos Aires


# --- which days


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (AskedDays(), Days(date(2026, 10, 21), date(2026, 11, 19))),
        (AskedDays(1), Days(date(2026, 11, 19), date(2026, 11, 19))),
        (AskedDays(7, until=date(2026, 10, 31)), Days(date(2026, 10, 25), date(2026, 10, 31))),
        (AskedDays(since=date(2026, 11, 1)), Days(date(2026, 11, 1), date(2026, 11, 19))),
        (AskedDays(since=date(2026, 11, 1), until=date(2027, 1, 1)), Days(date(2026, 11, 1), date(2026, 11, 19))),
    ],
)
def test_days_end_with_the_accounts_today(asked: AskedDays, expected: Days) -> None:
    assert asked.of(BUENOS_AIRES, NIGHT) == expected


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (AskedDays(3, since=date(2026, 11, 1)), "--days excludes --since"),
        (AskedDays(since=date(2026, 11, 20)), "2026-11-20 has not come yet"),
        (AskedDays(since=date(2026, 11, 2), until=date(2026, 11, 1)), "ends before it begins"),
        (AskedDays(since=date.min), "are more than 3,660 days"),
        (AskedDays(since=date.min, until=date(9999, 12, 31)), "are more than 3,660 days"),
    ],
)
def test_a_window_that_cannot_be_is_wrong_usage(asked: AskedDays, sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        asked.of(BUENOS_AIRES, NIGHT)
    assert sentence in refused.value.message


def test_the_first_days_that_there_are_have_no_days_before_them() -> None:
    assert AskedDays(30, until=date(1, 1, 5)).of(BUENOS_AIRES, NIGHT) == Days(date.min, date(1, 1, 5))


# --- day by day


def row(day: int, *, fetched_at: datetime = NIGHT, **figures: Any) -> StoredRow:
    empty = dict.fromkeys(StoredRow._fields) | {"day": date(2026, 11, day), "currency": "ARS"}
    return StoredRow(**(empty | {"fetched_at": fetched_at} | figures))


def test_a_day_without_a_row_is_nothing_only_where_it_was_read() -> None:
    days = Days(date(2026, 11, 15), date(2026, 11, 19))
    rows = [row(15, spend=Decimal(5), clicks=3), row(18, spend=Decimal(7))]
    read = {date(2026, 11, 15): NIGHT, date(2026, 11, 17): NIGHT, date(2026, 11, 19): NIGHT}
    found = timeline(days, rows, read, BUENOS_AIRES)
    assert [(one.date_start.day, one.state, one.spend, one.clicks, one.is_final) for one in found] == [
        (15, "delivered", 5, 3, True),
        (16, "not read", None, None, None),
        (17, "no delivery", 0, 0, True),
        (18, "delivered", 7, None, True),
        (19, "no delivery", 0, 0, False),  # at 22:00 of the same day
    ]
    counted = coverage(days, rows, read)
    assert (counted.days, counted.delivered, counted.without_delivery, counted.not_read) == (5, 2, 2, 1)


def test_conversions_of_a_day_without_delivery_are_zero_only_where_conversions_are_counted() -> None:
    days, read = Days(date(2026, 11, 17), date(2026, 11, 18)), {date(2026, 11, 17): NIGHT}
    (without, _) = timeline(days, [row(18, conversions=Decimal(2))], read, BUENOS_AIRES)
    assert (without.conversions, without.revenue) == (0, None)
    (without, _) = timeline(days, [row(18)], read, BUENOS_AIRES)
    assert (without.conversions, without.revenue) == (None, None)


# --- totals


def test_one_currency_has_amounts_and_several_have_none_together() -> None:
    pesos, dollars = Sums(Decimal(10), 100, 4, None, Decimal(20)), Sums(Decimal(3), 50, 1, Decimal(1), None)
    one = totals_of({"ARS": pesos}, 2, {}, otherwise=NOTHING)
    assert (one.currency, one.metrics.spend, one.metrics.cost_per_lead, one.by_currency) == ("ARS", 10, 5, {})
    both = totals_of({"USD": dollars, "ARS": pesos}, 3, {"ARS": 2, "USD": 1}, otherwise=NOTHING)
    together = both.metrics
    assert (both.currency, together.spend, together.revenue, together.cpc, together.roas) == (None,) * 5
    assert (together.cost_per_conversion, together.cost_per_lead) == (None, None)
    assert (together.impressions, together.clicks, together.conversions, together.leads) == (150, 5, 1, 3)
    assert together.ctr == Decimal("3.3333")
    assert {name: each.cost_per_lead for name, each in both.by_currency.items()} == {"ARS": 5, "USD": 3}


def test_no_rows_at_all_are_nothing_or_unknown_as_the_days_are() -> None:
    assert totals_of({}, 0, {}, otherwise=NOTHING).metrics.spend == 0
    assert totals_of({}, 0, {}, otherwise=Sums()).metrics.spend is None


# --- peers


def ad(number: int, spend: int, impressions: int, clicks: int, conversions: int | None, leads: int = 0) -> PeerFigures:
    counted = None if conversions is None else Decimal(conversions)
    return PeerFigures(str(number), Sums(Decimal(spend), impressions, clicks, counted), leads)


def test_an_ad_is_compared_with_the_sums_of_its_peers_not_with_the_mean_of_their_rates() -> None:
    own = ad(1, 100, 1000, 20, 5, leads=4)
    found = compare(own, [ad(2, 100, 1000, 10, 1, leads=1), ad(3, 300, 9000, 30, None)], {"2": "B"})
    assert [(peer.ad_id, peer.ad_name) for peer in found.ads] == [("3", None), ("2", "B")]
    ctr = found.ctr  # 40 clicks in 10,000 impressions; the mean of the rates would be 0.67
    assert (ctr.value, ctr.peers, ctr.difference, ctr.relative_difference) == (
        2, Decimal("0.4"), Decimal("1.6"), 4,
    )  # fmt: skip
    assert (ctr.rank, ctr.of) == (1, 3)
    assert (found.cpc.value, found.cpc.peers, found.cpc.rank, found.cpc.of) == (5, 10, 1, 3)
    # Only those with conversions are ranked; what the others spent counts all the same.
    assert (found.cost_per_conversion.value, found.cost_per_conversion.peers) == (20, 400)
    assert (found.cost_per_conversion.rank, found.cost_per_conversion.of) == (1, 2)
    assert (found.cost_per_lead.value, found.cost_per_lead.peers, found.cost_per_lead.rank) == (25, 400, 1)
    assert (found.spend.value, found.spend.peers, found.spend.rank, found.spend.of) == (100, 200, 2, 3)


def test_equals_share_a_rank() -> None:
    found = compare(ad(1, 10, 100, 5, None), [ad(2, 10, 100, 5, None), ad(3, 10, 100, 9, None)], {})
    assert (found.ctr.rank, found.ctr.of, found.spend.rank) == (2, 3, 1)


def test_an_ad_without_peers_or_without_figures_has_no_difference() -> None:
    alone = compare(ad(1, 10, 100, 5, None), [], {})
    assert (alone.ads, alone.ctr.peers, alone.ctr.difference, alone.ctr.rank, alone.ctr.of) == ([], None, None, 1, 1)
    unseen = compare(PeerFigures("1", Sums(), 0), [ad(2, 10, 100, 5, None)], {})
    assert (unseen.ctr.value, unseen.ctr.peers, unseen.ctr.rank, unseen.ctr.of) == (None, 5, None, 1)


# --- targeting


def test_targeting_is_said_in_words() -> None:
    raw = {
        "geo_locations": {
            "countries": ["AR"],
            "cities": [{"key": "99", "name": "Rosario", "radius": 10, "distance_unit": "kilometer"}],
            "custom_locations": [{"latitude": -34.6, "longitude": -58.4, "radius": 5, "distance_unit": "mile"}],
        },
        "excluded_geo_locations": {"regions": [{"key": "1", "name": "Salta"}]},
        "age_min": 25,
        "genders": [2],
        "flexible_spec": [{"interests": [{"id": "1", "name": "Dentistry"}], "behaviors": [{"id": "7"}]}],
        "exclusions": {"interests": [{"id": "2", "name": "Jobs"}]},
        "custom_audiences": [{"id": "5", "name": "Patients"}],
        "locales": [23],
        "publisher_platforms": ["instagram"],
        "targeting_automation": {"advantage_audience": 1},
    }
    assert targeting.summary(raw) == [
        "Places: AR, Rosario +10 km, -34.6, -58.4 +5 mi",
        "Not in: Salta",
        "Age: 25-65",
        "Gender: women",
        "Any of: Dentistry, 7",
        "Not: Jobs",
        "Audiences: Patients",
        "Languages: 23",
        "Shown on: instagram",
        "Advantage+ audience: on",
    ]


def test_suggested_ages_are_told_from_limits() -> None:
    assert targeting.summary({"age_min": 18, "age_range": [30, 50]}) == ["Age: 18-65 (suggested: 30-50)"]
    assert targeting.summary({"age_range": [30, 50]}) == ["Age: any (suggested: 30-50)"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = (
    "geo_locations", "excluded_geo_locations", "countries", "cities", "age_min", "age_max", "age_range", "genders",
    "flexible_spec", "interests", "exclusions", "custom_audiences", "locales", "targeting_automation", "radius",
)  # fmt: skip


@given(
    json_values
    | st.dictionaries(st.sampled_from(KEYS), json_values | st.dictionaries(st.sampled_from(KEYS), json_values))
)
def test_whatever_meta_sends_as_targeting_is_read(raw: object) -> None:
    assert all(isinstance(line, str) and line for line in targeting.summary(raw))
