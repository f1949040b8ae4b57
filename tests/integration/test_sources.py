"""What the names on the command line stand for."""

import os
from pathlib import Path

import pytest

from metaads_cli.errors import UsageError
from metaads_cli.tasks.sources import Source, sources


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with logs: visible, hidden, nested."""
    monkeypatch.chdir(tmp_path)
    names = [
        "b.jsonl",
        "a.jsonl",
        "a.csv",
        ".hidden.jsonl",
        "in/z.jsonl.gz",
        "in/deep/y.jsonl",
        ".git/x.jsonl",
        "[1].log",
    ]
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def found(*names: str, rejects: Path | None = None) -> list[str]:
    return [source.name for source in sources(names, rejects)]


def test_files_come_as_they_are_named(place: Path) -> None:
    assert found("b.jsonl", "a.jsonl", "-", ".hidden.jsonl") == ["b.jsonl", "a.jsonl", "-", ".hidden.jsonl"]


def test_a_pattern_that_the_shell_left_alone_stands_for_its_files_in_order(place: Path) -> None:
    assert found("*.jsonl") == ["a.jsonl", "b.jsonl"]
    assert found("?.csv") == ["a.csv"]
    assert found("in/**/*.jsonl*") == ["in/deep/y.jsonl", "in/z.jsonl.gz"]
    assert found(f"{place}/[ab].*") == [f"{place}/a.csv", f"{place}/a.jsonl", f"{place}/b.jsonl"]


def test_a_file_whose_name_looks_like_a_pattern_is_itself(place: Path) -> None:
    assert found("[1].log") == ["[1].log"]


def test_a_folder_stands_for_all_files_below_it_that_are_not_hidden(place: Path) -> None:
    os.mkfifo(place / "pipe")
    assert found(".") == ["[1].log", "a.csv", "a.jsonl", "b.jsonl", "in/z.jsonl.gz", "in/deep/y.jsonl"]
    assert found("i*") == found("in") == ["in/z.jsonl.gz", "in/deep/y.jsonl"]


def test_a_linked_file_is_read_and_a_linked_folder_is_not_walked(place: Path) -> None:
    (place / "in" / "loop").symlink_to(place)
    (place / "in" / "link.jsonl").symlink_to(place / "a.jsonl")
    assert found("in") == ["in/link.jsonl", "in/z.jsonl.gz", "in/deep/y.jsonl"]


def test_a_file_that_is_named_twice_is_read_once(place: Path) -> None:
    assert found("a.jsonl", "*.jsonl", str(place / "b.jsonl")) == ["a.jsonl", "b.jsonl"]


def test_an_empty_folder_is_an_empty_source(place: Path) -> None:
    (place / "empty" / ".hidden").mkdir(parents=True)
    (source,) = sources(["empty"], None)
    assert (source.shown_name, source.size, source.open().read()) == ("empty", 0, b"")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["nowhere"], "The file nowhere does not exist"),
        (["nowhere/*.jsonl"], "No file matches nowhere/*.jsonl"),
        (["a.jsonl", "[9].log"], "No file matches [9].log"),
        ([""], "The file (no name) does not exist"),
        (["-", "a.jsonl", "-"], "Standard input (-) is named twice; it can be read once"),
    ],
)
def test_what_cannot_be_used_is_named_before_anything_is_read(place: Path, names: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        found(*names)
    assert caught.value.message == message


@pytest.mark.parametrize("name", [".", "*.jsonl", "a.jsonl"])
def test_a_rejects_file_is_not_read_however_it_is_meant(place: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"a\.jsonl is read and written in the same run"):
        found(name, rejects=place / "a.jsonl")


@pytest.mark.parametrize("name", ["a.csv", "A.CSV", "a.csv.gz", "a.csv.zst", "a.tsv"])
def test_a_name_says_that_there_are_rows(name: str) -> None:
    assert Source(name).has_rows


@pytest.mark.parametrize("name", ["-", "a.jsonl", "csv", "a.csv.jsonl", "a.csv/b.json"])
def test_other_names_do_not(name: str) -> None:
    assert not Source(name).has_rows


def test_the_size_is_that_of_a_file_alone(place: Path) -> None:
    os.mkfifo(place / "pipe")
    assert [Source(name).size for name in ("a.csv", "in", "-", "pipe")] == [5, 0, None, None]
