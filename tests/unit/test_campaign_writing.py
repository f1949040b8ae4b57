"""A campaign file that is written, and read again."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metaads_cli.campaign_file import read_campaigns
from metaads_cli.campaign_file.fields import LONGEST_NAME
from metaads_cli.campaign_file.nodes import plain
from metaads_cli.campaign_file.reader import read_documents
from metaads_cli.campaign_file.variables import Variables
from metaads_cli.campaign_file.writing import write_document

TEXTS = st.one_of(
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
    st.sampled_from(
        ["NO", "null", "~", "10:30", "1e5", "0x1F", "007", ".5", "5.", "true", "yes", "- a", "a: b", "a #b", "'", '"',
         "${promo}", "$${x}", "${", "a\nb", "a\n\n  b\n", "\ttab", " a ", "é\u0301", "😀", "\u2028", "\x85", "\ufeff",
         "|", ">", "&a", "*a", "!t", "%YAML 1.1", "---", "...", "2026-12-01T08:00", "<<", "[a]", "{a}", "a\\n", "\x07"]
    ),
)  # fmt: skip
NUMBERS = st.one_of(
    st.integers(-(10**18), 10**18),
    st.decimals(-(10**12), 10**12, places=2),
    st.floats(-180, 180, allow_nan=False).map(lambda number: round(number, 6)),
    st.booleans(),
)
VALUES = st.recursive(
    st.one_of(TEXTS, NUMBERS), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4)
)


def read(text: str) -> Any:
    """The document with its variables put in, as a campaign's is before its keys are looked at."""
    stream = read_documents(text, "written")
    assert stream.problems == []
    (root,) = stream.documents
    variables = Variables(root, {})
    document = plain(variables.substituted(root))
    assert variables.problems == []
    return document


def exact(value: Any) -> Any:
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, list):
        return [exact(one) for one in value]
    if isinstance(value, dict):
        return {key: exact(one) for key, one in value.items()}
    return value


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "budget", "campaign", "adsets", "schedule"]), VALUES, min_size=1))
def test_whatever_is_written_is_read_as_it_was(document: dict[str, Any]) -> None:
    assert read(write_document(document)) == exact(document)


def test_it_reads_well() -> None:
    text = write_document({
        "apiVersion": "metaads/v1", "key": "verano", "page": "109876543210987",
        "campaign": {"name": "Verano 2026 | AR", "special_ad_categories": []},
        "adsets": [{"key": "caba", "name": "CABA: 25-45", "budget": {"daily": Decimal("45000.00")},
                    "ads": [{"key": "a", "text": "Solo hoy.\n¡Escribinos!"}]}],
    })  # fmt: skip
    assert (
        text
        == """\
# yaml-language-server: $schema=./metaads.schema.json
apiVersion: metaads/v1
key: verano
page: "109876543210987"

campaign:
  name: Verano 2026 | AR
  special_ad_categories: []

adsets:
  - key: caba
    name: "CABA: 25-45"
    budget: {daily: 45000.00}
    ads:
      - key: a
        text: |-
          Solo hoy.
          ¡Escribinos!
"""
    )


@settings(deadline=None)
@given(
    name=TEXTS.filter(lambda text: text.strip() and len(text) <= LONGEST_NAME),
    text=TEXTS.filter(lambda text: text.strip()),
    amount=st.decimals(1, 10**9, places=2),
)
def test_a_campaign_keeps_its_names_texts_and_amounts(name: str, text: str, amount: Decimal) -> None:
    document = {
        "apiVersion": "metaads/v1", "key": "k", "account": "act_1", "page": "1", "currency": "ARS",
        "campaign": {"name": name, "objective": "OUTCOME_TRAFFIC", "special_ad_categories": []},
        "adsets": [{
            "key": "s", "name": name, "destination": "website", "optimize_for": "LINK_CLICKS",
            "budget": {"daily": amount},
            "targeting": {"geo_locations": {"countries": ["AR"]}, "targeting_automation": {"advantage_audience": 0}},
            "ads": [{"key": "a", "name": name, "image_hash": "h", "text": text, "link": "https://example.com/"}],
        }],
    }  # fmt: skip
    (spec,) = read_campaigns(write_document(document), "written", {})
    (ad_set,) = spec.adsets
    assert (spec.name, ad_set.name, ad_set.ads[0].name, ad_set.ads[0].creative.text) == (name, name, name, text)
    assert ad_set.budget is not None
    assert ad_set.budget.daily == amount


def test_half_a_character_is_refused() -> None:
    with pytest.raises(ValueError, match="half of a character"):
        write_document({"a": "\ud83d"})
