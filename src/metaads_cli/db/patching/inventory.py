"""The patch files against the history of a database: applied, pending, not applicable, drifted."""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

from metaads_cli.db.patching import history
from metaads_cli.db.patching.files import Patch
from metaads_cli.db.patching.history import Entry
from metaads_cli.models.migrations import Drift, PatchState


@dataclass(frozen=True)
class Inventory:
    """The patch files against the history of a database."""

    patches: list[Patch]
    entries: dict[str, Entry]
    reasons: dict[str, str]
    """Why a patch does not apply, by its name."""

    @property
    def not_applicable(self) -> list[Patch]:
        return [patch for patch in self.patches if patch.name in self.reasons]

    @property
    def pending(self) -> list[Patch]:
        return [patch for patch in self.patches if not self.in_force(patch) and patch.name not in self.reasons]

    @property
    def applied(self) -> list[Patch]:
        return [patch for patch in self.patches if self.in_force(patch)]

    @property
    def drift(self) -> list[Drift]:
        """Applied patches whose file was edited or is gone, and pending ones older than the newest applied."""
        known = {patch.name for patch in self.patches}
        newest = max((name for name, entry in self.entries.items() if entry.in_force), default="")
        found = [Drift(name=patch.name, problem="edited") for patch in self.patches if self._edited(patch)]
        found += [Drift(name=name, problem="missing") for name in sorted(self.entries.keys() - known)]
        found += [Drift(name=patch.name, problem="out of order") for patch in self._new() if patch.name < newest]
        return found

    def states(self) -> Iterator[PatchState]:
        for patch in self.patches:
            entry = self.entries.get(patch.name)
            yield PatchState(
                name=patch.name,
                state=self._state(patch),
                mode=patch.header.mode,
                applied_at=entry.logged_at if entry and entry.in_force else None,
                note=self._note(patch),
            )
        for name in sorted(self.entries.keys() - {patch.name for patch in self.patches}):
            yield PatchState(
                name=name,
                state="missing",
                mode="",
                applied_at=self.entries[name].logged_at,
                note="no such file",
            )

    def in_force(self, patch: Patch) -> bool:
        entry = self.entries.get(patch.name)
        return entry is not None and entry.in_force

    def waiting_for(self, patch: Patch) -> list[str]:
        """The patches that must be applied before this one and are not."""
        missing = [each.name for each in self.patches if not self.in_force(each)]
        return [name for name in patch.header.requires if name in missing]

    def dependants(self, patch: Patch) -> list[str]:
        """The patches in force that require this one."""
        return [each.name for each in self.applied if patch.name in each.header.requires]

    def _new(self) -> list[Patch]:
        """Pending ones that were not taken back on purpose."""
        return [patch for patch in self.pending if patch.name not in self.entries]

    def _state(self, patch: Patch) -> str:
        if self._edited(patch):
            return "edited"
        if self.in_force(patch):
            return self.entries[patch.name].action
        return "not applicable" if patch.name in self.reasons else "pending"

    def _note(self, patch: Patch) -> str:
        if patch.name in self.reasons:
            return self.reasons[patch.name]
        entry = self.entries.get(patch.name)
        notes = [f"rolled back {entry.logged_at:%Y-%m-%d}"] if entry and not entry.in_force else []
        waiting = [] if self.in_force(patch) else self.waiting_for(patch)
        return "; ".join([*notes, *([f"after {', '.join(waiting)}"] if waiting else [])])

    def _edited(self, patch: Patch) -> bool:
        entry = self.entries.get(patch.name)
        return entry is not None and entry.in_force and entry.checksum != patch.checksum


def take_inventory(connection: psycopg.Connection, patches: list[Patch]) -> Inventory:
    """Compare files and history without taking a lock on any table of the host."""
    entries = history.read(connection)
    settled = {name for name, entry in entries.items() if entry.in_force}
    reasons: dict[str, str] = {}
    for patch in patches:
        if patch.name not in settled and (reason := _why_not(connection, patch, reasons)):
            reasons[patch.name] = reason
    return Inventory(patches, entries, reasons)


def _why_not(connection: psycopg.Connection, patch: Patch, reasons: dict[str, str]) -> str | None:
    """Why a patch does not apply to this database; `reasons` are those of the patches before it."""
    if patch.header.when and not exists(connection, patch.header.when):
        return f"needs {patch.header.when}"
    if patch.applies and not _says_yes(connection, patch.applies):
        return f"{patch.name}.when.sql says no"
    missing = next((name for name in patch.header.requires if name in reasons), None)
    return f"needs {missing}, which does not apply" if missing else None


def _says_yes(connection: psycopg.Connection, question: str) -> bool:
    row = connection.execute(question.encode()).fetchone()
    return row is not None and row[0] is True


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
