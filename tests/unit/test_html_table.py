"""A table as a page: plain, accessible, and with nothing of a forged name in its markup."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaads_cli.models.reports import IngestReport
from metaads_cli.render import html
from metaads_cli.render.table import Column, Table
from metaads_cli.render.views import table_of

NAME = Column("name", "Name")
AD = Column("ad_id", "Ad", "id")
LEADS = Column("leads", "Leads", "count")
TABLE = Table([NAME, AD, LEADS], [["Ñandú", "120200000000000001", 1234], ["b", "7", None]], title="Tenant 1")
VOID = {"meta"}


class Page(HTMLParser):
    """What a browser sees; `tags` are those that were opened, `texts` what is in an element, by its tag."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
            self.texts.append((tag, ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        tag, text = self.texts[-1] if self.texts else ("", "")
        if self.open and self.open[-1] == tag:
            self.texts[-1] = (tag, text + data)

    def named(self, *tags: str) -> list[str]:
        return [text for tag, text in self.texts if tag in tags]

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_a_page_has_one_table_with_a_caption_headings_and_figures_at_the_right() -> None:
    page = Page(html.write(TABLE, "stats"))
    assert page.open == []
    assert page.named("title", "span") == ["Tenant 1", "Tenant 1"]
    assert [(one.get("scope"), one.get("class")) for one in page.attributes("th")] == [
        ("col", None),
        ("col", "id"),
        ("col", "figure"),
        ("row", None),
        ("row", None),
    ]
    assert page.named("th", "td") == ["Name", "Ad", "Leads", "Ñandú", "120200000000000001", "1,234", "b", "7", "–"]
    assert [one.get("class") for one in page.attributes("td")] == ["id", "figure"] * 2
    assert "<caption><span>Tenant 1</span></caption>" in html.write(TABLE, "stats")
    assert page.attributes("html") == [{"lang": "en"}]
    assert page.attributes("div") == [{"role": "region", "aria-label": "Tenant 1", "tabindex": "0"}]


def test_a_page_is_light_or_dark_loads_nothing_and_runs_nothing() -> None:
    text = html.write(TABLE, "stats")
    page = Page(text)
    assert text.startswith("<!DOCTYPE html>\n")
    assert "color-scheme: light dark" in text
    assert {"name": "color-scheme", "content": "light dark"} in page.attributes("meta")
    assert {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "a"} == set()
    assert "url(" not in text
    assert "@import" not in text
    policy = {"http-equiv": "Content-Security-Policy", "content": "default-src 'none'; style-src 'unsafe-inline'"}
    assert policy in page.attributes("meta")


def test_the_total_is_the_foot_of_the_table() -> None:
    text = html.write(Table([NAME, LEADS], [["a", 1], ["b", 2]], total=["Total", 3]), "stats")
    foot = text[text.index("<tfoot>") : text.index("</tfoot>")]
    assert foot == '<tfoot>\n<tr><th scope="row">Total</th><td class="figure">3</td></tr>\n'


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "</style><img src=x onerror=alert(1)>",
        '" onload="x',
        "&lt;b&gt;",
        "a & b",
        "{x}",
        "]]>",
    ],
)
def test_a_forged_text_is_a_text(text: str) -> None:
    forged = Table([NAME, Column("x", text)], [[text, text]], total=[text, text], title=text)
    page = Page(html.write(forged, "stats"))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in Page(html.write(plain(forged), "stats")).tags]
    assert page.named("th", "td") == ["Name", *[text] * 5]
    assert page.named("title", "span") == [text, text]


def plain(table: Table) -> Table:
    columns = [Column(column.key, "x") for column in table.columns]
    return Table(columns, [["x"] * len(columns)], total=["x"] * len(columns), title="x")


@given(st.text())
def test_any_text_is_read_as_it_is_shown_elsewhere(text: str) -> None:
    page = Page(html.write(Table([NAME, LEADS], [["a", 1], [text, 2]]), "stats"))
    assert page.open == []
    assert page.named("th")[-1] == NAME.shown(text)


def test_without_rows_people_are_told() -> None:
    page = Page(html.write(Table([NAME], [], title="Tenant <1>", empty="Nobody & nothing."), "stats"))
    assert page.named("h1", "p") == ["Tenant <1>", "Nobody & nothing."]
    assert page.attributes("table") == []


def test_one_record_is_lines_without_a_header() -> None:
    result = IngestReport(
        received=12345,
        referrals=3,
        ignored=0,
        duplicates=0,
        attributed=0,
        created_contacts=0,
        held=0,
        rejected=0,
        rejects_file=None,
        duration_seconds=1.5,
    )
    page = Page(html.write(table_of(result), "ingest"))
    assert page.attributes("thead") == []
    assert page.named("title", "span") == ["ingest", "ingest"]
    assert page.named("th", "td")[:3] == ["Received", "12,345", "messages and statuses"]
