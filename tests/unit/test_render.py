"""Results in every format: exact text, exact decimals, unknown told from zero."""

import csv
import io
import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console as RichConsole

from metaads_cli.console import Console, Format
from metaads_cli.models.migrations import AppliedPatch, Blocker, Drift, MigrateReport, MigrateStatus, PatchState
from metaads_cli.models.reports import EmbeddedStatus, IngestReport
from metaads_cli.models.statistics import Measures, StatsReport, StatsRow, Window
from metaads_cli.models.tenant import Tenant, TenantList
from metaads_cli.render import delimited, document, markdown, text
from metaads_cli.render.output import write_result
from metaads_cli.render.table import Column, Table
from metaads_cli.render.views import table_of

AD: dict[str, Any] = {"ad_id": "120200000000000001", "ad_headline": "Escríbenos"}
COUNTS: dict[str, Any] = {"leads": 1234, "converted": 411, "appointments": 500, "conversion_rate": Decimal("0.3330")}
FIRST = StatsRow(campaign_id=None, campaign_name="Sin Campaña", **AD, **COUNTS)
SECOND = StatsRow(
    campaign_id="23850000000000001",
    campaign_name="Sonrisa, 2026",
    ad_id="7",
    ad_headline='Say "hi" | now',
    leads=0,
    converted=0,
    appointments=0,
    conversion_rate=None,
    spend=Decimal("123456789012345678.10"),
    impressions=0,
)


def report(*rows: StatsRow, since: date | None = None) -> StatsReport:
    total = Measures(leads=1234, converted=411, appointments=500, conversion_rate=Decimal("0.3330"))
    window = Window(since=since, until=None, timezone="UTC")
    return StatsReport(
        tenant_id=1, window=window, currency=None, attribution="first", rows=list(rows), total=total, warnings=[]
    )


STATS = report(FIRST)
WIDE = report(FIRST, SECOND, since=date(2026, 11, 1))
MIGRATION = MigrateReport(
    applied=[AppliedPatch(name="0001_a", duration_ms=1234, attempts=2, lock_wait_ms=0)],
    pending=["0002_b"],
    not_applicable=["0003_c"],
    drift=[Drift(name="0000_z", problem="edited | since")],
    blocked_by=[Blocker(pid=7, application="app", user="u", state="idle in transaction", age_seconds=9)],
    server_version="18.1",
)
TENANTS = TenantList(
    tenants=[
        Tenant(tenant_id=1, name="Clínica Norte", bot_phone_number="15550001111", timezone="Europe/Madrid"),
        Tenant(tenant_id=1002, name="Sur"),
    ]
)
RESULTS: dict[str, msgspec.Struct] = {"stats": STATS, "wide": WIDE, "migrate": MIGRATION, "tenants": TENANTS}


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


def written(result: msgspec.Struct, output: Format) -> str:
    stream = io.StringIO()
    write_result(result, Console(output=output), stream)
    return stream.getvalue()


EXPECTED: dict[tuple[str, Format], str] = {}

