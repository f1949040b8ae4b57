"""What counts as a conversion and as revenue: one action type of a list, never a sum of overlapping ones."""

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaads_cli.graph.paging import Page, page_of
from metaads_cli.models.insight import Insight, MeasuredInsight
from metaads_cli.settings import SyncSettings
from metaads_cli.tasks.insights.results import Results

CAMPAIGN = "120200000000000010"
CONVERSATION = "onsite_conversion.messaging_conversation_started_7d"
PIXEL = "offsite_conversion.fb_pixel_purchase"
read_page = page_of(Insight)


def page(row: dict[str, Any] | bytes) -> Page[Insight]:
    raw = row if isinstance(row, bytes) else json.dumps(row).encode()
    return read_page(b'{"data":[' + raw + b"]}")


def insight(**fields: Any) -> Insight:
    """A row as it comes out of an answer; its lists are given as {action type: value}."""
    for name in ("actions", "action_values"):
        if isinstance(fields.get(name), dict):
            fields[name] = [{"action_type": kind, "value": value} for kind, value in fields[name].items()]
    day = {"date_start": "2026-11-20", "date_stop": "2026-11-20"}
    found = page({"campaign_id": CAMPAIGN, "account_currency": "ARS"} | day | fields)
    assert not found.unreadable, found.unreadable
    return found.data[0]


def written_row(field: str, written: str) -> bytes:
    """A row with one field in the very form given."""
    fixed = {"campaign_id": CAMPAIGN, "account_currency": "ARS", "date_start": "2026-11-20", "date_stop": "2026-11-20"}
    return f'{json.dumps(fixed)[:-1]}, "{field}": {written}}}'.encode()


def measured(*messaging: str, settings: dict[str, Any] | None = None, **fields: Any) -> MeasuredInsight:
    return Results(SyncSettings(**(settings or {})), messaging).measure(insight(**fields))


def test_overlapping_types_are_never_added() -> None:
    same = {"purchase": "3", "omni_purchase": "4", PIXEL: "3", "onsite_web_purchase": "3"}
    row = measured(
        objective="OUTCOME_SALES", spend="10", actions=same, action_values={kind: f"{n}00" for kind, n in same.items()}
    )
    assert (row.conversions, row.conversion_action) == (Decimal(4), "omni_purchase")
    assert (row.revenue, row.revenue_action) == (Decimal(400), "omni_purchase")


def test_the_next_of_the_list_counts_where_the_first_is_missing() -> None:
    row = measured(objective="OUTCOME_SALES", actions={PIXEL: "3", "purchase": "2", "link_click": "50"})
    assert (row.conversions, row.conversion_action) == (Decimal(2), "purchase")


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        ("OUTCOME_SALES", "omni_purchase"),
        ("CONVERSIONS", "omni_purchase"),
        ("PRODUCT_CATALOG_SALES", "omni_purchase"),
        ("OUTCOME_LEADS", "lead"),
        ("LEAD_GENERATION", "lead"),
        ("OUTCOME_ENGAGEMENT", CONVERSATION),
        ("MESSAGES", CONVERSATION),
        ("OUTCOME_TRAFFIC", None),
        ("OUTCOME_AWARENESS", None),
        ("SOMETHING_NEW", None),
        (None, None),
    ],
)
def test_the_objective_decides_what_a_conversion_is(objective: str | None, expected: str | None) -> None:
    actions = {"omni_purchase": "1", "lead": "2", CONVERSATION: "3"}
    row = measured(objective=objective, actions=actions)
    assert row.conversion_action == expected
    assert row.conversions == (Decimal(actions[expected]) if expected else None)


def test_a_campaign_that_leads_into_a_conversation_counts_conversations() -> None:
    """All its ads do, whatever else one of them has: so they add up to the campaign's."""
    rows = [
        measured(CAMPAIGN, objective="OUTCOME_SALES", ad_id=str(ad), actions=actions)
        for ad, actions in enumerate([{CONVERSATION: "3", "omni_purchase": "1"}, {"omni_purchase": "5"}])
    ]
    assert [row.conversions for row in rows] == [Decimal(3), None]


