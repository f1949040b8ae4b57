"""The database server of a test session, and the program as a process."""

import atexit
import itertools
import json
import os
import pty
import select
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import psycopg
from psycopg import sql

REPOSITORY = Path(__file__).parent.parent
ROLE = "metaads_test"
INTERPRETER = [sys.executable, "-W", "error"]
LONGEST_RUN_SECONDS = 120
Start = Callable[..., subprocess.Popen[bytes]]


def memory() -> str | None:
    """A folder for data directories whose files are in memory, if there is plenty: databases are made and dropped for
    a quarter of what a disk's file system takes."""
    folder = Path("/dev/shm")
    plenty = folder.is_dir() and shutil.disk_usage(folder).free > 4 << 30
    return str(folder) if plenty else None


def with_database(url: str, name: str, user: str | None = None) -> str:
    """The same server, another database."""
    changes = {"dbname": name} | ({"user": user} if user else {})
    return psycopg.conninfo.make_conninfo(url, **changes)


@dataclass(frozen=True)
class Server:
    """`admin_url` is a superuser's, `url` the tests' own role's."""

    admin_url: str

    @property
    def url(self) -> str:
        return with_database(self.admin_url, "postgres", ROLE)

    @cached_property
    def _admin(self) -> psycopg.Connection:
        return psycopg.connect(self.admin_url, autocommit=True)

    def close(self) -> None:
        self._admin.close()

    def admin(self, *statements: sql.Composable) -> None:
        for statement in statements:
            self._admin.execute(statement)

    def create(self, name: str, template: str = "template0") -> str:
        """A new database of the tests' role; its URL."""
        self.admin(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} ENCODING 'UTF8' STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(template), sql.Identifier(ROLE)
            )
        )
        return with_database(self.admin_url, name, ROLE)

    def drop(self, name: str) -> None:
        self.admin(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@dataclass(frozen=True)
class Outcome:
    """What a run of the program left: its streams and its exit code."""

    code: int
    stdout: str
    stderr: str


class Fork(subprocess.Popen[bytes]):
    """A run of a zygote, with pipes for streams; for the rest, a process like any other.

    It replaces the three methods through which Popen starts a process and waits for it.
    """

    def __init__(self, start: Callable[[int, int, int], BinaryIO]):
        self._start = start
        pipe = subprocess.PIPE
        super().__init__([], stdin=pipe, stdout=pipe, stderr=pipe)

    def _execute_child(self, *given: Any) -> None:
        pipes = given[10:16]
        self._told = self._start(pipes[0], pipes[3], pipes[5])
        self._close_pipe_fds(*pipes)
        if not (process_id := self._told.readline()):
            raise EOFError
        self.pid = int(process_id)
        self._child_created = True

    def _internal_poll(self, _deadstate: int | None = None) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self._wait(0)
        return self.returncode

    def _wait(self, timeout: float | None) -> int:
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            with self._told:
                self.returncode = int(self._told.readline())
        return self.returncode


class Zygote:
    """A process that starts runs of the program as its forks, see zygote.py."""

    # Variables that an interpreter reads as it starts: a run that is to have others needs an interpreter of its own.
    environment: ClassVar = {"LANG": "C.UTF-8"}

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._server = subprocess.Popen(
                [*INTERPRETER, REPOSITORY / "tests" / "zygote.py", str(theirs.fileno())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self.environment,
                pass_fds=[theirs.fileno()],
            )
        atexit.register(self._end)

    def _end(self) -> None:
        self._control.close()
        self._server.communicate()

    @classmethod
    def suits(cls, environment: dict[str, str]) -> bool:
        read = {name: value for name, value in environment.items() if name.startswith(("LANG", "LC_", "PYTHON"))}
        return read == cls.environment

    def fork(self, request: dict[str, object]) -> Fork:
        try:
            return Fork(partial(self._start, json.dumps(request).encode()))
        except (BrokenPipeError, EOFError):
            raise RuntimeError(self._server.communicate()[1].decode()) from None

    def _start(self, request: bytes, *streams: int) -> BinaryIO:
        ours, theirs = os.pipe()
        told = os.fdopen(ours, "rb", buffering=0)
        try:
            socket.send_fds(self._control, [request], [*streams, theirs])
        finally:
            os.close(theirs)
        return told


@cache
def zygotes() -> Iterator[Zygote]:
    """In turns, as each has its own order of sets: what depends on it differs from run to run."""
    return itertools.cycle([Zygote(), Zygote()])


@dataclass(frozen=True)
class Program:
    """The whole program in a process of its own, with an environment of its own."""

    home: Path
    environment: dict[str, str]
    module: str = "metaads_cli"

    def __call__(self, *arguments: str, stdin: str | bytes = "", **environment: str) -> Outcome:
        """As a fork where the interpreter's start makes no difference, which is most of the time."""
        forked = Zygote.suits(self.environment | environment)
        start = self.fork if forked else self.start
        return _outcome(start(*arguments, **environment), stdin)

    def anew(self, *arguments: str, stdin: str | bytes = "", **environment: str) -> Outcome:
        """With an interpreter that starts for this run, as a user's does."""
        return _outcome(self.start(*arguments, **environment), stdin)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        """Run it beside the test, which ends it."""
        return subprocess.Popen(
            self.command(*arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.home,
            env=self.environment | environment,
        )

    def fork(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        """As `start`, from a zygote: ten times as quick."""
        environment = self.environment | environment
        assert Zygote.suits(environment)
        request = {
            "module": self.module,
            "arguments": arguments,
            "directory": str(self.home),
            "environment": environment,
        }
        return next(zygotes()).fork(request)

    def command(self, *arguments: str) -> list[str]:
        return [*INTERPRETER, "-m", self.module, *arguments]


def _outcome(process: subprocess.Popen[bytes], stdin: str | bytes) -> Outcome:
    data = stdin.encode() if isinstance(stdin, str) else stdin
    with process:
        try:
            out, err = process.communicate(data, timeout=LONGEST_RUN_SECONDS)
        except BaseException:
            process.kill()
            raise
    return Outcome(process.returncode, out.decode(), err.decode())


def on_terminal(metaads: Program, *arguments: str, **environment: str) -> str:
    """What a terminal shows."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        metaads.command(*arguments),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=metaads.environment | {"TERM": "xterm", "COLUMNS": "80"} | environment,
    )
    os.close(slave)
    shown = b""
    try:
        while chunk := os.read(master, 65536):
            shown += chunk
    except OSError:
        pass  # the terminal of a finished process
    process.wait()
    os.close(master)
    return shown.decode()
