"""A forecast as a table: the days, each series beside the others, and the totals with bounds of their own."""

from metaads_cli.models.forecast import Expected, ExpectedDay, ForecastReport, ForecastSeries
from metaads_cli.render.table import Cell, Column, Table
from metaads_cli.render.views.parts import Items, Views


def _forecast(result: ForecastReport) -> Table:
    known = [series for series in result.series if series.days]
    rows: list[list[Cell]] = [
        [days[0].day, *(cell for day in days for cell in _cells(day))]
        for days in zip(*(series.days for series in known), strict=True)
    ]
    total = [cell for series in known if series.total for cell in _cells(series.total)]
    return Table(
        (Column("day", "Day", "id"), *(column for series in known for column in _columns(series))),
        rows,
        total=["Total", *total] if total else None,
        title=f"Tenant {result.tenant_id}, expected ({result.timezone}), {result.interval * 100:.0f} % intervals",
        empty="There is too little history for a forecast.",
    )


def _columns(series: ForecastSeries) -> list[Column]:
    key = "_".join(filter(None, [series.metric, series.currency])).lower()
    label = " ".join(filter(None, [series.metric.capitalize(), series.currency]))
    kind = "written" if series.metric == "leads" else "amount"
    return [
        Column(key, label, kind),  # type: ignore[arg-type]
        Column(f"{key}_low", "low", kind),  # type: ignore[arg-type]
        Column(f"{key}_high", "high", kind),  # type: ignore[arg-type]
    ]


def _cells(expected: ExpectedDay | Expected) -> list[Cell]:
    return [expected.expected, expected.low, expected.high]


VIEWS: Views = {ForecastReport: _forecast}
ITEMS: Items = {ForecastReport: "series"}