EXPECTED["stats", Format.TABLE] = """\
Tenant 1, all time (UTC), first touch
Campaign     Ad                  Headline    Leads  Conv.  Appts    Rate
Sin Campaña  120200000000000001  Escríbenos  1,234    411    500  33.3 %
"""
EXPECTED["stats", Format.CSV] = """\
campaign_id,campaign_name,ad_id,ad_headline,currency,leads,converted,appointments,conversion_rate,spend,impressions,\
clicks,ctr,cpc,conversations,cost_per_lead,cost_per_conversion,revenue,roas
,Sin Campaña,120200000000000001,Escríbenos,,1234,411,500,0.3330,,,,,,,,,,
"""
EXPECTED["stats", Format.TSV] = EXPECTED["stats", Format.CSV].replace(",", "\t")
EXPECTED["stats", Format.MD] = """\
**Tenant 1, all time (UTC), first touch**

| Campaign | Ad | Headline | Leads | Conv. | Appts | Rate |
| --- | --- | --- | ---: | ---: | ---: | ---: |
| Sin Campaña | 120200000000000001 | Escríbenos | 1,234 | 411 | 500 | 33.3 % |
"""
EXPECTED["stats", Format.JSON] = """\
{
  "schema": "metaads.stats/1",
  "tenant_id": 1,
  "window": {
    "since": null,
    "until": null,
    "timezone": "UTC"
  },
  "currency": null,
  "attribution": "first",
  "by": null,
  "revenue_source": null,
  "rows": [
    {
      "campaign_id": null,
      "campaign_name": "Sin Campaña",
      "ad_id": "120200000000000001",
      "ad_headline": "Escríbenos",
      "currency": null,
      "leads": 1234,
      "converted": 411,
      "appointments": 500,
      "conversion_rate": 0.3330,
      "spend": null,
      "impressions": null,
      "clicks": null,
      "ctr": null,
      "cpc": null,
      "conversations": null,
      "cost_per_lead": null,
      "cost_per_conversion": null,
      "revenue": null,
      "roas": null
    }
  ],
  "total": {
    "leads": 1234,
    "converted": 411,
    "appointments": 500,
    "conversion_rate": 0.3330,
    "spend": null,
    "impressions": null,
    "clicks": null,
    "ctr": null,
    "cpc": null,
    "conversations": null,
    "cost_per_lead": null,
    "cost_per_conversion": null,
    "revenue": null,
    "roas": null
  },
  "totals_by_currency": {},
  "comparison": null,
  "warnings": []
}
"""
EXPECTED["stats", Format.JSONL] = (
    '{"campaign_id":null,"campaign_name":"Sin Campaña","ad_id":"120200000000000001","ad_headline":"Escríbenos",'
    '"currency":null,"leads":1234,"converted":411,"appointments":500,"conversion_rate":0.3330,"spend":null,"impressions":null,'
    '"clicks":null,"ctr":null,"cpc":null,"conversations":null,"cost_per_lead":null,"cost_per_conversion":null,"revenue":null,"roas":null}\n'
)
EXPECTED["wide", Format.TABLE] = """\
Tenant 1, 2026-11-01 to today (UTC), first touch
Campaign       Ad                  Headline        Leads  Conv.  Appts    Rate\
                       Spend  Impressions
Sin Campaña    120200000000000001  Escríbenos      1,234    411    500  33.3 %\
                           –            –
Sonrisa, 2026  7                   Say "hi" | now      0      0      0       –\
  123,456,789,012,345,678.10            0
Total                                              1,234    411    500  33.3 %\
                           –            –
"""
EXPECTED["wide", Format.MD] = """\
**Tenant 1, 2026-11-01 to today (UTC), first touch**

| Campaign | Ad | Headline | Leads | Conv. | Appts | Rate | Spend | Impressions |
| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |
| Sin Campaña | 120200000000000001 | Escríbenos | 1,234 | 411 | 500 | 33.3 % | – | – |
| Sonrisa, 2026 | 7 | Say "hi" \\| now | 0 | 0 | 0 | – | 123,456,789,012,345,678.10 | 0 |
| Total |  |  | 1,234 | 411 | 500 | 33.3 % | – | – |
"""
EXPECTED["migrate", Format.TABLE] = """\
Patch   State                     ms  Tries  Lock wait ms
0001_a  applied                1,234      2             0
0002_b  pending                    –      –             –
0003_c  not applicable             –      –             –
0000_z  drift: edited | since      –      –             –
"""
EXPECTED["migrate", Format.CSV] = """\
name,state,duration_ms,attempts,lock_wait_ms,change,rows
0001_a,applied,1234,2,0,,
0002_b,pending,,,,,
0003_c,not applicable,,,,,
0000_z,drift: edited | since,,,,,
"""
EXPECTED["migrate", Format.TSV] = EXPECTED["migrate", Format.CSV].replace(",", "\t")
EXPECTED["migrate", Format.MD] = """\
| Patch | State | ms | Tries | Lock wait ms |
| --- | --- | ---: | ---: | ---: |
| 0001_a | applied | 1,234 | 2 | 0 |
| 0002_b | pending | – | – | – |
| 0003_c | not applicable | – | – | – |
| 0000_z | drift: edited \\| since | – | – | – |
"""
EXPECTED["migrate", Format.JSONL] = (
    '{"schema":"metaads.migrate/1","applied":[{"name":"0001_a","duration_ms":1234,"attempts":2,"lock_wait_ms":0}],'
    '"pending":["0002_b"],"not_applicable":["0003_c"],"drift":[{"name":"0000_z","problem":"edited | since",'
    '"detail":""}],"blocked_by":[{"pid":7,"application":"app","user":"u","state":"idle in transaction",'
    '"age_seconds":9}],"server_version":"18.1","adopted":[],"preview":[]}\n'
)
EXPECTED["tenants", Format.TABLE] = """\
Tenant  Name           Receives on  Time zone
     1  Clínica Norte  15550001111  Europe/Madrid
 1,002  Sur            –            –
"""
EXPECTED["tenants", Format.CSV] = """\
tenant_id,name,bot_phone_number,timezone
1,Clínica Norte,15550001111,Europe/Madrid
1002,Sur,,
"""
EXPECTED["tenants", Format.TSV] = EXPECTED["tenants", Format.CSV].replace(",", "\t")
EXPECTED["tenants", Format.MD] = """\
| Tenant | Name | Receives on | Time zone |
| ---: | --- | --- | --- |
| 1 | Clínica Norte | 15550001111 | Europe/Madrid |
| 1,002 | Sur | – | – |
"""
EXPECTED["tenants", Format.JSONL] = (
    '{"tenant_id":1,"name":"Clínica Norte","bot_phone_number":"15550001111","timezone":"Europe/Madrid",'
    '"country_code":null}\n'
    '{"tenant_id":1002,"name":"Sur","bot_phone_number":null,"timezone":null,"country_code":null}\n'
)
EXPECTED["tenants", Format.JSON] = """\
{
  "schema": "metaads.tenants/1",
  "tenants": [
    {
      "tenant_id": 1,
      "name": "Clínica Norte",
      "bot_phone_number": "15550001111",
      "timezone": "Europe/Madrid",
      "country_code": null
    },
    {
      "tenant_id": 1002,
      "name": "Sur",
      "bot_phone_number": null,
      "timezone": null,
      "country_code": null
    }
  ]
}
"""


