"""The way to Meta for a run: one pool of connections, one governor, a client per token."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from metaads_cli.errors import ConfigError
from metaads_cli.graph.client import Credentials, GraphClient, http_client
from metaads_cli.graph.governor import Governor
from metaads_cli.settings import GraphSettings, read_secret

if TYPE_CHECKING:
    import httpx

    from metaads_cli.graph.simulator.world import World

OnWait = Callable[[float, str], None]
# The simulator takes any token; a real one has no business there.
STUB_TOKEN = "stub"  # noqa: S105


@dataclass
class Meta:
    """Clients for the tokens of a run. In stub mode no token is read."""

    http: "httpx.AsyncClient"
    settings: GraphSettings
    governor: Governor
    simulated: bool
    _clients: dict[str | None, GraphClient] = field(default_factory=dict)

    def client(self, token_ref: str | None) -> GraphClient:
        """The client for a token kept at `token_ref`, or for the token of the settings.

        Raises ConfigError when there is neither.
        """
        if token_ref not in self._clients:
            self._clients[token_ref] = GraphClient(
                http=self.http,
                version=self.settings.api_version,
                credentials=self._credentials(token_ref),
                governor=self.governor,
                max_retries=self.settings.max_retries,
                clock=self.governor.clock,
            )
        return self._clients[token_ref]

    @property
    def calls(self) -> int:
        return sum(client.calls for client in self._clients.values())

    def _credentials(self, token_ref: str | None) -> Credentials:
        if self.simulated:
            return Credentials(STUB_TOKEN)
        reference = token_ref or self.settings.access_token
        if reference is None:
            raise ConfigError(
                "There is no access token",
                hint="Set META_ACCESS_TOKEN, or keep one per account: metaads accounts add --token-ref env:NAME",
            )
        secret = self.settings.app_secret
        return Credentials(read_secret(reference), read_secret(secret) if secret else None)


@asynccontextmanager
async def connect_meta(
    settings: GraphSettings,
    *,
    simulated: bool,
    max_wait_seconds: float,
    on_wait: OnWait,
    furnish: "Callable[[World], None]" = lambda _world: None,
) -> AsyncIterator[Meta]:
    """Open the way to Meta, or to the simulator, which has an answer for whatever ad it is asked for.

    `furnish` puts more into the simulated world than it begins with.
    """
    governor = Governor(
        budget_seconds=max_wait_seconds,
        first_wait_seconds=settings.rate_limit_retry_delay_seconds,
        on_wait=on_wait,
    )
    async with http_client(settings.base_url, _simulator(furnish) if simulated else None) as http:
        yield Meta(http, settings, governor, simulated)


def _simulator(furnish: "Callable[[World], None]") -> "httpx.AsyncBaseTransport":
    import httpx

    from metaads_cli.graph.simulator.app import Simulator
    from metaads_cli.graph.simulator.world import World

    world = World.seeded(open_world=True)
    furnish(world)
    return httpx.ASGITransport(app=Simulator(world))
