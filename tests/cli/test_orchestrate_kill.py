"""`metaads orchestrate` killed with SIGKILL: at each request to Meta, and around each commit. Run again, each object is
there once."""

import json
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from psycopg import conninfo

from harness import Outcome, Program, Start
from killing import Victim, Watched, wait_for_its_locks
from metaads_cli.graph.simulator.serve import running
from metaads_cli.models.campaign import Kind
from orchestrating import Bench, campaign_file

TOKEN = "EAA" + "Secret0Token" * 4
# Of one campaign, ad set, creative and ad, published: the account is read, the image uploaded, then 4 creations and 3
# activations.
REQUESTS = 9
WRITES = 8


@pytest.fixture
def bench(database_url: str, tmp_path: Path) -> Bench:
    return Bench(database_url, tmp_path)


@pytest.fixture
def file(bench: Bench) -> Path:
    path = bench.folder / "campaign.yaml"
    path.write_text(campaign_file(bench.folder, ad_sets=1, ads=1))
    return path


@contextmanager
def serving(metaads: Program, application: Any, **more: str) -> Iterator[Program]:
    """The program in live mode, before the application."""
    with running(application) as url:
        live = {
            "METAADS_GRAPH__BASE_URL": url,
            "META_ADS_MODE": "live",
            "META_ACCESS_TOKEN": TOKEN,
            "NO_PROXY": "127.0.0.1",
            "METAADS_ORCHESTRATE__RETRY_DELAY_SECONDS": "0",
        }
        yield Program(metaads.home, metaads.environment | live | more)


def orchestrate(program: Program, file: Path, *arguments: str) -> Outcome:
    return program("orchestrate", str(file), "--publish", "--yes", *arguments)


def killed(program: Program, file: Path, victim: Victim, start: Start = Program.fork) -> int:
    """The exit code of a run that gets the victim's signal."""
    process = start(program, "orchestrate", str(file), "--publish", "--yes")
    victim.is_(process)
    process.communicate(timeout=60)
    return process.returncode


def assert_comes_to_its_end(bench: Bench, file: Path) -> None:
    """Run again, within this process, which is quicker: what is missing is made, and a third time nothing."""
    wait_for_its_locks(bench)  # type: ignore[arg-type]
    text = file.read_text()
    bench.done(text, publish=True)
    bench.assert_exactly_once(text, status="ACTIVE")
    assert [len(bench.objects(kind)) for kind in Kind] == [1, 1, 1, 1]
    bench.assert_nothing_to_do(text, publish=True)


class Switch:
    """The simulator of the bench, which is a new one for each run."""

    def __init__(self, bench: Bench):
        self.bench = bench

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.bench.simulator(scope, receive, send)


@pytest.mark.parametrize("after", [False, True])
def test_killed_at_each_request(metaads: Program, bench: Bench, file: Path, after: bool) -> None:
    watched = Watched(Switch(bench), after=after)  # type: ignore[arg-type]
    with serving(metaads, watched) as program:
        for number in range(1, REQUESTS + 1):
            bench.renew()
            victim = Victim(number)
            watched.begin(victim)
            assert killed(program, file, victim) == -signal.SIGKILL
            watched.begin()
            # One whose sender is gone may take effect or not; and after an answer, the next may be on its way.
            assert max(0, number - 2) <= len(bench.writes) <= number
            assert_comes_to_its_end(bench, file)


def test_killed_again_and_again_the_program_comes_to_its_end(metaads: Program, bench: Bench, file: Path) -> None:
    watched, deaths = Watched(bench.simulator), 0
    with serving(metaads, watched) as program:
        while True:
            victim = Victim(2 + deaths)
            watched.begin(victim)
            code = killed(program, file, victim, Program.start)
            wait_for_its_locks(bench)  # type: ignore[arg-type]
            if code == 0:
                break
            assert code == -signal.SIGKILL
            deaths += 1
            assert deaths < 25
        assert deaths >= 2
        watched.begin()
        bench.assert_exactly_once(file.read_text(), status="ACTIVE")
        bench.forget()
        again = orchestrate(program, file, "--json")
    assert again.code == 0, again.stderr
    assert {step["action"] for step in json.loads(again.stdout)["plan"]} == {"keep"}
    assert bench.writes == []


