"""Patch 0001, the specification's `01_meta_ads_columns.sql`: five columns on a live table of patients."""

import psycopg
import pytest
from sqlalchemy import insert, select
from tests.patches.conftest import ATTRIBUTION, PATIENTS, PEOPLE, applied, run, shape_of

from metaads_cli.db.session import render
from metaads_cli.db.tables import patients

OLD_COLUMNS = (
    "id, tenant_id, phone_number, dni, first_name, last_name, email, status, urgency_level, urgency_reason, "
    "preferred_schedule, medical_history, created_at, updated_at"
)


def rows_as_bytes(connection: psycopg.Connection) -> bytes:
    with connection.cursor().copy(
        f"COPY (SELECT {OLD_COLUMNS} FROM patients ORDER BY id) TO STDOUT (FORMAT binary)"
    ) as c:
        return b"".join(c)


def test_scenario_ejecucion_de_migracion_en_base_de_datos_existente(bare: psycopg.Connection) -> None:
    # Given la tabla 'patients' ya tiene datos
    before = bare.execute("SELECT * FROM patients ORDER BY id").fetchall()
    assert len(before) == 3
    # When se ejecuta el script de migración '01_meta_ads_columns.sql'
    run(bare, up_to="0001_meta_ads_columns")
    # Then la tabla 'patients' tiene la columna 'acquisition_source' con default 'ORGANIC'
    columns = shape_of(bare).columns
    assert columns["acquisition_source"][2] == "'ORGANIC'::character varying"
    # And la columna 'meta_ad_id' existe y permite NULLs
    assert columns["meta_ad_id"] == ("character varying(255)", False, None)
    # And no se perdieron datos de pacientes existentes
    assert bare.execute(f"SELECT {OLD_COLUMNS} FROM patients ORDER BY id").fetchall() == before


def test_scenario_persistencia_de_modelo_actualizado(bare: psycopg.Connection) -> None:
    run(bare)
    # Given un objeto Patient con acquisition_source='META_ADS'
    patient = {
        "tenant_id": 1,
        "phone_number": "+5491155550009",
        "first_name": "Paz",
        "acquisition_source": "META_ADS",
        "meta_campaign_id": "Campaña Blanqueamiento 2026",
        "meta_ad_id": "23857123456",
        "meta_ad_headline": "¿Dolor de muelas?",
        "meta_ad_body": "Agenda tu turno…\n100 % 'gratis'",
    }
    # When se guarda en la base de datos
    statement, values = render(insert(patients).values(patient).returning(patients.c.id))
    saved = bare.execute(statement.encode(), values).fetchone()
    assert saved is not None
    # Then el valor se persiste correctamente sin errores de esquema
    query, values = render(select(*(patients.c[name] for name in patient)).where(patients.c.id == saved[0]))
    assert bare.execute(query.encode(), values).fetchone() == tuple(patient.values())


def test_the_rows_stay_byte_for_byte_and_the_table_is_not_rewritten(bare: psycopg.Connection) -> None:
    place = "SELECT pg_relation_filenode('patients'), array_agg((ctid, xmin)::text ORDER BY id) FROM patients"
    data, storage = rows_as_bytes(bare), bare.execute(place).fetchone()
    run(bare)
    assert rows_as_bytes(bare) == data
    assert bare.execute(place).fetchone() == storage


def test_the_new_columns_stand_behind_the_old_ones_in_the_order_of_the_specification(bare: psycopg.Connection) -> None:
    run(bare, up_to="0001")
    assert list(shape_of(bare).columns) == [*OLD_COLUMNS.split(", "), *ATTRIBUTION]


def test_the_columns_have_the_types_of_the_database_document(bare: psycopg.Connection) -> None:
    run(bare, up_to="0001")
    columns = shape_of(bare).columns
    assert {name: columns[name] for name in ATTRIBUTION} == {
        "acquisition_source": ("character varying(50)", True, "'ORGANIC'::character varying"),
        "meta_campaign_id": ("character varying(255)", False, None),
        "meta_ad_id": ("character varying(255)", False, None),
        "meta_ad_headline": ("text", False, None),
        "meta_ad_body": ("text", False, None),
    }


def test_people_from_before_and_people_without_an_ad_are_organic(bare: psycopg.Connection) -> None:
    run(bare, up_to="0001")
    bare.execute("INSERT INTO patients (tenant_id, phone_number, first_name) VALUES (1, '1', 'Leo')")
    read = bare.execute(f"SELECT DISTINCT {', '.join(ATTRIBUTION)} FROM patients").fetchall()
    assert read == [("ORGANIC", None, None, None, None)]


def test_the_source_that_the_patch_adds_cannot_be_null(bare: psycopg.Connection) -> None:
    run(bare, up_to="0001")
    with pytest.raises(psycopg.errors.NotNullViolation, match="acquisition_source"):
        bare.execute("UPDATE patients SET acquisition_source = NULL")


def test_a_host_that_has_nullable_columns_keeps_them_and_their_values(bare: psycopg.Connection) -> None:
    bare.execute(
        "ALTER TABLE patients ADD acquisition_source varchar(50) DEFAULT 'ORGANIC', ADD meta_ad_id varchar(255)"
    )
    bare.execute("UPDATE patients SET acquisition_source = NULL WHERE id = 1")
    bare.execute("UPDATE patients SET acquisition_source = 'REFERRED', meta_ad_id = '7' WHERE id = 2")
    run(bare, up_to="0001")
    columns = shape_of(bare).columns
    assert [columns[name][1] for name in ATTRIBUTION] == [False] * 5
    assert bare.execute("SELECT acquisition_source, meta_ad_id FROM patients ORDER BY id").fetchall() == [
        (None, None),
        ("REFERRED", "7"),
        ("ORGANIC", None),
    ]


@pytest.mark.parametrize("column", ["acquisition_source", "meta_campaign_id", "meta_ad_id"])
def test_a_varchar_without_a_length_is_accepted_and_left_alone(empty_url: str, column: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute(PATIENTS)
        connection.execute(PEOPLE)
        default = " DEFAULT 'ORGANIC'" if column == "acquisition_source" else ""
        connection.execute(f"ALTER TABLE patients ADD {column} varchar{default}")
        assert "0001" in applied(run(connection))
        assert shape_of(connection).columns[column][0] == "character varying"


@pytest.mark.parametrize("missing", ATTRIBUTION)
def test_only_the_column_that_is_missing_is_added(bare: psycopg.Connection, missing: str) -> None:
    run(bare, up_to="0001")
    whole = shape_of(bare).columns
    bare.execute(f"ALTER TABLE patients DROP COLUMN {missing}")
    bare.execute("DROP TABLE metaads.patch_log")
    run(bare, up_to="0001")
    assert shape_of(bare).columns == whole
