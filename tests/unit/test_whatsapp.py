"""WhatsApp bodies: what each sample holds, and that no wrong type anywhere raises or goes uncounted."""

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaads_cli.models.referral import Receiver, Referral
from metaads_cli.referrals import shapes, whatsapp
from metaads_cli.referrals.extraction import Extraction

CASES = Path(__file__).parents[1] / "cases" / "whatsapp"
RECEIVER = Receiver(phone_number_id="100000000000001", display_phone_number="15550001111")
AD = "120200000000000001"


def sample(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))
    return body


def value_in(body: dict[str, Any]) -> dict[str, Any]:
    value: dict[str, Any] = body["entry"][0]["changes"][0]["value"]
    return value


def message_in(body: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = value_in(body)["messages"][0]
    return message


def an_ad_message(**changes: Any) -> dict[str, Any]:
    """The body of a message from an ad, with changes to its message; None removes a key."""
    body = sample("wa_text_referral_image")
    edit(message_in(body), changes)
    return body


def an_ad_referral(**changes: Any) -> dict[str, Any]:
    body = sample("wa_text_referral_image")
    edit(message_in(body)["referral"], changes)
    return body


def edit(part: dict[str, Any], changes: dict[str, Any]) -> None:
    part.update(changes)
    for key in [key for key, value in changes.items() if value is None]:
        del part[key]


def only(body: dict[str, Any]) -> Referral:
    found = whatsapp.extract(body)
    assert (found.ignored, found.rejected) == (0, [])
    (referral,) = found.referrals
    return referral


def counted(found: Extraction) -> tuple[int, int, list[str]]:
    return len(found.referrals), found.ignored, found.rejected


# --- the samples

FROM_AN_AD: dict[str, Any] = {
    "channel": "whatsapp",
    "receiver": RECEIVER,
    "source_type": "ad",
    "from_ad": True,
    "ad_id": AD,
    "source_id": AD,
    "source_url": "https://fb.me/EXAMPLE1",
    "headline": "Escríbenos",
    "body": "Texto principal del anuncio",
    "media_type": "image",
    "media_url": "https://scontent.example/ad.jpg",
    "ctwa_clid": "AfSYNTHETICCLICKID_image_0001",
}
EXPECTED: dict[str, dict[str, Any]] = {
    "wa_text_referral_image": FROM_AN_AD
    | {
        "event_id": "wamid.SYNA1",
        "occurred_at": datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC),
        "contact_phone": "5491155550001",
        "contact_name": "Ana",
    },
    "wa_image_referral": FROM_AN_AD
    | {
        "event_id": "wamid.SYNA5",
        "occurred_at": datetime(2025, 10, 9, 9, 0, 0, tzinfo=UTC),
        "contact_phone": "5491155550005",
        "contact_name": "Eva",
    },
    "wa_text_referral_status_placement_no_clid": FROM_AN_AD
    | {
        "event_id": "wamid.SYNA4",
        "occurred_at": datetime(2025, 10, 9, 8, 58, 20, tzinfo=UTC),
        "contact_phone": "56955550004",
        "contact_name": "Dani",
        "ctwa_clid": None,
    },
    "wa_text_referral_video": FROM_AN_AD
    | {
        "event_id": "wamid.SYNA2",
        "occurred_at": datetime(2025, 10, 9, 8, 55, 0, tzinfo=UTC),
        "contact_phone": "5215555550002",
        "contact_name": "Beto",
        "ad_id": "120200000000000002",
        "source_id": "120200000000000002",
        "source_url": "https://fb.me/EXAMPLE2",
        "headline": "Chat with us",
        "body": "Video ad",
        "media_type": "video",
        "media_url": "https://scontent.example/ad.mp4",
        "ctwa_clid": "AfSYNTHETICCLICKID_video_0002",
    },
    "wa_text_referral_post": {
        "channel": "whatsapp",
        "receiver": RECEIVER,
        "event_id": "wamid.SYNA3",
        "occurred_at": datetime(2025, 10, 9, 8, 56, 40, tzinfo=UTC),
        "contact_phone": "573005550003",
        "contact_name": "Caro",
        "source_type": "post",
        "from_ad": False,
        "ad_id": None,
        "source_id": "100000000000009_200000000000009",
        "source_url": "https://fb.me/EXAMPLE3",
        "headline": None,
        "body": "Post",
        "media_type": "image",
        "media_url": "https://scontent.example/p.jpg",
        "ctwa_clid": "AfSYNTHETICCLICKID_post_0003",
    },
}
WITHOUT_REFERRAL = ["wa_text_no_referral", "wa_status_failed", "wa_statuses_only"]


