"""What is worked out of headers: gaps, protocol, the paper's ranges, who is the same person."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from reporting.studies.cohort import deviations_from_table_1, scanner_is_in_paper
from reporting.studies.completeness import CompletenessState, check_completeness
from reporting.studies.header_codec import decode_header, encode_header
from reporting.studies.headers import FrameHeader, InstanceHeader, PatientHeader, SeriesHeader, StudyHeader
from reporting.studies.models import QuarantineReason
from reporting.studies.patient_identity import contradicts, names_contradict, same_key
from reporting.studies.protocol import protocol_of
from reporting.studies.refusal_texts import REFUSAL_TEXT
from reporting.studies.refusals import RefusalCode
from reporting.vocabulary import SeriesRole
from tests.inference.dicom_series import AXIAL, SAGITTAL
from tests.paths import REPOSITORY

TILTED = (1.0, 0.0, 0.0, 0.0, math.cos(0.3), -math.sin(0.3))


def _series(places: Sequence[float], orientation: tuple[float, ...] | None = AXIAL) -> list[InstanceHeader]:
    blank = InstanceHeader(
        "1.2", "1.3", "1.4", 1, 1, 16, 1, "", True, PatientHeader(), StudyHeader(), SeriesHeader(), ()
    )
    normal = (0.0, 0.0, 1.0) if orientation != SAGITTAL else (-1.0, 0.0, 0.0)
    frames = [FrameHeader(orientation, (normal[0] * z, normal[1] * z, normal[2] * z)) for z in places]
    return [replace(blank, frames=(frame,)) for frame in frames]


@pytest.mark.parametrize(
    ("places", "state", "missing"),
    [
        ([0, 4, 8, 12, 16], CompletenessState.COMPLETE, 0),
        ([16, 4, 12, 0, 8], CompletenessState.COMPLETE, 0),
        ([0, 4, 12, 16, 20], CompletenessState.GAP, 1),
        ([0, 4, 8, 20, 24, 28], CompletenessState.GAP, 2),
        ([0, 4, 8, 8, 12], CompletenessState.DUPLICATES, 0),
        ([0, 3.5, 7.2, 10.9, 14.3], CompletenessState.COMPLETE, 0),
        ([0], CompletenessState.COMPLETE, 0),
        # Three slices through each of four discs: room between the packs is no gap.
        ([0, 3, 6, 18, 21, 24, 36, 39, 42, 54, 57, 60], CompletenessState.COMPLETE, 0),
    ],
)
def test_gaps_are_found_along_the_normal_in_any_order(
    places: list[float], state: CompletenessState, missing: int
) -> None:
    for orientation in (AXIAL, SAGITTAL):
        found = check_completeness(_series(places, orientation))
        assert (found.state, found.missing, found.slices) == (state, missing, len(places))


def test_packs_of_different_tilt_are_looked_at_each_by_itself() -> None:
    found = check_completeness(_series([0, 4, 8, 12]) + _series([1, 5, 9, 13], TILTED))
    assert found.state is CompletenessState.COMPLETE


@pytest.mark.parametrize("orientation", [None, (math.nan,) * 6, (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)])
def test_without_positions_nothing_is_said_about_gaps(orientation: tuple[float, ...] | None) -> None:
    assert check_completeness(_series([0, 4, 8], orientation)).state is CompletenessState.UNKNOWN
    assert check_completeness(_series([0, math.nan, 8])).state is CompletenessState.UNKNOWN


def test_the_protocol_holds_what_was_said_and_nothing_else() -> None:
    header = SeriesHeader(
        repetition_time_ms=2500.0,
        echo_time_ms=None,
        pixel_spacing_mm=(math.nan, 0.5),
        slice_spacing_mm=9.0,
        acquisition_matrix=(0, 320, 224, 0),
        rows=512,
        columns=512,
        model="Ingenia",
    )
    protocol = protocol_of(header, check_completeness(_series([0, 4, 8, 12])))
    assert protocol == {
        "tr_ms": 2500.0,
        "spacing_mm": 4.0,  # measured, whatever the header says
        "matrix": [320, 224],
        "rows": 512,
        "columns": 512,
        "model": "Ingenia",
    }


def _t1(**changes: object) -> dict[str, object]:
    usual = {"tr_ms": 500.0, "te_ms": 10.0, "thickness_mm": 3.0, "spacing_mm": 3.3, "fov_mm": [150.0, 120.0]}
    return {**usual, "matrix": [256, 192], **changes}


@pytest.mark.parametrize(
    ("changes", "outside"),
    [
        ({}, []),
        ({"tr_ms": 850.4, "spacing_mm": 3.2999}, []),
        ({"tr_ms": 900.0}, ["tr_ms"]),
        ({"fov_mm": [220.0, 120.0]}, ["fov_mm"]),
        ({"te_ms": None}, ["te_ms"]),
        ({"matrix": [256, 180]}, ["matrix"]),
        ({"matrix": None, "thickness_mm": 5.0}, ["thickness_mm", "matrix"]),
    ],
)
def test_what_lies_outside_table_1_is_named(changes: dict[str, object], outside: list[str]) -> None:
    found = deviations_from_table_1(SeriesRole.SAGITTAL_T1, _t1(**changes))
    assert found is not None
    assert [deviation.parameter for deviation in found] == outside


def test_the_fat_suppressed_axial_of_the_paper_fits_its_row_exactly() -> None:
    protocol = {
        "tr_ms": 220,
        "te_ms": 6.5,
        "thickness_mm": 3,
        "spacing_mm": 3.3,
        "fov_mm": [75, 75],
        "matrix": [252, 249],
    }
    assert deviations_from_table_1(SeriesRole.AXIAL_FS_T2, protocol) == ()
    assert deviations_from_table_1(SeriesRole.UNKNOWN, protocol) is None


@pytest.mark.parametrize(
    ("model", "known"),
    [("DISCOVERY MR750", True), ("Ingenia CX", True), ("uMR 790", True), ("uMR 770", False), ("", False)],
)
def test_scanners_of_the_paper_are_known(model: str, known: bool) -> None:
    assert scanner_is_in_paper({"model": model}) is known


@pytest.mark.parametrize(
    ("first", "second", "contradict"),
    [
        ("WANG^XIAODONG", "Wang^Xiao Dong", False),
        ("Wang^Xiaodong", "Li^Hua", True),
        ("王^小东", "Wang^Xiaodong", False),
        ("Wang^Xiaodong=王^小东", "王小东", False),
        ("Wang^Xiaodong=王^小东", "Wang^Xiaodong=李^华", False),  # one of two scripts agrees: no proof
        ("王^小东", "李^华", True),
        ("", "Li^Hua", False),
    ],
)
def test_names_contradict_only_in_the_same_script(first: str, second: str, contradict: bool) -> None:
    assert names_contradict(first, second) is contradict


def test_people_differ_by_birth_date_or_sex_and_not_by_silence() -> None:
    known = PatientHeader(birth_date=date(1970, 1, 1), sex="M")
    assert contradicts(known, "", PatientHeader(birth_date=date(1970, 1, 2)), "")
    assert contradicts(known, "", PatientHeader(sex="F"), "")
    assert not contradicts(known, "", PatientHeader(sex="unknown"), "")


def test_an_issuer_that_one_side_leaves_out_is_no_difference() -> None:
    assert same_key(("7", "HOSPITAL"), ("7", ""))
    assert not same_key(("7", "HOSPITAL"), ("7", "CLINIC"))
    assert not same_key(("7", ""), ("8", ""))
    assert not same_key(("", "1.2.3"), ("", "1.2.4"))


def test_a_header_survives_the_way_through_json_and_malformed_numbers_stay_malformed() -> None:
    [header] = _series([4.0])
    frame = FrameHeader(pixel_spacing_mm=(math.nan, 0.5), position_mm=(1.0, math.inf, 1e300), echo_time_ms=1e300)
    patient = PatientHeader("P1", patient_name="张^三\x00\ud800", birth_date=date(1970, 1, 1))
    back = decode_header(encode_header(replace(header, frames=(frame,), patient=patient)))
    assert back.patient == replace(patient, patient_name="张^三?")
    spacing, position = back.frames[0].pixel_spacing_mm, back.frames[0].position_mm
    assert spacing is not None
    assert position is not None
    assert math.isnan(spacing[0])
    assert (spacing[1], position[0]) == (0.5, 1.0)
    assert math.isnan(position[1])
    assert math.isnan(position[2])
    assert back.frames[0].echo_time_ms is None


def test_what_was_read_of_one_object_is_not_said_of_the_next() -> None:
    [header] = _series([4.0])
    other = replace(
        header,
        patient=PatientHeader("P2", sex="F"),
        study=replace(header.study, study_date=date(2024, 2, 1)),
        series=replace(header.series, description="other", fat_suppressed=False),
    )
    for one in (header, other, header):
        said = encode_header(one)
        assert decode_header(said) == one
        said["series"] = {**said["series"], "description": "changed", "rows": 7}
        assert decode_header(said).series == replace(one.series, description="changed", rows=7)
        said["series"]["rows"] = 9
        assert decode_header(said).series.rows == 9
    assert encode_header(other, for_row=True) == {**encode_header(other), "patient": {}, "study": {}}


def test_every_refusal_has_a_sentence() -> None:
    assert REFUSAL_TEXT.keys() == set(RefusalCode)


def test_the_document_lists_every_refusal_and_every_reason_for_quarantine() -> None:
    text = (REPOSITORY / "docs" / "ingest.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
    assert listed == [*QuarantineReason.values, *(code.value for code in RefusalCode)]
