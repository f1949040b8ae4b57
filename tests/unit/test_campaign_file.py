"""Campaign files: what they mean, and what is told of those that are wrong."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from metaads_cli.campaign_file import CampaignFileError, Problem, check_amounts, decode, json_schema, read_campaigns
from metaads_cli.campaign_file.facts import rules
from metaads_cli.errors import ExitCode, InputError
from metaads_cli.models.campaign import AdSpec, Budget, CampaignSpec, Destination, Media, Place
from metaads_cli.models.money import from_minor_units, minor_units_per_major

CASES = Path(__file__).parents[1] / "cases" / "campaigns"
SOURCE = Path(__file__).parents[2] / "src" / "metaads_cli"
FULL, FLAT, EVERYTHING = (
    (CASES / f"{name}.yaml").read_text(encoding="utf-8") for name in ("full", "flat", "everything")
)
BAD: list[dict[str, Any]] = YAML(typ="safe", pure=True).load((CASES / "bad.yaml").read_text(encoding="utf-8"))
CURRENCIES: dict[str, int] = rules()["currency_offsets"]


def read(text: str, variables: Mapping[str, str] | None = None, source: str = "ads/verano.yaml") -> list[CampaignSpec]:
    return read_campaigns(text, source, variables or {})


def one(text: str, **variables: str) -> CampaignSpec:
    [spec] = read(text, variables)
    return spec


def problems(text: str, **variables: str) -> list[Problem]:
    with pytest.raises(CampaignFileError) as refused:
        read(text, variables)
    return refused.value.problems


def edited(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


def ads(spec: CampaignSpec) -> dict[str, AdSpec]:
    return {f"{adset.key}/{ad.key}": ad for adset in spec.adsets for ad in adset.ads}


# What is wrong


def test_there_are_cases_enough() -> None:
    assert len({case["name"] for case in BAD}) == len(BAD) >= 40


@pytest.mark.parametrize("case", BAD, ids=lambda case: case["name"])
def test_a_bad_file_is_refused_with_all_that_is_wrong(case: dict[str, Any]) -> None:
    text = {"full": FULL, "flat": FLAT}[case["of"]]
    for edit in case["edits"]:
        text = edited(text, edit["replace"], edit["by"])
    with pytest.raises(CampaignFileError) as refused:
        read(text)
    expected = case["problems"]
    found = refused.value.problems
    places = [f"{problem.place.line}:{problem.place.column}" for problem in found]
    assert places == [problem["at"] for problem in expected]
    assert [problem.path for problem in found] == [problem["path"] for problem in expected]
    assert [problem.suggestion for problem in found] == [problem.get("suggestion") for problem in expected]
    assert all(ours["says"] in problem.message for ours, problem in zip(expected, found, strict=True))
    assert refused.value.exit_code == case.get("exit", 3)


def test_the_error_says_how_many_and_the_first() -> None:
    text = edited(FULL, "objective: engagement", "objective: x")
    text = edited(text, "advantage: false", "advantage: no")
    with pytest.raises(InputError) as refused:
        read(text)
    error = refused.value
    assert isinstance(error, CampaignFileError)
    assert error.message.startswith(
        "2 problems in ads/verano.yaml; the first: ads/verano.yaml:14:14: campaign.objective: "
    )
    assert error.lines()[1] == (
        "ads/verano.yaml:34:67: adsets[0].audience.advantage: expected true or false, found the text 'no'"
        " (did you mean false?)"
    )
    assert json.loads(json.dumps(error.details))["problems"][1] == {
        "file": "ads/verano.yaml",
        "line": 34,
        "column": 67,
        "path": "adsets[0].audience.advantage",
        "message": "expected true or false, found the text 'no'",
        "suggestion": "false",
        "safety": False,
    }


def test_a_single_problem_is_the_message() -> None:
    with pytest.raises(CampaignFileError) as refused:
        read(edited(FULL, "tenant: 1", "tenant: 1.5"))
    assert refused.value.message == "ads/verano.yaml:4:9: tenant: expected a whole number, found the number 1.5"


def test_a_guard_beside_an_error_is_an_error() -> None:
    text = edited(edited(FULL, "90000.00", "1"), "headline: Otra promesa", "headline: 1")
    with pytest.raises(CampaignFileError) as refused:
        read(text)
    assert refused.value.exit_code is ExitCode.INPUT
    assert [problem.safety for problem in refused.value.problems] == [True, False]


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("", "1:1", "the file is empty"),
        ("\n\n# nothing\n", "1:1", "the file is empty"),
        ("\ufeff", "1:1", "the file is empty"),
        ("just text", "1:1", "this document is a single value"),
        ("---\n", "2:1", "this document is empty"),
        ("PK\x03\x04\x00", "1:3", "character U+0003 cannot stand in YAML"),
        ("a: \ud800", "1:4", "character U+D800 cannot stand in YAML"),
        ("a: 1\r\nb: \x7f", "2:4", "character U+007F"),
        ("a: " + "[" * 100 + "]" * 100, "1:35", "nested deeper than 32 levels"),
        ("[" * 200_000, "1:33", "nested deeper than 32 levels"),
        ("a: [" + "1," * 120_000 + "1]", "1:199999", "more than 100,000 values"),
        ("#" * (1 << 20) + "#", "1:1", "more than 1,048,576 characters"),
        ("a: *a", "1:4", "*a names no &a"),
        ("? [a, b]\n: c", "1:3", "a key must be text"),
        ("&k campaign_name: x", "1:1", "a key has no tag and no anchor"),
        ("%TAG ! tag:x,2000:\n---\na: !b c", "3:4", "the tag tag:x,2000:b is not used"),
        ('a: "\\U00110000"', "1:1", "not valid YAML"),
        ("a: |9 x\n", "1:7", "not valid YAML"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_what_is_no_yaml_is_told_in_one_sentence(text: str, place: str, says: str) -> None:
    found = problems(text)
    assert [f"{one.place.line}:{one.place.column}" for one in found if says in one.message] == [place], found


def test_a_bomb_of_aliases_is_refused() -> None:
    levels = [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 12)]
    [problem] = problems("\n".join(["a0: &a0 [lol]", *levels]))
    assert "counting each use of an alias" in problem.message
    assert problem.place.line == 6


def test_a_bomb_of_variables_is_refused() -> None:
    uses = "\n".join(
        f"      - {{key: k{number}, creative: promo, headline: '{'${promo}' * 50}'}}" for number in range(50)
    )
    text = edited(FULL, "      - {key: b", f"{uses}\n      - {{key: b")
    found = problems(text, promo="x" * 100_000)
    assert [problem.message for problem in found] == ["the variables' values come to more than 1,048,576 characters"]


def test_bytes_are_utf_8() -> None:
    assert decode("ñ".encode(), "f") == "ñ"
    with pytest.raises(CampaignFileError, match="f:2:5: byte 0xf1 is not UTF-8: save the file as UTF-8 text"):
        decode(b"a: 1\nb: a\xf1o", "f")


def test_a_syntax_error_hides_nothing_of_the_documents_before_it() -> None:
    found = problems(edited(FLAT, "auto_publish: false", "auto_publish: 0\n---\na: [") + "\n")
    assert [problem.place.line for problem in found] == [12, 16]


def test_slips_of_one_part_hide_none_of_another() -> None:
    text = edited(FULL, "objective: engagement", "objective: engagment")
    text = edited(text, "start: 2026-12-01T08:00", "start: 2026-12-21T08:00")
    text = edited(text, "daily: 45000.00", "daily: 45000.00, lifetime: 1")
    text = edited(text, "headline: Otra promesa", "headline: 5")
    text = edited(text, "{key: a, creative: promo}", "{key: a, creative: porma}")
    text = edited(text, "${promo} hasta", "${porm} hasta")
    assert [problem.path for problem in problems(text)] == [
        "campaign.objective",
        "defaults.adset.schedule.end",
        "creatives.promo.headline",
        "adsets[0].budget",
        "adsets[0].ads[0].creative",
        "adsets[0].ads[1].headline",
    ]


@settings(max_examples=300, deadline=None)
@given(st.text() | st.text("ab:-?[]{},&*!|>'\"%@`#\n\t $~01.<\\x"))
def test_no_text_leads_to_another_error(text: str) -> None:
    with suppress(CampaignFileError):
        read(text)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from((FULL, FLAT, EVERYTHING)), st.data())
def test_no_edit_of_a_file_leads_to_another_error(text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = start + data.draw(st.integers(0, 12))
        put = data.draw(
            st.sampled_from(("", "x", ": ", "\n", "  ", "[", "}", "- ", "1", "~", "null", "*a", "${x}", "-1.5e9"))
        )
        text = text[:start] + put + text[end:]
    with suppress(CampaignFileError):
        read(text)


scalars = (
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text("a1-:$é")
)
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(sorted(set(re.findall(r"[a-z_]+(?=:)", FULL + FLAT + EVERYTHING)))), inner)
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(("apiVersion", "campaign", "adsets", "targeting", "vars", "guard", "creatives")), trees
    )
)
def test_no_tree_leads_to_another_error(tree: dict[str, Any]) -> None:
    with pytest.raises(CampaignFileError):
        read(json.dumps(tree, default=str))


# What the full form means


def test_the_full_example_means_what_it_says() -> None:
    spec = one(FULL)
    [adset] = spec.adsets
    assert (spec.key, spec.name, spec.objective) == ("verano-2026", "Verano 2026 | WhatsApp | AR", "OUTCOME_ENGAGEMENT")
    assert (spec.tenant, spec.account, spec.currency, spec.page) == (1, "act_1234567890", "ARS", "109876543210987")
    assert (spec.special_ad_categories, spec.budget, spec.publish, spec.flat) == ((), None, False, False)
    assert (spec.guard.max_daily_total, spec.guard.latest_end) == (Decimal(90000), date(2026, 12, 31))
    assert spec.warnings == ()
    assert spec.place == Place("ads/verano.yaml", 2, 1)
    assert (adset.key, adset.name, adset.destination) == ("caba", "CABA 25-45", Destination.WHATSAPP)
    assert (adset.optimization_goal, adset.billing_event) == ("CONVERSATIONS", "IMPRESSIONS")
    assert adset.budget == Budget(daily=Decimal("45000.00"), place=Place("ads/verano.yaml", 33, 21))
    assert (adset.schedule.start, adset.schedule.end) == (datetime(2026, 12, 1, 8), datetime(2026, 12, 20, 23))  # noqa: DTZ001
    assert adset.targeting == {
        "geo_locations": {"countries": ["AR"]},
        "age_min": 25,
        "age_max": 45,
        "targeting_automation": {"advantage_audience": 0},
    }
    assert [(ad.key, ad.creative.headline) for ad in adset.ads] == [
        ("a", "20% OFF hasta el domingo"),
        ("b", "Otra promesa"),
    ]
    assert {ad.creative.media for ad in adset.ads} == {Media(image="ads/assets/promo.jpg")}
    assert adset.ads[1].name == "CABA 25-45 | b"
    assert adset.ads[1].place == Place("ads/verano.yaml", 37, 9)


def test_an_amount_keeps_its_zeros() -> None:
    budget = one(FULL).adsets[0].budget
    assert str(budget and budget.daily) == "45000.00"


def test_defaults_lie_under_ad_sets_creatives_and_ads() -> None:
    spec = one(EVERYTHING)
    uno, dos = spec.adsets
    assert (uno.destination, dos.destination) == (Destination.WEBSITE, Destination.WHATSAPP)
    assert (uno.optimization_goal, dos.optimization_goal) == ("OFFSITE_CONVERSIONS", "CONVERSATIONS")
    assert uno.pixel == dos.pixel == "40"
    found = ads(spec)
    assert list(found) == ["uno/a-v1", "uno/a-v2", "uno/a-v3", "uno/b", "uno/c", "dos/a"]
    first = found["uno/a-v1"].creative
    assert (first.link, first.call_to_action, first.url_tags) == (
        "https://example.com/oferta",
        "SHOP_NOW",
        "utm_source=meta",
    )


def test_the_budget_of_a_campaign_has_its_bid_strategy() -> None:
    spec = one(EVERYTHING)
    assert spec.budget == Budget(daily=Decimal("500.50"), place=Place("ads/verano.yaml", 16, 19))
    assert spec.bid_strategy == "COST_CAP"
    assert {(adset.budget, adset.bid_strategy, adset.bid_amount) for adset in spec.adsets} == {
        (None, "COST_CAP", Decimal("12.34"))
    }


def test_variants_are_ads_of_their_own() -> None:
    found = ads(one(EVERYTHING))
    assert [found[f"uno/a-v{number}"].name for number in (1, 2, 3)] == ["Uno | a-v1", "La segunda", "Uno | a-v3"]
    assert [found[f"uno/a-v{number}"].creative.headline for number in (1, 2, 3)] == ["Foto", "Otra", None]
    assert found["uno/a-v3"].creative.media == Media(video="ads/cine/a.mp4", thumbnail="ads/cine/a.jpg")
    assert found["uno/a-v3"].creative.url_tags == "utm_source=meta"


def test_a_medium_goes_over_any_other_and_its_thumbnail() -> None:
    found = ads(one(EVERYTHING))
    assert found["uno/c"].creative.media == Media(clip="3f0a0000-0000-4000-8000-000000000001")
    assert found["uno/b"].creative.media == Media(video="ads/cine/a.mp4", thumbnail_hash="def")
    assert found["dos/a"].creative.media == Media(video_id="77", thumbnail="ads/b.jpg")


def test_an_ads_own_medium_and_a_variants_creative_exclude_each_other() -> None:
    text = edited(FULL, "{key: a, creative: promo}", "{key: a, image: b.jpg, variants: [{key: x, creative: promo}]}")
    [problem] = problems(text)
    assert problem.path == "adsets[0].ads[0].variants[0].creative"


def test_an_audience_becomes_targeting() -> None:
    targeting = one(EVERYTHING).adsets[0].targeting
    kilometres = {"radius": Decimal(25), "distance_unit": "kilometer"}
    point = {"latitude": Decimal("-34.6037"), "longitude": Decimal("-58.3816")}
    assert targeting["geo_locations"] == {
        "countries": ["ES"],
        "cities": [{"key": "2430536", **kilometres}],
        "regions": [{"key": "3847"}],
        "zips": [{"key": "US:90210"}],
        "custom_locations": [{**point, "radius": Decimal("7.5"), "distance_unit": "kilometer"}],
    }
    assert targeting["excluded_geo_locations"] == {"countries": ["NO"]}
    assert targeting["flexible_spec"] == [
        {"interests": [{"id": "6003107902433", "name": "Fútbol"}], "behaviors": [{"id": "6002714895372"}]}
    ]
    assert (targeting["genders"], targeting["locales"]) == ([2], [23, 6])
    assert (targeting["custom_audiences"], targeting["excluded_custom_audiences"]) == ([{"id": "900"}], [{"id": "901"}])
    assert (targeting["publisher_platforms"], targeting["device_platforms"]) == (["facebook", "instagram"], ["mobile"])
    assert targeting["instagram_positions"] == ["stream", "reels"]


@pytest.mark.parametrize(
    ("age", "advantage", "expected"),
    [
        ("'25-45'", "false", {"age_min": 25, "age_max": 45}),
        ("{min: 30}", "false", {"age_min": 30, "age_max": 65}),
        ("21-65+", "true", {"age_min": 21, "age_max": 65}),
        ("25-45", "true", {"age_min": 25, "age_range": [25, 45]}),
        ("30-65", "true", {"age_range": [30, 65]}),
    ],
)
def test_ages_that_advantage_does_not_hold_to_are_a_suggestion(age: str, advantage: str, expected: Any) -> None:
    spec = one(edited(FULL, "age: 25-45, advantage: false", f"age: {age}, advantage: {advantage}"))
    targeting = spec.adsets[0].targeting
    assert {name: value for name, value in targeting.items() if name.startswith("age")} == expected
    assert any("a suggestion only" in warning for warning in spec.warnings) == ("age_range" in expected)


@pytest.mark.parametrize(("word", "objective"), [("leads", "OUTCOME_LEADS"), ("OUTCOME_TRAFFIC", "OUTCOME_TRAFFIC")])
def test_objectives_have_friendly_names(word: str, objective: str) -> None:
    assert one(edited(FULL, "objective: engagement", f"objective: {word}")).objective == objective


def test_an_unlisted_combination_is_a_warning() -> None:
    spec = one(edited(FULL, "objective: engagement", "objective: awareness"))
    [warning] = spec.warnings
    assert warning.startswith("ads/verano.yaml:21:19: defaults.adset.optimize_for: OUTCOME_AWARENESS to whatsapp for")


def test_the_eu_asks_for_an_advertiser() -> None:
    text = edited(FULL, "country: AR", "country: ES")
    assert "need a beneficiary and a payor" in one(text).warnings[0]
    named = edited(text, "    optimize_for:", "    dsa_beneficiary: A\n    dsa_payor: A\n    optimize_for:")
    assert (one(named).warnings, one(named).adsets[0].dsa_payor) == ((), "A")


def test_raw_targeting_is_never_widened_unasked() -> None:
    text = edited(
        FULL,
        "audience: {locations: [{country: AR}], age: 25-45, advantage: false}",
        "targeting: {geo_locations: {countries: [NO]}}",
    )
    spec = one(text)
    assert spec.adsets[0].targeting == {
        "geo_locations": {"countries": ["NO"]},
        "targeting_automation": {"advantage_audience": 0},
    }
    assert "advantage_audience is not said: set to 0" in spec.warnings[0]


def test_variables_are_put_into_values() -> None:
    assert ads(one(FULL, promo="2x1"))["caba/a"].creative.headline == "2x1 hasta el domingo"
    assert ads(one(EVERYTHING))["uno/a-v1"].creative.text == "cuesta ${10}"
    assert one(edited(FULL, "name: Verano 2026", "name: $${promo} ${other}"), other="").name.startswith("${promo}  |")


def test_a_variable_given_on_the_command_line_needs_no_vars() -> None:
    text = edited(FULL, "vars: {promo: 20% OFF}", "# ")
    assert ads(one(text, promo="X"))["caba/a"].creative.headline == "X hasta el domingo"


def test_files_are_looked_for_beside_the_campaign_file() -> None:
    seen: list[str] = []

    def exists(path: str) -> bool:
        seen.append(path)
        return path != "ads/assets/promo.jpg"

    with pytest.raises(CampaignFileError) as refused:
        read_campaigns(FULL, "ads/verano.yaml", {}, exists=exists)
    [problem] = refused.value.problems
    assert str(problem.place) == "ads/verano.yaml:26:12"
    assert problem.path == "creatives.promo.image"
    assert set(seen) == {"ads/assets/promo.jpg"}


def test_standard_input_has_files_beside_the_shell() -> None:
    [spec] = read_campaigns(FULL, "-", {}, exists=lambda path: path == "assets/promo.jpg")
    assert spec.adsets[0].ads[0].creative.media.image == "assets/promo.jpg"


def test_what_nothing_uses_is_told_of() -> None:
    text = edited(FULL, "{promo: 20% OFF}", "{promo: 20% OFF, other: x}")
    text = edited(text, "creatives:\n", "creatives:\n  rest: {image_hash: x}\n")
    assert one(text).warnings == (
        "ads/verano.yaml:9:31: vars.other: no value of this document uses this variable",
        "ads/verano.yaml:25:9: creatives.rest: no ad shows this creative",
    )


def test_an_amount_is_told_of_beside_other_slips() -> None:
    found = problems(edited(edited(FULL, "45000.00}", "45000.001}"), "objective: engagement", "objective: x"))
    assert [problem.path for problem in found] == ["campaign.objective", "adsets[0].budget.daily"]


def test_anchors_stand_for_what_they_name() -> None:
    text = edited(FULL, "audience: {locations", "audience: &who {locations")
    text += "  - {key: dos, name: Dos, budget: {daily: 45000}, audience: *who, ads: [{key: a, creative: promo}]}\n"
    first, second = one(text).adsets
    assert first.targeting == second.targeting


def test_a_file_is_a_batch() -> None:
    specs = read(f"{FULL}---\n{EVERYTHING}...\n---\n{FLAT}")
    assert [spec.key for spec in specs][:2] == ["verano-2026", "todo-2026"]
    assert specs[2].flat


# What the flat form means


def test_the_flat_example_means_what_it_says() -> None:
    spec = one(FLAT)
    [adset] = spec.adsets
    [ad] = adset.ads
    assert (spec.flat, spec.name, spec.objective, spec.publish) == (True, "Summer Sale 2025", "OUTCOME_SALES", False)
    assert (spec.tenant, spec.social_account_id) == (1, "7c1e0000-0000-4000-8000-000000000001")
    assert spec.clip_id == ad.creative.media.clip == "3f0a0000-0000-4000-8000-000000000001"
    assert (adset.key, ad.key) == ("main", "main")
    assert adset.budget == Budget(daily=Decimal(10000), in_minor_units=True, place=Place("ads/verano.yaml", 6, 21))
    assert (ad.creative.headline, ad.creative.description) == ("Amazing Product", "Get 50% off")
    assert (ad.creative.link, adset.destination) == ("https://example.com/sale", Destination.WEBSITE)
    assert adset.optimization_goal == "LINK_CLICKS"
    assert adset.targeting == {
        "age_min": 18,
        "age_max": 65,
        "genders": [1, 2],
        "geo_locations": {"countries": ["US", "CA"]},
        "interests": [{"id": "12345", "name": "Shopping"}],
        "targeting_automation": {"advantage_audience": 0},
    }
    assert ["advantage_audience" in spec.warnings[0], "special_ad_categories" in spec.warnings[1]] == [True, True]


def test_the_key_comes_from_name_medium_and_account() -> None:
    key = one(FLAT).key
    assert re.fullmatch(r"summer-sale-2025-[0-9a-f]{8}", key)
    assert one(edited(FLAT, "10000", "20000")).key == key
    assert one(edited(FLAT, "tenant: 1", "tenant: 2")).key == key
    assert one(edited(FLAT, "3f0a", "4f0a")).key != key
    assert one(edited(FLAT, "tenant: 1", "tenant: 1\nkey: mine")).key == "mine"
    assert one(edited(FLAT, "Summer Sale 2025", "¡Ofertón — 日本!")).key.startswith("oferton-")
    assert one(edited(FLAT, "Summer Sale 2025", "日本")).key.startswith("campaign-")
    assert len(one(edited(FLAT, "Summer Sale 2025", "a" * 300)).key) == 64


def test_the_former_goal_is_read_and_told_of() -> None:
    spec = one(edited(FLAT, "LINK_CLICKS", "CONVERSIONS\npixel: '1'\nconversion_event: PURCHASE"))
    assert (spec.adsets[0].optimization_goal, spec.adsets[0].conversion_event) == ("OFFSITE_CONVERSIONS", "PURCHASE")
    assert "read as OFFSITE_CONVERSIONS" in spec.warnings[0]


@pytest.mark.parametrize(
    ("given", "media"),
    [
        ("creative_image: a.jpg", Media(image="ads/a.jpg")),
        ("creative_video: a.mp4\ncreative_image: a.jpg", Media(video="ads/a.mp4", thumbnail="ads/a.jpg")),
        ("clip_id: 3f0a0000-0000-4000-8000-000000000001\ncreative_image: a.jpg", None),
    ],
)
def test_the_medium_of_the_flat_form(given: str, media: Media | None) -> None:
    clip = Media(clip="3f0a0000-0000-4000-8000-000000000001", thumbnail="ads/a.jpg")
    text = edited(FLAT, "clip_id: 3f0a0000-0000-4000-8000-000000000001", given)
    assert one(text).adsets[0].ads[0].creative.media == (media or clip)


# Values


@pytest.mark.parametrize(
    ("written", "expected"),
    [("NO", "NO"), ("10:30", "10:30"), ("yes", "yes"), ("1_000", "1_000"), ("2026-12-01", "2026-12-01"), ("'7'", "7")],
)
def test_text_that_older_yaml_would_change_stays(written: str, expected: str) -> None:
    assert ads(one(edited(FULL, "Otra promesa", written)))["caba/b"].creative.headline == expected


@pytest.mark.parametrize("written", ["7", "010", "0x1F", "1e3", ".5", "true", "False"])
def test_what_is_no_text_is_not_made_text(written: str) -> None:
    [problem] = problems(edited(FULL, "Otra promesa", written))
    assert problem.suggestion == f'"{written}"'


@pytest.mark.parametrize("written", [".inf", "-.inf", ".nan", "1e999", "1" * 60, "0x" + "f" * 40])
def test_there_are_no_endless_amounts(written: str) -> None:
    [problem] = problems(edited(FULL, "daily: 45000.00", f"daily: {written}"))
    assert problem.path == "adsets[0].budget.daily"


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(CURRENCIES)), st.integers(1, 10**17), st.booleans())
def test_an_amount_comes_back_to_the_last_digit(currency: str, units: int, zeros: bool) -> None:
    offset = minor_units_per_major(currency)
    units = min(units, 10**15 * offset)
    amount = f"{units // offset}.{units % offset:02}" if offset == 100 else f"{units}{'.00' if zeros else ''}"
    text = edited(edited(FULL, "currency: ARS", f"currency: {currency}"), "daily: 45000.00", f"daily: {amount}")
    spec = one(edited(text, "max_daily_total: 90000.00, ", ""))
    budget = spec.adsets[0].budget
    assert budget is not None
    assert budget.daily is not None
    assert budget.daily == from_minor_units(units, currency)
    numerator, denominator = budget.daily.as_integer_ratio()
    assert numerator * offset == units * denominator
    assert check_amounts(spec, currency, offset) == []


@given(st.sampled_from(sorted(CURRENCIES)), st.integers(0, 10**12), st.integers(1, 999))
def test_a_fraction_of_a_minor_unit_is_refused(currency: str, whole: int, rest: int) -> None:
    offset = CURRENCIES[currency]
    fraction = f"{rest:03}" if offset == 1 else f"00{rest:03}"
    text = edited(edited(FULL, "currency: ARS ", f"currency: {currency} "), "45000.00}", f"{whole}.{fraction}}}")
    [problem] = problems(edited(text, "max_daily_total: 90000.00, ", ""))
    assert problem.path == "adsets[0].budget.daily"
    assert f"at Meta {currency} has {'no' if offset == 1 else 2} decimals" in problem.message


def test_amounts_are_checked_against_the_accounts_currency() -> None:
    spec = one(edited(edited(FULL, "currency: ARS", "# "), "daily: 45000.00", "daily: 45000.50"))
    assert check_amounts(spec, "ARS", 100) == []
    [problem] = check_amounts(spec, "CLP", 1)
    assert problem.line() == (
        "ads/verano.yaml:33:21: adsets[0].budget.daily: 45000.50 CLP cannot be paid: at Meta CLP has no decimals"
    )


def test_minor_units_are_whole_in_every_currency() -> None:
    assert check_amounts(one(FLAT), "COP", 1) == check_amounts(one(FLAT), "USD", 100) == []


def test_bids_and_the_campaigns_budget_are_checked_too() -> None:
    paths = [problem.path for problem in check_amounts(one(EVERYTHING), "COP", 1)]
    assert paths == ["campaign.budget.daily", "adsets[0].bid_amount", "adsets[1].bid_amount"]


def test_no_amount_passes_through_a_float() -> None:
    path = [
        *(SOURCE / "campaign_file").rglob("*.py"),
        SOURCE / "models" / "campaign.py",
        SOURCE / "models" / "money.py",
    ]
    assert len(path) > 10
    assert [file.name for file in path if re.search(r"\bfloat\(", file.read_text(encoding="utf-8"))] == []


# Guards


def test_budgets_at_the_guard_are_within_it() -> None:
    assert one(edited(FULL, "90000.00", "45000")).guard.max_daily_total == Decimal(45000)


def test_a_lifetime_budget_counts_by_its_days() -> None:
    # 19 days and 15 hours
    assert one(edited(FULL, "{daily: 45000.00}", "{lifetime: 1766250}"))
    [problem] = problems(edited(FULL, "{daily: 45000.00}", "{lifetime: 1766250.01}"))
    assert problem.safety
    assert "come to 90000.01 a day" in problem.message


# The JSON Schema


def parts(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, dict):
        return [schema, *(part for value in schema.values() for part in parts(value))]
    return [part for value in schema for part in parts(value)] if isinstance(schema, list) else []


def test_the_schema_describes_every_key_of_closed_mappings() -> None:
    schema = json_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json.loads(json.dumps(schema)) == schema
    mappings = [one for one in schema["$defs"].values() if one.get("type") == "object"]
    assert len(mappings) > 12
    assert all(one["additionalProperties"] is False for one in mappings)
    assert not [
        name for one in mappings for name, key in one["properties"].items() if not {"description", "$ref"} & key.keys()
    ]


def test_the_schema_refers_to_what_it_has_and_knows_no_null() -> None:
    schema = json_schema()
    references = {one["$ref"] for one in parts(schema) if isinstance(one.get("$ref"), str)}
    assert references == {f"#/$defs/{name}" for name in schema["$defs"]}
    assert not [one for one in parts(schema) if one.get("type") == "null"]
    assert not [one for one in parts(schema) if one.get("enum") == []]


def test_the_schema_asks_for_what_the_reader_asks_for() -> None:
    definitions = json_schema()["$defs"]
    assert definitions["FullFile"]["required"] == ["apiVersion", "key", "account", "campaign", "adsets"]
    assert definitions["CampaignPart"]["required"] == ["name", "objective", "special_ad_categories"]
    assert definitions["Audience"]["required"] == ["locations", "advantage"]
    assert "targeting" in definitions["FlatFile"]["required"]
    assert "engagement" in definitions["CampaignPart"]["properties"]["objective"]["enum"]


# The documentation


def test_the_reference_has_every_key() -> None:
    text = (SOURCE.parents[1] / "docs" / "reference" / "campaign-file.md").read_text(encoding="utf-8")
    keys = {name for part in json_schema()["$defs"].values() for name in part.get("properties", {})}
    named = set(re.findall(r"[A-Za-z_]+", text))
    assert keys - named == set()


def test_the_examples_of_the_reference_are_right() -> None:
    text = (SOURCE.parents[1] / "docs" / "reference" / "campaign-file.md").read_text(encoding="utf-8")
    flat, full, variants = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert one(flat).flat
    promo = "creatives:\n  cine: {video_id: '1', thumbnail_hash: x}\n"
    lead, _, _ = edited(full, "creatives:\n", promo).partition("    ads:\n")
    assert [ad.key for ad in one(lead + variants).adsets[0].ads] == ["a-corto", "a-largo", "a-cine"]
    assert one(full).warnings == ()
