"""A growing file, on a clock that stands still: what is appended, moved away and shortened, and when it is stored."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from metaads_cli.errors import UsageError
from metaads_cli.referrals.decoding import BrokenDocument, Place
from metaads_cli.referrals.documents import read_documents
from metaads_cli.referrals.shapes import is_payload
from metaads_cli.tasks.following import QUIET_POLLS, FollowedFile, followed

Step = Callable[[Path], Any]
GONE_WITHOUT_A_SIGN = 100  # pauses


class Story:
    """What happens to the file in each pause; after the last one it is left."""

    def __init__(self, path: Path, *steps: Step):
        self.path, self.steps = path, list(steps)
        self.told: list[Any] = []
        self.pauses = 0

    def wait(self, seconds: float) -> None:
        assert 0 < seconds <= 1
        self.pauses += 1
        assert self.pauses < GONE_WITHOUT_A_SIGN
        if self.steps:
            self.steps.pop(0)(self.path)

    def stop(self) -> bool:
        return not self.steps

    def read(self, **options: Any) -> list[Any]:
        """The values that came and "stored" where they were stored, in order."""
        source = FollowedFile(str(self.path), self.stop, self.wait)
        for stream in source.streams(lambda _: self.told.append("stored")):
            for one in read_documents(stream, max_bytes=1000, is_payload=is_payload, **options):
                self.told.append(one.reason if isinstance(one, BrokenDocument) else (one.line, one.value))
        return self.told


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.jsonl"


def append(text: str) -> Step:
    def step(path: Path) -> None:
        with path.open("a") as file:
            file.write(text)

    return step


def shorten(text: str = "") -> Step:
    """As `truncate` or `copytruncate` does it: the file stays the same."""
    return lambda path: os.truncate(path, 0) or append(text)(path)


def move_away(path: Path) -> None:
    path.rename(path.with_name("old"))


def write_to_the_old_one(text: str) -> Step:
    return lambda path: append(text)(path.with_name("old"))


def nothing(_path: Path) -> None:
    pass


QUIET = [nothing] * (QUIET_POLLS + 2)


def test_what_is_there_and_what_comes_is_read_in_order(path: Path) -> None:
    path.write_text('{"a":1}\n{"a":2}\n')
    story = Story(path, append('{"a":3}\n'), nothing, append('{"a":4}\n{"a":5}\n'), nothing)
    assert story.read() == [(number, {"a": number}) for number in range(1, 6)]


def test_a_line_is_taken_when_it_is_whole(path: Path) -> None:
    path.write_text('{"a"')
    story = Story(path, append(":1"), append("}"), nothing, append("\n"), nothing)
    assert story.read() == [(1, {"a": 1})]


def test_what_came_is_stored_once_after_a_second(path: Path) -> None:
    path.write_text('{"a":1}\n')
    story = Story(path, *QUIET, *QUIET, append('{"a":2}\n'), *QUIET, *QUIET)
    assert story.read() == [(1, {"a": 1}), "stored", (2, {"a": 2}), "stored"]


def test_a_file_that_never_rests_is_stored_all_the_same(path: Path) -> None:
    path.write_text("")
    story = Story(path, *[append('{"a":0}\n')] * 12)
    told = story.read()
    assert told.count("stored") >= 2
    assert told.index("stored") <= QUIET_POLLS + 1


def test_an_empty_file_may_begin_at_any_time(path: Path) -> None:
    path.write_text("")
    assert Story(path, *QUIET, append('{"a":1}\n'), nothing).read() == [(1, {"a": 1})]


def test_a_file_that_was_moved_away_is_finished_before_the_new_one_is_begun(path: Path) -> None:
    path.write_text('{"a":1}\n')
    story = Story(
        path,
        move_away,
        write_to_the_old_one('{"a":2}\n'),
        append('{"b":1}\n'),
        write_to_the_old_one('{"a":3}'),
        *QUIET,
        append('{"b":2}\n'),
        nothing,
    )
    told = [one for one in story.read() if one != "stored"]
    assert told == [(1, {"a": 1}), (2, {"a": 2}), (3, {"a": 3}), (1, {"b": 1}), (2, {"b": 2})]


def test_a_file_that_was_shortened_is_begun_anew(path: Path) -> None:
    path.write_text('{"a":1}\n{"a":2}\n')
    assert Story(path, shorten('{"b":1}\n'), nothing).read() == [(1, {"a": 1}), (2, {"a": 2}), (1, {"b": 1})]


def test_a_line_that_was_cut_by_shortening_is_rejected(path: Path) -> None:
    path.write_text("phone,ad_id\n1,2\n3,44")
    told = Story(path, shorten("phone,ad_id\n5,6\n"), nothing).read(rows=True)
    assert told == [
        (2, {"phone": "1", "ad_id": "2"}),
        "the file was shortened while it was read",
        (2, {"phone": "5", "ad_id": "6"}),
    ]


def test_what_is_not_whole_when_it_is_left_is_not_rejected(path: Path) -> None:
    path.write_text('{"a":1}\n{\n"a":')
    assert Story(path, nothing).read() == [(1, {"a": 1})]


@pytest.mark.parametrize("rows", [False, True])
def test_it_can_go_on_at_a_place_of_an_earlier_run(path: Path, rows: bool) -> None:
    first = "phone,ad_id\n1,2\n" if rows else '{"a":1}\n{"a":2}\n'
    second, value = ("3,4\n", {"phone": "3", "ad_id": "4"}) if rows else ('{"a":3}\n', {"a": 3})
    path.write_text(first)
    told = Story(path, append(second), nothing).read(rows=rows, start=Place(len(first), 3))
    assert told == [(3, value)]


def test_a_line_that_is_too_large_does_not_wait_for_its_end(path: Path) -> None:
    path.write_text("x" * 2500)
    assert Story(path, nothing).read() == [
        "not a JSON object, on a line larger than 0 MB; only its beginning is kept",
    ]


@pytest.mark.parametrize("names", [["-"], ["a", "b"], ["folder"], ["*"], ["nowhere"], ["packed"], ["pipe"]])
def test_only_one_plain_file_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    os.mkfifo("pipe")
    for name in ("a", "b"):
        (tmp_path / name).touch()
    (tmp_path / "packed").write_bytes(gzip.compress(b"{}"))
    with pytest.raises(UsageError, match=r"--follow|does not exist"):
        followed(names, None, lambda: True)
    assert followed(["a"], None, lambda: True).name == "a"