def test_the_users_own_list_comes_before_every_objective() -> None:
    settings = {"conversion_actions": ("complete_registration", "lead")}
    actions = {"omni_purchase": "1", "lead": "2", CONVERSATION: "3"}
    for objective in ("OUTCOME_SALES", "OUTCOME_ENGAGEMENT", "OUTCOME_TRAFFIC", None):
        row = measured(CAMPAIGN, settings=settings, objective=objective, actions=actions)
        assert (row.conversions, row.conversion_action) == (Decimal(2), "lead")
    none = measured(settings=settings, objective="OUTCOME_SALES", actions={"omni_purchase": "1"})
    assert none.conversions is none.conversion_action is None


def test_each_family_can_be_configured() -> None:
    settings = {"messaging_actions": ("first",), "lead_actions": ("second",), "purchase_actions": ("third",)}
    actions = {"first": "1", "second": "2", "third": "3", "omni_purchase": "9"}
    found = {
        objective: measured(settings=settings, objective=objective, actions=actions, action_values=actions)
        for objective in ("MESSAGES", "OUTCOME_LEADS", "OUTCOME_SALES")
    }
    assert [row.conversion_action for row in found.values()] == ["first", "second", "third"]
    assert {row.revenue_action for row in found.values()} == {"third"}


def test_revenue_is_read_whatever_the_objective() -> None:
    row = measured(objective="OUTCOME_AWARENESS", spend="10", action_values={"purchase": "25"})
    assert (row.conversions, row.revenue, row.roas) == (None, Decimal(25), Decimal("2.5"))


def test_what_is_absent_is_not_zero() -> None:
    row = measured(objective="OUTCOME_SALES", spend="10")
    assert msgspec.structs.astuple(row)[1:] == (None,) * 8


def test_zero_is_not_absent() -> None:
    row = measured(objective="OUTCOME_SALES", spend="10", actions={"purchase": "0"}, action_values={"purchase": "0"})
    assert (row.conversions, row.revenue) == (Decimal(0), Decimal(0))
    assert row.roas == 0
    assert row.cost_per_conversion is None


@pytest.mark.parametrize(
    ("spend", "conversions", "revenue", "cost", "roas"),
    [
        ("10", "3", "10", "3.333333", "1"),
        ("20", "3", "10", "6.666667", "0.5"),
        ("0.000001", "2", "0.0000000000005", "0.000001", "0.000001"),  # half a millionth goes up
        ("0.000001", "3", "0.0000000000004", "0", "0"),
        ("0", "3", "10", "0", None),
        (None, "3", "10", None, None),
        ("10", None, None, None, None),
    ],
)
def test_ratios_have_six_places_half_up(
    spend: str | None, conversions: str | None, revenue: str | None, cost: str | None, roas: str | None
) -> None:
    row = measured(
        objective="OUTCOME_SALES",
        **{"spend": spend} if spend else {},
        **{"actions": {"purchase": conversions}} if conversions else {},
        **{"action_values": {"purchase": revenue}} if revenue else {},
    )
    assert row.cost_per_conversion == (Decimal(cost) if cost else None)
    assert row.roas == (Decimal(roas) if roas else None)


amounts = st.decimals(0, 10**12, places=4)


@given(amounts, amounts)
def test_a_ratio_is_the_nearest_one_for_any_amounts(spend: Decimal, revenue: Decimal) -> None:
    row = measured(spend=str(spend), action_values={"purchase": str(revenue)})
    if not spend:
        assert row.roas is None
        return
    assert row.roas is not None
    assert row.roas == row.roas.quantize(Decimal("0.000001"))
    off = Fraction(row.roas) - Fraction(revenue) / Fraction(spend)
    assert -Fraction(1, 2_000_000) < off <= Fraction(1, 2_000_000)


def test_the_largest_amounts_have_ratios_too() -> None:
    row = measured(spend="0.000001", action_values={"purchase": "12345678901234567890.123456"})
    assert row.roas == Decimal(12345678901234567890123456)
    assert row.revenue == Decimal("12345678901234567890.123456")


