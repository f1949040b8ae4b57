"""Captured requests: who has signed them, and what is read of them when nobody asks."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import body, message
from metaads_cli.errors import ConfigError
from metaads_cli.graph.simulator import Channel, World
from metaads_cli.graph.simulator.webhooks import line, webhooks
from metaads_cli.referrals.decoding import Document
from metaads_cli.referrals.envelopes import contents, is_whole
from metaads_cli.referrals.signatures import Verifier, captured
from simulated import StoppedClock

APP_SECRET, YCLOUD_SECRET = "app-s3cret", "ycl0ud-s3cret"
VERIFIER = Verifier(APP_SECRET, YCLOUD_SECRET)
SENT = 1_760_000_000
BODY = json.dumps(body(message(headline="¿Dolor?"))).encode()
Json = dict[str, Any]


def meta(content: bytes = BODY, secret: str = APP_SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def ycloud(content: bytes = BODY, secret: str = YCLOUD_SECRET, at: int = SENT) -> str:
    return f"t={at},s=" + hmac.new(secret.encode(), f"{at}.".encode() + content, hashlib.sha256).hexdigest()


def request(headers: Json, content: bytes = BODY, **more: Any) -> Json:
    return {"headers": headers, "body": content.decode()} | more


def refusal(value: Json, verifier: Verifier = VERIFIER) -> str | None:
    found = captured(value)
    assert found is not None
    return verifier.refusal(found)


def in_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


BINARY = b'{"caf\xe9": 1}'
RIGHT = {
    "Meta's": request({"X-Hub-Signature-256": meta()}),
    "Meta's, in lower case": request({"x-hub-signature-256": meta()}),
    "Meta's, in capitals": request({"X-HUB-SIGNATURE-256": meta().upper().replace("SHA256", "sha256")}),
    "Meta's, as a list": request({"X-Hub-Signature-256": [meta()]}),
    "Meta's, beside others": request({"Host": "a", "X-Hub-Signature": "sha1=0", "X-Hub-Signature-256": meta()}),
    "Meta's, of a gateway": request({"Host": "a"}, multiValueHeaders={"X-Hub-Signature-256": [meta()]}),
    "Meta's, over bytes": request({"X-Hub-Signature-256": meta(BINARY)}, body=in_base64(BINARY), encoding="base64"),
    "Meta's, of a gateway in base64": request(
        {"X-Hub-Signature-256": meta()}, body=in_base64(BODY), isBase64Encoded=True
    ),
    "Meta's, of a gateway without base64": request({"X-Hub-Signature-256": meta()}, isBase64Encoded=False),
    "Meta's, over nothing": request({"X-Hub-Signature-256": meta(b"")}, body=None),
    "YCloud's": request({"YCloud-Signature": ycloud()}),
    "YCloud's, long ago": request({"ycloud-signature": ycloud(at=1)}),
    "YCloud's, received at once": request({"YCloud-Signature": ycloud()}, received_at=SENT + 299),
    "YCloud's, received in milliseconds": request({"YCloud-Signature": ycloud()}, timestamp=(SENT + 1) * 1000),
    "YCloud's, received with a zone": request({"YCloud-Signature": ycloud()}, time="2025-10-09T05:53:21-03:00"),
    "YCloud's, received without a zone": request({"YCloud-Signature": ycloud()}, receivedAt="2025-10-09 08:53:21"),
    "YCloud's, received as text": request({"YCloud-Signature": ycloud()}, timestamp=str(SENT)),
    "YCloud's, by a gateway": request({"YCloud-Signature": ycloud()}, requestContext={"timeEpoch": SENT * 1000}),
    "YCloud's, at no time": request({"YCloud-Signature": ycloud()}, timestamp="soon", time=[], received_at=None),
    "both": request({"YCloud-Signature": ycloud(), "X-Hub-Signature-256": meta()}),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_signature_is_believed(name: str) -> None:
    assert refusal(RIGHT[name]) is None


NEITHER = "it carries neither X-Hub-Signature-256 nor YCloud-Signature"
FAR = "its YCloud-Signature is of another time than its arrival: more than 5 minutes away"
WRONG = {
    "none": (request({}), NEITHER),
    "the old one alone": (request({"X-Hub-Signature": "sha1=0"}), NEITHER),
    "no text": (request({"X-Hub-Signature-256": 1}), NEITHER),
    "another secret": (request({"X-Hub-Signature-256": meta(secret="x")}), "its X-Hub-Signature-256 is wrong"),
    "another body": (request({"X-Hub-Signature-256": meta(b"{}")}), "its X-Hub-Signature-256 is wrong"),
    "no hash": (request({"X-Hub-Signature-256": meta()[7:]}), "its X-Hub-Signature-256 is wrong"),
    "half of it": (request({"X-Hub-Signature-256": meta()[:40]}), "its X-Hub-Signature-256 is wrong"),
    "no ASCII": (request({"X-Hub-Signature-256": "sha256=é\ud83d"}), "its X-Hub-Signature-256 is wrong"),
    "YCloud's of another time": (
        request({"YCloud-Signature": ycloud().replace("t=17", "t=18")}),
        "its YCloud-Signature is wrong",
    ),
    "YCloud's in another form": (request({"YCloud-Signature": ycloud()[14:]}), "its YCloud-Signature is wrong"),
    "YCloud's of a replay": (request({"YCloud-Signature": ycloud()}, received_at=SENT + 301), FAR),
    "YCloud's of the future": (request({"YCloud-Signature": ycloud()}, timestamp=SENT - 301), FAR),
    "one of two": (
        request({"YCloud-Signature": ycloud(b""), "X-Hub-Signature-256": meta()}),
        "its YCloud-Signature is wrong",
    ),
    "a body that was parsed": (
        request({"X-Hub-Signature-256": meta()}, body=json.loads(BODY)),
        "its signature cannot be verified: its body was parsed when it was captured: its own bytes are lost",
    ),
    "half an emoji": (
        request({"X-Hub-Signature-256": meta()}, body="\ud83d"),
        "its signature cannot be verified: its body is no valid Unicode",
    ),
    "no base64": (
        request({"X-Hub-Signature-256": meta()}, isBase64Encoded="true"),
        "its signature cannot be verified: its body is no base64",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_signature_is_refused_with_its_reason(name: str) -> None:
    value, reason = WRONG[name]
    assert refusal(value) == reason


@pytest.mark.parametrize(
    ("value", "verifier", "variable"),
    [
        (request({"X-Hub-Signature-256": meta()}), Verifier(None, YCLOUD_SECRET), "META_APP_SECRET"),
        (request({"YCloud-Signature": ycloud()}), Verifier(APP_SECRET, None), "METAADS_INGEST__YCLOUD_SECRET"),
    ],
)
def test_a_secret_that_is_missing_is_asked_for(value: Json, verifier: Verifier, variable: str) -> None:
    with pytest.raises(ConfigError) as caught:
        refusal(value, verifier)
    assert caught.value.hint == f"Set {variable}"


@given(st.binary(max_size=300), st.data())
def test_any_change_to_the_body_or_the_signature_is_noticed(content: bytes, data: st.DataObject) -> None:
    def sent(body: bytes, signature: str) -> Json:
        return {"headers": {"X-Hub-Signature-256": signature}, "body": in_base64(body), "encoding": "base64"}

    assert refusal(sent(content, meta(content))) is None
    other = data.draw(st.binary(max_size=300).filter(lambda one: one != content))
    assert refusal(sent(other, meta(content))) is not None
    assert refusal(sent(content, data.draw(st.text(max_size=80)))) is not None


@pytest.mark.parametrize("channel", Channel)
def test_the_simulators_requests_are_believed_and_read(channel: Channel) -> None:
    world = World.seeded(clock=StoppedClock())
    verifier = Verifier("simulator", "simulator")
    for sent in webhooks(world, channel, 50):
        raw = line(sent, signed=True, sent_at=world.now()).encode()
        (content,) = contents(Document(1, raw, json.loads(raw)), verifier, 2**20)
        assert (content.payloads, content.reasons) == ([json.loads(sent.body)], [])
        (content,) = contents(Document(1, raw, json.loads(raw)), Verifier("other", "other"), 2**20)
        assert (content.raw, content.payloads) == (raw, [])
        assert "is wrong" in content.reasons[0]


# --- without a verifier


def payloads(value: Any, verifier: Verifier | None = None) -> tuple[list[Any], list[str]]:
    raw = json.dumps(value).encode()
    found = list(contents(Document(1, raw, value), verifier, 2**20))
    assert [one.raw for one in found] == [raw]
    return found[0].payloads, found[0].reasons


FORM = "MessageSid=SM1&From=whatsapp%3A%2B1&To=whatsapp%3A%2B2"
READ = {
    "text": (request({}), [json.loads(BODY)]),
    "base64": (request({}, body=in_base64(BODY), encoding="base64"), [json.loads(BODY)]),
    "several payloads": (request({}, b"[1, 2]"), [1, 2]),
    "a body that was parsed": (request({}, body={"a": 1}), [{"a": 1}]),
    "several that were parsed": (request({}, body=[{"a": 1}, 2]), [{"a": 1}, 2]),
    "a form": (request({}, FORM.encode()), [{"MessageSid": "SM1", "From": "whatsapp:+1", "To": "whatsapp:+2"}]),
    "a form with a time of arrival": (
        request({}, FORM.encode(), requestContext={"timeEpoch": SENT * 1000}),
        [{"_received_at": SENT, "MessageSid": "SM1", "From": "whatsapp:+1", "To": "whatsapp:+2"}],
    ),
    "nothing": (request({}, b" "), []),
    "null": (request({}, body=None), []),
    "no request": ({"body": "a", "headline": "b"}, [{"body": "a", "headline": "b"}]),
    "headers that are none": ({"body": "{}", "headers": "a"}, [{"body": "{}", "headers": "a"}]),
}


@pytest.mark.parametrize("name", READ)
def test_what_was_captured_is_read_without_its_envelope(name: str) -> None:
    value, expected = READ[name]
    assert payloads(value) == (expected, [])


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (request({}, b"hello"), "the body of the request is no payload: invalid character (byte 0)"),
        (request({}, body=7), "the body of the request is no payload: its body was parsed"),
        (request({}, body="%", encoding="base64"), "the body of the request is no payload: its body is no base64"),
    ],
)
def test_a_body_that_is_no_payload_is_rejected(value: Json, reason: str) -> None:
    (found, (said,)) = payloads(value)
    assert (found, said.startswith(reason)) == ([], True)


def test_with_a_verifier_a_body_alone_is_not_believed() -> None:
    assert payloads(json.loads(BODY), VERIFIER) == ([], ["it was captured without headers"])


def test_a_rejected_request_is_verified_when_it_is_fed_back() -> None:
    good, bad = (json.dumps(request({"X-Hub-Signature-256": meta(secret=key)})) for key in (APP_SECRET, "other"))
    for original, expected in ((good, ([json.loads(BODY)], [])), (bad, ([], ["its X-Hub-Signature-256 is wrong"]))):
        reject = {"source": "a", "line": 1, "reason": "b", "payload": original}
        (content,) = contents(Document(1, b"", reject), VERIFIER, 2**20)
        assert (content.raw.decode(), (content.payloads, content.reasons)) == (original, expected)


@pytest.mark.parametrize("payload", ["", " \n", "nonsense", "a,b\n", '{"a":'])
def test_a_fed_back_line_never_vanishes(payload: str) -> None:
    reject = {"source": "a", "line": 1, "reason": "b", "payload": payload}
    (content,) = contents(Document(1, b"", reject), None, 2**20)
    assert (content.payloads, len(content.reasons)) == ([], 1)
    assert content.raw == payload.encode().strip() or content.raw == payload.encode()


def test_a_request_ends_a_broken_document_before_it() -> None:
    assert is_whole(request({}))
    assert not is_whole({"headers": {}})
