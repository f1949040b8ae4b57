"""How long readers wait while a patch is applied to a table that somebody holds: `metaads migrate`, and plain psql.

    python bench/migrate.py

Eight sessions read `patients` without a pause; a ninth has an open transaction on it for six seconds. The patch adds
the columns of 0001. psql runs the same file, as a tool without a lock_timeout would.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

READERS = 8
BLOCKED_SECONDS = 6
PATIENTS = 100_000
READ = "SELECT first_name FROM public.patients WHERE id = 1 + (random() * 1000)::int"


@dataclass(frozen=True)
class Reads:
    count: int
    worst_ms: float
    seconds: float


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        os.environ |= {"XDG_DATA_HOME": home, "XDG_STATE_HOME": home}
        os.environ.pop("DATABASE_URL", None)
        measure()


def measure() -> None:
    from metaads_cli.console import Console
    from metaads_cli.db import embedded
    from metaads_cli.db.patching.files import sql_directory

    url = embedded.ensure_running(Console(verbosity=-1))
    patch = sql_directory() / "patches" / "0001_meta_ads_columns.sql"
    program = [sys.executable, "-m", "metaads_cli", "migrate", "--to", "0001", "-q"]
    psql = [str(embedded.program("psql")), "-Xq", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", str(patch)]
    try:
        prepare(url)
        ours = reads_during(url, program)
        prepare(url)
        theirs = reads_during(url, psql)
    finally:
        embedded.stop()
    print(f"{READERS} readers of {PATIENTS:,} patients, one open transaction for {BLOCKED_SECONDS} s")
    for name, reads in (("metaads migrate", ours), ("psql -f", theirs)):
        print(f"  {name:16} worst read {reads.worst_ms:7,.0f} ms   {reads.count / reads.seconds:8,.0f} reads/s")
    print(f"  the worst read is {ours.worst_ms / theirs.worst_ms:.2f} of that beside psql")


def prepare(url: str) -> None:
    """The host's tables without the patch."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        connection.execute("DROP SCHEMA IF EXISTS metaads CASCADE")
        connection.execute("CREATE TABLE public.tenants (id serial PRIMARY KEY)")
        connection.execute("CREATE TABLE public.patients (id serial PRIMARY KEY, first_name text NOT NULL)")
        connection.execute(
            "INSERT INTO public.patients (first_name) SELECT 'Ana' FROM generate_series(1, %s)", [PATIENTS]
        )
        connection.execute("ANALYZE public.patients")


def reads_during(url: str, command: list[str]) -> Reads:
    """What the readers see until the command is done. It has to be done."""
    worst, counts, ended = [0.0] * READERS, [0] * READERS, threading.Event()

    def read(number: int) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not ended.is_set():
                started = time.perf_counter()
                connection.execute(READ).fetchone()
                worst[number] = max(worst[number], time.perf_counter() - started)
                counts[number] += 1
                time.sleep(0.005)  # the machine is for the server, too

    threads = [threading.Thread(target=read, args=(number,)) for number in range(READERS)]
    for thread in threads:
        thread.start()
    with blocker(url):
        started = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - started
    ended.set()
    for thread in threads:
        thread.join()
    return Reads(sum(counts), max(worst) * 1000, seconds)


@contextlib.contextmanager
def blocker(url: str) -> Iterator[None]:
    """A transaction that has read the table and stays open."""
    holding = threading.Event()

    def hold() -> None:
        with psycopg.connect(url) as connection:
            connection.execute("SELECT count(*) FROM public.patients")
            holding.set()
            time.sleep(BLOCKED_SECONDS)

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait()
    yield
    thread.join()


if __name__ == "__main__":
    main()
