"""Phone numbers in the one form that all ways of writing them are compared in.

WhatsApp writes Argentine mobiles with a 9 after the country code, Mexican ones with or without a 1, Brazilian ones with
or without the ninth digit; people write them with spaces, a trunk 0 or no country at all.
"""

import re

_RULES = (
    (re.compile(r"54(?!9)(\d{10})"), r"549\1"),
    (re.compile(r"52(?!1\d{10})(\d{10})"), r"521\1"),
    (re.compile(r"55(\d{2})([6-9]\d{7})"), r"55\g<1>9\2"),
)
"""Ways of writing, and the form of each: the one that WhatsApp itself writes."""


def canonical(digits: str) -> str:
    """The form of an international number; `digits` are without `+`."""
    for written, form in _RULES:
        if match := written.fullmatch(digits):
            return match.expand(form)
    return digits


def contact_key(written: str, region: str | None) -> str | None:
    """The form of a number as somebody wrote it; None where it is none.

    `region` is the country, in two letters, of a number without one. A number that makes no sense in it is taken as
    the digits that it has.
    """
    digits = "".join(char for char in written if char in "0123456789")
    if not digits:
        return None
    return canonical(_international(written, region) or digits)


def plain_pattern(region: str | None) -> str:
    """A regular expression for numbers that are stored as digits with their country, with or without `+`."""
    if region is None:
        return "^[+]?[1-9][0-9]{9,14}$"
    import phonenumbers

    country = phonenumbers.country_code_for_region(region)
    return f"^([+]?{country}[0-9]{{8,12}}|[+][1-9][0-9]{{7,14}})$" if country else plain_pattern(None)


def _international(written: str, region: str | None) -> str | None:
    import phonenumbers  # its tables take a while to load

    attempts = [written] if "+" in written else [f"+{written}", written]
    for attempt in attempts:
        try:
            number = phonenumbers.parse(attempt, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return f"{number.country_code}{phonenumbers.national_significant_number(number)}"
    return None
