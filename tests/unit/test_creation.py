"""A campaign file's nodes as Meta takes them: fields, amounts, times; and what differs between two forms."""

import json
from datetime import datetime
from decimal import Decimal
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaads_cli.graph.creation import (
    AccountFacts,
    UploadedMedia,
    ad_fields,
    ad_set_fields,
    budget_fields,
    campaign_fields,
    changes,
    creative_fields,
    drift,
    immutable,
    local_time,
)
from metaads_cli.models.campaign import (
    AdSetSpec,
    AdSpec,
    Budget,
    CampaignSpec,
    CreativeSpec,
    Destination,
    Kind,
    Media,
    Place,
    Schedule,
)
from metaads_cli.models.money import minor_units_per_major, to_minor_units

FACTS = AccountFacts("act_1", "ARS", "America/Argentina/Buenos_Aires", "AR")
TARGETING = {"geo_locations": {"countries": ["AR"]}, "targeting_automation": {"advantage_audience": 0}}
CREATIVE = CreativeSpec(media=Media(image="promo.jpg"), text="Solo hoy", headline="20% OFF", description="Turnos")
AD = AdSpec(key="a", name="Promo A", creative=CREATIVE)
AD_SET = AdSetSpec(
    key="caba",
    name="CABA 25-45",
    ads=(AD,),
    targeting=TARGETING,
    destination=Destination.WHATSAPP,
    optimization_goal="CONVERSATIONS",
    budget=Budget(daily=Decimal("45000.00")),
)
SPEC = CampaignSpec(
    key="verano",
    name="Verano",
    objective="OUTCOME_ENGAGEMENT",
    special_ad_categories=(),
    adsets=(AD_SET,),
    page="9",
    place=Place("f.yaml", 1, 1),
)
IMAGE = UploadedMedia(image_hash="h1")
VIDEO = UploadedMedia(video_id="v1", image_hash="h1")


def ad_set(**changed: Any) -> AdSetSpec:
    return msgspec.structs.replace(AD_SET, **changed)


def spec(**changed: Any) -> CampaignSpec:
    return msgspec.structs.replace(SPEC, **changed)


def ad(**changed: Any) -> AdSpec:
    return msgspec.structs.replace(AD, creative=msgspec.structs.replace(CREATIVE, **changed))


def made(ad_set: AdSetSpec = AD_SET, spec: CampaignSpec = SPEC, facts: AccountFacts = FACTS) -> dict[str, Any]:
    return ad_set_fields(spec, ad_set, facts, "c1")


def story(destination: Destination | None, ad: AdSpec = AD, media: UploadedMedia = IMAGE) -> dict[str, Any]:
    fields: dict[str, Any] = creative_fields(SPEC, ad_set(destination=destination), ad, media)["object_story_spec"]
    return fields


def test_click_to_whatsapp_sends_what_the_guide_says_and_nothing_else() -> None:
    assert campaign_fields(SPEC, FACTS) == {
        "name": "Verano",
        "objective": "OUTCOME_ENGAGEMENT",
        "status": "PAUSED",
        "special_ad_categories": [],
        "is_adset_budget_sharing_enabled": False,
    }
    assert made() == {
        "name": "CABA 25-45",
        "campaign_id": "c1",
        "daily_budget": 4500000,
        "billing_event": "IMPRESSIONS",
        "optimization_goal": "CONVERSATIONS",
        "bid_strategy": "LOWEST_COST_WITHOUT_CAP",
        "destination_type": "WHATSAPP",
        "promoted_object": {"page_id": "9"},
        "targeting": TARGETING,
        "status": "PAUSED",
    }
    assert creative_fields(SPEC, AD_SET, AD, IMAGE) == {
        "name": "Promo A",
        "object_story_spec": {
            "page_id": "9",
            "link_data": {
                "message": "Solo hoy",
                "name": "20% OFF",
                "description": "Turnos",
                "image_hash": "h1",
                "link": "https://api.whatsapp.com/send",
                "call_to_action": {"type": "WHATSAPP_MESSAGE", "value": {"app_destination": "WHATSAPP"}},
            },
        },
    }
    assert ad_fields(AD, "s1", "k1") == {
        "name": "Promo A",
        "adset_id": "s1",
        "creative": {"creative_id": "k1"},
        "status": "PAUSED",
    }


def test_the_number_of_a_whatsapp_ad_goes_with_the_page() -> None:
    fields = made(ad_set(whatsapp_number="5491155550001"))
    assert fields["promoted_object"] == {"page_id": "9", "whatsapp_phone_number": "5491155550001"}


