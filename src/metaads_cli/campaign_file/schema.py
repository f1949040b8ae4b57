"""The JSON Schema of both forms, for editors: generated from the models that read them."""

from typing import Any

from pydantic.json_schema import models_json_schema

from metaads_cli.campaign_file.flat_form import FlatFile
from metaads_cli.campaign_file.full_form import FullFile


def json_schema() -> dict[str, Any]:
    """Of 2020-12. What has `apiVersion` is the full form, so an editor tells of the form that is meant."""
    _, generated = models_json_schema([(FullFile, "validation"), (FlatFile, "validation")])
    definitions = _without_null(generated["$defs"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "metaads campaign file",
        "description": "A campaign for `metaads orchestrate`: the full form, or the flat form of a single request.",
        "type": "object",
        "if": {"required": ["apiVersion"]},
        "then": {"$ref": "#/$defs/FullFile"},
        "else": {"$ref": "#/$defs/FlatFile"},
        "$defs": definitions,
    }


def _without_null(schema: Any) -> Any:
    """A key without a value is an error in a campaign file: it is left out instead."""
    if isinstance(schema, list):
        return [_without_null(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _without_null(value) for key, value in schema.items() if not (key == "default" and value is None)}
    kinds = [one for one in plain.get("anyOf", []) if one != {"type": "null"}]
    if len(kinds) == 1 and len(plain["anyOf"]) == 2:
        del plain["anyOf"]
        return kinds[0] | plain
    return plain
