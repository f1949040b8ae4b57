"""Memory and speed of `metaads sync-insights` as the account grows a hundredfold, against the lean server.

`sdk` as an argument measures the official SDK's script instead. Numbers of campaigns may follow.
"""

import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from contest import ACCOUNT, METAADS, Databases, Used, api, databases, measured, ours
from lean_server import PREFIXES, cents

CAMPAIGNS = (100, 1_000, 10_000)
AD_SETS, ADS, DAYS = 5, 3, 2
LEVELS = {"campaign": 1, "adset": AD_SETS, "ad": AD_SETS * ADS}
SYNC = [*METAADS, "sync-insights", "--tenant=1", "--mode=live", f"--days-back={DAYS}"]
SDK = [sys.executable, str(Path(__file__).parent / "peers" / "sdk_account.py")]
OURS = "SELECT entity_type, entity_id, day, spend FROM metaads.insights"
SDKS = "SELECT level, entity_id, day, spend FROM public.insights"


@dataclass(frozen=True)
class Grown:
    """One size: what it took, the rows that are right, and of how many."""

    ads: int
    used: Used
    calls: int
    right: int
    expected: int

    @property
    def rows_per_second(self) -> float:
        return self.expected / self.used.wall


def run(servers: Databases, campaigns: int, command: list[str], query: str) -> Grown:
    until = datetime.now(UTC).date()
    since = until - timedelta(days=DAYS - 1)
    with api("lean", campaigns, AD_SETS, ADS) as server, servers.one() as url:
        variables = {
            "METAADS_GRAPH__BASE_URL": server.url,
            "BENCH_GRAPH": server.url,
            "BENCH_ACCOUNT": ACCOUNT,
            "BENCH_SINCE": str(since),
            "BENCH_UNTIL": str(until),
            "BENCH_DATABASE": url,
        }
        server.reset()
        used = measured(command, ours(variables, url))
        right = sum(_is_right(*row) for row in servers.rows(url, query))
        expected = campaigns * sum(LEVELS.values()) * DAYS
        return Grown(campaigns * AD_SETS * ADS, used, int(server.counters()["calls"]), right, expected)


def _is_right(level: str, entity_id: str, day: date, spend: object) -> bool:
    return bool(spend is not None and int(spend * 100) == cents(level, int(entity_id) - PREFIXES[level], day))  # type: ignore[operator]


def line(one: Grown, first: Grown) -> str:
    memory, speed = one.used.peak_mb / first.used.peak_mb, one.rows_per_second / first.rows_per_second
    failure = f"  {one.used.reason}" if one.used.reason else ""
    return (
        f"{one.ads:8,} {one.expected:9,} {one.right:9,} {one.calls:6,} {one.used.wall:7.1f} {one.used.cpu:7.1f}"
        f" {one.rows_per_second:7,.0f} ({speed:4.2f}) {one.used.peak_mb:6.0f} ({memory:4.2f}){failure}"
    )


def main() -> None:
    arguments = sys.argv[1:]
    command, query = (SDK, SDKS) if "sdk" in arguments else (SYNC, OURS)
    sizes = [int(one) for one in arguments if one != "sdk"] or CAMPAIGNS
    print(f"{DAYS} days, three levels; (n) is n times as much as the smallest account")
    print(f"{'ads':>8} {'rows':>9} {'right':>9} {'calls':>6} {'wall s':>7} {'CPU s':>7} {'rows/s':>14} {'peak MB':>13}")
    first: Grown | None = None
    with databases() as servers:
        for campaigns in sizes:
            one = run(servers, campaigns, command, query)
            first = first or one
            print(line(one, first), flush=True)


if __name__ == "__main__":
    main()
