"""The kinds of values in a campaign file: how each is checked, and what the JSON Schema says of it."""

import calendar
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from metaads_cli.campaign_file import facts
from metaads_cli.campaign_file.problems import Finding, Loc, nearest
from metaads_cli.models.campaign import marked

# Meta takes 400 characters, and each name gets a marker by which its object is found again.
LONGEST_NAME = 400 - len(marked("", "[ma:0123456789]"))
LARGEST_AMOUNT = Decimal(10) ** 15
OURS = "campaign_file"
NAMED = "$comment"
"""What the values of a long enumeration are called, for the JSON Schema's definitions."""

_KEY = re.compile(r"[a-z0-9-]{1,64}")
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d):(\d\d)(?::(\d\d))?", re.ASCII)
_OFFSET = re.compile(r" ?(Z|z|[+-]\d\d:?(\d\d)?)$", re.ASCII)
_AGES = re.compile(r"(\d{1,3}) ?- ?(\d{1,3})\+?", re.ASCII)
_URL_START = re.compile(r"https?://", re.IGNORECASE)


class Part(BaseModel):
    """A mapping of a campaign file."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def wrong(message: str, suggestion: str | None = None) -> PydanticCustomError:
    return several([Finding((), message, suggestion)])


def several(findings: Sequence[Finding]) -> PydanticCustomError:
    """Whatever is wrong with one value and what is below it, at once."""
    return PydanticCustomError(OURS, "is not valid", {"findings": list(findings)})


def found(loc: Loc, message: str, suggestion: str | None = None) -> Finding:
    return Finding(loc, message, suggestion)


@dataclass(frozen=True, eq=False)
class Rule:
    """Checks a value before its type is checked, and may replace it; `schema` is what the JSON Schema says."""

    check: Callable[[Any], Any]
    schema: Mapping[str, Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(self.schema)


def _of_text(check: Callable[[str], Any]) -> Callable[[Any], Any]:
    """What is no text is left to the check of its type."""
    return lambda value: check(value) if isinstance(value, str) else value


def choice(
    what: str, named: Mapping[str, str], *, also: Mapping[str, str] | None = None, called: str | None = None
) -> Rule:
    """One of `named`'s keys or values, which stand for the values; `also` maps slips to what is meant."""
    legal = list(dict.fromkeys([*named, *named.values()]))

    def check(text: str) -> str:
        if text in named:
            return named[text]
        if text in legal:
            return text
        near = (also or {}).get(text) or nearest(text, legal)
        if near is not None and text.isupper():
            near = named.get(near, near)
        some = ", ".join(named) if len(named) <= 12 else ", ".join([*list(named)[:8], "…"])
        raise wrong(f"`{text[:60]}` is no {what}; legal are {some}", near)

    return Rule(_of_text(check), _named(called or what, legal))


def _named(what: str, legal: Sequence[str]) -> dict[str, Any]:
    schema = {"type": "string", "enum": list(legal)}
    return schema | {NAMED: what} if len(legal) > 12 else schema


def one_of(what: str, legal: Sequence[str], *, also: Mapping[str, str] | None = None) -> Rule:
    """As Meta writes it, or in lower case."""
    return choice(what, {one.lower(): one for one in legal}, also=also)


def _key(text: str) -> str:
    if not _KEY.fullmatch(text):
        slug = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:64] or None
        raise wrong("a key has 1 to 64 of the characters a-z, 0-9 and -", slug)
    return text


def _name(text: str) -> str:
    _text(text)
    if len(text) > LONGEST_NAME:
        raise wrong(
            f"a name has at most {LONGEST_NAME} characters, this one {len(text)}: Meta takes 400, less our marker"
        )
    return text


def _text(text: str) -> str:
    if not text.strip():
        raise wrong("must not be empty")
    return text


def _account(text: str) -> str:
    if not re.fullmatch(r"act_[0-9]{1,20}", text):
        digits = re.sub(r"\D", "", text)
        raise wrong("an ad account is `act_` and its number", f"act_{digits}" if digits else None)
    return text


