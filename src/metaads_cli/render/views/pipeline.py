"""What the steps of the pipeline did."""

from metaads_cli.models import reports
from metaads_cli.render.table import Cell, Column, Table
from metaads_cli.render.views.parts import Views, record, values

_SYNC_ROWS = (
    Column("inserted", "New", "count"),
    Column("updated", "Updated", "count"),
    Column("unchanged", "Same", "count"),
    Column("removed", "Removed", "count"),
)
_LEADS = (
    (Column("leads_pending", "Leads asked for", "count"), "forms that were filled in, without answers yet"),
    (Column("leads_completed", "  completed", "count"), ""),
    (Column("leads_not_found", "  not found", "count"), "not there any more, or not visible to the token"),
    (Column("leads_refused", "  not allowed", "count"), "the token needs leads_retrieval"),
    (Column("leads_failed", "  not answered", "count"), "asked for again next time"),
    (Column("attributed", "Attributed", "count"), "people whose first touch was written"),
    (Column("created_contacts", "New guests", "count"), ""),
)


def _ingest(result: reports.IngestReport) -> Table:
    return record(
        result,
        (Column("received", "Received", "count"), "messages and statuses"),
        (Column("referrals", "Referrals", "count"), "came from an ad, a post or a link"),
        (Column("duplicates", "  known already", "count"), ""),
        (Column("held", "  held", "count"), "no person found for them"),
        (Column("ignored", "Ignored", "count"), "no referral"),
        (Column("rejected", "Rejected", "count"), result.rejects_file or ""),
        (Column("matched", "Matched now", "count"), "touches that were held before"),
        (Column("attributed", "Attributed", "count"), "people whose first touch was written"),
        (Column("created_contacts", "New guests", "count"), "dry run: nothing was kept" if result.dry_run else ""),
    )


def _enrich(result: reports.EnrichReport) -> Table:
    return record(
        result,
        (Column("ads_pending", "Ads asked for", "count"), "by people who came from them"),
        (Column("ads_resolved", "  resolved", "count"), ""),
        (Column("ads_not_found", "  not found", "count"), "not there, or not visible to the token"),
        (Column("ads_failed", "  not answered", "count"), "asked for again next time"),
        (Column("patients_updated", "Patients named", "count"), "with their campaign"),
        *(_LEADS if result.leads_pending else ()),
        (Column("api_calls", "API calls", "count"), ""),
    )


def _sync(result: reports.SyncReport) -> Table:
    columns = (
        Column("tenant_id", "Tenant", "count"),
        Column("account_id", "Account", "id"),
        Column("status", "Status"),
        Column("currency", "Currency"),
        *_SYNC_ROWS,
    )
    rows = [[*values(account, columns[:4]), *values(account.rows, _SYNC_ROWS)] for account in result.accounts]
    total: list[Cell] = [None, "Total", "", None, *values(result.rows, _SYNC_ROWS)]
    days = f"{result.date_range.start} to {result.date_range.end}, " if result.date_range else ""
    read = f"{result.campaigns.success:,} campaigns, {result.adsets.success:,} ad sets, {result.ads.success:,} ads"
    return Table(
        columns,
        rows,
        total=total if len(rows) > 1 else None,
        title=f"Insights, {days}{result.mode}: {read}; {result.api_calls:,} API calls",
        optional=frozenset({"currency"}),
    )


VIEWS: Views = {
    reports.IngestReport: _ingest,
    reports.EnrichReport: _enrich,
    reports.SyncReport: _sync,
}
