"""Orchestrate: a campaign from a file, created once, whatever happens."""

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

import msgspec

from metaads_cli.campaign_file import check_amounts
from metaads_cli.db.queries import syncs
from metaads_cli.db.queries.accounts import read_accounts
from metaads_cli.db.queries.orchestrations import Journal
from metaads_cli.db.session import TenantSession
from metaads_cli.errors import (
    AccessDenied,
    InputError,
    LockNotAvailable,
    MetaAdsError,
    PartlyDone,
    RefusedByMeta,
    SafetyRefusal,
)
from metaads_cli.graph.creation import AccountFacts
from metaads_cli.graph.failures import Failure, FailureClass, GraphFailure, explain, said
from metaads_cli.graph.insights import Only
from metaads_cli.graph.objects import read_objects
from metaads_cli.models.account import Account
from metaads_cli.models.campaign import CampaignSpec, Kind, unmarked
from metaads_cli.models.insight import Level
from metaads_cli.models.money import minor_units_per_major
from metaads_cli.models.orchestration import Fields, Node, NodeId, NodeState, StepState
from metaads_cli.models.reports import (
    CampaignCreation,
    InsightsSync,
    MadeObject,
    OrchestrationReport,
    PlannedStep,
)
from metaads_cli.tasks.insights.account import AccountSync
from metaads_cli.tasks.insights.options import SyncOptions
from metaads_cli.tasks.meta import Meta
from metaads_cli.tasks.orchestrate.apply import Applier
from metaads_cli.tasks.orchestrate.guard import Cost, cost_of, enforce
from metaads_cli.tasks.orchestrate.library import Library
from metaads_cli.tasks.orchestrate.options import OrchestrateOptions
from metaads_cli.tasks.orchestrate.persist import persist
from metaads_cli.tasks.orchestrate.plan import Plan, Planner, Step
from metaads_cli.tasks.orchestrate.validate import validate_online
from metaads_cli.tasks.orchestrate.wanted import wanted_objects

FACTS = "id,name,account_status,currency,timezone_name,business_country_code"
ACTIVE = 1


