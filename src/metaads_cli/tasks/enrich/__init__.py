"""Enrich: the answers of lead forms, and the names of the campaigns that people came from.

Each answer is stored as it comes, so a run that is stopped goes on where it was.
"""

import time
from collections.abc import Sequence

from metaads_cli.console import Progress
from metaads_cli.db.queries.accounts import read_accounts
from metaads_cli.db.session import TenantSession
from metaads_cli.errors import AccessDenied, MetaAdsError, PartlyDone, Temporary
from metaads_cli.graph.leads import PERMISSION
from metaads_cli.models.reports import EnrichReport
from metaads_cli.tasks.enrich.ads import PendingAds
from metaads_cli.tasks.enrich.asking import NOT_ALLOWED, NOT_FOUND, Asking, EnrichOptions
from metaads_cli.tasks.enrich.leads import PendingLeads
from metaads_cli.tasks.meta import Meta

__all__ = ["EnrichOptions", "enrich", "failure_of"]


async def enrich(
    sessions: Sequence[TenantSession], meta: Meta, options: EnrichOptions, progress: Progress
) -> EnrichReport:
    """Complete the leads of each tenant, resolve its pending ads, and name the campaigns of its people.

    Raises AccessDenied when Meta does not accept a token: no other call would fare better.
    """
    started = time.monotonic()
    asked = [Asking(session, read_accounts(session), meta, options, progress) for session in sessions]
    leads, ads = [PendingLeads(asking) for asking in asked], [PendingAds(asking) for asking in asked]
    for of_leads, of_ads in zip(leads, ads, strict=True):
        await of_leads.complete()  # first: an answer may tell of an ad
        await of_ads.resolve()
    return _report(leads, ads, meta, time.monotonic() - started)


def _report(leads: Sequence[PendingLeads], ads: Sequence[PendingAds], meta: Meta, seconds: float) -> EnrichReport:
    return EnrichReport(
        ads_pending=sum(one.pending for one in ads),
        ads_resolved=sum(len(one.resolved) for one in ads),
        ads_not_found=sum(len(one.unresolved) for one in ads),
        ads_failed=sum(one.failed for one in ads),
        patients_updated=sum(one.patients_updated for one in ads),
        leads_pending=sum(one.pending for one in leads),
        leads_completed=sum(len(one.completed) for one in leads),
        leads_not_found=sum(one.count(NOT_FOUND) for one in leads),
        leads_refused=sum(one.count(NOT_ALLOWED) for one in leads),
        leads_failed=sum(one.failed for one in leads),
        attributed=sum(one.attributed for one in leads),
        created_contacts=sum(one.created_contacts for one in leads),
        api_calls=meta.calls,
        duration_seconds=round(seconds, 3),
        errors=[error for one in leads for error in one.asking.errors],
    )


def failure_of(report: EnrichReport) -> MetaAdsError | None:
    """How a run ends with ads or leads that were not answered."""
    leads = report.leads_failed + report.leads_refused
    counts = ((report.ads_failed, "ads"), (leads, "leads"))
    unanswered = " and ".join(f"{count} {name}" for count, name in counts if count)
    if not unanswered:
        return None
    first = report.errors[0] if report.errors else "Meta gave no answer"
    message = f"{unanswered} were not answered: {first}"
    if not report.leads_refused:
        kind = PartlyDone if report.ads_resolved or report.leads_completed else Temporary
        return kind(message, hint="Run it again: it goes on where it was")
    refused = PartlyDone if report.ads_resolved or report.leads_completed else AccessDenied
    return refused(message, hint=f"Give the token the permission {PERMISSION}, then run it again")
