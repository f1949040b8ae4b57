"""Leads of forms: what the webhook of one announces, and the answers that `GET /{leadgen_id}` has for it (README 5.7).

A lead's id tells who answered which ad: so a server knows the leads of webhooks that another process wrote.
"""

import zlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from metaads_cli.graph.simulator.clicks import Channel, Scene, scene
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.world import Node, World

KEPT = timedelta(days=90)
# An id is a start and one of so many numbers; an odd factor without 3 and 5 gives each event one of its own.
_START, _IDS = 10**14, 9 * 10**14
_FACTOR = 412_345_678_987_651
_INVERSE = pow(_FACTOR, -1, _IDS)
_MOST_EVENTS = 10**6

Answers = dict[str, str]


def lead_of(told: Scene, *, organic: bool = False) -> Node:
    """The lead of an event: of its ad, or one that nobody paid for. In one world it stays as it was first told."""
    lead_id = str(_START + (_place(told.world, told.ad) + (2 * told.number + organic) * _FACTOR) % _IDS)
    leads = told.world.leads
    if lead_id not in leads:
        leads[lead_id] = Node(Kind.LEAD, lead_id, told.ad.account, len(leads), _values(told, organic))
    return leads[lead_id]


def find_lead(world: World, object_id: str) -> Node | None:
    """The lead with this id; None where nobody could have been told of it, and for one that is no longer kept."""
    lead = world.leads.get(object_id) or _untold(world, object_id)
    return lead if lead and world.now() - lead.values["created_time"] <= KEPT else None


def _untold(world: World, object_id: str) -> Node | None:
    if not (object_id.isdecimal() and _START <= int(object_id) < _START + _IDS):
        return None
    for ad in world.all_of(Kind.AD):
        number, organic = divmod((int(object_id) - _START - _place(world, ad)) * _INVERSE % _IDS, 2)
        if number < _MOST_EVENTS:
            return lead_of(scene(world, Channel.LEADGEN, [ad], number), organic=bool(organic))
    return None


def _place(world: World, ad: Node) -> int:
    """Where the ids of an ad's leads begin."""
    return world.number("leads") + zlib.crc32(ad.id.encode()) * 2 * _MOST_EVENTS * _FACTOR


def _values(told: Scene, organic: bool) -> dict[str, Any]:
    at: datetime = told.at.replace(microsecond=0)
    return {
        "created_time": at,
        "form_id": told.owned("form"),
        "page_id": told.page.id,
        "is_organic": organic,
        "platform": ("fb", "ig")[told.draw[5] % 2],
        "field_data": [{"name": name, "values": [answer]} for name, answer in _answers(told).items()],
    } | ({} if organic else dict(_ad_fields(told)))


def _ad_fields(told: Scene) -> Iterator[tuple[str, str]]:
    for name, kind in (("ad", Kind.AD), ("adset", Kind.AD_SET), ("campaign", Kind.CAMPAIGN)):
        node = told.world.parent(told.ad, kind)
        if node is not None:
            yield f"{name}_id", node.id
            yield f"{name}_name", str(node.values["name"])


def _answers(told: Scene) -> Answers:
    """By one of the forms that clinics have, by their shares of 256."""
    drawn = told.draw[6]
    for share, form in _FORMS:
        drawn -= share
        if drawn < 0:
            return form(told)
    raise AssertionError("the shares do not add up to 256")


def _email(told: Scene) -> str:
    return f"persona{told.person.number}@example.com"


def _standard(told: Scene) -> Answers:
    """Meta's standard questions."""
    return {"full_name": told.person.name, "email": _email(told), "phone_number": f"+{told.person.phone}"}


def _with_own_questions(told: Scene) -> Answers:
    own = {"¿qué_tratamiento_te_interesa?": "Implantes", "¿en_qué_horario_te_llamamos?": "Por la tarde"}
    return own | _standard(told)


def _in_two_names(told: Scene) -> Answers:
    first, _, last = told.person.name.partition(" ")
    return {"first_name": first, "last_name": last, "phone_number": f"+{told.person.phone}", "city": "Rosario"}


def _in_spanish(told: Scene) -> Answers:
    """Questions that somebody wrote."""
    return {
        "nombre_completo": told.person.name,
        "correo_electrónico": _email(told),
        "número_de_whatsapp": f"+{told.person.phone}",
    }


def _without_a_phone(told: Scene) -> Answers:
    return {"full_name": told.person.name, "email": _email(told)}


def _without_a_contact(told: Scene) -> Answers:
    return {"full_name": told.person.name, "preferred_treatment": "Limpieza"}


_FORMS: tuple[tuple[int, Callable[[Scene], Answers]], ...] = (
    (110, _standard),
    (60, _with_own_questions),
    (30, _in_two_names),
    (36, _in_spanish),
    (12, _without_a_phone),
    (8, _without_a_contact),
)
