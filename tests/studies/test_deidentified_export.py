"""A whole study leaves without the person in it, and not at all where the pixels may show them."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import InvalidInput, NotAllowed, WrongState
from reporting.studies.models import Study
from reporting.studies.services import ingest_paths
from reporting.studies.services.deidentified_export import export_deidentified
from tests.deidentification.written_on import neck, written_on
from tests.factories import make_user
from tests.inference.dicom_series import slice_values, write_series

pytestmark = pytest.mark.django_db
WORDS = {"purpose": "teaching", "note": "for this course only"}
CANARIES = (b"CANARY", b"MRN12345", b"1.2.3.77")


def planted(_index: int, dataset: Any) -> None:
    dataset.PatientName, dataset.PatientID, dataset.StudyDate = "CANARY^NAME", "MRN12345", "20260301"
    dataset.StudyDescription, dataset.SeriesDescription = "neck of CANARY", "T2 CANARY"


def burned(index: int, dataset: Any) -> None:
    planted(index, dataset)
    dataset.BurnedInAnnotation = "YES" if index == 1 else "NO"


@pytest.fixture
def auditor() -> User:
    return make_user(Role.AUDITOR)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """One series that may leave, and one with an image that says it shows writing."""
    for name, edit in (("clean", planted), ("burned", burned)):
        write_series(tmp_path / name, slice_values(4, 64, 64), study_uid="1.2.3.77", edit=edit)
    ingest_paths([tmp_path], by=make_user(Role.IMPORTER))
    return Study.objects.get()


def test_the_series_that_may_leave_does_so_without_a_trace_of_the_person(study: Study, auditor: User) -> None:
    out = io.BytesIO()
    made = export_deidentified(study, out, **WORDS, by=auditor)
    assert (made.objects, made.left_out) == (4, ("burned_in_annotation",))
    with zipfile.ZipFile(out) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        contents = {name: archive.read(name) for name in archive.namelist()}
    assert [file["path"] for file in manifest["files"]] == [name for name in contents if name.endswith(".dcm")]
    for content in contents.values():
        assert not [canary for canary in CANARIES if canary in content]
    (studies,) = {
        pydicom.dcmread(io.BytesIO(content)).StudyInstanceUID for name, content in contents.items() if "dcm" in name
    }
    assert studies.startswith("2.25.")
    event = AuditEvent.objects.get(act="study.deidentified")
    assert (event.actor, event.data["manifest_sha256"]) == (auditor, made.manifest_sha256)


def test_a_series_with_a_name_written_into_one_picture_stays_and_the_others_leave(
    tmp_path: Path, auditor: User
) -> None:
    """Nothing in a header says so; a series stays as a whole, for a volume has no holes."""
    clean = np.stack([neck()] * 3)
    written = np.stack([neck(), written_on(neck()), neck()])
    for name, values in (("first", clean), ("written", written), ("last", clean)):
        write_series(tmp_path / name, values, study_uid="1.2.3.77", edit=planted)
    ingest_paths([tmp_path], by=make_user(Role.IMPORTER))
    study = Study.objects.get()
    out = io.BytesIO()
    made = export_deidentified(study, out, **WORDS, by=auditor)
    assert (made.objects, made.left_out) == (6, ("text_like_pixels",))
    with zipfile.ZipFile(out) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        left = [pydicom.dcmread(archive.open(name)) for name in archive.namelist() if name.endswith(".dcm")]
    assert (len(manifest["files"]), manifest["series_left_out"]) == (6, ["text_like_pixels"])
    assert len({one.SeriesInstanceUID for one in left}) == 2
    assert all(np.array_equal(one.pixel_array, neck()) for one in left)
    assert AuditEvent.objects.get(act="study.deidentified").data["left_out"] == ["text_like_pixels"]


def test_the_same_purpose_gives_the_same_file(study: Study, auditor: User) -> None:
    first, again, other = io.BytesIO(), io.BytesIO(), io.BytesIO()
    names = [export_deidentified(study, out, **WORDS, by=auditor).name for out in (first, again)]
    assert (first.getvalue(), names[0]) == (again.getvalue(), names[1])
    assert export_deidentified(study, other, **{**WORDS, "purpose": "trial"}, by=auditor).name != names[0]


def test_a_study_of_which_nothing_may_leave_stays(tmp_path: Path, auditor: User) -> None:
    write_series(tmp_path / "s", slice_values(4, 64, 64), edit=burned)
    ingest_paths([tmp_path], by=make_user(Role.IMPORTER))
    with pytest.raises(WrongState, match="burned_in_annotation"):
        export_deidentified(Study.objects.get(), io.BytesIO(), **WORDS, by=auditor)
    assert AuditEvent.objects.get(act="study.deidentified").outcome == "failure"


@pytest.mark.parametrize("role", [Role.SENIOR, Role.RESEARCHER, Role.ADMIN])
def test_who_may_not_export_or_not_see_gets_nothing(study: Study, role: Role) -> None:
    with pytest.raises(NotAllowed):
        export_deidentified(study, io.BytesIO(), **WORDS, by=make_user(role))


def test_without_a_note_on_consent_nothing_leaves(study: Study, auditor: User) -> None:
    with pytest.raises(InvalidInput):
        export_deidentified(study, io.BytesIO(), purpose="teaching", note=" ", by=auditor)


def test_the_page_hands_it_out_under_a_pseudonym(study: Study, auditor: User, client: Client) -> None:
    client.force_login(auditor)
    page = reverse("studies:deidentified", args=[study.pk])
    assert client.get(page).status_code == 200
    answer = client.post(page, WORDS)
    assert answer["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:  # type: ignore[attr-defined]
        assert len(archive.namelist()) == 5
    assert "CANARY" not in answer["Content-Disposition"]
    assert client.post(page, {**WORDS, "note": ""}).status_code == 400


def test_the_command_writes_one_file_for_each_study(study: Study, auditor: User, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "out"
    said = [f"--{key}={value}" for key, value in WORDS.items()]
    call_command("deidentified_study", "1.2.3.77", f"--out={out}", f"--as={auditor.username}", *said)
    (file,) = out.iterdir()
    assert file.name in capsys.readouterr().out
    assert zipfile.is_zipfile(file)
