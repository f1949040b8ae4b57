"""The patch files against the history of a database: applied, pending, not applicable, drifted."""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

from metaads_cli.db.patching import history
from metaads_cli.db.patching.files import Patch
from metaads_cli.db.patching.history import Entry
from metaads_cli.models.reports import Drift, PatchState


@dataclass(frozen=True)
class Inventory:
    """The patch files against the history of a database."""

    patches: list[Patch]
    entries: dict[str, Entry]
    not_applicable: list[Patch]

    @property
    def pending(self) -> list[Patch]:
        return [patch for patch in self.patches if not self._in_force(patch) and patch not in self.not_applicable]

    @property
    def drift(self) -> list[Drift]:
        """Applied patches whose file was edited or is gone, and pending ones older than the newest applied."""
        known = {patch.name for patch in self.patches}
        newest = max((name for name, entry in self.entries.items() if entry.in_force), default="")
        found = [Drift(name=patch.name, problem="edited") for patch in self.patches if self._edited(patch)]
        found += [Drift(name=name, problem="missing") for name in sorted(self.entries.keys() - known)]
        found += [Drift(name=patch.name, problem="out of order") for patch in self.pending if patch.name < newest]
        return found

    def states(self) -> Iterator[PatchState]:
        for patch in self.patches:
            entry = self.entries.get(patch.name)
            yield PatchState(
                name=patch.name,
                state=self._state(patch),
                mode=patch.header.mode,
                applied_at=entry.logged_at if entry and entry.in_force else None,
                note=f"needs {patch.header.when}" if patch in self.not_applicable else "",
            )
        for name in sorted(self.entries.keys() - {patch.name for patch in self.patches}):
            yield PatchState(
                name=name,
                state="missing",
                mode="",
                applied_at=self.entries[name].logged_at,
                note="no such file",
            )

    def _state(self, patch: Patch) -> str:
        if self._edited(patch):
            return "edited"
        if self._in_force(patch):
            return "applied"
        return "not applicable" if patch in self.not_applicable else "pending"

    def _in_force(self, patch: Patch) -> bool:
        entry = self.entries.get(patch.name)
        return entry is not None and entry.in_force

    def _edited(self, patch: Patch) -> bool:
        entry = self.entries.get(patch.name)
        return entry is not None and entry.in_force and entry.checksum != patch.checksum


def take_inventory(connection: psycopg.Connection, patches: list[Patch]) -> Inventory:
    """Compare files and history without taking a lock on any table of the host."""
    entries = history.read(connection)
    absent = [patch for patch in patches if patch.header.when and not exists(connection, patch.header.when)]
    settled = {name for name, entry in entries.items() if entry.in_force}
    return Inventory(patches, entries, [patch for patch in absent if patch.name not in settled])


def exists(connection: psycopg.Connection, name: str) -> bool:
    """Whether there is such a table or schema; asking takes no lock."""
    # Servers before 16 raise an error when a qualified name is looked up as a schema.
    row = connection.execute(
        """
        SELECT coalesce(to_regclass(%(name)s)::oid,
                        CASE WHEN strpos(%(name)s, '.') = 0 THEN to_regnamespace(%(name)s)::oid END)
        """,
        {"name": name},
    ).fetchone()
    return row is not None and row[0] is not None
