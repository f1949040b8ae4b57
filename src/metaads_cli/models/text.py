"""Text of others as PostgreSQL can hold it."""


def clean(text: str) -> str:
    """Without NUL, which PostgreSQL cannot store, and with lone surrogates replaced."""
    text = text.replace("\0", "")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
