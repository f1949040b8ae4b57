"""Text of others as PostgreSQL can hold it."""


def clean(text: str) -> str:
    """Without NUL, which PostgreSQL cannot store, and with lone surrogates replaced."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
