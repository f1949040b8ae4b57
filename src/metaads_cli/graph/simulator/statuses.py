"""Effective status: an object's own status, and what its parents make of it (README 3, 4.9)."""

from datetime import datetime, timedelta

from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.world import Node, Span, World

GONE = frozenset({"ARCHIVED", "DELETED"})
PROCESSING = timedelta(seconds=10)
REVIEW = timedelta(seconds=60)


def effective_status(world: World, node: Node) -> str:
    """A deleted or archived object stays so; below a deleted or archived parent it shares that one's fate."""
    if node.status in GONE or node.kind not in {Kind.AD, Kind.AD_SET, Kind.CAMPAIGN}:
        return node.status
    parents = _parents(world, node)
    fate = next((parent.status for _, parent in parents if parent.status in GONE), None)
    return fate or _review(world, node) or _paused(node, parents) or node.values.get("issues", "ACTIVE")


def _parents(world: World, node: Node) -> list[tuple[str, Node]]:
    kinds = {Kind.AD: (Kind.AD_SET, Kind.CAMPAIGN), Kind.AD_SET: (Kind.CAMPAIGN,)}.get(node.kind, ())
    names = {Kind.AD_SET: "ADSET_PAUSED", Kind.CAMPAIGN: "CAMPAIGN_PAUSED"}
    return [(names[kind], parent) for kind in kinds if (parent := world.parent(node, kind))]


def _review(world: World, node: Node) -> str | None:
    """A new ad is in process, then in review, whatever its status (README 4.3)."""
    if node.kind is not Kind.AD or "reviewed" in node.values:
        return None
    age = world.now() - node.values["created_time"]
    if age < PROCESSING:
        return "IN_PROCESS"
    return "PENDING_REVIEW" if age < REVIEW else None


def _paused(node: Node, parents: list[tuple[str, Node]]) -> str | None:
    if node.status == "PAUSED":
        return "PAUSED"
    # The furthest parent counts: a paused campaign stops its ad sets, paused or not.
    return next((name for name, parent in reversed(parents) if parent.status == "PAUSED"), None)


def delivery_spans(world: World, ad: Node) -> list[Span]:
    """When the ad could deliver: it, its ad set and its campaign active, within their schedules."""
    spans = list(ad.active)
    for kind, begin, end in ((Kind.AD_SET, "start_time", "end_time"), (Kind.CAMPAIGN, "start_time", "stop_time")):
        parent = world.parent(ad, kind)
        if parent:
            schedule = [(parent.values.get(begin) or parent.values["created_time"], parent.values.get(end))]
            spans = _both(_both(spans, parent.active), schedule)
    return spans


def _both(left: list[Span], right: list[Span]) -> list[Span]:
    common = []
    for start, end in left:
        for other_start, other_end in right:
            first, last = max(start, other_start), _earlier(end, other_end)
            if last is None or first < last:
                common.append((first, last))
    return common


def _earlier(left: datetime | None, right: datetime | None) -> datetime | None:
    return min(left, right) if left and right else left or right
