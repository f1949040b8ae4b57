"""`metaads stub`: the simulated Graph API over HTTP, and the webhooks of people who click its ads."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from metaads_cli.cli.invocation import Invocation, command_group, with_global_options
from metaads_cli.errors import UsageError

if TYPE_CHECKING:
    from metaads_cli.graph.simulator import World

app = command_group("The simulated Graph API, for any client.")


class TierName(StrEnum):
    DEVELOPMENT = "development"
    STANDARD = "standard"


class ChannelName(StrEnum):
    WHATSAPP = "whatsapp"
    YCLOUD = "ycloud"
    MESSENGER = "messenger"
    INSTAGRAM = "instagram"
    LEADGEN = "leadgen"


PortOption = Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 takes a free one.")]
HostOption = Annotated[str, typer.Option("--host", help="Address to listen on.")]
SeedOption = Annotated[str, typer.Option("--seed", metavar="TEXT", help="Another seed is another world.")]
TierOption = Annotated[TierName, typer.Option("--tier", help="Access tier, which decides the rate limits.")]
LatencyOption = Annotated[float, typer.Option("--latency", metavar="MS", min=0, help="What each answer waits.")]
ProductOption = Annotated[
    int | None,
    typer.Option("--most-product", metavar="N", min=0, help="Insights: limit × fields × days that one call may ask."),
]
PointsOption = Annotated[
    int | None, typer.Option("--most-points", metavar="N", min=0, help="Insights: ads × days that one call may ask.")
]
ChannelOption = Annotated[ChannelName, typer.Option("--channel", help="Where people write.")]
CountOption = Annotated[int, typer.Option("--count", metavar="N", min=0, help="How many deliveries.")]
AccountOption = Annotated[
    str | None, typer.Option("--account", metavar="act_N", help="Only clicks on ads of this account.")
]
SignedOption = Annotated[
    bool, typer.Option("--signed", metavar="", help="With headers: lines of {headers, body}, the body as text.")
]
SecretOption = Annotated[
    str | None,
    typer.Option("--secret-ref", metavar="REF", help='Sign with env:NAME or file:PATH. Default: "simulator".'),
]


@app.command()
@with_global_options()
def serve(
    run: Invocation,
    port: PortOption = 8765,
    host: HostOption = "127.0.0.1",
    seed: SeedOption = "metaads",
    tier: TierOption = TierName.STANDARD,
    latency: LatencyOption = 0.0,
    most_product: ProductOption = None,
    most_points: PointsOption = None,
) -> None:
    """Serve it until Ctrl-C. Prints its base URL when it is ready.

    Objects are in memory, invented from the seed: the same ones each time. Any ad account and any ad id exists.

    \b
    Examples:
      metaads stub serve
      METAADS_GRAPH__BASE_URL=http://127.0.0.1:8765 metaads enrich --tenant 1
    """
    from metaads_cli.graph.simulator import Behaviour, Limits, Simulator, Tier, World
    from metaads_cli.graph.simulator.serve import serve as serve_simulator

    behaviour = Behaviour(latency_ms=latency)
    if most_product is not None:
        behaviour.most_product = most_product
    if most_points is not None:
        behaviour.most_points = most_points
    simulator = Simulator(World.seeded(seed, open_world=True), limits=Limits(Tier(tier.value)), behaviour=behaviour)
    try:
        serve_simulator(simulator, host, port, run.console.result)
    except OSError as error:
        raise UsageError(
            f"Cannot listen on {host}:{port}: {error.strerror}", hint="Choose another with --port, or --port 0"
        ) from None


@app.command()
@with_global_options()
def webhooks(
    run: Invocation,
    channel: ChannelOption = ChannelName.WHATSAPP,
    count: CountOption = 100,
    seed: SeedOption = "metaads",
    account: AccountOption = None,
    signed: SignedOption = False,
    secret_ref: SecretOption = None,
) -> None:
    """Print webhooks of people who click the ads and write, as lines of JSON.

    The same seed gives the same messages within a day. Some deliveries come twice, some tell of no click.

    \b
    Examples:
      metaads stub webhooks --count 1000 | metaads ingest -
      metaads stub webhooks --channel messenger --signed
    """
    from metaads_cli.graph.simulator import Channel, World
    from metaads_cli.graph.simulator import webhooks as deliveries
    from metaads_cli.graph.simulator.signatures import DEFAULT_KEY
    from metaads_cli.graph.simulator.webhooks import line

    key = _secret(secret_ref) if secret_ref else DEFAULT_KEY
    world = World.seeded(seed, open_world=True)
    number = _opened(world, account) if account else None
    now = world.now()
    for webhook in deliveries(world, Channel(channel.value), count, account=number):
        run.console.result(line(webhook, signed=signed, key=key, sent_at=now))


def _secret(reference: str) -> str:
    from metaads_cli.settings import is_reference, read_secret

    if not is_reference(reference):
        raise UsageError("--secret-ref is no reference; name where the secret is kept: env:NAME or file:PATH")
    return read_secret(reference)


def _opened(world: "World", account: str) -> str:
    """The number of an account, which an open world has as soon as it is asked for."""
    from metaads_cli.tasks.accounts import normal_account_id

    account_id = normal_account_id(account)
    world.find(account_id)
    return account_id.removeprefix("act_")
