"""Campaigns of every kind, made from a file, forgotten, imported: the file that comes of it plans nothing."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from metaads_cli.campaign_file import read_campaigns
from metaads_cli.errors import InputError
from metaads_cli.graph.governor import Governor
from metaads_cli.graph.simulator.restoring import adopt_image, adopt_video
from metaads_cli.settings import GraphSettings
from metaads_cli.tasks.meta import Meta
from metaads_cli.tasks.orchestrate.importing import CampaignImport, Imported
from orchestrating import ACCOUNT, KEY, NUMBER, PAGE, TABLES, Bench, campaign_file, spec_of

VIDEO, HASH = "1209876543210", "0123456789abcdef0123456789abcdef"
PLACE = "{geo_locations: {countries: [AR]}, age_min: 25, targeting_automation: {advantage_audience: 0}}"


def written(campaign: str, ad_set: str, *ads: str, top: str = "") -> str:
    return f"""\
apiVersion: metaads/v1
key: {KEY}
tenant: 1
account: {ACCOUNT}
page: "{PAGE}"
{top}
campaign: {{name: "Verano: 50 % | «sí»", special_ad_categories: [], {campaign}}}
adsets:
  - key: one
    name: "10:30"
    targeting: {PLACE}
    {ad_set}
    ads:
{"".join(f"      - {{key: ad-{number}, {ad}}}{chr(10)}" for number, ad in enumerate(ads))}"""


KINDS = {
    "whatsapp": written(
        "objective: engagement",
        "destination: whatsapp\n    optimize_for: conversations\n    budget: {daily: 45000.50}",
        f'image_hash: {HASH}, text: "Hola\\n¿qué tal? $${{x}}", welcome_message: "¡Hola!", url_tags: utm_source=meta',
        f"video_id: '{VIDEO}', thumbnail_hash: {HASH}, headline: 'NO'",
    ),
    "messenger": written(
        "objective: engagement",
        "destination: messenger\n    optimize_for: conversations\n    budget: {daily: 45000}",
        f"image_hash: {HASH}, welcome_message: 'Hola, {{}}', call_to_action: learn_more",
    ),
    "website": written(
        "objective: sales",
        'destination: website\n    optimize_for: conversions\n    pixel: "99"\n    conversion_event: purchase\n'
        "    budget: {lifetime: 9000000.00}\n    schedule: {start: 2027-01-10T08:00:05, end: 2027-02-20T23:00}",
        f"image_hash: {HASH}, link: 'https://example.com/?a=1&b=#x', call_to_action: shop_now, description: d",
        f"video_id: '{VIDEO}', thumbnail_hash: {HASH}, link: 'https://example.com/', text: '1e5'",
    ),
    "traffic without a destination": written(
        "objective: traffic",
        "optimize_for: link_clicks\n    billing_event: link_clicks\n    budget: {daily: 45000}\n"
        "    bid_strategy: bid_cap\n    bid_amount: 120.50",
        f"image_hash: {HASH}, link: 'https://example.com/'",
    ),
    "who pays in the EU": written(
        "objective: traffic",
        "optimize_for: link_clicks\n    budget: {daily: 45000}\n    dsa_beneficiary: Norte SA\n    dsa_payor: Sur SA",
        f"image_hash: {HASH}, link: 'https://example.com/'",
    ).replace("[AR]", "[AR, ES]"),
    "campaign budget": written(
        "objective: traffic, budget_mode: campaign, budget: {daily: 90000}, bid_strategy: cost_cap",
        "optimize_for: link_clicks\n    bid_amount: 120",
        f"image_hash: {HASH}, link: 'https://example.com/'",
    ),
    "special category": written(
        "objective: traffic, special_ad_category_countries: [AR]",
        "optimize_for: link_clicks\n    budget: {daily: 45000}",
        f"image_hash: {HASH}, link: 'https://example.com/'",
    )
    .replace("special_ad_categories: []", "special_ad_categories: [housing]")
    .replace("age_min: 25, ", ""),
}


@pytest.fixture
def bench(database_url: str, tmp_path: Path) -> Bench:
    found = Bench(database_url, tmp_path)
    adopt_image(found.world, HASH, NUMBER)
    adopt_video(found.world, VIDEO, NUMBER)
    return found


def imported(bench: Bench, campaign_id: str, account_id: str | None = None) -> Imported:
    async def inside() -> Imported:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=bench.simulator), base_url="https://graph.example"
        ) as http:
            meta = Meta(http, GraphSettings(), Governor(clock=bench.clock), simulated=True)
            with bench.database() as database:
                return await CampaignImport(database.tenant(1), meta, campaign_id, "live", account_id).run()

    return asyncio.run(inside())


def made(bench: Bench, text: str) -> str:
    report = bench.done(text)
    assert report.campaign_creation.campaign_meta_id is not None
    return report.campaign_creation.campaign_meta_id


def forgotten(bench: Bench) -> None:
    with bench.database() as database, database.tenant(1).transaction() as cursor:
        for table in TABLES:
            cursor.execute(f"DELETE FROM metaads.{table} WHERE tenant_id = 1".encode())


def writes(bench: Bench) -> int:
    return sum(one.method != "GET" and not one.batch_items for one in bench.simulator.log.entries)


@pytest.mark.parametrize("kind", KINDS)
def test_an_imported_file_plans_nothing_and_says_the_same(bench: Bench, kind: str) -> None:
    campaign_id = made(bench, KINDS[kind])
    before = spec_of(KINDS[kind])
    forgotten(bench)
    sent = writes(bench)
    told = imported(bench, campaign_id)
    report = bench.done(told.text)
    assert ({step.action for step in report.plan}, report.warnings) == ({"keep"}, [])
    assert writes(bench) == sent
    (after,) = read_campaigns(told.text, "imported", {})
    assert (after.budget is None, after.objective) == (before.budget is None, before.objective)
    (old,), (new,) = before.adsets, after.adsets
    assert (new.targeting, new.schedule.end, new.bid_amount) == (old.targeting, old.schedule.end, old.bid_amount)
    assert [(ad.creative.text, ad.creative.headline, ad.creative.welcome_message) for ad in new.ads] == [
        (ad.creative.text, ad.creative.headline, ad.creative.welcome_message) for ad in old.ads
    ]
    assert (new.dsa_beneficiary, new.dsa_payor) == (old.dsa_beneficiary, old.dsa_payor)
    assert imported(bench, campaign_id).text == told.text


def test_names_of_ads_manager_stay_and_are_changed_without_a_marker(bench: Bench) -> None:
    campaign_id = made(bench, campaign_file(bench.folder, ad_sets=1, ads=1))
    forgotten(bench)
    for node in bench.world.nodes.values():
        if node.kind in {"Campaign", "AdSet", "Ad", "AdCreative"}:
            node.values["name"] = f"Mi {node.kind}"
    told = imported(bench, campaign_id)
    assert told.campaign_key.startswith("mi-campaign-")
    assert {step.action for step in bench.done(told.text).plan} == {"keep"}
    renamed = bench.done(told.text.replace("Mi Campaign", "Verano").replace("Mi Ad\n", "Promo\n"))
    assert [(step.kind, step.changes) for step in renamed.plan if step.action != "keep"] == [
        ("campaign", {"name": "Verano"}), ("ad", {"name": "Promo"}),
    ]  # fmt: skip
    assert bench.world.get(campaign_id).values["name"] == "Verano"


def test_a_copy_keeps_the_marker_of_what_it_is_a_copy_of(bench: Bench) -> None:
    """Ads Manager copies names as they are; the copy's plan is empty all the same."""
    campaign_id = made(bench, campaign_file(bench.folder, ad_sets=1, ads=1))
    with bench.database() as database, database.tenant(1).transaction() as cursor:
        cursor.execute("DELETE FROM metaads.orchestration_nodes WHERE tenant_id = 1")
    told = imported(bench, campaign_id)
    assert "[ma:" in told.text
    assert {step.action for step in bench.done(told.text).plan} == {"keep"}


