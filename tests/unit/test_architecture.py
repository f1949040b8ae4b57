"""Rules of the house that a linter does not know."""

import ast
import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "metaads_cli"
FILES = sorted(SOURCE.rglob("*.py"))
SQL = re.compile(
    r"(?s)\b(SELECT\b.*\bFROM|INSERT INTO|UPDATE\b.*\bSET\b|DELETE FROM|CREATE TABLE|ALTER TABLE|COPY\b.*\bFROM)\b"
)


def strings(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_sql_has_one_home(path: Path) -> None:
    found = [text for text in strings(path) if SQL.search(text)]
    assert not found or path.is_relative_to(SOURCE / "db")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.sql")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_statement_of_a_tenant_binds_the_tenant(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("-- ")
    names_tables = re.search(
        r"\b(FROM|JOIN|INTO|UPDATE|USING)\s+(public\.|metaads\.|\{people\}|\{attributions\})", text
    )
    assert "%(tenant_id)s" in text or not names_tables
