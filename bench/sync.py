"""`metaads sync-insights` beside the official SDK, tap-facebook, dlt and Airbyte: the same API, the same PostgreSQL.

Contestants' names as arguments choose some. Peers are installed under $XDG_CACHE_HOME/metaads-bench; dlt's source comes
from GitHub, or from the repository that $METAADS_BENCH_DLT_SOURCES names.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from contest import ACCOUNT, METAADS, Api, Databases, Used, api, databases, measured, ours, telling

CAMPAIGNS, AD_SETS, ADS, DAYS = 100, 5, 3, 7
LATENCIES_MS = (0, 50)
LEVELS = ("campaign", "adset", "ad")
INSTALL_SECONDS = 600
PEERS = Path(__file__).parent / "peers"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "metaads-bench"

Key = tuple[str, str, date]
"""Level, the object's id, day."""
OURS = "SELECT entity_type, entity_id, day, spend FROM metaads.insights"
UPSERTED = "SELECT level, entity_id, day, spend FROM public.insights"
DLT = " UNION ALL ".join(
    f"SELECT '{level}', {level}_id::text, date_start::date, spend FROM bench_{level}.facebook_insights"
    for level in LEVELS
)


class NotHere(Exception):
    """A peer cannot be installed; the reason."""


@dataclass(frozen=True)
class Contestant:
    """`interpreter` installs what it needs and gives the Python to run it with; `arguments` follow it.

    `rows` is the statement that reads back level, id, day and spend.
    """

    name: str
    interpreter: Callable[[], Path]
    arguments: tuple[str, ...]
    rows: str = UPSERTED
    runs: int = 1


@dataclass(frozen=True)
class Result:
    """One run: calls at the server, CPU seconds there and in PostgreSQL, rows loaded by level, rows that are right."""

    used: Used
    calls: int
    parallel: int
    server_cpu: float
    database_cpu: float
    loaded: Counter[str]
    right: int


def this_python() -> Path:
    return Path(sys.executable)


def environment_of(name: str) -> Callable[[], Path]:
    """Makes a virtual environment for the versions of `peers/NAME.txt`, once for each content of that file."""

    def make() -> Path:
        requirements = PEERS / f"{name}.txt"
        folder = CACHE / f"{name}-{hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]}"
        if not (folder / "installed").exists():
            print(f"installing {name} into {folder} …", file=sys.stderr, flush=True)
            shutil.rmtree(folder, ignore_errors=True)
            _must(sys.executable, "-m", "venv", folder)
            _must(folder / "bin/python", "-m", "pip", "install", "--quiet", "--requirement", requirements)
            (folder / "installed").touch()
        return folder / "bin/python"

    return make


def dlt_python() -> Path:
    """dlt with its source, which is not in its package: `dlt init` copies it from a repository."""
    python = environment_of("dlt")()
    if not (CACHE / "dlt-sources" / "facebook_ads").exists():
        (CACHE / "dlt-sources").mkdir(parents=True, exist_ok=True)
        place = os.environ.get("METAADS_BENCH_DLT_SOURCES")
        location = ["--location", place] if place else []
        command = [python.parent / "dlt", "--non-interactive", "init", *location, "facebook_ads", "postgres"]
        _must(*command, cwd=CACHE / "dlt-sources")
    return python


def _must(*command: str | Path, cwd: Path | None = None) -> None:
    """Raises NotHere with what the command says."""
    quiet = os.environ | {"RUNTIME__DLTHUB_TELEMETRY": "false", "DLT_DATA_DIR": str(CACHE / "dlt-data")}
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_SECONDS, cwd=cwd, env=quiet)
    except subprocess.TimeoutExpired:
        raise NotHere(f"not installed within {INSTALL_SECONDS} s") from None
    except subprocess.CalledProcessError as error:
        raise NotHere(f"not installed: {telling((error.stderr or error.stdout).decode(errors='replace'))}") from None


SYNC = ("sync-insights", "--tenant=1", "--mode=live", f"--days-back={DAYS}")
CONTESTANTS = (
    Contestant("metaads", this_python, (*METAADS[1:], *SYNC), OURS, runs=5),
    Contestant("sdk-account", this_python, (str(PEERS / "sdk_account.py"),), runs=5),
    Contestant("sdk-entities", this_python, (str(PEERS / "sdk_entities.py"),)),
    Contestant("tap-facebook", environment_of("singer"), (str(PEERS / "piped.py"), "singer_tap.py")),
    Contestant("dlt", dlt_python, (str(PEERS / "dlt_pipeline.py"),), DLT),
    Contestant("airbyte", environment_of("airbyte"), (str(PEERS / "piped.py"), "airbyte_source.py")),
)