# --- around commits


class CommitProxy:
    """Stands between a program and PostgreSQL, on a socket of its own, and counts commits.

    Before the n-th one reaches the server, or, `after`, when the server has made it and the program does not know yet,
    `act` is called with its number, and nothing goes through any more if that returns True.
    """

    def __init__(self, url: str, folder: str):
        given = conninfo.conninfo_to_dict(url)
        self.host, self.port = str(given.get("host") or "localhost"), int(str(given.get("port") or 5432))
        self.url = conninfo.make_conninfo(url, host=folder, port=5432)
        self.after, self.act, self.count = False, no_death, 0
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(f"{folder}/.s.PGSQL.5432")
        self._listener.listen()

    def begin(self, act: "Callable[[int], bool]", *, after: bool = False) -> None:
        self.act, self.after, self.count = act, after, 0

    def serve(self) -> None:
        """Until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _connect(self, client: socket.socket) -> None:
        with client, self._connected() as server:
            answers = threading.Thread(target=self._pass_on, args=(server, client, True), daemon=True)
            answers.start()
            self._pass_on(client, server, False)
            answers.join()

    def _connected(self) -> socket.socket:
        if not self.host.startswith("/"):
            return socket.create_connection((self.host, self.port))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{self.host}/.s.PGSQL.{self.port}")
        return server

    def _pass_on(self, source: socket.socket, target: socket.socket, is_server: bool) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                # The server's word for it is a message of its own: length and tag. The client's is a query.
                sought = b"C\x00\x00\x00\x0bCOMMIT\x00" if is_server else b"COMMIT\x00"
                if is_server is self.after and sought in data and self._dies():
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _dies(self) -> bool:
        self.count += 1
        return self.act(self.count)


def no_death(_number: int) -> bool:
    return False


@pytest.fixture
def proxy(bench: Bench) -> Iterator[CommitProxy]:
    with tempfile.TemporaryDirectory(prefix="metaads-") as folder:
        proxy = CommitProxy(bench.url, folder)
        thread = threading.Thread(target=proxy.serve, daemon=True)
        thread.start()
        yield proxy
        proxy.close()
        thread.join()


@pytest.mark.parametrize("after", [False, True])
def test_killed_around_each_commit(metaads: Program, bench: Bench, file: Path, proxy: CommitProxy, after: bool) -> None:
    with serving(metaads, Switch(bench), DATABASE_URL=proxy.url) as program:
        proxy.begin(no_death, after=after)
        assert orchestrate(program, file).code == 0
        last = proxy.count
        assert 2 * WRITES < last < 40
        for number in range(1, last + 1):
            bench.renew()
            victim = Victim(number)

            def act(count: int, victim: Victim = victim) -> bool:
                victim(count)
                return count == victim.number

            proxy.begin(act, after=after)
            assert killed(program, file, victim) == -signal.SIGKILL
            assert_comes_to_its_end(bench, file)


# --- two programs


def test_of_two_programs_at_once_one_works_and_the_other_ends_with_7(
    metaads: Program, bench: Bench, file: Path
) -> None:
    reached, going_on = threading.Event(), threading.Event()

    def hold(number: int) -> None:
        if number == 4:
            reached.set()
            assert going_on.wait(60)

    with serving(metaads, Watched(bench.simulator).begin(hold)) as program:
        first = program.start("orchestrate", str(file), "--publish", "--yes")
        assert reached.wait(60)
        second = orchestrate(program, file, "--json")
        going_on.set()
        first.communicate(timeout=60)
        resumed = orchestrate(program, file, "--resume")
    assert first.returncode == 0
    assert second.code == 7
    assert json.loads(second.stderr)["error"]["code"] == "lock_not_available"
    assert resumed.code == 3
    assert "nothing to resume" in resumed.stderr
    bench.assert_exactly_once(file.read_text(), status="ACTIVE")
    assert len(bench.writes) == WRITES
