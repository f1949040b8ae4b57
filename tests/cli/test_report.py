"""`metaads report` as it is run."""

import json
import re
import subprocess
from pathlib import Path

import psycopg
import pytest

from harness import Program
from reporting import Clinic

DAYS = ("--since", "2026-10-22", "--until", "2026-11-20")


@pytest.fixture
def clinic(connection: psycopg.Connection, metaads: Program) -> Program:
    Clinic(connection, days=60).open()
    return metaads


@pytest.fixture
def without_library(tmp_path: Path) -> str:
    """A folder for PYTHONPATH in which the charting library cannot be imported."""
    (tmp_path / "vl_convert.py").write_text("raise ImportError('not installed')")
    return str(tmp_path)


def test_the_page_is_written_and_said_so(clinic: Program) -> None:
    told = clinic("report", "--tenant", "1", *DAYS, "--output", "report.html")
    assert (told.code, told.stdout) == (0, "")
    assert re.fullmatch(r"Wrote report\.html \(1\.\d MB\)\.\n", told.stderr)
    page = (clinic.home / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert page.endswith("</html>\n")
    assert "<title>Norte: Meta ads report</title>" in page
    assert list(clinic.home.glob(".metaads-*")) == []


def test_the_document_is_printed_and_no_page_written(clinic: Program) -> None:
    told = clinic("report", "--tenant", "1", *DAYS, "--json")
    assert (told.code, told.stderr) == (0, "")
    document = json.loads(told.stdout)
    assert (document["schema"], document["tenant_name"], document["currency"]) == ("metaads.report/1", "Norte", "ARS")
    assert document["comparison"]["window"]["until"] == "2026-10-21"
    assert list(clinic.home.glob("*.html")) == []


def test_with_both_the_page_holds_what_is_printed(clinic: Program) -> None:
    told = clinic("report", "--tenant", "1", *DAYS, "--json", "--output", "r.html", "--compare", "none")
    assert told.code == 0
    inside = re.search(r'id="document">(.*?)</script>', (clinic.home / "r.html").read_text(), re.DOTALL)
    assert inside is not None
    assert json.loads(inside[1]) == json.loads(told.stdout)
    assert json.loads(told.stdout)["comparison"] is None


def test_the_figures_are_those_of_stats(clinic: Program) -> None:
    report = json.loads(clinic("report", "--tenant", "1", *DAYS, "--json").stdout)
    stats = json.loads(
        clinic("stats", "--tenant", "1", *DAYS, "--by", "campaign", "--compare", "previous", "--json").stdout
    )
    assert (report["total"], report["campaigns"]) == (stats["total"], stats["rows"])
    assert report["comparison"] == stats["comparison"]


def test_without_days_it_is_the_last_thirty(metaads: Program) -> None:
    report = json.loads(metaads("report", "--tenant", "1", "--json").stdout)
    stats = json.loads(metaads("stats", "--tenant", "1", "--preset", "last_30d", "--json").stdout)
    assert report["window"] == stats["window"]
    assert len(report["timeline"]) == 30


def test_warnings_are_said_as_well(metaads: Program) -> None:
    told = metaads("report", "--tenant", "2", *DAYS, "--output", "r.html")
    assert told.code == 0
    assert told.stderr.startswith("warning: Spend is unknown: no figures of ads are stored.")
    assert "Nothing in these days" in (metaads.home / "r.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing option '--output'"),
        (["--json", "--open"], "Missing option '--output'"),
        (["--format", "csv", "--output", "r.html"], "A report is a page or JSON, not csv"),
        (["--output", "r.html", "--since", "2026-11-02", "--until", "2026-11-01"], "The window ends before it begins"),
        (["--output", "r.html", "--since", ""], "--since is ''"),
        (["--output", "r.html", "--last", "30d", "--preset", "today"], "--last excludes --preset"),
        (["--output", "r.html", "--until", "2026-11-01", "--compare", "yoy"], "--compare needs a window"),
        (["--output", "r.html", "--compare", "never"], "--compare is 'never'"),
        (["--output", "r.html", "--attribution", "middle"], "--attribution is 'middle'"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_written(metaads: Program, arguments: list[str], said: str) -> None:
    told = metaads("report", "--tenant", "1", *arguments)
    assert (told.code, told.stdout) == (2, "")
    assert said in (json.loads(told.stderr)["error"]["message"] if "--json" in arguments else told.stderr)
    assert list(metaads.home.glob("*.html")) == []


def test_an_unknown_tenant_is_invalid_input(metaads: Program) -> None:
    assert metaads("report", "--tenant", "9", "--output", "r.html").code == 3


def test_without_the_library_it_says_what_to_install(metaads: Program, without_library: str) -> None:
    (metaads.home / "r.html").write_text("the page of yesterday")
    told = metaads("report", "--tenant", "1", "--output", "r.html", PYTHONPATH=without_library)
    assert told.code == 2
    assert told.stderr.splitlines() == [
        "error: The library that draws the charts of a report is not installed",
        "  hint: pip install 'metaads-cli[report]'",
    ]
    assert (metaads.home / "r.html").read_text() == "the page of yesterday"
    assert metaads("report", "--tenant", "1", "--json", PYTHONPATH=without_library).code == 0


@pytest.mark.parametrize("place", ["missing/report.html", "."])
def test_a_place_that_cannot_be_written_is_wrong_usage(metaads: Program, place: str) -> None:
    told = metaads("report", "--tenant", "1", "--output", place)
    assert told.code == 2
    assert f"The file {place} cannot be written" in told.stderr


def test_a_full_disk_is_a_passing_failure(metaads: Program) -> None:
    told = metaads("report", "--tenant", "1", "--output", "/dev/full")
    assert told.code == 7
    assert "No space left on device" in told.stderr


def test_the_browser_is_given_the_page(metaads: Program, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    browser.chmod(0o755)
    told = metaads("report", "--tenant", "1", "--output", "r.html", "--open", DISPLAY=":0", BROWSER=f"{browser} %s")
    assert told.code == 0
    assert (tmp_path / "opened").read_text().strip() == (metaads.home / "r.html").resolve().as_uri()


def test_without_a_screen_no_browser_is_asked(metaads: Program, tmp_path: Path) -> None:
    told = metaads("report", "--tenant", "1", "--output", "r.html", "--open", BROWSER=f"touch {tmp_path}/opened %s")
    assert told.code == 0
    assert "There is no browser to show r.html in." in told.stderr
    assert not (tmp_path / "opened").exists()


def test_help_does_not_load_the_library(metaads: Program) -> None:
    watch = (
        "import sys; sys.argv = ['metaads', 'report', '--help']\n"
        "from metaads_cli.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'vl_convert', 'msgspec', 'sqlalchemy'} & set(sys.modules)), file=sys.stderr)"
    )
    command = [metaads.command()[0], "-c", watch]
    told = subprocess.run(command, capture_output=True, text=True, env=metaads.environment, check=True)
    assert told.stderr == "[]\n"
