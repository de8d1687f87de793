"""Signed reports as DICOM objects: what Debian's validators accept and its programs read.

Twenty varied ones, in every form: test_validators.py.
"""

from __future__ import annotations

import io
import subprocess
from pathlib import Path
from typing import Any

import pydicom
import pytest
from django.conf import settings
from pydicom.uid import generate_uid

from reporting.accounts.models import User
from reporting.outbound.models import Form
from reporting.reports import services
from reporting.reports.exports.dicom import structured_report
from reporting.reports.exports.outgoing import objects_of
from reporting.reports.models import Report, ReportVersion
from reporting.reports.template import TEMPLATES, Kind
from reporting.studies.models import Series
from tests.factories import add_object
from tests.reports.dicom_programs import errors_of, needs, saved
from tests.reports.factories import PASSWORD, change, complete, make_draft, sign, signed_report

pytestmark = pytest.mark.django_db
FONTS = pytest.mark.skipif(not any(settings.FONTS_DIR.glob("*.otf")), reason="report font not installed: npm ci")


def with_images(report: Report) -> Report:
    """The same report of a study that holds objects to refer to."""
    series = report.study.series_set.first() or Series.objects.create(
        study=report.study, series_instance_uid=generate_uid(), modality="MR"
    )
    add_object(series)
    add_object(series)
    return report


def signed_without_machine(senior: User) -> ReportVersion:
    return with_images(signed_report(senior)).versions.get()


def read(content: bytes) -> Any:
    return pydicom.dcmread(io.BytesIO(content))


def test_a_structured_report_is_valid_and_readable(senior: User, tmp_path: Path) -> None:
    needs("dciodvfy")
    needs("dsrdump")
    (content,) = objects_of(with_images(signed_report(senior)).versions.get(), Form.DICOM_SR)
    path = saved(content, tmp_path)
    assert errors_of(path) == []
    done = subprocess.run(["dsrdump", str(path)], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert b"VERIFIED" in done.stdout.upper()
    assert b"C5/6" in done.stdout


def test_the_same_version_is_the_same_object(senior: User) -> None:
    version = with_images(signed_report(senior)).versions.get()
    first, again = (read(*objects_of(version, Form.DICOM_SR)) for _once in range(2))
    assert str(first).splitlines() == str(again).splitlines()


def groups_of(content: bytes) -> dict[str, tuple[bool, set[str], dict[str, str]]]:
    """By tracking identifier: whether an algorithm is named, what is said, and units by what is measured."""
    found = {}
    (measured,) = (one for one in read(content).ContentSequence if name_in(one) == "Imaging Measurements")
    for group in measured.ContentSequence:
        items = list(group.ContentSequence)
        (identifier,) = (one.TextValue for one in items if name_in(one) == "Tracking Identifier")
        said = {name_in(one) for one in items if one.ValueType in ("CODE", "NUM")}
        units = {name_in(one): "/".join(unit_of(one)) for one in items if one.ValueType == "NUM"}
        found[identifier] = ("Algorithm Name" in {name_in(one) for one in items}, said, units)
    return found


def name_in(item: Any) -> str:
    return str(item.ConceptNameCodeSequence[0].CodeMeaning)


def unit_of(item: Any) -> tuple[str, str]:
    unit = item.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0]
    return unit.CodingSchemeDesignator, unit.CodeValue


def test_only_what_the_machine_said_and_a_person_confirmed_is_credited_to_it(senior: User) -> None:
    report = make_draft()
    complete(report, senior)
    change(report, "hern_zone@C5/6", "central", senior)
    sign(report, senior)
    (content,) = objects_of(with_images(report).versions.get(), Form.DICOM_SR)
    groups = groups_of(content)
    is_computed, computed, _units = groups["C5/6 (computed, confirmed)"]
    is_credited, by_person, _units = groups["C5/6"]
    assert (is_computed, is_credited) == (True, False)
    assert computed & by_person == {"Finding Site"}
    assert "Disc" in computed
    assert "Herniation zone" in by_person


def test_every_unit_of_the_templates_is_one_of_ucum() -> None:
    for template in TEMPLATES.values():
        for field in template.fields:
            if field.kind is Kind.NUMBER:
                unit = structured_report._UNITS[field.unit]
                assert (unit.scheme_designator, unit.value) == ("UCUM", field.unit)


def test_an_angle_leaves_in_degrees(senior: User, tmp_path: Path) -> None:
    needs("dciodvfy")
    report = make_draft()
    complete(report, senior)
    change(report, "c2c7_angle_deg", 21.5, senior)
    sign(report, senior)
    (content,) = objects_of(with_images(report).versions.get(), Form.DICOM_SR)
    assert errors_of(saved(content, tmp_path)) == []
    units = {unit for _algorithm, _said, of_group in groups_of(content).values() for unit in of_group.values()}
    assert "UCUM/deg" in units
    assert all(unit.startswith("UCUM/") for unit in units)


@FONTS
def test_the_printed_report_travels_in_a_valid_object(senior: User, tmp_path: Path) -> None:
    needs("dciodvfy")
    report = with_images(signed_report(senior))
    (content,) = objects_of(report.versions.get(), Form.DICOM_PDF)
    assert errors_of(saved(content, tmp_path)) == []
    dataset = read(content)
    assert dataset.EncapsulatedDocument.startswith(b"%PDF")
    assert dataset.StudyInstanceUID == report.study.study_instance_uid
    assert (dataset.PatientID, str(dataset.PatientName)) == (report.study.patient.patient_id, report.study.patient.name)


def test_an_addendum_names_what_it_replaces(senior: User, tmp_path: Path) -> None:
    needs("dciodvfy")
    report = with_images(signed_report(senior))
    first = read(*objects_of(report.versions.get(), Form.DICOM_SR))
    report.refresh_from_db()
    services.sign_addendum(report, "补充说明 seen again", by=senior, expected_version=report.version, password=PASSWORD)
    (content,) = objects_of(report.versions.get(number=2), Form.DICOM_SR)
    second = read(content)
    (study,) = second.PredecessorDocumentsSequence
    (series,) = study.ReferencedSeriesSequence
    assert [one.ReferencedSOPInstanceUID for one in series.ReferencedSOPSequence] == [first.SOPInstanceUID]
    assert second.SOPInstanceUID != first.SOPInstanceUID
    assert second.SeriesInstanceUID == first.SeriesInstanceUID
    assert errors_of(saved(content, tmp_path)) == []
    assert "补充说明 seen again" in str(second)
