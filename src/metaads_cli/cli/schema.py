"""`metaads schema`: JSON Schema of what metaads reads and writes, for editors and programs."""

import json
from typing import TYPE_CHECKING, Any

from metaads_cli.cli.invocation import Invocation, command_group, with_global_options

if TYPE_CHECKING:
    import msgspec

app = command_group("JSON Schema of campaign files and of result documents.")


@app.command()
@with_global_options()
def campaign(run: Invocation) -> None:
    """Of campaign files, both forms.

    An editor that has it completes and checks them; an imported file names it in its first line.

    \b
    Examples:
      metaads schema campaign > metaads.schema.json
    """
    from metaads_cli.campaign_file import json_schema

    _print(run, json_schema())


@app.command()
@with_global_options()
def report(run: Invocation) -> None:
    """Of what `metaads orchestrate --json` prints for one campaign."""
    from metaads_cli.models.reports import OrchestrationReport

    _print(run, _schema_of(OrchestrationReport))


@app.command()
@with_global_options()
def sync(run: Invocation) -> None:
    """Of what `metaads sync-insights --json` prints."""
    from metaads_cli.models.reports import SyncReport

    _print(run, _schema_of(SyncReport))


def _schema_of(document: "type[msgspec.Struct]") -> dict[str, Any]:
    import msgspec

    schema: dict[str, Any] = _with_numbers(msgspec.json.schema(document))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _with_numbers(schema: Any) -> Any:
    """Amounts are written as JSON numbers."""
    if isinstance(schema, list):
        return [_with_numbers(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "decimal":
        return {"type": "number"}
    return {key: _with_numbers(value) for key, value in schema.items()}


def _print(run: Invocation, schema: dict[str, Any]) -> None:
    run.console.result(json.dumps(schema, indent=2, ensure_ascii=False))