@dataclass
class Orchestration:
    """One campaign, one run. `writer` makes the objects, `reader` asks for the account: in hybrid mode they differ."""

    session: TenantSession
    writer: Meta
    reader: Meta
    spec: CampaignSpec
    options: OrchestrateOptions
    run_id: UUID = field(default_factory=uuid4)
    plan: Plan | None = None
    cost: Cost | None = None
    facts: AccountFacts | None = None
    nodes: dict[NodeId, Node] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    insights: InsightsSync | None = None

    async def run(self) -> tuple[OrchestrationReport, MetaAdsError | None]:
        """Plan, ask, apply. The report, and how it ended when the campaign is not as the file wants it.

        Raises what keeps it from being begun: a file that does not fit the account, a guard, another run at work.
        """
        self._started, self._clock = datetime.now(UTC), time.monotonic()
        self.warnings += self.spec.warnings
        self.account = self._account()
        self.spec = _with_page(self.spec, self.account)
        self.client = self.writer.client(self.account.token_ref)
        self.facts = await self._read_facts(self.account)
        journal = Journal(self.session, self.options.data_source, self.spec.key)
        if not journal.try_lock():
            raise LockNotAvailable(
                f"Another run is at work on campaign {self.spec.key}", hint="Wait for it to end, then run it again"
            )
        try:
            return await self._locked(journal)
        finally:
            journal.unlock()

    def _account(self) -> Account:
        """The file's account, which has to be the tenant's; or the only one that the tenant has."""
        known = {account.account_id: account for account in read_accounts(self.session)}
        tenant = self.session.tenant_id
        if self.spec.account is not None:
            if self.spec.account not in known:
                raise InputError(
                    f"{self.spec.place}: the ad account {self.spec.account} is not registered for tenant {tenant}",
                    hint=f"metaads accounts add --tenant {tenant} --account {self.spec.account}",
                )
            return known[self.spec.account]
        if len(known) != 1:
            raise InputError(
                f"{self.spec.place}: tenant {tenant} has {len(known)} ad accounts, and the file names none",
                hint="Write account: act_N into the file",
            )
        return next(iter(known.values()))

    async def _read_facts(self, account: Account) -> AccountFacts:
        """Raises SafetyRefusal for another currency than the file's, RefusedByMeta for an account that is closed."""
        try:
            client = self.reader.client(account.token_ref)
            found = await client.get(account.account_id, {"fields": FACTS}, account=account.account_id)
        except GraphFailure as error:
            raise explain(error) from error
        if found.get("account_status") != ACTIVE:
            raise RefusedByMeta(
                f"The ad account {account.account_id} is not active (status {found.get('account_status')})",
                hint="metaads accounts check says what is wrong",
            )
        currency = str(found.get("currency"))
        if self.spec.currency is not None and self.spec.currency != currency:
            raise SafetyRefusal(
                f"{self.spec.place}: the file counts in {self.spec.currency}, the ad account in {currency}",
                hint="Correct the currency and the budgets",
            )
        self._account_words = f"{account.account_id} ({found.get('name')}, {currency})"
        country = found.get("business_country_code")
        return AccountFacts(account.account_id, currency, str(found.get("timezone_name")), country)

    async def _locked(self, journal: Journal) -> tuple[OrchestrationReport, MetaAdsError | None]:
        assert self.facts is not None
        head = journal.head()
        if head is not None and head.account_id != self.facts.account_id and head.run_state != "deleted":
            raise SafetyRefusal(
                f"Campaign {self.spec.key} was made in {head.account_id}; the file says {self.facts.account_id}",
                hint="Give the file a key of its own",
            )
        if self.options.must_resume and (head is None or head.run_state == "done"):
            raise InputError(f"There is nothing to resume of campaign {self.spec.key}", hint="Run it without --resume")
        self.cost = self._checked_cost()
        enforce(self.spec, self.cost, self.options.settings)
        library = Library(self.session, self.options.data_source, self.facts.account_id)
        self.nodes = journal.nodes()
        self.plan = await self._plan(journal, library)
        if self.options.validate_online:
            await validate_online(self.reader.client(self.account.token_ref), self.facts, self.plan)
        if self.options.plan_only:
            return self._report(), None
        if self.plan.problems:
            raise SafetyRefusal(
                f"Campaign {self.spec.key} cannot be brought to what the file says: {self.plan.problems[0]}",
                hint="Look at it with --plan; --take-file makes the file's word count",
                details={"problems": self.plan.problems},
            )
        # A run that was ended after its last write is brought to its end: its open steps, the catalogue, its state.
        unfinished = head is not None and head.run_state != "done"
        if not self.plan.writes and not unfinished:
            self._settle_lost(journal)
            return self._report(), None
        if self.plan.writes:
            self.options.confirm(self.spec, self._account_words, self.plan, self.cost)
        return await self._apply(journal, library)

    def _checked_cost(self) -> Cost:
        assert self.facts is not None
        problems = check_amounts(self.spec, self.facts.currency, minor_units_per_major(self.facts.currency))
        if problems:
            raise InputError(
                f"{problems[0].place}: {problems[0].path}: {problems[0].message}",
                details={"problems": [f"{one.place}: {one.path}: {one.message}" for one in problems]},
            )
        return cost_of(self.spec, self.facts.currency)

    async def _plan(self, journal: Journal, library: Library) -> Plan:
        assert self.facts is not None
        try:
            wanted = wanted_objects(self.spec, self.facts, self.session.tenant_id, library.media_of)
        except ValueError as error:
            raise InputError(f"{self.spec.place}: {error}") from None
        planner = Planner(
            self.nodes,
            await self._read_remote(),
            take_file=self.options.take_file,
            deleting=journal.deleting(),
            media_ids=library.known(),
        )
        plan = planner.plan(wanted, publish=self.options.publish or self.spec.publish)
        for node in plan.left:
            self.warnings.append(f"{node.kind} {node.key} is no longer in the file: it is left as it is")
        for step in plan.steps:
            for name, (before, now) in step.drift.items():
                self.warnings.append(
                    f"{step.wanted.kind} {step.wanted.key}: {name} was changed at Meta: {before} → {now}"
                )
        return plan

    async def _read_remote(self) -> dict[str, Fields]:
        """What Meta has of the objects that were made, by id. What it does not find does not exist."""
        remote: dict[str, Fields] = {}
        for kind in Kind:
            ids = [n.meta_id for n in self.nodes.values() if n.kind is kind and n.state is NodeState.MADE and n.meta_id]
            for meta_id, found in (await self._read_kind(ids, kind)).items() if ids else ():
                if not isinstance(found, Failure):
                    remote[meta_id] = found
                elif found.failure_class is not FailureClass.NOT_FOUND:
                    raise explain(GraphFailure(found, f"GET {meta_id}"))
        return remote

    async def _read_kind(self, ids: list[str], kind: Kind) -> dict[str, Fields | Failure]:
        try:
            return await read_objects(self.client, ids, kind)
        except GraphFailure as error:
            raise explain(error) from error

    def _settle_lost(self, journal: Journal) -> None:
        """Write down what Meta has already, and close what runs before this one left open."""
        assert self.plan is not None
        for node in self.plan.noted:
            journal.keep(node)
            journal.settle_lost(node.id, StepState.ADOPTED, node.meta_id)
            self.nodes[node.id] = node
        journal.settle_others()

    async def _apply(self, journal: Journal, library: Library) -> tuple[OrchestrationReport, MetaAdsError | None]:
        assert self.plan is not None
        assert self.facts is not None
        settings = self.options.settings
        journal.begin(self.run_id, self.facts.account_id, self.facts.currency, self.spec.place.source)
        self._settle_lost(journal)
        applier = Applier(
            journal=journal,
            client=self.client,
            account_id=self.facts.account_id,
            run_id=self.run_id,
            max_retries=settings.max_retries,
            retry_delay_seconds=settings.retry_delay_seconds,
            media_ids={},
            tell=self.options.tell,
            nodes=self.nodes,
        )
        try:
            applier.media_ids = await library.upload(self.client, _references(self.plan.writes))
            await applier.apply(self.plan.steps)
        except GraphFailure as error:
            return await self._fail(journal, applier, explain(error))
        except MetaAdsError as error:
            return await self._fail(journal, applier, error)
        journal.end("done")
        await self._keep_and_sync()
        return self._report(), None

    async def _keep_and_sync(self) -> None:
        """The catalogue, and the figures so far. What goes wrong here is told of: the campaign itself is there."""
        assert self.facts is not None
        source = self.options.data_source
        if syncs.claim_source(self.session, self.facts.account_id, source) != source:
            self.warnings.append(f"{self.facts.account_id} has figures of another source: the catalogue was left alone")
            return
        nodes = list(self.nodes.values())
        try:
            await persist(self.session, self.client, self.facts.account_id, self.facts.currency, nodes)
        except (GraphFailure, MetaAdsError) as error:
            self.warnings.append(f"The catalogue was not renewed: {said(error)}")
        campaign = self.nodes[Kind.CAMPAIGN, self.spec.key]
        self.insights = await self._sync(campaign.meta_id or "")

    async def _sync(self, campaign_id: str) -> InsightsSync:
        """Of a campaign that was just made there are no figures yet; of one that was changed there are."""
        options = SyncOptions(
            self.options.sync_settings,
            only=Only(Level.CAMPAIGN, (campaign_id,)),
            automatic=True,
        )
        sync = AccountSync(self.session, self.client, self.account, options, lambda _text: None)
        outcome = sync.outcome
        try:
            await sync.run()
        except MetaAdsError as failure:
            outcome.fail(self.account.account_id, failure)
        error = outcome.errors[0] if outcome.errors else None
        if outcome.status == "busy":
            error = "another sync is at work on the account"
        return InsightsSync(
            insights_synced=outcome.rows.inserted + outcome.rows.updated + outcome.rows.unchanged,
            date_range_start=outcome.window.since if outcome.window else None,
            date_range_end=outcome.window.until if outcome.window else None,
            success=error is None,
            error=error,
        )

    async def _fail(
        self, journal: Journal, applier: Applier, error: MetaAdsError
    ) -> tuple[OrchestrationReport, MetaAdsError]:
        """Leave what was made, paused, for the next run; or delete what this run made."""
        self.errors.append(error.message)
        if self.options.delete_on_failure and (applier.made or applier.lost):
            problems = await applier.delete(applier.made)
            self.errors += [problem.message for problem in problems]
            journal.end("failed" if problems else "deleted")
            if not problems:
                return self._report(), type(error)(f"{error.message}. What was made is deleted", hint=error.hint)
        else:
            journal.end("failed")
        if isinstance(error, SafetyRefusal | AccessDenied) and not applier.made:
            return self._report(), error
        return self._report(), PartlyDone(
            f"Campaign {self.spec.key} is not finished: {error.message}",
            hint=f"Run it again, it goes on where it was: {self.options.resume_line}",
            details={"campaign_key": self.spec.key, "resume": self.options.resume_line},
        )

    def _report(self) -> OrchestrationReport:
        assert self.plan is not None
        assert self.cost is not None
        assert self.facts is not None
        success = not self.errors and (self.options.plan_only or all(self._is_there(step) for step in self.plan.steps))
        return OrchestrationReport(
            request_id=self.run_id,
            social_account_id=self.spec.social_account_id,
            clip_id=self.spec.clip_id,
            tenant_id=self.session.tenant_id,
            account_id=self.facts.account_id,
            campaign_key=self.spec.key,
            mode=self.options.settings.mode,
            planned_only=self.options.plan_only,
            overall_success=success,
            started_at=self._started,
            completed_at=datetime.now(UTC),
            duration_seconds=round(time.monotonic() - self._clock, 3),
            currency=self.facts.currency,
            daily_total=self.cost.daily,
            run_total=self.cost.run,
            campaign_creation=self._creation(success=success),
            insights_sync=self.insights,
            adsets=self._made(Kind.AD_SET),
            creatives=self._made(Kind.CREATIVE),
            ads=self._made(Kind.AD),
            plan=[_planned(step) for step in self.plan.steps],
            resume=self.options.resume_line if self.errors else None,
            errors=self.errors,
            warnings=self.warnings,
        )

    def _is_there(self, step: Step) -> bool:
        node = self.nodes.get(step.wanted.id)
        return node is not None and node.state is NodeState.MADE

    def _made(self, kind: Kind) -> list[MadeObject]:
        assert self.plan is not None
        named = [step.wanted.id for step in self.plan.steps if step.wanted.kind is kind and step.action != "activate"]
        nodes = [self.nodes[node_id] for node_id in named if node_id in self.nodes]
        return [MadeObject(key=node.key, meta_id=node.meta_id, status=node.status) for node in nodes]

    def _creation(self, *, success: bool) -> CampaignCreation:
        first = {kind: next((one.meta_id for one in self._made(kind)), None) for kind in Kind}
        campaign, ad_set, ad, creative = (first[k] for k in (Kind.CAMPAIGN, Kind.AD_SET, Kind.AD, Kind.CREATIVE))
        return CampaignCreation(
            campaign_db_id=campaign,
            campaign_meta_id=campaign,
            adset_db_id=ad_set,
            adset_meta_id=ad_set,
            ad_db_id=ad,
            ad_meta_id=ad,
            creative_db_id=creative,
            creative_meta_id=creative,
            success=success,
            error=self.errors[0] if self.errors else None,
        )


def _with_page(spec: CampaignSpec, account: Account) -> CampaignSpec:
    """A file that names no page speaks for the one that is registered with its account."""
    if spec.page is not None or len(account.page_ids) != 1:
        return spec
    return msgspec.structs.replace(spec, page=account.page_ids[0])


def _planned(step: Step) -> PlannedStep:
    node = step.node
    return PlannedStep(
        action=step.action,
        kind=str(step.wanted.kind),
        key=step.wanted.key,
        name=unmarked(str(step.wanted.fields["name"])),
        meta_id=node.meta_id if node is not None else None,
        changes=step.fields if step.action == "update" else {},
        drift={name: {"applied": before, "now": now} for name, (before, now) in step.drift.items()},
    )


def _references(steps: Collection[Step]) -> set[str]:
    """Everything that stands in braces in what is to be sent."""
    found: set[str] = set()

    def walk(value: object) -> None:
        if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
            found.add(value)
        elif isinstance(value, dict):
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    for step in steps:
        walk(step.fields)
    return found
