"""The program in forked processes that are ended on the way: started without the time that imports take.

Run as a script it answers each line `SECONDS SIGNAL URL ARGUMENT...`, parted by tabs, with the exit code of
`metaads ARGUMENT...`, which got that signal after so many seconds unless it had ended.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path


@contextmanager
def programs(environment: dict[str, str]) -> Iterator["Programs"]:
    command = [sys.executable, "-W", "error", str(Path(__file__))]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
    ) as process:
        yield Programs(process)
        process.stdin.close()


class Programs:
    def __init__(self, process: subprocess.Popen[str]):
        self._process = process

    def run(self, url: str, *arguments: str, seconds: float = 60, number: int = signal.SIGKILL) -> int:
        """The exit code; negative where a signal ended it."""
        self._process.stdin.write(f"{seconds}\t{int(number)}\t{url}\t" + "\t".join(arguments) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def serve() -> None:
    from metaads_cli.cli import boundary
    from metaads_cli.cli.app import app

    for name in ("db.connection", "db.session", "render.output", "settings", "tasks.migrate"):
        import_module(f"metaads_cli.{name}")
    for line in sys.stdin:
        seconds, number, url, *arguments = line.rstrip("\n").split("\t")
        child = os.fork()
        if child == 0:
            os.environ["DATABASE_URL"] = url
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nowhere, stream)
            os._exit(boundary.run(app, arguments))
        print(ended(child, float(seconds), int(number)), flush=True)


def ended(child: int, seconds: float, number: int) -> int:
    def end(*_: object) -> None:
        with suppress(ProcessLookupError):  # it has just ended
            os.kill(child, number)

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    _, status = os.waitpid(child, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    serve()
