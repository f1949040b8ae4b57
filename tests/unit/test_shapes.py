"""Shapes: what each case file holds, that each has one shape only, and what becomes of payloads of none."""

from pathlib import Path
from typing import Any

import pytest

from metaads_cli.cli.ingest import Payload
from metaads_cli.referrals import shapes
from metaads_cli.referrals.extraction import Extraction
from metaads_cli.referrals.shapes import SHAPES, extract
from metaads_cli.referrals.text import clean_json
from payloads import CASES, FILES, NO_SHAPE, at, documents, expected, name, parts, told

case = pytest.mark.parametrize("path", FILES, ids=map(name, FILES))


@case
def test_a_case_gives_its_normal_form(path: Path) -> None:
    found = [extract(document) for document in documents(path)]
    assert {
        "referrals": [told(referral) for one in found for referral in one.referrals],
        "ignored": sum(one.ignored for one in found),
        "rejected": [reason for one in found for reason in one.rejected],
    } == expected(path)


@case
def test_a_case_is_of_one_shape_or_of_none(path: Path) -> None:
    for document in documents(path):
        recognised = [
            shape for shape, known in SHAPES.items() if isinstance(document, dict) and known.recognises(document)
        ]
        assert recognised == ([] if path.parent.name == NO_SHAPE else [path.parent.name])
        assert shapes.is_payload(document) == (path.parent.name != NO_SHAPE)


@case
def test_a_case_reads_the_same_under_its_name(path: Path) -> None:
    shape = path.parent.name
    if shape != NO_SHAPE:
        assert all(extract(document, shape) == extract(document) for document in documents(path))


def test_every_file_of_expectations_has_its_case() -> None:
    assert {path.with_suffix(".expected.json") for path in FILES} == set(CASES.rglob("*.expected.json"))


def of_the_document(raw: dict[str, Any], document: Any) -> bool:
    """Whether `raw` is a part of the document, or some fields of one."""
    wholes = (at(document, path) for path in parts(document))
    return any(isinstance(whole, dict) and raw.items() <= whole.items() for whole in wholes if whole)


@case
def test_what_came_is_kept_as_it_came(path: Path) -> None:
    for document in documents(path):
        for referral in extract(document).referrals:
            assert referral.raw
            assert of_the_document(referral.raw, clean_json(document))


# --- named shapes

WHATSAPP, FLAT, LEAD = (
    documents(CASES / path)[0]
    for path in ("whatsapp/wa_text_referral_image.json", "flat/whatsapp.json", "leadgen/meta_export_row.json")
)
PAGE = documents(CASES / "leadgen" / "webhook_beside_a_conversation.json")[0]


def rejected(found: Extraction) -> str:
    assert (found.referrals, found.ignored) == ([], 0)
    (reason,) = found.rejected
    return reason


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "whatsapp"])
def test_a_payload_of_another_shape_than_the_named_one_is_rejected(shape: str) -> None:
    assert rejected(extract(WHATSAPP, shape)) == (
        f"a body of object 'whatsapp_business_account'; expected {SHAPES[shape].expected}"
    )


def test_a_row_is_rejected_as_a_body_of_whatsapp() -> None:
    assert rejected(extract(FLAT, "whatsapp")) == (
        "a JSON document of unknown shape (keys 'phone', 'name', 'ad_id', 'headline', 'body', 'timestamp', ...); "
        "expected a WhatsApp Cloud API body (object 'whatsapp_business_account')"
    )


@pytest.mark.parametrize("value", [None, [], "x", 1, True, [{}]])
@pytest.mark.parametrize("shape", [None, *SHAPES])
def test_what_is_no_object_is_rejected_under_any_name(value: Any, shape: str | None) -> None:
    assert rejected(extract(value, shape)).startswith("a JSON document of unknown shape (")


def test_a_page_with_leads_and_conversations_is_read_whole_under_either_name() -> None:
    found = extract(PAGE)
    assert [referral.channel for referral in found.referrals] == ["leadgen", "messenger"]
    assert extract(PAGE, "leadgen") == extract(PAGE, "messenger") == found


def test_a_row_with_a_person_is_a_lead_when_it_is_called_one() -> None:
    row = {"nombre": "Ana", "correo": "ana@example.com", "fecha": "2025-10-09T10:00:00Z"}
    assert not SHAPES["leadgen"].recognises(row)
    (referral,) = extract(row, "leadgen").referrals
    assert (referral.channel, referral.contact_email, referral.from_ad) == ("leadgen", "ana@example.com", False)


def test_a_lead_is_a_flat_row_when_it_is_called_one() -> None:
    (referral,) = extract(LEAD, "flat").referrals
    assert (referral.channel, referral.ad_id) == ("whatsapp", "120200000000000005")


# --- rejected lines that are fed back

REJECT = {"source": "a", "line": 1, "reason": "r", "payload": '{"a"\udcff'}


def test_a_rejected_line_gives_back_its_very_bytes() -> None:
    assert shapes.rejected_payload(REJECT) == b'{"a"\xff'
    assert shapes.is_payload(REJECT)


@pytest.mark.parametrize("change", [{"payload": 1}, {"payload": "\ud83d"}, {"more": 1}])
def test_what_only_looks_like_a_rejected_line_is_none(change: dict[str, Any]) -> None:
    assert shapes.rejected_payload(REJECT | change) is None


def test_every_shape_can_be_named_on_the_command_line() -> None:
    assert {str(name) for name in Payload} == {"auto", *SHAPES}
