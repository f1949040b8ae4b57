"""The report's document, and the page that is made of it."""

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from html.parser import HTMLParser
from itertools import pairwise

import msgspec
import psycopg
import pytest
from freezegun import freeze_time

from metaads_cli.db.session import Database
from metaads_cli.errors import UsageError
from metaads_cli.models.report import ReportDocument
from metaads_cli.models.statistics import Measures
from metaads_cli.render import document as json_document
from metaads_cli.render.report import page
from metaads_cli.tasks.stats import Days, statistics
from reporting import (
    CAMPAIGNS,
    TODAY,
    Clinic,
    Line,
    assert_every_number_is_the_documents,
    in_two_currencies,
    many_campaigns,
    report_of,
)

YESTERDAY = TODAY.date() - timedelta(days=1)
NASTY = "</script><script>alert(1)</script><!-- a.b[0] $title \u2028\u202e 'quoted' <img src=x onerror=alert(1)>"
Make = Callable[..., ReportDocument]


@pytest.fixture
def made(database: Database) -> Make:
    return partial(report_of, database)


@pytest.fixture
def clinic(connection: psycopg.Connection) -> Clinic:
    return Clinic(connection)


@pytest.fixture
def opened(clinic: Clinic) -> Clinic:
    clinic.open()
    return clinic


def test_the_totals_are_those_of_the_statistics(database: Database, opened: Clinic, made: Make) -> None:
    document = made()
    with freeze_time(TODAY):
        stats = statistics(
            database.tenant(1),
            Days(preset="last_30d"),
            by="campaign",
            compare="previous",
            fallback_timezone="UTC",
            valid_statuses=("completed",),
        )
    assert (document.total, document.comparison) == (stats.total, stats.comparison)
    assert document.campaigns == stats.rows
    assert document.total.leads > 100
    assert document.tenant_name == "Norte"
    (money,) = document.money
    assert (money.currency, money.total, money.previous) == ("ARS", stats.total, stats.comparison.total)  # type: ignore[union-attr]


def test_the_days_are_all_there_and_add_up_to_the_total(opened: Clinic, made: Make) -> None:
    document = made()
    assert [one.since for one in document.timeline] == [YESTERDAY - timedelta(days=29 - n) for n in range(30)]
    assert sum(one.leads for one in document.timeline) == document.total.leads
    assert sum(one.converted for one in document.timeline) == document.total.converted
    assert document.comparison is not None
    assert sum(one.previous_leads or 0 for one in document.timeline) == document.comparison.total.leads
    (money,) = document.money
    assert sum(one.spend or 0 for one in money.timeline) == document.total.spend
    assert sum(one.revenue or 0 for one in money.timeline) == document.total.revenue
    assert sum(one.previous_spend or 0 for one in money.timeline) == document.comparison.total.spend


@pytest.mark.parametrize(
    ("days", "grain", "count"), [(120, "day", 120), (121, "week", 18), (840, "week", 121), (841, "month", 28)]
)
def test_a_long_window_is_shown_by_week_then_by_month(
    opened: Clinic, made: Make, days: int, grain: str, count: int
) -> None:
    since = YESTERDAY - timedelta(days=days - 1)
    document = made(since=since, until=YESTERDAY, compare="none")
    assert (document.grain, len(document.timeline)) == (grain, count)
    first, last = document.timeline[0], document.timeline[-1]
    assert (first.since, last.until) == (since, YESTERDAY)
    followers = pairwise(document.timeline)
    assert all(one.until + timedelta(days=1) == following.since for one, following in followers)
    assert sum(one.leads for one in document.timeline) == document.total.leads


def test_a_window_without_a_beginning_begins_with_the_first_month_of_figures(opened: Clinic, made: Make) -> None:
    document = made(until=YESTERDAY)
    assert (document.timeline[0].since, document.timeline[-1].until) == (date(2026, 8, 1), YESTERDAY)
    assert document.comparison is None
    with pytest.raises(UsageError, match="--compare needs a window"):
        made(until=YESTERDAY, compare="previous")


def test_without_a_comparison_nothing_has_changed(opened: Clinic, made: Make) -> None:
    document = made(compare="none")
    assert (document.comparison, document.changed_most) == (None, {})
    assert {one.previous_leads for one in document.timeline} == {None}


def test_the_funnel_has_the_share_and_the_cost_of_each_stage(opened: Clinic, made: Make) -> None:
    document = made()
    total = document.total
    assert [(one.stage, one.count) for one in document.funnel] == [
        (stage, getattr(total, stage)) for stage in ("impressions", "clicks", "conversations", "leads", "converted")
    ]
    impressions, clicks, _, leads, converted = document.funnel
    assert (impressions.share, impressions.cost) == (None, None)
    assert (clicks.share, clicks.cost) == (total.ctr, total.cpc)
    assert (leads.cost, converted.cost) == (total.cost_per_lead, total.cost_per_conversion)
    assert converted.share == total.conversion_rate


