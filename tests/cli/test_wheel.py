"""The wheel works where the repository is out of reach: patches, statements and the demo log are inside."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from harness import REPOSITORY, Program


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as pip would lay it out."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=REPOSITORY, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    target = folder / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def test_the_wheel_migrates_and_ingests_on_its_own(
    unpacked: Path, bare_environment: dict[str, str], empty_url: str
) -> None:
    home = Path(bare_environment["HOME"])
    program = Program(home, bare_environment | {"DATABASE_URL": empty_url, "PYTHONPATH": str(unpacked)})
    where = "import metaads_cli, metaads_cli.db.patching.files as f; print(metaads_cli.__file__, f.sql_directory())"
    command = [program.command()[0], "-c", where]
    told = subprocess.run(command, capture_output=True, text=True, env=program.environment, cwd=home, check=True)
    assert all(path.startswith(str(unpacked)) for path in told.stdout.split())

    migrated = json.loads(program("migrate", "--init", "--json").stdout)
    assert (len(migrated["applied"]), migrated["pending"], migrated["drift"]) == (20, [], [])
    log = unpacked / "metaads_cli" / "demo" / "whatsapp.jsonl"
    ingested = program("ingest", str(log), "--json")
    assert ingested.code == 3  # no tenant has the numbers of the demo
    assert json.loads(ingested.stdout)["rejected"] == 18


def test_the_wheel_holds_what_a_report_is_made_of(unpacked: Path) -> None:
    parts = {path.name for path in (unpacked / "metaads_cli" / "render" / "report").iterdir()}
    assert {"page.html", "page.css", "page.js", "licences.txt"} <= parts


def test_the_wheel_holds_nothing_but_the_program(unpacked: Path) -> None:
    assert {path.name for path in unpacked.iterdir()} - {"metaads_cli"} == {
        f"metaads_cli-{__import__('metaads_cli').__version__}.dist-info"
    }
