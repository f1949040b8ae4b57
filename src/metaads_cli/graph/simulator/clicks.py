"""Who clicks which ad when, and what an event of a channel is made of: names, numbers, ids out of the seed."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.params import with_data
from metaads_cli.graph.simulator.world import Node, World

Json = dict[str, Any]

WITHIN = timedelta(days=7)
# So few that some click twice.
PEOPLE = 400
NAMES = ("Ana", "Lucía", "José", "Sofía", "Martín", "Valentina", "Joaquín", "Inés", "Raúl", "Belén", "Tomás", "Zoë")
FAMILIES = ("García", "Núñez", "Peña", "Gómez", "Ibáñez", "Muñoz", "Rojas", "Álvarez", "Quiñones", "Díaz")
TEXTS = ("¡Hola! Quiero más información", "Hola, ¿qué precio tiene?", "info", "¿Tienen turno mañana?", "Me interesa 😊")
# As WhatsApp writes them, and how many digits follow: Argentina with a 9, Mexico with a 1, whatever is dialled.
PHONES = {
    "AR": ("549", 10), "BR": ("55", 11), "CL": ("569", 8), "CO": ("573", 9), "ES": ("346", 8), "MX": ("521", 10),
    "PE": ("519", 8), "US": ("1", 10),
}  # fmt: skip


class Channel(StrEnum):
    """Where a person writes."""

    WHATSAPP = "whatsapp"
    YCLOUD = "ycloud"
    MESSENGER = "messenger"
    INSTAGRAM = "instagram"
    LEADGEN = "leadgen"


# Part of the destination type of ad sets whose ads lead to the channel.
MESSAGES = {
    Channel.WHATSAPP: "WHATSAPP",
    Channel.YCLOUD: "WHATSAPP",
    Channel.MESSENGER: "MESSENGER",
    Channel.INSTAGRAM: "INSTAGRAM",
    Channel.LEADGEN: "ON_AD",
}


class Click(NamedTuple):
    """`event_id` is the channel's id of the message or lead; None where it has none."""

    event_id: str | None
    ad_id: str


class Person(NamedTuple):
    name: str
    phone: str
    """Digits, as in `wa_id`."""
    number: int


@dataclass(frozen=True)
class Scene:
    """One event: a person, an ad, a moment; `draw` decides on the rest."""

    world: World
    channel: Channel
    number: int
    ad: Node
    person: Person
    at: datetime
    draw: bytes

    @property
    def seconds(self) -> int:
        return int(self.at.timestamp())

    @property
    def milliseconds(self) -> int:
        return self.seconds * 1000 + self.draw[3]

    def later(self, seconds: int) -> "Scene":
        return replace(self, at=self.at + timedelta(seconds=seconds))

    def number_of(self, name: str) -> int:
        """15 digits that belong to the event."""
        return 10**14 + self.world.number(name, self.channel, self.number) % (9 * 10**14)

    def token(self, name: str, length: int = 32) -> str:
        """Letters and digits that belong to the event."""
        raw = self.world.digest(name, self.channel, self.number)
        return base64.b32encode(raw).decode().rstrip("=")[:length]

    @property
    def text(self) -> str:
        return TEXTS[self.draw[2] % len(TEXTS)]

    @property
    def page(self) -> Node:
        return self.world.get(self.world.account_of(self.ad).values["page_id"])

    @property
    def instagram_id(self) -> str:
        return str(self.page.values["instagram_business_account"]["id"])

    @property
    def business_phone(self) -> str:
        """Digits; also a page without a number has people who write to one."""
        return (
            str(self.page.values["whatsapp_number"]).lstrip("+") or f"549{self.world.number(self.page.id) % 10**10:010}"
        )

    def owned(self, name: str) -> str:
        """An id of the page's: its phone number's, its WhatsApp account's."""
        return str(10**14 + self.world.number(name, self.page.id) % 10**14)

    @property
    def creative(self) -> dict[str, Any]:
        """What the ad shows, as far as it has a creative: headline, body, picture."""
        creative = self.world.parent(self.ad, Kind.CREATIVE)
        values = creative.values if creative else {}
        return with_data({"headline": values.get("title"), "body": values.get("body")}) | {
            "picture": values.get("thumbnail_url") or f"https://scontent.example/{self.ad.id}.jpg"
        }


# A body, and the clicks it tells of.
Told = tuple[Json, list[Click]]
# How many of 256 bodies are of a kind.
Shares = Sequence[tuple[int, Callable[[Scene], Told]]]


def scene(world: World, channel: Channel, ads: list[Node], number: int) -> Scene:
    draw = world.digest("webhook", channel, number)
    ad = ads[world.number("click", channel, number) % len(ads)]
    today = datetime.combine(world.now().astimezone(UTC).date(), time(), UTC)
    ago = timedelta(milliseconds=world.number("ago", channel, number) % (WITHIN // timedelta(milliseconds=1)))
    return Scene(world, channel, number, ad, _person(world, channel, ad, number), today - ago, draw)


def _person(world: World, channel: Channel, ad: Node, number: int) -> Person:
    who = world.number("who", channel, number) % PEOPLE
    first, family, *_ = world.digest("name", who)
    country = world.account_of(ad).values["business_country_code"]
    rest = world.number("phone", who, country)
    prefix, digits = PHONES.get(country, PHONES["AR"])
    phone = f"{prefix}{rest % 10**digits:0{digits}}"
    name = f"{NAMES[first % len(NAMES)]} {FAMILIES[family % len(FAMILIES)]}"
    return Person(name, phone, 7 * 10**14 + world.number("person", channel, who) % 10**14)
