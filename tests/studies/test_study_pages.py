"""Pages around a study: what they show, to whom, and that nothing from a header becomes markup."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pydicom.uid import generate_uid

from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.predictions.models import InferenceJob
from reporting.studies.models import Study
from reporting.studies.services import ingest_instances, ingest_paths
from tests.factories import make_algorithm, make_job, make_user
from tests.inference.dicom_series import write_series
from tests.studies.objects import incoming, mr_bytes

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script>"


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def senior() -> User:
    return make_user(Role.SENIOR)


def test_the_study_page_says_roles_gaps_and_what_differs_from_the_paper(tmp_path: Path, senior: User) -> None:
    study_uid = generate_uid()
    paths = write_series(tmp_path / "sag", study_uid=study_uid, step_mm=3.6, tr_te_ms=(5200.0, 100.0))
    ingest_paths([path for number, path in enumerate(paths) if number != 2], by=senior)
    study = Study.objects.get()
    page = _client(senior).get(reverse("studies:detail", args=[study.pk])).content.decode()
    assert "Sag T2" in page
    assert "Orientation and pulse sequence timing identify it." in page
    assert "1 slice is missing" in page
    assert "TR, ms: 5200" in page
    assert "(paper: 2000–3500)" in page
    assert "TE, ms: 100" in page
    assert "(paper: 60–140)" not in page
    assert AuditEvent.objects.filter(act="study.opened", actor=senior, object_id=str(study.pk)).count() == 1


def test_the_study_page_shows_why_findings_were_withheld(tmp_path: Path, senior: User) -> None:
    ingest_instances(incoming(tmp_path, {"a": mr_bytes()}), by=senior)
    gate = {"status": "withheld", "findings": {"slip": {"status": "withheld", "reasons": ["missing_sagittal_t1"]}}}
    job = make_job(Study.objects.get(), status="succeeded", result={"gate": gate})
    page = _client(senior).get(reverse("studies:detail", args=[job.study_id])).content.decode()
    assert "no sagittal T1" in page


def test_the_study_page_says_why_the_models_did_not_use_a_series_they_know(tmp_path: Path, senior: User) -> None:
    """Levels came from the T1, so the gate is open; that the T2 lacks a slice must be said all the same."""
    ingest_instances(incoming(tmp_path, {"a": mr_bytes()}), by=senior)
    study = Study.objects.get()
    uid, page = study.series_set.get().series_instance_uid, reverse("studies:detail", args=[study.pk])
    job = make_job(study, status="succeeded", result={"series": [{"uid": uid, "reason": "timing"}]})
    assert "Not used by the models" not in _client(senior).get(page).content.decode()
    InferenceJob.objects.filter(pk=job.pk).update(result={"series": [{"uid": uid, "reason": "missing_slice"}]})
    assert "Not used by the models: slices are missing" in _client(senior).get(page).content.decode()


def test_script_in_a_name_is_kept_and_shown_as_text(tmp_path: Path, senior: User) -> None:
    data = mr_bytes(PatientName=SCRIPT, SeriesDescription=SCRIPT, StudyDescription=SCRIPT)
    report = ingest_instances(incoming(tmp_path, {SCRIPT: data}), by=senior)
    study = report.studies[0]
    assert study.patient.name == SCRIPT
    detail = reverse("studies:detail", args=[study.pk])
    for address in (detail, reverse("worklist:list")):
        page = _client(senior).get(address).content.decode()
        assert SCRIPT not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in _client(senior).get(detail).content.decode()


def test_quarantine_lists_what_contradicts_and_why(tmp_path: Path, senior: User) -> None:
    study, uid = generate_uid(), generate_uid()
    files = {
        "a": mr_bytes(study=study, SOPInstanceUID=uid),
        "b": mr_bytes(study=study, SOPInstanceUID=uid, EchoTime=90.0),
    }
    ingest_instances(incoming(tmp_path, files), by=senior)
    page = _client(senior).get(reverse("studies:quarantine")).content.decode()
    assert uid in page
    assert "An object with this UID but other content is already stored" in page
    detail = _client(senior).get(reverse("studies:detail", args=[Study.objects.get().pk])).content.decode()
    assert "1 file for this study is in quarantine" in detail


def test_an_upload_without_script_works_and_says_what_became_of_each_file(senior: User) -> None:
    make_algorithm()
    files = [SimpleUploadedFile("a.dcm", mr_bytes()), SimpleUploadedFile(f"{SCRIPT[:8]}.txt", b"no")]
    answer = _client(senior).post(reverse("studies:upload"), {"files": files})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "1 stored, 0 already stored, 0 in quarantine, 1 refused" in page
    assert "This is not a DICOM file." in page
    assert "<script>.txt" not in page
    assert InferenceJob.objects.count() == 1


def test_an_upload_without_a_token_of_ours_is_refused(senior: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(senior)
    assert client.post(reverse("studies:upload"), {"files": SimpleUploadedFile("a", mr_bytes())}).status_code == 403
    assert not Study.objects.exists()


def test_pages_have_no_inline_script_or_style(senior: User, tmp_path: Path) -> None:
    ingest_instances(incoming(tmp_path, {"a": mr_bytes()}), by=senior)
    detail = reverse("studies:detail", args=[Study.objects.get().pk])
    for address in (reverse("studies:upload"), reverse("studies:quarantine"), detail):
        page = _client(senior).get(address).content.decode()
        assert "<script>" not in page
        assert " style=" not in page
        assert " onclick=" not in page


def test_another_sections_study_does_not_exist_for_a_junior(tmp_path: Path, senior: User) -> None:
    ingest_instances(incoming(tmp_path, {"a": mr_bytes()}), by=senior)
    address = reverse("studies:detail", args=[Study.objects.get().pk])
    assert _client(make_user(Role.JUNIOR, section="neuroradiology")).get(address).status_code == 200
    assert _client(make_user(Role.JUNIOR, section="chest")).get(address).status_code == 404
    assert _client(make_user(Role.ADMIN)).get(address).status_code == 404
    assert Client().get(address).status_code == 302


@pytest.mark.parametrize("role", [Role.ADMIN, Role.READER, Role.RESEARCHER])
def test_roles_without_the_right_see_neither_upload_nor_quarantine(role: Role) -> None:
    client = _client(make_user(role))
    assert client.get(reverse("studies:upload")).status_code == 403
    assert client.get(reverse("studies:quarantine")).status_code == 403
