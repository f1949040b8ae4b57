"""The first look: whose report this is, what happened in one sentence, the key figures."""

from metaads_cli.render.report import numbers
from metaads_cli.render.report.key_figures import key_figures
from metaads_cli.render.report.markup import Html, Node, joined, tag
from metaads_cli.render.report.sheet import Sheet, when


def heading(sheet: Sheet) -> Html:
    document = sheet.document
    compared = document.comparison
    facts: list[Node] = [when(document.window.since, document.window.until)]
    if compared:
        facts.append(joined("compared with ", when(compared.window.since, compared.window.until)))
    facts.append(f"people by their {document.attribution} touch")
    return tag(
        "header",
        tag("p", "Meta ads report", class_="eyebrow"),
        tag("h1", tag("bdi", document.tenant_name)),
        tag("p", *(tag("span", fact) for fact in facts), class_="facts"),
        _care(len(document.warnings) + len(document.alerts)),
    )


def _care(count: int) -> Html | None:
    if not count:
        return None
    words = "One thing to know" if count == 1 else "Some things to know"
    return tag("p", tag("a", f"{words} before reading the figures", href="#care"), class_="care")


def summary(sheet: Sheet) -> Html:
    return tag(
        "section",
        tag("h2", "At a glance", id="glance"),
        _sentence(sheet),
        key_figures(sheet),
        aria_labelledby="glance",
    )


def _sentence(sheet: Sheet) -> Html:
    total = sheet.document.total
    if not total.leads:
        return tag("p", "Nobody came from a Meta ad in these days.", *_spent_alone(sheet), class_="lead")
    parts = [
        _counted(sheet, "total.leads", "person came", "people came"),
        " from Meta ads",
        *_for_amounts(sheet),
        ". ",
        _counted(sheet, "total.converted", "of them", "of them"),
        " converted",
    ]
    if total.converted:
        parts += [" (", sheet.number("total.conversion_rate", numbers.PERCENT), ")"]
    return tag("p", *parts, *_earned(sheet), ".", class_="lead")


def _counted(sheet: Sheet, path: str, one: str, many: str) -> Html:
    value = sheet.value(path)
    return joined(sheet.number(path, numbers.COUNT, "strong"), " ", one if value == 1 else many)


def _for_amounts(sheet: Sheet) -> list[Node]:
    """What was spent, and for how much each came, where all is in one currency."""
    document = sheet.document
    if len(document.money) != 1 or not document.money[0].total.spend:
        return []
    style = numbers.amount(document.money[0].currency)
    each = [", ", sheet.number("money.0.total.cost_per_lead", style, "strong"), " each"]
    return [" for ", sheet.number("money.0.total.spend", style, "strong"), *each]


def _spent_alone(sheet: Sheet) -> list[Node]:
    if len(sheet.document.money) != 1 or not sheet.document.money[0].total.spend:
        return []
    style = numbers.amount(sheet.document.money[0].currency)
    return [" The ads cost ", sheet.number("money.0.total.spend", style, "strong"), "."]


def _earned(sheet: Sheet) -> list[Node]:
    if len(sheet.document.money) != 1 or not sheet.document.money[0].total.revenue:
        return []
    style = numbers.amount(sheet.document.money[0].currency)
    paid = "Meta reports purchases of" if sheet.document.revenue_source == "insights" else "leads paid"
    return [f"; {paid} ", sheet.number("money.0.total.revenue", style, "strong")]


def nothing(sheet: Sheet) -> Html:
    """Where there is nothing to report."""
    tenant = sheet.document.tenant_id
    return tag(
        "section",
        tag("h2", "Nothing in these days", id="glance"),
        tag(
            "p",
            "No person came from a Meta ad in these days, and no ad is known to have spent anything.",
            class_="lead",
        ),
        tag(
            "ul",
            tag("li", "People come with: metaads ingest"),
            tag("li", f"Spend and clicks come with: metaads sync-insights --tenant {tenant}"),
            tag("li", "Other days: --since, --until, --last, --preset"),
            class_="hints",
        ),
        aria_labelledby="glance",
    )
