"""Campaigns from files: created, imported, steered, their budgets."""

from typing import Any

from metaads_cli.models import reports
from metaads_cli.models.campaign import unmarked
from metaads_cli.models.money import from_minor_units
from metaads_cli.render.table import Cell, Column, Table
from metaads_cli.render.views.parts import Items, Views, listing, record

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
    return record(
        result,
        (Column("campaign_key", "Campaign"), "its key"),
        (Column("account_id", "Account", "id"), ""),
        (Column("meta_id", "Meta id", "id"), ""),
        (Column("mode", "Mode"), ""),
        (Column("file", "File"), ""),
    )


def _steering(result: reports.SteeringReport) -> Table:
    return record(
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
    return listing(
        result.adsets,
        columns,
        title=f"{result.campaign_key}, {days}, by {result.leads}; {result.daily_total:,.2f} {result.currency} a day",
        optional=frozenset({"note"}),
    )


VIEWS: Views = {
    reports.BudgetReport: _budgets,
    reports.ImportReport: _import,
    reports.OrchestrationBatch: _orchestrations,
    reports.OrchestrationReport: _orchestration,
    reports.SteeringReport: _steering,
}
ITEMS: Items = {reports.BudgetReport: "adsets", reports.OrchestrationBatch: "campaigns"}
