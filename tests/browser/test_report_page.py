"""The report as a browser shows it: charts, sorting, light and dark, phone and paper."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from metaads_cli.render.report.theme import COLOURS
from reporting import assert_every_number_is_the_documents

EVERY = ["one", "two", "many", "nasty", "people", "empty"]
Visit = Callable[..., Page]


def specs(page: Page) -> dict[str, Any]:
    """The charts of the page, by their keys."""
    return {
        str(chart.get_attribute("data-chart")): json.loads(chart.locator("script").text_content() or "")
        for chart in page.locator(".chart").all()
    }


def rgb(name: str, scheme: str) -> str:
    color = COLOURS[name][scheme == "dark"]
    return "rgb({}, {}, {})".format(*(int(color[place : place + 2], 16) for place in (1, 3, 5)))


def style(found: Locator, name: str) -> str:
    return str(found.first.evaluate(f"element => getComputedStyle(element).{name}"))


def column(page: Page, title: str) -> list[str]:
    """The cells below a title."""
    titles = page.locator(".campaigns thead th").all_inner_texts()
    place = next(place for place, text in enumerate(titles) if text.replace("\xa0", " ").startswith(title))
    return page.locator(f".campaigns tbody tr > :nth-child({place + 1})").evaluate_all(
        "cells => cells.map(cell => cell.dataset.order ?? cell.dataset.value ?? cell.textContent)"
    )


@pytest.mark.parametrize("name", EVERY)
def test_every_chart_is_drawn_with_a_mark_for_each_figure(visit: Visit, name: str) -> None:
    page = visit(name)
    charts = specs(page)
    assert len(charts) == {"one": 10, "two": 15, "many": 8, "nasty": 10, "people": 5, "empty": 0}[name]
    for key, spec in charts.items():
        drawn = page.locator(f"[data-chart={key}] .live svg")
        assert drawn.is_visible(), key
        assert page.locator(f"[data-chart={key}] .still").first.is_hidden(), key
        values = spec["data"]["values"]
        known = [one for one in values if one.get("value") is not None]
        assert drawn.locator(".values_marks path").count() == len(known) > 0, key
        if "since" not in values[0]:
            assert drawn.locator("text").all_text_contents().count(values[0]["shown"]) >= 1, key


@pytest.mark.parametrize("name", ["one", "two", "many", "people"])
def test_every_number_on_the_screen_is_one_of_the_document(visit: Visit, name: str) -> None:
    page = visit(name)
    numbers = page.locator("[data-path]").evaluate_all(
        "all => all.map(one => [one.dataset.path, one.dataset.value, one.textContent])"
    )
    texts = page.locator("[data-text]").evaluate_all("all => all.map(one => [one.dataset.text, one.textContent])")
    assert_every_number_is_the_documents(numbers, texts, page.locator("#document").text_content() or "")


@pytest.mark.parametrize("width", [320, 360, 390, 768, 1280])
@pytest.mark.parametrize("name", EVERY)
def test_nothing_is_wider_than_the_screen(visit: Visit, name: str, width: int) -> None:
    page = visit(name, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for box in page.locator(".card, .value, h1, .lead").all():
        place = box.bounding_box()
        assert place is not None
        assert place["x"] >= 0
        assert place["x"] + place["width"] <= width
    over = page.locator(".value").evaluate_all("all => all.filter(one => one.scrollWidth > one.clientWidth).length")
    assert over == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_and_its_charts_take_the_readers_colours(visit: Visit, scheme: str) -> None:
    page = visit("one", color_scheme=scheme)
    assert style(page.locator("body"), "backgroundColor") == rgb("paper", scheme)
    assert style(page.locator("[data-chart=leads] .live .values_marks path"), "fill") == rgb("leads", scheme)
    assert style(page.locator("[data-chart=funnel] .live text"), "fill") == rgb("ink", scheme)


def test_colours_follow_a_change_of_mind(visit: Visit) -> None:
    page = visit("one", color_scheme="light")
    page.emulate_media(color_scheme="dark")
    assert style(page.locator("[data-chart=leads] .live .values_marks path"), "fill") == rgb("leads", "dark")


def test_paper_is_light_and_shows_all(visit: Visit) -> None:
    page = visit("many", color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert style(page.locator("body"), "color") == rgb("ink", "light")
    assert style(page.locator("[data-chart=leads] .still.narrow .values_marks path"), "fill") == rgb("leads", "light")
    assert page.locator(".chart .live:visible").count() == 0
    assert page.locator(".chart .still:visible").count() == page.locator(".chart").count()
    assert page.locator(".campaigns tbody tr:visible").count() == 500
    box = page.locator(".table .scroll")
    assert box.evaluate("box => box.scrollHeight - box.clientHeight") == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_without_scripts_the_drawings_are_shown(visit: Visit, width: int) -> None:
    page = visit("one", width, java_script_enabled=False)
    shown, hidden = (".narrow", ".wide") if width == 390 else (".wide", ".narrow")
    assert page.locator(f".chart {shown} svg:visible").count() == 10
    assert page.locator(f".chart {hidden} svg:visible").count() == 0
    assert page.locator(".campaigns thead button").count() == 0


def test_a_chart_takes_the_width_that_there_is(visit: Visit) -> None:
    page = visit("one", 1280)
    chart = page.locator("[data-chart=leads]")
    page.set_viewport_size({"width": 390, "height": 900})
    page.wait_for_function(
        "() => { const chart = document.querySelector('[data-chart=leads]');"
        " return chart.querySelector('.live svg').clientWidth <= chart.clientWidth; }"
    )
    narrow = chart.locator(".live svg").bounding_box()
    assert narrow is not None
    assert 250 < narrow["width"] < 390


def test_numbers_are_sorted_by_their_value_in_both_directions(visit: Visit) -> None:
    page = visit("many")
    for title in ("Spend", "Cost per lead", "Leads", "Change"):
        button = page.locator(".campaigns thead button").filter(has_text=title).first
        button.click()
        head = button.locator("..")
        assert head.get_attribute("aria-sort") == "descending"
        falling = [float(value) for value in column(page, title) if value]
        assert falling == sorted(falling, reverse=True)
        assert len(set(falling)) > 5
        button.click()
        assert head.get_attribute("aria-sort") == "ascending"
        rising = column(page, title)
        known = [float(value) for value in rising if value]
        assert known == sorted(known)
        assert rising[: len(known)] == [value for value in rising if value], "what is unknown is last"
        assert page.locator("[aria-sort]").count() == 1
        assert page.locator("[role=status]").inner_text().endswith(f"{title}, ascending") or title == "Change"


def test_names_are_sorted_as_people_do(visit: Visit) -> None:
    page = visit("one")
    button = page.locator(".campaigns thead button").filter(has_text="Campaign")
    button.click()
    names = [name.split()[0] for name in column(page, "Campaign")]
    assert names == [
        "Blanqueamiento",
        "Implantes",
        "Lentes",
        "Niños",
        "Ortodoncia",
        "Prótesis",
        "Recordación",
        "Urgencias",
    ]
    button.click()
    assert [name.split()[0] for name in column(page, "Campaign")] == names[::-1]
    assert page.locator(".campaigns tfoot th").inner_text() == "Total"


def test_the_keyboard_sorts_and_shows_where_it_is(visit: Visit) -> None:
    page = visit("one")
    button = page.locator(".campaigns thead button").filter(has_text="Spend")
    button.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert style(button, "outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert button.locator("..").get_attribute("aria-sort") == "descending"
    assert page.locator(".campaigns tbody tr").first.locator("th").inner_text().startswith("Implantes")


def test_figures_can_be_read_as_tables(visit: Visit) -> None:
    page = visit("one")
    for details in page.locator("details").all():
        details.locator("summary").click()
        assert details.locator("table").is_visible()
        assert details.locator("tbody tr").count() > 0
    for table in page.locator("table").all():
        assert table.locator("caption").count() == 1
        assert table.locator("th:not([scope])").count() == 0


def test_every_chart_is_described(visit: Visit) -> None:
    page = visit("one")
    for chart in page.get_by_role("img").all():
        told = chart.get_attribute("aria-label") or ""
        assert len(told) > 30
        assert any(letter.isdigit() for letter in told)
    assert page.get_by_role("img").count() == 10
    assert page.locator("html").get_attribute("lang") == "en"


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "UTC", "Pacific/Auckland"])
def test_days_are_the_tenants_wherever_the_reader_is(visit: Visit, zone: str) -> None:
    page = visit("one", timezone_id=zone)
    labels = page.locator("[data-chart=leads] .live .role-axis-label text").all_text_contents()
    assert labels[:6] == ["22 Oct", "27 Oct", "1 Nov", "6 Nov", "11 Nov", "16 Nov"]


def test_a_pointer_gets_the_exact_figures(visit: Visit) -> None:
    page = visit("one")
    day = specs(page)["spend-0"]["data"]["values"][3]
    page.locator("[data-chart=spend-0] .live .hover_marks path").nth(3).hover()
    told = page.locator("#vg-tooltip-element").inner_text()
    assert (day["label"] in told, day["shown"] in told, day["previous_shown"] in told) == (True, True, True)


def test_names_of_others_run_nothing(visit: Visit) -> None:
    page = visit("nasty")
    page.locator("[data-chart=campaign-leads] .live .hover_marks path").first.hover()
    assert "window.bad" in page.locator("#vg-tooltip-element").inner_text()
    assert page.evaluate("window.bad") is None
    assert page.locator("img").count() == 0
    drawn = page.locator("[data-chart=campaign-leads] .live text").all_text_contents()
    assert any(text.startswith("</script><script>window.bad") for text in drawn)
