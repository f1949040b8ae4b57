"""What the other tests run as a fork of a zygote is what a user's own process is: both see, say and end the same."""

import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import replace

import pytest

from builders import body, lines, message
from harness import Program, Start
from killing import wait_until

# All that a program can see of how it was started, but for what differs from process to process.
LOOK = """
import gc, json, locale, os, resource, signal, sys, threading, time, warnings
streams = [
    (s.name, s.mode, s.encoding, s.errors, s.newlines, s.line_buffering, s.write_through, s.isatty(), s.fileno(),
     s.buffer.name, s.buffer.mode, s.buffer.raw.name, s.buffer.raw.mode, s.buffer.raw.closefd, s is original)
    for s, original in zip((sys.stdin, sys.stdout, sys.stderr), (sys.__stdin__, sys.__stdout__, sys.__stderr__))
]
print(json.dumps({
    "streams": streams,
    "descriptors": [number for number in range(1000) if os.path.exists(f"/proc/self/fd/{number}")],
    "stdin": sys.stdin.read(),
    "arguments": sys.argv,
    "path": sys.path,
    "flags": repr((sys.flags, sys.warnoptions, warnings.filters, sys.implementation, sys.executable, sys.prefix)),
    "main": [__name__, __file__, __spec__.name, sys.modules["__main__"].__dict__ is globals()],
    "environment": dict(os.environ),
    "directory": os.getcwd(),
    "mask": [os.umask(0), os.getpriority(os.PRIO_PROCESS, 0)],
    "user": [os.getresuid(), os.getresgid(), os.getgroups()],
    "limits": [resource.getrlimit(number) for number in (resource.RLIMIT_NOFILE, resource.RLIMIT_CORE)],
    "signals": [repr(signal.getsignal(number)) for number in signal.valid_signals()],
    "blocked": repr(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "locale": [locale.setlocale(category) for category in (locale.LC_CTYPE, locale.LC_NUMERIC, locale.LC_TIME)],
    "zone": [time.tzname, time.timezone],
    "threads": [thread.name for thread in threading.enumerate()],
    "collector": [gc.isenabled(), gc.get_threshold(), gc.get_debug()],
    "hooks": repr((sys.excepthook, sys.unraisablehook, sys.displayhook, sys.getrecursionlimit())),
}, indent=1))
"""
# What only an interpreter knows of its end.
END = """
import atexit, sys, threading, warnings
class Cycle:
    pass
cycle = Cycle()
cycle.itself, cycle.file = cycle, open(__file__)
atexit.register(print, "and at exit")
threading.Thread(target=lambda: (threading.main_thread().join(), print("a thread is waited for"))).start()
try:
    warnings.warn("old", DeprecationWarning)
except DeprecationWarning as error:
    sys.stdout.write(f"an error: {error}\\n")
    sys.exit(17)
"""


@pytest.fixture(params=["fork", "start"])
def start(request: pytest.FixtureRequest, metaads: Program) -> Start:
    """Run the program in one of the two ways."""
    ways: dict[str, Start] = {"fork": metaads.fork, "start": metaads.start}
    return ways[request.param]


def module(program: Program, text: str) -> Program:
    (program.home / "other.py").write_text(text)
    return replace(program, module="other")


def test_a_fork_sees_what_a_new_process_sees(metaads: Program) -> None:
    look = module(metaads, LOOK)
    for environment in ({}, {"TZ": "America/Lima", "COLUMNS": "60", "HOME": "/nowhere"}):
        told = look("ingest", "", "ñ\udcff", stdin="some text", **environment)
        assert (told.code, told.stderr) == (0, "")
        assert (
            told.stdout.splitlines()
            == look.anew("ingest", "", "ñ\udcff", stdin="some text", **environment).stdout.splitlines()
        )


def test_a_fork_ends_as_a_new_process_does(metaads: Program) -> None:
    ends = module(metaads, END)
    for told in (ends(), ends.anew()):
        assert told.code == 17
        assert told.stdout == "an error: old\na thread is waited for\nand at exit\n"
        assert "ResourceWarning: unclosed file" in told.stderr


def test_a_run_is_a_fork_where_the_interpreter_need_not_be_told_anything(metaads: Program) -> None:
    parent = module(metaads, "import os; print(os.getppid())")
    here = f"{os.getpid()}\n"
    assert parent(COLUMNS="60").stdout != here
    assert parent.anew().stdout == here
    for environment in ({"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}, {"LANG": "C"}, {"PYTHONPATH": "/tmp"}):
        assert parent(**environment).stdout == here


def test_no_two_forks_in_turn_order_a_set_alike(metaads: Program) -> None:
    order = module(metaads, "print({*map(str, range(1000))})")
    assert order().stdout != order().stdout


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        ("", {}),
        ("--help", {"COLUMNS": "60"}),
        ("--help", {"FORCE_COLOR": "1"}),
        ("nope", {"FORCE_COLOR": "1"}),
        ("nope", {"FORCE_COLOR": "1", "NO_COLOR": "1"}),
        ("stats --tenant x --json", {}),
        ("stats --tenant 1", {"COLUMNS": "60", "FORCE_COLOR": "1"}),
        ("tenants list --json", {"TERM": "xterm"}),
    ],
)
def test_both_ways_say_the_same(metaads: Program, arguments: str, environment: dict[str, str]) -> None:
    told = metaads(*arguments.split(), **environment)
    assert told.stdout + told.stderr != ""
    assert told == metaads.anew(*arguments.split(), **environment)


def test_both_ways_read_the_same(metaads: Program) -> None:
    log = lines(body(message())) * 1000
    told = metaads("ingest", "-", "--dry-run", "--format", "csv", stdin=log)
    assert told.code == 0
    assert told == metaads.anew("ingest", "-", "--dry-run", "--format", "csv", stdin=log)


def test_both_ways_a_closed_pipe_is_no_error(start: Start) -> None:
    with start("ingest", "-", "--dry-run") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stdin.close()
        assert process.wait() == 0
        assert process.stderr.read() == b""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_both_ways_a_signal_ends_it(start: Start, number: signal.Signals, rows: Callable[[str], list[object]]) -> None:
    with start("ingest", "-", METAADS_INGEST__BATCH_SIZE="1") as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(lines(body(message())).encode())
        process.stdin.flush()
        wait_until(lambda: bool(rows("SELECT FROM patients")))
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0)
        process.send_signal(number)
        code, told = {signal.SIGINT: (130, b"error: Stopped."), signal.SIGTERM: (143, b"error: Stopped.")}.get(
            number, (-number, b"")
        )
        assert process.wait(30) == process.poll() == code
        assert process.stderr.read().startswith(told)
        assert bool(told) == (number != signal.SIGKILL)
