"""What the peers' scripts share: the environment the bench sets, Meta's address turned to it, a table and an upsert."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import psycopg

GRAPH, ACCOUNT = os.environ["BENCH_GRAPH"], os.environ["BENCH_ACCOUNT"]
SINCE, UNTIL = os.environ["BENCH_SINCE"], os.environ["BENCH_UNTIL"]
TOKEN = "bench-token"
LEVELS = ("campaign", "adset", "ad")
METRICS = ("spend", "impressions", "clicks", "reach", "frequency", "unique_clicks", "ctr", "cpc")
FIELDS = ["campaign_id", "adset_id", "ad_id", *METRICS, "actions", "action_values"]
CREATE = """
    CREATE TABLE IF NOT EXISTS public.insights (
        level text, entity_id text, day date, campaign_id text, adset_id text, ad_id text,
        spend numeric, impressions bigint, clicks bigint, reach bigint, frequency numeric, unique_clicks bigint,
        ctr numeric, cpc numeric, actions jsonb, action_values jsonb, PRIMARY KEY (level, entity_id, day))
"""
COLUMNS = ("level", "entity_id", "day", *FIELDS)
UPSERT = (
    f"INSERT INTO public.insights ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))})"
    f" ON CONFLICT (level, entity_id, day) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in FIELDS)}"
)
BATCH = 500


def redirect() -> None:
    """The SDK has Meta's address in its source."""
    from facebook_business.session import FacebookSession

    os.environ["NO_PROXY"] = "127.0.0.1"
    FacebookSession.GRAPH = GRAPH


def sdk() -> None:
    """The SDK, ready: without it sending reports of crashes to Meta."""
    from facebook_business.api import FacebookAdsApi

    redirect()
    FacebookAdsApi.init(access_token=TOKEN, crash_log=False)


def fields(level: str) -> list[str]:
    """A level's rows have no ids of what is below it."""
    below = {"campaign": {"adset_id", "ad_id"}, "adset": {"ad_id"}}.get(level, set())
    return [name for name in FIELDS if name not in below]


def values(level: str, row: Mapping[str, Any]) -> list[Any]:
    lists = {name: json.dumps(row[name]) if row.get(name) else None for name in ("actions", "action_values")}
    known = {**{name: row.get(name) for name in FIELDS}, **lists}
    return [level, row[f"{level}_id"], row["date_start"][:10], *(known[name] for name in FIELDS)]


def upsert(connection: psycopg.Connection, rows: Iterable[list[Any]]) -> None:
    """In transactions of `BATCH` rows."""
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(UPSERT, batch)


def database() -> psycopg.Connection:
    connection = psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True)
    connection.execute(CREATE)
    return connection


def messages() -> Iterator[dict[str, Any]]:
    """JSON lines from stdin, as taps and sources write them; others are log lines."""
    for line in sys.stdin.buffer:
        if line.startswith(b"{"):
            yield json.loads(line)
