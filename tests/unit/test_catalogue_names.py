"""Names enter the catalogue as people write them: without the marker that objects made from files carry at Meta."""

import asyncio

import httpx

from fake_clock import Clock
from metaads_cli.graph.ads import read_ads
from metaads_cli.graph.catalogue import AccountObjects
from metaads_cli.graph.client import Credentials, GraphClient
from metaads_cli.graph.governor import Governor
from metaads_cli.graph.simulator.facts import Kind as NodeKind
from metaads_cli.models.campaign import Kind, marked, marker_of
from metaads_cli.models.catalogue import ResolvedAd
from simulated import ACCOUNT, simulator, small_plan

MARKER = marker_of(1, "verano", Kind.AD, "caba/a")


def test_names_have_no_marker() -> None:
    api = simulator(plan=small_plan(campaigns=1, ad_sets=1, ads=1))
    for kind in (NodeKind.CAMPAIGN, NodeKind.AD_SET, NodeKind.CREATIVE, NodeKind.AD):
        for node in api.world.children(ACCOUNT, kind):
            api.world.changed(node, {"name": marked(f"Mi {kind}", MARKER)})
    (ad_id,) = [node.id for node in api.world.children(ACCOUNT, NodeKind.AD)]

    async def names() -> tuple[list[str | None], list[str]]:
        clock = Clock()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=api), base_url="https://graph.example") as http:
            client = GraphClient(
                http=http,
                version="v26.0",
                credentials=Credentials("token"),
                governor=Governor(clock=clock),
                clock=clock,
            )
            edges = AccountObjects(client, ACCOUNT, "ARS")
            campaigns = [one.name async for page in edges.campaigns() for one in page.data]
            ad_sets = [one.name async for page in edges.ad_sets() for one in page.data]
            ads = [one async for page in edges.ads() for one in page.data]
            (resolved,) = (await read_ads(client, [ad_id], None)).values()
            assert isinstance(resolved, ResolvedAd)
            creatives = [one.creative.name for one in ads if one.creative is not None]
            listed = [*campaigns, *ad_sets, *creatives, *(one.ad.name for one in ads)]
            return listed, [resolved.campaign.name, resolved.adset.name, resolved.ad.name]

    listed, read = asyncio.run(names())
    assert listed == ["Mi Campaign", "Mi AdSet", "Mi AdCreative", "Mi Ad"]
    assert read == ["Mi Campaign", "Mi AdSet", "Mi Ad"]
