"""How each result document looks as a table."""

from collections.abc import Callable
from typing import Any

import msgspec

from metaads_cli.models import reports
from metaads_cli.models.account import AccountList, CheckReport
from metaads_cli.models.campaign import unmarked
from metaads_cli.models.money import from_minor_units
from metaads_cli.models.tenant import TenantList
from metaads_cli.render.table import Cell, Column, Table

MEASURES = (
    Column("leads", "Leads", "count"),
    Column("converted", "Conv.", "count"),
    Column("appointments", "Appts", "count"),
    Column("conversion_rate", "Rate", "percent"),
    Column("spend", "Spend", "amount"),
    Column("impressions", "Impressions", "count"),
    Column("clicks", "Clicks", "count"),
    Column("ctr", "CTR", "percent"),
    Column("cpc", "CPC", "amount"),
    Column("conversations", "Chats", "count"),
    Column("cost_per_lead", "Cost/lead", "amount"),
    Column("cost_per_conversion", "Cost/conv.", "amount"),
    Column("revenue", "Revenue", "amount"),
    Column("roas", "ROAS", "amount"),
)
_DIMENSIONS = {
    "source": Column("source", "Source"),
    "campaign_id": Column("campaign_id", "Campaign id", "id"),
    "campaign_name": Column("campaign_name", "Campaign"),
    "adset_id": Column("adset_id", "Ad set", "id"),
    "adset_name": Column("adset_name", "Name"),
    "ad_id": Column("ad_id", "Ad", "id"),
    "ad_name": Column("ad_name", "Name"),
    "ad_headline": Column("ad_headline", "Headline"),
}
_PERIODS = {"day": "Day", "week": "Week of", "month": "Month of"}
PROGRAMS_ONLY = frozenset({"campaign_id"})
NEEDS_INSIGHTS = frozenset({"currency", *(column.key for column in MEASURES[4:])})


def table_of(result: msgspec.Struct) -> Table:
    return _VIEWS[type(result)](result)


def items_of(result: msgspec.Struct) -> list[object]:
    """What `jsonl` writes a line each for: the rows of a list, or the one document."""
    name = _ITEMS.get(type(result))
    return list(getattr(result, name)) if name else [result]


def _values(item: object, columns: tuple[Column, ...]) -> list[Cell]:
    return [getattr(item, column.key) for column in columns]


def _list(items: list[Any], columns: tuple[Column, ...], **more: Any) -> Table:
    return Table(columns, [_values(item, columns) for item in items], **more)


def _record(result: msgspec.Struct, *facts: tuple[Column, str]) -> Table:
    """One record: (column, note) for each of its values."""
    columns = tuple(column for column, _ in facts)
    return Table(columns, [_values(result, columns)], notes=[note for _, note in facts])


def stats_columns(by: str | None) -> tuple[Column, ...]:
    """Those of statistics that are grouped by this."""
    known = _DIMENSIONS | {"period": Column("period", _PERIODS.get(by or "", ""), "id")}
    return (*(known[name] for name in reports.GROUPINGS[by]), Column("currency", "Currency"), *MEASURES)


def _stats(result: reports.StatsReport) -> Table:
    columns = stats_columns(result.by)
    several = bool(result.totals_by_currency)
    total: list[Cell] = [None] * (len(columns) - len(MEASURES)) + _values(result.total, MEASURES)
    total[next(index for index, column in enumerate(columns) if column.key not in PROGRAMS_ONLY)] = "Total"
    window = result.window
    days = (
        f"{window.since or 'the beginning'} to {window.until or 'today'}"
        if window.since or window.until
        else "all time"
    )
    return _list(
        result.rows,
        columns,
        total=total if len(result.rows) > 1 else None,
        title=f"Tenant {result.tenant_id}, {days} ({window.timezone}), {result.attribution} touch{_money(result)}",
        empty="Nobody came from a Meta ad in this window.",
        optional=NEEDS_INSIGHTS | {"adset_name", "ad_name"},
        hidden=PROGRAMS_ONLY if several else PROGRAMS_ONLY | {"currency"},
    )