@pytest.mark.parametrize(
    ("destination", "destination_type", "link", "call_to_action"),
    [
        (
            Destination.MESSENGER,
            "MESSENGER",
            "https://fb.com/messenger_doc/",
            {"type": "MESSAGE_PAGE", "value": {"app_destination": "MESSENGER"}},
        ),
        (
            Destination.INSTAGRAM,
            "INSTAGRAM_DIRECT",
            "https://www.instagram.com",
            {"type": "INSTAGRAM_MESSAGE", "value": {"app_destination": "INSTAGRAM_DIRECT"}},
        ),
    ],
)
def test_a_chat_destination_fills_what_belongs_to_it(
    destination: Destination, destination_type: str, link: str, call_to_action: dict[str, Any]
) -> None:
    fields = made(ad_set(destination=destination))
    assert (fields["destination_type"], fields["promoted_object"]) == (destination_type, {"page_id": "9"})
    data = story(destination)["link_data"]
    assert (data["link"], data["call_to_action"]) == (link, call_to_action)


def test_an_instagram_profile_speaks_beside_the_page() -> None:
    fields = creative_fields(spec(instagram="178"), AD_SET, AD, IMAGE)
    assert fields["object_story_spec"]["instagram_user_id"] == "178"


def test_a_website_is_a_link_and_a_pixel_what_it_is_measured_by() -> None:
    shop = ad_set(
        destination=Destination.WEBSITE,
        optimization_goal="OFFSITE_CONVERSIONS",
        pixel="77",
        conversion_event="PURCHASE",
    )
    fields = made(shop, spec(objective="OUTCOME_SALES"))
    assert "destination_type" not in fields
    assert fields["promoted_object"] == {"pixel_id": "77", "custom_event_type": "PURCHASE"}
    data = story(Destination.WEBSITE, ad(link="https://a.example/x"))["link_data"]
    assert data["link"] == "https://a.example/x"
    assert data["call_to_action"] == {"type": "LEARN_MORE", "value": {"link": "https://a.example/x"}}


@pytest.mark.parametrize(
    ("objective", "goal", "destination", "expected"),
    [
        ("OUTCOME_SALES", "LINK_CLICKS", Destination.WEBSITE, "WEBSITE"),
        ("OUTCOME_SALES", "LINK_CLICKS", None, None),
        ("OUTCOME_TRAFFIC", "LINK_CLICKS", Destination.WEBSITE, None),
        ("OUTCOME_LEADS", "OFFSITE_CONVERSIONS", Destination.WEBSITE, None),
    ],
)
def test_a_website_is_named_where_the_objective_table_lists_it_so(
    objective: str, goal: str, destination: Destination | None, expected: str | None
) -> None:
    fields = made(ad_set(destination=destination, optimization_goal=goal), spec(objective=objective))
    assert fields.get("destination_type") == expected
    assert "promoted_object" not in fields


@pytest.mark.parametrize("goal", ["REACH", "IMPRESSIONS"])
def test_awareness_is_about_the_page(goal: str) -> None:
    fields = made(ad_set(destination=None, optimization_goal=goal), spec(objective="OUTCOME_AWARENESS"))
    assert fields["promoted_object"] == {"page_id": "9"}


def test_the_button_can_be_chosen() -> None:
    chosen = ad(call_to_action="BOOK_NOW", link="https://a.example")
    assert story(Destination.WEBSITE, chosen)["link_data"]["call_to_action"]["type"] == "BOOK_NOW"
    assert story(Destination.WHATSAPP, chosen)["link_data"]["call_to_action"] == {
        "type": "BOOK_NOW",
        "value": {"app_destination": "WHATSAPP"},
    }


def test_a_video_has_its_link_in_the_button() -> None:
    assert story(Destination.MESSENGER, media=VIDEO) == {
        "page_id": "9",
        "video_data": {
            "video_id": "v1",
            "image_hash": "h1",
            "title": "20% OFF",
            "message": "Solo hoy",
            "link_description": "Turnos",
            "call_to_action": {
                "type": "MESSAGE_PAGE",
                "value": {"app_destination": "MESSENGER", "link": "https://fb.com/messenger_doc/"},
            },
        },
    }


