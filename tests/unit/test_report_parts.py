"""What a report's page is made of: numbers, markup, colours, charts."""

import json
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaads_cli.render.report import charts, numbers, theme
from metaads_cli.render.report.markup import Html, json_in_script, tag, visible
from metaads_cli.render.report.numbers import FIXED, THIN

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
AMOUNT = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12)


class Reader(HTMLParser):
    """The text of elements, and their attributes."""

    def __init__(self, page: str):
        super().__init__()
        self.names: list[str] = []
        self.text = ""
        self.attributes: list[dict[str, str | None]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(TEXT, TEXT)
def test_any_text_stays_text(inside: str, attribute: str) -> None:
    read = Reader(tag("p", inside, title=attribute))
    assert read.names == ["p"]
    assert read.text == visible(inside)
    assert read.attributes == [{"title": visible(attribute)}]


@given(st.recursive(TEXT, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=6))
def test_json_in_a_script_neither_ends_nor_begins_one(document: object) -> None:
    text = json_in_script(json.dumps(document, ensure_ascii=False))
    assert not set(text) & set("<>&\u2028\u2029")
    assert json.loads(text) == document


def test_an_element_within_an_element_is_not_escaped_again() -> None:
    assert tag("p", tag("b", "1 < 2"), None, " & ", Html("&nbsp;")) == "<p><b>1 &lt; 2</b> &amp; &nbsp;</p>"


def test_attributes_that_are_none_or_false_are_left_out() -> None:
    assert (
        tag("th", scope="row", class_=None, hidden=False, data_sortable=True) == '<th scope="row" data-sortable></th>'
    )


@given(AMOUNT, st.integers(0, 4))
def test_a_written_number_is_the_rounded_one(value: Decimal, decimals: int) -> None:
    text = numbers.plain(value, decimals)
    rounded = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, Context(prec=100))
    assert Decimal(text.replace(THIN, "").replace("−", "-")) == rounded
    assert "-" not in text


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (numbers.COUNT(1234567), f"1{THIN}234{THIN}567"),
        (numbers.COUNT(None), "–"),
        (numbers.PERCENT(Decimal("0.1235")), f"12.4{THIN}%"),
        (numbers.SIGNED_PERCENT(Decimal("-0.5")), f"−50.0{THIN}%"),
        (numbers.SIGNED_PERCENT(Decimal("12.5")), f"+1{THIN}250{THIN}%"),
        (numbers.SIGNED_POINTS(Decimal("0.016")), f"+1.6{FIXED}points"),
        (numbers.amount("ARS")(Decimal("999.995")), f"ARS{FIXED}1{THIN}000.00"),
        (numbers.amount("ARS")(Decimal("1234.5")), f"ARS{FIXED}1{THIN}235"),
        (numbers.amount("ARS")(0), f"ARS{FIXED}0"),
        (numbers.amount("CLP")(Decimal(7)), f"CLP{FIXED}7"),
        (numbers.amount("ARS", like=5000)(Decimal("12.34")), f"ARS{FIXED}12"),
        (numbers.signed_amount("USD", like=5)(Decimal("-1.5")), f"−USD{FIXED}1.50"),
        (numbers.signed_amount("USD", like=5)(Decimal("1.5")), f"+USD{FIXED}1.50"),
        (numbers.TIMES(Decimal("5.346")), f"5.35{THIN}×"),
    ],
)
def test_numbers_are_written_for_people(written: str, expected: str) -> None:
    assert written == expected


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2026-10-01", "2026-10-31", "1–31 Oct 2026"),
        ("2026-09-28", "2026-10-04", "28 Sep – 4 Oct 2026"),
        ("2025-12-28", "2026-01-04", "28 Dec 2025 – 4 Jan 2026"),
        ("2026-10-05", "2026-10-05", "5 Oct 2026"),
    ],
)
def test_days_are_written_shortly(since: str, until: str, expected: str) -> None:
    told = numbers.days(date.fromisoformat(since), date.fromisoformat(until))
    assert told.replace(FIXED, " ") == expected


def test_a_month_that_is_whole_is_called_by_its_name() -> None:
    assert numbers.period("month", date(2026, 2, 1), date(2026, 2, 28)) == "Feb 2026"
    assert numbers.period("month", date(2026, 2, 3), date(2026, 2, 28)).replace(FIXED, " ") == "3–28 Feb 2026"
    assert numbers.period("day", date(2026, 11, 21), date(2026, 11, 21)).replace(FIXED, " ") == "Sat 21 Nov 2026"


def luminance(color: str) -> float:
    """As WCAG 2.2 defines it."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("surface", ["card", "paper"])
def test_text_and_marks_stand_out(scheme: int, surface: str) -> None:
    ground = theme.COLOURS[surface][scheme]
    for name in ("ink", "soft", "good", "bad"):
        assert contrast(theme.COLOURS[name][scheme], ground) >= 4.5, name
    for name in ("leads", "spend", "quiet"):
        assert contrast(theme.COLOURS[name][scheme], ground) >= 3, name
    assert contrast(theme.COLOURS["soft"][scheme], theme.COLOURS["track"][scheme]) >= 4.5


def test_every_colour_of_the_charts_has_one_for_the_dark() -> None:
    """Each is replaced by a rule that names it, so no two may be the same."""
    lights = [one for one, _ in theme.COLOURS.values()]
    assert len(set(lights)) == len(lights)
    values = [charts.Bar(name="x", value=1, shown="1", tone="better")]
    spec = json.dumps([charts.bars(values, "spend", "Spend", average=1), charts.differences(values, "Spend")])
    used = {text for text in spec.split('"') if text.startswith("#")}
    assert used <= set(lights)


@given(TEXT, st.integers(0, 10**9))
def test_data_are_nowhere_in_a_chart_but_in_its_values(name: str, value: int) -> None:
    """Neither as the name of a field nor in an expression."""
    one = charts.bars([charts.Bar(name=name, value=value, shown="1")], "leads", "Leads")
    other = charts.bars([charts.Bar(name="other", value=value, shown="1")], "leads", "Leads")
    assert one.pop("data") != other.pop("data") or name == "other"
    assert one == other


def test_a_chart_says_the_days_in_utc() -> None:
    """A reader west of Greenwich would see the day before."""
    day = charts.Column(since=date(2026, 11, 1), until=date(2026, 11, 1), label="", value=1, shown="1")
    spec = charts.columns([day], "leads", "Leads")
    assert spec["data"]["values"][0]["since"] == "2026-11-01T00:00Z"
    assert spec["encoding"]["x"]["scale"]["type"] == "utc"
    assert spec["encoding"]["x"]["axis"]["values"] == [{"year": 2026, "month": 11, "date": 1, "hours": 12, "utc": True}]
