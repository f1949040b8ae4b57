"""Helpers for tests of the whole program."""

from pathlib import Path

import pytest

from builders import NOON, OTHER_AD, body, lines, message, statuses


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A webhook log of two ad touches, a plain message and a status."""
    path = tmp_path / "log.jsonl"
    touches = body(message(at=NOON)), body(message("5491155550002", NOON + 60, OTHER_AD))
    path.write_text(lines(*touches, body(message(ad=None)), statuses()))
    return path
