"""`orchestrate` inside the test's process: a real database, a simulated Meta, and clocks that take no time.

The way to Meta can be made to fail, lie or end the run at any request, and the way to the database at any commit. What
ends a run is no Exception, and nothing works after it, as in a process that was killed.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import psycopg

from fake_clock import Clock
from metaads_cli.campaign_file import read_campaigns
from metaads_cli.db.queries.accounts import save_account
from metaads_cli.db.queries.orchestrations import Journal
from metaads_cli.db.queries.syncs import claim_source
from metaads_cli.db.session import Database
from metaads_cli.errors import MetaAdsError
from metaads_cli.graph.creation import AccountFacts, drift
from metaads_cli.graph.governor import Governor
from metaads_cli.graph.objects import selection
from metaads_cli.graph.simulator import AccountPlan, Simulator, World, WorldPlan
from metaads_cli.graph.simulator.control import LoggedRequest
from metaads_cli.graph.simulator.facts import Kind as Simulated
from metaads_cli.graph.simulator.restoring import adopt_page
from metaads_cli.graph.simulator.world import Node as WorldNode
from metaads_cli.models.account import Account
from metaads_cli.models.campaign import CampaignSpec, Kind, marked
from metaads_cli.models.orchestration import NodeState, reference
from metaads_cli.models.reports import OrchestrationReport
from metaads_cli.settings import GraphSettings, OrchestrateSettings, SyncSettings
from metaads_cli.tasks.meta import Meta
from metaads_cli.tasks.orchestrate import Orchestration
from metaads_cli.tasks.orchestrate.library import Library
from metaads_cli.tasks.orchestrate.options import OrchestrateOptions
from metaads_cli.tasks.orchestrate.wanted import resolved, wanted_objects
from simulated import Api, StoppedClock

NUMBER, OTHER_NUMBER = "1234567890", "1234567899"
ACCOUNT = f"act_{NUMBER}"
PAGE = "109876543210987"
FACTS = AccountFacts(ACCOUNT, "ARS", "America/Argentina/Buenos_Aires", "AR")
KEY = "verano-2026"
PICTURE = b"\x89PNG picture of the tests"
SIMULATED = {
    Kind.CAMPAIGN: Simulated.CAMPAIGN,
    Kind.AD_SET: Simulated.AD_SET,
    Kind.CREATIVE: Simulated.CREATIVE,
    Kind.AD: Simulated.AD,
}
TABLES = ("orchestration_steps", "orchestration_nodes", "orchestrations", "media")
Outcome = tuple[OrchestrationReport | None, MetaAdsError | None]
Transport = httpx.AsyncBaseTransport
Wrap = Callable[[Transport], Transport]


def campaign_file(folder: Path, *, ad_sets: int = 2, ads: int = 3, key: str = KEY) -> str:
    """A click-to-WhatsApp campaign as somebody would write it."""
    lines = [
        "apiVersion: metaads/v1",
        f"key: {key}",
        "tenant: 1",
        f"account: {ACCOUNT}",
        "currency: ARS",
        f'page: "{PAGE}"',
        "campaign:",
        "  name: Verano",
        "  objective: engagement",
        "  special_ad_categories: []",
        "  budget_mode: adset",
        "defaults:",
        "  adset:",
        "    destination: whatsapp",
        "    optimize_for: conversations",
        "    schedule: {start: 2027-01-10T08:00, end: 2027-02-20T23:00}",
        "creatives:",
        "  promo:",
        f"    image: {folder / 'promo.png'}",
        '    text: "Solo esta semana"',
        '    headline: "Hasta el domingo"',
        "adsets:",
    ]
    for index in range(ad_sets):
        name = "abcdef"[index]
        lines += [
            f"  - key: set-{name}",
            f"    name: Set {name}",
            f"    budget: {{daily: {45000 + index}.00}}",
            f"    audience: {{locations: [{{country: AR}}], age: 25-{45 + index}, advantage: false}}",
            "    ads:",
            *(f"      - {{key: ad-{number}, creative: promo, headline: Promesa {number}}}" for number in range(ads)),
        ]
    return "\n".join(lines) + "\n"


def edited(text: str, *replacements: tuple[str, str]) -> str:
    """The file after somebody's changes, each of which must find its place."""
    for before, after in replacements:
        assert before in text, before
        text = text.replace(before, after)
    return text


@lru_cache
def spec_of(text: str) -> CampaignSpec:
    """Of a file with one campaign."""
    (spec,) = read_campaigns(text, "campaign.yaml", {})
    return spec