def test_what_changed_most_comes_first(opened: Clinic, made: Make) -> None:
    document = made()
    for measure, positions in document.changed_most.items():
        changes = [document.campaigns[position].change for position in positions]
        sizes = [abs(Decimal(change[measure].absolute or 0)) for change in changes]  # type: ignore[index]
        assert sizes == sorted(sizes, reverse=True)
        assert 0 < len(sizes) <= 5
        assert all(sizes)
    few = [document.campaigns[place] for place in document.changed_most["cost_per_lead"]]
    assert all(min(row.leads, row.previous.leads) >= 5 for row in few)  # type: ignore[union-attr]


def test_of_many_campaigns_the_charts_show_the_largest_and_the_rest_together(clinic: Clinic, made: Make) -> None:
    clinic.days = 30
    clinic.open(many_campaigns(60))
    document = made(compare="none")
    (money,) = document.money
    spends = [row.spend or Decimal(0) for row in document.campaigns]
    assert len(document.campaigns) == 60
    assert [spends[position] for position in money.by_spend.rows] == sorted(spends, reverse=True)[:15]
    others = money.by_spend.others
    assert isinstance(others, Measures)
    assert (money.by_spend.others_count, others.spend) == (45, sum(sorted(spends)[:45]))
    shown = sum(document.campaigns[position].leads for position in document.by_leads.rows)
    assert shown + (document.by_leads.others.leads if document.by_leads.others else 0) == document.total.leads


def test_a_single_other_campaign_is_shown_by_its_name(clinic: Clinic, made: Make) -> None:
    clinic.days = 30
    clinic.open(tuple(Line(f"C{number}", 100, 0.5) for number in range(16)))
    (money,) = made(compare="none").money
    assert (len(money.by_spend.rows), money.by_spend.others) == (16, None)


def test_currencies_are_told_apart(clinic: Clinic, made: Make) -> None:
    clinic.open(in_two_currencies())
    document = made()
    assert (document.currency, document.total.spend) == (None, None)
    assert [money.currency for money in document.money] == ["ARS", "USD"]
    for money in document.money:
        rows = [row for row in document.campaigns if row.currency == money.currency]
        assert money.total.spend == sum(row.spend or 0 for row in rows) == sum(one.spend or 0 for one in money.timeline)
        assert {document.campaigns[position].currency for position in money.by_spend.rows} == {money.currency}
        assert money.previous is not None
        assert money.change["spend"].absolute == (money.total.spend or 0) - (money.previous.spend or 0)
    assert sum(one.leads for one in document.timeline) == document.total.leads
    assert {one.cost for one in document.funnel} == {None}


def test_without_insights_there_are_people_and_the_way_to_spend(clinic: Clinic, made: Make) -> None:
    clinic.open(with_ads=False)
    document = made()
    assert document.total.leads > 100
    assert [one.stage for one in document.funnel] == ["leads", "converted"]
    assert "sync-insights --tenant 1" in document.warnings[0]
    text = shown(document).text
    assert "unknown" in text
    assert "Cost per lead" not in text.partition("About these figures")[0]


def test_a_tenant_without_anything_is_told_so(made: Make) -> None:
    document = made(2)
    assert (document.campaigns, document.money) == ([], [])
    assert not any(document.changed_most.values())
    assert "No person came from a Meta ad in these days" in shown(document).text


def test_people_can_be_counted_by_their_last_touch(opened: Clinic, made: Make) -> None:
    document = made(attribution="last")
    assert document.attribution == "last"
    read = shown(document)
    assert "people by their last touch" in read.text
    assert "What is expected counts people by their first touch." in read.text


def test_the_freshness_of_the_accounts_is_told(opened: Clinic, connection: psycopg.Connection, made: Make) -> None:
    (account,) = made().freshness
    assert (account.data_source, account.until, account.last_sync_success) == ("live", YESTERDAY, True)
    assert made().warnings == []
    with connection.transaction():
        connection.execute("SELECT metaads.set_tenant(1)")
        connection.execute("UPDATE metaads.sync_accounts SET data_source = 'stub'")
        connection.execute("DELETE FROM metaads.sync_days WHERE day > '2026-11-15'")
    simulated, behind = made().warnings
    assert simulated == "The figures of the ad account Clínica Norte, ARS (act_1000000000000001) are simulated"
    assert behind.endswith("is complete up to 2026-11-15, not up to 2026-11-20")
    assert made(until=date(2026, 11, 15), since=date(2026, 11, 1)).warnings == [simulated]