def test_every_sample_has_its_expectation() -> None:
    assert {path.stem for path in CASES.glob("*.json")} == {*EXPECTED, *WITHOUT_REFERRAL}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_sample_with_a_referral_gives_all_of_it(name: str) -> None:
    body = sample(name)
    referral = only(body)
    assert msgspec.structs.asdict(referral) == {
        "contact_user_id": None,
        "raw": message_in(body)["referral"],
        **EXPECTED[name],
    }


@pytest.mark.parametrize("name", WITHOUT_REFERRAL)
def test_a_sample_without_a_referral_is_ignored_and_counted(name: str) -> None:
    assert counted(whatsapp.extract(sample(name))) == (0, 1, [])


@pytest.mark.parametrize("name", [*EXPECTED, *WITHOUT_REFERRAL])
def test_a_sample_is_recognised_as_a_payload(name: str) -> None:
    assert shapes.is_payload(sample(name))
    assert shapes.extract(sample(name)) == whatsapp.extract(sample(name))


# --- rules


@pytest.mark.parametrize(
    ("referral", "from_ad", "ad_id"),
    [
        ({"source_type": "ad", "source_id": "1"}, True, "1"),
        ({"source_type": "AD", "source_id": "1"}, True, "1"),
        ({"source_type": "ad", "source_id": 120200000000000001}, True, AD),
        ({"source_type": "ad", "ad_id": "2", "source_id": None}, True, "2"),
        ({"source_type": "ad", "ad_id": "2", "source_id": "1"}, True, "1"),
        ({"source_type": "ad", "source_id": None}, True, None),
        ({"source_type": None, "source_id": "1"}, True, "1"),
        ({"source_type": None, "source_id": None, "ad_id": "2"}, True, "2"),
        ({"source_type": None, "source_id": None}, False, None),
        ({"source_type": "post", "source_id": "1"}, False, None),
        ({"source_type": "post", "source_id": "1", "ad_id": "2"}, False, None),
        ({"source_type": "something new", "source_id": "1"}, False, None),
    ],
)
def test_only_an_ad_has_an_ad_id(referral: dict[str, Any], from_ad: bool, ad_id: str | None) -> None:
    found = only(an_ad_referral(**referral))
    assert (found.from_ad, found.ad_id) == (from_ad, ad_id)


def test_the_name_is_that_of_the_contact_who_wrote() -> None:
    body = an_ad_message()
    value_in(body)["contacts"] = [
        {"wa_id": "1", "profile": {"name": "Another"}},
        "no contact",
        {"wa_id": "5491155550001", "profile": {"name": "Ana"}},
    ]
    assert only(body).contact_name == "Ana"


@pytest.mark.parametrize("contacts", [[], None, {}, "x", [{"profile": {"name": "Nobody"}}], [{"wa_id": "1"}]])
def test_a_contact_who_is_not_listed_has_no_name(contacts: object) -> None:
    body = an_ad_message()
    value_in(body)["contacts"] = contacts
    assert only(body).contact_name is None


def test_a_person_without_a_number_is_known_by_the_user_id() -> None:
    body = an_ad_message(**{"from": None, "from_user_id": "AR.13491208655302741918"})
    value_in(body)["contacts"] = [
        {"profile": {"name": "Nobody"}},
        {"user_id": "AR.13491208655302741918", "profile": {"name": "Ana", "username": "ana"}},
    ]
    found = only(body)
    assert (found.contact_phone, found.contact_user_id, found.contact_name) == (None, "AR.13491208655302741918", "Ana")


@pytest.mark.parametrize(
    ("written", "phone"),
    [
        ("+54 9 11 5555-0001", "5491155550001"),
        (5491155550001, "5491155550001"),
        ("", None),
        ("nobody", None),
        ("1" * 19, "1" * 19),
        ("1" * 20, None),
        (True, None),
    ],
)
def test_a_phone_number_is_its_digits(written: object, phone: str | None) -> None:
    assert only(an_ad_message(**{"from": written})).contact_phone == phone


@pytest.mark.parametrize("written", ["1760000000", 1760000000, " 1760000000 "])
def test_the_time_is_in_seconds_as_text_or_number(written: object) -> None:
    assert only(an_ad_message(timestamp=written)).occurred_at == datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC)


