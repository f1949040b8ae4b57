"""Suggest budgets: what the stored figures say about a campaign's daily budgets. Nothing is applied."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from metaads_cli.campaign_file import read_campaigns
from metaads_cli.campaign_file.editing import with_daily_budgets
from metaads_cli.db.queries.steering import AdSetDays, ad_set_figures, figures_source, people_of_ad_sets
from metaads_cli.db.session import TenantSession
from metaads_cli.errors import InputError
from metaads_cli.graph.failures import GraphFailure, explain
from metaads_cli.models.campaign import AdSetSpec, CampaignSpec, Kind, unmarked
from metaads_cli.models.money import from_minor_units
from metaads_cli.models.orchestration import Node
from metaads_cli.models.reports import BudgetLine, BudgetReport
from metaads_cli.tasks.meta import Meta
from metaads_cli.tasks.orchestrate.budgets import AdSetFigures, Suggestions, suggest
from metaads_cli.tasks.orchestrate.steering import KnownCampaign, daily_budget

WINDOW_DAYS = 14
CENT = Decimal("0.01")
_NO_DAYS = AdSetDays(0, Decimal(0), Decimal(0))


@dataclass(frozen=True)
class CampaignText:
    """The campaign's file: its text, the variables that were given, and what that says."""

    text: str
    source: str
    variables: Mapping[str, str]
    spec: CampaignSpec


@dataclass(frozen=True)
class BudgetReview:
    """Of one campaign. Without its file, the budgets are those that Meta was given last."""

    session: TenantSession
    meta: Meta
    data_source: str

    async def run(self, known: KnownCampaign, file: CampaignText | None) -> BudgetReport:
        """Raises InputError for a file that is not of the campaign's account, and what Meta says of the account."""
        if file is not None and file.spec.account not in {None, known.head.account_id}:
            raise InputError(
                f"{file.spec.place}: campaign {known.key} is in {known.head.account_id}, not in {file.spec.account}"
            )
        since, until = self._window(known)
        by_people, ad_sets = self._figures(known, file.spec if file else None, since, until)
        found = suggest(ad_sets, known.head.currency, await self._minimum(known))
        reason = self._no_figures(known) or found.reason
        if reason is not None:
            found = Suggestions(
                suggestions=tuple(replace(one, proposed=one.figures.budget) for one in found.suggestions), reason=reason
            )
        return BudgetReport(
            campaign_key=known.key,
            account_id=known.head.account_id,
            currency=known.head.currency,
            since=since,
            until=until,
            leads="people" if by_people else "conversions",
            daily_total=sum((one.budget for one in ad_sets if one.budget is not None), Decimal(0)),
            adsets=_lines(found),
            reason=reason,
            diff=_diff(file, found) if file is not None else None,
        )

    def _window(self, known: KnownCampaign) -> tuple[date, date]:
        """The last complete days, in the account's zone."""
        yesterday = datetime.now(UTC).astimezone(_zone(known)).date() - timedelta(days=1)
        return yesterday - timedelta(days=WINDOW_DAYS - 1), yesterday

    def _no_figures(self, known: KnownCampaign) -> str | None:
        source = figures_source(self.session, known.head.account_id)
        if source is None:
            return f"no figures are stored yet: metaads sync-insights --tenant {self.session.tenant_id} --days-back 14"
        return None if source == self.data_source else f"the stored figures are {source} ones"

    def _figures(
        self, known: KnownCampaign, spec: CampaignSpec | None, since: date, until: date
    ) -> tuple[bool, list[AdSetFigures]]:
        """Whether attributed people are what counts, and each ad set's figures."""
        made = {node.key: node for node in known.made(Kind.AD_SET)}
        ids = [str(node.meta_id) for node in made.values()]
        days = ad_set_figures(self.session, known.head.account_id, ids, since, until)
        zone = _zone(known)
        begin, end = (datetime.combine(day, time(), zone) for day in (since, until + timedelta(days=1)))
        people = people_of_ad_sets(self.session, ids, begin, end)
        budgets = _budgets_of_file(spec, known.head.currency) if spec else _budgets_given(known, made)
        return bool(people), [
            _figure(key, name, budget, made.get(key), days, people or None) for key, (name, budget) in budgets.items()
        ]

    async def _minimum(self, known: KnownCampaign) -> Decimal:
        account_id = known.head.account_id
        client = self.meta.client(known.account.token_ref)
        try:
            found = await client.get(account_id, {"fields": "min_daily_budget"}, account=account_id)
        except GraphFailure as error:
            raise explain(error) from error
        return from_minor_units(max(int(found.get("min_daily_budget") or 0), 1), known.head.currency)