@pytest.mark.parametrize(("name", "output"), EXPECTED, ids=[f"{name}-{output}" for name, output in EXPECTED])
def test_a_result_is_written_exactly_so(name: str, output: Format) -> None:
    assert written(RESULTS[name], output) == EXPECTED[name, output]


def test_a_document_as_json_holds_what_it_holds_on_one_line() -> None:
    assert json.loads(written(MIGRATION, Format.JSON)) == json.loads(written(MIGRATION, Format.JSONL))


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.parametrize("output", [one for one in Format if one is not Format.XLSX])
def test_off_a_terminal_there_are_no_control_codes_and_no_boxes(name: str, output: Format) -> None:
    text = written(RESULTS[name], output)
    assert not re.search(r"\x1b|[\u2500-\u257f]", text)
    assert text.endswith("\n")
    assert not any(line != line.rstrip(" ") for line in text.splitlines())


# --- amounts


@pytest.mark.parametrize(
    "text", ["0.3330", "0", "0.00", "123456789012345678.10", "-0.01", "99999999999999999999999999.999999", "0.0000001"]
)
def test_a_decimal_is_exact_in_every_format_for_programs(text: str) -> None:
    result = report(with_spend(Decimal(text)))
    for output in (Format.JSON, Format.JSONL):
        found = re.search(r'"spend": ?([^,\n]+)', written(result, output))
        assert found is not None
        assert Decimal(found[1]) == Decimal(text)
        assert Decimal(found[1]).as_tuple() == Decimal(text).as_tuple()
    (row,) = csv.DictReader(io.StringIO(written(result, Format.CSV)))
    assert row["spend"] == text


def with_spend(amount: Decimal) -> StatsRow:
    return StatsRow(campaign_id=None, campaign_name="c", **AD, **COUNTS, spend=amount)


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=6) | st.decimals(allow_nan=False, allow_infinity=False)
)
def test_any_decimal_survives_json_without_a_loss(amount: Decimal) -> None:
    loaded = json.loads(document.write(report(with_spend(amount))), parse_float=Decimal, parse_int=Decimal)
    assert loaded["rows"][0]["spend"] == amount


def test_an_unknown_amount_is_a_dash_for_people_and_empty_for_programs_and_zero_is_zero() -> None:
    column = Column("spend", "Spend", "amount")
    assert [column.shown(None), column.shown(Decimal(0)), column.written(None), column.written(Decimal(0))] == [
        "–",
        "0.00",
        "",
        "0",
    ]


