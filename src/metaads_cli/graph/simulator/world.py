"""What exists: ad accounts, pages, campaigns, ad sets, ads, creatives. In memory, the same in every process."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from metaads_cli.graph.simulator.facts import Kind

if TYPE_CHECKING:
    from metaads_cli.graph.simulator.seeding import WorldPlan

Span = tuple[datetime, datetime | None]
SYSTEM_USER = "122100000000000001"


def system_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True, eq=False)
class Node:
    """One object. `values` are its own fields; `active` the times in which its own status was ACTIVE."""

    kind: Kind
    id: str
    account: str
    """The number of its ad account; empty for pages and users."""
    sequence: int
    values: dict[str, Any]
    active: list[Span] = field(default_factory=list)

    @property
    def status(self) -> str:
        return str(self.values.get("status", "ACTIVE"))


class Clock:
    """A source of time that can be moved forward."""

    def __init__(self, source: Callable[[], datetime] = system_clock):
        self._source = source
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return self._source() + self._ahead

    def advance(self, by: timedelta) -> None:
        self._ahead += by


class World:
    """The objects by id and by parent. `unknown` may find an object for an id that is not there.

    `leads` are those of forms that somebody was told of (leads.py).
    """

    def __init__(self, seed: str = "metaads", *, clock: Callable[[], datetime] | None = None):
        self.seed = seed
        self.clock = Clock(clock or system_clock)
        self.nodes: dict[str, Node] = {}
        self.leads: dict[str, Node] = {}
        self.version = 0
        self.unknown: Callable[[str, str | None], Node | None] = lambda _id, _account: None
        self._children: dict[tuple[str, Kind], list[Node]] = {}
        self._active_ads: dict[str, tuple[int, int]] = {}
        self._images: dict[tuple[str, str], Node] = {}

    @classmethod
    def seeded(
        cls,
        seed: str = "metaads",
        *,
        clock: Callable[[], datetime] | None = None,
        plan: "WorldPlan | None" = None,
        open_world: bool = False,
    ) -> Self:
        """A world with the plan's accounts and their campaigns; by default two accounts, 72 ads.

        `open_world`: any ad account that is asked for exists, and any id that looks like an ad's is an ad of the first
        account. So stub mode answers for the user's own ids.
        """
        from metaads_cli.graph.simulator import seeding

        world = cls(seed, clock=clock)
        seeding.populate(world, plan or seeding.DEFAULT)
        if open_world:
            world.unknown = lambda object_id, account: seeding.invent(world, object_id, account)
        return world

    def now(self) -> datetime:
        return self.clock()

    def digest(self, *parts: object) -> bytes:
        """32 bytes that depend on the seed and the parts, in every process the same."""
        return hashlib.sha256("|".join([self.seed, *map(str, parts)]).encode()).digest()

    def digester(self, *parts: object) -> Callable[[object], bytes]:
        """`digest` whose first parts are given: for many that differ in the last one."""
        start = "|".join([self.seed, *map(str, parts)])
        return lambda last: hashlib.sha256(f"{start}|{last}".encode()).digest()

    def number(self, *parts: object) -> int:
        return int.from_bytes(self.digest(*parts)[:8])

    def new_id(self, *parts: object) -> str:
        """An id as Meta's look: 18 digits. Two processes that create at different times get different ones."""
        attempt = 0
        while True:
            object_id = f"1202{self.number('id', attempt, *parts) % 10**14:014}"
            if object_id not in self.nodes:
                return object_id
            attempt += 1

    def add(self, kind: Kind, account: str, values: dict[str, Any], object_id: str | None = None) -> Node:
        """Put an object into the world; its parents are those its values name."""
        new_id = object_id or self.new_id(kind, account, values.get("name"), self.now().isoformat(), len(self.nodes))
        node = Node(kind, new_id, account, len(self.nodes), values)
        self.nodes[node.id] = node
        for parent in self._parents(node):
            self._children.setdefault((parent, kind), []).append(node)
        if kind is Kind.IMAGE:
            self._images[account, values["hash"]] = node
        self.version += 1
        return node

    def _parents(self, node: Node) -> Iterator[str]:
        if node.account and node.kind is not Kind.ACCOUNT:
            yield f"act_{node.account}"
        for parent in ("campaign_id", "adset_id"):
            if parent in node.values:
                yield node.values[parent]

    def changed(self, node: Node, values: dict[str, Any]) -> None:
        """Apply an update; a new status begins or ends the object's active time now."""
        before, now = node.status, self.now()
        node.values |= values
        node.values["updated_time"] = now
        if before != node.status:
            self.note_status(node, now)
        self.version += 1

    def note_status(self, node: Node, when: datetime) -> None:
        if node.status == "ACTIVE":
            node.active.append((when, None))
        elif node.active and node.active[-1][1] is None:
            node.active[-1] = (node.active[-1][0], when)

    def find(self, object_id: str, account: str | None = None) -> Node | None:
        """The object of that id; `account` is where an unknown one would belong in an open world."""
        return self.nodes.get(object_id) or self.unknown(object_id, account)

    def get(self, object_id: str) -> Node:
        return self.nodes[object_id]

    def children(self, parent_id: str, kind: Kind) -> list[Node]:
        """In the order of their creation, deleted ones too."""
        return self._children.get((parent_id, kind), [])

    def active_ads(self, account: str) -> int:
        """How many ads of the account are not paused or gone; counted anew after a change."""
        version, count = self._active_ads.get(account, (-1, 0))
        if version != self.version:
            count = sum(ad.status == "ACTIVE" for ad in self.children(f"act_{account}", Kind.AD))
            self._active_ads[account] = self.version, count
        return count

    def all_of(self, kind: Kind) -> list[Node]:
        return [node for node in self.nodes.values() if node.kind is kind]

    def account_of(self, node: Node) -> Node:
        return node if node.kind is Kind.ACCOUNT else self.nodes[f"act_{node.account}"]

    def parent(self, node: Node, kind: Kind) -> Node | None:
        """The campaign of an ad set or ad, the ad set of an ad, the creative of an ad; itself if it is of the kind."""
        if node.kind is kind:
            return node
        key = {Kind.CAMPAIGN: "campaign_id", Kind.AD_SET: "adset_id", Kind.CREATIVE: "creative_id"}.get(kind)
        parent_id = node.values.get(key) if key else None
        return self.nodes.get(parent_id) if parent_id else None

    def image(self, account: str, image_hash: str) -> Node | None:
        return self._images.get((account, image_hash))

    def zone(self, account: str) -> ZoneInfo:
        """The time zone in which the account's days begin."""
        return ZoneInfo(self.nodes[f"act_{account}"].values["timezone_name"])

    def currency(self, account: str) -> str:
        return str(self.nodes[f"act_{account}"].values["currency"])
