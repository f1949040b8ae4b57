"""All ad accounts of a tenant at a glance: totals, the largest campaigns, the last sync, what is wrong."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from metaads_cli.db.queries import performance as stored
from metaads_cli.db.session import Reader
from metaads_cli.models.alerts import Alert
from metaads_cli.models.insight import Days, Level
from metaads_cli.models.performance import (
    AccountFreshness,
    LastSync,
    OverviewDocument,
    TopCampaign,
)
from metaads_cli.models.reports import DateRange
from metaads_cli.tasks import alerts
from metaads_cli.tasks.performance.efficiency import efficiency
from metaads_cli.tasks.performance.figures import NOTHING, Sums, by_currency, totals_of
from metaads_cli.tasks.performance.view import Question

HOUR = Decimal(3600)
GONE = "DELETED"
FIRST_ZONE = ZoneInfo("Etc/GMT-14")
"""Where days begin first."""


@dataclass(frozen=True)
class _Account:
    """One account over its own days."""

    facts: stored.AccountFacts
    zone: ZoneInfo
    days: Days
    sums: Sequence[stored.StoredSums]
    read: Mapping[date, datetime]


def overview(question: Question, top: int) -> OverviewDocument:
    """The totals of all accounts and the `top` campaigns of each currency. Raises UsageError for a window that cannot
    be."""
    now = question.now
    with question.session.snapshot() as reader:
        accounts = _accounts(question, reader)
        own_zone = question.zone_of(stored.AccountFacts("", None, None, None, registered=False))
        days = _span(accounts) or question.asked.of(own_zone, now)
        catalogue = {one.campaign_id: one for one in stored.catalogue_campaigns(reader)}
        leads = question.leads(Level.CAMPAIGN, days)
        every = [sums for account in accounts for sums in account.sums]
        read_anything = any(account.read for account in accounts)
        totals = totals_of(
            by_currency(every),
            leads.total(),
            _leads_by_currency(every, leads),
            otherwise=NOTHING if read_anything else Sums(),
        )
        known = [account.facts.currency for account in accounts if account.facts.currency]
        return OverviewDocument(
            tenant_id=question.session.tenant_id,
            timestamp=now,
            date_range=DateRange(start=days.since, end=days.until),
            total_campaigns=_count(catalogue, every),
            active_campaigns=sum(one.status == "ACTIVE" for one in catalogue.values()),
            currency=totals.currency or (known[0] if len(set(known)) == 1 and not totals.by_currency else None),
            global_metrics=totals.metrics,
            metrics_by_currency=totals.by_currency,
            top_campaigns=_top(accounts, catalogue, leads, top),
            last_sync=_last_sync(reader, accounts, now),
            alerts=_alerts(question, reader, accounts, now),
            warnings=_warnings(accounts, list(totals.by_currency)),
        )


def _accounts(question: Question, reader: Reader) -> list[_Account]:
    """Each with the days that are asked for in its own zone."""
    widest = question.asked.of(FIRST_ZONE, question.now)
    around = Days(widest.since - timedelta(days=2), widest.until)  # elsewhere it is still yesterday
    found = []
    for facts in stored.all_accounts(reader, around):
        zone = question.zone_of(facts)
        days = question.asked.of(zone, question.now)
        sums = stored.sums_of_level(reader, facts.account_id, Level.CAMPAIGN, days)
        read = stored.days_read(reader, facts.account_id, Level.CAMPAIGN, days)
        found.append(_Account(facts, zone, days, sums, read))
    return found


def _span(accounts: Sequence[_Account]) -> Days | None:
    if not accounts:
        return None
    return Days(min(one.days.since for one in accounts), max(one.days.until for one in accounts))


def _leads_by_currency(sums: Sequence[stored.StoredSums], leads: Counter[str]) -> dict[str, int]:
    """People by the currency of their campaign; of a campaign with two, on each."""
    found: dict[str, int] = defaultdict(int)
    for one in sums:
        found[one.currency] += leads[one.entity_id]
    return found


def _count(catalogue: Mapping[str, stored.CatalogueCampaign], sums: Sequence[stored.StoredSums]) -> int:
    """Campaigns of the catalogue and of the figures, without deleted ones."""
    known = catalogue.keys() | {one.entity_id for one in sums}
    return sum(campaign_id not in catalogue or catalogue[campaign_id].status != GONE for campaign_id in known)


def _top(
    accounts: Sequence[_Account], catalogue: Mapping[str, stored.CatalogueCampaign], leads: Counter[str], top: int
) -> list[TopCampaign]:
    """By spend within each currency."""
    ranked: dict[str, list[tuple[_Account, stored.StoredSums]]] = defaultdict(list)
    for account in accounts:
        for sums in account.sums:
            ranked[sums.currency].append((account, sums))
    return [
        _campaign(account, sums, catalogue.get(sums.entity_id), leads[sums.entity_id])
        for currency in sorted(ranked)
        for account, sums in sorted(
            ranked[currency], key=lambda pair: (-(pair[1].spend or Decimal(0)), pair[1].entity_id)
        )[:top]
    ]


def _campaign(
    account: _Account, sums: stored.StoredSums, known: stored.CatalogueCampaign | None, leads: int
) -> TopCampaign:
    others = [
        Sums.of(other)
        for other in account.sums
        if other.entity_id != sums.entity_id and other.currency == sums.currency
    ]
    return TopCampaign(
        **Sums.of(sums).measured(leads),
        campaign_id=sums.entity_id,
        campaign_name=known.name if known else None,
        status=known.status if known else None,
        account_id=account.facts.account_id,
        currency=sums.currency,
        efficiency_score=efficiency(Sums.of(sums), others).efficiency_score,
    )


def _last_sync(reader: Reader, accounts: Sequence[_Account], now: datetime) -> LastSync:
    runs = stored.latest_runs(reader, datetime.min.replace(tzinfo=UTC), 1)
    successes, last_days = stored.last_successes(reader), stored.last_days_read(reader)
    by_account = {run.account_id: run for run in runs}
    last = [run for run in runs if run.run_id == runs[-1].run_id]
    ends = [run.finished_at for run in last if run.finished_at is not None]
    return LastSync(
        sync_id=last[0].run_id if last else None,
        sync_timestamp=min(run.started_at for run in last) if last else None,
        sync_type=last[0].sync_type if last else None,
        mode=last[0].mode if last else None,
        success=_success(last),
        total_duration_seconds=(
            _seconds(max(ends) - min(run.started_at for run in last)) if last and len(ends) == len(last) else None
        ),
        accounts=[_freshness(one, by_account.get(one.facts.account_id), successes, last_days, now) for one in accounts],
    )


def _success(runs: Sequence[stored.RunOfAccount]) -> bool | None:
    """None before the first run, and while one is at work."""
    if not runs or any(run.finished_at is None for run in runs):
        return None
    return all(bool(run.success) for run in runs)


def _freshness(
    account: _Account,
    run: stored.RunOfAccount | None,
    successes: Mapping[str, datetime],
    last_days: Mapping[str, date],
    now: datetime,
) -> AccountFreshness:
    success = successes.get(account.facts.account_id)
    return AccountFreshness(
        account_id=account.facts.account_id,
        currency=account.facts.currency,
        timezone=account.zone.key,
        data_source=account.facts.data_source,
        status="never" if run is None else "running" if run.finished_at is None else run.status or "ok",
        last_run_at=run.started_at if run else None,
        last_success_at=success,
        hours_since_success=None if success is None else _hours(now - success),
        read_until=last_days.get(account.facts.account_id),
        days_missing=sum(day not in account.read for day in account.days),
    )


def _alerts(question: Question, reader: Reader, accounts: Sequence[_Account], now: datetime) -> list[Alert]:
    registered = [one for one in accounts if one.facts.registered]
    tenant_id = question.session.tenant_id
    found = alerts.sync_alerts(reader, [one.facts.account_id for one in registered], now)
    unread = [alerts.missing_days(tenant_id, one.facts.account_id, one.days, one.read) for one in registered]
    return alerts.in_order([*found, *(alert for alert in unread if alert is not None)])


def _warnings(accounts: Sequence[_Account], currencies: Sequence[str]) -> list[str]:
    found = [] if accounts else ["There is no ad account yet: metaads accounts add"]
    found += [
        f"The figures of {one.facts.account_id} are simulated" for one in accounts if one.facts.data_source == "stub"
    ]
    if currencies:
        found.append(f"Amounts are in several currencies ({', '.join(currencies)}) and are not added")
    return found


def _seconds(length: timedelta) -> Decimal:
    return (Decimal(length // timedelta(milliseconds=1)) / 1000).quantize(Decimal("0.001"))


def _hours(length: timedelta) -> Decimal:
    return (_seconds(length) / HOUR).quantize(Decimal("0.1"), ROUND_HALF_UP)
