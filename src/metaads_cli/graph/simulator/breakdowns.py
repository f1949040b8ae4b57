"""`breakdowns`: whom and where an ad was shown to, so that the parts add up to the whole (README 1.2, 1.3)."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any

from metaads_cli.graph.simulator import facts
from metaads_cli.graph.simulator.delivery import AdDelivery, Day, Sums
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.params import Params
from metaads_cli.graph.simulator.refusals import known
from metaads_cli.graph.simulator.world import Node, World

# A cell of an audience: its values by breakdown, and its usual part of the whole.
Cell = tuple[Mapping[str, str], int]

_AGES = {"18-24": 16, "25-34": 30, "35-44": 24, "45-54": 15, "55-64": 9, "65+": 6}
_GENDERS = {"female": 58, "male": 40, "unknown": 2}
_GENDER_NUMBERS = {1: "male", 2: "female"}
_PLACEMENTS = {
    ("facebook", "feed", "mobile_app"): 22,
    ("facebook", "feed", "desktop"): 5,
    ("facebook", "feed", "mobile_web"): 2,
    ("facebook", "facebook_reels", "mobile_app"): 9,
    ("facebook", "facebook_stories", "mobile_app"): 4,
    ("facebook", "marketplace", "mobile_app"): 3,
    ("instagram", "feed", "mobile_app"): 20,
    ("instagram", "feed", "desktop"): 1,
    ("instagram", "instagram_stories", "mobile_app"): 17,
    ("instagram", "instagram_reels", "mobile_app"): 15,
    ("messenger", "messenger_stories", "mobile_app"): 1,
    ("audience_network", "an_classic", "mobile_app"): 1,
}
_DEVICES = {"mobile_app": "mobile", "mobile_web": "mobile", "desktop": "desktop"}
_REGIONS = {
    "AR": ("Buenos Aires", "Ciudad Autónoma de Buenos Aires", "Córdoba Province", "Santa Fe Province"),
    "BR": ("Minas Gerais", "Rio de Janeiro (state)", "São Paulo (state)"),
    "CL": ("Región Metropolitana de Santiago", "Región de Valparaíso"),
    "CO": ("Antioquia", "Bogotá", "Valle del Cauca Department"),
    "ES": ("Andalucía", "Cataluña", "Comunidad de Madrid"),
    "MX": ("Distrito Federal", "Jalisco", "Nuevo León"),
    "PE": ("Lima Region", "Provincia de Lima"),
    "US": ("California", "Florida", "New York", "Texas"),
}


def _people(ad_set: Mapping[str, Any], _country: str) -> Iterator[Cell]:
    targeting = ad_set.get("targeting") or {}
    genders = {_GENDER_NUMBERS.get(number) for number in targeting.get("genders") or ()} or _GENDERS.keys()
    youngest, oldest = targeting.get("age_min") or 18, targeting.get("age_max") or 65
    for age, share in _AGES.items():
        first, last = int(age[:2]), int(age[3:] or 99)
        for gender, part in _GENDERS.items():
            if gender in genders and first <= oldest and last >= youngest:
                yield {"age": age, "gender": gender}, share * part


def _places(ad_set: Mapping[str, Any], country: str) -> Iterator[Cell]:
    targeting = ad_set.get("targeting") or {}
    countries = (targeting.get("geo_locations") or {}).get("countries") or [country]
    for position, one in enumerate(countries):
        for rank, region in enumerate(_REGIONS.get(str(one), ("Unknown",))):
            yield {"country": str(one), "region": region}, 60 // (position + 1) // (rank + 1) + 1


def _placements(ad_set: Mapping[str, Any], _country: str) -> Iterator[Cell]:
    targeting = ad_set.get("targeting") or {}
    platforms = targeting.get("publisher_platforms") or [platform for platform, _, _ in _PLACEMENTS]
    devices = targeting.get("device_platforms") or list(_DEVICES.values())
    for (platform, position, device), share in _PLACEMENTS.items():
        if platform in platforms and _DEVICES[device] in devices:
            values = {"publisher_platform": platform, "platform_position": position, "device_platform": device}
            yield values, share


@dataclass(frozen=True)
class Family:
    """Breakdowns that go together; Meta refuses those of two families in one call."""

    name: str
    keys: tuple[str, ...]
    cells: Callable[[Mapping[str, Any], str], Iterator[Cell]]


FAMILIES = (
    Family("people", ("age", "gender"), _people),
    Family("places", ("country", "region"), _places),
    Family("placements", ("publisher_platform", "platform_position", "device_platform"), _placements),
)


def breakdowns(params: Params) -> tuple[str, ...]:
    """The breakdowns of a call. Raises Refusal 2/1504041 for one that is not simulated, 100 for what Meta refuses."""
    keys = tuple(dict.fromkeys(params.choices("breakdowns", facts.enum("AdsInsights.Breakdowns"))))
    simulated = {key for family in FAMILIES for key in family.keys}
    for key in keys:
        if key not in simulated:
            raise known(2, 1504041, message=f"Invalid Breakdowns: the simulator has no {key}")
    lone = "platform_position" in keys and "publisher_platform" not in keys
    if keys and (lone or not _family(keys)):
        text = f"(#100) Current combination of data breakdown columns (action_type, {', '.join(keys)}) is invalid"
        raise known(100, message=text)
    return keys


def _family(keys: Sequence[str]) -> Family | None:
    return next((family for family in FAMILIES if set(keys) <= set(family.keys)), None)


def most_parts(keys: Sequence[str]) -> int:
    """Into how many rows a row may be split, for ads without a targeting of their own."""
    family = _family(keys)
    if not keys or family is None:
        return 1
    return len({tuple(values[key] for key in keys) for values, _ in family.cells({}, "AR")})


class Splitter:
    """Splits what ads delivered. The finest cells of a family are the same whichever of its breakdowns are asked for,
    so the parts of `age` are the sums of those of `age,gender`."""

    def __init__(self, world: World, keys: Sequence[str]):
        self._world = world
        self._keys = keys
        self._family = _family(keys) or FAMILIES[0]
        self._audiences: dict[Node, Audience] = {}

    def split(self, delivery: AdDelivery, sums: Sums, day: Day, now: datetime) -> dict[tuple[str, ...], Sums]:
        """The day's sums by the values of the breakdowns; cells that saw nothing are absent."""
        audience = self._audience(delivery.ad)
        draw = self._world.digest(self._family.name, delivery.ad.id, day.date.toordinal())
        split: dict[tuple[str, ...], Sums] = {}
        for values, part in zip(audience.values, audience.parts(delivery, sums, day, now, draw), strict=True):
            if part.impressions:
                split.setdefault(values, Sums()).add(part)
        return split

    def _audience(self, ad: Node) -> "Audience":
        audience = self._audiences.get(ad)
        if audience is None:
            ad_set = self._world.parent(ad, Kind.AD_SET)
            country = self._world.account_of(ad).values["business_country_code"]
            cells = list(self._family.cells(ad_set.values if ad_set else {}, country))
            audience = self._audiences[ad] = Audience(cells, self._keys, self._world.digest(self._family.name, ad.id))
        return audience


