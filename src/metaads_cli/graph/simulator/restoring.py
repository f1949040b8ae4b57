"""Objects that an earlier process made in the simulated world, put back under their ids: the world itself forgets."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from metaads_cli.graph.simulator.drafts import typed_values
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.params import Params
from metaads_cli.graph.simulator.world import Node, World

_EDGES = {Kind.CAMPAIGN: "campaigns", Kind.AD_SET: "adsets", Kind.CREATIVE: "adcreatives", Kind.AD: "ads"}


def restore(world: World, kind: Kind, account: str, object_id: str, fields: Mapping[str, Any], status: str) -> Node:
    """Put back an object of the account (its number), as the fields of its creation describe it; known ones stay."""
    if object_id in world.nodes:
        return world.nodes[object_id]
    sent = Params({key: value if isinstance(value, str) else json.dumps(value) for key, value in fields.items()})
    values = typed_values(kind, f"AdAccount POST {_EDGES[kind]}", sent, world.zone(account))
    now = world.now()
    values |= {"status": status, "created_time": now, "updated_time": now}
    if kind is Kind.AD:
        values["creative_id"] = str(values.pop("creative")["creative_id"])
        values["campaign_id"] = world.get(str(values["adset_id"])).values["campaign_id"]
    node = world.add(kind, account, values, object_id)
    world.note_status(node, now)
    return node


def adopt_page(world: World, page_id: str, account: str) -> Node:
    """A page of the user's own, owned by the account, with everything that ads need of it."""
    if page_id in world.nodes:
        return world.nodes[page_id]
    number = int(hashlib.sha256(page_id.encode()).hexdigest()[:12], 16)
    values = {
        "name": f"Page {page_id}",
        "category": "Medical clinic",
        "link": f"https://www.facebook.com/{page_id}",
        "has_whatsapp_number": True,
        "has_whatsapp_business_number": True,
        "whatsapp_number": f"+54911{number % 10**8:08}",
        "is_published": True,
        "instagram_business_account": {"id": f"17841{number % 10**12:012}"},
        "owner": account,
    }
    return world.add(Kind.PAGE, "", values, page_id)


def adopt_image(world: World, image_hash: str, account: str) -> Node:
    """An image that was uploaded before."""
    known = world.image(account, image_hash)
    if known is not None:
        return known
    values = {
        "hash": image_hash,
        "name": image_hash,
        "url": f"https://scontent.example/{image_hash}.png",
        "status": "ACTIVE",
        "created_time": world.now(),
    }
    return world.add(Kind.IMAGE, account, values, f"{account}:{image_hash}")


def adopt_video(world: World, video_id: str, account: str) -> Node:
    """A video that was uploaded before, or that the user names."""
    if video_id in world.nodes:
        return world.nodes[video_id]
    now = world.now()
    values = {
        "title": video_id,
        "picture": f"https://scontent.example/{video_id}.jpg",
        "created_time": now,
        "updated_time": now,
        "status": {"video_status": "ready"},
    }
    return world.add(Kind.VIDEO, account, values, video_id)
