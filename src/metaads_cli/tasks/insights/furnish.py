"""Stub mode for the user's own ids: the tenants' accounts and the ads that people came from, in the simulated world."""

from collections.abc import Sequence

from metaads_cli.db.queries.catalogue import pending_ads
from metaads_cli.db.session import TenantSession
from metaads_cli.graph.simulator.seeding import AccountPlan, adopt_ad, open_account
from metaads_cli.graph.simulator.world import World
from metaads_cli.models.account import Account


def furnish(world: World, sessions: Sequence[TenantSession], accounts: Sequence[Account]) -> None:
    """Open each account in its own currency and zone; the tenant's ads are ads of its first account."""
    for account in accounts:
        known = AccountPlan(account.account_id.removeprefix("act_"), account.name or account.account_id)
        plan = AccountPlan(
            known.number,
            known.name,
            currency=account.currency or known.currency,
            timezone_name=account.timezone_name or known.timezone_name,
        )
        open_account(world, plan)
    for session in sessions:
        own = [account for account in accounts if account.tenant_id == session.tenant_id]
        for ad_id in pending_ads(session, refresh=True, limit=None) if own else ():
            if world.nodes.get(ad_id) is None:
                adopt_ad(world, ad_id, own[0].account_id.removeprefix("act_"))
