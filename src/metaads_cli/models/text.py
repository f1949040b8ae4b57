"""Text of others as PostgreSQL can hold it."""


def clean(text: str) -> str:
    """Without NUL, which PostgreSQL cannot store, and with lone surrogates replaced."""
    if "\0" in text:
        text = text.replace("\0", "")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
