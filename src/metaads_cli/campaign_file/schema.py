"""The JSON Schema of both forms, for editors: generated from the models that read them."""

from typing import Any

from pydantic.json_schema import models_json_schema

from metaads_cli.campaign_file.fields import NAMED
from metaads_cli.campaign_file.flat_form import FlatFile
from metaads_cli.campaign_file.full_form import FullFile


def json_schema() -> dict[str, Any]:
    """Of 2020-12. What has `apiVersion` is the full form, so an editor tells of the form that is meant."""
    _, generated = models_json_schema([(FullFile, "validation"), (FlatFile, "validation")])
    shared: dict[str, Any] = {}
    definitions = {name: _tidy(one, shared) for name, one in generated["$defs"].items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "metaads campaign file",
        "description": "A campaign for `metaads orchestrate`: the full form, or the flat form of a single request.",
        "type": "object",
        "if": {"required": ["apiVersion"]},
        "then": {"$ref": "#/$defs/FullFile"},
        "else": {"$ref": "#/$defs/FlatFile"},
        "$defs": definitions | shared,
    }


def _tidy(schema: Any, shared: dict[str, Any]) -> Any:
    """Without null, as a key without a value is an error in a campaign file; without titles that repeat the keys."""
    if isinstance(schema, list):
        return [_tidy(one, shared) for one in schema]
    if not isinstance(schema, dict):
        return schema
    dropped = {"title"} if isinstance(schema.get("title"), str) else set()
    dropped |= {"default"} if schema.get("default", "") is None else set()
    plain = {key: _tidy(value, shared) for key, value in schema.items() if key not in dropped}
    kinds = [one for one in plain.get("anyOf", []) if one != {"type": "null"}]
    if kinds:
        plain["anyOf"] = kinds
    if len(kinds) == 1:
        del plain["anyOf"]
        plain = kinds[0] | plain
    return _shared(plain, shared) if NAMED in plain else plain


def _shared(schema: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    """Long lists of names are written once."""
    name = "".join(word.capitalize() for word in schema[NAMED].split())
    shared[name] = {"type": "string", "enum": schema["enum"]}
    return {"$ref": f"#/$defs/{name}"} | {key: schema[key] for key in schema if key not in {*shared[name], NAMED}}
