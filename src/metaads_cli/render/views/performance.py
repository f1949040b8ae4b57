"""What campaigns, ad sets and ads did: the facts above, a row for each day or campaign below."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from metaads_cli.models.performance import (
    About,
    AdDocument,
    AdSetDocument,
    CampaignDocument,
    Metrics,
    OverviewDocument,
    PeerComparison,
    PerformanceSummary,
    TimelineDocument,
)
from metaads_cli.render.table import Cell, Column, Table
from metaads_cli.render.views.parts import Items, Views, listing, values

_METRICS = (
    Column("spend", "Spend", "amount"),
    Column("impressions", "Impr.", "count"),
    Column("clicks", "Clicks", "count"),
    Column("ctr", "CTR %", "amount"),
    Column("cpc", "CPC", "amount"),
    Column("conversions", "Conv.", "written"),
    Column("cost_per_conversion", "Per conv.", "amount"),
    Column("revenue", "Revenue", "amount"),
    Column("roas", "ROAS", "amount"),
)
_OF_A_DAY = (
    Column("reach", "Reach", "count"),
    Column("frequency", "Freq.", "amount"),
    Column("unique_clicks", "Unique", "count"),
)
_DAY = (Column("date_start", "Day", "id"), Column("date_end", "To", "id"))
_CURRENCY = Column("currency", "Currency", "id")
_DAYS = (*_DAY, _CURRENCY, *_METRICS, *_OF_A_DAY)
_TIMELINE = (*_DAY, Column("state", "State", "id"), Column("is_final", "Final"), _CURRENCY, *_METRICS, *_OF_A_DAY)
_CAMPAIGNS = (
    Column("campaign_id", "Campaign", "id"),
    Column("campaign_name", "Name"),
    Column("status", "Status", "id"),
    Column("account_id", "Account", "id"),
    _CURRENCY,
    *_METRICS,
    Column("leads", "Leads", "count"),
    Column("cost_per_lead", "Per lead", "amount"),
    Column("efficiency_score", "Score", "written"),
)
_PROGRAMS_ONLY = frozenset({"date_end", "cpc", "revenue", "is_final", *(column.key for column in _OF_A_DAY)})
_SELDOM = frozenset({"conversions", "cost_per_conversion", "roas", "status", "campaign_name", "efficiency_score"})
_NAME = Column("name", "Name")
_AMOUNT, _COUNT = Column("amount", "Amount", "amount"), Column("count", "Count", "count")
_PEER_LABELS = {
    "ctr": "CTR %", "cpc": "CPC", "cost_per_conversion": "Per conv.", "cost_per_lead": "Per lead", "spend": "Spend",
}  # fmt: skip


def _overview(result: OverviewDocument) -> Table:
    several = bool(result.metrics_by_currency)
    hidden = {"account_id", "cpc", "impressions", "clicks", "revenue", "cost_per_lead"}
    return listing(
        result.top_campaigns,
        _CAMPAIGNS,
        title="\n".join(_overview_lines(result)),
        empty="No campaign has figures on these days.",
        hidden=frozenset(hidden if several else {*hidden, "currency"}),
        optional=_SELDOM,
    )


def _overview_lines(result: OverviewDocument) -> Iterator[str]:
    days = result.date_range
    yield (
        f"Tenant {result.tenant_id}, {days.start} to {days.end}:"
        f" {_COUNT.shown(result.active_campaigns)} of {_COUNT.shown(result.total_campaigns)} campaigns are active."
    )
    yield from _total_lines(result.currency, result.global_metrics, result.metrics_by_currency)
    last = result.last_sync
    if last.sync_timestamp is not None:
        ended = {True: "succeeded", False: "failed", None: "is at work"}[last.success]
        began = f"{last.sync_timestamp:%Y-%m-%d %H:%M} UTC"
        yield f"The last sync ({last.sync_type}, {last.mode}) began {began} and {ended}."
    for alert in result.alerts:
        yield f"{alert.severity.upper()} {_NAME.shown(alert.message)}."


def _campaign(result: CampaignDocument) -> Table:
    return _by_day(
        result,
        f"Campaign {result.campaign_id}: {_NAME.shown(result.campaign_name)}.",
        _facts(
            result.status,
            result.objective,
            _some(result.adsets_count, "ad set"),
            _some(result.ads_count, "ad"),
            *_budgets(result),
        ),
        score=result.performance_summary,
    )


def _ad_set(result: AdSetDocument) -> Table:
    return _by_day(
        result,
        f"Ad set {result.adset_id}: {_NAME.shown(result.adset_name)}.",
        f"Campaign {_NAME.shown(result.campaign_id)}: {_NAME.shown(result.campaign_name)}.",
        _facts(
            result.status,
            result.optimization_goal,
            result.destination_type,
            _some(result.ads_count, "ad"),
            *_budgets(result),
        ),
        *(_NAME.shown(f"{line}.") for line in result.targeting.summary),
        score=result.performance_summary,
    )


def _ad(result: AdDocument) -> Table:
    creative = result.creative
    texts = [creative.title, creative.body] if creative else []
    return _by_day(
        result,
        f"Ad {result.ad_id}: {_NAME.shown(result.ad_name)}.",
        f"Ad set {_NAME.shown(result.adset_id)}: {_NAME.shown(result.adset_name)}.",
        f"Campaign {_NAME.shown(result.campaign_id)}: {_NAME.shown(result.campaign_name)}.",
        _facts(result.status, *(f"“{text}”" for text in texts if text)),
        *_peer_lines(result.peer_comparison),
        score=result.performance_summary,
    )


def _timeline(result: TimelineDocument) -> Table:
    columns, titles = _TIMELINE, {"campaign": "Campaign", "adset": "Ad set", "ad": "Ad"}
    return listing(
        result.insights,
        columns,
        title="\n".join(
            [
                f"{titles[result.entity_type]} {result.entity_id}: {_NAME.shown(result.entity_name)}.",
                *_about(result),
            ]
        ),
        total=_total(columns, result.metrics),
        hidden=_hidden(result) | {"cost_per_conversion"},
        optional=_SELDOM,
    )


def _by_day(result: CampaignDocument | AdSetDocument | AdDocument, *lines: str, score: PerformanceSummary) -> Table:
    return listing(
        result.insights,
        _DAYS,
        title="\n".join([*filter(None, lines), *_about(result), _score(score)]),
        total=_total(_DAYS, result.metrics) if len(result.insights) > 1 else None,
        empty="No delivery on these days." if result.coverage.without_delivery else "No figures of these days.",
        hidden=_hidden(result),
        optional=_SELDOM,
    )


def _hidden(result: About) -> frozenset[str]:
    return _PROGRAMS_ONLY if result.metrics_by_currency else _PROGRAMS_ONLY | {"currency"}


def _total(columns: Sequence[Column], metrics: Metrics) -> list[Cell]:
    known = dict(zip((column.key for column in _METRICS), values(metrics, _METRICS), strict=True))
    return ["Total", *(known.get(column.key) for column in columns[1:])]


def _about(result: About) -> Iterator[str]:
    days, covered = result.date_range, result.coverage
    yield f"{result.account_id}, {days.start} to {days.end} ({result.timezone})."
    yield (
        f"{_some(covered.days, 'day')}: {covered.delivered} with delivery, {covered.without_delivery} without,"
        f" {covered.not_read} not read."
    )
    yield from _total_lines(result.currency, result.metrics, result.metrics_by_currency)


def _total_lines(currency: str | None, metrics: Metrics, several: dict[str, Metrics]) -> Iterator[str]:
    for name, each in several.items() if several else [(currency or "", metrics)]:
        yield (
            f"{_NAME.shown(name)} spend {_AMOUNT.shown(each.spend)}, revenue {_AMOUNT.shown(each.revenue)},"
            f" ROAS {_AMOUNT.shown(each.roas)}, CPC {_AMOUNT.shown(each.cpc)}."
        ).lstrip()
    yield (
        f"{_COUNT.shown(metrics.impressions)} impressions, {_COUNT.shown(metrics.clicks)} clicks"
        f" (CTR {_AMOUNT.shown(metrics.ctr)} %), {_conversions(metrics.conversions)},"
        f" {_COUNT.shown(metrics.leads)} leads."
    )


def _conversions(count: Decimal | None) -> str:
    return f"{_NAME.shown(None if count is None else f'{count:f}')} conversions"


def _budgets(result: CampaignDocument | AdSetDocument) -> Iterator[str]:
    if result.daily_budget is not None:
        yield f"{_AMOUNT.shown(result.daily_budget)} a day"
    if result.lifetime_budget is not None:
        yield f"{_AMOUNT.shown(result.lifetime_budget)} in all"


def _some(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _facts(*facts: str | None) -> str:
    known = [_NAME.shown(fact) for fact in facts if fact]
    return f"{', '.join(known)}." if known else ""


def _peer_lines(peers: PeerComparison) -> Iterator[str]:
    """A line for each figure that is known, in columns."""
    if not peers.ads:
        yield "No other ad of the ad set delivered on these days."
        return
    yield f"Beside {len(peers.ads)} other ads of the ad set:" if len(peers.ads) > 1 else "Beside the other ad:"
    for name, label in _PEER_LABELS.items():
        one = getattr(peers, name)
        if one.value is not None:
            relative = "" if one.relative_difference is None else f"{100 * one.relative_difference:+.1f} %"
            yield (
                f"  {label:<9}  {_AMOUNT.shown(one.value):>12}  rank {one.rank} of {one.of}"
                f"  others {_AMOUNT.shown(one.peers):>12}  {relative}"
            ).rstrip()


def _score(summary: PerformanceSummary) -> str:
    if summary.efficiency_score is None:
        return f"No efficiency score: {summary.reason}."
    return f"Efficiency {summary.efficiency_score} of 100 beside {summary.compared_with} others."


VIEWS: Views = {
    OverviewDocument: _overview,
    CampaignDocument: _campaign,
    AdSetDocument: _ad_set,
    AdDocument: _ad,
    TimelineDocument: _timeline,
}
ITEMS: Items = {
    OverviewDocument: "top_campaigns",
    CampaignDocument: "insights",
    AdSetDocument: "insights",
    AdDocument: "insights",
    TimelineDocument: "insights",
}
