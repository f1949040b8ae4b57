"""A simulator of Meta's Graph and Marketing API, as an ASGI application: stub mode, and the tests' other side.

It is held to the published specs and to the official SDK. What it does not know: breakdowns by hour, device model or
asset, custom audiences, listings of leads, video upload in chunks, ad copies, delivery estimates.
"""

from metaads_cli.graph.simulator.app import ConnectionDropped, Simulator
from metaads_cli.graph.simulator.auth import Auth, Grant
from metaads_cli.graph.simulator.behaviour import Behaviour
from metaads_cli.graph.simulator.clicks import Channel
from metaads_cli.graph.simulator.faults import Effect, Fault, Faults
from metaads_cli.graph.simulator.limits import Limits, Tier
from metaads_cli.graph.simulator.reports import Outcome
from metaads_cli.graph.simulator.seeding import AccountPlan, WorldPlan, adopt, adopt_ad, open_account
from metaads_cli.graph.simulator.webhooks import Webhook, webhooks
from metaads_cli.graph.simulator.world import World

__all__ = [
    "AccountPlan",
    "Auth",
    "Behaviour",
    "Channel",
    "ConnectionDropped",
    "Effect",
    "Fault",
    "Faults",
    "Grant",
    "Limits",
    "Outcome",
    "Simulator",
    "Tier",
    "Webhook",
    "World",
    "WorldPlan",
    "adopt",
    "adopt_ad",
    "open_account",
    "webhooks",
]
