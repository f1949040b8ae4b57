"""What a campaign may cost at most, and what it must not exceed."""

from dataclasses import dataclass
from decimal import Decimal

from metaads_cli.errors import SafetyRefusal
from metaads_cli.models.campaign import AdSetSpec, Budget, CampaignSpec
from metaads_cli.models.money import from_minor_units
from metaads_cli.settings import OrchestrateSettings


@dataclass(frozen=True)
class Cost:
    """In the account's currency. `daily` is None where a budget is for the whole run, `run` where there is no end."""

    currency: str
    daily: Decimal | None
    run: Decimal | None


def cost_of(spec: CampaignSpec, currency: str) -> Cost:
    """What the budgets add up to. Meta may spend more on a single day, and less on another."""
    budgets = [(spec.budget, None)] if spec.budget else [(one.budget, one) for one in spec.adsets]
    daily = [_amount(budget, budget.daily, currency) for budget, _ in budgets if budget and budget.daily is not None]
    runs = [_run_total(budget, ad_set or _longest(spec), currency) for budget, ad_set in budgets if budget]
    return Cost(
        currency=currency,
        daily=sum(daily, Decimal(0)) if daily and len(daily) == len(budgets) else None,
        run=None if not runs or None in runs else sum((run for run in runs if run is not None), Decimal(0)),
    )


def _longest(spec: CampaignSpec) -> AdSetSpec:
    """The ad set whose schedule a campaign's budget lasts for: one without an end, else the one that ends last."""
    open_ended = [one for one in spec.adsets if one.schedule.start is None or one.schedule.end is None]
    return open_ended[0] if open_ended else max(spec.adsets, key=lambda one: str(one.schedule.end))


def _amount(budget: Budget, amount: Decimal, currency: str) -> Decimal:
    return from_minor_units(int(amount), currency) if budget.in_minor_units else amount


def _run_total(budget: Budget, ad_set: AdSetSpec, currency: str) -> Decimal | None:
    if budget.lifetime is not None:
        return _amount(budget, budget.lifetime, currency)
    start, end = ad_set.schedule.start, ad_set.schedule.end
    if budget.daily is None or start is None or end is None:
        return None
    days = (end.date() - start.date()).days + 1
    return _amount(budget, budget.daily, currency) * days


def enforce(spec: CampaignSpec, cost: Cost, settings: OrchestrateSettings) -> None:
    """Raises SafetyRefusal for a campaign that exceeds the guard of its file, or that of the settings."""
    limits = {"the file's guard": spec.guard.max_daily_total, "[orchestrate] max_daily_total": settings.max_daily_total}
    most_per_day = cost.daily if cost.daily is not None else cost.run
    for name, limit in limits.items():
        if limit is not None and (most_per_day is None or most_per_day > limit):
            shown = "no known amount" if most_per_day is None else f"{most_per_day:f} {cost.currency}"
            raise SafetyRefusal(
                f"Campaign {spec.key} may spend {shown} a day, more than {name} allows: {limit:f}",
                hint="Lower the budgets, or raise the guard if that is what you want",
            )
    latest = spec.guard.latest_end
    for ad_set in spec.adsets if latest is not None else ():
        end = ad_set.schedule.end
        if latest is not None and (end is None or end.date() > latest):
            raise SafetyRefusal(
                f"Ad set {ad_set.key} ends {end or 'never'}, later than the file's guard allows: {latest}",
                hint="Give it an earlier end in its schedule",
            )
