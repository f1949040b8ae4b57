"""`metaads help`: what is no command's own."""

from metaads_cli.cli.invocation import Invocation, command_group, with_global_options
from metaads_cli.errors import ExitCode

app = command_group("Topics that concern every command.")


@app.command("exit-codes")
@with_global_options()
def exit_codes(run: Invocation) -> None:
    """The exit code of every command, and what it means."""
    from metaads_cli.models.reports import ExitCodeMeaning, ExitCodeTable

    run.finish(ExitCodeTable(codes=[ExitCodeMeaning(code=int(code), meaning=code.meaning) for code in ExitCode]))
