"""Webhooks out of the simulator: what the channels send, signed as they sign, about ads that exist."""

import hashlib
import hmac
import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import typer

from metaads_cli.cli import stub
from metaads_cli.cli.invocation import Invocation
from metaads_cli.errors import ConfigError, UsageError
from metaads_cli.graph.simulator import (
    AccountPlan,
    Auth,
    Channel,
    Simulator,
    Webhook,
    World,
    WorldPlan,
    adopt,
    webhooks,
)
from metaads_cli.graph.simulator.facts import Kind
from metaads_cli.referrals.decoding import Document
from metaads_cli.referrals.documents import read_documents
from metaads_cli.referrals.shapes import extract, is_payload
from simulated import NOW, Api, StoppedClock, simulator

MANY = 1500
Json = dict[str, Any]


@cache
def world() -> World:
    return World.seeded(clock=StoppedClock())


@cache
def sent(channel: Channel) -> tuple[Webhook, ...]:
    return tuple(webhooks(world(), channel, MANY))


def bodies(channel: Channel) -> list[Json]:
    return [json.loads(one.body) for one in sent(channel)]


def told_clicks(channel: Channel) -> set[tuple[str | None, str]]:
    return {tuple(click) for one in sent(channel) for click in one.clicks}  # type: ignore[misc]


def entries(channel: Channel, part: str) -> list[Json]:
    return [item for body in bodies(channel) for entry in body["entry"] for item in entry[part]]


def test_metaads_reads_every_click_once() -> None:
    stream = BytesIO(b"\n".join(one.body for one in sent(Channel.WHATSAPP)))
    documents = list(read_documents(stream, max_bytes=2**20, is_payload=is_payload))
    assert all(isinstance(one, Document) for one in documents)
    read = [extract(one.value) for one in documents if isinstance(one, Document)]
    assert [one.rejected for one in read if one.rejected] == []
    from_ads = {one.event_id: one for part in read for one in part.referrals if one.from_ad}
    assert {(one.event_id, one.ad_id) for one in from_ads.values()} == told_clicks(Channel.WHATSAPP)
    assert len(from_ads) > MANY // 2
    for one in from_ads.values():
        ad = world().get(str(one.ad_id))
        creative = world().parent(ad, Kind.CREATIVE)
        assert ad.kind is Kind.AD
        assert creative is not None
        assert (one.headline, one.body) == (creative.values["title"], creative.values["body"])
        assert one.contact_phone or one.contact_user_id
        assert one.contact_name
        assert NOW - timedelta(days=8) < one.occurred_at < NOW


def messages() -> list[Json]:
    return [one for change in entries(Channel.WHATSAPP, "changes") for one in change["value"].get("messages", [])]


def test_whatsapp_has_every_kind_of_delivery() -> None:
    values = [change["value"] for change in entries(Channel.WHATSAPP, "changes")]
    referrals = [one["referral"] for one in messages() if "referral" in one]
    assert {one["source_type"] for one in referrals} == {"ad", "post"}
    assert {one["media_type"] for one in referrals} == {"image", "video"}
    assert all(("image_url" in one) == (one["media_type"] == "image") for one in referrals)
    without_click_id = sum("ctwa_clid" not in one for one in referrals)
    assert 0 < without_click_id < len(referrals) / 3
    assert {one["type"] for one in messages()} == {"text", "audio", "image", "location", "unsupported"}
    assert any("from" not in one for one in messages())
    assert any("statuses" in value and "messages" not in value for value in values)
    assert {change["field"] for change in entries(Channel.WHATSAPP, "changes")} == {
        "messages",
        "message_template_status_update",
    }
    assert any("referral" not in one for one in messages())


def test_messages_and_whole_deliveries_come_twice() -> None:
    within = [Counter(one["id"] for one in _messages_of(body)).most_common(1) for body in bodies(Channel.WHATSAPP)]
    assert any(most and most[0][1] == 2 for most in within)
    again = [one.body for one in sent(Channel.WHATSAPP)]
    assert len(set(again)) < len(again)
    assert any(len(body["entry"]) > 1 and len(body["entry"][0]["changes"]) > 1 for body in bodies(Channel.WHATSAPP))


def _messages_of(body: Json) -> list[Json]:
    return [
        one for entry in body["entry"] for change in entry["changes"] for one in change["value"].get("messages", [])
    ]


def test_somebody_clicks_more_than_one_ad() -> None:
    clicked: dict[str, set[str]] = {}
    for one in messages():
        if one.get("referral", {}).get("source_type") == "ad" and "from" in one:
            clicked.setdefault(one["from"], set()).add(one["referral"]["source_id"])
    assert max(len(ads) for ads in clicked.values()) > 1
    assert len(clicked) > 200


