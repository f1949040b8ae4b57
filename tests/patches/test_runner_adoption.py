"""Databases that are patched in part already, and those that somebody changed afterwards: by proof, not by a stamp."""

from dataclasses import replace

import psycopg
import pytest
from tests.patches.conftest import OPTIONS, applicable_here, applied, execute_file, history, run, shape_of

from harness import Server
from metaads_cli.tasks.migrate import adopt, plan
from patching import Ear, as_superuser


def test_what_the_host_did_itself_is_recorded_and_nothing_is_changed(bare: psycopg.Connection) -> None:
    for number in ("0001", "0003", "0004"):
        execute_file(bare, number)
    bare.execute("ALTER TABLE patients ALTER meta_ad_id TYPE text")
    before = shape_of(bare)
    ear, options = Ear(), replace(OPTIONS, up_to="0012")
    assert adopt(bare, options, ear).adopted == ["0003_external_ids", "0004_patients_external_ids_index"]
    assert shape_of(bare) == before
    assert (history(bare, "applied"), history(bare, "adopted")) == (["0000"], ["0003", "0004"])
    assert any("0001_meta_ads_columns is not adopted: public.patients.meta_ad_id: is text" in t for t in ear.heard)
    bare.execute("ALTER TABLE patients ALTER meta_ad_id TYPE varchar")
    assert adopt(bare, options, ear).adopted == ["0001_meta_ads_columns"]
    assert set(applied(run(bare))) == set(applicable_here(bare)) - {"0000", "0001", "0003", "0004"}


def test_up_to_a_patch_is_adopted_only_so_far(bare: psycopg.Connection) -> None:
    for number in ("0001", "0003"):
        execute_file(bare, number)
    assert adopt(bare, replace(OPTIONS, up_to="0002"), Ear()).adopted == ["0001_meta_ads_columns"]


@pytest.mark.parametrize(
    ("change", "patch", "said"),
    [
        ("ALTER TABLE patients DROP COLUMN meta_ad_body", "0001_meta_ads_columns", "meta_ad_body: is missing"),
        ("ALTER TABLE patients ALTER meta_ad_id TYPE text", "0001_meta_ads_columns", "meta_ad_id: is text"),
        ("DROP INDEX idx_patients_external_ids", "0004_patients_external_ids_index", "missing"),
        (
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_patients_external_ids'::regclass",
            "0004_patients_external_ids_index",
            "INVALID: CREATE INDEX",
        ),
        ("DROP TABLE metaads.attributions", "0005_metaads_schema", "metaads.attributions"),
    ],
)
def test_what_somebody_undid_by_hand_is_drift(
    connection: psycopg.Connection, server: Server, change: str, patch: str, said: str
) -> None:
    assert plan(connection, None, verify=True).drift == []
    with as_superuser(server, connection) as superuser:
        superuser.execute(change.encode())
    assert plan(connection, None).drift == []
    found = plan(connection, None, verify=True).drift
    assert (found[0].name, found[0].problem) == (patch, "verify")
    assert said in found[0].detail
