"""Whatever the simulator offers exists in the published specs of v26: fields, parameters, enum values."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from metaads_cli.graph.simulator import facts
from metaads_cli.graph.simulator.ad_set_rules import _MORE_GOALS, _PROMOTES_PAGE
from metaads_cli.graph.simulator.creative_rules import _OTHER_SOURCES, KINDS_OF_STORY
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.insights import DEFAULT_FIELDS, LEVEL_KINDS
from metaads_cli.graph.simulator.metrics import METRICS
from metaads_cli.graph.simulator.nodes import EDGES, Reader
from metaads_cli.graph.simulator.rules import OBJECTIVES
from metaads_cli.graph.simulator.seeding import AD_STATUSES, CAMPAIGN_STATUSES, PURPOSES
from metaads_cli.graph.simulator.selection import Field
from metaads_cli.graph.simulator.statuses import effective_status
from metaads_cli.graph.simulator.windows import _CALENDAR
from simulated import ACCOUNT, Api, simulator

# Kept on objects to compute others from; asked for as fields they are refused.
_INTERNAL = {"idle_percent", "page_id", "reviewed", "creative_id", "owner", "explicit_enhancements"}


@cache
def spec() -> dict[str, Any]:
    path = Path(__file__).parents[1] / "cases" / "spec-v26.json"
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def test_the_products_facts_are_the_published_ones() -> None:
    for kind in Kind:
        assert facts.fields(kind) <= set(spec()["fields"][kind]), kind
    for name, values in facts._facts().enums.items():
        assert set(values) == set(spec()["enums"][name]), name
    for call, params in facts._facts().params.items():
        assert params == spec()["params"][call], call


@pytest.mark.parametrize("kind", Kind)
def test_every_field_with_data_is_published(kind: Kind) -> None:
    api = Api(simulator())
    for node in api.simulator.world.all_of(kind):
        unpublished = _INTERNAL | ({"created_time", "updated_time"} if kind is Kind.CREATIVE else set())
        assert node.values.keys() - unpublished <= set(spec()["fields"][kind])
        with_data = [name for name in node.values if name in facts.fields(kind)]
        reader = Reader(api.simulator.world, lambda *_: None)
        assert reader.read(node, [Field(name) for name in with_data])["id"] == node.id


@pytest.mark.parametrize(("kind", "edge"), [(kind, edge) for kind, edges in EDGES.items() for edge in sorted(edges)])
def test_every_edge_is_published(kind: Kind, edge: str) -> None:
    assert f"{kind} GET {edge}" in spec()["params"]


def test_every_metric_and_default_field_is_published() -> None:
    published = set(spec()["fields"]["AdsInsights"])
    assert set(METRICS) | set(DEFAULT_FIELDS) | {"date_start", "date_stop"} <= published


def test_rows_have_published_keys_and_forms() -> None:
    api = Api(simulator())
    types = spec()["types"]["AdsInsights"]
    wanted = ",".join(sorted(METRICS))
    windows = ["1d_click", "7d_click", "28d_click", "1d_view"]
    rows = api.all(
        f"{ACCOUNT}/insights", level="campaign", fields=wanted, action_attribution_windows=windows, limit=100
    )
    for row in rows:
        for name, value in row.items():
            assert isinstance(value, list) == types[name].startswith("list"), name


def test_parameters_that_listings_read_are_published_or_seen_live() -> None:
    published = set(spec()["params"]["AdAccount GET ads"])
    assert {"effective_status", "updated_since"} <= published


@pytest.mark.parametrize("name", ["level", "fields", "time_range", "time_ranges", "time_increment", "date_preset",
                                  "breakdowns", "action_breakdowns", "action_attribution_windows", "filtering",
                                  "limit", "sort", "summary"])  # fmt: skip
def test_parameters_that_insights_read_are_published(name: str) -> None:
    for call in ("AdAccount GET insights", "AdAccount POST insights", "Ad GET insights"):
        assert name in spec()["params"][call]


def test_enum_values_in_the_code_are_published() -> None:
    enums = {name: set(values) for name, values in spec()["enums"].items()}
    assert set(OBJECTIVES) <= enums["Campaign.Objective"]
    assert set(LEVEL_KINDS) == enums["AdsInsights.Level"]
    assert set(_CALENDAR) <= enums["AdsInsights.DatePreset"]
    assert {one.goal for one in PURPOSES} <= enums["AdSet.OptimizationGoal"]
    assert {one.destination for one in PURPOSES} - {None} <= enums["AdSet.DestinationType"]
    assert {one.objective for one in PURPOSES} <= enums["Campaign.Objective"]
    assert enums["AdSet.DestinationType"] >= _PROMOTES_PAGE
    for (objective, destination), goals in _MORE_GOALS.items():
        assert objective in enums["Campaign.Objective"]
        assert destination in enums["AdSet.DestinationType"]
        assert goals <= enums["AdSet.OptimizationGoal"]
    assert set(CAMPAIGN_STATUSES) <= enums["Campaign.Status"]
    assert set(AD_STATUSES.values()) <= enums["Ad.Status"]


def test_effective_statuses_are_published() -> None:
    world = simulator().world
    for kind in (Kind.CAMPAIGN, Kind.AD_SET, Kind.AD):
        found = {effective_status(world, node) for node in world.all_of(kind)}
        assert found <= set(spec()["enums"][f"{kind}.EffectiveStatus"])


def test_what_creatives_are_made_of_is_published() -> None:
    assert set(_OTHER_SOURCES) <= set(spec()["params"]["AdAccount POST adcreatives"])
    assert set(KINDS_OF_STORY) <= set(spec()["fields"]["AdCreativeObjectStorySpec"])


def test_minimum_budgets_have_the_published_fields() -> None:
    row = Api(simulator()).read(f"{ACCOUNT}/minimum_budgets")["data"][0]
    assert set(row) == set(spec()["fields"]["MinimumBudget"])


def test_a_report_run_has_published_fields() -> None:
    api = Api(simulator())
    run = api.post(f"{ACCOUNT}/insights").json()["report_run_id"]
    assert set(api.read(str(run))) <= set(spec()["fields"]["AdReportRun"])
