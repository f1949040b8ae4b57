"""Webhooks of people who click the world's ads and then write: WhatsApp, YCloud, Messenger, Instagram, lead forms.

Out of SHA-256, as all here: the n-th event of a channel is the same in every process, and so are its ids; its time is
within the seven days before today. A repeated delivery has the same bytes.
"""

import json
from collections.abc import Iterator
from datetime import datetime

import msgspec

from metaads_cli.graph.simulator.clicks import MESSAGES, Channel, Click, Scene, Shares, Told, scene
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.graph.simulator.page_webhooks import INSTAGRAM, LEADGEN, MESSENGER
from metaads_cli.graph.simulator.signatures import DEFAULT_KEY, meta_signature, ycloud_signature
from metaads_cli.graph.simulator.statuses import effective_status
from metaads_cli.graph.simulator.whatsapp_webhooks import WHATSAPP, YCLOUD
from metaads_cli.graph.simulator.world import Node, World

BODIES: dict[Channel, Shares] = {
    Channel.WHATSAPP: WHATSAPP,
    Channel.YCLOUD: YCLOUD,
    Channel.MESSENGER: MESSENGER,
    Channel.INSTAGRAM: INSTAGRAM,
    Channel.LEADGEN: LEADGEN,
}
# So many of 256 deliveries are sent again.
REPEATED = 16


class Webhook(msgspec.Struct, frozen=True):
    """One POST. `clicks` are the clicks on ads that it tells of."""

    channel: Channel
    body: bytes
    clicks: tuple[Click, ...]

    def headers(self, key: str, sent_at: datetime) -> dict[str, str]:
        """With the channel's signature over the body's bytes."""
        kind = {"Content-Type": "application/json"}
        if self.channel is Channel.YCLOUD:
            return kind | {"YCloud-Signature": ycloud_signature(key, self.body, sent_at)}
        return kind | {"X-Hub-Signature-256": meta_signature(key, self.body)}


def webhooks(world: World, channel: Channel, count: int, *, account: str | None = None) -> Iterator[Webhook]:
    """The first deliveries of a channel; `account` is the number of the only account whose ads are clicked.

    Raises ValueError where there is no ad.
    """
    ads = _ads(world, channel, account)
    return (_webhook(world, channel, ads, number) for number in range(count))


def line(webhook: Webhook, *, signed: bool = False, key: str = DEFAULT_KEY, sent_at: datetime) -> str:
    """A line of JSON: the body as it is, or `{"headers": {…}, "body": "…"}` with the body as text.

    A signature is over the body's bytes, so a signed body must travel as the text it is: parsed and written anew it
    would have other bytes.
    """
    body = webhook.body.decode()
    if not signed:
        return body
    return json.dumps({"headers": webhook.headers(key, sent_at), "body": body}, ensure_ascii=False)


def _webhook(world: World, channel: Channel, ads: list[Node], number: int) -> Webhook:
    told = scene(world, channel, ads, number)
    if told.draw[0] < REPEATED and number:
        return _webhook(world, channel, ads, number - 1)
    document, clicks = _chosen(told)
    # Meta escapes what is not ASCII, in lower case, and signs that (README 5.1); YCloud sends UTF-8.
    escaped = channel is not Channel.YCLOUD
    body = json.dumps(document, ensure_ascii=escaped, separators=(",", ":")).encode()
    return Webhook(channel, body, tuple(clicks))


def _chosen(told: Scene) -> Told:
    """One of the channel's bodies, by their shares of 256."""
    drawn = told.draw[1]
    for share, build in BODIES[told.channel]:
        drawn -= share
        if drawn < 0:
            return build(told)
    raise AssertionError("the shares do not add up to 256")


def _ads(world: World, channel: Channel, account: str | None) -> list[Node]:
    """The delivering ads that lead to the channel; where there are none, whatever ads there are."""
    ads = [ad for ad in world.all_of(Kind.AD) if account in {None, ad.account}]
    active = [ad for ad in ads if effective_status(world, ad) == "ACTIVE"]
    leading = [ad for ad in active if MESSAGES[channel] in _destination(world, ad)]
    found = leading or active or ads
    if not found:
        raise ValueError(f"There is no ad in act_{account}" if account else "There is no ad to click on")
    return found


def _destination(world: World, ad: Node) -> str:
    ad_set = world.parent(ad, Kind.AD_SET)
    return str(ad_set.values.get("destination_type") or "") if ad_set else ""
