"""How fast `metaads export` is beside psql's `\\copy` of the same query, and how its memory grows with the rows.

    python bench/export.py [ROWS]

Each format writes ROWS (200,000) rows of insights, and a tenth of them, from one embedded database in one run.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
SIZES = {1: ROWS // 10, 2: ROWS}
"""The rows of each tenant."""
FORMATS = ("csv", "jsonl", "parquet", "xlsx")
ACTIONS = """[{"action_type": "link_click", "value": "17"}, {"action_type": "post_engagement", "value": "31"},
  {"action_type": "onsite_conversion.messaging_conversation_started_7d", "value": "3"}]"""

FILL = """
    INSERT INTO metaads.insights (tenant_id, account_id, entity_type, entity_id, day, campaign_id, adset_id, ad_id,
                                  currency, spend, impressions, clicks, reach, frequency, unique_clicks, ctr, cpc,
                                  conversions, revenue, actions, action_values, fetched_at)
    SELECT %(tenant)s, 'act_1', 'ad', '12021000000' || lpad((n / 180)::text, 7, '0'), date '2026-01-01' + n %% 180,
           'c' || n / 7200, 's' || n / 1440, '12021000000' || lpad((n / 180)::text, 7, '0'),
           'ARS', 100 + n %% 900 + 0.25, 1000 + n %% 77, 17, 900, 1.117832, 16, 1.703125, 6.25, 1, 150.25,
           %(actions)s, '[{"action_type": "omni_purchase", "value": "150.25"}]', now()
    FROM generate_series(0, %(rows)s - 1) AS n
"""
NAMES = """
    INSERT INTO metaads.ads (tenant_id, ad_id, account_id, campaign_id, adset_id, name, fetched_at)
    SELECT DISTINCT tenant_id, ad_id, account_id, campaign_id, adset_id, 'Anuncio ' || ad_id, now()
    FROM metaads.insights
"""


@dataclass(frozen=True)
class Used:
    """What a command needed: seconds, and the megabytes of its peak."""

    wall: float
    peak: float


def main() -> None:
    from metaads_cli.console import Console
    from metaads_cli.db import embedded

    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        os.environ |= {"XDG_DATA_HOME": home, "XDG_STATE_HOME": home, "TMPDIR": home}
        os.environ.pop("DATABASE_URL", None)
        url = embedded.ensure_running(Console(verbosity=-1))
        try:
            fill(url)
            report(Path(home), url, str(embedded.program("psql")))
        finally:
            embedded.stop()


def fill(url: str) -> None:
    subprocess.run([sys.executable, "-m", "metaads_cli", "migrate", "-q"], check=True, stdout=subprocess.DEVNULL)
    with psycopg.connect(url, autocommit=True) as connection:
        for tenant, rows in SIZES.items():
            connection.execute(
                "INSERT INTO tenants (id, clinic_name, bot_phone_number) VALUES (%s, 'B', %s)", [tenant, str(tenant)]
            )
            with connection.transaction():
                connection.execute("SELECT metaads.set_tenant(%s)", [tenant])
                connection.execute(FILL, {"tenant": tenant, "rows": rows, "actions": ACTIONS})
                connection.execute(NAMES)
        connection.execute("VACUUM ANALYZE")


def report(folder: Path, url: str, psql: str) -> None:
    copy = measured(folder, [psql, url, "-qX", "-c", "SET metaads.tenant_id = 2", "-c", copy_command(folder)])
    print(f"{ROWS:,} rows of insights")
    print(f"\\copy   {ROWS / copy.wall:10,.0f} rows/s")
    for form in FORMATS:
        small, large = (measured(folder, export(folder, tenant, form)) for tenant in SIZES)
        speed = f"{ROWS / large.wall:10,.0f} rows/s, {copy.wall / large.wall:.2f} of \\copy"
        size = (folder / f"rows.{form}").stat().st_size / 2**20
        memory = f"{large.peak:.0f} MB at its peak, {large.peak / small.peak:.2f} of that for {SIZES[1]:,} rows"
        print(f"{form:8}{speed}; {memory}; {size:.1f} MB")


def copy_command(folder: Path) -> str:
    """The very query of the export, for tenant 2."""
    from metaads_cli.db.queries.exports.insights import insight_rows
    from metaads_cli.db.session import render
    from metaads_cli.models.statistics import Window

    text, values = render(insight_rows(Window(since=None, until=None, timezone="UTC"), ["ad"]))
    query = text % {name: f"'{value}'" for name, value in (values | {"tenant_id": 2}).items()}
    return rf"\copy ({' '.join(query.split())}) to '{folder / 'copied.csv'}' (format csv, header)"


def export(folder: Path, tenant: int, form: str) -> list[str]:
    program = [sys.executable, "-m", "metaads_cli", "export", "insights", "-q"]
    return [*program, f"--tenant={tenant}", f"--output={folder / f'rows.{form}'}"]


def measured(folder: Path, command: Sequence[str]) -> Used:
    found = folder / "used.json"
    launcher = [sys.executable, "-I", "-S", str(Path(__file__).parent / "launch.py"), str(found), *command]
    subprocess.run(launcher, check=True, stdout=subprocess.DEVNULL)
    used = json.loads(found.read_text())
    assert used["code"] == 0
    return Used(used["wall"], used["peak_kb"] / 1024)


if __name__ == "__main__":
    main()
