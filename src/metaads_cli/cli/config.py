"""`metaads config`."""

from typing import Annotated

import typer

from metaads_cli.cli.invocation import Invocation, command_group, with_global_options

app = command_group("The settings and where they come from.")

OriginOption = Annotated[bool, typer.Option("--origin", metavar="", help="Show where each value comes from.")]


@app.command()
@with_global_options()
def show(run: Invocation, origin: OriginOption = False) -> None:
    """Print every setting. Passwords are masked, secrets shown as references.

    An option goes before the environment, the environment before the config file, the file before the default.
    """
    from metaads_cli.models.reports import Setting, SettingsReport
    from metaads_cli.settings import all_keys

    loaded = run.load_settings()
    run.finish(
        SettingsReport(
            settings=[
                Setting(key=".".join(key), value=loaded.shown(key), origin=loaded.origin(key) if origin else None)
                for key, _ in all_keys()
            ]
        )
    )
