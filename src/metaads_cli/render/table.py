"""A table as data: what every format but `json` and `jsonl` is written from."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal, TypeVar

T = TypeVar("T")
Cell = str | int | Decimal | bool | date | None


@dataclass(frozen=True)
class Column:
    """`key` heads machine-readable output, `label` the table people read."""

    key: str
    label: str
    kind: Literal["text", "id", "count", "amount", "percent", "change", "written"] = "text"

    @property
    def is_number(self) -> bool:
        return self.kind not in {"text", "id"}

    def shown(self, value: Cell) -> str:
        """The value as a person reads it, on one line. Unknown is a dash: absent is not zero."""
        return "–" if value is None else _CONTROL.sub(" ", _SHOWN[self.kind](value))

    def written(self, value: Cell) -> str:
        """The value as a program reads it: exact, empty where unknown."""
        return "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)


# An ad's text may hold line ends or, forged, the control sequences of a terminal.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SHOWN: dict[str, Callable[[Any], str]] = {
    "text": lambda value: ("yes" if value else "no") if isinstance(value, bool) else str(value),
    "id": str,  # kept on one line, to be copied
    "written": str,  # a number as text already
    "count": lambda value: f"{value:,}",
    "amount": lambda value: f"{value:,.2f}",
    "percent": lambda value: f"{Decimal(value or 0) * 100:.1f} %",
    "change": lambda value: f"{Decimal(value) * 100:+.1f} %" if value else "0.0 %",
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
    hidden: frozenset[str] = field(default_factory=frozenset)
    """Keys of columns for programs only."""
    notes: Sequence[str] | None = None
    """For one record: a few words on each of its values. People read it line by line."""

    def for_people(self) -> "Table":
        """The same without optional columns that hold nothing; one record as lines of label, value and note."""
        if self.notes is not None:
            return self._as_lines()
        lines = [*self.rows, *([self.total] if self.total else [])]
        kept = [
            index
            for index, column in enumerate(self.columns)
            if column.key not in self.hidden
            and (column.key not in self.optional or any(line[index] is not None for line in lines))
        ]
        return Table(
            columns=_pick(self.columns, kept),
            rows=[_pick(row, kept) for row in self.rows],
            total=_pick(self.total, kept) if self.total else None,
            title=self.title,
            empty=self.empty,
        )

    def for_total(self) -> list[Cell]:
        """The total's cells: a name that it does not have is left out, not unknown."""
        pairs = zip(self.columns, self.total or (), strict=True)
        return ["" if value is None and not column.is_number else value for column, value in pairs]

    def facts(self) -> list[tuple[Column, Cell, str]]:
        """Of one record: what people are told, with the words on it."""
        return [
            (column, value, note)
            for column, value, note in zip(self.columns, self.rows[0], self.notes or (), strict=True)
            if column.key not in self.hidden and (column.key not in self.optional or value is not None)
        ]

    def _as_lines(self) -> "Table":
        right = all(column.is_number for column in self.columns)
        columns = (Column("label", ""), Column("value", "", "written" if right else "text"), Column("note", ""))
        rows = [[column.label, column.shown(value), note] for column, value, note in self.facts()]
        return Table(columns, rows, title=self.title)


def _pick(values: Sequence[T], indexes: Iterable[int]) -> list[T]:
    return [values[index] for index in indexes]
