"""What was made, in the catalogue: campaign, ad sets, creatives and ads, as Meta has them now."""

from collections.abc import Sequence
from datetime import UTC, datetime

from metaads_cli.db.queries import objects
from metaads_cli.db.session import TenantSession
from metaads_cli.graph.catalogue import AccountObjects
from metaads_cli.graph.client import GraphClient
from metaads_cli.models.campaign import Kind
from metaads_cli.models.catalogue import Ad, AdSet, Campaign, Creative
from metaads_cli.models.orchestration import Node, NodeState


async def persist(
    session: TenantSession, client: GraphClient, account_id: str, currency: str, nodes: Sequence[Node]
) -> None:
    """Read the objects once more, in a handful of calls, and keep them. Raises GraphFailure."""
    edges, read_at = AccountObjects(client, account_id, currency), datetime.now(UTC)
    ids = {
        kind: [n.meta_id for n in nodes if n.kind is kind and n.state is NodeState.MADE and n.meta_id] for kind in Kind
    }
    campaigns = [found async for found in edges.campaigns_by_id(ids[Kind.CAMPAIGN])]
    ad_sets = [found async for found in edges.ad_sets_by_id(ids[Kind.AD_SET])]
    ads = [found async for found in edges.ads_by_id(ids[Kind.AD])]
    creatives = [found.creative for found in ads if found.creative is not None]
    for kind, rows in (
        (Campaign, campaigns),
        (AdSet, ad_sets),
        (Ad, [found.ad for found in ads]),
        (Creative, creatives),
    ):
        objects.stage_objects(session, kind, rows, read_at)
        objects.store_objects(session, kind, account_id, whole=False)
