"""From what the file wants, what the journal knows and what Meta has, to the steps to take. Pure.

What somebody changed by hand at Meta is shown as drift, and left alone unless the file is to be taken.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from metaads_cli.graph.creation import changes, drift, immutable
from metaads_cli.models.campaign import Kind
from metaads_cli.models.orchestration import Fields, Node, NodeId, NodeState, reference
from metaads_cli.tasks.orchestrate.wanted import Wanted, resolved

GONE = frozenset({"DELETED", "ARCHIVED"})
# Delivery begins when the campaign itself is active: it comes last.
ACTIVATED = (Kind.AD, Kind.AD_SET, Kind.CAMPAIGN)
_PARENT_FIELDS = {Kind.AD_SET: "campaign_id", Kind.AD: "adset_id"}


@dataclass(frozen=True)
class Step:
    """`action`: create, keep, update or activate. `fields` are what is to be sent, with references."""

    action: str
    wanted: Wanted
    node: Node | None = None
    fields: Fields = field(default_factory=dict)
    drift: Mapping[str, tuple[object, object]] = field(default_factory=dict)
    """Fields changed by hand at Meta: (as it was applied, as it is)."""

    @property
    def is_uncertain(self) -> bool:
        """Whether the object may exist already: its creation was begun, and its outcome is not known."""
        return self.action == "create" and self.node is not None and self.node.state is NodeState.INTENDED

    @property
    def writes(self) -> bool:
        return self.action != "keep"


@dataclass(frozen=True)
class Plan:
    """`problems` forbid to go on. `left` are objects that the file no longer names. `noted` are nodes that Meta has
    already as they are wanted, though the journal did not live to learn it: they are written down, not sent."""

    steps: list[Step]
    problems: list[str] = field(default_factory=list)
    left: list[Node] = field(default_factory=list)
    noted: list[Node] = field(default_factory=list)

    @property
    def writes(self) -> list[Step]:
        return [step for step in self.steps if step.writes]

    @property
    def publishes(self) -> bool:
        return any(step.action == "activate" for step in self.steps)


@dataclass
class Planner:
    """`remote` are the objects that Meta has, by id; one that is missing does not exist any more. `deleting` are those
    whose deletion was begun; `media_ids` what references to uploads stand for."""

    nodes: Mapping[NodeId, Node]
    remote: Mapping[str, Fields]
    take_file: bool = False
    deleting: Collection[NodeId] = ()
    media_ids: Mapping[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    noted: list[Node] = field(default_factory=list)
    _made_anew: set[NodeId] = field(default_factory=set)
    _publishes: bool = False

    def plan(self, wanted: Sequence[Wanted], *, publish: bool) -> Plan:
        """The steps: first each object after those it refers to, then what is to be activated, the campaign last."""
        self._publishes = publish
        steps = [self._step(one) for one in wanted]
        if publish:
            steps += self._activations(steps)
        named = {one.id for one in wanted}
        left = [
            node
            for node_id, node in self.nodes.items()
            if node_id not in named and node.state is NodeState.MADE and node.kind is not Kind.CREATIVE
        ]
        return Plan(steps, self.problems, left, self.noted)

    def _step(self, wanted: Wanted) -> Step:
        node = self.nodes.get(wanted.id)
        if node is None or node.state is not NodeState.MADE or wanted.parent in self._made_anew:
            return self._create(wanted, node if node is not None and node.state is NodeState.INTENDED else None)
        there = self.remote.get(node.meta_id or "")
        if there is not None and self._is_below_a_former_parent(wanted, there):
            return self._create(wanted, None)
        if there is None or there.get("status") in GONE:
            return self._gone(wanted, node, str((there or {}).get("status", "DELETED")))
        fields = wanted.named_as(node)
        if wanted.kind is not Kind.CREATIVE:  # its key stands for its content, in whatever words it was asked for
            self.problems += [
                f"{name} of {wanted.kind} {wanted.key} cannot be changed at Meta"
                for name in immutable(wanted.kind, fields, node.applied)
            ]
        return self._update(wanted, node, fields, there)

    def _is_below_a_former_parent(self, wanted: Wanted, there: Fields) -> bool:
        """A run that made the parent anew did not live to make its children anew: nothing moves at Meta."""
        if wanted.parent is None:
            return False
        parent_id = there.get(_PARENT_FIELDS[wanted.kind])
        return parent_id is not None and str(parent_id) != self.nodes[wanted.parent].meta_id

    def _create(self, wanted: Wanted, node: Node | None) -> Step:
        """What belongs to an object that is made anew has to be made anew as well. So does what belongs to one whose
        creation was begun: whatever there is of it is below a former one."""
        self._made_anew.add(wanted.id)
        return Step("create", wanted, node, wanted.named_as(node))

    def _gone(self, wanted: Wanted, node: Node, status: str) -> Step:
        if wanted.id in self.deleting:  # a later run is to know it, should this one not live to make it anew
            self.noted.append(msgspec.structs.replace(node, state=NodeState.DELETED, status="DELETED"))
            return self._create(wanted, None)
        if self.take_file:
            return self._create(wanted, None)
        self.problems.append(
            f"{wanted.kind} {wanted.key} ({node.meta_id}) was deleted or archived at Meta; --take-file makes it anew"
        )
        return Step("keep", wanted, node, drift={"status": (node.status, status)})

    def _update(self, wanted: Wanted, node: Node, fields: Fields, there: Fields) -> Step:
        asked = changes(wanted.kind, fields, node.applied)
        arrived = {name: value for name, value in asked.items() if not self._differs(wanted.kind, name, value, there)}
        if arrived:
            node = msgspec.structs.replace(node, applied={**node.applied, **arrived})
            self.noted.append(node)
        moved = drift(wanted.kind, resolved(node.applied, self._ids), there) | self._status_drift(node, there)
        left = {name: value for name, value in asked.items() if name not in arrived}
        if self._shows_what_is_made_anew(wanted):
            left["creative"] = fields["creative"]
        if self.take_file:
            # Of what was moved, that which can be moved back.
            back = {name: value for name, value in fields.items() if name in moved}
            left |= changes(wanted.kind, back, dict.fromkeys(moved))
        else:
            left = {name: value for name, value in left.items() if name not in moved}
        return Step("update" if left else "keep", wanted, node, left, moved)

    def _shows_what_is_made_anew(self, wanted: Wanted) -> bool:
        """An ad goes on pointing to its old creative until it is told of the new one, under the same key."""
        creatives = {reference(*node_id) for node_id in self._made_anew if node_id[0] is Kind.CREATIVE}
        return wanted.kind is Kind.AD and wanted.fields["creative"]["creative_id"] in creatives

    def _status_drift(self, node: Node, there: Fields) -> dict[str, tuple[object, object]]:
        """Paused by hand, or activated; that Meta has what is to be activated active already is not worth a word."""
        status = there.get("status")
        of_interest = {"PAUSED"} if self._publishes else {"PAUSED", "ACTIVE"}
        moved = node.kind in ACTIVATED and status in of_interest and status != node.status
        return {"status": (node.status, status)} if moved else {}

    def _differs(self, kind: Kind, name: str, value: object, there: Fields) -> bool:
        return bool(drift(kind, resolved({name: value}, self._ids), there))

    @cached_property
    def _ids(self) -> dict[str, str]:
        known = {reference(*node.id): node.meta_id for node in self.nodes.values() if node.meta_id is not None}
        return {**self.media_ids, **known}

    def _activations(self, steps: Sequence[Step]) -> list[Step]:
        """What is not active yet, from the ads up. What was paused by hand after its activation stays so."""
        ordered = [step for kind in ACTIVATED for step in steps if step.wanted.kind is kind]
        return [
            Step("activate", step.wanted, step.node, {"status": "ACTIVE"}) for step in ordered if self._inactive(step)
        ]

    def _inactive(self, step: Step) -> bool:
        if step.action == "create" or step.node is None:
            return True
        is_active = self.remote.get(step.node.meta_id or "", {}).get("status") == "ACTIVE"
        if is_active and step.node.status != "ACTIVE":
            self.noted.append(msgspec.structs.replace(step.node, status="ACTIVE"))
            return False
        return not is_active and (step.node.status != "ACTIVE" or self.take_file)
