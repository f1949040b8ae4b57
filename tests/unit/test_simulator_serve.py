"""The simulator over HTTP ends as a server should, and its command says where it is."""

import signal
import subprocess
import sys

import httpx
import pytest
import typer

from metaads_cli.cli import stub
from metaads_cli.cli.invocation import Invocation
from metaads_cli.errors import UsageError
from metaads_cli.graph.simulator.serve import running
from simulated import ACCOUNT, simulator

PROGRAM = """
from metaads_cli.graph.simulator import Simulator, World
from metaads_cli.graph.simulator.serve import serve
serve(Simulator(World.seeded()), ready=lambda url: print(url, flush=True))
print("ended", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    command = [sys.executable, "-W", "error", "-c", PROGRAM]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        answer = httpx.get(f"{url}/me", params={"access_token": "t"}, trust_env=False)
        assert answer.json()["name"] == "metaads system user"
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stdout, stderr) == (0, "ended\n", "")


def test_several_clients_share_one_world() -> None:
    with running(simulator()) as url:
        answers = [
            httpx.get(f"{url}/v26.0/{ACCOUNT}/ads", headers={"authorization": "Bearer t"}, trust_env=False)
            for _ in range(3)
        ]
    assert len({answer.text.replace(answer.headers["x-fb-trace-id"], "") for answer in answers}) == 1


def test_an_address_in_use_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    program = typer.Typer()
    program.add_typer(stub.app, name="stub")
    with running(simulator()) as url:
        arguments = ["stub", "serve", "--port", url.rpartition(":")[2]]
        with pytest.raises(UsageError, match="Cannot listen on"):
            program(arguments, standalone_mode=False, obj=Invocation())
    assert capsys.readouterr().out == ""


def test_its_options_are_the_behaviour_it_serves_with() -> None:
    options = ["--port", "0", "--latency", "5", "--most-product", "70", "--most-points", "80"]
    command = [sys.executable, "-m", "metaads_cli", "stub", "serve", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        behaviour = httpx.get(f"{url}/_simulator/behaviour", trust_env=False).json()
        calm = httpx.put(f"{url}/_simulator/behaviour", json={"latency_ms": 0.5}, trust_env=False).json()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert (behaviour["latency_ms"], behaviour["most_product"], behaviour["most_points"]) == (5.0, 70, 80)
    assert (calm["latency_ms"], calm["most_product"], calm["most_points"]) == (0.5, 3_000_000, 250_000)