def test_texts_are_as_postgresql_can_hold_them() -> None:
    found = only(an_ad_referral(headline=" a\0b \ud83d ", body=" \0 ", extra={"k\0": ["\udfff", float("inf")]}))
    assert (found.headline, found.body) == ("ab ?", None)
    assert found.raw["headline"] == " ab ? "
    assert found.raw["extra"] == {"k": ["?", None]}


def test_every_message_of_every_change_of_every_entry_is_read_in_order() -> None:
    def change(*ids: str, **more: Any) -> dict[str, Any]:
        messages = [message_in(an_ad_message(id=name)) for name in ids]
        return {"field": "messages", "value": {"metadata": {}, "messages": messages, **more}}

    body = {
        "object": "whatsapp_business_account",
        "entry": [
            {"changes": [change("a", "b", statuses=[{"id": "s1"}, {"id": "s2"}]), change("c")]},
            {"changes": [{"field": "account_update", "value": {"event": "x"}}, change("a"), change()]},
        ],
    }
    found = whatsapp.extract(body)
    assert [referral.event_id for referral in found.referrals] == ["a", "b", "c", "a"]
    assert (found.ignored, found.rejected) == (3, [])


# --- wrong types

OTHERS: dict[str, Any] = {
    "null": None,
    "true": True,
    "a number": 7,
    "a fraction": 1.5,
    "text": "x",
    "empty text": "",
    "a list": [1],
    "an empty list": [],
    "an object": {"a": 1},
    "an empty object": {},
}