def test_ycloud_has_metas_referral_in_an_envelope_of_its_own() -> None:
    found = bodies(Channel.YCLOUD)
    clicks = {
        (body["whatsappInboundMessage"]["wamid"], body["whatsappInboundMessage"]["referral"]["source_id"])
        for body in found
        if "referral" in body.get("whatsappInboundMessage", {})
    }
    assert clicks == told_clicks(Channel.YCLOUD)
    assert {body["type"] for body in found} == {
        "whatsapp.inbound_message.received",
        "whatsapp.message.updated",
        "whatsapp.smb.message.echoes",
    }
    inbound = found[0]["whatsappInboundMessage"]
    assert inbound["from"].startswith("+")
    assert datetime.fromisoformat(inbound["sendTime"]).tzinfo == UTC
    assert len({body["id"] for body in found}) == len({one.body for one in sent(Channel.YCLOUD)}) < len(found)


def referral_places(channel: Channel) -> Counter[str]:
    """Where a click on an ad is told of."""
    places: Counter[str] = Counter()
    for event in entries(channel, "messaging"):
        for place in ("referral", "message", "postback"):
            part = event.get(place, {})
            referral = part if place == "referral" else part.get("referral", {})
            places[place] += "ad_id" in referral
    return +places


def thread_clicks(channel: Channel) -> set[tuple[str | None, str]]:
    clicks = set()
    for event in entries(channel, "messaging"):
        part = event.get("message") or event.get("postback") or {}
        referral = part.get("referral") or event.get("referral") or {}
        if "ad_id" in referral:
            assert referral["source"] == "ADS"
            clicks.add((part.get("mid"), referral["ad_id"]))
    return clicks


@pytest.mark.parametrize("channel", [Channel.MESSENGER, Channel.INSTAGRAM])
def test_threads_tell_of_clicks_in_all_places(channel: Channel) -> None:
    assert thread_clicks(channel) == told_clicks(channel)
    expected = {"referral", "message", "postback"} if channel is Channel.MESSENGER else {"referral", "message"}
    assert referral_places(channel).keys() == expected
    owners = {
        page.values["instagram_business_account"]["id"] if channel is Channel.INSTAGRAM else page.id
        for page in world().all_of(Kind.PAGE)
    }
    events = entries(channel, "messaging")
    assert {event["recipient"]["id"] for event in events} == owners
    assert any(event.get("message", {}).get("is_echo") for event in events)
    assert any("delivery" in event for event in events)
    assert {body["object"] for body in bodies(channel)} == {"page" if channel is Channel.MESSENGER else "instagram"}
    sources = {event["referral"]["source"] for event in events if "referral" in event}
    assert sources == {"ADS", "SHORTLINK" if channel is Channel.MESSENGER else "IGME-SOURCE-LINK"}


def test_leads_have_ids_as_texts_and_as_numbers_and_some_no_ad() -> None:
    leads = [change["value"] for change in entries(Channel.LEADGEN, "changes")]
    paid = {(str(lead["leadgen_id"]), str(lead["ad_id"])) for lead in leads if "ad_id" in lead}
    assert paid == told_clicks(Channel.LEADGEN)
    assert {type(lead["leadgen_id"]) for lead in leads} == {str, int}
    assert any("ad_id" not in lead for lead in leads)
    assert all(lead["adgroup_id"] == lead["ad_id"] for lead in leads if "ad_id" in lead)


@pytest.mark.parametrize("channel", Channel)
def test_ads_that_are_clicked_deliver_and_lead_to_the_channel(channel: Channel) -> None:
    clicked = {world().get(ad_id) for _, ad_id in told_clicks(channel)}
    assert {ad.account for ad in clicked} == {"1000000000000001", "1000000000000002"}
    assert {ad.status for ad in clicked} == {"ACTIVE"}
    destinations = {(world().parent(ad, Kind.AD_SET) or ad).values["destination_type"] for ad in clicked}
    leads_to = {Channel.WHATSAPP: {"WHATSAPP"}, Channel.YCLOUD: {"WHATSAPP"}, Channel.LEADGEN: {"ON_AD"}}
    # The seed has no ads for the others, so any ad is clicked.
    assert destinations == leads_to.get(channel, destinations)


def test_a_users_own_ads_are_clicked() -> None:
    own = World.seeded(clock=StoppedClock(), plan=WorldPlan())
    ads = [str(23_850_000_000_000_000 + number) for number in range(40)]
    adopt(own, AccountPlan("77", campaigns=1, ad_sets=1, ads=0), ads)
    clicked = {click.ad_id for one in webhooks(own, Channel.WHATSAPP, 400) for click in one.clicks}
    assert clicked == set(ads)
    with pytest.raises(ValueError, match="There is no ad in act_78"):
        webhooks(own, Channel.WHATSAPP, 1, account="78")


@pytest.mark.parametrize("channel", Channel)
def test_the_first_ones_are_the_same_however_many_are_asked_for(channel: Channel) -> None:
    fresh = World.seeded(clock=StoppedClock(NOW + timedelta(hours=3)))
    assert [one.body for one in webhooks(fresh, channel, 50)] == [one.body for one in sent(channel)[:50]]


