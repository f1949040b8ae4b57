"""Rollback: only by a sidecar, only when nothing needs the patch, and knowing what is lost."""

from dataclasses import replace

import psycopg
import pytest
from tests.patches.conftest import CHAT, SILENT, applied, history, other_session, run, shape_of

from metaads_cli.console import Console
from metaads_cli.errors import LockNotAvailable, SafetyRefusal, UsageError
from metaads_cli.models.migrations import RollbackReport
from metaads_cli.tasks.rollback import RollbackOptions, rollback

OPTIONS = RollbackOptions(patch="", drop_data=False, wait_seconds=10, lock_attempts=2)
LOSSES = {"external_ids": '\'{"psid": "1"}\'', "meta_ad_body": "'…'", "acquisition_source": "'META_ADS'"}


def back(
    connection: psycopg.Connection, patch: str, console: Console = SILENT, *, drop_data: bool = False
) -> RollbackReport:
    return rollback(connection, replace(OPTIONS, patch=patch, drop_data=drop_data), console)


@pytest.mark.parametrize("patch", ["0001", "0002_patients_acquisition_source_index", "0003"])
def test_a_patch_is_taken_back_without_a_trace_and_can_be_applied_again(bare: psycopg.Connection, patch: str) -> None:
    run(bare, up_to=str(int(patch[:4]) - 1).zfill(4))
    before = shape_of(bare)
    run(bare, up_to=patch)
    patched = shape_of(bare)
    report = back(bare, patch)
    assert (shape_of(bare), report.losses) == (before, [])
    assert report.reverted is not None
    assert (report.patch[:4], history(bare, "reverted")) == (patch[:4], [patch[:4]])
    assert applied(run(bare, up_to=patch)) == [patch[:4]]
    assert shape_of(bare) == patched


@pytest.mark.parametrize(("column", "value"), LOSSES.items())
def test_values_that_would_be_lost_are_counted_and_need_consent(
    bare: psycopg.Connection, column: str, value: str
) -> None:
    patch = "0003" if column == "external_ids" else "0001"
    run(bare, up_to="0003")
    before = shape_of(bare)
    bare.execute(f"UPDATE patients SET {column} = {value} WHERE id < 3".encode())
    with pytest.raises(SafetyRefusal) as caught:
        back(bare, patch)
    assert caught.value.details["losses"][0]["count"] == 2  # type: ignore[index]
    assert "--yes-drop-data" in str(caught.value.hint)
    assert (shape_of(bare), history(bare, "reverted")) == (before, [])
    report = back(bare, patch, drop_data=True)
    assert [loss.count for loss in report.losses] == [2]
    assert column not in shape_of(bare).columns


def test_losses_that_policies_hide_are_unknown_and_not_none(bare: psycopg.Connection) -> None:
    run(bare, up_to="0003")
    bare.execute("ALTER TABLE patients ENABLE ROW LEVEL SECURITY")
    bare.execute("ALTER TABLE patients FORCE ROW LEVEL SECURITY")
    with pytest.raises(SafetyRefusal, match="values that this role cannot count"):
        back(bare, "0003")


def test_a_patch_without_a_rollback_names_those_that_have_one(bare: psycopg.Connection) -> None:
    run(bare, up_to="0000")
    with pytest.raises(UsageError, match="0000_patch_log cannot be rolled back: it has no") as caught:
        back(bare, "0000")
    assert "0003_external_ids" in str(caught.value.hint)


def test_a_patch_that_another_one_requires_stays(bare: psycopg.Connection) -> None:
    bare.execute(CHAT)
    run(bare)
    with pytest.raises(UsageError, match="0019_chat_messages_patients, 0020_chat_messages_patient_index") as caught:
        back(bare, "0018", drop_data=True)
    assert caught.value.hint == "First: metaads migrate rollback 0020_chat_messages_patient_index"
    for patch in ("0020", "0019", "0018"):
        assert back(bare, patch, drop_data=True).reverted
    assert "patient_id" not in shape_of(bare, "chat_messages").columns


def test_a_patch_that_is_not_applied_leaves_nothing_to_do(bare: psycopg.Connection) -> None:
    run(bare, up_to="0001")
    assert back(bare, "0003").reverted is None
    assert history(bare, "reverted") == []


def test_a_blocked_rollback_changes_nothing(bare: psycopg.Connection, bare_url: str) -> None:
    run(bare, up_to="0003")
    before = shape_of(bare)
    with (
        other_session(bare_url, "SELECT count(*) FROM patients"),
        pytest.raises(LockNotAvailable, match="reception desk"),
    ):
        back(bare, "0003")
    assert (shape_of(bare), history(bare, "reverted")) == (before, [])
