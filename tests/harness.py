"""The database server of a test session, and the program as a process."""

import os
import pty
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

REPOSITORY = Path(__file__).parent.parent
ROLE = "metaads_test"


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

    def admin(self, *statements: sql.Composable) -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

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


@dataclass(frozen=True)
class Program:
    """The whole program in a process of its own, with an environment of its own."""

    home: Path
    environment: dict[str, str]

    def __call__(self, *arguments: str, stdin: str | bytes = "", **environment: str) -> Outcome:
        process = subprocess.run(
            self.command(*arguments),
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            cwd=self.home,
            env=self.environment | environment,
            timeout=120,
            check=False,
        )
        return Outcome(process.returncode, process.stdout.decode(), process.stderr.decode())

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

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-W", "error", "-m", "metaads_cli", *arguments]


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
