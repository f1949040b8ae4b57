"""A Markdown table, for a report or a chat."""

from collections.abc import Iterable, Sequence

from metaads_cli.render.table import Cell, Table


def write(table: Table) -> str:
    table = table.for_people()
    lines = [f"**{_escape(table.title)}**", ""] if table.title else []
    lines.append(_line(column.label for column in table.columns))
    lines.append(_line("---:" if column.is_number else "---" for column in table.columns))
    lines += [_row(table, row) for row in table.rows]
    if table.total:
        lines.append(_row(table, table.for_total()))
    return "\n".join(lines) + "\n"


def _row(table: Table, row: Sequence[Cell]) -> str:
    return _line(_escape(column.shown(value)) for column, value in zip(table.columns, row, strict=True))


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