@given(st.permutations(["lead", "link_click", "omni_purchase", "post_engagement", "video_view"]))
def test_another_order_of_actions_is_no_change(order: list[str]) -> None:
    actions = measured(actions=dict.fromkeys(order, "1")).actions
    assert json.loads(actions or "") == [{"action_type": kind, "value": "1"} for kind in sorted(order)]


def test_actions_keep_everything_that_came() -> None:
    actions = [
        {"action_type": "video_view", "value": "2.0", "1d_click": "1", "7d_click": "2"},
        {"action_type": "lead", "value": "12345678901234567890.123456", "action_device": "ñ 😀"},
    ]
    stored = json.loads(measured(actions=actions).actions or "")
    assert stored == actions[::-1]


@pytest.mark.parametrize("empty", [None, []])
def test_no_actions_are_no_conversions(empty: object) -> None:
    row = measured(objective="OUTCOME_SALES", actions=empty, action_values=empty)
    assert (row.conversions, row.revenue) == (None, None)
    assert row.actions == row.action_values == (None if empty is None else "[]")


@pytest.mark.parametrize("value", ["2.0", 2, 2.0, "2", "2e0"])
def test_a_value_may_be_text_or_a_number(value: object) -> None:
    assert measured(objective="OUTCOME_SALES", actions={"purchase": value}).conversions == 2


def test_an_action_without_a_value_is_unknown_not_zero() -> None:
    row = measured(objective="OUTCOME_SALES", spend="1", actions=[{"action_type": "purchase", "1d_click": "1"}])
    assert (row.conversions, row.cost_per_conversion) == (None, None)


@pytest.mark.parametrize(
    "odd",
    [
        "text",
        7,
        {"lead": 1},
        [7],
        [{"value": "1"}],
        [{"action_type": 7}],
        [{"action_type": "lead", "value": "many"}],
        [{"action_type": "lead", "value": "NaN"}],
        [{"action_type": "lead", "value": "Infinity"}],
        [{"action_type": "lead", "value": "1e999999"}],
        [{"action_type": "lead", "value": {}}],
    ],
)
def test_actions_of_another_shape_are_told_of(odd: object) -> None:
    row = page(written_row("actions", json.dumps(odd))).data[0]
    with pytest.raises(ValueError, match="unreadable actions"):
        Results(SyncSettings()).measure(row)


def test_a_nul_in_actions_is_taken_out() -> None:
    row = measured(actions=[{"action_type": "offsite_conversion.custom.\0x", "value": "1"}])
    assert json.loads(row.actions or "") == [{"action_type": "offsite_conversion.custom.x", "value": "1"}]


@pytest.mark.parametrize(
    ("written", "exact"),
    [
        ('"0.1"', "0.1"),
        ("0.1", "0.1"),
        ('"1e3"', "1000"),
        ("1e3", "1000"),
        ('"12345678901234567890.123456"', "12345678901234567890.123456"),
        ("12345678901234567890.123456", "12345678901234567890.123456"),
        ('"0.30000000000000004"', "0.30000000000000004"),
        ("0.30000000000000004", "0.30000000000000004"),
        ("5", "5"),
        ('"-1.50"', "-1.50"),
    ],
)
def test_numbers_are_read_exactly(written: str, exact: str) -> None:
    assert page(written_row("spend", written)).data[0].spend == Decimal(exact)


@pytest.mark.parametrize(
    "written", ['"NaN"', '"sNaN"', '"-inf"', '"1e999999"', "1e999999", '"1e-999999"', '""', '"x"', "[]", "true"]
)
@pytest.mark.parametrize("field", ["spend", "impressions", "frequency", "cpc"])
def test_what_is_no_number_makes_the_row_unreadable(field: str, written: str) -> None:
    found = page(written_row(field, written))
    assert not found.data
    assert len(found.unreadable) == 1
    assert f"campaign_id {CAMPAIGN}" in found.unreadable[0]


def test_a_row_keeps_its_day() -> None:
    assert insight().date_start == date(2026, 11, 20)