class Killed(BaseException):
    """The process is no more."""


class MortalConnection(psycopg.Connection[Any]):
    """Ends the run when the commit of that number is about to be made, or, `after`, when it was."""

    number = 0
    after = False
    dead = False
    commits = 0

    def die_at(self, number: int, *, after: bool) -> None:
        self.number, self.after, self.dead, self.commits = number, after, False, 0

    @contextmanager
    def transaction(self, *arguments: Any, **options: Any) -> Iterator[psycopg.Transaction]:
        if self.dead:
            raise Killed
        with super().transaction(*arguments, **options) as transaction:
            yield transaction
            self.commits += 1
            if self.commits == self.number and not self.after:
                self._die()
        if self.commits == self.number:
            self._die()

    def _die(self) -> None:
        self.dead = True
        raise Killed


def is_write(request: httpx.Request) -> bool:
    """Whether it is meant to change something at Meta: a batch of reads is a POST, too."""
    return request.method == "DELETE" or (request.method == "POST" and not request.content.startswith(b"batch="))


def is_any(_request: httpx.Request) -> bool:
    return True


def is_read(request: httpx.Request) -> bool:
    return not is_write(request)


@dataclass
class Strike(Transport):
    """Does something at the request of that number, of those that are `chosen`, and at `times - 1` after it: instead
    of the request, or, `after` its effect, instead of its answer."""

    number: int
    act: Callable[[httpx.Request], httpx.Response]
    after: bool = False
    chosen: Callable[[httpx.Request], bool] = is_any
    times: int = 1
    seen: int = 0
    struck: list[str] = field(default_factory=list)

    def __call__(self, inner: Transport) -> "Strike":
        self.inner = inner
        return self

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.seen += self.chosen(request)
        if not self.chosen(request) or not self.number <= self.seen < self.number + self.times:
            return await self.inner.handle_async_request(request)
        self.struck.append(f"{request.method} {request.url.path}")
        if self.after:
            answer = await self.inner.handle_async_request(request)
            await answer.aread()
        return self.act(request)


@dataclass
class Mortal(Transport):
    """Ends the run at the request of that number, before it is sent or `after` it was answered."""

    number: int
    after: bool = False
    chosen: Callable[[httpx.Request], bool] = is_any
    seen: int = 0
    dead: bool = False

    def __call__(self, inner: Transport) -> "Mortal":
        self.inner = inner
        return self

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.dead:
            raise Killed
        await request.aread()
        self.seen += self.chosen(request)
        self.dead = self.chosen(request) and self.seen == self.number
        if self.dead and not self.after:
            raise Killed
        answer = await self.inner.handle_async_request(request)
        if self.dead:
            raise Killed
        return answer


@dataclass
class Recorder(Transport):
    """Writes down what is sent to be changed: (method, last part of the path, fields, read where they are JSON)."""

    sent: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def __call__(self, inner: Transport) -> "Recorder":
        self.inner = inner
        return self

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        if is_write(request):
            fields = {name: _read(value) for name, value in parse_qsl(request.content.decode())}
            self.sent.append((request.method, request.url.path.rpartition("/")[2], fields))
        return await self.inner.handle_async_request(request)


