"""A table as data: what `table`, `csv`, `tsv` and `md` are written from."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeVar

T = TypeVar("T")
Cell = str | int | Decimal | bool | None


@dataclass(frozen=True)
class Column:
    """`key` heads machine-readable output, `label` the table people read."""

    key: str
    label: str
    kind: Literal["text", "count", "amount", "percent"] = "text"

    @property
    def is_number(self) -> bool:
        return self.kind != "text"

    def shown(self, value: Cell) -> str:
        """The value as a person reads it. Unknown is a dash: absent is not zero."""
        return "–" if value is None else _SHOWN[self.kind](value)

    def written(self, value: Cell) -> str:
        """The value as a program reads it: exact, empty where unknown."""
        return "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)


_SHOWN: dict[str, Callable[[Cell], str]] = {
    "text": str,
    "count": lambda value: f"{value:,}",
    "amount": lambda value: f"{value:,.2f}",
    "percent": lambda value: f"{Decimal(value or 0) * 100:.1f} %",
}


@dataclass(frozen=True)
class Table:
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    total: Sequence[Cell] | None = None
    title: str | None = None
    empty: str = "nothing to show"
    optional: frozenset[str] = field(default_factory=frozenset)
    """Keys of columns that people are spared while every value is unknown."""

    def for_people(self) -> "Table":
        """The same without optional columns that hold nothing."""
        lines = [*self.rows, *([self.total] if self.total else [])]
        kept = [
            index
            for index, column in enumerate(self.columns)
            if column.key not in self.optional or any(line[index] is not None for line in lines)
        ]
        return Table(
            columns=_pick(self.columns, kept),
            rows=[_pick(row, kept) for row in self.rows],
            total=_pick(self.total, kept) if self.total else None,
            title=self.title,
            empty=self.empty,
        )


def _pick(values: Sequence[T], indexes: Iterable[int]) -> list[T]:
    return [values[index] for index in indexes]