@pytest.mark.parametrize(
    ("kind", "value", "shown", "exact"),
    [
        ("count", 1234567, "1,234,567", "1234567"),
        ("amount", Decimal("1234.5"), "1,234.50", "1234.5"),
        ("amount", Decimal("1E+3"), "1,000.00", "1000"),
        ("percent", Decimal("0.3335"), "33.4 %", "0.3335"),
        ("percent", Decimal(1), "100.0 %", "1"),
        ("text", True, "yes", "True"),
        ("id", "120200000000000001", "120200000000000001", "120200000000000001"),
    ],
)
def test_a_value_is_shown_to_people_and_written_for_programs(kind: Any, value: Any, shown: str, exact: str) -> None:
    column = Column("k", "K", kind)
    assert (column.shown(value), column.written(value)) == (shown, exact)


# --- the width of the output


def test_off_a_terminal_the_width_of_terminals_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert written(WIDE, Format.TABLE) == EXPECTED["wide", Format.TABLE]


def on_terminal(result: msgspec.Struct, width: int) -> str:
    stream = io.StringIO()
    text.write(table_of(result), RichConsole(file=stream, force_terminal=True, width=width, color_system=None))
    return re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())


LONG = report(
    StatsRow(campaign_id="1", campaign_name="Implantes | Alcance | 2026-06-01", **AD, **COUNTS),
    StatsRow(campaign_id="1", campaign_name="Ortodoncia " * 20, **AD, **COUNTS, spend=Decimal("1234567.89")),
)


@pytest.mark.parametrize("width", range(20, 131))
@pytest.mark.parametrize("result", [STATS, WIDE, LONG, MIGRATION, TENANTS])
def test_no_figure_and_no_id_is_cut_at_any_width(result: msgspec.Struct, width: int) -> None:
    full, shown = written(result, Format.TABLE), on_terminal(result, width)
    figures = [word for word in full.split() if re.search(r"\d", word)]
    assert figures
    assert {word for word in figures if shown.count(word) < full.count(word)} == set()


@pytest.mark.parametrize("width", [80, 100, 130])
def test_a_table_that_can_fit_does(width: int) -> None:
    lines = on_terminal(LONG if width > 80 else STATS, width).splitlines()
    assert any("──" in line for line in lines)
    assert max(map(len, lines)) <= width


def test_a_table_that_is_too_wide_is_parted_and_each_part_says_what_its_rows_are() -> None:
    assert on_terminal(WIDE, 90).splitlines() == [
        "Tenant 1, 2026-11-01 to today (UTC), first touch",
        "Campaign       Ad                  Headline        Leads  Conv.  Appts    Rate",
        "─" * 78,
        "Sin Campaña    120200000000000001  Escríbenos      1,234    411    500  33.3 %",
        'Sonrisa, 2026  7                   Say "hi" | now      0      0      0       –',
        "─" * 78,
        "Total                                              1,234    411    500  33.3 %",
        "",
        "Campaign       Ad                  Headline                             Spend  Impressions",
        "─" * 90,
        "Sin Campaña    120200000000000001  Escríbenos                               –            –",
        'Sonrisa, 2026  7                   Say "hi" | now  123,456,789,012,345,678.10            0',
        "─" * 90,
        "Total                                                                       –            –",
    ]


