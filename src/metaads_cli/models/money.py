"""Amounts: exact decimals in a currency's major unit; Meta's budgets come in minor units, not always cents."""

from decimal import Decimal

# Currencies that Meta counts in whole units: "Currency codes" of the Marketing API reference.
_WITHOUT_MINOR_UNIT = frozenset({"CLP", "COP", "CRC", "HUF", "IDR", "ISK", "JPY", "KRW", "PYG", "TWD", "VND"})


def minor_units_per_major(currency: str) -> int:
    return 1 if currency in _WITHOUT_MINOR_UNIT else 100


def from_minor_units(amount: int, currency: str) -> Decimal:
    """`1050` ARS cents are 10.5 pesos; `1050` Colombian pesos stay so."""
    return Decimal(amount) / minor_units_per_major(currency)


def to_minor_units(amount: Decimal, currency: str) -> int:
    """`10.5` pesos are 1050 ARS cents. Raises ValueError for a fraction of a minor unit: nothing is rounded."""
    if not amount.is_finite():
        raise ValueError(f"{amount} is no amount")
    # Whole numbers, as a decimal's own multiplication rounds after 28 digits.
    numerator, denominator = amount.as_integer_ratio()
    units, rest = divmod(numerator * minor_units_per_major(currency), denominator)
    if rest:
        decimals = "two decimals" if minor_units_per_major(currency) == 100 else "no decimals"
        raise ValueError(f"{amount} {currency} cannot be paid: {currency} has {decimals} at Meta")
    return units
