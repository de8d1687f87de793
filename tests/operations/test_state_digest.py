"""Two copies that hold the same print the same; anything else shows."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.reports.state_digest import state_digest
from reporting.studies.blobs import blob_path, store_bytes
from reporting.studies.models import Patient, Series, SopInstance, Study

pytestmark = pytest.mark.django_db
CONTENT = b"pixels"


@pytest.fixture
def instance() -> SopInstance:
    patient = Patient.objects.create(patient_id="P1", name="CANARY^NAME", birth_date=date(1970, 1, 1))
    study = Study.objects.create(patient=patient, study_instance_uid="1.2.3")
    series = Series.objects.create(study=study, series_instance_uid="1.2.3.1", modality="MR")
    blob = store_bytes(CONTENT)
    return SopInstance.objects.create(
        series=series,
        sop_instance_uid="1.2.3.1.1",
        sop_class_uid="1.2",
        transfer_syntax_uid="1.2",
        sha256=blob.sha256,
        size_bytes=blob.size_bytes,
    )


def test_looking_twice_gives_the_same(instance: SopInstance) -> None:
    record(AuditAct.STUDY_RECEIVED, by=None)
    first = state_digest(read_files=True)
    assert first == state_digest(read_files=True)
    assert first["files"]["count"] == 1
    assert first["audit_head"]["sequence"] == 1
    assert "CANARY" not in json.dumps(first)


def test_a_changed_row_an_act_and_a_lost_file_each_show(instance: SopInstance) -> None:
    states = [state_digest()["state"]]
    Patient.objects.update(name="OTHER^NAME")
    states.append(state_digest()["state"])
    record(AuditAct.STUDY_OPENED, by=None)
    states.append(state_digest()["state"])
    blob_path(instance.sha256).unlink()
    states.append(state_digest()["state"])
    assert len(set(states)) == 4
    assert state_digest()["files"]["missing"] == [instance.sha256]


def test_a_flipped_byte_shows_when_files_are_read(instance: SopInstance) -> None:
    path = blob_path(instance.sha256)
    path.chmod(0o600)
    path.write_bytes(b"pixelz")
    assert state_digest()["files"]["damaged"] == []
    assert state_digest(read_files=True)["files"]["damaged"] == [instance.sha256]
    path.write_bytes(CONTENT[:-1])
    assert state_digest()["files"]["damaged"] == [instance.sha256]


def test_a_file_without_a_row_is_counted_but_does_not_make_copies_differ(instance: SopInstance) -> None:
    before = state_digest()
    store_bytes(b"left over")
    after = state_digest()
    assert (after["files"]["without_row"], after["state"]) == (1, before["state"])


def test_the_command_prints_json_and_fails_for_a_missing_file(instance: SopInstance) -> None:
    out = StringIO()
    call_command("state_digest", "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    assert found["tables"]["studies.study"]["count"] == 1
    assert found["files"]["digest"] == hashlib.sha256(instance.sha256.encode()).hexdigest()
    blob_path(instance.sha256).unlink()
    with pytest.raises(SystemExit):
        call_command("state_digest", stdout=StringIO())
