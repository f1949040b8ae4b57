"""Breakdowns of the simulator: the parts of a row add up to it, whichever way it is cut."""

import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaads_cli.graph.simulator import Behaviour
from metaads_cli.graph.simulator.breakdowns import FAMILIES, apportion, most_parts
from metaads_cli.graph.simulator.facts import Kind
from simulated import ACCOUNT, Api, codes, error, simulator, small_plan

ADDITIVE = ("impressions", "clicks", "spend", "inline_link_clicks", "inline_post_engagement")
FIELDS = f"{','.join(ADDITIVE)},ad_id,reach,frequency,cpc,cpm,actions,action_values"
COMBINATIONS = [
    ["age"],
    ["gender"],
    ["age", "gender"],
    ["country"],
    ["region"],
    ["country", "region"],
    ["publisher_platform"],
    ["device_platform"],
    ["publisher_platform", "platform_position"],
    ["publisher_platform", "device_platform"],
    ["publisher_platform", "platform_position", "device_platform"],
]
API = Api(simulator(plan=small_plan(campaigns=6, idle_percent=10)))
API.simulator.limits.tier = None

Rows = list[dict[str, Any]]


def insights(api: Api = API, **params: Any) -> Rows:
    return api.all(f"{ACCOUNT}/insights", **{"limit": 500, "fields": FIELDS, "level": "ad"} | params)


def sums(rows: Rows) -> Counter[tuple[str, str]]:
    """What adds up, by field and action type."""
    counted: Counter[tuple[str, str]] = Counter()
    for row in rows:
        for name in ADDITIVE:
            counted[name, ""] += Decimal(row.get(name, 0))  # type: ignore[assignment]
        for name in ("actions", "action_values"):
            for stat in row.get(name, []):
                counted[name, stat["action_type"]] += Decimal(stat["value"])  # type: ignore[assignment]
    return +counted


def by(rows: Rows, *names: str) -> dict[tuple[str, ...], Rows]:
    groups: dict[tuple[str, ...], Rows] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in names)].append(row)
    return groups


@settings(max_examples=25, deadline=None)
@given(
    st.dates(date(2026, 1, 1), date(2026, 11, 20)),
    st.integers(0, 3),
    st.sampled_from(["ad", "adset", "campaign", "account"]),
    st.sampled_from(COMBINATIONS),
)
def test_the_parts_add_up_to_the_row(since: date, length: int, level: str, breakdowns: list[str]) -> None:
    window = {"since": str(since), "until": str(since + timedelta(days=length))}
    asked = {"time_range": window, "time_increment": 1, "level": level, "fields": f"{FIELDS},{level}_id"}
    whole = by(insights(**asked), f"{level}_id", "date_start")
    parts = by(insights(**asked, breakdowns=breakdowns), f"{level}_id", "date_start")
    assert parts.keys() == whole.keys()
    for key, (row,) in whole.items():
        assert sums(parts[key]) == sums([row])
        assert sum(int(part["reach"]) for part in parts[key]) >= int(row["reach"])
        assert max(int(part["reach"]) for part in parts[key]) <= int(row["reach"])


@pytest.mark.parametrize("level", ["ad", "campaign", "account"])
def test_a_part_is_the_sum_of_its_own_parts(level: str) -> None:
    asked = {"level": level, "date_preset": "last_7d", "fields": f"{FIELDS},{level}_id"}
    ages = by(insights(breakdowns=["age"], **asked), f"{level}_id", "age")
    finer = by(insights(breakdowns=["age", "gender"], **asked), f"{level}_id", "age")
    assert {key: sums(rows) for key, rows in ages.items()} == {key: sums(rows) for key, rows in finer.items()}


@pytest.mark.parametrize("breakdowns", COMBINATIONS, ids=",".join)
def test_the_values_are_in_each_row_and_part_of_its_key(breakdowns: list[str]) -> None:
    rows = insights(breakdowns=breakdowns, date_preset="last_3d", time_increment=1)
    keys = [(row["ad_id"], row["date_start"], *(row[name] for name in breakdowns)) for row in rows]
    assert len(set(keys)) == len(keys)
    assert len({tuple(key[2:]) for key in keys}) <= most_parts(breakdowns)
    if breakdowns != ["country"]:
        assert len({tuple(key[2:]) for key in keys}) > 1


def test_each_part_holds_together() -> None:
    rows = insights(breakdowns=["age", "gender"], date_preset="last_7d", time_increment=1)
    for row in rows:
        impressions, clicks, reach = (int(row[name]) for name in ("impressions", "clicks", "reach"))
        assert 0 < reach <= impressions
        assert int(row.get("inline_link_clicks", 0)) <= clicks <= impressions
        assert clicks <= int(row.get("inline_post_engagement", 0))
    by_gender = {gender: sums(group) for (gender,), group in by(rows, "gender").items()}
    assert by_gender["unknown"]["impressions", ""] < by_gender["male"]["impressions", ""]
    rates = {
        age: sums(group)["clicks", ""] / sums(group)["impressions", ""] for (age,), group in by(rows, "age").items()
    }
    assert len(set(rates.values())) == 6


