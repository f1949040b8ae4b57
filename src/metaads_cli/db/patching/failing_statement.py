"""Where in a patch's file the server met an error: line, column, the line with a caret; also inside DO."""

import re
from dataclasses import dataclass

import psycopg

from metaads_cli.db.patching.statements import CodeBlock, code_blocks

_LINE_OF_BLOCK = re.compile(r'PL/pgSQL function "?inline_code_block"?(?: near)? line (\d+)')
_SQL_STATEMENT = re.compile(r'(?s)^SQL (?:statement|expression) "(.*?)"$', re.MULTILINE)


@dataclass(frozen=True)
class Place:
    line: int
    column: int
    source: str

    def with_caret(self) -> str:
        """The line, and a caret under the column."""
        number = str(self.line)
        return f"  {number} | {self.source}\n  {' ' * len(number)} | {' ' * (self.column - 1)}^"


def locate(text: str, error: psycopg.Error, start: int = 0) -> Place | None:
    """The place in the text; `start` is where in it the statement begins that was sent. None where it is not said."""
    if error.diag.statement_position:
        return _place(text, start + int(error.diag.statement_position) - 1)
    lines = _LINE_OF_BLOCK.findall(error.diag.context or "")
    if not lines:
        return None
    statement = error.diag.internal_query or _statement_in(error.diag.context or "")
    # The innermost comes first: the block itself is the last one.
    return _inside(text, int(lines[-1]), statement, int(error.diag.internal_position or 1))


def _statement_in(context: str) -> str | None:
    found = _SQL_STATEMENT.search(context)
    return found[1] if found else None


def _inside(text: str, line: int, statement: str | None, position: int) -> Place | None:
    """The line of a block that the server counts; of several blocks the one that has the statement there."""
    begins = [begin for block in code_blocks(text) if (begin := _beginning(text, block, line)) is not None]
    for begin in begins:
        for written, shift in _spellings(statement or ""):
            found = text.find(written, begin)
            if found >= 0 and text.count("\n", begin, found) <= 1:
                return _place(text, found + position - 1 + (shift if position > shift else 0))
    return _place(text, _first_word(text, begins[0])) if begins else None


def _spellings(statement: str) -> list[tuple[str, int]]:
    """The statement as it may stand in the file, and by how many letters that is longer: PERFORM is sent as SELECT."""
    performed = [("PERFORM" + statement[6:], 1)] if statement.startswith("SELECT ") else []
    return [(statement, 0), *performed] if statement else []


def _beginning(text: str, block: CodeBlock, line: int) -> int | None:
    """Where that line of the block begins."""
    at = block.start
    for _ in range(line - 1):
        at = text.find("\n", at) + 1
        if at == 0 or at > block.start + len(block.text):
            return None
    return at


def _first_word(text: str, begin: int) -> int:
    while begin < len(text) and text[begin] == " ":
        begin += 1
    return begin


def _place(text: str, index: int) -> Place:
    line_start = text.rfind("\n", 0, index) + 1
    line_end = text.find("\n", index)
    return Place(
        line=text.count("\n", 0, index) + 1,
        column=index - line_start + 1,
        source=text[line_start : line_end if line_end >= 0 else None],
    )
