"""A real browser, Debian's Chromium, and reports in files; see tools/with_chromium."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from harness import Server
from metaads_cli.db.session import Database
from metaads_cli.render.report import page as page_of
from reporting import CAMPAIGNS, Clinic, Line, in_two_currencies, many_campaigns, report_of

NASTY = "</script><script>window.bad = 1</script> a.b[0] ${datum.value} <img src=x onerror=window.bad=2>"
CLINICS: dict[str, tuple[Line, ...]] = {
    "one": CAMPAIGNS,
    "two": in_two_currencies(),
    "many": many_campaigns(500),
    "nasty": (Line(NASTY, 900, 1.5), Line("Común", 500, 1.0)),
}


@pytest.fixture(scope="session")
def reports(server: Server, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """Reports by the name of their clinic."""
    url = server.create("metaads_browser", template)
    folder = tmp_path_factory.mktemp("reports")
    with psycopg.connect(url, autocommit=True) as connection:
        database = Database(connection)
        for tenant_id, (name, campaigns) in enumerate([*CLINICS.items(), ("people", CAMPAIGNS), ("empty", ())], 1):
            connection.execute("INSERT INTO tenants (clinic_name, bot_phone_number) VALUES (%s, %s)", [name, name])
            if campaigns:
                days = 40 if name == "many" else 100
                Clinic(connection, tenant_id, days).open(campaigns, with_ads=name != "people")
        connection.execute("ANALYZE")
        for tenant_id in list(database.tenants):
            name = database.tenants[tenant_id].name
            (folder / f"{name}.html").write_text(page_of(report_of(database, tenant_id)), encoding="utf-8")
    yield {path.stem: path for path in folder.iterdir()}
    server.drop("metaads_browser")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = os.environ["METAADS_TEST_CHROMIUM"]  # set by tools/with_chromium
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Seen:
    """What a page did while it was open."""

    said: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture
def visit(browser: Browser, reports: dict[str, Path]) -> Iterator[Callable[..., Page]]:
    """Open a report and wait for its charts. A word on the console, an error or a request is a failure."""
    seen = Seen()
    contexts = []

    def open_page(name: str, width: int = 1280, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: _note_console(seen, message))
        page.on("pageerror", lambda error: seen.said.append(str(error)))
        page.on("request", lambda request: _note_request(seen, request))
        page.route("http*://**", lambda route: route.abort())
        page.goto(reports[name].as_uri())
        if options.get("java_script_enabled", True):
            page.wait_for_selector("html.ready")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert seen.said == []
    assert {Path(request).name for request in seen.requests} <= {path.name for path in reports.values()}


def _note_console(seen: Seen, message: ConsoleMessage) -> None:
    seen.said.append(f"{message.type}: {message.text}")


def _note_request(seen: Seen, request: Request) -> None:
    seen.requests.append(request.url)
