"""`metaads stub`: the simulated Graph API over HTTP."""

from enum import StrEnum
from typing import Annotated

import typer

from metaads_cli.cli.invocation import Invocation, command_group, with_global_options
from metaads_cli.errors import UsageError

app = command_group("The simulated Graph API, for any client.")


class TierName(StrEnum):
    DEVELOPMENT = "development"
    STANDARD = "standard"


PortOption = Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 takes a free one.")]
HostOption = Annotated[str, typer.Option("--host", help="Address to listen on.")]
SeedOption = Annotated[str, typer.Option("--seed", metavar="TEXT", help="Another seed is another world.")]
TierOption = Annotated[TierName, typer.Option("--tier", help="Access tier, which decides the rate limits.")]


@app.command()
@with_global_options()
def serve(
    run: Invocation,
    port: PortOption = 8765,
    host: HostOption = "127.0.0.1",
    seed: SeedOption = "metaads",
    tier: TierOption = TierName.STANDARD,
) -> None:
    """Serve it until Ctrl-C. Prints its base URL when it is ready.

    Objects are in memory, invented from the seed: the same ones each time. Any ad account and any ad id exists.

    \b
    Examples:
      metaads stub serve
      METAADS_GRAPH__BASE_URL=http://127.0.0.1:8765 metaads enrich --tenant 1
    """
    from metaads_cli.graph.simulator import Limits, Simulator, Tier, World
    from metaads_cli.graph.simulator.serve import serve as serve_simulator

    simulator = Simulator(World.seeded(seed, open_world=True), limits=Limits(Tier(tier.value)))
    try:
        serve_simulator(simulator, host, port, run.console.result)
    except OSError as error:
        raise UsageError(
            f"Cannot listen on {host}:{port}: {error.strerror}", hint="Choose another with --port, or --port 0"
        ) from None
