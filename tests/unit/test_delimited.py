"""CSV and TSV for spreadsheets: nothing runs, and what was written can be had back exactly."""

import csv
import io
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from metaads_cli.render import delimited
from metaads_cli.render.table import Column, Table

TEXT = Column("name", "Name")
SPEND = Column("spend", "Spend", "amount")
FORMULAS = [
    "=1+1",
    "+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1",
    "\r\n=1",
    '"=1',
    "'=1",
    "''=1",
    "＝1",
    "x;=1",
    "x\t+1",
    "x\n@A",
    'x;"=1',
]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_would_be_a_formula_gets_an_apostrophe(text: str) -> None:
    guarded = delimited.guard(text)
    assert len(guarded) == len(text) + 1
    assert delimited.unguard(guarded) == text


@pytest.mark.parametrize("text", ["", "Implantes - Web", "a=b", "50 %", "¿Dolor?", "2026-11-21", "x; y", "a@b"])
def test_other_texts_are_left_alone(text: str) -> None:
    assert delimited.guard(text) == text


@given(st.text(alphabet=st.sampled_from("=+-@'\";\t\r\nx＝") | st.characters(exclude_categories=["Cs"])))
@example("';=';=")
def test_the_apostrophes_can_be_taken_off_again(text: str) -> None:
    assert delimited.unguard(delimited.guard(text)) == text


SPLITS = {
    "at commas": lambda written: [cell for row in csv.reader(io.StringIO(written, newline="")) for cell in row],
    "at semicolons": lambda written: re.split(r"[;\r\n]", written),
    "at tabs": lambda written: re.split(r"[\t\r\n]", written),
}
"""The last two lose the quotes of a field that does not begin a line, as a spreadsheet does."""


@pytest.mark.parametrize("split", SPLITS)
@given(st.text(alphabet=st.sampled_from("=+-@'\";\t\r\nx, ")))
def test_wherever_a_spreadsheet_splits_a_line_no_cell_begins_as_a_formula(split: str, text: str) -> None:
    written = delimited.write(Table([Column("id", "Id", "id"), TEXT], [["7", text]]), ",", guarded=True)
    assert [cell for cell in SPLITS[split](written) if cell.lstrip('"').startswith(tuple("=+-@"))] == []


def test_figures_are_exact_in_a_guarded_file_too() -> None:
    table = Table([TEXT, SPEND], [["=A1", -5], ["b", None]])
    assert delimited.write(table, ",", guarded=True) == "name,spend\n'=A1,-5\nb,\n"


def test_a_program_reads_what_was_written() -> None:
    table = Table([TEXT, SPEND], [["=A1", -5]])
    assert delimited.write(table, ",") == "name,spend\n=A1,-5\n"