def test_an_account_that_was_never_synced_is_an_alert(
    opened: Clinic, connection: psycopg.Connection, made: Make
) -> None:
    with connection.transaction():
        connection.execute("SELECT metaads.set_tenant(1)")
        for table in ("sync_accounts", "sync_days", "sync_runs"):
            connection.execute(f"DELETE FROM metaads.{table}".encode())
    document = made()
    assert [alert.code for alert in document.alerts] == ["never_synced"]
    assert "it was never synced" in shown(document).text


def test_the_report_sees_one_tenant_only(opened: Clinic, connection: psycopg.Connection, made: Make) -> None:
    alone = made()
    Clinic(connection, tenant_id=2).open()
    assert made() == alone


# --- the page


class Page(HTMLParser):
    """What a page shows, and where each number says that it comes from."""

    def __init__(self, text: str):
        super().__init__()
        self.source = text
        self.numbers: list[tuple[str, str, str]] = []
        """(path, exact value, text)"""
        self.texts: list[tuple[str, str]] = []
        self.text = ""
        self.untraced = ""
        """Text that is neither a number of the document, nor a day, a name, or drawn."""
        self.document = ""
        self.names: list[str] = []
        self._open: list[dict[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        attributes = {"tag": tag} | {name: value or "" for name, value in attrs}
        if tag == "meta":
            return
        self._open.append(attributes)
        if "data-path" in attributes:
            self.numbers.append((attributes["data-path"], attributes["data-value"], ""))
        if "data-text" in attributes:
            self.texts.append((attributes["data-text"], ""))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()["tag"] == tag

    def handle_data(self, data: str) -> None:
        inside = self._open
        if any(one["tag"] in {"script", "style"} for one in inside):
            if inside[-1].get("id") == "document":
                self.document += data
            return
        if any(one["tag"] == "svg" for one in inside):
            return
        self.text += data
        if inside and "data-path" in inside[-1]:
            path, value, text = self.numbers[-1]
            self.numbers[-1] = (path, value, text + data)
        elif inside and "data-text" in inside[-1]:
            path, text = self.texts[-1]
            self.texts[-1] = (path, text + data)
        elif not any(one["tag"] in {"time", "bdi"} or one.get("class") in {"name", "id"} for one in inside):
            self.untraced += data + "\n"


def shown(document: ReportDocument) -> Page:
    return Page(page(document))


@pytest.mark.parametrize("campaigns", [CAMPAIGNS, in_two_currencies(), many_campaigns(40)], ids=["one", "two", "many"])
def test_every_number_of_the_page_is_one_of_the_document(
    clinic: Clinic, made: Make, campaigns: tuple[Line, ...]
) -> None:
    clinic.open(campaigns)
    document = made()
    read = shown(document)
    assert_every_number_is_the_documents(read.numbers, read.texts, read.document)
    assert json.loads(read.document) == json.loads(json_document.write(document))
    # What is left has no digits but those of its own words.
    said = re.sub(r"next 14 days|metaads sync-insights --tenant \d+|\d+ others|act_\d+", "", read.untraced)
    assert re.findall(r"\d", said) == []


def test_names_of_others_are_only_text(clinic: Clinic, connection: psycopg.Connection, made: Make) -> None:
    clinic.open((Line(NASTY, 900, 1.5), Line("Común", 500, 1.0)))
    connection.execute("UPDATE tenants SET clinic_name = %s WHERE id = 1", [NASTY])
    document = made()
    assert document.tenant_name == NASTY
    text = page(document)
    read = Page(text)
    assert json.loads(read.document)["tenant_name"] == NASTY
    assert "img" not in read.names
    assert text.count("</script>") == len(re.findall(r"<script\b", text))
    assert "alert(1)</script>" not in text
    assert_every_number_is_the_documents(read.numbers, read.texts, read.document)


def test_the_page_names_no_other_place(opened: Clinic, made: Make) -> None:
    read = shown(made())
    without_scripts = re.sub(r"(?s)<script>.*?</script>", "", read.source)
    addresses = set(re.findall(r"(?:https?:)?//[\w.]+[^\s\"'<>)]*", without_scripts))
    assert addresses == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert not re.search(r"\b(?:src|href)=\"(?!#)", without_scripts)
    assert "link" not in read.names


def test_the_policy_allows_the_pages_own_scripts_alone(opened: Clinic, made: Make) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page(made()))
    assert policy is not None
    told = policy[1].replace("&#x27;", "'")
    assert told.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in told
    assert "script-src 'unsafe-inline'" not in told


def test_the_document_can_be_read_back(opened: Clinic, made: Make) -> None:
    document = made()
    assert msgspec.json.decode(json_document.write(document), type=ReportDocument) == document


def test_headings_are_in_order(clinic: Clinic, made: Make) -> None:
    clinic.open(in_two_currencies())
    levels = [int(name[1]) for name in shown(made()).names if re.fullmatch(r"h[1-6]", name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(following <= one + 1 for one, following in pairwise(levels))
