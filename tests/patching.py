"""Patches of a test's own, the runner in the test's process, and an ear for what it tells."""

from collections.abc import Callable
from pathlib import Path

import psycopg

from harness import Server, with_database
from metaads_cli.console import Console
from metaads_cli.db.patching import runner
from metaads_cli.db.patching.files import Patch, load_patches
from metaads_cli.db.patching.run import Run
from metaads_cli.models.migrations import AppliedPatch


class Ear(Console):
    """Keeps what is told; `act` is given each sentence as it comes."""

    def __init__(self, act: Callable[[str], object] = lambda _text: None, verbosity: int = 1):
        super().__init__(verbosity=verbosity)
        self.heard: list[str] = []
        self._act = act

    def note(self, text: str) -> None:
        self.heard.append(text)
        self._act(text)

    def step(self, text: str) -> None:
        if self.verbosity >= 1:
            self.note(text)

    def warn(self, text: str) -> None:
        self.note(f"warning: {text}")


def write_patch(folder: Path, text: str, *, name: str = "9000_mine", header: str = "mode=tx", **sidecars: str) -> Patch:
    """A patch of the test's own; `sidecars` are their texts by kind."""
    (folder / f"{name}.sql").write_text(f"-- metaads: {header}\n{text}\n")
    for kind, sidecar in sidecars.items():
        (folder / f"{name}.{kind}.sql").write_text(sidecar)
    return next(patch for patch in load_patches(folder) if patch.name == name)


def apply(
    connection: psycopg.Connection, patch: Patch, console: Console | None = None, lock_attempts: int = 2
) -> AppliedPatch:
    return runner.apply(Run(connection, console or Console(verbosity=-1), lock_attempts), patch)


def as_superuser(server: Server, connection: psycopg.Connection) -> psycopg.Connection:
    """Another connection to the same database, which may do anything; to be closed by a `with`."""
    return psycopg.connect(with_database(server.admin_url, connection.info.dbname), autocommit=True)
