"""For every campaign, and every way to change it: plan, apply, plan = nothing to do, whatever went wrong on the way."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metaads_cli.models.campaign import (
    AdSetSpec,
    AdSpec,
    Budget,
    CampaignSpec,
    CreativeSpec,
    Destination,
    Media,
    Place,
    Schedule,
)
from orchestrating import ACCOUNT, KEY, PAGE, Bench, Mortal, Strike, Wrap, dropped, empty, html, is_write, refused

NAMES = st.sampled_from(["Uno", "Dos", "Größe 3", "[ma:", "20% OFF | ñandú", "😀"])
TEXTS = st.sampled_from(["Solo hoy", "Hasta el domingo", "Línea 1\nLínea 2", "{adset:a}", "null", "0"])
ENDS = st.sampled_from([None, "2027-02-20T23:00", "2027-03-01T00:30"])
AGES = st.sampled_from([(18, 65), (25, 45), (30, 50)])
START = datetime.fromisoformat("2027-01-10T08:00")


@st.composite
def creatives(draw: st.DrawFn) -> CreativeSpec:
    image = draw(st.sampled_from(["promo.png", "other.png"]))
    return CreativeSpec(
        media=Media(image=image),
        text=draw(TEXTS),
        headline=draw(st.none() | TEXTS),
        welcome_message=draw(st.none() | TEXTS),
        url_tags=draw(st.sampled_from([None, "utm_source=fb"])),
    )


@st.composite
def ad_sets(draw: st.DrawFn, key: str) -> AdSetSpec:
    keys = draw(st.lists(st.sampled_from("xyz"), min_size=1, max_size=2, unique=True))
    youngest, oldest = draw(AGES)
    end = draw(ENDS)
    targeting = {
        "geo_locations": {"countries": draw(st.sampled_from([["AR"], ["UY", "AR"]]))},
        "age_min": youngest,
        "age_max": oldest,
        "targeting_automation": {"advantage_audience": 0},
    }
    genders = draw(st.sampled_from([None, [1], [2], [1, 2]]))
    return AdSetSpec(
        key=key,
        name=draw(NAMES),
        ads=tuple(AdSpec(key=one, name=draw(NAMES), creative=draw(creatives())) for one in keys),
        targeting=targeting | ({"genders": genders} if genders else {}),
        destination=Destination.WHATSAPP,
        optimization_goal="CONVERSATIONS",
        budget=Budget(daily=draw(st.integers(4_000_000, 4_000_003)) * Decimal("0.01")),
        schedule=Schedule(start=START, end=datetime.fromisoformat(end) if end else None),
    )


@st.composite
def campaigns(draw: st.DrawFn) -> CampaignSpec:
    keys = draw(st.lists(st.sampled_from("ab"), min_size=1, max_size=2, unique=True))
    return CampaignSpec(
        key=KEY,
        name=draw(NAMES),
        objective="OUTCOME_ENGAGEMENT",
        special_ad_categories=(),
        adsets=tuple(draw(ad_sets(key)) for key in keys),
        tenant=1,
        account=ACCOUNT,
        currency="ARS",
        page=PAGE,
        place=Place("campaign.yaml", 1, 1),
    )


def no_fault() -> Wrap:
    return lambda inner: inner


ACTS = [dropped, html, empty, refused(1, http=500), refused(2, http=500), refused(100), refused(190), refused(4)]
AFTER = [dropped, html, empty, refused(1, http=500), refused(2, http=500)]
NUMBERS = st.integers(1, 20)
# A fault, or the end of the run, at some write.
FAULTS = st.one_of(
    st.builds(no_fault),
    st.builds(lambda number, act: Strike(number, act, chosen=is_write), NUMBERS, st.sampled_from(ACTS)),
    st.builds(lambda number, act: Strike(number, act, after=True, chosen=is_write), NUMBERS, st.sampled_from(AFTER)),
    st.builds(lambda number, after: Mortal(number, after, chosen=is_write), NUMBERS, st.booleans()),
)


@pytest.fixture
def bench(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.png").write_bytes(b"another picture")
    return Bench(database_url, tmp_path)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(campaigns(), FAULTS), min_size=1, max_size=4), st.booleans())
def test_after_a_run_there_is_nothing_to_do(
    bench: Bench, versions: list[tuple[CampaignSpec, Wrap]], publish: bool
) -> None:
    bench.renew()
    for spec, fault in versions:
        bench.killed(spec, publish=publish, wrap=fault)
        bench.done(spec, publish=publish)
        bench.assert_exactly_once(spec, status="ACTIVE" if publish else "PAUSED")
        bench.assert_nothing_to_do(spec, publish=publish)
        bench.assert_nothing_to_do(spec, publish=publish, take_file=True)
