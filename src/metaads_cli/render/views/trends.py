"""Statistics as charts: people, and the spend of each currency."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from metaads_cli.models.performance import TimelineDocument
from metaads_cli.models.statistics import GROUPINGS, StatsReport, StatsRow
from metaads_cli.render.charts import Chart, Figure, Point
from metaads_cli.render.table import Column
from metaads_cli.render.views.parts import Charts

_LEADS = Column("leads", "Leads", "count")
_SPEND = Column("spend", "Spend", "amount")
_NAMES = {
    None: ("ad_headline", "ad_id"),
    "campaign": ("campaign_name",),
    "adset": ("adset_name", "adset_id", "campaign_name"),
    "ad": ("ad_name", "ad_id"),
    "source": ("source",),
}
"""What a group is called: the first of these that it has."""
_IDS = {None: "ad_id", "campaign": "campaign_id", "adset": "adset_id", "ad": "ad_id"}
_MOST_PERIODS = 2_000
"""A wrong year in the data is no reason to draw centuries."""
Values = Mapping[tuple[object, ...], Figure | None]
"""By group: what the fields of the grouping are."""


def stats_charts(result: StatsReport) -> list[Chart]:
    """Amounts in different currencies are in charts of their own."""
    currencies = sorted({row.currency or "" for row in result.rows if row.spend is not None})
    spending = {one: [row for row in result.rows if (row.currency or "") == one] for one in currencies}
    return [
        _chart(result, "Leads", _LEADS, result.rows),
        *(_chart(result, f"Spend, {one}" if one else "Spend", _SPEND, rows) for one, rows in spending.items()),
    ]


def _chart(result: StatsReport, title: str, measure: Column, rows: Sequence[StatsRow]) -> Chart:
    by = result.by
    values = _sums(rows, GROUPINGS[by], measure.key)
    if "period" in GROUPINGS[by]:
        return _over_time(title, measure, values, by or "")
    return Chart(title, measure, [Point(*pair) for pair in zip(_labels(by, values), values.values(), strict=True)])


def _sums(rows: Sequence[StatsRow], fields: tuple[str, ...], measure: str) -> Values:
    """With several currencies a group has several rows; every person is in one of them."""
    sums: dict[tuple[object, ...], Figure | None] = {}
    for row in rows:
        key = tuple(getattr(row, field) for field in fields)
        known, value = sums.get(key), getattr(row, measure)
        sums[key] = value if known is None else known if value is None else known + value
    return sums


def _labels(by: str | None, values: Values) -> Iterator[str]:
    """With the id where a name is not enough."""
    groups = [dict(zip(GROUPINGS[by], key, strict=True)) for key in values]
    labels = [_label(by, group) for group in groups]
    times = Counter(labels)
    for label, group in zip(labels, groups, strict=True):
        identity = group.get(_IDS.get(by, ""))
        yield f"{label} ({identity})" if times[label] > 1 and identity else label


def _label(by: str | None, group: Mapping[str, object]) -> str:
    return next((str(group[name]) for name in _NAMES[by] if group[name]), "")


def _over_time(title: str, measure: Column, values: Values, by: str) -> Chart:
    """Every period from the first to the last; those without a row are gaps."""
    known = {key[0]: value for key, value in values.items() if isinstance(key[0], date)}
    periods = list(_back_to(min(known), max(known), by))[::-1] if known else []
    points = [Point(f"{period:%Y-%m}" if by == "month" else f"{period}", known.get(period)) for period in periods]
    return Chart(title, measure, points, periods=True, left_out=len(known.keys() - set(periods)))


def _back_to(first: date, last: date, by: str) -> Iterator[date]:
    for _ in range(_MOST_PERIODS):
        yield last
        if last <= first:
            return
        if by == "month":
            last = (last - timedelta(days=1)).replace(day=1)
        else:
            last -= timedelta(days=7 if by == "week" else 1)


def timeline_charts(result: TimelineDocument) -> list[Chart]:
    """What was spent each day; one that nobody read is a gap. Each currency is drawn alone."""
    currencies = sorted({one.currency or "" for one in result.insights if one.spend})
    return [
        Chart(
            f"Spend, {currency}" if currency else "Spend",
            _SPEND,
            [Point(f"{one.date_start}", one.spend if one.currency == currency else None) for one in result.insights],
            periods=True,
        )
        for currency in currencies
    ]


CHARTS: Charts = {StatsReport: stats_charts, TimelineDocument: timeline_charts}