def test_a_video_of_no_destination_needs_no_button_and_can_have_a_picture_by_url() -> None:
    data = story(None, media=UploadedMedia(video_id="v1", image_url="https://p.example/1.jpg"))["video_data"]
    assert "call_to_action" not in data
    assert data["image_url"] == "https://p.example/1.jpg"


def test_a_picture_of_no_destination_needs_a_link() -> None:
    with pytest.raises(ValueError, match="Ad a needs a link"):
        story(None)


def test_a_creative_needs_a_page() -> None:
    with pytest.raises(ValueError, match="Ad a needs the page"):
        creative_fields(spec(page=None), AD_SET, AD, IMAGE)


def test_a_greeting_is_in_the_form_of_its_app() -> None:
    greeting = story(Destination.WHATSAPP, ad(welcome_message="¡Hola!"))["link_data"]["page_welcome_message"]
    assert json.loads(greeting)["text_format"] == {"message": {"text": "¡Hola!"}}
    assert story(Destination.MESSENGER, ad(welcome_message="Hi"))["link_data"]["page_welcome_message"] == "Hi"
    whole = '{"type": "VISUAL_EDITOR"}'
    assert story(Destination.WHATSAPP, ad(welcome_message=whole))["link_data"]["page_welcome_message"] == whole
    assert "page_welcome_message" not in story(None, ad(welcome_message="x", link="https://a.example"))["link_data"]


def test_url_tags_belong_to_the_creative() -> None:
    assert creative_fields(SPEC, AD_SET, ad(url_tags="utm_source=fb"), IMAGE)["url_tags"] == "utm_source=fb"


def test_targeting_is_sent_as_json_has_it() -> None:
    place = {"latitude": Decimal("-34.60"), "radius": Decimal(10), "distance_unit": "kilometer"}
    targeting = {"geo_locations": {"custom_locations": (place,)}, "age_min": 18}
    sent = made(ad_set(targeting=targeting))["targeting"]
    assert json.dumps(sent["geo_locations"]["custom_locations"][0]) == (
        '{"latitude": -34.6, "radius": 10, "distance_unit": "kilometer"}'
    )
    assert json.loads(json.dumps(sent)) == sent
    with pytest.raises(ValueError, match="NaN"):
        made(ad_set(targeting={"radius": Decimal("NaN")}))


# Budgets


def test_a_campaign_budget_brings_its_strategy_and_frees_the_ad_sets_of_both() -> None:
    whole = spec(budget=Budget(daily=Decimal(90000)), bid_strategy="COST_CAP")
    fields = campaign_fields(whole, FACTS)
    assert (fields["daily_budget"], fields["bid_strategy"]) == (9000000, "COST_CAP")
    assert "is_adset_budget_sharing_enabled" not in fields
    below = made(ad_set(budget=None, bid_amount=Decimal("12.50")), whole)
    assert not {"daily_budget", "lifetime_budget", "bid_strategy"} & below.keys()
    assert below["bid_amount"] == 1250


def test_a_lifetime_budget_has_an_end() -> None:
    schedule = Schedule(start=datetime(2026, 12, 1, 8), end=datetime(2026, 12, 20, 23))  # noqa: DTZ001
    fields = made(ad_set(budget=Budget(lifetime=Decimal("100000.5")), schedule=schedule))
    assert fields["lifetime_budget"] == 10000050
    assert (fields["start_time"], fields["end_time"]) == ("2026-12-01T08:00:00-0300", "2026-12-20T23:00:00-0300")
    assert "daily_budget" not in fields


@pytest.mark.parametrize("currency", ["ARS", "COP"])
def test_the_flat_form_counts_in_minor_units_already(currency: str) -> None:
    assert budget_fields(Budget(daily=Decimal(10000), in_minor_units=True), currency) == {"daily_budget": 10000}


@pytest.mark.parametrize("amount", ["10.5", "NaN", "Infinity"])
def test_there_is_no_fraction_of_a_minor_unit(amount: str) -> None:
    with pytest.raises(ValueError, match="minor units of ARS"):
        budget_fields(Budget(daily=Decimal(amount), in_minor_units=True), "ARS")


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [("20000", "COP", 20000), ("20000", "ARS", 2000000), ("0.01", "USD", 1), ("1E+3", "CLP", 1000), ("5.00", "JPY", 5)],
)
def test_amounts_are_sent_in_minor_units(amount: str, currency: str, expected: int) -> None:
    assert to_minor_units(Decimal(amount), currency) == expected


