"""Import: a campaign that Meta has becomes a campaign file, and is known from then on as if it was made from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from metaads_cli.campaign_file import CampaignFileError, read_campaigns
from metaads_cli.campaign_file.writing import write_document
from metaads_cli.db.queries.accounts import read_accounts
from metaads_cli.db.queries.orchestrations import Journal
from metaads_cli.db.queries.steering import find_campaign
from metaads_cli.db.session import TenantSession
from metaads_cli.errors import InputError, LockNotAvailable
from metaads_cli.graph.creation import AccountFacts, UploadedMedia
from metaads_cli.graph.failures import FailureClass, GraphFailure, explain
from metaads_cli.graph.objects import import_tree
from metaads_cli.models.account import Account
from metaads_cli.models.campaign import CampaignSpec, CreativeSpec, Kind, marked, marker_of
from metaads_cli.models.orchestration import Fields, Node, NodeId, NodeState
from metaads_cli.tasks.meta import Meta
from metaads_cli.tasks.orchestrate.described import Describer, key_for, unlike
from metaads_cli.tasks.orchestrate.plan import GONE, Planner
from metaads_cli.tasks.orchestrate.wanted import Wanted, wanted_objects

FACTS = "id,name,currency,timezone_name,business_country_code"
SHOWN_PROBLEMS = 3


@dataclass(frozen=True)
class Imported:
    """`text` is the campaign file."""

    text: str
    campaign_key: str
    account_id: str
    ad_sets: int
    ads: int


@dataclass
class CampaignImport:
    """One campaign at Meta, by its id. `account_id` is the tenant's account that it is read with."""

    session: TenantSession
    meta: Meta
    campaign_id: str
    source: str
    account_id: str | None = None
    _known: dict[tuple[Kind, str], str] = field(default_factory=dict)
    _key: str = ""
    _found: dict[NodeId, Fields] = field(default_factory=dict)

    async def run(self) -> Imported:
        """The file; its objects are in the journal. Raises InputError for what no file can say, in one sentence."""
        tree, facts = await self._read()
        self._recall(tree)
        describer = Describer(facts, self.session.tenant_id, self._named)
        document = describer.document(tree)
        self._refuse(describer.problems)
        text = self._written(document)
        spec = self._read_back(text)
        nodes = self._nodes(spec, facts)
        self._keep(nodes, facts)
        return Imported(text, spec.key, facts.account_id, len(spec.adsets), sum(len(one.ads) for one in spec.adsets))

    # What Meta has

    async def _read(self) -> tuple[Fields, AccountFacts]:
        tree, account = await self._tree()
        if tree.get("status") in GONE:
            raise InputError(f"The campaign {self.campaign_id} is {str(tree['status']).lower()} at Meta")
        client = self.meta.client(account.token_ref)
        try:
            found = await client.get(account.account_id, {"fields": FACTS}, account=account.account_id)
        except GraphFailure as error:
            raise explain(error) from error
        country = found.get("business_country_code")
        return tree, AccountFacts(account.account_id, str(found["currency"]), str(found["timezone_name"]), country)

    async def _tree(self) -> tuple[Fields, Account]:
        """The campaign by the first of the tenant's tokens that can see it; it must be in one of its accounts."""
        accounts = self._accounts()
        failure: GraphFailure | None = None
        for token_ref in dict.fromkeys(account.token_ref for account in accounts):
            try:
                tree = await import_tree(self.meta.client(token_ref), self.campaign_id)
            except GraphFailure as error:
                if error.failure.failure_class is not FailureClass.NOT_FOUND:
                    raise explain(error) from error
                failure = error
                continue
            return tree, self._owner(tree, accounts)
        raise InputError(
            f"Meta has no campaign {self.campaign_id} that tenant {self.session.tenant_id} can see",
            hint="Ads Manager shows the id of a campaign; metaads accounts check says what the tokens can see",
        ) from failure

    def _accounts(self) -> Sequence[Account]:
        accounts = read_accounts(self.session)
        tenant = self.session.tenant_id
        if not accounts:
            raise InputError(
                f"No ad account is registered for tenant {tenant}",
                hint=f"metaads accounts add --tenant {tenant} --account act_N",
            )
        if self.account_id is None:
            return accounts
        return [one for one in accounts if one.account_id == self.account_id] or self._unregistered(self.account_id)

    def _owner(self, tree: Fields, accounts: Sequence[Account]) -> Account:
        owner = f"act_{str(tree.get('account_id') or '').removeprefix('act_')}"
        for account in accounts:
            if account.account_id == owner:
                return account
        return self._unregistered(owner)[0]

    def _unregistered(self, account_id: str) -> Sequence[Account]:
        tenant = self.session.tenant_id
        raise InputError(
            f"The ad account {account_id} is not registered for tenant {tenant}",
            hint=f"metaads accounts add --tenant {tenant} --account {account_id}",
        )

    # What it is called here

    def _recall(self, tree: Fields) -> None:
        """Objects that the journal knows keep the keys that they have there."""
        self._key = find_campaign(self.session, self.source, self.campaign_id) or ""
        if self._key:
            nodes = Journal(self.session, self.source, self._key).nodes().values()
            self._known = {(node.kind, str(node.meta_id)): node.key for node in nodes if node.state is NodeState.MADE}
        else:
            self._key = key_for(str(tree.get("name") or ""), self.campaign_id)

    def _named(self, kind: Kind, found: Mapping[str, Any], above: str) -> tuple[str, str]:
        """Its key in the file, and its name: as Meta has it, but without the marker that it has from us."""
        object_id, held = str(found.get("id")), str(found.get("name") or found.get("id"))
        if kind is Kind.CAMPAIGN:
            node_key = self._key
        else:
            prefix = f"{above}/" if above else ""
            node_key = self._known.get((kind, object_id), "")
            if not node_key or not node_key.startswith(prefix):
                node_key = prefix + key_for(held, object_id)
        marker = marker_of(self.session.tenant_id, self._key, kind, node_key)
        name = held.removesuffix(marked("", marker)) if held != marked("", marker) else held
        self._found[kind, node_key] = dict(found)
        if kind is Kind.AD:
            self._found[Kind.CREATIVE, node_key] = dict(found.get("creative") or {})
        return node_key.rpartition("/")[2], name

    # The file, and what it comes to

    def _refuse(self, problems: Sequence[str]) -> None:
        if problems:
            more = len(problems) - SHOWN_PROBLEMS
            told = "; ".join(problems[:SHOWN_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
            raise InputError(
                f"Campaign {self.campaign_id} cannot be written as a campaign file: {told}",
                hint="A file has no words for that: leave this campaign to Ads Manager. Nothing was changed",
                details={"problems": list(problems)},
            )

    def _written(self, document: Mapping[str, Any]) -> str:
        try:
            return write_document(document)
        except ValueError as error:
            self._refuse([str(error)])
            raise

    def _read_back(self, text: str) -> CampaignSpec:
        try:
            (spec,) = read_campaigns(text, f"campaign {self.campaign_id}", {})
        except CampaignFileError as error:
            self._refuse([f"{one.path}: {one.message}" for one in error.problems])
            raise
        return spec

    def _nodes(self, spec: CampaignSpec, facts: AccountFacts) -> list[Node]:
        """The journal's nodes, after which the file plans nothing."""
        try:
            wanted = wanted_objects(spec, facts, self.session.tenant_id, _media_of)
        except ValueError as error:
            self._refuse([str(error)])
            raise
        nodes = [self._node(one) for one in wanted]
        remote = {str(node.meta_id): self._remote(one) for node, one in zip(nodes, wanted, strict=True)}
        self._refuse([
            f"{one.kind} {one.key} has {path}"
            for one in wanted if one.kind is Kind.CREATIVE
            for path in unlike(one.fields["object_story_spec"], self._remote(one).get("object_story_spec"))
        ])  # fmt: skip
        plan = Planner({node.id: node for node in nodes}, remote).plan(wanted, publish=False)
        self._refuse(plan.problems)
        self._refuse([
            f"{step.wanted.kind} {step.wanted.key} has another {name} than a file can give it"
            for step in plan.steps for name in {**step.drift, **step.fields}
        ])  # fmt: skip
        return nodes

    def _remote(self, wanted: Wanted) -> Fields:
        """What was read of the object; a creative's key has its ad's, and a digest."""
        return self._found[wanted.kind, wanted.key.partition("@")[0]]

    def _node(self, wanted: Wanted) -> Node:
        found = self._remote(wanted)
        return Node(
            kind=wanted.kind,
            key=wanted.key,
            marker=wanted.marker,
            meta_id=str(found.get("id")),
            status=str(found.get("status") or "PAUSED"),
            applied={**wanted.fields, "name": str(found.get("name") or wanted.fields["name"])},
            state=NodeState.MADE,
        )

    def _keep(self, nodes: Sequence[Node], facts: AccountFacts) -> None:
        journal = Journal(self.session, self.source, self._key)
        if not journal.try_lock():
            raise LockNotAvailable(
                f"Another run is at work on campaign {self._key}", hint="Wait for it to end, then import again"
            )
        try:
            is_new = journal.head() is None
            if is_new:
                journal.begin(uuid4(), facts.account_id, facts.currency, f"import of {self.campaign_id}")
            for node in nodes:
                journal.keep(node)
            if is_new:
                journal.end("done")
        finally:
            journal.unlock()


def _media_of(creative: CreativeSpec) -> UploadedMedia:
    """Imported media are known to the account already."""
    media = creative.media
    return UploadedMedia(image_hash=media.image_hash or media.thumbnail_hash, video_id=media.video_id)
