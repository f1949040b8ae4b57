"""The answers of people who filled in a form: a webhook only announces a lead, so it is asked for by its id, fifty a
call. What a call answers is stored at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from itertools import groupby

from msgspec.structs import replace

from metaads_cli.db.queries.forms import PendingLead, pending_leads, save_unresolved, settle
from metaads_cli.db.queries.touches import Touches
from metaads_cli.graph.client import BATCH_SIZE, GraphClient, Json
from metaads_cli.graph.failures import Failure, FailureClass, GraphFailure, explain
from metaads_cli.graph.governor import RateLimited
from metaads_cli.graph.leads import PERMISSION, read_leads
from metaads_cli.graph.paging import batches
from metaads_cli.models.referral import Receiver, Referral
from metaads_cli.referrals.leads import answered_lead
from metaads_cli.referrals.text import Unusable
from metaads_cli.tasks.enrich.asking import NOT_ALLOWED, NOT_FOUND, NOT_FOUND_AGAIN_IN, Asking
from metaads_cli.tasks.halving import store_apart

UNUSABLE = "its answers cannot be used"
NO_CONTACT = "its answers hold neither a phone nor an e-mail address"
ASK_AGAIN = {
    NOT_FOUND: NOT_FOUND_AGAIN_IN,
    NOT_ALLOWED: timedelta(0),  # by the next run, after those that were not asked for yet
    UNUSABLE: timedelta(days=1),
    NO_CONTACT: timedelta(days=3650),  # answers do not change
}


@dataclass
class PendingLeads:
    """The leads of one tenant whose answers are missing, and what became of them."""

    asking: Asking
    pending: int = 0
    completed: set[str] = field(default_factory=set)
    denied: dict[str, str] = field(default_factory=dict)
    """Why others have no answers. Those that are in neither are worth another run."""
    attributed: int = 0
    created_contacts: int = 0
    _refusal: Failure | None = None

    def count(self, reason: str) -> int:
        return sum(why == reason for why in self.denied.values())

    @property
    def failed(self) -> int:
        return self.pending - len(self.completed) - self.count(NOT_FOUND) - self.count(NOT_ALLOWED)

    async def complete(self) -> None:
        """Ask for them, and find or make the people."""
        options = self.asking.options
        wanted = pending_leads(self.asking.session, refresh=options.refresh, limit=options.limit)
        self.pending = len(wanted)
        for page_id, leads in groupby(sorted(wanted, key=_page), key=_page):
            await self._ask_page(page_id, [lead.leadgen_id for lead in leads])
        if self._refusal and self.count(NOT_ALLOWED):
            needs = f"the token has no permission to read the answers of forms: it needs {PERMISSION}"
            self.asking.errors.append(f"{self.count(NOT_ALLOWED)} leads: {needs}. Meta says: {self._refusal}")

    async def _ask_page(self, page_id: str, wanted: Sequence[str]) -> None:
        """With each token in turn, until one of them is shown the lead."""
        for client, _ in self.asking.clients(page_id):
            await self._ask_with(client, page_id, [one for one in wanted if one not in self.completed])
        for reason in (NOT_FOUND, NOT_ALLOWED, UNUSABLE):
            self._remember([one for one in wanted if self.denied.get(one) == reason], reason)

    async def _ask_with(self, client: GraphClient, page_id: str, wanted: Sequence[str]) -> None:
        """What is refused for all of a call is not asked for further."""
        for part in batches(wanted, BATCH_SIZE):
            try:
                answers = await read_leads(client, part, page_id or None)
            except (GraphFailure, RateLimited) as error:
                self.asking.note(f"Leads of page {page_id}" if page_id else "Leads", error)
                return
            self._keep(page_id, {one: answer for one, answer in answers.items() if not isinstance(answer, Failure)})
            failures = {one: answer for one, answer in answers.items() if isinstance(answer, Failure)}
            reasons = {self._deny(one, failure) for one, failure in failures.items()}
            if reasons == {NOT_ALLOWED} and len(failures) == len(part):
                self.denied.update(dict.fromkeys(wanted, NOT_ALLOWED))
                return

    def _deny(self, leadgen_id: str, failure: Failure) -> str | None:
        """Why the lead cannot be had, or None when it is worth another run."""
        match failure.failure_class:
            case FailureClass.NOT_FOUND | FailureClass.VALIDATION:
                return self.denied.setdefault(leadgen_id, NOT_FOUND)
            case FailureClass.PERMISSION:
                self._refusal = failure
                self.denied[leadgen_id] = NOT_ALLOWED
                return NOT_ALLOWED
            case FailureClass.AUTH:
                raise explain(GraphFailure(failure, f"GET {leadgen_id}"))
        self.asking.errors.append(f"Lead {leadgen_id}: {failure}")
        return None

    def _keep(self, page_id: str, answers: Mapping[str, Json]) -> None:
        referrals: list[Referral] = []
        for leadgen_id, answer in answers.items():
            try:
                referrals.append(_referral(leadgen_id, page_id, answer))
            except Unusable as error:
                self._cannot_use(leadgen_id, str(error))
        store_apart(referrals, self._store, lambda lead, reason: self._cannot_use(lead.event_id, reason))
        found = len(self.completed)
        self.asking.progress.update(found + len(self.denied), f"{found:,} leads completed")

    def _store(self, referrals: Sequence[Referral]) -> None:
        """One transaction."""
        outcome = self._touches.store(referrals)
        self.attributed += outcome.attributed
        self.created_contacts += outcome.created_contacts
        self._settle(referrals)

    @cached_property
    def _touches(self) -> Touches:
        options = self.asking.options
        return Touches(self.asking.session, create_contacts=options.create_contacts, dry_run=options.dry_run)

    def _settle(self, referrals: Sequence[Referral]) -> None:
        ids = [one.event_id for one in referrals]
        self.completed.update(ids)
        for one in ids:
            self.denied.pop(one, None)  # another token was not shown it
        if not self.asking.options.dry_run:
            settle(self.asking.session, ids)
        unreachable = [one.event_id for one in referrals if not (one.contact_phone or one.contact_email)]
        self._remember(unreachable, NO_CONTACT)

    def _cannot_use(self, leadgen_id: str, problem: str) -> None:
        self.denied[leadgen_id] = UNUSABLE
        self.asking.errors.append(f"Lead {leadgen_id}: {UNUSABLE}: {problem}")

    def _remember(self, leadgen_ids: Sequence[str], reason: str) -> None:
        if leadgen_ids and not self.asking.options.dry_run:
            save_unresolved(self.asking.session, leadgen_ids, reason, ASK_AGAIN[reason])


def _page(lead: PendingLead) -> str:
    return lead.page_id or ""


def _referral(leadgen_id: str, page_id: str, answer: Json) -> Referral:
    """The touch that was announced, with the answers. Its key is the id that was asked for, whatever the form's own
    questions are called. Raises Unusable."""
    if "field_data" not in answer:
        raise Unusable("Meta shows no answers")
    referral = answered_lead({**answer, "leadgen_id": leadgen_id})
    return replace(referral, receiver=Receiver(page_id=page_id or None))