@pytest.mark.parametrize(
    ("amount", "currency"), [("0.001", "ARS"), ("0.5", "COP"), ("1.01", "JPY"), ("NaN", "USD"), ("Infinity", "USD")]
)
def test_an_amount_that_cannot_be_paid_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match=amount):
        to_minor_units(Decimal(amount), currency)


# Meta's table of currencies, as the simulator has it.
PUBLISHED = json.loads((resources.files("metaads_cli.graph.simulator") / "facts.json").read_bytes())
OFFSETS = dict.fromkeys(PUBLISHED["offset_one"], 1) | dict.fromkeys(PUBLISHED["offset_hundred"], 100)


@given(st.integers(-(10**40), 10**40), st.sampled_from(sorted(OFFSETS)))
def test_no_currency_loses_or_gains_a_minor_unit(units: int, currency: str) -> None:
    offset = OFFSETS[currency]
    assert minor_units_per_major(currency) == offset
    whole, rest = divmod(abs(units), offset)
    text = f"{'-' if units < 0 else ''}{whole}" + (f".{rest:02}" if offset == 100 else "")
    assert to_minor_units(Decimal(text), currency) == units
    with pytest.raises(ValueError, match="cannot be paid"):
        to_minor_units(Decimal(text + ("1" if offset == 100 else ".1")), currency)


# Times


@pytest.mark.parametrize(
    ("local", "zone", "expected"),
    [
        ("2026-12-01T08:00", "America/Argentina/Buenos_Aires", "2026-12-01T08:00:00-0300"),
        ("2026-07-01T08:00", "America/New_York", "2026-07-01T08:00:00-0400"),
        ("2026-12-01T08:00", "America/New_York", "2026-12-01T08:00:00-0500"),
        ("2026-11-01T00:59", "America/New_York", "2026-11-01T00:59:00-0400"),
        ("2026-11-01T02:00", "America/New_York", "2026-11-01T02:00:00-0500"),
        ("2026-03-08T03:00", "America/New_York", "2026-03-08T03:00:00-0400"),
        ("2026-12-01T08:00", "Asia/Kathmandu", "2026-12-01T08:00:00+0545"),
        ("2026-12-01T11:00+00:00", "America/Argentina/Buenos_Aires", "2026-12-01T08:00:00-0300"),
    ],
)
def test_a_local_time_has_the_offset_of_its_day(local: str, zone: str, expected: str) -> None:
    assert local_time(datetime.fromisoformat(local), zone) == expected


@pytest.mark.parametrize(
    ("local", "zone", "said"),
    [
        ("2026-03-08T02:30", "America/New_York", "2026-03-08 02:30 does not exist in America/New_York"),
        ("2026-11-01T01:30", "America/New_York", "2026-11-01 01:30 comes twice in America/New_York"),
        ("2026-09-06T00:30", "America/Santiago", "does not exist"),
        ("2026-04-04T23:30", "America/Santiago", "comes twice"),
        ("2026-11-01T01:30", "Mars/Olympus", "Mars/Olympus is no time zone"),
        ("2026-11-01T01:30", "../etc/passwd", "is no time zone"),
    ],
)
def test_a_time_that_clocks_skip_or_repeat_is_refused(local: str, zone: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        local_time(datetime.fromisoformat(local), zone)


ZONES = ("America/Argentina/Buenos_Aires", "America/New_York", "America/Santiago", "Europe/Madrid", "Pacific/Apia")


@given(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)), st.sampled_from(ZONES))  # noqa: DTZ001
def test_what_is_sent_is_the_local_time_or_nothing(moment: datetime, zone: str) -> None:
    moment = moment.replace(microsecond=0)
    try:
        sent = datetime.fromisoformat(local_time(moment, zone))
    except ValueError:
        return
    assert sent.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == moment


# What differs

APPLIED = {
    Kind.CAMPAIGN: campaign_fields(spec(budget=Budget(daily=Decimal(10))), FACTS),
    Kind.AD_SET: made(ad_set(schedule=Schedule(end=datetime(2026, 12, 20, 23)))),  # noqa: DTZ001
    Kind.CREATIVE: creative_fields(SPEC, AD_SET, AD, IMAGE),
    Kind.AD: ad_fields(AD, "s1", "k1"),
}


