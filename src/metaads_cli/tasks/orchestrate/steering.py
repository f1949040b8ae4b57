"""Steering: a campaign that was made from a file is paused, or activated, by its key."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from uuid import uuid4

import msgspec

from metaads_cli.campaign_file.problems import nearest
from metaads_cli.db.queries.accounts import read_accounts
from metaads_cli.db.queries.orchestrations import Head, Journal
from metaads_cli.db.queries.steering import campaign_keys
from metaads_cli.db.session import TenantSession
from metaads_cli.errors import InputError, LockNotAvailable
from metaads_cli.graph.client import GraphClient
from metaads_cli.graph.failures import Failure, GraphFailure, explain
from metaads_cli.graph.objects import read_objects
from metaads_cli.models.account import Account
from metaads_cli.models.campaign import Kind, unmarked
from metaads_cli.models.money import from_minor_units
from metaads_cli.models.orchestration import Node, NodeState
from metaads_cli.models.reports import SteeringReport
from metaads_cli.settings import OrchestrateSettings
from metaads_cli.tasks.meta import Meta
from metaads_cli.tasks.orchestrate.apply import Applier, Tell
from metaads_cli.tasks.orchestrate.plan import GONE

Confirm = Callable[[str, str, str, Decimal | None], None]
"""Asks somebody: (campaign, account, currency, most a day where that is known). Raises where the answer is no."""
SHOWN_KEYS = 8


@dataclass(frozen=True)
class KnownCampaign:
    """A campaign that the journal has: its objects, and the account with its token."""

    key: str
    journal: Journal
    head: Head
    account: Account
    nodes: list[Node]

    @property
    def campaign(self) -> Node:
        return next(node for node in self.nodes if node.kind is Kind.CAMPAIGN)

    @property
    def name(self) -> str:
        return unmarked(str(self.campaign.applied.get("name") or self.key))

    def made(self, kind: Kind) -> list[Node]:
        return [node for node in self.nodes if node.kind is kind]

    def daily_total(self) -> Decimal | None:
        """What its budgets come to a day; None where one of them is for the whole run."""
        paying = [self.campaign] if self.campaign.applied.keys() & {"daily_budget", "lifetime_budget"} else self.made(
            Kind.AD_SET
        )  # fmt: skip
        amounts = [daily_budget(node, self.head.currency) for node in paying]
        return None if None in amounts else sum((one for one in amounts if one is not None), Decimal(0))


def daily_budget(node: Node, currency: str) -> Decimal | None:
    """As it was given to Meta last."""
    amount = node.applied.get("daily_budget")
    return None if not amount else from_minor_units(int(amount), currency)


def known_campaign(session: TenantSession, source: str, key: str) -> KnownCampaign:
    """The campaign that the key is of. Raises InputError, with the keys that are near, where there is none."""
    journal = Journal(session, source, key)
    head = journal.head()
    nodes = [node for node in journal.nodes().values() if node.state is NodeState.MADE]
    if head is None or not any(node.kind is Kind.CAMPAIGN for node in nodes):
        raise _unknown(session, source, key)
    account = next((one for one in read_accounts(session) if one.account_id == head.account_id), None)
    if account is None:
        raise InputError(
            f"Campaign {key} is in the ad account {head.account_id}, which is not registered any more",
            hint=f"metaads accounts add --tenant {session.tenant_id} --account {head.account_id}",
        )
    return KnownCampaign(key, journal, head, account, nodes)


def _unknown(session: TenantSession, source: str, key: str) -> InputError:
    keys = campaign_keys(session, source)
    other = "stub" if source == "live" else "live"
    near = nearest(key, keys)
    if near is not None and near != key:
        hint = f"Did you mean {near}?"
    elif key in campaign_keys(session, other):
        hint = f"It was made in {other} mode: add --mode {other}"
    elif keys:
        some = ", ".join(keys[:SHOWN_KEYS]) + (", …" if len(keys) > SHOWN_KEYS else "")
        hint = f"There are: {some}"
    else:
        hint = "metaads orchestrate FILE makes one, metaads orchestrate --import ID takes one over"
    return InputError(
        f"Tenant {session.tenant_id} has made no campaign {key}", hint=hint, details={"campaign_key": key, "near": near}
    )


@dataclass(frozen=True)
class Steering:
    session: TenantSession
    meta: Meta
    settings: OrchestrateSettings
    confirm: Confirm
    tell: Tell

    async def set_status(self, known: KnownCampaign, status: str) -> SteeringReport:
        """ACTIVE or PAUSED, of the campaign itself: what is below it follows.

        Raises what `confirm` does, InputError for a campaign that is gone, LockNotAvailable while a run is at work on
        it, and what Meta says.
        """
        if not known.journal.try_lock():
            raise LockNotAvailable(
                f"Another run is at work on campaign {known.key}", hint="Wait for it to end, then run it again"
            )
        try:
            return await self._set(known, status)
        finally:
            known.journal.unlock()

    async def _set(self, known: KnownCampaign, status: str) -> SteeringReport:
        client = self.meta.client(known.account.token_ref)
        node = known.campaign
        before = await self._status(client, known)
        if before != status:
            if status == "ACTIVE":
                self.confirm(known.name, known.head.account_id, known.head.currency, known.daily_total())
            await self._send(client, known, status)
        elif node.status != status:
            known.journal.keep(msgspec.structs.replace(node, status=status))
        return SteeringReport(
            campaign_key=known.key,
            account_id=known.head.account_id,
            meta_id=node.meta_id or "",
            name=known.name,
            mode=self.settings.mode,
            before=before,
            status=status,
            changed=before != status,
            warnings=_warnings(known, status),
        )

    async def _status(self, client: GraphClient, known: KnownCampaign) -> str:
        meta_id = known.campaign.meta_id or ""
        try:
            found = (await read_objects(client, [meta_id], Kind.CAMPAIGN))[meta_id]
        except GraphFailure as error:
            raise explain(error) from error
        if isinstance(found, Failure):
            raise explain(GraphFailure(found, f"GET {meta_id}"))
        status = str(found.get("status"))
        if status in GONE:
            raise InputError(
                f"Campaign {known.key} ({meta_id}) was deleted or archived at Meta",
                hint="metaads orchestrate FILE --take-file makes it anew",
            )
        return status

    async def _send(self, client: GraphClient, known: KnownCampaign, status: str) -> None:
        applier = Applier(
            journal=known.journal,
            client=client,
            account_id=known.head.account_id,
            run_id=uuid4(),
            max_retries=self.settings.max_retries,
            retry_delay_seconds=self.settings.retry_delay_seconds,
            media_ids={},
            tell=self.tell,
            nodes={node.id: node for node in known.nodes},
        )
        try:
            await applier.set_status(known.campaign, status)
        except GraphFailure as error:
            raise explain(error) from error
        self.tell("activate" if status == "ACTIVE" else "pause", str(Kind.CAMPAIGN), known.key)


def _warnings(known: KnownCampaign, status: str) -> list[str]:
    """A campaign delivers when its ad sets and ads are active as well."""
    delivering = all(any(node.status == "ACTIVE" for node in known.made(kind)) for kind in (Kind.AD_SET, Kind.AD))
    if status != "ACTIVE" or delivering:
        return []
    return ["its ad sets or ads were never published, so nothing is shown: metaads orchestrate FILE --publish"]
