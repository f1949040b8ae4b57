"""What a create or update call wants to make: its parameters by their published types, and where it belongs."""

from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from metaads_cli.graph.simulator import facts
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.params import Params, decoded, flag, moment, whole
from metaads_cli.graph.simulator.refusals import invalid, not_one_of, refused
from metaads_cli.graph.simulator.world import Node, World

# Names that update or steer an object without being a field of it.
STEERING = frozenset({"execution_options", "access_token", "appsecret_proof"})
# The old names of an ad set's schedule (README 4.2).
SYNONYMS = {"time_start": "start_time", "time_stop": "end_time"}
_MAPS = frozenset({"map", "Targeting", "AdCreative", "AdSet", "AdCreativeObjectStorySpec"})
_NESTED = ("list", "map", "Object", "Targeting", "AdCreative", "AdSet", "AdCreativeObjectStorySpec")


@dataclass
class Draft:
    """An object to be: `values` as they will stand, `given` the names this call sent, `before` what is updated.

    `strict` refuses what the docs' objective table does not list; `live_app` is false for an app in development mode.
    """

    world: World
    kind: Kind
    account: Node
    values: dict[str, Any]
    given: frozenset[str]
    before: Node | None = None
    strict: bool = False
    live_app: bool = True
    inline_creative: dict[str, Any] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        return self.before is None

    @property
    def number(self) -> str:
        return str(self.account.values["account_id"])

    @property
    def currency(self) -> str:
        return str(self.account.values["currency"])

    def get(self, name: str) -> Any:
        return self.values.get(name)

    def has(self, name: str) -> bool:
        return self.values.get(name) is not None and self.values[name] != ""

    def related(self, name: str, kind: Kind) -> Node | None:
        """The object a parameter names, if it exists in this account and is not gone."""
        node = self.world.find(str(self.values.get(name)))
        return node if node and node.kind is kind and node.account == self.number and node.status != "DELETED" else None


def typed_values(kind: Kind, call: str, params: Params, zone: ZoneInfo) -> dict[str, Any]:
    """The parameters the call knows, as their published types. Raises Refusal for values of another type or enum."""
    types = facts.params(call)
    values = {}
    for sent, value in params.items():
        if sent not in types or sent in STEERING:
            continue
        name = SYNONYMS.get(sent, sent)
        values[name] = _typed(kind, name, types[sent], value, zone)
    return values


def _typed(kind: Kind, name: str, published: str, value: Any, zone: ZoneInfo) -> Any:
    if name.endswith("_id"):
        return str(value)
    if published == "bool":
        return flag(name, value)
    if published in {"int", "unsigned int"}:
        return _amount(name, value, signed=published == "int")
    if published == "datetime":
        return moment(name, value, zone)
    if published.startswith(_NESTED):
        return _nested(kind, name, published, value)
    return _chosen(kind, name, str(value)) if published.endswith("_enum") else str(value)


def _amount(name: str, value: Any, *, signed: bool) -> int:
    amount = whole(name, value)
    if amount < 0 and not signed:
        raise refused(name, f"Param {name} must be a positive integer")
    return amount


def _nested(kind: Kind, name: str, published: str, value: Any) -> Any:
    nested = decoded(name, value)
    if published.startswith("list") and not isinstance(nested, list):
        raise refused(name, f"Param {name} must be an array")
    if (published in _MAPS or name == "promoted_object") and not isinstance(nested, dict):
        raise refused(name, f"Param {name} must be an object")
    if published in {"list<map>", "list<Object>"} and not all(isinstance(one, dict) for one in nested):
        raise refused(name, f"Param {name} must be an array of objects")
    if published.startswith("list") and published.endswith("_enum>"):
        return [_chosen(kind, name, str(one), index) for index, one in enumerate(nested)]
    return nested


def _chosen(kind: Kind, name: str, value: str, index: int | None = None) -> str:
    allowed = facts.enum_of(kind, name)
    if allowed is None or value in allowed:
        return value
    if name == "destination_type":
        raise invalid(2446509, name)
    raise not_one_of(name if index is None else f"{name}[{index}]", allowed)


def execution_options(kind: Kind, params: Params) -> frozenset[str]:
    """`validate_only` and its company. Raises Refusal for options that cannot stand alone (README 4.8)."""
    options = params.choices("execution_options", facts.enum(f"{kind}.ExecutionOptions"))
    if options == ["include_recommendations"]:
        raise refused("execution_options", "include_recommendations cannot be used alone")
    if "synchronous_ad_review" in options and "validate_only" not in options:
        raise refused("execution_options", "synchronous_ad_review must be used together with validate_only")
    return frozenset(options)


def json_text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
