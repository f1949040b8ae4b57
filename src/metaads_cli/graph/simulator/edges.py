"""Listings: what hangs below an object, filtered, in pages."""

from collections.abc import Callable, Sequence
from typing import Any

from metaads_cli.graph.simulator import facts, money
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.filtering import Filter, filters, passes
from metaads_cli.graph.simulator.http import Request
from metaads_cli.graph.simulator.nodes import EDGES, Reader
from metaads_cli.graph.simulator.paging import paging, turn
from metaads_cli.graph.simulator.params import Params
from metaads_cli.graph.simulator.refusals import missing, nonexisting_field, refused
from metaads_cli.graph.simulator.selection import Field
from metaads_cli.graph.simulator.statuses import GONE, effective_status
from metaads_cli.graph.simulator.world import Node, World

Json = dict[str, Any]

LISTED = {
    "campaigns": Kind.CAMPAIGN,
    "adsets": Kind.AD_SET,
    "ads": Kind.AD,
    "adcreatives": Kind.CREATIVE,
    "adimages": Kind.IMAGE,
    "advideos": Kind.VIDEO,
    "adlabels": Kind.LABEL,
}
LABELLED = {"campaignsbylabels": Kind.CAMPAIGN, "adsetsbylabels": Kind.AD_SET, "adsbylabels": Kind.AD}
_DELIVERING = frozenset({Kind.CAMPAIGN, Kind.AD_SET, Kind.AD})


class Lister:
    """Answers `GET /{id}/{edge}` for every edge but insights. `visible` tells whether the token may see an object."""

    def __init__(self, world: World, reader: Callable[[], Reader], visible: Callable[[Node], bool]):
        self._world = world
        self._reader = reader
        self._visible = visible

    def page(self, node: Node, edge: str, request: Request, wanted: Sequence[Field]) -> Json:
        """A page of objects. Raises Refusal for an edge the class has not, and for filters it does not take."""
        if edge not in EDGES.get(node.kind, ()):
            raise nonexisting_field(edge, node.kind)
        if edge == "minimum_budgets":
            return {"data": [_minimum_budget(self._world, node)]}
        # The newest first; keys rise with the items, and stay when others are created.
        params = request.params
        found = sorted(self._found(node, edge, params), key=lambda one: -one.sequence)
        page = turn(found, [-one.sequence for one in found], params, request.quirk)
        answer: Json = {"data": [self._reader().read(one, wanted) for one in page.items]}
        answer |= paging(page, request)
        if params.get("summary") in {"true", "1", True} or "total_count" in params.names("summary"):
            answer["summary"] = {"total_count": len(found)}
        return answer

    def _found(self, node: Node, edge: str, params: Params) -> list[Node]:
        if edge in {"adaccounts", "accounts", "promote_pages"}:
            return self._owned(node, edge)
        if edge in LABELLED:
            return self._labelled(node, LABELLED[edge], params)
        return self._below(node, LISTED[edge], params)

    def _owned(self, node: Node, edge: str) -> list[Node]:
        kind = Kind.ACCOUNT if edge == "adaccounts" else Kind.PAGE
        number = node.values.get("account_id")
        return [
            one
            for one in self._world.all_of(kind)
            if self._visible(one) and (number is None or one.values.get("owner") == number)
        ]

    def _labelled(self, node: Node, kind: Kind, params: Params) -> list[Node]:
        wanted = set(params.names("ad_label_ids"))
        if not wanted:
            raise missing("ad_label_ids")
        every = params.get("operator") == "ALL"

        def carries(one: Node) -> bool:
            labels = {label["id"] for label in one.values.get("adlabels") or []}
            return wanted <= labels if every else bool(wanted & labels)

        return [one for one in self._below(node, kind, Params()) if carries(one)]

    def _below(self, node: Node, kind: Kind, params: Params) -> list[Node]:
        wanted = filters(params)
        candidates = self._candidates(node, kind, wanted)
        if kind is Kind.IMAGE:
            hashes = set(params.names("hashes"))
            return [one for one in candidates if not hashes or one.values["hash"] in hashes]
        if kind not in _DELIVERING:
            return [one for one in candidates if one.status != "DELETED" and passes(self._world, one, wanted)]
        statuses = self._statuses(kind, params, wanted)
        since = params.whole("updated_since")
        return [
            one
            for one in candidates
            if statuses(effective_status(self._world, one))
            and (since is None or one.values["updated_time"].timestamp() >= since)
            and passes(self._world, one, wanted)
        ]

    def _candidates(self, node: Node, kind: Kind, wanted: Sequence[Filter]) -> list[Node]:
        """The children; asked for by id, only those, so that a filter by fifty ids costs fifty look-ups."""
        own = {"ad": Kind.AD, "adset": Kind.AD_SET, "campaign": Kind.CAMPAIGN, "": kind}
        by_id = [one for one in wanted if one.name == "id" and one.operator == "IN" and own.get(one.level) is kind]
        if by_id and isinstance(by_id[0].value, list) and node.kind is Kind.ACCOUNT:
            found = [self._world.find(str(one), node.values["account_id"]) for one in dict.fromkeys(by_id[0].value)]
            return [one for one in found if one and one.kind is kind and f"act_{one.account}" == node.id]
        if kind is Kind.CREATIVE and node.kind is not Kind.ACCOUNT:
            ads = [node] if node.kind is Kind.AD else self._world.children(node.id, Kind.AD)
            return [self._world.get(ad.values["creative_id"]) for ad in ads]
        return self._world.children(node.id, kind)

    def _statuses(self, kind: Kind, params: Params, wanted: Sequence[Filter]) -> Callable[[str], bool]:
        """Without a filter neither archived nor deleted objects are listed; DELETED cannot be asked for (README 3)."""
        asked = params.choices("effective_status", facts.enum(f"{kind}.EffectiveStatus"))
        filtered = [one for one in wanted if one.name == "effective_status"]
        if "DELETED" in asked or any("DELETED" in str(one.value) for one in filtered):
            raise refused("effective_status", "Deleted objects cannot be listed: read them by their id")
        if asked:
            return lambda status: status in asked
        hidden = {"DELETED"} if filtered else GONE
        return lambda status: status not in hidden


def _minimum_budget(world: World, account: Node) -> Json:
    currency, country = world.currency(account.values["account_id"]), account.values["business_country_code"]

    def least(billing_event: str) -> int:
        return money.minimum_daily_budget(currency, country, billing_event)

    return {
        "currency": currency,
        "min_daily_budget_imp": least("IMPRESSIONS"),
        "min_daily_budget_high_freq": least("LINK_CLICKS"),
        "min_daily_budget_low_freq": least("OFFER_CLAIMS"),
        "min_daily_budget_video_views": least("THRUPLAY"),
    }