def test_another_process_sends_the_same_and_another_seed_something_else() -> None:
    script = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from simulated import *\n"
        "from metaads_cli.graph.simulator import *\n"
        "for one in webhooks(World.seeded(clock=StoppedClock()), Channel.WHATSAPP, 30): print(one.body.decode())"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    own = [one.body.decode() for one in sent(Channel.WHATSAPP)[:30]]
    assert told.stdout.splitlines() == own
    other = World.seeded("other", clock=StoppedClock())
    assert not {one.body.decode() for one in webhooks(other, Channel.WHATSAPP, 30)} & set(own)


def test_metas_signature_is_over_the_escaped_bytes() -> None:
    one = next(one for one in sent(Channel.WHATSAPP) if rb"\u00e9" in one.body)
    assert one.body.isascii()
    expected = hmac.new(b"s3cret", one.body, hashlib.sha256).hexdigest()
    assert one.headers("s3cret", NOW)["X-Hub-Signature-256"] == f"sha256={expected}"
    written_anew = json.dumps(json.loads(one.body), ensure_ascii=False).encode()
    assert hmac.new(b"s3cret", written_anew, hashlib.sha256).hexdigest() != expected


def test_a_signature_as_published() -> None:
    """RFC 4231, test case 2."""
    one = Webhook(Channel.MESSENGER, b"what do ya want for nothing?", ())
    digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert one.headers("Jefe", NOW)["X-Hub-Signature-256"] == f"sha256={digest}"


def test_yclouds_signature_is_over_time_and_body() -> None:
    one = sent(Channel.YCLOUD)[0]
    stamp, signature = one.headers("key", NOW)["YCloud-Signature"].split(",")
    assert stamp == f"t={int(NOW.timestamp())}"
    signed = stamp.removeprefix("t=").encode() + b"." + one.body
    assert signature == f"s={hmac.new(b'key', signed, hashlib.sha256).hexdigest()}"


def test_over_http_they_are_lines() -> None:
    api = Api(simulator())
    answer = api.send("GET", "/_simulator/webhooks", params={"channel": "messenger", "count": "20"})
    assert answer.headers["content-type"] == "application/x-ndjson; charset=utf-8"
    assert answer.text.splitlines() == [one.body.decode() for one in sent(Channel.MESSENGER)[:20]]
    assert len(api.send("GET", "/_simulator/webhooks").text.splitlines()) == 100


@pytest.mark.parametrize("channel", Channel)
def test_over_http_signed_ones_keep_their_bytes(channel: Channel) -> None:
    api = Api(Simulator(world(), auth=Auth(app_secret="s3cret")))
    answer = api.send("GET", "/_simulator/webhooks", params={"channel": channel.value, "count": "20", "signed": "true"})
    lines = [json.loads(text) for text in answer.text.splitlines()]
    assert [line["body"].encode() for line in lines] == [one.body for one in sent(channel)[:20]]
    assert [line["headers"] for line in lines] == [one.headers("s3cret", NOW) for one in sent(channel)[:20]]
    assert "s3cret" not in answer.text


@pytest.mark.parametrize(
    "params", [{"channel": "fax"}, {"count": "-1"}, {"count": "many"}, {"count": "100001"}, {"account": "act_404"}]
)
def test_over_http_a_wrong_question_is_told(params: dict[str, str]) -> None:
    answer = Api(simulator()).send("GET", "/_simulator/webhooks", params=params)
    assert answer.status_code == 400
    assert answer.json()["error"]


def command(*arguments: str) -> None:
    program = typer.Typer()
    program.add_typer(stub.app, name="stub")
    program(["stub", "webhooks", *arguments], standalone_mode=False, obj=Invocation())


def test_the_command_prints_lines(capsys: pytest.CaptureFixture[str]) -> None:
    command("--channel", "leadgen", "--count", "30")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 30
    assert {json.loads(text)["object"] for text in lines} == {"page"}


def test_the_command_signs_with_a_secret_that_is_kept_elsewhere(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    command("--count", "3", "--signed", "--secret-ref", f"file:{tmp_path / 'secret'}", "--account", "act_99")
    for text in capsys.readouterr().out.splitlines():
        line = json.loads(text)
        digest = hmac.new(b"s3cret", line["body"].encode(), hashlib.sha256).hexdigest()
        assert line["headers"]["X-Hub-Signature-256"] == f"sha256={digest}"
    with pytest.raises(UsageError, match="--secret-ref is no reference"):
        command("--signed", "--secret-ref", "s3cret")
    with pytest.raises(ConfigError, match="METAADS_NO_SUCH_SECRET is not set"):
        command("--signed", "--secret-ref", "env:METAADS_NO_SUCH_SECRET")


def test_the_command_can_stay_with_one_account(capsys: pytest.CaptureFixture[str]) -> None:
    command("--account", "1000000000000002", "--count", "50")
    out = capsys.readouterr().out
    accounts = {
        world().get(one.ad_id or "").account
        for text in out.splitlines()
        for one in extract(json.loads(text)).referrals
        if one.from_ad
    }
    assert accounts == {"1000000000000002"}