@pytest.mark.parametrize("kind", Kind)
def test_the_same_again_is_no_change(kind: Kind) -> None:
    applied = APPLIED[kind]
    assert (changes(kind, applied, applied), immutable(kind, applied, applied)) == ({}, [])
    assert drift(kind, applied, applied) == {}


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (Kind.CAMPAIGN, "name", "Otoño"),
        (Kind.CAMPAIGN, "daily_budget", 2000),
        (Kind.CAMPAIGN, "bid_strategy", "COST_CAP"),
        (Kind.CAMPAIGN, "special_ad_categories", ["HOUSING"]),
        (Kind.AD_SET, "name", "GBA"),
        (Kind.AD_SET, "daily_budget", 1),
        (Kind.AD_SET, "start_time", "2026-12-01T08:00:00-0300"),
        (Kind.AD_SET, "end_time", "2026-12-30T08:00:00-0300"),
        (Kind.AD_SET, "targeting", {}),
        (Kind.AD_SET, "bid_amount", 5),
        (Kind.AD_SET, "bid_strategy", "COST_CAP"),
        (Kind.AD, "name", "B"),
        (Kind.AD, "creative", {"creative_id": "k2"}),
        (Kind.CREATIVE, "name", "B"),
    ],
)
def test_what_may_change_is_sent_alone(kind: Kind, name: str, value: Any) -> None:
    wanted = APPLIED[kind] | {name: value, "status": "ACTIVE"}
    assert changes(kind, wanted, APPLIED[kind]) == {name: value}
    assert immutable(kind, wanted, APPLIED[kind]) == []


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (Kind.CAMPAIGN, "objective", "OUTCOME_SALES"),
        (Kind.AD_SET, "campaign_id", "c2"),
        (Kind.AD_SET, "optimization_goal", "LINK_CLICKS"),
        (Kind.AD_SET, "billing_event", "LINK_CLICKS"),
        (Kind.AD_SET, "destination_type", "MESSENGER"),
        (Kind.AD_SET, "promoted_object", {"page_id": "8"}),
        (Kind.AD, "adset_id", "s2"),
        (Kind.CREATIVE, "object_story_spec", {}),
        (Kind.CREATIVE, "url_tags", "utm_source=fb"),
    ],
)
def test_what_cannot_change_is_named(kind: Kind, name: str, value: Any) -> None:
    wanted = APPLIED[kind] | {name: value}
    assert changes(kind, wanted, APPLIED[kind]) == {}
    assert immutable(kind, wanted, APPLIED[kind]) == [name]


def test_what_was_left_out_is_a_change_too() -> None:
    wanted = {name: value for name, value in APPLIED[Kind.AD_SET].items() if name != "destination_type"}
    assert immutable(Kind.AD_SET, wanted, APPLIED[Kind.AD_SET]) == ["destination_type"]


def test_an_end_that_was_taken_away_is_none() -> None:
    applied = APPLIED[Kind.AD_SET]
    assert changes(Kind.AD_SET, made(), applied) == {"end_time": 0}
    assert changes(Kind.AD_SET, made(), applied | {"end_time": 0}) == {}
    assert changes(Kind.AD_SET, applied, applied | {"end_time": 0}) == {"end_time": applied["end_time"]}
    assert drift(Kind.AD_SET, {"end_time": 0}, {}) == {}


def test_a_budget_keeps_its_kind_and_its_level() -> None:
    lifetime = made(ad_set(budget=Budget(lifetime=Decimal(10))))
    assert immutable(Kind.AD_SET, lifetime, made()) == ["lifetime_budget", "daily_budget"]
    assert changes(Kind.AD_SET, lifetime, made()) == {}
    moved = campaign_fields(spec(budget=Budget(daily=Decimal(10))), FACTS)
    assert immutable(Kind.CAMPAIGN, moved, campaign_fields(SPEC, FACTS)) == ["daily_budget"]


