"""Charts in letters and blocks: in proportion, with their figures, and never wider than there is room."""

import io
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console as RichConsole

from metaads_cli.console import Console
from metaads_cli.models.statistics import Measures, StatsReport, StatsRow, Window
from metaads_cli.render import charts
from metaads_cli.render.charts import ASCII, UNICODE, Chart, Glyphs, Point, draw
from metaads_cli.render.table import Column
from metaads_cli.render.views import charts_of

LEADS = Column("leads", "Leads", "count")
SPEND = Column("spend", "Spend", "amount")


def bars(*pairs: tuple[str, Any], measure: Column = LEADS) -> Chart:
    return Chart("Leads", measure, [Point(*pair) for pair in pairs])


def columns(*values: Any, measure: Column = LEADS) -> Chart:
    points = [Point(f"2026-{number:02}", value) for number, value in enumerate(values, 1)]
    return Chart("Leads", measure, points, periods=True)


def days(*values: Any, measure: Column = LEADS) -> Chart:
    first = date(2026, 1, 1)
    points = [Point(str(first + timedelta(days=number)), value) for number, value in enumerate(values)]
    return Chart("Leads", measure, points, periods=True)


def lines(chart: Chart, width: int = 40, glyphs: Glyphs = UNICODE) -> list[str]:
    return [line.plain.rstrip() for line in draw(chart, width, glyphs)]


# --- bars


def test_bars_are_in_proportion_the_largest_first_with_their_figures() -> None:
    assert lines(bars(("b", 50), ("a", 1200), ("c", 600)), 20) == [
        "Leads",
        "a  1,200  ██████████",
        "c    600  █████",
        "b     50  ▍",
    ]


def test_in_ascii_a_bar_is_of_number_signs() -> None:
    assert lines(bars(("a", 12), ("b", 6), ("c", None)), 20, ASCII) == [
        "Leads",
        "a  12  #############",
        "b   6  ######",
        "c   -",
    ]


def test_something_is_seen_of_the_smallest_value_nothing_of_zero_and_unknown_is_last() -> None:
    assert lines(bars(("none", None), ("zero", 0), ("least", 1), ("most", 10**9)), 40)[2:] == [
        "least              1  ▏",
        "zero               0",
        "none               –",
    ]


def test_negative_values_go_the_other_way() -> None:
    chart = bars(("gain", Decimal(30)), ("loss", Decimal(-15)), ("none", None), measure=SPEND)
    assert lines(chart, 30) == [
        "Leads",
        "gain   30.00       │██████████",
        "loss  -15.00  █████│",
        "none       –       │",
    ]


def test_after_fifteen_groups_the_rest_is_counted() -> None:
    drawn = lines(bars(*((f"c{number:02}", number) for number in range(40))))
    assert (drawn[1].split()[0], drawn[15].split()[0], drawn[16], len(drawn)) == ("c39", "c25", "and 25 more", 17)
    assert len(lines(bars(*((f"c{number:02}", number) for number in range(15))))) == 16


def test_a_long_name_keeps_its_beginning_and_its_end() -> None:
    name = "Implantes | Web | Buenos Aires | 2026-11"
    (line,) = lines(bars((name, 5)), 50)[1:]
    assert re.match(r"Implantes \| Web \S*…\S*.*2026-11  5  █", line)
    assert "~" in lines(bars((name, 5)), 50, ASCII)[1]
    assert lines(bars((name, 5)), 200)[1].startswith(f"{name}  5  █")


def test_a_name_moves_no_cursor_and_a_wide_letter_takes_its_room() -> None:
    drawn = lines(bars(("日本", 2), ("a\x1b[2Jb\nc", 1)), 30)
    assert drawn[1:] == ["日本      2  █████████████████", "a [2Jb c  1  ████████▌"]


# --- columns


def test_columns_with_room_have_label_and_figure_beneath_and_a_gap_has_no_ground() -> None:
    assert lines(columns(8, None, 0, 4), 40) == [
        "Leads",
        *[" ████████"] * 3,
        *[" ████████                   ████████"] * 3,
        "─────────         ──────────────────",
        " 2026-01  2026-02  2026-03  2026-04",
        "    8        –        0        4",
    ]


def test_columns_below_zero_hang_from_the_ground() -> None:
    assert lines(columns(3, -6, None, 0), 40, ASCII) == [
        "Leads",
        *[" ########"] * 2,
        "------------------         ---------",
        *["          ########"] * 4,
        " 2026-01  2026-02  2026-03  2026-04",
        "    3        -6       -        0",
    ]