def _read(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def wraps(*layers: Wrap) -> Wrap:
    """Several at once, the first next to the client."""

    def wrap(inner: Transport) -> Transport:
        for layer in reversed(layers):
            inner = layer(inner)
        return inner

    return wrap


def dropped(_request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("the connection was dropped")


def html(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(500, html="<!DOCTYPE html><html><body>Sorry, something went wrong.</body></html>")


def empty(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={})


def refused(code: int, subcode: int | None = None, http: int = 400) -> Callable[[httpx.Request], httpx.Response]:
    def answer(_request: httpx.Request) -> httpx.Response:
        error = {"message": "An error of the tests", "type": "OAuthException", "code": code, "fbtrace_id": "Atest"}
        return httpx.Response(http, json={"error": error | ({"error_subcode": subcode} if subcode else {})})

    return answer


@dataclass
class Bench:
    """One database and one simulated Meta. `run` is one call of `orchestrate`.

    Unless `syncs`, the account's figures are of another source, so that a run ends with its last write.
    """

    url: str
    folder: Path
    syncs: bool = False
    time: StoppedClock = field(default_factory=StoppedClock)
    clock: Clock = field(default_factory=Clock)
    settings: OrchestrateSettings = field(default_factory=lambda: OrchestrateSettings(mode="live"))

    def __post_init__(self) -> None:
        (self.folder / "promo.png").write_bytes(PICTURE)
        with self.database() as database:
            session = database.tenant(1)
            for number in (NUMBER, OTHER_NUMBER):
                save_account(session, Account(tenant_id=1, account_id=f"act_{number}"))
                if not self.syncs:
                    claim_source(session, f"act_{number}", "stub")
        self.renew()

    def renew(self) -> None:
        """A Meta and a journal in which nothing was ever made."""
        self.renew_meta()
        with self.database() as database, database.tenant(1).transaction() as cursor:
            for table in TABLES:
                cursor.execute(f"DELETE FROM metaads.{table} WHERE tenant_id = 1".encode())

    def renew_meta(self) -> None:
        """Another Meta with the same accounts, where nothing was ever made."""
        plans = tuple(AccountPlan(number, campaigns=0) for number in (NUMBER, OTHER_NUMBER))
        self.world = World.seeded(clock=self.time, plan=WorldPlan(plans))
        adopt_page(self.world, PAGE, NUMBER)
        self.simulator = Simulator(self.world)

    @contextmanager
    def database(self) -> Iterator[Database]:
        with MortalConnection.connect(self.url, autocommit=True) as connection:
            yield Database(connection)

    def run(
        self,
        wanted: CampaignSpec | str,
        *,
        wrap: Wrap = lambda inner: inner,
        budget: float = 100_000,
        dies: tuple[int, bool] | None = None,
        commits: list[int] | None = None,
        **options: Any,
    ) -> Outcome:
        """One run: its report and how it ended; what kept it from being begun counts as how it ended.

        `dies` are the number of a commit, and whether to die after it. `commits` is given how many there were.
        """
        spec = spec_of(wanted) if isinstance(wanted, str) else wanted

        async def inside(database: Database) -> Outcome:
            governor = Governor(budget_seconds=budget, clock=self.clock, jitter=lambda low, _high: low)
            inner = wrap(httpx.ASGITransport(app=self.simulator))  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=inner, base_url="https://graph.example") as http:
                meta = Meta(http, GraphSettings(), governor, simulated=True)
                run = Orchestration(database.tenant(1), meta, meta, spec, self.options(**options))
                try:
                    return await run.run()
                except MetaAdsError as error:
                    return None, error

        with self.database() as database:
            connection = database.connection
            assert isinstance(connection, MortalConnection)
            connection.die_at(*(dies[:1] if dies else (0,)), after=bool(dies and dies[1]))
            try:
                return asyncio.run(inside(database))
            finally:
                if commits is not None:
                    commits.append(connection.commits)

    def options(self, **changes: Any) -> OrchestrateOptions:
        given: dict[str, Any] = {
            "settings": self.settings,
            "sync_settings": SyncSettings(mode="live"),
            "confirm": lambda *_: None,
            "tell": lambda *_: None,
        }
        return OrchestrateOptions(**(given | changes))

    def done(self, wanted: CampaignSpec | str, **options: Any) -> OrchestrationReport:
        """The report of a run in which nothing went wrong."""
        report, failure = self.run(wanted, **options)
        assert failure is None, failure.message
        assert report is not None
        assert report.overall_success
        return report

    def failed(self, wanted: CampaignSpec | str, **options: Any) -> MetaAdsError:
        _report, failure = self.run(wanted, **options)
        assert failure is not None
        return failure

    def killed(self, wanted: CampaignSpec | str, **options: Any) -> bool:
        """Whether the run was ended, and did not come to its end, a good one or not, before."""
        try:
            self.run(wanted, **options)
        except Killed:
            return True
        return False

    # --- what there is

    @property
    def log(self) -> Sequence[LoggedRequest]:
        return self.simulator.log.entries

    @property
    def writes(self) -> list[str]:
        """The requests that were to change something, since the log was cleared: `POST /v26.0/act_1/ads`."""
        return [
            f"{entry.method} {entry.path}"
            for entry in self.log
            if entry.method == "DELETE" or (entry.method == "POST" and not entry.batch_items)
        ]

    def objects(self, kind: Kind) -> list[WorldNode]:
        """What exists at Meta: a deleted object, and what hangs below one, does not."""
        return [one for one in self.world.all_of(SIMULATED[kind]) if self._exists(one)]

    def _exists(self, node: WorldNode) -> bool:
        above = [self.world.parent(node, kind) for kind in (Simulated.AD_SET, Simulated.CAMPAIGN)]
        return all(one is None or one.status != "DELETED" for one in [node, *above])

    def one(self, kind: Kind, name: str) -> WorldNode:
        """The object that somebody would call so."""
        (found,) = [one for one in self.objects(kind) if str(one.values["name"]).startswith(f"{name} [ma:")]
        return found

    def by_hand(self, node: WorldNode, **fields: Any) -> None:
        """A change in Ads Manager, or a deletion: `status="DELETED"`."""
        api = Api(self.simulator)
        if fields == {"status": "DELETED"}:
            assert api.send("DELETE", f"/v26.0/{node.id}").status_code == 200
        else:
            answer = api.post(node.id, **fields)
            assert answer.status_code == 200, answer.text
        self.forget()

    def forget(self) -> None:
        """Count requests anew."""
        self.simulator.log.entries.clear()

    def remote(self, nodes: Sequence[tuple[Kind, WorldNode]]) -> list[dict[str, Any]]:
        """The objects as an API client reads them."""
        batch = [{"method": "GET", "relative_url": f"{node.id}?fields={selection(kind)}"} for kind, node in nodes]
        answers = Api(self.simulator).post("", batch=batch).json()
        return [json.loads(answer["body"]) for answer in answers]

    def steps(self, key: str = KEY) -> list[tuple[str, str, str, str]]:
        """(action, kind, key, state) of every write that was ever begun, in their order."""
        query = (
            f"SELECT action, kind, node_key, state FROM metaads.orchestration_steps WHERE campaign_key = '{key}'"
            " ORDER BY intended_at"
        )
        return self.query(query)

    def run_state(self, key: str = KEY) -> str:
        return str(self.query(f"SELECT run_state FROM metaads.orchestrations WHERE campaign_key = '{key}'")[0][0])

    def query(self, text: str, tenant_id: int = 1) -> list[tuple[Any, ...]]:
        with self.database() as database, database.tenant(tenant_id).transaction() as cursor:
            return cursor.execute(text.encode()).fetchall()

    def assert_exactly_once(self, wanted: CampaignSpec | str, *, status: str = "PAUSED") -> None:
        """Of everything the file wants there is one object, as it is wanted and where it belongs, and the journal
        knows it and has no open ends. Nothing else of the file's was ever left at Meta, but creatives no more used."""
        spec = spec_of(wanted) if isinstance(wanted, str) else wanted
        with self.database() as database:
            session = database.tenant(1)
            library = Library(session, "live", ACCOUNT)
            objects = wanted_objects(spec, FACTS, 1, library.media_of)
            nodes = Journal(session, "live", spec.key).nodes()
            media = library.known()
        found = {one.id: self._marked(one.kind, one.marker) for one in objects}
        assert {node_id: len(these) for node_id, these in found.items()} == dict.fromkeys(found, 1)
        ids = media | {reference(*node_id): these[0].id for node_id, these in found.items()}
        assert {node_id: nodes[node_id].meta_id for node_id in found} == {
            node_id: these[0].id for node_id, these in found.items()
        }
        remote = self.remote([(one.kind, found[one.id][0]) for one in objects])
        for one, there in zip(objects, remote, strict=True):
            node = nodes[one.id]
            fields = {**one.fields, "name": marked(str(one.fields["name"]), one.marker)}
            expected = "ACTIVE" if one.kind is Kind.CREATIVE else status
            assert drift(one.kind, resolved(fields, ids), there) == {}, one.id
            assert (there["status"], node.state) == (expected, NodeState.MADE), one.id
            assert node.status == status or one.kind is Kind.CREATIVE, one.id
        names = [str(one.values["name"]) for kind in Kind if kind is not Kind.CREATIVE for one in self.objects(kind)]
        assert Counter(names).most_common(1)[0][1] == 1
        assert {node_id for node_id, node in nodes.items() if node.state is NodeState.INTENDED} == set()
        assert [step for step in self.steps(spec.key) if step[3] == "intended"] == []

    def _marked(self, kind: Kind, marker: str) -> list[WorldNode]:
        return [one for one in self.objects(kind) if marker in str(one.values["name"])]

    def assert_nothing_to_do(self, wanted: CampaignSpec | str, **options: Any) -> None:
        """A further run ends well, and writes nothing."""
        self.forget()
        report = self.done(wanted, **options)
        assert self.writes == []
        assert {step.action for step in report.plan} == {"keep"}
