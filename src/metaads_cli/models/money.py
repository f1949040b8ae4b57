"""Amounts: exact decimals in a currency's major unit; Meta's budgets come in minor units, not always cents."""

from decimal import Decimal

# Currencies that Meta counts in whole units: "Currency codes" of the Marketing API reference.
_WITHOUT_MINOR_UNIT = frozenset({"CLP", "COP", "CRC", "HUF", "IDR", "ISK", "JPY", "KRW", "PYG", "TWD", "VND"})


def minor_units_per_major(currency: str) -> int:
    return 1 if currency in _WITHOUT_MINOR_UNIT else 100


def from_minor_units(amount: int, currency: str) -> Decimal:
    """`1050` ARS cents are 10.5 pesos; `1050` Colombian pesos stay so."""
    return Decimal(amount) / minor_units_per_major(currency)