def test_a_second_import_takes_what_was_changed_at_meta_since(bench: Bench) -> None:
    campaign_id = made(bench, campaign_file(bench.folder, ad_sets=1, ads=1))
    first = imported(bench, campaign_id)
    ad_set = bench.world.children(campaign_id, "AdSet")[0]  # type: ignore[arg-type]
    ad_set.values["daily_budget"] = 777700
    second = imported(bench, campaign_id)
    assert second.text == first.text.replace("daily: 45000.00", "daily: 7777.00")
    report = bench.done(second.text)
    assert ({step.action for step in report.plan}, report.warnings) == ({"keep"}, [])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"object_story_spec": {"page_id": PAGE, "photo_data": {"url": "x"}}}, "neither a picture with a link nor"),
        ({"object_story_spec": {"page_id": PAGE, "link_data": {"link": "https://e.com"}}}, "no picture of the account"),
        (
            {"object_story_spec": {"page_id": PAGE, "link_data": {
                "link": "https://api.whatsapp.com/send", "image_hash": HASH, "child_attachments": [{"link": "x"}],
                "call_to_action": {"type": "WHATSAPP_MESSAGE", "value": {"app_destination": "WHATSAPP"}}}}},
            "link_data.child_attachments",
        ),
    ],
)  # fmt: skip
def test_what_a_file_cannot_show_is_refused(bench: Bench, changes: dict[str, Any], said: str) -> None:
    campaign_id = made(bench, campaign_file(bench.folder, ad_sets=1, ads=2))
    forgotten(bench)
    creative = next(one for one in bench.world.nodes.values() if one.kind == "AdCreative")
    creative.values.update(changes)
    with pytest.raises(InputError, match=f"Campaign {campaign_id} cannot be written as a campaign file") as caught:
        imported(bench, campaign_id)
    assert said in caught.value.message


def test_ads_of_several_pages_are_no_one_file(bench: Bench) -> None:
    campaign_id = made(bench, campaign_file(bench.folder, ad_sets=1, ads=2))
    forgotten(bench)
    creative = next(one for one in bench.world.nodes.values() if one.kind == "AdCreative")
    creative.values["object_story_spec"] = {**creative.values["object_story_spec"], "page_id": "7"}
    with pytest.raises(InputError, match="several pages"):
        imported(bench, campaign_id)


def test_an_account_that_is_not_the_tenants_is_refused(bench: Bench) -> None:
    campaign_id = made(bench, campaign_file(bench.folder, ad_sets=1, ads=1))
    with pytest.raises(InputError, match="act_7 is not registered for tenant 1"):
        imported(bench, campaign_id, "act_7")
