"""What the benchmarks of `sync-insights` share: a server, databases, processes that are measured."""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import psutil
import psycopg
from psycopg import sql

HERE = Path(__file__).parent
ACCOUNT = "1000000000000001"
TIMEOUT_SECONDS = 300
SAMPLE_SECONDS = 0.05
METAADS = [sys.executable, "-m", "metaads_cli"]


@dataclass(frozen=True)
class Used:
    """What a command and its children needed. `reason` is why it failed, empty where it did not."""

    wall: float
    cpu: float
    peak_mb: float
    reason: str
    stdout: str = ""


class Api:
    """The server's control paths, and its rows as anyone can read them."""

    def __init__(self, url: str, process: psutil.Process):
        self.url = url
        self.process = process

    def reset(self, latency_ms: int = 0) -> None:
        self._read(Request(f"{self.url}/_bench/reset?latency_ms={latency_ms}", method="POST"))

    def counters(self) -> dict[str, float]:
        return dict(self._read(f"{self.url}/_bench/counters"))

    def read(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """All pages of an edge."""
        rows: list[dict[str, Any]] = []
        while True:
            page = self._read(f"{self.url}/v26.0/{path}?{urlencode({'access_token': 'bench-token'} | params)}")
            rows += page["data"]
            if "next" not in page.get("paging", {}):
                return rows
            params["after"] = page["paging"]["cursors"]["after"]

    def _read(self, request: Request | str) -> Any:
        with urlopen(request, timeout=120) as answer:
            return json.load(answer)


@contextmanager
def api(kind: str, campaigns: int, ad_sets: int, ads: int) -> Iterator[Api]:
    """A server process, of the simulator or the lean one, while the block runs."""
    command = [sys.executable, HERE / "server.py", kind]
    command += [f"--campaigns={campaigns}", f"--ad-sets={ad_sets}", f"--ads={ads}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield Api(server.stdout.readline().strip(), psutil.Process(server.pid))
        finally:
            server.terminate()


class Databases:
    """An embedded PostgreSQL with a patched template: tenant 1, who has the account."""

    def __init__(self, home: Path):
        self._home = home
        self._numbers = iter(range(1_000_000))

    def start(self) -> None:
        from metaads_cli.console import Console
        from metaads_cli.db import embedded

        self._url = embedded.ensure_running(Console(verbosity=-1))
        self._admin_url = embedded.superuser_url()
        numbers = (embedded.data_directory() / "postmaster.pid").read_text().split()
        self._postmaster = psutil.Process(int(numbers[0]))
        self._prepare()

    def _prepare(self) -> None:
        account = ["accounts", "add", "--tenant=1", f"--account=act_{ACCOUNT}", "--token-ref=env:BENCH_TOKEN"]
        subprocess.run([*METAADS, "migrate", "-q"], check=True, stdout=subprocess.DEVNULL)
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("INSERT INTO tenants (id, clinic_name, bot_phone_number) VALUES (1, 'B', '1')")
        command = [*METAADS, *account, "--currency=ARS", "--timezone=Etc/UTC", "-q"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    @contextmanager
    def one(self) -> Iterator[str]:
        """A copy of the template while the block runs; its URL, of a role without privileges."""
        name = f"bench_{next(self._numbers)}"
        with psycopg.connect(self._other("postgres"), autocommit=True) as admin:
            copied = sql.SQL("CREATE DATABASE {} TEMPLATE metaads OWNER metaads STRATEGY file_copy")
            admin.execute(copied.format(sql.Identifier(name)))
            try:
                yield self._named(self._url, name)
            finally:
                admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def rows(self, url: str, query: str) -> list[tuple[Any, ...]]:
        """Of a contestant's database, past row level security."""
        admin = psycopg.conninfo.make_conninfo(url, user="postgres")
        with psycopg.connect(admin) as connection:
            return connection.execute(query.encode()).fetchall()

    def cpu_seconds(self) -> float:
        """Of all sessions that have ended."""
        time.sleep(0.1)  # the last one is ending
        used = self._postmaster.cpu_times()
        return used.children_user + used.children_system

    def _other(self, name: str) -> str:
        return self._named(self._admin_url, name)

    @staticmethod
    def _named(url: str, name: str) -> str:
        return url.replace("/metaads?", f"/{name}?", 1)


@contextmanager
def databases() -> Iterator[Databases]:
    """A server of its own, in a temporary directory, while the block runs."""
    from metaads_cli.db import embedded

    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        os.environ |= {"XDG_DATA_HOME": home, "XDG_STATE_HOME": home, "XDG_CONFIG_HOME": home}
        os.environ.pop("DATABASE_URL", None)
        found = Databases(Path(home))
        try:
            found.start()
            yield found
        finally:
            embedded.stop()


def ours(variables: Mapping[str, str], database_url: str) -> dict[str, str]:
    """The environment of `metaads`."""
    own = {"DATABASE_URL": database_url, "BENCH_TOKEN": "bench-token", "NO_PROXY": "127.0.0.1"}
    return {**os.environ, **own, **variables}


def measured(command: Sequence[str | Path], environment: Mapping[str, str]) -> Used:
    """Run it, at most `TIMEOUT_SECONDS`. Memory is that of all its processes together."""
    with tempfile.TemporaryDirectory() as folder:
        report, output, errors = (Path(folder, name) for name in ("report", "out", "err"))
        launcher = [sys.executable, "-I", "-S", HERE / "launch.py", report, *command]
        with output.open("wb") as stdout, errors.open("wb") as stderr:
            process = subprocess.Popen(launcher, stdout=stdout, stderr=stderr, env=dict(environment), cwd=folder)
            watch = Watch(process.pid)
            timed_out = _end(process, watch)
        used = json.loads(report.read_text())
        peak = max(used["peak_kb"] / 1024, watch.peak / 2**20)
        reason = f"ended after {TIMEOUT_SECONDS} s" if timed_out else _reason(used["code"], errors, output)
        return Used(used["wall"], used["cpu"], peak, reason, output.read_text(errors="replace"))


def _end(process: subprocess.Popen[bytes], watch: "Watch") -> bool:
    """Wait for the end; whether it had to be brought about."""
    timed_out = False
    try:
        process.wait(TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        timed_out = True
        for child in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                child.kill()
        process.wait()
    watch.stop()
    return timed_out


def _reason(code: int, errors: Path, output: Path) -> str:
    if code == 0:
        return ""
    return f"exit {code}: {telling(errors.read_text(errors='replace') or output.read_text(errors='replace'))}"


def telling(text: str) -> str:
    """The line of a failed program's output that most likely says why."""
    lines = text.strip().splitlines()
    found = [line for line in lines if re.search("error|exception|critical|fatal", line, re.IGNORECASE)] or lines
    return found[-1].strip()[:300] if found else "without a word"


class Watch(threading.Thread):
    """Samples the memory of a launcher's children until stopped; `peak` in bytes."""

    def __init__(self, launcher: int):
        super().__init__(daemon=True)
        self.peak = 0
        self._launcher = psutil.Process(launcher)
        self._stopped = threading.Event()
        self.start()

    def run(self) -> None:
        while not self._stopped.wait(SAMPLE_SECONDS):
            self.peak = max(self.peak, self._now())

    def _now(self) -> int:
        total = 0
        with suppress(psutil.NoSuchProcess):
            for child in self._launcher.children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    total += child.memory_info().rss
        return total

    def stop(self) -> None:
        self._stopped.set()
        self.join()
