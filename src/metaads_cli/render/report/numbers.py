"""How numbers and days are written on a page: thin spaces between thousands, a real minus."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal

from metaads_cli.models.money import minor_units_per_major

THIN, FIXED = "\u202f", "\u00a0"
"""A narrow space and a common one, neither of which breaks a line."""
UNKNOWN = "–"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WHOLE_FROM = 1000
"""Amounts from here on are written without their cents."""
_EXACT = Context(prec=100)
Number = int | Decimal


@dataclass(frozen=True)
class Style:
    """What a number is, and how it is written."""

    written: Callable[[Number], str]

    def __call__(self, value: Number | None) -> str:
        return UNKNOWN if value is None else self.written(value)


def plain(value: Number, decimals: int = 0, *, signed: bool = False) -> str:
    """`-1234.5` as `−1 234.50`, rounded half up."""
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _EXACT)
    sign = "−" if rounded < 0 else "+" if signed and rounded else ""
    return sign + f"{abs(rounded):,f}".replace(",", THIN)


def amount(currency: str, like: Number | None = None) -> Style:
    """With as many decimals as its size asks for, or those that the amount `like` would have."""
    return Style(lambda value: f"{currency}{FIXED}{plain(value, cents(currency, value if like is None else like))}")


def signed_amount(currency: str, like: Number) -> Style:
    def written(value: Number) -> str:
        text = plain(value, cents(currency, like), signed=True)
        return f"{text[:1]}{currency}{FIXED}{text[1:]}" if text[:1] in {"+", "−"} else f"{currency}{FIXED}{text}"

    return Style(written)


def bare_amount(currency: str | None, like: Number) -> Style:
    """An amount of a column that names its currency."""
    return Style(lambda value: plain(value, cents(currency, like)))


def largest(values: Iterable[Number | None]) -> Number:
    return max((abs(Decimal(value)) for value in values if value is not None), default=Decimal(0))


def cents(currency: str | None, value: Number) -> int:
    return 0 if not value or abs(Decimal(value)) >= WHOLE_FROM or minor_units_per_major(currency or "") == 1 else 2


def _percent(value: Number) -> str:
    return f"{plain(Decimal(value) * 100, 1)}{THIN}%"


def _signed_percent(value: Number) -> str:
    percent = Decimal(value) * 100
    return f"{plain(percent, 0 if abs(percent) >= WHOLE_FROM else 1, signed=True)}{THIN}%"


COUNT = Style(plain)
SIGNED_COUNT = Style(lambda value: plain(value, signed=True))
PERCENT = Style(_percent)
SIGNED_POINTS = Style(lambda value: f"{plain(Decimal(value) * 100, 1, signed=True)}{FIXED}points")
SIGNED_PERCENT = Style(_signed_percent)
WHOLE_PERCENT = Style(lambda value: f"{plain(Decimal(value) * 100)}{THIN}%")
ONE_DECIMAL = Style(lambda value: plain(value, 1))
TIMES = Style(lambda value: f"{plain(value, 2)}{THIN}×")


def day(value: date, *, year: bool = True) -> str:
    return f"{value.day}{FIXED}{MONTHS[value.month - 1]}" + (f"{FIXED}{value.year}" if year else "")


def days(since: date, until: date) -> str:
    """`1–31 Oct 2026`, `28 Sep – 4 Oct 2026`."""
    if since == until:
        return day(since)
    if (since.year, since.month) == (until.year, until.month):
        return f"{since.day}–{day(until)}"
    return f"{day(since, year=since.year != until.year)} – {day(until)}"


def period(grain: str, since: date, until: date) -> str:
    """How a day, a week or a month of a chart is called."""
    if grain == "day":
        return f"{WEEKDAYS[since.weekday()]} {day(since)}"
    whole_month = since.day == 1 and (until + timedelta(days=1)).day == 1
    return f"{MONTHS[since.month - 1]} {since.year}" if grain == "month" and whole_month else days(since, until)
