"""The journal of campaigns made from files: each function is one transaction, so an intent is on disk before its write.

All rows are of one `source` of data: what was made at the simulator is not there for Meta.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from metaads_cli.db.queries import statement
from metaads_cli.db.session import TenantSession
from metaads_cli.models.campaign import Kind
from metaads_cli.models.orchestration import Action, Node, NodeId, NodeState, StepState, Write

_NEW_STATUS = {Action.ACTIVATE: "ACTIVE", Action.PAUSE: "PAUSED", Action.DELETE: "DELETED"}


@dataclass(frozen=True)
class Head:
    """The last run of a campaign key."""

    account_id: str
    currency: str
    run_state: str
    run_id: UUID


@dataclass(frozen=True)
class Journal:
    """The journal of one campaign key. Writing it never happens inside another transaction."""

    session: TenantSession
    source: str
    campaign_key: str

    def try_lock(self) -> bool:
        """Take the key for this connection; False when another run has it."""
        return bool(self._one("try_lock")[0])

    def unlock(self) -> None:
        self._one("unlock")

    def head(self) -> Head | None:
        with self.session.transaction() as cursor:
            row = self._run(cursor, "head").fetchone()
        return Head(*row) if row else None

    def nodes(self) -> dict[NodeId, Node]:
        """All objects that were ever begun."""
        with self.session.transaction() as cursor:
            rows = self._run(cursor, "nodes").fetchall()
        found = [
            Node(
                kind=Kind(kind),
                key=key,
                marker=marker,
                meta_id=meta_id,
                status=status,
                applied=applied,
                state=NodeState(state),
            )
            for kind, key, marker, meta_id, status, applied, state in rows
        ]
        return {node.id: node for node in found}

    def begin(self, run_id: UUID, account_id: str, currency: str, origin: str) -> None:
        """Note that a run is at work; `origin` names the file."""
        self._execute("begin", run_id=run_id, account_id=account_id, currency=currency, origin=origin)

    def end(self, run_state: str) -> None:
        self._execute("end", run_state=run_state)

    def intend(self, run_id: UUID, write: Write) -> None:
        """Put the intent on disk; a creation's node exists from now on, with an unknown fate."""
        with self.session.transaction() as cursor:
            values = {
                "step_id": write.step_id,
                "run_id": run_id,
                "kind": str(write.node.kind),
                "node_key": write.node.key,
                "action": str(write.action),
                "request": Jsonb(write.request),
                "request_hash": write.request_hash,
                "meta_id": write.node.meta_id,
            }
            self._run(cursor, "intend", **values)
            if write.action is Action.CREATE:
                self._keep(cursor, write.node)

    def settle(self, write: Write, state: StepState, *, meta_id: str | None = None, error: str | None = None) -> None:
        """Put the outcome on disk: of the step, and of its node."""
        with self.session.transaction() as cursor:
            self._run(cursor, "settle", step_id=write.step_id, state=str(state), meta_id=meta_id, error=error)
            if state in {StepState.DONE, StepState.ADOPTED}:
                self._keep(cursor, _after(write, meta_id))

    def keep(self, node: Node) -> None:
        """Note a node that needed no write."""
        with self.session.transaction() as cursor:
            self._keep(cursor, node)

    def settle_lost(self, node_id: NodeId, state: StepState, meta_id: str | None) -> None:
        """The fate of steps of the node whose run did not live to learn it."""
        kind, key = node_id
        self._execute("settle_lost", kind=str(kind), node_key=key, state=str(state), meta_id=meta_id)

    def deleting(self) -> set[NodeId]:
        """Objects whose deletion was begun, and has no known outcome."""
        with self.session.transaction() as cursor:
            return {(Kind(kind), key) for kind, key in self._run(cursor, "deleting")}

    def settle_others(self) -> None:
        """Lost changes of objects that Meta does not have so: they took no effect, or are made again."""
        self._execute("settle_others")

    def _keep(self, cursor: psycopg.Cursor, node: Node) -> None:
        self._run(
            cursor,
            "keep_node",
            kind=str(node.kind),
            node_key=node.key,
            marker=node.marker,
            meta_id=node.meta_id,
            status=node.status,
            applied=Jsonb(node.applied),
            state=str(node.state),
        )

    def _run(self, cursor: psycopg.Cursor, name: str, **values: Any) -> psycopg.Cursor:
        bound = {"data_source": self.source, "campaign_key": self.campaign_key, **values}
        return self.session.run(cursor, statement(f"orchestrations/{name}"), bound)

    def _execute(self, name: str, **values: Any) -> None:
        with self.session.transaction() as cursor:
            self._run(cursor, name, **values)

    def _one(self, name: str) -> tuple[Any, ...]:
        with self.session.transaction() as cursor:
            row = self._run(cursor, name).fetchone()
        assert row is not None
        return row


def _after(write: Write, meta_id: str | None) -> Node:
    """The node once the write took effect; `write.node` holds the fields that it brings."""
    return msgspec.structs.replace(
        write.node,
        meta_id=meta_id or write.node.meta_id,
        status=_NEW_STATUS.get(write.action, write.node.status),
        state=NodeState.DELETED if write.action is Action.DELETE else NodeState.MADE,
    )


def find_media(
    session: TenantSession, source: str, account_id: str, kind: str, content_hash: str
) -> tuple[bool, str | None]:
    """Whether an upload was ever begun, and its id at Meta where it was finished."""
    values = _media(source, account_id, kind, content_hash)
    with session.transaction() as cursor:
        row = session.run(cursor, statement("orchestrations/find_media"), values).fetchone()
    return (row is not None, row[0] if row else None)


def intend_media(session: TenantSession, source: str, account_id: str, kind: str, content_hash: str) -> None:
    values = _media(source, account_id, kind, content_hash)
    with session.transaction() as cursor:
        session.run(cursor, statement("orchestrations/intend_media"), values)


def settle_media(
    session: TenantSession, source: str, account_id: str, kind: str, content_hash: str, meta_id: str
) -> None:
    values = _media(source, account_id, kind, content_hash) | {"meta_id": meta_id}
    with session.transaction() as cursor:
        session.run(cursor, statement("orchestrations/settle_media"), values)


def _media(source: str, account_id: str, kind: str, content_hash: str) -> dict[str, str]:
    return {"data_source": source, "account_id": account_id, "media_kind": kind, "content_hash": content_hash}


def uploads(session: TenantSession, source: str) -> list[tuple[str, str, str, str]]:
    """What was uploaded: (account id, image or video, hash of the content, id at Meta)."""
    with session.transaction() as cursor:
        return session.run(cursor, statement("orchestrations/uploads"), {"data_source": source}).fetchall()
