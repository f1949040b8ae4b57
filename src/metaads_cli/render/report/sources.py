"""How far the figures can be trusted: notes, how new they are, what the words mean."""

from datetime import datetime

from metaads_cli.models.report import Freshness
from metaads_cli.render.report import numbers
from metaads_cli.render.report.markup import Html, tag
from metaads_cli.render.report.sheet import Sheet

MEANINGS = {
    "Lead": "A person whom an ad of yours brought, counted once, on the day of the touch.",
    "Converted": "Leads with a valid appointment made after the touch; in a sales team, those who bought after it.",
    "Conversations": "Chats that Meta counts as started from the ads; not every one is a lead, nor every lead a chat.",
    "Cost per lead": "What all ads cost, divided by all leads, those from ads without a lead included.",
    "Return on spend": "Revenue divided by spend: above one, the ads brought in more than they cost.",
}
REVENUE = {
    "insights": "Purchases that Meta reports for the ads.",
    "accounting_transactions": "Completed payments of leads, on the days of the payment, whenever they came.",
    "sales_transactions": "Paid sales to leads, on the days of the sale, whenever they came.",
}
SOURCES = {"live": "Meta", "stub": "simulated"}


def sources(sheet: Sheet) -> Html:
    return tag(
        "section",
        tag("h2", "About these figures", id="about"),
        tag("div", _care(sheet), _freshness(sheet), class_="pair"),
        _meanings(sheet.document.revenue_source),
        aria_labelledby="about",
    )


def _care(sheet: Sheet) -> Html | None:
    document = sheet.document
    notes = [tag("li", sheet.text(f"warnings.{place}"), ".") for place in range(len(document.warnings))]
    notes += [_alert(sheet, place) for place in range(len(document.alerts))]
    if not notes:
        return None
    return tag("div", tag("h3", "Read with care", id="care"), tag("ul", *notes, class_="notes"), class_="card")


def _alert(sheet: Sheet, place: int) -> Html:
    path = f"alerts.{place}"
    hint = tag("p", sheet.text(f"{path}.hint"), class_="hint") if sheet.value(f"{path}.hint") else None
    return tag("li", sheet.text(f"{path}.message"), ".", hint)


def _freshness(sheet: Sheet) -> Html:
    head = ("Ad account", "Source", "Complete up to", "Last sync")
    rows = [_account(one, sheet.document.generated_at) for one in sheet.document.freshness]
    table = tag(
        "table",
        tag("caption", "How new the ad accounts' figures are", class_="sr"),
        tag("thead", tag("tr", *(tag("th", title, scope="col") for title in head))),
        tag("tbody", *rows),
    )
    nothing = tag("p", "No ad account is registered: spend and clicks come with one (metaads accounts add).")
    return tag(
        "div",
        tag("h3", "How new they are"),
        tag("div", table, class_="scroll", tabindex="0", role="region", aria_label="How new the figures are")
        if rows
        else nothing,
        class_="card",
    )


def _account(one: Freshness, now: datetime) -> Html:
    label = tag("bdi", one.name or one.account_id, class_="name")
    number = tag("span", one.account_id, class_="id") if one.name else None
    outcome = {True: "complete", False: "did not succeed", None: "not finished" if one.last_sync_at else "never"}
    return tag(
        "tr",
        tag("th", label, number, scope="row"),
        tag("td", SOURCES.get(one.data_source or "", "not read yet")),
        tag("td", tag("time", numbers.day(one.until), datetime=str(one.until)) if one.until else "–"),
        tag("td", _moment(one.last_sync_at, now), ", " if one.last_sync_at else None, outcome[one.last_sync_success]),
    )


def _moment(moment: datetime | None, now: datetime) -> Html | None:
    """In the tenant's time zone."""
    if moment is None:
        return None
    local = moment.astimezone(now.tzinfo)
    return tag("time", f"{numbers.day(local.date())}, {local:%H:%M}", datetime=local.isoformat(timespec="seconds"))


def _meanings(revenue_source: str | None) -> Html:
    meanings = MEANINGS | ({"Revenue": REVENUE[revenue_source]} if revenue_source in REVENUE else {})
    entries = (tag("div", tag("dt", word), tag("dd", meaning)) for word, meaning in meanings.items())
    return tag("div", tag("h3", "What the words mean"), tag("dl", *entries), class_="card meanings")


def colophon(sheet: Sheet) -> Html:
    document = sheet.document
    return tag(
        "footer",
        tag(
            "p",
            "Made by metaads on ",
            _moment(document.generated_at, document.generated_at),
            f", {document.window.timezone}. Days are those of this time zone, of spend those of the ad account.",
        ),
    )
