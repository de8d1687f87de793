"""Everything that is sent to an archive, taken by one that indexes what it gets, and read back by dcmtk."""

from __future__ import annotations

import io
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pydicom
import pytest
import requests
from django.conf import settings
from django.utils import timezone

from reporting.accounts.models import Role
from reporting.outbound.asking import ask
from reporting.outbound.destinations import Where, add_destination
from reporting.outbound.models import Delivery, Form, Kind
from reporting.outbound.services import send_due
from reporting.reports.exports.outgoing import send_delivery
from tests.dicom_network.orthanc import AE_TITLE, Orthanc, orthanc
from tests.programs import program
from tests.reader_studies.necks import make_algorithm, signed_neck
from tests.reports.factories import make_user

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not any(settings.FONTS_DIR.glob("*.otf")), reason="report font not installed: npm ci"),
]
FORMS = (Form.DICOM_SR, Form.DICOM_PDF, Form.DICOM_SEG, Form.DICOM_KEY)


def asked(archive: Orthanc, path: str) -> Any:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(f"{archive.web}{path}", timeout=30)
        answer.raise_for_status()
        return answer.content if path.endswith("/file") else answer.json()


def dumped(command: str, path: Path) -> str:
    found = program(command)
    if found is None:
        pytest.skip(f"dcmtk's {command} is not installed: what the archive holds was NOT read with it")
    done = subprocess.run([found, str(path)], capture_output=True, text=True, errors="replace", timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_archive_takes_every_object_once_and_others_read_them(tmp_path: Path) -> None:
    with orthanc(tmp_path / "archive", knows_us_at=1) as archive:
        where = Where(Kind.DICOM, "127.0.0.1", archive.port, FORMS, ae_title=AE_TITLE)
        place = add_destination("PACS", where, by=None)
        assert ask(place, by=None).fault == ""
        study = signed_neck(tmp_path / "neck", make_algorithm(), make_user(Role.SENIOR))
        assert send_due(send_delivery) == len(FORMS)
        assert set(Delivery.objects.values_list("status", flat=True)) == {"sent"}
        # A worker that died before it could say so sends all of it again.
        long_ago = timezone.now() - timedelta(seconds=1)
        Delivery.objects.update(status="sending", lease_expires_at=long_ago, not_before=long_ago)
        assert send_due(send_delivery) == len(FORMS)
        names = asked(archive, "/instances")
        held = [pydicom.dcmread(io.BytesIO(asked(archive, f"/instances/{name}/file"))) for name in names]
        (study_name,) = asked(archive, "/studies")
        assert len(asked(archive, f"/studies/{study_name}/series")) == len(held)
    assert sorted(one.Modality for one in held) == ["DOC", "KO", "SEG", "SEG", "SR"]
    for one in held:
        assert (one.StudyInstanceUID, one.PatientID) == (study.study_instance_uid, study.patient.patient_id)
        assert (one.StudyDate, one.StudyTime, one.StudyID) == ("20261124", "093000", "S7"), one.Modality
        assert (one.ReferringPhysicianName, one.AccessionNumber) == ("Li^Ming=李^明", "MR20260001"), one.Modality
        path = tmp_path / f"{one.SOPInstanceUID}.dcm"
        one.save_as(path)
        assert str(one.SOPInstanceUID) in dumped("dcmdump", path)
        if one.Modality in ("SR", "KO"):
            assert "Key" in (said := dumped("dsrdump", path)) or "C5/6" in said
        if one.Modality == "DOC":
            pdf = tmp_path / "report.pdf"
            assert subprocess.run([program("dcm2pdf") or "dcm2pdf", str(path), str(pdf)], check=False).returncode == 0
            assert pdf.read_bytes().startswith(b"%PDF")
