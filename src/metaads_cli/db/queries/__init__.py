"""Every statement on tables, by subject. Fixed ones are named .sql files, composed ones SQLAlchemy Core."""

from functools import cache
from importlib import resources


@cache
def statement(name: str) -> str:
    """The text of a named statement, such as `touches/record`."""
    return resources.files(__name__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
