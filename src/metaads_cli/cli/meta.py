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
    *,
    simulated: bool | None = None,
) -> AsyncIterator["Meta"]:
    """Meta, or the simulator, as `META_INSIGHTS_MODE` says; or as a command has found out that has a mode of its own.

    Raises SafetyRefusal when stub mode, chosen by nobody, would write made-up names into a database of one's own.
    """
    from metaads_cli.tasks.meta import connect_meta

    if simulated is None:
        simulated = loaded.values.sync.mode == "stub"
        if simulated:
            refuse_stub_by_default(loaded, ("sync", "mode"), "META_INSIGHTS_MODE")
    async with connect_meta(
        loaded.values.graph,
        simulated=simulated,
        max_wait_seconds=max_wait_seconds,
        on_wait=lambda seconds, reason: run.console.note(f"waiting {seconds:.0f} s: {reason}"),
        furnish=furnish,
    ) as meta:
        yield meta


def refuse_stub_by_default(loaded: "LoadedSettings", key: tuple[str, str], variable: str) -> None:
    if loaded.values.database.url is not None and loaded.origin(key) == "default":
        raise SafetyRefusal(
            "Stub mode would write simulated data into your database",
            hint=f"Set {variable}=live to ask Meta, or {variable}=stub if that is what you want",
        )
