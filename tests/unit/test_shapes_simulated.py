"""Every click that the simulator tells about is read, on every channel."""

import json
from functools import cache

import pytest

from metaads_cli.graph.simulator import Channel, Webhook, World, webhooks
from metaads_cli.referrals.shapes import extract
from simulated import StoppedClock

MANY = 600


@cache
def sent(channel: Channel) -> tuple[Webhook, ...]:
    return tuple(webhooks(World.seeded(clock=StoppedClock()), channel, MANY))


@pytest.mark.parametrize("channel", Channel)
def test_every_click_is_read_once_and_nothing_is_rejected(channel: Channel) -> None:
    found = [extract(json.loads(one.body)) for one in sent(channel)]
    assert [one.rejected for one in found if one.rejected] == []
    from_ads = {one.event_id: one for part in found for one in part.referrals if one.from_ad}
    read = {(None if name.startswith("sha256:") else name, one.ad_id) for name, one in from_ads.items()}
    assert read == {tuple(click) for one in sent(channel) for click in one.clicks}
    assert len(from_ads) > MANY // 3


@pytest.mark.parametrize("channel", Channel)
def test_every_delivery_reads_the_same_under_its_name(channel: Channel) -> None:
    for one in sent(channel):
        body = json.loads(one.body)
        assert extract(body, str(channel)) == extract(body)
