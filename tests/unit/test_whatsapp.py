"""WhatsApp bodies: which ad, whose, when, and why a message cannot be used."""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from metaads_cli.models.referral import Referral
from metaads_cli.referrals import whatsapp
from metaads_cli.referrals.extraction import Extraction
from payloads import CASES, documents, replaced

AD = "120200000000000001"


def sample(name: str) -> dict[str, Any]:
    (body,) = documents(CASES / "whatsapp" / f"{name}.json")
    assert isinstance(body, dict)
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


FULL = sample("wa_text_referral_image")
value_in(FULL)["statuses"] = [{"id": "s1"}]
message_in(FULL)["from_user_id"] = "AR.1"
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