def _money(result: reports.StatsReport) -> str:
    """The currency where there is one, and what the revenue is."""
    if not result.currency and not result.totals_by_currency:
        return ""
    return f", {result.currency or 'several currencies'}, revenue by {result.revenue_source}"


def _demo(result: reports.DemoReport) -> Table:
    """The statistics of all its tenants in one table."""
    columns = stats_columns(None)
    rows = [[stats.tenant_id, *_values(row, columns)] for stats in result.stats for row in stats.rows]
    tenant = Column("tenant_id", "Tenant", "count")
    return Table((tenant, *columns), rows, optional=NEEDS_INSIGHTS, hidden=PROGRAMS_ONLY)


def _ingest(result: reports.IngestReport) -> Table:
    return _record(
        result,
        (Column("received", "Received", "count"), "messages and statuses"),
        (Column("referrals", "Referrals", "count"), "came from an ad, a post or a link"),
        (Column("duplicates", "  known already", "count"), ""),
        (Column("held", "  held", "count"), "no person found for them"),
        (Column("ignored", "Ignored", "count"), "no referral"),
        (Column("rejected", "Rejected", "count"), result.rejects_file or ""),
        (Column("attributed", "Attributed", "count"), "people whose first touch was written"),
        (Column("created_contacts", "New guests", "count"), "dry run: nothing was kept" if result.dry_run else ""),
    )


def _migrate(result: reports.MigrateReport) -> Table:
    columns = (
        Column("name", "Patch"),
        Column("state", "State"),
        Column("duration_ms", "ms", "count"),
        Column("attempts", "Tries", "count"),
        Column("lock_wait_ms", "Lock wait ms", "count"),
    )
    rows: list[list[Cell]] = [
        [patch.name, "applied", patch.duration_ms, patch.attempts, patch.lock_wait_ms] for patch in result.applied
    ]
    rows += [[name, "pending", None, None, None] for name in result.pending]
    if rows or result.drift:  # else there is nothing to tell of them
        rows += [[name, "not applicable", None, None, None] for name in result.not_applicable]
    rows += [[drift.name, f"drift: {drift.problem}", None, None, None] for drift in result.drift]
    return Table(
        columns,
        rows,
        empty="Nothing to do: every patch is applied.",
        optional=frozenset({"duration_ms", "attempts", "lock_wait_ms"}),
    )


def _status(result: reports.MigrateStatus) -> Table:
    columns = (
        Column("name", "Patch", "id"),
        Column("state", "State"),
        Column("mode", "Mode"),
        Column("applied_at", "Applied at"),
        Column("note", "Note"),
    )
    rows = [
        [
            p.name,
            p.state,
            p.mode,
            p.applied_at.isoformat(timespec="seconds") if p.applied_at else None,
            p.note or None,
        ]
        for p in result.patches
    ]
    return Table(columns, rows, optional=frozenset({"applied_at", "note"}))


def _tenants(result: TenantList) -> Table:
    columns = (
        Column("tenant_id", "Tenant", "count"),
        Column("name", "Name"),
        Column("bot_phone_number", "Receives on"),
        Column("timezone", "Time zone"),
    )
    return _list(result.tenants, columns, empty="There is no tenant in this database.")


def _embedded(result: reports.EmbeddedStatus) -> Table:
    facts = (Column("running", "Running"), Column("data_directory", "Data"), Column("url", "URL"))
    return _record(result, *((column, "") for column in facts))


def _settings(result: reports.SettingsReport) -> Table:
    columns = (Column("key", "Setting"), Column("value", "Value"), Column("origin", "Origin"))
    return _list(result.settings, columns, optional=frozenset({"origin"}))


