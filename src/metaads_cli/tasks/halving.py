"""What the database refuses of one person (a host's constraint, a trigger) must not keep back the others."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from metaads_cli.errors import InputError

T = TypeVar("T")


def store_apart(items: Sequence[T], store: Callable[[Sequence[T]], None], refuse: Callable[[T, str], None]) -> None:
    """Store all items but those that are refused alone, which are found by halving; `refuse` is told why.

    `store` keeps all that it is given, or nothing and raises InputError.
    """
    if not items:
        return
    try:
        store(items)
    except InputError as refused:
        half = len(items) // 2
        if half == 0:
            refuse(items[0], refused.message)
            return
        store_apart(items[:half], store, refuse)
        store_apart(items[half:], store, refuse)
