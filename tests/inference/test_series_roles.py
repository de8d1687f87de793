"""A series gets its role from geometry and timing, and says why when it gets none."""

from __future__ import annotations

from datetime import date

import pydicom.config
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from reporting.studies.headers import read_instance_header
from reporting.studies.series_roles import RoleReason, assign_role
from reporting.vocabulary import SeriesRole

SAGITTAL = [0, 1, 0, 0, 0, -1]
AXIAL = [1, 0, 0, 0, 1, 0]
CORONAL = [1, 0, 0, 0, 0, -1]


def mr(orientation: list[float], **elements: object) -> Dataset:
    """One classic MR header: a T2 fast spin echo unless told otherwise."""
    dataset = Dataset()
    defaults: dict[str, object] = {
        "Modality": "MR",
        "SeriesInstanceUID": "1.2.3",
        "ImageType": ["ORIGINAL", "PRIMARY", "M"],
        "ScanningSequence": "SE",
        "RepetitionTime": 3000,
        "EchoTime": 100,
        "ImageOrientationPatient": orientation,
        "ImagePositionPatient": [0, 0, 0],
        "PixelSpacing": [0.6, 0.6],
        "SliceThickness": 3,
        "Rows": 320,
        "Columns": 300,
    }
    for keyword, value in (defaults | elements).items():
        if value is not None:
            setattr(dataset, keyword, value)
    return dataset


def role_of(*datasets: Dataset) -> tuple[SeriesRole, RoleReason]:
    decision = assign_role([read_instance_header(dataset) for dataset in datasets])
    return decision.role, decision.reason


@pytest.mark.parametrize(
    ("dataset", "role"),
    [
        (mr(SAGITTAL), SeriesRole.SAGITTAL_T2),
        (mr(SAGITTAL, RepetitionTime=550, EchoTime=10), SeriesRole.SAGITTAL_T1),
        (
            mr(SAGITTAL, ScanningSequence=["SE", "IR"], RepetitionTime=2200, EchoTime=12, InversionTime=860),
            SeriesRole.SAGITTAL_T1,
        ),
        (mr(SAGITTAL, ScanningSequence=["SE", "IR"], InversionTime=160, EchoTime=50), SeriesRole.SAGITTAL_STIR),
        (mr(SAGITTAL, ScanOptions=["FS"]), SeriesRole.SAGITTAL_STIR),
        (mr(AXIAL), SeriesRole.AXIAL_T2),
        (mr([1, 0, 0, 0, 0.82, -0.57]), SeriesRole.AXIAL_T2),
        (mr(AXIAL, ScanOptions=["FS"]), SeriesRole.AXIAL_FS_T2),
        (mr(AXIAL, ScanningSequence="GR", RepetitionTime=220, EchoTime=6.5, FlipAngle=20), SeriesRole.AXIAL_FS_T2),
        (mr(SAGITTAL, RepetitionTime=None, EchoTime=None, SeriesDescription="T1W_TSE sag"), SeriesRole.SAGITTAL_T1),
    ],
)
def test_geometry_and_timing_name_the_role(dataset: Dataset, role: SeriesRole) -> None:
    assert role_of(dataset)[0] is role


@pytest.mark.parametrize(
    ("dataset", "reason"),
    [
        (
            mr(SAGITTAL, ScanningSequence="GR", RepetitionTime=550, EchoTime=5, SeriesDescription="T1"),
            RoleReason.GRADIENT_ECHO,
        ),
        (mr(AXIAL, RepetitionTime=35, EchoTime=3.1), RoleReason.GRADIENT_ECHO),
        (mr(SAGITTAL, ContrastBolusAgent="Gadovist"), RoleReason.CONTRAST),
        (mr(SAGITTAL, SeriesDescription="T1 SAG +C", RepetitionTime=550, EchoTime=10), RoleReason.CONTRAST),
        (mr(AXIAL, ScanningSequence="EP"), RoleReason.ECHO_PLANAR),
        (mr(AXIAL, ImageType=["ORIGINAL", "PRIMARY", "DIFFUSION"]), RoleReason.DIFFUSION),
        (mr(AXIAL, DiffusionBValue=800.0), RoleReason.DIFFUSION),
        (mr(AXIAL, ImageType=["ORIGINAL", "PRIMARY", "M", "MOSAIC"]), RoleReason.MOSAIC),
        (mr(AXIAL, ImageType=["DERIVED", "SECONDARY", "ADC"]), RoleReason.DERIVED),
        (mr(SAGITTAL, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]), RoleReason.LOCALISER),
        (mr(CORONAL), RoleReason.CORONAL),
        (mr(SAGITTAL, Modality="CT"), RoleReason.NOT_MR),
        (mr(SAGITTAL, ImagePositionPatient=None), RoleReason.NO_GEOMETRY),
        (mr(SAGITTAL, EchoTime=20), RoleReason.PROTON_DENSITY),
        (mr(AXIAL, RepetitionTime=550, EchoTime=10), RoleReason.AXIAL_T1),
        (mr(AXIAL, PixelSpacing=[3, 3]), RoleReason.COARSE),
        (mr(SAGITTAL, RepetitionTime=None), RoleReason.NO_TIMING),
        (
            mr(SAGITTAL, ScanningSequence=["SE", "IR"], InversionTime=2200, RepetitionTime=6000),
            RoleReason.FLUID_ATTENUATED,
        ),
    ],
)
def test_what_is_not_used_is_unknown_with_its_reason(dataset: Dataset, reason: RoleReason) -> None:
    assert role_of(dataset) == (SeriesRole.UNKNOWN, reason)


