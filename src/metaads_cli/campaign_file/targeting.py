"""Audiences → Meta's targeting, and what is wrong with a targeting that is given as Meta takes it."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from metaads_cli.campaign_file import facts
from metaads_cli.campaign_file.fields import (
    Ages,
    Country,
    Device,
    Genders,
    Kilometres,
    Latitude,
    Longitude,
    MetaId,
    Part,
    Platform,
    Rule,
    Text,
    country_code,
    found,
    several,
    wrong,
)
from metaads_cli.campaign_file.problems import Finding, Loc, nearest

NO_LOCATION = "no location: an audience is never invented, so say where, such as geo_locations: {countries: [AR]}"
_PLACES = ("country", "region", "city", "zip", "latitude")


class Location(Part):
    """Exactly one of a country, a region, a city, a postal code, a circle."""

    country: Country | None = Field(None, description="ISO 3166 code, such as AR")
    region: MetaId | None = Field(None, description="Meta's key of a region")
    city: MetaId | None = Field(None, description="Meta's key of a city")
    zip: Text | None = Field(None, description="Meta's key of a postal code, such as US:90210")
    latitude: Latitude | None = Field(None, description="The middle of a circle, with longitude and radius_km")
    longitude: Longitude | None = Field(None, description="The middle of a circle")
    radius_km: Kilometres | None = Field(None, description="Around a city or a point, in kilometres")

    @model_validator(mode="after")
    def _is_one_place(self) -> "Location":
        given = [name for name in _PLACES if getattr(self, name) is not None]
        if len(given) != 1:
            told = f"{' and '.join(given)} are several places" if given else "this names no place"
            raise wrong(f"{told}: a location is one of country, region, city, zip, or latitude with longitude")
        if (self.latitude is None) != (self.longitude is None):
            raise wrong("latitude and longitude go together")
        if self.latitude is not None and self.radius_km is None:
            raise wrong("a point needs radius_km")
        if self.radius_km is not None and given[0] not in {"city", "latitude"}:
            raise several([found(("radius_km",), f"a radius goes with a city or a point, not with a {given[0]}")])
        return self


class Named(Part):
    """An interest or a behaviour of Meta's."""

    id: MetaId = Field(description="Meta's id")
    name: Text | None = Field(None, description="For people; Meta goes by the id")


class Placements(Part):
    """Where ads are shown; what is left out is left to Meta."""

    platforms: list[Platform] | None = Field(None, description="Left out: all")
    devices: list[Device] | None = Field(None, description="Left out: all")
    facebook: list[Text] | None = Field(None, description="Positions, such as feed or story")
    instagram: list[Text] | None = Field(None, description="Positions, such as stream or reels")
    messenger: list[Text] | None = Field(None, description="Positions, as Meta names them")
    audience_network: list[Text] | None = Field(None, description="Positions, as Meta names them")
    threads: list[Text] | None = Field(None, description="Positions, as Meta names them")
    whatsapp: list[Text] | None = Field(None, description="Positions, as Meta names them")

    @model_validator(mode="after")
    def _positions_exist(self) -> "Placements":
        findings = [
            *_gone(self.instagram, ("instagram",), "explore"),
            *_gone(self.messenger, ("messenger",), "story"),
        ]
        if findings:
            raise several(findings)
        return self

    def as_targeting(self) -> dict[str, Any]:
        given = {f"{name}_positions": getattr(self, name) for name in facts.PLATFORMS}
        given |= {"publisher_platforms": self.platforms, "device_platforms": self.devices}
        return {name: value for name, value in given.items() if value}