def test_columns_without_room_have_the_scale_beside_them_and_the_extremes_beneath() -> None:
    assert lines(days(*range(6), None, *range(7, 12)), 30) == [
        "Leads",
        "11                     ▄ █",
        "                   ▃ ▇ █ █",
        "                 ▇ █ █ █ █",
        "           ▁ ▆   █ █ █ █ █",
        "       ▁ ▅ █ █   █ █ █ █ █",
        "     ▄ █ █ █ █   █ █ █ █ █",
        " 0 ────────────  ──────────",
        "   2026-01-01    2026-01-12",
        "highest 11 (2026-01-12), lowest 0 (2026-01-01)",
    ]


def test_more_periods_than_room_are_rows_of_columns_on_one_scale() -> None:
    drawn = lines(days(*range(60)), 30)
    assert [line.strip() for line in drawn if line.startswith("   2026")] == [
        "2026-01-01       2026-01-27",
        "2026-01-28       2026-02-23",
        "2026-02-24",
    ]
    assert [line[:2] for line in drawn if line.startswith("59")] == ["59"] * 3
    assert drawn[-1] == "highest 59 (2026-03-01), lowest 0 (2026-01-01)"


def test_years_of_days_are_the_latest_ones_and_a_word_on_the_others() -> None:
    drawn = lines(days(*range(400)), 30)
    assert drawn[1] == "192 before 2026-07-12 left out"
    assert len(drawn) < 40
    assert drawn[-1] == "highest 399 (2027-02-04), lowest 192 (2026-07-12)"


def test_zeros_alone_are_the_ground() -> None:
    assert lines(columns(0, None)) == ["Leads", "─" * 9, " 2026-01  2026-02", "    0        –"]


FIGURES = st.none() | st.integers(-(10**6), 10**6) | st.decimals(-(10**12), 10**12, places=2)


@given(
    st.lists(FIGURES, min_size=1, max_size=60), st.integers(40, 200), st.booleans(), st.sampled_from([UNICODE, ASCII])
)
def test_a_chart_keeps_its_room_and_shows_each_figure(
    values: list[Any], width: int, periods: bool, glyphs: Glyphs
) -> None:
    if all(value is None for value in values):
        return
    chart = (
        days(*values, measure=SPEND) if periods else bars(*((f"c{n}", v) for n, v in enumerate(values)), measure=SPEND)
    )
    drawn = lines(chart, width, glyphs)
    known = [value for value in values if value is not None]
    shown = [max(known), min(known)] if periods else sorted(known, reverse=True)[: charts.MOST_BARS]
    assert [value for value in shown if SPEND.shown(value) not in "\n".join(drawn)] == []
    assert max(map(cell_len, drawn[1:-1]), default=0) <= width
    if glyphs is ASCII:
        assert "".join(drawn).isascii()


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=15), st.sampled_from([UNICODE, ASCII]))
def test_a_longer_bar_is_never_of_a_smaller_value(values: list[int], glyphs: Glyphs) -> None:
    drawn = lines(bars(*((f"c{number:02}", value) for number, value in enumerate(values))), 60, glyphs)[1:]
    lengths = [len(re.sub(r"^\S+ +\S+ *", "", line)) for line in drawn]
    assert lengths == sorted(lengths, reverse=True)
    assert [length > 0 for length in lengths] == [value > 0 for value in sorted(values, reverse=True)]


# --- where it is drawn


CHART = bars(("a", 12), ("b", 6))


def printed(chart: Chart = CHART, encoding: str = "utf-8", **options: Any) -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    charts.write([chart], RichConsole(file=stream, **options) if options else Console().stream(stream))
    stream.seek(0)
    return stream.read()


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR", "TERM", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