def parts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every part of a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from parts(item, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    changed = copy.copy(value)
    changed[path[0]] = replaced(value[path[0]], path[1:], new)
    return changed


def check(found: Extraction) -> None:
    """What comes out can be stored and printed."""
    assert all(isinstance(reason, str) and reason for reason in found.rejected)
    for referral in found.referrals:
        assert referral.event_id
        assert referral.occurred_at.tzinfo is UTC
        msgspec.json.encode(referral)
        assert "\\u0000" not in msgspec.json.encode(referral).decode()


FULL = sample("wa_text_referral_image")
value_in(FULL)["statuses"] = [{"id": "s1"}]
message_in(FULL)["from_user_id"] = "AR.1"
PLACES = list(parts(FULL))
# A list without anything in it holds no message, so there is nothing to count.
EMPTY_LISTS = [("entry",), ("entry", 0, "changes")]


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("path", PLACES, ids=[".".join(map(str, path)) or "body" for path in PLACES])
def test_a_wrong_type_anywhere_is_a_referral_ignored_or_rejected(path: tuple[Any, ...], kind: str) -> None:
    found = shapes.extract(replaced(FULL, path, OTHERS[kind]))
    check(found)
    assert sum((len(found.referrals), found.ignored, len(found.rejected))) > 0 or (
        path in EMPTY_LISTS and OTHERS[kind] == []
    )


REJECTED = [
    (("entry",), {}, "entry is not a list"),
    (("entry", 0), "x", "an entry has no list of changes"),
    (("entry", 0, "changes"), {}, "an entry has no list of changes"),
    (("entry", 0, "changes", 0), [], "a change has no value"),
    (("entry", 0, "changes", 0, "value"), "x", "a change has no value"),
    (("entry", 0, "changes", 0, "value", "messages"), {}, "messages is not a list"),
    (("entry", 0, "changes", 0, "value", "statuses"), "x", "statuses is not a list"),
]
MESSAGE = ("entry", 0, "changes", 0, "value", "messages", 0)
REJECTED += [
    (MESSAGE, "x", "a message is not an object"),
    ((*MESSAGE, "referral"), "x", "the referral is not an object"),
    ((*MESSAGE, "id"), None, "the message has no id"),
    ((*MESSAGE, "id"), " ", "the message has no id"),
    ((*MESSAGE, "id"), {}, "the message's id is an object; expected an id"),
    ((*MESSAGE, "id"), "x" * 513, "the message's id is 513 characters long; an id has at most 512"),
    ((*MESSAGE, "timestamp"), None, "the message's timestamp is missing; expected seconds since 1970"),
    ((*MESSAGE, "timestamp"), True, "the message's timestamp is true or false; expected seconds since 1970"),
    ((*MESSAGE, "timestamp"), 1.5, "the message's timestamp is a fraction; expected seconds since 1970"),
    ((*MESSAGE, "timestamp"), "soon", "the message's timestamp is 'soon'; expected seconds since 1970"),
    ((*MESSAGE, "timestamp"), "9" * 50, f"the message's timestamp is '{'9' * 40}'; expected seconds since 1970"),
    (
        (*MESSAGE, "timestamp"),
        1760000000000,
        "the message's timestamp is '1760000000000'; expected seconds since 1970",
    ),
    (
        (*MESSAGE, "timestamp"),
        17600000000,
        "the message's timestamp is '17600000000', in the year 2527; expected seconds since 1970",
    ),
    ((*MESSAGE, "timestamp"), 0, "the message's timestamp is '0', in the year 1970; expected seconds since 1970"),
    ((*MESSAGE, "from_user_id"), [], "from_user_id is a list; expected an id"),
    ((*MESSAGE, "referral", "source_id"), 1.5, "source_id is a fraction; expected an id"),
    ((*MESSAGE, "referral", "ad_id"), "x" * 256, "ad_id is 256 characters long; an id has at most 255"),
]


@pytest.mark.parametrize(("path", "new", "reason"), REJECTED, ids=[reason for *_, reason in REJECTED])
def test_what_cannot_be_used_is_rejected_with_its_reason(path: tuple[Any, ...], new: Any, reason: str) -> None:
    body = copy.deepcopy(FULL)
    message_in(body)["referral"]["ad_id"] = AD
    found = whatsapp.extract(replaced(body, path, new))
    assert (found.referrals, found.rejected) == ([], [reason]) or (len(path) == 6 and found.rejected == [reason])


def test_a_referral_that_is_nested_too_deeply_is_rejected() -> None:
    deep: Any = 1
    for _ in range(100):
        deep = [deep]
    assert whatsapp.extract(an_ad_referral(extra=deep)).rejected == ["the referral is nested too deeply"]


def test_a_message_that_is_rejected_takes_no_other_with_it() -> None:
    body = an_ad_message()
    value_in(body)["messages"] = ["x", message_in(body), message_in(an_ad_message(id=None))]
    assert counted(whatsapp.extract(body)) == (1, 0, ["a message is not an object", "the message has no id"])


# --- other shapes


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"object": "page"}, "a body of object 'page'"),
        ({"object": "x" * 99}, f"a body of object '{'x' * 40}'"),
        ({"object": ["a"]}, "a body of object \"['a']\""),
        ({}, "a JSON document of unknown shape"),
        ([], "a JSON document of unknown shape"),
        (None, "a JSON document of unknown shape"),
        ("whatsapp_business_account", "a JSON document of unknown shape"),
    ],
)
def test_a_document_of_another_shape_is_rejected(value: Any, reason: str) -> None:
    expected = f"{reason}; expected a WhatsApp Cloud API body (object 'whatsapp_business_account')"
    assert counted(shapes.extract(value)) == (0, 0, [expected])
    assert not shapes.is_payload(value)


REJECT = {"source": "a", "line": 1, "reason": "r", "payload": '{"a"\udcff'}


def test_a_rejected_line_gives_back_its_very_bytes() -> None:
    assert shapes.rejected_payload(REJECT) == b'{"a"\xff'
    assert shapes.is_payload(REJECT)


@pytest.mark.parametrize("change", [{"payload": 1}, {"payload": "\ud83d"}, {"more": 1}])
def test_what_only_looks_like_a_rejected_line_is_none(change: dict[str, Any]) -> None:
    assert shapes.rejected_payload(REJECT | change) is None


# --- properties

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=10)
    | st.sampled_from(["ad", "5491155550001", "wamid.1", "1760000000", "\0", "\ud83d"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "from", "referral", "wa_id", "x"]) | st.text(max_size=3), inner)
    ),
    max_leaves=8,
)


@given(st.lists(st.tuples(st.sampled_from(PLACES[1:]), JSON_VALUES), min_size=1, max_size=3))
def test_no_value_anywhere_in_a_body_raises(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    body: Any = FULL
    for path, new in sorted(changes, key=lambda change: -len(change[0])):
        body = replaced(body, path, new)
    check(shapes.extract(body))


@given(JSON_VALUES)
def test_no_document_at_all_raises(value: Any) -> None:
    check(shapes.extract(value))
    assert shapes.is_payload(value) in {True, False}
