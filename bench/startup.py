"""How long `metaads --help` takes beside an empty Typer program: a ratio, measured in turns in one run."""

import os
import pty
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 25
AIM = 1.3
EMPTY = """
import typer
app = typer.Typer()
@app.command()
def one(name: str = "x") -> None:
    "First."
@app.command()
def two(name: str = "x") -> None:
    "Second."
app()
"""


def seconds(command: list[str], *, terminal: bool) -> float:
    """Wall time of one run, its output thrown away."""
    started = time.perf_counter()
    if not terminal:
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - started
    master, slave = pty.openpty()
    process = subprocess.Popen(command, stdout=slave, stderr=slave, stdin=slave)
    os.close(slave)
    try:
        while os.read(master, 65536):
            pass
    except OSError:
        pass  # the terminal of a finished process
    process.wait()
    os.close(master)
    return time.perf_counter() - started


def ratio(ours: list[str], theirs: list[str], *, terminal: bool) -> tuple[float, float, float]:
    """Median of ours, median of theirs, and ours / theirs."""
    for command in (ours, theirs):
        seconds(command, terminal=terminal)  # warm the caches
    pairs = [(seconds(ours, terminal=terminal), seconds(theirs, terminal=terminal)) for _ in range(RUNS)]
    our_median, their_median = (statistics.median(column) for column in zip(*pairs, strict=True))
    return our_median, their_median, our_median / their_median


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "empty.py"
        program.write_text(EMPTY)
        ours = [sys.executable, "-m", "metaads_cli", "--help"]
        theirs = [sys.executable, str(program), "--help"]
        print(f"{'--help':12}  {'metaads':>9}  {'empty Typer':>11}  {'ratio':>6}   aim: at most {AIM}")
        for terminal in (False, True):
            our_median, their_median, found = ratio(ours, theirs, terminal=terminal)
            where = "terminal" if terminal else "pipe"
            print(f"{where:12}  {our_median * 1000:6.1f} ms  {their_median * 1000:8.1f} ms  {found:6.2f}")


if __name__ == "__main__":
    main()