def _zone(known: KnownCampaign) -> ZoneInfo:
    return ZoneInfo(known.account.timezone_name or "UTC")


def _budgets_of_file(spec: CampaignSpec, currency: str) -> dict[str, tuple[str, Decimal | None]]:
    return {one.key: (one.name, _daily(one, currency)) for one in spec.adsets}


def _daily(ad_set: AdSetSpec, currency: str) -> Decimal | None:
    budget = ad_set.budget
    if budget is None or budget.daily is None:
        return None
    return from_minor_units(int(budget.daily), currency) if budget.in_minor_units else budget.daily


def _budgets_given(known: KnownCampaign, made: dict[str, Node]) -> dict[str, tuple[str, Decimal | None]]:
    return {
        key: (unmarked(str(node.applied.get("name") or key)), daily_budget(node, known.head.currency))
        for key, node in made.items()
    }


def _figure(
    key: str,
    name: str,
    budget: Decimal | None,
    node: Node | None,
    days: dict[str, AdSetDays],
    people: dict[str, int] | None,
) -> AdSetFigures:
    meta_id = str(node.meta_id) if node is not None else ""
    found = days.get(meta_id, _NO_DAYS)
    leads = found.conversions if people is None else Decimal(people.get(meta_id, 0))
    return AdSetFigures(key=key, name=name, budget=budget, spend=found.spend, leads=leads, days=found.days)


def _lines(found: Suggestions) -> list[BudgetLine]:
    lines = []
    for one in found.suggestions:
        figures, cost = one.figures, one.figures.cost_per_lead
        lines.append(
            BudgetLine(
                key=figures.key,
                name=figures.name,
                days=figures.days,
                spend=figures.spend,
                leads=_plain(figures.leads),
                cost_per_lead=None if cost is None else cost.quantize(CENT),
                budget=figures.budget,
                proposed=one.proposed,
                note=one.note,
            )
        )
    return lines


def _plain(count: Decimal) -> Decimal:
    """12 for 12.00."""
    return count.quantize(Decimal(1)) if count == count.to_integral_value() else count


def _diff(file: CampaignText, found: Suggestions) -> str:
    """A unified diff of the file, that is checked to say what is proposed and nothing else."""
    amounts = {one.figures.key: one.proposed for one in found.changed if one.proposed is not None}
    text = with_daily_budgets(file.text, file.spec, amounts)
    _check(file, text, amounts)
    lines = difflib.unified_diff(_lines_of(file.text), _lines_of(text), file.source, file.source, n=2)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _lines_of(text: str) -> Sequence[str]:
    return text.splitlines(keepends=True)


def _check(file: CampaignText, text: str, amounts: dict[str, Decimal]) -> None:
    """Raises InputError where the file is written in a way that an amount of it cannot be replaced by itself."""
    specs = [one for one in read_campaigns(text, file.source, file.variables) if one.key == file.spec.key]
    expected = {one.key: amounts.get(one.key, _plain_daily(one)) for one in file.spec.adsets}
    if len(specs) != 1 or {one.key: _plain_daily(one) for one in specs[0].adsets} != expected:
        raise InputError(
            f"{file.spec.place}: the budgets of this file cannot be changed one by one",
            hint="Leave the file out to see the amounts, and write them in by hand",
        )


def _plain_daily(ad_set: AdSetSpec) -> Decimal | None:
    return ad_set.budget.daily if ad_set.budget is not None else None
