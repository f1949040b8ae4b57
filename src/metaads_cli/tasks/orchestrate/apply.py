"""Takes the steps of a plan, each with its intent on disk before the request and its outcome right after.

A write whose answer was lost is never sent again blindly. A creation is looked for by its marker: one hit is taken,
none after a while is sent again, more than one stops the run. An update is compared with what Meta has.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import msgspec

from metaads_cli.db.queries.orchestrations import Journal
from metaads_cli.errors import MetaAdsError, SafetyRefusal, Temporary
from metaads_cli.graph.client import GraphClient
from metaads_cli.graph.creation import changes, drift
from metaads_cli.graph.failures import Failure, FailureClass, GraphFailure, UnknownOutcome, explain, said
from metaads_cli.graph.governor import RateLimited
from metaads_cli.graph.objects import find_marked, read_objects
from metaads_cli.models.campaign import Kind
from metaads_cli.models.orchestration import Action, Fields, Node, NodeId, NodeState, StepState, Write, reference
from metaads_cli.tasks.orchestrate.plan import GONE, Step
from metaads_cli.tasks.orchestrate.wanted import resolved

EDGES = {Kind.CAMPAIGN: "campaigns", Kind.AD_SET: "adsets", Kind.CREATIVE: "adcreatives", Kind.AD: "ads"}
# How often an object that should be there is looked for before it is taken for missing: listings lag a little.
LOOKS = 2

Tell = Callable[[str, str, str], None]
Look = Callable[[], Awaitable[str | None]]
"""The id of what a write was to bring about, None where it did not."""


@dataclass
class Applier:
    """One run over one campaign key. `media_ids` are the references of uploads; `tell` is given (action, kind, key)."""

    journal: Journal
    client: GraphClient
    account_id: str
    run_id: UUID
    max_retries: int
    retry_delay_seconds: float
    media_ids: dict[str, str]
    tell: Tell
    nodes: dict[NodeId, Node]
    made: list[Node] = field(default_factory=list)
    """What this run created, in its order."""
    lost: list[tuple[Write, Look]] = field(default_factory=list)
    """Creations of this run whose answer was lost, and that could not be looked for."""
    _sent_again: set[NodeId] = field(default_factory=set)

    async def apply(self, steps: Sequence[Step]) -> None:
        """Raises what Meta refused for good, RateLimited, Temporary, or SafetyRefusal for two objects of one node."""
        named = {step.wanted.id for step in steps}
        begun = [node for node in self.nodes.values() if node.state is NodeState.INTENDED]
        for abandoned in begun:
            if abandoned.id not in named:
                await self._settle_abandoned(abandoned)
        for step in steps:
            node = self.nodes.get(step.wanted.id)
            match step.action:
                case "create":
                    await self._create(step)
                case "update":
                    assert node is not None
                    await self._change(Action.UPDATE, node, step.fields)
                case "activate":
                    assert node is not None
                    await self._change(Action.ACTIVATE, node, step.fields)
            if step.writes:
                self.tell(step.action, str(step.wanted.kind), step.wanted.key)

    async def _settle_abandoned(self, node: Node) -> None:
        """A creation was begun of what the file no longer names: it is left, if it is there."""
        meta_id = await self._look_for(node.id, node.marker, None)
        if meta_id is None:
            self.journal.settle_lost(node.id, StepState.NOT_APPLIED, None)
            settled = msgspec.structs.replace(node, state=NodeState.DELETED)
        else:
            self.journal.settle_lost(node.id, StepState.ADOPTED, meta_id)
            settled = msgspec.structs.replace(node, state=NodeState.MADE, meta_id=meta_id)
        self.journal.keep(settled)
        self.nodes[node.id] = settled

    async def _create(self, step: Step) -> None:
        wanted = step.wanted
        if step.is_uncertain and await self._found_of_earlier_run(step):
            return
        node = Node(kind=wanted.kind, key=wanted.key, marker=wanted.marker, applied=step.fields)
        request = resolved(step.fields, self._ids())
        path = f"{self.account_id}/{EDGES[wanted.kind]}"

        async def send() -> str | None:
            answer = await self.client.post(path, request, account=self.account_id)
            return str(answer["id"]) if answer.get("id") else None

        async def look() -> str | None:
            return await self._look_for(wanted.id, wanted.marker, wanted.parent)

        meta_id = await self._write(Action.CREATE, node, request, send, look)
        made = msgspec.structs.replace(node, meta_id=meta_id, state=NodeState.MADE)
        self.nodes[made.id] = made
        self.made.append(made)
        if step.is_uncertain or made.id in self._sent_again:
            await look()  # a listing that lagged shows the first one by now: two stop the run before more is made

    async def _found_of_earlier_run(self, step: Step) -> bool:
        """Settle a creation whose run did not live to see its answer; what the file changed since is applied."""
        assert step.node is not None
        meta_id = await self._look_for(step.wanted.id, step.wanted.marker, step.wanted.parent)
        state = StepState.NOT_APPLIED if meta_id is None else StepState.ADOPTED
        self.journal.settle_lost(step.wanted.id, state, meta_id)
        if meta_id is None:
            return False
        node = msgspec.structs.replace(step.node, meta_id=meta_id, state=NodeState.MADE)
        self.journal.keep(node)
        self.nodes[node.id] = node
        if later := changes(node.kind, step.fields, node.applied):
            await self._change(Action.UPDATE, node, later)
        return True

    async def _look_for(self, node_id: NodeId, marker: str, parent_node: NodeId | None) -> str | None:
        """The id of the one object with the marker, below its parent or in the account, None when there is none;
        listings get some time to show it."""
        kind, key = node_id
        parent = self.nodes[parent_node].meta_id if parent_node is not None else None
        for look in range(LOOKS):
            if look:
                await self.client.clock.sleep(self.retry_delay_seconds)
            listed = await find_marked(self.client, self.account_id, parent, kind, marker)
            found = [one for one in listed if one.get("status") not in GONE]
            if len(found) > 1:
                ids = ", ".join(str(one.get("id")) for one in found)
                raise SafetyRefusal(
                    f"Meta has {len(found)} objects for {kind} {key}: {ids}",
                    hint="Delete all but one of them in Ads Manager, and run it again",
                    details={"kind": str(kind), "key": key, "ids": [one.get("id") for one in found]},
                )
            if found:
                return str(found[0]["id"])
        return None

    async def _change(self, action: Action, node: Node, fields: Fields) -> None:
        """Set fields of an object that exists. Setting them twice does no harm, but is not done unseen either."""
        request = resolved(fields, self._ids())
        after = msgspec.structs.replace(
            node,
            applied={**node.applied, **fields} if action is Action.UPDATE else node.applied,
            status=str(fields["status"]) if "status" in fields else node.status,
        )
        meta_id = node.meta_id or ""

        async def send() -> str | None:
            answer = await self.client.post(meta_id, request, account=self.account_id)
            return meta_id if answer.get("success") is True else None

        async def look() -> str | None:
            there = await self._read(meta_id, node.kind)
            return meta_id if not drift(node.kind, request, there) else None

        await self._write(action, after, request, send, look)
        self.nodes[after.id] = after

    async def _read(self, meta_id: str, kind: Kind) -> Fields:
        found = (await read_objects(self.client, [meta_id], kind))[meta_id]
        if isinstance(found, Failure):
            raise GraphFailure(found, f"GET {meta_id}")
        return found

    async def _write(
        self,
        action: Action,
        node: Node,
        request: Fields,
        send: Callable[[], Awaitable[str | None]],
        look: Look,
    ) -> str:
        """Send until it is known to have taken effect, once; its id."""
        for attempt in range(self.max_retries + 1):
            if attempt:
                self._sent_again.add(node.id)
                await self.client.clock.sleep(self.retry_delay_seconds * 2 ** (attempt - 1))
            write = Write(step_id=uuid4(), action=action, node=node, request=request)
            self.journal.intend(self.run_id, write)
            try:
                meta_id = await send()
            except UnknownOutcome as lost:
                meta_id = await self._settle_unknown(write, look, str(lost))
            except (GraphFailure, RateLimited) as error:
                self.journal.settle(write, StepState.REFUSED, error=said(error))
                raise
            else:
                if meta_id is None:
                    meta_id = await self._settle_unknown(write, look, "an answer that tells nothing")
                else:
                    self.journal.settle(write, StepState.DONE, meta_id=meta_id)
            if meta_id is not None:
                return meta_id
        raise Temporary(
            f"Meta does not take the {action} of {node.kind} {node.key}: the answer was lost {attempt + 1} times",
            hint="Run it again later: it goes on where it was",
        )

    async def _settle_unknown(self, write: Write, look: Look, why: str) -> str | None:
        try:
            meta_id = await look()
        except (GraphFailure, MetaAdsError):
            if write.action is Action.CREATE:
                self.lost.append((write, look))
            raise
        state = StepState.NOT_APPLIED if meta_id is None else StepState.ADOPTED
        self.journal.settle(write, state, meta_id=meta_id, error=why)
        return meta_id

    def _ids(self) -> dict[str, str]:
        """What each reference stands for by now."""
        known = {reference(*node.id): node.meta_id for node in self.nodes.values() if node.meta_id is not None}
        return self.media_ids | known

    async def set_status(self, node: Node, status: str) -> None:
        """Pause or activate one object."""
        await self._change(Action.ACTIVATE if status == "ACTIVE" else Action.PAUSE, node, {"status": status})

    async def delete(self, nodes: Sequence[Node]) -> list[MetaAdsError]:
        """Delete objects at Meta, the last made first, and before them what is there of creations whose answer was
        lost; what could not be deleted is told of, and stays noted. A creative that an older ad shows by now stays."""
        problems: list[MetaAdsError] = []
        for write, look in tuple(self.lost):
            await self._noting(problems, self._delete_lost(write, look))
        shown = self._shown_by_others({node.id for node in nodes})
        for node in reversed(nodes):
            if node.id not in shown:
                await self._noting(problems, self._delete(node))
        return problems

    def _shown_by_others(self, among: Collection[NodeId]) -> set[NodeId]:
        others = [node for node in self.nodes.values() if node.kind is Kind.AD and node.id not in among]
        shown = {node.applied["creative"]["creative_id"] for node in others if node.state is NodeState.MADE}
        return {node_id for node_id in among if reference(*node_id) in shown}

    async def _noting(self, problems: list[MetaAdsError], work: Awaitable[None]) -> None:
        try:
            await work
        except GraphFailure as error:
            problems.append(explain(error))
        except MetaAdsError as error:
            problems.append(error)

    async def _delete_lost(self, write: Write, look: Look) -> None:
        meta_id = await self._settle_unknown(write, look, "looked for once more, to delete it")
        if meta_id is not None:
            await self._delete(msgspec.structs.replace(write.node, meta_id=meta_id, state=NodeState.MADE))

    async def _delete(self, node: Node) -> None:
        meta_id = node.meta_id or ""

        async def send() -> str | None:
            answer = await self.client.delete(meta_id, account=self.account_id)
            return meta_id if answer.get("success") is True else None

        async def look() -> str | None:
            """Deleted objects can be read, or are not found any more."""
            found = (await read_objects(self.client, [meta_id], node.kind))[meta_id]
            if isinstance(found, Failure):
                return meta_id if found.failure_class is FailureClass.NOT_FOUND else None
            return meta_id if found.get("status") in GONE else None

        await self._write(Action.DELETE, node, {}, send, look)
        self.nodes[node.id] = msgspec.structs.replace(node, state=NodeState.DELETED, status="DELETED")
        self.tell("delete", str(node.kind), node.key)
