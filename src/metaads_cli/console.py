"""The terminal: results on stdout, everything else on stderr, redacted."""

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self, TextIO

from metaads_cli.errors import MetaAdsError
from metaads_cli.redact import redact, redact_values

if TYPE_CHECKING:
    import rich.console


# A name of a file or a text of a payload may hold the control sequences of a terminal.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def visible(text: str) -> str:
    """The text with control characters, but tabs and line ends, as \\uXXXX: they are shown, not obeyed."""
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    TSV = "tsv"
    MD = "md"
    HTML = "html"
    XLSX = "xlsx"

    @classmethod
    def of_file(cls, file: Path) -> Self | None:
        """What the ending of the name asks for."""
        ending = file.suffix.removeprefix(".").lower()
        return cls(ending) if ending in set(cls) - {"table"} else None


class Progress(Protocol):
    """What long work reports to: `done` so far, in the unit of its total, and a few words of counts."""

    def update(self, done: int, note: str) -> None: ...


class Console:
    """Where a command's words go. Options decide how much is said and in which form.

    `verbosity`: 0 results and warnings, 1 steps (`-v`), 2 details (`-vv`); quiet is -1: errors only.
    """

    def __init__(self, *, output: Format = Format.TABLE, verbosity: int = 0, color: bool = True, debug: bool = False):
        self.output = output
        self.verbosity = verbosity
        self.color = color
        self.debug = debug

    def result(self, text: str) -> None:
        """Write to stdout, ending with exactly one newline."""
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()

    def note(self, text: str) -> None:
        """Something the user did not ask for but wants to know."""
        if self.verbosity >= 0:
            self._say(text)

    def warn(self, text: str) -> None:
        if self.verbosity >= 0:
            self._say(f"warning: {text}", "yellow")

    def step(self, text: str) -> None:
        """What is being done, with -v."""
        if self.verbosity >= 1:
            self._say(text, "dim")

    def error(self, error: MetaAdsError) -> None:
        """One failure: a sentence and what to do, or a JSON object under `--format json`."""
        if self.output in {Format.JSON, Format.JSONL}:
            document = {
                "code": error.code,
                "exit_code": int(error.exit_code),
                "message": error.message,
                "hint": error.hint,
                "details": error.details,
            }
            text = json.dumps({"error": redact_values(document)}, ensure_ascii=False)
            print(visible(text), file=sys.stderr, flush=True)  # noqa: T201
            return
        self._say(f"error: {error.message}", "bold red")
        if error.hint:
            self._say(f"  hint: {error.hint}")

    def traceback(self, text: str) -> None:
        self._say(text.rstrip("\n"))

    def stream(self, stream: TextIO) -> "rich.console.Console":
        """A Rich console on the stream: the terminal's width there, unlimited elsewhere. A file is never coloured."""
        from rich.console import Console as RichConsole

        console = RichConsole(
            file=stream,
            no_color=not self.color or None,
            force_terminal=None if stream in {sys.stdout, sys.stderr} else False,
            highlight=False,
        )
        if not console.is_terminal:  # COLUMNS is about terminals: a file's lines are as long as they need
            console.width = 10_000
        return console

    @contextmanager
    def progress(self, what: str, total: int | None, *, of_bytes: bool = False) -> Iterator[Progress]:
        """Show how far long work is: a bar on a terminal, a line now and then elsewhere with -v."""
        if self.verbosity < 0:
            yield _Silent()
        elif self.on_terminal(sys.stderr):
            with _bar(self, what, total, of_bytes=of_bytes) as bar:
                yield bar
        else:
            yield _Lines(self, what, total, of_bytes=of_bytes) if self.verbosity else _Silent()

    def on_terminal(self, stream: TextIO) -> bool:
        return stream.isatty() and os.environ.get("TERM") != "dumb"

    def _say(self, text: str, style: str = "") -> None:
        text = visible(redact(text))
        if style and self.color and (self.on_terminal(sys.stderr) or os.environ.get("FORCE_COLOR")):
            from rich.text import Text

            self.stream(sys.stderr).print(Text(text, style=style), soft_wrap=True)
        else:
            print(text, file=sys.stderr, flush=True)  # noqa: T201


class _Silent:
    def update(self, done: int, note: str) -> None:
        """Say nothing."""


class _Lines:
    """Progress for a log file: a line every ten seconds."""

    every_seconds = 10.0

    def __init__(self, console: Console, what: str, total: int | None, *, of_bytes: bool):
        self._console, self._what, self._total, self._of_bytes = console, what, total, of_bytes
        self._started = self._last = time.monotonic()

    def update(self, done: int, note: str) -> None:
        now = time.monotonic()
        if now - self._last >= self.every_seconds:
            self._last = now
            self._console.step(f"{self._what}:{self._share(done, now - self._started)} {note}")

    def _share(self, done: int, seconds: float) -> str:
        """How much of it is done, and how long the rest will take at that pace."""
        size = f" {done / 1e6:,.0f} MB" if self._of_bytes else ""
        if not self._total:
            return size
        left = f", {seconds * (self._total - done) / done:,.0f} s left" if done else ""
        return f"{size} {100 * done // self._total} %{left};"


class _Bar:
    """Progress on a terminal."""

    def __init__(self, set_progress: "_SetProgress"):
        self._set = set_progress

    def update(self, done: int, note: str) -> None:
        self._set(done, note)


class _SetProgress(Protocol):
    def __call__(self, done: int, note: str) -> None: ...


@contextmanager
def _bar(console: Console, what: str, total: int | None, *, of_bytes: bool) -> Iterator[_Bar]:
    """The counts stand below the bar: they would be cut off beside it."""
    from rich import progress
    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

    columns: list[progress.ProgressColumn] = [
        progress.TextColumn("{task.description}"),
        progress.BarColumn(bar_width=24),
        progress.TaskProgressColumn(),
        *([progress.DownloadColumn()] if of_bytes else []),
        progress.TimeRemainingColumn(),
    ]
    bar, counts = progress.Progress(*columns), Text(no_wrap=True, overflow="ellipsis")
    display = Live(Group(bar, counts), console=console.stream(sys.stderr), refresh_per_second=10, transient=True)
    task = bar.add_task(what, total=total)

    def show(done: int, note: str) -> None:
        counts.plain = note
        bar.update(task, completed=done)
        display.start()  # with the first word: short work shows no bar

    try:
        yield _Bar(show)
    finally:
        display.stop()