def _enrich(result: reports.EnrichReport) -> Table:
    return _record(
        result,
        (Column("ads_pending", "Ads asked for", "count"), "by people who came from them"),
        (Column("ads_resolved", "  resolved", "count"), ""),
        (Column("ads_not_found", "  not found", "count"), "not there, or not visible to the token"),
        (Column("ads_failed", "  not answered", "count"), "asked for again next time"),
        (Column("patients_updated", "Patients named", "count"), "with their campaign"),
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
    rows = [[*_values(account, columns[:4]), *_values(account.rows, _SYNC_ROWS)] for account in result.accounts]
    total: list[Cell] = [None, "Total", "", None, *_values(result.rows, _SYNC_ROWS)]
    days = f"{result.date_range.start} to {result.date_range.end}, " if result.date_range else ""
    read = f"{result.campaigns.success:,} campaigns, {result.adsets.success:,} ad sets, {result.ads.success:,} ads"
    return Table(
        columns,
        rows,
        total=total if len(rows) > 1 else None,
        title=f"Insights, {days}{result.mode}: {read}; {result.api_calls:,} API calls",
        optional=frozenset({"currency"}),
    )


_STEP_COLUMNS = (
    Column("action", "Action"),
    Column("kind", "Kind"),
    Column("key", "Key"),
    Column("name", "Name"),
    Column("meta_id", "Meta id", "id"),
    Column("changes", "Changes"),
    Column("drift", "Changed at Meta"),
)


def _orchestration(result: reports.OrchestrationReport) -> Table:
    """The steps with what they cost; ids are those that the objects have by now."""
    ids = {(kind, one.key): one.meta_id for kind, made in _made(result) for one in made}
    rows: list[list[Cell]] = [
        [
            step.action,
            step.kind,
            step.key,
            step.name,
            ids.get((step.kind, step.key)) or step.meta_id,
            _changes(step.changes, result.currency),
            ", ".join(step.drift) or None,
        ]
        for step in result.plan
    ]
    done = all(step.action == "keep" for step in result.plan)
    state = (
        "plan"
        if result.planned_only
        else "nothing to do"
        if done
        else "done"
        if result.overall_success
        else "unfinished"
    )
    return Table(
        _STEP_COLUMNS,
        rows,
        title=f"{result.campaign_key} in {result.account_id}, {result.mode}: {state}; {_cost(result)}",
        optional=frozenset({"meta_id", "changes", "drift"}),
    )


def _made(result: reports.OrchestrationReport) -> list[tuple[str, list[reports.MadeObject]]]:
    campaign = reports.MadeObject(key=result.campaign_key, meta_id=result.campaign_creation.campaign_meta_id, status="")
    return [("campaign", [campaign]), ("adset", result.adsets), ("creative", result.creatives), ("ad", result.ads)]


_AMOUNTS = frozenset({"daily_budget", "lifetime_budget", "bid_amount"})
_SHORT = frozenset({"name", "status", "start_time", "end_time", "bid_strategy"})


def _changes(fields: dict[str, Any], currency: str) -> str | None:
    """What becomes of each field, where that is short enough for a line."""
    shown = [
        f"{name} {from_minor_units(int(value), currency):,.2f}"
        if name in _AMOUNTS
        else f"{name} {unmarked(str(value or 'none'))}"
        if name in _SHORT
        else name
        for name, value in fields.items()
    ]
    return ", ".join(shown) or None


def _cost(result: reports.OrchestrationReport) -> str:
    amounts = [(result.daily_total, "a day"), (result.run_total, "in all")]
    known = [f"up to {amount:,.2f} {result.currency} {span}" for amount, span in amounts if amount is not None]
    return ", ".join(known) or "no end, no known total"


def _orchestrations(result: reports.OrchestrationBatch) -> Table:
    """The steps of all campaigns in one table."""
    rows = [[one.campaign_key, *row] for one in result.campaigns for row in _orchestration(one).rows]
    columns = (Column("campaign_key", "Campaign"), *_STEP_COLUMNS)
    return Table(columns, rows, optional=frozenset({"meta_id", "changes", "drift"}))


def _import(result: reports.ImportReport) -> Table:
    return _record(
        result,
        (Column("campaign_key", "Campaign"), "its key"),
        (Column("account_id", "Account", "id"), ""),
        (Column("meta_id", "Meta id", "id"), ""),
        (Column("mode", "Mode"), ""),
        (Column("file", "File"), ""),
    )


def _steering(result: reports.SteeringReport) -> Table:
    return _record(
        result,
        (Column("campaign_key", "Campaign"), result.name),
        (Column("account_id", "Account", "id"), result.mode),
        (Column("meta_id", "Meta id", "id"), ""),
        (Column("status", "Status"), f"was {result.before}" if result.changed else "nothing to do"),
    )


def _budgets(result: reports.BudgetReport) -> Table:
    columns = (
        Column("key", "Ad set"),
        Column("days", "Days", "count"),
        Column("spend", "Spend", "amount"),
        Column("leads", "Leads", "count"),
        Column("cost_per_lead", "Cost/lead", "amount"),
        Column("budget", "Daily now", "amount"),
        Column("proposed", "Proposed", "amount"),
        Column("note", "Why not"),
    )
    days = f"{result.since} to {result.until}"
    return _list(
        result.adsets,
        columns,
        title=f"{result.campaign_key}, {days}, by {result.leads}; {result.daily_total:,.2f} {result.currency} a day",
        optional=frozenset({"note"}),
    )


_SYNC_ROWS = (
    Column("inserted", "New", "count"),
    Column("updated", "Updated", "count"),
    Column("unchanged", "Same", "count"),
    Column("removed", "Removed", "count"),
)


def _accounts(result: AccountList) -> Table:
    columns = (
        Column("tenant_id", "Tenant", "count"),
        Column("account_id", "Account", "id"),
        Column("name", "Name"),
        Column("currency", "Currency"),
        Column("timezone_name", "Time zone"),
        Column("token_ref", "Token"),
        Column("page_ids", "Pages"),
        Column("instagram_ids", "Instagram"),
        Column("phone_number_ids", "Phone-number ids"),
        Column("waba_ids", "WhatsApp business"),
    )
    rows = [
        [
            " ".join(value) or None if isinstance(value, tuple) else value
            for value in (getattr(account, column.key) for column in columns)
        ]
        for account in result.accounts
    ]
    optional = frozenset(column.key for column in columns[2:])
    return Table(columns, rows, optional=optional, empty="No ad account yet: metaads accounts add")


def _checks(result: CheckReport) -> Table:
    columns = (
        Column("status", "Status"),
        Column("subject", "Subject", "id"),
        Column("check", "Check"),
        Column("detail", "Found"),
        Column("fix", "To do"),
    )
    return _list(result.findings, columns, optional=frozenset({"fix"}), empty="No ad account to check.")


def _exit_codes(result: reports.ExitCodeTable) -> Table:
    return _list(result.codes, (Column("code", "Code", "count"), Column("meaning", "Meaning")))


_VIEWS: dict[type[msgspec.Struct], Callable[[Any], Table]] = {
    AccountList: _accounts,
    CheckReport: _checks,
    reports.BudgetReport: _budgets,
    reports.DemoReport: _demo,
    reports.EnrichReport: _enrich,
    reports.EmbeddedStatus: _embedded,
    reports.ExitCodeTable: _exit_codes,
    reports.ImportReport: _import,
    reports.IngestReport: _ingest,
    reports.MigrateReport: _migrate,
    reports.MigrateStatus: _status,
    reports.OrchestrationBatch: _orchestrations,
    reports.OrchestrationReport: _orchestration,
    reports.SettingsReport: _settings,
    reports.StatsReport: _stats,
    reports.SteeringReport: _steering,
    reports.SyncReport: _sync,
    TenantList: _tenants,
}
_ITEMS: dict[type[msgspec.Struct], str] = {
    AccountList: "accounts",
    CheckReport: "findings",
    reports.BudgetReport: "adsets",
    reports.ExitCodeTable: "codes",
    reports.MigrateStatus: "patches",
    reports.OrchestrationBatch: "campaigns",
    reports.SettingsReport: "settings",
    reports.StatsReport: "rows",
    TenantList: "tenants",
}
