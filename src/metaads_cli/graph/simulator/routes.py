"""From a path to what answers it: objects, edges, insights, batches; and the calls that v26 refuses."""

import re
from collections.abc import Sequence
from typing import Any

from metaads_cli.graph.simulator.auth import Auth, Grant, check_access, debug_token, permissions
from metaads_cli.graph.simulator.edges import Lister
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.http import Request
from metaads_cli.graph.simulator.insights import Insights, Query, Result
from metaads_cli.graph.simulator.leads import find_lead
from metaads_cli.graph.simulator.limits import Limits, UseCase
from metaads_cli.graph.simulator.nodes import Reader
from metaads_cli.graph.simulator.paging import paging, turn
from metaads_cli.graph.simulator.params import Params, refuse_removed
from metaads_cli.graph.simulator.refusals import Refusal, known, unknown_object, unknown_path
from metaads_cli.graph.simulator.reports import Reports
from metaads_cli.graph.simulator.selection import Field, wanted_fields
from metaads_cli.graph.simulator.world import SYSTEM_USER, Node, World
from metaads_cli.graph.simulator.writes import Writer

Json = dict[str, Any]

NEWEST_VERSION = 26
LAST_ENDED_VERSION = 24
_VERSION = re.compile(r"v(\d+)\.\d+")
_INSIGHTS_KINDS = frozenset({Kind.ACCOUNT, Kind.CAMPAIGN, Kind.AD_SET, Kind.AD})


def split_path(path: str) -> list[str]:
    """The parts of a path below its version; a slash at the end does not matter (README 7).

    Raises Refusal 2635 for a version whose Marketing API has ended, 2500 for one that is not there yet (README 0).
    """
    parts = [part for part in path.split("/") if part]
    found = _VERSION.fullmatch(parts[0]) if parts else None
    if not found:
        return parts
    if int(found[1]) <= LAST_ENDED_VERSION:
        raise known(2635)
    if int(found[1]) > NEWEST_VERSION:
        raise unknown_path(f"/{parts[0]}")
    return parts[1:]


def refuse_multi_get(request: Request) -> None:
    """`?ids=` is gone for all versions, with HTTP 500 (README 0)."""
    if request.method == "GET" and "ids" in request.params:
        raise known(100, message="The ids query parameter is deprecated in v26.0+.", http=500)


def _counted_for(node: Node, edge: str) -> tuple[str | None, UseCase]:
    """The number of the account that a call counts for, of a lead its page's; and as what."""
    if node.kind is Kind.LEAD:
        return str(node.values["page_id"]), UseCase.LEADGEN
    number = node.values["account_id"] if node.kind is Kind.ACCOUNT else node.account or None
    return number, UseCase.INSIGHTS if edge == "insights" or node.kind is Kind.REPORT else UseCase.MANAGEMENT


class Router:
    """Answers single calls. Every call counts against the limits of the account, or of the page, that it touches."""

    def __init__(self, world: World, auth: Auth, limits: Limits, insights: Insights, reports: Reports, writer: Writer):
        self._world, self._auth, self._limits = world, auth, limits
        self._insights, self._reports, self._writer = insights, reports, writer
        self._reader = Reader(world, self._read_edge)

    def answer(self, request: Request) -> tuple[Json, dict[str, str]]:
        """The document and its usage headers. Raises Refusal, with those headers where they belong."""
        parts = split_path(request.path)
        refuse_multi_get(request)
        refuse_removed(request.params)
        grant = self._auth.check(request, self._world.now().timestamp())
        if parts == ["debug_token"]:
            return debug_token(self._auth, request, self._world), {}
        if not parts or len(parts) > 2:
            raise unknown_path(request.path)
        node = self._node(parts[0], request.method, grant)
        edge = parts[1] if len(parts) == 2 else ""
        check_access(grant, node, request.method, by_account=parts[0].startswith("act_"))
        return self._counted(request, node, edge, grant)

    def _node(self, object_id: str, method: str, grant: Grant) -> Node:
        if object_id == "me":
            return self._world.get(SYSTEM_USER)
        first = min(grant.accounts) if grant.accounts else None
        node = self._world.find(object_id, first) or find_lead(self._world, object_id)
        if node is None:
            raise unknown_object(object_id, method)
        return node

    def _counted(self, request: Request, node: Node, edge: str, grant: Grant) -> tuple[Json, dict[str, str]]:
        number, use_case = _counted_for(node, edge)
        now = self._world.now()
        ads = self._world.active_ads(number) if number else 0
        try:
            self._limits.charge_app(now)
            if number:
                write = request.method != "GET" and edge != "insights"
                self._limits.charge(number, use_case, now, write=write, active_ads=ads)
            document = self._dispatch(request, node, edge, grant)
        except Refusal as refusal:
            refusal.headers = self._limits.headers(number, use_case, now, ads) | refusal.headers
            raise
        return document, self._limits.headers(number, use_case, now, ads)

    def _dispatch(self, request: Request, node: Node, edge: str, grant: Grant) -> Json:
        if edge == "insights":
            return self._answer_insights(request, node)
        if edge == "permissions" and node.kind is Kind.USER:
            return permissions(grant)
        if request.method == "GET":
            return self._read(request, node, edge, grant)
        if request.method == "POST":
            return self._writer.create(node, edge, request) if edge else self._writer.update(node, request)
        if request.method == "DELETE" and not edge:
            return self._writer.delete(node)
        raise known(100, message=f"Unsupported {request.method.lower()} request.")

    def _read(self, request: Request, node: Node, edge: str, grant: Grant) -> Json:
        wanted = wanted_fields(request.params)
        if edge:
            return Lister(self._world, lambda: self._reader, grant.sees).page(node, edge, request, wanted)
        if node.kind is Kind.REPORT:
            self._reports.describe(node)
        return self._reader.read(node, wanted)

    def _read_edge(self, node: Node, edge: str, params: Params, wanted: Sequence[Field]) -> Json | None:
        """An edge inside a field selection; one without objects is absent."""
        inner = Request("GET", f"/v{NEWEST_VERSION}.0/{node.id}/{edge}", dict(params))
        if edge == "insights":
            if wanted:
                inner.params["fields"] = ",".join(field.name for field in wanted)
            answer = self._rows(self._insights.query(node, inner.params), inner)
        else:
            answer = Lister(self._world, lambda: self._reader, lambda _: True).page(node, edge, inner, wanted)
        return answer if answer["data"] else None

    def _answer_insights(self, request: Request, node: Node) -> Json:
        """The verb alone makes a call asynchronous (README 1.1)."""
        if node.kind is Kind.REPORT and request.method == "GET":
            query, results = self._reports.results(node)
            return self._page(query, results, request)
        if node.kind not in _INSIGHTS_KINDS:
            raise unknown_object(node.id, request.method)
        if request.method == "POST":
            return self._reports.submit(node, request.params)
        return self._rows(self._insights.query(node, request.params), request)

    def _rows(self, query: Query, request: Request) -> Json:
        return self._page(query, self._insights.results(query, self._world.now()), request)

    def _page(self, query: Query, results: Sequence[Result], request: Request) -> Json:
        page = turn(results, range(len(results)), request.params, request.quirk)
        answer: Json = {"data": self._insights.render(query, page.items)}
        answer |= paging(page, request)
        summary = self._insights.total(query, results)
        return answer | ({"summary": summary} if summary else {})
