"""The README's commands are run, and print what it shows. `…` stands for anything, alone on a line for any lines."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders import body, lines, message
from harness import REPOSITORY, Program

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
MARK = "=== exit "


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def examples() -> list[tuple[str, str]]:
    """(command, expected output) of all console blocks, in order."""
    found = []
    for block in blocks("console"):
        for part in re.split(r"(?m)^\$ ", block)[1:]:
            command, _, expected = part.partition("\n")
            found.append((command, expected))
    return found


@pytest.fixture
def checkout(tmp_path: Path, bare_environment: dict[str, str]) -> Iterator[Program]:
    """A folder that looks like the repository, to run commands in without leaving anything there."""
    folder = tmp_path / "metaads"
    folder.mkdir()
    for entry in REPOSITORY.iterdir():
        if entry.name != ".git":
            (folder / entry.name).symlink_to(entry)
    # make works in the repository itself: an installation from here would point here for ever.
    make = Path(bare_environment["HOME"]) / "make"
    make.write_text(f'#!/bin/sh\nexec {shutil.which("make")} --no-print-directory -C {REPOSITORY} "$@"\n')
    make.chmod(0o755)
    program = Program(folder, bare_environment | {"PATH": f"{make.parent}:{bare_environment['PATH']}"})
    yield program
    assert program("db", "stop").code == 0


def test_the_tour_prints_what_the_readme_shows(checkout: Program) -> None:
    script = "".join(f"{command}\n__code=$?; echo '{MARK}'$__code; (exit $__code)\n" for command, _ in examples())
    told = subprocess.run(
        ["bash", "-c", f"exec 2>&1\n{script}"],
        cwd=checkout.home,
        env=checkout.environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    outputs = re.split(rf"{MARK}\d+\n", told.stdout)
    assert len(outputs) == len(examples()) + 1, told.stdout
    for (command, expected), output in zip(examples(), outputs, strict=False):
        assert re.fullmatch(pattern(expected), output), f"$ {command}\n{output}\n--- expected:\n{expected}"


def pattern(expected: str) -> str:
    whole_lines = ["(?s:.*)" if line == "…" else in_line(line) + "\n" for line in expected.splitlines()]
    return "".join(whole_lines)


def in_line(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.split("…"))


def test_the_commands_for_an_own_database_work(metaads: Program) -> None:
    (metaads.home / "webhook.jsonl").write_text(lines(body(message())))
    block = next(block for block in blocks("sh") if "DATABASE_URL" in block)
    commands = [line.partition("#")[0].split()[1:] for line in block.splitlines() if line.startswith("metaads ")]
    assert len(commands) == 4
    for command in commands:
        told = metaads(*command)
        assert (told.code, told.stderr) == (0, ""), command


def test_every_command_of_the_program_is_in_the_readme(metaads: Program) -> None:
    listed = set(re.findall(r"^\| `metaads ([a-z-]+)", README, re.MULTILINE))
    told = metaads("--help").stdout.partition("Commands:")[2].partition("New here?")[0]
    assert listed == {line.split()[0] for line in told.splitlines() if line[:2] == "  " and line[2:3].strip()}
