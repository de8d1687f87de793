"""Masks and key images of a signed report as DICOM objects that Debian's validator and other readers accept."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest
from django.db.models import F

from reporting.accounts.models import Role
from reporting.outbound.models import Form
from reporting.predictions.models import InferenceJob
from reporting.reports import services
from reporting.reports.exports.outgoing import SOP_CLASSES, objects_of
from reporting.reports.models import ReportVersion
from reporting.studies.models import SopInstance
from tests.browser.neck import PLANS, STUDY_UID, labels_at
from tests.reader_studies.necks import make_algorithm, signed_neck
from tests.reports.dicom_programs import errors_of, needs, saved
from tests.reports.factories import PASSWORD, make_user
from tests.reports.test_dicom_export import signed_without_machine


@pytest.fixture
def version(db: None, tmp_path: Path) -> ReportVersion:
    study = signed_neck(tmp_path / "neck", make_algorithm(), make_user(Role.SENIOR))
    return ReportVersion.objects.get(report__study=study)


def test_masks_lie_where_the_structures_are_and_the_object_is_valid(version: ReportVersion, tmp_path: Path) -> None:
    needs("dciodvfy")
    sagittal, axial = objects_of(version, Form.DICOM_SEG)
    for number, (content, plan) in enumerate(((sagittal, PLANS[1]), (axial, PLANS[2]))):
        assert errors_of(saved(content, tmp_path, f"{number}.dcm")) == []
        masks = hd.seg.segread(io.BytesIO(content))
        truth = labels_at(plan.points())
        sources = [uid for _study, _series, uid in masks.get_source_image_uids()]
        for value in masks.segment_numbers:
            described = masks.get_segment_description(value)
            label = {"body": 1, "disc": 2, "sac": 3, "cord": 4, "pll": 5, "lf": 6}[described.tracking_id]
            found = masks.get_pixels_by_source_instance(
                sources, segment_numbers=[value], assert_missing_frames_are_empty=True
            )
            expected = [truth[int(uid.split(".")[-1]) - 1] == label for uid in sources]
            assert np.array_equal(found[..., 0].astype(bool), np.stack(expected)), described.tracking_id
    assert (
        pydicom.dcmread(io.BytesIO(sagittal)).SeriesInstanceUID != pydicom.dcmread(io.BytesIO(axial)).SeriesInstanceUID
    )


def test_masks_say_what_a_viewer_needs_to_place_them(version: ReportVersion) -> None:
    """What OHIF asks of a segmentation: the series it lies on in the same study, the frame of reference, the source."""
    for content in objects_of(version, Form.DICOM_SEG):
        made = pydicom.dcmread(io.BytesIO(content))
        assert made.StudyInstanceUID == version.report.study.study_instance_uid
        (series,) = made.ReferencedSeriesSequence
        assert series.SeriesInstanceUID in set(
            version.report.study.series_set.values_list("series_instance_uid", flat=True)
        )
        assert made.FrameOfReferenceUID == f"{STUDY_UID}.1.9"
        for frame in made.PerFrameFunctionalGroupsSequence:
            (derivation,) = frame.DerivationImageSequence
            (source,) = derivation.SourceImageSequence
            assert SopInstance.objects.filter(sop_instance_uid=source.ReferencedSOPInstanceUID).exists()
        assert made.PatientID == version.report.study.patient.patient_id
        assert {one.SegmentAlgorithmType for one in made.SegmentSequence} == {"AUTOMATIC"}


def test_the_same_masks_are_the_same_object_whichever_version_they_go_with(version: ReportVersion) -> None:
    report, signer = version.report, version.signature.signer
    report.refresh_from_db()
    services.sign_addendum(report, "also seen", by=signer, expected_version=report.version, password=PASSWORD)
    added = report.versions.get(number=2)
    assert objects_of(added, Form.DICOM_SEG) == objects_of(version, Form.DICOM_SEG)


def test_masks_that_say_something_else_are_another_object(version: ReportVersion) -> None:
    before = [pydicom.dcmread(io.BytesIO(one)) for one in objects_of(version, Form.DICOM_SEG)]
    assert version.report.job is not None
    InferenceJob.objects.filter(pk=version.report.job.pk).update(finished_at=F("finished_at") + timedelta(days=1))
    later = ReportVersion.objects.get(pk=version.pk)
    after = [pydicom.dcmread(io.BytesIO(one)) for one in objects_of(later, Form.DICOM_SEG)]
    for one, other in zip(before, after, strict=True):
        assert one.ContentDate != other.ContentDate
        assert one.SOPInstanceUID != other.SOPInstanceUID == other.file_meta.MediaStorageSOPInstanceUID
        assert one.SeriesInstanceUID == other.SeriesInstanceUID


def test_key_images_are_the_slices_of_the_levels(version: ReportVersion, tmp_path: Path) -> None:
    needs("dciodvfy")
    (content,) = objects_of(version, Form.DICOM_KEY)
    assert errors_of(saved(content, tmp_path)) == []
    made = pydicom.dcmread(io.BytesIO(content))
    (study,) = made.CurrentRequestedProcedureEvidenceSequence
    named = [
        one.ReferencedSOPInstanceUID
        for series in study.ReferencedSeriesSequence
        for one in series.ReferencedSOPSequence
    ]
    assert len(named) == len(set(named)) > 4
    assert SopInstance.objects.filter(sop_instance_uid__in=named).count() == len(named)


@pytest.mark.parametrize("form", [Form.DICOM_SEG, Form.DICOM_KEY])
def test_the_same_version_is_the_same_object(version: ReportVersion, form: Form) -> None:
    assert objects_of(version, form) == objects_of(version, form)


def test_objects_are_of_the_classes_that_the_conformance_statement_names(version: ReportVersion) -> None:
    forms = (Form.DICOM_SR, Form.DICOM_SEG, Form.DICOM_KEY)
    made = {form: {pydicom.dcmread(io.BytesIO(one)).SOPClassUID for one in objects_of(version, form)} for form in forms}
    assert made == {form: {SOP_CLASSES[form]} for form in forms}


@pytest.mark.parametrize("form", [Form.DICOM_SEG, Form.DICOM_KEY])
def test_without_a_machine_there_is_nothing_to_send(db: None, form: Form) -> None:
    assert objects_of(signed_without_machine(make_user(Role.SENIOR)), form) == []