def test_names_wrap_only_as_far_as_it_saves_a_part() -> None:
    narrow = [line for line in on_terminal(WIDE, 70).splitlines() if line.startswith("Campaign")]
    assert [len(line.split("Headline")[1].split()) for line in narrow] == [3, 1, 1, 1]
    assert "Sonrisa, 2026" in on_terminal(WIDE, 90)
    assert "Sonrisa, 2026" not in on_terminal(WIDE, 76)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Names of any length, and figures that are found only once each."""
    kinds = draw(st.lists(st.sampled_from(["text", "id", "count", "amount"]), min_size=1, max_size=9))
    columns = [Column(f"k{index}", f"L{index}", kind) for index, kind in enumerate(kinds)]  # type: ignore[arg-type]
    words = st.lists(st.sampled_from(["a", "Ortodoncia", "日本", "2026-06-01", "|"]), max_size=6).map(" ".join)
    numbers = iter(range(1_000, 10**9, draw(st.integers(1, 10**6))))
    rows = [
        [
            draw(words) if column.kind == "text" else str(next(numbers)) if column.kind == "id" else next(numbers)
            for column in columns
        ]
        for _ in range(draw(st.integers(1, 3)))
    ]
    return Table(columns, rows)


@given(tables(), st.integers(20, 120))
def test_a_parted_table_holds_everything_within_the_terminal(table: Table, width: int) -> None:
    stream = io.StringIO()
    text.write(table, RichConsole(file=stream, force_terminal=True, width=width, color_system=None))
    shown = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())
    figures = {column.shown(value) for row in table.rows for column, value in zip(table.columns, row, strict=True)}
    assert {figure for figure in figures if " " not in figure and figure not in shown} == set()
    if "─" in shown:
        assert all(column.label in shown for column in table.columns)
        assert max(map(cell_len, shown.splitlines())) <= width


def test_on_a_terminal_of_letters_the_rules_are_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert "──" not in on_terminal(STATS, 100)
    assert "-----" in on_terminal(STATS, 100)


def test_where_a_row_does_not_fit_it_becomes_lines() -> None:
    lines = on_terminal(report(FIRST, FIRST), 40).splitlines()
    assert lines[1:8] == [
        "Campaign: Sin Campaña",
        "Ad: 120200000000000001",
        "Headline: Escríbenos",
        "Leads: 1,234",
        "Conv.: 411",
        "Appts: 500",
        "Rate: 33.3 %",
    ]
    assert lines[-5:] == ["Campaign: Total", "Leads: 1,234", "Conv.: 411", "Appts: 500", "Rate: 33.3 %"]


def test_a_wide_letter_takes_its_room() -> None:
    rows = [["日本", 1], ["a", 22]]
    stream = io.StringIO()
    text.write(Table([Column("a", "A"), Column("b", "B", "count")], rows), RichConsole(file=stream))
    assert stream.getvalue() == "A      B\n日本   1\na     22\n"


# --- texts


TRICKY = ["a,b", 'a "b"', "a\nb", "a\rb", "a\r\nb", "a\tb", "", " a ", "a|b", "a\\b", "=1+1", "😀 ñ", "a\u2028b"]


@pytest.mark.parametrize("delimiter", [",", "\t"])
@given(st.lists(st.tuples(*[st.sampled_from(TRICKY) | st.text(max_size=5)] * 2), max_size=4))
def test_what_is_written_as_csv_is_read_back_equal(delimiter: str, rows: list[tuple[str, str]]) -> None:
    text = delimited.write(Table([Column("a", "A"), Column("b", "B")], rows), delimiter)
    back = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    assert back == [["a", "b"], *map(list, rows)]


def test_csv_quotes_only_what_needs_it() -> None:
    rows = [["a,b", 'say "hi"', "two\nlines", "a b"]]
    columns = [Column(key, key) for key in "wxyz"]
    assert delimited.write(Table(columns, rows), ",") == 'w,x,y,z\n"a,b","say ""hi""","two\nlines",a b\n'


@pytest.mark.parametrize("text", TRICKY)
def test_a_markdown_cell_stays_in_its_cell(text: str) -> None:
    lines = markdown.write(Table([Column("a", "A"), Column("b", "B")], [[text, "end"]])).splitlines()
    assert lines[:2] == ["| A | B |", "| --- | --- |"]
    assert len(lines) == 3
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", lines[2])) == 3


def test_markdown_escapes_pipes_and_backslashes() -> None:
    text = markdown.write(Table([Column("a", "A")], [["a|b\\c"]], title="x|y"))
    assert text == "**x\\|y**\n\n| A |\n| --- |\n| a\\|b\\\\c |\n"


@pytest.mark.parametrize("headline", ["two\nlines", "two\r\nlines", "two\u2028lines", "two\x1blines", "two\x9blines"])
def test_a_text_of_an_ad_stays_on_its_line_and_moves_no_cursor(headline: str) -> None:
    row = StatsRow(campaign_id=None, campaign_name="c", ad_id="1", ad_headline=headline, **COUNTS)
    assert written(report(row), Format.TABLE).splitlines() == [
        "Tenant 1, all time (UTC), first touch",
        "Campaign  Ad  Headline   Leads  Conv.  Appts    Rate",
        "c         1   two lines  1,234    411    500  33.3 %",
    ]
    assert "two lines" in written(report(row), Format.MD)


