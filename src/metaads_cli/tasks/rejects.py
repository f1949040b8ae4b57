"""The rejects file: what could not be used, byte for byte, with its reason."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Self, TextIO

from metaads_cli.errors import UsageError


def default_path(directory: Path | None) -> Path:
    """A new file in the given directory or in the user's state directory."""
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return (directory or state / "metaads" / "rejects") / f"ingest-{stamp}-{os.getpid()}.jsonl"


class RejectsFile:
    """Written as rejects come, one JSON object a line; created by the first, readable by the user alone: it holds
    personal data."""

    def __init__(self, path: Path, *, is_chosen: bool = True):
        self._path, self._is_chosen = path, is_chosen
        self._file: TextIO | None = None
        self._has_some = False
        self._lock = Lock()

    @property
    def path(self) -> Path | None:
        """Where it is, or None while nothing was rejected."""
        return self._path if self._has_some else None

    def go_on(self, path: Path) -> None:
        """There are rejects of an interrupted run; they stay together, unless another file was chosen."""
        if path.is_file() and (path == self._path or not self._is_chosen):
            self._path, self._has_some = path, True

    def add(self, source: str, line: int, reason: str, payload: bytes) -> None:
        """`payload` is recovered with `.encode("utf-8", "surrogateescape")`."""
        record = {
            "source": source,
            "line": line,
            "reason": reason,
            "payload": payload.decode("utf-8", "surrogateescape"),
        }
        with self._lock:
            if self._file is None:
                self._file = self._open()
                self._has_some = True
            self._file.write(json.dumps(record) + "\n")

    def flush(self) -> None:
        with self._lock:
            if self._file:
                self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def _open(self) -> TextIO:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w")
        except OSError as error:
            raise UsageError(
                f"The rejects file {self._path} cannot be written: {error.strerror}",
                hint="Name another one with --rejects",
            ) from None
