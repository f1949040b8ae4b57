"""The way to Meta for a command: live, or the simulator in stub mode."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from metaads_cli.cli.invocation import Invocation
from metaads_cli.errors import SafetyRefusal

if TYPE_CHECKING:
    from metaads_cli.graph.simulator.world import World
    from metaads_cli.settings import LoadedSettings
    from metaads_cli.tasks.meta import Meta

DEFAULT_MAX_WAIT_SECONDS = 900.0


@asynccontextmanager
async def open_meta(
    run: Invocation,
    loaded: "LoadedSettings",
    max_wait_seconds: float = DEFAULT_MAX_WAIT_SECONDS,
    furnish: "Callable[[World], None]" = lambda _world: None,
) -> AsyncIterator["Meta"]:
    """Meta, or the simulator, as `META_INSIGHTS_MODE` says.

    Raises SafetyRefusal when stub mode, chosen by nobody, would write made-up names into a database of one's own.
    """
    from metaads_cli.tasks.meta import connect_meta

    stub = loaded.values.sync.mode == "stub"
    if stub:
        _refuse_stub_by_default(loaded)
    async with connect_meta(
        loaded.values.graph,
        simulated=stub,
        max_wait_seconds=max_wait_seconds,
        on_wait=lambda seconds, reason: run.console.note(f"waiting {seconds:.0f} s: {reason}"),
        furnish=furnish,
    ) as meta:
        yield meta


def _refuse_stub_by_default(loaded: "LoadedSettings") -> None:
    chosen = loaded.origin(("sync", "mode")) != "default"
    if loaded.values.database.url is not None and not chosen:
        raise SafetyRefusal(
            "Stub mode would write simulated data into your database",
            hint="Set META_INSIGHTS_MODE=live to ask Meta, or META_INSIGHTS_MODE=stub if that is what you want",
        )