def _id(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,30}", text):
        raise wrong("expected an id of Meta's: digits, in quotes", re.sub(r"\D", "", text) or None)
    return text


def _uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise wrong("a clip is named by its UUID, such as 3f0a1c52-7d7e-4f43-9a57-2f6f0f7f8a11") from None


def _currency(text: str) -> str:
    legal = facts.names("currency_offsets")
    if text not in legal:
        # A slip is more often in the last letter, as the first two are the country's.
        siblings = [one for one in legal if one[:2] == text[:2].upper()]
        raise wrong(f"`{text[:20]}` is no currency that Meta bills in", nearest(text, siblings or legal))
    return text


def country_code(text: str) -> str:
    legal = facts.names("countries")
    if text not in legal:
        upper = text.upper()
        near = upper if upper in legal else facts.COUNTRY_SLIPS.get(upper)
        raise wrong(f"`{text[:60]}` is no country code: two letters of ISO 3166, such as AR", near)
    return text


def _phone(text: str) -> str:
    digits = re.sub(r"[ ()+.-]", "", text)
    if not re.fullmatch(r"[1-9][0-9]{6,14}", digits):
        raise wrong("expected a phone number with its country code, such as +54 9 11 5555 0001")
    return digits


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        host = None
    if not _URL_START.match(text):
        near = f"https://{text}" if re.fullmatch(r"[\w-]+(\.[\w-]+)+(/\S*)?", text) else None
        raise wrong("expected a URL that begins with https:// or http://", near)
    if not host or re.search(r"[\s<>\"{}|\\^`]", text):
        raise wrong("expected a URL with a host and without spaces, such as https://example.com/sale")
    return text


def _file(text: str) -> str:
    _text(text)
    if "://" in text:
        raise wrong("expected a file beside the campaign file, not a URL: download it first")
    return text


def number_of(value: Any, kind: type, expected: str) -> Any:
    """A number, or the sentence for what looks like one. Quotes make text of a number, and text is none."""
    if isinstance(value, str):
        bare = re.sub(r"[\s_,'$]", "", value)
        looks = re.fullmatch(r"-?\d+(\.\d+)?" if kind is Decimal else r"-?\d+", bare, re.ASCII)
        raise wrong(f"expected {expected}, without quotes, separators and signs of currency", bare if looks else None)
    return value


def _amount(value: Any) -> Any:
    value = number_of(value, Decimal, "an amount")
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return value
    amount = Decimal(value)
    if not 0 < amount <= LARGEST_AMOUNT:
        raise wrong("an amount is greater than 0" if amount <= 0 else "the amount is too large")
    return amount


def _minor_units(value: Any) -> Any:
    value = number_of(value, int, "a whole number of minor units")
    if isinstance(value, Decimal):
        whole = value == value.to_integral_value()
        raise wrong("expected a whole number of minor units", f"{value:.0f}" if whole else None)
    if isinstance(value, int) and not isinstance(value, bool) and not 0 < value <= LARGEST_AMOUNT:
        raise wrong("an amount is greater than 0" if value <= 0 else "the amount is too large")
    return value


def _tenant(value: Any) -> Any:
    if isinstance(value, int) and value < 1:
        raise wrong("a tenant's number is at least 1")
    return value


def _day(text: str) -> date:
    parts = _DAY.fullmatch(text)
    if parts is None:
        raise wrong("expected a day such as 2026-12-31")
    year, month, day = (int(part) for part in parts.groups())
    return _real_day(year, month, day)


def _real_day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        known = 1 <= month <= 12 and 1 <= year <= 9999
        last = f"{year:04}-{month:02}-{calendar.monthrange(year, month)[1]:02}" if known and day > 0 else None
        raise wrong("there is no such day", last) from None


