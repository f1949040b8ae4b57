"""Currencies: minor units, and what is cheap or dear in each."""

from decimal import Decimal

from metaads_cli.graph.simulator import facts

# Roughly how many units of the currency one US dollar is: budgets' minimums and invented spend follow it.
_UNITS_PER_DOLLAR = {
    "ARS": 1000, "BOB": 7, "BRL": 5, "CLP": 950, "COP": 4000, "CRC": 510, "GTQ": 8, "HNL": 25, "IDR": 16000,
    "JPY": 150, "KRW": 1350, "MXN": 18, "NIO": 37, "PEN": 4, "PYG": 7500, "TWD": 32, "UYU": 40, "VND": 25000,
}  # fmt: skip
# Accounts of these countries pay double the minimum (README 4.6).
_DOUBLED = frozenset(
    {"AU", "AT", "BE", "CA", "DK", "FI", "FR", "DE", "GR", "HK", "IL", "IT", "JP", "NL", "NZ", "NO", "SG", "KR", "ES",
     "SE", "CH", "TW", "GB", "US"}
)  # fmt: skip
_FOR_CLICKS = frozenset({"CLICKS", "LINK_CLICKS", "PAGE_LIKES", "POST_ENGAGEMENT", "THRUPLAY"})
_FOR_RARE_ACTIONS = frozenset({"APP_INSTALLS", "OFFER_CLAIMS", "PURCHASE"})


def minor_units(dollars: Decimal, currency: str) -> int:
    """About this many dollars, in minor units of the currency."""
    return int(dollars * _UNITS_PER_DOLLAR.get(currency, 1) * facts.currency_offset(currency))


def major(amount: int, currency: str) -> Decimal:
    return Decimal(amount) / facts.currency_offset(currency)


def minimum_daily_budget(currency: str, country: str, billing_event: str) -> int:
    """Without a bid cap, in minor units: 0.50 dollars for impressions, 2.50 for clicks, 40 for rare actions."""
    if billing_event in _FOR_RARE_ACTIONS:
        return minor_units(Decimal(40), currency)
    dollars = Decimal("2.50") if billing_event in _FOR_CLICKS else Decimal("0.50")
    return minor_units(dollars * (2 if country in _DOUBLED else 1), currency)
