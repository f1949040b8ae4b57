"""An ad set's targeting in words: a line for each thing that it says. Pure, and whatever Meta sends is read."""

from collections.abc import Iterator, Mapping
from typing import Any

GENDERS = {"1": "men", "2": "women"}
NAMED = ("interests", "behaviors", "life_events", "industries", "work_positions", "education_majors", "income")
PLATFORMS = ("publisher_platforms", "device_platforms")
UNITS = {"kilometer": "km", "mile": "mi"}


def summary(raw: object) -> list[str]:
    """Empty where nothing is known."""
    if not isinstance(raw, Mapping):
        return []
    return [line for line in _lines(raw) if line]


def _lines(raw: Mapping[str, Any]) -> Iterator[str]:
    yield _labelled("Places", _places(raw.get("geo_locations")))
    yield _labelled("Not in", _places(raw.get("excluded_geo_locations")))
    yield _ages(raw)
    yield _labelled("Gender", [GENDERS.get(str(one), str(one)) for one in _list(raw.get("genders"))])
    yield from _specs(raw)
    yield _labelled("Not", _named_things(raw.get("exclusions")))
    yield _labelled("Audiences", _names(raw.get("custom_audiences")))
    yield _labelled("Not audiences", _names(raw.get("excluded_custom_audiences")))
    yield _labelled("Languages", [str(one) for one in _list(raw.get("locales"))])
    yield _labelled("Shown on", [str(one) for key in PLATFORMS for one in _list(raw.get(key))])
    automation = raw.get("targeting_automation")
    if isinstance(automation, Mapping) and "advantage_audience" in automation:
        yield f"Advantage+ audience: {'on' if automation['advantage_audience'] else 'off'}"


def _places(raw: object) -> list[str]:
    if not isinstance(raw, Mapping):
        return []
    found = [str(one) for key in ("countries", "country_groups") for one in _list(raw.get(key))]
    found += [_place(one) for key in ("regions", "cities", "zips", "geo_markets") for one in _list(raw.get(key))]
    return found + [_place(one) for one in _list(raw.get("custom_locations"))]


def _place(one: object) -> str:
    if not isinstance(one, Mapping):
        return str(one)
    name = one.get("name") or one.get("address_string") or one.get("key")
    if name is None and "latitude" in one:
        name = f"{one['latitude']}, {one.get('longitude')}"
    unit = UNITS.get(str(one.get("distance_unit")), one.get("distance_unit") or "km")
    return f"{name} +{one['radius']} {unit}" if one.get("radius") else str(name)


def _ages(raw: Mapping[str, Any]) -> str:
    youngest, oldest = raw.get("age_min"), raw.get("age_max")
    suggested = _list(raw.get("age_range"))
    more = f" (suggested: {'-'.join(map(str, suggested))})" if suggested else ""
    if youngest is None and oldest is None:
        return f"Age: any{more}" if more else ""
    return f"Age: {18 if youngest is None else youngest}-{65 if oldest is None else oldest}{more}"


def _specs(raw: Mapping[str, Any]) -> Iterator[str]:
    """Each is a list of which one is enough; all of the lists must hold."""
    yield _labelled("Any of", _named_things(raw))
    for spec in _list(raw.get("flexible_spec")):
        yield _labelled("Any of", _named_things(spec))


def _named_things(raw: object) -> list[str]:
    return [name for key in NAMED for name in _names(raw.get(key))] if isinstance(raw, Mapping) else []


def _names(raw: object) -> list[str]:
    return [str((one.get("name") or one.get("id")) if isinstance(one, Mapping) else one) for one in _list(raw)]


def _list(raw: object) -> list[Any]:
    return raw if isinstance(raw, list) else []


def _labelled(label: str, names: list[str]) -> str:
    return f"{label}: {', '.join(names)}" if names else ""
