"""Columns of rows: names in two languages, cells that say nothing, and ids that are none."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaads_cli.referrals.columns import ALIASES, Row, column

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "payloads.md"


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Teléfono", "telefono"),
        ("Correo electrónico", "correo_electronico"),
        ("correo_electrónico", "correo_electronico"),
        ("phone number", "phone_number"),
        ("phoneNumber", "phone_number"),
        ("PHONE-NUMBER", "phone_number"),
        ("leadID", "lead_id"),
        ("sourceURL", "source_url"),
        (" Título del anuncio: ", "titulo_del_anuncio"),
        ("¿Cuál es tu año?", "cual_es_tu_ano"),
        ("", ""),
        ("🙂\ud83d", ""),
        ("x" * 65, ""),
    ],
)
def test_a_name_is_compared_without_accents_capitals_and_signs(name: str, known: str) -> None:
    assert column(name) == known


def test_no_alias_means_two_things() -> None:
    names = [name for aliases in ALIASES.values() for name in aliases]
    assert sorted(set(names)) == sorted(names)
    assert all(column(name) == name for name in names)


def test_the_reference_names_every_alias() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {field: tuple(re.findall(r"`(\w+)`", names)) for field, names in rows if field in ALIASES} == ALIASES


@pytest.mark.parametrize("cell", [None, "", "  ", "null", "NULL", "undefined", "None", "N/A", "-", [], ["5491"]])
def test_a_cell_that_says_nothing_gives_way_to_the_next_column(cell: Any) -> None:
    assert Row({"phone": cell, "telefono": "5491155550001"}).digits("phone") == "5491155550001"


def test_the_first_column_of_those_that_mean_the_same_counts() -> None:
    assert Row({"telefono": "2", "phone": "1"}).digits("phone") == "1"
    assert Row({"Phone": "", "phone": "1", "PHONE": "2"}).digits("phone") == "1"


def test_an_object_in_a_cell_has_columns_of_its_own() -> None:
    row = Row({"ad": {"id": "1", "name": "x"}, "data": {"email": "a@b.c"}, "form": {"id": {"id": "2"}}})
    assert (row.id("ad_id"), row.email(), row.id("form_id")) == ("1", "a@b.c", None)


def test_a_column_of_the_row_itself_goes_before_one_of_an_object_in_it() -> None:
    assert Row({"data": {"phone": "2"}, "phone": "1"}).digits("phone") == "1"


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("l:600000000000001", "600000000000001"),
        ("ag:1", "1"),
        ("1.0", "1"),
        (1.0, "1"),
        ("l:", None),
        ("wamid.l:1",) * 2,
    ],
)
def test_an_id_is_without_what_meta_and_spreadsheets_add(cell: Any, found: str | None) -> None:
    assert Row({"ad_id": cell}).id("ad_id") == found


@pytest.mark.parametrize(
    ("cell", "found"), [(17, None), ("999999999", None), ("l:6000000000", "6000000000"), ("a1", "a1"), ("", None)]
)
def test_a_number_of_a_row_is_not_its_id(cell: Any, found: str | None) -> None:
    assert Row({"id": cell}).own_id() == found


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"nombre": "Ana", "apellido": "Prueba"}, "Ana Prueba"),
        ({"first_name": "Ana"}, "Ana"),
        ({"full_name": "Ana Prueba", "first_name": "x"}, "Ana Prueba"),
        ({"nombre_completo": "<test lead: dummy data for full_name>"}, None),
        ({}, None),
    ],
)
def test_a_name_is_whole_or_put_together(row: dict[str, Any], name: str | None) -> None:
    assert Row(row).full_name() == name


@pytest.mark.parametrize("cell", [True, 1, "true", "True", "1", "sí", "SI", " yes "])
def test_yes_is_said_in_many_ways(cell: Any) -> None:
    assert Row({"is_organic": cell}).says_yes("is_organic")


@pytest.mark.parametrize(
    "cell", [False, 0, 2, "false", "0", "no", "", None, pytest.param(10**5000, id="a number of 5000 digits")]
)
def test_anything_else_is_no(cell: Any) -> None:
    assert not Row({"is_organic": cell}).says_yes("is_organic")


@given(st.dictionaries(st.text(max_size=8), st.none() | st.text(max_size=8) | st.dictionaries(st.text(), st.text())))
def test_no_row_raises(row: dict[str, Any]) -> None:
    assert Row(row).has("phone") in {True, False}
