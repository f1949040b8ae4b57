"""What Meta has published about its API, as data: fields, parameters, enum values, currencies, error texts.

`facts.json` is read once. Its keys: `fields` by class, `params` by class and call ("AdAccount POST ads"), `enums` by
class and parameter, currencies by offset, the billing events of a goal, the objective / destination / goal table.
"""

from enum import StrEnum
from functools import cache
from importlib import resources

import msgspec


class Kind(StrEnum):
    """The classes of objects the simulator knows, by their names in the published specs."""

    ACCOUNT = "AdAccount"
    CAMPAIGN = "Campaign"
    AD_SET = "AdSet"
    AD = "Ad"
    CREATIVE = "AdCreative"
    IMAGE = "AdImage"
    VIDEO = "AdVideo"
    LABEL = "AdLabel"
    PAGE = "Page"
    USER = "User"
    REPORT = "AdReportRun"
    LEAD = "Lead"


class ErrorFact(msgspec.Struct, frozen=True):
    """An error as Meta documents it. `validation` ones come as "Invalid parameter" with the text as their title."""

    code: int
    subcode: int | None
    http: int
    text: str
    transient: bool | None = None
    validation: bool = False


class _Facts(msgspec.Struct, frozen=True):
    fields: dict[str, frozenset[str]]
    enums: dict[str, tuple[str, ...]]
    params: dict[str, dict[str, str]]
    offset_one: frozenset[str]
    offset_hundred: frozenset[str]
    billing: dict[str, frozenset[str]]
    matrix: dict[str, dict[str, frozenset[str]]]
    errors: tuple[ErrorFact, ...]


@cache
def _facts() -> _Facts:
    data = (resources.files("metaads_cli.graph.simulator") / "facts.json").read_bytes()
    return msgspec.json.decode(data, type=_Facts)


def fields(kind: str) -> frozenset[str]:
    """Every field that may be asked of the class; one without data is absent from the answer."""
    return _facts().fields[kind]


def enum(name: str) -> tuple[str, ...]:
    """The values of an enum such as `Campaign.Objective`."""
    return _facts().enums[name]


def enum_of(kind: str, parameter: str) -> tuple[str, ...] | None:
    """The values of the class's parameter, if it is an enum the simulator checks."""
    return _facts().enums.get(f"{kind}.{parameter.title().replace('_', '')}")


def params(call: str) -> dict[str, str]:
    """Parameter → published type of a call such as `AdAccount POST campaigns` or `Ad POST`."""
    return _facts().params[call]


def currency_offset(currency: str) -> int:
    """Minor units in one major unit, as budgets count them (README 4.6)."""
    return 1 if currency in _facts().offset_one else 100


def known_currency(currency: str) -> bool:
    return currency in _facts().offset_one | _facts().offset_hundred


def billing_events(goal: str) -> frozenset[str]:
    """The billing events an optimization goal allows in an auction; IMPRESSIONS for goals not listed (README 4.4)."""
    return _facts().billing.get(goal, frozenset({"IMPRESSIONS"}))


def goals(objective: str, destination: str) -> frozenset[str]:
    """The goals listed for an objective and a destination; empty where the table says nothing."""
    return _facts().matrix.get(objective, {}).get(destination, frozenset())


@cache
def errors() -> dict[tuple[int, int | None], ErrorFact]:
    """The known errors; of several with one code and no subcode, the first stands for the class."""
    known: dict[tuple[int, int | None], ErrorFact] = {}
    for fact in _facts().errors:
        known.setdefault((fact.code, fact.subcode), fact)
    return known