def test_a_long_text_is_neither_cut_nor_wrapped_off_a_terminal() -> None:
    row = StatsRow(campaign_id=None, campaign_name="c" * 500, ad_id="1", ad_headline="[b]h[/b]", **COUNTS)
    lines = written(report(row), Format.TABLE).splitlines()
    assert len(lines) == 3
    assert "c" * 500 in lines[2]
    assert "[b]h[/b]" in lines[2]


# --- what is not there


def test_optional_columns_are_hidden_from_people_while_all_is_unknown() -> None:
    table = Table([Column("a", "A"), Column("b", "B", "count")], [["x", None]], optional=frozenset({"b"}))
    assert markdown.write(table) == "| A |\n| --- |\n| x |\n"
    assert delimited.write(table, ",") == "a,b\nx,\n"


@pytest.mark.parametrize(("row", "total"), [(["x", 0], None), (["x", None], ["Total", 0])])
def test_optional_columns_are_shown_when_anything_is_known(row: list[Any], total: list[Any] | None) -> None:
    columns = [Column("a", "A"), Column("b", "B", "count")]
    assert "| A | B |" in markdown.write(Table(columns, [row], total=total, optional=frozenset({"b"})))


EMPTY: list[tuple[msgspec.Struct, str, str]] = [
    (
        report(),
        "Tenant 1, all time (UTC), first touch\nNobody came from a Meta ad in this window.\n",
        EXPECTED["stats", Format.CSV].splitlines(keepends=True)[0],
    ),
    (
        MigrateReport(applied=[], pending=[], not_applicable=[], drift=[], blocked_by=[], server_version="18"),
        "Nothing to do: every patch is applied.\n",
        "name,state,duration_ms,attempts,lock_wait_ms,change,rows\n",
    ),
    (
        TenantList(tenants=[]),
        "There is no tenant in this database.\n",
        "tenant_id,name,bot_phone_number,timezone\n",
    ),
]


@pytest.mark.parametrize(("result", "table", "header"), EMPTY)
def test_an_empty_result_says_so_to_people_and_is_a_header_for_programs(
    result: msgspec.Struct, table: str, header: str
) -> None:
    assert written(result, Format.TABLE) == table
    assert written(result, Format.CSV) == header


def test_an_empty_list_has_no_lines() -> None:
    assert written(TenantList(tenants=[]), Format.JSONL) == ""


# --- one record


def test_one_record_is_lines_for_people_and_a_row_for_programs() -> None:
    result = IngestReport(
        received=12345,
        referrals=3,
        ignored=12340,
        duplicates=1,
        attributed=2,
        created_contacts=2,
        held=0,
        rejected=2,
        rejects_file="/tmp/r.jsonl",
        duration_seconds=0.5,
    )
    assert written(result, Format.TABLE) == (
        "Received         12,345  messages and statuses\n"
        "Referrals             3  came from an ad, a post or a link\n"
        "  known already       1\n"
        "  held                0  no person found for them\n"
        "Ignored          12,340  no referral\n"
        "Rejected              2  /tmp/r.jsonl\n"
        "Matched now           0  touches that were held before\n"
        "Attributed            2  people whose first touch was written\n"
        "New guests            2\n"
    )
    assert written(result, Format.CSV) == (
        "received,referrals,duplicates,held,ignored,rejected,matched,attributed,created_contacts\n"
        "12345,3,1,0,12340,2,0,2,2\n"
    )


def test_a_state_is_yes_or_no_for_people() -> None:
    result = EmbeddedStatus(running=True, data_directory="/d", url=None)
    assert written(result, Format.TABLE) == "Running  yes\nData     /d\nURL      –\n"


def test_a_moment_is_written_with_its_zone() -> None:
    moment = datetime(2026, 11, 21, 8, 30, 0, 500, tzinfo=UTC)
    states = [PatchState(name="0001_a", state="applied", mode="tx", applied_at=moment, note="")]
    result = MigrateStatus(patches=states, server_version="18.1")
    assert written(result, Format.CSV).splitlines()[1] == "0001_a,applied,tx,2026-11-21T08:30:00+00:00,"
