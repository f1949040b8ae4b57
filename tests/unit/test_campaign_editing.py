"""Budgets changed in a file's text: those, and nothing else."""

from decimal import Decimal

import pytest

from metaads_cli.campaign_file import read_campaigns
from metaads_cli.campaign_file.editing import with_daily_budgets

HEAD = """\
# Ours
apiVersion: metaads/v1
key: verano   # for ever
account: act_1
currency: ARS
page: "1"
campaign: {name: Verano, objective: traffic, special_ad_categories: []}
"""
AUDIENCE = "{locations: [{country: AR}], advantage: false}"
ADS = "[{key: a, image_hash: h, link: https://example.com/}]"
OWN = f"""{HEAD}
adsets:
  - key: caba
    name: CABA
    optimize_for: link_clicks
    budget: {{daily: 45000.00}}   # pesos
    audience: {AUDIENCE}
    ads: {ADS}
  - key: sur
    name: Sur
    optimize_for: link_clicks
    budget:
      daily: 300
    audience: {AUDIENCE}
    ads: {ADS}
"""
SHARED = f"""{HEAD}
defaults: {{adset: {{budget: {{daily: 1000}}, optimize_for: link_clicks, audience: {AUDIENCE}}}}}
adsets:
  - key: caba
    name: CABA
    ads: {ADS}
  - {{key: sur, name: Sur, ads: {ADS}}}
"""


def edited(text: str, **amounts: str) -> list[str]:
    (spec,) = read_campaigns(text, "f", {})
    return with_daily_budgets(text, spec, {key: Decimal(amount) for key, amount in amounts.items()}).splitlines()


def budgets(lines: list[str]) -> dict[str, Decimal | None]:
    (spec,) = read_campaigns("\n".join(lines), "f", {})
    return {one.key: one.budget.daily if one.budget else None for one in spec.adsets}


def test_amounts_are_replaced_where_they_stand() -> None:
    lines = edited(OWN, caba="54000", sur="240.5")
    changed = [new for old, new in zip(OWN.splitlines(), lines, strict=True) if old != new]
    assert changed == ["    budget: {daily: 54000.00}   # pesos", "      daily: 240.5"]


def test_a_default_is_left_and_the_ad_set_gets_its_own() -> None:
    lines = edited(SHARED, caba="1200", sur="800")
    assert budgets(lines) == {"caba": Decimal(1200), "sur": Decimal(800)}
    assert "  - budget: {daily: 1200}" in lines
    assert any(line.startswith("  - {budget: {daily: 800}, key: sur") for line in lines)


@pytest.mark.parametrize("text", [OWN, SHARED])
def test_no_amounts_change_nothing(text: str) -> None:
    assert edited(text) == text.splitlines()


def test_one_of_them_alone() -> None:
    assert budgets(edited(SHARED, sur="800")) == {"caba": Decimal(1000), "sur": Decimal(800)}