@dataclass(frozen=True)
class Contest:
    """The server, the databases, and what is true."""

    api: Api
    databases: Databases
    since: date
    until: date
    truth: Mapping[Key, Decimal]

    def run(self, contestant: Contestant, latency_ms: int) -> Result:
        """Raises NotHere."""
        print(f"{contestant.name} at {latency_ms} ms …", file=sys.stderr, flush=True)
        python = contestant.interpreter()
        with self.databases.one() as url:
            self.api.reset(latency_ms)
            database_cpu = self.databases.cpu_seconds()
            used = measured([python, *contestant.arguments], self._environment(url))
            counters, database_cpu = self.api.counters(), self.databases.cpu_seconds() - database_cpu
            loaded = self._loaded(url, contestant.rows)
        return Result(
            used=used,
            calls=int(counters["calls"]),
            parallel=int(counters["peak_parallel"]),
            server_cpu=counters["cpu_seconds"],
            database_cpu=database_cpu,
            loaded=Counter(level for (level, _, _), _ in loaded),
            right=len({key for key, spend in loaded if self.truth.get(key) == spend}),
        )

    def _environment(self, url: str) -> dict[str, str]:
        return ours(
            {
                "METAADS_GRAPH__BASE_URL": self.api.url,
                "BENCH_GRAPH": self.api.url,
                "BENCH_ACCOUNT": ACCOUNT,
                "BENCH_SINCE": str(self.since),
                "BENCH_UNTIL": str(self.until),
                # dlt insists on a password and a host; libpq takes the host that comes later.
                "BENCH_DATABASE": url.replace("@/", ":unused@localhost/", 1),
                "BENCH_DLT": str(CACHE / "dlt-sources"),
                "DLT_DATA_DIR": str(CACHE / "dlt-data"),
            },
            url,
        )

    def _loaded(self, url: str, query: str) -> list[tuple[Key, Decimal | None]]:
        import psycopg

        try:
            rows = self.databases.rows(url, query)
        except psycopg.errors.UndefinedTable:
            rows = []
        return [((level, str(entity), day), spend) for level, entity, day, spend in rows]


def read_truth(server: Api, since: date, until: date) -> dict[Key, Decimal]:
    """Every object's spend on every day, as the server tells it page by page."""
    truth: dict[Key, Decimal] = {}
    for level in LEVELS:
        asked = {
            "level": level,
            "fields": f"{level}_id,spend",
            "time_increment": 1,
            "time_range": f'{{"since":"{since}","until":"{until}"}}',
            "limit": 2000,
        }
        for row in server.read(f"act_{ACCOUNT}/insights", **asked):
            truth[level, row[f"{level}_id"], date.fromisoformat(row["date_start"])] = Decimal(row["spend"])
    return truth


def table(results: Mapping[str, Result | str], truth: Mapping[Key, Decimal]) -> Iterator[str]:
    """A line for each contestant; in brackets how many times as much as ours."""
    first = results.get("metaads")
    own = first if isinstance(first, Result) and not first.used.reason else None
    yield (
        f"{'':13} {'wall s':>14} {'CPU s':>14} {'peak MB':>13} {'HTTP calls':>14} {'parallel':>8} {'server s':>8}"
        f" {'db s':>6}  {'rows: campaign':>14} {'adset':>6} {'ad':>6}  right of {len(truth):,}"
    )
    for name, one in results.items():
        yield f"{name:13} {one}" if isinstance(one, str) else _line(name, one, own)
        if isinstance(one, Result) and one.used.reason:
            yield f"{'':13} {one.used.reason}"


def _line(name: str, one: Result, own: Result | None) -> str:
    def beside(value: float, ours: float | None, form: str) -> str:
        return f"{value:{form}}" + (f" ({value / ours:5.1f})" if ours else "        ")

    used, mine = one.used, own.used if own else None
    wall, cpu = beside(used.wall, mine and mine.wall, "6.2f"), beside(used.cpu, mine and mine.cpu, "6.2f")
    memory, calls = beside(used.peak_mb, mine and mine.peak_mb, "5.0f"), beside(one.calls, own and own.calls, "6d")
    return (
        f"{name:13} {wall:>14} {cpu:>14} {memory:>13} {calls:>14} {one.parallel:8} {one.server_cpu:8.2f}"
        f" {one.database_cpu:6.2f}"
        f"  {one.loaded['campaign']:14,} {one.loaded['adset']:6,} {one.loaded['ad']:6,}  {one.right:,}"
    )


def contest(chosen: set[str]) -> None:
    until = datetime.now(UTC).date()
    since = until - timedelta(days=DAYS - 1)
    with databases() as servers, api("simulator", CAMPAIGNS, AD_SETS, ADS) as server:
        held = Contest(server, servers, since, until, read_truth(server, since, until))
        print(f"{CAMPAIGNS} campaigns x {AD_SETS} ad sets x {ADS} ads x {DAYS} days; (n) is n times as much as metaads")
        for latency_ms in LATENCIES_MS:
            results = race(held, [one for one in CONTESTANTS if one.name in chosen], latency_ms)
            print(f"\n{latency_ms} ms per answer")
            print("\n".join(table(results, held.truth)), flush=True)


def race(held: Contest, contestants: Sequence[Contestant], latency_ms: int) -> dict[str, Result | str]:
    """Everyone's median run, or why there is none. Those with several runs take turns: what else the machine does
    meets all of them. Their first round is not counted: the server computes its answers in it, and keeps them."""
    runs: dict[str, list[Result]] = {one.name: [] for one in contestants}
    absent: dict[str, str] = {}
    for number in range(max(one.runs for one in contestants) + 1):
        for one in contestants:
            if one.name in absent or number > one.runs or (number == 0 and one.runs == 1):
                continue
            try:
                result = held.run(one, latency_ms)
            except NotHere as reason:
                absent[one.name] = str(reason)
            else:
                runs[one.name] += [result] if number else []
    return {name: absent.get(name) or _median(results) for name, results in runs.items()}


def _median(results: Sequence[Result]) -> Result:
    return sorted(results, key=lambda one: one.used.wall)[len(results) // 2]


def main() -> None:
    names = [one.name for one in CONTESTANTS]
    if unknown := set(sys.argv[1:]) - set(names):
        sys.exit(f"unknown: {', '.join(unknown)}; known: {', '.join(names)}")
    contest(set(sys.argv[1:] or names))


if __name__ == "__main__":
    main()