def _moment(text: str) -> datetime:
    bare = _OFFSET.sub("", text)
    if bare != text and _TIME.fullmatch(bare):
        raise wrong("a time has no zone or offset: times are those of the ad account", bare)
    parts = _TIME.fullmatch(text)
    if parts is None:
        near = f"{text}T00:00" if _DAY.fullmatch(text) else None
        raise wrong("expected a day and a time such as 2026-12-01T08:00", near)
    day = _day(parts[1])
    hour, minute, second = (int(part or 0) for part in parts.groups()[1:])
    if hour > 23 or minute > 59 or second > 59:
        raise wrong("there is no such time of day")
    return datetime(day.year, day.month, day.day, hour, minute, second)  # noqa: DTZ001 - local to the account


def _ages(value: Any) -> Any:
    if isinstance(value, str):
        parts = _AGES.fullmatch(value)
        if parts is None:
            raise wrong("expected ages such as 25-45, or {min: 25, max: 45}")
        return {"min": int(parts[1]), "max": int(parts[2])}
    if isinstance(value, int | Decimal):
        raise wrong("expected ages such as 25-45, or {min: 25, max: 45}", f"{value}-{facts.OLDEST}")
    return value


def _age(value: Any) -> Any:
    if isinstance(value, int) and not facts.YOUNGEST <= value <= facts.OLDEST:
        near = facts.YOUNGEST if value < facts.YOUNGEST else facts.OLDEST
        raise wrong(
            f"ages are {facts.YOUNGEST} to {facts.OLDEST}, which stands for {facts.OLDEST} and older", str(near)
        )
    return value


_GENDERS = {"male": 1, "female": 2}


def _genders(value: Any) -> Any:
    if value == "all":
        return []
    if isinstance(value, str):
        near = nearest(value, ["all", *_GENDERS])
        raise wrong("expected all, [male] or [female]", near if near in {"all", None} else f"[{near}]")
    if not isinstance(value, list):
        return value
    legal = list(_GENDERS)
    unknown = [(index, one) for index, one in enumerate(value) if not (isinstance(one, str) and one in _GENDERS)]
    if unknown:
        told = "expected male or female"
        raise several([found((index,), told, nearest(str(one), legal)) for index, one in unknown])
    return [_GENDERS[one] for one in dict.fromkeys(value)]


def _degrees(limit: int) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        value = number_of(value, Decimal, "degrees")
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            return value
        if not -limit <= value <= limit:
            raise wrong(f"degrees are -{limit} to {limit}")
        return Decimal(value)

    return check


