"""The journal of a campaign made from a file: its objects at Meta, and each write with its intent and its outcome."""

import hashlib
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from metaads_cli.models.campaign import Kind

Fields = dict[str, Any]
NodeId = tuple[Kind, str]
"""The kind of an object, and its key within the campaign."""


class Action(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    ACTIVATE = "activate"
    PAUSE = "pause"
    DELETE = "delete"


class NodeState(StrEnum):
    INTENDED = "intended"
    """Its creation was begun; whether it exists is to be found out."""
    MADE = "made"
    DELETED = "deleted"


class StepState(StrEnum):
    INTENDED = "intended"
    """Nobody knows yet."""
    DONE = "done"
    ADOPTED = "adopted"
    """Its answer was lost, and the object found."""
    REFUSED = "refused"
    NOT_APPLIED = "not_applied"
    """Its answer was lost, and Meta has nothing of it."""


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One object. `applied` are the fields that Meta was given last; other nodes stand in them by reference."""

    kind: Kind
    key: str
    marker: str
    meta_id: str | None = None
    status: str = "PAUSED"
    applied: Fields = {}
    state: NodeState = NodeState.INTENDED

    @property
    def id(self) -> NodeId:
        return self.kind, self.key


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """One write that is about to be sent. `request` are its fields as they are sent."""

    step_id: UUID
    action: Action
    node: Node
    request: Fields

    @property
    def request_hash(self) -> str:
        return hashlib.sha256(msgspec.json.encode(self.request, order="deterministic")).hexdigest()


def reference(kind: Kind, key: str) -> str:
    """How a node's fields name another node before it has an id, and ever after in the journal."""
    return f"{{{kind}:{key}}}"
