"""`metaads stats` for one tenant among a thousand, beside psql running the same statements.

    python bench/stats.py [TENANTS]

The database has 9,900 insights and 1,000 people a tenant (see big_database.py); with a thousand tenants it takes
7 GB and some minutes. Start-up is the same command for a tenant without any rows.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

import big_database

TENANTS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
QUESTIONS = ([], ["--by", "campaign", "--since", "2026-10-01", "--until", "2026-10-31"], ["--by", "day"])
ROUNDS = 7


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        os.environ |= {"XDG_DATA_HOME": home, "XDG_STATE_HOME": home}
        os.environ.pop("DATABASE_URL", None)
        measure(Path(home))


def measure(home: Path) -> None:
    from metaads_cli.console import Console
    from metaads_cli.db import embedded

    url = embedded.ensure_running(Console(verbosity=-1))
    try:
        run("migrate", "-q")
        big_database.fill(url.replace("metaads@", "postgres@", 1), TENANTS)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("INSERT INTO tenants (id, clinic_name, bot_phone_number) VALUES (0, 'Empty', '0')")
        print(f"{TENANTS:,} tenants, {TENANTS * 9_900:,} insights, {TENANTS * 1_000:,} people")
        for question in QUESTIONS:
            compare(home, embedded.program("psql"), url, question)
        overview(url)
    finally:
        embedded.stop()


def compare(home: Path, psql: Path, url: str, question: list[str]) -> None:
    """One question: our command, the bare statements, and what the command takes to begin."""
    tenants = [1 + number * (TENANTS // ROUNDS) for number in range(ROUNDS)]
    files = [statements(home, url, tenant, question) for tenant in tenants]
    ours, bare, start = [], [], []
    for tenant, file in zip(tenants, files, strict=True):
        run("stats", "--tenant", str(tenant), *question)  # both find the rows in memory
        ours.append(seconds(*program("stats", "--tenant", str(tenant), *question)))
        bare.append(seconds(str(psql), "-XqAtf", str(file), url))
        start.append(seconds(*program("stats", "--tenant", "0", *question)))
    a, b, c = (statistics.median(found) for found in (ours, bare, start))
    print(f"stats {' '.join(question) or '(all time)'}")
    print(f"  {a * 1000:.0f} ms; psql {b * 1000:.0f} ms, start-up {c * 1000:.0f} ms: {a / (b + c):.2f} of both")


def statements(home: Path, url: str, tenant: int, question: list[str]) -> Path:
    """What the command sends, as a script of psql."""
    from metaads_cli.db.session import Database, TenantSession
    from metaads_cli.tasks.stats import Days
    from metaads_cli.tasks.stats import statistics as task

    with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        sent: list[str] = []
        plain = TenantSession.run

        def noted(self, cursor, statement, parameters=None):  # type: ignore[no-untyped-def]
            sent.append(cursor.mogrify(statement, {**(parameters or {}), "tenant_id": tenant}))
            return plain(self, cursor, statement, parameters)

        TenantSession.run = noted  # type: ignore[method-assign]
        try:
            words = dict(zip(question[::2], question[1::2], strict=True))
            days = Days(*(day(words.get(name)) for name in ("--since", "--until")))
            task(
                Database(connection).tenant(tenant), days, by=words.get("--by"), fallback_timezone="UTC",
                valid_statuses=("scheduled", "confirmed", "completed"),
            )  # fmt: skip
        finally:
            TenantSession.run = plain  # type: ignore[method-assign]
    file = home / f"tenant-{tenant}.sql"
    file.write_text("\n".join([
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;", f"SELECT metaads.set_tenant({tenant});",
        *(f"{re.sub(r'%%', '%', text)};" for text in sent), "COMMIT;",
    ]))  # fmt: skip
    return file


def day(text: str | None):  # type: ignore[no-untyped-def]
    from datetime import date

    return date.fromisoformat(text) if text else None


def overview(url: str) -> None:
    """What every tenant spent in October: from the daily totals, and from the insights."""
    took = {}
    for table, more in (("daily_totals", ""), ("insights", "AND entity_type = 'ad'")):
        text = f"SELECT currency, sum(spend), sum(clicks) FROM metaads.{table} WHERE tenant_id = %s {more} GROUP BY 1"
        with psycopg.connect(url, autocommit=True) as connection:
            started = time.perf_counter()
            for tenant in range(1, TENANTS + 1):
                with connection.transaction():
                    connection.execute("SELECT metaads.set_tenant(%s)", [tenant])
                    connection.execute(text.encode(), [tenant])
            took[table] = time.perf_counter() - started
    ratio = took["insights"] / took["daily_totals"]
    print(f"all tenants: {took['daily_totals']:.2f} s from daily totals, {ratio:.0f} times as long from the insights")


def program(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "metaads_cli", *arguments]


def run(*arguments: str) -> None:
    subprocess.run(program(*arguments), check=True, stdout=subprocess.DEVNULL)


def seconds(*command: str) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
