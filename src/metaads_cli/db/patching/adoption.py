"""Adopt a database that is partly patched already, by its own parches or by hand: proven, never stamped."""

from collections.abc import Iterable, Iterator

from metaads_cli.db.patching import history, runner
from metaads_cli.db.patching.files import Patch
from metaads_cli.db.patching.run import Attempts, Run
from metaads_cli.db.patching.verification import looked_at


def adopt(run: Run, pending: Iterable[Patch]) -> list[str]:
    """Record every patch whose verification holds; the names of those. In the order of their numbers, so that a patch
    is adopted only after what it requires."""
    still = list(pending)
    if not history.exists(run.connection) and still:
        run.console.step(f"applying {still[0].name}: adoptions are recorded in it")
        runner.apply(run, still.pop(0))
    refused = set[str]()
    adopted = []
    for patch in still:
        if why_not := list(_why_not(run, patch, refused)):
            refused.add(patch.name)
            run.console.step(f"{patch.name} is not adopted: {'; '.join(why_not)}")
        else:
            history.write(run.connection, run.run_id, patch, Attempts().record("adopted"))
            adopted.append(patch.name)
    return adopted


def _why_not(run: Run, patch: Patch, refused: set[str]) -> Iterator[str]:
    yield from (f"{name} is pending" for name in patch.header.requires if name in refused)
    if patch.verify is None:
        yield "it has no verification"
    else:
        yield from looked_at(run.connection, patch)