def test_contrast_is_not_read_out_of_ordinary_words() -> None:
    for text in ("T2 C-SPINE SAG", "C spine", "t2_tse_sag_p2", "CERVICAL CE-marked"[:8]):
        assert role_of(mr(SAGITTAL, SeriesDescription=text))[0] is SeriesRole.SAGITTAL_T2


def test_a_series_that_mixes_planes_or_echo_times_has_no_role() -> None:
    assert role_of(mr(SAGITTAL), mr(AXIAL))[1] is RoleReason.MIXED_ORIENTATION
    assert role_of(mr(SAGITTAL), mr(SAGITTAL, EchoTime=20))[1] is RoleReason.MULTI_ECHO


def test_enhanced_functional_groups_give_the_same_header_as_the_classic_form() -> None:
    classic = mr(SAGITTAL, RepetitionTime=550, EchoTime=10)
    enhanced = Dataset()
    for keyword in ("Modality", "SeriesInstanceUID", "ImageType", "Rows", "Columns"):
        setattr(enhanced, keyword, classic[keyword].value)
    enhanced.EchoPulseSequence = "SPIN"
    enhanced.NumberOfFrames = 2
    timing, echo, plane, measures, shared = Dataset(), Dataset(), Dataset(), Dataset(), Dataset()
    timing.RepetitionTime = 550
    echo.EffectiveEchoTime = 10.0
    plane.ImageOrientationPatient = SAGITTAL
    measures.PixelSpacing, measures.SliceThickness = [0.6, 0.6], 3
    shared.MRTimingAndRelatedParametersSequence = Sequence([timing])
    shared.MREchoSequence = Sequence([echo])
    shared.PlaneOrientationSequence = Sequence([plane])
    shared.PixelMeasuresSequence = Sequence([measures])
    enhanced.SharedFunctionalGroupsSequence = Sequence([shared])
    frames = []
    for x in (0.0, 3.0):
        frame, position = Dataset(), Dataset()
        position.ImagePositionPatient = [x, 0, 0]
        frame.PlanePositionSequence = Sequence([position])
        frames.append(frame)
    enhanced.PerFrameFunctionalGroupsSequence = Sequence(frames)

    from_classic, from_enhanced = read_instance_header(classic), read_instance_header(enhanced)

    assert from_enhanced.series.repetition_time_ms == from_classic.series.repetition_time_ms == 550
    assert from_enhanced.series.fov_mm == from_classic.series.fov_mm == (192.0, 180.0)
    assert [frame.position_mm for frame in from_enhanced.frames] == [(0, 0, 0), (3, 0, 0)]
    assert role_of(enhanced) == role_of(classic) == (SeriesRole.SAGITTAL_T1, RoleReason.TIMING)


def test_age_comes_from_patient_age_and_else_from_the_two_dates() -> None:
    assert read_instance_header(mr(SAGITTAL, PatientAge="018M")).study.age_at_examination == 1.5
    by_dates = mr(SAGITTAL, PatientAge="000Y", PatientBirthDate="19800101", StudyDate="20240101")
    assert read_instance_header(by_dates).study.age_at_examination == 44.0
    assert read_instance_header(by_dates).study.study_date == date(2024, 1, 1)
    assert read_instance_header(mr(SAGITTAL)).study.age_at_examination is None


def test_malformed_values_become_absent_instead_of_raising() -> None:
    dataset = mr(SAGITTAL)
    with pydicom.config.disable_value_validation():
        dataset.add_new("StudyDate", "DA", "***")
    dataset.add_new("PatientSex", "CS", "")
    header = read_instance_header(dataset)
    assert header.study.study_date is None
    assert header.patient.sex == ""