def test_blocks_and_colours_are_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[36m██" in printed(force_terminal=True, color_system="standard", width=40)
    assert printed() == "\nLeads\na  12  " + "#" * 60 + "\nb   6  " + "#" * 30 + "\n"
    monkeypatch.setenv("NO_COLOR", "1")
    told = printed(force_terminal=True, color_system="standard", width=40)
    assert "██" in told
    assert "[36m" not in told


def test_a_dumb_terminal_and_one_without_unicode_get_number_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "##" in printed(encoding="latin-1", force_terminal=True, width=40)
    monkeypatch.setenv("TERM", "dumb")
    told = printed(force_terminal=True, width=40)
    assert "##" in told
    assert "\x1b" not in told


@pytest.mark.parametrize(("asked", "width"), [("30", 30), ("", 67), ("0", 67), ("wide", 67)])
def test_off_a_terminal_the_width_is_that_of_columns_or_eighty(
    asked: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", asked)
    assert max(map(len, printed().splitlines())) == width


def test_a_chart_without_a_figure_is_not_drawn() -> None:
    assert printed(bars(("a", None))) == ""
    assert printed(columns()) == ""


# --- statistics


MEASURES: dict[str, Any] = {"converted": 0, "appointments": 0, "conversion_rate": None}


def report(by: str | None, *rows: StatsRow) -> StatsReport:
    return StatsReport(
        tenant_id=1,
        window=Window(since=None, until=None, timezone="UTC"),
        currency=None,
        attribution="first",
        by=by,
        rows=list(rows),
        total=Measures(leads=0, **MEASURES),
    )


def campaign(name: str, key: str | None, leads: int, spend: str | None = None, currency: str | None = None) -> StatsRow:
    amount = None if spend is None else Decimal(spend)
    return StatsRow(campaign_id=key, campaign_name=name, leads=leads, spend=amount, currency=currency, **MEASURES)


def drawn(result: StatsReport) -> dict[str, list[tuple[str, Any]]]:
    return {chart.title: [(point.label, point.value) for point in chart.points] for chart in charts_of(result)}


def test_without_insights_there_are_leads_only() -> None:
    assert drawn(report("campaign", campaign("A", "1", 3))) == {"Leads": [("A", 3)]}


def test_amounts_in_several_currencies_have_charts_of_their_own_and_people_are_added() -> None:
    rows = [campaign("A", "1", 3, "10", "ARS"), campaign("A", "1", 2, "5.5", "USD"), campaign("B", "2", 1, "7", "ARS")]
    assert drawn(report("campaign", *rows)) == {
        "Leads": [("A", 5), ("B", 1)],
        "Spend, ARS": [("A", Decimal(10)), ("B", Decimal(7))],
        "Spend, USD": [("A", Decimal("5.5"))],
    }


def test_equal_names_are_told_apart_by_their_ids() -> None:
    rows = [campaign("A", "1", 3), campaign("A", "2", 2), campaign("A", None, 1), campaign("B", "3", 0)]
    assert drawn(report("campaign", *rows))["Leads"] == [("A (1)", 3), ("A (2)", 2), ("A", 1), ("B", 0)]


def test_an_ad_without_a_headline_or_a_name_goes_by_its_id() -> None:
    names: dict[str, Any] = {"campaign_id": None, "campaign_name": "c", "ad_id": "7", "leads": 1, **MEASURES}
    assert drawn(report(None, StatsRow(ad_headline="", **names)))["Leads"] == [("7", 1)]
    assert drawn(report(None, StatsRow(ad_headline="Hola", **names)))["Leads"] == [("Hola", 1)]
    assert drawn(report("ad", StatsRow(ad_name=None, **names)))["Leads"] == [("7", 1)]


@pytest.mark.parametrize(
    ("by", "days_", "labels"),
    [
        ("day", ["2026-02-27", "2026-03-01"], ["2026-02-27", "2026-02-28", "2026-03-01"]),
        ("week", ["2026-11-02", "2026-11-16"], ["2026-11-02", "2026-11-09", "2026-11-16"]),
        ("month", ["2025-12-01", "2026-02-01"], ["2025-12", "2026-01", "2026-02"]),
        ("day", ["0001-01-01"], ["0001-01-01"]),
    ],
)
def test_a_period_without_a_row_is_a_gap(by: str, days_: list[str], labels: list[str]) -> None:
    rows = [StatsRow(period=date.fromisoformat(day), leads=4, **MEASURES) for day in days_]
    (chart,) = charts_of(report(by, *rows))
    assert chart.periods
    assert [point.label for point in chart.points] == labels
    assert [point.value for point in chart.points] == ([4, None, 4] if len(labels) == 3 else [4])


def test_a_wrong_year_draws_no_centuries() -> None:
    rows = [StatsRow(period=date(year, 1, 1), leads=1, **MEASURES) for year in (1026, 2026)]
    (chart,) = charts_of(report("day", *rows))
    assert len(lines(chart, 80)) < 50
    assert lines(chart, 80)[1].startswith("1 before ")


def test_no_rows_are_no_charts() -> None:
    for by in (None, "day"):
        assert [chart.points for chart in charts_of(report(by))] == [[]]
