"""Stub mode: the simulated world as the user's files and the journal know it, for a process that begins anew."""

from collections.abc import Sequence

from metaads_cli.db.queries.accounts import read_accounts
from metaads_cli.db.queries.orchestrations import Journal, uploads
from metaads_cli.db.queries.steering import campaign_keys
from metaads_cli.db.session import TenantSession
from metaads_cli.graph.simulator.facts import Kind as Simulated
from metaads_cli.graph.simulator.restoring import adopt_image, adopt_page, adopt_video, restore
from metaads_cli.graph.simulator.world import World
from metaads_cli.models.campaign import CampaignSpec, Kind, Media
from metaads_cli.models.orchestration import NodeState, reference
from metaads_cli.tasks.insights.furnish import furnish as open_accounts
from metaads_cli.tasks.orchestrate.wanted import resolved

_KINDS = {
    Kind.CAMPAIGN: Simulated.CAMPAIGN,
    Kind.AD_SET: Simulated.AD_SET,
    Kind.CREATIVE: Simulated.CREATIVE,
    Kind.AD: Simulated.AD,
}


def furnish(world: World, campaigns: Sequence[tuple[TenantSession, CampaignSpec]]) -> None:
    """The tenants' accounts, the files' pages and media, and what earlier runs made."""
    for session, spec in campaigns:
        accounts = read_accounts(session)
        open_accounts(world, [session], accounts)
        named = spec.account or (accounts[0].account_id if accounts else "")
        if f"act_{_number(named)}" in world.nodes:
            _adopt_named(world, spec, _number(named))
        _restore(world, session, spec.key)


def furnish_known(world: World, session: TenantSession) -> None:
    """The tenant's accounts, and everything that earlier runs made."""
    open_accounts(world, [session], read_accounts(session))
    for key in campaign_keys(session, "stub"):
        _restore(world, session, key)


def _number(account_id: str) -> str:
    return account_id.removeprefix("act_")


def _adopt_named(world: World, spec: CampaignSpec, account: str) -> None:
    """What the file takes for given at Meta."""
    if spec.page is not None:
        adopt_page(world, spec.page, account)
    for media in [ad.creative.media for ad_set in spec.adsets for ad in ad_set.ads]:
        for image_hash in _hashes(media):
            adopt_image(world, image_hash, account)
        if media.video_id is not None:
            adopt_video(world, media.video_id, account)


def _hashes(media: Media) -> list[str]:
    return [found for found in (media.image_hash, media.thumbnail_hash) if found is not None]


def _restore(world: World, session: TenantSession, campaign_key: str) -> None:
    """Uploads of whichever campaign, for another one may show them; and the objects of this campaign."""
    ids = _uploaded(world, session)
    journal = Journal(session, "stub", campaign_key)
    head = journal.head()
    if head is None or head.account_id not in world.nodes:
        return
    nodes = [node for node in journal.nodes().values() if node.state is NodeState.MADE and node.meta_id is not None]
    ids |= {reference(*node.id): str(node.meta_id) for node in nodes}
    for node in sorted(nodes, key=lambda one: list(Kind).index(one.kind)):
        fields = resolved(node.applied, ids)
        restore(world, _KINDS[node.kind], _number(head.account_id), ids[reference(*node.id)], fields, node.status)


def _uploaded(world: World, session: TenantSession) -> dict[str, str]:
    """The ids of what was uploaded, by reference."""
    ids: dict[str, str] = {}
    for account_id, kind, content_hash, meta_id in uploads(session, "stub"):
        ids[f"{{{kind}:{content_hash}}}"] = meta_id
        if account_id in world.nodes:
            (adopt_image if kind == "image" else adopt_video)(world, meta_id, _number(account_id))
    return ids