class Audience(Part):
    """Who sees the ads."""

    locations: list[Location] = Field(min_length=1, description="Where; at least one")
    excluded_locations: list[Location] = Field(default=[], description="Where not")
    age: Ages | None = Field(None, description="Such as 25-45 or {min: 25, max: 45}; 65 stands for 65 and older")
    genders: Genders = Field(default=[], description="all, or a list of male, female")
    interests: list[Named] = Field(default=[], description="Meta's interests; one of them is enough")
    behaviors: list[Named] = Field(
        default=[], description="Meta's behaviours; one of them or of the interests is enough"
    )
    locales: list[int] = Field(default=[], description="Meta's numbers of languages")
    custom_audiences: list[MetaId] = Field(default=[], description="Ids of the account's audiences")
    excluded_custom_audiences: list[MetaId] = Field(default=[], description="Ids of audiences that are left out")
    placements: Placements | None = Field(None, description="Where ads are shown; left out, Meta decides")
    advantage: bool = Field(description="Whether Meta may widen the audience (Advantage+); always explicit")

    @model_validator(mode="after")
    def _ages_fit_advantage(self) -> "Audience":
        if self.advantage and self.age is not None and self.age.min < 18:
            raise several([found(("age",), "with advantage: true the youngest age is 18", f"18-{self.age.max}")])
        return self

    def as_targeting(self) -> dict[str, Any]:
        targeting: dict[str, Any] = {
            "geo_locations": _geo(self.locations),
            "excluded_geo_locations": _geo(self.excluded_locations),
            **self._ages(),
            "genders": self.genders,
            "flexible_spec": self._interests(),
            "locales": self.locales,
            "custom_audiences": [{"id": one} for one in self.custom_audiences],
            "excluded_custom_audiences": [{"id": one} for one in self.excluded_custom_audiences],
            **(self.placements.as_targeting() if self.placements else {}),
        }
        given = {name: value for name, value in targeting.items() if value}
        return given | {"targeting_automation": {"advantage_audience": int(self.advantage)}}

    def ages_are_a_suggestion(self) -> bool:
        """With Advantage+ Meta holds to a youngest age of up to 25 and to no oldest one (README 4.5)."""
        limits = self.age is not None and (
            self.age.min > facts.YOUNGEST_LIMIT_WITH_ADVANTAGE or self.age.max < facts.OLDEST
        )
        return self.advantage and limits

    def _ages(self) -> dict[str, Any]:
        if self.age is None:
            return {}
        if not self.ages_are_a_suggestion():
            return {"age_min": self.age.min, "age_max": self.age.max}
        limit = {"age_min": self.age.min} if self.age.min <= facts.YOUNGEST_LIMIT_WITH_ADVANTAGE else {}
        return limit | {"age_range": [self.age.min, self.age.max]}

    def _interests(self) -> list[dict[str, Any]]:
        kinds = {"interests": self.interests, "behaviors": self.behaviors}
        given = {kind: [_identified(one) for one in some] for kind, some in kinds.items() if some}
        return [given] if given else []


def _identified(one: Named) -> dict[str, str]:
    return {"id": one.id} if one.name is None else {"id": one.id, "name": one.name}


def _geo(locations: list[Location]) -> dict[str, Any]:
    """As `geo_locations`, in the order of the file."""
    geo: dict[str, list[Any]] = {}
    for one in locations:
        kind, value = _place(one)
        geo.setdefault(kind, []).append(value)
    return geo


def _place(one: Location) -> tuple[str, Any]:
    circle = {"radius": one.radius_km, "distance_unit": "kilometer"} if one.radius_km is not None else {}
    if one.country is not None:
        return "countries", one.country
    if one.region is not None:
        return "regions", {"key": one.region}
    if one.city is not None:
        return "cities", {"key": one.city, **circle}
    if one.zip is not None:
        return "zips", {"key": one.zip}
    return "custom_locations", {"latitude": one.latitude, "longitude": one.longitude, **circle}


# Targeting as Meta takes it