def _radius(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return number_of(value, Decimal, "kilometres")
    if not 0 < value <= 80:
        raise wrong("a radius is more than 0 and at most 80 kilometres", "80" if value > 80 else None)
    return Decimal(value)


def _api_version(text: str) -> str:
    if text != "metaads/v1":
        raise wrong("this program reads apiVersion metaads/v1", "metaads/v1")
    return text


_DIGITS = {"type": "string", "pattern": "^[0-9]{1,30}$"}
_TEXT = {"type": "string", "minLength": 1}
_AMOUNT = {"type": "number", "exclusiveMinimum": 0}
_LOCAL = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?$"

ApiVersion = Annotated[str, Rule(_of_text(_api_version), {"type": "string", "const": "metaads/v1"})]
Tenant = Annotated[int, Rule(_tenant, {"type": "integer", "minimum": 1})]
Key = Annotated[str, Rule(_of_text(_key), {"type": "string", "pattern": "^[a-z0-9-]{1,64}$"})]
Name = Annotated[str, Rule(_of_text(_name), {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME})]
Text = Annotated[str, Rule(_of_text(_text), _TEXT)]
Account = Annotated[str, Rule(_of_text(_account), {"type": "string", "pattern": "^act_[0-9]{1,20}$"})]
MetaId = Annotated[str, Rule(_of_text(_id), _DIGITS)]
Clip = Annotated[str, Rule(_of_text(_uuid), {"type": "string", "format": "uuid"})]
Currency = Annotated[str, Rule(_of_text(_currency), _named("currency", facts.names("currency_offsets")))]
Country = Annotated[str, Rule(_of_text(country_code), _named("country", facts.names("countries")))]
Phone = Annotated[str, Rule(_of_text(_phone), {"type": "string", "pattern": "^\\+?[0-9 ().-]{7,25}$"})]
Url = Annotated[str, Rule(_of_text(_url), {"type": "string", "format": "uri", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"})]
FilePath = Annotated[str, Rule(_of_text(_file), _TEXT)]
Amount = Annotated[Decimal, Rule(_amount, _AMOUNT)]
MinorUnits = Annotated[int, Rule(_minor_units, {"type": "integer", "exclusiveMinimum": 0})]
Day = Annotated[date, Rule(_of_text(_day), {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"})]
Moment = Annotated[datetime, Rule(_of_text(_moment), {"type": "string", "pattern": _LOCAL})]
Age = Annotated[int, Rule(_age, {"type": "integer", "minimum": facts.YOUNGEST, "maximum": facts.OLDEST})]
Latitude = Annotated[Decimal, Rule(_degrees(90), {"type": "number", "minimum": -90, "maximum": 90})]
Longitude = Annotated[Decimal, Rule(_degrees(180), {"type": "number", "minimum": -180, "maximum": 180})]
Kilometres = Annotated[Decimal, Rule(_radius, {"type": "number", "exclusiveMinimum": 0, "maximum": 80})]
Genders = Annotated[
    list[int],
    Rule(_genders, {"anyOf": [{"const": "all"}, {"type": "array", "items": {"type": "string", "enum": [*_GENDERS]}}]}),
]


class AgeSpan(Part):
    min: Age = 18
    max: Age = facts.OLDEST

    @model_validator(mode="after")
    def _in_order(self) -> "AgeSpan":
        if self.min > self.max:
            raise wrong(f"the youngest age, {self.min}, is above the oldest, {self.max}", f"{self.max}-{self.min}")
        return self


Ages = Annotated[
    AgeSpan,
    Rule(
        _ages,
        {
            "anyOf": [
                {"type": "string", "pattern": r"^\d{1,3} ?- ?\d{1,3}\+?$"},
                {
                    "type": "object",
                    "properties": {"min": {"type": "integer"}, "max": {"type": "integer"}},
                    "additionalProperties": False,
                },
            ]
        },
    ),
]
Objective = Annotated[str, choice("objective", facts.OBJECTIVES, also=facts.FORMER_OBJECTIVES)]
_OTHER_GOALS = {one.lower(): one for one in facts.names("optimization_goals") if one not in facts.GOALS.values()}
_GOALS = {**facts.GOALS, **_OTHER_GOALS}
_FORMER_GOALS = {"CONVERSIONS": "conversions", "MESSAGES": "conversations", "REPLIES": "conversations"}
Goal = Annotated[str, choice("optimisation goal", _GOALS, also=_FORMER_GOALS)]
FlatGoal = Annotated[
    str,
    choice(
        "optimisation goal",
        {**_GOALS, "CONVERSIONS": "OFFSITE_CONVERSIONS"},
        also=_FORMER_GOALS,
        called="flat optimisation goal",
    ),
]
BillingEvent = Annotated[str, one_of("billing event", facts.names("billing_event_names"))]
BidStrategy = Annotated[str, choice("bid strategy", facts.BID_STRATEGIES)]
SpecialCategory = Annotated[str, one_of("special ad category", facts.names("special_ad_categories"))]
CallToAction = Annotated[str, one_of("call to action", facts.names("call_to_actions"))]
ConversionEvent = Annotated[str, one_of("conversion event", facts.names("conversion_events"))]
Platform = Annotated[str, choice("platform", {one: one for one in facts.PLATFORMS})]
Device = Annotated[str, choice("kind of device", {one: one for one in facts.names("device_platforms")})]
BudgetMode = Annotated[str, choice("budget mode", {"adset": "adset", "campaign": "campaign"})]
DestinationName = Annotated[
    str,
    choice("destination", {one: one for one in ("website", "whatsapp", "messenger", "instagram")}),
]