@pytest.mark.parametrize(
    ("kind", "applied", "remote"),
    [
        (Kind.AD_SET, {"daily_budget": 4500000}, {"daily_budget": "4500000", "lifetime_budget": "0"}),
        (Kind.AD_SET, {"end_time": "2026-12-01T08:00:00-0300"}, {"end_time": "2026-12-01T11:00:00+0000"}),
        (Kind.AD_SET, {"targeting": TARGETING}, {"targeting": TARGETING | {"age_min": 18, "brand_safety": ["x"]}}),
        (
            Kind.AD_SET,
            {"targeting": {"geo_locations": {"countries": ["AR", "UY"]}, "genders": [1, 2]}},
            {"targeting": {"geo_locations": {"countries": ["UY", "AR"], "location_types": ["home"]}}},
        ),
        (
            Kind.AD_SET,
            {"targeting": {"interests": [{"id": "1", "name": "Shopping"}, {"id": "2"}]}},
            {"targeting": {"interests": [{"id": "2", "name": "Viajes"}, {"id": 1, "name": "Compras"}]}},
        ),
        (
            Kind.AD_SET,
            {"targeting": {"custom_locations": [{"latitude": Decimal("-34.60"), "radius": 10}]}},
            {"targeting": {"custom_locations": [{"latitude": -34.6, "radius": 10.0, "country": "AR"}]}},
        ),
        (
            Kind.AD_SET,
            {"targeting": {"age_min": 18, "targeting_automation": {"advantage_audience": 0}}},
            {"targeting": {"age_min": 18}},
        ),
        (
            Kind.AD_SET,
            {"promoted_object": {"page_id": "9", "whatsapp_phone_number": "+54 9 11 5555-0001"}},
            {"promoted_object": {"page_id": "9", "whatsapp_phone_number": "5491155550001"}},
        ),
        (Kind.CAMPAIGN, {"special_ad_categories": []}, {"special_ad_categories": ["NONE"]}),
        (Kind.CAMPAIGN, {"special_ad_categories": [], "is_adset_budget_sharing_enabled": False}, {}),
        (Kind.CAMPAIGN, {"name": "A", "status": "PAUSED"}, {"name": "A", "status": "ACTIVE"}),
        (Kind.AD, {"creative": {"creative_id": "k1"}}, {"creative": {"id": "k1"}}),
        (
            Kind.CREATIVE,
            {"object_story_spec": {"link_data": {"page_welcome_message": '{"a": 1}'}}},
            {"object_story_spec": {"link_data": {"page_welcome_message": '{"a":1}', "picture": "x"}}},
        ),
    ],
)
def test_another_form_of_the_same_is_no_drift(kind: Kind, applied: dict[str, Any], remote: dict[str, Any]) -> None:
    assert drift(kind, applied, remote) == {}


@pytest.mark.parametrize(
    ("kind", "applied", "remote"),
    [
        (Kind.AD_SET, {"daily_budget": 100}, {"daily_budget": "101"}),
        (Kind.AD_SET, {"daily_budget": 100}, {"daily_budget": "0", "lifetime_budget": "100"}),
        (Kind.AD_SET, {"end_time": "2026-12-01T08:00:00-0300"}, {"end_time": "2026-12-01T08:00:00+0000"}),
        (Kind.AD_SET, {"end_time": "2026-12-01T08:00:00-0300"}, {}),
        (Kind.AD_SET, {"targeting": {"age_min": 18}}, {"targeting": {"age_min": 21}}),
        (Kind.AD_SET, {"targeting": {"genders": [1, 2]}}, {"targeting": {"genders": [1]}}),
        (Kind.AD_SET, {"targeting": {"genders": [1]}}, {"targeting": {}}),
        (
            Kind.AD_SET,
            {"targeting": {"targeting_automation": {"advantage_audience": 0}}},
            {"targeting": {"targeting_automation": {"advantage_audience": 1}}},
        ),
        (
            Kind.AD_SET,
            {"targeting": {"geo_locations": {"countries": ["AR"]}}},
            {"targeting": {"geo_locations": {"countries": ["AR", "UY"]}}},
        ),
        (Kind.AD_SET, {"targeting": {"interests": [{"id": "1"}]}}, {"targeting": {"interests": [{"id": "2"}]}}),
        (Kind.CAMPAIGN, {"name": "A"}, {"name": "B"}),
        (Kind.CAMPAIGN, {"status": "ACTIVE"}, {"status": "PAUSED"}),
        (Kind.CAMPAIGN, {"special_ad_categories": []}, {"special_ad_categories": ["HOUSING"]}),
        (Kind.AD, {"creative": {"creative_id": "k1"}}, {"creative": {"id": "k2"}}),
    ],
)
def test_what_somebody_changed_by_hand_is_drift(kind: Kind, applied: dict[str, Any], remote: dict[str, Any]) -> None:
    (name,) = applied
    assert drift(kind, applied, remote) == {name: (applied[name], remote.get(name))}


IDS = st.integers(10**16, 10**18).map(str)


@given(IDS, IDS)
def test_two_ids_are_never_taken_for_one(one: str, other: str) -> None:
    found = drift(Kind.AD_SET, {"campaign_id": one}, {"campaign_id": other})
    assert (found == {}) == (one == other)