def test_targeting_decides_who_and_where() -> None:
    api = Api(simulator(plan=small_plan(campaigns=1, ad_sets=1, ads=1)))
    (ad_set,) = api.simulator.world.all_of(Kind.AD_SET)
    ad_set.values["targeting"] = {
        "geo_locations": {"countries": ["CO", "MX"]},
        "age_min": 30,
        "age_max": 44,
        "genders": [2],
        "publisher_platforms": ["instagram"],
        "device_platforms": ["mobile"],
    }
    seen = {
        tuple(row[name] for name in names)
        for names in (["age", "gender"], ["country"], ["publisher_platform", "device_platform"])
        for row in insights(api, breakdowns=names, date_preset="last_30d")
    }
    assert seen == {("25-34", "female"), ("35-44", "female"), ("CO",), ("MX",), ("instagram", "mobile_app")}


def test_they_work_asynchronously_and_in_pages() -> None:
    asked = {"breakdowns": ["age"], "date_preset": "last_3d"}
    at_once = insights(**asked)
    assert insights(**asked, limit=7) == at_once
    run = API.post(f"{ACCOUNT}/insights", **asked, level="ad", fields=FIELDS.split(",")).json()["report_run_id"]
    API.simulator.world.clock.advance(timedelta(seconds=2))
    assert API.all(f"{run}/insights", limit=500) == at_once


@pytest.mark.parametrize(
    ("breakdowns", "expected"),
    [
        (["age", "country"], (100, None)),
        (["publisher_platform", "age"], (100, None)),
        (["platform_position"], (100, None)),
        (["platform_position", "device_platform"], (100, None)),
        (["age", "dma"], (2, 1504041)),
        (["mmm"], (2, 1504041)),
    ],
)
def test_what_does_not_go_together_is_refused(breakdowns: list[str], expected: tuple[int, int | None]) -> None:
    answer = API.get(f"{ACCOUNT}/insights", breakdowns=breakdowns)
    assert codes(answer) == expected
    if expected == (100, None):
        assert "Current combination of data breakdown columns" in error(answer)["message"]


def test_every_simulated_breakdown_is_one_of_metas() -> None:
    for key in (key for family in FAMILIES for key in family.keys):
        assert codes(API.get(f"{ACCOUNT}/insights", breakdowns=[key, "mood"])) == (100, None)


def test_unique_counts_by_breakdown_go_back_13_months() -> None:
    old = {"since": "2025-10-19", "until": "2025-10-20"}
    new = {"since": "2025-10-20", "until": "2025-10-20"}
    assert all("reach" not in row and "frequency" not in row for row in insights(time_range=old, breakdowns=["age"]))
    assert insights(time_range=old, breakdowns=["age"])
    assert all("reach" in row for row in insights(time_range=new, breakdowns=["age"]))
    assert all("reach" in row for row in insights(time_range=old))


def test_parts_count_as_data_points() -> None:
    api = Api(simulator(behaviour=Behaviour(most_points=36 * 7 * 6)))
    asked = {"date_preset": "last_7d", "limit": 1}
    assert api.get(f"{ACCOUNT}/insights", **asked, breakdowns=["age"]).status_code == 200
    assert codes(api.get(f"{ACCOUNT}/insights", **asked, breakdowns=["age", "gender"])) == (100, 1487534)


def test_another_process_splits_in_the_same_way() -> None:
    script = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from simulated import *\n"
        "print(Api(simulator()).read(f'{ACCOUNT}/insights', level='campaign', breakdowns='age,gender', limit=500,"
        " fields='spend,actions')['data'])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, check=True, text=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    own = insights(Api(simulator()), level="campaign", breakdowns=["age", "gender"], fields="spend,actions")
    assert outputs == {f"{own}\n"}


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=20), st.integers(0, 10**9))
def test_apportioning_is_exact_and_in_proportion(weights: list[int], total: int) -> None:
    parts = apportion(total, weights)
    if not sum(weights):
        assert parts == [0] * len(weights)
        return
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - total * weight) < sum(weights)


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 50)), min_size=1, max_size=20), st.data())
def test_apportioning_keeps_to_the_limits(pairs: list[tuple[int, int]], data: st.DataObject) -> None:
    weights, most = [weight * limit for weight, limit in pairs], [limit for _, limit in pairs]
    total = data.draw(st.integers(0, sum(most)))
    parts = apportion(total, weights, most)
    assert all(part <= limit for part, limit in zip(parts, most, strict=True))
    assert sum(parts) == (total if sum(weights) else 0)
