"""JSON: the result document, amounts and rates as numbers with their exact decimals."""

import msgspec

_encoder = msgspec.json.Encoder(decimal_format="number")


def write(result: msgspec.Struct) -> str:
    return msgspec.json.format(_encoder.encode(result), indent=2).decode() + "\n"


def write_lines(items: list[object]) -> str:
    """One JSON object per line."""
    return "".join(_encoder.encode(item).decode() + "\n" for item in items)
