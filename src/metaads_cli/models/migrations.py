"""The result documents of `migrate`: what was applied, what stands in the way, what a rollback costs."""

from datetime import datetime

import msgspec


class Blocker(msgspec.Struct, frozen=True, kw_only=True):
    """A session that holds what a patch waits for. What the server shows only to members of its role is None; its
    query is never kept."""

    pid: int
    application: str | None
    user: str | None
    state: str | None
    age_seconds: int | None
    """Since its transaction began."""


class AppliedPatch(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    duration_ms: int
    attempts: int
    lock_wait_ms: int


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """A difference between the history and the patch files, or the database."""

    name: str
    problem: str
    """edited, missing, out of order, or verify: the database is not what the patch left"""
    detail: str = ""


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows or values of a patch this is about; None where they cannot be counted now."""

    patch: str
    what: str
    count: int | None


class MigrateReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.migrate/1"):
    """`blocked_by` are the sessions that were waited for, `preview` is what the pending patches would change in rows
    that are there."""

    applied: list[AppliedPatch]
    pending: list[str]
    not_applicable: list[str]
    drift: list[Drift]
    blocked_by: list[Blocker]
    server_version: str
    adopted: list[str] = []
    preview: list[Counted] = []


class PatchState(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    state: str
    """applied, adopted, pending, reverted (and pending again), edited, missing, or not applicable"""
    mode: str
    applied_at: datetime | None
    note: str


class MigrateStatus(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.migrate-status/1"):
    patches: list[PatchState]
    server_version: str


class RollbackReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="metaads.rollback/1"):
    """What one `migrate rollback` took back, and what that lost. `reverted` is None where the patch was not applied."""

    patch: str
    reverted: AppliedPatch | None
    losses: list[Counted]
    server_version: str
