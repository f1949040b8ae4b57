"""The campaigns: what they brought, what a lead of each costs, and the whole table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from metaads_cli.models.statistics import StatsRow
from metaads_cli.render.report import charts, numbers
from metaads_cli.render.report.figure import DataTable, Figure
from metaads_cli.render.report.markup import Html, Node, joined, tag, visible
from metaads_cli.render.report.numbers import Style
from metaads_cli.render.report.sheet import Sheet, exact, judgement


def campaigns(sheet: Sheet) -> Html:
    costs = [_cost_per_lead(sheet, place) for place in range(len(sheet.document.money))]
    figures = [one.html() for one in (_leads(sheet), *costs) if one]
    return tag(
        "section",
        tag("h2", "Campaigns", id="campaigns"),
        tag("div", *figures, class_="pair") if figures else None,
        _table(sheet),
        aria_labelledby="campaigns",
    )


def named(row: StatsRow) -> str:
    return visible(row.campaign_name) if isinstance(row.campaign_name, str) else ""


def name_of(sheet: Sheet, position: int, element: str = "bdi") -> Html:
    return tag(element, named(sheet.document.campaigns[position]), class_="name")


def _cost_per_lead(sheet: Sheet, place: int) -> Figure | None:
    money = sheet.document.money[place]
    if not money.by_spend.rows or money.total.cost_per_lead is None:
        return None
    order = sorted(money.by_spend.rows, key=lambda position: _cost(sheet.document.campaigns[position]))
    rows = [sheet.document.campaigns[position] for position in order]
    style = numbers.amount(money.currency, numbers.largest(row.cost_per_lead for row in rows))
    bars = [
        charts.Bar(
            name=named(row),
            value=row.cost_per_lead,
            shown=style(row.cost_per_lead) if row.cost_per_lead is not None else "no lead",
            more=f"{style(row.spend)} for {numbers.COUNT(row.leads)} leads",
        )
        for row in rows
    ]
    paths = [f"campaigns.{position}" for position in order]
    names: list[Node] = [name_of(sheet, position) for position in order]
    others = money.by_spend.others
    if others:
        names.append(_others(sheet, f"money.{place}.by_spend.others_count"))
        paths.append(f"money.{place}.by_spend.others")
        shown = style(others.cost_per_lead) if others.cost_per_lead is not None else "no lead"
        bars.append(
            charts.Bar(
                name=f"{money.by_spend.others_count} others", value=others.cost_per_lead, shown=shown, tone="rest"
            )
        )
    average = money.total.cost_per_lead
    legend: list[tuple[str, Node]] = [("box spend", "Cost per lead")]
    if average is not None:
        together = sheet.number(f"money.{place}.total.cost_per_lead", style)
        legend.append(("bar", joined("all together: ", together)))
    return Figure(
        key=f"cost-{place}",
        title=f"What a lead costs, by campaign, {money.currency}",
        note="The campaigns with most spend, the cheapest leads first.",
        spec=charts.bars(bars, "spend", "Cost per lead", average=average),
        description="; ".join(f"{bar.name}: {bar.shown}" for bar in bars) + ".",
        legend=legend,
        data=measures(
            sheet,
            names,
            paths,
            (("cost_per_lead", "Cost per lead", style), ("spend", "Spend", style), ("leads", "Leads", numbers.COUNT)),
        ),
    )


def _cost(row: StatsRow) -> tuple[bool, Decimal]:
    """Those without a lead last."""
    return row.cost_per_lead is None, row.cost_per_lead or Decimal(0)


def _leads(sheet: Sheet) -> Figure | None:
    ranking = sheet.document.by_leads
    if not ranking.rows:
        return None
    rows = [sheet.document.campaigns[position] for position in ranking.rows]
    bars = [charts.Bar(name=named(row), value=row.leads, shown=numbers.COUNT(row.leads)) for row in rows]
    names: list[Node] = [name_of(sheet, position) for position in ranking.rows]
    paths = [f"campaigns.{position}" for position in ranking.rows]
    if ranking.others:
        together = f"{ranking.others_count} others, together"  # no bar: it would dwarf those of single campaigns
        bars.append(charts.Bar(name=together, value=None, shown=numbers.COUNT(ranking.others.leads)))
        names.append(_others(sheet, "by_leads.others_count"))
        paths.append("by_leads.others")
    return Figure(
        key="campaign-leads",
        title="Leads by campaign",
        spec=charts.bars(bars, "leads", "Leads"),
        description="; ".join(f"{bar.name}: {bar.shown}" for bar in bars) + ".",
        data=measures(
            sheet, names, paths, (("leads", "Leads", numbers.COUNT), ("converted", "Converted", numbers.COUNT))
        ),
    )


def _others(sheet: Sheet, path: str) -> Html:
    return joined(sheet.number(path, numbers.COUNT), " others")


def measures(
    sheet: Sheet, names: Sequence[Node], paths: Sequence[str], measures: Sequence[tuple[str, str, Style]]
) -> DataTable:
    rows = [
        tag(
            "tr",
            tag("th", name, scope="row"),
            *(sheet.number(f"{path}.{measure}", style, "td", class_="num") for measure, _, style in measures),
        )
        for name, path in zip(names, paths, strict=True)
    ]
    return DataTable(head=("Campaign", *(label for _, label, _ in measures)), rows=rows)


@dataclass(frozen=True)
class _Column:
    measure: str
    label: str
    style: Style | None = None
    """None: an amount, with as many decimals as the largest one in its currency needs."""
    changes: bool = False
    """Whether the difference to the days compared with has a column of its own."""

    def style_for(self, rows: Sequence[StatsRow], currency: str | None) -> Style:
        amounts = (getattr(row, self.measure) for row in rows if row.currency == currency)
        return self.style or numbers.bare_amount(currency, numbers.largest(amounts))


def _columns(sheet: Sheet) -> list[_Column]:
    """Those in which anything is known."""
    every = (
        _Column("leads", "Leads", numbers.COUNT, changes=True),
        _Column("converted", "Converted", numbers.COUNT),
        _Column("conversion_rate", "Share", numbers.PERCENT),
        _Column("spend", "Spend"),
        _Column("cost_per_lead", "Cost per lead", changes=True),
        _Column("revenue", "Revenue"),
        _Column("roas", "Return", numbers.TIMES),
        _Column("impressions", "Impressions", numbers.COUNT),
        _Column("clicks", "Clicks", numbers.COUNT),
        _Column("conversations", "Conversations", numbers.COUNT),
    )
    rows = sheet.document.campaigns
    return [column for column in every if any(getattr(row, column.measure) is not None for row in rows)]


def _table(sheet: Sheet) -> Html:
    document = sheet.document
    columns, several = _columns(sheet), len(document.money) > 1
    currency = f", amounts in {document.currency}" if document.currency and not several else ""
    caption = f"All campaigns{currency}"
    heads = [tag("th", "Campaign", scope="col", data_sort="text")]
    if several:
        heads.append(tag("th", "Currency", scope="col", data_sort="text"))
    for column in columns:
        heads.append(tag("th", column.label, scope="col", class_="num", data_sort="number"))
        if column.changes and document.comparison:
            of = tag("span", f" of {column.label.lower()}", class_="sr")
            heads.append(tag("th", "Change", of, scope="col", class_="num", data_sort="number"))
    cells = _Cells.of(sheet, columns)
    body = [_row(sheet, position, cells, several=several) for position in range(len(document.campaigns))]
    total = _total(cells) if len(document.campaigns) > 1 and not several else None
    table = tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *heads)),
        tag("tbody", *body),
        tag("tfoot", total) if total else None,
        class_="campaigns",
        data_sortable=True,
    )
    return tag(
        "div",
        tag("div", table, class_="scroll tall", tabindex="0", role="region", aria_label=caption),
        class_="card table",
    )


@dataclass(frozen=True)
class _Cells:
    """Makes the cells of a row in the styles of its currency."""

    sheet: Sheet
    columns: dict[str | None, list[tuple[_Column, Style]]]

    @classmethod
    def of(cls, sheet: Sheet, columns: Sequence[_Column]) -> "_Cells":
        rows = sheet.document.campaigns
        currencies = {row.currency for row in rows} | {sheet.document.currency}
        return cls(sheet, {one: [(column, column.style_for(rows, one)) for column in columns] for one in currencies})

    def under(self, path: str, change: str, currency: str | None) -> Iterator[Html]:
        for column, style in self.columns[currency]:
            yield self.sheet.number(f"{path}.{column.measure}", style, "td", class_="num")
            if column.changes and self.sheet.document.comparison:
                yield _change(self.sheet, f"{change}.{column.measure}", column.measure)


def _row(sheet: Sheet, position: int, cells: _Cells, *, several: bool) -> Html:
    row, path = sheet.document.campaigns[position], f"campaigns.{position}"
    head = [tag("th", name_of(sheet, position), scope="row")]
    if several:
        head.append(tag("td", row.currency))
    return tag("tr", *head, *cells.under(path, f"{path}.change", row.currency))


def _total(cells: _Cells) -> Html:
    currency = cells.sheet.document.currency
    return tag("tr", tag("th", "Total", scope="row"), *cells.under("total", "comparison.change", currency))


def _change(sheet: Sheet, path: str, measure: str) -> Html:
    """Sorted by the relative change, as it is shown."""
    difference = sheet.value(f"{path}.absolute")
    word = judgement(measure, difference or 0)
    return tag(
        "td",
        sheet.change(path, measure),
        tag("span", f", {word}", class_="sr") if word else None,
        class_="num",
        data_order=exact(sheet.value(f"{path}.relative")),
    )
