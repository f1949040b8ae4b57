"""Runs the program again and again without starting Python anew: a server that has imported all of it, and nothing has
been run of it, forks a process for each run. `harness.Zygote` is its client.

A request is one message: module, arguments, directory and environment as JSON, and four descriptors: the run's three
streams, and a pipe that is told the run's process id and then its exit code, a line each.
"""

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import sys
import threading
import time
from typing import Any, cast

import metaads_cli

# What the program imports only where it is used. Not ruamel.yaml, which changes the filters of warnings, and not
# typer.rich_utils, which reads the environment, each when it is imported.
LATER = ("anyio", "httpcore", "phonenumbers", "xlsxwriter")
LONGEST_REQUEST = 1 << 20


def main() -> None:
    import_the_program()
    interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
    request = Server(socket.socket(fileno=int(sys.argv[1]))).next_run()
    if request is not None:
        signal.signal(signal.SIGINT, interrupt)
        resemble_a_new_process(**request)
        end(exit_code_of(request["module"]))


def import_the_program() -> None:
    ours = [module.name for module in pkgutil.walk_packages(metaads_cli.__path__, "metaads_cli.")]
    ours.remove("metaads_cli.__main__")
    for name in (*ours, *LATER):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # the runs share this memory for as long as nobody writes to it


class Server:
    """Forks, and reports how the forks end."""

    def __init__(self, control: socket.socket):
        self._control = control
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._runs: dict[int, tuple[int, int]] = {}
        """process id and pipe of a run by the descriptor that tells of its end"""

    def next_run(self) -> dict[str, Any] | None:
        """Returns in each fork, with its request; in the server itself when there will be no more."""
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor in self._runs:
                    self._report_end(descriptor)
                    continue
                request, descriptors, _, _ = socket.recv_fds(self._control, LONGEST_REQUEST, 4)
                if not request:
                    return None
                if self._is_fork(*descriptors):
                    return cast("dict[str, Any]", json.loads(request))

    def _is_fork(self, stdin: int, stdout: int, stderr: int, told: int) -> bool:
        process_id = os.fork()
        if process_id == 0:
            for number, stream in enumerate((stdin, stdout, stderr)):
                os.dup2(stream, number)
            self._control.detach()
            return True
        for stream in (stdin, stdout, stderr):
            os.close(stream)
        os.write(told, f"{process_id}\n".encode())
        descriptor = os.pidfd_open(process_id)
        self._runs[descriptor] = process_id, told
        self._poll.register(descriptor, select.POLLIN)
        return False

    def _report_end(self, descriptor: int) -> None:
        process_id, told = self._runs.pop(descriptor)
        _, status = os.waitpid(process_id, 0)
        os.write(told, f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os.close(told)
        self._poll.unregister(descriptor)
        os.close(descriptor)


def resemble_a_new_process(module: str, arguments: list[str], directory: str, environment: dict[str, str]) -> None:
    """The streams are pipes, as the server's own are: the interpreter has made the right objects for them."""
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.path[0] = directory
    sys.argv[1:] = arguments


def exit_code_of(module: str) -> int:
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        return cast("int", ended.code)
    return 0


def end(code: int) -> None:
    """What an interpreter does at its end, but for taking the modules to pieces: most of the time would go there."""
    threading._shutdown()
    atexit._run_exitfuncs()
    gc.collect()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
