"""Runs that are killed at any moment: the next one converges."""

import random
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
import pytest
from tests.patches.conftest import (
    CHAT,
    PATIENTS,
    PEOPLE,
    applicable,
    history,
    other_session,
    run,
    shape_of,
    wait_until,
)

from harness import Program, Server
from interrupted import programs
from metaads_cli.errors import ExitCode

ALL = applicable("public.patients")
READ = "SELECT count(*) FROM patients"
WRITE = "UPDATE patients SET last_name = 'X' WHERE id = 1"


def recorded(connection: psycopg.Connection) -> int:
    return len(history(connection, "applied")) if shape_of(connection, "metaads.patch_log").columns else 0


def working(connection: psycopg.Connection, activity: str) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'metaads' AND datname = current_database()"
    row = connection.execute(f"{query} AND {activity}".encode()).fetchone()
    return row != (0,)


@dataclass(frozen=True)
class Moment:
    """When the process is killed, and what another session does so that the moment lasts."""

    reached: Callable[[psycopg.Connection], bool]
    statements: tuple[str, ...] = ()
    done_before: str = "0000"


MOMENTS = {
    "starting": Moment(lambda _: True),
    "connected": Moment(lambda connection: working(connection, "true")),
    "history made": Moment(lambda connection: recorded(connection) >= 1),
    "columns made": Moment(lambda connection: recorded(connection) >= 2),
    "index made": Moment(lambda connection: recorded(connection) >= 3),
    "nearly done": Moment(lambda connection: recorded(connection) >= 5),
    "waiting for a lock": Moment(lambda connection: working(connection, "wait_event_type = 'Lock'"), (READ,)),
    "building an index": Moment(
        lambda connection: working(connection, "wait_event_type = 'Lock' AND query LIKE 'CREATE INDEX%'"),
        (WRITE,),
        done_before="0001",
    ),
}


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=list(MOMENTS))
def test_a_run_after_kill_9_converges(
    metaads: Program, connection: psycopg.Connection, bare_url: str, bare: psycopg.Connection, moment: Moment
) -> None:
    complete = shape_of(connection)
    if moment.done_before != "0000":
        run(bare, up_to=moment.done_before)
    with other_session(bare_url, *moment.statements):
        process = metaads.start("migrate", DATABASE_URL=bare_url)
        wait_until(lambda: moment.reached(bare) or process.poll() is not None)
        process.kill()
        process.communicate()
    assert run(bare).pending == []
    assert shape_of(bare).columns == complete.columns
    assert shape_of(bare).indexes == complete.indexes
    assert history(bare, "applied") == ALL
    assert run(bare).applied == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
@pytest.mark.parametrize("moment", ["waiting for a lock", "building an index"])
def test_a_signal_ends_the_statement_on_the_server_and_leaves_nothing_half_done(
    metaads: Program, bare_url: str, bare: psycopg.Connection, moment: str, number: int, code: int
) -> None:
    at = MOMENTS[moment]
    run(bare, up_to=at.done_before)
    before = shape_of(bare)
    with other_session(bare_url, *at.statements):
        process = metaads.start("migrate", DATABASE_URL=bare_url)
        wait_until(lambda: at.reached(bare) or process.poll() is not None)
        process.send_signal(number)
        _, told = process.communicate()
        assert (process.returncode, "Stopped." in told.decode()) == (code, True)
        wait_until(lambda: not working(bare, "true"))
    assert shape_of(bare).columns == before.columns
    assert [name for name, (_, valid) in shape_of(bare).indexes.items() if not valid] in ([], LEFT_INVALID)
    assert run(bare).pending == []
    assert all(valid for _, valid in shape_of(bare).indexes.values())


def signatures(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    """What a run leaves: patches in force, columns, indexes, people."""
    return connection.execute("""
        SELECT patch, count(*)::text FROM metaads.patch_log WHERE action = 'applied' GROUP BY 1
        UNION ALL
        SELECT attrelid::regclass::text, string_agg(attname, ',' ORDER BY attname) FROM pg_attribute
        WHERE attrelid IN ('patients'::regclass, 'chat_messages'::regclass) AND attnum > 0 GROUP BY 1
        UNION ALL
        SELECT indexrelid::regclass::text, indisvalid::text FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
        WHERE relnamespace IN ('public'::regnamespace, 'metaads'::regnamespace)
        UNION ALL
        SELECT 'chat ' || id, coalesce(patient_id::text, '-') FROM chat_messages
        ORDER BY 1, 2
    """).fetchall()


# A writer that the build waited for keeps the table from being cleaned up at once: the next run does that.
LEFT_INVALID = ["idx_patients_acquisition_source"]
ROUNDS = 100


def test_a_hundred_runs_that_are_ended_at_random_always_converge(
    server: Server, worker: str, bare_environment: dict[str, str]
) -> None:
    """Some are killed, some get SIGTERM; a clinic whose run came to its end makes room for a new one."""
    chance, template, name = random.Random(8), f"clinic_{worker}", f"ended_{worker}"
    with psycopg.connect(server.create(template)) as connection:
        connection.execute((PATIENTS + CHAT).encode())
        connection.execute(PEOPLE)
        connection.execute(
            "INSERT INTO chat_messages (from_number, role, content) VALUES ('5491155550001', 'user', '')"
        )
    expected, ends = None, Counter[int]()
    with programs(bare_environment) as program:
        while ends.total() < ROUNDS:
            url = server.create(name, template)
            # The first one shows what there is to be.
            ended = program.run(url, "migrate") if expected is None else None
            while ended != 0:
                number = chance.choice([signal.SIGKILL, signal.SIGTERM])
                ended = program.run(url, "migrate", seconds=chance.uniform(0, 0.5), number=number)
                ends[ended] += 1
            with psycopg.connect(url, autocommit=True) as connection:
                found = signatures(connection)
            expected = expected or found
            assert found == expected
            assert ("idx_patients_external_ids", "true") in found
            server.drop(name)
    server.drop(template)
    # A SIGTERM may come before Python has begun to listen for it.
    assert set(ends) <= {0, -signal.SIGKILL, -signal.SIGTERM, ExitCode.TERMINATED}
    assert min(ends[-signal.SIGKILL], ends[ExitCode.TERMINATED]) > 0