class Audience:
    """An ad's cells: what share each has of the people, how often they look again, click, and what they cost."""

    def __init__(self, cells: Sequence[Cell], keys: Sequence[str], draw: bytes):
        # Targeting nobody we know of is targeting somebody unknown.
        cells = cells or [(dict.fromkeys(keys, "unknown"), 1)]
        self.values = [tuple(values[key] for key in keys) for values, _ in cells]
        bytes_of = [draw[number % 32] ^ number * 37 % 256 for number in range(len(cells))]
        self._share = [weight * (192 + byte // 2) for (_, weight), byte in zip(cells, bytes_of, strict=True)]
        self._again = [96 + byte for byte in reversed(bytes_of)]
        self._eager = [128 + byte * 5 % 256 for byte in bytes_of]
        self._price = [200 + byte * 3 % 128 for byte in bytes_of]

    def parts(self, delivery: AdDelivery, sums: Sums, day: Day, now: datetime, draw: bytes) -> list[Sums]:
        """One for each cell. Each has at least a viewer for its impressions and an impression for its clicks."""
        viewers = apportion(sums.viewers, self._share)
        again = apportion(sums.impressions - sums.viewers, _weighted(viewers, self._again))
        impressions = [seen + repeated for seen, repeated in zip(viewers, again, strict=True)]
        clicks = apportion(sums.clicks, _weighted(impressions, self._eager), impressions)
        links = apportion(sums.link_clicks, clicks)
        spend = apportion(sums.spend, _weighted(impressions, self._price))
        engaged = apportion(sums.engagements - sums.clicks, impressions)
        parts = [
            Sums(shown, seen, click, link, cost, click + more)
            for shown, seen, click, link, cost, more in zip(
                impressions, viewers, clicks, links, spend, engaged, strict=True
            )
        ]
        if sums.conversions:
            upto = list(accumulate(links))
            for one in delivery.conversions(sums, day, now):
                # Who converted is one of those who clicked.
                parts[bisect_right(upto, draw[one.number] * sums.link_clicks // 256)].convert(one)
        return parts


def _weighted(counts: Sequence[int], weights: Sequence[int]) -> list[int]:
    return [count * weight for count, weight in zip(counts, weights, strict=True)]


def apportion(total: int, weights: Sequence[int], most: Sequence[int] | None = None) -> list[int]:
    """Whole numbers in proportion to the weights that add up to the total: the largest remainders are rounded up.

    None is above its `most`, whose sum is not below the total.
    """
    whole = sum(weights)
    if not total or not whole:
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    if most is not None:
        parts = [min(part, limit) for part, limit in zip(parts, most, strict=True)]
    missing = total - sum(parts)
    if not missing:
        return parts
    order = sorted(range(len(parts)), key=lambda index: -(total * weights[index] % whole))
    while missing:
        for index in order:
            if missing and (most is None or parts[index] < most[index]):
                parts[index] += 1
                missing -= 1
    return parts
