"""Files in: each is stored once and filed, or refused or quarantined with its reason; the others are kept."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian, generate_uid

from reporting.accounts.models import Role, User
from reporting.audit_trail.models import AuditEvent
from reporting.core.errors import InvalidInput, NotAllowed, StorageFull
from reporting.studies import blobs
from reporting.studies.models import Patient, QuarantinedFile, Series, SopInstance, Study
from reporting.studies.services import FileStatus, IngestReport, assign_study, ingest, ingest_instances, ingest_paths
from tests.factories import make_user
from tests.inference.dicom_series import AXIAL, write_series
from tests.studies.objects import as_bytes, incoming, mr_bytes, spectrum

pytestmark = pytest.mark.django_db


@pytest.fixture
def importer() -> User:
    return make_user(Role.IMPORTER)


def _outcomes(report: IngestReport) -> list[tuple[str, str]]:
    return [(result.status.value, result.code) for result in report.results]


def _request(dataset: FileDataset) -> None:
    item = Dataset()
    item.RequestedProcedureDescription = "颈椎MR平扫"
    item.ReasonForTheRequestedProcedure = "颈痛伴左上肢麻木"
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.RequestAttributesSequence = Sequence([item])
    dataset.ReasonForStudy = "颈痛伴左上肢麻木"
    dataset.AdmittingDiagnosesDescription = ["cervical spondylosis", "diabetes"]


def test_why_a_study_was_asked_for_is_kept_from_its_images(tmp_path: Path, importer: User) -> None:
    """From the request's attributes and the study's own; the first series may be silent."""
    study = generate_uid()
    silent = mr_bytes(study=study, StudyDescription="")
    ingest_instances(incoming(tmp_path / "a", {"1": silent}), by=importer)
    assert Study.objects.get().indication == ""
    told = mr_bytes(study=study, series=generate_uid(), number=2, edit=_request)
    ingest_instances(incoming(tmp_path / "b", {"2": told}), by=importer)
    reasons = "颈痛伴左上肢麻木\ncervical spondylosis\\diabetes"
    assert Study.objects.get().indication == reasons
    other = mr_bytes(study=study, series=generate_uid(), number=3, ReasonForVisit="something else")
    ingest_instances(incoming(tmp_path / "c", {"3": other}), by=importer)
    assert Study.objects.get().indication == reasons, "what was said first stands"
    assert not any("颈痛" in str(header) for header in SopInstance.objects.values_list("header", flat=True))


def test_the_requested_procedure_names_an_examination_that_has_no_name(tmp_path: Path, importer: User) -> None:
    for number, said in enumerate(("", "MR cervical spine")):
        data = mr_bytes(study=generate_uid(), StudyDescription=said, edit=_request)
        ingest_instances(incoming(tmp_path / str(number), {"1": data}), by=importer)
    assert set(Study.objects.values_list("description", flat=True)) == {"颈椎MR平扫", "MR cervical spine"}


def test_a_study_of_two_series_is_stored_with_roles_protocol_and_patient(tmp_path: Path, importer: User) -> None:
    study_uid = generate_uid()
    write_series(tmp_path / "in" / "sag", study_uid=study_uid)
    write_series(tmp_path / "in" / "ax", study_uid=study_uid, orientation=AXIAL, tr_te_ms=(600.0, 10.0))
    report = ingest_paths([tmp_path / "in"], by=importer)

    assert set(_outcomes(report)) == {("stored", "")}
    assert len(report.results) == 10
    study = Study.objects.get(study_instance_uid=study_uid)
    assert report.studies == [study]
    assert (study.section, study.age_years) == ("neuroradiology", 50.0)
    assert (study.patient.patient_id, study.patient.name, study.patient.sex) == ("P1", "TEST^ONE", "F")
    roles = dict(study.series_set.values_list("role", "role_reason"))
    assert roles == {"sagittal_t2": "timing", "unknown": "axial_t1"}
    series = study.series_set.get(role="sagittal_t2")
    assert series.protocol["tr_ms"] == 3000.0
    assert series.protocol["spacing_mm"] == 3.0
    assert series.protocol["fov_mm"] == [7.2, 5.0]
    assert series.completeness["state"] == "complete"
    assert not list(blobs.incoming_dir().iterdir())
    for instance in SopInstance.objects.all():
        assert len(blobs.verified_path(instance.sha256).read_bytes()) == instance.size_bytes
    received = AuditEvent.objects.get(act="study.received")
    assert received.data == {"objects": 10, "new_study": True}


def test_sending_everything_again_changes_nothing(tmp_path: Path, importer: User) -> None:
    write_series(tmp_path / "in", study_uid=generate_uid())
    ingest_paths([tmp_path / "in"], by=importer)
    rows = list(SopInstance.objects.values_list("pk", "sha256", "updated_at").order_by("pk"))
    events = AuditEvent.objects.count()

    again = ingest_paths([tmp_path / "in"], by=importer)
    assert set(_outcomes(again)) == {("already_stored", "")}
    assert again.studies == []
    assert list(SopInstance.objects.values_list("pk", "sha256", "updated_at").order_by("pk")) == rows
    assert AuditEvent.objects.count() == events


def test_the_role_is_worked_out_again_when_the_rest_of_the_series_comes(tmp_path: Path, importer: User) -> None:
    paths = write_series(tmp_path / "in", study_uid=generate_uid())
    ingest_paths(paths[:1] + paths[4:], by=importer)
    ingest_paths(paths[1:3], by=importer)
    assert Series.objects.get().completeness["missing"] == 1
    report = ingest_paths(paths[3:4], by=importer)
    assert _outcomes(report) == [("stored", "")]
    assert Series.objects.get().completeness["state"] == "complete"
    assert Series.objects.get().completeness["slices"] == 5


def test_the_same_uid_with_other_bytes_is_quarantined_and_the_first_copy_stays(tmp_path: Path, importer: User) -> None:
    study, uid = generate_uid(), generate_uid()
    first = mr_bytes(study=study, SOPInstanceUID=uid)
    second = mr_bytes(study=study, SOPInstanceUID=uid, RepetitionTime=2900.0)
    ingest_instances(incoming(tmp_path / "a", {"first": first}), by=importer)
    for _ in range(2):  # sent twice, quarantined once
        report = ingest_instances(incoming(tmp_path / "b", {"second": second}), by=importer)
        assert _outcomes(report) == [("quarantined", "same_uid_other_bytes")]
    assert blobs.verified_path(SopInstance.objects.get().sha256).read_bytes() == first
    file = QuarantinedFile.objects.get()
    assert blobs.verified_path(file.sha256).read_bytes() == second
    assert (file.study, file.received_by) == (Study.objects.get(), importer)
    assert AuditEvent.objects.filter(act="file.quarantined").count() == 1


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"PatientID": "P2", "PatientName": "SECOND^PERSON"}, "study_of_other_patient"),
        ({"PatientID": ""}, "study_of_other_patient"),
        ({"PatientName": "SECOND^PERSON"}, "patient_conflict"),
        ({"PatientSex": "M"}, "patient_conflict"),
    ],
)
def test_one_study_with_two_patients_keeps_the_first_and_quarantines_the_rest(
    tmp_path: Path, importer: User, other: dict[str, Any], reason: str
) -> None:
    study = generate_uid()
    files = {
        "one": mr_bytes(study=study, number=1),
        "two": mr_bytes(study=study, number=2, **other),
        "three": mr_bytes(study=study, number=3),
    }
    report = ingest_instances(incoming(tmp_path, files), by=importer)
    assert _outcomes(report) == [("stored", ""), ("quarantined", reason), ("stored", "")]
    patient = Patient.objects.get()
    assert (patient.patient_id, patient.name, patient.sex) == ("P1", "TEST^ONE", "F")


def test_a_known_patient_id_with_another_name_opens_no_study(tmp_path: Path, importer: User) -> None:
    ingest_instances(incoming(tmp_path / "a", {"a": mr_bytes()}), by=importer)
    report = ingest_instances(incoming(tmp_path / "b", {"b": mr_bytes(PatientName="SECOND^PERSON")}), by=importer)
    assert _outcomes(report) == [("quarantined", "patient_conflict")]
    assert Study.objects.count() == 1


def test_a_series_of_another_study_is_quarantined(tmp_path: Path, importer: User) -> None:
    series = generate_uid()
    files = {"a": mr_bytes(series=series), "b": mr_bytes(series=series)}
    report = ingest_instances(incoming(tmp_path, files), by=importer)
    assert _outcomes(report) == [("stored", ""), ("quarantined", "series_of_other_study")]


def test_patients_without_an_id_are_not_taken_for_one_person(tmp_path: Path, importer: User) -> None:
    files = {"a": mr_bytes(PatientID=""), "b": mr_bytes(PatientID="", PatientName="SECOND^PERSON")}
    report = ingest_instances(incoming(tmp_path, files), by=importer)
    assert _outcomes(report) == [("stored", ""), ("stored", "")]
    assert Patient.objects.count() == 2


def test_the_name_in_characters_and_in_letters_is_one_person(tmp_path: Path, importer: User) -> None:
    files = {
        "letters": mr_bytes(PatientName="Wang^Xiaodong"),
        "characters": mr_bytes(PatientName="王^小东", SpecificCharacterSet="GB18030"),
        "both": mr_bytes(PatientName="WANG^XIAO DONG=王^小东", SpecificCharacterSet="ISO_IR 192"),
    }
    report = ingest_instances(incoming(tmp_path, files), by=importer)
    assert {result.status for result in report.results} == {FileStatus.STORED}


@pytest.mark.parametrize("character_set", ["GB18030", "GBK", "ISO_IR 192", ["", "ISO 2022 IR 58"]])
def test_chinese_names_are_right_in_every_character_set(tmp_path: Path, importer: User, character_set: Any) -> None:
    data = mr_bytes(PatientName="Zhang^San=张^三丰", SpecificCharacterSet=character_set)
    ingest_instances(incoming(tmp_path, {"a": data}), by=importer)
    assert Patient.objects.get().name == "Zhang^San=张^三丰"


def test_chinese_names_with_escapes_to_ir_58_are_right(tmp_path: Path, importer: User) -> None:
    """The coding of PS3.5 K.2: GB 2312 in G1, designated again after each delimiter."""
    escape = b"\x1b$)A"
    name = b"Zhang^San=" + escape + "张".encode("gb2312") + b"^" + escape + "三丰".encode("gb2312")
    data = mr_bytes(PatientName="N" * len(name), SpecificCharacterSet=["", "ISO 2022 IR 58"])
    ingest_instances(incoming(tmp_path, {"a": data.replace(b"N" * len(name), name)}), by=importer)
    assert Patient.objects.get().name == "Zhang^San=张^三丰"


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_other_uncompressed_encodings_are_read(tmp_path: Path, importer: User, syntax: Any) -> None:
    report = ingest_instances(incoming(tmp_path, {"a": mr_bytes(syntax=syntax)}), by=importer)
    assert _outcomes(report) == [("stored", "")]
    assert Series.objects.get().role == "sagittal_t2"


def test_a_zip_is_unpacked_and_a_bad_member_costs_only_itself(tmp_path: Path, importer: User) -> None:
    study = generate_uid()
    with zipfile.ZipFile(tmp_path / "study.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../up.dcm", mr_bytes(study=study, number=1))
        archive.writestr("notes.txt", "hello")
        archive.writestr("b.dcm", mr_bytes(study=study, number=2))
    report = ingest_paths([tmp_path / "study.zip"], by=importer)
    assert _outcomes(report) == [("stored", ""), ("refused", "not_dicom"), ("stored", "")]
    assert report.results[0].name == "study.zip/../../up.dcm"
    assert not list(blobs.incoming_dir().iterdir())


def test_of_a_bomb_nothing_is_kept_and_the_file_beside_it_is(tmp_path: Path, importer: User) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("good.dcm", mr_bytes())
        archive.writestr("bomb.dcm", bytes(40 * 1024**2))
    (tmp_path / "b.dcm").write_bytes(mr_bytes())
    report = ingest_paths([tmp_path / "a.zip", tmp_path / "b.dcm"], by=importer)
    assert _outcomes(report) == [("refused", "archive_bomb"), ("stored", "")]
    assert SopInstance.objects.count() == 1
    assert not list(blobs.incoming_dir().iterdir())


def test_a_full_disk_refuses_cleanly_and_the_next_try_succeeds(tmp_path: Path, importer: User, settings: Any) -> None:
    files = incoming(tmp_path, {"a": mr_bytes()})
    settings.MIN_FREE_BYTES = 2**60
    with pytest.raises(StorageFull) as full:
        ingest_instances(files, by=importer)
    assert full.value.http_status == 507
    assert not Study.objects.exists()
    assert not list(blobs.incoming_dir().iterdir())
    settings.MIN_FREE_BYTES = 0
    assert _outcomes(ingest_instances(files, by=importer)) == [("stored", "")]


def test_space_that_runs_out_half_way_keeps_what_was_filed_and_says_what_was_not(
    tmp_path: Path, importer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reporting.studies.services.ingest.BATCH_FILES", 2)
    free = iter([2**40] * 4)  # the first look, then one for each staged file
    monkeypatch.setattr(blobs, "free_bytes", lambda: next(free, 0))
    files = incoming(tmp_path, {str(number): mr_bytes() for number in range(5)})
    with pytest.raises(StorageFull) as full:
        ingest_instances(files, by=importer)
    assert [file["status"] for file in full.value.details["files"]] == ["stored", "stored"]
    assert Study.objects.count() == 2
    assert not list(blobs.incoming_dir().iterdir())


@pytest.mark.parametrize("sent_before", [False, True])
def test_bytes_are_durable_under_their_digest_before_a_row_points_at_them(
    sent_before: bool, tmp_path: Path, importer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Power may fail at any moment: the file and its name in its folder, then the row."""
    data = mr_bytes()
    place = blobs.blob_path(hashlib.sha256(data).hexdigest())
    if sent_before:  # by a process that was killed between rename and fsync: its name may not last
        place.parent.mkdir(parents=True)
        place.write_bytes(data)
    steps: list[tuple[Path, bool] | str] = []
    real, file_objects = os.fsync, ingest.file_objects

    def fsync(descriptor: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        time.sleep(0.05)  # long enough for a row to come first, if nobody waited
        real(descriptor)
        steps.append((path, place.exists()))

    def filed(*arguments: Any, **more: Any) -> Any:
        steps.append("row")
        return file_objects(*arguments, **more)

    monkeypatch.setattr("reporting.core.disk_sync.os.fsync", fsync)
    monkeypatch.setattr(ingest, "file_objects", filed)
    ingest_instances(incoming(tmp_path, {"a": data}), by=importer)
    assert SopInstance.objects.exists()
    root, folder = place.parent.parent, place.parent
    assert steps[0] == (root, sent_before)
    assert set(steps[1:3]) == {(place, True), (folder, True)}
    assert steps[3:] == ["row"]


def test_the_disk_is_waited_for_once(tmp_path: Path, importer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """For file and folder at the same time: one after the other would wait for two commits of the journal."""
    together = threading.Barrier(2, timeout=20)
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if Path(os.readlink(f"/proc/self/fd/{descriptor}")) != blobs.blob_path("0" * 64).parent.parent:
            together.wait()
        real(descriptor)

    monkeypatch.setattr("reporting.core.disk_sync.os.fsync", fsync)
    ingest_instances(incoming(tmp_path, {"a": mr_bytes()}), by=importer)
    assert SopInstance.objects.count() == 1


def test_who_may_not_ingest_is_refused_before_a_byte_is_read(tmp_path: Path) -> None:
    with pytest.raises(NotAllowed):
        ingest_instances(incoming(tmp_path, {"a": mr_bytes()}), by=make_user(Role.AUDITOR))


def test_a_study_is_given_to_a_radiologist_by_a_senior(tmp_path: Path, importer: User) -> None:
    ingest_instances(incoming(tmp_path, {"a": mr_bytes()}), by=importer)
    study, junior, senior = Study.objects.get(), make_user(Role.JUNIOR, section="chest"), make_user(Role.SENIOR)
    assert study not in Study.objects.visible_to(junior)
    assign_study(study, to=junior, by=senior, expected_version=1)
    assert study in Study.objects.visible_to(junior)
    assert AuditEvent.objects.get(act="study.assigned").data == {"from": None, "to": str(junior.pk)}
    with pytest.raises(NotAllowed):
        assign_study(study, to=junior, by=junior, expected_version=2)
    with pytest.raises(InvalidInput):
        assign_study(study, to=importer, by=senior, expected_version=2)


def test_a_spectrum_is_kept_without_being_taken_for_an_image(tmp_path: Path, importer: User, client: Client) -> None:
    whole = as_bytes(spectrum(study="1.2.3", series="1.2.3.9"))
    cut_off = as_bytes(spectrum(study="1.2.3", series="1.2.3.9"))[:-200]
    too_short = as_bytes(spectrum(study="1.2.3", series="1.2.3.9", data=b"\0" * 256))
    without = as_bytes(spectrum(study="1.2.3", series="1.2.3.9", data=b""))
    files = {"whole": whole, "cut off": cut_off, "too short": too_short, "without": without}
    report = ingest_instances(incoming(tmp_path, files), by=importer)
    assert _outcomes(report) == [("stored", ""), *[("refused", "truncated_pixels")] * 3]
    one = SopInstance.objects.select_related("series").get()
    assert (one.series.role, one.series.role_reason) == ("unknown", "no_pixels")
    client.force_login(make_user(Role.SENIOR))
    address = f"/dicom-web/studies/1.2.3/series/1.2.3.9/instances/{one.sop_instance_uid}"
    assert client.get(f"{address}/frames/1").status_code == 422
    metadata: Any = client.get(f"{address}/metadata")
    (said,) = json.loads(b"".join(metadata.streaming_content))
    assert client.get(said["56000020"]["BulkDataURI"]).status_code == 200
