"""Reading one object: the fields asked for, those of related objects, and its edges."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from metaads_cli.graph.simulator import facts, money
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.refusals import nonexisting_field
from metaads_cli.graph.simulator.selection import Field
from metaads_cli.graph.simulator.statuses import effective_status
from metaads_cli.graph.simulator.world import Node, World
from metaads_cli.graph.simulator.zones import timezone_id

if TYPE_CHECKING:
    from metaads_cli.graph.simulator.params import Params

Json = dict[str, Any]
# An edge inside a selection: the node, the edge, its parameters, what is wanted of each object; None if there is none.
ReadEdge = Callable[[Node, str, "Params", Sequence[Field]], "Json | None"]

# Without `fields` an object shows its id; an account its number too, a page and a user their name (README 3).
DEFAULT_FIELDS = {
    Kind.ACCOUNT: ("account_id", "id"),
    Kind.PAGE: ("name", "id"),
    Kind.USER: ("name", "id"),
    Kind.REPORT: ("account_id", "time_ref", "time_completed", "async_status", "async_percent_completion", "id"),
    Kind.IMAGE: ("hash", "id"),
    Kind.LEAD: ("created_time", "field_data", "id"),
}
EDGES = {
    Kind.ACCOUNT: {"campaigns", "adsets", "ads", "adcreatives", "adimages", "adlabels", "insights", "promote_pages",
                   "minimum_budgets", "campaignsbylabels", "adsetsbylabels", "adsbylabels", "advideos"},
    Kind.CAMPAIGN: {"adsets", "ads", "insights"},
    Kind.AD_SET: {"ads", "adcreatives", "insights"},
    Kind.AD: {"adcreatives", "insights"},
    Kind.USER: {"adaccounts", "accounts", "permissions"},
    Kind.REPORT: {"insights"},
}  # fmt: skip
# Amounts come back as texts of minor units (README 4.6).
_AMOUNTS = frozenset({"daily_budget", "lifetime_budget", "budget_remaining", "spend_cap"})
_RELATED = {"campaign": Kind.CAMPAIGN, "adset": Kind.AD_SET, "creative": Kind.CREATIVE}


class Reader:
    """Turns objects into answers."""

    def __init__(self, world: World, read_edge: ReadEdge):
        self._world = world
        self._read_edge = read_edge

    def read(self, node: Node, wanted: Sequence[Field]) -> Json:
        """The fields asked for that have data, and always the id. Raises Refusal for a name the class has not."""
        fields = wanted or [Field(name) for name in DEFAULT_FIELDS.get(node.kind, ("id",))]
        answer: Json = {}
        for field in fields:
            value = self._value(node, field)
            if value is not None:
                answer[field.key] = value
        answer.setdefault("id", node.id)
        return answer

    def _value(self, node: Node, field: Field) -> Any:
        if field.name == "id":
            return node.id
        if field.name in EDGES.get(node.kind, ()):
            return self._read_edge(node, field.name, field.params(), field.nested or ())
        if field.name not in facts.fields(node.kind):
            raise nonexisting_field(field.name, node.kind)
        if field.name in _RELATED and node.kind in {Kind.AD, Kind.AD_SET}:
            related = self._world.parent(node, _RELATED[field.name])
            return self.read(related, field.nested or ()) if related else None
        value = self._plain(node, field.name)
        return _part(value, field.nested) if field.nested and isinstance(value, dict) else value

    def _plain(self, node: Node, name: str) -> Any:
        computed = _COMPUTED.get(name)
        value = computed(self._world, node) if computed else node.values.get(name)
        if isinstance(value, datetime):
            return self._local(node, value)
        return str(value) if name in _AMOUNTS and value is not None else value

    def _local(self, node: Node, moment: datetime) -> str:
        """In the account's time zone, a lead's in UTC; without a colon in the offset (README 3)."""
        number = node.account or node.values.get("owner") or node.values["account_id"]
        zone = UTC if node.kind is Kind.LEAD else self._world.zone(number)
        return f"{moment.astimezone(zone):%Y-%m-%dT%H:%M:%S%z}"


def _part(value: Json, nested: Sequence[Field]) -> Json:
    return {field.key: value[field.name] for field in nested if field.name in value}


def _account_number(_world: World, node: Node) -> str | None:
    return node.values.get("account_id") or node.account or None


def _configured_status(_world: World, node: Node) -> str | None:
    return node.values.get("status")


def _effective_status(world: World, node: Node) -> str | None:
    return effective_status(world, node) if "status" in node.values else None


def _budget(name: str) -> Callable[[World, Node], int | None]:
    """An ad set shows the budget it does not have as 0; a campaign does not show it."""

    def read(_world: World, node: Node) -> int | None:
        amount: int | None = node.values.get(name)
        return 0 if amount is None and node.kind is Kind.AD_SET else amount

    return read


def _budget_remaining(_world: World, node: Node) -> int:
    return node.values.get("daily_budget") or node.values.get("lifetime_budget") or 0


def _utc_offset(world: World, node: Node) -> float | None:
    offset = world.now().astimezone(world.zone(node.values["account_id"])).utcoffset()
    return offset.total_seconds() / 3600 if offset is not None else None


def _timezone_id(_world: World, node: Node) -> int:
    return timezone_id(node.values["timezone_name"])


def _min_daily_budget(world: World, node: Node) -> int:
    currency = world.currency(node.values["account_id"])
    return money.minimum_daily_budget(currency, node.values["business_country_code"], "IMPRESSIONS")


def _buying_type(_world: World, node: Node) -> str | None:
    return node.values.get("buying_type", "AUCTION") if node.kind is Kind.CAMPAIGN else None


_COMPUTED: dict[str, Callable[[World, Node], Any]] = {
    "account_id": _account_number,
    "configured_status": _configured_status,
    "effective_status": _effective_status,
    "daily_budget": _budget("daily_budget"),
    "lifetime_budget": _budget("lifetime_budget"),
    "budget_remaining": _budget_remaining,
    "timezone_id": _timezone_id,
    "timezone_offset_hours_utc": _utc_offset,
    "min_daily_budget": _min_daily_budget,
    "buying_type": _buying_type,
}
