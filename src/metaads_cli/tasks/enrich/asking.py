"""One tenant's questions to Meta: with which tokens they are asked, and what went wrong."""

from dataclasses import dataclass, field
from datetime import timedelta

from metaads_cli.console import Progress
from metaads_cli.db.session import TenantSession
from metaads_cli.graph.client import GraphClient
from metaads_cli.graph.failures import FailureClass, GraphFailure, explain
from metaads_cli.graph.governor import RateLimited
from metaads_cli.models.account import Account
from metaads_cli.tasks.meta import Meta

NOT_FOUND = "not found, or not visible to the token"
NOT_ALLOWED = "not allowed"
# A permission that was just granted can lag: Meta answers "not found" for a while.
NOT_FOUND_AGAIN_IN = timedelta(days=7)


@dataclass(frozen=True)
class EnrichOptions:
    refresh: bool = False
    """Ask for the names of all ads again, and renew the catalogue; for leads that were not found as well."""
    rename: bool = False
    """With refresh: bring the names in patients and leads in step as well."""
    limit: int | None = None
    """Of ads, and of leads, a tenant."""
    dry_run: bool = False
    create_contacts: bool = True
    """A lead of nobody who is known becomes a guest, as with `ingest`."""


@dataclass
class Asking:
    """`errors` are sentences for the report, the first thing that went wrong first."""

    session: TenantSession
    accounts: list[Account]
    meta: Meta
    options: EnrichOptions
    progress: Progress
    errors: list[str] = field(default_factory=list)

    def clients(self, page_id: str | None = None) -> list[tuple[GraphClient, str | None]]:
        """One per token: the accounts' own, that of the page's account first; or the one of the settings."""
        if not self.accounts:
            return [(self.meta.client(None), None)]
        found = {account.token_ref: account.account_id for account in reversed(self.accounts)}
        ours = {account.token_ref for account in self.accounts if page_id in account.page_ids}
        ordered = sorted(found.items(), key=lambda item: item[0] not in ours)
        return [(self.meta.client(token_ref), account_id) for token_ref, account_id in ordered]

    def note(self, subject: str, error: GraphFailure | RateLimited) -> None:
        """Go on with the others, unless the token itself is of no use."""
        if isinstance(error, RateLimited):
            self.errors.append(f"{subject}: {error.message}")
            return
        if error.failure.failure_class is FailureClass.AUTH:
            raise explain(error) from error
        self.errors.append(f"{subject}: {error.failure}")