def with_advantage(targeting: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """The targeting with an explicit `advantage_audience`, and whether that had to be set: then to 0, never to more."""
    automation = dict(targeting.get("targeting_automation") or {})
    missing = "advantage_audience" not in automation
    if missing:
        automation["advantage_audience"] = 0
    return {**targeting, "targeting_automation": automation}, missing


def countries_of(targeting: Mapping[str, Any]) -> list[str]:
    geo = targeting.get("geo_locations") or {}
    return [one for one in geo.get("countries") or [] if isinstance(one, str)]


def check_targeting(value: Any) -> Any:
    """Raises what is wrong with a raw targeting, all at once; what is no mapping is left to the check of its type."""
    if isinstance(value, dict) and (findings := list(_findings(value))):
        raise several(findings)
    return value


def _findings(targeting: dict[str, Any]) -> Iterator[Finding]:
    yield from _unknown(targeting, "targeting_keys", ())
    yield from _located(targeting)
    yield from _aged(targeting)
    yield from _gendered(targeting)
    yield from _automated(targeting)
    yield from _gone(targeting.get("instagram_positions"), ("instagram_positions",), "explore")
    yield from _gone(targeting.get("messenger_positions"), ("messenger_positions",), "story")


def _unknown(mapping: dict[str, Any], table: str, loc: Loc) -> Iterator[Finding]:
    known = facts.names(table)
    for name in mapping:
        if name not in known:
            message = f"Meta's targeting has no `{name[:60]}`"
            yield Finding((*loc, name), message, nearest(name, known), on_key=True)


def _located(targeting: dict[str, Any]) -> Iterator[Finding]:
    geo = targeting.get("geo_locations")
    if geo is None:
        yield found((), NO_LOCATION)
        return
    if not isinstance(geo, dict):
        yield found(("geo_locations",), "expected a mapping such as {countries: [AR]}")
        return
    yield from _unknown(geo, "geo_location_keys", ("geo_locations",))
    if "location_types" in geo:
        loc = ("geo_locations", "location_types")
        yield Finding(loc, "Meta refuses location_types by now: remove it", on_key=True)
    if not any(value for key, value in geo.items() if key != "location_types"):
        yield found(("geo_locations",), NO_LOCATION)
    for where in ("geo_locations", "excluded_geo_locations"):
        yield from _countries(targeting.get(where), (where, "countries"))


def _countries(geo: Any, loc: Loc) -> Iterator[Finding]:
    countries = geo.get("countries") if isinstance(geo, dict) else None
    if countries is None:
        return
    if not isinstance(countries, list):
        yield found(loc, "expected a list of country codes", f"[{countries}]" if isinstance(countries, str) else None)
        return
    for index, one in enumerate(countries):
        try:
            country_code(one if isinstance(one, str) else str(one))
        except PydanticCustomError as error:
            finding: Finding = (error.context or {})["findings"][0]
            yield finding._replace(loc=(*loc, index))


def _aged(targeting: dict[str, Any]) -> Iterator[Finding]:
    ages = [targeting.get("age_min"), targeting.get("age_max")]
    for name, age in zip(("age_min", "age_max"), ages, strict=True):
        if age is not None and (isinstance(age, bool) or not isinstance(age, int)):
            yield found((name,), "expected an age: a whole number")
        elif age is not None and not facts.YOUNGEST <= age <= facts.OLDEST:
            near = facts.YOUNGEST if age < facts.YOUNGEST else facts.OLDEST
            yield found((name,), f"ages are {facts.YOUNGEST} to {facts.OLDEST}", str(near))
    low, high = ages
    legal = range(facts.YOUNGEST, facts.OLDEST + 1)
    if type(low) is int and type(high) is int and low in legal and high in legal and low > high:
        yield found(("age_min",), f"age_min, {low}, is above age_max, {high}")


def _gendered(targeting: dict[str, Any]) -> Iterator[Finding]:
    genders = targeting.get("genders")
    if genders is None:
        return
    if not isinstance(genders, list):
        yield found(("genders",), "expected a list: 1 is male, 2 is female")
        return
    for index, one in enumerate(genders):
        if type(one) is not int or one not in {1, 2}:
            near = {"male": "1", "female": "2"}.get(str(one).lower())
            yield found(("genders", index), "in Meta's targeting 1 is male, 2 is female", near)


def _automated(targeting: dict[str, Any]) -> Iterator[Finding]:
    automation = targeting.get("targeting_automation")
    if automation is None:
        return
    loc = ("targeting_automation",)
    if not isinstance(automation, dict):
        yield found(loc, "expected a mapping such as {advantage_audience: 0}")
        return
    yield from _unknown(automation, "targeting_automation_keys", loc)
    advantage = automation.get("advantage_audience", 0)
    if type(advantage) is not int or advantage not in {0, 1}:
        near = str(int(advantage)) if isinstance(advantage, bool) else None
        yield found((*loc, "advantage_audience"), "expected 0 or 1", near)
    elif advantage == 1:
        yield from _widened(targeting)


def _widened(targeting: dict[str, Any]) -> Iterator[Finding]:
    low, high = targeting.get("age_min", 18), targeting.get("age_max", facts.OLDEST)
    if type(low) is int and not 18 <= low <= facts.YOUNGEST_LIMIT_WITH_ADVANTAGE:
        told = "with advantage_audience: 1 age_min is 18 to 25; an older one is a suggestion: age_range"
        yield found(("age_min",), told, f"age_range: [{low}, {high}]" if low > 18 else "18")
    if type(high) is int and high != facts.OLDEST:
        told = "with advantage_audience: 1 age_max is 65; another is a suggestion: age_range"
        yield found(("age_max",), told, f"age_range: [{low}, {high}]")


def _gone(positions: Any, loc: Loc, name: str) -> Iterator[Finding]:
    if isinstance(positions, list) and name in positions:
        yield found((*loc, positions.index(name)), f"Meta has no position `{name}` here any more: remove it")


RawTargeting = Annotated[
    dict[str, Any],
    Rule(
        check_targeting,
        {
            "type": "object",
            "required": ["geo_locations"],
            "properties": dict.fromkeys(facts.names("targeting_keys"), True),
            "additionalProperties": False,
        },
    ),
]
